/* SCRAM (RFC 5802, 7677), the client side. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/b64.h"
#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/downgrade.h"
#include "sasl/mech.h"
#include "sasl/saslprep.h"
#include "sasl/scram.h"
#include "sasl/scram_challenge.h"

enum { NONCE_MAX = 256 };

struct scram {
	const struct scram_hash *hash;
	const char *raw;		/* the password as it was given */
	size_t raw_len;
	struct buf password;		/* prepared */
	struct buf first;		/* client-first-message */
	size_t gs2_len;			/* how much of it is the GS2 header */
	size_t nonce_len;		/* the nonce is its end */
	struct buf cbind;		/* the GS2 header and the binding */
	struct scram_policy policy;
	const char *implausible;	/* the offer is; or NULL */
	unsigned char signature[SCRAM_HASH_MAX];	/* the server's */
	enum { FIRST_SENT, FINAL_SENT, VERIFIED } at;
};

static bool
scram_usable(const struct sasl_mech *m, const struct sasl_config *c)
{
	(void)m;
	return c->username != NULL && c->username[0] != '\0' &&
	    c->password != NULL && c->nonce != NULL;
}

static bool
scram_plus_usable(const struct sasl_mech *m, const struct sasl_config *c)
{
	const struct sasl_binding *b = sasl_common_binding(c);

	return b != NULL && b->len <= SASL_BINDING_MAX && scram_usable(m, c);
}

/* A saslname (RFC 5802 section 7): "," and "=" are escaped. */
static void
put_name(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == ',')
			buf_puts(b, "=2C");
		else if (*s == '=')
			buf_puts(b, "=3D");
		else
			buf_putc(b, *s);
}

/* gs2-header, and B's data behind it in cbind-input; B may be NULL. */
static int
put_gs2(struct scram *m, const struct sasl_config *c,
    const struct sasl_binding *b)
{
	if (b != NULL)
		buf_printf(&m->first, "p=%s", strcmp(b->type,
		    SASL_UNIQUE_1_3) == 0 ? "tls-unique" : b->type);
	else
		buf_putc(&m->first, sasl_unbound_flag(c));
	buf_putc(&m->first, ',');
	if (c->authzid != NULL) {
		buf_puts(&m->first, "a=");
		put_name(&m->first, c->authzid);
	}
	buf_putc(&m->first, ',');
	m->gs2_len = buf_len(&m->first);
	buf_put(&m->cbind, buf_data(&m->first), m->gs2_len);
	if (b != NULL)
		buf_put(&m->cbind, b->data, b->len);
	return buf_err(&m->cbind);
}

static int
put_first(struct scram *m, const struct sasl_config *c,
    const struct sasl_binding *b)
{
	int r;

	if ((r = put_gs2(m, c, b)) < 0)
		return r;
	buf_puts(&m->first, "n=");
	put_name(&m->first, c->username);
	buf_puts(&m->first, ",r=");
	m->nonce_len = strlen(c->nonce);
	return buf_put(&m->first, c->nonce, m->nonce_len);
}

static void
keep_policy(struct scram *m, const struct sasl_config *c)
{
	m->policy.hash = m->hash;
	m->policy.offer.mechanisms = c->offered;
	m->policy.offer.nmechanisms = c->noffered;
	m->policy.offer.types = c->announced;
	m->policy.offer.ntypes = c->nannounced;
	m->policy.needs_hash = sasl_needs_hash(c);
	m->implausible = sasl_implausible(c);
}

static int
scram_offer(struct sasl *s, const struct sasl_config *c)
{
	struct scram *m = s->state;

	keep_policy(m, c);
	return m->implausible == NULL ? 0 :
	    sasl_fail(s, XERR_AUTH, "%s", m->implausible);
}

static bool
is_utf8(const char *s)
{
	return s == NULL || utf8_span(s, strlen(s)) == strlen(s);
}

