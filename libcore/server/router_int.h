/* Between the parts of the router; see router.h for everybody else. */
#ifndef SERVER_ROUTER_INT_H
#define SERVER_ROUTER_INT_H

#include "base/arena.h"
#include "base/buf.h"
#include "server/router.h"

struct router_session {
	struct router_session *next;	/* of the same account */
	struct router_account *account;
	struct jid jid;
	void *who;
	struct arena arena;		/* of presence */
	struct elem *presence;		/* the last broadcast; NULL: unavailable */
	int priority;
	struct router_session **told;	/* to whom presence was directed, */
	size_t ntold;			/* each once: no more than there are */
};

struct router_account {
	char *local;
	size_t len;
	struct router_session *sessions;
	struct buf offline;		/* records, as xml/ndxml.h writes them */
};

struct router {
	struct router_config config;
	struct router_account *accounts;	/* sorted */
	size_t naccounts;
	struct arena scratch;		/* of answers; empty between calls */
	const char *now;
};

/* Give answer E to S, or to whom it is addressed if S is NULL. */
void router_answer(struct router *r, struct router_session *s,
    const struct elem *e);

/* Answer stanza E with an error, unless it is none to be answered. */
void router_bounce(struct router *r, struct router_session *s,
    const struct elem *e, const char *condition, const char *text);

/*
 * Answer the IQ request E on behalf of ACCOUNT, or of the server if that is
 * NULL.
 */
void router_answer_iq(struct router *r, struct router_session *s,
    const struct elem *e, struct router_account *account);

/* Presence E of S: broadcast (router_presence.c), or to ACCOUNT, or TO. */
void router_presence(struct router *r, struct router_session *s,
    struct elem *e);
void router_directed(struct router *r, struct router_session *s,
    const struct elem *e, struct router_account *account,
    struct router_session *to);

/* S goes: those who remember that it was told of them forget it. */
void router_forget(struct router *r, const struct router_session *s);

/* Hand what was kept for S's account over to S. */
void router_flush(struct router *r, struct router_session *s);

#endif
