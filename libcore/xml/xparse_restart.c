/* The stream parser: starting anew, and what is left behind an event. */
#include <string.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "xml/xparse_int.h"

/* Expat ready for the first byte, nothing read yet of an element. */
static int
restart_expat(struct xparse *p)
{
	if (!XML_ParserReset(p->expat, "UTF-8"))
		return p->err = XERR_NOMEM;
	xparse_expat_set(p);
	xtree_reset(&p->tree);
	xline_reset(&p->line);
	buf_reset(&p->hold);
	p->depth = 0;
	p->ready.kind = XPARSE_NONE;
	p->suspended = p->closed = p->begun = false;
	p->close_next = p->holding = p->over = p->cdata = false;
	p->stale = true;
	p->nlead = 0;
	p->unsent = 0;
	p->err = 0;
	p->base = p->mark = p->fed;
	return 0;
}

/* The same, and a stream begins, or fragments do. */
static int
start_expat(struct xparse *p)
{
	int r;

	buf_reset(&p->after);
	p->passing = false;
	p->first = NULL;
	if ((r = restart_expat(p)) == 0) {
		arena_reset(&p->stanza);
		arena_reset(&p->header);
		scope_leave(&p->scope, 0);
	}
	return r;
}

/*
 * Expat has read the start tag ROOT of a stream, which nobody sent or nobody
 * sends again; what it declares is in force already.
 */
static int
go_inside(struct xparse *p, const char *root, size_t len)
{
	xparse_expat_set_none(p);
	if (XML_Parse(p->expat, root, (int)len, XML_FALSE) != XML_STATUS_OK)
		return p->err = XERR_NOMEM;
	xparse_expat_set(p);
	p->depth = 1;
	p->begun = true;
	p->base -= len;
	/* It is no part of the first line. */
	p->base_column -= len;
	p->unsent = len;
	return 0;
}

static int
start_fragment(struct xparse *p)
{
	int r;

	if ((r = scope_bind(&p->scope, &p->header, 1, "", p->fragment)) < 0)
		return p->err = r;
	return go_inside(p, "<stream>", 8);
}

int
xstart(struct xparse *p)
{
	int r;

	if ((r = start_expat(p)) == 0 && p->fragment != NULL)
		r = start_fragment(p);
	return r;
}

/* What expat holds. */
static const char *
expat_rest(const struct xparse *p, size_t *len)
{
	int offset, size;
	const char *s;

	*len = 0;
	if (!p->begun) {
		*len = p->nlead;
		return (const char *)p->lead;
	}
	if (!p->suspended && p->err == 0)
		return NULL;
	s = XML_GetInputContext(p->expat, &offset, &size);
	if (s == NULL)
		return NULL;
	/*
	 * An event is behind its token, an error before it; but one that a
	 * handler has found has made expat step over it.
	 */
	if (p->err == 0)
		offset += XML_GetCurrentByteCount(p->expat);
	else if (xparse_expat_here(p) - p->where.byte <= (uint64_t)offset)
		offset -= (int)(xparse_expat_here(p) - p->where.byte);
	*len = (size_t)(size - offset);
	return s + offset;
}

const char *
xparse_rest(const struct xparse *p, size_t *len)
{
	const char *s = expat_rest(p, len);

	if (*len > 0 || buf_len(&p->after) == 0)
		return s;
	*len = buf_len(&p->after);
	return (const char *)buf_data(&p->after);
}

size_t
xparse_left(const struct xparse *p)
{
	size_t n = 0;

	if (p->suspended)
		expat_rest(p, &n);
	return n + buf_len(&p->after);
}

/* Lines and columns go on where the stream before has ended. */
static void
carry_position(struct xparse *p)
{
	XML_Size line = XML_GetCurrentLineNumber(p->expat);
	XML_Size col = XML_GetCurrentColumnNumber(p->expat) +
	    (XML_Size)XML_GetCurrentByteCount(p->expat);

	if (p->err != 0) {
		p->base_lines = p->where.line - 1;
		p->base_column = p->where.column - 1;
		return;
	}
	p->base_column = line == 1 ? p->base_column + col : col;
	p->base_lines += line - 1;
}

int
xparse_discard(struct xparse *p)
{
	carry_position(p);
	return xstart(p);
}

int
xparse_restart(struct xparse *p)
{
	size_t len;

	expat_rest(p, &len);
	carry_position(p);
	p->fed -= len;
	return xstart(p);
}

/* The same stream goes on, between two elements. */
static int
go_between(struct xparse *p)
{
	struct buf root;
	int r;

	buf_init(&root, HEADER_MAX * 2);
	buf_putc(&root, '<');
	buf_puts(&root, p->root);
	buf_putc(&root, '>');
	scope_leave(&p->scope, 2);
	if ((r = buf_err(&root)) == 0 && (r = restart_expat(p)) == 0)
		r = go_inside(p, (const char *)buf_data(&root),
		    buf_len(&root));
	buf_release(&root);
	return r < 0 ? p->err = r : 0;
}

int
xparse_recover(struct xparse *p)
{
	size_t len;

	if (p->depth == 0 || p->fragment != NULL)
		return XERR_INTERNAL;
	expat_rest(p, &len);
	carry_position(p);
	p->fed -= len;
	buf_reset(&p->after);
	p->passing = false;
	p->first = NULL;
	return go_between(p);
}

int
xparse_go_between(struct xparse *p)
{
	p->base_lines = p->where.line - 1;
	p->base_column = p->where.column - 1;
	p->fed = p->where.byte;
	return go_between(p);
}

void
xparse_skip(struct xparse *p, const void *data, size_t n)
{
	const char *s = data;
	size_t i;

	for (i = 0; i < n; i++) {
		p->base_column++;
		if (s[i] == '\n') {
			p->base_lines++;
			p->base_column = 0 - p->unsent;
		}
	}
	p->fed += n;
	p->base += n;
	p->mark += n;
}

int
xparse_reset(struct xparse *p)
{
	size_t len = 0;
	const char *s = NULL;
	ssize_t used;
	struct buf b;
	int r;

	if (p->suspended)
		s = expat_rest(p, &len);
	buf_init(&b, len + buf_len(&p->after));
	buf_put(&b, s, len);
	buf_put(&b, buf_data(&p->after), buf_len(&p->after));
	p->fed -= len;
	if ((r = buf_err(&b)) == 0)
		r = xparse_discard(p);
	s = (const char *)buf_data(&b);
	if (r == 0 && (used = xparse_feed(p, s, buf_len(&b))) >= 0)
		r = xparse_keep(p, s + used, buf_len(&b) - (size_t)used);
	if (r == 0 && p->err == XERR_NOMEM)
		r = XERR_NOMEM;
	buf_release(&b);
	return r < 0 ? p->err = r : 0;
}
