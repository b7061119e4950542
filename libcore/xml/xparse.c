/*
 * The stream parser, on expat: feeding it and taking events.  Only this file,
 * xparse_expat.c, xparse_restart.c and xparse_pass.c know expat, and its traps:
 * reparse deferral; UTF-16, which it detects by itself; tokens without end,
 * which are bounded here; handlers that still run for the token at which it was
 * stopped.
 *
 * Expat looks at a token that is not complete anew with every portion, which is
 * quadratic in its length; where it defers that, a stanza may wait for bytes
 * that never come.  So what follows the first part of a token is held until its
 * end has come (xscan.h), and goes to expat at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "xml/xparse_int.h"

enum {
	DEFAULT_DEPTH = 1024,
	DEFAULT_ATTRS = 1024,
	FACTOR = 8,		/* of a tree or a line over what was sent */
	MEMORY_MIN = 64 * 1024,
	KEEP = 64 * 1024,	/* of memory for long tokens */
	NAME_MAX_TOLD = 64	/* of a tag, in an error */
};

int
xparse_new(struct xparse **out, const struct xparse_limits *limits)
{
	return xparse_new_fragment(out, limits, NULL);
}

int
xparse_new_fragment(struct xparse **out, const struct xparse_limits *limits,
    const char *ns)
{
	struct xparse *p;
	int r = XERR_NOMEM;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return XERR_NOMEM;
	arena_init(&p->header, HEADER_MAX * 4);
	arena_init(&p->stanza, 0);
	scope_init(&p->scope);
	xparse_tag_init(&p->tag);
	xtree_init(&p->tree, 0);
	xline_init(&p->line, 0);
	buf_init(&p->hold, 0);
	buf_init(&p->after, 0);
	xparse_set_limits(p, limits);
	if ((ns != NULL && (p->fragment = strdup(ns)) == NULL) ||
	    (p->expat = XML_ParserCreate("UTF-8")) == NULL ||
	    (r = xstart(p)) < 0) {
		xparse_free(p);
		return r;
	}
	*out = p;
	return 0;
}

void
xparse_set_limits(struct xparse *p, const struct xparse_limits *limits)
{
	struct xparse_limits l = { 0 };
	size_t size;

	if (limits != NULL)
		l = *limits;
	if (l.size == 0)
		l.size = XPARSE_SIZE;
	if (l.depth == 0)
		l.depth = DEFAULT_DEPTH;
	if (l.attrs == 0)
		l.attrs = DEFAULT_ATTRS;
	p->limits = l;
	size = l.size > SIZE_MAX / 4 / FACTOR ? SIZE_MAX / 4 / FACTOR : l.size;
	p->stanza.max = p->line.out.max = size * FACTOR + MEMORY_MIN;
	p->tree.text.max = p->stanza.max;
	p->hold.max = size + 2 * PORTION;
	p->after.max = 2 * p->hold.max;
}

void
xparse_set_form(struct xparse *p, enum xparse_form form)
{
	p->form = form;
}

void
xparse_free(struct xparse *p)
{
	if (p == NULL)
		return;
	if (p->expat != NULL)
		XML_ParserFree(p->expat);
	arena_release(&p->header);
	arena_release(&p->stanza);
	scope_release(&p->scope);
	xparse_tag_release(&p->tag);
	xtree_release(&p->tree);
	xline_release(&p->line);
	buf_release(&p->hold);
	buf_release(&p->after);
	free(p->fragment);
	free(p);
}

/* "mismatched tag </bodyy>": expat is at the name. */
static void
name_tag(struct xparse *p, char *msg, size_t size)
{
	int offset, end, n;
	const char *s = XML_GetInputContext(p->expat, &offset, &end);

	snprintf(msg, size, "%s", XML_ErrorString(XML_ERROR_TAG_MISMATCH));
	if (s == NULL)
		return;
	s += offset;
	for (n = 0; n < end - offset && n < NAME_MAX_TOLD; n++)
		if (strchr(" \t\r\n/>", s[n]) != NULL)
			break;
	if (n > 0 && utf8_span(s, (size_t)n) == (size_t)n)
		snprintf(msg, size, "mismatched tag </%.*s>", n, s);
}

