/*
 * The client against the server, and against servers that misbehave, all in
 * memory: a whole login is a function call, and can be cut at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "sasl/verifier.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "client/client.h"
#include "server/server.h"
#include "xmpp/stanza.h"
#include "clientpair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const char session_log[] = "tls online bound juliet@example.org/balcony "
	"message message acked 2 closed ";

/* Login, two messages that come back, the polite end. */
static void
whole_session(struct pair *p)
{
	pair_open(p);
	assert_int_equal(talk(p), 0);
	assert_true(client_may_send(p->c));
	send_message(p, "one");
	send_message(p, "two");
	assert_int_equal(client_unacked_count(p->c), 2);
	assert_int_equal(talk(p), 0);
	assert_int_equal(client_unacked_count(p->c), 0);
	client_close(p->c);
	assert_false(client_may_send(p->c));
	assert_int_equal(talk(p), 0);
	assert_true(p->closed);
}

static void
a_whole_session_is_the_same_at_every_cut(void **state)
{
	struct pair p;
	size_t step;

	(void)state;
	for (step = 1; step <= 800; step += step < 32 ? 1 : 37) {
		pair_init(&p, "juliet@example.org/balcony");
		p.step = (step + 1) / 2;
		p.scf.no_sasl2 = step % 2 != 0;
		p.echo = true;
		whole_session(&p);
		assert_string_equal(buf_str(&p.log), session_log);
		assert_true(client_has_sm(p.c));
		pair_release(&p);
	}
}

static void
each_mechanism_logs_in(void **state)
{
	static const char *const mech[] = { "SCRAM-SHA-512", "SCRAM-SHA-256",
		"SCRAM-SHA-1", "PLAIN" };
	const char *only[2] = { NULL, NULL };
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * N(mech); i++) {
		pair_init(&p, "juliet@example.org/balcony");
		p.scf.no_sasl2 = i % 2 != 0;
		only[0] = mech[i / 2];
		p.scf.mechanisms = only;
		p.echo = true;
		whole_session(&p);
		assert_string_equal(client_mechanism(p.c), mech[i / 2]);
		pair_release(&p);
	}
	pair_init(&p, "juliet@example.org/balcony");
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	assert_string_equal(client_mechanism(p.c), "SCRAM-SHA-512");
	pair_release(&p);
}

static void
a_ping_stands_in_for_stream_management(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	p.scf.no_sm = true;
	p.echo = true;
	whole_session(&p);
	assert_false(client_has_sm(p.c));
	assert_int_equal(p.got, 3);	/* the ping is one */
	pair_release(&p);
}

static void
the_server_chooses_a_resource(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org");
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	assert_false(jid_is_bare(client_jid(p.c)));
	assert_true(jid_equal_bare(client_jid(p.c), &p.jid));
	pair_release(&p);
}

/* Half a round trip more is half a round trip too many: RFC order, no more. */
static void
a_login_takes_no_more_flights_than_needed(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	/* header and starttls; header; auth; response; header, bind; enable */
	assert_int_equal(p.flights, 6);
	pair_release(&p);
}

/*
 * A server that is not known gets no stanza before it has answered the request
 * to bind (RFC 6120 7.1); stream management, if it has that, goes before.
 */
static void
a_message_waits_until_we_are_bound(void **state)
{
	struct pair p;
	int sm;

	(void)state;
	for (sm = 0; sm < 2; sm++) {
		pair_init(&p, "juliet@example.org/balcony");
		p.early = true;
		p.scf.no_sm = !sm;
		pair_open(&p);
		assert_int_equal(talk(&p), 0);
		/* header, starttls; header; auth; response; bind; and then */
		assert_int_equal(p.flights, 6);
		assert_non_null(strstr(buf_str(&p.log), "acked 1 "));
		assert_int_equal(client_unacked_count(p.c), 0);
		assert_int_equal(client_has_sm(p.c), sm);
		/* and those that follow are counted right */
		send_message(&p, "late");
		send_message(&p, "later");
		assert_int_equal(talk(&p), 0);
		assert_non_null(strstr(buf_str(&p.log), "acked 2 "));
		assert_int_equal(client_unacked_count(p.c), 0);
		pair_release(&p);
	}
}

/* What the server offered to P is remembered by the next client. */
static void
a_remembered_offer_saves_a_round_trip(void **state)
{
	/* not there any more, and still there but not the same */
	static const char *const fewer[] = { "SCRAM-SHA-1", NULL };
	static const char *const other[] = { "SCRAM-SHA-512", NULL };
	struct pair first, p;
	struct offer o;
	int i;

	(void)state;
	pair_init(&first, "juliet@example.org/balcony");
	pair_open(&first);
	assert_int_equal(talk(&first), 0);
	assert_non_null(login_offer(client_login(first.c)));
	o = *login_offer(client_login(first.c));
	assert_true(offer_names_has(&o.mechanisms, "SCRAM-SHA-512"));
	for (i = 0; i < 3; i++) {
		pair_init(&p, "juliet@example.org/balcony");
		p.ccf.login.remembered = &o;
		p.early = true;
		if (i > 0)
			p.scf.mechanisms = i == 1 ? fewer : other;
		pair_open(&p);
		assert_int_equal(talk(&p), 0);
		assert_non_null(strstr(buf_str(&p.log), "acked 1 "));
		/* header, starttls; header, auth; response; header, bind,
		   enable, message */
		if (i == 0)
			assert_int_equal(p.flights, 4);
		assert_string_equal(client_mechanism(p.c),
		    i == 1 ? "SCRAM-SHA-1" : "SCRAM-SHA-512");
		pair_release(&p);
	}
	pair_release(&first);
}

