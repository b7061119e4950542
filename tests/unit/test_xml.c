/* xml: the stream parser at every split, the writer, the line format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "xml/xml.h"
#include "xml/xparse.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"

static const char *
value_of(const struct elem *e, const char *name)
{
	const char *s = elem_get(e, name);

	return s == NULL ? "-" : s;
}

/* Everything that P has ready goes to LOG, an event a line. */
static int
drain(struct xparse *p, struct buf *log)
{
	struct xparse_event ev;
	int r;

	while ((r = xparse_next(p, &ev)) == 1)
		switch (ev.kind) {
		case XPARSE_HEADER:
			buf_printf(log, "header %s\n",
			    elem_get(ev.elem, "id"));
			break;
		case XPARSE_CLOSE:
			buf_puts(log, "close\n");
			break;
		case XPARSE_PASSED:
			buf_printf(log, "passed %llu to %llu: %s: ",
			    (unsigned long long)ev.begin,
			    (unsigned long long)ev.end, ev.why);
			assert_null(ev.elem->nodes);
			buf_printf(log, "%s %s %s\n", ev.elem->name,
			    value_of(ev.elem, "from"),
			    value_of(ev.elem, "id"));
			break;
		default:
			ndxml_write(log, ev.elem, '\n');
			if (elem_is(ev.elem, NS_SASL, "success"))
				assert_int_equal(xparse_reset(p), 0);
		}
	return r;
}

/* The log of S, fed in portions of STEP bytes and ended. */
static char *
parse_within(const struct xparse_limits *limits, const char *s, size_t len,
    size_t step)
{
	struct xparse *p;
	struct buf log;
	size_t i, n;
	ssize_t used;
	char *copy;
	int r = 0;

	buf_init(&log, 1 << 20);
	assert_int_equal(xparse_new(&p, limits), 0);
	for (i = 0; i < len && r == 0; i += (size_t)used) {
		n = len - i < step ? len - i : step;
		if ((used = xparse_feed(p, s + i, n)) < 0) {
			r = (int)used;
			break;
		}
		r = drain(p, &log);
	}
	if (r == 0 && (r = xparse_eof(p)) == 0)
		buf_puts(&log, xparse_closed(p) ? "end\n" : "cut\n");
	if (r < 0)
		buf_printf(&log, "error %s\n", xparse_condition(p));
	copy = strdup(buf_str(&log));
	xparse_free(p);
	buf_release(&log);
	return copy;
}

static char *
parse(const char *s, size_t len, size_t step)
{
	return parse_within(NULL, s, len, step);
}

static void
same_events_at_every_split(void **state)
{
	static const struct { const char *in, *out; } v[] = {
		{ HEAD "<message><body>a&amp;b\nc</body></message> \n"
		    "<presence/></stream:stream>",
		  "header 1\n<message xmlns='jabber:client'><body>a&amp;b&#10;c"
		    "</body></message>\n<presence xmlns='jabber:client'/>\n"
		    "close\nend\n" },
		{ HEAD "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
		    " \n" HEAD "<iq/>",
		  "header 1\n"
		    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>\n"
		    "header 1\n<iq xmlns='jabber:client'/>\ncut\n" },
		{ "<s:stream xmlns:s='http://etherx.jabber.org/streams' "
		    "id='2'/>", "header 2\nclose\nend\n" },
		{ HEAD "<a/><b/><c></d>", "header 1\n"
		    "<a xmlns='jabber:client'/>\n<b xmlns='jabber:client'/>\n"
		    "error not-well-formed\n" },
		{ HEAD "<a/>x", "header 1\n<a xmlns='jabber:client'/>\n"
		    "error bad-format\n" },
		{ HEAD "<a/><!-- x --><b/>", "header 1\n"
		    "<a xmlns='jabber:client'/>\nerror restricted-xml\n" },
		{ HEAD "<q:a/>", "header 1\nerror bad-namespace-prefix\n" },
		{ HEAD "<stream:stream id='3'>", "header 1\n"
		    "error bad-format\n" },
		{ HEAD "<a", "header 1\nerror not-well-formed\n" },
		{ "<stream>", "error invalid-namespace\n" },
		{ "\xef\xbb\xbf" HEAD, "error not-well-formed\n" },
		{ "<?xml version='1.0' encoding='latin1'?><a/>",
		    "error unsupported-encoding\n" },
		{ HEAD "<m><a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/></m>",
		    "header 1\nerror not-well-formed\n" },
		{ HEAD "<x xmlns='a b'/><x xmlns='a&#10;b' xmlns:p=' '>"
		    "<p:y p:z='1'/></x>", "header 1\n"
		    "<x xmlns='a b'/>\n"
		    "<x xmlns='a&#10;b'><p:y xmlns:p=' ' p:z='1'/></x>\n"
		    "cut\n" },
		{ HEAD "<x xmlns:xmlns='u'/>", "header 1\n"
		    "error not-well-formed\n" },
		{ "", "cut\n" },
	};
	size_t i, step;
	char *s;

	(void)state;
	for (i = 0; i < N(v); i++)
		for (step = 1; step <= strlen(v[i].in) + 1; step++) {
			s = parse(v[i].in, strlen(v[i].in), step);
			assert_string_equal(s, v[i].out);
			free(s);
		}
}

