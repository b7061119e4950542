/*
 * The order in which the targets of SRV records are to be tried.
 */
#ifndef NET_SRV_H
#define NET_SRV_H

#include <stddef.h>
#include <stdint.h>

struct srv;

/*
 * Sort the N records at LIST by priority and, where it is the same, at random
 * as often as their weights say (RFC 2782).  SEED makes the chance: the same
 * seed and list give the same order.
 */
void srv_sort(struct srv *list, size_t n, uint64_t seed);

#endif
