/* The dialer's part that connects: several addresses at a time. */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "net/dial_int.h"
#include "net/pump.h"

enum { STAGGER = 250 };		/* ms; RFC 8305 section 5 */

void
dial_address(char text[DIAL_ADDRESS], const struct addr *a)
{
	const struct sockaddr_in6 *in6 = (const void *)&a->ss;
	const struct sockaddr_in *in = (const void *)&a->ss;
	bool six = a->ss.ss_family == AF_INET6;
	char ip[INET6_ADDRSTRLEN] = "?";

	inet_ntop(a->ss.ss_family, six ? (const void *)&in6->sin6_addr :
	    (const void *)&in->sin_addr, ip, sizeof(ip));
	snprintf(text, DIAL_ADDRESS, six ? "[%s]:%u" : "%s:%u", ip,
	    ntohs(six ? in6->sin6_port : in->sin_port));
}

/* What errno E of a connect() means to who dialed. */
static int
verdict(int e)
{
	switch (e) {
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
		return XERR_NOMEM;
	case ETIMEDOUT:
	case EAGAIN:
		return XERR_TEMP;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return DIAL_NO_ROUTE;
	default:
		return XERR_UNAVAIL;
	}
}

static void
note_failure(struct dialer *d, const struct target *t, const struct addr *a,
    int64_t started, int e)
{
	char text[DIAL_ADDRESS];

	dial_address(text, a);
	dial_log(d, "%s (%s, %s): %s after %d ms", text, t->host, t->from,
	    strerror(e), (int)(pump_now() - started));
	dial_note_at(d, verdict(e), text, t, strerror(e));
	/* Nothing is won by waiting any longer. */
	d->next_start = pump_now();
}

/* A free port of our own range may connect to itself. */
static bool
is_itself(int fd)
{
	struct sockaddr_storage a, b;
	socklen_t na = sizeof(a), nb = sizeof(b);

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	return getsockname(fd, (struct sockaddr *)&a, &na) == 0 &&
	    getpeername(fd, (struct sockaddr *)&b, &nb) == 0 && na == nb &&
	    memcmp(&a, &b, na) == 0;
}

int
dial_race_start(struct dialer *d, struct target *t, struct addr *a)
{
	int64_t now = pump_now();
	int fd;

	a->tried = true;
	fd = socket(a->ss.ss_family, SOCK_STREAM, 0);
	if (fd >= 0)
		fd = pump_own(fd);
	if (fd < 0 && verdict(errno) == XERR_NOMEM)
		return XERR_NOMEM;
	if (fd < 0 || (connect(fd, (struct sockaddr *)&a->ss, a->len) < 0 &&
	    errno != EINPROGRESS && errno != EINTR)) {
		note_failure(d, t, a, now, errno);
		if (fd >= 0)
			close(fd);
		return 0;
	}
	d->f[d->nf++] = (struct flight){ fd, t, a, now };
	d->last_start = now;
	d->next_start = now + STAGGER;
	return 0;
}

size_t
dial_race_fds(const struct dialer *d, struct pollfd *p)
{
	size_t i;

	for (i = 0; i < d->nf; i++)
		p[i] = (struct pollfd){ .fd = d->f[i].fd, .events = POLLOUT };
	return d->nf;
}

static void
land(struct dialer *d, const struct flight *f)
{
	dial_address(d->address, f->addr);
	dial_log(d, "%s (%s, %s): connected in %d ms", d->address,
	    f->target->host, f->target->from,
	    (int)(pump_now() - f->started));
	d->won = f->target;
	d->won_by = f->addr;
}

/* F has come to an end: its descriptor if it connected, or -1. */
static int
ended(struct dialer *d, const struct flight *f)
{
	socklen_t len = sizeof(int);
	int e = 0;

	if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	if (e == 0 && is_itself(f->fd))
		e = ECONNREFUSED;
	if (e == 0) {
		land(d, f);
		return f->fd;
	}
	note_failure(d, f->target, f->addr, f->started, e);
	close(f->fd);
	return -1;
}

int
dial_race_check(struct dialer *d, const struct pollfd *p, size_t n)
{
	struct flight f;
	int fd = -1;
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		f = d->f[i];
		if (fd >= 0 || p[i].revents == 0)
			d->f[kept++] = f;
		else
			fd = ended(d, &f);
	}
	d->nf = kept;
	return fd;
}

void
dial_race_cancel(struct dialer *d)
{
	struct flight *f;

	for (; d->nf > 0; d->nf--) {
		f = &d->f[d->nf - 1];
		close(f->fd);
		/* Its turn comes again, if the winner fails later. */
		f->addr->tried = false;
		f->target->done = false;
	}
}

void
dial_race_time_up(struct dialer *d)
{
	size_t i;

	for (i = 0; i < d->nf; i++) {
		note_failure(d, d->f[i].target, d->f[i].addr, d->f[i].started,
		    ETIMEDOUT);
		close(d->f[i].fd);
	}
	d->nf = 0;
}
