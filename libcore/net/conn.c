/* One connection: a socket, TLS over it, and queues of plaintext. */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "net/conn.h"
#include "net/pump.h"
#include "net/tls.h"

enum {
	WIRE = 32768,		/* the socket's queues */
	KEEP = 2048		/* storage worth keeping while idle */
};

struct conn {
	struct pump_end end;
	struct tls *tls;
	struct buf in, out;	/* plaintext */
	bool shutdown;		/* asked for */
	bool half_closed;	/* done */
	bool eof, truncated;
	int err;
	char msg[200];		/* ours; else TLS has one */
};

int
conn_new(struct conn **out, int fd, size_t max_in, size_t max_out)
{
	struct conn *c;
	int on = 1;

	if ((fd = pump_own(fd)) < 0)
		return XERR_SYS;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return XERR_NOMEM;
	}
	/* Fails on what is no TCP, which needs none. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pump_init(&c->end, fd, fd, true, WIRE, WIRE);
	buf_init(&c->in, max_in);
	buf_init(&c->out, max_out);
	*out = c;
	return 0;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	pump_release(&c->end);
	tls_free(c->tls);
	buf_wipe(&c->in);
	buf_wipe(&c->out);
	free(c);
}

struct pump_end *
conn_end(struct conn *c)
{
	return &c->end;
}

/* Move what there is room for; how much it was. */
static size_t
move(struct buf *to, struct buf *from)
{
	size_t n = buf_len(from);

	if (n > buf_room(to))
		n = buf_room(to);
	if (buf_put(to, buf_data(from), n) < 0)
		return 0;
	buf_consume(from, n);
	return n;
}

int
conn_start_tls(struct conn *c, struct tls *t)
{
	struct buf first;

	if (c->tls != NULL) {
		tls_free(t);
		return XERR_INTERNAL;
	}
	c->tls = t;
	/* Whatever the socket's queues hold, this fits in addition. */
	c->end.out.max = buf_len(&c->end.out) + buf_len(&c->out) + WIRE;
	move(&c->end.out, &c->out);
	buf_init(&first, buf_len(&c->in) + buf_len(&c->end.in) + WIRE);
	move(&first, &c->in);
	move(&first, &c->end.in);
	buf_release(&c->end.in);
	c->end.in = first;
	return buf_err(&first) < 0 || buf_err(&c->end.out) < 0 ?
	    XERR_NOMEM : 0;
}

static int
fail(struct conn *c, int r, const char *what, const char *why)
{
	snprintf(c->msg, sizeof(c->msg), "%s%s%s", what,
	    why[0] != '\0' ? ": " : "", why);
	return c->err = r;
}

/* Acknowledgements at once: a server with Nagle's algorithm waits for them. */
static void
quick_ack(const struct conn *c)
{
#ifdef TCP_QUICKACK
	int on = 1;

	if (c->end.rfd >= 0)
		setsockopt(c->end.rfd, IPPROTO_TCP, TCP_QUICKACK, &on,
		    sizeof(on));
#else
	(void)c;
#endif
}

static size_t
send_pending(struct conn *c)
{
	const void *p;
	size_t n = tls_pending(c->tls, &p);

	if (n > buf_room(&c->end.out))
		n = buf_room(&c->end.out);
	if (buf_put(&c->end.out, p, n) < 0)
		return 0;
	tls_sent(c->tls, n);
	return n;
}

