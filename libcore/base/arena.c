/* Memory that is freed all at once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xerr.h"

enum { CHUNK = 4096 - 64 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	uint64_t mem[];
};

void
arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

static void
free_chunks(struct arena_chunk *c)
{
	struct arena_chunk *next;

	for (; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
}

void
arena_release(struct arena *a)
{
	free_chunks(a->chunks);
	arena_init(a, a->max);
}

static void
use(struct arena *a, struct arena_chunk *c)
{
	a->chunks = c;
	a->p = (unsigned char *)c->mem;
	a->end = a->p + c->size;
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c = a->chunks;

	a->used = 0;
	a->err = 0;
	if (c == NULL)
		return;
	/* A giant is not kept: it would stay for the life of the stream. */
	if (c->size > 16 * CHUNK) {
		arena_release(a);
		return;
	}
	free_chunks(c->next);
	c->next = NULL;
	use(a, c);
}

/* A new chunk for at least N bytes; chunks grow with what is in use. */
static int
add_chunk(struct arena *a, size_t n)
{
	struct arena_chunk *c;
	size_t size = a->used < CHUNK ? CHUNK : a->used;

	if (size < n)
		size = n;
	if (size > SIZE_MAX - sizeof(*c) ||
	    (c = malloc(sizeof(*c) + size)) == NULL)
		return a->err = XERR_NOMEM;
	c->next = a->chunks;
	c->size = size;
	use(a, c);
	return 0;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t align = sizeof(uint64_t);
	void *p;

	if (a->err != 0)
		return NULL;
	if (n > a->max - a->used || n > SIZE_MAX - align) {
		a->err = XERR_LIMIT;
		return NULL;
	}
	n = (n + align - 1) / align * align;
	if ((size_t)(a->end - a->p) < n && add_chunk(a, n) < 0)
		return NULL;
	p = a->p;
	a->p += n;
	a->used = n > a->max - a->used ? a->max : a->used + n;
	return p;
}

char *
arena_dup(struct arena *a, const char *s, size_t len)
{
	char *p;

	if (len == SIZE_MAX || (p = arena_alloc(a, len + 1)) == NULL)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}
