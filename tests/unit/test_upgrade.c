/*
 * SASL upgrade tasks (XEP-0480): the client against scripts, first the
 * specification's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "sasl/sasl.h"
#include "xml/ns.h"
#include "client/client.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' " \
	"version='1.0' from='example.org'>"
#define UPGRADE(task) "<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>" task \
	"</upgrade>"
#define OFFER(upgrades) HEAD "<stream:features>" \
	"<authentication xmlns='urn:xmpp:sasl:2'>" \
	"<mechanism>SCRAM-SHA-1</mechanism>" \
	"<mechanism>SCRAM-SHA-1-PLUS</mechanism>" \
	upgrades \
	"</authentication><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>" \
	"<channel-binding type='tls-server-end-point'/>" \
	"<channel-binding type='tls-exporter'/></sasl-channel-binding>" \
	"</stream:features>"
#define INLINE(what) "<inline><bind xmlns='urn:xmpp:bind:0'/>" what "</inline>"
#define OFFER_256 OFFER(INLINE("") UPGRADE("UPGR-SCRAM-SHA-256"))
#define OFFER_BOTH OFFER(INLINE("") UPGRADE("UPGR-SCRAM-SHA-256") \
	UPGRADE("UPGR-SCRAM-SHA-512"))

/* XEP-0388, examples 6 and 8; the proof is that of "pencil". */
#define CHALLENGE "<challenge xmlns='urn:xmpp:sasl:2'>" \
	"cj0xMkM0Q0Q1Qy1FMzhFLTRBOTgtOEY2RC0xNUMzOEY1MUNDQzZhMDkxMTdhNi1hYzUw" \
	"LTRmMmYtOTNmMS05Mzc5OWMyYmRkZjYscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==" \
	"</challenge>"
/* c=...,r=...,p=+8UyrQAeVIqsH2YovGeGTRx6zBM= */
#define RESPONSE "<response xmlns='urn:xmpp:sasl:2'>" \
	"Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xNY29Rdk9kQkRlUGQ0T3N3bG1BV1YzZGcxYTFX" \
	"aDF0WVBUQndWaWQxMFZVLHI9MTJDNENENUMtRTM4RS00QTk4LThGNkQtMTVDMzhGNTFD" \
	"Q0M2YTA5MTE3YTYtYWM1MC00ZjJmLTkzZjEtOTM3OTljMmJkZGY2LHA9KzhVeXJRQWVW" \
	"SXFzSDJZb3ZHZUdUUng2ekJNPQ==</response>"
/* v=GRqYg0SPMGrqPRk5HfMz9nGHq94= */
#define PROOF "dj1HUnFZZzBTUE1HcnFQUms1SGZNejluR0hxOTQ9"
#define CONTINUE(proof, tasks) "<continue xmlns='urn:xmpp:sasl:2'>" \
	"<additional-data>\n    " proof "\n</additional-data>" \
	"<tasks>" tasks "</tasks></continue>"
#define TASK(name) "<task>" name "</task>"
#define CONTINUE_256 CONTINUE(PROOF, TASK("UPGR-SCRAM-SHA-256"))
#define NEXT_256 "<next xmlns='urn:xmpp:sasl:2' task='UPGR-SCRAM-SHA-256'/>"
#define SALT(iterations, text) "<task-data xmlns='urn:xmpp:sasl:2'>" \
	"<salt xmlns='urn:xmpp:scram-upgrade:0' iterations='" iterations \
	"'>" text "</salt></task-data>"
#define SALT_256 SALT("4096", "\n      QV9TWENSWFE2c2VrOGJmX1o=\n    ")
/*
 * PBKDF2 of "pencil" by that salt; that of the XEP's example 5 is not, nor is
 * its signature the one of that exchange.
 */
#define HASH_256 "<task-data xmlns='urn:xmpp:sasl:2'>" \
	"<hash xmlns='urn:xmpp:scram-upgrade:0'>" \
	"Q8abK3WIX500A5++8zDamXbZWpoXgWMwdXKO9eFKk8w=</hash></task-data>"