/* The two ends of one channel, or of two with somebody in between. */
static int
our_binding(void *arg, const char *type, struct buf *out)
{
	const char *channel = arg;

	if (strcmp(type, "tls-exporter") != 0)
		return XERR_CONFIG;
	return buf_puts(out, channel);
}

static void
the_login_is_bound_to_the_channel(void **state)
{
	static char ours[] = "one channel", theirs[] = "two channels";
	const struct sasl_binding b = { "tls-exporter", ours,
		sizeof(ours) - 1 };
	struct pair p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pair_init(&p, "juliet@example.org/balcony");
		p.scf.bindings = &b;
		p.scf.nbindings = 1;
		p.ccf.login.binding = our_binding;
		p.ccf.login.arg = i == 0 ? ours : theirs;
		pair_open(&p);
		assert_int_equal(talk(&p), i == 0 ? 0 : XERR_AUTH);
		assert_string_equal(client_mechanism(p.c),
		    "SCRAM-SHA-512-PLUS");
		assert_string_equal(login_bound_by(client_login(p.c)),
		    "tls-exporter");
		pair_release(&p);
	}
}

static struct verifier kept;

static struct verifier *
verifier(void *arg, const struct jid *user)
{
	size_t n;

	(void)arg;
	return strncmp(jid_local(user, &n), "juliet", 6) == 0 ? &kept : NULL;
}

/* A server that keeps a weak hash of the password, if ANEW, and no password. */
static void
pair_init_weak(struct pair *p, bool anew)
{
	static char channel[] = "one channel";
	static const struct sasl_binding b = { "tls-exporter", channel,
		sizeof(channel) - 1 };

	pair_init(p, "juliet@example.org");
	if (anew) {
		verifier_wipe(&kept);
		assert_int_equal(verifier_set_password(&kept, "SCRAM-SHA-1",
		    PASSWORD, sizeof(PASSWORD) - 1, p->scf.salt,
		    p->scf.salt_len, 4096), 0);
	}
	p->scf.lookup = NULL;
	p->scf.verifier = verifier;
	p->scf.stored = "SCRAM-SHA-1";
	p->scf.bindings = &b;
	p->scf.nbindings = 1;
	p->ccf.login.binding = our_binding;
	p->ccf.login.arg = channel;
	p->early = true;
}

/* It gets a stronger one on the way (XEP-0480). */
static void
a_login_upgrades_the_hash_at_every_cut(void **state)
{
	static const struct offer before = {
		.has = OFFER_SASL2 | OFFER_BIND2 | OFFER_SM_INLINE |
		    OFFER_BINDINGS,
		.sasl2 = { { "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1" }, 2 },
		.types = { { "tls-exporter" }, 1 },
		.upgrades = { { "UPGR-SCRAM-SHA-512", "UPGR-SCRAM-SHA-256" },
		    2 }
	};
	struct pair p;
	size_t step;
	int i;

	(void)state;
	for (step = 1; step < 1200; step += step < 24 ? 1 : 131)
		/* ahead or not; on what was remembered; on what is there */
		for (i = 0; i < 4; i++) {
			pair_init_weak(&p, i < 2);
			p.step = step;
			p.ccf.login.remembered = i == 1 || i == 2 ? &before :
			    NULL;
			pair_open(&p);
			assert_int_equal(talk(&p), 0);
			assert_non_null(strstr(buf_str(&p.log), "acked 1 "));
			assert_int_equal(p.got, 1);
			assert_string_equal(client_mechanism(p.c), i < 3 ?
			    "SCRAM-SHA-1-PLUS" : "SCRAM-SHA-512-PLUS");
			if (i < 2)
				assert_string_equal(login_upgraded(
				    client_login(p.c)), "UPGR-SCRAM-SHA-512");
			else
				assert_null(login_upgraded(client_login(p.c)));
			pair_release(&p);
		}
}

/* Two round trips, once. */
static void
an_upgrade_takes_two_flights(void **state)
{
	struct pair p;

	(void)state;
	pair_init_weak(&p, true);
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	/* a_modern_login_is_shorter() has 5 */
	assert_int_equal(p.flights, 7);
	pair_release(&p);
}

/* SASL2 with Bind 2: no restart, and stream management is on at once. */
static void
a_modern_login_is_shorter(void **state)
{
	struct pair first, p;
	struct offer o;
	size_t step;

	(void)state;
	pair_init(&first, "juliet@example.org");
	first.ccf.login.agent = "0fa2790d-ad6e-40dd-9c0c-675362ec71a3";
	first.ccf.login.software = "test";
	first.early = true;
	pair_open(&first);
	assert_int_equal(talk(&first), 0);
	/* header, starttls; header; authenticate; response; message, r */
	assert_int_equal(first.flights, 5);
	assert_true(client_has_sm(first.c));
	assert_int_equal(client_unacked_count(first.c), 0);
	assert_true(jid_equal_bare(client_jid(first.c), &first.jid));
	assert_false(jid_is_bare(client_jid(first.c)));
	o = *login_offer(client_login(first.c));
	assert_int_equal(o.has & (OFFER_SASL2 | OFFER_BIND2),
	    OFFER_SASL2 | OFFER_BIND2);
	for (step = 1; step < 1000; step += step < 8 ? 1 : 97) {
		pair_init(&p, "juliet@example.org");
		p.ccf.login.remembered = &o;
		p.step = step;
		p.early = true;
		pair_open(&p);
		assert_int_equal(talk(&p), 0);
		if (step > 900)
			assert_int_equal(p.flights, 4);
		assert_non_null(strstr(buf_str(&p.log), "acked 1 "));
		assert_int_equal(p.got, 1);
		pair_release(&p);
	}
	pair_release(&first);
}

