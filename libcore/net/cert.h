/*
 * A throwaway certificate authority and what it signs, for a server that lives
 * as long as a test.  Keys are P-256 and exist in memory only, wiped after use.
 */
#ifndef NET_CERT_H
#define NET_CERT_H

#include <stdbool.h>

#include "base/buf.h"

struct cert_ca;

/*
 * What a certificate says.  Lists end in NULL, or are NULL.  All zero but `dns'
 * is a good server certificate, from an hour ago for thirty days; the rest is
 * there to make bad ones.
 */
struct cert_spec {
	const char *cn;			/* common name; none */
	const char *const *dns;		/* dNSName */
	const char *const *ip;		/* iPAddress */
	const char *const *srv;		/* SRVName, RFC 4985 */
	const char *const *xmpp;	/* XmppAddr, RFC 6120 13.7.1.4 */
	long from, until;		/* seconds from now; 0: as above */
	unsigned rsa_bits;		/* an RSA key instead */
	bool client;			/* for clientAuth, not serverAuth */
	bool self_signed;
};

/* An authority called NAME; XERR_NOMEM, XERR_INTERNAL if OpenSSL fails. */
int cert_ca_new(struct cert_ca **ca, const char *name);
void cert_ca_free(struct cert_ca *ca);

/* Append the authority's own certificate to PEM. */
int cert_ca_pem(const struct cert_ca *ca, struct buf *pem);

/*
 * Append a new certificate by CA to CERT and its key to KEY, both PEM; KEY is
 * for the caller to buf_wipe().  Returns 0, a buffer's error, XERR_SYNTAX if an
 * address in `ip' is none, XERR_NOMEM, XERR_INTERNAL.
 */
int cert_issue(const struct cert_ca *ca, const struct cert_spec *spec,
    struct buf *cert, struct buf *key);

#endif
