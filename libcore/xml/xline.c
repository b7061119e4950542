/* Writing lines while reading. */
#include <string.h>

#include "xml/xline.h"

enum { KEEP = 256 * 1024 };

void
xline_init(struct xline *l, size_t max)
{
	buf_init(&l->out, max);
	xml_init(&l->w, &l->out);
	l->open = false;
}

void
xline_release(struct xline *l)
{
	xml_release(&l->w);
	buf_release(&l->out);
}

void
xline_reset(struct xline *l)
{
	/* A giant is not kept: it would stay for the life of the stream. */
	if (l->out.cap > KEEP)
		buf_release(&l->out);
	else
		buf_reset(&l->out);
	l->w.n = l->w.depth = 0;
	l->open = false;
}

/* The bracket that was held back, since there is something inside. */
static void
close_tag(struct xline *l)
{
	if (l->open)
		buf_putc(&l->out, '>');
	l->open = false;
}

int
xline_start(struct xline *l, const struct xparse_tag *tag)
{
	const struct xname *n;
	size_t i;

	close_tag(l);
	xml_enter(&l->w);
	buf_putc(&l->out, '<');
	buf_put(&l->out, tag->name.qname, tag->name.len);
	xml_need(&l->w, tag->name.prefix, tag->name.ns);
	for (i = 0; tag->prefixed && i < tag->nattrs; i++) {
		n = &tag->attrs[i].name;
		if (n->prefix != NULL)
			xml_need(&l->w, n->prefix, n->ns);
	}
	for (i = 0; i < tag->nattrs; i++) {
		n = &tag->attrs[i].name;
		xml_put_attr(&l->w, n->qname, n->len, tag->attrs[i].value);
	}
	l->open = true;
	return buf_err(&l->out);
}

int
xline_text(struct xline *l, const char *s, size_t len)
{
	close_tag(l);
	xml_text(&l->out, s, len);
	return buf_err(&l->out);
}

int
xline_end(struct xline *l, const char *qname)
{
	size_t len;
	char *p;

	if (l->open) {
		buf_put(&l->out, "/>", 2);
	} else {
		len = strlen(qname);
		if ((p = buf_reserve(&l->out, len + 3)) == NULL)
			return buf_err(&l->out);
		memcpy(p, "</", 2);
		memcpy(p + 2, qname, len);
		p[len + 2] = '>';
		buf_commit(&l->out, len + 3);
	}
	l->open = false;
	xml_leave(&l->w);
	return buf_err(&l->out);
}
