/* net/dial: look-ups, SRV, connecting, and what is said when it fails. */
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
#include "dnsd.h"
#include "net/dial.h"
#include "net/pump.h"
#include "net/resolve.h"
#include "net/srv.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { PATIENCE = 10000 };

static struct buf logged;
static char why[5000];

static void
keep_log(void *arg, const char *line)
{
	(void)arg;
	buf_printf(&logged, "%s\n", line);
}

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

/* A socket on ADDRESS and *PORT (0: a free one) that listens, or only binds. */
static int
hold(const char *address, unsigned *port, bool listening)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	bool six = strchr(address, ':') != NULL;
	void *sa = six ? (void *)&in6 : (void *)&sin;
	socklen_t len = six ? sizeof(in6) : sizeof(sin);
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	inet_pton(AF_INET, address, &sin.sin_addr);
	inet_pton(AF_INET6, address, &in6.sin6_addr);
	sin.sin_port = in6.sin6_port = htons((uint16_t)*port);
	if (bind(fd, sa, len) < 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, sa, &len);
	*port = ntohs(six ? in6.sin6_port : sin.sin_port);
	if (listening)
		assert_int_equal(listen(fd, 100), 0);
	return fd;
}

/* One that neither accepts nor refuses: its queue is full. */
static int
black_hole(const char *address, unsigned *port, int clog[4])
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = hold(address, port, false), i;

	assert_true(fd >= 0);
	assert_int_equal(listen(fd, 0), 0);
	inet_pton(AF_INET, address, &sin.sin_addr);
	sin.sin_port = htons((uint16_t)*port);
	for (i = 0; i < 4; i++) {
		clog[i] = pump_own(socket(AF_INET, SOCK_STREAM, 0));
		connect(clog[i], (void *)&sin, sizeof(sin));
	}
	return fd;
}

static void
close_all(int fd, const int clog[4])
{
	int i;

	close(fd);
	for (i = 0; i < 4; i++)
		close(clog[i]);
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
	    "the time is up");
	dnsd_stop(&d);
}

static void
without_a_name_server_it_fails_at_once(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(try_dial("a.example", 1, "127.0.0.1:1", PATIENCE,
	    &fd), XERR_TEMP);
	assert_int_equal(try_dial("a.example", 1, "nonsense", PATIENCE, &fd),
	    XERR_CONFIG);
	assert_non_null(strstr(why, "cannot use the name server nonsense"));
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
	/* IPv6 was first */
	assert_int_equal(strncmp(buf_str(&logged), "[::1]:", 6), 0);
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

static void
srv_priorities_come_first(void **state)
{
	struct srv list[] = {
		{ .target = "c", .priority = 30 },
		{ .target = "a", .priority = 10 },
		{ .target = "d", .priority = 65535, .weight = 65535 },
		{ .target = "b", .priority = 20, .weight = 9 },
	};
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 100; seed++) {
		srv_sort(list, N(list), seed);
		assert_string_equal(list[0].target, "a");
		assert_string_equal(list[1].target, "b");
		assert_string_equal(list[2].target, "c");
		assert_string_equal(list[3].target, "d");
	}
	srv_sort(NULL, 0, 1);
	srv_sort(list, 1, 1);
}

static void
srv_weights_are_kept_on_average(void **state)
{
	const struct srv given[] = {
		{ .target = "a", .weight = 0 }, { .target = "b", .weight = 10 },
		{ .target = "c", .weight = 30 },
		{ .target = "d", .weight = 60 },
	};
	struct srv list[4];
	int first[4] = { 0 }, second = 0;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 20000; seed++) {
		memcpy(list, given, sizeof(list));
		srv_sort(list, 4, seed);
		first[list[0].target[0] - 'a']++;
		/* of the rest, again by weight */
		if (list[0].target[0] == 'd')
			second += list[1].target[0] == 'c';
	}
	assert_in_range(first[0], 1, 600);
	assert_in_range(first[1], 1800, 2200);
	assert_in_range(first[2], 5700, 6300);
	assert_in_range(first[3], 11600, 12400);
	assert_in_range(second * 100 / first[3], 70, 78);
}

