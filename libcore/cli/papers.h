/*
 * The certificates of a throwaway server: its authority's, its own, and those
 * of the clients that it knows.  Like all of cli it complains and exits by
 * itself.
 */
#ifndef CLI_PAPERS_H
#define CLI_PAPERS_H

#include "base/buf.h"
#include "jid/jid.h"

struct cert_ca;

struct papers {
	const struct jid *domain;	/* borrowed */
	struct cert_ca *issuer;
	struct buf ca, cert, key;	/* PEM */
};

/* Make an authority, and a certificate for DOMAIN, a name or an address. */
void papers_make(struct papers *p, const struct jid *domain);

/* Append a certificate of the account LOCAL, and its key, to PEM. */
void papers_issue(const struct papers *p, const char *local, struct buf *pem);

void papers_release(struct papers *p);	/* wipes */

#endif
