/*
 * Counting the elements of a stream by name, type and namespace; memory is
 * bounded however long the stream is.
 */
#ifndef VIEW_STATS_H
#define VIEW_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "xml/elem.h"

enum {
	STATS_ROWS = 512,	/* kinds told apart; the others are one more */
	STATS_SIZES = 448,	/* counters for the median of the sizes */
	STATS_NAME = 64,
	STATS_TYPE = 32,
	STATS_NS = 128
};

/* Sums over elements. */
struct stats_sum {
	uint64_t count, bytes;
	uint64_t largest;
	unsigned depth;
	uint64_t sizes[STATS_SIZES];
};

struct stats_row {
	char name[STATS_NAME], type[STATS_TYPE], ns[STATS_NS];
	struct stats_sum sum;
};

struct stats {
	struct stats_row *rows;	/* sorted by stats_sort() */
	size_t n, cap;
	struct stats_sum all;
	struct stats_sum others;	/* that have no row of their own */
	uint64_t first, last;		/* times, 0 if there are none */
};

void stats_init(struct stats *t);
void stats_release(struct stats *t);

/*
 * Count E, which took BYTES as it was sent and was DEPTH deep, at TIME (0 if
 * that is not known).  The namespace is that of the first child which has
 * another than E, which tells what a stanza is about, or else E's.  Returns 0
 * or XERR_NOMEM.
 */
int stats_add(struct stats *t, const struct elem *e, uint64_t bytes,
    unsigned depth, uint64_t time);

/* Most frequent first. */
void stats_sort(struct stats *t);

/* The median of the sizes, exact up to 64, then to within 1/32. */
uint64_t stats_median(const struct stats_sum *s);

#endif
