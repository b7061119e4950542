/* jidesc: JID Escaping (XEP-0106). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "jid/jid.h"
#include "jid/jidesc.h"

static void
assert_unescaped(const char *s, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(jidesc_unescape(&b, s, strlen(s)), 0);
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(jidesc_is_escaped(s, strlen(s)),
	    strcmp(s, want) != 0);
	buf_release(&b);
}

static void
assert_escaped(const char *s, const char *want)
{
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(jidesc_escape(&b, s, strlen(s)), 0);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

/* The tables double each backslash. */
static char *
undouble(char *s)
{
	char *from, *to;

	for (from = to = s; *from != '\0'; *to++ = *from++)
		if (from[0] == '\\' && from[1] == '\\')
			from++;
	*to = '\0';
	return s;
}

static void
agrees_with_the_vectors_both_ways(void **state)
{
	char line[1024], *plain, *escaped, *rest;
	int rows = 0;
	FILE *f;

	(void)state;
	f = fopen("tests/data/jid/xep0106.txt", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		assert_non_null(strtok_r(line, "\t", &rest));
		plain = undouble(strtok_r(NULL, "\t", &rest));
		escaped = undouble(strtok_r(NULL, "\t", &rest));
		assert_escaped(plain, escaped);
		assert_unescaped(escaped, plain);
		rows++;
	}
	fclose(f);
	assert_true(rows >= 26);
}

static void
escapes_a_backslash_whatever_case_follows(void **state)
{
	(void)state;
	/* enforcement would make \2f of it, which is '/' */
	assert_escaped("a\\2Fb", "a\\5c2Fb");
	assert_escaped("\\5C", "\\5c5C");
}

static void
leaves_alone_what_escaping_does_not_make(void **state)
{
	(void)state;
	assert_unescaped("a\\41b", "a\\41b");
	assert_unescaped("a\\00b", "a\\00b");
	assert_unescaped("a\\2", "a\\2");
	assert_unescaped("\\20a\\20b\\20", "\\20a b\\20");
}

static void
has_no_escape_for_a_space_at_the_ends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(jidesc_escape(&b, " a", 2), XERR_SYNTAX);
	assert_int_equal(jidesc_escape(&b, "a ", 2), XERR_SYNTAX);
	assert_int_equal(buf_len(&b), 0);
	buf_release(&b);
}

static void
every_ascii_name_becomes_a_localpart_and_back(void **state)
{
	char s[] = "a?b", back[4];
	struct buf b;
	struct jid j;
	size_t len;
	int c;

	(void)state;
	buf_init(&b, 100);
	for (c = ' '; c < 0x7f; c++) {
		s[1] = (char)c;
		buf_reset(&b);
		assert_int_equal(jidesc_escape(&b, s, 3), 0);
		assert_int_equal(jid_make(&j, buf_str(&b), "x", NULL), 0);
		buf_reset(&b);
		jid_local(&j, &len);
		assert_int_equal(jidesc_unescape(&b, jid_str(&j), len), 0);
		memcpy(back, s, 4);
		if (c >= 'A' && c <= 'Z')
			back[1] |= 0x20;
		assert_string_equal(buf_str(&b), back);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_vectors_both_ways),
		cmocka_unit_test(escapes_a_backslash_whatever_case_follows),
		cmocka_unit_test(leaves_alone_what_escaping_does_not_make),
		cmocka_unit_test(has_no_escape_for_a_space_at_the_ends),
		cmocka_unit_test(every_ascii_name_becomes_a_localpart_and_back)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
