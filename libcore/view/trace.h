/*
 * The trace format, trace(5): what went over a connection, both directions,
 * with times.
 *
 *	xmpputils trace 1 LF
 *	DIRECTION TIME LENGTH LF LENGTH bytes LF
 *	...
 *
 * DIRECTION is < for what was received, > for what was sent, # for a remark
 * (UTF-8, no part of either stream); TIME is seconds since 1970 with six
 * decimals; LENGTH is decimal.
 */
#ifndef VIEW_TRACE_H
#define VIEW_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TRACE_MAGIC "xmpputils trace 1\n"
enum { TRACE_MAGIC_LEN = sizeof(TRACE_MAGIC) - 1 };

/* What a remark begins with behind which another connection does. */
#define TRACE_CONNECTED "connected"

enum trace_kind {
	TRACE_IN = '<',		/* received */
	TRACE_OUT = '>',	/* sent */
	TRACE_REMARK = '#'
};

/* TIME is microseconds since 1970.  Both return 0 or B's error. */
int trace_put_magic(struct buf *b);
int trace_put(struct buf *b, enum trace_kind kind, uint64_t time,
    const void *data, size_t len);

/* A piece of a record: a long one comes in several. */
struct trace_piece {
	enum trace_kind kind;
	uint64_t time;
	const char *data;	/* until the next call */
	size_t len;
	bool last;		/* the record ends with it */
};

struct trace_reader {
	uint64_t left;		/* of the record that is read */
	bool inside;
	struct trace_piece now;
	uint64_t offset;	/* bytes consumed */
	const char *errmsg;
};

void trace_reader_init(struct trace_reader *r);

/*
 * Take the next piece out of IN, which begins behind the magic and is changed
 * by nobody else.  Returns 1; 0 when more bytes are needed (or, at the end of
 * the input, nothing is left: trace_eof()); XERR_SYNTAX, final.
 */
int trace_read(struct trace_reader *r, struct buf *in,
    struct trace_piece *piece);

/* May the input end here, with LEFT bytes unread?  0 or XERR_SYNTAX. */
int trace_eof(struct trace_reader *r, size_t left);

#endif
