/* trace, redact, secret, tally: what is kept and told of a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "xml/ndxml.h"
#include "view/redact.h"
#include "view/sensitive.h"
#include "view/stats.h"
#include "view/trace.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* Read S, which comes in portions of STEP; the pieces go to LOG joined. */
static int
read_trace(const char *s, size_t len, size_t step, struct buf *log)
{
	struct trace_reader r;
	struct trace_piece p;
	struct buf in;
	size_t n;
	int e = 0;
	bool begun = false;

	buf_init(&in, 1 << 16);
	trace_reader_init(&r);
	for (; len > 0 && e == 0; s += n, len -= n) {
		n = len < step ? len : step;
		buf_put(&in, s, n);
		while ((e = trace_read(&r, &in, &p)) == 1) {
			if (!begun)
				buf_printf(log, "%c%llu:", (int)p.kind,
				    (unsigned long long)p.time);
			buf_put(log, p.data, p.len);
			begun = !p.last;
			if (p.last)
				buf_putc(log, ';');
		}
	}
	if (e == 0)
		e = trace_eof(&r, buf_len(&in));
	buf_release(&in);
	return e;
}

static void
what_was_written_is_read_at_every_split(void **state)
{
	struct buf b, log;
	size_t step;

	(void)state;
	buf_init(&b, 1 << 16);
	buf_init(&log, 1 << 16);
	trace_put_magic(&b);
	trace_put(&b, TRACE_REMARK, 1, "TLS", 3);
	trace_put(&b, TRACE_OUT, 1700000000123456, "<a>\n", 4);
	trace_put(&b, TRACE_IN, 1700000001000000, "", 0);
	trace_put(&b, TRACE_IN, 1700000001000001, "\0\n> 1.000000 1\nx", 16);
	assert_memory_equal(buf_data(&b), "xmpputils trace 1\n"
	    "# 0.000001 3\nTLS\n> 1700000000.123456 4\n<a>\n\n"
	    "< 1700000001.000000 0\n\n", 85);
	for (step = 1; step < buf_len(&b); step++) {
		buf_reset(&log);
		assert_int_equal(read_trace((const char *)buf_data(&b) +
		    TRACE_MAGIC_LEN, buf_len(&b) - TRACE_MAGIC_LEN, step,
		    &log), 0);
		assert_int_equal(buf_len(&log), 84);
		assert_memory_equal(buf_data(&log), "#1:TLS;"
		    ">1700000000123456:<a>\n;<1700000001000000:;"
		    "<1700000001000001:\0\n> 1.000000 1\nx;", 84);
	}
	buf_release(&b);
	buf_release(&log);
}

static void
refuses_what_is_no_trace(void **state)
{
	static const char *const v[] = {
		"x", "> 1.000000 1\nxx\n", "> 1.00000 1\nx\n", "> 1.000000 2\nx\n",
		"> 1.000000 -1\nx\n", "? 1.000000 1\nx\n", ">1.000000 1\nx\n",
		"> 1.000000 1 \nx\n", "> 1.000000 9999999999999\nx\n",
		"> 1.000000 1\n", "> 1.000000 1\nx", "> 1.0000", "\n",
		/* digits without end */
		("> 1111111111111111111111111111111111111111111111111111111111"
		    "1111111111111111111111111111111111111111111111111111."),
	};
	struct buf log;
	size_t i, step;

	(void)state;
	buf_init(&log, 1 << 16);
	for (i = 0; i < N(v); i++)
		for (step = 1; step < 100; step += 7) {
			buf_reset(&log);
			assert_int_equal(read_trace(v[i], strlen(v[i]), step,
			    &log), XERR_SYNTAX);
		}
	buf_release(&log);
}

