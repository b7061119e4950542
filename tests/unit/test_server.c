/* xmpp/server: one server-side stream, fed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serverpeer.h"
#include "server/server_int.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* A whole life: TLS, PLAIN, bind, stanzas, acks, close. */
static void
plays_a_session_at_every_cut(void **state)
{
	static const char script[] = HEADER STARTTLS;
	static const char rest[] = HEADER AUTH HEADER BIND ENABLE
	    "<message to='juliet@localhost'><body>a &lt; b</body></message>"
	    "<presence from='romeo@localhost/here'/>" R
	    "<iq id='1' from='romeo@localhost' type='get'><x xmlns='y'/></iq>"
	    R END;
	static const size_t chunks[] = { 1, 2, 3, 7, 64, 1 << 20 };
	struct server_config c = config();
	struct buf first = { 0 };
	struct peer p;
	size_t i;

	(void)state;
	c.secure = false;
	for (i = 0; i < N(chunks); i++) {
		peer_init(&p, &c);
		say_bytes(&p, script, strlen(script), chunks[i]);
		say_bytes(&p, rest, strlen(rest), chunks[i]);
		assert_true(p.closed);
		assert_string_equal(buf_str(&p.log),
		    "<message xmlns='jabber:client' to='juliet@localhost' "
		    "from='romeo@localhost/here'><body>a &lt; b</body>"
		    "</message>\n"
		    "<presence xmlns='jabber:client' "
		    "from='romeo@localhost/here'/>\n"
		    "<iq xmlns='jabber:client' id='1' "
		    "from='romeo@localhost/here' type='get'>"
		    "<x xmlns='y'/></iq>\n");
		assert_string_equal(server_mechanism(p.server), "PLAIN");
		if (i == 0) {
			buf_init(&first, 1 << 20);
			buf_puts(&first, heard(&p));
		}
		assert_string_equal(heard(&p), buf_str(&first));
		peer_release(&p);
	}
	assert_non_null(strstr(buf_str(&first), "<stream:features>"
	    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
	    "</starttls></stream:features>"
	    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>[TLS]<?xml"));
	assert_non_null(strstr(buf_str(&first), "<mechanism>SCRAM-SHA-512"
	    "</mechanism><mechanism>SCRAM-SHA-256</mechanism>"
	    "<mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism>"));
	assert_non_null(strstr(buf_str(&first), "<iq type='result' id='b'>"
	    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
	    "<jid>romeo@localhost/here</jid></bind></iq>"
	    "<enabled xmlns='urn:xmpp:sm:3'/>"
	    "<a xmlns='urn:xmpp:sm:3' h='2'/>"
	    "<a xmlns='urn:xmpp:sm:3' h='3'/>" END));
	buf_release(&first);
}

static void
each_header_has_its_own_id(void **state)
{
	struct server_config c = config();
	struct peer p;
	const char *a, *b;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER AUTH HEADER);
	a = strstr(heard(&p), " id='");
	assert_non_null(a);
	b = strstr(a + 1, " id='");
	assert_non_null(b);
	assert_memory_not_equal(a, b, 5 + 32);
	assert_true(strspn(a + 5, "0123456789abcdef") == 32);
	peer_release(&p);
}

/* What one says, and how the stream ends. */
static void
breaking_the_rules_ends_the_stream(void **state)
{
#define STREAM(to, v, ns) "<stream:stream to='" to "' version='" v "' " \
	"xmlns='" ns "' xmlns:stream='http://etherx.jabber.org/streams'>"
	static const struct { const char *say, *condition; } t[] = {
		{ STREAM("elsewhere", "1.0", "jabber:client"),
		    "host-unknown" },
		{ STREAM("romeo@localhost", "1.0", "jabber:client"),
		    "host-unknown" },
		{ "<stream:stream version='1.0' xmlns='jabber:client' "
		    "xmlns:stream='http://etherx.jabber.org/streams'>",
		    "host-unknown" },
		{ STREAM("localhost", "0.9", "jabber:client"),
		    "unsupported-version" },
		{ STREAM("localhost", "1.0", "jabber:server"),
		    "invalid-namespace" },
		{ "<stream to='localhost' version='1.0' "
		    "xmlns='jabber:client'>", "invalid-namespace" },
		{ "GET / HTTP/1.1\r\n\r\n", "not-well-formed" },
		{ HEADER "<message/>", "not-authorized" },
		{ HEADER "<x/>", "not-authorized" },
		{ HEADER BIND, "not-authorized" },
		{ HEADER AUTH HEADER "<message/>", "not-authorized" },
		{ HEADER AUTH HEADER AUTH, "not-authorized" },
		{ LOGIN "<x/>", "unsupported-stanza-type" },
		{ LOGIN "<message xmlns='jabber:server'/>",
		    "unsupported-stanza-type" },
		{ LOGIN "<message from='juliet@localhost'/>",
		    "invalid-from" },
		{ LOGIN "<message from='romeo@localhost/there'/>",
		    "invalid-from" },
		{ LOGIN "<message from='@'/>", "invalid-from" },
		{ LOGIN "<message></x>", "not-well-formed" },
		{ LOGIN "<!-- -->", "restricted-xml" },
		{ LOGIN "<a:message/>", "bad-namespace-prefix" },
		{ LOGIN "<a xmlns='urn:xmpp:sm:3' h='0'/>", "bad-format" },
		{ LOGIN ENABLE "<a xmlns='urn:xmpp:sm:3'/>", "bad-format" },
		{ LOGIN ENABLE "<a xmlns='urn:xmpp:sm:3' h='-1'/>",
		    "bad-format" },
		{ LOGIN ENABLE "<a xmlns='urn:xmpp:sm:3' h='4294967296'/>",
		    "bad-format" },
		{ LOGIN ENABLE "<a xmlns='urn:xmpp:sm:3' h='1'/>",
		    "undefined-condition xmlns='urn:ietf:params:xml:ns:"
		    "xmpp-streams'/><handled-count-too-high "
		    "xmlns='urn:xmpp:sm:3' h='1' send-count='0'" },
		{ HEADER WRONG WRONG WRONG, "policy-violation" },
	};
#undef STREAM
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
		/* our header is before it, whenever it comes */
		assert_memory_equal(heard(&p), "<?xml version='1.0'?>"
		    "<stream:stream from='localhost' id='", 57);
		assert_true(server_errmsg(p.server)[0] != '\0');
		assert_int_equal(buf_len(&p.log), 0);
		peer_release(&p);
	}
}

