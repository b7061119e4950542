/*
 * A growable byte buffer that is also a queue: bytes are put at its end and
 * consumed from its front.
 *
 * It never holds more than MAX bytes, given when it is made.  A put that would
 * exceed MAX, or that finds no memory, adds nothing and sets a sticky error;
 * every later put then fails the same way, so that a caller who builds
 * something of many pieces checks once, at the end, with buf_err().  The bytes
 * put before the error stay readable.
 *
 * The bytes are at buf_data(), buf_len() of them, and move with any put,
 * reserve or consume.  A buffer made of zero bytes (struct buf b = {0}) is
 * valid, empty and refuses everything.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <string.h>

struct buf {
	unsigned char *mem;	/* what was allocated, NULL at first */
	size_t off;		/* where the unconsumed bytes begin */
	size_t len;		/* how many there are */
	size_t cap;		/* the size of mem */
	size_t max;
	int err;		/* 0, XERR_LIMIT or XERR_NOMEM; sticky */
};

/* An empty buffer for at most MAX bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);

/* Free the storage; B is then as after buf_init() with the same maximum. */
void buf_release(struct buf *b);

/* The same, and the bytes are overwritten first: for secrets. */
void buf_wipe(struct buf *b);

/* Empty it and clear the error, but keep the storage for the next use. */
void buf_reset(struct buf *b);

/*
 * Make room for N more bytes and return where they go, or NULL with the error
 * set.  buf_commit() then says how many of them were written.
 */
static inline void *buf_reserve(struct buf *b, size_t n);
static inline void buf_commit(struct buf *b, size_t n);

/* Put N bytes, a string, or printf's output; 0 or the sticky error. */
static inline int buf_put(struct buf *b, const void *data, size_t n);
int buf_puts(struct buf *b, const char *s);
int buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Drop the first N bytes (at most all), or all behind the first N. */
void buf_consume(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t n);

/*
 * The contents as a string: a NUL is kept behind them.  Borrowed until the
 * next change.  NULL if there was no memory for the NUL, or B has an error.
 */
const char *buf_str(struct buf *b);

static inline const unsigned char *
buf_data(const struct buf *b)
{
	return b->mem == NULL ? (const unsigned char *)"" : b->mem + b->off;
}

static inline size_t
buf_len(const struct buf *b)
{
	return b->len;
}

/* How many more bytes it would take. */
static inline size_t
buf_room(const struct buf *b)
{
	return b->err != 0 ? 0 : b->max - b->len;
}

static inline int
buf_err(const struct buf *b)
{
	return b->err;
}

/* buf_reserve() where the storage has to grow, or there is an error. */
void *buf_reserve_slowly(struct buf *b, size_t n);

/* Small pieces are put so often that a call for each would be felt. */
static inline void *
buf_reserve(struct buf *b, size_t n)
{
	if (b->err != 0 || n > b->max - b->len || b->mem == NULL ||
	    n > b->cap - b->off - b->len)
		return buf_reserve_slowly(b, n);
	return b->mem + b->off + b->len;
}

static inline void
buf_commit(struct buf *b, size_t n)
{
	b->len += n;
}

static inline int
buf_put(struct buf *b, const void *data, size_t n)
{
	void *p;

	if (n == 0 || (p = buf_reserve(b, n)) == NULL)
		return b->err;
	memcpy(p, data, n);
	b->len += n;
	return 0;
}

static inline int
buf_putc(struct buf *b, int c)
{
	unsigned char *p;

	if ((p = buf_reserve(b, 1)) == NULL)
		return b->err;
	*p = (unsigned char)c;
	b->len++;
	return 0;
}

#endif
