/* One direction of a connection, followed. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "view/capture.h"

enum {
	PENDING_MAX = 256 * 1024,
	NAME_MAX_SEEN = 64	/* of a tag, while looking for a place to go on */
};

struct capture {
	struct xparse *parse;
	bool recover;
	struct buf pending;	/* to be parsed before what comes next */
	bool searching;		/* for a place to go on, in pending */
	bool inside;		/* there has been a header */
	bool reset;		/* the last event ends this stream */
	bool may_restart;	/* it was one after which a header may come */
	bool dead;
};

int
capture_new(struct capture **out, const struct capture_config *cf)
{
	struct capture *f;
	int r;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return XERR_NOMEM;
	if ((r = xparse_new(&f->parse, &cf->limits)) < 0) {
		free(f);
		return r;
	}
	xparse_set_form(f->parse, cf->form);
	f->recover = cf->recover;
	buf_init(&f->pending, PENDING_MAX);
	*out = f;
	return 0;
}

void
capture_free(struct capture *f)
{
	if (f == NULL)
		return;
	xparse_free(f->parse);
	buf_release(&f->pending);
	free(f);
}

void
capture_set_limits(struct capture *f, const struct xparse_limits *limits)
{
	xparse_set_limits(f->parse, limits);
}

size_t
capture_feed(struct capture *f, const void *data, size_t len)
{
	ssize_t n;

	if (f->dead)
		return len;
	if (buf_len(&f->pending) > 0 || f->searching) {
		if (len > buf_room(&f->pending))
			len = buf_room(&f->pending);
		buf_put(&f->pending, data, len);	/* see capture_next() */
		return len;
	}
	n = xparse_feed(f->parse, data, len);
	return n < 0 ? 0 : (size_t)n;
}

/* What a tag can be for one who looks for a place to go on. */
enum place { NO_PLACE, NEW_STREAM, SAME_STREAM, UNDECIDED };

static bool
is_name(const char *s, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(s, name, len) == 0;
}

/* The bracket at S, of LEN bytes. */
static enum place
judge(const char *s, size_t len, bool inside)
{
	bool end = len > 1 && s[1] == '/';
	const char *name = s + 1 + end, *local;
	size_t n, max = len - 1 - end;

	if (len < 2)
		return UNDECIDED;
	for (n = 0; n < max && n < NAME_MAX_SEEN; n++)
		if (strchr(" \t\r\n/>", name[n]) != NULL)
			break;
	if (n == max && n < NAME_MAX_SEEN)
		return UNDECIDED;
	if (is_name(name, n, "?xml"))
		return NEW_STREAM;
	if (inside && !end && (is_name(name, n, "message") ||
	    is_name(name, n, "presence") || is_name(name, n, "iq")))
		return SAME_STREAM;
	local = memchr(name, ':', n);
	local = local == NULL ? name : local + 1;
	if (!is_name(local, n - (size_t)(local - name), "stream"))
		return NO_PLACE;
	if (end)
		return inside ? SAME_STREAM : NO_PLACE;
	return NEW_STREAM;
}

/*
 * Put what the parser holds from the error on in front of the pending bytes.
 * Those it has seen before: there is room for them.
 */
static int
take_back(struct capture *f)
{
	size_t len;
	const char *s = xparse_rest(f->parse, &len);
	struct buf all;

	buf_init(&all, PENDING_MAX + len);
	buf_put(&all, s, len);
	buf_put(&all, buf_data(&f->pending), buf_len(&f->pending));
	buf_release(&f->pending);
	f->pending = all;
	return buf_err(&all);
}

/* Is the error that a stream begins anew, where it may? */
static bool
is_restart(const struct capture *f)
{
	size_t len;
	const char *s = xparse_rest(f->parse, &len);

	return f->may_restart && len > 0 && *s == '<' &&
	    judge(s, len, false) == NEW_STREAM;
}

/*
 * Look through the pending bytes for a place to go on, and drop those before
 * it.  Returns 1 if there is one, 0 when more bytes are needed, or an error.
 */