static void
failed_logins_say_why(void **state)
{
#define MECH(m, data) "<auth " SASL " mechanism='" m "'>" data "</auth>"
	static const struct { const char *say, *condition; } t[] = {
		{ WRONG, "not-authorized" },
		{ MECH("PLAIN", "AG5vYm9keQBzZWNyZXQ="), "not-authorized" },
		{ MECH("PLAIN", "AEAAc2VjcmV0"), "not-authorized" },
		{ MECH("PLAIN", "!"), "incorrect-encoding" },
		{ MECH("PLAIN", "AHJvbWVvAHNlY3JldA"), "incorrect-encoding" },
		{ MECH("PLAIN", "cm9tZW8="), "malformed-request" },
		{ MECH("PLAIN", "="), "malformed-request" },
		{ MECH("X-OTHER", "cm9tZW8="), "invalid-mechanism" },
		{ "<auth " SASL "/>", "invalid-mechanism" },
		{ "<abort " SASL "/>", "aborted" },
		{ "<response " SASL "/>", "malformed-request" },
		{ MECH("SCRAM-SHA-1", "") "<abort " SASL "/>", "aborted" },
		/* juliet@localhost as romeo's authzid */
		{ MECH("PLAIN", "anVsaWV0QGxvY2FsaG9zdAByb21lbwBzZWNyZXQ="),
		    "invalid-authzid" },
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
		snprintf(want, sizeof(want), "<failure " SASL "><%s/></failure>",
		    t[i].condition);
		if (!hears(&p, want))
			fail_msg("%s: %s", t[i].say, heard(&p));
		/* one more try is allowed */
		say(&p, AUTH HEADER);
		assert_true(hears(&p, "xmpp-bind"));
		peer_release(&p);
	}
}

