/* xmpp/router: who gets what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "xml/ndxml.h"
#include "server/router.h"
#include "xmpp/stream.h"

#define NOW "2026-11-22T11:18:06Z"

/* A session, by the name that the log knows it by. */
struct user {
	const char *name;
	struct router_session *session;
	char full[64];
};

struct world {
	struct router *router;
	struct ndxml_reader *reader;
	struct buf in;		/* its */
	struct buf log;		/* "WHO: stanza" */
	struct user romeo, juliet, nurse;
};

static void
deliver(void *arg, void *who, const struct elem *e)
{
	struct world *w = arg;
	struct user *u = who;

	buf_printf(&w->log, "%s: ", u == NULL ? "-" : u->name);
	assert_int_equal(stream_render(&w->log, e), 0);
	buf_putc(&w->log, '\n');
}

static void
drop(void *arg, void *who, const char *condition)
{
	struct world *w = arg;
	struct user *u = who;

	buf_printf(&w->log, "%s dropped: %s\n", u->name, condition);
	u->session = NULL;
}

static int
setup(void **state)
{
	static const struct router_ops ops = { deliver, drop };
	static struct world world;
	struct world *w = &world;
	struct router_config c = {
		.domain = "localhost", .name = "test", .version = "1",
		.offline_max = 1000, .ops = &ops, .arg = w
	};

	*w = (struct world){ .romeo.name = "romeo", .juliet.name = "juliet",
	    .nurse.name = "nurse" };
	assert_int_equal(router_new(&w->router, &c), 0);
	assert_int_equal(router_add_account(w->router, "romeo"), 0);
	assert_int_equal(router_add_account(w->router, "juliet"), 0);
	assert_int_equal(ndxml_reader_new(&w->reader, NULL, '\n'), 0);
	buf_init(&w->log, 1 << 20);
	buf_init(&w->in, 1 << 21);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	router_free(w->router);
	ndxml_reader_free(w->reader);
	buf_release(&w->log);
	buf_release(&w->in);
	return 0;
}

static void
come(struct world *w, struct user *u, const char *full)
{
	struct jid j;

	snprintf(u->full, sizeof(u->full), "%s", full);
	assert_int_equal(jid_parse(&j, full, strlen(full)), 0);
	assert_int_equal(router_bind(w->router, &u->session, &j, u), 0);
}

/* U (NULL: nowhere) sends XML; returns what the router said. */
static int
send_xml(struct world *w, struct user *u, const char *xml)
{
	struct elem *e;
	int r;

	buf_puts(&w->in, xml);
	buf_putc(&w->in, '\n');
	assert_int_equal(ndxml_read(w->reader, &w->in, false, &e), 1);
	if (u != NULL) {
		elem_set(e, "from", u->full);
		r = router_stanza(w->router, u->session, e, NOW);
	} else {
		r = router_inject(w->router, e, NOW);
	}
	return r;
}

/* What has happened since the last time. */
static const char *
news(struct world *w)
{
	static char text[1 << 16];

	snprintf(text, sizeof(text), "%s", buf_len(&w->log) == 0 ? "" :
	    buf_str(&w->log));
	buf_reset(&w->log);
	return text;
}

static void
expect(struct world *w, struct user *u, const char *xml, const char *want)
{
	const char *got;

	assert_int_equal(send_xml(w, u, xml), 0);
	got = news(w);
	if (strcmp(got, want) != 0)
		fail_msg("%s\ngave:\n%swanted:\n%s", xml, got, want);
}

/* Both are there and available. */
static void
gather(struct world *w)
{
	come(w, &w->romeo, "romeo@localhost/orchard");
	come(w, &w->juliet, "juliet@localhost/balcony");
	assert_int_equal(send_xml(w, &w->romeo, "<presence/>"), 0);
	assert_int_equal(send_xml(w, &w->juliet, "<presence/>"), 0);
	news(w);
}