/* XEP-0388 2.6: the features that follow success. */
#define AFTER "<stream:features/>"
#define SUCCESS "<success xmlns='urn:xmpp:sasl:2'>" \
	"<authorization-identifier>user@example.org/x" \
	"</authorization-identifier><bound xmlns='urn:xmpp:bind:0'/></success>"
#define FAILURE(why) "<failure xmlns='urn:xmpp:sasl:2'><" why \
	" xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>"

static const char channel[] = "\xc7(B\xf3\x9d\x04"
    "7\x8fw\x83\xac\xc2Y\x80Y]\xdd\x83V\xb5Z\x1dm`\xf4\xc1\xc1X\x9d\xd7"
    "ET";

struct talk {
	struct jid jid;
	struct client_config cf;
	struct client *c;
	struct buf said;
	bool bound;
};

static int
binding(void *arg, const char *type, struct buf *out)
{
	(void)arg;
	return strcmp(type, "tls-exporter") != 0 ? XERR_CONFIG :
	    buf_put(out, channel, sizeof(channel) - 1);
}

static void
talk_init(struct talk *t)
{
	*t = (struct talk){ 0 };
	assert_int_equal(jid_parse(&t->jid, "user@example.org", 16), 0);
	buf_init(&t->said, 1 << 20);
	t->cf.login = (struct login_config){
		.jid = &t->jid, .password = "pencil", .password_len = 6,
		.nonce = "12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6",
		.retry_nonce = "another-nonce-of-enough-characters",
		.direct = true, .binding = binding
	};
	t->cf.id = "x";
}

static void
listen_to_it(struct talk *t)
{
	const void *data;
	size_t n = client_pending(t->c, &data);

	buf_put(&t->said, data, n);
	client_sent(t->c, n);
}

static void
talk_open(struct talk *t)
{
	assert_int_equal(client_new(&t->c, &t->cf), 0);
	assert_int_equal(client_secured(t->c), 0);
	listen_to_it(t);
}

static void
talk_release(struct talk *t)
{
	client_free(t->c);
	buf_release(&t->said);
}

/* The server says S, in portions; what comes of it. */
static int
hear(struct talk *t, const char *s, size_t chunk)
{
	struct client_event ev;
	size_t len = strlen(s), m;
	ssize_t n;
	int r = 0;

	while (len > 0 && r >= 0) {
		m = len < chunk ? len : chunk;
		if ((n = client_feed(t->c, s, m)) < 0)
			return (int)n;
		s += n;
		len -= (size_t)n;
		while ((r = client_next(t->c, &ev)) == 1)
			t->bound |= ev.kind == CLIENT_BOUND;
	}
	listen_to_it(t);
	return r;
}

static bool
says(struct talk *t, const char *what)
{
	return strstr(buf_str(&t->said), what) != NULL;
}

/* Up to where the server has let itself be known. */
static void
up_to_challenge(struct talk *t, const char *offer)
{
	assert_int_equal(hear(t, offer, SIZE_MAX), 0);
	assert_int_equal(hear(t, CHALLENGE, SIZE_MAX), 0);
	assert_true(says(t, RESPONSE));
}

