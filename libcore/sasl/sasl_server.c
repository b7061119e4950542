/* The server side of SASL: PLAIN (RFC 4616) and SCRAM (RFC 5802). */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/b64.h"
#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/prep.h"
#include "sasl/sasl_server.h"
#include "sasl/scram.h"

enum { PASSWORD_MAX = 4096, SALT_MAX = 64 };

struct sasl_server {
	struct sasl_server_config config;
	const struct scram_hash *hash;	/* NULL: PLAIN */
	struct buf username, authzid;	/* ended by NUL */
	struct buf nonce;		/* the client's and ours */
	struct buf auth;		/* AuthMessage so far */
	struct buf gs2;			/* the client's GS2 header */
	struct scram_keys keys;
	enum { WAIT_FIRST, WAIT_FINAL, OVER } at;
	bool asked;			/* for the initial response */
	int err;
};

static const char *const mechanisms[] = {
	"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"
};

enum { NMECHS = sizeof(mechanisms) / sizeof(mechanisms[0]) };

const char *
sasl_server_offer(size_t i, bool tls)
{
	/* PLAIN is the last */
	return i < NMECHS - (tls ? 0 : 1) ? mechanisms[i] : NULL;
}

static bool
config_ok(const struct sasl_server_config *c)
{
	return c->salt_len > 0 && c->salt_len <= SALT_MAX &&
	    c->iterations >= SCRAM_ITERATIONS_MIN &&
	    c->iterations <= SCRAM_ITERATIONS_MAX &&
	    scram_is_nonce(c->nonce, strlen(c->nonce));
}

int
sasl_server_new(struct sasl_server **out, const char *mechanism,
    const struct sasl_server_config *config)
{
	const struct scram_hash *h = scram_hash(mechanism);
	struct sasl_server *s;

	if ((h == NULL && strcmp(mechanism, "PLAIN") != 0) ||
	    !config_ok(config))
		return XERR_CONFIG;
	if (h == NULL && !config->tls)
		return XERR_TLS;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	s->config = *config;
	s->hash = h;
	buf_init(&s->username, SCRAM_MESSAGE_MAX + 1);
	buf_init(&s->authzid, SCRAM_MESSAGE_MAX + 1);
	buf_init(&s->nonce, 2 * SCRAM_MESSAGE_MAX);
	buf_init(&s->auth, 6 * SCRAM_MESSAGE_MAX);
	buf_init(&s->gs2, SCRAM_MESSAGE_MAX);
	*out = s;
	return 0;
}

/* The prepared form of what the LEN bytes at S are; as they are, if none. */
static int
prepare(struct buf *out, const void *s, size_t len)
{
	int r;

	buf_init(out, SASLPREP_GROWTH * PASSWORD_MAX);
	if (len > PASSWORD_MAX)
		return XERR_LIMIT;
	if (buf_reserve(out, SASLPREP_GROWTH * len + 1) == NULL)
		return buf_err(out);
	r = saslprep(out, s, len);
	return r == XERR_SYNTAX ? buf_put(out, s, len) : r;
}

/* Append the prepared password of s->username to OUT. */
static int
look_up(struct sasl_server *s, struct buf *out)
{
	struct buf raw;
	int r;

	buf_init(&raw, PASSWORD_MAX);
	buf_init(out, 0);
	if (buf_reserve(&raw, PASSWORD_MAX) == NULL)
		return buf_err(&raw);
	r = s->config.lookup(s->config.arg, sasl_server_username(s), &raw);
	if (r == 0 && (r = buf_err(&raw)) == 0)
		r = prepare(out, buf_data(&raw), buf_len(&raw));
	buf_wipe(&raw);
	return r < 0 ? r : 0;
}

/* An identity of LEN bytes, to be kept as a string. */
static int
keep(struct buf *b, const char *s, size_t len)
{
	buf_put(b, s, len);
	return buf_putc(b, '\0');
}

/* Take [authzid] NUL authcid NUL passwd apart. */
static int
read_plain(struct sasl_server *s, const char *p, size_t len,
    const char **password, size_t *password_len)
{
	const char *nul, *end = p + len;
	int r;

	if (len > SCRAM_MESSAGE_MAX || utf8_span(p, len) != len ||
	    (nul = memchr(p, '\0', len)) == NULL)
		return XERR_PROTO;
	if (nul > p && (r = keep(&s->authzid, p, (size_t)(nul - p))) < 0)
		return r;
	p = nul + 1;
	nul = memchr(p, '\0', (size_t)(end - p));
	if (nul == NULL || nul == p || nul + 1 == end ||
	    memchr(nul + 1, '\0', (size_t)(end - nul - 1)) != NULL)
		return XERR_PROTO;
	*password = nul + 1;
	*password_len = (size_t)(end - nul - 1);
	return keep(&s->username, p, (size_t)(nul - p));
}