static void
asks_for_what_was_not_said_at_once(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER MECH("PLAIN", ""));
	assert_true(hears(&p, "<challenge " SASL "/>"));
	say(&p, "<response " SASL ">AHJvbWVvAHNlY3JldA==</response>" HEADER);
	assert_true(hears(&p, "<success " SASL "/>"));
	peer_release(&p);
	/* an authzid of one's own */
	peer_init(&p, &c);
	say(&p, HEADER MECH("PLAIN", "cm9tZW9AbG9jYWxob3N0AHJvbWVvAHNlY3JldA=="));
	assert_true(hears(&p, "<success " SASL "/>"));
	peer_release(&p);
}

static void
nothing_is_asked_in_clear(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.secure = false;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_false(hears(&p, "mechanism"));
	say(&p, AUTH);
	assert_true(hears(&p, "<encryption-required/>"));
	peer_release(&p);

	c.plaintext_ok = true;
	peer_init(&p, &c);
	say(&p, HEADER);
	assert_true(hears(&p, "<mechanism>SCRAM-SHA-1</mechanism>"));
	assert_false(hears(&p, "PLAIN"));
	assert_false(hears(&p, "required"));
	say(&p, AUTH);
	assert_true(hears(&p, "<encryption-required/>"));
	peer_release(&p);
}

static void
only_some_mechanisms_if_told_so(void **state)
{
	static const char *const one[] = { "SCRAM-SHA-256", NULL };
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.mechanisms = one;
	peer_init(&p, &c);
	say(&p, HEADER AUTH);
	assert_true(hears(&p, "<mechanisms " SASL "><mechanism>SCRAM-SHA-256"
	    "</mechanism></mechanisms>"));
	assert_true(hears(&p, "<invalid-mechanism/>"));
	peer_release(&p);
}

static void
data_injected_before_tls_is_refused(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	c.secure = false;
	peer_init(&p, &c);
	say(&p, HEADER STARTTLS "<auth");
	assert_int_equal(p.result, XERR_PROTO);
	assert_true(hears(&p, "policy-violation"));
	assert_false(hears(&p, "proceed"));
	peer_release(&p);
	peer_init(&p, &c);
	say(&p, HEADER STARTTLS "  <auth");
	assert_int_equal(p.result, XERR_PROTO);
	peer_release(&p);
	/* what some clients add is no such data */
	peer_init(&p, &c);
	say(&p, HEADER STARTTLS "\r\n");
	say(&p, HEADER);
	assert_true(hears(&p, "[TLS]<?xml"));
	peer_release(&p);
	/* and TLS in TLS as well */
	c.secure = true;
	peer_init(&p, &c);
	say(&p, HEADER STARTTLS);
	assert_true(hears(&p, "<failure xmlns='urn:ietf:params:xml:ns:"
	    "xmpp-tls'/>" END));
	peer_release(&p);
}

static void
bind_can_be_refused_and_tried_again(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	p.refuse = "conflict";
	say(&p, LOGIN);
	assert_true(hears(&p, "<iq type='error' id='b'>"
	    "<error type='cancel'><conflict "));
	assert_false(server_is_bound(p.server));
	assert_string_equal(jid_str(server_jid(p.server)), "romeo@localhost");
	say(&p, BIND);
	assert_true(server_is_bound(p.server));
	assert_string_equal(jid_str(server_jid(p.server)),
	    "romeo@localhost/here");
	peer_release(&p);
}

static void
bind_makes_a_resource_or_refuses_a_bad_one(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER AUTH HEADER "<iq id='1' type='set'><bind xmlns='urn:"
	    "ietf:params:xml:ns:xmpp-bind'><resource>&#10;</resource></bind>"
	    "</iq>");
	assert_true(hears(&p, "<error type='modify'><bad-request"));
	say(&p, "<iq id='2' type='set'><bind xmlns='urn:ietf:params:xml:ns:"
	    "xmpp-bind'/></iq>");
	assert_true(server_is_bound(p.server));
	assert_int_equal(jid_len(server_jid(p.server)), 15 + 1 + 32);
	peer_release(&p);
}

static struct elem *
stanza(struct arena *a)
{
	struct elem *e = elem_new(a, "jabber:client", "message");

	elem_add_with_text(e, NULL, "body", "x");
	return e;
}

