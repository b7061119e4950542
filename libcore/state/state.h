/*
 * What is remembered of an account from one run to the next: how strongly it
 * was authenticated, what its server can do and has proved, its token
 * (XEP-0484) and its TLS tickets.  Nothing in here is needed: without it the
 * next login takes more round trips and is less wary.
 *
 *	struct state s;
 *
 *	state_load(&s, &jid);
 *	... state_token(&s, now), state_claim_ticket(&s, now, &der) ...
 *	... log in ...
 *	state_saw_mechanism(&s, "SCRAM-SHA-256-PLUS");
 *	state_save(&s);
 *	state_release(&s);
 *
 * One file for each bare JID, in the directory that XMPP_STATE names, or else
 * $XDG_STATE_HOME/xmpputils, or else ~/.local/state/xmpputils.  With XMPP_STATE
 * empty, or where there is no home, nothing is kept, which is no error.
 *
 * The file is 0600 in a directory of 0700, written beside and renamed, so that
 * it is never half there.  One that is damaged, readable by others, somebody
 * else's or no plain file is as none, and so is all in a directory that others
 * can write to.  Runs at the same time do not undo one another's work: they save
 * one after the other, and what one has not changed it takes from the file as
 * it is then.  Nobody waits for long: who does not get the lock within a second
 * saves without it.
 *
 * Functions return 0 or an error of base/xerr.h; a state in which something
 * failed is still good to use.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "jid/jid.h"
#include "sasl/sasl.h"

enum {
	STATE_NAME_MAX = 64,		/* bytes of a mechanism's name */
	STATE_KEY = 32,			/* bytes of a key's hash */
	STATE_NAMES_MAX = 48,		/* names in a list */
	STATE_TOKEN_MAX = 1024,		/* bytes of a token */
	STATE_TICKETS_MAX = 4,
	STATE_TICKET_MAX = 8192		/* bytes of a ticket */
};

/* What the server was seen to have, to be counted on ahead next time. */
enum state_feature {
	STATE_SM = 1,			/* XEP-0198 */
	STATE_SASL2 = 2,		/* XEP-0388 */
	STATE_BIND2 = 4,		/* XEP-0386 */
	STATE_SM_INLINE = 8,		/* <enable/> in <bind/> */
	STATE_FAST = 16,		/* XEP-0484 */
	STATE_BINDINGS = 32,		/* XEP-0440: the list is what it said */
	STATE_DIRECT = 64,		/* direct TLS was what worked */
	STATE_AFTER = 128,		/* its features after login were seen */
	STATE_SESSION = 256,		/* RFC 3921's session, required */
	STATE_NO_SASL2 = 512		/* it falls silent in SASL2 */
};

enum state_list {
	STATE_MECHANISMS,		/* of RFC 6120 */
	STATE_SASL2_MECHANISMS,
	STATE_FAST_MECHANISMS,
	STATE_BINDING_TYPES,
	STATE_UPGRADES,			/* XEP-0480 */
	STATE_LISTS			/* how many there are */
};

struct state_names {
	struct buf text;		/* each ended by NUL */
	size_t n;
};

struct state_proof {
	unsigned char key[STATE_KEY];	/* of TLS, a hash */
	enum sasl_proof what;		/* of whoever holds it */
	int64_t waits;			/* until then nothing may go ahead */
};

struct state_token {
	struct buf secret;
	char mechanism[STATE_NAME_MAX + 1];
	int64_t expiry;			/* seconds of time(2) */
	enum sasl_proof proof;		/* of who gave it, then */
};

struct state_ticket {
	struct buf der;
	int64_t expiry;
	bool loaded;			/* from the file */
};

/* All of it is for the functions below only. */
struct state {
	char *dir, *file;		/* NULL: nothing is kept */
	char jid[JID_MAX + 1];
	char agent[STATE_NAME_MAX + 1];
	char strongest[STATE_NAME_MAX + 1];
	unsigned features;
	struct state_names lists[STATE_LISTS];
	struct state_proof proof;
	struct state_token token;
	struct buf token_was;		/* in the file, before it was changed */
	struct state_ticket tickets[STATE_TICKETS_MAX];	/* newest first */
	struct state_ticket gone[STATE_TICKETS_MAX];
	size_t ntickets, ngone;
	int64_t no_tickets;		/* until then, none is kept */
	int64_t steps;			/* until then, nothing goes ahead */
	unsigned dirty;			/* what state_save() has to write */
};

/*
 * Make S what is known of JID, whose resource does not matter.  Returns 0,
 * though there may be nothing, or XERR_NOMEM: then nothing is known and
 * nothing will be kept.  To be released in either case.
 */
