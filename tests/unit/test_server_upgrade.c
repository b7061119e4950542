/* xmpp/server: upgrades of SCRAM (XEP-0480); sasl/verifier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/b64.h"
#include "sasl/sasl.h"
#include "sasl/verifier.h"
#include "serverpeer.h"
#include "server/fast.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define SASL2 "xmlns='urn:xmpp:sasl:2'"
#define FROM "<?xml version='1.0'?><stream:stream to='localhost' " \
	"from='romeo@localhost' version='1.0' xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"
#define UPGRADE(name) "<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>UPGR-SCRAM-" \
	name "</upgrade>"
#define UUID "d4565fa7-4d72-4749-b3d3-740edbf87770"
#define BIND2 "<bind xmlns='urn:xmpp:bind:0'/>"
#define NEXT(name) "<next " SASL2 " task='UPGR-SCRAM-" name "'/>"
#define HASH(text) "<task-data " SASL2 "><hash " \
	"xmlns='urn:xmpp:scram-upgrade:0'>" text "</hash></task-data>"
/* base64 of "salt" */
#define SALT "<task-data " SASL2 "><salt xmlns='urn:xmpp:scram-upgrade:0' " \
	"iterations='4096'>c2FsdA==</salt></task-data>"
#define MESSAGE "<message to='juliet@localhost'><body>hi</body></message>"

static struct verifier kept;	/* romeo's */

static struct verifier *
verifier(void *arg, const struct jid *user)
{
	(void)arg;
	return strcmp(jid_str(user), "romeo@localhost") == 0 ? &kept : NULL;
}

static struct server_config
storing(const char *mechanism)
{
	struct server_config c = config();

	verifier_wipe(&kept);
	assert_int_equal(verifier_set_password(&kept, mechanism, "secret", 6,
	    "salt", 4, 4096), 0);
	c.lookup = NULL;
	c.verifier = verifier;
	c.stored = mechanism;
	return c;
}

/* The bytes of the last element NAME that was heard. */
static void
last_data(struct peer *p, const char *name, struct buf *out)
{
	char tag[64];
	const char *s = heard(p), *t = NULL;

	snprintf(tag, sizeof(tag), "<%s", name);
	while ((s = strstr(s, tag)) != NULL)
		t = s++;
	assert_non_null(t);
	t = strchr(t, '>') + 1;
	buf_reset(out);
	assert_int_equal(b64_decode(out, t, strcspn(t, "<")), 0);
}

static void
say_data(struct peer *p, const char *before, const struct buf *data,
    const char *behind, size_t chunk)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_puts(&b, before);
	b64_encode(&b, buf_data(data), buf_len(data));
	buf_puts(&b, behind);
	say_bytes(p, buf_str(&b), buf_len(&b), chunk);
	buf_release(&b);
}

