/*
 * Memory that is freed all at once: everything that belongs to one stanza
 * comes from one arena and dies with it.
 *
 * An arena never hands out more than MAX bytes.  When that, or the memory, is
 * exhausted, arena_alloc() returns NULL and the arena remembers why, so that a
 * builder may check once at its end with arena_err().
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;	/* newest first */
	unsigned char *p, *end;		/* what is free in the newest */
	size_t used;			/* bytes handed out or wasted */
	size_t max;
	int err;			/* 0, XERR_NOMEM or XERR_LIMIT; sticky */
};

/* An empty arena of at most MAX bytes; allocates nothing yet. */
void arena_init(struct arena *a, size_t max);

/* Free everything. */
void arena_release(struct arena *a);

/*
 * Free everything but keep one chunk, so that the next stanza of usual size
 * needs no malloc(); the error is cleared.
 */
void arena_reset(struct arena *a);

/*
 * N bytes, aligned for pointers and 64-bit numbers and not initialized, or
 * NULL.
 */
void *arena_alloc(struct arena *a, size_t n);

/* A copy of the LEN bytes at S with a NUL behind, or NULL. */
char *arena_dup(struct arena *a, const char *s, size_t len);

static inline int
arena_err(const struct arena *a)
{
	return a->err;
}

#endif