int state_load(struct state *s, const struct jid *jid);

/*
 * Write S, if it was changed.  XERR_SYS with errno if that is not possible,
 * XERR_CONFIG if the directory belongs to somebody else or is writable by
 * others, XERR_NOMEM.  The file is then as it was.
 */
int state_save(struct state *s);

/*
 * Can S be saved?  It makes the directory, but does not write: when the disk is
 * full, that is not known before.
 */
bool state_is_kept(const struct state *s);

/* Wipe and free. */
void state_release(struct state *s);

/* Remove what is known of JID.  0, also if there was nothing; XERR_SYS. */
int state_forget(const struct jid *jid);

/*
 * The strongest mechanism by which this account was authenticated, as
 * sasl_strength() counts; NULL if there was none.  One that worked is told to
 * state_saw_mechanism().
 */
const char *state_strongest(const struct state *s);
void state_saw_mechanism(struct state *s, const char *mechanism);

/* enum state_feature, or'ed; 0 also if nothing was ever seen. */
unsigned state_features(const struct state *s);
void state_set_features(struct state *s, unsigned features);

/*
 * Put at most MAX names of LIST into V, in the order of the server; returns how
 * many there are.  They are borrowed until the list is set, or S saved or
 * released.
 * state_set_names() keeps the N names at V, or nothing and XERR_LIMIT if they
 * are too many, too long or not what such names are.
 */
size_t state_names(const struct state *s, enum state_list list,
    const char *v[], size_t max);
int state_set_names(struct state *s, enum state_list list,
    const char *const *v, size_t n);

/*
 * What the server that holds KEY has proved in logins before, as it counts at
 * NOW.  Another key that has proved something takes its place; the same one may
 * prove more.
 */
enum sasl_proof state_proof(const struct state *s,
    const unsigned char key[STATE_KEY], int64_t now);
void state_proved(struct state *s, const unsigned char key[STATE_KEY],
    enum sasl_proof what);

/*
 * The server with the key that has proved something may not take what is sent
 * ahead of a login: with that key it has proved nothing until UNTIL.  Has there
 * been such a time for that key before, which may be over?
 */
void state_set_waits(struct state *s, int64_t until);
bool state_has_waited(const struct state *s);

/*
 * The server may not take requests and stanzas ahead of the answers that come
 * before them: until UNTIL it is spoken to step by step.  Is that so at NOW,
 * and was it ever so?
 */
void state_set_steps(struct state *s, int64_t until);
bool state_wants_steps(const struct state *s, int64_t now);
bool state_had_steps(const struct state *s);

/* Forget what was proved. */
void state_distrust(struct state *s);

/*
 * The id of this client at the account's server (XEP-0388 <user-agent/>), for
 * which tokens are given; NULL if it has none yet.  To set another one drops
 * the token.  XERR_LIMIT as for a name.
 */
const char *state_agent(const struct state *s);
int state_set_agent(struct state *s, const char *id);

/*
 * The token, borrowed until it is set or dropped, or S saved or released; NULL
 * if there is none that is good at NOW.
 */
const struct state_token *state_token(const struct state *s, int64_t now);

/*
 * Keep another one; or drop the one that was refused.  When that is saved and
 * another run has meanwhile kept one, its own stays, unless ours expires later:
 * of those that a server gave to several runs, the last is the one that is good
 * (XEP-0484 5.1).  XERR_LIMIT if it is empty or too long; XERR_NOMEM.
 */
int state_set_token(struct state *s, const void *secret, size_t len,
    const char *mechanism, int64_t expiry, enum sasl_proof proof);
void state_drop_token(struct state *s);

/*
 * Append to DER the newest ticket that is good at NOW and take it out, as it
 * serves once (RFC 8446 C.4).  Returns 1, 0 if there is none, or DER's error.
 * DER is for the caller to wipe.
 */
int state_take_ticket(struct state *s, int64_t now, struct buf *der);

/*
 * The same, and it is saved at once, so that no other run gets the same: if
 * that is not possible there is none.  On an error DER is empty.
 */
int state_claim_ticket(struct state *s, int64_t now, struct buf *der);

/*
 * Keep the LEN bytes of a ticket; the oldest goes if they are too many.
 * XERR_LIMIT if it is empty or too long, XERR_NOMEM.
 */
int state_add_ticket(struct state *s, const void *der, size_t len,
    int64_t expiry);
void state_drop_tickets(struct state *s);

/*
 * The server does not take up what it gave: drop all, and until UNTIL none is
 * to be kept, which state_wants_tickets() tells.
 */
void state_refuse_tickets(struct state *s, int64_t until);
bool state_wants_tickets(const struct state *s, int64_t now);

#endif
