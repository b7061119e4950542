/* net/pump: the poll loop with pipes, files, hang-ups and signals. */
#define _XOPEN_SOURCE 700	/* posix_openpt() */

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include "net/pump.h"

enum { PATIENCE = 10000 };	/* ms; never reached when all is well */

static int
poll1(struct pump_end *e, int64_t ms)
{
	return pump_poll(&e, 1, pump_deadline(ms));
}

/* A pipe, its two sides separately ours or not. */
static void
make_pipe(int fd[2])
{
	assert_int_equal(pipe(fd), 0);
}

static void
socket_pair(struct pump_end *a, struct pump_end *b, size_t max)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	fd[0] = pump_own(fd[0]);
	fd[1] = pump_own(fd[1]);
	assert_true(fd[0] > 2 && fd[1] > 2);
	pump_init(a, fd[0], fd[0], true, max, max);
	pump_init(b, fd[1], fd[1], true, max, max);
}

static void
reads_what_arrives_and_then_the_end(void **state)
{
	struct pump_end e;
	int fd[2];

	(void)state;
	make_pipe(fd);
	pump_init(&e, fd[0], -1, false, 100, 0);
	assert_int_equal(poll1(&e, 0), 0);
	assert_int_equal(write(fd[1], "hello", 5), 5);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_string_equal(buf_str(&e.in), "hello");
	assert_false(e.rclosed);
	close(fd[1]);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.rclosed);
	assert_int_equal(e.rerr, 0);
	/* nothing left to wait for: never an endless wait */
	assert_int_equal(pump_poll(&(struct pump_end *){ &e }, 1, -1),
	    XERR_INTERNAL);
	close(fd[0]);
	pump_release(&e);
}

static void
a_full_queue_is_not_read_into(void **state)
{
	struct pump_end e;
	char rest[16];
	int fd[2];

	(void)state;
	make_pipe(fd);
	pump_init(&e, fd[0], -1, false, 4, 0);
	assert_int_equal(write(fd[1], "abcdefg", 7), 7);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_int_equal(buf_len(&e.in), 4);
	assert_int_equal(poll1(&e, 0), 0);
	assert_int_equal(buf_err(&e.in), 0);
	buf_consume(&e.in, 2);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_string_equal(buf_str(&e.in), "cdef");
	assert_int_equal(read(fd[0], rest, sizeof(rest)), 1);
	close(fd[0]);
	close(fd[1]);
	pump_release(&e);
}

static void
a_paused_end_is_left_alone_even_when_hung_up(void **state)
{
	struct pump_end e;
	int fd[2], r = 0;

	(void)state;
	make_pipe(fd);
	pump_init(&e, fd[0], -1, false, 100, 0);
	e.paused = true;
	assert_int_equal(write(fd[1], "x", 1), 1);
	close(fd[1]);
	assert_int_equal(poll1(&e, 20), 0);
	assert_int_equal(buf_len(&e.in), 0);
	e.paused = false;
	while (!e.rclosed && r >= 0)
		r = poll1(&e, PATIENCE);
	assert_string_equal(buf_str(&e.in), "x");
	close(fd[0]);
	pump_release(&e);
}

static void
a_watched_end_is_reported_and_not_read(void **state)
{
	struct pump_end e;
	char c;
	int fd[2];

	(void)state;
	make_pipe(fd);
	pump_init(&e, fd[0], -1, false, 0, 0);
	e.watch = true;
	assert_int_equal(poll1(&e, 0), 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.ready);
	assert_int_equal(read(fd[0], &c, 1), 1);
	assert_int_equal(poll1(&e, 0), 0);
	assert_false(e.ready);
	close(fd[0]);
	close(fd[1]);
	pump_release(&e);
}

/* The queue of a blocking, full pipe shared with others must not block us. */
static void
writing_to_a_full_blocking_pipe_waits_in_poll(void **state)
{
	struct pump_end e;
	static char block[300000];
	size_t got = 0, polls = 0;
	ssize_t r;
	int fd[2];

	(void)state;
	make_pipe(fd);
	memset(block, 'x', sizeof(block));
	pump_init(&e, -1, fd[1], false, 0, sizeof(block));
	assert_int_equal(buf_put(&e.out, block, sizeof(block)), 0);
	while (poll1(&e, 0) > 0)
		polls++;
	assert_true(buf_len(&e.out) > 0);
	assert_true(polls <= sizeof(block) / PIPE_BUF + 1);
	assert_int_equal(fcntl(fd[1], F_GETFL) & O_NONBLOCK, 0);
	while (got < sizeof(block)) {
		r = read(fd[0], block, sizeof(block));
		assert_true(r > 0);
		got += (size_t)r;
		while (poll1(&e, 0) > 0)
			continue;
	}
	assert_int_equal(got, sizeof(block));
	assert_int_equal(buf_len(&e.out), 0);
	close(fd[0]);
	close(fd[1]);
	pump_release(&e);
}

