/*
 * One fault: the nth call of some function fails or comes up short.  Loaded by
 * LD_PRELOAD into a program of ours, for tests/faults.t.
 *
 *	FAULT=FUNCTION:N[:HOW]
 *
 * FUNCTION is read, write, poll, malloc, fsync, rename, open, connect or fork;
 * calls are counted from 1, those of the libraries too.  HOW is "short" (one
 * byte of read or write), or the name of an errno below; else it is what comes
 * first for the function.  When the fault has come to pass, the file $FAULT_LOG
 * is made: a run without it had fewer calls than N.  The variables are taken
 * out of the environment, so that only this process has the fault.
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/types.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum what { READ, WRITE, POLL, MALLOC, FSYNC, RENAME, OPEN, CONNECT, FORK,
	NONE };

static const char *const names[NONE] = {
	"read", "write", "poll", "malloc", "fsync", "rename", "open",
	"connect", "fork"
};
static const int usual[NONE] = {
	EIO, EIO, ENOMEM, ENOMEM, EIO, EIO, EMFILE, ECONNREFUSED, EAGAIN
};
static const struct { const char *name; int err; } errors[] = {
	{ "EINTR", EINTR }, { "ENOSPC", ENOSPC }, { "EAGAIN", EAGAIN },
	{ "ENOMEM", ENOMEM }, { "ECONNRESET", ECONNRESET },
	{ "EACCES", EACCES }, { "ENETUNREACH", ENETUNREACH },
};

static enum what target = NONE;
static long at, calls;
static int error;		/* 0: short */
static char log_name[4096];

static void *
real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

static void
set_how(const char *how)
{
	size_t i;

	error = usual[target];
	if (how != NULL && strcmp(how, "short") == 0)
		error = 0;
	for (i = 0; how != NULL && i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, how) == 0)
			error = errors[i].err;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *s = getenv("FAULT"), *log = getenv("FAULT_LOG"), *p;
	int i;

	if (s == NULL || log == NULL || strlen(log) >= sizeof(log_name) ||
	    (p = strchr(s, ':')) == NULL)
		return;
	memcpy(log_name, log, strlen(log) + 1);
	for (i = 0; i < NONE; i++)
		if (strlen(names[i]) == (size_t)(p - s) &&
		    strncmp(names[i], s, (size_t)(p - s)) == 0)
			target = (enum what)i;
	at = atol(p + 1);
	if (target != NONE)
		set_how(strchr(p + 1, ':') == NULL ? NULL :
		    strchr(p + 1, ':') + 1);
	unsetenv("FAULT");
	unsetenv("FAULT_LOG");
	unsetenv("LD_PRELOAD");
}

/* Is this call of WHAT the one?  Children of the process have no faults. */
static int
strikes(enum what what)
{
	static int (*real_open)(const char *, int, ...);
	int fd;

	if (what != target || ++calls != at)
		return 0;
	if (real_open == NULL)
		real_open = (int (*)(const char *, int, ...))real("open");
	if ((fd = real_open(log_name, O_WRONLY | O_CREAT | O_CLOEXEC,
	    0600)) >= 0)
		close(fd);
	errno = error;
	return 1;
}

ssize_t
read(int fd, void *buf, size_t n)
{
	static ssize_t (*f)(int, void *, size_t);

	if (f == NULL)
		f = (ssize_t (*)(int, void *, size_t))real("read");
	if (!strikes(READ))
		return f(fd, buf, n);
	return error != 0 ? -1 : f(fd, buf, n > 1 ? 1 : n);
}

ssize_t
recv(int fd, void *buf, size_t n, int flags)
{
	static ssize_t (*f)(int, void *, size_t, int);

	if (f == NULL)
		f = (ssize_t (*)(int, void *, size_t, int))real("recv");
	if (!strikes(READ))
		return f(fd, buf, n, flags);
	return error != 0 ? -1 : f(fd, buf, n > 1 ? 1 : n, flags);
}

ssize_t
write(int fd, const void *buf, size_t n)
{
	static ssize_t (*f)(int, const void *, size_t);

	if (f == NULL)
		f = (ssize_t (*)(int, const void *, size_t))real("write");
	if (!strikes(WRITE))
		return f(fd, buf, n);
	return error != 0 ? -1 : f(fd, buf, n > 1 ? 1 : n);
}

ssize_t
send(int fd, const void *buf, size_t n, int flags)
{
	static ssize_t (*f)(int, const void *, size_t, int);

	if (f == NULL)
		f = (ssize_t (*)(int, const void *, size_t, int))real("send");
	if (!strikes(WRITE))
		return f(fd, buf, n, flags);
	return error != 0 ? -1 : f(fd, buf, n > 1 ? 1 : n, flags);
}

/* With _FORTIFY_SOURCE these are called instead. */
ssize_t __read_chk(int, void *, size_t, size_t);
int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __open_2(const char *, int);

ssize_t
__read_chk(int fd, void *buf, size_t n, size_t size)
{
	if (n > size)
		abort();
	return read(fd, buf, n);
}

int
__poll_chk(struct pollfd *p, nfds_t n, int ms, size_t size)
{
	if (n > size / sizeof(*p))
		abort();
	return poll(p, n, ms);
}

int
__open_2(const char *path, int flags)
{
	return open(path, flags);
}

int
poll(struct pollfd *p, nfds_t n, int ms)
{
	static int (*f)(struct pollfd *, nfds_t, int);

	if (f == NULL)
		f = (int (*)(struct pollfd *, nfds_t, int))real("poll");
	return strikes(POLL) ? -1 : f(p, n, ms);
}

/* The C library's own; dlsym() itself would allocate. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *
malloc(size_t n)
{
	return strikes(MALLOC) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return strikes(MALLOC) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return strikes(MALLOC) ? NULL : __libc_realloc(p, n);
}

int
fsync(int fd)
{
	static int (*f)(int);

	if (f == NULL)
		f = (int (*)(int))real("fsync");
	return strikes(FSYNC) ? -1 : f(fd);
}

int
rename(const char *from, const char *to)
{
	static int (*f)(const char *, const char *);

	if (f == NULL)
		f = (int (*)(const char *, const char *))real("rename");
	return strikes(RENAME) ? -1 : f(from, to);
}

int
open(const char *path, int flags, ...)
{
	static int (*f)(const char *, int, ...);
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (f == NULL)
		f = (int (*)(const char *, int, ...))real("open");
	return strikes(OPEN) ? -1 : f(path, flags, mode);
}

int
connect(int fd, const struct sockaddr *a, socklen_t len)
{
	static int (*f)(int, const struct sockaddr *, socklen_t);

	if (f == NULL)
		f = (int (*)(int, const struct sockaddr *,
		    socklen_t))real("connect");
	return strikes(CONNECT) ? -1 : f(fd, a, len);
}

pid_t
fork(void)
{
	static pid_t (*f)(void);
	pid_t pid;

	if (f == NULL)
		f = (pid_t (*)(void))real("fork");
	if (strikes(FORK))
		return -1;
	if ((pid = f()) == 0)
		target = NONE;
	return pid;
}