static void
counts_and_asks_for_acknowledgements(void **state)
{
	struct server_config c = config();
	struct arena a;
	struct peer p;
	int i;

	(void)state;
	arena_init(&a, 1 << 20);
	peer_init(&p, &c);
	assert_int_equal(server_send(p.server, stanza(&a)), XERR_INTERNAL);
	say(&p, LOGIN ENABLE);
	for (i = 0; i < 63; i++)
		assert_int_equal(server_send(p.server, stanza(&a)), 0);
	drain(&p);
	assert_false(hears(&p, "<r "));
	assert_int_equal(server_send(p.server, stanza(&a)), 0);
	drain(&p);
	assert_true(hears(&p, "<message><body>x</body></message>" R));
	assert_int_equal(server_unacked(p.server), 64);
	say(&p, "<a xmlns='urn:xmpp:sm:3' h='60'/>");
	assert_int_equal(p.result, 0);
	assert_int_equal(server_unacked(p.server), 4);
	/* backwards is far forwards, modulo 2^32 */
	say(&p, "<a xmlns='urn:xmpp:sm:3' h='59'/>");
	assert_int_equal(p.result, XERR_PROTO);
	peer_release(&p);
	arena_release(&a);
}

static void
acknowledgements_wrap(void **state)
{
	struct server_config c = config();
	struct arena a;
	struct peer p;

	(void)state;
	arena_init(&a, 1 << 20);
	peer_init(&p, &c);
	say(&p, LOGIN ENABLE);
	p.server->in = p.server->out = p.server->acked = UINT32_MAX - 1;
	assert_int_equal(server_send(p.server, stanza(&a)), 0);
	assert_int_equal(server_send(p.server, stanza(&a)), 0);
	assert_int_equal(server_send(p.server, stanza(&a)), 0);
	assert_int_equal(server_unacked(p.server), 3);
	say(&p, "<a xmlns='urn:xmpp:sm:3' h='0'/>");
	assert_int_equal(p.result, 0);
	assert_int_equal(server_unacked(p.server), 1);
	say(&p, "<message/>" R "<message/>" R "<message/>" R);
	assert_true(hears(&p, "h='4294967295'/><a xmlns='urn:xmpp:sm:3' "
	    "h='0'/><a xmlns='urn:xmpp:sm:3' h='1'/>"));
	say(&p, "<a xmlns='urn:xmpp:sm:3' h='2'/>");
	assert_int_equal(p.result, XERR_PROTO);
	peer_release(&p);
	arena_release(&a);
}

static void
stream_management_out_of_turn_fails(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER AUTH HEADER ENABLE);
	assert_true(hears(&p, "<failed xmlns='urn:xmpp:sm:3'>"
	    "<unexpected-request "));
	say(&p, "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>");
	assert_true(hears(&p, "<item-not-found "));
	buf_reset(&p.out);
	say(&p, BIND ENABLE ENABLE);
	assert_true(hears(&p, "<enabled "));
	assert_true(hears(&p, "<unexpected-request "));
	peer_release(&p);
}

static void
a_full_queue_takes_nothing_but_whole_stanzas(void **state)
{
	struct server_config c = config();
	struct arena a;
	struct peer p;
	int n = 0;

	(void)state;
	arena_init(&a, 10 << 20);
	c.out_max = 4096;
	peer_init(&p, &c);
	say(&p, LOGIN);
	while (server_send(p.server, stanza(&a)) == 0)
		n++;
	assert_true(n > 50 && n < 200);
	drain(&p);
	assert_int_equal(server_send(p.server, stanza(&a)), 0);
	drain(&p);
	assert_non_null(strstr(heard(&p) + buf_len(&p.out) - 43,
	    "</message><message><body>x</body></message>"));
	peer_release(&p);
	arena_release(&a);
}

static void
closing_is_a_handshake(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, LOGIN);
	server_close(p.server, "system-shutdown", NULL);
	drain(&p);
	assert_true(hears(&p, "<stream:error><system-shutdown "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
	    END));
	/* what is still on its way is dropped */
	say(&p, "<message/>");
	assert_int_equal(buf_len(&p.log), 0);
	assert_false(p.closed);
	say(&p, END);
	assert_true(p.closed);
	peer_release(&p);
}

