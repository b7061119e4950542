/* What the two sides of SCRAM share. */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "base/b64.h"
#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/pbkdf2.h"
#include "sasl/scram.h"

static const struct scram_hash hashes[] = {
	{ "SCRAM-SHA-512", EVP_sha512, 64 },
	{ "SCRAM-SHA-256", EVP_sha256, 32 },
	{ "SCRAM-SHA-1", EVP_sha1, 20 }
};

const struct scram_hash *
scram_hash_at(size_t i)
{
	return i < sizeof(hashes) / sizeof(hashes[0]) ? &hashes[i] : NULL;
}

const struct scram_hash *
scram_hash(const char *mechanism, bool *plus)
{
	const char *rest;
	size_t i, n;

	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		n = strlen(hashes[i].mechanism);
		if (strncmp(mechanism, hashes[i].mechanism, n) != 0)
			continue;
		rest = mechanism + n;
		if (*rest != '\0' && (plus == NULL ||
		    strcmp(rest, "-PLUS") != 0))
			continue;
		if (plus != NULL)
			*plus = *rest != '\0';
		return &hashes[i];
	}
	return NULL;
}

static bool
hmac(unsigned char *out, const struct scram_hash *h, const unsigned char *key,
    const void *data, size_t len)
{
	return HMAC(h->md(), key, (int)h->len, data, len, out, NULL) != NULL;
}

int
scram_salted(unsigned char salted[SCRAM_HASH_MAX], const struct scram_hash *h,
    const struct buf *password, const void *salt, size_t salt_len,
    unsigned iterations)
{
	return pbkdf2(salted, h->md(), buf_data(password), buf_len(password),
	    salt, salt_len, iterations);
}

int
scram_keys_of(struct scram_keys *k, const struct scram_hash *h,
    const unsigned char *salted)
{
	return hmac(k->client, h, salted, "Client Key", 10) &&
	    hmac(k->server, h, salted, "Server Key", 10) &&
	    EVP_Digest(k->client, h->len, k->stored, NULL, h->md(),
	    NULL) == 1 ? 0 : XERR_INTERNAL;
}

int
scram_derive(struct scram_keys *k, const struct scram_hash *h,
    const struct buf *password, const void *salt, size_t salt_len,
    unsigned iterations)
{
	unsigned char salted[SCRAM_HASH_MAX];
	int r;

	if ((r = scram_salted(salted, h, password, salt, salt_len,
	    iterations)) == 0)
		r = scram_keys_of(k, h, salted);
	OPENSSL_cleanse(salted, sizeof(salted));
	return r;
}

int
scram_prove(unsigned char proof[SCRAM_HASH_MAX],
    unsigned char signature[SCRAM_HASH_MAX], const struct scram_hash *h,
    const struct scram_keys *k, const void *message, size_t len)
{
	size_t i;

	if (!hmac(proof, h, k->stored, message, len) ||
	    !hmac(signature, h, k->server, message, len))
		return XERR_INTERNAL;
	for (i = 0; i < h->len; i++)
		proof[i] ^= k->client[i];
	return 0;
}

int
scram_check(const struct scram_hash *h, const struct scram_keys *k,
    const void *message, size_t message_len, const void *proof, size_t len)
{
	unsigned char key[SCRAM_HASH_MAX], stored[SCRAM_HASH_MAX];
	const unsigned char *p = proof;
	size_t i;
	int r = XERR_AUTH;

	if (len != h->len)
		return XERR_AUTH;
	if (!hmac(key, h, k->stored, message, message_len))
		return XERR_INTERNAL;
	for (i = 0; i < len; i++)
		key[i] ^= p[i];
	if (EVP_Digest(key, len, stored, NULL, h->md(), NULL) != 1)
		r = XERR_INTERNAL;
	else if (CRYPTO_memcmp(stored, k->stored, len) == 0)
		r = 0;
	OPENSSL_cleanse(key, sizeof(key));
	return r;
}

bool
scram_is_nonce(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < 0x21 || s[i] > 0x7e || s[i] == ',')
			return false;
	return len > 0;
}

int
scram_read(struct scram_reader *r, const void *s, size_t len)
{
	if (len > SCRAM_MESSAGE_MAX || utf8_span(s, len) != len ||
	    (len > 0 && memchr(s, '\0', len) != NULL))
		return XERR_PROTO;
	r->p = s;
	r->end = r->p + len;
	r->more = true;
	return 0;
}

char
scram_peek(const struct scram_reader *r)
{
	if (!r->more || r->end - r->p < 2 || r->p[1] != '=')
		return 0;
	return *r->p;
}

int
scram_attr(struct scram_reader *r, char name, const char **v, size_t *len)
{
	const char *s = r->p + 2, *comma;

	if (scram_peek(r) != name || s == r->end)
		return XERR_PROTO;
	comma = memchr(s, ',', (size_t)(r->end - s));
	if (comma == s)
		return XERR_PROTO;
	*v = s;
	*len = (size_t)((comma == NULL ? r->end : comma) - s);
	r->more = comma != NULL;
	r->p = comma == NULL ? r->end : comma + 1;
	return 0;
}

int
scram_attr64(struct scram_reader *r, char name, struct buf *out)
{
	const char *v;
	size_t len;
	int e;

	if ((e = scram_attr(r, name, &v, &len)) < 0)
		return e;
	e = b64_decode(out, v, len);
	return e == XERR_SYNTAX ? XERR_PROTO : e;
}

int
scram_extension(struct scram_reader *r, char end, char *name, const char **v,
    size_t *len)
{
	char c = scram_peek(r);

	if (!r->more || (end != 0 && c == end))
		return 0;
	if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) ||
	    strchr("anmrcsipve", c) != NULL || scram_attr(r, c, v, len) < 0)
		return XERR_PROTO;
	*name = c;
	return 1;
}

int
scram_extensions(struct scram_reader *r, char end)
{
	const char *v;
	size_t len;
	char c;
	int e;

	while ((e = scram_extension(r, end, &c, &v, &len)) == 1)
		;
	return e;
}

int
scram_number(unsigned *n, const char *s, size_t len)
{
	unsigned u = 0;
	size_t i;

	/* nine digits cannot overflow; ten are too many iterations anyway */
	if (len == 0 || s[0] == '0')
		return XERR_PROTO;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return XERR_PROTO;
		u = i < 9 ? u * 10 + (unsigned)(s[i] - '0') : 999999999;
	}
	*n = u;
	return 0;
}
