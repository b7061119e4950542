/* xmpp/server: SASL2 and Bind 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/b64.h"
#include "sasl/sasl.h"
#include "serverpeer.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define SASL2 "xmlns='urn:xmpp:sasl:2'"
#define BEGIN(mechanism) "<authenticate " SASL2 " mechanism='" mechanism "'>"
#define INITIAL(data) "<initial-response>" data "</initial-response>"
#define AUTH2 "</authenticate>"
/* \0romeo\0secret */
#define ROMEO INITIAL("AHJvbWVvAHNlY3JldA==")
#define PLAIN BEGIN("PLAIN") ROMEO
#define WRONG2 BEGIN("PLAIN") INITIAL("AHJvbWVvAHdyb25n") AUTH2
#define UUID "d4565fa7-4d72-4749-b3d3-740edbf87770"
#define AGENT "<user-agent id='" UUID "'><software>x</software></user-agent>"
#define BIND2(tag, more) "<bind xmlns='urn:xmpp:bind:0'><tag>" tag "</tag>" \
	more "</bind>"
#define MESSAGE "<message to='juliet@localhost'><body>hi</body></message>"
#define FROM(jid) "<?xml version='1.0'?><stream:stream to='localhost' " \
	"from='" jid "' version='1.0' xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

static void
sasl2_is_offered_with_what_goes_with_it(void **state)
{
	static const char *const one[] = { "PLAIN", NULL };
	static const char *const none[] = { "X", NULL };
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.mechanisms = one;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_true(hears(&p, "</mechanisms><authentication " SASL2 ">"
	    "<mechanism>PLAIN</mechanism>"
	    "<inline><bind xmlns='urn:xmpp:bind:0'><inline>"
	    "<feature var='urn:xmpp:sm:3'/></inline></bind></inline>"
	    "</authentication></stream:features>"));
	peer_release(&p);
	c.no_sm = true;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_true(hears(&p, "<bind xmlns='urn:xmpp:bind:0'/>"));
	peer_release(&p);
	/* not without a mechanism */
	c.mechanisms = none;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_false(hears(&p, "urn:xmpp:sasl:2"));
	peer_release(&p);
	c.mechanisms = NULL;
	c.secure = false;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_false(hears(&p, "urn:xmpp:sasl:2"));
	peer_release(&p);
}

static void
a_classic_server_knows_nothing_of_it(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.no_sasl2 = true;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_false(hears(&p, "urn:xmpp:sasl:2"));
	say(&p, PLAIN AUTH2);
	assert_int_equal(p.result, XERR_PROTO);
	assert_true(hears(&p, "<not-authorized "));
	peer_release(&p);
}

/* One flight in, one flight out: the login, the resource, a stanza. */
static void
a_whole_session_in_one_flight_at_every_cut(void **state)
{
	static const char script[] = FROM("romeo@localhost") PLAIN AGENT
	    BIND2("x", ENABLE) AUTH2 "<presence/>" MESSAGE R END;
	struct server_config c = config();
	struct buf first = { 0 };
	struct peer p;
	size_t chunk;

	(void)state;
	for (chunk = 1; chunk < sizeof(script); chunk++) {
		peer_init(&p, &c);
		say_bytes(&p, script, strlen(script), chunk);
		assert_true(p.closed);
		assert_non_null(strstr(buf_str(&p.log), "<presence "));
		assert_non_null(strstr(buf_str(&p.log), "<body>hi</body>"));
		assert_string_equal(server_mechanism(p.server), "PLAIN");
		if (chunk == 1) {
			buf_init(&first, 1 << 20);
			buf_puts(&first, heard(&p));
		}
		assert_string_equal(heard(&p), buf_str(&first));
		peer_release(&p);
	}
	assert_non_null(strstr(buf_str(&first), "</stream:features><success "
	    SASL2 "><authorization-identifier>romeo@localhost/x."));
	assert_non_null(strstr(buf_str(&first), "</authorization-identifier>"
	    "<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3'/>"
	    "</bound></success><stream:features/>"
	    "<a xmlns='urn:xmpp:sm:3' h='2'/>" END));
	buf_release(&first);
}

/* What was sent behind a login that fails was for another stream. */
static void
stanzas_behind_a_failure_are_dropped_at_every_cut(void **state)
{
	static const char script[] = HEADER WRONG2 "<presence/>" MESSAGE R
	    "<iq type='set' id='1'/>" PLAIN BIND2("x", "") AUTH2
	    "<message id='2'/>" END;
	struct server_config c = config();
	struct peer p;
	size_t chunk;

	(void)state;
	for (chunk = 1; chunk < sizeof(script); chunk++) {
		peer_init(&p, &c);
		say_bytes(&p, script, strlen(script), chunk);
		assert_true(p.closed);
		assert_true(hears(&p, "<failure " SASL2 "><not-authorized "
		    SASL "/></failure><success "));
		assert_null(strstr(buf_str(&p.log), "presence"));
		assert_null(strstr(buf_str(&p.log), "<body>"));
		assert_memory_equal(buf_str(&p.log),
		    "<message xmlns='jabber:client' id='2'", 37);
		peer_release(&p);
	}
}

