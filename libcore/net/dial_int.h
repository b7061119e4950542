/*
 * What the parts of the dialer share: dial (the loop), dial_plan (targets and
 * their addresses), dial_race (connecting) and dial_proxy (having a proxy do
 * it).  Nobody else includes this.
 */
#ifndef NET_DIAL_INT_H
#define NET_DIAL_INT_H

#include "net/dial.h"
#include "net/resolve.h"

struct dial_hop;
struct proxy_url;

enum {
	DIAL_FLIGHTS = 32,	/* connections begun at a time */
	DIAL_ADDRESS = 80,	/* "[address]:port" */
	DIAL_NO_ROUTE = -100,	/* to dial_note(): a feeble XERR_UNAVAIL */
	DIAL_OVER = -101	/* there is nothing left to try */
};

/* A host and port to be tried, and its addresses, once asked for. */
struct target {
	char host[256];
	unsigned port, priority;
	bool direct;
	const char *from;	/* "given", "SRV _xmpp-client._tcp", ... */
	struct addr_query q[2];	/* IPv6, IPv4 */
	struct tlsa_query tlsa;
	bool secure;		/* DNSSEC vouches for the way here */
	int turn;		/* which of them is next */
	bool told;		/* of its TLSA records */
	bool told_of[2];	/* and of its addresses */
	bool done;		/* nothing left in it */
};

struct flight {
	int fd;
	struct target *target;
	struct addr *addr;
	int64_t started;
};

struct dialer {
	struct dial_config cf;
	struct proxy_url *proxy;	/* NULL: none */
	struct dial_hop *hop;		/* on the way to it, or through it */
	const char *from;		/* of a single target; NULL: as ever */
	struct resolver *res;
	bool active;			/* looking for the next target */
	size_t asked;			/* the resolver's of dialer_fds() */
	int64_t until;			/* to be waited at most */
	struct srv_query srv[2];	/* xmpp-client, xmpps-client */
	bool planned;
	struct target *t;		/* in the order they are tried */
	size_t nt;
	struct flight f[DIAL_FLIGHTS];
	size_t nf;
	int64_t next_start;		/* not before; unless nothing flies */
	int64_t last_start;
	struct target *won;
	struct addr *won_by;		/* its address, unless by proxy */
	int64_t won_at;
	char address[DIAL_ADDRESS];	/* of the winner */
	struct buf story;		/* what failed so far, in lines */
	size_t untold;			/* that it had no room for */
	int verdict;			/* the most telling error */
	bool refused;			/* one that was connected to did so */
};

/* Log a line, made harmless for a terminal. */
void dial_log(struct dialer *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Note a failure: WHAT (or NULL) and why, for the log and the story. */
void dial_note(struct dialer *d, int err, const char *what, const char *why);

/* The same of T at ADDRESS. */
void dial_note_at(struct dialer *d, int err, const char *address,
    const struct target *t, const char *why);

/* T's host; NULL for the one that was asked for, which needs no name. */
const char *dial_name(const struct dialer *d, const struct target *t);

/* Address A as "127.0.0.1:5222" or "[::1]:5222". */
void dial_address(char text[DIAL_ADDRESS], const struct addr *a);

/*
 * Make the list of targets as far as the answers are there: 1 when it is, 0
 * while not yet, or an error; d->until is lowered to when not to wait any
 * longer.
 */
int dial_plan_step(struct dialer *d);

/*
 * The next address to try now, or NULL: because there is none any more if *OVER
 * is set, or none yet; *UNTIL is lowered to when that may change.
 */
struct addr *dial_plan_next(struct dialer *d, struct target **t, int64_t now,
    bool *over, int64_t *until);

/* Whether there is something left to try in T, as far as is known. */
bool dial_plan_has_more(const struct dialer *d, const struct target *t);

/* Note what DNS still owes us. */
void dial_plan_time_up(struct dialer *d);

/*
 * Connect to the next target through the proxy: as dialer_step(), DIAL_OVER if
 * there is none, and what to poll for.
 */
int dial_hop_step(struct dialer *d, const struct pollfd *p, size_t n, int *fd);
size_t dial_hop_fds(struct dialer *d, struct pollfd *p, int64_t *until);
void dial_hop_free(struct dialer *d);

/* Begin to connect; the failure, if at once, is noted.  0 or XERR_NOMEM. */
int dial_race_start(struct dialer *d, struct target *t, struct addr *a);

/* What to poll for; see what poll() said: the winner's descriptor, or -1. */
size_t dial_race_fds(const struct dialer *d, struct pollfd *p);
int dial_race_check(struct dialer *d, const struct pollfd *p, size_t n);

/* Give up what flies, as if never begun, or noting that the time is up. */
void dial_race_cancel(struct dialer *d);
void dial_race_time_up(struct dialer *d);

#endif