static void
the_example_of_the_xep_at_every_cut(void **state)
{
	struct talk t;
	size_t chunk;

	(void)state;
	for (chunk = 1; chunk < 400; chunk += chunk < 40 ? 1 : 23) {
		talk_init(&t);
		talk_open(&t);
		assert_int_equal(hear(&t, OFFER_256, chunk), 0);
		assert_true(says(&t, " from='user@example.org'"));
		assert_true(says(&t, "<authenticate xmlns='urn:xmpp:sasl:2' "
		    "mechanism='SCRAM-SHA-1-PLUS'><initial-response>"
		    "cD10bHMtZXhwb3J0ZXIsLG49dXNlcixyPTEyQzRDRDVDLUUzOEUtNEE5"
		    "OC04RjZELTE1QzM4RjUxQ0NDNg==</initial-response>"));
		assert_true(says(&t, UPGRADE("UPGR-SCRAM-SHA-256")
		    "</authenticate>"));
		assert_int_equal(hear(&t, CHALLENGE, chunk), 0);
		assert_true(says(&t, RESPONSE));
		assert_false(says(&t, "<next"));
		assert_int_equal(hear(&t, CONTINUE_256, chunk), 0);
		assert_true(says(&t, NEXT_256));
		assert_false(says(&t, "<hash"));
		assert_int_equal(hear(&t, SALT_256, chunk), 0);
		assert_true(says(&t, NEXT_256 HASH_256));
		assert_null(login_upgraded(client_login(t.c)));
		assert_false(client_may_send(t.c));
		assert_int_equal(hear(&t, SUCCESS AFTER, chunk), 0);
		assert_true(t.bound && client_may_send(t.c));
		assert_string_equal(login_upgraded(client_login(t.c)),
		    "UPGR-SCRAM-SHA-256");
		talk_release(&t);
	}
}

/* Asked for, but the server has nothing to upgrade. */
static void
a_login_may_end_without_it(void **state)
{
	struct talk t;

	(void)state;
	talk_init(&t);
	talk_open(&t);
	up_to_challenge(&t, OFFER_BOTH);
	assert_true(says(&t, UPGRADE("UPGR-SCRAM-SHA-512") "</authen"));
	assert_false(says(&t, "UPGR-SCRAM-SHA-256"));
	assert_int_equal(hear(&t, "<success xmlns='urn:xmpp:sasl:2'>"
	    "<additional-data>" PROOF "</additional-data>"
	    "<authorization-identifier>user@example.org/x"
	    "</authorization-identifier><bound xmlns='urn:xmpp:bind:0'/>"
	    "</success>" AFTER, SIZE_MAX), 0);
	assert_true(t.bound);
	assert_null(login_upgraded(client_login(t.c)));
	talk_release(&t);
}

/* Not a word of an upgrade to one who may not know the password. */
static void
the_server_proves_itself_first(void **state)
{
	static const struct { const char *says; int r; } v[] = {
		/* the signature is another one; there is none; no base64 */
		{ CHALLENGE "|" CONTINUE("dj1tc1ZIcy9CeklPSERxWGVWSDdFbW1EdTl"
		    "pZDg9", TASK("UPGR-SCRAM-SHA-256")), XERR_AUTH },
		{ CHALLENGE "|" CONTINUE("", TASK("UPGR-SCRAM-SHA-256")),
		    XERR_AUTH },
		{ CHALLENGE "|<continue xmlns='urn:xmpp:sasl:2'><tasks>"
		    TASK("UPGR-SCRAM-SHA-256") "</tasks></continue>",
		    XERR_AUTH },
		{ CHALLENGE "|" CONTINUE("!!!!", TASK("UPGR-SCRAM-SHA-256")),
		    XERR_PROTO },
		/* e=other-error */
		{ CHALLENGE "|" CONTINUE("ZT1vdGhlci1lcnJvcg==",
		    TASK("UPGR-SCRAM-SHA-256")), XERR_AUTH },
		/* before there was a challenge */
		{ CONTINUE_256, XERR_PROTO },
		/* without it */
		{ CHALLENGE "|" SALT_256, XERR_PROTO },
		{ SALT_256, XERR_PROTO },
	};
	struct talk t;
	char s[4096], *bar;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N(v); i++) {
		talk_init(&t);
		talk_open(&t);
		assert_int_equal(hear(&t, OFFER_256, SIZE_MAX), 0);
		snprintf(s, sizeof(s), "%s", v[i].says);
		r = 0;
		if ((bar = strchr(s, '|')) != NULL) {
			*bar = '\0';
			assert_int_equal(hear(&t, s, SIZE_MAX), 0);
		}
		r = hear(&t, bar == NULL ? s : bar + 1, SIZE_MAX);
		if (r != v[i].r)
			fail_msg("%zu: %d %s", i, r, client_errmsg(t.c));
		/* what hear() has not fetched */
		listen_to_it(&t);
		assert_false(says(&t, "<next"));
		assert_false(says(&t, "<task-data"));
		talk_release(&t);
	}
}