static void
an_element_is_seen_with_its_last_byte(void **state)
{
	static const char s[] = HEAD "<message><body>hi</body></message>";
	struct xparse_event ev;
	struct xparse *p;
	size_t i;
	int r, got = 0;

	(void)state;
	assert_int_equal(xparse_new(&p, NULL), 0);
	for (i = 0; i < sizeof(s) - 1; i++) {
		assert_int_equal(got, i > sizeof(HEAD) - 2);
		assert_int_equal(xparse_feed(p, s + i, 1), 1);
		while ((r = xparse_next(p, &ev)) == 1)
			got++;
		assert_int_equal(r, 0);
	}
	assert_int_equal(got, 2);
	assert_int_equal(ev.begin, sizeof(HEAD) - 1);
	assert_int_equal(ev.end, sizeof(s) - 1);
	xparse_free(p);
}

static void
bytes_behind_an_event_are_counted(void **state)
{
	static const char s[] = HEAD "<proceed/><x/> ";
	struct xparse_event ev;
	struct xparse *p;

	(void)state;
	assert_int_equal(xparse_new(&p, NULL), 0);
	assert_int_equal(xparse_feed(p, s, sizeof(s) - 1), sizeof(s) - 1);
	assert_int_equal(xparse_next(p, &ev), 1);
	assert_int_equal(xparse_left(p), strlen("<proceed/><x/> "));
	assert_int_equal(xparse_next(p, &ev), 1);
	assert_int_equal(xparse_left(p), strlen("<x/> "));
	/* and no more are taken while one waits */
	assert_int_equal(xparse_next(p, &ev), 1);
	assert_int_equal(xparse_left(p), 1);
	assert_int_equal(xparse_next(p, &ev), 0);
	assert_int_equal(xparse_left(p), 0);
	xparse_free(p);
}

/*
 * What is over a limit is passed over up to its end, with what is known of it,
 * and what comes behind it is read; at every split.
 */