static void
weights_of_zero_share(void **state)
{
	struct srv list[2];
	int first[2] = { 0 };
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 1000; seed++) {
		memset(list, 0, sizeof(list));
		list[1].port = 1;
		srv_sort(list, 2, seed);
		first[list[0].port]++;
	}
	assert_in_range(first[0], 400, 600);
	assert_in_range(first[1], 400, 600);
}

/* A dialer for HOST by SRV, and TLSA if D is secure, asking D. */
static struct dialer *
by_srv(const char *host, const struct dnsd *d, enum dial_tls tls)
{
	const struct dial_config cf = { .host = host, .tls = tls,
	    .dns = d->address, .deadline = pump_deadline(PATIENCE),
	    .seed = 1, .log = keep_log, .tlsa = d->secure };
	struct dialer *dialer = NULL;
	struct buf b;

	buf_init(&b, 1000);
	buf_release(&logged);
	assert_int_equal(dialer_new(&dialer, &cf, &b), 0);
	buf_release(&b);
	return dialer;
}

/* The next connection's target, closed at once. */
static int
next(struct dialer *d, struct dial_target *t)
{
	struct buf b;
	int r, fd = -1;

	buf_init(&b, sizeof(why) - 1);
	r = dialer_next(d, &fd, t, &b);
	snprintf(why, sizeof(why), "%s", buf_str(&b));
	buf_release(&b);
	if (r == 0)
		close(fd);
	return r;
}

/* The ports are known at run time only. */
static struct dns_rec *
table_with_port(const struct dns_rec *from, size_t n, unsigned port)
{
	struct dns_rec *table = calloc(n, sizeof(*table));
	size_t i;

	memcpy(table, from, n * sizeof(*table));
	for (i = 0; i < n; i++)
		if (table[i].port == 1)
			table[i].port = (int)port;
	return table;
}

static void
targets_of_both_services_are_one_list(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "b.example", 20, 0,
		    1, 0, false, 0, false },
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "d.example", 40, 0,
		    1, 0, false, 0, false },
		{ "_xmpps-client._tcp.example.org", DNS_SRV, "a.example", 10, 0,
		    1, 0, false, 0, false },
		{ "_xmpps-client._tcp.example.org", DNS_SRV, "c.example", 30, 0,
		    1, 0, false, 0, false },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "b.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "c.example", .type = DNS_A, .data = "127.0.0.2" },
		{ .name = "d.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;

	(void)state;
	dnsd_start(&dns, table);
	d = by_srv("example.org", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "a.example");
	assert_true(t.direct);
	assert_int_equal(t.port, port);
	dialer_failed(d, XERR_TLS, "the certificate expired");
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "b.example");
	assert_false(t.direct);
	dialer_failed(d, XERR_TEMP, "it left");
	/* c is dead */
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "d.example");
	dialer_failed(d, XERR_TEMP, "it left");
	/* all are told, and the most telling is the outcome */
	assert_int_equal(next(d, &t), XERR_TLS);
	assert_non_null(strstr(why, "the certificate expired; "));
	assert_non_null(strstr(why, "; 127.0.0.2:"));
	assert_non_null(strstr(why, "Connection refused"));
	assert_non_null(strstr(buf_str(&logged), "target c.example port "));
	dialer_free(d);

	d = by_srv("example.org", &dns, DIAL_STARTTLS);
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "b.example");
	assert_null(strstr(buf_str(&logged), "xmpps"));
	dialer_free(d);
	d = by_srv("example.org", &dns, DIAL_DIRECT);
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "a.example");
	assert_int_equal(next(d, &t), XERR_UNAVAIL);
	dialer_free(d);
	dnsd_stop(&dns);
	free(table);
	close(s);
}