static void
keeps_secrets_out_at_every_split(void **state)
{
	static const struct { const char *in, *out; } v[] = {
		{ "<auth mechanism='PLAIN'>AHgAeQ==</auth>",
		    "<auth mechanism='PLAIN'>REMOVED</auth>" },
		{ "<s:auth a='/>'>x</s:auth><body>x</body>",
		    "<s:auth a='/>'>REMOVED</s:auth><body>x</body>" },
		{ "<auth/>x<auth />x<response>\n</response>x",
		    "<auth/>x<auth />x<response>REMOVED</response>x" },
		{ "<challenge a=\">'\">y</challenge><authx>y</authx>",
		    "<challenge a=\">'\">REMOVED</challenge><authx>y</authx>" },
		{ "<a><initial-response>y</initial-response>z</a>",
		    "<a><initial-response>REMOVED</initial-response>z</a>" },
		{ "<success><additional-data>y</additional-data><x>z</x>"
		    "</success>", "<success><additional-data>REMOVED"
		    "</additional-data><x>z</x></success>" },
		{ "<password><![CDATA[a]><b]]></password>",
		    "<password>REMOVED</password>" },
		{ "<password>a<![CDATA[b]]>c</password ><d>e</d>",
		    "<password>REMOVED</password ><d>e</d>" },
		{ "<?xml version='1.0'?><!x><stream:stream>text",
		    "<?xml version='1.0'?><!x><stream:stream>text" },
		{ "<password\n>a</password>", "<password\n>REMOVED</password>" },
		{ "<x:password>a&amp;b</x:password>",
		    "<x:password>REMOVED</x:password>" },
		{ "<success><token expiry='e' token='a>b' x='y'/></success>",
		    "<success><token expiry='e' token='REMOVED' x='y'/>"
		    "</success>" },
		{ "<f:token\ntoken = \"a'b\">c</f:token><a token='d'/>",
		    "<f:token\ntoken = \"REMOVED\">c</f:token><a token='d'/>" },
		/* whatever a task is about */
		{ "<task-data x='y'><hash xmlns='z'>h</hash></task-data>"
		    "<hash>i</hash>", "<task-data x='y'><hash xmlns='z'>"
		    "REMOVED</hash></task-data><hash>i</hash>" },
		{ "<s:task-data><a>b<c/>d</a>e</s:task-data ><f>g</f>",
		    "<s:task-data><a>REMOVED<c/>REMOVED</a>REMOVED"
		    "</s:task-data ><f>g</f>" },
		{ "<task-data><next>a</next>b<![CDATA[c]]></task-data>d",
		    "<task-data><next>REMOVED</next>REMOVED</task-data>d" },
		{ "<next task='UPGR-X'/><a>b</a><next task='Y'><c>d</c></next>",
		    "<next task='UPGR-X'/><a>b</a><next task='Y'><c>REMOVED"
		    "</c></next>" },
		{ "<token token=''/><token atoken='a'/>",
		    "<token token=''/><token atoken='a'/>" },
	};
	struct redact r;
	struct buf b;
	size_t i, j, step, n, len;

	(void)state;
	buf_init(&b, 1 << 16);
	for (i = 0; i < N(v); i++) {
		len = strlen(v[i].in);
		for (step = 1; step <= len; step++) {
			buf_reset(&b);
			redact_init(&r);
			for (j = 0; j < len; j += n) {
				n = len - j < step ? len - j : step;
				redact_put(&r, &b, v[i].in + j, n);
			}
			assert_string_equal(buf_str(&b), v[i].out);
		}
	}
	buf_release(&b);
}

#define SASL " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"

