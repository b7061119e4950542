/* What may be sent, and when: at once, or as soon as we are let in. */
#include "base/xerr.h"
#include "client/client_int.h"

/*
 * What goes ahead is sent to a server that does not know us yet, so no more
 * than each has to take in one piece (RFC 6120 13.12): also about what a
 * connection that is new can carry in one flight.
 */
enum { AHEAD_MAX = 10000 };

bool
client_may_send(const struct client *c)
{
	bool may = c->online || (c->ahead && c->held == NULL &&
	    c->ahead_bytes < AHEAD_MAX);
	const void *data;

	return may && c->err == 0 && !stream_is_closed(c->stream) &&
	    !stream_peer_closed(c->stream) &&
	    c->outbox.bytes < c->cf.window &&
	    stream_pending(c->stream, &data) < c->cf.window;
}

static bool
may_go(const struct client *c, const struct outbox_item *it)
{
	return c->online || (c->ahead &&
	    c->ahead_bytes + it->len <= AHEAD_MAX);
}

static int
release(struct client *c)
{
	int r = 0;

	for (; r == 0 && c->held != NULL && may_go(c, c->held);
	    c->held = c->held->next) {
		r = stream_put_bytes(c->stream, c->held->bytes, c->held->len);
		if (!c->online)
			c->ahead_bytes += c->held->len;
		c->early |= !c->bound;
	}
	return r;
}

int
client_release(struct client *c)
{
	return client_check_put(c, release(c));
}

int
client_send(struct client *c, const struct elem *e)
{
	int r;

	if ((!c->online && !c->ahead) || stream_is_closed(c->stream))
		return XERR_LIMIT;
	buf_reset(&c->scratch);
	if ((r = stream_render(&c->scratch, e)) < 0 ||
	    (r = outbox_add(&c->outbox, e, buf_data(&c->scratch),
	    buf_len(&c->scratch))) < 0)
		return r;
	if (c->held == NULL)
		c->held = c->outbox.last;
	return release(c);
}

const struct outbox_item *
client_unacked(const struct client *c)
{
	return c->outbox.first;
}

size_t
client_unacked_count(const struct client *c)
{
	return c->outbox.count - c->outbox.own;
}

bool
client_went_ahead(const struct client *c)
{
	return c->early;
}

bool
client_ahead_is_open(const struct client *c)
{
	return client_went_ahead(c) && !c->acked;
}

bool
client_turned_away(const struct client *c)
{
	return !c->bound && (c->turned_away || login_turned_away(c->login));
}

void
client_move_unacked(struct client *c, struct outbox *o)
{
	c->held = NULL;
	outbox_move(o, &c->outbox);
}

void
client_adopt(struct client *c, struct outbox *o)
{
	outbox_move(&c->outbox, o);
	c->held = c->outbox.first;
}
