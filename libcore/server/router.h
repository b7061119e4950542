/*
 * What a server does between its streams: accounts, the resources bound to
 * them, presence, and the routing of stanzas by RFC 6120 section 10 and RFC
 * 6121 section 8.  One domain, no other servers, no storage but memory, and a
 * world in which all accounts are each other's contacts.
 *
 * It does no I/O.  What a stanza causes is told through the calls of struct
 * router_ops, which must not call the router back.
 *
 * Where the RFCs leave a choice:
 * - a message to a bare address goes to all resources of the highest priority
 *   that is not negative, or is kept until there is one;
 * - a message, or IQ request, to a user that does not exist comes back with
 *   service-unavailable and the text "no such user" (RFC 6121 8.5.1);
 * - a user without room for more offline messages answers resource-constraint;
 * - another domain answers remote-server-not-found;
 * - a resource that is bound again takes the place of the older one, whose
 *   stream ends with <conflict/> (RFC 6120 7.7.2.2).
 */
#ifndef SERVER_ROUTER_H
#define SERVER_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "jid/jid.h"
#include "xml/elem.h"

struct router;
struct router_session;

struct router_ops {
	/*
	 * Send E to WHO, as it is.  WHO is NULL for an answer to a stanza
	 * that came from no session (router_inject()).
	 */
	void (*deliver)(void *arg, void *who, const struct elem *e);
	/*
	 * End WHO's stream with the stream error CONDITION.  Its session is
	 * gone when the router returns.
	 */
	void (*drop)(void *arg, void *who, const char *condition);
};

/* Borrowed as long as the router lives. */
struct router_config {
	const char *domain;		/* in its normal form */
	const char *name, *version;	/* for XEP-0030 and XEP-0092 */
	size_t offline_max;		/* bytes kept for one account; 1 MiB */
	const struct router_ops *ops;
	void *arg;
};

int router_new(struct router **r, const struct router_config *config);
void router_free(struct router *r);

/*
 * Add an account with LOCAL, a localpart in its normal form.  XERR_SYNTAX if
 * there is one already, XERR_NOMEM.
 */
int router_add_account(struct router *r, const char *local);

/*
 * An account for the time of one session, of the localpart of J; and after it,
 * away with the account.  0, XERR_SYNTAX if there is one already, XERR_NOMEM.
 */
int router_add_guest(struct router *r, const struct jid *j);
void router_remove_guest(struct router *r, const struct jid *j);

/* Is there an account of this name, which needs no NUL? */
bool router_has_account(const struct router *r, const char *local,
    size_t len);

/*
 * A stream of the account and resource of FULL begins.  WHO is what the calls
 * of router_ops get; an older session of the same address is dropped.
 * XERR_CONFIG if there is no such account, XERR_NOMEM.
 */
int router_bind(struct router *r, struct router_session **s,
    const struct jid *full, void *who);

/*
 * Its stream has ended, however: tells those who have seen its presence.  S
 * may be NULL.
 */
void router_unbind(struct router *r, struct router_session *s);

/*
 * Handle stanza E of session S, whose full address is in its "from" already.
 * E may be changed.  NOW is the time as XEP-0082 writes it.  Returns 0, or
 * XERR_NOMEM if something that had to be sent was not.
 */
int router_stanza(struct router *r, struct router_session *s, struct elem *e,
    const char *now);

/*
 * Stanza E was sent to the session of FULL, which has ended without having
 * acknowledged it (XEP-0198 section 4): a message goes to the account's other
 * resources, or waits; a request is answered with an error; else it is gone.
 */
int router_return(struct router *r, const struct jid *full, struct elem *e,
    const char *now);

/*
 * The same for a stanza from nowhere: "from" stays as it is, and is the
 * domain if there is none.  XERR_SYNTAX if E is no stanza or has no "to".
 */
int router_inject(struct router *r, struct elem *e, const char *now);

#endif
