/* jid: splitting, building, comparing; errors as values and sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "jid/jid.h"

static int
parse(struct jid *j, const char *s)
{
	return jid_parse(j, s, strlen(s));
}

static void
assert_part(const char *part, size_t len, const char *want)
{
	if (want == NULL) {
		assert_null(part);
		assert_int_equal(len, 0);
		return;
	}
	assert_non_null(part);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(part, want, len);
}

static void
assert_jid(const char *s, const char *local, const char *domain,
    const char *resource)
{
	struct jid j;
	size_t len;
	const char *p;

	assert_int_equal(parse(&j, s), 0);
	p = jid_local(&j, &len);
	assert_part(p, len, local);
	p = jid_domain(&j, &len);
	assert_part(p, len, domain);
	p = jid_resource(&j, &len);
	assert_part(p, len, resource);
	assert_int_equal(jid_len(&j), strlen(jid_str(&j)));
}

static void
splits_at_the_first_slash_and_then_the_first_at(void **state)
{
	(void)state;
	assert_jid("example.com", NULL, "example.com", NULL);
	assert_jid("Juliet@Example.COM/Foo", "juliet", "example.com", "Foo");
	assert_jid("example.com/a@b", NULL, "example.com", "a@b");
	assert_jid("a@b//", "a", "b", "/");
	assert_jid("a@b/c/d", "a", "b", "c/d");
}

static void
refuses_empty_parts_and_says_where(void **state)
{
	struct jid_error e;
	struct jid j;

	(void)state;
	assert_int_equal(jid_parse_why(&j, "", 0, &e), XERR_SYNTAX);
	assert_int_equal(e.part, JID_DOMAINPART);
	assert_int_equal(e.rule, JID_RULE_EMPTY);
	assert_int_equal(jid_parse_why(&j, "@b", 2, &e), XERR_SYNTAX);
	assert_int_equal(e.part, JID_LOCALPART);
	assert_int_equal(jid_parse_why(&j, "a@", 2, &e), XERR_SYNTAX);
	assert_int_equal(e.part, JID_DOMAINPART);
	assert_int_equal(e.offset, 2);
	assert_int_equal(jid_parse_why(&j, "a@b/", 4, &e), XERR_SYNTAX);
	assert_int_equal(e.part, JID_RESOURCEPART);
	assert_int_equal(e.rule, JID_RULE_EMPTY);
	assert_int_equal(e.offset, 4);
}

static void
leaves_the_result_alone_on_error(void **state)
{
	struct jid j;

	(void)state;
	assert_int_equal(parse(&j, "a@b/c"), 0);
	assert_int_equal(parse(&j, "xx@yy/z\x01"), XERR_SYNTAX);
	assert_int_equal(parse(&j, "x x@yy"), XERR_SYNTAX);
	assert_string_equal(jid_str(&j), "a@b/c");
}

static void
makes_an_address_of_unprepared_parts(void **state)
{
	struct jid_error e;
	struct jid j;

	(void)state;
	assert_int_equal(jid_make(&j, "Romeo", "EXAMPLE.net", "Orchard"), 0);
	assert_string_equal(jid_str(&j), "romeo@example.net/Orchard");
	assert_int_equal(jid_make(&j, NULL, "example.net", NULL), 0);
	assert_string_equal(jid_str(&j), "example.net");
	/* no part can reach into the next */
	assert_int_equal(jid_make_why(&j, NULL, "a@b", NULL, &e),
	    XERR_SYNTAX);
	assert_int_equal(e.part, JID_DOMAINPART);
	assert_int_equal(e.offset, 1);
	assert_int_equal(jid_make(&j, NULL, "b/c", NULL), XERR_SYNTAX);
	assert_int_equal(jid_make(&j, "", "b", NULL), XERR_SYNTAX);
	assert_int_equal(jid_make(&j, NULL, NULL, NULL), XERR_SYNTAX);
}

