/*
 * Stanzas and streams for people: indented as RFCs print them, secrets left
 * out, harmless for a terminal.
 */
#ifndef XMPP_SHOW_H
#define XMPP_SHOW_H

#include <stdbool.h>

#include "base/buf.h"
#include "xml/elem.h"

struct show {
	bool colour;
	bool secrets;		/* show passwords and what SASL exchanges */
	unsigned indent;	/* columns before each line but the first */
};

/* Around the elements: the stream's header, or none. */
struct show_stream {
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
void show_elem(struct buf *out, const struct show *s, const struct elem *e,
    const struct show_stream *st);

/* The start tag of the stream, and its end tag. */
void show_header(struct buf *out, const struct show *s,
    const struct show_stream *st);
void show_close(struct buf *out, const struct show *s,
    const struct show_stream *st);

/* Colours, or "" if there shall be none. */
const char *show_colour(const struct show *s, char which);

#endif
