/*
 * The client side of XMPP as one object without I/O: fed with bytes from the
 * server, asked for events, and for the bytes to send.  Time, randomness, the
 * socket and TLS are its owner's.
 *
 *	client_new()			the stream header is pending
 *	CLIENT_TLS			the owner begins TLS
 *	client_secured()		its handshake is done; with direct TLS
 *					it is the first thing to happen
 *	CLIENT_AHEAD			client_send() ahead; not always
 *	CLIENT_ONLINE			authenticated: client_send()
 *	CLIENT_BOUND			our address is known
 *	CLIENT_STANZA, CLIENT_ACKED ...
 *	client_close()			CLIENT_CLOSED
 *
 * Every stanza sent is kept until the server has acknowledged it: by stream
 * management (XEP-0198) where it has that, else by answering a ping (XEP-0199)
 * that was sent behind it, as are those sent before the server has said what
 * it has.  What is left in the end was not delivered as far as anybody knows.
 *
 * Stanzas may go ahead of the login's success (client/login.h).  If that turns
 * out to be wrong, and the server has not taken them, the next client can:
 *
 *	client_turned_away(c)
 *	client_move_unacked(c, &outbox), client_free(c), client_new(&next)
 *	client_adopt(next, &outbox)
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "jid/jid.h"
#include "xml/elem.h"
#include "xml/xparse.h"
#include "client/auto_reply.h"
#include "client/login.h"
#include "xmpp/outbox.h"

/* Everything pointed to is borrowed until client_free(). */
struct client_config {
	struct login_config login;
	struct auto_reply_identity identity;
	struct xparse_limits limits;	/* of a stanza received */
	const char *id;		/* random, for the ids of our own requests */
	size_t window;		/* bytes unacknowledged at most; 0: 1 MiB */
	bool hand_requests;	/* iq get and set are events, not answered */
};

enum client_kind {
	CLIENT_NONE,
	CLIENT_TLS,		/* begin TLS now */
	CLIENT_AHEAD,		/* stanzas may be sent, a few */
	CLIENT_ONLINE,		/* stanzas may be sent: we are let in */
	CLIENT_BOUND,		/* client_jid() is the full address */
	CLIENT_STANZA,		/* a stanza for the owner */
	CLIENT_PASSED,		/* one over the limits, without children; if
				   it was a request, it was answered */
	CLIENT_ACKED,		/* stanzas were acknowledged */
	CLIENT_CLOSED		/* the server has closed the stream */
};

struct client_event {
	enum client_kind kind;
	struct elem *elem;	/* of stanzas: valid as in xparse.h */
	const char *why;	/* CLIENT_PASSED: which limit, a sentence */
	size_t acked;		/* CLIENT_ACKED: how many */
};

struct client;

int client_new(struct client **c, const struct client_config *cf);
void client_free(struct client *c);

/*
 * Received bytes: how many were taken (none while too much waits to be sent,
 * or an event to be taken), or the error, final.
 */
ssize_t client_feed(struct client *c, const void *data, size_t len);

/*
 * The next event: 1 and *EV, 0 when there is none yet, or the error, final:
 * that of login_take(), of the stream, XERR_TEMP, XERR_UNAVAIL, XERR_AUTH or
 * XERR_PROTO by the stream error that the server sent.  What is pending then
 * is to be sent all the same before hanging up.
 */
int client_next(struct client *c, struct client_event *ev);

/* TLS is on, its handshake done and the certificate verified. */
int client_secured(struct client *c);

/* Bytes to be sent, and how many of them were. */
size_t client_pending(const struct client *c, const void **data);
void client_sent(struct client *c, size_t n);

/*
 * Send a stanza, which must pass client_check(), if client_may_send(); it is
 * false before CLIENT_AHEAD or CLIENT_ONLINE, after client_close(), and while
 * the window is full, which before CLIENT_ONLINE is what any server takes in
 * one piece; a stanza that does not fit waits.  Returns 0, XERR_LIMIT if it may
 * not, XERR_NOMEM.
 */
