/* The line format: one stanza, one line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "xml/xml.h"

struct ndxml_reader {
	struct xparse *parse;
	size_t max;		/* bytes of a record */
	size_t taken;		/* of IN: the last record and its delimiter */
	size_t seen;		/* of IN: searched, holds no delimiter */
	bool skipping;		/* the rest of a record that was too long */
	int delim;
	uint64_t number;
	const char *line;
	size_t len;
	const char *errmsg;	/* our own, NULL if the parser's */
	char why[160];
};

int
ndxml_reader_new(struct ndxml_reader **out, const struct xparse_limits *limits,
    int delim)
{
	struct ndxml_reader *r;
	int e;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return XERR_NOMEM;
	r->delim = delim;
	r->max = limits == NULL || limits->size == 0 ? XPARSE_SIZE :
	    limits->size;
	if ((e = xparse_new_fragment(&r->parse, limits, NS_CLIENT)) < 0) {
		free(r);
		return e;
	}
	*out = r;
	return 0;
}

void
ndxml_reader_free(struct ndxml_reader *r)
{
	if (r == NULL)
		return;
	xparse_free(r->parse);
	free(r);
}

void
ndxml_set_form(struct ndxml_reader *r, enum xparse_form form)
{
	xparse_set_form(r->parse, form);
}

void
ndxml_restart(struct ndxml_reader *r)
{
	r->taken = r->seen = 0;
	r->skipping = false;
	r->number = 0;
}

static int
bad(struct ndxml_reader *r, int e, const char *why)
{
	r->errmsg = why;
	return e;
}

/* Give the parser all of S; *E becomes the one element that ends in it. */
static int
feed(struct ndxml_reader *r, const char *s, size_t len, struct elem **e)
{
	struct xparse_event ev;
	ssize_t n;
	int got;

	do {
		if ((n = xparse_feed(r->parse, s, len)) < 0)
			return (int)n;
		s += n;
		len -= (size_t)n;
		if ((got = xparse_next(r->parse, &ev)) < 0)
			return got;
		if (got == 1 && ev.kind != XPARSE_ELEM)
			return bad(r, XERR_SYNTAX, "an end tag without start");
		if (got == 1 && *e != NULL)
			return bad(r, XERR_SYNTAX, "more than one element");
		if (got == 1)
			*e = ev.elem;
	} while (len > 0 || got == 1);
	return 0;
}

/* Parse one record: 1 and *E, 0 if it is blank, or an error. */
static int
parse(struct ndxml_reader *r, const char *s, size_t len, struct elem **e)
{
	struct elem *one = NULL;
	int res;

	r->errmsg = NULL;
	/* The line feed makes expat finish what it has begun. */
	if ((res = feed(r, s, len, &one)) == 0 &&
	    (res = feed(r, "\n", 1, &one)) == 0 && !xparse_between(r->parse))
		res = bad(r, XERR_SYNTAX, "the element is not complete");
	if (res < 0) {
		if (r->errmsg == NULL)
			snprintf(r->why, sizeof(r->why), "%s",
			    xparse_errmsg(r->parse));
		else
			snprintf(r->why, sizeof(r->why), "%s", r->errmsg);
		xparse_discard(r->parse);
		return res;
	}
	*e = one;
	return one != NULL;
}

/*
 * Find the next record in IN.  Returns 1, with it in r->line and its bytes to
 * be dropped in r->taken; 0 if it is not whole; XERR_LIMIT if it is too long.
 */
static int
cut(struct ndxml_reader *r, struct buf *in, bool eof)
{
	const char *s = (const char *)buf_data(in), *end;
	size_t n = buf_len(in);

	end = n > r->seen ? memchr(s + r->seen, r->delim, n - r->seen) : NULL;
	if (end == NULL && !eof && n <= r->max && buf_room(in) > 0) {
		r->seen = n;
		return 0;
	}
	r->seen = 0;
	if (end == NULL && n == 0)
		return 0;
	r->line = s;
	r->len = end == NULL ? n : (size_t)(end - s);
	r->taken = r->len + (end != NULL);
	if (!r->skipping)
		r->number++;
	if (r->len > r->max || (end == NULL && !eof) || r->skipping) {
		r->skipping = end == NULL;
		return XERR_LIMIT;
	}
	return 1;
}

int
ndxml_read(struct ndxml_reader *r, struct buf *in, bool eof, struct elem **e)
{
	bool again;
	int res;

	for (;;) {
		buf_consume(in, r->taken);
		r->taken = 0;
		again = r->skipping;
		if ((res = cut(r, in, eof)) == 0)
			return 0;
		if (res == XERR_LIMIT) {
			snprintf(r->why, sizeof(r->why),
			    "longer than %zu bytes", r->max);
			if (!again)
				return res;	/* once for each */
			continue;
		}
		if ((res = parse(r, r->line, r->len, e)) != 0)
			return res;
	}
}

uint64_t
ndxml_number(const struct ndxml_reader *r)
{
	return r->number;
}

const char *
ndxml_line(const struct ndxml_reader *r, size_t *len)
{
	*len = r->len;
	return r->line;
}

const char *
ndxml_errmsg(const struct ndxml_reader *r)
{
	return r->why;
}

int
ndxml_write(struct buf *out, const struct elem *e, int delim)
{
	size_t before = buf_len(out);
	struct xml w;

	xml_init(&w, out);
	xml_elem(&w, e);
	xml_release(&w);
	if (buf_putc(out, delim) < 0)
		buf_truncate(out, before);
	return buf_err(out);
}
