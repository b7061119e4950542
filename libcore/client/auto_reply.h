/*
 * Answers to requests that nobody asked for (RFC 6120 8.2.3: each must have
 * one): ping (XEP-0199), service discovery (XEP-0030), software version
 * (XEP-0092), and "no" to everything else.
 */
#ifndef CLIENT_AUTO_REPLY_H
#define CLIENT_AUTO_REPLY_H

#include "xml/elem.h"

/* Who we say we are; borrowed. */
struct auto_reply_identity {
	const char *category, *type;	/* of the XMPP registrar: client, bot */
	const char *name, *version;
};

/* The answer to iq E, a request, in arena A; NULL without memory. */
struct elem *auto_reply_request(struct arena *a, const struct elem *e,
    const struct auto_reply_identity *id);

#endif
