/* net/dial: look-ups, connecting, and what is said when it fails. */
#include <sys/socket.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "dialing.h"
#include "dnsd.h"
#include "net/dial_int.h"
#include "net/pump.h"

/* Dial with these; the error, with `why' and `logged' filled. */
static int
try_dial(const char *host, unsigned port, const char *dns, int64_t ms, int *fd)
{
	const struct dial_config cf = { .host = host, .port = port,
	    .dns = dns, .deadline = pump_deadline(ms), .log = keep_log };
	struct buf b;
	int r;

	buf_init(&b, sizeof(why) - 1);
	buf_release(&logged);
	*fd = -1;
	r = dial(fd, &cf, &b);
	snprintf(why, sizeof(why), "%s", buf_str(&b));
	buf_release(&b);
	assert_int_equal(r < 0, *fd < 0);
	assert_int_equal(r < 0, why[0] != '\0');
	return r;
}

/* Where FD leads to. */
static void
assert_peer(int fd, const char *address, unsigned port)
{
	struct sockaddr_storage ss;
	struct sockaddr_in *sin = (void *)&ss;
	struct sockaddr_in6 *in6 = (void *)&ss;
	socklen_t len = sizeof(ss);
	char text[100];

	assert_int_equal(getpeername(fd, (void *)&ss, &len), 0);
	inet_ntop(ss.ss_family, ss.ss_family == AF_INET6 ?
	    (void *)&in6->sin6_addr : (void *)&sin->sin_addr, text,
	    sizeof(text));
	assert_string_equal(text, address);
	assert_int_equal(ntohs(sin->sin_port), port);
}

static void
literal_addresses_need_no_dns(void **state)
{
	unsigned port = 0, six = 0;
	int s = hold("127.0.0.1", &port, true), s6 = hold("::1", &six, true);
	int fd;

	(void)state;
	/* nobody answers there */
	assert_int_equal(try_dial("127.0.0.1", port, "127.0.0.1:1", PATIENCE,
	    &fd), 0);
	assert_peer(fd, "127.0.0.1", port);
	assert_true(fd > 2);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	if (s6 >= 0) {
		assert_int_equal(try_dial("::1", six, "127.0.0.1:1", PATIENCE,
		    &fd), 0);
		assert_peer(fd, "::1", six);
		close(fd);
		assert_int_equal(try_dial("[::1]", six, "127.0.0.1:1",
		    PATIENCE, &fd), 0);
		close(fd);
		close(s6);
	}
	close(s);
}

static void
localhost_needs_no_dns(void **state)
{
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), fd;

	(void)state;
	assert_int_equal(try_dial("localhost", port, "127.0.0.1:1", PATIENCE,
	    &fd), 0);
	assert_peer(fd, "127.0.0.1", port);
	close(fd);
	close(s);
}

static void
a_refused_port_is_unavailable(void **state)
{
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, false), fd;
	char want[200];

	(void)state;
	assert_int_equal(try_dial("127.0.0.1", port, NULL, PATIENCE, &fd),
	    XERR_UNAVAIL);
	snprintf(want, sizeof(want), "cannot connect to 127.0.0.1: "
	    "127.0.0.1:%u: Connection refused", port);
	assert_string_equal(why, want);
	snprintf(want, sizeof(want), "127.0.0.1:%u (127.0.0.1, given): "
	    "Connection refused after ", port);
	assert_non_null(strstr(buf_str(&logged), want));
	close(s);
}

