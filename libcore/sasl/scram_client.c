/* SCRAM (RFC 5802, 7677), the client side. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/b64.h"
#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/mech.h"
#include "sasl/prep.h"
#include "sasl/scram.h"

enum { NONCE_MAX = 256 };

struct scram {
	const struct scram_hash *hash;
	const char *raw;		/* the password as it was given */
	size_t raw_len;
	struct buf password;		/* prepared */
	struct buf first;		/* client-first-message */
	size_t gs2_len;			/* how much of it is the GS2 header */
	size_t nonce_len;		/* the nonce is its end */
	unsigned char signature[SCRAM_HASH_MAX];	/* the server's */
	enum { FIRST_SENT, FINAL_SENT, VERIFIED } at;
};

/* What the server's first message says. */
struct challenge {
	const char *nonce;
	size_t nonce_len;
	struct buf salt;
	unsigned iterations;
};

static bool
scram_usable(const struct sasl_config *c)
{
	return c->username != NULL && c->username[0] != '\0' &&
	    c->password != NULL && c->nonce != NULL;
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

static int
put_first(struct scram *m, const struct sasl_config *c)
{
	struct buf *b = &m->first;

	/* no channel binding: the binding would begin with p= or y */
	buf_puts(b, "n,");
	if (c->authzid != NULL) {
		buf_puts(b, "a=");
		put_name(b, c->authzid);
	}
	buf_putc(b, ',');
	m->gs2_len = buf_len(b);
	buf_puts(b, "n=");
	put_name(b, c->username);
	buf_puts(b, ",r=");
	m->nonce_len = strlen(c->nonce);
	return buf_put(b, c->nonce, m->nonce_len);
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
	struct scram *m;

	if (n < SCRAM_NONCE_MIN || n > NONCE_MAX ||
	    !scram_is_nonce(c->nonce, n) ||
	    !is_utf8(c->username) || !is_utf8(c->authzid))
		return XERR_CONFIG;
	if ((m = s->state = calloc(1, sizeof(*m))) == NULL)
		return XERR_NOMEM;
	m->hash = scram_hash(s->mech->name);
	m->raw = c->password;
	m->raw_len = c->password_len;
	buf_init(&m->first, 4 * SCRAM_MESSAGE_MAX);
	return put_first(m, c);
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

	if ((r = prepare(s)) < 0)
		return r;
	return buf_put(out, buf_data(&m->first), buf_len(&m->first));
}

/* server-first-message = r= "," s= "," i= ["," extensions] */
static int
read_challenge(struct sasl *s, struct challenge *c, const void *data,
    size_t len)
{
	struct scram_reader rd;
	const char *v;
	size_t n;
	int r;

	if (scram_read(&rd, data, len) < 0)
		return sasl_fail(s, XERR_PROTO,
		    "the challenge is too long or not text");
	if ((r = scram_attr(&rd, 'r', &c->nonce, &c->nonce_len)) < 0 ||
	    (r = scram_attr64(&rd, 's', &c->salt)) < 0 ||
	    (r = scram_attr(&rd, 'i', &v, &n)) < 0 ||
	    (r = scram_number(&c->iterations, v, n)) < 0 ||
	    (r = scram_extensions(&rd, 0)) < 0)
		return sasl_fail(s, r, "the challenge is malformed");
	return 0;
}

/* Is it fit to be answered?  The answer can be attacked off line. */
static int
check_challenge(struct sasl *s, const struct challenge *c)
{
	struct scram *m = s->state;
	const unsigned char *ours = buf_data(&m->first) +
	    buf_len(&m->first) - m->nonce_len;

	if (c->nonce_len <= m->nonce_len ||
	    memcmp(c->nonce, ours, m->nonce_len) != 0 ||
	    !scram_is_nonce(c->nonce, c->nonce_len))
		return sasl_fail(s, XERR_PROTO,
		    "the server's nonce does not extend ours");
	if (c->iterations < SCRAM_ITERATIONS_MIN)
		return sasl_fail(s, XERR_AUTH,
		    "iteration count %u is below %d: refused",
		    c->iterations, SCRAM_ITERATIONS_MIN);
	if (c->iterations > SCRAM_ITERATIONS_MAX)
		return sasl_fail(s, XERR_AUTH,
		    "iteration count is above %d: refused",
		    SCRAM_ITERATIONS_MAX);
	return 0;
}

/* client-final-message without its proof; c= is the GS2 header we sent. */
static int
put_final(struct buf *b, const struct scram *m, const struct challenge *c)
{
	buf_puts(b, "c=");
	b64_encode(b, buf_data(&m->first), m->gs2_len);
	buf_puts(b, ",r=");
	return buf_put(b, c->nonce, c->nonce_len);
}

/* The proof, and the signature that we expect, over the AuthMessage. */
static int
prove(struct scram *m, unsigned char *proof, const struct challenge *c,
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
	struct challenge c = { 0 };
	struct buf final;
	int r;

	buf_init(&c.salt, SCRAM_MESSAGE_MAX);
	buf_init(&final, 4 * SCRAM_MESSAGE_MAX);
	if ((r = read_challenge(s, &c, data, len)) < 0 ||
	    (r = check_challenge(s, &c)) < 0 ||
	    (r = put_final(&final, m, &c)) < 0 ||
	    (r = prove(m, proof, &c, data, len, &final)) < 0)
		goto out;
	buf_puts(&final, ",p=");
	if ((r = b64_encode(&final, proof, m->hash->len)) == 0)
		r = buf_put(out, buf_data(&final), buf_len(&final));
	m->at = FINAL_SENT;
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
	OPENSSL_cleanse(m->signature, sizeof(m->signature));
	free(m);
}

#define SCRAM(NAME) {			\
	.name = NAME,			\
	.usable = scram_usable,		\
	.start = scram_start,		\
	.initial = scram_initial,	\
	.challenge = scram_challenge,	\
	.success = scram_success,	\
	.free = scram_free		\
}

const struct sasl_mech sasl_scram_sha_1 = SCRAM("SCRAM-SHA-1");
const struct sasl_mech sasl_scram_sha_256 = SCRAM("SCRAM-SHA-256");
const struct sasl_mech sasl_scram_sha_512 = SCRAM("SCRAM-SHA-512");