static void
shortens_to_bare_and_domain(void **state)
{
	struct jid j;

	(void)state;
	assert_int_equal(parse(&j, "a@b/c"), 0);
	assert_false(jid_is_bare(&j));
	jid_to_bare(&j);
	assert_string_equal(jid_str(&j), "a@b");
	assert_true(jid_is_bare(&j));
	jid_to_domain(&j);
	assert_string_equal(jid_str(&j), "b");
	assert_true(jid_is_bare(&j));
	assert_false(jid_is_empty(&j));
}

static void
an_address_of_zero_bytes_is_none(void **state)
{
	struct jid j = {0}, k = {0};
	struct buf b;

	(void)state;
	assert_true(jid_is_empty(&j));
	assert_false(jid_is_bare(&j));
	assert_string_equal(jid_str(&j), "");
	assert_false(jid_equal(&j, &k));
	assert_false(jid_equal_bare(&j, &k));
	assert_false(jid_domain_is_ip(&j));
	buf_init(&b, 100);
	assert_int_equal(jid_domain_ascii(&j, &b), XERR_SYNTAX);
	jid_to_bare(&j);
	jid_to_domain(&j);
	assert_true(jid_is_empty(&j));
}

static void
compares_normal_forms(void **state)
{
	struct jid a, b;

	(void)state;
	assert_int_equal(parse(&a, "A@B/c"), 0);
	assert_int_equal(parse(&b, "a@b/c"), 0);
	assert_true(jid_equal(&a, &b));
	assert_int_equal(parse(&b, "a@b/C"), 0);
	assert_false(jid_equal(&a, &b));
	assert_true(jid_equal_bare(&a, &b));
	assert_int_equal(parse(&b, "b/c"), 0);
	assert_false(jid_equal_bare(&a, &b));
}

static void
parses_from_its_own_storage(void **state)
{
	struct jid j;

	(void)state;
	assert_int_equal(parse(&j, "b/abcdefghij@klmnopq/rstuvwxyz"), 0);
	assert_int_equal(jid_parse(&j, jid_str(&j) + 2, 28), 0);
	assert_string_equal(jid_str(&j), "abcdefghij@klmnopq/rstuvwxyz");
}

static void
a_domain_becomes_what_dns_and_tls_want(void **state)
{
	static const struct {
		const char *jid, *ascii;
	} t[] = {
		{ "a@Example.COM./r", "example.com" },
		{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
		{ "XN--BCHER-KVA.example", "xn--bcher-kva.example" },
		{ "127.0.0.1", "127.0.0.1" },
		{ "a@[2001:DB8::1]", "2001:db8::1" },
		{ "[fe80::1%25eth0]", "fe80::1%eth0" },
		{ "[v1.x]", "v1.x" }
	};
	struct buf b;
	struct jid j;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(parse(&j, t[i].jid), 0);
		assert_int_equal(jid_domain_is_ip(&j), i > 2);
		buf_reset(&b);
		assert_int_equal(jid_domain_ascii(&j, &b), 0);
		assert_string_equal(buf_str(&b), t[i].ascii);
	}
	assert_int_equal(parse(&j, "256.0.0.1"), 0);
	assert_false(jid_domain_is_ip(&j));
	buf_release(&b);
}

static void
assert_why(const char *s, enum jid_part part, enum jid_rule rule,
    size_t offset, int32_t cp)
{
	struct jid_error e;
	struct jid j;

	assert_int_equal(jid_parse_why(&j, s, strlen(s), &e), XERR_SYNTAX);
	assert_int_equal(e.part, part);
	assert_int_equal(e.rule, rule);
	assert_int_equal(e.offset, offset);
	assert_int_equal(e.cp, cp);
	assert_int_equal(e.by, JID_RFC7622);
}