static int
scram_start(struct sasl *s, const struct sasl_config *c)
{
	size_t n = strlen(c->nonce);
	const struct sasl_binding *b;
	struct scram *m;
	bool plus;

	if (n < SCRAM_NONCE_MIN || n > NONCE_MAX ||
	    !scram_is_nonce(c->nonce, n) ||
	    !is_utf8(c->username) || !is_utf8(c->authzid))
		return XERR_CONFIG;
	if ((m = s->state = calloc(1, sizeof(*m))) == NULL)
		return XERR_NOMEM;
	m->hash = scram_hash(s->mech->name, &plus);
	m->raw = c->password;
	m->raw_len = c->password_len;
	buf_init(&m->first, 4 * SCRAM_MESSAGE_MAX);
	buf_init(&m->cbind, 4 * SCRAM_MESSAGE_MAX);
	keep_policy(m, c);
	b = plus ? sasl_common_binding(c) : NULL;
	if (b != NULL)
		s->binding = b->type;
	return put_first(m, c, b);
}

/* The control characters include NUL; the empty password is refused too. */
static int
prepare(struct sasl *s)
{
	struct scram *m = s->state;
	int r;

	buf_init(&m->password, SASLPREP_GROWTH * (size_t)SASLPREP_MAX);
	r = saslprep(&m->password, m->raw, m->raw_len);
	if (r == XERR_NOMEM)
		return r;
	if (r < 0)
		return sasl_fail(s, XERR_CONFIG, "the password is empty, too "
		    "long, not UTF-8 or holds a character that SASLprep "
		    "(RFC 4013) forbids");
	return 0;
}

static int
scram_initial(struct sasl *s, struct buf *out)
{
	struct scram *m = s->state;
	int r;

	if (m->implausible != NULL)
		return sasl_fail(s, XERR_AUTH, "%s", m->implausible);
	if ((r = prepare(s)) < 0)
		return r;
	return buf_put(out, buf_data(&m->first), buf_len(&m->first));
}

/* client-final-message without its proof */
static int
put_final(struct buf *b, const struct scram *m, const struct scram_challenge *c)
{
	buf_puts(b, "c=");
	b64_encode(b, buf_data(&m->cbind), buf_len(&m->cbind));
	buf_puts(b, ",r=");
	return buf_put(b, c->nonce, c->nonce_len);
}

/* The proof, and the signature that we expect, over the AuthMessage. */
static int
prove(struct scram *m, unsigned char *proof, const struct scram_challenge *c,
    const void *data, size_t len, const struct buf *final)
{
	struct scram_keys k;
	struct buf auth;
	int r;

	buf_init(&auth, 8 * SCRAM_MESSAGE_MAX);
	buf_put(&auth, buf_data(&m->first) + m->gs2_len,
	    buf_len(&m->first) - m->gs2_len);
	buf_putc(&auth, ',');
	buf_put(&auth, data, len);
	buf_putc(&auth, ',');
	buf_put(&auth, buf_data(final), buf_len(final));
	if ((r = buf_err(&auth)) == 0)
		r = scram_derive(&k, m->hash, &m->password,
		    buf_data(&c->salt), buf_len(&c->salt), c->iterations);
	if (r == 0)
		r = scram_prove(proof, m->signature, m->hash, &k,
		    buf_data(&auth), buf_len(&auth));
	OPENSSL_cleanse(&k, sizeof(k));
	buf_release(&auth);
	return r;
}

static int
answer(struct sasl *s, const void *data, size_t len, struct buf *out)
{
	unsigned char proof[SCRAM_HASH_MAX];
	struct scram *m = s->state;
	struct scram_challenge c = { 0 };
	struct buf final;
	int r;

	buf_init(&c.salt, SCRAM_MESSAGE_MAX);
	buf_init(&final, 4 * SCRAM_MESSAGE_MAX);
	m->policy.nonce = (const char *)buf_data(&m->first) +
	    buf_len(&m->first) - m->nonce_len;
	m->policy.nonce_len = m->nonce_len;
	if ((r = scram_challenge_read(&c, s, data, len)) < 0 ||
	    (r = scram_challenge_check(&c, s, &m->policy)) < 0 ||
	    (r = put_final(&final, m, &c)) < 0 ||
	    (r = prove(m, proof, &c, data, len, &final)) < 0)
		goto out;
	buf_puts(&final, ",p=");
	if ((r = b64_encode(&final, proof, m->hash->len)) == 0)
		r = buf_put(out, buf_data(&final), buf_len(&final));
	m->at = FINAL_SENT;
	s->said_all = r == 0;
out:
	buf_release(&final);
	buf_release(&c.salt);
	return r;
}

