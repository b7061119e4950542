/* The one poll loop: descriptors with a bounded queue in each direction. */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xerr.h"
#include "net/pump.h"

enum {
	READ_SIZE = 32768,
	FEW = 16,		/* descriptors that need no malloc() */
	BROKEN = POLLERR | POLLHUP | POLLNVAL
};

#ifndef PIPE_BUF		/* where it varies by file, its least */
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

void
pump_init(struct pump_end *e, int rfd, int wfd, bool ours, size_t max_in,
    size_t max_out)
{
	*e = (struct pump_end){ .rfd = rfd, .wfd = wfd, .ours = ours };
	buf_init(&e->in, max_in);
	buf_init(&e->out, max_out);
}

void
pump_release(struct pump_end *e)
{
	if (e->ours && e->rfd >= 0)
		close(e->rfd);
	if (e->ours && e->wfd >= 0 && e->wfd != e->rfd)
		close(e->wfd);
	e->rfd = e->wfd = -1;
	buf_release(&e->in);
	buf_release(&e->out);
}

size_t
pump_unread(const struct pump_end *e)
{
	struct stat st;
	int n = 0;

	/* Linux tells it at either side of a pipe */
	if (e->wfd < 0 || fstat(e->wfd, &st) < 0 || !S_ISFIFO(st.st_mode) ||
	    ioctl(e->wfd, FIONREAD, &n) < 0 || n < 0)
		return 0;
	return (size_t)n;
}

void
pump_close_out(struct pump_end *e)
{
	if (e->wfd >= 0 && e->wfd == e->rfd)
		shutdown(e->wfd, SHUT_WR);
	else if (e->wfd >= 0 && e->ours)
		close(e->wfd);
	e->wfd = -1;
	e->wclosed = true;
	buf_release(&e->out);
}

int
pump_own(int fd)
{
	int high, flags, saved;

	if (fd >= 0 && fd <= 2) {
		high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		saved = errno;
		close(fd);
		errno = saved;
		if ((fd = high) < 0)
			return -1;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    (flags = fcntl(fd, F_GETFL)) < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

int64_t
pump_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
pump_deadline(int64_t ms)
{
	int64_t now = pump_now();

	if (ms < 0)
		return -1;
	return ms > INT64_MAX - now ? INT64_MAX : now + ms;
}

/* What poll() is to wait at most, in its own type. */
static int
poll_ms(int64_t deadline)
{
	int64_t ms;

	if (deadline < 0)
		return -1;
	ms = deadline - pump_now();
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void
end_reading(struct pump_end *e, int err)
{
	e->rclosed = true;
	e->rerr = err;
}

static void
end_writing(struct pump_end *e, int err)
{
	e->wclosed = true;
	e->werr = err;
	buf_release(&e->out);
}

/* One read, since a second might block where the descriptor is shared. */
static bool
do_read(struct pump_end *e, int revents)
{
	unsigned char tmp[READ_SIZE];
	size_t n = buf_room(&e->in);
	ssize_t r;

	r = read(e->rfd, tmp, n < sizeof(tmp) ? n : sizeof(tmp));
	if (r > 0) {
		if (buf_put(&e->in, tmp, (size_t)r) < 0)
			end_reading(e, ENOMEM);
		return true;
	}
	if (r < 0 && errno == EINTR)
		return false;
	if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		/* Hung up and yet nothing to read: would be polled for ever. */
		if ((revents & BROKEN) == 0 || (revents & POLLIN) != 0)
			return false;
		errno = EIO;
	}
	end_reading(e, r < 0 ? errno : 0);
	return true;
}

static bool
do_write(struct pump_end *e, int revents)
{
	size_t n = buf_len(&e->out);
	ssize_t r;

	if (!e->ours && n > PIPE_BUF)
		n = PIPE_BUF;
	r = write(e->wfd, buf_data(&e->out), n);
	if (r >= 0) {
		buf_consume(&e->out, (size_t)r);
		return r > 0;
	}
	if (errno == EINTR)
		return false;
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		if ((revents & BROKEN) == 0 || (revents & POLLOUT) != 0)
			return false;
		errno = EPIPE;
	}
	end_writing(e, errno);
	return true;
}

static bool
wants_read(const struct pump_end *e)
{
	return e->rfd >= 0 && !e->rclosed && !e->paused &&
	    (e->watch || buf_room(&e->in) > 0);
}

static bool
wants_write(const struct pump_end *e)
{
	return e->wfd >= 0 && !e->wclosed && buf_len(&e->out) > 0;
}

static int
slot(struct pollfd *p, int *n, int fd, int events)
{
	p[*n] = (struct pollfd){ .fd = fd, .events = (short)events };
	return (*n)++;
}

/* Add E's descriptors to the N at P. */
static void
prepare(struct pump_end *e, struct pollfd *p, int *n)
{
	e->ready = false;
	e->rslot = e->wslot = -1;
	if (e->wclosed)
		buf_release(&e->out);
	if (wants_read(e))
		e->rslot = slot(p, n, e->rfd, POLLIN);
	if (e->wfd >= 0 && e->wfd == e->rfd) {
		if (wants_write(e) && e->rslot >= 0)
			p[e->wslot = e->rslot].events |= POLLOUT;
		else if (wants_write(e))
			e->wslot = slot(p, n, e->wfd, POLLOUT);
	} else if (e->wfd >= 0 && !e->wclosed) {
		/* With nothing to write, its reader may leave all the same. */
		e->wslot = slot(p, n, e->wfd, wants_write(e) ? POLLOUT : 0);
	}
}

/* Something may be read from E. */
static bool
input(struct pump_end *e, int revents)
{
	if ((revents & (POLLIN | BROKEN)) == 0)
		return false;
	if ((revents & POLLNVAL) != 0)
		end_reading(e, EBADF);
	else if (e->watch)
		e->ready = true;
	else
		return do_read(e, revents);
	return true;
}

static bool
output(struct pump_end *e, int revents)
{
	if ((revents & (POLLOUT | BROKEN)) == 0)
		return false;
	if ((revents & POLLNVAL) != 0)
		end_writing(e, EBADF);
	else if (buf_len(&e->out) == 0)
		end_writing(e, EPIPE);
	else
		return do_write(e, revents);
	return true;
}

static bool
dispatch(struct pump_end *e, const struct pollfd *p)
{
	bool moved = false;

	/* Writing first: it makes room for the answer to what is read. */
	if (e->wslot >= 0)
		moved |= output(e, p[e->wslot].revents);
	if (e->rslot >= 0)
		moved |= input(e, p[e->rslot].revents);
	return moved;
}

/* What poll() said of the N at FROM to those at TO; of how many anything. */
static int
hand_on(struct pollfd *to, const struct pollfd *from, size_t n)
{
	int told = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		to[i].revents = from[i].revents;
		told += to[i].revents != 0;
	}
	return told;
}

