/*
 * Which servers an account's connection is tried with: those that DNS or the
 * account names, and where one of them sends us (<see-other-host/>, RFC 6120
 * 4.9.3.19).
 */
#ifndef SESSION_SERVERS_H
#define SESSION_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "account/account.h"
#include "net/dial.h"

enum { SERVERS_REDIRECTS = 3 };	/* followed at most */

struct pump_end;
struct servers;

/*
 * The route to the servers of DOMAIN, in A-labels, as A says; A is borrowed.
 * DEADLINE is pump_now()'s, of all dialing, which a signal to stop that comes
 * from SIGNALS, also borrowed, ends as well.  Returns 0, or an error with the
 * reason appended to WHY.
 */
int servers_new(struct servers **r, const struct account *a, const char *domain,
    int64_t deadline, struct pump_end *signals, struct buf *why);
void servers_free(struct servers *r);

/*
 * Connect to the next server: as dialer_next(); XERR_TEMP, too, when there is
 * a signal for signals_ask_to_stop().
 */
int servers_next(struct servers *r, int *fd, struct dial_target *t,
    struct buf *why);

/* Whether there is one, as far as is known. */
bool servers_has_another(const struct servers *r);

/* The server given out last has failed: as dialer_failed(). */
void servers_failed(struct servers *r, int err, const char *why);

/* The same, but it may be better another time, and is to be tried again. */
void servers_again(struct servers *r, int err, const char *why);

/*
 * Instead it sends us to WHERE, "domain" or "domain:port": the next server is
 * found there, and when there is none, what is left of the first route.
 * DIRECT: by direct TLS, as this one.  False, with REASON in words, if it is
 * no address, or we were sent on too often.
 */
bool servers_redirect(struct servers *r, const char *where, bool direct,
    const char **reason);

#endif
