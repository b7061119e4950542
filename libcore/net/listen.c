/* Listening for connections, on loopback only. */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "net/listen.h"

static int
open_spare(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : pump_own(fd);
}

/* A socket bound to PORT that listens, or -1. */
static int
bound_socket(unsigned port)
{
	struct sockaddr_in sin;
	int fd, saved, on = 1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
	    (fd = pump_own(fd)) < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
listen_open(struct listener *l, unsigned port, struct buf *why)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd;

	if (port > 65535)
		errno = EINVAL;
	if (port > 65535 || (fd = bound_socket(port)) < 0) {
		buf_printf(why, "cannot listen on 127.0.0.1 port %u: %s", port,
		    strerror(errno));
		return XERR_SYS;
	}
	memset(&sin, 0, sizeof(sin));
	getsockname(fd, (struct sockaddr *)&sin, &len);
	pump_init(&l->end, fd, -1, true, 0, 0);
	l->end.watch = true;
	l->port = ntohs(sin.sin_port);
	l->spare = open_spare();
	return 0;
}

/*
 * Without a descriptor for it a connection would wait, and be reported, for
 * ever: take it with the spare one and drop it.  The system may well complain
 * before it looks whether one waits at all.
 */
static int
drop_one(struct listener *l)
{
	int fd;

	if (l->spare >= 0)
		close(l->spare);
	if ((fd = accept(l->end.rfd, NULL, NULL)) >= 0)
		close(fd);
	l->spare = open_spare();
	return fd >= 0 ? XERR_NOMEM : 0;
}

int
listen_accept(struct listener *l, int *out)
{
	int fd;

	do
		fd = accept(l->end.rfd, NULL, NULL);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd >= 0 && (fd = pump_own(fd)) >= 0) {
		*out = fd;
		return 1;
	}
	switch (errno) {
	case EAGAIN:
#if EAGAIN != EWOULDBLOCK
	case EWOULDBLOCK:
#endif
		return 0;
	case EMFILE:
	case ENFILE:
		return drop_one(l);
	case ENOMEM:
	case ENOBUFS:
		return XERR_NOMEM;
	default:
		return XERR_SYS;
	}
}

void
listen_close(struct listener *l)
{
	pump_release(&l->end);
	if (l->spare >= 0)
		close(l->spare);
	l->spare = -1;
}
