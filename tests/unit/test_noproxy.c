/* cli/noproxy: which hosts are connected to without a proxy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "account/noproxy.h"

struct row {
	const char *list, *host;
	unsigned port;
	bool want;
};

static void
check(const struct row *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (noproxy_has(t[i].list, t[i].host, t[i].port) != t[i].want)
			fail_msg("'%s' %s %s:%u", t[i].list, t[i].want ?
			    "does not have" : "has", t[i].host, t[i].port);
}

#define CHECK(t) check(t, sizeof(t) / sizeof((t)[0]))

static void
a_name_has_all_below_it(void **state)
{
	static const struct row t[] = {
		{ "example.org", "example.org", 5222, true },
		{ "example.org", "xmpp.example.org", 5222, true },
		{ "example.org", "a.b.example.org", 5222, true },
		{ "example.org", "EXAMPLE.org.", 5222, true },
		{ "Example.ORG.", "example.org", 5222, true },
		{ ".example.org", "example.org", 5222, true },
		{ ".example.org", "xmpp.example.org", 5222, true },
		{ "*.example.org", "xmpp.example.org", 5222, true },
		{ "example.org", "notexample.org", 5222, false },
		{ ".example.org", "notexample.org", 5222, false },
		{ "example.org", "example.org.evil.test", 5222, false },
		{ "example.org", "org", 5222, false },
		{ "xmpp.example.org", "example.org", 5222, false },
		{ ".", "example.org", 5222, false },
		{ "*.", "example.org", 5222, false },
		{ "\xc3\xa4.test", "x.\xc3\xa4.test", 5222, true },
	};

	(void)state;
	CHECK(t);
}

static void
a_list_has_what_any_of_its_entries_has(void **state)
{
	static const struct row t[] = {
		{ "", "example.org", 5222, false },
		{ " , ,", "example.org", 5222, false },
		{ "*", "example.org", 5222, true },
		{ "*", "::1", 5222, true },
		{ "a.test,*", "example.org", 5222, true },
		{ "a.test, example.org", "example.org", 5222, true },
		{ "a.test example.org\n", "example.org", 5222, true },
		{ ",,example.org,,a.test", "example.org", 5222, true },
		{ "a.test;example.org", "example.org", 5222, false },
	};
	char list[1000];

	(void)state;
	CHECK(t);
	/* one without end is none, and those behind it are not lost */
	memset(list, 'x', sizeof(list));
	memcpy(list + sizeof(list) - 8, ",a.test", 8);
	assert_true(noproxy_has(list, "a.test", 1));
}

static void
an_address_is_compared_as_a_number(void **state)
{
	static const struct row t[] = {
		{ "192.0.2.1", "192.0.2.1", 5222, true },
		{ "192.0.2.1", "192.0.2.10", 5222, false },
		{ "2.1", "192.0.2.1", 5222, false },
		{ "::1", "::1", 5222, true },
		{ "[::1]", "::1", 5222, true },
		{ "::1", "[0:0::1]", 5222, true },
		{ "2001:DB8::1", "2001:db8:0:0::1", 5222, true },
		{ "::1", "::2", 5222, false },
		{ "::ffff:192.0.2.1", "192.0.2.1", 5222, false },
		{ "192.0.2.1", "x.192.0.2.1.test", 5222, false },
	};

	(void)state;
	CHECK(t);
}

static void
a_network_has_its_addresses(void **state)
{
	static const struct row t[] = {
		{ "192.0.2.0/24", "192.0.2.255", 5222, true },
		{ "192.0.2.0/24", "192.0.3.0", 5222, false },
		{ "10.0.0.0/8", "10.255.0.1", 5222, true },
		{ "10.128.0.0/9", "10.127.0.1", 5222, false },
		{ "10.128.0.0/9", "10.129.0.1", 5222, true },
		{ "0.0.0.0/0", "198.51.100.1", 5222, true },
		{ "0.0.0.0/0", "::1", 5222, false },
		{ "192.0.2.1/32", "192.0.2.1", 5222, true },
		{ "192.0.2.1/33", "192.0.2.1", 5222, false },
		{ "192.0.2.1/", "192.0.2.1", 5222, false },
		{ "192.0.2.1/x", "192.0.2.1", 5222, false },
		{ "192.0.2.1/-1", "192.0.2.1", 5222, false },
		{ "fc00::/7", "fd12::3", 5222, true },
		{ "fc00::/7", "fe80::1", 5222, false },
		{ "[fc00::]/7", "fd12::3", 5222, true },
		{ "::1/128", "::1", 5222, true },
		{ "::1/129", "::1", 5222, false },
		{ "example.org/8", "example.org", 5222, false },
	};

	(void)state;
	CHECK(t);
}

static void
a_port_restricts_an_entry(void **state)
{
	static const struct row t[] = {
		{ "example.org:5222", "example.org", 5222, true },
		{ "example.org:5222", "x.example.org", 5222, true },
		{ "example.org:5222", "example.org", 5223, false },
		{ "example.org:", "example.org", 5222, false },
		{ "example.org:x", "example.org", 5222, false },
		{ "example.org:65536", "example.org", 0, false },
		{ "192.0.2.1:443", "192.0.2.1", 443, true },
		{ "192.0.2.1:443", "192.0.2.1", 5222, false },
		{ "[::1]:443", "::1", 443, true },
		{ "[::1]:443", "::1", 5222, false },
		{ "::1:443", "::1", 443, false },
		{ "*:443", "example.org", 443, true },
		{ ":443", "example.org", 443, false },
	};

	(void)state;
	CHECK(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_all_below_it),
		cmocka_unit_test(a_list_has_what_any_of_its_entries_has),
		cmocka_unit_test(an_address_is_compared_as_a_number),
		cmocka_unit_test(a_network_has_its_addresses),
		cmocka_unit_test(a_port_restricts_an_entry)
	};

	return cmocka_run_group_tests_name("noproxy", tests, NULL, NULL);
}
