/*
 * One connection: a non-blocking socket, TLS over it from some moment on, and
 * a queue of plaintext in each direction.
 *
 * The loop of its owner is: conn_step() until it returns 0, taking from
 * conn_in() and putting to conn_out() in between; then pump_poll() on
 * conn_end(); and again.  Bytes stay bounded: what does not fit conn_in() stays
 * in the socket.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct conn;
struct pump_end;
struct tls;

/*
 * A connection on the socket FD, which is made non-blocking and belongs to it
 * from now on, also when this fails: XERR_NOMEM or XERR_SYS.  MAX_IN and
 * MAX_OUT bound the queues of plaintext.
 */
int conn_new(struct conn **c, int fd, size_t max_in, size_t max_out);
void conn_free(struct conn *c);		/* closes at once */

/* What pump_poll() needs; its queues are the connection's own business. */
struct pump_end *conn_end(struct conn *c);

/*
 * Begin TLS, here and now; T belongs to C from now on.  Plaintext put before
 * goes out before, in clear.  Bytes that were read but not taken from conn_in()
 * are the beginning of the handshake: a server may look at the first and leave
 * it there.  Returns 0; XERR_NOMEM; XERR_INTERNAL if it has begun already.
 */
int conn_start_tls(struct conn *c, struct tls *t);

/*
 * Move bytes between the queues and the socket's.  Returns 1 if anything moved
 * or changed, 0 if it is pump_poll()'s turn, or the error, final, with words in
 * conn_errmsg(): those of tls_step(), or XERR_TEMP when the connection broke
 * down.  What came before the breakdown is given out first.
 */
int conn_step(struct conn *c);

/* Plaintext received and to be sent; the pointers stay the same. */
struct buf *conn_in(struct conn *c);
struct buf *conn_out(struct conn *c);

/* TLS is on and its handshake done, the peer's certificate verified. */
bool conn_is_secure(const struct conn *c);

/* NULL without TLS. */
const struct tls *conn_tls(const struct conn *c);

/*
 * The peer sends nothing more, and everything before is in conn_in().  Under
 * TLS it ended in order only if not conn_truncated().
 */
bool conn_eof(const struct conn *c);
bool conn_truncated(const struct conn *c);

/* Everything that was put is the system's to deliver. */
bool conn_drained(const struct conn *c);

/*
 * When everything is out, say close_notify and close our direction; reading
 * goes on.  Nothing may be put any more.
 */
void conn_shutdown(struct conn *c);

/* The sentence for the error of conn_step(), "" if there was none. */
const char *conn_errmsg(const struct conn *c);

#endif
