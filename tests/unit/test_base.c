/* base: the buffer, UTF-8, base64, text made harmless, the arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "base/vis.h"
#include "base/xerr.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
buf_is_a_queue(void **state)
{
	struct buf b;
	char c;
	int i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < 100000; i++) {
		assert_int_equal(buf_putc(&b, i % 251), 0);
		assert_int_equal(buf_putc(&b, (i + 7) % 251), 0);
		assert_int_equal(buf_data(&b)[0], i % 251);
		c = (char)buf_data(&b)[1];
		assert_int_equal((unsigned char)c, (i + 7) % 251);
		buf_consume(&b, 2);
	}
	assert_int_equal(buf_len(&b), 0);
	assert_true(b.cap <= 2048);
	buf_release(&b);
}

static void
buf_keeps_what_came_before_an_error(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_int_equal(buf_puts(&b, "abc"), 0);
	assert_int_equal(buf_puts(&b, "def"), XERR_LIMIT);
	assert_int_equal(buf_len(&b), 3);
	assert_int_equal(buf_room(&b), 0);
	/* sticky: even what would fit is refused */
	assert_int_equal(buf_putc(&b, 'd'), XERR_LIMIT);
	assert_int_equal(buf_err(&b), XERR_LIMIT);
	assert_null(buf_str(&b));
	buf_reset(&b);
	assert_int_equal(buf_puts(&b, "fghij"), 0);
	assert_string_equal(buf_str(&b), "fghij");
	buf_release(&b);
}

static void
buf_str_ends_in_nul_at_every_length(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 600);
	for (i = 0; i < 600; i++) {
		assert_int_equal(buf_putc(&b, 'x'), 0);
		assert_int_equal(strlen(buf_str(&b)), i + 1);
	}
	buf_release(&b);
}

static void
buf_printf_takes_long_output(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 2000);
	assert_int_equal(buf_printf(&b, "%d:%01000d", 12, 7), 0);
	assert_int_equal(buf_len(&b), 1003);
	assert_int_equal(buf_data(&b)[1002], '7');
	buf_release(&b);
}

/* Every code point, by an encoder and a decoder that know the limits. */
static void
utf8_round_trips_every_scalar_value(void **state)
{
	unsigned char s[4];
	uint32_t cp, got;
	size_t n, i;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp++) {
		n = utf8_encode(s, cp);
		got = 0;
		if (cp >= 0xd800 && cp <= 0xdfff) {
			assert_int_equal(utf8_decode(&got, s, n), XERR_SYNTAX);
			continue;
		}
		assert_int_equal(utf8_decode(&got, s, n), n);
		assert_int_equal(got, cp);
		for (i = 1; i < n; i++)
			assert_int_equal(utf8_decode(&got, s, i), XERR_LIMIT);
	}
}

static void
utf8_refuses_what_is_malformed(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc0\xaf", "\xc1\xbf",
		"\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
		"\xc3\x28", "\xe2\x82\x28", "\xf0\x9f\x98\x28",
	};
	uint32_t cp = 42;
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		assert_int_equal(utf8_decode(&cp, bad[i], strlen(bad[i])),
		    XERR_SYNTAX);
		assert_int_equal(utf8_span(bad[i], strlen(bad[i])), 0);
	}
	assert_int_equal(utf8_decode(&cp, "", 0), XERR_SYNTAX);
	assert_int_equal(cp, 42);
	assert_int_equal(utf8_span("0123456789abc\xc3\xa9\xff", 16), 15);
	assert_int_equal(utf8_span("0123456789abc\xc3\xa9", 15), 15);
}

/* RFC 4648 section 10. */
static void
b64_agrees_with_the_rfc(void **state)
{
	static const char *const v[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < N(v); i++) {
		buf_reset(&b);
		assert_int_equal(b64_encode(&b, v[i][0], strlen(v[i][0])), 0);
		assert_string_equal(buf_str(&b), v[i][1]);
		buf_reset(&b);
		assert_int_equal(b64_decode(&b, v[i][1], strlen(v[i][1])), 0);
		assert_string_equal(buf_str(&b), v[i][0]);
	}
	buf_release(&b);
}

