/* Writing XML. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/xml.h"

/* Where a byte is special; NUL ends a string. */
enum { IN_TEXT = 1, IN_ATTR = 2, BOTH = 3, END = 4 };

static const unsigned char special[256] = {
	['\0'] = END,
	['\t'] = IN_ATTR, ['\n'] = BOTH, ['\r'] = BOTH, ['&'] = BOTH,
	['\''] = IN_ATTR, ['<'] = BOTH, ['>'] = BOTH, [0x7f] = BOTH,
	[0xc2] = BOTH,
};

static void
put_reference(struct buf *b, unsigned cp)
{
	buf_printf(b, "&#%u;", cp);
}

/* The special character at S; returns its length. */
static size_t
put_special(struct buf *b, const unsigned char *s, size_t len)
{
	switch (*s) {
	case '&': buf_put(b, "&amp;", 5); return 1;
	case '<': buf_put(b, "&lt;", 4); return 1;
	case '>': buf_put(b, "&gt;", 4); return 1;
	case '\'': buf_put(b, "&apos;", 6); return 1;
	case '\n': buf_put(b, "&#10;", 5); return 1;
	case '\t': buf_put(b, "&#9;", 4); return 1;
	case 0xc2:		/* leads U+0080 to U+00BF; C1 ends at U+009F */
		if (len > 1 && s[1] < 0xa0) {
			put_reference(b, s[1]);
			return 2;
		}
		buf_putc(b, *s);
		return 1;
	default:
		put_reference(b, *s);
		return 1;
	}
}

static void
escape(struct buf *b, const char *str, size_t len, unsigned where)
{
	const unsigned char *s = (const unsigned char *)str, *end = s + len;
	const unsigned char *run;

	while (s < end) {
		for (run = s; s < end && !(special[*s] & where); s++)
			;
		if (s > run)
			buf_put(b, run, (size_t)(s - run));
		if (s < end)
			s += put_special(b, s, (size_t)(end - s));
	}
}

void
xml_text(struct buf *b, const char *s, size_t len)
{
	escape(b, s, len, IN_TEXT);
}

void
xml_attr(struct buf *b, const char *s, size_t len)
{
	escape(b, s, len, IN_ATTR);
}

size_t
xml_char_span(const char *s, size_t len)
{
	size_t i;
	uint32_t cp;
	int n;

	for (i = 0; i < len; i += (size_t)n) {
		if ((n = utf8_decode(&cp, s + i, len - i)) < 0 ||
		    (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') ||
		    cp == 0xfffe || cp == 0xffff)
			break;
	}
	return i;
}

void
xml_init(struct xml *w, struct buf *out)
{
	w->out = out;
	w->bind = w->few;
	w->cap = XML_BINDINGS;
	w->n = 0;
	w->depth = 0;
}

void
xml_release(struct xml *w)
{
	if (w->bind != w->few)
		free(w->bind);
	xml_init(w, w->out);
}

static void
bind(struct xml *w, const char *prefix, const char *ns)
{
	struct xml_binding *more;

	if (w->n == w->cap) {
		if ((more = calloc(w->cap * 2, sizeof(*more))) == NULL) {
			w->out->err = XERR_NOMEM;
			return;
		}
		memcpy(more, w->bind, w->n * sizeof(*more));
		if (w->bind != w->few)
			free(w->bind);
		w->bind = more;
		w->cap *= 2;
	}
	w->bind[w->n++] = (struct xml_binding){ prefix, ns, w->depth };
}

void
xml_inherit(struct xml *w, const char *prefix, const char *ns)
{
	bind(w, prefix, ns);
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* What PREFIX stands for here: "" for the default one if nothing is said. */
static const char *
lookup(const struct xml *w, const char *prefix)
{
	size_t i;

	for (i = w->n; i > 0; i--)
		if (same(w->bind[i - 1].prefix, prefix))
			return w->bind[i - 1].ns;
	return prefix == NULL ? "" : NULL;
}

/* ' NAME='VALUE'', where nothing in VALUE needs escaping mostly. */
void
xml_put_attr(struct xml *w, const char *qname, size_t len, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	unsigned char *p;
	size_t n = 0;

	while (!(special[s[n]] & (IN_ATTR | END)))
		n++;
	if ((p = buf_reserve(w->out, len + n + 4)) == NULL)
		return;
	*p++ = ' ';
	memcpy(p, qname, len);
	p += len;
	*p++ = '=';
	*p++ = '\'';
	memcpy(p, s, n);
	p[n] = '\'';
	if (s[n] == '\0') {
		buf_commit(w->out, len + n + 4);
		return;
	}
	buf_commit(w->out, len + n + 3);
	xml_attr(w->out, value + n, strlen(value + n));
	buf_putc(w->out, '\'');
}

static void
put_prefixed_attr(struct xml *w, const char *prefix, const char *name,
    const char *value)
{
	buf_putc(w->out, ' ');
	buf_puts(w->out, prefix);
	buf_putc(w->out, ':');
	buf_puts(w->out, name);
	buf_put(w->out, "='", 2);
	xml_attr(w->out, value, strlen(value));
	buf_putc(w->out, '\'');
}

void
xml_need(struct xml *w, const char *prefix, const char *ns)
{
	const char *now = lookup(w, prefix);

	/* a line without xmlns is of the content namespace */
	if (now != NULL && same(now, ns) &&
	    (prefix != NULL || w->n > 0 || w->depth > 1))
		return;
	if (prefix != NULL && strcmp(prefix, "xml") == 0)
		return;
	if (prefix == NULL)
		xml_put_attr(w, "xmlns", 5, ns);
	else
		put_prefixed_attr(w, "xmlns", prefix, ns);
	bind(w, prefix, ns);
}

static void
put_name(struct buf *b, const char *prefix, const char *name)
{
	if (prefix != NULL) {
		buf_puts(b, prefix);
		buf_putc(b, ':');
	}
	buf_puts(b, name);
}

/* The start tag but for its closing bracket. */
static void
open_tag(struct xml *w, const struct elem *e)
{
	const struct attr *a;

	xml_enter(w);
	buf_putc(w->out, '<');
	put_name(w->out, e->prefix, e->name);
	xml_need(w, e->prefix, e->ns);
	for (a = e->attrs; a != NULL; a = a->next)
		if (a->prefix != NULL)
			xml_need(w, a->prefix, a->ns);
	for (a = e->attrs; a != NULL; a = a->next)
		if (a->prefix == NULL)
			xml_put_attr(w, a->name, strlen(a->name), a->value);
		else
			put_prefixed_attr(w, a->prefix, a->name, a->value);
}

void
xml_start(struct xml *w, const struct elem *e)
{
	open_tag(w, e);
	buf_putc(w->out, '>');
}

void
xml_end(struct xml *w, const struct elem *e)
{
	buf_put(w->out, "</", 2);
	put_name(w->out, e->prefix, e->name);
	buf_putc(w->out, '>');
	xml_leave(w);
}

void
xml_elem(struct xml *w, const struct elem *e)
{
	const struct node *n;

	if (e->nodes == NULL) {
		open_tag(w, e);
		buf_put(w->out, "/>", 2);
		xml_leave(w);
		return;
	}
	/* As deep as the tree, which the parser bounds. */
	xml_start(w, e);
	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem != NULL)
			xml_elem(w, n->elem);
		else
			xml_text(w->out, n->text, n->len);
	xml_end(w, e);
}
