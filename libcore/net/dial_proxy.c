/* The dialer's part that has a proxy connect. */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "net/dial_local.h"
#include "net/proxy.h"
#include "net/pump.h"

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

/* Until the proxy has connected, refused, or the time is up. */
static int
talk(struct proxy *p, int fd, int64_t deadline)
{
	const void *data;
	struct pollfd pfd = { .fd = fd };
	int r = 0;

	while (r == 0) {
		if (send_some(p, fd) != 0)
			return proxy_feed(p, NULL, 0);
		pfd.events = (short)(POLLIN |
		    (proxy_pending(p, &data) > 0 ? POLLOUT : 0));
		r = poll(&pfd, 1, dial_poll_ms(deadline));
		if (r < 0 && errno != EINTR)
			return XERR_SYS;
		if (r <= 0 && deadline >= 0 && pump_now() >= deadline) {
			snprintf(p->msg, sizeof(p->msg), "%s",
			    "the proxy does not answer in time");
			return XERR_TEMP;
		}
		r = receive_some(p, fd);
	}
	return r < 0 ? r : 0;
}

static int
connect_to_proxy(struct dialer *d, int *fd)
{
	struct dial_config cf = d->cf;
	struct buf why;
	int r;

	cf.host = d->proxy->host;
	cf.port = d->proxy->port;
	cf.proxy = NULL;
	buf_init(&why, 1000);
	if ((r = dial(fd, &cf, &why)) < 0)
		dial_note(d, r, "the proxy", buf_str(&why) == NULL ?
		    xerr_str(r) : buf_str(&why));
	buf_release(&why);
	return r;
}

/* Have the proxy connect FD to T. */
static int
ask(struct dialer *d, const struct target *t, int fd)
{
	int64_t begin = pump_now();
	struct proxy p;
	int r, ms;

	if ((r = proxy_init(&p, d->proxy, t->host, t->port)) == 0)
		r = talk(&p, fd, d->cf.deadline);
	ms = (int)(pump_now() - begin);
	snprintf(d->address, sizeof(d->address), "%.60s:%u", t->host, t->port);
	if (r == 0)
		dial_log(d, "%s (%s): connected by the proxy in %d ms",
		    d->address, t->from, ms);
	else {
		dial_log(d, "%s (%s): %s after %d ms", d->address, t->from,
		    p.msg, ms);
		dial_note(d, r, d->address, p.msg[0] != '\0' ? p.msg :
		    xerr_str(r));
	}
	proxy_release(&p);
	return r;
}

int
proxy_run(struct dialer *d, int *out)
{
	struct target *t;
	int fd, r;

	if ((r = plan_step(d)) < 0)
		return r;
	for (t = d->t; t < d->t + d->nt; t++) {
		if (t->done)
			continue;
		t->done = true;
		if ((r = connect_to_proxy(d, &fd)) < 0)
			return r;
		if (ask(d, t, fd) == 0) {
			d->won = t;
			*out = fd;
			return 0;
		}
		close(fd);
	}
	return d->verdict;
}