#define M "message from='romeo@localhost/orchard'"
#define ERR(type, c) "<error type='" type "'><" c " xmlns='urn:ietf:params:" \
	"xml:ns:xmpp-stanzas'/></error>"
#define ERRT(type, c, t) "<error type='" type "'><" c " xmlns='urn:ietf:" \
	"params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:" \
	"xmpp-stanzas'>" t "</text></error>"

static void
presence_reaches_everyone_who_is_there(void **state)
{
	struct world *w = *state;

	come(w, &w->romeo, "romeo@localhost/orchard");
	come(w, &w->juliet, "juliet@localhost/balcony");
	expect(w, &w->romeo, "<presence><show>away</show></presence>",
	    "romeo: <presence to='romeo@localhost/orchard' "
	    "from='romeo@localhost/orchard'><show>away</show></presence>\n");
	/* who comes later learns of it, and he of her */
	expect(w, &w->juliet, "<presence/>",
	    "romeo: <presence to='romeo@localhost' "
	    "from='juliet@localhost/balcony'/>\n"
	    "juliet: <presence to='juliet@localhost/balcony' "
	    "from='juliet@localhost/balcony'/>\n"
	    "juliet: <presence to='juliet@localhost/balcony' "
	    "from='romeo@localhost/orchard'><show>away</show></presence>\n");
	expect(w, &w->juliet, "<presence type='unavailable'/>",
	    "romeo: <presence to='romeo@localhost' "
	    "type='unavailable' from='juliet@localhost/balcony'/>\n");
}

static void
leaving_is_told(void **state)
{
	struct world *w = *state;

	gather(w);
	router_unbind(w->router, w->juliet.session);
	assert_string_equal(news(w), "romeo: <presence to='romeo@localhost' "
	    "from='juliet@localhost/balcony' type='unavailable'/>\n");
	/* one who was never there leaves in silence, unless somebody knows */
	come(w, &w->juliet, "juliet@localhost/balcony");
	router_unbind(w->router, w->juliet.session);
	assert_string_equal(news(w), "");
	come(w, &w->juliet, "juliet@localhost/balcony");
	expect(w, &w->juliet, "<presence to='romeo@localhost'/>",
	    "romeo: <presence to='romeo@localhost' "
	    "from='juliet@localhost/balcony'/>\n");
	router_unbind(w->router, w->juliet.session);
	assert_string_equal(news(w), "romeo: "
	    "<presence to='romeo@localhost/orchard' "
	    "from='juliet@localhost/balcony' type='unavailable'/>\n");
}

#define GONE(name, to) name ": <presence to='" to "' " \
	"from='juliet@localhost/balcony' type='unavailable'/>\n"

/* RFC 6121 4.6.3 */
static void
presence_directed_at_somebody_ends_for_them(void **state)
{
	struct world *w = *state;
	int i;

	/* romeo is available, nurse only connected */
	come(w, &w->romeo, "romeo@localhost/orchard");
	come(w, &w->nurse, "romeo@localhost/hall");
	come(w, &w->juliet, "juliet@localhost/balcony");
	send_xml(w, &w->romeo, "<presence/>");
	for (i = 0; i < 3; i++)
		send_xml(w, &w->juliet,
		    "<presence to='romeo@localhost/hall'/>");
	send_xml(w, &w->juliet, "<presence to='romeo@localhost/none'/>");
	send_xml(w, &w->juliet, "<presence to='juliet@localhost/balcony'/>");
	news(w);
	/* never broadcast: nobody else hears of its end, and they do once */
	expect(w, &w->juliet, "<presence type='unavailable'/>",
	    "nurse: <presence to='romeo@localhost/hall' type='unavailable' "
	    "from='juliet@localhost/balcony'/>\n");
	expect(w, &w->juliet, "<presence type='unavailable'/>", "");
	/* broadcast, too: nobody hears it twice, and nobody does not */
	send_xml(w, &w->juliet, "<presence/>");
	send_xml(w, &w->juliet, "<presence to='romeo@localhost'/>");
	send_xml(w, &w->juliet, "<presence to='romeo@localhost/hall'/>");
	news(w);
	router_unbind(w->router, w->juliet.session);
	assert_string_equal(news(w), GONE("romeo", "romeo@localhost")
	    GONE("nurse", "romeo@localhost/hall"));
	/* who was told that it ended is not told again */
	come(w, &w->juliet, "juliet@localhost/balcony");
	send_xml(w, &w->juliet, "<presence to='romeo@localhost/hall'/>");
	send_xml(w, &w->juliet, "<presence to='romeo@localhost/orchard'/>");
	send_xml(w, &w->juliet,
	    "<presence to='romeo@localhost/hall' type='unavailable'/>");
	news(w);
	/* nor who has gone */
	send_xml(w, &w->juliet, "<presence to='romeo@localhost/hall'/>");
	router_unbind(w->router, w->nurse.session);
	news(w);
	router_unbind(w->router, w->juliet.session);
	assert_string_equal(news(w), GONE("romeo", "romeo@localhost/orchard"));
}