/* A resource that is asked for is bound as ever, behind SASL2. */
static void
a_resource_that_is_wanted_is_had(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	p.echo = true;
	whole_session(&p);
	assert_string_equal(jid_str(client_jid(p.c)),
	    "juliet@example.org/balcony");
	assert_string_equal(buf_str(&p.log), session_log);
	pair_release(&p);
}

static void
less_than_before_is_refused(void **state)
{
	static const char *const fewer[] = { "SCRAM-SHA-1", "PLAIN", NULL };
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	p.scf.mechanisms = fewer;
	p.ccf.login.at_least = "SCRAM-SHA-256";
	pair_open(&p);
	assert_int_equal(talk(&p), XERR_AUTH);
	assert_non_null(strstr(client_errmsg(p.c), "--forget"));
	assert_null(client_mechanism(p.c));
	pair_release(&p);
	pair_init(&p, "juliet@example.org/balcony");
	p.scf.mechanisms = fewer;
	p.ccf.login.at_least = "SCRAM-SHA-1";
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	pair_release(&p);
}

static void
a_wrong_password_is_refused(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	p.ccf.login.password = "wrong";
	p.ccf.login.password_len = 5;
	pair_open(&p);
	assert_int_equal(talk(&p), XERR_AUTH);
	assert_non_null(strstr(client_errmsg(p.c), "not-authorized"));
	assert_null(strstr(client_errmsg(p.c), "wrong"));
	pair_release(&p);
}

static void
plain_never_goes_in_clear(void **state)
{
	static const char *const only[] = { "PLAIN", NULL };
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	p.scf.tls = false;
	p.scf.plaintext_ok = true;
	p.scf.mechanisms = only;
	p.ccf.login.plaintext_ok = true;
	pair_open(&p);
	assert_true(talk(&p) < 0);
	pair_release(&p);
	/* SCRAM may, if it was asked for; without, nothing may */
	pair_init(&p, "juliet@example.org/balcony");
	p.scf.tls = false;
	p.scf.plaintext_ok = true;
	p.ccf.login.plaintext_ok = true;
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	assert_true(client_may_send(p.c));
	pair_release(&p);
	pair_init(&p, "juliet@example.org/balcony");
	p.scf.tls = false;
	p.scf.plaintext_ok = true;
	pair_open(&p);
	assert_int_equal(talk(&p), XERR_TLS);
	pair_release(&p);
}

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' " \
	"version='1.0' from='example.org'>"
#define TLS "<stream:features><starttls xmlns='" NS_TLS "'/></stream:features>"
#define MECH "<mechanisms xmlns='" NS_SASL "'><mechanism>PLAIN</mechanism>" \
	"</mechanisms>"
#define NAMELESS7 "<mechanism/><mechanism/><mechanism/><mechanism/>" \
	"<mechanism/><mechanism/><mechanism/>"
#define NAMELESS49 NAMELESS7 NAMELESS7 NAMELESS7 NAMELESS7 NAMELESS7 \
	NAMELESS7 NAMELESS7
#define PROCEED "<proceed xmlns='" NS_TLS "'/>"
#define SUCCESS "<success xmlns='" NS_SASL "'/>"
#define LOGGED_IN HEAD TLS "|" PROCEED "|" HEAD "<stream:features>" MECH \
	"</stream:features>|" SUCCESS "|" HEAD "<stream:features><bind xmlns='" \
	NS_BIND "'/><sm xmlns='" NS_SM "'/></stream:features>|"
#define BOUND LOGGED_IN "<iq type='result' id='q7h2-bind'><bind xmlns='" NS_BIND \
	"'><jid>juliet@example.org/x</jid></bind></iq><enabled xmlns='" \
	NS_SM "'/>|"

/* One that wants a session begun, and has not done so yet. */
#define SESSION HEAD TLS "|" PROCEED "|" HEAD "<stream:features>" MECH \
	"</stream:features>|" SUCCESS "|" HEAD "<stream:features><bind xmlns='" \
	NS_BIND "'/><session xmlns='" NS_SESSION "'/><sm xmlns='" NS_SM \
	"'/></stream:features>|<iq type='result' id='q7h2-bind'><bind xmlns='" \
	NS_BIND "'><jid>juliet@example.org/x</jid></bind></iq>|"
#define FOUR(x) x x x x
#define SIXTEEN(x) FOUR(FOUR(x))
#define FOUR_K(x) SIXTEEN(SIXTEEN(SIXTEEN(x)))

/* What a server that follows a script makes of the client. */
struct script {
	const char *name;
	const char *says;	/* a | ends what is sent at once */
	int r;			/* the client's verdict */
	const char *never;	/* what the client must not have said */
};

