/* Records in and out, by large blocks. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/blockio.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "net/pump.h"

void
out_init(struct out *o, int fd)
{
	o->fd = fd;
	o->len = 0;
}

/*
 * Whether the call that failed is worth another try.  A descriptor that others
 * have made non-blocking (it is shared with them) is waited for.
 */
static bool
try_again(int fd, short events)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return poll(&(struct pollfd){ fd, events, 0 }, 1, -1) >= 0 ||
		    errno == EINTR;
	return errno == EINTR;
}

ssize_t
blockio_read(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && try_again(fd, POLLIN));
	return got;
}

static struct pump_end *stop_at;

void
blockio_stop_at(struct pump_end *signals)
{
	stop_at = signals;
}

/*
 * May something be written to FD without waiting?  In portions that a pipe
 * takes whole; false when it is time to stop.
 */
static bool
wait_for_reader(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (!signals_ask_to_stop(stop_at)) {
		p.revents = 0;
		if (pump_poll_also(&stop_at, 1, &p, 1, -1) < 0 ||
		    p.revents != 0)
			return true;
	}
	return false;
}

void
blockio_write(int fd, const void *data, size_t len)
{
	const char *p = data;
	size_t most;
	ssize_t n;

	while (len > 0) {
		if (stop_at != NULL && !wait_for_reader(fd))
			return;
		most = stop_at != NULL && len > PIPE_BUF ? PIPE_BUF : len;
		if ((n = write(fd, p, most)) < 0) {
			if (try_again(fd, POLLOUT))
				continue;
			cli_stdout_failed(errno);
		}
		p += n;
		len -= (size_t)n;
	}
}

void
out_flush(struct out *o)
{
	size_t len = o->len;

	/* first, lest a failure that flushes at exit write it twice */
	o->len = 0;
	blockio_write(o->fd, o->mem, len);
}

void
out_put_slow(struct out *o, const void *data, size_t n)
{
	out_flush(o);
	if (n > sizeof(o->mem))
		blockio_write(o->fd, data, n);
	else
		out_put(o, data, n);
}

void
in_init(struct in *i, int fd, int delim, struct out *flush)
{
	i->fd = fd;
	i->delim = delim;
	i->flush = flush;
	i->start = i->end = 0;
	i->eof = i->cut = false;
}

/* Read behind what is there, which is moved to the front for it. */
static int
fill(struct in *i)
{
	ssize_t n;

	if (i->flush != NULL)
		out_flush(i->flush);
	memmove(i->mem, i->mem + i->start, i->end - i->start);
	i->end -= i->start;
	i->start = 0;
	n = blockio_read(i->fd, i->mem + i->end, sizeof(i->mem) - i->end);
	if (n < 0)
		return XERR_SYS;
	i->eof = n == 0;
	i->end += (size_t)n;
	return 0;
}

/* Hand out N bytes and skip the end of the record, if SKIP. */
static int
hand_out(struct in *i, const char **s, size_t *len, size_t n, bool skip)
{
	bool rest = i->cut;

	*s = i->mem + i->start;
	*len = n;
	i->start += n + (skip ? 1 : 0);
	i->cut = !skip && !i->eof;
	return rest ? IN_REST : IN_RECORD;
}

int
in_next_slow(struct in *i, const char **s, size_t *len)
{
	size_t n, looked = 0;
	const char *p;

	for (;;) {
		n = i->end - i->start;
		/* only what is new can have the end */
		p = memchr(i->mem + i->start + looked, i->delim, n - looked);
		if (p != NULL)
			return hand_out(i, s, len,
			    (size_t)(p - i->mem) - i->start, true);
		if (i->eof && n == 0 && !i->cut)
			return IN_END;
		if (i->eof || n == sizeof(i->mem))
			return hand_out(i, s, len, n, false);
		looked = n;
		if (fill(i) < 0)
			return XERR_SYS;
	}
}