static int
poll_ends(struct pump_end *const *ends, size_t n, struct pollfd *also,
    size_t nalso, struct pollfd *p, int64_t deadline)
{
	int active = 0, moved, r;
	size_t i;

	for (i = 0; i < n; i++)
		if (ends[i] != NULL)
			prepare(ends[i], p, &active);
	for (i = 0; i < nalso; i++) {
		p[active + (int)i] = also[i];
		also[i].revents = 0;
	}
	if (active == 0 && nalso == 0 && deadline < 0)
		return XERR_INTERNAL;
	r = poll(p, (nfds_t)active + nalso, poll_ms(deadline));
	if (r < 0)
		return errno == EINTR ? 0 :
		    errno == EAGAIN || errno == ENOMEM ? XERR_NOMEM : XERR_SYS;
	if (r == 0)
		return 0;
	moved = hand_on(also, p + active, nalso);
	for (i = 0; i < n; i++)
		if (ends[i] != NULL)
			moved += dispatch(ends[i], p);
	return moved;
}

int
pump_poll_also(struct pump_end *const *ends, size_t n, struct pollfd *also,
    size_t nalso, int64_t deadline)
{
	struct pollfd few[FEW], *p = few;
	int r, saved;

	if (n > INT_MAX / 4 || nalso > INT_MAX / 4)
		return XERR_LIMIT;
	if (2 * n + nalso > FEW &&
	    (p = calloc(2 * n + nalso, sizeof(*p))) == NULL)
		return XERR_NOMEM;
	r = poll_ends(ends, n, also, nalso, p, deadline);
	if (p != few) {
		saved = errno;
		free(p);
		errno = saved;
	}
	return r;
}

int
pump_poll(struct pump_end *const *ends, size_t n, int64_t deadline)
{
	return pump_poll_also(ends, n, NULL, 0, deadline);
}
