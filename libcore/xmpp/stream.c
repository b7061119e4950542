/* One XML stream, in either role. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/xml.h"
#include "xmpp/stream.h"

enum { LANG_MAX = 64 };	/* bytes; tags are far shorter */

struct stream {
	struct xparse *parse;
	struct buf out;
	struct stream_header due;
	bool opened;		/* our header is sent */
	bool closed;		/* our closing tag too */
	bool peer_closed;
	int err;
	const char *condition;
	char errmsg[160];
	char lang[LANG_MAX];	/* of the peer's header, or "" */
};

static const char *const conditions[] = {
	"bad-format", "bad-namespace-prefix", "conflict", "connection-timeout",
	"host-gone", "host-unknown", "improper-addressing",
	"internal-server-error", "invalid-from", "invalid-namespace",
	"invalid-xml", "not-authorized", "not-well-formed",
	"policy-violation", "remote-connection-failed", "reset",
	"resource-constraint", "restricted-xml", "see-other-host",
	"system-shutdown", "undefined-condition", "unsupported-encoding",
	"unsupported-feature", "unsupported-stanza-type",
	"unsupported-version", NULL
};

int
stream_new(struct stream **out, const struct xparse_limits *limits,
    size_t out_max)
{
	struct stream *s;
	int r;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	buf_init(&s->out, out_max);
	if ((r = xparse_new(&s->parse, limits)) < 0) {
		free(s);
		return r;
	}
	*out = s;
	return 0;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	xparse_free(s->parse);
	buf_wipe(&s->out);	/* a response of SASL may be in it */
	free(s);
}

/* The stream ends here, by our error: say so to the peer. */
static int
give_up(struct stream *s, int r, const char *condition, const char *msg)
{
	if (s->err != 0)
		return s->err;
	s->err = r;
	s->condition = condition;
	snprintf(s->errmsg, sizeof(s->errmsg), "%s", msg);
	stream_fail(s, condition, msg);
	return r;
}

static int
parser_failed(struct stream *s, int r)
{
	return give_up(s, r, xparse_condition(s->parse) == NULL ?
	    "internal-server-error" : xparse_condition(s->parse),
	    xparse_errmsg(s->parse));
}

ssize_t
stream_feed(struct stream *s, const void *data, size_t len)
{
	ssize_t n;

	if (s->err != 0)
		return s->err;
	if ((n = xparse_feed(s->parse, data, len)) < 0)
		return parser_failed(s, (int)n);
	return n;
}

/* RFC 6120 4.7.5 and 4.8.2: what else a header must say. */
static int
check_header(struct stream *s, const struct elem *e)
{
	const char *version = elem_get(e, "version");
	const char *ns = xparse_content_ns(s->parse);

	if (strcmp(ns, NS_CLIENT) != 0)
		return give_up(s, XERR_PROTO, "invalid-namespace",
		    "the stream's content namespace is not jabber:client");
	/* 1.0 or higher: "0.9" and no version at all are too old */
	if (version == NULL || *version < '1' || *version > '9')
		return give_up(s, XERR_PROTO, "unsupported-version",
		    "the stream's version is below 1.0");
	return 0;
}

void
stream_set_limits(struct stream *s, const struct xparse_limits *limits)
{
	xparse_set_limits(s->parse, limits);
}

/* One that does not fit is none. */
static void
keep_lang(struct stream *s, const struct elem *header)
{
	const char *lang = elem_get(header, "xml:lang");
	size_t len = lang == NULL ? 0 : strlen(lang);

	s->lang[0] = '\0';
	if (len > 0 && len < sizeof(s->lang))
		memcpy(s->lang, lang, len + 1);
}

const char *
stream_lang(const struct stream *s)
{
	return s->lang[0] == '\0' ? NULL : s->lang;
}

int
stream_next(struct stream *s, struct stream_event *ev)
{
	struct xparse_event x;
	int r;

	if (s->err != 0)
		return s->err;
	if ((r = xparse_next(s->parse, &x)) < 0)
		return parser_failed(s, r);
	if (r == 0)
		return 0;
	if (x.kind == XPARSE_HEADER && (r = check_header(s, x.elem)) < 0)
		return r;
	ev->elem = x.elem;
	ev->why = x.why;
	switch (x.kind) {
	case XPARSE_HEADER:
		ev->kind = STREAM_HEADER;
		keep_lang(s, x.elem);
		break;
	case XPARSE_PASSED:
		ev->kind = STREAM_PASSED;
		break;
	case XPARSE_CLOSE:
		ev->kind = STREAM_CLOSE;
		s->peer_closed = true;
		break;
	default:
		ev->kind = elem_is(x.elem, NS_STREAMS, "error") ?
		    STREAM_ERROR : STREAM_ELEM;
	}
	return 1;
}

