/* field: values out of stanzas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "xml/ndxml.h"
#include "stanza/field.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char stanza[] =
    "<message from='Romeo@b.lit/x' to='a@b' type='chat' id='1' "
    "xml:lang='it' xmlns:p='urn:p' p:q='v'><subject>s</subject>"
    "<body>a\\b&#10;c\td</body><body xml:lang='de'>zwei</body>"
    "<x xmlns='urn:x'><y/><y z='1'>one</y><w xmlns='urn:w'>two</w></x>"
    "<delay xmlns='urn:xmpp:delay' stamp='2002'/></message>\n";

struct world {
	struct ndxml_reader *r;
	struct buf in, out;
	struct arena a;
	struct elem *e;
};

static void
begin(struct world *w, const char *line)
{
	buf_init(&w->in, 1 << 21);
	buf_init(&w->out, 1 << 16);
	arena_init(&w->a, 1 << 16);
	assert_int_equal(ndxml_reader_new(&w->r, NULL, '\n'), 0);
	buf_puts(&w->in, line);
	assert_int_equal(ndxml_read(w->r, &w->in, true, &w->e), 1);
}

static void
end(struct world *w)
{
	ndxml_reader_free(w->r);
	buf_release(&w->in);
	buf_release(&w->out);
	arena_release(&w->a);
}

static void
finds_each_value(void **state)
{
	static const struct { const char *field, *want; } v[] = {
		{ "from", "Romeo@b.lit/x" }, { "to", "a@b" },
		{ "type", "chat" }, { "id", "1" }, { "lang", "it" },
		{ "kind", "message" }, { "subject", "s" },
		{ "body", "a\\b\nc\td" }, { "delay", "2002" },
		{ "@id", "1" }, { "@xml:lang", "it" }, { "@nothing", NULL },
		{ "@q", NULL },
		{ "{urn:x}x/y", "" }, { "{urn:x}x/y@z", "1" },
		{ "{urn:x}x/{urn:w}w", "two" }, { "{urn:x}x/w", NULL },
		{ "{*}x/w", "two" }, { "{*}delay@stamp", "2002" },
		{ "{jabber:client}body@xml:lang", "de" },
		{ "{}body", NULL }, { "{urn:x}x/y/z", NULL },
		{ "from|bare", "romeo@b.lit" }, { "from|domain", "b.lit" },
		{ "from|local", "romeo" }, { "from|resource", "x" },
		{ "to|resource", NULL }, { "body|bare", NULL },
		{ "from|bare|raw", "romeo@b.lit" },
	};
	struct field f;
	struct world w;
	size_t i;

	(void)state;
	begin(&w, stanza);
	for (i = 0; i < N(v); i++) {
		buf_reset(&w.out);
		assert_int_equal(field_parse(&f, &w.a, v[i].field,
		    strlen(v[i].field)), 0);
		assert_int_equal(field_get(&f, w.e, &w.out),
		    v[i].want != NULL);
		assert_string_equal(buf_str(&w.out),
		    v[i].want == NULL ? "" : v[i].want);
	}
	end(&w);
}

static void
gives_the_whole_stanza_as_a_line(void **state)
{
	struct field f;
	struct world w;

	(void)state;
	begin(&w, "<presence  ><a>1</a></presence>");
	assert_int_equal(field_parse(&f, &w.a, ".", 1), 0);
	assert_int_equal(field_get(&f, w.e, &w.out), 1);
	assert_string_equal(buf_str(&w.out),
	    "<presence xmlns='jabber:client'><a>1</a></presence>");
	end(&w);
}

static void
refuses_what_names_no_field(void **state)
{
	static const char *const v[] = {
		"", "From", "x", "a/b", "@", "{urn:x", "{urn:x}", "{urn:x}a/",
		"{urn:x}/a", "{urn:x}a@", "{urn:x}a b", "{urn:x}a@b@c",
		"from|", "from|nope", "from |bare", "{u}a{v}b", "..",
		"{u}1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
	};
	struct field f = { .label = "untouched" };
	struct arena a;
	size_t i;

	(void)state;
	arena_init(&a, 1 << 16);
	for (i = 0; i < N(v); i++)
		assert_int_equal(field_parse(&f, &a, v[i], strlen(v[i])),
		    XERR_SYNTAX);
	assert_string_equal(f.label, "untouched");
	arena_release(&a);
}

static void
cuts_a_list_outside_of_braces(void **state)
{
	(void)state;
	assert_int_equal(field_span("a,b", 3, ','), 1);
	assert_int_equal(field_span("{a,b}c,d", 8, ','), 6);
	assert_int_equal(field_span("abc", 3, ','), 3);
	assert_int_equal(field_span("", 0, ','), 0);
}

static void
writes_a_message_as_one_line_of_text(void **state)
{
	struct world w;

	(void)state;
	begin(&w, stanza);
	assert_int_equal(field_put_text(&w.out, w.e), 0);
	assert_string_equal(buf_str(&w.out),
	    "Romeo@b.lit/x\ta\\\\b\\nc\\td\n");
	end(&w);
	begin(&w, "<message/>");
	assert_int_equal(field_put_text(&w.out, w.e), 0);
	assert_string_equal(buf_str(&w.out), "\t\n");
	end(&w);
}

static void
lets_no_sender_forge_a_line(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "<message from='a@b/&#10;c@d&#9;hi'><body>x&#13;&#10;"
	    "e@f&#9;y&#x85;&#x2028;&#x202e;</body></message>");
	assert_int_equal(field_put_text(&w.out, w.e), 0);
	assert_string_equal(buf_str(&w.out), "a@b/\\nc@d\\thi\tx\\r\\ne@f\\ty"
	    "\\u{0085}\\u{2028}\\u{202e}\n");
	end(&w);
}

static void
escapes_can_be_undone(void **state)
{
	static const struct { const char *in, *out; } v[] = {
		{ "", "" }, { "a", "a" }, { "\\\\", "\\" },
		{ "a\\n\\r\\tb", "a\n\r\tb" },
		{ "\\x1b\\u{e9}\\u{10ffff}", "\033\xc3\xa9\xf4\x8f\xbf\xbf" },
	};
	static const char *const bad[] = {
		"\\", "\\q", "\\x", "\\x1", "\\xgg", "\\u", "\\u{", "\\u{}",
		"\\u{110000}", "\\u{d800}", "\\u{12345678}", "\\u{g}", "\\X00",
	};
	struct buf b, again;
	size_t i;
	int c;

	(void)state;
	buf_init(&b, 1000);
	buf_init(&again, 1000);
	for (i = 0; i < N(v); i++) {
		buf_reset(&b);
		assert_int_equal(field_unescape(&b, v[i].in,
		    strlen(v[i].in)), 0);
		assert_string_equal(buf_str(&b), v[i].out);
	}
	for (i = 0; i < N(bad); i++) {
		buf_reset(&b);
		assert_int_equal(field_unescape(&b, bad[i], strlen(bad[i])),
		    XERR_SYNTAX);
	}
	for (c = 0; c < 256; c++) {	/* malformed bytes as well */
		char s[3] = { 'a', (char)c, 'b' };

		buf_reset(&b);
		buf_reset(&again);
		assert_int_equal(field_escape(&b, s, 3), 0);
		assert_int_equal(field_unescape(&again, buf_str(&b),
		    buf_len(&b)), 0);
		assert_int_equal(buf_len(&again), 3);
		assert_memory_equal(buf_data(&again), s, 3);
	}
	buf_release(&b);
	buf_release(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_value),
		cmocka_unit_test(gives_the_whole_stanza_as_a_line),
		cmocka_unit_test(refuses_what_names_no_field),
		cmocka_unit_test(cuts_a_list_outside_of_braces),
		cmocka_unit_test(writes_a_message_as_one_line_of_text),
		cmocka_unit_test(lets_no_sender_forge_a_line),
		cmocka_unit_test(escapes_can_be_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
