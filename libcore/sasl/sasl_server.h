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

struct sasl_server_config {
	/*
	 * Append USERNAME's password to PASSWORD; 0, XERR_AUTH if there is no
	 * such user, or another error.
	 */
	int (*lookup)(void *arg, const char *username, struct buf *password);
	void *arg;
	const char *nonce;	/* random, printable ASCII without comma */
	const void *salt;	/* a user's should stay the same */
	size_t salt_len;	/* 1 to 64 bytes */
	unsigned iterations;	/* SCRAM_ITERATIONS_MIN to _MAX */
	bool tls;		/* else PLAIN is not offered */
};

enum { SASL_DONE = 0, SASL_CONTINUE = 1 };

struct sasl_server;

/* The Ith mechanism to offer, strongest first; NULL behind the last. */
const char *sasl_server_offer(size_t i, bool tls);

/*
 * Begin.  CONFIG's pointers are borrowed until sasl_server_free().  Returns 0
 * and *S, XERR_CONFIG for a mechanism that is not offered or values out of
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
 *	XERR_AUTH	wrong password or no such user
 *	XERR_PROTO	the response is malformed
 * or XERR_NOMEM and other errors; an error is final, sasl_server_condition()
 * says which condition to report.
 */
int sasl_server_step(struct sasl_server *s, const void *data, size_t len,
    struct buf *out);

const char *sasl_server_mechanism(const struct sasl_server *s);

/*
 * The authentication identity, as the client has written it, and whom it
 * wants to act as (NULL: itself).  Believed only after SASL_DONE; whether the
 * one may act as the other is for the caller to say.
 */
const char *sasl_server_username(const struct sasl_server *s);
const char *sasl_server_authzid(const struct sasl_server *s);

/* A condition of RFC 6120 6.5 for the error that was returned. */
const char *sasl_server_condition(const struct sasl_server *s);

/* Wipe and free; NULL is fine. */
void sasl_server_free(struct sasl_server *s);

#endif
