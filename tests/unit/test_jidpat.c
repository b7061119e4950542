/* jidpat: patterns of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "stanza/jidpat.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
matches_what_it_says(void **state)
{
	static const struct { const char *pattern, *jid; bool match; } v[] = {
		{ "a@b/c", "a@b/c", true }, { "a@b/c", "a@b/d", false },
		{ "a@b/c", "a@b", false }, { "a@b", "a@b/c", true },
		{ "a@b", "a@b", true }, { "a@b", "aa@b", false },
		{ "b", "a@b/c", true }, { "b", "b", true },
		{ "b", "b/c", true }, { "b", "a@bb", false },
		{ "A@B", "a@b", true }, { "a@b", "A@B", true },
		{ "a@b/C", "a@b/c", false },
		{ "STRASSE@b", "stra\xc3\x9f" "e@b", false },
		{ "*", "a@b/c", true }, { "*@b", "b", false },
		{ "*@*/*", "a@b/c", true }, { "*@*/*", "a@b", false },
		{ "a*@b", "a@b", true }, { "A*@b", "abc@b", true },
		{ "*x@b", "axbx@b", true }, { "*x@b", "axb@b", false },
		{ "a*c*e@b", "abcde@b", true }, { "a*c*e@b", "ace@b", true },
		{ "a*c*e@b", "aec@b", false },
		{ "*.example.org", "x@im.example.org", true },
		{ "*.example.org", "x@example.org", false },
		{ "conference.*", "x@conference.example.org", true },
		{ "conference.*", "x@conferences.example.org", false },
		{ "*.B\xc3\x9c" "CHER.*", "x@a.b\xc3\xbc" "cher.de", true },
		{ "\xd0\x96*@b", "\xd0\xb6\xd0\xb6@b", true },
		{ "*@b/a/b@*", "x@b/a/b@c", true },
	};
	struct jidpat p;
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 1 << 16);
	for (i = 0; i < N(v); i++) {
		assert_int_equal(jidpat_parse(&p, &a, v[i].pattern), 0);
		assert_int_equal(jidpat_match_text(&p, v[i].jid), v[i].match);
		arena_reset(&a);
	}
	arena_release(&a);
}

static void
no_pattern_matches_what_is_no_address(void **state)
{
	struct jidpat p;
	struct arena a;
	struct jid none = { 0 };

	(void)state;
	arena_init(&a, 1 << 16);
	assert_int_equal(jidpat_parse(&p, &a, "*"), 0);
	assert_false(jidpat_match_text(&p, "a@@b"));
	assert_false(jidpat_match_text(&p, ""));
	assert_false(jidpat_match_text(&p, NULL));
	assert_false(jidpat_match(&p, &none));
	arena_release(&a);
}

static void
refuses_what_no_address_can_match(void **state)
{
	static const char *const v[] = {
		"", "@b", "a@", "a@b/", "a b@c", "a@b c", "a@@b", "a@b_",
	};
	struct jidpat p = { "x", "y", "z" };
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 1 << 16);
	for (i = 0; i < N(v); i++)
		assert_int_equal(jidpat_parse(&p, &a, v[i]), XERR_SYNTAX);
	assert_string_equal(p.domain, "y");
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_what_it_says),
		cmocka_unit_test(no_pattern_matches_what_is_no_address),
		cmocka_unit_test(refuses_what_no_address_can_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
