/*
 * Getting in (RFC 6120 sections 5 to 7): STARTTLS, SASL, resource binding.
 *
 * What needs no answer to be right is sent ahead (XEP-0305): <starttls/> goes
 * with the first header, and the request to bind with the header behind
 * <success/>, where the owner's first stanzas may follow it at once.  What the
 * server offers is checked all the same when it comes.
 *
 * Nothing but a stream header and <starttls/> is sent before TLS, and nothing
 * that arrives before the end of it counts as a stanza.
 */
#ifndef XMPP_LOGIN_H
#define XMPP_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "jid/jid.h"
#include "xmpp/stream.h"

/* All of it is borrowed until login_free(). */
struct login_config {
	const struct jid *jid;	/* its resourcepart, if any, is asked for */
	const char *password;	/* NULL: there is none */
	size_t password_len;
	const char *nonce;	/* for SASL: random, printable; sasl/sasl.h */
	const char *lang;	/* xml:lang of the stream, or NULL */
	const char *mechanism;	/* this one only, or NULL */
	bool secure;		/* TLS is on already */
	bool plaintext_ok;	/* go on without if the server has none */
};

struct login;

int login_new(struct login **l, const struct login_config *c);
void login_free(struct login *l);	/* wipes */

/* Send the first header on S, or the first one under TLS. */
void login_open(struct login *l, struct stream *s);

enum login_step {
	LOGIN_MORE,		/* wait for the next event */
	LOGIN_TLS,		/* begin TLS now, then login_secured() */
	LOGIN_AUTHENTICATED,	/* stanzas may be sent, none will come yet */
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

/* TLS is on and verified: a new stream begins on S. */
int login_secured(struct login *l, struct stream *s);

/* After LOGIN_DONE: the address that was bound, and what the server has. */
const struct jid *login_jid(const struct login *l);
bool login_has_sm(const struct login *l);

/* The mechanism that was used, or is being used; NULL before. */
const char *login_mechanism(const struct login *l);

const char *login_errmsg(const struct login *l);

#endif
