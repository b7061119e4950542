/* Stanzas and streams for people. */
#include <string.h>

#include "base/vis.h"
#include "xml/xml.h"
#include "view/redact.h"
#include "view/sensitive.h"
#include "view/pretty.h"

enum {
	WIDTH = 78,
	STEP = 2,
	ELEM_MAX = 1 << 28	/* of one tag or text, made harmless */
};

/* What goes along on the way down. */
struct painter {
	struct buf *out;
	const struct pretty *s;
	struct xml w;		/* what is declared; writes to tag */
	struct buf tag;		/* one tag, before it is folded */
	const char *mechanism;	/* of SASL, "" if not known */
};

const char *
pretty_colour(const struct pretty *s, char which)
{
	if (!s->colour)
		return "";
	switch (which) {
	case 'C': return "\033[32m";	/* what the client says */
	case 'S': return "\033[36m";	/* what the server says */
	case 'n': return "\033[1m";	/* a name */
	case 'r': return "\033[33m";	/* a remark */
	case '!': return "\033[31m";	/* an error */
	default: return "\033[0m";
	}
}

static void
begin_line(struct painter *p, unsigned depth)
{
	unsigned i;

	for (i = 0; i < p->s->indent + depth * STEP; i++)
		buf_putc(p->out, ' ');
}

/* The name at the start of a tag, in colour; returns its end. */
static size_t
put_tag_name(struct painter *p, const char *s, size_t len)
{
	size_t n = strcspn(s, " >");

	if (n > len)
		n = len;
	buf_puts(p->out, pretty_colour(p->s, 'n'));
	vis_put(p->out, s, n, 0);
	buf_puts(p->out, pretty_colour(p->s, 0));
	return n;
}

/* Print the tag that is in p->tag, each attribute on a line if it is long. */
static void
put_tag(struct painter *p, unsigned depth)
{
	const char *s = buf_str(&p->tag), *end;
	size_t len = buf_len(&p->tag), n;
	bool fold = len + p->s->indent + depth * STEP > WIDTH;

	if (s == NULL) {
		p->out->err = buf_err(&p->tag);
		return;
	}
	n = put_tag_name(p, s, len);
	for (s += n, len -= n; len > 0; s += n, len -= n) {
		/* An attribute ends with its quote, and has but two of them. */
		end = *s == ' ' ? strchr(s, '\'') : NULL;
		end = end == NULL ? NULL : strchr(end + 1, '\'');
		n = end == NULL ? len : (size_t)(end + 1 - s);
		if (fold && *s == ' ') {
			buf_putc(p->out, '\n');
			begin_line(p, depth + 2);
			vis_put(p->out, s + 1, n - 1, 0);
		} else {
			vis_put(p->out, s, n, 0);
		}
	}
}

/* The start tag of E as far as its bracket goes into p->tag. */
static void
make_tag(struct painter *p, const struct elem *e)
{
	const struct attr *a;
	struct buf name;

	buf_reset(&p->tag);
	xml_enter(&p->w);
	buf_printf(&p->tag, "<%s%s%s", e->prefix == NULL ? "" : e->prefix,
	    e->prefix == NULL ? "" : ":", e->name);
	xml_need(&p->w, e->prefix, e->ns);
	for (a = e->attrs; a != NULL; a = a->next)
		if (a->prefix != NULL)
			xml_need(&p->w, a->prefix, a->ns);
	buf_init(&name, ELEM_MAX);
	for (a = e->attrs; a != NULL; a = a->next) {
		buf_reset(&name);
		if (a->prefix != NULL)
			buf_printf(&name, "%s:", a->prefix);
		buf_puts(&name, a->name);
		xml_put_attr(&p->w, (const char *)buf_data(&name),
		    buf_len(&name), !p->s->secrets && sensitive_is_attr(e, a) ?
		    REDACT_TEXT : a->value);
	}
	if (buf_err(&name) != 0)
		p->tag.err = buf_err(&name);
	buf_release(&name);
}

