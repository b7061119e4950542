/*
 * The server side of one stream as an object without I/O (RFC 6120 sections 4
 * to 8): fed with bytes from the client, asked for events, and for the bytes
 * to send.  What the stanzas do is its owner's business (see router.h).
 *
 *	server_new()
 *	SERVER_TLS	send what is pending, begin TLS, server_secured()
 *	SERVER_BIND	server_accept() or server_refuse()
 *	SERVER_STANZA	one of the client's, its "from" set
 *	server_send()	a stanza for the client
 *	SERVER_CLOSED	send what is pending, hang up
 *
 * A client logs in and binds by RFC 6120, or by SASL2 (XEP-0388) with Bind 2
 * (XEP-0386), tokens (XEP-0484) and upgrades (XEP-0480).  Stanzas that it has
 * sent behind <authenticate/> or <response/> are taken after a success, dropped
 * after a failure.
 *
 * A stanza over the limits is passed over, and answered by an error.  Until the
 * client is let in, when nobody knows whom the memory is for, SERVER_BEFORE_LOGIN
 * bytes are the limit (XEP-0478 names that number), and end the stream.
 *
 * It has no clock: an owner who does not want to wait for ever for a client
 * to log in, or to close, calls server_close().
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "jid/jid.h"
#include "sasl/binding.h"
#include "xml/elem.h"
#include "xml/xparse.h"
#include "xmpp/outbox.h"

enum {
	SERVER_SECRET = 32,	/* bytes */
	SERVER_BEFORE_LOGIN = 10000,	/* bytes of an element */
	SERVER_TRIES = 3	/* logins that may fail (RFC 6120 6.4.5) */
};

struct fast;
struct verifier;

/* Everything pointed to is borrowed until server_free(). */
struct server_config {
	const char *domain;	/* in its normal form */
	/*
	 * Append the password of USER, a bare address of this domain; 0, or
	 * XERR_AUTH if there is no such user.
	 */
	int (*lookup)(void *arg, const struct jid *user, struct buf *password);
	/*
	 * Instead of LOOKUP, where no passwords are kept: what there is of USER
	 * in their place (sasl/verifier.h), borrowed until the next call, or
	 * NULL.  All have keys for the mechanism STORED, "SCRAM-SHA-1"; clients
	 * may add stronger ones (XEP-0480), with this salt and iterations.
	 */
	struct verifier *(*verifier)(void *arg, const struct jid *user);
	const char *stored;
	void *arg;
	/*
	 * Random and of this stream alone: ids, the nonce of SCRAM and the
	 * resources that nobody asked for are made from it.
	 */
	const unsigned char *secret;	/* SERVER_SECRET bytes */
	const void *salt;	/* of SCRAM, as in sasl_server.h */
	size_t salt_len;
	unsigned iterations;
	const char *const *mechanisms;	/* these only, ended by NULL; or NULL */
	const struct sasl_binding *bindings;	/* as server_set_bindings() */
	size_t nbindings;
	struct xparse_limits limits;	/* of a stanza received */
	size_t out_max;		/* bytes that wait to be sent; 0: 1 MiB */
	bool secure;		/* TLS is on already */
	bool tls;		/* TLS can be had */
	bool plaintext_ok;	/* ... but is not required */
	/*
	 * ANONYMOUS: anybody may log in, as an account that did not exist
	 * before, which the owner has to know of before server_accept().
	 */
	bool anonymous;
	bool no_sm;		/* do not offer stream management */
	bool no_sasl2;		/* nor SASL2, Bind 2 and FAST */
	/*
	 * The tokens of all streams of a server; NULL: no FAST.  They want
	 * server_set_time().
	 */
	struct fast *fast;
};

enum server_kind {
	SERVER_NONE,
	SERVER_TLS,		/* <proceed/> is pending */
	SERVER_BIND,		/* server_jid() is what is asked for, or made */
	SERVER_STANZA,
	SERVER_PASSED,		/* one over the limits, which is refused */
	SERVER_CLOSED		/* the stream is over, in order */
};