static void
what_is_over_a_limit_is_passed_over(void **state)
{
	static const struct xparse_limits lim = { 200, 5, 4 };
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X200 X50 X50 X50 X50
#define Z50 "00000000000000000000000000000000000000000000000000"
#define SIZE "larger than 200 bytes"
#define DEEP "more than 5 elements in one another"
#define WIDE "an element with more than 4 attributes"
	static const struct { const char *in, *why, *shell; } v[] = {
		{ "<a f='1'><b><c><d><e><f/></e></d></c></b></a>", DEEP,
		  "a - -" },
		{ "<a><b><c><d><e><f><g>x</g></f></e></d></c></b></a>", DEEP,
		  "a - -" },
		{ "<a from='x@y' b='' c='' id='7' d='' e='' f='/>'/>", WIDE,
		  "a x@y 7" },
		{ "<a><b b='' c='' d='' e='' f=''></b><b/></a>", WIDE,
		  "a - -" },
		{ "<a from='z'><b b='1'>" X200 "<c d='/>'>&amp;</c></b></a>",
		  SIZE, "a z -" },
		{ "<a>" X50 X50 X50 X10 X10 "12345<b/><b/><c/><d/><e/></a>", SIZE,
		  "a - -" },
		{ "<a>" X50 X50 X50 X10 X10 X10 "123456789<aa/></a>", SIZE,
		  "a - -" },
		{ "<a b='" X200 "'><c/></a>", SIZE,
		  "a - -" },
		{ "<a b='" X200 "'/>", SIZE, "a - -" },
		{ "<a><![CDATA[" X200 "</a>]]]></a>", SIZE,
		  "a - -" },
		{ "<a><![CDATA[]]><b>" X200 "<![CDATA[</b></a>]]></b></a>",
		  SIZE, "a - -" },
		{ "<a><b xmlns:p='u'><" X200 "/></b></a>", SIZE,
		  "a - -" },
		{ "<a>&#x" Z50 Z50 Z50 Z50 "41;</a>", SIZE, "a - -" },
	};
	char in[1000], want[1000], *got;
	size_t i, step, k, at = strlen(HEAD "<ok/>");

	(void)state;
	for (i = 0; i < N(v); i++) {
		snprintf(in, sizeof(in), HEAD "<ok/>%s<ok/>%s <ok/>"
		    "</stream:stream>", v[i].in, v[i].in);
		k = at + strlen(v[i].in) + strlen("<ok/>");
		snprintf(want, sizeof(want), "header 1\n"
		    "<ok xmlns='jabber:client'/>\npassed %zu to %zu: %s: %s\n"
		    "<ok xmlns='jabber:client'/>\npassed %zu to %zu: %s: %s\n"
		    "<ok xmlns='jabber:client'/>\nclose\nend\n",
		    at, at + strlen(v[i].in), v[i].why, v[i].shell,
		    k, k + strlen(v[i].in), v[i].why, v[i].shell);
		for (step = 1; step <= strlen(in) + 1; step++) {
			got = parse_within(&lim, in, strlen(in), step);
			assert_string_equal(got, want);
			free(got);
		}
	}
}

/* What makes it unreadable ends the stream also there, and so does its end. */
static void
what_is_passed_over_is_xml(void **state)
{
	static const struct xparse_limits lim = { .size = 200 };
	static const struct { const char *in, *out; } v[] = {
		{ "<a>" X200 "<!-- </a> --></a>", "error restricted-xml\n" },
		{ "<a>" X200 "<?p?></a>", "error restricted-xml\n" },
		{ "<a>" X200 "<b <c></a>", "error not-well-formed\n" },
		{ "<a>" X200 "</a", "error not-well-formed\n" },
		{ "<a>" X200 "<![CDATA[</a>", "error not-well-formed\n" },
		{ "<a b='" X200 "</a>", "error not-well-formed\n" },
	};
	char in[1000], want[100], *got;
	size_t i, step;

	(void)state;
	for (i = 0; i < N(v); i++) {
		snprintf(in, sizeof(in), HEAD "%s", v[i].in);
		snprintf(want, sizeof(want), "header 1\n%s", v[i].out);
		for (step = 1; step <= strlen(in) + 1; step++) {
			got = parse_within(&lim, in, strlen(in), step);
			assert_string_equal(got, want);
			free(got);
		}
	}
}

/*
 * A megabyte of one token, a byte at a time: if each byte made the parser look
 * at all that came before, this would take minutes.
 */
