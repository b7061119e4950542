/*
 * What a server keeps of an account instead of its password (RFC 5802 section
 * 3): for each hash of SCRAM the keys, or none.  Who gets hold of it can be the
 * server, but not the client.
 *
 * A zeroed one has none.  MECHANISM is the name of a SCRAM, with -PLUS or not;
 * the salt and iterations are the owner's to keep, one for all hashes.
 */
#ifndef SASL_VERIFIER_H
#define SASL_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "sasl/scram.h"

enum { VERIFIER_HASHES = 3 };

struct verifier {
	struct scram_keys keys[VERIFIER_HASHES];
	bool has[VERIFIER_HASHES];
};

/*
 * Keep what MECHANISM needs of the LEN bytes of PASSWORD.  XERR_CONFIG for an
 * unknown mechanism or a password that is none, XERR_NOMEM, XERR_INTERNAL.
 */
int verifier_set_password(struct verifier *v, const char *mechanism,
    const char *password, size_t len, const void *salt, size_t salt_len,
    unsigned iterations);

/*
 * The same of the LEN bytes of a SaltedPassword, as an upgrade (XEP-0480) has
 * it; XERR_CONFIG also if they are not as many as the hash has.
 */
int verifier_set_salted(struct verifier *v, const char *mechanism,
    const void *salted, size_t len);

/* Borrowed; NULL if there are none for MECHANISM. */
const struct scram_keys *verifier_get(const struct verifier *v,
    const char *mechanism);

void verifier_wipe(struct verifier *v);

#endif
