/* jidwarn: what is valid and yet suspicious. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "jid/jidwarn.h"

/* WANT: the warnings for S, one a line. */
static void
assert_warned(const char *s, const char *want)
{
	struct jid_warning w[JIDWARN_MAX];
	struct buf b;
	struct jid j;
	size_t i, n;

	assert_int_equal(jid_parse(&j, s, strlen(s)), 0);
	n = jidwarn(w, &j);
	buf_init(&b, 4096);
	for (i = 0; i < n; i++) {
		assert_int_equal(jidwarn_text(&b, &w[i]), 0);
		buf_putc(&b, '\n');
	}
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
is_silent_about_the_usual(void **state)
{
	(void)state;
	assert_warned("juliet@example.com/foo bar", "");
	/* a Russian word has letters that look like Latin ones, and others */
	assert_warned("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80@"
	    "example.com", "");
	/* Latin, Han and Hiragana: Japanese */
	assert_warned("x\xe5\xb1\xb1\xe3\x81\x95@example.com", "");
	assert_warned("b\xc3\xbc" "cher@b\xc3\xbc" "cher.example", "");
	/* every label by itself */
	assert_warned("\xd0\xbf\xd0\xb8.com", "");
}

static void
warns_of_mixed_scripts_and_lookalikes(void **state)
{
	(void)state;
	assert_warned("p\xd0\xb0ypal@example.com",
	    "localpart: mixes scripts: U+0430 at byte 1 is Cyrillic among "
	    "Latin (UTS 39 5.2)\n"
	    "localpart: U+0430 at byte 1 looks like \"a\" (UTS 39 4)\n");
	/* a whole name of lookalikes mixes nothing */
	assert_warned("x@\xd1\x80\xd0\xb0\xd1\x83.example",
	    "domainpart: U+0440 at byte 2 looks like \"p\" (UTS 39 4)\n");
	assert_warned("b/\xce\xb1\xd0\xb1",
	    "resourcepart: mixes scripts: U+0431 at byte 4 is Cyrillic among "
	    "Greek (UTS 39 5.2)\n");
}

static void
warns_of_spaces_at_the_ends(void **state)
{
	(void)state;
	assert_warned("b/ x", "resourcepart: begins or ends with a space, at "
	    "byte 2\n");
	assert_warned("b/x ", "resourcepart: begins or ends with a space, at "
	    "byte 3\n");
}

static void
warns_of_what_only_escaping_could_mean(void **state)
{
	(void)state;
	assert_warned("user\\40host@gateway.example", "localpart: is escaped: "
	    "it stands for another name (XEP-0106)\n");
	assert_warned("a\\41b@gateway.example", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_silent_about_the_usual),
		cmocka_unit_test(warns_of_mixed_scripts_and_lookalikes),
		cmocka_unit_test(warns_of_spaces_at_the_ends),
		cmocka_unit_test(warns_of_what_only_escaping_could_mean)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