/* Behind the proof: what is odd ends the login, with its own words. */
static void
an_odd_task_is_refused(void **state)
{
	static char big[9000];
	static const struct {
		const char *says;
		int r;
		const char *why;
	} v[] = {
		{ CONTINUE(PROOF, TASK("UPGR-SCRAM-SHA-512")), XERR_AUTH,
		    "another step of authentication that we do not have: "
		    "UPGR-SCRAM-SHA-512" },
		{ CONTINUE(PROOF, TASK("HOTP-EXAMPLE") TASK("TOTP-EXAMPLE")),
		    XERR_AUTH, "do not have: HOTP-EXAMPLE, TOTP-EXAMPLE" },
		{ CONTINUE(PROOF, TASK("UPGR-SCRAM-SHA-256 ")), XERR_AUTH,
		    "do not have" },
		{ CONTINUE(PROOF, ""), XERR_AUTH, "do not have" },
		{ CONTINUE_256 "|" SALT("4000000000", "c2FsdA=="), XERR_AUTH,
		    "between 4096 and 1000000" },
		{ CONTINUE_256 "|" SALT("18446744073709555712", "c2FsdA=="),
		    XERR_AUTH, "between 4096 and 1000000" },
		{ CONTINUE_256 "|" SALT("4095", "c2FsdA=="), XERR_AUTH,
		    "between 4096 and 1000000" },
		{ CONTINUE_256 "|" SALT("1", "c2FsdA=="), XERR_AUTH,
		    "between 4096 and 1000000" },
		{ CONTINUE_256 "|" SALT("0", "c2FsdA=="), XERR_PROTO,
		    "malformed" },
		{ CONTINUE_256 "|" SALT("-4096", "c2FsdA=="), XERR_PROTO,
		    "malformed" },
		{ CONTINUE_256 "|" SALT("4096x", "c2FsdA=="), XERR_PROTO,
		    "malformed" },
		{ CONTINUE_256 "|" SALT("4096", "no base64"), XERR_PROTO,
		    "no base64" },
		{ CONTINUE_256 "|" SALT("4096", ""), XERR_PROTO, "malformed" },
		{ CONTINUE_256 "|" SALT("4096", "BIG"), XERR_PROTO, "" },
		{ CONTINUE_256 "|<task-data xmlns='urn:xmpp:sasl:2'/>",
		    XERR_PROTO, "malformed" },
		{ CONTINUE_256 "|<task-data xmlns='urn:xmpp:sasl:2'><salt "
		    "xmlns='urn:xmpp:scram-upgrade:0'>c2FsdA==</salt>"
		    "</task-data>", XERR_PROTO, "malformed" },
		{ CONTINUE_256 "|" CONTINUE_256, XERR_PROTO,
		    "<continue/> in the middle of UPGR-SCRAM-SHA-256" },
		{ CONTINUE_256 "|" CHALLENGE, XERR_PROTO, "<challenge/> in" },
		/* success without our part */
		{ CONTINUE_256 "|" SUCCESS, XERR_PROTO, "<success/> in" },
	};
	struct talk t;
	const char *second;
	char s[12000], *at;
	size_t i;
	int r;

	(void)state;
	memset(big, 'A', sizeof(big) - 1);
	for (i = 0; i < N(v); i++) {
		talk_init(&t);
		talk_open(&t);
		up_to_challenge(&t, OFFER_256);
		second = strchr(v[i].says, '|');
		if (second != NULL)
			assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX), 0);
		second = second == NULL ? v[i].says : second + 1;
		snprintf(s, sizeof(s), "%s", second);
		if ((at = strstr(s, "BIG")) != NULL)
			snprintf(at, sizeof(s) - (size_t)(at - s), "%s%s", big,
			    strstr(second, "BIG") + 3);
		r = hear(&t, s, SIZE_MAX);
		if (r != v[i].r || strstr(client_errmsg(t.c), v[i].why) == NULL)
			fail_msg("%s: %d %s", s, r, client_errmsg(t.c));
		listen_to_it(&t);
		assert_false(says(&t, "<hash"));
		talk_release(&t);
	}
}