static void
without_bind_2_the_classic_way_is_open(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER PLAIN AUTH2);
	assert_true(hears(&p, "<success " SASL2 "><authorization-identifier>"
	    "romeo@localhost</authorization-identifier></success>"
	    "<stream:features>"
	    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
	    "<sm xmlns='urn:xmpp:sm:3'/></stream:features>"));
	assert_false(server_is_bound(p.server));
	say(&p, BIND ENABLE MESSAGE R);
	assert_true(hears(&p, "<jid>romeo@localhost/here</jid>"));
	assert_true(hears(&p, "<enabled xmlns='urn:xmpp:sm:3'/>"
	    "<a xmlns='urn:xmpp:sm:3' h='1'/>"));
	peer_release(&p);
}

/* SCRAM: the server's proof is in <success/>. */
static void
scram_goes_by_challenge_and_response(void **state)
{
	struct sasl_config sc = {
		.username = "romeo", .password = "secret", .password_len = 6,
		.nonce = "abcdefghijklmnopqrstuvwx", .tls = true
	};
	struct server_config c = config();
	struct buf in, out, b;
	struct sasl *s;
	struct peer p;
	const char *t;

	(void)state;
	buf_init(&in, 10000);
	buf_init(&out, 10000);
	buf_init(&b, 10000);
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-256", &sc), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	buf_puts(&b, BEGIN("SCRAM-SHA-256") "<initial-response>");
	b64_encode(&b, buf_data(&out), buf_len(&out));
	buf_puts(&b, "</initial-response>" BIND2("x", "") AUTH2);
	say(&p, buf_str(&b));
	t = strstr(heard(&p), "<challenge " SASL2 ">");
	assert_non_null(t);
	t = strchr(t, '>') + 1;
	assert_int_equal(b64_decode(&in, t, strcspn(t, "<")), 0);
	buf_reset(&out);
	assert_int_equal(sasl_challenge(s, buf_data(&in), buf_len(&in), &out),
	    0);
	buf_reset(&b);
	buf_puts(&b, "<response " SASL2 ">");
	b64_encode(&b, buf_data(&out), buf_len(&out));
	buf_puts(&b, "</response>" MESSAGE);
	say(&p, buf_str(&b));
	t = strstr(heard(&p), "<success " SASL2 "><additional-data>");
	assert_non_null(t);
	t = strstr(t, "data>") + 5;
	buf_reset(&in);
	assert_int_equal(b64_decode(&in, t, strcspn(t, "<")), 0);
	assert_int_equal(sasl_success(s, buf_data(&in), buf_len(&in)), 0);
	assert_true(server_is_bound(p.server));
	assert_non_null(strstr(buf_str(&p.log), "<body>hi</body>"));
	sasl_free(s);
	peer_release(&p);
	buf_release(&in);
	buf_release(&out);
	buf_release(&b);
}

static void
asks_for_an_initial_response_that_was_not_there(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER BEGIN("PLAIN") AUTH2);
	assert_true(hears(&p, "<challenge " SASL2 "/>"));
	say(&p, "<response " SASL2 ">AHJvbWVvAHNlY3JldA==</response>");
	assert_true(hears(&p, "<success "));
	peer_release(&p);
	/* an empty one was there */
	peer_init(&p, &c);
	say(&p, HEADER BEGIN("PLAIN") "<initial-response/>" AUTH2);
	assert_true(hears(&p, "<failure " SASL2 "><malformed-request "));
	peer_release(&p);
}

