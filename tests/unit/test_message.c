/* message: stanzas from what somebody wants to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "xml/ndxml.h"
#include "xmpp/message.h"

static void
is_line(const struct message_spec *m, const char *want)
{
	struct arena a;
	struct buf b;

	arena_init(&a, 65536);
	buf_init(&b, 65536);
	ndxml_write(&b, message_build(&a, m), '\n');
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
	arena_release(&a);
}

static void
writes_everything_in_one_order(void **state)
{
	struct message_spec m = { .to = "a@b", .from = "c@d/e",
		.type = "chat", .id = "x1", .subject = "s", .body = "b\nc",
		.lang = "it", .url = "http://x/?a&b" };

	(void)state;
	is_line(&m, "<message xmlns='jabber:client' to='a@b' from='c@d/e' "
	    "type='chat' id='x1' xml:lang='it'><subject>s</subject>"
	    "<body>b&#10;c</body><x xmlns='jabber:x:oob'>"
	    "<url>http://x/?a&amp;b</url></x></message>\n");
}

static void
leaves_out_what_is_not_given(void **state)
{
	struct message_spec m = { .to = "a@b" }, empty = { .body = "" };

	(void)state;
	is_line(&m, "<message xmlns='jabber:client' to='a@b'/>\n");
	is_line(&empty, "<message xmlns='jabber:client'><body/></message>\n");
}

static void
returns_null_when_the_arena_is_full(void **state)
{
	struct message_spec m = { .to = "a@b", .body = "0123456789" };
	struct arena a;
	size_t max;

	(void)state;
	for (max = 0; ; max += 8) {
		arena_init(&a, max);
		if (message_build(&a, &m) != NULL)
			break;
		assert_int_equal(arena_err(&a), XERR_LIMIT);
		arena_release(&a);
	}
	assert_true(max > 100);
	arena_release(&a);
}

static void
replaces_what_xml_cannot_carry(void **state)
{
	static const struct { const char *in; size_t len; const char *out;
		int n; } v[] = {
		{ "a\tb\nc\rd", 7, "a\tb\nc\rd", 0 },
		{ "\033[1m", 4, "\xef\xbf\xbd[1m", 1 },
		{ "a\0b", 3, "a\xef\xbf\xbd" "b", 1 },
		{ "\xff\xfe", 2, "\xef\xbf\xbd\xef\xbf\xbd", 2 },
		{ "\xef\xbf\xbe", 3, "\xef\xbf\xbd", 1 },
		{ "\xc3", 1, "\xef\xbf\xbd", 1 },
		{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80", 0 },
		{ "", 0, "", 0 },
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		buf_reset(&b);
		assert_int_equal(message_text(&b, v[i].in, v[i].len), v[i].n);
		assert_string_equal(buf_str(&b), v[i].out);
	}
	buf_release(&b);
	buf_init(&b, 2);
	assert_int_equal(message_text(&b, "abc", 3), XERR_LIMIT);
	buf_release(&b);
}

static void
knows_the_five_types(void **state)
{
	(void)state;
	assert_true(message_is_type("chat"));
	assert_true(message_is_type("error"));
	assert_false(message_is_type("Chat"));
	assert_false(message_is_type(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_everything_in_one_order),
		cmocka_unit_test(leaves_out_what_is_not_given),
		cmocka_unit_test(returns_null_when_the_arena_is_full),
		cmocka_unit_test(replaces_what_xml_cannot_carry),
		cmocka_unit_test(knows_the_five_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
