/*
 * Where a token of XML ends, and where an element does, without understanding
 * or keeping either: a few numbers, however long it is.  The stream parser
 * looks for the end of a token whose beginning has come, so that expat need not
 * look at it anew with each byte; and for the end of an element that is larger
 * than it may be.
 */
#ifndef XML_XSCAN_H
#define XML_XSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xscan {
	enum xscan_state {
		XSCAN_TEXT,
		XSCAN_OPEN,		/* behind "<" */
		XSCAN_TAG,
		XSCAN_QUOTED,		/* in an attribute's value */
		XSCAN_REFERENCE,	/* behind "&" */
		XSCAN_BANG,		/* behind "<!" */
		XSCAN_DASH,		/* behind "<!-" */
		XSCAN_COMMENT,
		XSCAN_BRACKET,		/* behind "<![" */
		XSCAN_CDATA,
		XSCAN_INSTRUCTION,	/* behind "<?" */
		XSCAN_DECLARATION,
		XSCAN_WORD		/* outside of any element */
	} state;
	unsigned char quote, last;
	size_t n;		/* bytes of a mark that were seen */
	bool end;		/* the tag is an end tag */
	uint64_t depth;		/* open elements */
	bool over;		/* a token has ended */
	bool closed;		/* ... and with it the outermost element */
	bool restricted;	/* a comment or the like has begun */
	bool broken;		/* this is no XML */
};

/* Before a token; DEPTH elements are open. */
void xscan_init(struct xscan *x, enum xscan_state state, uint64_t depth);

/*
 * Look at the LEN bytes at S and return how many belong to the token: all, or,
 * with x->over set, those up to its end.  One that is broken ends there.
 */
size_t xscan_token(struct xscan *x, const char *s, size_t len);

/*
 * The same for all that comes until the outermost of the open elements ends
 * (x->closed); where none is open, until the next one does.  It stops as well
 * at what is broken or restricted.
 */
size_t xscan_element(struct xscan *x, const char *s, size_t len);

#endif