struct server_event {
	enum server_kind kind;
	struct elem *elem;	/* of stanzas: valid as in xparse.h */
	const char *why;	/* SERVER_PASSED: which limit, a sentence */
};

struct server;

/* 0 and *S, XERR_NOMEM; or as server_set_bindings(). */
int server_new(struct server **s, const struct server_config *config);
void server_free(struct server *s);

/*
 * Received bytes: how many were taken, none while an event waits to be taken
 * or answered; or the error, final.
 */
ssize_t server_feed(struct server *s, const void *data, size_t len);

/*
 * The next event: 1 and *EV, 0 when there is none yet, or the error, final:
 * XERR_SYNTAX, XERR_LIMIT or XERR_PROTO, the stream error that says so and the
 * closing tag being pending; XERR_AUTH after too many failed logins, likewise;
 * XERR_NOMEM.
 */
int server_next(struct server *s, struct server_event *ev);

/* After SERVER_TLS: it is on, and a new stream begins. */
int server_secured(struct server *s);

/*
 * What the channel is bound by, best first, once it is secured and before the
 * client's header is fed: without it there is no -PLUS.  They are copied, types
 * apart, which are borrowed.  0; XERR_LIMIT if they are too many or too long.
 */
int server_set_bindings(struct server *s, const struct sasl_binding *b,
    size_t n);

/*
 * The N addresses that the client's certificate names, which is good; said when
 * server_set_bindings() is.  With one of this domain, EXTERNAL is offered (RFC
 * 6120 6.3.4): the only one is who the client is, else it has to say which.
 * They are copied.  0 or XERR_NOMEM.
 */
int server_set_addresses(struct server *s, const struct jid *list, size_t n);

/* What time it is, in seconds since 1970; 1970 if it was never said. */
void server_set_time(struct server *s, int64_t now);

/*
 * After SERVER_BIND: the client has server_jid(), or the stanza error
 * CONDITION and may try again; with Bind 2, whose resource is part of the
 * login, that has failed for the moment.  0 or XERR_NOMEM, XERR_LIMIT.
 */
int server_accept(struct server *s);
int server_refuse(struct server *s, const char *condition);

/*
 * Send a stanza; once server_is_bound().  Returns 0; XERR_LIMIT if the bytes
 * that wait would exceed out_max, and nothing is sent; XERR_NOMEM;
 * XERR_INTERNAL if it is no time for stanzas.
 */
int server_send(struct server *s, const struct elem *e);

/*
 * Close the stream: with a stream error CONDITION of RFC 6120 4.9.3 and TEXT
 * or NULL, or in peace if CONDITION is NULL.  The client's stanzas are
 * dropped from now on, until SERVER_CLOSED.
 */
void server_close(struct server *s, const char *condition, const char *text);

/* Bytes to be sent, and how many of them were. */
size_t server_pending(const struct server *s, const void **data);
void server_sent(struct server *s, size_t n);

/* The client: its bare address after the login, the full one from bind on. */
const struct jid *server_jid(const struct server *s);
bool server_is_bound(const struct server *s);

/* How it logged in, NULL before. */
const char *server_mechanism(const struct server *s);

/* The mechanism to which that has upgraded the account, or NULL. */
const char *server_upgraded(const struct server *s);

/*
 * Stanzas sent that the client has not acknowledged; 0 without XEP-0198.  The
 * first of them, with the others after it, and their bytes as stream_render()
 * wrote them; NULL if none.  They belong to S.
 */
size_t server_unacked(const struct server *s);
const struct outbox_item *server_unacked_first(const struct server *s);

/* The client has closed the stream in order, once it was bound. */
bool server_closed_by_client(const struct server *s);

/* After an error: a sentence, harmless but for what the client has sent. */
const char *server_errmsg(const struct server *s);

#endif
