/*
 * The TLS tickets of an account, from one run to the next (state/state.h), so
 * that a handshake needs no certificates.  Each is offered once: it is taken
 * out of the store first.  Without a store there are none, and no failure of
 * it is one of the connection.
 *
 * Some servers, Prosody among them, give tickets and never take one.  Who has
 * refused one is not believed for an hour: to keep a ticket, take it out and
 * read it costs more than the handshake with certificates.
 */
#ifndef SESSION_TLS_TICKETS_H
#define SESSION_TLS_TICKETS_H

#include "jid/jid.h"
#include "net/tls.h"

/* Offer what JID's server gave, if it fits; before the first step of T. */
void tls_tickets_offer(struct tls *t, const struct jid *jid);

/* Keep what T was given. */
void tls_tickets_keep(struct tls *t, const struct jid *jid);

#endif