static const struct script scripts[] = {
	{ "no STARTTLS (A1)", HEAD "<stream:features>" MECH
	    "</stream:features>", XERR_TLS, "<auth" },
	{ "bind before TLS (A3)", HEAD "<stream:features><bind xmlns='" NS_BIND
	    "'/></stream:features>", XERR_TLS, "<iq" },
	{ "injection behind proceed (A4)", HEAD TLS "|" PROCEED
	    "<stream:features>" MECH "</stream:features>", XERR_TLS, "<auth" },
	{ "one byte behind proceed", HEAD TLS "|" PROCEED "\n", XERR_TLS,
	    "<auth" },
	{ "failure for proceed (A5)", HEAD TLS "|<failure xmlns='" NS_TLS
	    "'/>", XERR_TLS, "<auth" },
	{ "success for proceed", HEAD TLS "|<success xmlns='" NS_TLS "'/>",
	    XERR_TLS, "<auth" },
	{ "proceed of a wrong namespace", HEAD TLS "|<proceed xmlns='" NS_SASL
	    "'/>", XERR_TLS, "<auth" },
	{ "STARTTLS inside TLS (A7)", HEAD TLS "|" PROCEED "|" HEAD TLS,
	    XERR_PROTO, "<auth" },
	{ "a message before TLS (A8)", HEAD "<message/>", XERR_PROTO,
	    "<auth" },
	{ "no mechanism", HEAD TLS "|" PROCEED "|" HEAD
	    "<stream:features/>", XERR_AUTH, "<auth" },
	{ "more mechanisms than are remembered, if without names", HEAD
	    "<stream:features><mechanisms xmlns='" NS_SASL "'>" NAMELESS49
	    "</mechanisms><starttls xmlns='" NS_TLS "'/></stream:features>",
	    XERR_PROTO, "<auth" },
	{ "a message instead of success", HEAD TLS "|" PROCEED "|" HEAD
	    "<stream:features>" MECH "</stream:features>|<message/>",
	    XERR_PROTO, "<iq" },
	{ "a challenge for PLAIN", HEAD TLS "|" PROCEED "|" HEAD
	    "<stream:features>" MECH "</stream:features>|<challenge xmlns='"
	    NS_SASL "'>AAAA</challenge>", XERR_PROTO, "<iq" },
	{ "temporary failure", HEAD TLS "|" PROCEED "|" HEAD
	    "<stream:features>" MECH "</stream:features>|<failure xmlns='"
	    NS_SASL "'><temporary-auth-failure/></failure>", XERR_TEMP,
	    "<iq" },
	{ "a message before bind waits", LOGGED_IN "<message><body>x</body>"
	    "</message>", 0, "<enable" },
	{ "too many of them", LOGGED_IN SIXTEEN("<message/>") "<message/>",
	    XERR_PROTO, "<enable" },
	{ "a large one", LOGGED_IN "<message><body>" FOUR_K(SIXTEEN("xxxx"))
	    FOUR_K(SIXTEEN("xxxx")) "</body></message>", XERR_PROTO,
	    "<enable" },
	{ "a stranger's answer to bind", LOGGED_IN "<iq type='result' "
	    "from='romeo@example.org' id='q7h2-bind'><bind xmlns='" NS_BIND
	    "'><jid>juliet@example.org/x</jid></bind></iq>", 0, "<enable" },
	{ "an answer to another request", LOGGED_IN "<iq type='result' "
	    "id='bind'><bind xmlns='" NS_BIND "'><jid>juliet@example.org/x"
	    "</jid></bind></iq>", 0, "<enable" },
	{ "a session that is refused", SESSION "<iq type='error' "
	    "id='q7h2-session'><error type='wait'><internal-server-error "
	    "xmlns='" NS_STANZA_ERRORS "'/></error></iq>", XERR_UNAVAIL,
	    "<enable" },
	{ "a session that is not answered", SESSION "", 0, "<enable" },
	{ "bound to another account (E6)", LOGGED_IN "<iq type='result' "
	    "id='q7h2-bind'><bind xmlns='" NS_BIND "'><jid>romeo@example.org/x"
	    "</jid></bind></iq>", XERR_PROTO, "<enable" },
	{ "bound to a bare JID", LOGGED_IN "<iq type='result' id='q7h2-bind'>"
	    "<bind xmlns='" NS_BIND "'><jid>juliet@example.org</jid></bind>"
	    "</iq>", XERR_PROTO, "<enable" },
	{ "bound to nothing", LOGGED_IN "<iq type='result' id='q7h2-bind'/>",
	    XERR_PROTO, "<enable" },
	{ "bind refused for now", LOGGED_IN "<iq type='error' id='q7h2-bind'><error "
	    "type='wait'><resource-constraint xmlns='" NS_STANZA_ERRORS
	    "'/></error></iq>", XERR_TEMP, "<enable" },
	{ "a stream error", HEAD "<stream:error><host-unknown xmlns='"
	    NS_STREAM_ERRORS "'/></stream:error></stream:stream>",
	    XERR_UNAVAIL, "<auth" },
	{ "a shutdown", BOUND "<stream:error><system-shutdown xmlns='"
	    NS_STREAM_ERRORS "'/></stream:error>", XERR_TEMP, NULL },
	{ "closed before login", HEAD "</stream:stream>", XERR_TEMP,
	    "<auth" },
	{ "HTTP", "HTTP/1.1 400 Bad Request\r\n", XERR_PROTO, "<auth" },
	{ "a version below 1.0", "<stream:stream xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams' version='0.9'>",
	    XERR_PROTO, "<auth" },
	{ "another content namespace", "<stream:stream xmlns='jabber:server' "
	    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
	    XERR_PROTO, "<auth" },
	{ "a comment", HEAD TLS "|<!-- x -->", XERR_PROTO, "<auth" },
	{ "h without a stanza (F1)", BOUND "<a xmlns='" NS_SM "' h='1'/>",
	    XERR_PROTO, NULL },
	{ "h negative", BOUND "<a xmlns='" NS_SM "' h='-1'/>", XERR_PROTO,
	    NULL },
	{ "h of 2^32", BOUND "<a xmlns='" NS_SM "' h='4294967296'/>",
	    XERR_PROTO, NULL },
	{ "no h", BOUND "<a xmlns='" NS_SM "'/>", XERR_PROTO, NULL },
	{ "an h that says nothing new", BOUND "<a xmlns='" NS_SM "' h='0'/>",
	    0, NULL },
};