static void
b64_refuses_what_is_lenient(void **state)
{
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zm9v\n", " Zm9v",
		"Zm=v", "Zh==", "Zm9=", "Zm9v=", "Zm-_", "Zg==Zg==",
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < N(bad); i++)
		assert_int_equal(b64_decode(&b, bad[i], strlen(bad[i])),
		    XERR_SYNTAX);
	/* not a byte behind LEN is looked at */
	assert_int_equal(b64_decode(&b, "Zm9v!", 4), 0);
	assert_int_equal(b64_decode(&b, "Zm\0v", 4), XERR_SYNTAX);
	assert_string_equal(buf_str(&b), "foo");
	buf_release(&b);
}

static void
vis_makes_text_harmless(void **state)
{
	static const struct { const char *in, *out; int flags; } v[] = {
		{ "plain \xc3\xa9 \xe2\x99\x9a", "plain \xc3\xa9 \xe2\x99\x9a",
		    0 },
		{ "a\nb\tc\rd", "a\\nb\\tc\\rd", 0 },
		{ "a\nb\tc\rd", "a\nb\tc\\rd", VIS_NEWLINE },
		{ "\033[2J\177", "\\x1b[2J\\x7f", 0 },
		{ "\xc2\x9b""1m", "\\u{009b}1m", 0 },
		{ "\xe2\x80\xae""abc", "\\u{202e}abc", 0 },
		{ "\xe2\x80\xae""abc", "\xe2\x80\xae""abc", VIS_BIDI },
		{ "\xe2\x80\xa8", "\\u{2028}", VIS_BIDI | VIS_NEWLINE },
		{ "\xff\xc3", "\\xff\\xc3", 0 },
		{ "a\\n", "a\\n", 0 },
		{ "a\\n\n", "a\\\\n\\n", VIS_BACKSLASH },
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < N(v); i++) {
		buf_reset(&b);
		assert_int_equal(vis_put(&b, v[i].in, strlen(v[i].in),
		    v[i].flags), 0);
		assert_string_equal(buf_str(&b), v[i].out);
	}
	buf_release(&b);
}

static void
arena_is_bounded_and_remembers(void **state)
{
	struct arena a;
	char *s, *t;
	int i;

	(void)state;
	arena_init(&a, 10000);
	assert_non_null(s = arena_dup(&a, "hello", 5));
	for (i = 0; i < 9; i++) {
		assert_non_null(t = arena_alloc(&a, 1000));
		assert_int_equal((uintptr_t)t % sizeof(uint64_t), 0);
		memset(t, 'x', 1000);
	}
	assert_string_equal(s, "hello");
	assert_null(arena_alloc(&a, 1001));
	assert_int_equal(arena_err(&a), XERR_LIMIT);
	assert_null(arena_alloc(&a, 1));
	arena_reset(&a);
	assert_int_equal(arena_err(&a), 0);
	assert_non_null(arena_alloc(&a, 10000));
	arena_release(&a);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 7));
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_is_a_queue),
		cmocka_unit_test(buf_keeps_what_came_before_an_error),
		cmocka_unit_test(buf_str_ends_in_nul_at_every_length),
		cmocka_unit_test(buf_printf_takes_long_output),
		cmocka_unit_test(utf8_round_trips_every_scalar_value),
		cmocka_unit_test(utf8_refuses_what_is_malformed),
		cmocka_unit_test(b64_agrees_with_the_rfc),
		cmocka_unit_test(b64_refuses_what_is_lenient),
		cmocka_unit_test(vis_makes_text_harmless),
		cmocka_unit_test(arena_is_bounded_and_remembers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