static void
a_reader_that_left_is_seen_with_something_to_write(void **state)
{
	struct pump_end e;
	int fd[2];

	(void)state;
	make_pipe(fd);
	pump_init(&e, -1, fd[1], false, 0, 100);
	buf_puts(&e.out, "hello");
	close(fd[0]);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.wclosed);
	assert_int_equal(e.werr, EPIPE);
	assert_int_equal(buf_len(&e.out), 0);
	/* and what is put later goes nowhere, and does not spin */
	buf_puts(&e.out, "more");
	assert_int_equal(poll1(&e, 20), 0);
	assert_int_equal(buf_len(&e.out), 0);
	close(fd[1]);
	pump_release(&e);
}

static void
a_reader_that_left_is_seen_with_nothing_to_write(void **state)
{
	struct pump_end e;
	int fd[2];

	(void)state;
	make_pipe(fd);
	pump_init(&e, -1, fd[1], false, 0, 100);
	assert_int_equal(poll1(&e, 0), 0);
	close(fd[0]);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.wclosed);
	assert_int_equal(e.werr, EPIPE);
	assert_int_equal(poll1(&e, 20), 0);
	close(fd[1]);
	pump_release(&e);
}

static void
a_full_disk_is_an_error_of_the_end(void **state)
{
	struct pump_end e;
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	if (fd < 0)
		skip();
	pump_init(&e, -1, fd, false, 0, 100);
	buf_puts(&e.out, "hello");
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.wclosed);
	assert_int_equal(e.werr, ENOSPC);
	close(fd);
	pump_release(&e);
}

static void
regular_files_are_read_and_written(void **state)
{
	struct pump_end r, w, *both[] = { &r, &w };
	FILE *in = tmpfile(), *out = tmpfile();
	char text[20000], back[20001];
	size_t i;

	(void)state;
	assert_non_null(in);
	assert_non_null(out);
	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	assert_int_equal(fwrite(text, 1, sizeof(text), in), sizeof(text));
	rewind(in);
	pump_init(&r, fileno(in), -1, false, 1000, 0);
	pump_init(&w, -1, fileno(out), false, 0, 1000);
	while (!r.rclosed || buf_len(&w.out) > 0) {
		assert_true(pump_poll(both, 2, pump_deadline(PATIENCE)) > 0);
		i = buf_len(&r.in) < buf_room(&w.out) ? buf_len(&r.in) :
		    buf_room(&w.out);
		buf_put(&w.out, buf_data(&r.in), i);
		buf_consume(&r.in, i);
	}
	assert_int_equal(r.rerr, 0);
	assert_int_equal(pread(fileno(out), back, sizeof(back), 0),
	    sizeof(text));
	assert_memory_equal(text, back, sizeof(text));
	pump_release(&r);
	pump_release(&w);
	fclose(in);
	fclose(out);
}

static void
a_directory_is_a_read_error(void **state)
{
	struct pump_end e;
	int fd = open("/", O_RDONLY);

	(void)state;
	pump_init(&e, fd, -1, false, 100, 0);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.rclosed);
	assert_int_equal(e.rerr, EISDIR);
	close(fd);
	pump_release(&e);
}

static void
a_closed_descriptor_is_an_error_of_the_end(void **state)
{
	struct pump_end e;
	int fd[2];

	(void)state;
	make_pipe(fd);
	close(fd[0]);
	close(fd[1]);
	pump_init(&e, fd[0], fd[1], false, 100, 100);
	assert_int_equal(poll1(&e, PATIENCE), 1);
	assert_true(e.rclosed && e.wclosed);
	assert_int_equal(e.rerr, EBADF);
	assert_int_equal(e.werr, EBADF);
	pump_release(&e);
}