static int
search(struct capture *f)
{
	const char *s = (const char *)buf_data(&f->pending), *lt;
	size_t len = buf_len(&f->pending), i = 0;
	enum place place = NO_PLACE;

	while (i < len && place == NO_PLACE) {
		lt = memchr(s + i, '<', len - i);
		i = lt == NULL ? len : (size_t)(lt - s);
		if (lt != NULL)
			place = judge(lt, len - i, f->inside);
		i += place == NO_PLACE && lt != NULL;
	}
	xparse_skip(f->parse, s, i);
	buf_consume(&f->pending, i);
	if (place == NO_PLACE || place == UNDECIDED)
		return 0;
	f->searching = false;
	if (place == NEW_STREAM && f->inside) {
		f->inside = false;
		return xparse_restart(f->parse) < 0 ? XERR_NOMEM : 1;
	}
	return 1;
}

/*
 * Behind an error the parser waits, inside the stream if there is one, for
 * where to go on.  That is not the token of the error, lest it come again,
 * unless a new stream begins with it.
 */
static int
begin_search(struct capture *f)
{
	const char *s = (const char *)buf_data(&f->pending);
	size_t len = buf_len(&f->pending);
	int r;

	r = f->inside ? xparse_recover(f->parse) : xparse_restart(f->parse);
	if (r < 0)
		return r;
	f->searching = true;
	if (len == 0 || (f->inside && *s == '<' &&
	    judge(s, len, false) == NEW_STREAM))
		return 0;
	xparse_skip(f->parse, s, 1);
	buf_consume(&f->pending, 1);
	return 0;
}

/* The parser says R: an error to be told, unless the stream begins anew. */
static int
take_error(struct capture *f, struct capture_event *ev, int r)
{
	bool again = is_restart(f);

	if (r == XERR_NOMEM || take_back(f) < 0)
		return XERR_NOMEM;
	if (again) {
		f->may_restart = f->inside = false;
		return xparse_restart(f->parse);
	}
	*ev = (struct capture_event){ .kind = CAPTURE_ERROR,
		.condition = xparse_condition(f->parse),
		.errmsg = xparse_errmsg(f->parse),
		.where = xparse_where(f->parse) };
	f->dead = !f->recover;
	if (f->recover && begin_search(f) < 0)
		return XERR_NOMEM;
	return 1;
}

static void
take_event(struct capture *f, struct capture_event *ev)
{
	const struct elem *e = ev->x.elem;

	switch (ev->x.kind) {
	case XPARSE_HEADER:
		ev->kind = CAPTURE_HEADER;
		ev->content = xparse_content_ns(f->parse);
		f->inside = true;
		break;
	case XPARSE_CLOSE:
		ev->kind = CAPTURE_CLOSE;
		f->inside = false;
		break;
	case XPARSE_PASSED:
		ev->kind = CAPTURE_PASSED;
		ev->where = xparse_where(f->parse);
		break;
	default:
		ev->kind = CAPTURE_ELEM;
		f->may_restart = elem_is(e, NS_SASL, NULL) ||
		    elem_is(e, NS_TLS, NULL);
		f->reset = elem_is(e, NS_SASL, "success") ||
		    elem_is(e, NS_TLS, "proceed");
	}
}

/* Give the parser what is pending; whether there was anything. */
static bool
feed_pending(struct capture *f)
{
	ssize_t n;

	if (buf_len(&f->pending) == 0)
		return false;
	n = xparse_feed(f->parse, buf_data(&f->pending),
	    buf_len(&f->pending));
	if (n > 0)
		buf_consume(&f->pending, (size_t)n);
	return true;
}

int
capture_next(struct capture *f, struct capture_event *ev)
{
	int r;

	while (!f->dead) {
		if (buf_err(&f->pending) != 0)
			return XERR_NOMEM;
		if (f->searching && (r = search(f)) <= 0)
			return r;
		if (f->reset) {
			f->reset = f->may_restart = f->inside = false;
			if (xparse_reset(f->parse) < 0)
				return XERR_NOMEM;
		}
		if ((r = xparse_next(f->parse, &ev->x)) == 1) {
			take_event(f, ev);
			return 1;
		}
		if (r < 0 && (r = take_error(f, ev, r)) != 0)
			return r;
		if (!feed_pending(f))
			return 0;
	}
	return 0;
}

int
capture_eof(struct capture *f, struct capture_event *ev)
{
	int r;

	if ((r = capture_next(f, ev)) != 0)
		return r;
	if (f->dead || f->searching || xparse_eof(f->parse) == 0)
		return 0;
	r = take_error(f, ev, XERR_SYNTAX);
	f->dead = true;
	return r;
}
