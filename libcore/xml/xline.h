/*
 * Writing one element as a line, ndxml(5), while its tags and text are being
 * read: the bytes that ndxml_write() would give for its tree, without the tree.
 */
#ifndef XML_XLINE_H
#define XML_XLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "xml/xml.h"
#include "xml/xparse_tag.h"

struct xline {
	struct buf out;		/* the line, without its delimiter */
	struct xml w;
	bool open;		/* the last start tag may become empty */
};

/* An empty line of at most MAX bytes.  L must not be moved. */
void xline_init(struct xline *l, size_t max);
void xline_release(struct xline *l);

/* An empty line again. */
void xline_reset(struct xline *l);

/*
 * A start tag; text; the end tag of the innermost element, as it was written.
 * They return 0 or the error of the line.
 */
int xline_start(struct xline *l, const struct xparse_tag *tag);
int xline_text(struct xline *l, const char *s, size_t len);
int xline_end(struct xline *l, const char *qname);

#endif