static void
long_tokens_take_linear_time(void **state)
{
	static const char *const v[][3] = {
		{ "<a>", "</a>", "e" }, { "<a b='", "'/>", "e" },
		{ "<a", "/>", "e" }, { "<a ", "/>", "e" },
		{ "<a>&#x", "41;</a>", "e" }, { "<a></a ", ">", "e" },
		{ "<a><![CDATA[", "]]></a>", "e" },
		{ "<!--", "-->", "!" }, { "<?p ", "?>", "!" },
	};
	static const char fill[] = "xxx 0 xx ";
	const size_t size = 1 << 20;
	struct xparse_event ev;
	struct xparse *p;
	size_t i, k;
	int r;

	(void)state;
	for (i = 0; i < N(v); i++) {
		assert_int_equal(xparse_new(&p, NULL), 0);
		xparse_feed(p, HEAD, sizeof(HEAD) - 1);
		assert_int_equal(xparse_next(p, &ev), 1);
		xparse_feed(p, v[i][0], strlen(v[i][0]));
		for (k = 0; k < size; k++) {
			assert_int_equal(xparse_feed(p, &fill[i], 1), 1);
			assert_int_equal(xparse_next(p, &ev), 0);
		}
		xparse_feed(p, v[i][1], strlen(v[i][1]));
		r = xparse_next(p, &ev);
		assert_int_equal(r, *v[i][2] == 'e' ? 1 : XERR_SYNTAX);
		xparse_free(p);
	}
}

/* Also of an element that comes all at once. */
static void
the_limit_of_size_is_exact(void **state)
{
	static const struct xparse_limits lim = { .size = 1000 };
	struct xparse_event ev;
	struct xparse *p;
	char s[1100];
	int len;

	(void)state;
	for (len = 1000; len <= 1001; len++) {
		snprintf(s, sizeof(s), "<a>%0*d</a>", len - 7, 0);
		assert_int_equal(strlen(s), len);
		assert_int_equal(xparse_new(&p, &lim), 0);
		xparse_feed(p, HEAD, sizeof(HEAD) - 1);
		assert_int_equal(xparse_next(p, &ev), 1);
		xparse_feed(p, s, (size_t)len);
		assert_int_equal(xparse_next(p, &ev), 1);
		assert_int_equal(ev.kind, len == 1000 ? XPARSE_ELEM :
		    XPARSE_PASSED);
		xparse_free(p);
	}
}

static void
an_error_has_its_place(void **state)
{
	static const char s[] = HEAD "\n<a/>\n  <b></c>";
	struct xparse_event ev;
	struct xparse *p;

	(void)state;
	assert_int_equal(xparse_new(&p, NULL), 0);
	xparse_feed(p, s, sizeof(s) - 1);
	while (xparse_next(p, &ev) == 1)
		;
	assert_int_equal(xparse_where(p).line, 3);
	assert_int_equal(xparse_where(p).column, 8);
	assert_int_equal(xparse_where(p).byte, strstr(s, "c>") - s);
	assert_string_equal(xparse_errmsg(p), "mismatched tag </c>");
	xparse_free(p);
}