/* The alert that says why should reach the peer; nobody polls any more. */
static int
tls_failed(struct conn *c, int r)
{
	ssize_t n = 0;

	send_pending(c);
	if (c->end.wfd >= 0 && buf_len(&c->end.out) > 0)
		n = send(c->end.wfd, buf_data(&c->end.out),
		    buf_len(&c->end.out), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		buf_consume(&c->end.out, (size_t)n);
	return c->err = r;
}

/* The peer's bytes have ended, and not by a breakdown of ours. */
static bool
connection_ended(const struct conn *c)
{
	return c->end.rclosed && c->end.rerr == 0 && c->end.werr == 0 &&
	    buf_len(&c->end.in) == 0;
}

static int
step_tls(struct conn *c)
{
	ssize_t used;
	int r;

	used = tls_feed(c->tls, buf_data(&c->end.in), buf_len(&c->end.in));
	if (used < 0)
		return fail(c, (int)used, xerr_str((int)used), "");
	buf_consume(&c->end.in, (size_t)used);
	if (connection_ended(c))
		tls_feed_eof(c->tls);
	if (c->shutdown)
		tls_shutdown(c->tls);
	if ((r = tls_step(c->tls, &c->in, &c->out)) < 0)
		return tls_failed(c, r);
	c->truncated = tls_truncated(c->tls);
	c->eof = c->truncated || tls_closed(c->tls);
	return send_pending(c) > 0 || r > 0 || used > 0;
}

static int
step_plain(struct conn *c)
{
	size_t n;

	n = move(&c->in, &c->end.in);
	n += move(&c->end.out, &c->out);
	if (!c->eof && connection_ended(c)) {
		c->eof = true;
		return 1;
	}
	return n > 0;
}

static bool
is_flushed(const struct conn *c)
{
	const void *p;

	return buf_len(&c->out) == 0 && buf_len(&c->end.out) == 0 &&
	    (c->tls == NULL || tls_pending(c->tls, &p) == 0);
}

/* Everything is out, close_notify included. */
static bool
may_half_close(const struct conn *c)
{
	return c->shutdown && !c->half_closed && is_flushed(c) &&
	    (c->tls == NULL || tls_is_shut(c->tls));
}

/*
 * Nothing moves any more: has the connection broken down?  Behind the peer's
 * orderly end a reset is of no interest, unless something was left to say.
 */
static int
breakdown(struct conn *c)
{
	bool orderly = c->eof && !c->truncated;
	int e = orderly ? 0 : c->end.rerr;

	if (e == 0 && !(orderly && c->shutdown))
		e = c->end.werr;
	if (buf_err(&c->in) == XERR_NOMEM || buf_err(&c->end.out) < 0)
		return fail(c, XERR_NOMEM, xerr_str(XERR_NOMEM), "");
	if (e == 0 || !c->end.rclosed || buf_len(&c->end.in) > 0)
		return 0;
	return fail(c, XERR_TEMP, "connection lost", strerror(e));
}

static void
trim(struct buf *b)
{
	if (buf_len(b) == 0 && b->cap > KEEP && buf_err(b) == 0)
		buf_release(b);
}

int
conn_step(struct conn *c)
{
	int r;

	if (c->err != 0)
		return c->err;
	if (buf_len(&c->end.in) > 0)
		quick_ack(c);
	r = c->tls != NULL ? step_tls(c) : step_plain(c);
	if (r == 0 && may_half_close(c)) {
		pump_close_out(&c->end);
		c->half_closed = true;
		return 1;
	}
	if (r == 0 && (r = breakdown(c)) == 0) {
		trim(&c->end.in);
		trim(&c->end.out);
		trim(&c->in);
		trim(&c->out);
	}
	return r;
}

struct buf *
conn_in(struct conn *c)
{
	return &c->in;
}

struct buf *
conn_out(struct conn *c)
{
	return &c->out;
}

bool
conn_is_secure(const struct conn *c)
{
	return c->tls != NULL && tls_established(c->tls);
}

const struct tls *
conn_tls(const struct conn *c)
{
	return c->tls;
}

bool
conn_eof(const struct conn *c)
{
	return c->eof;
}

bool
conn_truncated(const struct conn *c)
{
	return c->truncated;
}

bool
conn_drained(const struct conn *c)
{
	return c->end.werr == 0 && !c->truncated && is_flushed(c);
}

void
conn_shutdown(struct conn *c)
{
	c->shutdown = true;
}

const char *
conn_errmsg(const struct conn *c)
{
	return c->msg[0] != '\0' || c->tls == NULL ? c->msg :
	    tls_errmsg(c->tls);
}
