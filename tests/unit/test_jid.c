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
every_rule_has_its_sentence(void **state)
{
	struct jid_error e = { JID_LOCALPART, JID_RULE_SYMBOL, 5, 0x265a };
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
		assert_non_null(strstr(buf_str(&b), "(RFC "));
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
		cmocka_unit_test(every_rule_has_its_sentence)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
