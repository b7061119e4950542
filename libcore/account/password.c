/* Passwords out of a file, a command, the terminal. */
#include <sys/select.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/vis.h"
#include "account/privfile.h"
#include "account/password.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* All of it is taken at once: a buffer that grows leaves copies behind. */
enum { ROOM = PASSWORD_MAX + 2 };

int
password_check(const struct buf *pw, const char *what, struct cli_err *e)
{
	size_t len = buf_len(pw);

	if (len == 0)
		return cli_fail(e, EX_CONFIG, "%s: the password is empty",
		    what);
	if (len > PASSWORD_MAX)
		return cli_fail(e, EX_CONFIG,
		    "%s: the password is longer than %d bytes", what,
		    PASSWORD_MAX);
	if (memchr(buf_data(pw), '\0', len) != NULL)
		return cli_fail(e, EX_CONFIG,
		    "%s: the password has a NUL byte in it", what);
	if (utf8_span(buf_data(pw), len) != len)
		return cli_fail(e, EX_CONFIG,
		    "%s: the password is not UTF-8", what);
	return 0;
}

int
password_from_file(struct buf *pw, const char *path, struct cli_err *e)
{
	struct buf b;
	int flaws, status;
	size_t len;

	if ((status = privfile_read(&b, &flaws, path, e)) != 0)
		goto out;
	if (flaws & PRIVFILE_FOREIGN)
		status = cli_fail(e, EX_CONFIG,
		    "%s: belongs to another user, not used", path);
	else if (flaws != 0)
		status = cli_fail(e, EX_CONFIG,
		    "%s: others can read or change the password: "
		    "chmod 600 it", path);
	if (status != 0)
		goto out;
	len = buf_len(&b);
	if (len > 0 && buf_data(&b)[len - 1] == '\n')
		buf_truncate(&b, --len);
	if (len > 0 && buf_data(&b)[len - 1] == '\r')
		buf_truncate(&b, --len);
	if ((status = password_check(&b, path, e)) != 0)
		goto out;
	if (buf_put(pw, buf_data(&b), len) < 0)
		status = cli_fail(e, EX_OSERR, "out of memory");
out:
	buf_wipe(&b);
	return status;
}

/* In the child: never returns. */
static void
run_shell(const char *command, int out)
{
	sigset_t none;
	int fd;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	if (!isatty(STDIN_FILENO) &&
	    ((fd = open("/dev/null", O_RDONLY)) < 0 ||
	    dup2(fd, STDIN_FILENO) < 0))
		_exit(127);
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/*
 * Read the first line from FD into the ROOM of PW.  What follows is read, too,
 * so that its writer does not fail, and dropped.  Returns 0 or an errno value.
 */
static int
first_line(struct buf *pw, unsigned char room[static ROOM], int fd)
{
	unsigned char *nl, more[512];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		if (len < ROOM)
			n = read(fd, room + len, ROOM - len);
		else
			n = read(fd, more, sizeof(more));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (len < ROOM)
			len += (size_t)n;
	}
	if ((nl = memchr(room, '\n', len)) != NULL) {
		len = (size_t)(nl - room);
		if (len > 0 && room[len - 1] == '\r')
			len--;
	}
	buf_commit(pw, len);
	return n < 0 ? errno : 0;
}

static int
wait_for(pid_t pid, struct cli_err *e)
{
	int ws;

	while (waitpid(pid, &ws, 0) < 0)
		if (errno != EINTR)
			return cli_fail(e, EX_OSERR, "password_command: %s",
			    strerror(errno));
	if (WIFSIGNALED(ws))
		return cli_fail(e, EX_CONFIG,
		    "password_command: killed by signal %d", WTERMSIG(ws));
	if (WEXITSTATUS(ws) != 0)
		return cli_fail(e, EX_CONFIG,
		    "password_command: exit status %d", WEXITSTATUS(ws));
	return 0;
}

/* Start COMMAND; *OUT is where its output comes from. */
static pid_t
start_shell(const char *command, int *out)
{
	int fd[2], saved;
	pid_t pid;

	if (pipe(fd) < 0)
		return -1;
	fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	if ((pid = fork()) == 0)
		run_shell(command, fd[1]);
	saved = errno;
	close(fd[1]);
	if (pid < 0)
		close(fd[0]);
	else
		*out = fd[0];
	errno = saved;
	return pid;
}

int
password_from_command(struct buf *pw, const char *command, struct cli_err *e)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL }, chld;
	unsigned char *room;
	int fd = -1, err, status;
	pid_t pid;

	if ((room = buf_reserve(pw, ROOM)) == NULL)
		return cli_fail(e, EX_OSERR, "out of memory");
	/* Where SIGCHLD was ignored at our start there is no exit status. */
	sigemptyset(&dfl.sa_mask);
	sigaction(SIGCHLD, &dfl, &chld);
	if ((pid = start_shell(command, &fd)) < 0) {
		status = cli_fail(e, EX_OSERR, "password_command: %s",
		    strerror(errno));
		goto out;
	}
	err = first_line(pw, room, fd);
	close(fd);
	status = wait_for(pid, e);
	if (status == 0 && err != 0)
		status = cli_fail(e, EX_IOERR, "password_command: %s",
		    strerror(err));
	if (status == 0)
		status = password_check(pw, "password_command", e);
