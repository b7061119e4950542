/*
 * Asking a proxy for a connection: SOCKS 5 (RFC 1928, RFC 1929) and HTTP's
 * CONNECT (RFC 9110 9.3.6), without a socket.  The name of the host is always
 * the proxy's to resolve.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Holds a password: to be wiped by proxy_url_wipe(). */
struct proxy_url {
	bool http;		/* or SOCKS 5 */
	unsigned port;
	char host[256];
	char user[256], password[256];	/* "" for none */
};

/*
 * Parse "socks5h://[USER[:PASSWORD]@]HOST[:PORT]", or with socks5:// or
 * http://; USER and PASSWORD may have %HH in them, an IPv6 HOST stands in
 * brackets.  The ports are 1080 and 80 unless given.  socks5:// is taken as
 * socks5h://, so that no name leaks.  Returns 0, or XERR_CONFIG with the
 * reason, which tells nothing of the password, appended to WHY.
 */
int proxy_url_parse(struct proxy_url *u, const char *url, struct buf *why);
void proxy_url_wipe(struct proxy_url *u);

struct proxy {
	const struct proxy_url *url;	/* borrowed */
	const char *host;		/* borrowed */
	unsigned port;
	int step;
	int interim;			/* responses that were none yet */
	size_t want;			/* bytes until the next step */
	struct buf in, out;
	char msg[160];
};

/*
 * Begin to ask the proxy of URL for HOST, a name or an address of at most 255
 * bytes, and PORT.  Both strings must outlive it.  Returns 0 or XERR_NOMEM.
 */
int proxy_init(struct proxy *p, const struct proxy_url *url, const char *host,
    unsigned port);
void proxy_release(struct proxy *p);	/* wipes what was sent, too */

/* What is to be sent next; and that N bytes of it were. */
size_t proxy_pending(const struct proxy *p, const void **data);
void proxy_sent(struct proxy *p, size_t n);

/*
 * How many bytes to read at most before the next proxy_feed(): never one that
 * belongs to the connection behind the proxy.
 */
size_t proxy_want(const struct proxy *p);

/*
 * Take all LEN bytes, no more than were wanted; 0 for the end of the stream.
 * Returns 1 when the connection stands, 0 while not yet, or an error with words
 * in p->msg: XERR_UNAVAIL, XERR_TEMP, XERR_AUTH (the proxy wants a password, or
 * another), XERR_PROTO (it is no such proxy), XERR_NOMEM.
 */
int proxy_feed(struct proxy *p, const void *data, size_t len);

#endif