static void
the_older_of_two_same_resources_goes(void **state)
{
	struct world *w = *state;

	gather(w);
	come(w, &w->nurse, "juliet@localhost/balcony");
	assert_string_equal(news(w), "juliet dropped: conflict\n"
	    "romeo: <presence to='romeo@localhost' "
	    "from='juliet@localhost/balcony' type='unavailable'/>\n");
	expect(w, &w->romeo, "<message to='juliet@localhost/balcony'/>",
	    "nurse: <message to='juliet@localhost/balcony' "
	    "from='romeo@localhost/orchard'/>\n");
}

static void
binds_only_accounts(void **state)
{
	struct world *w = *state;
	struct router_session *s = NULL;
	struct jid j;

	assert_int_equal(jid_parse(&j, "nobody@localhost/x", 18), 0);
	assert_int_equal(router_bind(w->router, &s, &j, NULL), XERR_CONFIG);
	assert_int_equal(router_add_account(w->router, "romeo"), XERR_SYNTAX);
	assert_true(router_has_account(w->router, "romeo@", 5));
	assert_false(router_has_account(w->router, "rome", 4));
	assert_false(router_has_account(w->router, "romeos", 6));
}

/* Others stay what they are, wherever in the order the guest was. */
static void
a_guest_goes_with_its_account(void **state)
{
	static const char *const names[] = { "a@localhost", "o@localhost",
	    "z@localhost" };
	struct world *w = *state;
	struct user guest = { .name = "guest" };
	char full[64], want[128];
	struct jid j;
	size_t i;

	gather(w);
	for (i = 0; i < 3; i++) {
		assert_int_equal(jid_parse(&j, names[i], 11), 0);
		assert_int_equal(router_add_guest(w->router, &j), 0);
		assert_int_equal(router_add_guest(w->router, &j), XERR_SYNTAX);
		snprintf(full, sizeof(full), "%s/x", names[i]);
		come(w, &guest, full);
		news(w);
		snprintf(want, sizeof(want), "juliet: <message "
		    "to='juliet@localhost' from='%s'/>\n", full);
		expect(w, &guest, "<message to='juliet@localhost'/>", want);
		router_unbind(w->router, guest.session);
		router_remove_guest(w->router, &j);
		router_remove_guest(w->router, &j);
		assert_false(router_has_account(w->router, names[i], 1));
		news(w);
		expect(w, &w->romeo, "<message to='juliet@localhost'/>",
		    "juliet: <message to='juliet@localhost' "
		    "from='romeo@localhost/orchard'/>\n");
	}
}

