/*
 * Listening for connections, on loopback only.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include "base/buf.h"
#include "net/pump.h"

struct listener {
	struct pump_end end;	/* for pump_poll(): `ready' when one waits */
	unsigned port;
	int spare;		/* given up when there are no descriptors */
};

/*
 * Listen on 127.0.0.1, PORT or for 0 a free one, which is then l->port.
 * Returns 0, or XERR_SYS with the reason appended to WHY.
 */
int listen_open(struct listener *l, unsigned port, struct buf *why);

/*
 * Store the next connection that waits in *FD, non-blocking and closed on
 * exec, the caller's to close.  Returns 1; 0 if none waits; XERR_NOMEM if one
 * was dropped for want of a descriptor or memory; XERR_SYS.
 */
int listen_accept(struct listener *l, int *fd);

void listen_close(struct listener *l);

#endif
