/* xmpp/server: the mechanisms that it offers, and what they are bound to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/b64.h"
#include "sasl/sasl.h"
#include "serverpeer.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct sasl_binding channel[] = {
	{ "tls-exporter", "0123456789abcdef0123456789abcdef", 32 },
	{ "tls-server-end-point", "fedcba9876543210", 16 }
};

/* All that the server offers of TAG, as strings in names. */
static size_t
offers(struct peer *p, const char *before, const char *after,
    char store[][40], const char *names[], size_t max)
{
	const char *s = heard(p), *end;
	size_t n = 0;

	while (n < max && (s = strstr(s, before)) != NULL) {
		s += strlen(before);
		end = strstr(s, after);
		assert_non_null(end);
		snprintf(store[n], 40, "%.*s", (int)(end - s), s);
		names[n] = store[n];
		n++;
	}
	return n;
}

static void
say_sasl(struct peer *p, const char *open, const struct buf *data,
    const char *close)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_puts(&b, open);
	b64_encode(&b, buf_data(data), buf_len(data));
	buf_puts(&b, close);
	buf_reset(&p->out);
	say(p, buf_str(&b));
	buf_release(&b);
}

/* What is in element NAME of what was heard. */
static void
decode(struct peer *p, const char *name, struct buf *out)
{
	char start[80];
	const char *s;

	snprintf(start, sizeof(start), "<%s " SASL ">", name);
	s = strstr(heard(p), start);
	if (s == NULL)
		fail_msg("no <%s/>: %s", name, heard(p));
	s += strlen(start);
	buf_reset(out);
	assert_int_equal(b64_decode(out, s, strcspn(s, "<")), 0);
}