static void
says_which_rule_and_where(void **state)
{
	(void)state;
	assert_why("king\xe2\x99\x9a@b", JID_LOCALPART, JID_RULE_SYMBOL, 4,
	    0x265a);
	assert_why("a\xff@b", JID_LOCALPART, JID_RULE_UTF8, 1, -1);
	assert_why("a'b@c", JID_LOCALPART, JID_RULE_EXCLUDED, 1, '\'');
	/* what a fullwidth commercial at maps to */
	assert_why("a\xef\xbc\xa0@c", JID_LOCALPART, JID_RULE_EXCLUDED, 1,
	    '@');
	/* passes, but composes to a symbol */
	assert_why("=\xcc\xb8@c", JID_LOCALPART, JID_RULE_SYMBOL, 0, 0x2260);
	assert_why("\xc3\xa4\xd7\x90@b", JID_LOCALPART, JID_RULE_BIDI5, 2,
	    0x5d0);
	assert_why("b/\xe1\x84\x80", JID_RESOURCEPART, JID_RULE_JAMO, 2,
	    0x1100);
	assert_why("b/x\xe2\x80\x8d", JID_RESOURCEPART, JID_RULE_ZWJ, 3,
	    0x200d);
	assert_why("u@a.x_y", JID_DOMAINPART, JID_RULE_LDH, 5, '_');
	assert_why("u@a.-y", JID_DOMAINPART, JID_RULE_HYPHEN, 4, '-');
	assert_why("u@a..y", JID_DOMAINPART, JID_RULE_LABEL_EMPTY, 4, -1);
	assert_why("u@\xf0\x9f\x8d\xba.a", JID_DOMAINPART, JID_RULE_SYMBOL,
	    2, 0x1f37a);
	assert_why("u@a.xn--ex-", JID_DOMAINPART, JID_RULE_FAKE_A_LABEL, 4, -1);
	/* a symbol hidden in an A-label: where the label begins */
	assert_why("u@a.xn--45h", JID_DOMAINPART, JID_RULE_SYMBOL, 4, 0x265a);
	/* U+13A9, which RFC 5895 makes a letter that is DISALLOWED */
	assert_why("u@xn--f9d", JID_DOMAINPART, JID_RULE_UPPERCASE, 2,
	    0x13a9);
	/* a digit first is well-formed, but not beside a Hebrew label */
	assert_why("1a.\xd7\x90", JID_DOMAINPART, JID_RULE_BIDI1, 0, '1');
	assert_why("u@[::g]", JID_DOMAINPART, JID_RULE_IP_LITERAL, 2, -1);
	assert_why("[::1%25a%00]", JID_DOMAINPART, JID_RULE_IP_LITERAL, 0, -1);
}

static void
every_rule_has_its_sentence(void **state)
{
	struct jid_error e = {
		.part = JID_LOCALPART, .rule = JID_RULE_SYMBOL, .offset = 5,
		.cp = 0x265a
	};
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(jid_error_text(&b, &e), 0);
	assert_string_equal(buf_str(&b), "localpart: U+265A at byte 5 is a "
	    "symbol (RFC 8264 4.2.3)");
	for (i = 0; i < JID_RULE_COUNT; i++) {
		assert_non_null(jid_rule_name(i));
		e.rule = i;
		buf_reset(&b);
		assert_int_equal(jid_error_text(&b, &e), 0);
		assert_true(strstr(buf_str(&b), "(RFC ") != NULL ||
		    strstr(buf_str(&b), "(XEP-") != NULL);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_at_the_first_slash_and_then_the_first_at),
		cmocka_unit_test(refuses_empty_parts_and_says_where),
		cmocka_unit_test(leaves_the_result_alone_on_error),
		cmocka_unit_test(makes_an_address_of_unprepared_parts),
		cmocka_unit_test(shortens_to_bare_and_domain),
		cmocka_unit_test(an_address_of_zero_bytes_is_none),
		cmocka_unit_test(compares_normal_forms),
		cmocka_unit_test(parses_from_its_own_storage),
		cmocka_unit_test(a_domain_becomes_what_dns_and_tls_want),
		cmocka_unit_test(says_which_rule_and_where),
		cmocka_unit_test(every_rule_has_its_sentence)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