/* Line in, tree, line out: what is written is stable. */
static void
lines_are_canonical_and_stable(void **state)
{
	static const char *const v[][2] = {
		{ "<message/>", "<message xmlns='jabber:client'/>" },
		{ "  <iq xmlns=''/>\r", "<iq xmlns=''/>" },
		{ "<iq xmlns=''><a/><b xmlns='u'/></iq>",
		  "<iq xmlns=''><a/><b xmlns='u'/></iq>" },
		{ "<a xmlns='u'><b xmlns=''><c/></b></a>",
		  "<a xmlns='u'><b xmlns=''><c/></b></a>" },
		{ "<p:a xmlns:p='u' xmlns:q='v' q:b='1' b='2'/>",
		  "<p:a xmlns:p='u' xmlns:q='v' q:b='1' b='2'/>" },
		{ "<m xmlns:unused='u'><x xmlns='jabber:client'/></m>",
		  "<m xmlns='jabber:client'><x/></m>" },
		{ "<m a=\"it's &quot;&#10;&#9;&#13;&lt;\">\t\"'&#13;&gt;</m>",
		  "<m xmlns='jabber:client' a='it&apos;s \"&#10;&#9;&#13;&lt;'>"
		  "\t\"'&#13;&gt;</m>" },
		{ "<m><![CDATA[<&]]>x</m>",
		  "<m xmlns='jabber:client'>&lt;&amp;x</m>" },
		{ "<m>\x7f\xc2\x85\xc2\x9f\xc2\xa0\xc3\xa9</m>",
		  "<m xmlns='jabber:client'>&#127;&#133;&#159;\xc2\xa0\xc3\xa9"
		  "</m>" },
		{ "<m xml:lang='en'/>",
		  "<m xmlns='jabber:client' xml:lang='en'/>" },
		{ "<p:a xmlns:p='u'><b/><p:c/></p:a>",
		  "<p:a xmlns:p='u'><b/><p:c/></p:a>" },
		{ "<p:a xmlns:p='u' xmlns='v'><b/></p:a>",
		  "<p:a xmlns:p='u'><b xmlns='v'/></p:a>" },
		{ "<x xmlns='u&#10;&lt;'/>", "<x xmlns='u&#10;&lt;'/>" },
	};
	struct ndxml_reader *r;
	struct buf in, out;
	struct elem *e;
	size_t i;
	int k;

	(void)state;
	assert_int_equal(ndxml_reader_new(&r, NULL, '\n'), 0);
	buf_init(&in, 1 << 21);
	buf_init(&out, 1 << 21);
	for (i = 0; i < N(v); i++) {
		buf_printf(&in, "%s\n", v[i][0]);
		for (k = 0; k < 2; k++) {
			assert_int_equal(ndxml_read(r, &in, false, &e), 1);
			buf_reset(&out);
			assert_int_equal(ndxml_write(&out, e, '\n'), 0);
			assert_int_equal(strncmp(buf_str(&out), v[i][1],
			    strlen(v[i][1])), 0);
			assert_int_equal(buf_len(&out), strlen(v[i][1]) + 1);
			buf_put(&in, buf_data(&out), buf_len(&out));
		}
		assert_int_equal(ndxml_read(r, &in, false, &e), 1);
	}
	ndxml_reader_free(r);
	buf_release(&in);
	buf_release(&out);
}

static void
a_bad_line_is_named_and_the_rest_is_read(void **state)
{
	static const char *const bad[] = {
		"<a", "<a>", "</a>", "</stream>", "<a/><b/>", "x", "<a/>x",
		"x<a/>", "<?xml version='1.0'?><a/>", "<a><!-- --></a>",
		"<?pi?><a/>", "<!DOCTYPE a><a/>", "<a>&b;</a>", "<a>\x01</a>",
		"<a>\xff</a>", "<a b='1' b='2'/>", "<p:a/>", "<a:b:c/>",
		"<a>&#0;</a>", "<a xmlns:p=''/>", "</stream><stream><a/>",
	};
	struct ndxml_reader *r;
	struct buf in;
	struct elem *e;
	size_t i;

	(void)state;
	buf_init(&in, 1 << 21);
	assert_int_equal(ndxml_reader_new(&r, NULL, '\n'), 0);
	for (i = 0; i < N(bad); i++)
		buf_printf(&in, "%s\n<ok n='%zu'/>\n\n", bad[i], i);
	for (i = 0; i < N(bad); i++) {
		assert_int_equal(ndxml_read(r, &in, true, &e), XERR_SYNTAX);
		assert_int_equal(ndxml_number(r), 3 * i + 1);
		assert_true(strlen(ndxml_errmsg(r)) > 0);
		assert_int_equal(ndxml_read(r, &in, true, &e), 1);
		assert_string_equal(e->name, "ok");
		assert_int_equal(atoll(elem_get(e, "n")), i);
		assert_int_equal(ndxml_number(r), 3 * i + 2);
	}
	assert_int_equal(ndxml_read(r, &in, true, &e), 0);
	/* a last line without its end, and NUL as the end */
	buf_puts(&in, "<a/>");
	assert_int_equal(ndxml_read(r, &in, false, &e), 0);
	assert_int_equal(ndxml_read(r, &in, true, &e), 1);
	ndxml_reader_free(r);
	assert_int_equal(ndxml_reader_new(&r, NULL, '\0'), 0);
	buf_reset(&in);
	buf_put(&in, "<a\n/>\0<b/>\0", 11);
	assert_int_equal(ndxml_read(r, &in, true, &e), 1);
	assert_int_equal(ndxml_read(r, &in, true, &e), 1);
	assert_string_equal(e->name, "b");
	ndxml_reader_free(r);
	buf_release(&in);
}

