/*
 * Hashed tokens (draft-schmaus-kitten-sasl-ht, as XEP-0484 uses it): what the
 * two sides share.
 *
 *	client	authcid NUL HMAC(token, "Initiator" binding)
 *	server	HMAC(token, "Responder" binding)
 */
#ifndef SASL_HT_H
#define SASL_HT_H

#include <stddef.h>

enum {
	HT_LEN = 32,			/* SHA-256 */
	HT_MESSAGE_MAX = 4096,
	HT_TOKEN_MAX = 1024
};

struct ht {
	const char *mechanism;
	const char *type;		/* of the binding; NULL: none */
};

/* The Ith, best binding first; or that of MECHANISM; or NULL. */
const struct ht *ht_at(size_t i);
const struct ht *ht_find(const char *mechanism);

/*
 * The hash of the side that ROLE names, "Initiator" or "Responder", over the
 * LEN bytes of the binding.  0 or XERR_INTERNAL.
 */
int ht_hash(unsigned char out[HT_LEN], const char *role, const void *token,
    size_t token_len, const void *binding, size_t len);

#endif
