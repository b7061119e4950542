/* The client side of XMPP as one object without I/O. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xmpp/client.h"
#include "xmpp/stanza.h"
#include "xmpp/stream.h"

enum {
	DEFAULT_WINDOW = 1 << 20,
	DEFAULT_STANZA = 1 << 20,
	ANSWERS_MAX = 256 * 1024, /* answers that wait: then we do not read */
	ID_MAX = 64
};

struct client {
	struct client_config cf;
	struct stream *stream;
	struct login *login;
	struct outbox outbox;
	struct arena arena;	/* what we answer, an element at a time */
	struct buf scratch;	/* a stanza as it is sent */
	bool online;		/* authenticated: we may send */
	bool bound;		/* stanzas may come */
	bool sm;		/* <enable/> is sent, and was not refused */
	bool asked;		/* <r/> or a ping waits for its answer */
	bool pinged;		/* a ping it is */
	size_t covers;		/* how many of the outbox it stands for */
	unsigned pings;		/* for their ids */
	bool enabled;		/* <enabled/> has come */
	uint32_t received;	/* stanzas since then */
	uint32_t handled;	/* of them, those the owner is done with */
	uint32_t told;		/* of them, those the server knows of */
	bool ack_due;		/* the server has asked */
	int err;
	char errmsg[512];
};

int
client_new(struct client **out, const struct client_config *cf)
{
	struct client *c;
	size_t stanza;
	int r = XERR_NOMEM;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return XERR_NOMEM;
	c->cf = *cf;
	if (c->cf.window == 0)
		c->cf.window = DEFAULT_WINDOW;
	stanza = cf->limits.size != 0 ? cf->limits.size : DEFAULT_STANZA;
	outbox_init(&c->outbox);
	arena_init(&c->arena, 64 * 1024);
	/* escaped, a stanza of that size may grow six times */
	buf_init(&c->scratch, 6 * stanza + 1024);
	if ((r = stream_new(&c->stream, &cf->limits, c->cf.window +
	    7 * stanza + 2 * ANSWERS_MAX)) < 0 ||
	    (r = login_new(&c->login, &c->cf.login)) < 0) {
		client_free(c);
		return r;
	}
	login_open(c->login, c->stream);
	*out = c;
	return 0;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	login_free(c->login);
	stream_free(c->stream);
	outbox_release(&c->outbox);
	arena_release(&c->arena);
	buf_release(&c->scratch);
	free(c);
}

static int
fail(struct client *c, int r, const char *what, const char *text)
{
	if (c->err != 0)
		return c->err;
	c->err = r;
	snprintf(c->errmsg, sizeof(c->errmsg), "%s%s%.300s", what,
	    text != NULL && *text != '\0' ? ": " : "",
	    text != NULL ? text : "");
	return r;
}

/* Our own objection: the server is told, too. */
static int
object(struct client *c, const char *condition, const char *msg)
{
	stream_fail(c->stream, condition, msg);
	return fail(c, XERR_PROTO, msg, NULL);
}

/* An answer of ours could not be queued or made. */
static int
check_put(struct client *c, int r)
{
	return r < 0 ? fail(c, r, xerr_str(r), NULL) : 0;
}

/* Too many answers wait: the server does not read what it makes us say. */
static bool
is_clogged(const struct client *c)
{
	const void *data;

	return stream_pending(c->stream, &data) > c->cf.window + ANSWERS_MAX;
}

ssize_t
client_feed(struct client *c, const void *data, size_t len)
{
	ssize_t n;

	if (c->err != 0)
		return c->err;
	if (is_clogged(c))
		return 0;
	if ((n = stream_feed(c->stream, data, len)) < 0)
		return fail(c, XERR_PROTO, "the server's XML is bad",
		    stream_errmsg(c->stream));
	return n;
}