static void
failures_of_dns_are_told_apart(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "empty.example", .type = DNS_SRV, .data = "." },
		{ .name = "broken.example", .rcode = 2 },
		{ .name = "refused.example", .rcode = 5 },
		{ .name = "formerr.example", .rcode = 1 },
		{ .name = "garbage.example", .garbage = true },
		{ .name = NULL }
	};
	static const struct {
		const char *host;
		int r;
		const char *why;
	} cases[] = {
		{ "unknown.example", XERR_HOST, "cannot connect to "
		    "unknown.example: no such host" },
		{ "empty.example", XERR_HOST, "cannot connect to "
		    "empty.example: it has no address in DNS" },
		{ "broken.example", XERR_TEMP, NULL },
		{ "refused.example", XERR_TEMP, NULL },
		{ "formerr.example", XERR_TEMP, NULL },
		{ "garbage.example", XERR_TEMP, NULL },
		{ "nobody..example", XERR_HOST, NULL },
	};
	struct dnsd d;
	size_t i;
	int fd;

	(void)state;
	dnsd_start(&d, table);
	for (i = 0; i < N(cases); i++) {
		print_message("# %s\n", cases[i].host);
		assert_int_equal(try_dial(cases[i].host, 1, d.address,
		    PATIENCE, &fd), cases[i].r);
		if (cases[i].why != NULL)
			assert_string_equal(why, cases[i].why);
	}
	dnsd_stop(&d);
}

static void
a_silent_name_server_costs_only_the_deadline(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "silent.example", .silent = true },
		{ .name = NULL }
	};
	struct dnsd d;
	int64_t begin = pump_now();
	int fd;

	(void)state;
	dnsd_start(&d, table);
	assert_int_equal(try_dial("silent.example", 1, d.address, 200, &fd),
	    XERR_TEMP);
	assert_true(pump_now() - begin >= 190);
	assert_true(pump_now() - begin < 2000);
	assert_string_equal(why, "cannot connect to silent.example: "
	    "the name servers do not answer; the time is up");
	dnsd_stop(&d);
}

static void
without_a_name_server_it_fails_at_once(void **state)
{
	static const char *const good[] = {
		"127.0.0.1:1", "[::1]:1", "127.0.0.1:1,[::1]:65535"
	};
	static const char *const bad[] = {
		"nonsense", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:1x",
		"127.0.0.1:", "[::1]:0", "[::1]1", "127.0.0.1:1,127.0.0.1:65537",
	};
	char want[100];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < N(good); i++)
		assert_int_equal(try_dial("a.example", 1, good[i], PATIENCE,
		    &fd), XERR_TEMP);
	for (i = 0; i < N(bad); i++) {
		print_message("# %s\n", bad[i]);
		assert_int_equal(try_dial("a.example", 1, bad[i], PATIENCE,
		    &fd), XERR_CONFIG);
		snprintf(want, sizeof(want), "cannot use the name server %s: ",
		    bad[i]);
		assert_non_null(strstr(why, want));
	}
}

static void
a_silent_host_costs_only_the_deadline(void **state)
{
	unsigned port = 0;
	int clog[4], s = black_hole("127.0.0.1", &port, clog), fd;
	int64_t begin = pump_now();
	char want[200];

	(void)state;
	assert_int_equal(try_dial("127.0.0.1", port, NULL, 150, &fd),
	    XERR_TEMP);
	assert_true(pump_now() - begin < 2000);
	snprintf(want, sizeof(want), "cannot connect to 127.0.0.1: "
	    "127.0.0.1:%u: Connection timed out", port);
	assert_string_equal(why, want);
	/* a deadline that has passed is none to begin with */
	assert_int_equal(try_dial("127.0.0.1", port, NULL, 0, &fd), XERR_TEMP);
	close_all(s, clog);
}

static void
several_addresses_are_tried(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.2" },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.3" },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "b.example", .type = DNS_CNAME,
		    .data = "a.example" },
		{ .name = "six.example", .type = DNS_AAAA, .data = "::1" },
		{ .name = "six.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), fd;
	struct dnsd d;

	(void)state;
	dnsd_start(&d, table);
	assert_int_equal(try_dial("a.example", port, d.address, PATIENCE,
	    &fd), 0);
	assert_peer(fd, "127.0.0.1", port);
	close(fd);
	assert_int_equal(try_dial("b.example", port, d.address, PATIENCE,
	    &fd), 0);
	assert_peer(fd, "127.0.0.1", port);
	close(fd);
	assert_int_equal(try_dial("six.example", port, d.address, PATIENCE,
	    &fd), 0);
	assert_peer(fd, "127.0.0.1", port);
	/* IPv6 was first, and both look-ups are told of */
	assert_null(strstr(strstr(buf_str(&logged), "[::1]:"), "AAAA of"));
	assert_non_null(strstr(buf_str(&logged), "AAAA of six.example: 1 in "));
	assert_non_null(strstr(strstr(buf_str(&logged), "[::1]:"),
	    "127.0.0.1:"));
	assert_non_null(strstr(buf_str(&logged), "\nA of six.example: 1 in "));
	close(fd);
	close(s);
	/* and all of them are named when none is left */
	assert_int_equal(try_dial("a.example", port, d.address, PATIENCE,
	    &fd), XERR_UNAVAIL);
	assert_non_null(strstr(why, "127.0.0.2:"));
	assert_non_null(strstr(why, "; 127.0.0.3:"));
	assert_non_null(strstr(why, "; 127.0.0.1:"));
	dnsd_stop(&d);
}

