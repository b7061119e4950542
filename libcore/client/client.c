/* The client side of XMPP as one object without I/O. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "client/client_int.h"
#include "xmpp/stanza.h"

enum {
	DEFAULT_WINDOW = 1 << 20,
	LOGIN_MAX = 1 << 20,		/* bytes of an element before we are in */
	ANSWERS_MAX = 256 * 1024,	/* that wait: then we do not read */
	KEPT_MAX = 64 * 1024	/* bytes of memory for early stanzas */
};

int
client_new(struct client **out, const struct client_config *cf)
{
	struct xparse_limits early = { .size = LOGIN_MAX };
	struct client *c;
	size_t stanza;
	int r = XERR_NOMEM;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return XERR_NOMEM;
	c->cf = *cf;
	c->cf.login.id = cf->id;
	if (c->cf.window == 0)
		c->cf.window = DEFAULT_WINDOW;
	stanza = cf->limits.size != 0 ? cf->limits.size : XPARSE_SIZE;
	if (early.size > stanza)
		early.size = stanza;
	outbox_init(&c->outbox);
	arena_init(&c->arena, 64 * 1024);
	arena_init(&c->kept, KEPT_MAX);
	/* escaped, a stanza of that size may grow six times */
	buf_init(&c->scratch, 6 * stanza + 1024);
	if ((r = stream_new(&c->stream, &early, c->cf.window +
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
	arena_release(&c->kept);
	buf_release(&c->scratch);
	free(c);
}

int
client_fail(struct client *c, int r, const char *what, const char *text)
{
	if (c->err != 0)
		return c->err;
	c->err = r;
	snprintf(c->errmsg, sizeof(c->errmsg), "%s%s%.300s", what,
	    text != NULL && *text != '\0' ? ": " : "",
	    text != NULL ? text : "");
	return r;
}

int
client_object(struct client *c, const char *condition, const char *msg)
{
	stream_fail(c->stream, condition, msg);
	return client_fail(c, XERR_PROTO, msg, NULL);
}

int
client_check_put(struct client *c, int r)
{
	return r < 0 ? client_fail(c, r, xerr_str(r), NULL) : 0;
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
		return client_fail(c, XERR_PROTO, "the server's XML is bad",
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

/* A name that does not fit is none. */
static void
note_other_host(struct client *c, const char *host)
{
	if (host != NULL && strlen(host) < sizeof(c->other_host))
		memcpy(c->other_host, host, strlen(host) + 1);
}

static int
take_error(struct client *c, const struct elem *e)
{
	const char *condition = stream_error_condition(e);
	char what[128];

	c->turned_away = !c->bound;
	snprintf(what, sizeof(what), "the server ended the stream: %s",
	    condition);
	if (strcmp(condition, "see-other-host") == 0)
		note_other_host(c, elem_text(elem_child(e, NS_STREAM_ERRORS,
		    condition)));
	stream_close(c->stream);
	return client_fail(c, error_class(condition), what, stream_error_text(e));
}

/*
 * A few stanzas need not wait; once only.  Stream management goes before them,
 * unless it is asked for with <bind/>.
 */
static int
go_ahead(struct client *c)
{
	const struct offer *was = c->cf.login.remembered;
	int r = 0;

	c->tell_ahead = !c->ahead;
	c->ahead = true;
	if (!login_asked_sm(c->login) && was != NULL &&
	    (was->has & OFFER_AFTER) != 0 && (was->has & OFFER_SM) != 0)
		r = client_ack_begin(c);
	return r < 0 ? r : client_release(c);
}

/*
 * A stanza that came before we were bound waits until then.  No server should
 * send any, and none that is honest sends many.
 */
static int
keep_early(struct client *c, const struct elem *e)
{
	struct elem *copy;

	if (c->nkept == EARLY_MAX)
		return client_fail(c, XERR_PROTO, "the server sends stanzas "
		    "and binds no resource", NULL);
	if ((copy = elem_dup(&c->kept, e)) == NULL)
		return client_fail(c, arena_err(&c->kept) == XERR_NOMEM ?
		    XERR_NOMEM : XERR_PROTO, "the server sends stanzas and "
		    "binds no resource", NULL);
	c->kept_v[c->nkept++] = copy;
	return 0;
}

/* We are let in: first stream management, then what waits.  1 or an error. */
static int
go_online(struct client *c)
{
	int r;

	c->online = true;
	if ((r = client_ack_begin(c)) < 0 || (r = client_release(c)) < 0)
		return r;
	return 1;
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
	case LOGIN_AHEAD:
		return go_ahead(c);
	case LOGIN_TLS:
		ev->kind = CLIENT_TLS;
		return 1;
	case LOGIN_EARLY:
		return keep_early(c, sev->elem);
	case LOGIN_AUTHENTICATED:
		ev->kind = CLIENT_ONLINE;
		return go_online(c);
	case LOGIN_DONE:
		/* where both come at once, they are told one by one */
		c->tell_bound = !c->online;
		ev->kind = c->online ? CLIENT_BOUND : CLIENT_ONLINE;
		c->bound = true;
		stream_set_limits(c->stream, &c->cf.limits);
		return go_online(c);
	default:
		stream_close(c->stream);
		return client_fail(c, r, login_errmsg(c->login), NULL);
	}
}

int
client_secured(struct client *c)
{
	int r;

	if ((r = login_secured(c->login, c->stream)) < 0)
		return client_fail(c, r, login_errmsg(c->login), NULL);
	return r == LOGIN_AHEAD ? go_ahead(c) : 0;
}

/* Answer E by R, made in c->arena. */
static int
answer_by(struct client *c, const struct elem *r)
{
	if (r == NULL || arena_err(&c->arena) != 0)
		return 0;	/* an id of 60 kB: nobody waits for it */
	if (c->outbox.bytes > c->cf.window + ANSWERS_MAX)
		return client_fail(c, XERR_TEMP, "the server asks and asks, "
		    "and acknowledges no answer", NULL);
	return client_check_put(c, client_send(c, r));
}

static int
answer(struct client *c, const struct elem *e)
{
	arena_reset(&c->arena);
	return answer_by(c, auto_reply_request(&c->arena, e,
	    &c->cf.identity));
}

static int
refuse(struct client *c, const struct elem *e, const char *why)
{
	arena_reset(&c->arena);
	return answer_by(c, stanza_reply_error(&c->arena, e, "modify",
	    "policy-violation", why));
}

/* What negotiates TLS or a login, and has no business behind it. */
static bool
is_late(const struct elem *e)
{
	return strcmp(e->ns, NS_TLS) == 0 || strcmp(e->ns, NS_SASL) == 0 ||
	    strcmp(e->ns, NS_SASL2) == 0;
}

/* What comes when we are logged in; 1 if it makes an event. */
static int
take_online(struct client *c, struct elem *e, struct client_event *ev)
{
	if (strcmp(e->ns, NS_SM) == 0)
		return client_ack_take(c, e, ev);
	if (is_late(e))
		return client_object(c, "unsupported-stanza-type",
		    "the server goes on with the login when it is over");
	if (!stanza_is(e))
		return 0;
	c->received++;
	if (client_ack_is_pong(c, e))
		return client_ack_take_pong(c, ev);
	if (login_is_session_answer(c->login, e))
		return 0;
	if (stanza_is_request(e) && !c->cf.hand_requests)
		return answer(c, e);
	stanza_set_lang(e, stream_lang(c->stream));
	ev->kind = CLIENT_STANZA;
	ev->elem = e;
	return 1;
}

/*
 * Something over the limits was passed over.  A stanza counts as any other, so
 * that it does not come again; without anything else we cannot go on.
 */
static int
take_passed(struct client *c, const struct stream_event *sev,
    struct client_event *ev)
{
	const struct elem *e = sev->elem;
	int r = 0;

	if (!stanza_is(e)) {
		if (elem_is(e, NS_STREAMS, "error"))
			return take_error(c, e);
		return c->bound ? 0 : client_object(c, "policy-violation",
		    sev->why);
	}
	if (c->bound) {
		c->received++;
		if (stanza_is_request(e))
			r = refuse(c, e, sev->why);
	}
	if (r < 0)
		return r;
	ev->kind = CLIENT_PASSED;
	ev->elem = sev->elem;
	ev->why = sev->why;
	return 1;
}

static int
take_close(struct client *c, struct client_event *ev)
{
	c->turned_away = !c->bound;
	stream_close(c->stream);
	if (!c->bound)
		return client_fail(c, XERR_TEMP,
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
	case STREAM_PASSED:
		return take_passed(c, sev, ev);
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
		if (c->tell_ahead) {
			c->tell_ahead = false;
			ev->kind = CLIENT_AHEAD;
			return 1;
		}
		if (c->tell_bound) {
			c->tell_bound = false;
			ev->kind = CLIENT_BOUND;
			return 1;
		}
		if (c->bound && c->kept_at < c->nkept) {
			ev->kind = CLIENT_STANZA;
			ev->elem = c->kept_v[c->kept_at++];
			return 1;
		}
		if (is_clogged(c))
			return 0;
		if ((r = stream_next(c->stream, &sev)) < 0)
			return client_fail(c, r == XERR_NOMEM ? r : XERR_PROTO,
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

bool
client_is_waiting(const struct client *c)
{
	return c->asked || c->outbox.count > 0 || !c->bound;
}

const struct jid *
client_jid(const struct client *c)
{
	return c->bound ? login_jid(c->login) : c->cf.login.jid;
}

const struct login *
client_login(const struct client *c)
{
	return c->login;
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
client_other_host(const struct client *c)
{
	return c->other_host[0] == '\0' ? NULL : c->other_host;
}

bool
client_is_well(const struct client *c)
{
	return c->err == 0;
}

bool
client_hears_more(const struct client *c)
{
	return stream_unfinished(c->stream);
}

const char *
client_errmsg(const struct client *c)
{
	return c->errmsg;
}
