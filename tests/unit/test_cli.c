/* cli and netopt: diagnostics, exit statuses, options, descriptors. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/netopt.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char usage[] = "usage: prog [-hV]\n" CLI_USAGE;

/* What a child wrote, and how it ended. */
static char out[16384], err[65536];
static int ws;

static void
slurp(int fd, char *s, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, s + len, size - len - 1)) > 0)
		len += (size_t)n;
	s[len] = '\0';
	close(fd);
}

/* Run F in a child; its output is smaller than a pipe. */
static void
run(void (*f)(void))
{
	int o[2], e[2];
	pid_t pid;

	assert_int_equal(pipe(o), 0);
	assert_int_equal(pipe(e), 0);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dup2(o[1], STDOUT_FILENO);
		dup2(e[1], STDERR_FILENO);
		close(o[0]);
		close(o[1]);
		close(e[0]);
		close(e[1]);
		cli_init("prog", usage);
		f();
		fflush(NULL);
		_exit(0);
	}
	close(o[1]);
	close(e[1]);
	slurp(o[0], out, sizeof(out));
	slurp(e[0], err, sizeof(err));
	assert_int_equal(waitpid(pid, &ws, 0), pid);
}

static int
status(void)
{
	return WIFEXITED(ws) ? WEXITSTATUS(ws) : 1000 + WTERMSIG(ws);
}

static void
warn_of_a_stranger(void)
{
	errno = ENOTTY;
	cli_warn("%s: %s", "a\nprog: b", "\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xff"
	    "\xc3\xa4");
	if (errno != ENOTTY)
		_exit(99);
}

static void
a_diagnostic_is_one_harmless_line(void **state)
{
	(void)state;
	run(warn_of_a_stranger);
	assert_int_equal(status(), 0);
	assert_string_equal(err, "prog: a\\nprog: b: \\x1b[2J\\x7f\\u{009b}"
	    "\\u{202e}\\xff\xc3\xa4\n");
	assert_string_equal(out, "");
}

static char longtext[8000];

static void
warn_at_length(void)
{
	cli_warn("%s", longtext);
}

static void
a_long_diagnostic_is_cut_between_characters(void **state)
{
	size_t shift, i;

	(void)state;
	for (shift = 0; shift < 4; shift++) {
		memset(longtext, 'x', shift);
		for (i = shift; i + 3 < sizeof(longtext); i += 3)
			memcpy(longtext + i, "\xe2\x82\xac", 3);
		longtext[i] = '\0';
		run(warn_at_length);
		assert_true(strlen(err) < CLI_MESSAGE + 100 &&
	    strlen(err) > CLI_MESSAGE - 100);
		assert_null(strstr(err, "\\x"));
		assert_non_null(strstr(err, "\xac...\n"));
	}
}

static void die_73(void) { cli_die(73, "no %s", "more"); }
static void bad_use(void) { cli_usage("no recipient"); }

static void
death_and_wrong_usage_have_their_status(void **state)
{
	(void)state;
	run(die_73);
	assert_int_equal(status(), 73);
	assert_string_equal(err, "prog: no more\n");
	run(bad_use);
	assert_int_equal(status(), EX_USAGE);
	assert_string_equal(err, "prog: no recipient (see prog --help)\n");
	assert_string_equal(out, "");
}

static void
talk(void)
{
	cli_verbose(1, "one");
	cli_louder();
	cli_verbose(1, "two");
	cli_verbose(2, "three");
	cli_louder();
	cli_verbose(2, "four");
}

static void
verbosity_counts(void **state)
{
	(void)state;
	run(talk);
	assert_string_equal(err, "prog: two\nprog: four\n");
}

/* getopt over a list of words, in a child; prints what it got. */
static char **words;