/* Where D leads to next: its error, or 0 and the connection is closed again. */
static int
next_of(struct dialer *d, char address[100])
{
	struct dial_target t;
	struct buf b;
	int r, fd = -1;

	buf_init(&b, sizeof(why) - 1);
	if ((r = dialer_next(d, &fd, &t, &b)) == 0) {
		snprintf(address, 100, "%s", t.address);
		close(fd);
	} else
		snprintf(why, sizeof(why), "%s", buf_str(&b));
	buf_release(&b);
	return r;
}

static void
an_address_that_fails_later_leaves_the_others(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.2" },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	int s2 = hold("127.0.0.2", &port, true);
	char one[100], other[100], again[100];
	struct dial_config cf = { .host = "a.example", .port = port,
	    .deadline = pump_deadline(PATIENCE), .log = keep_log };
	struct dialer *d;
	struct dnsd dns;
	struct buf b;

	(void)state;
	assert_true(s2 >= 0);
	dnsd_start(&dns, table);
	cf.dns = dns.address;
	buf_init(&b, 1000);
	buf_release(&logged);
	assert_int_equal(dialer_new(&d, &cf, &b), 0);
	assert_int_equal(next_of(d, one), 0);
	assert_true(dialer_has_another(d));
	dialer_failed(d, XERR_TEMP, "it left");
	assert_non_null(strstr(buf_str(&logged), "given): it left after "));
	assert_int_equal(next_of(d, other), 0);
	assert_string_not_equal(one, other);
	assert_false(dialer_has_another(d));
	/* only the one that is to be is tried once more */
	dialer_failed(d, XERR_TEMP, "it forgot us");
	dialer_again(d);
	assert_true(dialer_has_another(d));
	assert_int_equal(next_of(d, again), 0);
	assert_string_equal(other, again);
	dialer_failed(d, XERR_TEMP, "it left, too");
	assert_int_equal(next_of(d, one), XERR_TEMP);
	assert_non_null(strstr(why, "cannot connect to a.example: "));
	assert_non_null(strstr(why, ": it left; "));
	assert_non_null(strstr(why, ": it forgot us; "));
	assert_non_null(strstr(why, ": it left, too"));
	dialer_free(d);
	dnsd_stop(&dns);
	close(s);
	close(s2);
}

static void
one_that_lets_nobody_in_was_connected_to(void **state)
{
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dial_config cf = { .host = "127.0.0.1", .port = port,
	    .deadline = pump_deadline(PATIENCE) };
	char address[100], want[200];
	struct dialer *d;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(dialer_new(&d, &cf, &b), 0);
	assert_int_equal(next_of(d, address), 0);
	dialer_failed(d, XERR_AUTH, "it knows nobody");
	assert_int_equal(next_of(d, address), XERR_AUTH);
	snprintf(want, sizeof(want), "cannot log in to 127.0.0.1: "
	    "127.0.0.1:%u: it knows nobody", port);
	assert_string_equal(why, want);
	dialer_free(d);
	close(s);
}

/* The families of what is tried next, until there is nothing (more) to try. */
static void
assert_turns(struct target *t, const char *want)
{
	struct dialer d = { .t = t, .nt = 1 };
	struct target *of = NULL;
	int64_t until = -1;
	struct addr *a;
	bool over = false;

	for (; *want != '\0'; want++) {
		a = dial_plan_next(&d, &of, pump_now(), &over, &until);
		assert_non_null(a);
		assert_ptr_equal(of, t);
		assert_int_equal(a->ss.ss_family,
		    *want == '6' ? AF_INET6 : AF_INET);
		a->tried = true;
	}
}