/* Log in by MECHANISM with what is INLINE; true if the server is convinced. */
static bool
log_in(struct peer *p, const char *mechanism, const char *inl, size_t chunk)
{
	struct sasl_config sc = {
		.username = "romeo", .password = "secret", .password_len = 6,
		.nonce = "abcdefghijklmnopqrstuvwx", .tls = true,
		.plain_ok = true
	};
	char begin[200], end[1000];
	struct buf in, out;
	struct sasl *s;
	bool good;

	buf_init(&in, 10000);
	buf_init(&out, 10000);
	assert_int_equal(sasl_new(&s, mechanism, &sc), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	snprintf(begin, sizeof(begin), "<authenticate " SASL2 " mechanism='%s'>"
	    "<initial-response>", mechanism);
	snprintf(end, sizeof(end), "</initial-response>%s</authenticate>", inl);
	say_data(p, begin, &out, end, chunk);
	if (hears(p, "<failure")) {
		good = false;
	} else {
		last_data(p, "challenge", &in);
		buf_reset(&out);
		assert_int_equal(sasl_challenge(s, buf_data(&in), buf_len(&in),
		    &out), 0);
		say_data(p, "<response " SASL2 ">", &out, "</response>", chunk);
		last_data(p, "additional-data", &in);
		good = sasl_success(s, buf_data(&in), buf_len(&in)) == 0;
	}
	sasl_free(s);
	buf_release(&in);
	buf_release(&out);
	return good;
}

static void
give_hash(struct peer *p, const char *task, size_t chunk)
{
	struct buf salt, hash;

	buf_init(&salt, 100);
	buf_init(&hash, 100);
	last_data(p, "salt", &salt);
	assert_int_equal(sasl_upgrade(&hash, task, "secret", 6,
	    buf_data(&salt), buf_len(&salt), 4096), 0);
	say_data(p, "<task-data " SASL2 "><hash "
	    "xmlns='urn:xmpp:scram-upgrade:0'>", &hash, "</hash></task-data>",
	    chunk);
	buf_release(&salt);
	buf_release(&hash);
}

static void
each_account_is_offered_what_it_has_and_may_have(void **state)
{
	static const char other[] = "<?xml version='1.0'?><stream:stream "
	    "to='localhost' from='nobody@localhost' version='1.0' "
	    "xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>";
	static const struct { const char *header, *stored, *has, *may; } v[] = {
		{ FROM, "SCRAM-SHA-1", "<mechanism>SCRAM-SHA-1</mechanism>",
		    UPGRADE("SHA-512") UPGRADE("SHA-256") },
		/* who it is is not said, or it does not exist: as all are */
		{ HEADER, "SCRAM-SHA-1", "<mechanism>SCRAM-SHA-1</mechanism>",
		    UPGRADE("SHA-512") UPGRADE("SHA-256") },
		{ other, "SCRAM-SHA-1", "<mechanism>SCRAM-SHA-1</mechanism>",
		    UPGRADE("SHA-512") UPGRADE("SHA-256") },
		{ FROM, "SCRAM-SHA-256", "<mechanism>SCRAM-SHA-256</mechanism>",
		    UPGRADE("SHA-512") },
		{ FROM, "SCRAM-SHA-512", "<mechanism>SCRAM-SHA-512</mechanism>",
		    "" }
	};
	struct server_config c;
	struct peer p;
	char want[1000];
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		c = storing(v[i].stored);
		peer_init(&p, &c);
		say(&p, v[i].header);
		snprintf(want, sizeof(want), "<mechanisms " SASL ">%s"
		    "</mechanisms><authentication " SASL2 ">%s<inline>"
		    "<bind xmlns='urn:xmpp:bind:0'><inline>"
		    "<feature var='urn:xmpp:sm:3'/></inline></bind></inline>%s"
		    "</authentication></stream:features>", v[i].has, v[i].has,
		    v[i].may);
		if (!hears(&p, want))
			fail_msg("%zu: %s", i, heard(&p));
		peer_release(&p);
	}
}

static void
what_is_not_wanted_is_no_upgrade(void **state)
{
	static const char *const some[] = { "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS",
		NULL };
	struct server_config c = storing("SCRAM-SHA-1");
	struct peer p;

	(void)state;
	c.mechanisms = some;
	peer_init(&p, &c);
	say(&p, FROM);
	assert_true(hears(&p, "</inline>" UPGRADE("SHA-256") "</auth"));
	peer_release(&p);
	/* nor in clear, nor where passwords are kept */
	c.mechanisms = NULL;
	c.secure = false;
	c.plaintext_ok = true;
	peer_init(&p, &c);
	say(&p, FROM);
	assert_true(hears(&p, "<mechanism>SCRAM-SHA-1</mechanism>"));
	assert_false(hears(&p, "UPGR"));
	peer_release(&p);
	c = config();
	peer_init(&p, &c);
	say(&p, FROM);
	assert_false(hears(&p, "UPGR"));
	peer_release(&p);
}

