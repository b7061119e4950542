/* follow: streams behind one another, and behind errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "view/capture.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' xmlns:p='urn:p'>"
#define SASL " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define TLS " xmlns='urn:ietf:params:xml:ns:xmpp-tls'"

static void
log_event(struct buf *log, const struct capture_event *ev)
{
	switch (ev->kind) {
	case CAPTURE_HEADER:
		buf_puts(log, "H ");
		break;
	case CAPTURE_CLOSE:
		buf_puts(log, "C ");
		break;
	case CAPTURE_ELEM:
		buf_printf(log, "%s ", ev->x.elem->name);
		break;
	case CAPTURE_PASSED:
		buf_printf(log, "(%s: %s) ", ev->x.elem->name, ev->x.why);
		break;
	default:
		buf_printf(log, "%s@%llu/%llu:%llu ", ev->condition,
		    (unsigned long long)ev->where.byte,
		    (unsigned long long)ev->where.line,
		    (unsigned long long)ev->where.column);
	}
}

static char *
follow(const char *s, size_t step, bool recover)
{
	struct capture_config cf = { .limits.size = 200000,
		.form = XPARSE_SHELL, .recover = recover };
	size_t len = strlen(s), n;
	struct capture_event ev;
	struct capture *f;
	struct buf log;
	char *copy;

	buf_init(&log, 1 << 20);
	assert_int_equal(capture_new(&f, &cf), 0);
	while (len > 0) {
		n = capture_feed(f, s, len < step ? len : step);
		s += n;
		len -= n;
		while (capture_next(f, &ev) == 1)
			log_event(&log, &ev);
	}
	while (capture_eof(f, &ev) == 1)
		log_event(&log, &ev);
	capture_free(f);
	copy = strdup(buf_str(&log));
	buf_release(&log);
	return copy;
}

static void
same_at_every_split(const char *s, bool recover, const char *want)
{
	size_t step;
	char *got;

	for (step = 1; step <= strlen(s) + 1; step++) {
		got = follow(s, step, recover);
		assert_string_equal(got, want);
		free(got);
	}
}

static void
follows_restarts_of_the_server(void **state)
{
	(void)state;
	same_at_every_split(HEAD "<proceed" TLS "/>" HEAD "<success" SASL "/>"
	    HEAD "<iq/></stream:stream>", false,
	    "H proceed H success H iq C ");
}

/* What ends them is said in the other direction. */
static void
follows_restarts_of_the_client(void **state)
{
	(void)state;
	same_at_every_split(HEAD "<starttls" TLS "/>" HEAD "<auth" SASL ">a"
	    "</auth><response" SASL "/>\n<stream:stream xmlns:stream="
	    "'http://etherx.jabber.org/streams'><iq/></stream:stream>", false,
	    "H starttls H auth response H iq C ");
}

static void
a_header_elsewhere_is_an_error(void **state)
{
	(void)state;
	same_at_every_split(HEAD "<iq/>" HEAD, false,
	    "H iq not-well-formed@127/1:128 ");
	same_at_every_split(HEAD "<iq/><stream:stream/>", false,
	    "H iq bad-format@127/1:128 ");
	same_at_every_split(HEAD "<auth" SASL "/><iq/>" HEAD, false,
	    "H auth iq not-well-formed@175/1:176 ");
}

static void
goes_on_behind_an_error(void **state)
{
	(void)state;
	same_at_every_split(HEAD "<a></b><c/><message/><d/>", true,
	    "H not-well-formed@127/1:128 message d ");
	same_at_every_split(HEAD "<iq>\n<x\n</iq>\n <presence a=b/><iq\n/>&x;\n"
	    "</stream:stream>", true,
	    "H not-well-formed@130/3:1 not-well-formed@149/4:14 iq "
	    "restricted-xml@158/5:3 C ");
	same_at_every_split(HEAD "<a>" HEAD "<iq/>", true,
	    "H not-well-formed@125/1:126 H iq ");
	same_at_every_split("garbage<iq/><stream:streams/>" HEAD "<iq/>", true,
	    "not-well-formed@7/1:8 H iq ");
	same_at_every_split(HEAD "<iq/></stream:stream><iq/>" HEAD "<iq/>",
	    true, "H iq C not-well-formed@143/1:144 H iq ");
	same_at_every_split(HEAD "<a><!-- <iq/> --><iq/></iq><p:iq/><iq/>",
	    true, "H restricted-xml@125/1:126 iq bad-format@135/1:136 iq "
	    "not-well-formed@146/1:147 iq ");
}

static void
the_header_stays_in_force(void **state)
{
	(void)state;
	same_at_every_split(HEAD "<a></b><iq/><p:x/><q:x/>\n<iq/>", true,
	    "H not-well-formed@127/1:128 iq x "
	    "bad-namespace-prefix@140/1:141 iq ");
}

static void
a_broken_header_is_not_read_twice(void **state)
{
	(void)state;
	same_at_every_split("<?xml version='1.1'?><stream:stream/>" HEAD
	    "<iq/>", true, "unsupported-version@0/1:1 "
	    "bad-namespace-prefix@21/1:22 H iq ");
}

static void
an_element_that_is_too_large_is_passed_over(void **state)
{
	struct buf b;
	size_t i;
	char *got;

	(void)state;
	buf_init(&b, 1 << 22);
	buf_puts(&b, HEAD "<message><body>");
	for (i = 0; i < 700000; i++)
		buf_putc(&b, i % 100 == 0 ? '\n' : 'x');
	buf_puts(&b, "</body></message><iq/>");
	for (i = 0; i < 2; i++) {
		got = follow(buf_str(&b), 65536, i == 1);
		assert_string_equal(got,
		    "H (message: larger than 200000 bytes) iq ");
		free(got);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_restarts_of_the_server),
		cmocka_unit_test(follows_restarts_of_the_client),
		cmocka_unit_test(a_header_elsewhere_is_an_error),
		cmocka_unit_test(goes_on_behind_an_error),
		cmocka_unit_test(the_header_stays_in_force),
		cmocka_unit_test(a_broken_header_is_not_read_twice),
		cmocka_unit_test(an_element_that_is_too_large_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