/* Log in with MECHANISM over a channel of these; the client's result. */
static int
login(const struct server_config *config, const char *mechanism,
    const struct sasl_binding *b, size_t n, struct peer *p)
{
	struct server_config c = *config;
	char store[20][40];
	const char *offered[16], *types[4];
	struct sasl_config sc = {
		.username = "romeo", .password = "secret", .password_len = 6,
		.nonce = "abcdefghijklmnopqrstuvwx", .tls = true,
		.bindings = b, .nbindings = n, .offered = offered,
		.announced = types
	};
	struct buf in, out;
	struct sasl *s;
	char open[100];
	int r;

	c.no_sasl2 = true;	/* each mechanism is listed once */
	peer_init(p, &c);
	say(p, HEADER);
	sc.noffered = offers(p, "<mechanism>", "<", store, offered, 16);
	sc.nannounced = offers(p, "<channel-binding type='", "'", store + 16,
	    types, 4);
	buf_init(&in, 10000);
	buf_init(&out, 10000);
	assert_int_equal(sasl_new(&s, mechanism, &sc), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	snprintf(open, sizeof(open), "<auth " SASL " mechanism='%s'>",
	    mechanism);
	say_sasl(p, open, &out, "</auth>");
	decode(p, "challenge", &in);
	buf_reset(&out);
	r = sasl_challenge(s, buf_data(&in), buf_len(&in), &out);
	if (r == 0) {
		say_sasl(p, "<response " SASL ">", &out, "</response>");
		if (hears(p, "<failure"))
			r = XERR_AUTH;
	}
	if (r == 0) {
		decode(p, "success", &in);
		r = sasl_success(s, buf_data(&in), buf_len(&in));
	}
	sasl_free(s);
	buf_release(&in);
	buf_release(&out);
	return r;
}

static void
binding_is_offered_where_the_channel_has_one(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_false(hears(&p, "-PLUS"));
	assert_false(hears(&p, "channel-binding"));
	peer_release(&p);
	c.bindings = channel;
	c.nbindings = N(channel);
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_true(hears(&p, "<mechanism>SCRAM-SHA-512-PLUS</mechanism>"));
	assert_true(hears(&p, "</mechanisms>"
	    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
	    "<channel-binding type='tls-exporter'/>"
	    "<channel-binding type='tls-server-end-point'/>"
	    "</sasl-channel-binding>"));
	peer_release(&p);
}

static void
no_types_are_announced_without_a_mechanism_that_binds(void **state)
{
	static const char *const some[] = { "SCRAM-SHA-1", "PLAIN", NULL };
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.bindings = channel;
	c.nbindings = N(channel);
	c.mechanisms = some;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_true(hears(&p, "<mechanism>SCRAM-SHA-1</mechanism>"
	    "<mechanism>PLAIN</mechanism>"));
	assert_false(hears(&p, "PLUS"));
	assert_false(hears(&p, "channel-binding"));
	peer_release(&p);
}

static void
the_channel_may_be_known_later_than_the_stream(void **state)
{
	struct server_config c = config();
	struct sasl_binding many[5] = { channel[0], channel[0], channel[0],
	    channel[0], channel[0] };
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	assert_int_equal(server_set_bindings(p.server, many, 5), XERR_LIMIT);
	many[0].len = SASL_BINDING_MAX + 1;
	assert_int_equal(server_set_bindings(p.server, many, 1), XERR_LIMIT);
	assert_int_equal(server_set_bindings(p.server, channel, 1), 0);
	say(&p, HEADER);
	assert_true(hears(&p, "SCRAM-SHA-1-PLUS"));
	assert_true(hears(&p, "tls-exporter"));
	assert_false(hears(&p, "tls-server-end-point"));
	peer_release(&p);
	c.bindings = many;
	c.nbindings = 5;
	assert_int_equal(server_new(&p.server, &c), XERR_LIMIT);
}

static void
scram_is_bound_by_each_type(void **state)
{
	static const char *const names[] = { "SCRAM-SHA-1-PLUS",
	    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS" };
	struct server_config c = config();
	struct peer p;
	size_t i, k;

	(void)state;
	c.bindings = channel;
	c.nbindings = N(channel);
	for (i = 0; i < N(names); i++)
		for (k = 0; k < N(channel); k++) {
			assert_int_equal(login(&c, names[i], &channel[k], 1,
			    &p), 0);
			assert_string_equal(server_mechanism(p.server),
			    names[i]);
			peer_release(&p);
		}
}

static void
another_channel_is_refused(void **state)
{
	const struct sasl_binding other = { "tls-exporter",
	    "0123456789abcdef0123456789abcdeX", 32 };
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.bindings = channel;
	c.nbindings = N(channel);
	assert_int_equal(login(&c, "SCRAM-SHA-256-PLUS", &other, 1, &p),
	    XERR_AUTH);
	assert_true(hears(&p, "<not-authorized/>"));
	assert_null(server_mechanism(p.server));
	peer_release(&p);
}

/* XEP-0474: the client compares what it has seen with what is signed. */
static void
scram_signs_what_was_offered(void **state)
{
	struct server_config c = config();
	struct buf in;
	struct peer p;

	(void)state;
	buf_init(&in, 1000);
	c.bindings = channel;
	c.nbindings = N(channel);
	peer_init(&p, &c);
	/* n,,n=romeo,r=abcdefghijklmnop */
	say(&p, HEADER "<auth " SASL " mechanism='SCRAM-SHA-1'>"
	    "biwsbj1yb21lbyxyPWFiY2RlZmdoaWprbG1ub3A=</auth>");
	decode(&p, "challenge", &in);
	assert_non_null(strstr(buf_str(&in), ",i=4096,h="));
	peer_release(&p);
	buf_release(&in);
	assert_int_equal(login(&c, "SCRAM-SHA-1", NULL, 0, &p), 0);
	peer_release(&p);
}

/* A client that can bind but was shown no -PLUS says "y". */
static void
somebody_in_the_middle_who_hides_binding_is_noticed(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.bindings = channel;
	c.nbindings = N(channel);
	peer_init(&p, &c);
	/* y,,n=romeo,r=abcdefghijklmnop */
	say(&p, HEADER "<auth " SASL " mechanism='SCRAM-SHA-1'>"
	    "eSwsbj1yb21lbyxyPWFiY2RlZmdoaWprbG1ub3A=</auth>");
	assert_true(hears(&p, "<failure " SASL "><not-authorized/>"));
	peer_release(&p);
	c.nbindings = 0;
	peer_init(&p, &c);
	say(&p, HEADER "<auth " SASL " mechanism='SCRAM-SHA-1'>"
	    "eSwsbj1yb21lbyxyPWFiY2RlZmdoaWprbG1ub3A=</auth>");
	assert_true(hears(&p, "<challenge "));
	peer_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binding_is_offered_where_the_channel_has_one),
		cmocka_unit_test(
		    no_types_are_announced_without_a_mechanism_that_binds),
		cmocka_unit_test(the_channel_may_be_known_later_than_the_stream),
		cmocka_unit_test(scram_is_bound_by_each_type),
		cmocka_unit_test(another_channel_is_refused),
		cmocka_unit_test(scram_signs_what_was_offered),
		cmocka_unit_test(
		    somebody_in_the_middle_who_hides_binding_is_noticed)
	};

	return cmocka_run_group_tests_name("server_sasl", tests, NULL, NULL);
}
