/*
 * A field: one value out of a stanza, named by a few characters that a person
 * types.
 *
 *	from to type id		the stanza's attribute
 *	lang			its xml:lang
 *	kind			its name: message, presence, iq
 *	body subject		the text of that child
 *	delay			when it was sent, if late (XEP-0203)
 *	@NAME			any attribute; @xml:lang too
 *	{NS}A/B/{NS}C		the text of a descendant: A of namespace NS is a
 *				child of the stanza, B of A, and so on; a step
 *				without {NS} has that of the step before,
 *				{*} is any
 *	{NS}A/B@NAME		an attribute of it
 *	.			the stanza itself, as one line
 *
 * and behind it, each after a bar, what is to be done with the value:
 *
 *	|bare |domain |local |resource	that part of an address
 *	|raw			do not escape it on output
 *
 * Where several elements match, the first that has the value counts.
 */
#ifndef STANZA_FIELD_H
#define STANZA_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "xml/elem.h"

enum field_what {
	FIELD_ATTR,		/* attribute ATTR of what STEPS lead to */
	FIELD_TEXT,		/* text of what STEPS lead to */
	FIELD_KIND,
	FIELD_LINE
};

enum field_part {
	FIELD_WHOLE,
	FIELD_BARE,
	FIELD_DOMAIN,
	FIELD_LOCAL,
	FIELD_RESOURCE
};

/* A step down: an element of this name; NS NULL is any namespace. */
struct field_step {
	const char *ns, *name;
};

struct field {
	enum field_what what;
	enum field_part part;
	bool raw;
	bool own;		/* the one step is of the stanza's namespace */
	const char *label;	/* as it was typed, without the bars */
	const char *attr;
	const struct field_step *steps;
	size_t nsteps;
};

/*
 * Read the LEN bytes at S into *F, whose strings go into A.  Returns 0,
 * XERR_SYNTAX if it names no field, or A's error.
 */
int field_parse(struct field *f, struct arena *a, const char *s, size_t len);

/*
 * How many bytes at the start of S, of LEN, are one field: up to the first
 * byte STOP that is not inside braces.
 */
size_t field_span(const char *s, size_t len, char stop);

/*
 * Append the value that E has for F, as it is.  Returns 1; 0 if E has none
 * (or, for a part of an address, no valid address with that part); or B's
 * error.
 */
int field_get(const struct field *f, const struct elem *e, struct buf *b);

/*
 * Append a value so that it stays one field of one line and moves no cursor:
 * backslash escapes \\ \n \r \t \xHH \u{HHHH} (base/vis.h), which can be
 * undone.
 */
int field_escape(struct buf *b, const char *s, size_t len);

/*
 * Append what the LEN bytes at S stand for, undoing field_escape().  Returns 0,
 * B's error, or XERR_SYNTAX for a backslash before anything else.
 */
int field_unescape(struct buf *b, const char *s, size_t len);

/*
 * Append message E as text: FROM<TAB>BODY and a line feed, both escaped; an
 * absent one is empty.
 */
int field_put_text(struct buf *b, const struct elem *e);

#endif