static void
an_account_is_upgraded_at_every_cut(void **state)
{
	struct server_config c;
	struct peer p;
	size_t chunk;

	(void)state;
	for (chunk = 1; chunk < 300; chunk += chunk < 20 ? 1 : 31) {
		c = storing("SCRAM-SHA-1");
		peer_init(&p, &c);
		say_bytes(&p, FROM, sizeof(FROM) - 1, chunk);
		assert_true(log_in(&p, "SCRAM-SHA-1", UPGRADE("SHA-256")
		    UPGRADE("X") UPGRADE("SHA-512") UPGRADE("SHA-512") BIND2,
		    chunk));
		assert_true(hears(&p, "</additional-data><tasks><task>"
		    "UPGR-SCRAM-SHA-512</task></tasks></continue>"));
		assert_false(hears(&p, "<salt"));
		say_bytes(&p, NEXT("SHA-512"), strlen(NEXT("SHA-512")), chunk);
		assert_true(hears(&p, "</continue>" SALT));
		give_hash(&p, "UPGR-SCRAM-SHA-512", chunk);
		/* the proof was given */
		assert_true(hears(&p, "<continue " SASL2 "><tasks><task>"
		    "UPGR-SCRAM-SHA-256</task></tasks></continue>"));
		say_bytes(&p, NEXT("SHA-256"), strlen(NEXT("SHA-256")), chunk);
		assert_false(server_is_bound(p.server));
		assert_false(hears(&p, "<success"));
		give_hash(&p, "UPGR-SCRAM-SHA-256", chunk);
		assert_true(hears(&p, "<success " SASL2 ">"
		    "<authorization-identifier>romeo@localhost/"));
		assert_true(hears(&p, "<bound xmlns='urn:xmpp:bind:0'/>"
		    "</success><stream:features>"));
		assert_true(server_is_bound(p.server));
		assert_string_equal(server_mechanism(p.server), "SCRAM-SHA-1");
		assert_string_equal(server_upgraded(p.server), "SCRAM-SHA-256");
		say(&p, MESSAGE);
		assert_non_null(strstr(buf_str(&p.log), "<body>hi</body>"));
		peer_release(&p);
		/* from now on */
		peer_init(&p, &c);
		say(&p, FROM);
		assert_true(hears(&p, "<mechanism>SCRAM-SHA-512</mechanism>"
		    "<mechanism>SCRAM-SHA-256</mechanism>"
		    "<mechanism>SCRAM-SHA-1</mechanism>"));
		assert_false(hears(&p, "UPGR"));
		assert_true(log_in(&p, "SCRAM-SHA-512", UPGRADE("SHA-512"),
		    chunk));
		assert_true(hears(&p, "<success"));
		assert_null(server_upgraded(p.server));
		peer_release(&p);
	}
}

/* Without the keys there is no such mechanism, and nothing like a password. */
static void
what_is_not_kept_does_not_work(void **state)
{
	static const char *const v[] = { "SCRAM-SHA-256", "SCRAM-SHA-512",
		"PLAIN" };
	struct server_config c = storing("SCRAM-SHA-1");
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		peer_init(&p, &c);
		say(&p, FROM);
		assert_false(log_in(&p, v[i], "", SIZE_MAX));
		assert_true(hears(&p, "<invalid-mechanism "));
		peer_release(&p);
	}
	/* to whom all was offered it may still be missing */
	peer_init(&p, &c);
	verifier_wipe(&kept);
	say(&p, HEADER);
	assert_false(log_in(&p, "SCRAM-SHA-1", "", SIZE_MAX));
	assert_true(hears(&p, "<not-authorized "));
	peer_release(&p);
}