static void
missing_descriptors_and_ends_are_skipped(void **state)
{
	struct pump_end e, *ends[] = { NULL, &e };

	(void)state;
	pump_init(&e, -1, -1, false, 100, 100);
	buf_puts(&e.out, "x");
	assert_int_equal(pump_poll(ends, 2, pump_deadline(10)), 0);
	assert_int_equal(pump_poll(ends, 2, -1), XERR_INTERNAL);
	assert_int_equal(pump_poll(NULL, 0, pump_deadline(0)), 0);
	pump_release(&e);
}

/* Both sides of each hung-up kind, with and without bytes in the way. */
static void
hung_up_ends_never_spin(void **state)
{
	struct pump_end a, b;
	int full, queued, paused, polls;

	(void)state;
	for (full = 0; full < 2; full++)
	for (queued = 0; queued < 2; queued++)
	for (paused = 0; paused < 2; paused++) {
		socket_pair(&a, &b, 4);
		assert_int_equal(write(b.wfd, "123456", 6), 6);
		if (full)
			assert_int_equal(poll1(&a, PATIENCE), 1);
		if (queued)
			buf_puts(&a.out, "abc");
		a.paused = paused != 0;
		pump_release(&b);
		for (polls = 0; poll1(&a, 5) > 0; polls++)
			assert_true(polls < 5);
		if (queued)
			assert_true(a.wclosed);
		/* what came before the end is still there to be read */
		a.paused = false;
		buf_reset(&a.in);
		for (polls = 0; poll1(&a, 5) > 0; polls++) {
			assert_true(polls < 5);
			buf_reset(&a.in);
		}
		assert_true(a.rclosed);
		pump_release(&a);
	}
}

static void
a_hung_up_terminal_never_spins(void **state)
{
	struct pump_end e;
	int m = posix_openpt(O_RDWR | O_NOCTTY), s = -1, polls = 0;

	(void)state;
	if (m < 0 || grantpt(m) < 0 || unlockpt(m) < 0 ||
	    (s = open(ptsname(m), O_RDWR | O_NOCTTY)) < 0)
		skip();
	pump_init(&e, s, s, false, 100, 100);
	assert_int_equal(poll1(&e, 0), 0);
	close(m);
	while (poll1(&e, 5) > 0)
		assert_true(++polls < 5);
	assert_true(e.rclosed);
	close(s);
	pump_release(&e);
}

/* Echo SIZE bytes through queues of MAX, and count the polls. */
static size_t
echo(size_t size, size_t max)
{
	struct pump_end a, b, *ends[] = { &a, &b };
	size_t sent = 0, got = 0, polls = 0, n;
	unsigned char c;

	socket_pair(&a, &b, max);
	while (got < size) {
		while (sent < size && buf_room(&a.out) > 0)
			buf_putc(&a.out, (int)(sent++ % 251));
		for (n = 0; n < buf_len(&a.in); n++, got++) {
			c = buf_data(&a.in)[n];
			assert_int_equal(c, got % 251);
		}
		buf_reset(&a.in);
		n = buf_len(&b.in);
		n = n < buf_room(&b.out) ? n : buf_room(&b.out);
		buf_put(&b.out, buf_data(&b.in), n);
		buf_consume(&b.in, n);
		if (got < size) {
			assert_true(pump_poll(ends, 2,
			    pump_deadline(PATIENCE)) > 0);
			polls++;
		}
	}
	pump_release(&a);
	pump_release(&b);
	return polls;
}

static void
both_directions_move_through_tiny_queues(void **state)
{
	(void)state;
	assert_true(echo(1000, 1) <= 4 * 1000);
	assert_true(echo(10000, 7) <= 4 * 10000 / 7);
	echo(3000000, 65536);
}

/* Neither side reads until it has written all: only our queues can give. */
static void
full_in_both_directions_is_no_deadlock(void **state)
{
	struct pump_end a, b, *ends[] = { &a, &b };
	static char block[2000000];

	(void)state;
	socket_pair(&a, &b, sizeof(block));
	assert_int_equal(buf_put(&a.out, block, sizeof(block)), 0);
	assert_int_equal(buf_put(&b.out, block, sizeof(block)), 0);
	while (buf_len(&a.in) < sizeof(block) || buf_len(&b.in) < sizeof(block))
		assert_true(pump_poll(ends, 2, pump_deadline(PATIENCE)) > 0);
	pump_release(&a);
	pump_release(&b);
}