static void
put_text(struct painter *p, const char *s, size_t len)
{
	buf_reset(&p->tag);
	xml_text(&p->tag, s, len);
	vis_put(p->out, buf_data(&p->tag), buf_len(&p->tag), 0);
	if (buf_err(&p->tag) != 0)
		p->out->err = buf_err(&p->tag);
}

static void
put_end(struct painter *p, const struct elem *e)
{
	buf_reset(&p->tag);
	buf_printf(&p->tag, "</%s%s%s>", e->prefix == NULL ? "" : e->prefix,
	    e->prefix == NULL ? "" : ":", e->name);
	put_tag(p, 0);
}

static void
put_secret(struct painter *p, const struct elem *e)
{
	buf_puts(p->out, pretty_colour(p->s, 'r'));
	buf_putc(p->out, '[');
	sensitive_describe(p->out, e, p->mechanism);
	buf_putc(p->out, ']');
	buf_puts(p->out, pretty_colour(p->s, 0));
}

/* Nothing but white space between its children? */
static bool
is_spaced(const struct elem *e)
{
	const struct node *n;

	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem == NULL && strspn(n->text, " \t\r\n") != n->len)
			return false;
	return e->nodes != NULL;
}

static bool
has_elem(const struct elem *e)
{
	const struct node *n;

	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem != NULL)
			return true;
	return false;
}

/* As deep as the tree, which the parser bounds. */
static void
put_elem(struct painter *p, const struct elem *e, unsigned depth)
{
	const struct node *n;
	bool secret = !p->s->secrets && sensitive_is(e) && e->nodes != NULL;
	bool spaced = is_spaced(e) && has_elem(e);

	if (elem_get(e, "mechanism") != NULL)
		p->mechanism = elem_get(e, "mechanism");
	make_tag(p, e);
	buf_puts(&p->tag, e->nodes == NULL ? "/>" : ">");
	put_tag(p, depth);
	if (secret)
		put_secret(p, e);
	for (n = e->nodes; n != NULL; n = n->next) {
		if (n->elem == NULL && !secret && !spaced) {
			put_text(p, n->text, n->len);
		} else if (n->elem != NULL) {
			if (spaced) {
				buf_putc(p->out, '\n');
				begin_line(p, depth + 1);
			}
			put_elem(p, n->elem, depth + 1);
		}
	}
	if (spaced) {
		buf_putc(p->out, '\n');
		begin_line(p, depth);
	}
	if (e->nodes != NULL)
		put_end(p, e);
	xml_leave(&p->w);
}

static void
init(struct painter *p, struct buf *out, const struct pretty *s)
{
	*p = (struct painter){ .out = out, .s = s, .mechanism = "" };
	buf_init(&p->tag, ELEM_MAX);
	xml_init(&p->w, &p->tag);
}

/* What could not be built is an error of the output. */
static void
finish(struct painter *p)
{
	buf_putc(p->out, '\n');
	if (buf_err(&p->tag) != 0)
		p->out->err = buf_err(&p->tag);
	xml_release(&p->w);
	buf_release(&p->tag);
}

void
pretty_elem(struct buf *out, const struct pretty *s, const struct elem *e,
    const struct pretty_stream *st)
{
	struct painter p;

	init(&p, out, s);
	if (st != NULL && st->header != NULL) {
		xml_inherit(&p.w, st->header->prefix, st->header->ns);
		xml_inherit(&p.w, NULL, st->content);
	}
	put_elem(&p, e, 0);
	finish(&p);
}

void
pretty_header(struct buf *out, const struct pretty *s,
    const struct pretty_stream *st)
{
	struct painter p;

	init(&p, out, s);
	make_tag(&p, st->header);
	if (st->header->prefix != NULL && *st->content != '\0')
		xml_need(&p.w, NULL, st->content);
	buf_putc(&p.tag, '>');
	put_tag(&p, 0);
	finish(&p);
}

void
pretty_close(struct buf *out, const struct pretty *s,
    const struct pretty_stream *st)
{
	struct painter p;

	init(&p, out, s);
	put_end(&p, st->header);
	finish(&p);
}