static void
messages_go_by_priority(void **state)
{
	struct world *w = *state;

	gather(w);
	come(w, &w->nurse, "juliet@localhost/chamber");
	send_xml(w, &w->nurse, "<presence/>");
	news(w);
	/* the same priority: both */
	expect(w, &w->romeo, "<message to='juliet@localhost'/>",
	    "nurse: <message to='juliet@localhost' "
	    "from='romeo@localhost/orchard'/>\n"
	    "juliet: <message to='juliet@localhost' "
	    "from='romeo@localhost/orchard'/>\n");
	send_xml(w, &w->nurse, "<presence><priority>5</priority></presence>");
	news(w);
	expect(w, &w->romeo, "<message to='juliet@localhost' type='chat'/>",
	    "nurse: <message to='juliet@localhost' type='chat' "
	    "from='romeo@localhost/orchard'/>\n");
	/* a negative one gets nothing but what is for it alone */
	send_xml(w, &w->nurse, "<presence><priority>-1</priority></presence>");
	news(w);
	expect(w, &w->romeo, "<message to='juliet@localhost' "
	    "type='headline'/>", "juliet: <message to='juliet@localhost' "
	    "type='headline' from='romeo@localhost/orchard'/>\n");
	expect(w, &w->romeo, "<message to='juliet@localhost/chamber'/>",
	    "nurse: <message to='juliet@localhost/chamber' "
	    "from='romeo@localhost/orchard'/>\n");
}

static void
messages_without_address_are_for_oneself(void **state)
{
	struct world *w = *state;

	gather(w);
	expect(w, &w->romeo, "<message/>",
	    "romeo: <message from='romeo@localhost/orchard'/>\n");
}

static void
messages_wait_for_those_who_are_away(void **state)
{
	struct world *w = *state;

	come(w, &w->romeo, "romeo@localhost/orchard");
	expect(w, &w->romeo, "<message to='Juliet@LOCALHOST'><body>a&#10;b"
	    "</body></message>", "");
	expect(w, &w->romeo, "<message to='juliet@localhost/gone' "
	    "type='chat'/>", "");
	come(w, &w->juliet, "juliet@localhost/balcony");
	/* not while the priority is negative */
	send_xml(w, &w->juliet, "<presence><priority>-1</priority>"
	    "</presence>");
	news(w);
	expect(w, &w->juliet, "<presence/>",
	    "juliet: <presence to='juliet@localhost/balcony' "
	    "from='juliet@localhost/balcony'/>\n"
	    "juliet: <message to='Juliet@LOCALHOST' "
	    "from='romeo@localhost/orchard'><body>a&#10;b</body>"
	    "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='" NOW "'/>"
	    "</message>\n"
	    "juliet: <message to='juliet@localhost/gone' type='chat' "
	    "from='romeo@localhost/orchard'><delay xmlns='urn:xmpp:delay' "
	    "from='localhost' stamp='" NOW "'/></message>\n");
	/* once */
	expect(w, &w->juliet, "<presence/>",
	    "juliet: <presence to='juliet@localhost/balcony' "
	    "from='juliet@localhost/balcony'/>\n");
}

static void
what_waits_is_bounded(void **state)
{
	struct world *w = *state;
	int i, n = 0;

	come(w, &w->romeo, "romeo@localhost/orchard");
	for (i = 0; i < 20; i++) {
		send_xml(w, &w->romeo, "<message to='juliet@localhost' "
		    "id='1'/>");
		n += strcmp(news(w), "romeo: <message "
		    "to='romeo@localhost/orchard' type='error' id='1' "
		    "from='juliet@localhost'>" ERRT("wait",
		    "resource-constraint", "no room for more offline messages")
		    "</message>\n") == 0;
	}
	assert_true(n > 10 && n < 20);
	come(w, &w->juliet, "juliet@localhost/balcony");
	send_xml(w, &w->juliet, "<presence/>");
	for (const char *p = news(w); (p = strstr(p, "<delay")) != NULL; p++)
		n++;
	assert_int_equal(n, 20);
	/* and there is room again */
	send_xml(w, &w->juliet, "<presence type='unavailable'/>");
	news(w);
	expect(w, &w->romeo, "<message to='juliet@localhost' id='1'/>", "");
}

