/*
 * Getting in (RFC 6120 sections 5 to 7): STARTTLS, SASL, resource binding; or
 * the last two at once by SASL2 (XEP-0388) with Bind 2 (XEP-0386), and with a
 * token instead of the password (FAST, XEP-0484).  A server that has kept too
 * weak a hash of the password gets a better one (XEP-0480), if what it has is
 * proved and the channel bound.
 *
 * A server that we do not know is spoken to step by step: each request waits
 * for the features that allow it, and stanzas for the answers to <bind/> and,
 * where it is required, <session/> (RFC 6120 section 7.1).
 *
 * What a server took before is sent ahead (XEP-0305): <starttls/> goes with the
 * first header in any case; the authentication with the header under TLS, if
 * the owner remembers what the server offers; and <bind/> with the header after
 * <success/>, where the owner's first stanzas may follow it at once, if the
 * features after login are remembered too.  What the server offers is checked
 * all the same when it comes; if it is something else than was remembered, and
 * what was sent on the strength of it fails, there is another try.
 *
 * With Bind 2 stanzas may even go with the last step of the authentication,
 * where the server proves itself in it, and has done so before: whoever holds
 * the key by which TLS is secured now has then proved to know our password.  By
 * the letter nothing else is sent during authentication (XEP-0388 2.4); but a
 * server that takes one thing after the other has let us in when it comes to
 * them.  One that does not may end the stream.
 *
 * Nothing but a stream header and <starttls/> is sent before TLS, and nothing
 * that arrives before the end of it counts as a stanza.
 */
#ifndef CLIENT_LOGIN_H
#define CLIENT_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "jid/jid.h"
#include "sasl/sasl.h"
#include "client/offer.h"
#include "xmpp/stream.h"

/* All of it is borrowed until login_free(). */
struct login_config {
	const struct jid *jid;	/* its resourcepart, if any, is asked for */
	const char *password;	/* NULL: there is none */
	size_t password_len;
	const char *nonce;	/* for SASL: random, printable; sasl/sasl.h */
	const char *retry_nonce; /* another, should it be tried twice */
	const char *id;		/* random, for the ids of our requests */
	const char *lang;	/* xml:lang of the stream, or NULL */
	const char *mechanisms;	/* these only, with commas, or NULL */
	bool certificate;	/* TLS has presented ours: EXTERNAL */
	bool names_us;		/* it names the address of jid, and no other */
	bool anonymous;		/* ANONYMOUS is wanted */
	bool direct;		/* TLS comes first: login_secured() */
	bool plaintext_ok;	/* go on without if the server has none */

	/* Append the channel binding of TYPE to OUT, or fail; or NULL. */
	int (*binding)(void *arg, const char *type, struct buf *out);
	/* What the server has proved before, by its key; NULL: nothing. */
	enum sasl_proof (*proof)(void *arg);
	void *arg;

	/* What is remembered of this account; each NULL or 0 if not. */
	const struct offer *remembered;	/* of the features under TLS */
	const char *at_least;	/* the strongest mechanism that has worked */
	bool external_known;	/* the server had EXTERNAL when last seen */
	const char *agent;	/* a UUID: who we are for tokens (XEP-0388);
				   NULL: nobody, and none is asked for */
	const char *software;	/* the program's name, with that */
	const char *token;	/* FAST: the secret, */
	size_t token_len;
	const char *token_mechanism; /* and what it is for */
	enum sasl_proof token_proof;	/* login_proof() where it was given */
	bool no_sasl2;		/* do as if the server had none */
	bool no_ahead;		/* wait for each answer before what follows it */
};

struct login;

int login_new(struct login **l, const struct login_config *c);
void login_free(struct login *l);	/* wipes */

/* Send the first header on S; with direct TLS that is login_secured()'s. */
void login_open(struct login *l, struct stream *s);

enum login_step {
	LOGIN_MORE,		/* wait for the next event */
	LOGIN_TLS,		/* begin TLS now, then login_secured() */
	LOGIN_AHEAD,		/* as LOGIN_MORE; stanzas may go ahead */
	LOGIN_AUTHENTICATED,	/* ours may follow <bind/>; none will come yet */
	LOGIN_EARLY,		/* a stanza came too early: keep it until then */
	LOGIN_DONE		/* bound: login_jid() */
};

/*
 * Take STREAM_HEADER or STREAM_ELEM from S and answer it there.  Returns a
 * step, or an error with words in login_errmsg(): XERR_TLS if TLS cannot be
 * had, XERR_AUTH, XERR_TEMP or XERR_UNAVAIL if the server refuses, XERR_PROTO
 * if it does what it must not, XERR_CONFIG, XERR_NOMEM.
 */
int login_take(struct login *l, struct stream *s,
    const struct stream_event *ev);

/*
 * TLS is on and verified, and can be bound to: a new stream begins on S.
 * LOGIN_MORE, LOGIN_AHEAD, or an error.
 */
int login_secured(struct login *l, struct stream *s);

/* After LOGIN_DONE: the address that was bound. */
const struct jid *login_jid(const struct login *l);

/*
 * The server has XEP-0198, by its features after login or, until those come,
 * by what is remembered of them; it is asked to enable it, or has enabled it,
 * already (by Bind 2).
 */
bool login_has_sm(const struct login *l);
bool login_asked_sm(const struct login *l);
bool login_sm_is_on(const struct login *l);

/* Is E the answer to a <session/> that was asked for ahead of its offer? */
bool login_is_session_answer(const struct login *l, const struct elem *e);

/* The mechanism that was used, or is being used; NULL before. */
const char *login_mechanism(const struct login *l);

/* The server announces channel binding, and lets us log in only without. */
bool login_is_unbound(const struct login *l);

/* The type of channel binding it is bound by; NULL if by none. */
const char *login_bound_by(const struct login *l);

/*
 * The upgrade (XEP-0480) that was done with it, such as "UPGR-SCRAM-SHA-512";
 * NULL if none.  From now on the server may offer something else.
 */
const char *login_upgraded(const struct login *l);

/*
 * What the server has proved, if the login has succeeded.  A token proves no
 * more than the login in which it was given: whoever took part in that has it.
 */
enum sasl_proof login_proof(const struct login *l);

/* What the server offered under TLS, or NULL if nothing was seen yet. */
const struct offer *login_offer(const struct login *l);

/*
 * The login has failed and may have done so because of what was remembered:
 * authentication was sent ahead, and the server did not refuse it in so many
 * words; or a token was refused, or what was sent ahead, and the server takes
 * no second try on the same stream; or it was authenticated, and something was
 * sent ahead of the features or of the answer to <bind/>.  Without the memory
 * it may go better.
 */
bool login_was_misled(const struct login *l);

/* The server is amid SASL2, and nothing but that was sent: it may be silent. */
bool login_is_in_sasl2(const struct login *l);

/*
 * After LOGIN_AHEAD the server has refused, and it may be better off without
 * what went ahead, which it has not taken.
 */
bool login_turned_away(const struct login *l);

/* What the server offers is not what is remembered. */
bool login_was_belied(const struct login *l);

/* The server said to let us in, but could not prove itself. */
bool login_was_lied_to(const struct login *l);

/* The token was refused, and is worth nothing. */
bool login_token_refused(const struct login *l);

/*
 * The token that the server has given: its secret in *TOKEN, when it expires
 * (seconds since 1970) and what it is for; NULL if none.  Borrowed from L.
 */
const char *login_new_token(const struct login *l, const char **token,
    int64_t *expiry);

const char *login_errmsg(const struct login *l);

#endif