static void
tells_of_secrets_what_is_safe(void **state)
{
	static const struct { const char *line, *mechanism, *want; } v[] = {
		/* az NUL user NUL pencil */
		{ "<auth" SASL "YXoAdXNlcgBwZW5jaWw=</auth>", "PLAIN",
		    "20 characters, mechanism PLAIN, authzid az, user user" },
		/* n,a=az,n=user,r=fyko */
		{ "<auth" SASL "bixhPWF6LG49dXNlcixyPWZ5a28=</auth>",
		    "SCRAM-SHA-1", "28 characters, mechanism SCRAM-SHA-1, "
		    "authzid az, user user" },
		/* r=fyko,s=QSXC,i=4096 */
		{ "<challenge" SASL "cj1meWtvLHM9UVNYQyxpPTQwOTY=</challenge>",
		    "", "28 characters, iterations 4096" },
		/* c=biws,r=fyko,p=v0X8 */
		{ "<response" SASL "Yz1iaXdzLHI9Znlrbyxw"
		    "PXYwWDg=</response>", "SCRAM-SHA-1",
		    "28 characters, mechanism SCRAM-SHA-1, proof" },
		/* NUL user NUL n=secret: an answer whose mechanism is lost */
		{ "<response" SASL "AHVzZXIAbj1zZWNyZXQ=</response>", "",
		    "20 characters" },
		{ "<success" SASL "dj1yPW4=</success>", "",
		    "8 characters, server signature" },
		{ "<auth" SASL "!!</auth>", "PLAIN",
		    "2 characters, mechanism PLAIN" },
		{ "<password>abc</password>", "", "3 characters" },
	};
	struct ndxml_reader *r;
	struct buf in, out;
	struct elem *e;
	size_t i;

	(void)state;
	buf_init(&in, 2 << 20);
	buf_init(&out, 1 << 16);
	assert_int_equal(ndxml_reader_new(&r, NULL, '\n'), 0);
	for (i = 0; i < N(v); i++) {
		buf_puts(&in, v[i].line);
		assert_int_equal(ndxml_read(r, &in, true, &e), 1);
		assert_true(sensitive_is(e));
		buf_reset(&out);
		sensitive_describe(&out, e, v[i].mechanism);
		assert_string_equal(buf_str(&out), v[i].want);
	}
	/* of a task: the hash alone */
	buf_puts(&in, "<task-data xmlns='urn:xmpp:sasl:2'>"
	    "<hash xmlns='urn:xmpp:scram-upgrade:0'>aGFzaA==</hash>"
	    "</task-data>");
	assert_int_equal(ndxml_read(r, &in, true, &e), 1);
	assert_false(sensitive_is(e));
	assert_true(sensitive_is(elem_child(e, NULL, "hash")));
	buf_reset(&out);
	sensitive_describe(&out, elem_child(e, NULL, "hash"), "");
	assert_string_equal(buf_str(&out), "8 characters");
	buf_puts(&in, "<message><hash xmlns='urn:xmpp:hashes:2'>x</hash>"
	    "</message>");
	assert_int_equal(ndxml_read(r, &in, true, &e), 1);
	assert_false(sensitive_is(elem_child(e, NULL, "hash")));
	buf_puts(&in, "<response>x</response>");
	assert_int_equal(ndxml_read(r, &in, true, &e), 1);
	assert_false(sensitive_is(e));
	ndxml_reader_free(r);
	buf_release(&in);
	buf_release(&out);
}

static void
counts_and_finds_the_median(void **state)
{
	struct arena a;
	struct elem *m, *p;
	struct stats t;
	uint64_t i, median;

	(void)state;
	arena_init(&a, 1 << 16);
	stats_init(&t);
	m = elem_new(&a, "jabber:client", "message");
	elem_add(m, "urn:x", "x");
	p = elem_new(&a, "jabber:client", "presence");
	elem_set(p, "type", "unavailable");
	for (i = 1; i <= 1001; i++)
		assert_int_equal(stats_add(&t, m, i * 100, 2, i), 0);
	assert_int_equal(stats_add(&t, p, 7, 1, 0), 0);
	stats_sort(&t);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.rows[0].ns, "urn:x");
	assert_int_equal(t.rows[0].sum.count, 1001);
	assert_int_equal(t.rows[0].sum.largest, 100100);
	median = stats_median(&t.rows[0].sum);
	assert_in_range(median, 50100 - 50100 / 32, 50100 + 50100 / 32);
	assert_string_equal(t.rows[1].type, "unavailable");
	assert_int_equal(stats_median(&t.rows[1].sum), 7);
	assert_int_equal(t.all.count, 1002);
	assert_int_equal(t.first, 1);
	assert_int_equal(t.last, 1001);
	stats_release(&t);
	arena_release(&a);
}

static void
memory_for_kinds_is_bounded(void **state)
{
	struct arena a;
	struct elem *m;
	struct stats t;
	char type[16];
	int i;

	(void)state;
	stats_init(&t);
	arena_init(&a, 1 << 16);
	for (i = 0; i < 5000; i++) {
		arena_reset(&a);
		m = elem_new(&a, "jabber:client", "message");
		snprintf(type, sizeof(type), "%d", i);
		elem_set(m, "type", type);
		stats_add(&t, m, UINT64_MAX / 8192, 1, 0);
	}
	assert_int_equal(t.n, STATS_ROWS);
	assert_int_equal(t.others.count, 5000 - STATS_ROWS);
	stats_release(&t);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_at_every_split),
		cmocka_unit_test(refuses_what_is_no_trace),
		cmocka_unit_test(keeps_secrets_out_at_every_split),
		cmocka_unit_test(tells_of_secrets_what_is_safe),
		cmocka_unit_test(counts_and_finds_the_median),
		cmocka_unit_test(memory_for_kinds_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
