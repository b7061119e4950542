/*
 * The server side of SASL, for the throwaway server and for tests that play
 * both sides in memory: one attempt of one client, bytes in and bytes out.
 * Base64, XML, random nonces and the count of attempts are the caller's.
 */
#ifndef SASL_SASL_SERVER_H
#define SASL_SASL_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sasl/binding.h"

struct scram_keys;

/* Start from a zeroed struct: a member that is zero means "not there". */
struct sasl_server_config {
	/*
	 * PLAIN and SCRAM: append USERNAME's password to PASSWORD; 0, XERR_AUTH
	 * if there is no such user, or another error.
	 */
	int (*lookup)(void *arg, const char *username, struct buf *password);
	/*
	 * SCRAM where there are no passwords: the keys of USERNAME for
	 * MECHANISM, borrowed; NULL if there is no such user, or none are kept.
	 */
	const struct scram_keys *(*keys)(void *arg, const char *username,
	    const char *mechanism);
	/*
	 * EXTERNAL (RFC 6120 6.3.4): append to USERNAME whose the client's
	 * certificate is: the account AUTHZID if it names that, or, if AUTHZID
	 * is NULL, the only one it names; else XERR_AUTH.
	 */
	int (*external)(void *arg, const char *authzid, struct buf *username);
	/*
	 * HT-*: append the Ith token (0, 1, ...) that USERNAME may use, and
	 * that is for MECHANISM; XERR_AUTH if there are no more.  One that has
	 * expired, or whose count (XEP-0484 3.4) was seen before, is none; or
	 * that is checked after SASL_DONE, by sasl_server_token().
	 */
	int (*token)(void *arg, const char *username, const char *mechanism,
	    size_t i, struct buf *token);
	void *arg;
	const char *nonce;	/* random, printable ASCII without comma */
	const void *salt;	/* a user's should stay the same */
	size_t salt_len;	/* 1 to 64 bytes */
	unsigned iterations;	/* SCRAM_ITERATIONS_MIN to _MAX */
	bool tls;		/* else no PLAIN, EXTERNAL, HT-* */
	bool anonymous;		/* ANONYMOUS is welcome */

	/* What the channel can give: without any there is no -PLUS. */
	const struct sasl_binding *bindings;
	size_t nbindings;

	/*
	 * What this client was offered, all of it, and the channel-binding
	 * types that were announced to it (XEP-0440).  With OFFERED, SCRAM
	 * signs both (XEP-0474) and refuses a client that has not seen its
	 * -PLUS; ANNOUNCED is NULL if nothing was announced.
	 */
	const char *const *offered;
	size_t noffered;
	const char *const *announced;
	size_t nannounced;
};

enum { SASL_DONE = 0, SASL_CONTINUE = 1 };

struct sasl_server;

/*
 * The Ith mechanism to offer, strongest first, by what CONFIG has; NULL behind
 * the last.  HT-* are apart, being for <fast/> (XEP-0484 3.1).
 */
const char *sasl_server_mechanisms(const struct sasl_server_config *config,
    size_t i);
const char *sasl_server_tokens(const struct sasl_server_config *config,
    size_t i);

/* The same with passwords alone and without a binding. */
const char *sasl_server_offer(size_t i, bool tls);

/*
 * Begin.  CONFIG's pointers are borrowed until sasl_server_free().  Returns 0
 * and *S, XERR_CONFIG for a mechanism that CONFIG has not or values out of
 * range, XERR_TLS if it needs an encrypted channel, XERR_NOMEM.
 */
int sasl_server_new(struct sasl_server **s, const char *mechanism,
    const struct sasl_server_config *config);

/*
 * Take the LEN bytes of a response, or the initial one; DATA is NULL if there
 * was no initial response at all.  Returns
 *	SASL_CONTINUE	send what was appended to OUT as a challenge
 *	SASL_DONE	the client is who it says; OUT has what goes with
 *			<success/>, perhaps nothing
 *	XERR_AUTH	wrong password or token, no such user, a binding to
 *			another channel, or a client that was shown no -PLUS
 *	XERR_PROTO	the response is malformed
 * or XERR_NOMEM and other errors; an error is final, sasl_server_condition()
 * says which condition to report.
 */
int sasl_server_step(struct sasl_server *s, const void *data, size_t len,
    struct buf *out);

/* Static. */
const char *sasl_server_mechanism(const struct sasl_server *s);

/*
 * The authentication identity, as the client has written it (for EXTERNAL: as
 * external() has, for ANONYMOUS: ""), and whom it wants to act as (NULL:
 * itself).  Believed only after SASL_DONE; whether the one may act as the other
 * is for the caller to say.
 */
const char *sasl_server_username(const struct sasl_server *s);
const char *sasl_server_authzid(const struct sasl_server *s);

/* Which of token()'s it was; after SASL_DONE of HT-*. */
size_t sasl_server_token(const struct sasl_server *s);

/* A condition of RFC 6120 6.5 for the error that was returned. */
const char *sasl_server_condition(const struct sasl_server *s);

/* Wipe and free; NULL is fine. */
void sasl_server_free(struct sasl_server *s);

#endif
