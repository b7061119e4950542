/* Counting the elements of a stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "view/stats.h"

/*
 * Sizes share counters: one for each up to 64, then 16 for each power of two,
 * up to 2^30.
 */
enum { EXACT = 64, EXACT_BITS = 6, SHARES = 16, SHARE_BITS = 4 };

void
stats_init(struct stats *t)
{
	*t = (struct stats){ .rows = NULL };
}

void
stats_release(struct stats *t)
{
	free(t->rows);
	stats_init(t);
}

static size_t
slot_of(uint64_t size)
{
	unsigned bits = EXACT_BITS;
	size_t slot;

	if (size < EXACT)
		return (size_t)size;
	while (size >> (bits + 1) != 0)
		bits++;
	slot = EXACT + (bits - EXACT_BITS) * SHARES +
	    (size_t)(size >> (bits - SHARE_BITS) & (SHARES - 1));
	return slot < STATS_SIZES ? slot : STATS_SIZES - 1;
}

/* The middle of the sizes that share SLOT. */
static uint64_t
size_of(size_t slot)
{
	unsigned bits;
	uint64_t share;

	if (slot < EXACT)
		return slot;
	bits = EXACT_BITS + (unsigned)((slot - EXACT) / SHARES);
	share = (slot - EXACT) % SHARES;
	return ((SHARES + share) << (bits - SHARE_BITS)) +
	    (1u << (bits - SHARE_BITS)) / 2;
}

static void
add(struct stats_sum *s, uint64_t bytes, unsigned depth)
{
	s->count++;
	s->bytes += bytes;
	if (bytes > s->largest)
		s->largest = bytes;
	if (depth > s->depth)
		s->depth = depth;
	s->sizes[slot_of(bytes)]++;
}

static const char *
subject(const struct elem *e)
{
	const struct node *n;

	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem != NULL && strcmp(n->elem->ns, e->ns) != 0)
			return n->elem->ns;
	return e->ns;
}

/* A new row, or NULL: there are enough, or no memory (*ERR). */
static struct stats_row *
add_row(struct stats *t, int *err)
{
	size_t cap = t->cap == 0 ? 16 : t->cap * 2;
	struct stats_row *more;

	if (t->n == STATS_ROWS)
		return NULL;
	if (t->n == t->cap) {
		if ((more = realloc(t->rows, cap * sizeof(*more))) == NULL) {
			*err = XERR_NOMEM;
			return NULL;
		}
		t->rows = more;
		t->cap = cap;
	}
	memset(&t->rows[t->n], 0, sizeof(t->rows[t->n]));
	return &t->rows[t->n++];
}

static struct stats_row *
find_row(struct stats *t, const struct elem *e, int *err)
{
	const char *type = elem_get(e, "type"), *ns = subject(e);
	struct stats_row key, *row;
	size_t i;

	/* Cut where they are too long, as they are compared. */
	snprintf(key.name, sizeof(key.name), "%s", e->name);
	snprintf(key.type, sizeof(key.type), "%s", type == NULL ? "" : type);
	snprintf(key.ns, sizeof(key.ns), "%s", ns);
	for (i = 0; i < t->n; i++) {
		row = &t->rows[i];
		if (strcmp(row->name, key.name) == 0 &&
		    strcmp(row->type, key.type) == 0 &&
		    strcmp(row->ns, key.ns) == 0)
			return row;
	}
	if ((row = add_row(t, err)) == NULL)
		return NULL;
	memcpy(row->name, key.name, sizeof(key.name));
	memcpy(row->type, key.type, sizeof(key.type));
	memcpy(row->ns, key.ns, sizeof(key.ns));
	return row;
}

int
stats_add(struct stats *t, const struct elem *e, uint64_t bytes,
    unsigned depth, uint64_t time)
{
	struct stats_row *row;
	int err = 0;

	row = find_row(t, e, &err);
	if (err < 0)
		return err;
	add(row == NULL ? &t->others : &row->sum, bytes, depth);
	add(&t->all, bytes, depth);
	if (t->first == 0)
		t->first = time;
	if (time != 0)
		t->last = time;
	return 0;
}

static int
compare(const void *x, const void *y)
{
	const struct stats_row *a = x, *b = y;
	int c;

	if (a->sum.count != b->sum.count)
		return a->sum.count < b->sum.count ? 1 : -1;
	if ((c = strcmp(a->name, b->name)) != 0 ||
	    (c = strcmp(a->type, b->type)) != 0)
		return c;
	return strcmp(a->ns, b->ns);
}

void
stats_sort(struct stats *t)
{
	if (t->n > 0)
		qsort(t->rows, t->n, sizeof(t->rows[0]), compare);
}

uint64_t
stats_median(const struct stats_sum *s)
{
	uint64_t seen = 0, size;
	size_t i;

	for (i = 0; i < STATS_SIZES; i++) {
		seen += s->sizes[i];
		if (seen > 0 && seen >= (s->count + 1) / 2)
			break;
	}
	size = i < STATS_SIZES ? size_of(i) : 0;
	return size < s->largest ? size : s->largest;
}