static void
a_password_is_not_sent_on_a_memory(void **state)
{
	static const char *const plain[] = { "PLAIN", NULL };
	struct offer o = { .mechanisms = { { "PLAIN" }, 1 } };
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/balcony");
	p.ccf.login.remembered = &o;
	p.ccf.login.direct = true;
	p.scf.mechanisms = plain;
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(client_secured(p.c), 0);
	assert_int_equal(play(&p, HEAD, 4096), 0);
	assert_null(strstr(buf_str(&p.log), "<auth"));
	assert_int_equal(play(&p, "<stream:features>" MECH
	    "</stream:features>", 4096), 0);
	assert_non_null(strstr(buf_str(&p.log), "<auth"));
	pair_release(&p);
}

/* XEP-0388 section 2.1: where TLS is not, SASL2 is not either. */
static void
sasl2_is_for_tls_alone(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org");
	p.ccf.login.plaintext_ok = true;
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(play(&p, HEAD "<stream:features><mechanisms xmlns='"
	    NS_SASL "'><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
	    "<authentication xmlns='" NS_SASL2 "'><mechanism>SCRAM-SHA-1"
	    "</mechanism></authentication></stream:features>", 4096), 0);
	assert_non_null(strstr(buf_str(&p.log), "<auth "));
	assert_null(strstr(buf_str(&p.log), "<authenticate "));
	pair_release(&p);
}

static void
servers_that_misbehave_get_nothing(void **state)
{
	/* the step of 1 byte would hide what came in one segment */
	static const size_t steps[] = { 4096, 7 };
	struct pair p;
	size_t i, k;
	int r;

	(void)state;
	for (i = 0; i < N(scripts); i++)
		for (k = 0; k < N(steps); k++) {
			if (steps[k] == 7 && strstr(scripts[i].name, "behind"))
				continue;
			pair_init(&p, "juliet@example.org/x");
			p.ccf.login.mechanisms = "PLAIN";
			assert_int_equal(client_new(&p.c, &p.ccf), 0);
			r = play(&p, scripts[i].says, steps[k]);
			if (r != scripts[i].r)
				print_message("# %s: %d: %s\n",
				    scripts[i].name, r, client_errmsg(p.c));
			assert_int_equal(r, scripts[i].r);
			if (scripts[i].never != NULL)
				assert_null(strstr(buf_str(&p.log),
				    scripts[i].never));
			if (r < 0)
				assert_true(strlen(client_errmsg(p.c)) > 0);
			pair_release(&p);
		}
}

/* The flag "y" of SCRAM is refused by a server that has binding after all. */
static void
a_refusal_may_be_of_what_somebody_removed(void **state)
{
	static const char says[] = HEAD TLS "|" PROCEED "|" HEAD
	    "<stream:features><mechanisms xmlns='" NS_SASL "'><mechanism>"
	    "SCRAM-SHA-1</mechanism></mechanisms></stream:features>|"
	    "<failure xmlns='" NS_SASL "'><malformed-request/></failure>";
	static char channel[] = "channel";
	struct pair p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pair_init(&p, "juliet@example.org/x");
		p.ccf.login.binding = i == 0 ? our_binding : NULL;
		p.ccf.login.arg = channel;
		assert_int_equal(client_new(&p.c, &p.ccf), 0);
		assert_int_equal(play(&p, says, 4096),
		    i == 0 ? XERR_AUTH : XERR_PROTO);
		assert_int_equal(strstr(client_errmsg(p.c),
		    "somebody in between") != NULL, i == 0);
		pair_release(&p);
	}
}

static void
a_server_that_handled_too_much_is_told(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/x");
	p.ccf.login.mechanisms = "PLAIN";
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(play(&p, BOUND "<a xmlns='" NS_SM "' h='2'/>", 4096),
	    XERR_PROTO);
	assert_non_null(strstr(buf_str(&p.log), "<handled-count-too-high "
	    "xmlns='" NS_SM "' h='2' send-count='0'/></stream:error>"
	    "</stream:stream>"));
	pair_release(&p);
}

static void
nothing_but_header_and_starttls_goes_in_clear(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org/x");
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(play(&p, HEAD TLS, 4096), 0);
	assert_string_equal(buf_str(&p.log), "<?xml version='1.0'?>"
	    "<stream:stream to='example.org' version='1.0' "
	    "xmlns='jabber:client' xmlns:stream='" NS_STREAMS "'>"
	    "<starttls xmlns='" NS_TLS "'/>");
	pair_release(&p);
}