static void
a_line_that_is_too_long_is_skipped(void **state)
{
	static const struct xparse_limits lim = { .size = 100 };
	struct ndxml_reader *r;
	struct buf in;
	struct elem *e;
	int i, limits = 0, good = 0, res;

	(void)state;
	buf_init(&in, 256);
	assert_int_equal(ndxml_reader_new(&r, &lim, '\n'), 0);
	for (i = 0; i < 3; i++) {
		int k;

		for (k = 0; k < 50; k++) {
			buf_puts(&in, "<a>xxxxxxxxx");
			while ((res = ndxml_read(r, &in, false, &e)) != 0)
				limits += res == XERR_LIMIT;
		}
		buf_puts(&in, "\n<b/>\n");
		while ((res = ndxml_read(r, &in, false, &e)) != 0)
			good += res == 1;
	}
	assert_int_equal(limits, 3);
	assert_int_equal(good, 3);
	assert_int_equal(ndxml_number(r), 6);
	ndxml_reader_free(r);
	buf_release(&in);
}

static void
trees_are_built_and_asked(void **state)
{
	struct arena a;
	struct elem *m, *d;
	struct buf out;

	(void)state;
	arena_init(&a, 1 << 16);
	buf_init(&out, 1 << 16);
	m = elem_new(&a, NS_CLIENT, "message");
	elem_set(m, "to", "x");
	elem_set(m, "to", "a@b");
	elem_set(m, "gone", "x");
	elem_set(m, "gone", NULL);
	elem_set(m, "xml:lang", "de");
	elem_add_with_text(m, NULL, "body", "1 < 2");
	elem_add(m, "urn:x", "x");
	elem_add_text(elem_child(m, NULL, "body"), " > 0", 4);
	assert_string_equal(elem_text(elem_child(m, NS_CLIENT, "body")),
	    "1 < 2 > 0");
	assert_string_equal(elem_get(m, "xml:lang"), "de");
	assert_null(elem_get(m, "lang"));
	assert_null(elem_get(elem_child(m, NULL, "none"), "x"));
	assert_true(elem_is(elem_next(elem_child(m, NULL, "body"), NULL, NULL),
	    "urn:x", "x"));
	d = elem_dup(&a, m);
	assert_int_equal(ndxml_write(&out, d, '\n'), 0);
	assert_string_equal(buf_str(&out), "<message xmlns='jabber:client' "
	    "to='a@b' xml:lang='de'><body>1 &lt; 2 &gt; 0</body>"
	    "<x xmlns='urn:x'/></message>\n");
	buf_release(&out);
	arena_release(&a);
}

static void
builders_survive_an_exhausted_arena(void **state)
{
	struct arena a;
	struct elem *m;
	size_t max;

	(void)state;
	for (max = 0; max < 1000; max += 8) {
		arena_init(&a, max);
		m = elem_new(&a, NS_CLIENT, "message");
		elem_set(m, "to", "a@b");
		elem_add_with_text(m, NULL, "body", "text");
		elem_add_text(elem_add(m, "urn:x", "x"), "y", 1);
		if (m != NULL)
			elem_dup(&a, m);
		if (max < 300)
			assert_int_equal(arena_err(&a), XERR_LIMIT);
		arena_release(&a);
	}
}

