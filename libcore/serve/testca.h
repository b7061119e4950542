/*
 * The certificates of a throwaway server: its authority's, its own, and those
 * of the clients that it knows.  Like all of cli it complains and exits by
 * itself.
 */
#ifndef SERVE_TESTCA_H
#define SERVE_TESTCA_H

#include "base/buf.h"
#include "jid/jid.h"

struct cert_ca;

struct testca {
	const struct jid *domain;	/* borrowed */
	struct cert_ca *issuer;
	struct buf ca, cert, key;	/* PEM */
};

/* Make an authority, and a certificate for DOMAIN, a name or an address. */
void testca_make(struct testca *p, const struct jid *domain);

/* Append a certificate of the account LOCAL, and its key, to PEM. */
void testca_issue(const struct testca *p, const char *local, struct buf *pem);

void testca_release(struct testca *p);	/* wipes */

#endif
