/* The dialer's part that has a proxy connect. */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "net/dial_int.h"
#include "net/proxy.h"
#include "net/pump.h"

enum { WHY_MAX = 1000 };

/* On the way to a target: to the proxy first, which then is asked. */
struct dial_hop {
	struct target *target;
	struct dialer *way;	/* to the proxy */
	int fd;			/* to it, or -1 */
	int64_t began;		/* to ask it */
	struct proxy p;
};

/* Send what is pending as far as the socket takes it; 0 or an errno. */
static int
send_some(struct proxy *p, int fd)
{
	const void *data;
	size_t n;
	ssize_t r;

	while ((n = proxy_pending(p, &data)) > 0) {
		r = send(fd, data, n, MSG_NOSIGNAL);
		if (r < 0)
			return errno == EINTR || errno == EAGAIN ||
			    errno == EWOULDBLOCK ? 0 : errno;
		proxy_sent(p, (size_t)r);
	}
	return 0;
}

/* Read what is wanted, as far as it is there: as proxy_feed(). */
static int
receive_some(struct proxy *p, int fd)
{
	unsigned char tmp[512];
	size_t want;
	ssize_t n;
	int r = 0;

	while (r == 0 && (want = proxy_want(p)) > 0) {
		n = recv(fd, tmp, want < sizeof(tmp) ? want : sizeof(tmp), 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN ||
		    errno == EWOULDBLOCK))
			return 0;
		/* A reset is an end like any other here. */
		r = proxy_feed(p, tmp, n < 0 ? 0 : (size_t)n);
	}
	return r;
}

/* As far as it goes: 1 when the proxy has connected, 0, or its refusal. */
static int
talk(struct proxy *p, int fd, int64_t deadline)
{
	int r;

	if (send_some(p, fd) != 0)
		return proxy_feed(p, NULL, 0);
	if ((r = receive_some(p, fd)) != 0)
		return r;
	/* the answer may have led to a question */
	if (send_some(p, fd) != 0)
		return proxy_feed(p, NULL, 0);
	if (deadline < 0 || pump_now() < deadline)
		return 0;
	snprintf(p->msg, sizeof(p->msg), "the proxy does not answer in time");
	return XERR_TEMP;
}

/* Begin the way to the next target; DIAL_OVER if there is none. */
static int
dial_hop_new(struct dialer *d, struct buf *why)
{
	struct dial_config cf = d->cf;
	struct target *t = d->t;
	struct dial_hop *h;
	int r;

	while (t < d->t + d->nt && t->done)
		t++;
	if (t == d->t + d->nt)
		return DIAL_OVER;
	if ((h = d->hop = calloc(1, sizeof(*h))) == NULL)
		return XERR_NOMEM;
	t->done = true;
	h->target = t;
	h->fd = -1;
	snprintf(d->address, sizeof(d->address), strchr(t->host, ':') == NULL ?
	    "%.60s:%u" : "[%.60s]:%u", t->host, t->port);
	cf.host = d->proxy->host;
	cf.port = d->proxy->port;
	cf.proxy = NULL;
	if ((r = proxy_init(&h->p, d->proxy, t->host, t->port)) < 0)
		return r;
	if ((r = dialer_new(&h->way, &cf, why)) == 0)
		h->way->from = "the proxy";
	return r;
}

void
dial_hop_free(struct dialer *d)
{
	struct dial_hop *h = d->hop;

	d->hop = NULL;
	if (h == NULL)
		return;
	dialer_free(h->way);
	if (h->fd >= 0)
		close(h->fd);
	proxy_release(&h->p);
	free(h);
}

/* Go to the proxy: 1 when there, 0 while not, or an error, which is noted. */
static int
reach(struct dialer *d, const struct pollfd *p, size_t n)
{
	struct dial_target t;
	struct buf why;
	int r = 0;

	buf_init(&why, WHY_MAX);
	if (d->hop == NULL)
		r = dial_hop_new(d, &why);
	if (r == 0)
		r = dialer_step(d->hop->way, p, n, &d->hop->fd, &t, &why);
	if (r == 1)
		d->hop->began = pump_now();
	if (r < 0 && r != DIAL_OVER)
		dial_note(d, r, "the proxy", buf_str(&why) == NULL ||
		    buf_len(&why) == 0 ? xerr_str(r) : buf_str(&why));
	buf_release(&why);
	return r;
}

/* Have it connect to the target: the same. */
static int
ask(struct dialer *d)
{
	struct dial_hop *h = d->hop;
	int r = talk(&h->p, h->fd, d->cf.deadline);
	int ms = (int)(pump_now() - h->began);

	if (r == 1)
		dial_log(d, "%s (%s): connected by the proxy in %d ms",
		    d->address, h->target->from, ms);
	if (r < 0) {
		dial_log(d, "%s (%s): %s after %d ms", d->address,
		    h->target->from, h->p.msg, ms);
		dial_note(d, r, d->address, h->p.msg[0] != '\0' ? h->p.msg :
		    xerr_str(r));
	}
	return r;
}

int
dial_hop_step(struct dialer *d, const struct pollfd *p, size_t n, int *fd)
{
	int r;

	if ((r = dial_plan_step(d)) < 0)
		return r;
	if (d->hop == NULL || d->hop->fd < 0)
		r = reach(d, p, n);
	if (r == 1)
		r = ask(d);
	if (r == 1) {
		d->won = d->hop->target;
		*fd = d->hop->fd;
		d->hop->fd = -1;
	}
	if (r != 0)
		dial_hop_free(d);
	return r;
}

size_t
dial_hop_fds(struct dialer *d, struct pollfd *p, int64_t *until)
{
	struct dial_hop *h = d->hop;
	const void *data;

	if (h->fd < 0)
		return dialer_fds(h->way, p, until);
	*until = d->cf.deadline;
	*p = (struct pollfd){ .fd = h->fd, .events = (short)(POLLIN |
	    (proxy_pending(&h->p, &data) > 0 ? POLLOUT : 0)) };
	return 1;
}