static void
families_take_turns(void **state)
{
	struct addr six[3], four[4];
	struct target t = { .port = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < N(six); i++)
		six[i] = (struct addr){ .ss.ss_family = AF_INET6 };
	for (i = 0; i < N(four); i++)
		four[i] = (struct addr){ .ss.ss_family = AF_INET };
	t.q[0] = (struct addr_query){ .asked = true, .done = true,
	    .list = six, .n = N(six) };
	t.q[1] = (struct addr_query){ .asked = true };
	/* the others are not known yet, nothing is to be waited for */
	assert_turns(&t, "6");
	t.q[1].done = true;
	t.q[1].list = four;
	t.q[1].n = N(four);
	assert_turns(&t, "4646");
	assert_turns(&t, "44");
}

static void
a_silent_address_is_passed_after_a_moment(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.2" },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), clog[4], hole, fd;
	int64_t begin;
	struct dnsd d;

	(void)state;
	hole = black_hole("127.0.0.2", &port, clog);
	dnsd_start(&d, table);
	begin = pump_now();
	assert_int_equal(try_dial("a.example", port, d.address, PATIENCE,
	    &fd), 0);
	assert_peer(fd, "127.0.0.1", port);
	assert_true(pump_now() - begin >= 240);
	assert_true(pump_now() - begin < 2000);
	close(fd);
	close_all(hole, clog);
	close(s);
	dnsd_stop(&d);
}

static void
a_late_aaaa_answer_holds_nothing_up(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "a.example", .type = DNS_AAAA, .data = "::1",
		    .delay = 3000 },
		{ .name = "b.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "b.example", .type = DNS_AAAA, .silent = true },
		{ .name = "c.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "c.example", .type = DNS_AAAA, .rcode = 2 },
		{ .name = NULL }
	};
	const char *names[] = { "a.example", "b.example", "c.example" };
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), fd;
	int64_t begin;
	struct dnsd d;
	size_t i;

	(void)state;
	dnsd_start(&d, table);
	for (i = 0; i < N(names); i++) {
		begin = pump_now();
		assert_int_equal(try_dial(names[i], port, d.address, PATIENCE,
		    &fd), 0);
		assert_true(pump_now() - begin < 2000);
		close(fd);
	}
	close(s);
	dnsd_stop(&d);
}

static void
closed_standard_streams_are_not_taken(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), i, status;
	struct dnsd d;
	pid_t pid;

	(void)state;
	dnsd_start(&d, table);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		const struct dial_config cf = { .host = "a.example",
		    .port = port, .dns = d.address, .deadline = -1 };
		struct buf b;
		int fd = -1;

		buf_init(&b, 1000);
		for (i = 0; i < 3; i++)
			close(i);
		if (dial(&fd, &cf, &b) < 0 || fd <= 2)
			_exit(1);
		for (i = 0; i < 3; i++)
			if (fcntl(i, F_GETFD) >= 0)
				_exit(2 + i);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(s);
	dnsd_stop(&d);
}

/* Whatever happens, what dial() opened is closed again. */
static void
no_descriptor_is_left_behind(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.2" },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), clog[4], hole, fd, before;
	struct dnsd d;

	(void)state;
	hole = black_hole("127.0.0.2", &port, clog);
	dnsd_start(&d, table);
	before = dup(0);
	close(before);
	assert_int_equal(try_dial("a.example", port, d.address, PATIENCE,
	    &fd), 0);
	close(fd);
	assert_int_equal(try_dial("x.example", port, d.address, PATIENCE,
	    &fd), XERR_HOST);
	assert_int_equal(try_dial("a.example", 1, d.address, 100, &fd),
	    XERR_UNAVAIL);
	fd = dup(0);
	assert_int_equal(fd, before);
	close(fd);
	close_all(hole, clog);
	close(s);
	dnsd_stop(&d);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
a_storm_of_signals_changes_nothing(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.2",
		    .delay = 20 },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never;
	struct sigaction sa = { .sa_handler = on_alarm };
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), clog[4], hole, fd;
	struct dnsd d;

	(void)state;
	memset(&never, 0, sizeof(never));
	hole = black_hole("127.0.0.2", &port, clog);
	dnsd_start(&d, table);
	sigaction(SIGALRM, &sa, NULL);	/* for good: valgrind has it late */
	setitimer(ITIMER_REAL, &often, NULL);
	assert_int_equal(try_dial("a.example", port, d.address, PATIENCE,
	    &fd), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	close(fd);
	close_all(hole, clog);
	close(s);
	dnsd_stop(&d);
}

