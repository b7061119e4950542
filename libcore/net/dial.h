/*
 * Finding a host's addresses and connecting to one of them.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdint.h>

#include "base/buf.h"

struct dial_config {
	const char *host;	/* name in A-labels, or an address */
	unsigned port;
	int64_t deadline;	/* of all of it, pump_now()'s; negative: none */
	const char *dns;	/* "127.0.0.1:53" to ask, NULL: the system's */
	void (*log)(void *arg, const char *line);	/* or NULL */
	void *arg;
};

/*
 * Connect by TCP to CF->host: addresses are looked up by /etc/hosts and DNS, A
 * and AAAA together, and tried in turn, their families alternating.  Stores the
 * connected socket, non-blocking, closed on exec and above 2, in *FD.
 * CF->log gets one line about each address: where from, how long, the outcome.
 *
 * Returns 0, or with one sentence appended to WHY:
 *	XERR_HOST	there is no such host, or it has no address
 *	XERR_UNAVAIL	nobody answers there: refused, unreachable
 *	XERR_TEMP	the time is up, or the name servers fail
 *	XERR_NOMEM, XERR_SYS
 */
int dial(int *fd, const struct dial_config *cf, struct buf *why);

#endif