static void
a_full_in_queue_does_not_stop_the_out_queue(void **state)
{
	struct pump_end a, b;
	char got[8];

	(void)state;
	socket_pair(&a, &b, 4);
	assert_int_equal(write(b.wfd, "12345678", 8), 8);
	assert_int_equal(poll1(&a, PATIENCE), 1);
	assert_int_equal(buf_room(&a.in), 0);
	buf_puts(&a.out, "out");
	assert_int_equal(poll1(&a, PATIENCE), 1);
	assert_int_equal(read(b.rfd, got, sizeof(got)), 3);
	pump_release(&a);
	pump_release(&b);
}

static void
a_half_closed_end_still_reads(void **state)
{
	struct pump_end a, b;

	(void)state;
	socket_pair(&a, &b, 100);
	pump_close_out(&a);
	assert_int_equal(poll1(&b, PATIENCE), 1);
	assert_true(b.rclosed);
	buf_puts(&b.out, "bye");
	assert_int_equal(poll1(&b, PATIENCE), 1);
	assert_int_equal(poll1(&a, PATIENCE), 1);
	assert_string_equal(buf_str(&a.in), "bye");
	pump_release(&a);
	pump_release(&b);
}

static volatile sig_atomic_t alarms;

static void
on_alarm(int sig)
{
	(void)sig;
	alarms = alarms + 1;
}

static void
a_storm_of_signals_changes_nothing(void **state)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never;
	struct sigaction sa = { .sa_handler = on_alarm };
	struct pump_end a, b, *ends[] = { &a, &b };
	size_t sent = 0, got = 0, i, size = 1000000;
	int64_t deadline = pump_deadline(PATIENCE);

	(void)state;
	memset(&never, 0, sizeof(never));
	sigaction(SIGALRM, &sa, NULL);	/* for good: valgrind has it late */
	setitimer(ITIMER_REAL, &often, NULL);
	socket_pair(&a, &b, 5000);
	while (got < size || alarms < 10) {
		while (sent < size && buf_room(&a.out) > 0)
			buf_putc(&a.out, (int)(sent++ % 251));
		assert_true(pump_poll(ends, 2, deadline) >= 0);
		for (i = 0; i < buf_len(&b.in); i++, got++)
			if (buf_data(&b.in)[i] != got % 251)
				fail_msg("byte %zu is wrong", got);
		buf_reset(&b.in);
		assert_true(pump_now() < deadline);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	assert_int_equal(got, size);
	pump_release(&a);
	pump_release(&b);
}

static void
a_signal_ends_the_wait(void **state)
{
	struct itimerval soon = { { 0, 0 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = on_alarm };
	struct pump_end a, b;
	int64_t begin = pump_now();

	(void)state;
	sigaction(SIGALRM, &sa, NULL);
	socket_pair(&a, &b, 100);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(poll1(&a, PATIENCE), 0);
	assert_true(pump_now() - begin < PATIENCE);
	pump_release(&a);
	pump_release(&b);
}

static void
deadlines_do_not_overflow(void **state)
{
	struct pump_end a, b, *p = &a;

	(void)state;
	assert_true(pump_deadline(-1) < 0);
	assert_true(pump_deadline(INT64_MIN) < 0);
	assert_true(pump_deadline(INT64_MAX) == INT64_MAX);
	socket_pair(&a, &b, 100);
	assert_int_equal(write(b.wfd, "x", 1), 1);
	assert_int_equal(pump_poll(&p, 1, INT64_MAX), 1);
	/* long past: looks once and returns */
	assert_int_equal(pump_poll(&p, 1, 0), 0);
	assert_int_equal(write(b.wfd, "x", 1), 1);
	assert_int_equal(pump_poll(&p, 1, 0), 1);
	pump_release(&a);
	pump_release(&b);
}

static void
owned_descriptors_are_above_2_and_closed_on_exec(void **state)
{
	int fd[2], saved, fd0;

	(void)state;
	saved = fcntl(0, F_DUPFD_CLOEXEC, 10);
	close(0);
	make_pipe(fd);
	assert_int_equal(fd[0], 0);
	fd0 = pump_own(fd[0]);
	if (saved >= 0) {
		dup2(saved, 0);
		close(saved);
	}
	assert_true(fd0 > 2);
	assert_true(fcntl(fd0, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd0, F_GETFL) & O_NONBLOCK);
	close(fd0);
	close(fd[1]);
	assert_int_equal(pump_own(-1), -1);
}

enum { MANY = 1200 };

static void
many_ends_are_polled_at_once(void **state)
{
	struct pump_end *end = calloc(MANY, sizeof(*end)), **ends;
	struct rlimit rl;
	int i, n, got, r, fd[2];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &rl);
	n = rl.rlim_cur < 2 * MANY + 50 ? (int)(rl.rlim_cur - 50) / 2 : MANY;
	ends = calloc((size_t)n, sizeof(*ends));
	for (i = 0; i < n; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		pump_init(&end[i], pump_own(fd[0]), -1, true, 10, 0);
		end[i].wfd = pump_own(fd[1]);	/* it talks to itself */
		buf_init(&end[i].out, 10);
		buf_puts(&end[i].out, "x");
		ends[i] = &end[i];
	}
	for (got = 0; got < n; ) {
		r = pump_poll(ends, (size_t)n, pump_deadline(PATIENCE));
		assert_true(r > 0);
		for (got = i = 0; i < n; i++)
			got += buf_len(&end[i].in) == 1;
	}
	for (i = 0; i < n; i++)
		pump_release(&end[i]);
	free(end);
	free(ends);
}

