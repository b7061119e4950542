/*
 * Which of our stanzas the server has, and which of its we have: stream
 * management (XEP-0198), or a ping (XEP-0199) in its place.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "client/client_int.h"
#include "xmpp/stanza.h"

enum {
	ID_MAX = 64,
	/*
	 * So many are acknowledged unasked.  Prosody ceases to be resumable when
	 * 500 wait, without a word; ejabberd ends the stream at 5000.
	 */
	UNASKED = 100
};

static void
ping_id(const struct client *c, char id[ID_MAX])
{
	snprintf(id, ID_MAX, "%.40s-%u", c->cf.id, c->pings);
}

/*
 * A ping to our server: its answer covers all that was sent before.  One that
 * goes ahead may be behind the beginning of stream management, and is counted.
 */
static int
ping(struct client *c)
{
	char id[ID_MAX];
	struct elem *iq;
	int r;

	c->pings++;
	ping_id(c, id);
	arena_reset(&c->arena);
	iq = elem_new(&c->arena, NS_CLIENT, "iq");
	elem_set(iq, "type", "get");
	elem_set(iq, "id", id);
	elem_add(iq, NS_PING, "ping");
	if (arena_err(&c->arena) != 0)
		return XERR_NOMEM;
	if (!c->online && (r = outbox_add_own(&c->outbox)) < 0)
		return r;
	c->covers = c->outbox.count;
	c->pinged = true;
	return stream_put(c->stream, iq);
}

static void
ask(struct client *c)
{
	static const char r[] = "<r xmlns='" NS_SM "'/>";

	if (c->asked || c->stuck || (!c->online && !c->ahead) ||
	    c->held != NULL || stream_is_closed(c->stream))
		return;
	if (client_check_put(c, c->sm ? stream_put_bytes(c->stream, r,
	    sizeof(r) - 1) : ping(c)) == 0)
		c->asked = true;
}

/* How many of the outbox were sent. */
static uint32_t
count_sent(const struct client *c)
{
	const struct outbox_item *it;
	uint32_t n = 0;

	for (it = c->outbox.first; it != NULL && it != c->held; it = it->next)
		n++;
	return n;
}

/*
 * Stream management is asked for and counts from here on.  What was sent before
 * makes the count begin below 0, and is covered by a ping.
 */
int
client_ack_begin(struct client *c)
{
	static const char enable[] = "<enable xmlns='" NS_SM "'/>";

	if (c->sm_begun)
		return 0;
	if (login_sm_is_on(c->login)) {
		c->sm = c->enabled = c->sm_begun = true;
		return 0;
	}
	if (!login_has_sm(c->login))
		return 0;
	if (c->early)
		ask(c);
	c->sm = c->sm_begun = true;
	c->outbox.h = 0 - count_sent(c);
	c->below = c->outbox.h != 0;
	return client_check_put(c, stream_put_bytes(c->stream, enable,
	    sizeof(enable) - 1));
}

/* The value of h: digits only, below 2^32. */
static int
parse_h(const char *s, uint32_t *h)
{
	uint64_t n = 0;
	size_t len = s == NULL ? 0 : strlen(s);

	if (len == 0 || len > 10 || strspn(s, "0123456789") != len)
		return XERR_SYNTAX;
	for (; *s != '\0'; s++)
		n = n * 10 + (unsigned)(*s - '0');
	if (n > UINT32_MAX)
		return XERR_SYNTAX;
	*h = (uint32_t)n;
	return 0;
}

static void
answered(struct client *c)
{
	c->asked = c->pinged = false;
}

/* The stream error of XEP-0198 section 4 for an H that cannot be. */
static int
handled_too_many(struct client *c, uint32_t h)
{
	char e[512];
	int n;

	n = snprintf(e, sizeof(e), "<stream:error><undefined-condition xmlns='"
	    NS_STREAM_ERRORS "'/><handled-count-too-high xmlns='" NS_SM
	    "' h='%" PRIu32 "' send-count='%" PRIu32 "'/></stream:error>", h,
	    c->outbox.h + (uint32_t)c->outbox.count);
	stream_put_bytes(c->stream, e, (size_t)n);
	stream_close(c->stream);
	return client_fail(c, XERR_PROTO, "the server acknowledges more "
	    "stanzas than were sent", NULL);
}

/* Fewer are unacknowledged than BEFORE: 1 and *EV, or 0 if not. */
static int
tell_acked(struct client *c, struct client_event *ev, size_t before)
{
	ev->kind = CLIENT_ACKED;
	ev->acked = before - client_unacked_count(c);
	c->acked |= ev->acked > 0;
	return ev->acked > 0;
}