/* It is answered, counted, and those behind it are taken. */
static void
a_stanza_too_large_is_refused(void **state)
{
	struct server_config c = config();
	struct peer p;
	char *big = malloc(20000);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 20000);
	c.limits.size = 12000;
	peer_init(&p, &c);
	say(&p, LOGIN ENABLE "<message id='m' to='juliet@localhost'><body>");
	say_bytes(&p, big, 20000, 1000);
	say(&p, "</body></message><message id='n'/>"
	    "<message type='error'><body>");
	say_bytes(&p, big, 20000, 1000);
	say(&p, "</body></message><r xmlns='urn:xmpp:sm:3'/>");
	assert_int_equal(p.result, 0);
	assert_true(hears(&p, "<message type='error' id='m' "
	    "from='juliet@localhost' to='romeo@localhost/here'><error "
	    "type='modify'><policy-violation xmlns='urn:ietf:params:xml:ns:"
	    "xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>"
	    "larger than 12000 bytes</text></error></message>"
	    "<a xmlns='urn:xmpp:sm:3' h='3'/>"));
	assert_non_null(strstr(buf_str(&p.log), "id='n'"));
	peer_release(&p);
	free(big);
}

/* Whom nobody knows gets little memory, whatever the limit is. */
static void
a_stranger_is_not_heard_for_long(void **state)
{
	struct server_config c = config();
	struct peer p;
	char *big = malloc(20000);
	size_t n;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', 20000);
	for (n = 9000; n <= 11000; n += 2000) {
		peer_init(&p, &c);
		say(&p, HEADER "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		    "mechanism='X'>");
		say_bytes(&p, big, n, 1000);
		say(&p, "</auth>");
		assert_true(hears(&p, n < 10000 ? "<invalid-mechanism" :
		    "<policy-violation"));
		assert_int_equal(p.result, n < 10000 ? 0 : XERR_LIMIT);
		peer_release(&p);
	}
	free(big);
}

/* RFC 6120 4.7.4: the stream's language is that of its texts. */
static void
a_stanza_has_the_language_of_its_stream(void **state)
{
	struct server_config c = config();
	struct peer p;

	(void)state;
	peer_init(&p, &c);
	say(&p, HEADER AUTH "<stream:stream to='localhost' version='1.0' "
	    "xml:lang='de' xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>" BIND
	    "<message id='1'><body>a</body></message>"
	    "<message id='2' xml:lang='fr'><body>a</body></message>"
	    "<message id='3'/>");
	assert_non_null(strstr(buf_str(&p.log), "id='1' "
	    "from='romeo@localhost/here' xml:lang='de'>"));
	assert_non_null(strstr(buf_str(&p.log), "id='2' xml:lang='fr' "
	    "from='romeo@localhost/here'>"));
	assert_non_null(strstr(buf_str(&p.log), "id='3' "
	    "from='romeo@localhost/here'/>"));
	peer_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plays_a_session_at_every_cut),
		cmocka_unit_test(each_header_has_its_own_id),
		cmocka_unit_test(breaking_the_rules_ends_the_stream),
		cmocka_unit_test(failed_logins_say_why),
		cmocka_unit_test(asks_for_what_was_not_said_at_once),
		cmocka_unit_test(nothing_is_asked_in_clear),
		cmocka_unit_test(only_some_mechanisms_if_told_so),
		cmocka_unit_test(data_injected_before_tls_is_refused),
		cmocka_unit_test(bind_can_be_refused_and_tried_again),
		cmocka_unit_test(bind_makes_a_resource_or_refuses_a_bad_one),
		cmocka_unit_test(counts_and_asks_for_acknowledgements),
		cmocka_unit_test(acknowledgements_wrap),
		cmocka_unit_test(stream_management_out_of_turn_fails),
		cmocka_unit_test(a_full_queue_takes_nothing_but_whole_stanzas),
		cmocka_unit_test(closing_is_a_handshake),
		cmocka_unit_test(a_stanza_too_large_is_refused),
		cmocka_unit_test(a_stranger_is_not_heard_for_long),
		cmocka_unit_test(a_stanza_has_the_language_of_its_stream),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