/* In the middle of a task: CONDITION of <failure/>, or of the stream's end. */
static void
whoever_does_not_do_the_task_is_not_let_in(void **state)
{
	static const struct {
		const char *say, *condition;
		bool over;
	} v[] = {
		{ NEXT("SHA-256"), "malformed-request", false },
		{ "<next " SASL2 "/>", "malformed-request", false },
		{ "<abort " SASL2 "/>", "aborted", false },
		{ NEXT("SHA-512") "<abort " SASL2 "/>", "aborted", false },
		{ NEXT("SHA-512") HASH(""), "malformed-request", false },
		{ NEXT("SHA-512") HASH("c2hvcnQ="), "malformed-request",
		    false },
		{ NEXT("SHA-512") HASH("no base64"), "incorrect-encoding",
		    false },
		{ NEXT("SHA-512") "<task-data " SASL2 "/>",
		    "malformed-request", false },
		{ NEXT("SHA-512") "<task-data " SASL2 "><hash>aGFzaA==</hash>"
		    "</task-data>", "malformed-request", false },
		{ NEXT("SHA-512") NEXT("SHA-512"), "not-authorized", true },
		{ HASH("aGFzaA=="), "not-authorized", true },
		{ MESSAGE, "not-authorized", true },
		{ NEXT("SHA-512") MESSAGE, "not-authorized", true },
		{ "<response " SASL2 "/>", "not-authorized", true },
		{ "<authenticate " SASL2 " mechanism='SCRAM-SHA-1'/>",
		    "not-authorized", true },
		{ AUTH, "not-authorized", true },
		{ STARTTLS, "not-authorized", true }
	};
	struct server_config c = storing("SCRAM-SHA-1");
	struct peer p;
	char want[200];
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		peer_init(&p, &c);
		say(&p, FROM);
		assert_true(log_in(&p, "SCRAM-SHA-1", UPGRADE("SHA-512") BIND2,
		    SIZE_MAX));
		say(&p, v[i].say);
		snprintf(want, sizeof(want), v[i].over ? "<stream:error><%s " :
		    "<failure " SASL2 "><%s " SASL "/></failure>",
		    v[i].condition);
		if (!hears(&p, want) || (p.result < 0) != v[i].over)
			fail_msg("%s: %d %s", v[i].say, p.result, heard(&p));
		assert_false(hears(&p, "<success"));
		assert_false(server_is_bound(p.server));
		assert_null(server_upgraded(p.server));
		assert_null(verifier_get(&kept, "SCRAM-SHA-512"));
		assert_int_equal(buf_len(&p.log), 0);
		peer_release(&p);
	}
	/* and may try once more, in the old way as well */
	peer_init(&p, &c);
	say(&p, FROM);
	assert_true(log_in(&p, "SCRAM-SHA-1", UPGRADE("SHA-512"), SIZE_MAX));
	say(&p, "<abort " SASL2 "/>");
	buf_reset(&p.out);
	assert_true(log_in(&p, "SCRAM-SHA-1", BIND2, SIZE_MAX));
	assert_true(server_is_bound(p.server));
	peer_release(&p);
}

