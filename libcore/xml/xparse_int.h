/*
 * Inside the stream parser: xparse.c, which is fed and asked, xparse_restart.c,
 * which begins anew, xparse_pass.c, which passes over what is too large, and
 * xparse_expat.c, which expat calls.  Nobody else includes this.
 */
#ifndef XML_XPARSE_INT_H
#define XML_XPARSE_INT_H

#include <expat.h>

#include "base/arena.h"
#include "xml/scope.h"
#include "xml/xline.h"
#include "xml/xparse.h"
#include "xml/xparse_tag.h"
#include "xml/xscan.h"
#include "xml/xtree.h"

enum {
	LEAD_MAX = 4,		/* bytes looked at before expat sees any */
	HEADER_MAX = 64 * 1024,
	PORTION = 32 * 1024,	/* fed to expat at once, but for long tokens */
	WHY_MAX = 80
};

struct xparse {
	XML_Parser expat;
	struct xparse_limits limits;
	enum xparse_form form;
	char *fragment;		/* default namespace, or NULL for a stream */

	/* the element being read, or that was last delivered */
	struct arena header;	/* the header's tree and namespaces */
	struct arena stanza;
	struct scope scope;
	struct xparse_tag tag;
	struct xtree tree;
	struct xline line;
	unsigned depth;		/* open elements, the stream's included */
	unsigned deepest;	/* of the element being read */
	char *root;		/* the stream's tag as it was written */
	bool stale;		/* it was delivered */
	bool cdata;		/* in a CDATA section */

	/* a token of which expat has the beginning only */
	bool holding;
	struct xscan scan;	/* for its end; or the element's, below */
	struct buf hold;	/* what has come since */

	/* an element that is over a limit */
	struct elem *first;	/* its start tag, if that was read */
	bool over;		/* it has just turned out to be */
	char why[WHY_MAX];
	uint64_t open;		/* it and what is in it, of which no end was seen */
	bool ended;		/* ... of none */
	bool passing;		/* its end is looked for */
	struct buf after;	/* bytes behind what expat has, for later */
	uint64_t begin;		/* of it */

	/* what is to be delivered */
	struct xparse_event ready;
	bool suspended;		/* expat holds bytes behind the event */
	bool closed;
	bool close_next;	/* the ready event is followed by a close */

	/* where we are */
	unsigned char lead[LEAD_MAX];	/* first bytes, until judged */
	size_t nlead;
	bool begun;		/* the first byte has gone to expat */
	uint64_t base;		/* bytes of earlier streams and skipped ones */
	uint64_t base_lines, base_column;
	uint64_t unsent;	/* of this line: a tag that nobody sent */
	uint64_t fed;		/* bytes taken, all streams */
	uint64_t mark;		/* where the unfinished part begins */

	/* the first error */
	int err;
	const char *condition;
	char errmsg[160];
	struct xparse_pos where;	/* the token that was read then */
};

/* Expat ready for the first byte of a stream, or between two fragments. */
int xstart(struct xparse *p);

/* Expat, just made or reset, calls us; between elements it does not. */
void xparse_expat_set(struct xparse *p);
void xparse_expat_set_none(struct xparse *p);

/* Remember error R, unless there is one, with its place: where expat is. */
void xparse_expat_fail(struct xparse *p, int r, const char *condition,
    const char *msg);

/* The byte where the token begins that expat is at, and the whole place. */
uint64_t xparse_expat_here(const struct xparse *p);
struct xparse_pos xparse_expat_place(const struct xparse *p);

/* Keep LEN bytes for when the event that waits is taken: 0 or an error. */
int xparse_keep(struct xparse *p, const char *s, size_t len);

/*
 * xparse_restart.c: begin between two elements of the same stream, whose header
 * is in force; 0 or XERR_NOMEM.  What was read of an element is kept until the
 * next one begins.
 */
int xparse_go_between(struct xparse *p);

/*
 * xparse_pass.c: the element being read is over a limit, in words.  It is an
 * error of a stream header or a fragment; else the element is passed over, as
 * xparse_pass() begins to do when expat has stopped, and xparse_pass_on() goes
 * on with: it returns how many bytes it took.
 */
void xparse_over(struct xparse *p, const char *why);
void xparse_over_size(struct xparse *p);
void xparse_pass(struct xparse *p);
size_t xparse_pass_on(struct xparse *p, const char *s, size_t len);

#endif