/* One was asked for: another one, or the same again, is not done. */
static void
it_is_done_once(void **state)
{
	static const struct { const char *says; int r; } v[] = {
		{ CONTINUE_256, XERR_AUTH },
		{ CONTINUE("", TASK("UPGR-SCRAM-SHA-512")), XERR_AUTH },
		{ SALT_256, XERR_PROTO },
		{ CHALLENGE, XERR_PROTO },
		{ "<message/>", XERR_PROTO }
	};
	struct talk t;
	size_t i, len;

	(void)state;
	for (i = 0; i < N(v); i++) {
		talk_init(&t);
		talk_open(&t);
		up_to_challenge(&t, OFFER_BOTH);
		assert_int_equal(hear(&t, CONTINUE(PROOF,
		    TASK("TOTP") TASK("UPGR-SCRAM-SHA-512")), SIZE_MAX), 0);
		assert_int_equal(hear(&t, SALT_256, SIZE_MAX), 0);
		assert_true(says(&t, "<hash"));
		len = buf_len(&t.said);
		assert_int_equal(hear(&t, v[i].says, SIZE_MAX), v[i].r);
		listen_to_it(&t);
		/* nothing but good-bye */
		assert_string_equal(buf_str(&t.said) + len,
		    "</stream:stream>");
		talk_release(&t);
	}
}

/* That says nothing against the password: in without it, then. */
static void
where_it_fails_the_login_need_not(void **state)
{
	struct talk t;
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		talk_init(&t);
		talk_open(&t);
		up_to_challenge(&t, OFFER_256);
		assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX), 0);
		if (i == 1)
			assert_int_equal(hear(&t, SALT_256, SIZE_MAX), 0);
		len = buf_len(&t.said);
		assert_int_equal(hear(&t, FAILURE("temporary-auth-failure"),
		    SIZE_MAX), 0);
		assert_non_null(strstr(buf_str(&t.said) + len,
		    "mechanism='SCRAM-SHA-1-PLUS'><initial-response>"
		    /* p=tls-exporter,,n=user,r=another-nonce-of-enough- */
		    "cD10bHMtZXhwb3J0ZXIsLG49dXNlcixyPWFub3RoZXItbm9uY2Utb2Y"
		    "tZW5vdWdo"));
		assert_null(strstr(buf_str(&t.said) + len, "UPGR"));
		/* now it counts */
		assert_int_equal(hear(&t, FAILURE("temporary-auth-failure"),
		    SIZE_MAX), XERR_TEMP);
		assert_non_null(strstr(client_errmsg(t.c),
		    "SCRAM-SHA-1-PLUS refused: temporary-auth-failure"));
		talk_release(&t);
	}
	/* and is not done without being asked for again */
	talk_init(&t);
	t.cf.login.retry_nonce = t.cf.login.nonce;
	talk_open(&t);
	up_to_challenge(&t, OFFER_256);
	assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX), 0);
	assert_int_equal(hear(&t, FAILURE("malformed-request") CHALLENGE,
	    SIZE_MAX), 0);
	len = buf_len(&t.said);
	assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX), XERR_AUTH);
	listen_to_it(&t);
	assert_null(strstr(buf_str(&t.said) + len, "<next"));
	talk_release(&t);
	/* a wrong password is one, whatever was asked for with it */
	talk_init(&t);
	talk_open(&t);
	up_to_challenge(&t, OFFER_256);
	assert_int_equal(hear(&t, FAILURE("not-authorized"), SIZE_MAX),
	    XERR_AUTH);
	talk_release(&t);
}