static void
somebody_elses_are_waited_for_as_well(void **state)
{
	struct pump_end e, *ends[] = { &e };
	struct pollfd also[40];
	int fd[2], fd2[2], i;

	(void)state;
	make_pipe(fd);
	make_pipe(fd2);
	pump_init(&e, fd[0], -1, false, 100, 0);
	for (i = 0; i < 40; i++)
		also[i] = (struct pollfd){ .fd = -1, .revents = POLLIN };
	also[39] = (struct pollfd){ .fd = fd2[0], .events = POLLIN };
	assert_int_equal(pump_poll_also(ends, 1, also, 40, pump_now()), 0);
	assert_int_equal(also[0].revents, 0);
	assert_int_equal(write(fd2[1], "x", 1), 1);
	assert_int_equal(pump_poll_also(ends, 1, also, 40, -1), 1);
	assert_int_equal(also[39].revents, POLLIN);
	assert_int_equal(buf_len(&e.in), 0);
	assert_int_equal(write(fd[1], "y", 1), 1);
	assert_int_equal(pump_poll_also(ends, 1, also, 40, -1), 2);
	assert_string_equal(buf_str(&e.in), "y");
	assert_int_equal(pump_poll_also(NULL, 0, also + 39, 1, -1), 1);
	assert_int_equal(pump_poll_also(NULL, 0, NULL, 0, -1), XERR_INTERNAL);
	close(fd[0]);
	close(fd[1]);
	close(fd2[0]);
	close(fd2[1]);
	pump_release(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_arrives_and_then_the_end),
		cmocka_unit_test(a_full_queue_is_not_read_into),
		cmocka_unit_test(a_paused_end_is_left_alone_even_when_hung_up),
		cmocka_unit_test(a_watched_end_is_reported_and_not_read),
		cmocka_unit_test(writing_to_a_full_blocking_pipe_waits_in_poll),
		cmocka_unit_test(
		    a_reader_that_left_is_seen_with_something_to_write),
		cmocka_unit_test(
		    a_reader_that_left_is_seen_with_nothing_to_write),
		cmocka_unit_test(a_full_disk_is_an_error_of_the_end),
		cmocka_unit_test(regular_files_are_read_and_written),
		cmocka_unit_test(a_directory_is_a_read_error),
		cmocka_unit_test(a_closed_descriptor_is_an_error_of_the_end),
		cmocka_unit_test(missing_descriptors_and_ends_are_skipped),
		cmocka_unit_test(hung_up_ends_never_spin),
		cmocka_unit_test(a_hung_up_terminal_never_spins),
		cmocka_unit_test(both_directions_move_through_tiny_queues),
		cmocka_unit_test(full_in_both_directions_is_no_deadlock),
		cmocka_unit_test(a_full_in_queue_does_not_stop_the_out_queue),
		cmocka_unit_test(a_half_closed_end_still_reads),
		cmocka_unit_test(a_storm_of_signals_changes_nothing),
		cmocka_unit_test(a_signal_ends_the_wait),
		cmocka_unit_test(deadlines_do_not_overflow),
		cmocka_unit_test(
		    owned_descriptors_are_above_2_and_closed_on_exec),
		cmocka_unit_test(many_ends_are_polled_at_once),
		cmocka_unit_test(somebody_elses_are_waited_for_as_well),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