static void
failed_logins_say_why_here_too(void **state)
{
	static const struct { const char *say, *condition; } t[] = {
		{ WRONG2, "not-authorized" },
		{ BEGIN("PLAIN") INITIAL("!") AUTH2, "incorrect-encoding" },
		/* "=" is no base64 here (XEP-0388 2.2) */
		{ BEGIN("PLAIN") INITIAL("=") AUTH2, "incorrect-encoding" },
		{ BEGIN("X-OTHER") ROMEO AUTH2, "invalid-mechanism" },
		{ BEGIN("HT-SHA-256-NONE") ROMEO AUTH2, "invalid-mechanism" },
		{ "<authenticate " SASL2 "/>", "invalid-mechanism" },
		{ BEGIN("PLAIN") AUTH2 "<abort " SASL2 "/>", "aborted" },
		{ "<abort " SASL2 "/>", "aborted" },
		{ "<response " SASL2 ">eA==</response>", "malformed-request" },
		/* in the middle of a classic exchange */
		{ "<auth " SASL " mechanism='PLAIN'/><response " SASL2 "/>",
		    "malformed-request" },
		{ PLAIN "<user-agent id='x'/>" AUTH2, "malformed-request" },
		{ PLAIN "<user-agent id='d4565fa7-4d72-1749-b3d3-740edbf87770'"
		    "/>" AUTH2, "malformed-request" },
		{ PLAIN "<user-agent id='" UUID "0'/>" AUTH2,
		    "malformed-request" },
		/* juliet@localhost as romeo's authzid */
		{ BEGIN("PLAIN") INITIAL("anVsaWV0QGxvY2FsaG9zdAByb21lbwBzZWN"
		    "yZXQ=") AUTH2, "invalid-authzid" }
	};
	struct server_config c = config();
	struct peer p;
	char want[200];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		peer_init(&p, &c);
		say(&p, HEADER);
		say(&p, t[i].say);
		snprintf(want, sizeof(want),
		    "<failure " SASL2 "><%s " SASL "/></failure>",
		    t[i].condition);
		if (!hears(&p, want))
			fail_msg("%s: %s", t[i].say, heard(&p));
		assert_null(server_mechanism(p.server));
		/* one more try is allowed, in either way */
		if (i % 2 == 0)
			say(&p, PLAIN BIND2("x", "") AUTH2);
		else
			say(&p, AUTH HEADER BIND);
		assert_true(server_is_bound(p.server));
		peer_release(&p);
	}
}

static void
the_one_of_the_header_must_be_who_logs_in(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, FROM("juliet@localhost") PLAIN AUTH2);
	assert_true(hears(&p, "<failure " SASL2 "><invalid-authzid "));
	assert_false(hears(&p, "<success"));
	peer_release(&p);
	peer_init(&p, &c);
	say(&p, FROM("romeo@elsewhere"));
	assert_int_equal(p.result, XERR_PROTO);
	assert_true(hears(&p, "<stream:error><invalid-from "));
	peer_release(&p);
	/* as it was written, and with what means nothing here */
	peer_init(&p, &c);
	say(&p, FROM("ROMEO@localhost/x") PLAIN AUTH2);
	assert_true(hears(&p, "<success"));
	peer_release(&p);
	/* what was said in clear counts no more */
	c.secure = false;
	peer_init(&p, &c);
	say(&p, FROM("juliet@localhost") STARTTLS);
	say(&p, HEADER PLAIN AUTH2);
	assert_true(hears(&p, "<success"));
	peer_release(&p);
}

static void
breaking_the_rules_of_sasl2_ends_the_stream(void **state)
{
	static const struct { const char *say, *condition; } t[] = {
		/* twice, before and after the end */
		{ HEADER BEGIN("PLAIN") AUTH2 PLAIN AUTH2, "not-authorized" },
		{ HEADER BEGIN("PLAIN") AUTH2 AUTH, "not-authorized" },
		{ HEADER PLAIN AUTH2 PLAIN AUTH2, "not-authorized" },
		{ HEADER PLAIN BIND2("x", "") AUTH2 PLAIN AUTH2,
		    "unsupported-stanza-type" },
		/* stanzas before there is a reason for hope, or after it */
		{ HEADER MESSAGE, "not-authorized" },
		{ HEADER BEGIN("PLAIN") AUTH2 MESSAGE, "not-authorized" },
		{ HEADER PLAIN AUTH2 MESSAGE, "not-authorized" },
		{ HEADER WRONG2 "<x/>", "not-authorized" },
		{ HEADER WRONG2 "<auth " SASL " mechanism='PLAIN'/>" MESSAGE,
		    "not-authorized" },
		{ HEADER WRONG AUTH2, "not-well-formed" },
		{ HEADER WRONG MESSAGE, "not-authorized" },
		{ HEADER "<next " SASL2 " task='x'/>", "not-authorized" },
		{ HEADER WRONG2 WRONG WRONG2, "policy-violation" }
	};
	struct server_config c = config();
	struct peer p;
	char want[200];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		peer_init(&p, &c);
		say(&p, t[i].say);
		snprintf(want, sizeof(want), "<stream:error><%s",
		    t[i].condition);
		if (p.result >= 0 || !hears(&p, want) || !hears(&p, END))
			fail_msg("%s: %d %s", t[i].say, p.result, heard(&p));
		assert_int_equal(buf_len(&p.log), 0);
		peer_release(&p);
	}
}

