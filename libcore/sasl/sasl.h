/*
 * The client side of SASL (RFC 4422): one exchange of one mechanism, bytes in
 * and bytes out.  Base64 and the XML around it are the stream's business, the
 * nonce is the caller's.
 *
 *	sasl_choose()		of the mechanisms the server offers
 *	sasl_new()
 *	sasl_initial()		-> initial response, goes with <auth/>
 *	sasl_challenge()	<challenge/> -> <response/>, as often as it comes
 *	sasl_success()		<success/>: does it count?
 *	sasl_free()
 *
 * An error is final: each later call returns it again, and nothing may be
 * sent.  Only when sasl_success() has returned 0 has the server let us in
 * and, where the mechanism can tell, proved that it knows the password too.
 */
#ifndef SASL_SASL_H
#define SASL_SASL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * What we are and what we allow.  Start from a zeroed struct: a member added
 * later (channel binding, a token) means "not there" when it is zero.
 */
struct sasl_config {
	const char *username;	/* authentication identity, UTF-8 */
	const char *authzid;	/* whom to act as, or NULL */
	const char *password;	/* UTF-8, no NUL; NULL: there is none */
	size_t password_len;	/* borrowed until sasl_free() */
	const char *nonce;	/* random, printable ASCII without comma; 16
				   characters at least, 24 is usual; copied */
	const char *only;	/* this mechanism and no other, or NULL */
	bool tls;		/* the channel is encrypted */
	bool plain_ok;		/* PLAIN may be used, if it is encrypted */
};

struct sasl;

/*
 * The strongest of the N mechanisms OFFERED that C allows, or NULL:
 * SCRAM-SHA-512, -256, -1, then PLAIN.  The name is static.
 */
const char *sasl_choose(const struct sasl_config *c,
    const char *const *offered, size_t n);

/*
 * Begin an exchange of MECHANISM.  Returns 0 and *S, which the caller frees,
 * or XERR_CONFIG if the mechanism is unknown or C does not allow or suffice
 * for it (no password, no good nonce), XERR_NOMEM.
 */
int sasl_new(struct sasl **s, const char *mechanism,
    const struct sasl_config *c);

const char *sasl_mechanism(const struct sasl *s);

/*
 * Append the initial response to OUT; once, and first.  XERR_CONFIG if the
 * password is not usable: empty, not UTF-8, with a NUL or, for SCRAM, with
 * characters that SASLprep forbids (see sasl/prep.h).  XERR_INTERNAL if it is
 * not the first call.  OUT holds the password for PLAIN: wipe it.
 */
int sasl_initial(struct sasl *s, struct buf *out);

/*
 * Take the LEN bytes of a challenge and append the response, which may be
 * empty, to OUT.  XERR_PROTO if the challenge is not what the mechanism
 * prescribes, or one too many; XERR_AUTH if it shows that the server does not
 * know the password, or asks for a work factor below 4096 (which would hand
 * it a cheap hash of the password) or above 1000000.
 */
int sasl_challenge(struct sasl *s, const void *data, size_t len,
    struct buf *out);

/*
 * The server reports success, with LEN bytes of additional data.  Returns 0
 * only if the exchange is complete; XERR_PROTO if success comes too early,
 * XERR_AUTH if the server has not proved itself.
 */
int sasl_success(struct sasl *s, const void *data, size_t len);

/*
 * What went wrong, for people: one line, never NULL, no secret, nothing that
 * could upset a terminal.
 */
const char *sasl_errmsg(const struct sasl *s);

/* Wipe and free; NULL is fine. */
void sasl_free(struct sasl *s);

#endif
