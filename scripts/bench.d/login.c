/*
 * login HEARD COMMAND...: run a command that sends one message.  HEARD is a file
 * to which somebody near the server writes a line when the message is there.
 * Prints milliseconds until then and until the command ends, those of CPU, and
 * its peak resident set in KiB.  A small program, because a child's peak begins
 * with what its parent has.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 20 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
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

int
main(int argc, char *argv[])
{
	struct timespec nap = { .tv_nsec = 300000 };
	double begin = now(), there = 0, end = 0;
	int status = -1;
	struct stat st;
	struct rusage ru;
	off_t size;
	pid_t pid;

	if (argc < 3 || stat(argv[1], &st) < 0)
		return 64;
	size = st.st_size;
	if ((pid = start(argv + 2)) < 0)
		return 71;
	while ((there == 0 || end == 0) && now() < begin + LIMIT * 1e3) {
		nanosleep(&nap, NULL);
		if (there == 0 && stat(argv[1], &st) == 0 && st.st_size > size)
			there = now();
		if (end == 0 && waitpid(pid, &status, WNOHANG) == pid)
			end = now();
	}
	getrusage(RUSAGE_CHILDREN, &ru);
	if (there == 0 || end == 0 || status != 0)
		return 1;
	printf("%.1f %.1f %.1f %ld\n", there - begin, end - begin,
	    ms(ru.ru_utime) + ms(ru.ru_stime), ru.ru_maxrss);
	return 0;
}