/* How the client answers what it is asked when it is online. */
static void
requests_are_answered_once(void **state)
{
	static const char *const v[][2] = {
		{ "<iq type='get' id='1' from='a@b/c'><ping xmlns='" NS_PING
		    "'/></iq>", "<iq to='a@b/c' type='result' id='1'/>" },
		{ "<iq type='get' id='2' from='a@b/c'><query xmlns='"
		    NS_VERSION "'/></iq>",
		    "<iq to='a@b/c' type='result' id='2'><query xmlns='"
		    NS_VERSION "'><name>test</name><version>1</version>"
		    "</query></iq>" },
		{ "<iq type='get' id='3' from='a@b/c'><query xmlns='"
		    NS_DISCO_INFO "'/></iq>", "<identity category='client' "
		    "type='bot' name='test'/>" },
		{ "<iq type='get' id='4' from='a@b/c'><x xmlns='urn:x'/></iq>",
		    "<service-unavailable " },
		{ "<iq type='set' id='5' from='evil@b/c'><query xmlns='"
		    NS_ROSTER "'><item jid='evil@b'/></query></iq>",
		    "<service-unavailable " },
		{ "<iq type='get' id='6' from='a@b/c'/>", "<bad-request " },
		/* nothing of ours can be set */
		{ "<iq type='set' id='9' from='a@b/c'><ping xmlns='" NS_PING
		    "'/></iq>", "<service-unavailable " },
		{ "<iq type='set' id='10' from='a@b/c'><query xmlns='"
		    NS_VERSION "'/></iq>", "<service-unavailable " },
		{ "<iq type='result' id='7' from='a@b/c'/>", NULL },
		{ "<iq type='error' id='8' from='a@b/c'/>", NULL },
		{ "<message type='error' from='a@b/c'/>", NULL },
		{ "<presence type='subscribe' from='a@b'/>", NULL },
	};
	struct pair p;
	char says[4096];
	const char *said;
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		pair_init(&p, "juliet@example.org/x");
		p.ccf.login.mechanisms = "PLAIN";
		assert_int_equal(client_new(&p.c, &p.ccf), 0);
		snprintf(says, sizeof(says), "%s%s", BOUND, v[i][0]);
		assert_int_equal(play(&p, says, 4096), 0);
		said = strstr(buf_str(&p.log), "<enable ");
		assert_non_null(said);
		said = strchr(said, '>') + 1;
		if (v[i][1] == NULL)
			assert_string_equal(said, "");
		else
			assert_non_null(strstr(said, v[i][1]));
		pair_release(&p);
	}
}

static void
a_pong_of_somebody_else_acknowledges_nothing(void **state)
{
	static const char *const from[] = { "from='evil@example.net/x'",
		"from='juliet@example.org/other'", "from='example.net'",
		"from='a b@@c'", NULL };
	static const char *const good[] = { "", "from='example.org'",
		"from='juliet@example.org'", "from='juliet@example.org/x'" };
	struct pair p;
	struct client_event ev;
	char says[4096], answer[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(from) + N(good); i++) {
		pair_init(&p, "juliet@example.org/x");
		p.ccf.login.mechanisms = "PLAIN";
		assert_int_equal(client_new(&p.c, &p.ccf), 0);
		snprintf(says, sizeof(says), "%s", BOUND);
		/* this one has no stream management */
		memcpy(strstr(says, "<sm "), "<no ", 4);
		*strstr(says, "<enabled") = '\0';
		assert_int_equal(play(&p, says, 4096), 0);
		send_message(&p, "m");
		client_settle(p.c);
		snprintf(answer, sizeof(answer),
		    "<iq type='result' id='%s' %s/>", i < N(from) &&
		    from[i] == NULL ? "q7h2-2" : "q7h2-1", i >= N(from) ?
		    good[i - N(from)] : from[i] == NULL ? "" : from[i]);
		assert_true(client_feed(p.c, answer, strlen(answer)) > 0);
		assert_int_equal(client_next(p.c, &ev), 1);
		assert_int_equal(ev.kind, i < N(from) ? CLIENT_STANZA :
		    CLIENT_ACKED);
		assert_int_equal(client_unacked_count(p.c), i < N(from));
		pair_release(&p);
	}
}

static void
what_would_end_the_stream_is_not_sent(void **state)
{
	static const char *const bad[] = {
		"<x xmlns='urn:x'/>", "<message xmlns='jabber:server'/>",
		"<message to='a b@@c'/>", "<message to=''/>",
		"<message from='romeo@example.org'/>",
		"<message from='juliet@example.org/y'/>",
		"<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
		"<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
		"<iq id='1' type='what'/>", "<iq id='1' type='get'/>",
	};
	static const char *const good[] = {
		"<message/>", "<message to='a@b' from='juliet@example.org'/>",
		"<presence from='juliet@example.org/x'/>",
		"<iq id='1' type='result'/>",
	};
	struct ndxml_reader *rec;
	struct elem *e;
	struct buf in;
	struct pair p;
	size_t i;

	(void)state;
	pair_init(&p, "juliet@example.org/x");
	p.ccf.login.mechanisms = "PLAIN";
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(play(&p, BOUND, 4096), 0);
	assert_int_equal(ndxml_reader_new(&rec, NULL, '\n'), 0);
	buf_init(&in, 1 << 21);
	for (i = 0; i < N(bad); i++) {
		buf_printf(&in, "%s\n", bad[i]);
		assert_int_equal(ndxml_read(rec, &in, false, &e), 1);
		assert_non_null(client_check(p.c, e));
	}
	for (i = 0; i < N(good); i++) {
		buf_printf(&in, "%s\n", good[i]);
		assert_int_equal(ndxml_read(rec, &in, false, &e), 1);
		assert_null(client_check(p.c, e));
	}
	ndxml_reader_free(rec);
	buf_release(&in);
	pair_release(&p);
}