/* Step D with what poll() says of it: as dialer_step(). */
static int
step_once(struct dialer *d, struct pollfd *p, size_t *n, int *fd)
{
	struct dial_target t;
	struct buf b;
	int64_t until;
	int r;

	buf_init(&b, sizeof(why) - 1);
	r = dialer_step(d, p, *n, fd, &t, &b);
	buf_release(&b);
	if (r == 0) {
		*n = dialer_fds(d, p, &until);
		assert_true(*n <= DIALER_FDS);
		assert_true(until >= 0);
		assert_true(poll(p, (nfds_t)*n, 10) >= 0);
	}
	return r;
}

static void
two_can_be_dialed_at_the_same_time(void **state)
{
	unsigned hidden = 0, open = 0;
	int clog[4], hole = black_hole("127.0.0.2", &hidden, clog);
	int s = hold("127.0.0.1", &open, true), fd = -1, fd2 = -1, r, i;
	struct dial_config cf = { .host = "127.0.0.2", .port = hidden,
	    .deadline = pump_deadline(300) };
	struct dialer *silent, *good;
	struct pollfd p[DIALER_FDS], q[DIALER_FDS];
	size_t n = 0, k = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(dialer_new(&silent, &cf, &b), 0);
	assert_int_equal(step_once(silent, p, &n, &fd), 0);
	assert_int_equal(n, 1);
	cf.host = "127.0.0.1";
	cf.port = open;
	assert_int_equal(dialer_new(&good, &cf, &b), 0);
	for (i = 0; i < 20 && (r = step_once(good, q, &k, &fd2)) == 0; i++)
		assert_int_equal(step_once(silent, p, &n, &fd), 0);
	assert_int_equal(r, 1);
	assert_peer(fd2, "127.0.0.1", open);
	while ((r = step_once(silent, p, &n, &fd)) == 0)
		;
	assert_int_equal(r, XERR_TEMP);
	dialer_free(good);
	/* and one can be left in the middle of it */
	assert_int_equal(dialer_new(&good, &cf, &b), 0);
	k = 0;
	step_once(good, q, &k, &fd);
	dialer_free(good);
	dialer_free(silent);
	buf_release(&b);
	close(fd);
	close(fd2);
	close(s);
	close_all(hole, clog);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literal_addresses_need_no_dns),
		cmocka_unit_test(localhost_needs_no_dns),
		cmocka_unit_test(a_refused_port_is_unavailable),
		cmocka_unit_test(failures_of_dns_are_told_apart),
		cmocka_unit_test(a_silent_name_server_costs_only_the_deadline),
		cmocka_unit_test(without_a_name_server_it_fails_at_once),
		cmocka_unit_test(a_silent_host_costs_only_the_deadline),
		cmocka_unit_test(several_addresses_are_tried),
		cmocka_unit_test(
		    an_address_that_fails_later_leaves_the_others),
		cmocka_unit_test(one_that_lets_nobody_in_was_connected_to),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(two_can_be_dialed_at_the_same_time),
		cmocka_unit_test(a_silent_address_is_passed_after_a_moment),
		cmocka_unit_test(a_late_aaaa_answer_holds_nothing_up),
		cmocka_unit_test(closed_standard_streams_are_not_taken),
		cmocka_unit_test(no_descriptor_is_left_behind),
		cmocka_unit_test(a_storm_of_signals_changes_nothing),
	};
	int r;

	buf_init(&logged, 100000);
	r = cmocka_run_group_tests_name("dial", tests, NULL, NULL);
	buf_release(&logged);
	return r;
}
