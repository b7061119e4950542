/*
 * jid/ascii without SSE2: its source is compiled here once more, in place of
 * the one of the library, and must come to the same as the long way does.
 */
#undef __SSE2__
#include "../../libcore/jid/ascii.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "jid/enforce.h"

/* An address of N characters, C among them at every place. */
static void
try_everywhere(size_t n, int c)
{
	struct jid j, want;
	struct jid_error e;
	char s[64];
	size_t i, at = n / 3, slash = 2 * n / 3;
	bool taken;

	for (i = 0; i < n; i++) {
		memset(s, 'a', n);
		s[at] = '@';
		s[slash] = '/';
		s[i] = (char)c;
		if (s[at] != '@' || s[slash] != '/')
			continue;
		taken = ascii_parse(&j, s, n);
		if (taken) {
			assert_int_equal(enforce_parts(&want,
			    (struct slice){ s, at },
			    (struct slice){ s + at + 1, slash - at - 1 },
			    (struct slice){ s + slash + 1, n - slash - 1 },
			    &e), 0);
			assert_true(jid_equal(&j, &want));
		}
		/* a letter is always plain, and a control never */
		assert_true(taken || !((c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z')));
		assert_false(taken && (c < ' ' || c >= 0x7f));
	}
}

static void
takes_the_same_short_cut(void **state)
{
	size_t n;
	int c;

	(void)state;
	for (n = 6; n < 64; n++)
		for (c = 0; c < 256; c++)
			if (c != '@' && c != '/')
				try_everywhere(n, c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_same_short_cut)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
