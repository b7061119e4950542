/* Signals as input. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/signals.h"

enum { ROOM = 64, FROM_TERMINAL = 0x80 };

/* What the handler knows. */
static int pipe_in = -1;

static void
on_signal(int sig, siginfo_t *info, void *context)
{
	/* the kernel sends what a terminal asks for, others are si_code <= 0 */
	unsigned char c = (unsigned char)(sig |
	    (info->si_code > 0 ? FROM_TERMINAL : 0));
	int saved = errno;

	(void)context;
	if (write(pipe_in, &c, 1) < 0) {
		/* the pipe is full of signals: one is enough */
	}
	errno = saved;
}

static void
catch(int sig, int flags)
{
	struct sigaction sa = {
		.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags
	}, old;

	sigemptyset(&sa.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 &&
	    (sig == SIGCHLD || old.sa_handler != SIG_IGN))
		sigaction(sig, &sa, NULL);
}

int
signals_open(struct pump_end *e, bool once)
{
	int fd[2];

	if (pipe(fd) < 0)
		return XERR_SYS;
	fd[0] = pump_own(fd[0]);
	fd[1] = pump_own(fd[1]);
	if (fd[0] < 0 || fd[1] < 0)
		return XERR_SYS;
	pipe_in = fd[1];
	pump_init(e, fd[0], -1, true, ROOM, 0);
	signal(SIGPIPE, SIG_IGN);
	catch(SIGCHLD, SA_NOCLDSTOP);
	catch(SIGHUP, once ? (int)SA_RESETHAND : 0);
	catch(SIGINT, once ? (int)SA_RESETHAND : 0);
	catch(SIGTERM, once ? (int)SA_RESETHAND : 0);
	return 0;
}

int
signals_next(struct pump_end *e, bool *terminal)
{
	int c;

	if (buf_len(&e->in) == 0)
		return 0;
	c = buf_data(&e->in)[0];
	buf_consume(&e->in, 1);
	if (terminal != NULL)
		*terminal = (c & FROM_TERMINAL) != 0;
	return c & ~FROM_TERMINAL;
}

bool
signals_ask_to_stop(const struct pump_end *e)
{
	size_t i;

	for (i = 0; i < buf_len(&e->in); i++)
		if ((buf_data(&e->in)[i] & ~FROM_TERMINAL) != SIGCHLD)
			return true;
	return false;
}

void
signals_child(void)
{
	signal(SIGPIPE, SIG_DFL);
}

_Noreturn void
signals_die(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	_exit(128 + sig);	/* not reached */
}
