/* What a server keeps of an account instead of its password. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/xerr.h"
#include "sasl/saslprep.h"
#include "sasl/verifier.h"

/* The hash of MECHANISM and its place; NULL if it is none of SCRAM. */
static const struct scram_hash *
find(const char *mechanism, size_t *place)
{
	const struct scram_hash *h;
	bool plus;

	if ((h = scram_hash(mechanism, &plus)) == NULL)
		return NULL;
	for (*place = 0; scram_hash_at(*place) != h; ++*place)
		;
	return *place < VERIFIER_HASHES ? h : NULL;
}

int
verifier_set_password(struct verifier *v, const char *mechanism,
    const char *password, size_t len, const void *salt, size_t salt_len,
    unsigned iterations)
{
	const struct scram_hash *h;
	unsigned char salted[SCRAM_HASH_MAX];
	struct buf prepared;
	size_t i;
	int r;

	if ((h = find(mechanism, &i)) == NULL)
		return XERR_CONFIG;
	buf_init(&prepared, SASLPREP_GROWTH * (size_t)SASLPREP_MAX);
	r = saslprep(&prepared, password, len);
	if (r < 0 && r != XERR_NOMEM)
		r = XERR_CONFIG;
	if (r == 0 && (r = scram_salted(salted, h, &prepared, salt, salt_len,
	    iterations)) == 0)
		r = verifier_set_salted(v, mechanism, salted, h->len);
	OPENSSL_cleanse(salted, sizeof(salted));
	buf_wipe(&prepared);
	return r;
}

int
verifier_set_salted(struct verifier *v, const char *mechanism,
    const void *salted, size_t len)
{
	const struct scram_hash *h;
	struct scram_keys k = { 0 };
	size_t i;
	int r;

	if ((h = find(mechanism, &i)) == NULL || len != h->len)
		return XERR_CONFIG;
	if ((r = scram_keys_of(&k, h, salted)) == 0) {
		/* that is for the client to know */
		OPENSSL_cleanse(k.client, sizeof(k.client));
		v->keys[i] = k;
		v->has[i] = true;
	}
	OPENSSL_cleanse(&k, sizeof(k));
	return r;
}

const struct scram_keys *
verifier_get(const struct verifier *v, const char *mechanism)
{
	size_t i;

	return find(mechanism, &i) != NULL && v->has[i] ? &v->keys[i] : NULL;
}

void
verifier_wipe(struct verifier *v)
{
	OPENSSL_cleanse(v, sizeof(*v));
}