out:
	sigaction(SIGCHLD, &chld, NULL);
	return status;
}

/*
 * While the echo is off, these are only noted, and let loose when it is on
 * again.  Signals have no argument: hence the one variable.
 */
static const int noted[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU
};
static volatile sig_atomic_t caught;

static void
note_signal(int sig)
{
	caught = sig;
}

static void
note_signals(struct sigaction old[static N(noted)])
{
	struct sigaction sa = { .sa_handler = note_signal };
	size_t i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < N(noted); i++) {
		sigaction(noted[i], &sa, &old[i]);
		if (old[i].sa_handler == SIG_IGN)
			sigaction(noted[i], &old[i], NULL);
	}
}

static void
say(int tty, const char *s)
{
	struct buf b;
	ssize_t n;

	buf_init(&b, 16384);
	if (vis_put(&b, s, strlen(s), VIS_NEWLINE) == 0)
		do
			n = write(tty, buf_data(&b), buf_len(&b));
		while (n < 0 && errno == EINTR && caught == 0);
	buf_release(&b);
}

/*
 * Until there is something to read, or a signal was caught: with MASK only
 * while we sleep, so that none comes between a look at `caught' and the sleep.
 */
static int
wait_for_input(int tty, const sigset_t *mask)
{
	fd_set set;

	if (tty >= FD_SETSIZE)
		return 0;
	FD_ZERO(&set);
	FD_SET(tty, &set);
	return pselect(tty + 1, &set, NULL, NULL, NULL, mask);
}

/* Turn the echo off, as it was is in *BEFORE; 0, or -1 with errno. */
static int
hush(int tty, struct termios *before)
{
	struct termios silent;

	if (tcgetattr(tty, before) < 0)
		return -1;
	silent = *before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	silent.c_lflag |= ICANON | ISIG;
	while (tcsetattr(tty, TCSAFLUSH, &silent) < 0)
		if (errno != EINTR || caught != 0)
			return -1;
	return 0;
}

/* Read into ROOM until the line ends or a signal comes; as read(). */
static ssize_t
type_in(int tty, unsigned char *room, size_t size, const sigset_t *mask)
{
	size_t len = 0;
	ssize_t n = -1;

	while (caught == 0 && len < size) {
		if (wait_for_input(tty, mask) < 0 ||
		    (n = read(tty, room + len, size - len)) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		len += (size_t)n;
		if (n == 0 || room[len - 1] == '\n')
			break;
	}
	return n < 0 ? -1 : (ssize_t)len;
}

/*
 * A line of TTY, echo off, into ROOM; its length, or -1 with errno.  What is
 * typed from the moment the prompt is there counts.
 */
static ssize_t
read_line(int tty, const char *prompt, unsigned char *room, size_t size)
{
	struct termios before;
	sigset_t held, was;
	ssize_t len;
	size_t i;
	int saved;

	if (hush(tty, &before) < 0)
		return -1;
	say(tty, prompt);
	sigemptyset(&held);
	for (i = 0; i < N(noted); i++)
		sigaddset(&held, noted[i]);
	sigdelset(&held, SIGTTIN);	/* blocked, it would be EIO */
	sigprocmask(SIG_BLOCK, &held, &was);
	len = type_in(tty, room, size, &was);
	saved = errno;
	sigprocmask(SIG_SETMASK, &was, NULL);
	while (tcsetattr(tty, TCSAFLUSH, &before) < 0 && errno == EINTR &&
	    caught != SIGTTOU)
		;
	errno = saved;
	return len;
}

/* One try: 0 or an errno value; *SIG is the signal that ended it, or 0. */
static int
ask_once(struct buf *pw, unsigned char room[static ROOM], int tty,
    const char *prompt, int *sig)
{
	struct sigaction old[N(noted)];
	ssize_t n;
	size_t i;
	int err = 0;

	caught = 0;
	note_signals(old);
	if ((n = read_line(tty, prompt, room, ROOM)) < 0)
		err = errno;
	say(tty, "\n");
	for (i = 0; i < N(noted); i++)
		sigaction(noted[i], &old[i], NULL);
	*sig = caught;
	if (*sig == 0 && n > 0)
		buf_commit(pw, (size_t)n - (room[n - 1] == '\n'));
	return err;
}

int
password_from_tty(struct buf *pw, const char *prompt, struct cli_err *e)
{
	unsigned char *room;
	int tty, err, sig = 0;

	if ((room = buf_reserve(pw, ROOM)) == NULL)
		return cli_fail(e, EX_OSERR, "out of memory");
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return cli_fail(e, EX_CONFIG,
		    "no password, and no terminal to ask for one: see "
		    "password_command in xmpputils(7)");
	do {
		err = ask_once(pw, room, tty, prompt, &sig);
		if (sig != 0)
			raise(sig);	/* and again, if we live to do it */
	} while (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU);
	close(tty);
	if (sig != 0)
		return cli_fail(e, EX_TEMPFAIL, "interrupted");
	if (err != 0)
		return cli_fail(e, EX_IOERR, "/dev/tty: %s", strerror(err));
	return password_check(pw, "/dev/tty", e);
}