/* Who has a token, or nothing, shall not choose the password. */
static void
only_the_password_leads_to_another_hash(void **state)
{
	static const char token[] = "0123456789abcdef0123456789abcdef";
	struct sasl_config sc = {
		.username = "romeo", .tls = true, .token = token,
		.token_len = sizeof(token) - 1,
		.token_mechanism = "HT-SHA-256-NONE"
	};
	struct server_config c = storing("SCRAM-SHA-1");
	struct buf out;
	struct sasl *s;
	struct peer p;
	int64_t expiry;

	(void)state;
	c.anonymous = true;
	assert_int_equal(fast_new(&c.fast, 1000, 500), 0);
	assert_int_equal(fast_issue(c.fast, "romeo@localhost", UUID,
	    sc.token_mechanism, token, 0, &expiry), 0);
	peer_init(&p, &c);
	say(&p, FROM);
	buf_init(&out, 1000);
	assert_int_equal(sasl_new(&s, sc.token_mechanism, &sc), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	say_data(&p, "<authenticate " SASL2 " mechanism='HT-SHA-256-NONE'>"
	    "<initial-response>", &out, "</initial-response><user-agent id='"
	    UUID "'/><fast xmlns='urn:xmpp:fast:0'/>" UPGRADE("SHA-512") BIND2
	    "</authenticate>", SIZE_MAX);
	assert_true(hears(&p, "UPGR-SCRAM-SHA-512"));
	assert_false(hears(&p, "<continue"));
	assert_true(server_is_bound(p.server));
	sasl_free(s);
	buf_release(&out);
	peer_release(&p);
	peer_init(&p, &c);
	say(&p, HEADER "<authenticate " SASL2 " mechanism='ANONYMOUS'>"
	    "<initial-response/>" UPGRADE("SHA-512") BIND2 "</authenticate>");
	assert_false(hears(&p, "<continue"));
	assert_true(server_is_bound(p.server));
	peer_release(&p);
	fast_free(c.fast);
}

static void
a_verifier_has_what_it_was_given(void **state)
{
	/* RFC 7677 section 3: the signature that is there is by this key */
	static const unsigned char salt[] = { 0x5b, 0x6d, 0x99, 0x68, 0x9d,
		0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa,
		0x81 };
	static const char message[] = "n=user,r=rOprNGfwEbeRWgbNEkqO,"
	    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
	    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
	unsigned char proof[SCRAM_HASH_MAX], signature[SCRAM_HASH_MAX];
	static const unsigned char none[SCRAM_HASH_MAX];
	const struct scram_hash *h = scram_hash("SCRAM-SHA-256", NULL);
	const struct scram_keys *k;
	struct verifier v = { 0 }, w = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_null(verifier_get(&v, "SCRAM-SHA-256"));
	assert_int_equal(verifier_set_password(&v, "SCRAM-SHA-256", "pencil",
	    6, salt, 16, 4096), 0);
	k = verifier_get(&v, "SCRAM-SHA-256-PLUS");
	assert_non_null(k);
	assert_int_equal(scram_prove(proof, signature, h, k, message,
	    strlen(message)), 0);
	assert_int_equal(b64_encode(&b, signature, 32), 0);
	assert_string_equal(buf_str(&b),
	    "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
	/* what it takes to be the client is not there */
	assert_memory_equal(k->client, none, SCRAM_HASH_MAX);
	assert_null(verifier_get(&v, "SCRAM-SHA-512"));
	assert_null(verifier_get(&v, "SCRAM-SHA-1"));
	assert_null(verifier_get(&v, "PLAIN"));
	/* by a client's SaltedPassword it is the same */
	buf_reset(&b);
	assert_int_equal(sasl_upgrade(&b, "UPGR-SCRAM-SHA-256", "pencil", 6,
	    salt, 16, 4096), 0);
	assert_int_equal(verifier_set_salted(&w, "SCRAM-SHA-256", buf_data(&b),
	    32), 0);
	assert_memory_equal(k, verifier_get(&w, "SCRAM-SHA-256"), sizeof(*k));
	assert_int_equal(verifier_set_salted(&w, "SCRAM-SHA-512", buf_data(&b),
	    32), XERR_CONFIG);
	assert_int_equal(verifier_set_salted(&w, "X", buf_data(&b), 32),
	    XERR_CONFIG);
	assert_int_equal(verifier_set_password(&w, "SCRAM-SHA-1", "", 0, salt,
	    16, 4096), XERR_CONFIG);
	verifier_wipe(&w);
	assert_null(verifier_get(&w, "SCRAM-SHA-256"));
	buf_wipe(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_account_is_offered_what_it_has_and_may_have),
		cmocka_unit_test(what_is_not_wanted_is_no_upgrade),
		cmocka_unit_test(an_account_is_upgraded_at_every_cut),
		cmocka_unit_test(what_is_not_kept_does_not_work),
		cmocka_unit_test(whoever_does_not_do_the_task_is_not_let_in),
		cmocka_unit_test(only_the_password_leads_to_another_hash),
		cmocka_unit_test(a_verifier_has_what_it_was_given)
	};

	return cmocka_run_group_tests_name("server_upgrade", tests, NULL, NULL);
}