/* server-error-value: a word, shown only if it is one. */
static int
server_error(struct sasl *s, const char *v, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((v[i] < 'a' || v[i] > 'z') && v[i] != '-')
			len = 0;
	if (len == 0 || len > 64)
		return sasl_fail(s, XERR_AUTH, "the server reports an error");
	return sasl_fail(s, XERR_AUTH, "the server says %.*s", (int)len, v);
}

/* server-final-message = (e= / v=) ["," extensions] */
static int
verify(struct sasl *s, const void *data, size_t len)
{
	struct scram *m = s->state;
	struct scram_reader rd;
	struct buf sig;
	const char *v;
	size_t n;
	int r;

	if (scram_read(&rd, data, len) < 0)
		return sasl_fail(s, XERR_PROTO,
		    "the server's last message is too long or not text");
	if (scram_attr(&rd, 'e', &v, &n) == 0)
		return server_error(s, v, n);
	buf_init(&sig, SCRAM_MESSAGE_MAX);
	if ((r = scram_attr64(&rd, 'v', &sig)) < 0 ||
	    (r = scram_extensions(&rd, 0)) < 0)
		sasl_fail(s, r, "the server's last message is malformed");
	else if (buf_len(&sig) != m->hash->len ||
	    CRYPTO_memcmp(buf_data(&sig), m->signature, m->hash->len) != 0)
		r = sasl_fail(s, XERR_AUTH, "the server's signature is wrong: "
		    "it does not know the password");
	buf_release(&sig);
	return r;
}

static int
scram_challenge(struct sasl *s, const void *data, size_t len, struct buf *out)
{
	struct scram *m = s->state;
	int r;

	switch (m->at) {
	case FIRST_SENT:
		return answer(s, data, len, out);
	case FINAL_SENT:
		/* instead of with <success/>: answered by nothing */
		if ((r = verify(s, data, len)) == 0)
			m->at = VERIFIED;
		return r;
	default:
		return sasl_fail(s, XERR_PROTO, "a challenge too many");
	}
}

static int
scram_success(struct sasl *s, const void *data, size_t len)
{
	struct scram *m = s->state;

	if (m->at == FIRST_SENT)
		return sasl_fail(s, XERR_PROTO,
		    "success before the server has asked anything");
	if (m->at == VERIFIED)
		return len == 0 ? 0 : sasl_fail(s, XERR_PROTO,
		    "the server's signature came twice");
	if (len == 0)
		return sasl_fail(s, XERR_AUTH,
		    "success without the server's signature");
	return verify(s, data, len);
}

static void
scram_free(void *state)
{
	struct scram *m = state;

	if (m == NULL)
		return;
	buf_wipe(&m->password);
	buf_release(&m->first);
	buf_wipe(&m->cbind);
	OPENSSL_cleanse(m->signature, sizeof(m->signature));
	free(m);
}

#define SCRAM(NAME, STRENGTH, USABLE, PROOF) {	\
	.name = NAME,			\
	.strength = STRENGTH,		\
	.proof = PROOF,			\
	.usable = USABLE,		\
	.start = scram_start,		\
	.offer = scram_offer,		\
	.initial = scram_initial,	\
	.challenge = scram_challenge,	\
	.success = scram_success,	\
	.free = scram_free		\
}

const struct sasl_mech sasl_scram_sha_1 =
    SCRAM("SCRAM-SHA-1", 2, scram_usable, SASL_PROVES_SECRET);
const struct sasl_mech sasl_scram_sha_256 =
    SCRAM("SCRAM-SHA-256", 3, scram_usable, SASL_PROVES_SECRET);
const struct sasl_mech sasl_scram_sha_512 =
    SCRAM("SCRAM-SHA-512", 4, scram_usable, SASL_PROVES_SECRET);
const struct sasl_mech sasl_scram_sha_1_plus =
    SCRAM("SCRAM-SHA-1-PLUS", 5, scram_plus_usable,
    SASL_PROVES_CHANNEL);
const struct sasl_mech sasl_scram_sha_256_plus =
    SCRAM("SCRAM-SHA-256-PLUS", 6, scram_plus_usable,
    SASL_PROVES_CHANNEL);
const struct sasl_mech sasl_scram_sha_512_plus =
    SCRAM("SCRAM-SHA-512-PLUS", 7, scram_plus_usable,
    SASL_PROVES_CHANNEL);