size_t
stream_left(const struct stream *s)
{
	return xparse_left(s->parse);
}

bool
stream_unfinished(const struct stream *s)
{
	return xparse_unfinished(s->parse);
}

int
stream_restart(struct stream *s)
{
	s->opened = false;
	return xparse_reset(s->parse);
}

int
stream_restart_clean(struct stream *s)
{
	s->opened = false;
	return xparse_discard(s->parse);
}

static void
put_attr(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(b, " %s='", name);
	xml_attr(b, value, strlen(value));
	buf_putc(b, '\'');
}

void
stream_open(struct stream *s, const struct stream_header *h)
{
	struct buf *b = &s->out;

	buf_puts(b, "<?xml version='1.0'?><stream:stream");
	put_attr(b, "from", h->from);
	put_attr(b, "to", h->to);
	put_attr(b, "id", h->id);
	buf_puts(b, " version='1.0'");
	put_attr(b, "xml:lang", h->lang);
	buf_puts(b, " xmlns='" NS_CLIENT "' xmlns:stream='" NS_STREAMS "'>");
	s->opened = true;
	if (buf_err(b) != 0)	/* nothing can follow half a header */
		s->err = buf_err(b);
}

void
stream_set_due(struct stream *s, const struct stream_header *h)
{
	s->due = *h;
}

int
stream_render(struct buf *b, const struct elem *e)
{
	size_t before = buf_len(b);
	struct xml w;

	xml_init(&w, b);
	xml_inherit(&w, NULL, NS_CLIENT);
	xml_inherit(&w, "stream", NS_STREAMS);
	xml_elem(&w, e);
	xml_release(&w);
	if (buf_err(b) != 0)
		buf_truncate(b, before);
	return buf_err(b);
}

/* Errors of OUT are the caller's to see once, not the stream's for ever. */
static int
settle(struct stream *s)
{
	int r = buf_err(&s->out);

	s->out.err = 0;
	return r;
}

int
stream_put(struct stream *s, const struct elem *e)
{
	if (s->closed)
		return XERR_INTERNAL;
	stream_render(&s->out, e);
	return settle(s);
}

int
stream_put_bytes(struct stream *s, const void *data, size_t len)
{
	if (s->closed)
		return XERR_INTERNAL;
	buf_put(&s->out, data, len);
	return settle(s);
}

void
stream_close(struct stream *s)
{
	if (s->closed || !s->opened)
		return;
	buf_puts(&s->out, "</stream:stream>");
	s->closed = true;
	settle(s);
}

void
stream_fail(struct stream *s, const char *condition, const char *text)
{
	struct buf *b = &s->out;

	if (s->closed)
		return;
	if (!s->opened)
		stream_open(s, &s->due);
	buf_printf(b, "<stream:error><%s xmlns='" NS_STREAM_ERRORS "'/>",
	    condition);
	if (text != NULL) {
		buf_puts(b, "<text xmlns='" NS_STREAM_ERRORS "'>");
		xml_text(b, text, strlen(text));
		buf_puts(b, "</text>");
	}
	buf_puts(b, "</stream:error>");
	stream_close(s);
}

bool
stream_is_closed(const struct stream *s)
{
	return s->closed;
}

bool
stream_peer_closed(const struct stream *s)
{
	return s->peer_closed;
}

size_t
stream_pending(const struct stream *s, const void **data)
{
	*data = buf_data(&s->out);
	return buf_len(&s->out);
}

void
stream_sent(struct stream *s, size_t n)
{
	buf_consume(&s->out, n);
}

size_t
stream_room(const struct stream *s)
{
	return buf_room(&s->out);
}

const char *
stream_errmsg(const struct stream *s)
{
	return s->errmsg;
}

const char *
stream_condition(const struct stream *s)
{
	return s->condition;
}

const char *
stream_error_condition(const struct elem *e)
{
	const struct elem *c = elem_child(e, NS_STREAM_ERRORS, NULL);
	size_t i;

	for (; c != NULL; c = elem_next(c, NS_STREAM_ERRORS, NULL))
		for (i = 0; conditions[i] != NULL; i++)
			if (strcmp(c->name, conditions[i]) == 0)
				return conditions[i];
	return "undefined-condition";
}

const char *
stream_error_text(const struct elem *e)
{
	return elem_text(elem_child(e, NS_STREAM_ERRORS, "text"));
}