static void
the_window_closes_and_opens(void **state)
{
	struct pair p;
	unsigned i;

	(void)state;
	pair_init(&p, "juliet@example.org/x");
	p.ccf.window = 1000;
	pair_open(&p);
	assert_int_equal(talk(&p), 0);
	for (i = 0; client_may_send(p.c); i++)
		send_message(&p, "x");
	assert_true(i > 5 && i < 50);
	assert_int_equal(talk(&p), 0);
	assert_true(client_may_send(p.c));
	assert_int_equal(p.got, i);
	pair_release(&p);
}

/*
 * Ask until nothing more is taken: 0, or the error.  READS: the server
 * takes the answers, and acknowledges none.
 */
static int
ask_without_end(struct pair *p, bool reads)
{
	static const char iq[] = "<iq type='get' id='1' from='a@b/c'>"
	    "<ping xmlns='" NS_PING "'/></iq>";
	struct client_event ev;
	const void *data;
	ssize_t used;
	int i, r = 0;

	for (i = 0; i < 100000 && r == 0; i++) {
		used = client_feed(p->c, iq, sizeof(iq) - 1);
		if (used < 0)
			return (int)used;
		if (used == 0)
			return 0;
		r = client_next(p->c, &ev);
		if (reads)
			client_sent(p->c, client_pending(p->c, &data));
	}
	return r == 0 ? XERR_INTERNAL : r;
}

static void
a_server_that_asks_and_asks_is_not_heard_for_ever(void **state)
{
	struct pair p;
	const void *data;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pair_init(&p, "juliet@example.org/x");
		p.ccf.login.mechanisms = "PLAIN";
		p.ccf.window = 1000;
		assert_int_equal(client_new(&p.c, &p.ccf), 0);
		assert_int_equal(play(&p, BOUND, 4096), 0);
		assert_int_equal(ask_without_end(&p, i == 1),
		    i == 1 ? XERR_TEMP : 0);
		assert_true(client_pending(p.c, &data) < 500000);
		pair_release(&p);
	}
}

/* XEP-0198 section 4: the count goes on behind 2^32 - 1. */
static void
h_wraps_at_two_to_the_32(void **state)
{
	struct outbox o;
	struct arena a;
	struct elem *e;
	int i;

	(void)state;
	arena_init(&a, 4096);
	e = elem_new(&a, NS_CLIENT, "message");
	outbox_init(&o);
	o.h = UINT32_MAX - 1;
	for (i = 0; i < 5; i++)
		assert_int_equal(outbox_add(&o, e, "<message/>", 10), 0);
	assert_int_equal(outbox_ack(&o, UINT32_MAX), 1);
	assert_int_equal(outbox_ack(&o, 1), 2);
	assert_int_equal(o.count, 2);
	assert_int_equal(outbox_ack(&o, 0), XERR_PROTO);
	assert_int_equal(outbox_ack(&o, 4), XERR_PROTO);
	assert_int_equal(outbox_ack(&o, 3), 2);
	assert_int_equal(o.bytes, 0);
	outbox_release(&o);
	arena_release(&a);
}

/* --- Acknowledgements -------------------------------------------------- */

#define A(h) "<a xmlns='" NS_SM "' h='" h "'/>"
#define R "<r xmlns='" NS_SM "'/>"
#define MESSAGE "<message from='romeo@example.org'><body>x</body></message>"

/* A client that is bound to the server of the script BOUND. */
static void
be_bound(struct pair *p)
{
	pair_init(p, "juliet@example.org");
	p->ccf.login.mechanisms = "PLAIN";
	assert_int_equal(client_new(&p->c, &p->ccf), 0);
	assert_int_equal(play(p, BOUND, SIZE_MAX), 0);
	buf_reset(&p->log);
}

/* The server says S: how many stanzas are events, and what the client says. */
static unsigned
hear(struct pair *p, const char *s)
{
	size_t len = strlen(s), used = 0;
	struct client_event ev;
	unsigned stanzas = 0;
	const void *data;
	ssize_t n;

	do {
		n = client_feed(p->c, s + used, len - used);
		assert_true(n >= 0);
		used += (size_t)n;
		while (client_next(p->c, &ev) == 1)
			stanzas += ev.kind == CLIENT_STANZA;
	} while (used < len);
	n = (ssize_t)client_pending(p->c, &data);
	buf_put(&p->log, data, (size_t)n);
	client_sent(p->c, (size_t)n);
	return stanzas;
}

static bool
said(struct pair *p, const char *what)
{
	bool found;

	hear(p, "");
	found = buf_len(&p->log) > 0 && strstr(buf_str(&p->log), what) != NULL;
	buf_reset(&p->log);
	return found;
}

/* An answer without progress is no reason to ask on, thousands of times. */
static void
a_server_that_gets_nowhere_is_not_asked_at_once(void **state)
{
	struct pair p;

	(void)state;
	be_bound(&p);
	send_message(&p, "one");
	client_settle(p.c);
	assert_true(said(&p, R));
	hear(&p, A("0"));
	client_settle(p.c);
	assert_false(said(&p, R));
	assert_true(client_is_stuck(p.c));
	/* not even if it says so again */
	hear(&p, A("0"));
	client_settle(p.c);
	assert_false(said(&p, R));
	/* after a while */
	client_probe(p.c);
	assert_true(said(&p, R));
	hear(&p, A("1"));
	assert_false(client_is_stuck(p.c));
	assert_int_equal(client_unacked_count(p.c), 0);
	assert_int_equal(client_progress(p.c), 2);
	pair_release(&p);
}

