/*
 * The stream parser, on expat: feeding it and taking events.  Only this file,
 * xparse_expat.c and xparse_restart.c know expat, and its traps: reparse deferral; UTF-16,
 * which it detects by itself; tokens without end, which are bounded here;
 * handlers that still run for the token at which it was stopped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "xml/xparse_int.h"

enum {
	DEFAULT_SIZE = 1 << 20,
	DEFAULT_DEPTH = 256,
	DEFAULT_ATTRS = 1024,
	FACTOR = 16,		/* of a tree or a line over what was sent */
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
	size_t size;
	int r = XERR_NOMEM;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return XERR_NOMEM;
	if (limits != NULL)
		p->limits = *limits;
	if (p->limits.size == 0)
		p->limits.size = DEFAULT_SIZE;
	if (p->limits.depth == 0)
		p->limits.depth = DEFAULT_DEPTH;
	if (p->limits.attrs == 0)
		p->limits.attrs = DEFAULT_ATTRS;
	size = p->limits.size;
	arena_init(&p->header, HEADER_MAX * 4);
	arena_init(&p->stanza, size > SIZE_MAX / FACTOR ? SIZE_MAX :
	    size * FACTOR);
	scope_init(&p->scope);
	xparse_tag_init(&p->tag);
	xtree_init(&p->tree, size);
	xline_init(&p->line, p->stanza.max);
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

/* After expat has parsed: what is the state now? */
static void
judge(struct xparse *p, enum XML_Status status)
{
	p->suspended = status == XML_STATUS_SUSPENDED;
	if (status == XML_STATUS_ERROR)
		fail_expat(p);
	else if (!p->suspended && p->fed - p->mark > p->limits.size)
		xparse_expat_fail(p, XERR_LIMIT, "policy-violation",
		    p->depth > 0 ? "the element is too large" :
		    "the stream header is too large");
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

/* Go on behind the event that was taken. */
static void
resume(struct xparse *p)
{
	if (p->suspended && p->ready.kind == XPARSE_NONE)
		judge(p, XML_ResumeParser(p->expat));
}

ssize_t
xparse_feed(struct xparse *p, const void *data, size_t len)
{
	const char *s = data;
	size_t n, used = 0;

	resume(p);
	if (p->err != 0)
		return p->err;
	if (!p->begun && len > 0)
		used = begin(p, s, len);
	/*
	 * Bytes behind an event wait until it is taken; events before an error
	 * come first.
	 */
	while (used < len && !p->suspended && p->begun && p->err == 0) {
		n = len - used < PORTION ? len - used : PORTION;
		parse(p, s + used, n);
		used += n;
	}
	return (ssize_t)used;
}

int
xparse_next(struct xparse *p, struct xparse_event *ev)
{
	resume(p);
	if (p->ready.kind == XPARSE_NONE)
		return p->err;
	*ev = p->ready;
	p->stale = ev->kind == XPARSE_ELEM;
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
	return p->fed != p->mark;
}

bool
xparse_between(const struct xparse *p)
{
	return p->err == 0 && p->depth == 1 && !p->suspended &&
	    p->ready.kind == XPARSE_NONE && !xparse_unfinished(p);
}