static void
a_dot_means_no_and_nothing_else_is_tried(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, ".", 0, 0, 0, 0,
		    false, 0, false },
		{ .name = "example.org", .type = DNS_A, .data = "127.0.0.1" },
		{ "_xmpp-client._tcp.example.net", DNS_SRV, ".", 0, 0, 0, 0,
		    false, 0, false },
		{ "_xmpps-client._tcp.example.net", DNS_SRV, "example.org", 0,
		    0, 1, 0, false, 0, false },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;

	(void)state;
	dnsd_start(&dns, table);
	d = by_srv("example.org", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), XERR_UNAVAIL);
	assert_string_equal(why, "cannot connect to example.org: the domain "
	    "says in DNS that it has no XMPP service");
	assert_null(strstr(buf_str(&logged), "127.0.0.1"));
	dialer_free(d);
	/* only STARTTLS is not there */
	d = by_srv("example.net", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), 0);
	assert_true(t.direct);
	dialer_free(d);
	dnsd_stop(&dns);
	free(table);
	close(s);
}

static void
without_srv_the_domain_itself_is_tried(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "none.example", .type = DNS_A,
		    .data = "127.0.77.1" },
		{ .name = "broken.example", .type = DNS_SRV, .rcode = 2 },
		{ .name = "_xmpp-client._tcp.broken.example", .rcode = 2 },
		{ .name = "broken.example", .type = DNS_A,
		    .data = "127.0.77.1" },
		{ .name = NULL }
	};
	static const char *const hosts[] = { "none.example",
	    "broken.example", "127.0.77.1" };
	unsigned port = 5222;
	int s = hold("127.0.77.1", &port, true);
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;
	size_t i;

	(void)state;
	if (s < 0)
		skip();		/* somebody serves on all addresses */
	dnsd_start(&dns, table);
	for (i = 0; i < N(hosts); i++) {
		d = by_srv(hosts[i], &dns, DIAL_ANY);
		assert_int_equal(next(d, &t), 0);
		assert_string_equal(t.address, "127.0.77.1:5222");
		assert_false(t.direct);
		dialer_free(d);
	}
	d = by_srv("unknown.example", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), XERR_HOST);
	assert_string_equal(why, "cannot connect to unknown.example: "
	    "no such host");
	dialer_free(d);
	dnsd_stop(&dns);
	close(s);
}

static void
a_silent_target_is_passed_after_a_moment(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "hole.example", 10,
		    0, 1, 0, false, 0, false },
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "mute.example", 10,
		    1, 1, 0, false, 0, false },
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "good.example", 20,
		    0, 1, 0, false, 0, false },
		{ .name = "hole.example", .type = DNS_A, .data = "127.0.0.2" },
		{ .name = "mute.example", .type = DNS_A, .data = "127.0.0.3" },
		{ .name = "good.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true), clog[2][4], hole[2];
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	struct dial_target t;
	int64_t begin = pump_now();
	struct dialer *d;
	struct dnsd dns;

	(void)state;
	hole[0] = black_hole("127.0.0.2", &port, clog[0]);
	hole[1] = black_hole("127.0.0.3", &port, clog[1]);
	dnsd_start(&dns, table);
	d = by_srv("example.org", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "good.example");
	/* 250 ms for the one beside it, a second before the next priority */
	assert_true(pump_now() - begin >= 1200);
	assert_true(pump_now() - begin < 4000);
	dialer_free(d);
	dnsd_stop(&dns);
	free(table);
	close_all(hole[0], clog[0]);
	close_all(hole[1], clog[1]);
	close(s);
}

static void
silence_about_one_of_several_is_passed_after_a_moment(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "good.example", 10,
		    0, 1, 0, false, 0, false },
		{ .name = "_xmpps-client._tcp.example.org", .silent = true },
		{ "_xmpp-client._tcp.example.net", DNS_SRV, "mute.example", 10,
		    0, 1, 0, false, 0, false },
		{ "_xmpp-client._tcp.example.net", DNS_SRV, "good.example", 20,
		    0, 1, 0, false, 0, false },
		{ .name = "mute.example", .silent = true },
		{ .name = "good.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	static const char *const hosts[] = { "example.org", "example.net" };
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;
	int64_t begin;
	size_t i;

	(void)state;
	dnsd_start(&dns, table);
	for (i = 0; i < N(hosts); i++) {
		begin = pump_now();
		d = by_srv(hosts[i], &dns, DIAL_ANY);
		assert_int_equal(next(d, &t), 0);
		assert_string_equal(t.host, "good.example");
		assert_true(pump_now() - begin >= 1400);
		assert_true(pump_now() - begin < 5000);
		dialer_free(d);
	}
	assert_non_null(strstr(buf_str(&logged), "target mute.example"));
	dnsd_stop(&dns);
	free(table);
	close(s);
}

