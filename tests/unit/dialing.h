/*
 * What the tests that dial share: ports that listen, refuse or are silent, and
 * what the dialer has said.
 */
#ifndef DIALING_H
#define DIALING_H

#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/pump.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { PATIENCE = 10000 };

static struct buf logged;	/* the lines of dial_config's log */
static char why[5000];		/* the last error's */

static inline void
keep_log(void *arg, const char *line)
{
	(void)arg;
	buf_printf(&logged, "%s\n", line);
}

/* A socket on ADDRESS and *PORT (0: a free one) that listens, or only binds. */
static inline int
hold(const char *address, unsigned *port, bool listening)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	bool six = strchr(address, ':') != NULL;
	void *sa = six ? (void *)&in6 : (void *)&sin;
	socklen_t len = six ? sizeof(in6) : sizeof(sin);
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	inet_pton(AF_INET, address, &sin.sin_addr);
	inet_pton(AF_INET6, address, &in6.sin6_addr);
	sin.sin_port = in6.sin6_port = htons((uint16_t)*port);
	if (bind(fd, sa, len) < 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, sa, &len);
	*port = ntohs(six ? in6.sin6_port : sin.sin_port);
	if (listening)
		assert_int_equal(listen(fd, 100), 0);
	return fd;
}

/* One that neither accepts nor refuses: its queue is full. */
static inline int
black_hole(const char *address, unsigned *port, int clog[4])
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = hold(address, port, false), i;

	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 0), 0);
	inet_pton(AF_INET, address, &sin.sin_addr);
	sin.sin_port = htons((uint16_t)*port);
	for (i = 0; i < 4; i++) {
		clog[i] = pump_own(socket(AF_INET, SOCK_STREAM, 0));
		connect(clog[i], (void *)&sin, sizeof(sin));
	}
	return fd;
}

static inline void
close_all(int fd, const int clog[4])
{
	int i;

	close(fd);
	for (i = 0; i < 4; i++)
		close(clog[i]);
}

#endif
