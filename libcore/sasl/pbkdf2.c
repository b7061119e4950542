/* PBKDF2 with HMAC, the first block. */
#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/xerr.h"
#include "sasl/pbkdf2.h"

enum {
	BLOCK_MAX = 128,	/* bytes that a hash takes at once: SHA-512 */
	INNER = 0x36,		/* the pads of RFC 2104 section 2 */
	OUTER = 0x5c
};

/* HMAC with the key behind it: what is left of each is to copy INNER, OUTER. */
struct keyed {
	EVP_MD_CTX *inner, *outer, *work;
	size_t len;		/* bytes of the hash */
};

static bool
begin(EVP_MD_CTX *ctx, const EVP_MD *md, const unsigned char key[BLOCK_MAX],
    size_t len, unsigned char pad)
{
	unsigned char block[BLOCK_MAX];
	size_t i;
	bool ok;

	for (i = 0; i < len; i++)
		block[i] = key[i] ^ pad;
	ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, block, len) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

/* A password longer than a block is hashed. */
static bool
set_key(struct keyed *k, const EVP_MD *md, const void *password, size_t len)
{
	unsigned char key[BLOCK_MAX] = { 0 };
	size_t block = (size_t)EVP_MD_get_block_size(md);
	bool ok = block <= sizeof(key);

	if (ok && len > block)
		ok = EVP_Digest(password, len, key, NULL, md, NULL) == 1;
	else if (ok && len > 0)
		memcpy(key, password, len);
	ok = ok && begin(k->inner, md, key, block, INNER) &&
	    begin(k->outer, md, key, block, OUTER);
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

/* The hash of what FROM has seen, and of the LEN bytes at DATA, in OUT. */
static bool
finish(struct keyed *k, const EVP_MD_CTX *from, const void *data, size_t len,
    unsigned char *out)
{
	return EVP_MD_CTX_copy_ex(k->work, from) == 1 &&
	    EVP_DigestUpdate(k->work, data, len) == 1 &&
	    EVP_DigestFinal_ex(k->work, out, NULL) == 1;
}

/* The HMAC of the salt and the number of the block. */
static bool
first(struct keyed *k, const void *salt, size_t len, unsigned char *u)
{
	static const unsigned char one[] = { 0, 0, 0, 1 };

	return EVP_MD_CTX_copy_ex(k->work, k->inner) == 1 &&
	    EVP_DigestUpdate(k->work, salt, len) == 1 &&
	    EVP_DigestUpdate(k->work, one, sizeof(one)) == 1 &&
	    EVP_DigestFinal_ex(k->work, u, NULL) == 1 &&
	    finish(k, k->outer, u, k->len, u);
}

static bool
iterate(struct keyed *k, unsigned char *out, const void *salt, size_t salt_len,
    unsigned n)
{
	unsigned char u[EVP_MAX_MD_SIZE];
	bool ok = first(k, salt, salt_len, u);
	size_t i;

	if (ok)
		memcpy(out, u, k->len);
	while (ok && --n > 0) {
		ok = finish(k, k->inner, u, k->len, u) &&
		    finish(k, k->outer, u, k->len, u);
		for (i = 0; i < k->len; i++)
			out[i] ^= u[i];
	}
	OPENSSL_cleanse(u, sizeof(u));
	return ok;
}

int
pbkdf2(unsigned char *out, const EVP_MD *md, const void *password,
    size_t password_len, const void *salt, size_t salt_len,
    unsigned iterations)
{
	struct keyed k = {
		.inner = EVP_MD_CTX_new(), .outer = EVP_MD_CTX_new(),
		.work = EVP_MD_CTX_new(), .len = (size_t)EVP_MD_get_size(md)
	};
	int r = XERR_INTERNAL;

	if (k.inner == NULL || k.outer == NULL || k.work == NULL)
		r = XERR_NOMEM;
	else if (set_key(&k, md, password, password_len) &&
	    iterate(&k, out, salt, salt_len, iterations))
		r = 0;
	/* They wipe what they free. */
	EVP_MD_CTX_free(k.inner);
	EVP_MD_CTX_free(k.outer);
	EVP_MD_CTX_free(k.work);
	return r;
}
