/*
 * What every program does alike at its edge: usage, diagnostics, the exit
 * statuses, standard descriptors, numbers.
 *
 * A program's name, its usage text and the level of -v belong to the process,
 * not to an object: cli.c keeps them, set once by cli_init() and cli_louder().
 * Nothing below cli/ calls any of this.
 *
 * A program begins
 *
 *	cli_init("xmpp-send", usage_text);
 *	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
 *		switch (ch) { its own options }
 *
 * with tables made of its own options and CLI_SHORT, CLI_LONG (and those of
 * netopt.h), and ends with cli_close_stdout() and a status of sysexits.h:
 *
 *	static const char shorts[] = ":" CLI_SHORT "0q";
 *	static const struct option longs[] = {
 *		{ "quiet", no_argument, NULL, 'q' }, CLI_LONG
 *	};
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <sysexits.h>

/*
 * The options of all programs.  A short string begins with ":" (with "+:" if
 * the program runs a command); CLI_LONG also ends the table.
 */
#define CLI_SHORT "hV"
#define CLI_LONG \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ NULL, 0, NULL, 0 }

/* Their part of the usage text. */
#define CLI_USAGE \
	"  -h, --help              print this and exit\n" \
	"  -V, --version           print the version and exit\n"

enum { CLI_MESSAGE = 4000 };	/* bytes of a diagnostic, before vis */

/* Values for long options that have no short one: CLI_OPT_OWN + n. */
enum { CLI_OPT_NET = 256, CLI_OPT_OWN = 512 };

/*
 * Begin: remember NAME and USAGE (both static, USAGE ends in a newline), and
 * make sure that descriptors 0, 1 and 2 are open, so that no socket or file of
 * ours becomes one of them.  One that was closed reads or writes as EBADF
 * still, so that lost output is noticed.
 */
void cli_init(const char *name, const char *usage);

/* The name given to cli_init(). */
const char *cli_name(void);

/*
 * For programs that hold a password or key: no core dump of this process, and
 * no other process of the user may attach to it.
 */
void cli_no_dumps(void);

/*
 * getopt_long(3), which also does --help and --version (printed on stdout,
 * exit 0) and complains of what is no option (exit 64).
 */
int cli_getopt(int argc, char *const argv[], const char *shorts,
    const struct option *longs);

/*
 * One line "NAME: message" on stderr, in one write.  The whole message is made
 * harmless for a terminal (base/vis.h), so text of a peer may go in by %s, and
 * it is cut where it exceeds about 2000 bytes.  errno is kept.
 */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, then exit(STATUS). */
_Noreturn void cli_die(int status, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Wrong usage: the same with a hint at --help, then exit(64). */
_Noreturn void cli_usage(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * A complaint that is not printed yet, for what finds an error on the way to
 * main(): keeps the message (cut where it is too long) and returns STATUS.
 */
struct cli_err {
	char text[1024];
};
int cli_fail(struct cli_err *e, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* cli_warn() if -v was given LEVEL times or more.  Never of a secret. */
void cli_verbose(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What -v does; and how often it did. */
void cli_louder(void);
int cli_loudness(void);

/*
 * The exit status for R, an enum xerr (base/xerr.h), as xmpputils(7) lists
 * them; 0 for R >= 0.  XERR_SYS is 71 when errno speaks of lacking
 * memory or descriptors, else 74.
 */
int cli_status(int r);

/* The same for an input that open() has refused with errno value ERR. */
int cli_open_status(int err);

/*
 * Close stdout at the end.  What could not be written is an error, status 74;
 * a reader that left ends us as SIGPIPE does.
 */
void cli_close_stdout(void);

/* What is to be done before SIGPIPE ends us, which asks no atexit(). */
void cli_last_wish(void (*f)(void));

/* Writing to stdout failed with errno value ERR: end as told above. */
_Noreturn void cli_stdout_failed(int err);

/* A variable of the environment; one that is empty is none: NULL. */
const char *cli_env(const char *name);

/*
 * S as a decimal number from MIN to MAX >= 0 into *N: digits only, no sign, no
 * space.  Returns 0 or XERR_SYNTAX.
 */
int cli_parse_number(unsigned long *n, const char *s, unsigned long min,
    unsigned long max);

/*
 * S as seconds, with up to three decimals ("30", "0.5"), at most CLI_SECONDS,
 * into *MS, milliseconds, which fit an int.  Returns 0 or XERR_SYNTAX.
 */
enum { CLI_SECONDS = 2000000 };
int cli_parse_seconds(int *ms, const char *s);

/* The same for the value of option OPT ("--port"); wrong ones exit 64. */
unsigned long cli_number(const char *opt, const char *s, unsigned long min,
    unsigned long max);
int cli_seconds(const char *opt, const char *s);

#endif