/* What form FORM makes of S, fed in portions of STEP. */
static char *
lines_of(const char *s, enum xparse_form form, size_t step)
{
	size_t i, n, len = strlen(s);
	struct xparse_event ev;
	struct xparse *p;
	struct buf log;
	ssize_t used = 0;
	char *copy;
	int r = 0;

	buf_init(&log, 1 << 26);
	assert_int_equal(xparse_new(&p, NULL), 0);
	xparse_set_form(p, form);
	for (i = 0; i < len && r == 0; i += (size_t)used) {
		n = len - i < step ? len - i : step;
		if ((used = xparse_feed(p, s + i, n)) < 0)
			break;
		while ((r = xparse_next(p, &ev)) == 1) {
			if (ev.kind == XPARSE_PASSED)
				buf_printf(&log, "passed: %s\n", ev.why);
			if (ev.kind != XPARSE_ELEM)
				continue;
			if (form == XPARSE_LINE)
				buf_put(&log, ev.line, ev.len);
			else
				ndxml_write(&log, ev.elem, '\n');
			if (form == XPARSE_LINE)
				buf_putc(&log, '\n');
		}
	}
	buf_printf(&log, "%s\n", r < 0 || used < 0 ? xparse_condition(p) :
	    "fine");
	assert_non_null(buf_str(&log));
	copy = strdup(buf_str(&log));
	xparse_free(p);
	buf_release(&log);
	return copy;
}

static const char *const tricky[] = {
	HEAD "<a/><a></a><a><![CDATA[]]></a><a> </a><a>x<![CDATA[<y>]]>z</a>",
	HEAD "<a b=\"'&quot;&lt;&#9;&#10;&#xd;\t\n\" c=''>&amp;]]&gt;\r\n\t</a>",
	HEAD "<a>\x7f\xc2\x80\xc2\x9f\xc2\xa0</a><a b='\xc2\x85\x7f'/>",
	HEAD "<a xmlns='u'><b xmlns='jabber:client'/><c/><d xmlns=''/></a>",
	HEAD "<p:a xmlns:p='u'><p:b xmlns:p='v' p:c='1'/><b p:c='2'/></p:a>",
	HEAD "<a xmlns:p='u' xmlns:q='v' p:x='' q:x='' x='' xml:lang='it'/>",
	HEAD "<a xmlns:p='u'><b xmlns:p='u' p:c=''/></a><stream:error/>",
	"<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns:p='u'>"
	    "<a xmlns='jabber:client'/><b/><p:c><s:d p:e='1'/></p:c></s:stream>",
	HEAD "<message><body>1</body></message><a></b>",
	HEAD "<a p:b='1'/>",
};

static void
lines_are_those_of_the_tree_writer(void **state)
{
	char *want, *got;
	size_t i, step;

	(void)state;
	for (i = 0; i < N(tricky); i++) {
		want = lines_of(tricky[i], XPARSE_TREE, SIZE_MAX);
		for (step = 1; step < 40; step++) {
			got = lines_of(tricky[i], XPARSE_LINE, step);
			assert_string_equal(got, want);
			free(got);
		}
		free(want);
	}
}

static void
shells_have_attributes_and_no_children(void **state)
{
	char *got;

	(void)state;
	got = lines_of(HEAD "<a b='1'><c>x</c></a>", XPARSE_SHELL, 7);
	assert_string_equal(got, "<a xmlns='jabber:client' b='1'/>\nfine\n");
	free(got);
}