/* What expat says is wrong, in RFC 6120's terms. */
static void
fail_expat(struct xparse *p)
{
	enum XML_Error e = XML_GetErrorCode(p->expat);
	const char *condition = "not-well-formed";
	char msg[160];
	int r = XERR_SYNTAX;

	snprintf(msg, sizeof(msg), "%s", XML_ErrorString(e));
	switch (e) {
	case XML_ERROR_ABORTED:
		return;		/* by fail(), which has said why */
	case XML_ERROR_NO_MEMORY:
		r = XERR_NOMEM;
		condition = "resource-constraint";
		break;
	case XML_ERROR_UNDEFINED_ENTITY:
		condition = "restricted-xml";
		break;
	case XML_ERROR_UNKNOWN_ENCODING:
	case XML_ERROR_INCORRECT_ENCODING:
		condition = "unsupported-encoding";
		break;
	case XML_ERROR_TAG_MISMATCH:
		name_tag(p, msg, sizeof(msg));
		break;
	default:
		break;
	}
	xparse_expat_fail(p, r, condition, msg);
}

/*
 * Expat has taken all it can.  Is what it has left the beginning of a token
 * that may become long?  Others, such as half a character, are short.
 */
static bool
begins_token(struct xparse *p)
{
	bool inside = p->depth > 0 || p->closed;
	int offset, end;
	const char *s = XML_GetInputContext(p->expat, &offset, &end);

	if (s == NULL || offset >= end || (inside && s[offset] != '<' &&
	    s[offset] != '&'))
		return false;
	xscan_init(&p->scan, s[offset] != '<' && !inside ? XSCAN_WORD :
	    XSCAN_TEXT, 0);
	xscan_token(&p->scan, s + offset, (size_t)(end - offset));
	return !p->scan.over;
}

/* After expat has parsed: what is the state now? */
static void
judge(struct xparse *p, enum XML_Status status)
{
	p->suspended = status == XML_STATUS_SUSPENDED;
	if (status == XML_STATUS_ERROR)
		fail_expat(p);
	else if (!p->over && !p->suspended && p->fed - p->mark > p->limits.size)
		xparse_over_size(p);
	if (p->err == 0 && p->over)
		xparse_pass(p);
	else if (p->err == 0 && !p->suspended)
		p->holding = begins_token(p);
}

static int
refuse_lead(struct xparse *p, const char *condition, const char *msg)
{
	xparse_expat_fail(p, XERR_SYNTAX, condition, msg);
	return p->err;
}

/*
 * The first bytes of a stream decide about its encoding; expat would take
 * UTF-16, and pass over a UTF-8 byte order mark (RFC 6120 11.6: it is none).
 * Returns 1 when they are judged, 0 when more are needed.
 */
static int
judge_lead(struct xparse *p)
{
	const unsigned char *s = p->lead;

	if (p->nlead >= 2 && (memcmp(s, "\xfe\xff", 2) == 0 ||
	    memcmp(s, "\xff\xfe", 2) == 0 || s[0] == 0 || s[1] == 0))
		return refuse_lead(p, "unsupported-encoding",
		    "an encoding other than UTF-8");
	if (p->nlead >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		return refuse_lead(p, "not-well-formed",
		    "a byte order mark before the stream header");
	return p->nlead == LEAD_MAX;
}

/*
 * Take what is needed of the first bytes; white space before the header is
 * passed over, as some peers send it.  Returns how many bytes of S were used.
 */
static size_t
take_lead(struct xparse *p, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && p->nlead < LEAD_MAX; i++) {
		if (p->nlead == 0 && s[i] != '\0' &&
		    strchr(" \t\r\n", s[i]) != NULL) {
			p->base_lines += s[i] == '\n';
			p->base_column = s[i] == '\n' ? 0 : p->base_column + 1;
			p->base++;
			p->mark++;
			continue;
		}
		p->lead[p->nlead++] = (unsigned char)s[i];
	}
	return i;
}

static void
parse(struct xparse *p, const void *s, size_t len)
{
	p->fed += len;
	judge(p, XML_Parse(p->expat, s, (int)len, XML_FALSE));
}

/* All that was held goes to expat. */
static void
let_go(struct xparse *p)
{
	enum XML_Status status = XML_Parse(p->expat,
	    (const char *)buf_data(&p->hold), (int)buf_len(&p->hold),
	    XML_FALSE);

	p->holding = false;
	if (p->hold.cap > KEEP)
		buf_release(&p->hold);
	else
		buf_reset(&p->hold);
	judge(p, status);
}

/* More of a token that expat has the beginning of; how many bytes of S. */
static size_t
hold(struct xparse *p, const char *s, size_t len)
{
	size_t n = xscan_token(&p->scan, s, len);

	if (buf_put(&p->hold, s, n) < 0) {
		xparse_expat_fail(p, buf_err(&p->hold),
		    "resource-constraint", "out of memory");
		return 0;
	}
	p->fed += n;
	/* what is wrong with the beginning of a token too long comes first */
	if (p->scan.over || p->fed - p->mark > p->limits.size)
		let_go(p);
	return n;
}

/*
 * Begin with the first bytes once they are known to be UTF-8.  Returns how many
 * were used; what is wrong with them is in p->err.
 */