static int
plain(struct sasl_server *s, const void *data, size_t len)
{
	struct buf ours = { 0 }, theirs = { 0 };
	const char *password;
	size_t n;
	int r;

	if ((r = read_plain(s, data, len, &password, &n)) < 0 ||
	    (r = look_up(s, &ours)) < 0 ||
	    (r = prepare(&theirs, password, n)) < 0)
		goto out;
	n = buf_len(&ours);
	r = n > 0 && n == buf_len(&theirs) && CRYPTO_memcmp(buf_data(&ours),
	    buf_data(&theirs), n) == 0 ? SASL_DONE : XERR_AUTH;
	s->at = OVER;
out:
	buf_wipe(&ours);
	buf_wipe(&theirs);
	return r;
}

/* A saslname, with its =2C and =3D. */
static int
keep_name(struct buf *b, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] != '=') {
			buf_putc(b, s[i]);
		} else if (len - i >= 3 && memcmp(s + i, "=2C", 3) == 0) {
			buf_putc(b, ',');
			i += 2;
		} else if (len - i >= 3 && memcmp(s + i, "=3D", 3) == 0) {
			buf_putc(b, '=');
			i += 2;
		} else {
			return XERR_PROTO;
		}
	return buf_putc(b, '\0');
}

/* gs2-header = ("n" / "y") "," ["a=" saslname] ","; *P is put behind it. */
static int
read_gs2(struct sasl_server *s, const char **p, const char *end)
{
	const char *q = *p, *comma;
	int r;

	if (end - q < 3 || (q[0] != 'n' && q[0] != 'y') || q[1] != ',')
		return XERR_PROTO;
	q += 2;
	if ((comma = memchr(q, ',', (size_t)(end - q))) == NULL)
		return XERR_PROTO;
	if (comma > q) {
		if (comma - q < 3 || memcmp(q, "a=", 2) != 0)
			return XERR_PROTO;
		r = keep_name(&s->authzid, q + 2, (size_t)(comma - q - 2));
		if (r < 0)
			return r;
	}
	comma++;
	r = buf_put(&s->gs2, *p, (size_t)(comma - *p));
	*p = comma;
	return r;
}

/* client-first-message; what follows its GS2 header begins AuthMessage. */
static int
read_first(struct sasl_server *s, const void *data, size_t len)
{
	const char *p = data, *end = p + len, *v;
	struct scram_reader rd;
	size_t n;
	int r;

	if ((r = scram_read(&rd, data, len)) < 0 ||
	    (r = read_gs2(s, &p, end)) < 0 ||
	    (r = scram_read(&rd, p, (size_t)(end - p))) < 0 ||
	    (r = scram_attr(&rd, 'n', &v, &n)) < 0 ||
	    (r = keep_name(&s->username, v, n)) < 0 ||
	    (r = scram_attr(&rd, 'r', &v, &n)) < 0 ||
	    (r = scram_extensions(&rd, 0)) < 0)
		return r;
	if (!scram_is_nonce(v, n))
		return XERR_PROTO;
	buf_put(&s->nonce, v, n);
	if ((r = buf_puts(&s->nonce, s->config.nonce)) < 0)
		return r;
	buf_put(&s->auth, p, (size_t)(end - p));
	return buf_putc(&s->auth, ',');
}

static int
derive(struct sasl_server *s)
{
	struct buf password;
	int r;

	if ((r = look_up(s, &password)) == 0)
		r = scram_derive(&s->keys, s->hash, &password,
		    s->config.salt, s->config.salt_len, s->config.iterations);
	/* the client's key is for it to know */
	OPENSSL_cleanse(s->keys.client, sizeof(s->keys.client));
	buf_wipe(&password);
	return r;
}