/* Its length behind the slash. */
static size_t
resource_len(struct peer *p)
{
	size_t n;

	assert_true(server_is_bound(p->server));
	assert_non_null(jid_resource(server_jid(p->server), &n));
	return n;
}

static void
a_resource_is_the_tag_and_something_unguessable(void **state)
{
	struct server_config c = config();
	char big[2000], say_big[4000], one[JID_PART_MAX + 1];
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER PLAIN BIND2("x", "") AUTH2);
	assert_int_equal(resource_len(&p), 2 + 12);
	snprintf(one, sizeof(one), "%s",
	    jid_resource(server_jid(p.server), NULL));
	peer_release(&p);
	peer_init(&p, &c);
	say(&p, HEADER WRONG2 PLAIN BIND2("x", "") AUTH2);
	assert_int_equal(resource_len(&p), 2 + 12);
	assert_string_not_equal(one, jid_resource(server_jid(p.server), NULL));
	peer_release(&p);
	/* what makes no resource is left out */
	peer_init(&p, &c);
	say(&p, HEADER PLAIN BIND2("&#10;", "") AUTH2);
	assert_int_equal(resource_len(&p), 12);
	peer_release(&p);
	peer_init(&p, &c);
	say(&p, HEADER PLAIN BIND2("", "") AUTH2);
	assert_int_equal(resource_len(&p), 12);
	peer_release(&p);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	snprintf(say_big, sizeof(say_big), HEADER PLAIN
	    "<bind xmlns='urn:xmpp:bind:0'><tag>%s</tag></bind>" AUTH2, big);
	peer_init(&p, &c);
	say(&p, say_big);
	assert_int_equal(resource_len(&p), 12);
	peer_release(&p);
}

static void
a_resource_that_cannot_be_had_is_a_failed_login(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	p.refuse = "resource-constraint";
	say(&p, HEADER PLAIN BIND2("x", "") AUTH2 MESSAGE);
	assert_true(hears(&p, "<failure " SASL2 "><temporary-auth-failure "));
	assert_false(hears(&p, "<success"));
	assert_false(server_is_bound(p.server));
	assert_null(server_mechanism(p.server));
	assert_true(jid_is_bare(server_jid(p.server)));
	assert_int_equal(buf_len(&p.log), 0);
	say(&p, PLAIN BIND2("x", "") AUTH2 MESSAGE);
	assert_true(server_is_bound(p.server));
	assert_true(buf_len(&p.log) > 0);
	peer_release(&p);
}

static void
stream_management_that_cannot_be_had_is_said_inline(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.no_sm = true;
	peer_init(&p, &c);
	say(&p, HEADER PLAIN BIND2("x", ENABLE)
	    "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>" AUTH2);
	assert_true(hears(&p, "<failed xmlns='urn:xmpp:sm:3'><item-not-found "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>"
	    "<bound xmlns='urn:xmpp:bind:0'><failed xmlns='urn:xmpp:sm:3'>"
	    "<unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
	    "</failed></bound></success>"));
	say(&p, R);
	assert_true(hears(&p, "<failed "));
	peer_release(&p);
	/* on by then, it cannot be enabled again */
	c.no_sm = false;
	peer_init(&p, &c);
	say(&p, HEADER PLAIN BIND2("x", ENABLE) AUTH2 ENABLE);
	assert_true(hears(&p, "<stream:features/><failed "));
	peer_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sasl2_is_offered_with_what_goes_with_it),
		cmocka_unit_test(a_classic_server_knows_nothing_of_it),
		cmocka_unit_test(a_whole_session_in_one_flight_at_every_cut),
		cmocka_unit_test(
		    stanzas_behind_a_failure_are_dropped_at_every_cut),
		cmocka_unit_test(without_bind_2_the_classic_way_is_open),
		cmocka_unit_test(scram_goes_by_challenge_and_response),
		cmocka_unit_test(
		    asks_for_an_initial_response_that_was_not_there),
		cmocka_unit_test(failed_logins_say_why_here_too),
		cmocka_unit_test(the_one_of_the_header_must_be_who_logs_in),
		cmocka_unit_test(breaking_the_rules_of_sasl2_ends_the_stream),
		cmocka_unit_test(
		    a_resource_is_the_tag_and_something_unguessable),
		cmocka_unit_test(
		    a_resource_that_cannot_be_had_is_a_failed_login),
		cmocka_unit_test(
		    stream_management_that_cannot_be_had_is_said_inline)
	};

	return cmocka_run_group_tests_name("server_sasl2", tests, NULL, NULL);
}
