/* The stream parser: passing over an element that is over a limit. */
#include <stdio.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/xparse_int.h"

void
xparse_over(struct xparse *p, const char *why)
{
	if (p->err != 0 || p->over)
		return;
	if (p->depth == 0 || p->fragment != NULL) {
		xparse_expat_fail(p, XERR_LIMIT, "policy-violation", why);
		return;
	}
	p->over = true;
	snprintf(p->why, sizeof(p->why), "%s", why);
	p->where = xparse_expat_place(p);
	p->open = p->depth - 1;
	p->ended = false;
}

void
xparse_over_size(struct xparse *p)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "%s than %zu bytes", p->depth == 0 ?
	    "a stream header of more" : "larger", p->limits.size);
	xparse_over(p, why);
}

/* What P has and expat has not understood, from the token on that it is at. */
static int
take_rest(struct xparse *p)
{
	int offset, size;
	const char *s = XML_GetInputContext(p->expat, &offset, &size);
	uint64_t stepped = xparse_expat_here(p) - p->where.byte;
	struct buf b;

	buf_init(&b, p->after.max);
	/* a handler that stops it may make it step over its token */
	if (stepped <= (uint64_t)offset)
		offset -= (int)stepped;
	if (s != NULL)
		buf_put(&b, s + offset, (size_t)(size - offset));
	buf_put(&b, buf_data(&p->hold), buf_len(&p->hold));
	buf_put(&b, buf_data(&p->after), buf_len(&p->after));
	buf_release(&p->hold);
	buf_release(&p->after);
	p->after = b;
	p->holding = false;
	return buf_err(&b);
}

/* The name in a start tag that was not read: S is behind its bracket. */
static struct elem *
guess(struct xparse *p, const char *s, size_t len)
{
	char name[64];
	size_t n = 0;

	while (n < len && n < sizeof(name) - 1 &&
	    strchr(" \t\r\n/>", s[n]) == NULL)
		n++;
	memcpy(name, s, n);
	name[n] = '\0';
	return elem_new(&p->stanza, strchr(name, ':') != NULL ? "" :
	    scope_default(&p->scope)->ns, name);
}

/* The element with what is known of it: its children are not all there. */
static int
make_shell(struct xparse *p)
{
	const char *s = (const char *)buf_data(&p->after);

	scope_leave(&p->scope, 2);
	if (p->first != NULL) {
		p->first->nodes = p->first->last = NULL;
		return 0;
	}
	arena_reset(&p->stanza);	/* it may be what is full */
	if (buf_len(&p->after) > 0)
		p->first = guess(p, s + 1, buf_len(&p->after) - 1);
	return p->first == NULL ? XERR_NOMEM : 0;
}

static void
end_passing(struct xparse *p)
{
	p->passing = false;
	p->ready = (struct xparse_event){ .kind = XPARSE_PASSED,
		.elem = p->first, .why = p->why, .begin = p->begin,
		.end = p->fed };
	p->first = NULL;
}

size_t
xparse_pass_on(struct xparse *p, const char *s, size_t len)
{
	size_t n = p->ended ? 0 : xscan_element(&p->scan, s, len);

	xparse_skip(p, s, n);
	if (p->scan.restricted)
		xparse_expat_fail(p, XERR_SYNTAX, "restricted-xml",
		    "a comment or the like in an element that is too large");
	else if (p->scan.broken)
		xparse_expat_fail(p, XERR_SYNTAX, "not-well-formed",
		    "no XML in an element that is too large");
	else if (p->scan.closed || p->ended)
		end_passing(p);
	return n;
}

void
xparse_pass(struct xparse *p)
{
	enum xscan_state state = p->cdata ? XSCAN_CDATA : XSCAN_TEXT;
	size_t n;

	p->begin = p->mark;
	p->suspended = false;
	if (take_rest(p) < 0 || make_shell(p) < 0) {
		xparse_expat_fail(p, XERR_NOMEM, "resource-constraint",
		    "out of memory");
		return;
	}
	p->passing = true;
	xscan_init(&p->scan, state, p->open);
	if (xparse_go_between(p) < 0)
		return;
	n = xparse_pass_on(p, (const char *)buf_data(&p->after),
	    buf_len(&p->after));
	buf_consume(&p->after, n);
	if (buf_len(&p->after) == 0)
		buf_release(&p->after);
}
