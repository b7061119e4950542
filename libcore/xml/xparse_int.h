/*
 * Inside the stream parser: xparse.c, which is fed and asked, xparse_restart.c, which
 * begins anew, and xparse_expat.c, which expat calls.  Nobody else includes this.
 */
#ifndef XML_XPARSE_INT_H
#define XML_XPARSE_INT_H

#include <expat.h>

#include "base/arena.h"
#include "xml/scope.h"
#include "xml/xline.h"
#include "xml/xparse.h"
#include "xml/xparse_tag.h"
#include "xml/xtree.h"

enum {
	LEAD_MAX = 4,		/* bytes looked at before expat sees any */
	HEADER_MAX = 64 * 1024,
	PORTION = 32 * 1024	/* fed to expat at once */
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

/* The byte where the token begins that expat is at. */
uint64_t xparse_expat_here(const struct xparse *p);

#endif
