/* Usage, diagnostics, exit statuses, standard descriptors, numbers. */
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/vis.h"
#include "base/xerr.h"
#include "cli/cli.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* What belongs to the process, see cli.h. */
static const char *name = "xmpputils";
static const char *usage = "";
static int loudness;
static void (*last_wish)(void);

/*
 * A closed descriptor is opened the wrong way round, so that its use still
 * fails with EBADF.  open() takes the lowest free number, which is FD.
 */
static void
keep_open(int fd)
{
	if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
		return;
	if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
		cli_die(EX_OSERR, "/dev/null: %s", strerror(errno));
}

void
cli_init(const char *prog, const char *text)
{
	int fd;

	name = prog;
	usage = text;
	loudness = 0;
	for (fd = 0; fd <= 2; fd++)
		keep_open(fd);
}

const char *
cli_name(void)
{
	return name;
}

void
cli_no_dumps(void)
{
	struct rlimit rl;

	/* The hard limit stays, for the commands that we run. */
	if (getrlimit(RLIMIT_CORE, &rl) == 0) {
		rl.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &rl);
	}
	/* The leak sanitizer attaches to its own process. */
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static void
write_stderr(const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		if ((n = write(STDERR_FILENO, p, len)) < 0) {
			if (errno == EINTR)
				continue;
			return;		/* nowhere left to complain */
		}
		p += n;
		len -= (size_t)n;
	}
}

/* The line for MSG, without memory of the heap: ASCII only. */
static void
write_plain(char *msg)
{
	char line[CLI_MESSAGE + 64];
	char *p;
	int n;

	for (p = msg; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	n = snprintf(line, sizeof(line), "%s: %s\n", name, msg);
	if (n > 0 && (size_t)n < sizeof(line))
		write_stderr(line, (size_t)n);
}

static void
say(const char *fmt, va_list ap, const char *hint)
{
	char msg[CLI_MESSAGE];
	struct buf b;
	int n, saved = errno;
	size_t len;

	if ((n = vsnprintf(msg, sizeof(msg), fmt, ap)) < 0)
		return;
	len = strlen(msg);
	if ((size_t)n > len) {	/* cut, but not inside a character */
		while (len > 0 && (msg[len - 1] & 0xc0) == 0x80)
			len--;
		if (len > 0 && (msg[len - 1] & 0x80) != 0)
			len--;
	}
	buf_init(&b, 16 * CLI_MESSAGE);
	buf_printf(&b, "%s: ", name);
	vis_put(&b, msg, len, 0);
	if ((size_t)n > strlen(msg))
		buf_puts(&b, "...");
	if (hint != NULL)
		buf_printf(&b, " (see %s %s)", name, hint);
	buf_putc(&b, '\n');
	if (buf_err(&b) == 0)
		write_stderr(buf_data(&b), buf_len(&b));
	else
		write_plain(msg);
	buf_release(&b);
	errno = saved;
}

void
cli_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
}

void
cli_die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
	exit(status);
}

void
cli_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "--help");
	va_end(ap);
	exit(EX_USAGE);
}

int
cli_fail(struct cli_err *e, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
		e->text[0] = '\0';
	va_end(ap);
	return status;
}

void
cli_verbose(int level, const char *fmt, ...)
{
	va_list ap;

	if (level > loudness)
		return;
	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
}

void
cli_louder(void)
{
	if (loudness < 9)
		loudness++;
}

int
cli_loudness(void)
{
	return loudness;
}

int
cli_status(int r)
{
	if (r >= 0)
		return EX_OK;
	switch (r) {
	case XERR_NOMEM: return EX_OSERR;
	case XERR_LIMIT: return EX_DATAERR;
	case XERR_SYNTAX: return EX_DATAERR;
	case XERR_PROTO: return EX_PROTOCOL;
	case XERR_AUTH: return EX_NOPERM;
	case XERR_TLS: return EX_NOPERM;
	case XERR_SYS:
		return errno == ENOMEM || errno == EMFILE ||
		    errno == ENFILE || errno == EAGAIN ? EX_OSERR : EX_IOERR;
	case XERR_HOST: return EX_NOHOST;
	case XERR_UNAVAIL: return EX_UNAVAILABLE;
	case XERR_TEMP: return EX_TEMPFAIL;
	case XERR_CONFIG: return EX_CONFIG;
	default: return EX_SOFTWARE;
	}
}