static size_t
begin(struct xparse *p, const char *s, size_t len)
{
	size_t n = take_lead(p, s, len);

	p->fed += n;
	if (judge_lead(p) <= 0)
		return n;
	p->begun = true;
	p->fed -= p->nlead;	/* parse() counts them */
	parse(p, p->lead, p->nlead);
	return n;
}

/* Some of what was fed goes where it belongs; how many bytes of S. */
static size_t
take_portion(struct xparse *p, const char *s, size_t len)
{
	size_t n = len < PORTION ? len : PORTION, room;

	if (p->passing)
		return xparse_pass_on(p, s, n);
	/* one byte too many tells, however the others come */
	room = p->limits.size + 1 - (size_t)(p->fed - p->mark);
	if (n > room)
		n = room;
	if (p->holding)
		return hold(p, s, n);
	parse(p, s, n);
	return n;
}

/* Bytes behind an event wait until it is taken; so does an error. */
static bool
may_go_on(const struct xparse *p)
{
	return p->err == 0 && !p->suspended && p->begun &&
	    p->ready.kind == XPARSE_NONE;
}

/* What was kept for later: it may have to be kept once more. */
static void
parse_after(struct xparse *p)
{
	struct buf b = p->after;
	const char *s = (const char *)buf_data(&b);
	size_t used = 0;

	buf_init(&p->after, b.max);
	while (used < buf_len(&b) && may_go_on(p))
		used += take_portion(p, s + used, buf_len(&b) - used);
	if (xparse_keep(p, s + used, buf_len(&b) - used) < 0)
		xparse_expat_fail(p, XERR_NOMEM, "resource-constraint",
		    "out of memory");
	buf_release(&b);
}

/* Go on behind the event that was taken. */
static void
resume(struct xparse *p)
{
	if (p->suspended && p->ready.kind == XPARSE_NONE)
		judge(p, XML_ResumeParser(p->expat));
	if (buf_len(&p->after) > 0 && may_go_on(p))
		parse_after(p);
}

int
xparse_keep(struct xparse *p, const char *s, size_t len)
{
	return buf_put(&p->after, s, len);
}

ssize_t
xparse_feed(struct xparse *p, const void *data, size_t len)
{
	const char *s = data;
	size_t used = 0;

	resume(p);
	if (p->err != 0)
		return p->err;
	if (!p->begun && len > 0)
		used = begin(p, s, len);
	while (used < len && may_go_on(p))
		used += take_portion(p, s + used, len - used);
	return (ssize_t)used;
}

int
xparse_next(struct xparse *p, struct xparse_event *ev)
{
	resume(p);
	if (p->ready.kind == XPARSE_NONE)
		return p->err;
	*ev = p->ready;
	p->stale = ev->kind == XPARSE_ELEM || ev->kind == XPARSE_PASSED;
	p->ready.kind = p->close_next ? XPARSE_CLOSE : XPARSE_NONE;
	p->ready.elem = NULL;
	p->close_next = false;
	return 1;
}

int
xparse_eof(struct xparse *p)
{
	if (p->err != 0 || (!p->begun && p->nlead == 0))
		return p->err;
	if (p->passing)
		xparse_expat_fail(p, XERR_SYNTAX, "not-well-formed",
		    "the input ends inside an element");
	if (p->holding)
		let_go(p);
	if (p->err != 0 || p->passing)
		return p->err;
	if (XML_Parse(p->expat, "", 0, XML_TRUE) != XML_STATUS_ERROR)
		return 0;
	if (XML_GetErrorCode(p->expat) != XML_ERROR_NO_ELEMENTS ||
	    !p->begun)
		fail_expat(p);
	else if (p->depth != 1)
		xparse_expat_fail(p, XERR_SYNTAX, "not-well-formed",
		    "the input ends inside an element");
	return p->err;
}

bool
xparse_closed(const struct xparse *p)
{
	return p->closed;
}

const char *
xparse_content_ns(const struct xparse *p)
{
	return scope_default(&p->scope)->ns;
}

const char *
xparse_condition(const struct xparse *p)
{
	return p->condition;
}

const char *
xparse_errmsg(const struct xparse *p)
{
	return p->errmsg;
}

struct xparse_pos
xparse_where(const struct xparse *p)
{
	return p->where;
}

bool
xparse_unfinished(const struct xparse *p)
{
	return p->fed != p->mark || p->passing || buf_len(&p->after) > 0;
}

bool
xparse_between(const struct xparse *p)
{
	return p->err == 0 && p->depth == 1 && !p->suspended &&
	    p->ready.kind == XPARSE_NONE && !xparse_unfinished(p);
}