/* <r/> is answered with what is handled, and again when that is all. */
static void
a_question_is_answered_with_what_is_handled(void **state)
{
	struct pair p;

	(void)state;
	be_bound(&p);
	assert_int_equal(hear(&p, MESSAGE MESSAGE R), 2);
	assert_true(client_owes_ack(p.c));
	assert_false(said(&p, "<a "));
	client_acknowledge(p.c);
	assert_true(said(&p, A("0")));
	assert_false(client_owes_ack(p.c));
	client_confirm(p.c, client_received(p.c) - 1);
	assert_true(said(&p, A("1")));
	client_confirm(p.c, client_received(p.c));
	assert_true(said(&p, A("2")));
	assert_false(client_has_untold(p.c));
	pair_release(&p);
}

/* Prosody ceases to be resumable when 500 wait, and says nothing of it. */
static void
many_are_acknowledged_unasked(void **state)
{
	struct pair p;
	unsigned i;

	(void)state;
	be_bound(&p);
	for (i = 0; i < 100; i++) {
		assert_int_equal(hear(&p, MESSAGE), 1);
		assert_false(said(&p, "<a "));
		client_confirm(p.c, client_received(p.c));
	}
	assert_true(said(&p, A("100")));
	pair_release(&p);
}

/* What came before <enabled/> does not count, whatever became of it. */
static void
numbers_from_before_stream_management_say_nothing(void **state)
{
	static const char before[] = LOGGED_IN "<iq type='result' "
	    "id='q7h2-bind'><bind xmlns='" NS_BIND "'><jid>"
	    "juliet@example.org/x</jid></bind></iq>|";
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org");
	p.ccf.login.mechanisms = "PLAIN";
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(play(&p, before, SIZE_MAX), 0);
	buf_reset(&p.log);
	assert_int_equal(hear(&p, MESSAGE), 1);
	client_confirm(p.c, client_received(p.c));
	assert_int_equal(hear(&p, "<enabled xmlns='" NS_SM "'/>" MESSAGE R), 1);
	client_confirm(p.c, client_received(p.c) - 1);
	client_acknowledge(p.c);
	assert_true(said(&p, A("0")));
	client_confirm(p.c, client_received(p.c));
	assert_true(said(&p, A("1")));
	pair_release(&p);
}

/* A stream that is not closed leaves the rest to the next session. */
static void
what_is_not_handled_is_given_back(void **state)
{
	struct pair p;

	(void)state;
	be_bound(&p);
	assert_int_equal(hear(&p, MESSAGE MESSAGE MESSAGE), 3);
	client_confirm(p.c, client_received(p.c) - 2);
	assert_true(client_has_unhandled(p.c));
	client_hand_back(p.c);
	hear(&p, "");
	assert_string_equal(buf_str(&p.log), A("1"));
	pair_release(&p);
}

/* What nobody would miss is counted all the same. */
static void
forgetting_does_not_change_the_count(void **state)
{
	struct pair p;

	(void)state;
	be_bound(&p);
	send_message(&p, "one");
	client_settle(p.c);
	client_forget(p.c);
	assert_int_equal(client_unacked_count(p.c), 0);
	hear(&p, A("0"));
	send_message(&p, "two");
	hear(&p, A("1"));
	assert_int_equal(client_unacked_count(p.c), 1);
	hear(&p, A("2"));
	assert_int_equal(client_unacked_count(p.c), 0);
	pair_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_session_is_the_same_at_every_cut),
		cmocka_unit_test(each_mechanism_logs_in),
		cmocka_unit_test(a_ping_stands_in_for_stream_management),
		cmocka_unit_test(the_server_chooses_a_resource),
		cmocka_unit_test(a_login_takes_no_more_flights_than_needed),
		cmocka_unit_test(a_message_waits_until_we_are_bound),
		cmocka_unit_test(a_remembered_offer_saves_a_round_trip),
		cmocka_unit_test(a_password_is_not_sent_on_a_memory),
		cmocka_unit_test(the_login_is_bound_to_the_channel),
		cmocka_unit_test(a_login_upgrades_the_hash_at_every_cut),
		cmocka_unit_test(an_upgrade_takes_two_flights),
		cmocka_unit_test(a_modern_login_is_shorter),
		cmocka_unit_test(a_resource_that_is_wanted_is_had),
		cmocka_unit_test(less_than_before_is_refused),
		cmocka_unit_test(a_wrong_password_is_refused),
		cmocka_unit_test(plain_never_goes_in_clear),
		cmocka_unit_test(sasl2_is_for_tls_alone),
		cmocka_unit_test(servers_that_misbehave_get_nothing),
		cmocka_unit_test(a_server_that_gets_nowhere_is_not_asked_at_once),
		cmocka_unit_test(a_question_is_answered_with_what_is_handled),
		cmocka_unit_test(many_are_acknowledged_unasked),
		cmocka_unit_test(
		    numbers_from_before_stream_management_say_nothing),
		cmocka_unit_test(what_is_not_handled_is_given_back),
		cmocka_unit_test(forgetting_does_not_change_the_count),
		cmocka_unit_test(a_refusal_may_be_of_what_somebody_removed),
		cmocka_unit_test(a_server_that_handled_too_much_is_told),
		cmocka_unit_test(nothing_but_header_and_starttls_goes_in_clear),
		cmocka_unit_test(requests_are_answered_once),
		cmocka_unit_test(a_pong_of_somebody_else_acknowledges_nothing),
		cmocka_unit_test(what_would_end_the_stream_is_not_sent),
		cmocka_unit_test(the_window_closes_and_opens),
		cmocka_unit_test(
		    a_server_that_asks_and_asks_is_not_heard_for_ever),
		cmocka_unit_test(h_wraps_at_two_to_the_32),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
