/* net/dial and net/srv: from the records of a domain's service to a target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "dialing.h"
#include "dnsd.h"
#include "net/dial.h"
#include "net/pump.h"
#include "net/resolve.h"
#include "net/srv.h"

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

/* That it is not silence is known from the second question. */
static void
a_lost_question_is_asked_again_soon(void **state)
{
	static const struct dns_rec recs[] = {
		{ "_xmpp-client._tcp.example.org", DNS_SRV, "a.example", 10,
		    0, 1, 0, false, 0, false },
		{ .name = "a.example", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};
	unsigned port = 0;
	int s = hold("127.0.0.1", &port, true);
	struct dns_rec *table = table_with_port(recs, N(recs), port);
	int64_t begin = pump_now();
	struct dial_target t;
	struct dialer *d;
	struct dnsd dns;

	(void)state;
	dnsd_start_lossy(&dns, table);
	d = by_srv("example.org", &dns, DIAL_ANY);
	assert_int_equal(next(d, &t), 0);
	/* once for the records, once for the addresses */
	assert_true(pump_now() - begin >= 1000);
	assert_true(pump_now() - begin < 4000);
	dialer_free(d);
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
	assert_non_null(strstr(why, "SRV _xmpp-client._tcp: the name server "
	    "failed, "));
	assert_null(strstr(buf_str(&logged), "127.0.77.1"));
	dialer_free(d);
	dnsd_stop(&dns);
}

/* Elsewhere the AD bit is what anybody on the way makes of it. */
static void
only_name_servers_of_this_machine_are_trusted(void **state)
{
	static const struct {
		const char *dns;
		bool trusted;
	} cases[] = {
		{ "127.0.0.1:53", true }, { "127.9.9.9:5353", true },
		{ "[::1]:53", true }, { "127.0.0.1:1,[::1]:2", true },
		{ "192.0.2.1:53", false }, { "[2001:db8::1]:53", false },
		{ "127.0.0.1:53,192.0.2.1:53", false },
	};
	struct resolver *r;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < N(cases); i++) {
		print_message("# %s\n", cases[i].dns);
		assert_int_equal(resolver_new(&r, cases[i].dns, false, &b), 0);
		assert_int_equal(resolver_is_trusted(r), cases[i].trusted);
		resolver_free(r);
	}
	buf_release(&b);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(srv_priorities_come_first),
		cmocka_unit_test(srv_weights_are_kept_on_average),
		cmocka_unit_test(weights_of_zero_share),
		cmocka_unit_test(targets_of_both_services_are_one_list),
		cmocka_unit_test(a_dot_means_no_and_nothing_else_is_tried),
		cmocka_unit_test(without_srv_the_domain_itself_is_tried),
		cmocka_unit_test(a_silent_target_is_passed_after_a_moment),
		cmocka_unit_test(
		    silence_about_one_of_several_is_passed_after_a_moment),
		cmocka_unit_test(a_lost_question_is_asked_again_soon),
		cmocka_unit_test(srv_records_kept_from_us_are_not_done_without),
		cmocka_unit_test(only_name_servers_of_this_machine_are_trusted),
		cmocka_unit_test(
		    tlsa_records_that_are_none_rule_the_target_out),
		cmocka_unit_test(useless_records_are_skipped),
	};
	int r;

	buf_init(&logged, 100000);
	r = cmocka_run_group_tests_name("srv", tests, NULL, NULL);
	buf_release(&logged);
	return r;
}
