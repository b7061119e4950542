/* The order of SRV targets: priority, and chance by weight. */
#include <stdlib.h>

#include "net/resolve.h"
#include "net/srv.h"

/* splitmix64: good enough to spread load, and the same everywhere. */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Weight 0 goes first, so that it has its small chance (RFC 2782). */
static int
compare(const void *va, const void *vb)
{
	const struct srv *a = va, *b = vb;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return (a->weight > 0) - (b->weight > 0);
}

/* Move record PICK to the front of LIST; the others keep their order. */
static void
to_front(struct srv *list, size_t pick)
{
	struct srv s = list[pick];

	for (; pick > 0; pick--)
		list[pick] = list[pick - 1];
	list[0] = s;
}

/* Which of N records of one priority comes next. */
static size_t
choose(const struct srv *list, size_t n, uint64_t *seed)
{
	uint64_t sum = 0, r;
	size_t i;

	for (i = 0; i < n; i++)
		sum += list[i].weight;
	/* of those without weight none is meant before the others */
	if (sum == 0)
		return next_random(seed) % n;
	r = next_random(seed) % (sum + 1);
	for (sum = i = 0; i + 1 < n; i++)
		if ((sum += list[i].weight) >= r)
			break;
	return i;
}

void
srv_sort(struct srv *list, size_t n, uint64_t seed)
{
	size_t i, end;

	if (n > 1)
		qsort(list, n, sizeof(*list), compare);
	for (i = end = 0; i < n; i++) {
		while (end < n && list[end].priority == list[i].priority)
			end++;
		to_front(list + i, choose(list + i, end - i, &seed));
	}
}