/* Without DNSSEC the domain itself is tried then, see above. */
static void
srv_records_kept_from_us_are_not_done_without(void **state)
{
	static const struct dns_rec table[] = {
		{ .name = "_xmpp-client._tcp.broken.example", .rcode = 2 },
		{ .name = "broken.example", .type = DNS_A,
		    .data = "127.0.77.1" },
		{ .name = NULL }
	};
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;

	(void)state;
	dnsd_start_secure(&dns, table);
	d = by_srv("broken.example", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), XERR_TEMP);
	assert_non_null(strstr(why, "SRV _xmpp-client._tcp: no name server "));
	assert_null(strstr(buf_str(&logged), "127.0.77.1"));
	dialer_free(d);
	dnsd_stop(&dns);
}

/* What no real name server says. */
static void
tlsa_records_that_are_none_rule_the_target_out(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "a.example", 1, 0,
		    1, 0, false, 0, false },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = "tlsa", .type = DNS_TLSA, .garbage = true },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;
	char name[40];

	(void)state;
	snprintf(name, sizeof(name), "_%u._tcp.a.example", port);
	table[2].name = name;
	dnsd_start_secure(&dns, table);
	d = by_srv("example.org", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), XERR_TEMP);
	assert_non_null(strstr(why, "a.example: its TLSA records cannot be "));
	assert_non_null(strstr(buf_str(&logged), "the answer is malformed"));
	dialer_free(d);
	dnsd_stop(&dns);
	free(table);
	close(s);
}

static void
useless_records_are_skipped(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "a.example", 1, 0,
		    0, 0, false, 0, false },
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "unknown.example",
		    2, 0, 1, 0, false, 0, false },
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "a.example", 3, 0,
		    1, 0, false, 0, false },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;

	(void)state;
	dnsd_start(&dns, table);
	d = by_srv("example.org", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), 0);
	assert_string_equal(t.host, "a.example");
	assert_non_null(strstr(buf_str(&logged), "port 0 is unusable"));
	assert_non_null(strstr(buf_str(&logged), "unknown.example (SRV "
	    "_xmpp-client._tcp): no such host"));
	dialer_free(d);
	dnsd_stop(&dns);
	free(table);
	close(s);
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
		cmocka_unit_test(two_can_be_dialed_at_the_same_time),
		cmocka_unit_test(a_silent_address_is_passed_after_a_moment),
		cmocka_unit_test(a_late_aaaa_answer_holds_nothing_up),
		cmocka_unit_test(closed_standard_streams_are_not_taken),
		cmocka_unit_test(no_descriptor_is_left_behind),
		cmocka_unit_test(a_storm_of_signals_changes_nothing),
		cmocka_unit_test(srv_priorities_come_first),
		cmocka_unit_test(srv_weights_are_kept_on_average),
		cmocka_unit_test(weights_of_zero_share),
		cmocka_unit_test(targets_of_both_services_are_one_list),
		cmocka_unit_test(a_dot_means_no_and_nothing_else_is_tried),
		cmocka_unit_test(without_srv_the_domain_itself_is_tried),
		cmocka_unit_test(a_silent_target_is_passed_after_a_moment),
		cmocka_unit_test(
		    silence_about_one_of_several_is_passed_after_a_moment),
		cmocka_unit_test(srv_records_kept_from_us_are_not_done_without),
		cmocka_unit_test(
		    tlsa_records_that_are_none_rule_the_target_out),
		cmocka_unit_test(useless_records_are_skipped),
	};
	int r;

	buf_init(&logged, 100000);
	r = cmocka_run_group_tests_name("dial", tests, NULL, NULL);
	buf_release(&logged);
	return r;
}
