/* SCRAM (RFC 5802, 7677), the server side. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "sasl/downgrade.h"
#include "sasl/sasl_server_int.h"

bool
scram_server_usable(const struct sasl_server_config *c)
{
	return c->lookup != NULL || c->keys != NULL;
}

bool
scram_server_plus_usable(const struct sasl_server_config *c)
{
	return scram_server_usable(c) && c->nbindings > 0;
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

/*
 * gs2-cbind-flag, with the binding that it names to s->cbind later; *P is put
 * behind it and its comma (RFC 5802 section 6).
 */
static int
read_flag(struct sasl_server *s, const char **p, const char *end,
    const struct sasl_binding **b)
{
	const struct sasl_server_config *c = &s->config;
	const char *comma = memchr(*p, ',', (size_t)(end - *p));
	char type[SASL_BINDING_MAX];
	size_t n;

	*b = NULL;
	if (comma == NULL || comma == *p)
		return XERR_PROTO;
	n = (size_t)(comma - *p);
	if (s->plus) {
		if (n < 3 || n - 2 >= sizeof(type) || memcmp(*p, "p=", 2) != 0)
			return XERR_PROTO;
		memcpy(type, *p + 2, n - 2);
		type[n - 2] = '\0';
		*b = sasl_binding_find(c->bindings, c->nbindings, type);
		if (*b == NULL)
			return XERR_PROTO;
	} else if (n != 1 || (**p != 'n' && **p != 'y')) {
		return XERR_PROTO;
	} else if (**p == 'y' && sasl_has_plus(c->offered, c->noffered)) {
		/* somebody has removed it from what we have offered */
		return XERR_AUTH;
	}
	*p = comma + 1;
	return 0;
}

/* gs2-header = gs2-cbind-flag "," ["a=" saslname] "," */
static int
read_gs2(struct sasl_server *s, const char **p, const char *end)
{
	const struct sasl_binding *b;
	const char *q = *p, *comma;
	int r;

	if ((r = read_flag(s, &q, end, &b)) < 0)
		return r;
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
	buf_put(&s->cbind, *p, (size_t)(comma - *p));
	if (b != NULL)
		buf_put(&s->cbind, b->data, b->len);
	*p = comma;
	return buf_err(&s->cbind);
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
	const struct scram_keys *keys;
	struct buf password;
	int r;

	if (s->config.keys != NULL) {
		keys = s->config.keys(s->config.arg, sasl_server_username(s),
		    s->mech->name);
		if (keys != NULL)
			s->keys = *keys;
		return keys == NULL ? XERR_AUTH : 0;
	}
	if ((r = sasl_server_look_up(s, &password)) == 0)
		r = scram_derive(&s->keys, s->hash, &password,
		    s->config.salt, s->config.salt_len, s->config.iterations);
	/* the client's key is for it to know */
	OPENSSL_cleanse(s->keys.client, sizeof(s->keys.client));
	buf_wipe(&password);
	return r;
}

/* XEP-0474: sign what was offered, if we have been told. */
static int
put_offer(struct sasl_server *s, struct buf *m)
{
	const struct sasl_server_config *c = &s->config;
	const struct sasl_offer o = {
		.mechanisms = c->offered, .nmechanisms = c->noffered,
		.types = c->announced, .ntypes = c->nannounced
	};

	if (c->offered == NULL)
		return 0;
	buf_puts(m, ",h=");
	return sasl_offer_hash(m, s->hash, 'h', &o);
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
	    (r = put_offer(s, &m)) == 0 &&
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
	return buf_len(b) == len && CRYPTO_memcmp(buf_data(b), s, len) == 0;
}

/* client-final-message = c= "," r= ["," extensions] "," p= */
static int
read_final(struct sasl_server *s, const void *data, size_t len,
    struct buf *proof)
{
	struct scram_reader rd;
	struct buf cbind;
	const char *v;
	size_t n;
	int r;

	buf_init(&cbind, SCRAM_MESSAGE_MAX);
	if ((r = scram_read(&rd, data, len)) < 0 ||
	    (r = scram_attr64(&rd, 'c', &cbind)) < 0 ||
	    (r = scram_attr(&rd, 'r', &v, &n)) < 0 ||
	    (r = scram_extensions(&rd, 'p')) < 0)
		goto out;
	/* what is signed ends before the comma of ",p=" */
	if (rd.p - 1 > (const char *)data)
		buf_put(&s->auth, data,
		    (size_t)(rd.p - 1 - (const char *)data));
	if ((r = scram_attr64(&rd, 'p', proof)) < 0)
		goto out;
	if (rd.more || !same(&s->nonce, v, n))
		r = XERR_PROTO;
	else if (!same(&s->cbind, (const char *)buf_data(&cbind),
	    buf_len(&cbind)))
		/* with -PLUS: what is bound is another channel */
		r = s->plus ? XERR_AUTH : XERR_PROTO;
	else
		r = buf_err(&s->auth);
out:
	buf_release(&cbind);
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
scram_server_step(struct sasl_server *s, const void *data, size_t len,
    struct buf *out)
{
	return s->at == WAIT_FIRST ? first(s, data, len, out) :
	    final(s, data, len, out);
}
