/* Reading small files that may hold a secret. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "account/privfile.h"

enum { PIPE_WAIT_MS = 10000 };

static int
flaws_of(const struct stat *st)
{
	int flaws = 0;

	if (st->st_mode & (S_IRGRP | S_IROTH))
		flaws |= PRIVFILE_READABLE;
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		flaws |= PRIVFILE_WRITABLE;
	if (st->st_uid != geteuid() && st->st_uid != 0)
		flaws |= PRIVFILE_FOREIGN;
	return flaws;
}

/* A status for errno as opening PATH left it. */
static int
no_file(const char *path, struct cli_err *e)
{
	int status = EX_CONFIG;

	if (errno == ENOENT || errno == ENOTDIR)
		status = EX_NOINPUT;
	else if (errno == ENOMEM || errno == EMFILE || errno == ENFILE)
		status = EX_OSERR;
	return cli_fail(e, status, "%s: %s", path, strerror(errno));
}

/* Bytes read, 0 at the end, -1 with errno; ETIMEDOUT where nobody writes. */
static ssize_t
read_some(int fd, void *p, size_t n)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t got;
	int r;

	for (;;) {
		if ((r = poll(&pfd, 1, PIPE_WAIT_MS)) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (r < 0 && errno != EINTR)
			return -1;
		if (r < 0)
			continue;
		if ((got = read(fd, p, n)) >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return -1;
	}
}

static int
read_all(struct buf *b, int fd, const char *path, struct cli_err *e)
{
	unsigned char *p;
	size_t len = 0;
	ssize_t n = 1;

	/* All the room at once: growing would leave copies behind. */
	buf_init(b, PRIVFILE_MAX + 2);
	if ((p = buf_reserve(b, PRIVFILE_MAX + 2)) == NULL)
		return cli_fail(e, EX_OSERR, "%s: out of memory", path);
	while (n > 0 && len <= PRIVFILE_MAX) {
		if ((n = read_some(fd, p + len, PRIVFILE_MAX + 1 - len)) < 0)
			return cli_fail(e,
			    errno == ETIMEDOUT ? EX_CONFIG : EX_IOERR,
			    "%s: %s", path, strerror(errno));
		len += (size_t)n;
		buf_commit(b, (size_t)n);
	}
	if (len > PRIVFILE_MAX)
		return cli_fail(e, EX_CONFIG, "%s: larger than %d bytes",
		    path, PRIVFILE_MAX);
	return 0;
}

int
privfile_read(struct buf *b, int *flaws, const char *path, struct cli_err *e)
{
	struct stat st;
	int fd, status;

	buf_init(b, 0);
	/* not blocking: nobody may have opened the other end of a FIFO yet */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return no_file(path, e);
	if (fstat(fd, &st) < 0)
		status = cli_fail(e, EX_IOERR, "%s: %s", path,
		    strerror(errno));
	else if (S_ISDIR(st.st_mode))
		status = cli_fail(e, EX_CONFIG, "%s: is a directory", path);
	else {
		*flaws = flaws_of(&st);
		status = read_all(b, fd, path, e);
	}
	close(fd);
	return status;
}