static int
first(struct sasl_server *s, const void *data, size_t len, struct buf *out)
{
	struct buf m;
	int r;

	if ((r = read_first(s, data, len)) < 0 || (r = derive(s)) < 0)
		return r;
	buf_init(&m, 3 * SCRAM_MESSAGE_MAX);
	buf_puts(&m, "r=");
	buf_put(&m, buf_data(&s->nonce), buf_len(&s->nonce));
	buf_puts(&m, ",s=");
	b64_encode(&m, s->config.salt, s->config.salt_len);
	if ((r = buf_printf(&m, ",i=%u", s->config.iterations)) == 0 &&
	    (r = buf_put(&s->auth, buf_data(&m), buf_len(&m))) == 0 &&
	    (r = buf_putc(&s->auth, ',')) == 0 &&
	    (r = buf_put(out, buf_data(&m), buf_len(&m))) == 0)
		r = SASL_CONTINUE;
	s->at = WAIT_FINAL;
	buf_release(&m);
	return r;
}

static bool
same(const struct buf *b, const char *s, size_t len)
{
	return buf_len(b) == len && memcmp(buf_data(b), s, len) == 0;
}

/* client-final-message = c= "," r= ["," extensions] "," p= */
static int
read_final(struct sasl_server *s, const void *data, size_t len,
    struct buf *proof)
{
	struct scram_reader rd;
	struct buf gs2;
	const char *v;
	size_t n;
	int r;

	buf_init(&gs2, SCRAM_MESSAGE_MAX);
	if ((r = scram_read(&rd, data, len)) < 0 ||
	    (r = scram_attr64(&rd, 'c', &gs2)) < 0 ||
	    (r = scram_attr(&rd, 'r', &v, &n)) < 0 ||
	    (r = scram_extensions(&rd, 'p')) < 0)
		goto out;
	/* what is signed ends before the comma of ",p=" */
	if (rd.p - 1 > (const char *)data)
		buf_put(&s->auth, data,
		    (size_t)(rd.p - 1 - (const char *)data));
	if ((r = scram_attr64(&rd, 'p', proof)) < 0)
		goto out;
	if (rd.more || !same(&s->nonce, v, n) || !same(&s->gs2,
	    (const char *)buf_data(&gs2), buf_len(&gs2)))
		r = XERR_PROTO;
	else
		r = buf_err(&s->auth);
out:
	buf_release(&gs2);
	return r;
}

static int
final(struct sasl_server *s, const void *data, size_t len, struct buf *out)
{
	unsigned char none[SCRAM_HASH_MAX], signature[SCRAM_HASH_MAX];
	struct buf proof;
	int r;

	buf_init(&proof, SCRAM_MESSAGE_MAX);
	if ((r = read_final(s, data, len, &proof)) < 0 ||
	    (r = scram_check(s->hash, &s->keys, buf_data(&s->auth),
	    buf_len(&s->auth), buf_data(&proof), buf_len(&proof))) < 0 ||
	    (r = scram_prove(none, signature, s->hash, &s->keys,
	    buf_data(&s->auth), buf_len(&s->auth))) < 0)
		goto out;
	buf_puts(out, "v=");
	r = b64_encode(out, signature, s->hash->len);
	s->at = OVER;
out:
	buf_release(&proof);
	return r;
}

int
sasl_server_step(struct sasl_server *s, const void *data, size_t len,
    struct buf *out)
{
	int r;

	if (s->err != 0)
		return s->err;
	if (data == NULL && s->at == WAIT_FIRST && !s->asked) {
		s->asked = true;
		return SASL_CONTINUE;
	}
	if (data == NULL)
		data = "";
	if (s->at == OVER)
		r = XERR_INTERNAL;
	else if (s->hash == NULL)
		r = plain(s, data, len);
	else if (s->at == WAIT_FIRST)
		r = first(s, data, len, out);
	else
		r = final(s, data, len, out);
	return r < 0 ? s->err = r : r;
}

const char *
sasl_server_mechanism(const struct sasl_server *s)
{
	return s->hash == NULL ? "PLAIN" : s->hash->mechanism;
}

const char *
sasl_server_username(const struct sasl_server *s)
{
	return (const char *)buf_data(&s->username);
}

const char *
sasl_server_authzid(const struct sasl_server *s)
{
	return buf_len(&s->authzid) == 0 ? NULL :
	    (const char *)buf_data(&s->authzid);
}

const char *
sasl_server_condition(const struct sasl_server *s)
{
	switch (s->err) {
	case XERR_PROTO: return "malformed-request";
	case XERR_AUTH: return "not-authorized";
	default: return "temporary-auth-failure";
	}
}

void
sasl_server_free(struct sasl_server *s)
{
	if (s == NULL)
		return;
	buf_release(&s->username);
	buf_release(&s->authzid);
	buf_release(&s->nonce);
	buf_release(&s->auth);
	buf_release(&s->gs2);
	OPENSSL_cleanse(&s->keys, sizeof(s->keys));
	free(s);
}