/* By token, by password; for a third try there is no nonce left. */
static void
behind_a_token_that_failed_it_is_the_last_try(void **state)
{
	struct talk t;

	(void)state;
	talk_init(&t);
	t.cf.login.retry_nonce = t.cf.login.nonce;
	t.cf.login.nonce = "another-nonce-of-enough-characters";
	t.cf.login.agent = "d4565fa7-4d72-4749-b3d3-740edbf87770";
	t.cf.login.token = "token";
	t.cf.login.token_len = 5;
	t.cf.login.token_mechanism = "HT-SHA-256-EXPR";
	talk_open(&t);
	assert_int_equal(hear(&t, OFFER(INLINE("<fast "
	    "xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-EXPR</mechanism>"
	    "</fast>") UPGRADE("UPGR-SCRAM-SHA-256")), SIZE_MAX), 0);
	assert_true(says(&t, "mechanism='HT-SHA-256-EXPR'"));
	assert_false(says(&t, "UPGR"));
	assert_int_equal(hear(&t, FAILURE("not-authorized"), SIZE_MAX), 0);
	assert_true(says(&t, "UPGR"));
	assert_int_equal(hear(&t, CHALLENGE, SIZE_MAX), 0);
	assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX), 0);
	assert_int_equal(hear(&t, SALT_256, SIZE_MAX), 0);
	assert_true(says(&t, HASH_256));
	assert_int_equal(hear(&t, FAILURE("malformed-request"), SIZE_MAX),
	    XERR_PROTO);
	assert_string_equal(client_errmsg(t.c), "UPGR-SCRAM-SHA-256 refused: "
	    "malformed-request; the server did not understand us");
	talk_release(&t);
}

static void
it_is_asked_for_ahead_of_the_features(void **state)
{
	struct talk t;
	struct offer o;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		o = (struct offer){
			.has = OFFER_SASL2 | OFFER_BIND2 | OFFER_BINDINGS,
			.sasl2 = { { "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS" }, 2 },
			.types = { { "tls-server-end-point", "tls-exporter" },
			    2 },
			.upgrades = { { "UPGR-SCRAM-SHA-256" }, i }
		};
		talk_init(&t);
		t.cf.login.remembered = &o;
		talk_open(&t);
		assert_true(says(&t, "<authenticate "));
		assert_int_equal(says(&t, UPGRADE("UPGR-SCRAM-SHA-256")), i);
		up_to_challenge(&t, OFFER_256);
		assert_int_equal(login_offer(client_login(t.c))->upgrades.n, 1);
		assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX),
		    i == 1 ? 0 : XERR_AUTH);
		assert_int_equal(says(&t, NEXT_256), i);
		/* without the memory it would go no better */
		assert_false(login_was_misled(client_login(t.c)));
		talk_release(&t);
	}
}

static enum sasl_proof
known_key(void *arg)
{
	(void)arg;
	return SASL_PROVES_CHANNEL;
}

/* Nor is anything sent behind it, whatever the server has proved before. */
static void
no_stanza_goes_ahead_of_it(void **state)
{
	struct talk t;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		talk_init(&t);
		t.cf.login.proof = known_key;
		talk_open(&t);
		up_to_challenge(&t, i == 0 ? OFFER(INLINE("")) : OFFER_256);
		assert_int_equal(client_may_send(t.c), i == 0);
		/* where none was asked for it would be lost, and is told once */
		assert_int_equal(hear(&t, CONTINUE_256, SIZE_MAX),
		    i == 0 ? XERR_AUTH : 0);
		assert_false(login_was_misled(client_login(t.c)));
		talk_release(&t);
	}
}

