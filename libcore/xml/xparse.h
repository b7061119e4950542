/*
 * The stream parser: bytes in, first-level elements out (RFC 6120 section 4
 * for the framing, section 11 for the XML that may be used).
 *
 * One object reads one stream.  Bytes are fed in any portions; the events are
 * then taken with xparse_next() until it says there is none yet:
 *
 *	XPARSE_HEADER	the start tag of the stream, an element without
 *			children
 *	XPARSE_ELEM	a stanza or another first-level element, complete, at
 *			the moment its last byte was fed
 *	XPARSE_PASSED	one that is over the limits, and was passed over up to
 *			its end: without its children
 *	XPARSE_CLOSE	the end tag of the stream
 *
 * What is not well-formed (namespaces included), not UTF-8, or XML that XMPP
 * forbids (comments, processing instructions, DTDs, entities but the five) is
 * an error, which is final until xparse_reset(); so are a stream header and a
 * fragment over the limits.  Elements complete before it have been delivered.
 *
 * A namespace name may be anything: that it is no URI is no matter of
 * well-formedness (Namespaces in XML 1.0, 2.1 and 3).  The time that the parser
 * takes is linear in the bytes, in whatever portions they come.
 *
 * An event's element and line belong to the parser and are valid until a byte
 * of the next element is read (by xparse_next() or xparse_feed()), or
 * xparse_reset(); elem_dup() keeps an element.
 */
#ifndef XML_XPARSE_H
#define XML_XPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xml/elem.h"

/* Bounds on what one first-level element may be; 0 takes the default. */
struct xparse_limits {
	size_t size;		/* bytes as they were sent; XPARSE_SIZE */
	unsigned depth;		/* nested elements; 1024 */
	unsigned attrs;		/* of one element, declarations included; 1024 */
};

/*
 * Servers take stanzas of 256 KiB from clients and of 512 KiB from each other,
 * and deliver what was one byte in them as a reference of six: far less than
 * this.
 */
enum { XPARSE_SIZE = 8 << 20 };

enum xparse_kind {
	XPARSE_NONE,
	XPARSE_HEADER,
	XPARSE_ELEM,
	XPARSE_PASSED,
	XPARSE_CLOSE
};

/* What an XPARSE_ELEM event brings. */
enum xparse_form {
	XPARSE_TREE,		/* the element with all that is in it */
	XPARSE_SHELL,		/* its name and attributes, without children */
	XPARSE_LINE		/* its name, and all of it as ndxml_write() does */
};

struct xparse_event {
	enum xparse_kind kind;
	struct elem *elem;	/* NULL for XPARSE_CLOSE */
	const char *why;	/* XPARSE_PASSED: which limit, a sentence */
	const char *line;	/* XPARSE_LINE: LEN bytes, no delimiter */
	size_t len;
	uint64_t begin, end;	/* its bytes, counted from the first fed */
	unsigned depth;		/* XPARSE_ELEM: elements in one another; 1 */
};

/* Where something is: bytes from the first fed; line and column from 1. */
struct xparse_pos {
	uint64_t byte;
	uint64_t line, column;
};

struct xparse;

/* A new parser in *P (free with xparse_free); LIMITS may be NULL. */
int xparse_new(struct xparse **p, const struct xparse_limits *limits);
void xparse_free(struct xparse *p);

/*
 * Say in which form elements are wanted, XPARSE_TREE if nothing is said; before
 * any byte is fed.  Each is faster than the ones it replaces.
 */
void xparse_set_form(struct xparse *p, enum xparse_form form);

/* Other limits, from the next element on. */
void xparse_set_limits(struct xparse *p, const struct xparse_limits *limits);

/*
 * Give it up to LEN bytes.  Returns how many it took: fewer, or 0, when an
 * event waits to be taken before the others can be read; or the error.
 */
ssize_t xparse_feed(struct xparse *p, const void *data, size_t len);

/*
 * Take the next event: 1 and *EV, 0 when more bytes are needed, or the error
 * (XERR_SYNTAX, XERR_LIMIT, XERR_NOMEM).
 */
int xparse_next(struct xparse *p, struct xparse_event *ev);

/*
 * Say that no more bytes come.  0 where a stream may end: after its close, or
 * between two elements (xparse_closed() tells which); else the error.
 */
int xparse_eof(struct xparse *p);
bool xparse_closed(const struct xparse *p);

/*
 * How many bytes were fed but lie behind the last event taken.  None may be
 * there when a stream changes to TLS (RFC 6120 5.3.3).
 */
size_t xparse_left(const struct xparse *p);

/*
 * Begin a new stream, as after SASL or TLS.  Bytes behind the last event are
 * kept and are the first of the new stream; byte counts and lines go on.
 * Returns 0 or XERR_NOMEM.
 */
int xparse_reset(struct xparse *p);

/* The same, but what was fed and not taken is forgotten. */
int xparse_discard(struct xparse *p);

/*
 * What was fed and lies behind the last event taken, or, after an error, from
 * the token on in which the error is; *LEN bytes, borrowed until the next call.
 */
const char *xparse_rest(const struct xparse *p, size_t *len);

/* Was the beginning of something fed, and not its end? */
bool xparse_unfinished(const struct xparse *p);

/*
 * After an error, or between two elements: begin a new stream, or go on between
 * two elements of the same one, whose header is still in force.  The bytes of
 * xparse_rest() are forgotten (copy them before) and not counted; feed them
 * again from where the stream shall go on, and give those that are passed over
 * to xparse_skip(), so that places stay right.  XERR_INTERNAL if there was no
 * header yet.
 */
int xparse_restart(struct xparse *p);
int xparse_recover(struct xparse *p);
void xparse_skip(struct xparse *p, const void *data, size_t n);

/* The default namespace that the stream header declared, "" if none. */
const char *xparse_content_ns(const struct xparse *p);

/* After an error: RFC 6120 4.9.3's condition, a sentence, and the place. */
const char *xparse_condition(const struct xparse *p);
const char *xparse_errmsg(const struct xparse *p);
struct xparse_pos xparse_where(const struct xparse *p);

/*
 * Instead of a stream, read elements that stand alone: the parser behaves as
 * if a stream header had been read whose default namespace is NS.  After an
 * error or xparse_reset() it is between elements again.
 */
int xparse_new_fragment(struct xparse **p, const struct xparse_limits *limits,
    const char *ns);

/* Fragments only: is it between two elements, with nothing begun? */
bool xparse_between(const struct xparse *p);

#endif
