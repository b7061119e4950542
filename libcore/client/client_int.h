/*
 * What the parts of the client share: client.c is the whole of it,
 * client_send.c knows what may be sent and client_ack.c what was acknowledged.
 */
#ifndef CLIENT_CLIENT_INT_H
#define CLIENT_CLIENT_INT_H

#include "base/buf.h"
#include "client/client.h"
#include "xmpp/stream.h"

enum { EARLY_MAX = 16 };	/* stanzas kept that came before their time */

struct client {
	struct client_config cf;
	struct stream *stream;
	struct login *login;
	struct outbox outbox;
	struct arena arena;	/* what we answer, an element at a time */
	struct buf scratch;	/* a stanza as it is sent */
	bool online;		/* authenticated: we may send */
	bool ahead;		/* we may, though not authenticated yet */
	bool tell_ahead;	/* that is the next event */
	size_t ahead_bytes;	/* of stanzas that were sent so */
	bool early;		/* something was sent before we were bound */
	bool acked;		/* something was acknowledged */
	uint64_t progress;	/* how many were, and questions answered by it */
	const struct outbox_item *held;	/* in the outbox: from here on, not */
	bool turned_away;	/* the stream ended before we were bound */
	bool bound;		/* stanzas may come */
	struct arena kept;	/* those that came before */
	struct elem *kept_v[EARLY_MAX];
	size_t nkept, kept_at;	/* how many; the next to be told */
	bool tell_bound;	/* that is the next event */
	bool sm;		/* <enable/> is sent, and was not refused */
	bool sm_begun;		/* <enable/> was sent, or has been answered */
	bool asked;		/* <r/> or a ping waits for its answer */
	bool stuck;		/* the answer had nothing new: do not ask on */
	bool below;		/* the outbox counts from below 0, still */
	bool pinged;		/* a ping it is */
	size_t covers;		/* how many of the outbox it stands for */
	unsigned pings;		/* for their ids */
	bool enabled;		/* <enabled/> has come */
	/* Of stanzas received, each modulo 2^32: */
	uint32_t received;	/* all of them */
	uint32_t base;		/* those before <enabled/>, which do not count */
	uint32_t handled;	/* those the owner is done with */
	uint32_t told;		/* of them, those the server knows of */
	uint32_t asked_for;	/* those that were here when it last asked */
	bool ack_due;		/* it has asked, and has no answer */
	bool ack_open;		/* its answer had less than was here */
	int err;
	char errmsg[512];
	char other_host[1100];	/* of <see-other-host/>, or "" */
};

/* Fail with R and the words WHAT, and TEXT unless it is NULL; returns R. */
int client_fail(struct client *c, int r, const char *what, const char *text);

/* The same with a stream error for the server; returns XERR_PROTO. */
int client_object(struct client *c, const char *condition, const char *msg);

/* Send what is held, as far as it may be sent now: 0 or an error. */
int client_release(struct client *c);

/* Fail if R, what putting something to the stream returned, is an error. */
int client_check_put(struct client *c, int r);

/*
 * <enable/>, if it can be had and was not sent yet: as soon as it may follow,
 * and before what makes the server deliver what it has kept for us.
 */
int client_ack_begin(struct client *c);

/* Take E of XEP-0198: 1 and *EV, 0, or an error. */
int client_ack_take(struct client *c, const struct elem *e,
    struct client_event *ev);

/* Is E the answer to our ping?  Then take it, as above. */
bool client_ack_is_pong(const struct client *c, const struct elem *e);
int client_ack_take_pong(struct client *c, struct client_event *ev);

#endif
