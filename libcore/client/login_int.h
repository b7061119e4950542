/*
 * What the parts of the login share: login.c goes from step to step,
 * login_sasl.c authenticates, in both protocols, login_task.c does what a
 * server may want besides, login_failure.c knows what a refusal means.
 */
#ifndef CLIENT_LOGIN_INT_H
#define CLIENT_LOGIN_INT_H

#include "base/arena.h"
#include "sasl/sasl.h"
#include "client/login.h"

enum { LOGIN_BINDINGS = 4 };

enum login_state {
	WANT_HEADER,
	WANT_FEATURES,		/* RFC 6120 4.3.2 */
	WANT_PROCEED,
	WANT_SASL,		/* a challenge, success or failure */
	WANT_SALT,		/* an upgrade: <task-data/> */
	WANT_UPGRADED,		/* ... and its end */
	WANT_BOUND,
	WANT_SESSION,
	WANT_AFTER,		/* the features after Bind 2 */
	DONE
};

struct login {
	const struct login_config *c;
	enum login_state state;
	bool secure, authenticated;
	bool sent_starttls;	/* ahead of the features */
	bool ahead;		/* authentication was begun ahead of them */
	bool belied;		/* and they are not what was remembered */
	bool by_word;		/* there is no memory: the owner named it */
	struct offer word;	/* that, as if it were offered */
	bool pipelined;		/* and what follows it, ahead of its answers */
	bool stanzas_ahead;	/* LOGIN_AHEAD was said */
	bool turned_away;	/* and refused */
	bool lied_to;		/* by a server that did not prove itself */
	bool seen;		/* offer is the server's word */
	struct offer offer;
	struct arena names;	/* its strings */

	/* Authentication. */
	struct sasl *sasl;
	struct sasl_config cf;	/* what sasl has borrowed */
	char user[JID_PART_MAX + 1];
	struct jid bare;	/* whom to act as, where that is not clear */
	struct sasl_binding bindings[LOGIN_BINDINGS];
	struct buf channel[LOGIN_BINDINGS];	/* their bytes */
	const char *mechanism;
	const char *bound_by;	/* a type of channel binding, or NULL */
	bool sasl2;		/* in use: not RFC 6120's */
	bool bind2;		/* asked for */
	bool by_token;		/* in use */
	bool token_refused;
	bool refused;		/* the server has said no, by SASL */
	bool spoilt;		/* it takes no second try on this stream */
	const char *asked_token;	/* the mechanism a new one is asked for */
	struct buf new_token;	/* the server's, and a NUL */
	int64_t new_expiry;
	/*
	 * The upgrade that was asked for, or NULL: if there is one, the answer
	 * to the last step may be <continue/>, behind which no stanza may be.
	 */
	const char *upgrade;
	bool sent_hash;		/* our part of it is done */
	bool no_upgrade;	/* it has failed, and is not tried again */
	unsigned tries;

	bool sm_asked;		/* with Bind 2 */
	bool sm_is_on;
	struct jid jid;
	struct arena arena;	/* what we send, an element at a time */
	char errmsg[512];
};

/* Fail with R and words; returns R. */
int login_fail(struct login *l, int r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Begin to authenticate with what O offers; LOGIN_MORE or an error.  AHEAD: the
 * offer is remembered, so only what is sure to be good is sent, or nothing.
 */
int login_sasl_begin(struct login *l, struct stream *s, const struct offer *o,
    bool ahead);

/* TLS is on: what of the authentication can go with the header. */
int login_sasl_ahead(struct login *l, struct stream *s);

/* The response is sent: LOGIN_AHEAD if stanzas may follow it, or LOGIN_MORE. */
int login_go_ahead(struct login *l);

/* The server's offer has come behind what was begun ahead of it. */
int login_sasl_offered(struct login *l);

/* Take a challenge, success or failure: a step or an error. */
int login_sasl_take(struct login *l, struct stream *s, const struct elem *e);

/* Append to B the bytes that E holds as base64; none if E is NULL.  Or fail. */
int login_decode(struct login *l, const struct elem *e, struct buf *b);

/*
 * By SASL2: <success/>, with the results of what was asked for inline; and
 * <failure/> of whatever it was.
 */
int login_sasl_done(struct login *l, struct stream *s, const struct elem *e);
int login_sasl_failed(struct login *l, struct stream *s,
    const struct elem *e);

/* The server refuses WHAT with <failure/>, E: its meaning, and words. */
int login_refused(struct login *l, const struct elem *e, const char *what);

/* Append to <authenticate/>, B, the upgrade to ask for by offer O, if any. */
void login_task_ask(struct login *l, struct buf *b, const struct offer *o);

/*
 * <continue/>: the server, which has proved itself, wants a task to be done;
 * and what comes then, in WANT_SALT and WANT_UPGRADED.
 */
int login_task_continue(struct login *l, struct stream *s,
    const struct elem *e);
int login_task_take(struct login *l, struct stream *s, const struct elem *e);

/*
 * May what follows the login go ahead of its answers?  If this server offers
 * what it did when its features after login were seen.
 */
bool login_may_pipeline(const struct login *l);

/* Authenticated by RFC 6120's SASL: what comes next, on a new stream. */
int login_restart(struct login *l, struct stream *s);

/* Authenticated by SASL2, and perhaps bound: what comes next. */
int login_go_on(struct login *l, struct stream *s, const char *bound);

#endif