/* Each child repeats a declaration that the sender has written but once. */
static void
bounds_a_line_that_grows_by_declarations(void **state)
{
	struct buf b;
	char *got;
	int i;

	(void)state;
	buf_init(&b, 1 << 21);
	buf_puts(&b, "<stream:stream xmlns:p='");
	for (i = 0; i < 30000; i++)
		buf_putc(&b, 'u');
	buf_puts(&b, "' xmlns:stream='http://etherx.jabber.org/streams'><a>");
	for (i = 0; i < 30000; i++)
		buf_puts(&b, "<p:b/>");
	buf_puts(&b, "</a>");
	got = lines_of(buf_str(&b), XPARSE_LINE, SIZE_MAX);
	assert_string_equal(got,
	    "passed: larger than fits into memory\nfine\n");
	free(got);
	buf_release(&b);
}

static void
keeps_more_namespaces_apart_than_it_remembers(void **state)
{
	struct xparse_event ev;
	struct xparse *p;
	struct elem *e;
	struct buf b;
	char want[32];
	ssize_t used;
	int i;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_puts(&b, HEAD "<a>");
	for (i = 0; i < 500; i++)
		buf_printf(&b, "<b xmlns='urn:%d' xmlns:p='urn:p%d'/>", i, i);
	buf_puts(&b, "</a>");
	assert_int_equal(xparse_new(&p, NULL), 0);
	used = xparse_feed(p, buf_data(&b), buf_len(&b));
	assert_int_equal(xparse_next(p, &ev), 1);
	assert_int_equal(ev.kind, XPARSE_HEADER);
	while ((size_t)used < buf_len(&b))
		used += xparse_feed(p, buf_data(&b) + used,
		    buf_len(&b) - (size_t)used);
	assert_int_equal(xparse_next(p, &ev), 1);
	e = elem_child(ev.elem, NULL, "b");
	for (i = 0; i < 500; i++) {
		assert_non_null(e);
		snprintf(want, sizeof(want), "urn:%d", i);
		assert_string_equal(e->ns, want);
		e = elem_next(e, NULL, "b");
	}
	xparse_free(p);
	buf_release(&b);
}

/* A walk that began anew at each child would take minutes. */
static void
many_children_are_walked_at_once(void **state)
{
	enum { CHILDREN = 200000, SECONDS = 60 };
	struct elem *e, *c;
	struct arena a;
	size_t n = 0;
	int i;

	(void)state;
	arena_init(&a, (size_t)CHILDREN * 512);
	e = elem_new(&a, NS_CLIENT, "a");
	for (i = 0; i < CHILDREN; i++)
		elem_add(e, NULL, i % 2 == 0 ? "b" : "c");
	assert_int_equal(arena_err(&a), 0);
	alarm(SECONDS);
	for (c = elem_child(e, NULL, "c"); c != NULL;
	    c = elem_next(c, NULL, "c"))
		n++;
	alarm(0);
	assert_int_equal(n, CHILDREN / 2);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_events_at_every_split),
		cmocka_unit_test(an_element_is_seen_with_its_last_byte),
		cmocka_unit_test(bytes_behind_an_event_are_counted),
		cmocka_unit_test(what_is_over_a_limit_is_passed_over),
		cmocka_unit_test(what_is_passed_over_is_xml),
		cmocka_unit_test(long_tokens_take_linear_time),
		cmocka_unit_test(the_limit_of_size_is_exact),
		cmocka_unit_test(an_error_has_its_place),
		cmocka_unit_test(lines_are_canonical_and_stable),
		cmocka_unit_test(a_bad_line_is_named_and_the_rest_is_read),
		cmocka_unit_test(a_line_that_is_too_long_is_skipped),
		cmocka_unit_test(trees_are_built_and_asked),
		cmocka_unit_test(many_children_are_walked_at_once),
		cmocka_unit_test(builders_survive_an_exhausted_arena),
		cmocka_unit_test(lines_are_those_of_the_tree_writer),
		cmocka_unit_test(shells_have_attributes_and_no_children),
		cmocka_unit_test(bounds_a_line_that_grows_by_declarations),
		cmocka_unit_test(keeps_more_namespaces_apart_than_it_remembers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
