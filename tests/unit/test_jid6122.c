/* jid6122: stringprep, and what is the same under both RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "jid/jid6122.h"
#include "jid/jidsame.h"

static void
assert_prepared(const char *s, const char *want)
{
	struct jid j;

	assert_int_equal(jid6122_parse(&j, s, strlen(s), NULL), 0);
	assert_string_equal(jid_str(&j), want);
}

static void
assert_refused(const char *s, enum jid_part part, enum jid_rule rule,
    size_t offset, int32_t cp)
{
	struct jid_error e = {0};
	struct jid j = {0};

	assert_int_equal(jid6122_parse(&j, s, strlen(s), &e), XERR_SYNTAX);
	assert_int_equal(e.part, part);
	assert_int_equal(e.rule, rule);
	assert_int_equal(e.offset, offset);
	assert_int_equal(e.cp, cp);
	assert_int_equal(e.by, JID_RFC6122);
	assert_true(jid_is_empty(&j));
}

static void
prepares_by_stringprep(void **state)
{
	(void)state;
	/* case folding and NFKC, where RFC 7622 has lower case and NFC */
	assert_prepared("Fu\xc3\x9f" "ball@Example.com/A", 
	    "fussball@example.com/A");
	assert_prepared("\xe2\x85\xa3@b/\xef\xbc\xa1", "iv@b/A");
	/* a symbol is no harm, nor what Unicode 3.2 did not know */
	assert_prepared("\xe2\x99\x9a@b", "\xe2\x99\x9a@b");
	assert_prepared("\xf0\x9f\x8d\xba@b", "\xf0\x9f\x8d\xba@b");
	/* the soft hyphen vanishes */
	assert_prepared("a\xc2\xad" "b@c", "ab@c");
}

static void
prepares_domains_by_idna2003(void **state)
{
	(void)state;
	assert_prepared("B\xc3\x9c" "CHER.Example", "b\xc3\xbc" "cher.example");
	assert_prepared("XN--BCHER-KVA.example", "b\xc3\xbc" "cher.example");
	assert_prepared("fa\xc3\x9f.de", "fass.de");
	assert_prepared("a\xe3\x80\x82" "b.", "a.b");
	assert_prepared("u@[::A]", "u@[::a]");
}

static void
says_what_was_refused(void **state)
{
	(void)state;
	assert_refused("a b@c", JID_LOCALPART, JID_RULE_PREP_PROHIBITED, 1,
	    ' ');
	assert_refused("x@b/a\x01", JID_RESOURCEPART,
	    JID_RULE_PREP_PROHIBITED, 5, 1);
	assert_refused("x@a_b", JID_DOMAINPART, JID_RULE_LDH, 3, '_');
	assert_refused("x@-a", JID_DOMAINPART, JID_RULE_HYPHEN, 2, -1);
	assert_refused("x@a..b", JID_DOMAINPART, JID_RULE_LABEL_EMPTY, 2, -1);
	assert_refused("\xd7\x90" "a\xd7\x90@b", JID_LOCALPART,
	    JID_RULE_PREP_BIDI, 0, -1);
	assert_refused("\xc2\xad@b", JID_LOCALPART, JID_RULE_EMPTY, 0, -1);
	assert_refused("\xff@b", JID_LOCALPART, JID_RULE_UTF8, 0, -1);
	assert_refused("b/", JID_RESOURCEPART, JID_RULE_EMPTY, 2, -1);
	assert_refused("x@[::g]", JID_DOMAINPART, JID_RULE_IP_LITERAL, 2, -1);
}

static void
refuses_nul_bytes(void **state)
{
	struct jid_error e;
	struct jid j;

	(void)state;
	assert_int_equal(jid6122_parse(&j, "a\0@b", 4, &e), XERR_SYNTAX);
	assert_int_equal(e.offset, 1);
	assert_int_equal(e.cp, 0);
	assert_int_equal(jid6122_parse(&j, "b\0", 2, &e), XERR_SYNTAX);
}

static void
assert_portable_text(const char *s, const char *want)
{
	struct jid_error e;
	struct jid j;
	struct buf b;

	assert_int_equal(jid6122_parse_portable(&j, s, strlen(s), &e),
	    XERR_SYNTAX);
	buf_init(&b, 1000);
	assert_int_equal(jid_error_text(&b, &e), 0);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
portable_is_what_both_prepare_alike(void **state)
{
	struct jid j;

	(void)state;
	assert_int_equal(jid6122_parse_portable(&j, "\xc3\x9c@b/c", 6, NULL),
	    0);
	assert_string_equal(jid_str(&j), "\xc3\xbc@b/c");
	assert_portable_text("fu\xc3\x9f@b", "localpart: the normal forms "
	    "differ: U+00DF by RFC 7622 but U+0073 by RFC 6122 at byte 2 "
	    "(RFC 7622 A)");
	assert_portable_text("b/\xef\xbc\xa1", "resourcepart: the normal "
	    "forms differ: U+FF21 by RFC 7622 but U+0041 by RFC 6122 at byte "
	    "2 (RFC 7622 A)");
	assert_portable_text("\xe2\x99\x9a@b", "localpart: U+265A at byte 0 "
	    "is a symbol (RFC 8264 4.2.3), though valid by RFC 6122");
	assert_portable_text("a@b/\xe2\x80\xa8", "resourcepart: U+2028 at "
	    "byte 4 is disallowed (RFC 8264 4.3.3)");
	assert_portable_text("a@b/a\xd7\x90", "resourcepart: mixes "
	    "right-to-left with left-to-right text at byte 4 (RFC 3454 6), "
	    "though valid by RFC 7622");
}

static void
an_address_is_the_same_under_either_rfc(void **state)
{
	static const struct { const char *a, *b; bool same; } v[] = {
		{ "a@example.org/x", "a@example.org/y", true },
		{ "stra\xc3\x9f" "e@example.org", "strasse@example.org", true },
		{ "\xce\xb3\xce\xb9\xcf\x82@b", "\xce\xb3\xce\xb9\xcf\x83@b", true },
		{ "x@fa\xc3\x9f.example", "x@fass.example", true },
		{ "stra\xc3\x9f" "e@example.org", "mallory@example.org", false },
		{ "stra\xc3\x9f" "e@example.org", "strasse@example.net", false },
		{ "\xc3\xa4@b", "a@b", false },
		{ "a@b", "c@b", false },
	};
	struct jid a, b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(jid_parse(&a, v[i].a, strlen(v[i].a)), 0);
		assert_int_equal(jid_parse(&b, v[i].b, strlen(v[i].b)), 0);
		assert_int_equal(jid_same_bare(&a, &b), v[i].same);
		assert_int_equal(jid_same_bare(&b, &a), v[i].same);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_the_same_under_either_rfc),
		cmocka_unit_test(prepares_by_stringprep),
		cmocka_unit_test(prepares_domains_by_idna2003),
		cmocka_unit_test(says_what_was_refused),
		cmocka_unit_test(refuses_nul_bytes),
		cmocka_unit_test(portable_is_what_both_prepare_alike)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
