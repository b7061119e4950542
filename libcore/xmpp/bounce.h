/*
 * Bounces: what an error stanza means for whoever sent the message that it
 * answers (RFC 6120 8.3.3, RFC 6121 8.5).
 */
#ifndef XMPP_BOUNCE_H
#define XMPP_BOUNCE_H

#include "xml/elem.h"

enum bounce {
	BOUNCE_NO_USER,		/* there is no such recipient */
	BOUNCE_LATER,		/* it may go through later */
	BOUNCE_REFUSED,		/* the recipient or a server does not want it */
	BOUNCE_UNAVAILABLE	/* everything else */
};

/*
 * The kind of E, a message or presence of type error.  service-unavailable
 * from a bare JID with a localpart is BOUNCE_NO_USER: that is what RFC 6121
 * 8.5.1 has a server answer for an account it does not have (and what one
 * answers that keeps no messages for those who are not there, which cannot be
 * told apart, on purpose).
 */
enum bounce bounce_kind(const struct elem *e);

/* The condition, with a few words where they help; static or E's. */
const char *bounce_reason(const struct elem *e);

#endif
