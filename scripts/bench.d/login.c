/*
 * login HEARD TRACE COMMAND...: run a command that sends one message.  HEARD is
 * a file to which somebody near the server writes a line when the message is
 * there; TRACE is one to which the command writes a trace(5), or "".  Prints
 * milliseconds until the message is there, until the server's acknowledgement
 * has come, by the trace, or "-", and until the command ends; those of CPU; and
 * its peak resident set in KiB.  A small program, because a child's peak begins
 * with what its parent has.
 */
#define _GNU_SOURCE	/* memmem() */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 20, TRACE_MAX = 1 << 16 };

/* The clock of the trace. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static pid_t
start(char **argv)
{
	pid_t pid = vfork();
	int null;

	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static double
ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

/*
 * An <a/>; or the answer to the ping that xmpp-send sends instead, the first of
 * its kind, where what it knew of the server did not have XEP-0198 yet.
 */
static bool
is_acknowledgement(const char *s, size_t len)
{
	return memmem(s, len, "<a ", 3) != NULL ||
	    (memmem(s, len, "<iq ", 4) != NULL &&
	    memmem(s, len, "-1'", 3) != NULL);
}

/* When what was received had one; 0 if it never had. */
static double
acknowledged(const char *path)
{
	static char text[TRACE_MAX + 1];
	FILE *f = fopen(path, "r");
	char *p, *end, *head;
	size_t len;
	double when;

	if (f == NULL)
		return 0;
	end = text + fread(text, 1, TRACE_MAX, f);
	fclose(f);
	for (p = strchr(text, '\n'); p != NULL && ++p < end; p += len) {
		head = p;
		when = strtod(p + 1, &p);
		len = strtoul(p, &p, 10);
		if (len > (size_t)(end - p) || *p++ != '\n')
			break;
		if (*head == '<' && is_acknowledgement(p, len))
			return when * 1e3;
	}
	return 0;
}

static void
print(double after, double begin)
{
	if (after == 0)
		printf("- ");
	else
		printf("%.1f ", after - begin);
}

int
main(int argc, char *argv[])
{
	struct timespec nap = { .tv_nsec = 100000 };
	double begin = now(), there = 0, end = 0;
	int status = -1;
	struct stat st;
	struct rusage ru;
	off_t size;
	pid_t pid;

	if (argc < 4 || stat(argv[1], &st) < 0)
		return 64;
	size = st.st_size;
	if ((pid = start(argv + 3)) < 0)
		return 71;
	while ((there == 0 || end == 0) && now() < begin + LIMIT * 1e3) {
		nanosleep(&nap, NULL);
		if (there == 0 && stat(argv[1], &st) == 0 && st.st_size > size)
			there = now();
		if (end == 0 && waitpid(pid, &status, WNOHANG) == pid)
			end = now();
	}
	if (end == 0)
		kill(pid, SIGKILL);
	getrusage(RUSAGE_CHILDREN, &ru);
	if (there == 0 || end == 0 || status != 0)
		return 1;
	print(there, begin);
	print(acknowledged(argv[2]), begin);
	print(end, begin);
	printf("%.1f %ld\n", ms(ru.ru_utime) + ms(ru.ru_stime), ru.ru_maxrss);
	return 0;
}
