/*
 * Text of strangers, made harmless for a terminal and for one line of output.
 */
#ifndef BASE_VIS_H
#define BASE_VIS_H

#include <stddef.h>

#include "base/buf.h"

enum vis_flags {
	VIS_BACKSLASH = 1,	/* a backslash is doubled: reversible */
	VIS_NEWLINE = 2,	/* LF and TAB pass as they are */
	VIS_BIDI = 4		/* bidi and invisible format controls pass */
};

/*
 * Append the LEN bytes at S to B so that they can neither move a cursor, nor
 * begin a line, nor turn the direction of what follows: C0, C1 and DEL, the
 * line and paragraph separators, bidi controls and malformed UTF-8 become
 * \n \r \t, \xHH (a byte) or \u{HHHH} (a code point).  Everything else is
 * unchanged.  Returns 0 or B's error.
 */
int vis_put(struct buf *b, const void *s, size_t len, int flags);

#endif
