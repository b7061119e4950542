/*
 * Keeping secrets out of a copy of one direction of a connection, while its
 * bytes pass by in any portions: the text of the elements that secret.h speaks
 * of is replaced, and the token of <token token='...'/> (XEP-0484); all other
 * bytes stay as they are.
 *
 * It looks at tags alone and needs no memory but the struct; whatever else is
 * wrong with the stream is not its business.
 */
#ifndef VIEW_REDACT_H
#define VIEW_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { REDACT_NAME = 32 };

struct redact {
	int state;
	char quote;		/* of the value that is passed over, or 0 */
	char last;		/* the byte before, inside a tag */
	int brackets;		/* at the end of a CDATA section */
	char name[REDACT_NAME];	/* of the tag, its local part, cut */
	size_t len;
	char attr[REDACT_NAME];	/* of the attribute, the same */
	size_t attr_len;
	bool gap;		/* the next byte begins another */
	bool hidden;		/* inside a value that is secret */
	const char *task;	/* inside such an element, with all in it */
	bool secret;		/* inside such an element */
	bool said;		/* its replacement was written */
};

/* What stands there instead. */
#define REDACT_TEXT "REMOVED"

/* From the first byte of a connection on. */
void redact_init(struct redact *r);

/* Append the LEN bytes at S to B without secrets; 0 or B's error. */
int redact_put(struct redact *r, struct buf *b, const void *s, size_t len);

#endif
