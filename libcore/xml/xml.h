/*
 * Writing XML: trees in, escaped bytes out, every namespace declared where it
 * is first needed and not again below.
 *
 * Two trees that are equal (names, prefixes, attributes in order, text) are
 * written as the same bytes, and what is written, parsed and written again
 * does not change.
 */
#ifndef XML_XML_H
#define XML_XML_H

#include <stddef.h>

#include "base/buf.h"
#include "xml/elem.h"

/* A prefix in force: PREFIX NULL is the default namespace. */
struct xml_binding {
	const char *prefix, *ns;
	unsigned depth;			/* of the element that declares it */
};

enum { XML_BINDINGS = 16 };

/*
 * A writer: where the bytes go and which prefixes are in force there.  Errors
 * are OUT's: check buf_err(OUT) once at the end.
 */
struct xml {
	struct buf *out;
	struct xml_binding *bind;	/* innermost last */
	size_t n, cap;
	unsigned depth;			/* open elements */
	struct xml_binding few[XML_BINDINGS];
};

/* A writer to OUT with nothing in force but xml:.  W must not be moved. */
void xml_init(struct xml *w, struct buf *out);
void xml_release(struct xml *w);

/*
 * Say that a prefix (NULL: the default) is in force already, because something
 * around what W writes declares it.  Both strings are borrowed.
 */
void xml_inherit(struct xml *w, const char *prefix, const char *ns);

/* The start tag of E, with its attributes and what must be declared. */
void xml_start(struct xml *w, const struct elem *e);
void xml_end(struct xml *w, const struct elem *e);

/* E with all that is in it. */
void xml_elem(struct xml *w, const struct elem *e);

/*
 * The same in pieces, for a writer that has no tree: around an element go
 * xml_enter() and xml_leave(); in its start tag, behind its name, xml_need()
 * declares PREFIX (NULL: the default) unless it is in force, first for the
 * name and then for all attributes, which xml_put_attr() then writes.
 */
static inline void
xml_enter(struct xml *w)
{
	w->depth++;
}

/* What the element declared is no longer in force. */
static inline void
xml_leave(struct xml *w)
{
	while (w->n > 0 && w->bind[w->n - 1].depth == w->depth)
		w->n--;
	w->depth--;
}

void xml_need(struct xml *w, const char *prefix, const char *ns);
void xml_put_attr(struct xml *w, const char *qname, size_t len,
    const char *value);

/*
 * Append the LEN bytes at S, well-formed UTF-8 of XML characters, escaped as
 * the content of an element, or of an attribute in single quotes: markup as
 * entities; LF, CR, DEL and C1 controls (in attributes TAB too) as character
 * references, so that no text can end a line or move a terminal's cursor.
 */
void xml_text(struct buf *b, const char *s, size_t len);
void xml_attr(struct buf *b, const char *s, size_t len);

/*
 * The bytes of S, of LEN, that may stand in XML from the start: less than LEN
 * at the first malformed UTF-8 or character that XML 1.0 (2.2) does not have.
 */
size_t xml_char_span(const char *s, size_t len);

#endif