/* End as a program does that never heard of SIGPIPE being ignored. */
static void
die_of_sigpipe(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGPIPE);
}

void
cli_last_wish(void (*f)(void))
{
	last_wish = f;
}

void
cli_stdout_failed(int err)
{
	if (err == EPIPE) {
		if (last_wish != NULL)
			last_wish();
		die_of_sigpipe();
	}
	cli_die(EX_IOERR, "standard output: %s", strerror(err));
}

int
cli_open_status(int err)
{
	switch (err) {
	case EACCES: return EX_NOPERM;
	case EMFILE:
	case ENFILE:
	case ENOMEM: return EX_OSERR;
	default: return EX_NOINPUT;
	}
}

void
cli_close_stdout(void)
{
	bool bad = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout) != 0)
		bad = true;
	if (bad)	/* an earlier failure has not left us its errno */
		cli_stdout_failed(errno != 0 ? errno : EIO);
}

/* --help and --version. */
static _Noreturn void
print_and_exit(int ch)
{
	if (ch == 'h')
		fputs(usage, stdout);
	else
		printf("%s %s (xmpputils)\n", name, VERSION);
	cli_close_stdout();
	exit(EX_OK);
}

int
cli_getopt(int argc, char *const argv[], const char *shorts,
    const struct option *longs)
{
	int before = optind, ch;
	const char *arg;
	bool is_long;

	opterr = 0;
	ch = getopt_long(argc, argv, shorts, longs, NULL);
	if (ch == 'h' || ch == 'V')
		print_and_exit(ch);
	if (ch != '?' && ch != ':')
		return ch;
	/* Inside "-xyz" optind is not advanced: that is not the argument. */
	arg = argv[optind - 1];
	is_long = optind > before && strncmp(arg, "--", 2) == 0;
	if (ch == ':' && is_long)
		cli_usage("%s: needs a value", arg);
	if (ch == ':')
		cli_usage("-%c: needs a value", optopt);
	if (is_long && optopt != 0)
		cli_usage("%.*s: takes no value", (int)strcspn(arg, "="), arg);
	if (is_long)
		cli_usage("%s: no such option", arg);
	cli_usage("-%c: no such option", optopt);
}

const char *
cli_env(const char *name)
{
	const char *s = getenv(name);

	return s == NULL || *s == '\0' ? NULL : s;
}

int
cli_parse_number(unsigned long *n, const char *s, unsigned long min,
    unsigned long max)
{
	unsigned long v = 0;
	unsigned d;

	if (*s == '\0')
		return XERR_SYNTAX;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return XERR_SYNTAX;
		d = (unsigned)(*s - '0');
		if (v > max / 10 || v * 10 > max - d)
			return XERR_SYNTAX;
		v = v * 10 + d;
	}
	if (v < min)
		return XERR_SYNTAX;
	*n = v;
	return 0;
}

int
cli_parse_seconds(int *ms, const char *s)
{
	char whole[16] = "";
	size_t len = strcspn(s, ".");
	unsigned long sec, frac = 0;
	int digits;

	if (len >= sizeof(whole))
		return XERR_SYNTAX;
	memcpy(whole, s, len);
	if (cli_parse_number(&sec, whole, 0, CLI_SECONDS) < 0)
		return XERR_SYNTAX;
	if (s[len] == '.') {
		s += len + 1;
		if (cli_parse_number(&frac, s, 0, 999) < 0 || strlen(s) > 3)
			return XERR_SYNTAX;
		for (digits = (int)strlen(s); digits < 3; digits++)
			frac *= 10;
	}
	*ms = (int)(sec * 1000 + frac);
	return 0;
}

unsigned long
cli_number(const char *opt, const char *s, unsigned long min,
    unsigned long max)
{
	unsigned long n;

	if (cli_parse_number(&n, s, min, max) < 0)
		cli_usage("%s: '%s' is no number from %lu to %lu", opt, s,
		    min, max);
	return n;
}

int
cli_seconds(const char *opt, const char *s)
{
	int ms;

	if (cli_parse_seconds(&ms, s) < 0)
		cli_usage("%s: '%s' is no number of seconds from 0 to %d",
		    opt, s, CLI_SECONDS);
	return ms;
}
