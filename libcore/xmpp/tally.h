/*
 * Counting the elements of a stream by name, type and namespace; memory is
 * bounded however long the stream is.
 */
#ifndef XMPP_TALLY_H
#define XMPP_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "xml/elem.h"

enum {
	TALLY_ROWS = 512,	/* kinds told apart; the others are one more */
	TALLY_SIZES = 448,	/* counters for the median of the sizes */
	TALLY_NAME = 64,
	TALLY_TYPE = 32,
	TALLY_NS = 128
};

/* Sums over elements. */
struct tally_sum {
	uint64_t count, bytes;
	uint64_t largest;
	unsigned depth;
	uint64_t sizes[TALLY_SIZES];
};

struct tally_row {
	char name[TALLY_NAME], type[TALLY_TYPE], ns[TALLY_NS];
	struct tally_sum sum;
};

struct tally {
	struct tally_row *rows;	/* sorted by tally_sort() */
	size_t n, cap;
	struct tally_sum all;
	struct tally_sum others;	/* that have no row of their own */
	uint64_t first, last;		/* times, 0 if there are none */
};

void tally_init(struct tally *t);
void tally_release(struct tally *t);

/*
 * Count E, which took BYTES as it was sent and was DEPTH deep, at TIME (0 if
 * that is not known).  The namespace is that of the first child which has
 * another than E, which tells what a stanza is about, or else E's.  Returns 0
 * or XERR_NOMEM.
 */
int tally_add(struct tally *t, const struct elem *e, uint64_t bytes,
    unsigned depth, uint64_t time);

/* Most frequent first. */
void tally_sort(struct tally *t);

/* The median of the sizes, exact up to 64, then to within 1/32. */
uint64_t tally_median(const struct tally_sum *s);

#endif