static void
parse(void)
{
	static const char shorts[] = ":" CLI_SHORT NETOPT_SHORT "s:q";
	static const struct option longs[] = {
		{ "subject", required_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		NETOPT_LONG, CLI_LONG
	};
	struct netopt n;
	int argc = 0, ch;

	while (words[argc] != NULL)
		argc++;
	optind = 1;
	netopt_init(&n);
	while ((ch = cli_getopt(argc, words, shorts, longs)) != -1)
		if (!netopt_take(&n, ch, optarg))
			printf("%c", ch);
	printf(";a=%s f=%s j=%s host=%s port=%u tls=%d ca=%s plain=%d "
	    "timeout=%d%c max=%zu v=%d\n",
	    n.account ? n.account : "", n.file ? n.file : "",
	    n.jid ? n.jid : "", n.host ? n.host : "", n.port, (int)n.tls,
	    n.ca_file ? n.ca_file : "", n.insecure_plaintext, n.timeout_ms,
	    n.has_timeout ? '!' : ' ', n.max_stanza, cli_loudness());
}

#define PARSE(...) \
	(words = (char *[]){ "prog", __VA_ARGS__, NULL }, run(parse))

static void
help_and_version_go_to_stdout(void **state)
{
	(void)state;
	PARSE("--help");
	assert_int_equal(status(), 0);
	assert_string_equal(out, usage);
	assert_string_equal(err, "");
	PARSE("-vh");
	assert_string_equal(out, usage);
	PARSE("-V");
	assert_int_equal(status(), 0);
	assert_string_equal(out, "prog " VERSION " (xmpputils)\n");
}

static void
what_is_no_option_is_named(void **state)
{
	(void)state;
	PARSE("--hots=x");
	assert_int_equal(status(), EX_USAGE);
	assert_string_equal(out, "");
	assert_string_equal(err,
	    "prog: --hots=x: no such option (see prog --help)\n");
	PARSE("--host=a", "-qz");
	assert_string_equal(err, "prog: -z: no such option (see prog --help)\n");
	PARSE("--host=a", "-zq");
	assert_string_equal(err, "prog: -z: no such option (see prog --help)\n");
	PARSE("--quiet=5");
	assert_string_equal(err,
	    "prog: --quiet: takes no value (see prog --help)\n");
	PARSE("--host");
	assert_string_equal(err, "prog: --host: needs a value (see prog --help)\n");
	PARSE("--quiet", "-qs");
	assert_string_equal(err, "prog: -s: needs a value (see prog --help)\n");
	assert_int_equal(status(), EX_USAGE);
}

static void
network_programs_share_their_options(void **state)
{
	(void)state;
	PARSE("x");
	assert_string_equal(out, ";a= f= j= host= port=0 tls=0 ca= plain=0 "
	    "timeout=30000  max=8388608 v=0\n");
	PARSE("-a", "A", "-fF", "-j", "J", "--host", "H", "--port=99", "--tls",
	    "direct", "--ca-file", "C", "--timeout", "1.5", "-vv", "-q",
	    "--insecure-plaintext", "--max-stanza", "10000", "--", "-x");
	assert_string_equal(out, "q;a=A f=F j=J host=H port=99 tls=2 ca=C "
	    "plain=1 timeout=1500! max=10000 v=2\n");
	PARSE("--tls", "starttls", "--timeout=0");
	assert_non_null(strstr(out, "tls=1 ca= plain=0 timeout=0!"));
}

static void
wrong_values_are_wrong_usage(void **state)
{
	static char *const bad[] = {
		"--port=0", "--port=65536", "--port=-1", "--port=", "--port= 1",
		"--port=99999999999999999999", "--tls=ssl", "--timeout=x",
		"--timeout=-1", "--timeout=1e3", "--timeout=2000001",
		"--timeout=.", "--timeout=1.", "--timeout=1.2345", "--timeout=",
		"--max-stanza=9999", "--max-stanza=1M", "--host=", "-a", "-f",
		"--pin=x", "--pin=sha256//x", "--proxy=127.0.0.1:1",
		"--proxy=ftp://h", "--proxy=http://h:x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		if (bad[i][1] == '-')
			PARSE(bad[i]);
		else
			PARSE(bad[i], "");
		if (status() != EX_USAGE)
			fail_msg("%s is taken", bad[i]);
		if (strncmp(err, "prog: -", 7) != 0)
			fail_msg("%s: %s", bad[i], err);
	}
}

static void
seconds_have_up_to_three_decimals(void **state)
{
	static const struct { const char *s; int ms; } good[] = {
		{ "0", 0 }, { "1", 1000 }, { "0.5", 500 }, { "1.05", 1050 },
		{ "3.141", 3141 }, { "2000000", 2000000000 }, { "007", 7000 },
	};
	size_t i;
	int ms;

	(void)state;
	for (i = 0; i < N(good); i++) {
		assert_int_equal(cli_parse_seconds(&ms, good[i].s), 0);
		assert_int_equal(ms, good[i].ms);
	}
	ms = 42;
	assert_int_equal(cli_parse_seconds(&ms, "5x"), XERR_SYNTAX);
	assert_int_equal(ms, 42);
}

static void
numbers_do_not_wrap(void **state)
{
	unsigned long n = 42;

	(void)state;
	assert_int_equal(cli_parse_number(&n, "18446744073709551616", 0,
	    UINT64_MAX), XERR_SYNTAX);
	assert_int_equal(n, 42);
	assert_int_equal(cli_parse_number(&n, "18446744073709551615", 0,
	    UINT64_MAX), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(cli_parse_number(&n, "4294967296", 0, 65535),
	    XERR_SYNTAX);
}

static void
every_error_has_a_status_of_its_kind(void **state)
{
	static const struct { int r, status; } map[] = {
		{ 0, 0 }, { 7, 0 }, { XERR_NOMEM, 71 }, { XERR_LIMIT, 65 },
		{ XERR_SYNTAX, 65 }, { XERR_PROTO, 76 }, { XERR_AUTH, 77 },
		{ XERR_TLS, 77 }, { XERR_HOST, 68 }, { XERR_UNAVAIL, 69 },
		{ XERR_TEMP, 75 }, { XERR_CONFIG, 78 }, { XERR_INTERNAL, 70 },
		{ -1000, 70 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(map); i++)
		assert_int_equal(cli_status(map[i].r), map[i].status);
	errno = EIO;
	assert_int_equal(cli_status(XERR_SYS), 74);
	errno = EMFILE;
	assert_int_equal(cli_status(XERR_SYS), 71);
}

static void
write_to_full(void)
{
	int fd = open("/dev/full", O_WRONLY);

	dup2(fd, STDOUT_FILENO);
	puts("x");
	cli_close_stdout();
}

static void
write_much_to_full(void)
{
	int fd = open("/dev/full", O_WRONLY), i;

	dup2(fd, STDOUT_FILENO);
	for (i = 0; i < 100000; i++)
		puts("x");
	cli_close_stdout();
}

static void
a_full_disk_is_an_error(void **state)
{
	(void)state;
	run(write_to_full);
	assert_int_equal(status(), EX_IOERR);
	assert_string_equal(err,
	    "prog: standard output: No space left on device\n");
	run(write_much_to_full);
	assert_int_equal(status(), EX_IOERR);
	assert_non_null(strstr(err, "prog: standard output: "));
}

static void
write_to_nobody(void)
{
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	if (pipe(fd) < 0)
		_exit(99);
	close(fd[0]);
	dup2(fd[1], STDOUT_FILENO);
	puts("x");
	cli_close_stdout();
}

static void
a_reader_that_left_ends_us_quietly(void **state)
{
	(void)state;
	run(write_to_nobody);
	assert_int_equal(status(), 1000 + SIGPIPE);
	assert_string_equal(err, "");
}

static void
write_to_closed(void)
{
	close(STDOUT_FILENO);
	cli_init("prog", usage);
	puts("x");
	cli_close_stdout();
}

static void
use_closed(void)
{
	int fd;
	char c;

	close(0);
	close(1);
	cli_init("prog", usage);
	if ((fd = open("/dev/null", O_RDWR)) <= 2)
		_exit(98);
	if (read(0, &c, 1) != -1 || errno != EBADF)
		_exit(97);
	/* nothing was to be written: no error */
	cli_close_stdout();
}

static void
use_none(void)
{
	close(0);
	close(1);
	close(2);
	cli_init("prog", usage);
	_exit(fcntl(2, F_GETFD) == -1 ? 99 : open("/dev/null", O_RDWR));
}

static void
closed_descriptors_stay_reserved(void **state)
{
	(void)state;
	run(write_to_closed);
	assert_int_equal(status(), EX_IOERR);
	assert_string_equal(err, "prog: standard output: Bad file descriptor\n");
	run(use_closed);
	assert_int_equal(status(), 0);
	run(use_none);
	assert_int_equal(status(), 3);
}

static void
dump_core(void)
{
	struct rlimit rl;

	cli_no_dumps();
	getrlimit(RLIMIT_CORE, &rl);
	_exit(rl.rlim_cur == 0 ? 0 : 99);
}

static void
secrets_are_not_dumped(void **state)
{
	(void)state;
	run(dump_core);
	assert_int_equal(status(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_diagnostic_is_one_harmless_line),
		cmocka_unit_test(a_long_diagnostic_is_cut_between_characters),
		cmocka_unit_test(death_and_wrong_usage_have_their_status),
		cmocka_unit_test(verbosity_counts),
		cmocka_unit_test(help_and_version_go_to_stdout),
		cmocka_unit_test(what_is_no_option_is_named),
		cmocka_unit_test(network_programs_share_their_options),
		cmocka_unit_test(wrong_values_are_wrong_usage),
		cmocka_unit_test(seconds_have_up_to_three_decimals),
		cmocka_unit_test(numbers_do_not_wrap),
		cmocka_unit_test(every_error_has_a_status_of_its_kind),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_reader_that_left_ends_us_quietly),
		cmocka_unit_test(closed_descriptors_stay_reserved),
		cmocka_unit_test(secrets_are_not_dumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
