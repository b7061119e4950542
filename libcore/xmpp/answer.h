/*
 * Answers to requests that nobody asked for (RFC 6120 8.2.3: each must have
 * one): ping (XEP-0199), service discovery (XEP-0030), software version
 * (XEP-0092), and "no" to everything else.
 */
#ifndef XMPP_ANSWER_H
#define XMPP_ANSWER_H

#include "xml/elem.h"

/* Who we say we are; borrowed. */
struct answer_identity {
	const char *category, *type;	/* of the XMPP registrar: client, bot */
	const char *name, *version;
};

/* The answer to iq E, a request, in arena A; NULL without memory. */
struct elem *answer_request(struct arena *a, const struct elem *e,
    const struct answer_identity *id);

#endif
