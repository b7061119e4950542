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
	RESOLVE_NAME = 256,	/* bytes of a name with its NUL */
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
	char target[RESOLVE_NAME];
	unsigned short priority, weight, port;
	bool direct;		/* the owner's */
};

/* The SRV records of a name; as above. */
struct srv_query {
	bool asked, done;
	bool authentic;		/* DNSSEC vouches for the answer, also for none */
	int err;
	const char *why;
	struct srv *list;
	size_t n;
	int64_t asked_at, done_at;
	const struct resolver *resolver;	/* resolve_srv()'s own */
};

/* One TLSA record (RFC 6698 2.1). */
struct tlsa {
	unsigned char usage, selector, type;
	const unsigned char *data;
	size_t len;
};

/* Resolve_tlsa()'s own: what a name server said, and to which question. */
struct tlsa_answer {
	struct tlsa_query *query;
	unsigned char *p;
	size_t len;
	int status;
	bool authentic;
};

/*
 * The TLSA records of a server; only authentic ones, as others are worth
 * nothing.  err is 0; XERR_HOST if there are none; XERR_TEMP if that is not to
 * be found out, although the server's own name is signed: to go on would be
 * what an attacker wants.
 */
struct tlsa_query {
	bool asked, done;
	int err;
	const char *why;
	const char *host;	/* whose they are: as asked, or its alias's */
	struct tlsa *list;
	size_t n;
	const char *asked_host;	/* from here on it is resolve_tlsa's own */
	char alias[RESOLVE_NAME];
	struct resolver *resolver;
	unsigned port;
	struct tlsa_answer answer[2];	/* of the host, of the alias */
	int pending, host_status;
	bool signed_host;
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

/*
 * Whether what the name servers say of DNSSEC is to be believed: they are all
 * on this machine, or resolv.conf(5) says trust-ad.  Else nothing is authentic.
 */
bool resolver_is_trusted(const struct resolver *r);

/*
 * Ask for the TLSA records of PORT, by TCP, at HOST, which must stay there; or
 * at the name that it is an alias of, if that has some (RFC 7671 7).
 */
void resolve_tlsa(struct resolver *r, struct tlsa_query *q, const char *host,
    unsigned port);

/* Free what was answered; Q is as new. */
void addr_query_release(struct addr_query *q);
void srv_query_release(struct srv_query *q);
void tlsa_query_release(struct tlsa_query *q);

/*
 * What to poll for, at most RESOLVE_FDS at P, and until when at most: *UNTIL
 * is lowered, if it is negative set, to the resolver's own next deadline.
 * Afterwards resolver_run() is called with the same, whatever poll() said.
 */
size_t resolver_fds(struct resolver *r, struct pollfd *p, int64_t *until);
void resolver_run(struct resolver *r, const struct pollfd *p, size_t n);

#endif