bool client_may_send(const struct client *c);
int client_send(struct client *c, const struct elem *e);

/*
 * May this stanza be sent?  NULL, or why not: it is no stanza, an address in
 * it is malformed, it is from somebody else, or the server would end the
 * stream over it.  The sentence is static or in C.
 */
const char *client_check(struct client *c, const struct elem *e);

/*
 * Nothing more to be sent for the moment: ask for acknowledgement of what was
 * sent, unless an answer is on its way already.
 */
void client_settle(struct client *c);

/*
 * Stanzas were given to the owner: how many, which is the number of the last
 * one; and that it has dealt with those up to number N, so that they cannot be
 * lost any more.  They are acknowledged if the server has asked, or if they are
 * many.  Both modulo 2^32.
 */
uint32_t client_received(const struct client *c);
void client_confirm(struct client *c, uint32_t n);

/*
 * Has the server asked, and waits for its answer?  It has to get one at once
 * (XEP-0198 section 4), however little was dealt with.  client_acknowledge()
 * gives it; unasked too, before a pause in which we do not listen.
 */
bool client_owes_ack(const struct client *c);
void client_acknowledge(struct client *c);

/* Was something confirmed that the server does not know of yet? */
bool client_has_untold(const struct client *c);

/* Was something given to the owner that is not confirmed, and would be lost? */
bool client_has_unhandled(const struct client *c);

/*
 * Make the server say something, to learn whether it is still there, or whether
 * it has taken more since it last answered without having done so.
 */
void client_probe(struct client *c);

/*
 * Does the server owe us something: an acknowledgement, an answer?  Has it
 * answered, but not to all, so that it has to be asked again, after a while?
 */
bool client_is_waiting(const struct client *c);
uint64_t client_progress(const struct client *c);	/* answers, so far */
bool client_is_stuck(const struct client *c);

/*
 * Close the stream; events go on until CLIENT_CLOSED.  What was confirmed is
 * acknowledged before.
 */
void client_close(struct client *c);

/*
 * The other end: acknowledge what was confirmed, and no more.  The stream is
 * not closed, as a server takes that for a word that all was taken; when the
 * connection is cut then, it delivers the rest again.
 */
void client_hand_back(struct client *c);

/*
 * Sent and not acknowledged: the first, with the others behind it, among which
 * those without a kind do not count.
 */
const struct outbox_item *client_unacked(const struct client *c);
size_t client_unacked_count(const struct client *c);

/*
 * Was anything sent before we were bound?  Nothing of it, nor anything else, is
 * acknowledged yet.  The server has ended the login, by a word of its own and
 * before it let us in or bound us, so without taking it.
 */
bool client_went_ahead(const struct client *c);
bool client_ahead_is_open(const struct client *c);
bool client_turned_away(const struct client *c);

/*
 * Take from C what is not acknowledged; send, as soon as may be, what O holds,
 * which is emptied: before anything else, and once for each client.
 */
void client_move_unacked(struct client *c, struct outbox *o);
void client_adopt(struct client *c, struct outbox *o);

/* It does not matter whether what was sent so far is acknowledged. */
void client_forget(struct client *c);

/* The address that was bound; until CLIENT_BOUND the one asked for. */
const struct jid *client_jid(const struct client *c);
const char *client_mechanism(const struct client *c);

/* How the login went, to be remembered. */
const struct login *client_login(const struct client *c);

bool client_has_sm(const struct client *c);

/*
 * Where the server that ended the stream sends us, as it wrote it (RFC 6120
 * 4.9.3.19); NULL if it does not.  Not to be trusted without TLS.
 */
const char *client_other_host(const struct client *c);

/* There was no error yet.  The server is amid something that it says. */
bool client_is_well(const struct client *c);
bool client_hears_more(const struct client *c);

/* After an error: a sentence. */
const char *client_errmsg(const struct client *c);

#endif