/* XEP-0198 section 4: a value that cannot be is an error of the stream. */
static int
take_ack(struct client *c, const struct elem *e, struct client_event *ev)
{
	size_t before = client_unacked_count(c);
	uint32_t h;
	long n;

	if (parse_h(elem_get(e, "h"), &h) < 0)
		return client_object(c, "invalid-xml",
		    "an acknowledgement without a number");
	/* our count may begin below 0; the server's does not */
	if ((c->below && h > INT32_MAX) ||
	    (n = outbox_ack(&c->outbox, h)) < 0)
		return handled_too_many(c, h);
	c->below = c->below && c->outbox.h > INT32_MAX;
	c->progress += (uint64_t)n + (c->asked && c->outbox.count == 0);
	if (n > 0)
		c->stuck = false;
	else if (c->asked && !c->pinged)
		c->stuck = true;
	if (!c->pinged)
		answered(c);
	c->covers = c->covers > (size_t)n ? c->covers - (size_t)n : 0;
	return tell_acked(c, ev, before);
}

int
client_ack_take(struct client *c, const struct elem *e, struct client_event *ev)
{
	if (!c->sm)
		return 0;
	if (elem_is(e, NULL, "a"))
		return take_ack(c, e, ev);
	if (elem_is(e, NULL, "r")) {
		c->ack_due = true;
		c->asked_for = c->received;
	} else if (elem_is(e, NULL, "enabled") && !c->enabled) {
		c->enabled = true;
		c->base = c->handled = c->told = c->received;
	} else if (elem_is(e, NULL, "failed")) {
		c->sm = false;	/* by ping, then */
		if (!c->pinged)
			answered(c);
	}
	return 0;
}

/* Is it the answer to our ping?  An error answers as well as a result. */
bool
client_ack_is_pong(const struct client *c, const struct elem *e)
{
	const char *id = elem_get(e, "id");
	char want[ID_MAX];

	if (!c->pinged || !elem_is(e, NS_CLIENT, "iq") ||
	    stanza_is_request(e) || id == NULL)
		return false;
	ping_id(c, want);
	return strcmp(id, want) == 0 && stanza_is_from_server(e, client_jid(c));
}

int
client_ack_take_pong(struct client *c, struct client_event *ev)
{
	size_t before = client_unacked_count(c);

	outbox_drop(&c->outbox, c->covers);
	c->progress += c->covers + 1;
	c->covers = 0;
	c->stuck = false;
	answered(c);
	return tell_acked(c, ev, before);
}

void
client_settle(struct client *c)
{
	if (c->outbox.count > 0)
		ask(c);
}

void
client_probe(struct client *c)
{
	c->stuck = false;
	ask(c);
}

uint64_t
client_progress(const struct client *c)
{
	return c->progress;
}

bool
client_is_stuck(const struct client *c)
{
	return c->stuck && c->outbox.count > 0;
}

/* Tell the server how many of its stanzas cannot be lost any more. */
static void
tell_handled(struct client *c)
{
	char a[64];
	int n;

	n = snprintf(a, sizeof(a), "<a xmlns='" NS_SM "' h='%" PRIu32 "'/>",
	    c->handled - c->base);
	if (client_check_put(c, stream_put_bytes(c->stream, a,
	    (size_t)n)) < 0)
		return;
	c->ack_due = false;
	c->ack_open = (int32_t)(c->asked_for - c->handled) > 0;
	c->told = c->handled;
}

uint32_t
client_received(const struct client *c)
{
	return c->received;
}

void
client_confirm(struct client *c, uint32_t n)
{
	/* a number from before <enabled/> says nothing of those that follow */
	if (!c->enabled || n - c->handled > c->received - c->handled)
		return;
	c->handled = n;
	if (c->handled == c->told || stream_is_closed(c->stream))
		return;
	/* the answer waits, if it had less than all, until there is all */
	if (c->ack_open || (c->ack_due &&
	    (int32_t)(c->asked_for - n) <= 0) ||
	    c->handled - c->told >= UNASKED)
		tell_handled(c);
}

bool
client_owes_ack(const struct client *c)
{
	return c->enabled && c->ack_due;
}

void
client_acknowledge(struct client *c)
{
	if (c->enabled && !stream_is_closed(c->stream))
		tell_handled(c);
}

bool
client_has_untold(const struct client *c)
{
	return c->enabled && c->handled != c->told;
}

bool
client_has_unhandled(const struct client *c)
{
	return c->enabled && c->handled != c->received;
}

void
client_forget(struct client *c)
{
	outbox_disown(&c->outbox);
}

void
client_hand_back(struct client *c)
{
	if (c->enabled && c->handled != c->told)
		client_acknowledge(c);
}

void
client_close(struct client *c)
{
	/* else it would take them for lost, and return or repeat them */
	client_hand_back(c);
	/* what was sent since we last asked may be acknowledged yet */
	if (client_unacked_count(c) > 0 &&
	    !(c->pinged && c->covers == c->outbox.count)) {
		c->asked = c->stuck = false;
		ask(c);
	}
	stream_close(c->stream);
}
