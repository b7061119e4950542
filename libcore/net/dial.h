/*
 * Finding a host or a domain's XMPP service, and connecting to it by TCP.
 *
 * A service is found by the SRV records _xmpp-client._tcp and
 * _xmpps-client._tcp (RFC 6120 3.2, XEP-0368), asked for together and made into
 * one list by priority and weight; without any, it is the domain itself.
 * Addresses are looked up in /etc/hosts and DNS and tried as RFC 8305 says:
 * their families alternate, and while one does not answer for 250 ms the next
 * is tried beside it.  The first that connects wins.  A service or a target that
 * DNS does not answer about for 1.5 s holds up no other.
 *
 * Where DNSSEC vouches for the SRV records, or that there are none, the TLSA
 * records of the target are looked up with its addresses (RFC 7673), as far as
 * the resolver is to be trusted.  What such a resolver fails to find out is
 * taken for forged: no TLSA or address, no target; no SRV, no domain itself.
 *
 * With a proxy nothing but the proxy's own name is looked up here: it is asked
 * to connect to the host by name, at the port given or else at 5222, or 5223
 * for DIAL_DIRECT, since SRV records are not to be had through it.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct pollfd;
struct tlsa;

enum dial_tls { DIAL_ANY, DIAL_STARTTLS, DIAL_DIRECT };

/* Strings are borrowed until the end of dial() or of the dialer. */
struct dial_config {
	const char *host;	/* name in A-labels, or an address */
	unsigned port;		/* 0: find it by SRV */
	enum dial_tls tls;	/* the services to look for with port 0 */
	int64_t deadline;	/* of all of it, pump_now()'s; negative: none */
	const char *dns;	/* "127.0.0.1:53" to ask, NULL: the system's */
	bool tlsa;		/* look for TLSA records of what SRV names */
	const char *proxy;	/* URL as net/proxy.h says, or NULL */
	uint64_t seed;		/* of the choice by weight; 0: by the clock */
	void (*log)(void *arg, const char *line);	/* or NULL */
	void *arg;
};

/* Where a connection leads to; lent by the dialer until its next call. */
struct dial_target {
	const char *host;	/* the SRV target or the host itself */
	unsigned port;
	bool direct;		/* TLS from the first byte: XEP-0368 */
	const char *address;	/* "[2001:db8::1]:5222", or by proxy the name */
	const struct tlsa *tlsa; /* net/resolve.h; authentic */
	size_t ntlsa;
	const char *tlsa_host;	/* whose they are: host, or what it is an alias of */
};

/*
 * Connect by TCP to port CF->port, not 0, of CF->host.  Stores the connected
 * socket, non-blocking, closed on exec and above 2, in *FD.  CF->log gets one
 * line about each look-up and address: how long it took, and the outcome.
 *
 * Returns 0, or with one sentence appended to WHY, which lists what was tried:
 *	XERR_HOST	there is no such host, or it has no address
 *	XERR_UNAVAIL	nobody answers there: refused, unreachable
 *	XERR_TEMP	the time is up, or the name servers fail
 *	XERR_AUTH	the proxy wants a password, or another
 *	XERR_PROTO	the proxy is none
 *	XERR_CONFIG	CF->dns is no address, CF->proxy no URL
 *	XERR_NOMEM, XERR_SYS
 */
int dial(int *fd, const struct dial_config *cf, struct buf *why);

/*
 * The same with as many connections as there are targets, for a caller whose
 * later steps (TLS, see-other-host) may fail with one and work with the next.
 */
struct dialer;

int dialer_new(struct dialer **d, const struct dial_config *cf,
    struct buf *why);
void dialer_free(struct dialer *d);

/*
 * Connect to the next address, of the same target or the next: as dial(), with
 * where it leads to in *T.  None is tried twice.  When there is none left, the
 * error tells about all of them, and WHY as far as it has room: XERR_TLS and
 * other errors told by dialer_failed() go before XERR_UNAVAIL, that before
 * XERR_TEMP and XERR_HOST.
 */
int dialer_next(struct dialer *d, int *fd, struct dial_target *t,
    struct buf *why);

/*
 * The same without waiting.  dialer_step() returns 1 where dialer_next()
 * returns 0, its errors, and 0 while it has come to no end: then poll() is to
 * wait for what dialer_fds() has put at P, as many as it returns, and at most
 * until *UNTIL (pump_now()'s; negative: for ever).  The next step gets the
 * same P and N with what poll() said of them, the first one none.
 */
enum { DIALER_FDS = 48 };	/* at most */

int dialer_step(struct dialer *d, const struct pollfd *p, size_t n, int *fd,
    struct dial_target *t, struct buf *why);
size_t dialer_fds(struct dialer *d, struct pollfd *p, int64_t *until);

/* Whether there is an address left beside the one given out last. */
bool dialer_has_another(const struct dialer *d);

/*
 * Say that the address given out last failed later: with ERR, and in words.
 * XERR_AUTH: it let us connect, and not log in.
 */
void dialer_failed(struct dialer *d, int err, const char *why);

/* It may be better another time: it is among those to be given out next. */
void dialer_again(struct dialer *d);

#endif
