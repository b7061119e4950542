/*
 * Stanzas and streams for people: indented as RFCs print them, secrets left
 * out, harmless for a terminal.
 */
#ifndef VIEW_PRETTY_H
#define VIEW_PRETTY_H

#include <stdbool.h>

#include "base/buf.h"
#include "xml/elem.h"

struct pretty {
	bool colour;
	bool secrets;		/* show passwords and what SASL exchanges */
	unsigned indent;	/* columns before each line but the first */
};

/* Around the elements: the stream's header, or none. */
struct pretty_stream {
	const struct elem *header;	/* NULL if there is none */
	const char *content;		/* its default namespace */
};

/*
 * Append E with all in it, each element on a line of its own, and a line feed.
 * What the stream ST (or NULL) declares is not declared again.
 * A payload of SASL or a password becomes a remark in brackets, with its
 * length and what is safe to know of it (mechanism, authzid, user name,
 * iteration count).
 */
void pretty_elem(struct buf *out, const struct pretty *s, const struct elem *e,
    const struct pretty_stream *st);

/* The start tag of the stream, and its end tag. */
void pretty_header(struct buf *out, const struct pretty *s,
    const struct pretty_stream *st);
void pretty_close(struct buf *out, const struct pretty *s,
    const struct pretty_stream *st);

/* Colours, or "" if there shall be none. */
const char *pretty_colour(const struct pretty *s, char which);

#endif
