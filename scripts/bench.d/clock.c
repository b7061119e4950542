/*
 * clock RUNS INPUT COMMAND...: run the command so often with the file INPUT for
 * its standard input and what it prints thrown away; print the least wall time in
 * seconds and the largest resident set in KiB.  With RUNS of a hundred or more,
 * the median in place of the least.  Nothing is run again after three seconds.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNS = 10000 };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
run(const char *input, char **argv)
{
	double start = now();
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		int in = open(input, O_RDONLY), out = open("/dev/null",
		    O_WRONLY);

		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1) {
		fprintf(stderr, "clock: %s failed\n", argv[0]);
		exit(1);
	}
	return now() - start;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
main(int argc, char *argv[])
{
	static double t[MAX_RUNS];
	double total = 0;
	struct rusage ru;
	int i, n, runs;

	runs = argc > 3 ? (int)strtol(argv[1], NULL, 10) : 0;
	if (runs < 1 || runs > MAX_RUNS) {
		fputs("usage: clock RUNS INPUT COMMAND...\n", stderr);
		return 64;
	}
	for (i = n = 0; i < runs; i++) {
		t[n++] = run(argv[2], argv + 3);
		if ((total += t[i]) > 3)
			break;
	}
	qsort(t, (size_t)n, sizeof(t[0]), compare);
	getrusage(RUSAGE_CHILDREN, &ru);
	printf("%.6f %ld\n", t[runs >= 100 ? n / 2 : 0], ru.ru_maxrss);
	return 0;
}