/* How to take a stream error from the server (RFC 6120 4.9.3). */
static int
error_class(const char *condition)
{
	static const struct { const char *name; int r; } v[] = {
		{ "not-authorized", XERR_AUTH },
		{ "connection-timeout", XERR_TEMP },
		{ "internal-server-error", XERR_TEMP },
		{ "remote-connection-failed", XERR_TEMP },
		{ "reset", XERR_TEMP },
		{ "resource-constraint", XERR_TEMP },
		{ "system-shutdown", XERR_TEMP },
		{ "undefined-condition", XERR_TEMP },
		{ "conflict", XERR_UNAVAIL },
		{ "host-gone", XERR_UNAVAIL },
		{ "host-unknown", XERR_UNAVAIL },
		{ "policy-violation", XERR_UNAVAIL },
		{ "see-other-host", XERR_UNAVAIL },
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (strcmp(v[i].name, condition) == 0)
			return v[i].r;
	return XERR_PROTO;	/* it did not understand us */
}

static int
take_error(struct client *c, const struct elem *e)
{
	const char *condition = stream_error_condition(e);
	char what[128];

	snprintf(what, sizeof(what), "the server ended the stream: %s",
	    condition);
	stream_close(c->stream);
	return fail(c, error_class(condition), what, stream_error_text(e));
}

static void
ping_id(const struct client *c, char id[ID_MAX])
{
	snprintf(id, ID_MAX, "%.40s-%u", c->cf.id, c->pings);
}

/* A ping to our server: its answer covers all that was sent before. */
static int
ping(struct client *c)
{
	char id[ID_MAX];
	struct elem *iq;

	c->pings++;
	ping_id(c, id);
	arena_reset(&c->arena);
	iq = elem_new(&c->arena, NS_CLIENT, "iq");
	elem_set(iq, "type", "get");
	elem_set(iq, "id", id);
	elem_add(iq, NS_PING, "ping");
	if (arena_err(&c->arena) != 0)
		return XERR_NOMEM;
	c->covers = c->outbox.count;
	c->pinged = true;
	return stream_put(c->stream, iq);
}

static void
ask(struct client *c)
{
	static const char r[] = "<r xmlns='" NS_SM "'/>";

	if (c->asked || !c->online || stream_is_closed(c->stream))
		return;
	if (check_put(c, c->sm ? stream_put_bytes(c->stream, r,
	    sizeof(r) - 1) : ping(c)) == 0)
		c->asked = true;
}

/*
 * Stream management is asked for and counts from here on: what was sent before
 * makes the count begin below 0, and is covered by a ping.
 */
static int
go_online(struct client *c)
{
	static const char enable[] = "<enable xmlns='" NS_SM "'/>";

	c->bound = true;
	if (!login_has_sm(c->login))
		return 0;
	if (c->outbox.count > 0)
		ask(c);
	c->sm = true;
	c->outbox.h = 0 - (uint32_t)c->outbox.count;
	return check_put(c, stream_put_bytes(c->stream, enable,
	    sizeof(enable) - 1));
}

/* A step of logging in; 1 if it makes an event. */
static int
take_login(struct client *c, const struct stream_event *sev,
    struct client_event *ev)
{
	int r;

	switch (r = login_take(c->login, c->stream, sev)) {
	case LOGIN_MORE:
		return 0;
	case LOGIN_TLS:
		ev->kind = CLIENT_TLS;
		return 1;
	case LOGIN_AUTHENTICATED:
		c->online = true;
		ev->kind = CLIENT_ONLINE;
		return 1;
	case LOGIN_DONE:
		if ((r = go_online(c)) < 0)
			return r;
		ev->kind = CLIENT_BOUND;
		return 1;
	default:
		stream_close(c->stream);
		return fail(c, r, login_errmsg(c->login), NULL);
	}
}

int
client_secured(struct client *c)
{
	int r;

	if ((r = login_secured(c->login, c->stream)) < 0)
		return fail(c, r, login_errmsg(c->login), NULL);
	return 0;
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

/* XEP-0198 section 4: a value that cannot be is an error of the stream. */
static int
take_ack(struct client *c, const struct elem *e, struct client_event *ev)
{
	uint32_t h;
	long n;

	if (parse_h(elem_get(e, "h"), &h) < 0)
		return object(c, "invalid-xml",
		    "an acknowledgement without a number");
	if ((n = outbox_ack(&c->outbox, h)) < 0)
		return object(c, "undefined-condition",
		    "more stanzas acknowledged than were sent");
	if (!c->pinged)
		answered(c);
	c->covers = c->covers > (size_t)n ? c->covers - (size_t)n : 0;
	ev->kind = CLIENT_ACKED;
	ev->acked = (size_t)n;
	return n > 0;
}

static int
take_sm(struct client *c, const struct elem *e, struct client_event *ev)
{
	if (!c->sm)
		return 0;
	if (elem_is(e, NULL, "a"))
		return take_ack(c, e, ev);
	if (elem_is(e, NULL, "r")) {
		c->ack_due = true;
	} else if (elem_is(e, NULL, "enabled")) {
		c->enabled = true;
		c->received = c->handled = c->told = 0;
	} else if (elem_is(e, NULL, "failed")) {
		c->sm = false;	/* by ping, then */
		if (!c->pinged)
			answered(c);
	}
	return 0;
}

/*
 * Does it come from the entity that was asked?  A request without "to" is
 * answered by the account itself (RFC 6120 8.1.2.1): by our own bare JID, our
 * full one, or nobody's; servers also sign with their domain.
 */
static bool
is_from_server(const struct client *c, const struct elem *e)
{
	const struct jid *me = login_jid(c->login);
	const char *from = elem_get(e, "from");
	struct jid j, domain;

	if (from == NULL)
		return true;
	if (jid_parse(&j, from, strlen(from)) < 0)
		return false;
	jid_copy(&domain, me);
	jid_to_domain(&domain);
	return jid_equal(&j, me) || jid_equal(&j, &domain) ||
	    (jid_is_bare(&j) && jid_equal_bare(&j, me));
}

/* Is it the answer to our ping?  An error answers as well as a result. */
static bool
is_pong(const struct client *c, const struct elem *e)
{
	const char *id = elem_get(e, "id");
	char want[ID_MAX];

	if (!c->pinged || !elem_is(e, NS_CLIENT, "iq") ||
	    stanza_is_request(e) || id == NULL)
		return false;
	ping_id(c, want);
	return strcmp(id, want) == 0 && is_from_server(c, e);
}

static int
take_pong(struct client *c, struct client_event *ev)
{
	ev->kind = CLIENT_ACKED;
	ev->acked = c->covers;
	outbox_drop(&c->outbox, c->covers);
	c->covers = 0;
	answered(c);
	return ev->acked > 0;
}

static int
answer(struct client *c, const struct elem *e)
{
	struct elem *r;

	arena_reset(&c->arena);
	r = answer_request(&c->arena, e, &c->cf.identity);
	if (r == NULL || arena_err(&c->arena) != 0)
		return 0;	/* an id of 60 kB: nobody waits for it */
	if (c->outbox.bytes > c->cf.window + ANSWERS_MAX)
		return fail(c, XERR_TEMP, "the server asks and asks, "
		    "and acknowledges no answer", NULL);
	return check_put(c, client_send(c, r));
}

static bool
is_session_answer(const struct elem *e)
{
	const char *id = elem_get(e, "id");

	return elem_is(e, NS_CLIENT, "iq") && !stanza_is_request(e) &&
	    id != NULL && strcmp(id, "session") == 0 &&
	    elem_get(e, "from") == NULL;
}

/* What comes when we are logged in; 1 if it makes an event. */
static int
take_online(struct client *c, struct elem *e, struct client_event *ev)
{
	if (strcmp(e->ns, NS_SM) == 0)
		return take_sm(c, e, ev);
	if (!stanza_is(e))
		return 0;
	c->received++;
	if (is_pong(c, e))
		return take_pong(c, ev);
	if (is_session_answer(e))
		return 0;
	if (stanza_is_request(e) && !c->cf.hand_requests)
		return answer(c, e);
	ev->kind = CLIENT_STANZA;
	ev->elem = e;
	return 1;
}

static int
take_close(struct client *c, struct client_event *ev)
{
	stream_close(c->stream);
	if (!c->bound)
		return fail(c, XERR_TEMP,
		    "the server closed the stream before login", NULL);
	ev->kind = CLIENT_CLOSED;
	return 1;
}

static int
take(struct client *c, struct stream_event *sev, struct client_event *ev)
{
	switch (sev->kind) {
	case STREAM_ERROR:
		return take_error(c, sev->elem);
	case STREAM_CLOSE:
		return take_close(c, ev);
	case STREAM_ELEM:
		if (c->bound)
			return take_online(c, sev->elem, ev);
		return take_login(c, sev, ev);
	default:
		return take_login(c, sev, ev);
	}
}

int
client_next(struct client *c, struct client_event *ev)
{
	struct stream_event sev;
	int r;

	*ev = (struct client_event){ 0 };
	for (;;) {
		if (c->err != 0)
			return c->err;
		if (is_clogged(c))
			return 0;
		if ((r = stream_next(c->stream, &sev)) < 0)
			return fail(c, r == XERR_NOMEM ? r : XERR_PROTO,
			    "the server's stream is bad",
			    stream_errmsg(c->stream));
		if (r == 0)
			return 0;
		if ((r = take(c, &sev, ev)) != 0)
			return r;
	}
}

size_t
client_pending(const struct client *c, const void **data)
{
	return stream_pending(c->stream, data);
}

void
client_sent(struct client *c, size_t n)
{
	stream_sent(c->stream, n);
}

bool
client_may_send(const struct client *c)
{
	const void *data;

	return c->online && c->err == 0 && !stream_is_closed(c->stream) &&
	    !stream_peer_closed(c->stream) &&
	    c->outbox.bytes < c->cf.window &&
	    stream_pending(c->stream, &data) < c->cf.window;
}

int
client_send(struct client *c, const struct elem *e)
{
	int r;

	if (!c->online || stream_is_closed(c->stream))
		return XERR_LIMIT;
	buf_reset(&c->scratch);
	if ((r = stream_render(&c->scratch, e)) < 0 ||
	    (r = outbox_add(&c->outbox, e, buf_data(&c->scratch),
	    buf_len(&c->scratch))) < 0)
		return r;
	return stream_put_bytes(c->stream, buf_data(&c->scratch),
	    buf_len(&c->scratch));
}

static const char *
check_iq(const struct elem *e)
{
	const char *type = elem_get(e, "type");

	if (type == NULL || (strcmp(type, "get") != 0 &&
	    strcmp(type, "set") != 0 && strcmp(type, "result") != 0 &&
	    strcmp(type, "error") != 0))
		return "an iq must have type get, set, result or error";
	if (elem_get(e, "id") == NULL)
		return "an iq must have an id";
	if (stanza_is_request(e) && elem_child(e, NULL, NULL) == NULL)
		return "an iq of type get or set must hold a request";
	return NULL;
}

const char *
client_check(struct client *c, const struct elem *e)
{
	const char *to = elem_get(e, "to"), *from = elem_get(e, "from");
	struct jid_error why;
	struct jid j;
	struct buf b;

	if (!stanza_is(e))
		return "neither message, presence nor iq of jabber:client";
	if (from != NULL && (jid_parse(&j, from, strlen(from)) < 0 ||
	    !jid_equal_bare(&j, client_jid(c)) ||
	    (!jid_is_bare(&j) && !jid_equal(&j, client_jid(c)))))
		return "\"from\" is not the address we are logged in as";
	if (to != NULL && jid_parse_why(&j, to, strlen(to), &why) < 0) {
		buf_init(&b, sizeof(c->errmsg) - 1);
		buf_puts(&b, "\"to\" is no address: ");
		jid_error_text(&b, &why);
		snprintf(c->errmsg, sizeof(c->errmsg), "%s",
		    buf_str(&b) == NULL ? "\"to\" is no address" :
		    buf_str(&b));
		buf_release(&b);
		return c->errmsg;
	}
	return elem_is(e, NULL, "iq") ? check_iq(e) : NULL;
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
	ask(c);
}

/* Tell the server how many of its stanzas cannot be lost any more. */
static void
tell_handled(struct client *c)
{
	char a[64];
	int n;

	n = snprintf(a, sizeof(a), "<a xmlns='" NS_SM "' h='%" PRIu32 "'/>",
	    c->handled);
	if (check_put(c, stream_put_bytes(c->stream, a, (size_t)n)) == 0) {
		c->ack_due = false;
		c->told = c->handled;
	}
}

void
client_confirm(struct client *c)
{
	c->handled = c->received;
	if (c->ack_due && !stream_is_closed(c->stream))
		tell_handled(c);
}

bool
client_is_waiting(const struct client *c)
{
	return c->asked || c->outbox.count > 0 || !c->bound;
}

void
client_close(struct client *c)
{
	/* else it would take them for lost, and return or repeat them */
	if (c->enabled && c->handled != c->told &&
	    !stream_is_closed(c->stream))
		tell_handled(c);
	/* what was sent since we last asked may be acknowledged yet */
	if (c->outbox.count > 0 &&
	    !(c->pinged && c->covers == c->outbox.count)) {
		c->asked = false;
		ask(c);
	}
	stream_close(c->stream);
}

const struct outbox_item *
client_unacked(const struct client *c)
{
	return c->outbox.first;
}

size_t
client_unacked_count(const struct client *c)
{
	return c->outbox.count;
}

void
client_forget(struct client *c)
{
	outbox_drop(&c->outbox, c->outbox.count);
	c->covers = 0;
}

const struct jid *
client_jid(const struct client *c)
{
	return c->bound ? login_jid(c->login) : c->cf.login.jid;
}

const char *
client_mechanism(const struct client *c)
{
	return login_mechanism(c->login);
}

bool
client_has_sm(const struct client *c)
{
	return c->sm;
}

const char *
client_errmsg(const struct client *c)
{
	return c->errmsg;
}