static void
what_cannot_be_delivered_comes_back(void **state)
{
	struct world *w = *state;
	static const struct { const char *xml, *to, *error; } t[] = {
		{ "<message to='nobody@localhost' id='1'/>",
		    "nobody@localhost", ERRT("cancel", "service-unavailable",
		    "no such user") },
		{ "<message to='nobody@localhost/x' type='chat' id='1'/>",
		    "nobody@localhost/x", ERRT("cancel",
		    "service-unavailable", "no such user") },
		{ "<message to='juliet@elsewhere' id='1'/>",
		    "juliet@elsewhere", ERRT("cancel",
		    "remote-server-not-found", "there are no other servers") },
		{ "<message to='a@b@c' id='1'/>", "a@b@c",
		    ERR("modify", "jid-malformed") },
		{ "<message to='juliet@localhost/gone' id='1'/>",
		    "juliet@localhost/gone", ERRT("cancel",
		    "service-unavailable", "no such resource") },
		{ "<message to='juliet@localhost' type='groupchat' id='1'/>",
		    "juliet@localhost", ERR("cancel", "service-unavailable") },
		{ "<message to='localhost' id='1'/>", "localhost",
		    ERR("cancel", "service-unavailable") },
	};
	char want[600];
	size_t i;

	gather(w);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(want, sizeof(want), "romeo: <message "
		    "to='romeo@localhost/orchard' type='error' id='1' "
		    "from='%s'>%s</message>\n", t[i].to, t[i].error);
		expect(w, &w->romeo, t[i].xml, want);
	}
}

static void
errors_and_results_never_come_back(void **state)
{
	struct world *w = *state;

	gather(w);
	expect(w, &w->romeo, "<message type='error' to='x@localhost'/>", "");
	expect(w, &w->romeo, "<message type='error' to='x@y'/>", "");
	expect(w, &w->romeo, "<message type='error' "
	    "to='juliet@localhost'/>", "");
	expect(w, &w->romeo, "<message type='error' "
	    "to='juliet@localhost/gone'/>", "");
	expect(w, &w->romeo, "<message type='headline' "
	    "to='juliet@localhost/gone'/>", "");
	expect(w, &w->romeo, "<iq type='result' id='1' to='x@y'/>", "");
	expect(w, &w->romeo, "<iq type='error' id='1' to='localhost'/>", "");
	expect(w, &w->romeo, "<iq type='result' id='1'/>", "");
	expect(w, &w->romeo, "<iq type='result' id='1' "
	    "to='juliet@localhost/gone'/>", "");
	expect(w, &w->romeo, "<presence type='error' to='x@y'/>", "");
	expect(w, &w->romeo, "<presence to='nobody@localhost'/>", "");
	expect(w, &w->romeo, "<presence to='localhost'/>", "");
}

static void
iqs_go_to_full_addresses(void **state)
{
	struct world *w = *state;

	gather(w);
	expect(w, &w->romeo, "<iq type='get' id='1' "
	    "to='juliet@localhost/balcony'><x xmlns='y'/></iq>",
	    "juliet: <iq type='get' id='1' to='juliet@localhost/balcony' "
	    "from='romeo@localhost/orchard'><x xmlns='y'/></iq>\n");
	expect(w, &w->juliet, "<iq type='result' id='1' "
	    "to='romeo@localhost/orchard'/>",
	    "romeo: <iq type='result' id='1' to='romeo@localhost/orchard' "
	    "from='juliet@localhost/balcony'/>\n");
	expect(w, &w->romeo, "<iq type='get' id='1' "
	    "to='juliet@localhost/gone'><x xmlns='y'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='error' id='1' "
	    "from='juliet@localhost/gone'>" ERRT("cancel",
	    "service-unavailable", "no such resource") "</iq>\n");
}

