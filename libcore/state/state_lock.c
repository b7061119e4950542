/*
 * What is remembered of an account: one run at a time changes it.
 *
 * The lock is fcntl()'s on a file of the directory that stays: it ends with
 * the process that has it, however that ends, so none can be left behind.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "state/state_int.h"
#include "net/pump.h"

enum {
	WAIT_MS = 1000,		/* longer than any save takes */
	TURN_MS = 2		/* between two attempts, and as much again */
};

static int
open_lock(const char *dir)
{
	int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	if (d < 0)
		return -1;
	fd = openat(d, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0600);
	close(d);
	return fd < 0 ? -1 : pump_own(fd);
}

/* 1 if FD is locked now, 0 if by somebody else, -1 if it cannot be. */
static int
try_lock(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &l) == 0)
		return 1;
	return errno == EACCES || errno == EAGAIN || errno == EINTR ? 0 : -1;
}

int
state_lock(const char *dir)
{
	int64_t end = pump_deadline(WAIT_MS);
	int fd = open_lock(dir), r = -1;

	/* asked for again and again: F_SETLKW may wait for ever */
	while (fd >= 0 && (r = try_lock(fd)) == 0 && pump_now() < end)
		poll(NULL, 0, TURN_MS + (int)(getpid() % TURN_MS));
	if (fd >= 0 && r <= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
state_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}
