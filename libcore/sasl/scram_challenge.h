/*
 * Between scram_client.c and scram_challenge.c: the server's first message,
 * taken apart, and whether it may be answered.  What is wrong with it is told
 * by sasl_fail().
 */
#ifndef SASL_SCRAM_CHALLENGE_H
#define SASL_SCRAM_CHALLENGE_H

#include "sasl/downgrade.h"
#include "sasl/mech.h"
#include "sasl/scram.h"

/* What it says; all but the salt points into it. */
struct scram_challenge {
	const char *nonce;
	size_t nonce_len;
	struct buf salt;		/* the caller's to make and release */
	unsigned iterations;
	const char *h, *d;		/* XEP-0474, or NULL */
	size_t h_len, d_len;
};

/* What it is held against. */
struct scram_policy {
	const struct scram_hash *hash;
	const char *nonce;		/* ours */
	size_t nonce_len;
	struct sasl_offer offer;	/* without mechanisms: not known */
	bool needs_hash;		/* of the offer: sasl_needs_hash() */
};

/* 0, XERR_PROTO if it is malformed, XERR_NOMEM. */
int scram_challenge_read(struct scram_challenge *c, struct sasl *s,
    const void *data, size_t len);

/*
 * The answer could be attacked off line, or be meant for somebody else.  0,
 * XERR_PROTO for a nonce that does not extend ours, XERR_AUTH for too few or
 * too many iterations or for an offer that is not what has arrived, XERR_NOMEM.
 */
int scram_challenge_check(const struct scram_challenge *c, struct sasl *s,
    const struct scram_policy *p);

#endif