static void
the_server_answers_for_itself(void **state)
{
	struct world *w = *state;
	const char *s;

	gather(w);
	expect(w, &w->romeo, "<iq type='get' id='1' to='localhost'>"
	    "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='result' id='1' "
	    "from='localhost'/>\n");
	expect(w, &w->romeo, "<iq type='get' id='1'>"
	    "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='result' "
	    "id='1'/>\n");
	expect(w, &w->romeo, "<iq type='get' id='1' to='juliet@localhost'>"
	    "<ping xmlns='urn:xmpp:ping'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='result' id='1' "
	    "from='juliet@localhost'/>\n");
	expect(w, &w->romeo, "<iq type='get' id='1' to='localhost'>"
	    "<query xmlns='jabber:iq:version'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='result' id='1' "
	    "from='localhost'><query xmlns='jabber:iq:version'>"
	    "<name>test</name><version>1</version></query></iq>\n");
	send_xml(w, &w->romeo, "<iq type='get' id='1' to='localhost'>"
	    "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
	s = news(w);
	assert_non_null(strstr(s, "<identity category='server' type='im' "
	    "name='test'/><feature var='http://jabber.org/protocol/"
	    "disco#info'/>"));
	assert_non_null(strstr(s, "<feature var='urn:xmpp:ping'/>"));
	send_xml(w, &w->romeo, "<iq type='get' id='1' to='juliet@localhost'>"
	    "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
	assert_non_null(strstr(news(w), "<identity category='account' "
	    "type='registered'/>"));
	expect(w, &w->romeo, "<iq type='get' id='1' to='localhost'>"
	    "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='result' id='1' "
	    "from='localhost'>"
	    "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>\n");
}

static void
the_roster_has_everyone_else(void **state)
{
	struct world *w = *state;

	gather(w);
	expect(w, &w->romeo, "<iq type='get' id='1'>"
	    "<query xmlns='jabber:iq:roster'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='result' id='1'>"
	    "<query xmlns='jabber:iq:roster'><item jid='juliet@localhost' "
	    "name='juliet' subscription='both'/></query></iq>\n");
	expect(w, &w->romeo, "<iq type='set' id='1'>"
	    "<query xmlns='jabber:iq:roster'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='error' id='1'>"
	    ERR("cancel", "not-allowed") "</iq>\n");
	expect(w, &w->romeo, "<iq type='get' id='1' to='juliet@localhost'>"
	    "<query xmlns='jabber:iq:roster'/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='error' id='1' "
	    "from='juliet@localhost'>" ERR("auth", "forbidden") "</iq>\n");
}

static void
other_requests_are_refused(void **state)
{
	struct world *w = *state;
	static const struct { const char *in, *type, *condition; } t[] = {
		{ "type='get' id='1'><x xmlns='y'/>",
		    "cancel", "service-unavailable" },
		{ "type='set' id='1'><x xmlns='y'/>",
		    "cancel", "service-unavailable" },
		{ "type='set' id='1'><ping xmlns='urn:xmpp:ping'/>",
		    "cancel", "service-unavailable" },
		{ "type='get' id='1'>", "modify", "bad-request" },
		{ "type='get' id='1'><x/><x/>", "modify", "bad-request" },
		{ "type='what' id='1'><x/>", "modify", "bad-request" },
		{ "id='1'><x/>", "modify", "bad-request" },
		{ "type='get' id='1'><query node='x' xmlns='http://jabber."
		    "org/protocol/disco#info'/>", "cancel", "item-not-found" },
	};
	char xml[300], want[400];
	size_t i;

	gather(w);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(xml, sizeof(xml), "<iq %s</iq>", t[i].in);
		snprintf(want, sizeof(want), "romeo: <iq "
		    "to='romeo@localhost/orchard' type='error' id='1'>"
		    "<error type='%s'><%s xmlns='urn:ietf:params:xml:ns:"
		    "xmpp-stanzas'/></error></iq>\n", t[i].type,
		    t[i].condition);
		expect(w, &w->romeo, xml, want);
	}
	/* without an id, too */
	expect(w, &w->romeo, "<iq type='get'><x/></iq>",
	    "romeo: <iq to='romeo@localhost/orchard' type='error'>"
	    ERR("modify", "bad-request") "</iq>\n");
}

static void
subscriptions_are_there_already(void **state)
{
	struct world *w = *state;

	gather(w);
	expect(w, &w->romeo, "<presence type='subscribe' "
	    "to='juliet@localhost'/>",
	    "romeo: <presence to='romeo@localhost/orchard' "
	    "type='subscribed' from='juliet@localhost'/>\n"
	    "romeo: <presence to='romeo@localhost/orchard' "
	    "from='juliet@localhost/balcony'/>\n");
	expect(w, &w->romeo, "<presence type='unsubscribe' "
	    "to='juliet@localhost'/>", "");
	expect(w, &w->romeo, "<presence type='probe' "
	    "to='juliet@localhost'/>",
	    "romeo: <presence to='romeo@localhost/orchard' "
	    "from='juliet@localhost/balcony'/>\n");
	send_xml(w, &w->juliet, "<presence type='unavailable'/>");
	news(w);
	expect(w, &w->romeo, "<presence type='probe' "
	    "to='juliet@localhost'/>",
	    "romeo: <presence to='romeo@localhost/orchard' "
	    "type='unavailable' from='juliet@localhost'/>\n");
	expect(w, &w->romeo, "<presence type='what'/>",
	    "romeo: <presence to='romeo@localhost/orchard' type='error'>"
	    ERR("modify", "bad-request") "</presence>\n");
}

static void
stanzas_come_from_nowhere(void **state)
{
	struct world *w = *state;

	gather(w);
	expect(w, NULL, "<message to='romeo@localhost'/>",
	    "romeo: <message to='romeo@localhost' from='localhost'/>\n");
	expect(w, NULL, "<message from='a@far' to='romeo@localhost'/>",
	    "romeo: <message from='a@far' to='romeo@localhost'/>\n");
	/* an answer has nowhere to go but there, or to whom it claims */
	expect(w, NULL, "<message from='a@far' id='1' to='x@localhost'/>",
	    "-: <message to='a@far' type='error' id='1' "
	    "from='x@localhost'>" ERRT("cancel", "service-unavailable",
	    "no such user") "</message>\n");
	expect(w, NULL, "<message from='juliet@localhost/balcony' id='1' "
	    "to='x@localhost'/>",
	    "juliet: <message to='juliet@localhost/balcony' type='error' "
	    "id='1' from='x@localhost'>" ERRT("cancel",
	    "service-unavailable", "no such user") "</message>\n");
	assert_int_equal(send_xml(w, NULL, "<message/>"), XERR_SYNTAX);
	assert_int_equal(send_xml(w, NULL, "<x to='romeo@localhost'/>"),
	    XERR_SYNTAX);
	assert_int_equal(send_xml(w, NULL, "<presence/>"), XERR_SYNTAX);
	assert_string_equal(news(w), "");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(presence_reaches_everyone_who_is_there),
		T(leaving_is_told),
		T(presence_directed_at_somebody_ends_for_them),
		T(the_older_of_two_same_resources_goes),
		T(binds_only_accounts),
		T(a_guest_goes_with_its_account),
		T(messages_go_by_priority),
		T(messages_without_address_are_for_oneself),
		T(messages_wait_for_those_who_are_away),
		T(what_waits_is_bounded),
		T(what_cannot_be_delivered_comes_back),
		T(errors_and_results_never_come_back),
		T(iqs_go_to_full_addresses),
		T(the_server_answers_for_itself),
		T(the_roster_has_everyone_else),
		T(other_requests_are_refused),
		T(subscriptions_are_there_already),
		T(stanzas_come_from_nowhere)
	};

	return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
