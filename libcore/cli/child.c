/* A process that runs somebody's command. */
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include "cli/child.h"
#include "net/pump.h"

enum { STEP_MS = 10 };

bool
child_has_ended(pid_t pid, int *w)
{
	return waitpid(pid, w, WNOHANG) == pid;
}

bool
child_stop(pid_t pid, int ms, int *w)
{
	int64_t deadline = pump_deadline(ms);

	kill(pid, SIGTERM);
	while (!child_has_ended(pid, w)) {
		if (pump_now() >= deadline)
			return false;
		poll(NULL, 0, STEP_MS);
	}
	return true;
}

int
child_status(int w)
{
	return WIFSIGNALED(w) ? 128 + WTERMSIG(w) : WEXITSTATUS(w);
}
