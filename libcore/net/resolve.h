/*
 * Asking DNS through c-ares without blocking: any number of questions at once,
 * whose answers appear while the owner polls.
 *
 * A name's addresses come from /etc/hosts, or if it is not there, from DNS;
 * literal addresses and localhost (RFC 6761 6.3) need neither.  The search list
 * of resolv.conf is used only if SEARCH was said, for names without a dot.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <sys/socket.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	RESOLVE_FDS = 16,	/* descriptors in use at most */
	RESOLVE_ANSWERS = 512	/* records taken from one answer at most */
};

struct resolver;

struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
	bool tried;		/* the owner's */
};

/*
 * One family's addresses of a name.  All zero before it is asked; must stay
 * where it is until it is done or the resolver is freed.
 */
struct addr_query {
	bool asked, done;
	int err;		/* when done: 0, or as resolve_host() says */
	const char *why;	/* in words, "no such host"; static storage */
	struct addr *list;
	size_t n;
	int64_t asked_at, done_at;	/* pump_now()'s */
};

/* One SRV record (RFC 2782); the target is "" where DNS says ".". */
struct srv {
	char target[256];
	unsigned short priority, weight, port;
	bool direct;		/* the owner's */
};

/* The SRV records of a name; as above. */
struct srv_query {
	bool asked, done;
	int err;
	const char *why;
	struct srv *list;
	size_t n;
	int64_t asked_at, done_at;
};

/*
 * A resolver that asks the server at DNS, "127.0.0.1:53" or "[::1]:53", or if
 * that is NULL, those of the system.  Returns 0, XERR_NOMEM, or XERR_CONFIG
 * with the reason appended to WHY.
 */
int resolver_new(struct resolver **r, const char *dns, bool search,
    struct buf *why);

/* Questions still open are done then, with XERR_TEMP. */
void resolver_free(struct resolver *r);

/*
 * Ask for the IPv6 and the IPv4 addresses of NAME, to be stored with PORT in
 * *SIX and *FOUR, each of which may be done first, or at once.  The outcome is
 * in their err: 0; XERR_HOST: no such name, or no such address; XERR_TEMP: the
 * servers fail or are silent; XERR_NOMEM.
 */
void resolve_host(struct resolver *r, struct addr_query *six,
    struct addr_query *four, const char *name, unsigned port);

/* Ask for the SRV records of NAME; XERR_HOST if there are none. */
void resolve_srv(struct resolver *r, struct srv_query *q, const char *name);

/* Free what was answered; Q is as new. */
void addr_query_release(struct addr_query *q);
void srv_query_release(struct srv_query *q);

/*
 * What to poll for, at most RESOLVE_FDS at P, and until when at most: *UNTIL
 * is lowered, if it is negative set, to the resolver's own next deadline.
 * Afterwards resolver_run() is called with the same, whatever poll() said.
 */
size_t resolver_fds(struct resolver *r, struct pollfd *p, int64_t *until);
void resolver_run(struct resolver *r, const struct pollfd *p, size_t n);

#endif
