/* A growable byte buffer and queue with a maximum and a sticky error. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/xerr.h"

enum { SMALLEST = 256 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_release(struct buf *b)
{
	free(b->mem);
	buf_init(b, b->max);
}

void
buf_wipe(struct buf *b)
{
	/* volatile: who knows what is called, so it may not be left out */
	static void *(*const volatile set)(void *, int, size_t) = memset;

	if (b->mem != NULL)
		set(b->mem, 0, b->cap);
	buf_release(b);
}

void
buf_reset(struct buf *b)
{
	b->off = b->len = 0;
	b->err = 0;
}

/* Move the contents to the front of storage for CAP bytes. */
static int
resize(struct buf *b, size_t cap)
{
	unsigned char *p;

	if (b->off > 0) {
		memmove(b->mem, b->mem + b->off, b->len);
		b->off = 0;
	}
	if (cap <= b->cap)
		return 0;
	if ((p = realloc(b->mem, cap)) == NULL)
		return b->err = XERR_NOMEM;
	b->mem = p;
	b->cap = cap;
	return 0;
}

/* Room for N bytes behind the contents, whatever the maximum says. */
static int
grow(struct buf *b, size_t n)
{
	size_t cap = b->cap < SMALLEST ? SMALLEST : b->cap;

	if (n > SIZE_MAX / 2 - b->len)
		return b->err = XERR_LIMIT;
	/* Moving pays only where it frees at least half of the storage. */
	if (b->off >= b->cap / 2 && b->len + n <= b->cap)
		return resize(b, b->cap);
	while (cap < b->len + n)
		cap *= 2;
	return resize(b, cap == b->cap ? cap * 2 : cap);
}

void *
buf_reserve_slowly(struct buf *b, size_t n)
{
	if (b->err != 0)
		return NULL;
	if (n > b->max - b->len) {
		b->err = XERR_LIMIT;
		return NULL;
	}
	if ((b->mem == NULL || n > b->cap - b->off - b->len) &&
	    grow(b, n) < 0)
		return NULL;
	return b->mem + b->off + b->len;
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[256], *p = small;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0)
		return b->err = XERR_LIMIT;
	if ((size_t)n >= sizeof(small)) {
		if ((p = malloc((size_t)n + 1)) == NULL)
			return b->err = XERR_NOMEM;
		va_start(ap, fmt);
		vsnprintf(p, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	buf_put(b, p, (size_t)n);
	if (p != small)
		free(p);
	return b->err;
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->off = b->len = 0;
		return;
	}
	b->off += n;
	b->len -= n;
}

void
buf_truncate(struct buf *b, size_t n)
{
	if (n < b->len)
		b->len = n;
}

const char *
buf_str(struct buf *b)
{
	if (b->err != 0)
		return NULL;
	if ((b->mem == NULL || b->off + b->len == b->cap) && grow(b, 1) < 0)
		return NULL;
	b->mem[b->off + b->len] = '\0';
	return (const char *)b->mem + b->off;
}