/* What was asked for ahead is not there any more, and was refused for that. */
static void
an_offer_without_it_is_another_offer(void **state)
{
	static const struct offer before = {
		.has = OFFER_SASL2 | OFFER_BIND2 | OFFER_BINDINGS,
		.sasl2 = { { "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS" }, 2 },
		.types = { { "tls-server-end-point", "tls-exporter" }, 2 },
		.upgrades = { { "UPGR-SCRAM-SHA-256" }, 1 }
	};
	struct talk t;

	(void)state;
	talk_init(&t);
	t.cf.login.remembered = &before;
	talk_open(&t);
	assert_true(says(&t, UPGRADE("UPGR-SCRAM-SHA-256")));
	buf_reset(&t.said);
	assert_int_equal(hear(&t, OFFER(INLINE("")), SIZE_MAX), 0);
	assert_int_equal(hear(&t, FAILURE("malformed-request"), SIZE_MAX), 0);
	assert_true(says(&t, "<authenticate "));
	assert_false(says(&t, "UPGR"));
	talk_release(&t);
}

/* What there is to gain, and who may see the hash. */
static void
it_is_asked_for_where_it_is_safe_and_of_use(void **state)
{
	static const char *const both[] = { "UPGR-X", "UPGR-SCRAM-SHA-256",
		"UPGR-SCRAM-SHA-512", "UPGR-SCRAM-SHA-512-PLUS" };
	static const char *const bad[] = { "UPGR-SCRAM-SHA-1", "UPGR-",
		"SCRAM-SHA-512", "upgr-scram-sha-512" };
	static const struct {
		const char *mechanism, *only, *choice;
	} v[] = {
		{ "SCRAM-SHA-1-PLUS", NULL, "UPGR-SCRAM-SHA-512" },
		{ "SCRAM-SHA-256-PLUS", NULL, "UPGR-SCRAM-SHA-512" },
		{ "SCRAM-SHA-512-PLUS", NULL, NULL },
		/* not bound: somebody in the middle could log in by it */
		{ "SCRAM-SHA-1", NULL, NULL },
		{ "SCRAM-SHA-256", NULL, NULL },
		/* no proof of the server's, or no password */
		{ "PLAIN", NULL, NULL },
		{ "EXTERNAL", NULL, NULL },
		{ "ANONYMOUS", NULL, NULL },
		{ "HT-SHA-256-EXPR", NULL, NULL },
		/* --sasl */
		{ "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1-PLUS", NULL },
		{ "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1-PLUS,SCRAM-SHA-256-PLUS",
		    "UPGR-SCRAM-SHA-256" }
	};
	struct sasl_config c = { .tls = true, .password = "pencil" };
	const char *s;
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		c.only = v[i].only;
		s = sasl_choose_upgrade(&c, v[i].mechanism, both, N(both));
		if (v[i].choice == NULL)
			assert_null(s);
		else
			assert_string_equal(s, v[i].choice);
	}
	c.only = NULL;
	assert_null(sasl_choose_upgrade(&c, "SCRAM-SHA-1-PLUS", bad, N(bad)));
	assert_null(sasl_choose_upgrade(&c, "SCRAM-SHA-1-PLUS", NULL, 0));
	c.tls = false;
	assert_null(sasl_choose_upgrade(&c, "SCRAM-SHA-1-PLUS", both, 4));
	c.tls = true;
	c.password = NULL;
	assert_null(sasl_choose_upgrade(&c, "SCRAM-SHA-1-PLUS", both, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_xep_at_every_cut),
		cmocka_unit_test(a_login_may_end_without_it),
		cmocka_unit_test(the_server_proves_itself_first),
		cmocka_unit_test(an_odd_task_is_refused),
		cmocka_unit_test(it_is_done_once),
		cmocka_unit_test(where_it_fails_the_login_need_not),
		cmocka_unit_test(behind_a_token_that_failed_it_is_the_last_try),
		cmocka_unit_test(it_is_asked_for_ahead_of_the_features),
		cmocka_unit_test(no_stanza_goes_ahead_of_it),
		cmocka_unit_test(an_offer_without_it_is_another_offer),
		cmocka_unit_test(it_is_asked_for_where_it_is_safe_and_of_use)
	};

	return cmocka_run_group_tests_name("upgrade", tests, NULL, NULL);
}
