/*
 * port: what a shell cannot ask about TCP ports of the loopback.
 *
 *	port free N		print N ports that nobody uses, one a line
 *	port wait PORT SECONDS	until somebody listens there; 1 if nobody does
 *
 * The free ones lie below the range that the kernel gives to outgoing
 * connections, so that none of those takes one before a server has bound it.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LOW = 10240, HIGH = 32767, TRIES = 1000, PAUSE_MS = 10 };

static struct sockaddr_in
loopback(unsigned port)
{
	struct sockaddr_in a;

	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons((unsigned short)port);
	return a;
}

static bool
is_free(unsigned port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;
	bool yes;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	yes = bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return yes;
}

static bool
listens(unsigned port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return yes;
}

static int
print_free(unsigned n)
{
	struct timespec now;
	unsigned port;
	int tries = TRIES;

	clock_gettime(CLOCK_REALTIME, &now);
	srand((unsigned)now.tv_nsec ^ (unsigned)getpid() << 12);
	while (n > 0 && tries-- > 0) {
		port = LOW + (unsigned)rand() % (HIGH - LOW + 1);
		if (is_free(port)) {
			printf("%u\n", port);
			n--;
		}
	}
	return n > 0;
}

static int
wait_listen(unsigned port, unsigned seconds)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	unsigned n = seconds * 1000 / PAUSE_MS;

	while (!listens(port)) {
		if (n-- == 0)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "free") == 0)
		return print_free((unsigned)strtoul(argv[2], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "wait") == 0)
		return wait_listen((unsigned)strtoul(argv[2], NULL, 10),
		    (unsigned)strtoul(argv[3], NULL, 10));
	fputs("usage: port free N | port wait PORT SECONDS\n", stderr);
	return 64;
}
