/* xmpp/server: tokens instead of passwords (XEP-0484). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/b64.h"
#include "sasl/ht.h"
#include "serverpeer.h"
#include "server/fast.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define SASL2 "xmlns='urn:xmpp:sasl:2'"
#define FAST "xmlns='urn:xmpp:fast:0'"
#define UUID "d4565fa7-4d72-4749-b3d3-740edbf87770"
#define UUID2 "d4565fa7-4d72-4749-b3d3-740edbf87771"
#define AGENT(id) "<user-agent id='" id "'/>"
#define BIND2 "<bind xmlns='urn:xmpp:bind:0'><tag>x</tag>" ENABLE "</bind>"
#define PLAIN(more) "<authenticate " SASL2 " mechanism='PLAIN'>" \
	"<initial-response>AHJvbWVvAHNlY3JldA==</initial-response>" more \
	"</authenticate>"
#define JULIET "<authenticate " SASL2 " mechanism='PLAIN'>" \
	"<initial-response>AGp1bGlldABzZWNyZXQ=</initial-response>" \
	AGENT(UUID) WISH("HT-SHA-256-EXPR") "</authenticate>"
#define WISH(m) "<request-token " FAST " mechanism='" m "'/>"
#define MESSAGE "<message to='juliet@localhost'><body>hi</body></message>"
#define FAILED(c) "<failure " SASL2 "><" c " " SASL "/></failure>"

enum { LIFE = 1000, ROTATE = 500, START = 1000000000 };

static const struct sasl_binding channel[] = {
	{ "tls-exporter", "0123456789abcdef0123456789abcdef", 32 },
	{ "tls-server-end-point", "fedcba9876543210", 16 }
};

/* A server with tokens, its clock, and streams one after the other. */
struct world {
	struct server_config c;
	unsigned char secret[SERVER_SECRET];
	struct peer p;
	bool open;
	int64_t now;
	char token[FAST_TOKEN_MAX + 1];	/* the last that was given */
};

static int
both(void *arg, const struct jid *user, struct buf *password)
{
	(void)arg;
	(void)user;
	return buf_puts(password, "secret");
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->c = config();
	w->c.lookup = both;
	w->c.secret = w->secret;
	w->c.bindings = channel;
	w->c.nbindings = N(channel);
	w->now = START;
	assert_int_equal(fast_new(&w->c.fast, LIFE, ROTATE), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	if (w->open)
		peer_release(&w->p);
	fast_free(w->c.fast);
	free(w);
	return 0;
}

/* A new stream; each has a secret of its own. */
static struct peer *
dial(struct world *w)
{
	if (w->open)
		peer_release(&w->p);
	w->open = true;
	w->secret[0]++;
	peer_init(&w->p, &w->c);
	server_set_time(w->p.server, w->now);
	say(&w->p, HEADER);
	return &w->p;
}

/* Remember the token that was given, if any was; whether. */
static bool
given(struct world *w)
{
	const char *s = strstr(heard(&w->p), "<token " FAST " token='");

	if (s == NULL)
		return false;
	s = strstr(s, "token='") + 7;
	snprintf(w->token, sizeof(w->token), "%.*s", (int)strcspn(s, "'"), s);
	return true;
}

struct shown {
	const char *user, *agent, *mechanism, *token;
	const char *fast;	/* the element, "" for none */
	const char *more;
	const char *role;	/* NULL: "Initiator" */
};

/* What shows a token, into S. */
static void
show(char *s, size_t size, const struct shown *q)
{
	const struct ht *h = ht_find(q->mechanism);
	const struct sasl_binding *b = h->type == NULL ? NULL :
	    sasl_binding_find(channel, N(channel), h->type);
	unsigned char hash[HT_LEN];
	struct buf raw, b64;

	buf_init(&raw, 1000);
	buf_init(&b64, 1000);
	assert_int_equal(ht_hash(hash, q->role == NULL ? "Initiator" : q->role,
	    q->token, strlen(q->token), b == NULL ? "" : b->data,
	    b == NULL ? 0 : b->len), 0);
	buf_put(&raw, q->user, strlen(q->user) + 1);
	buf_put(&raw, hash, sizeof(hash));
	b64_encode(&b64, buf_data(&raw), buf_len(&raw));
	snprintf(s, size, "<authenticate " SASL2 " mechanism='%s'>"
	    "<initial-response>%s</initial-response>"
	    "<user-agent id='%s'/>%s%s</authenticate>", q->mechanism,
	    buf_str(&b64), q->agent, q->fast, q->more);
	buf_release(&raw);
	buf_release(&b64);
}

/* Log in by a token on a new stream. */
static struct peer *
try(struct world *w, struct shown q)
{
	struct peer *p = dial(w);
	char s[2000];

	q.user = q.user == NULL ? "romeo" : q.user;
	q.agent = q.agent == NULL ? UUID : q.agent;
	q.mechanism = q.mechanism == NULL ? "HT-SHA-256-EXPR" : q.mechanism;
	q.token = q.token == NULL ? w->token : q.token;
	q.fast = q.fast == NULL ? "<fast " FAST "/>" : q.fast;
	q.more = q.more == NULL ? "" : q.more;
	show(s, sizeof(s), &q);
	say(p, s);
	return p;
}

#define TRY(w, ...) try(w, (struct shown){ __VA_ARGS__ })

/* Get a first token by the password. */
static void
begin(struct world *w)
{
	say(dial(w), PLAIN(AGENT(UUID) WISH("HT-SHA-256-EXPR")));
	assert_true(given(w));
}

static void
is_offered_by_what_the_channel_has(void **state)
{
	struct world *w = *state;

	assert_true(hears(dial(w), "<fast " FAST ">"
	    "<mechanism>HT-SHA-256-EXPR</mechanism>"
	    "<mechanism>HT-SHA-256-ENDP</mechanism>"
	    "<mechanism>HT-SHA-256-NONE</mechanism></fast></inline>"));
	w->c.nbindings = 0;
	assert_true(hears(dial(w), "<fast " FAST ">"
	    "<mechanism>HT-SHA-256-NONE</mechanism></fast>"));
}

static void
is_not_offered_without_tls_or_tokens_or_if_not_wanted(void **state)
{
	static const char *const some[] = { "SCRAM-SHA-1", NULL };
	static const char *const one[] = { "SCRAM-SHA-1", "HT-SHA-256-ENDP",
	    NULL };
	struct world *w = *state;
	struct fast *f = w->c.fast;

	w->c.mechanisms = some;
	assert_false(hears(dial(w), "HT-"));
	w->c.mechanisms = one;
	assert_true(hears(dial(w), "<fast " FAST "><mechanism>HT-SHA-256-ENDP"
	    "</mechanism></fast>"));
	say(&w->p, PLAIN(AGENT(UUID) WISH("HT-SHA-256-EXPR")));
	assert_true(hears(&w->p, FAILED("malformed-request")));
	w->c.mechanisms = NULL;
	w->c.secure = w->c.tls = false;
	assert_true(hears(dial(w), "urn:xmpp:sasl:2"));
	assert_false(hears(&w->p, "HT-"));
	w->c.secure = true;
	w->c.fast = NULL;
	assert_false(hears(dial(w), "HT-"));
	say(&w->p, PLAIN(AGENT(UUID) WISH("HT-SHA-256-EXPR")));
	assert_true(hears(&w->p, "<success"));
	assert_false(given(w));
	w->c.fast = f;
}

static void
a_token_is_given_for_the_asking_and_lets_in(void **state)
{
	static const char *const names[] = { "HT-SHA-256-EXPR",
	    "HT-SHA-256-ENDP", "HT-SHA-256-NONE" };
	struct world *w = *state;
	char s[300];
	size_t i;

	say(dial(w), PLAIN(AGENT(UUID)));
	assert_false(given(w));
	for (i = 0; i < N(names); i++) {
		snprintf(s, sizeof(s), PLAIN(AGENT(UUID) WISH("%s")),
		    names[i]);
		say(dial(w), s);
		assert_true(given(w));
		assert_int_equal(strlen(w->token), 32);
		assert_true(hears(&w->p, "' expiry='2001-09-09T02:03:20Z'/>"
		    "</success>"));
		TRY(w, .mechanism = names[i]);
		assert_true(hears(&w->p, "<success " SASL2
		    "><additional-data>"));
		assert_string_equal(server_mechanism(w->p.server), names[i]);
		assert_string_equal(jid_str(server_jid(w->p.server)),
		    "romeo@localhost");
		assert_false(given(w));
	}
}

/* The server proves that it knows the token, too. */
static void
the_server_answers_with_its_own_hash(void **state)
{
	struct world *w = *state;
	unsigned char hash[HT_LEN];
	struct buf b;

	begin(w);
	TRY(w, .fast = NULL);
	assert_int_equal(ht_hash(hash, "Responder", w->token,
	    strlen(w->token), channel[0].data, channel[0].len), 0);
	buf_init(&b, 1000);
	buf_puts(&b, "<additional-data>");
	b64_encode(&b, hash, sizeof(hash));
	buf_puts(&b, "</additional-data>");
	assert_true(hears(&w->p, buf_str(&b)));
	buf_release(&b);
}

static void
one_flight_from_header_to_message_at_every_cut(void **state)
{
	struct world *w = *state;
	char s[2000], all[4000];
	struct shown q = { .user = "romeo", .agent = UUID, .mechanism =
	    "HT-SHA-256-EXPR", .fast = "<fast " FAST "/>", .more = BIND2 };
	size_t chunk, len;

	begin(w);
	q.token = w->token;
	show(s, sizeof(s), &q);
	len = (size_t)snprintf(all, sizeof(all), "%s<presence/>" MESSAGE R, s);
	for (chunk = 1; chunk <= len; chunk++) {
		say_bytes(dial(w), all, len, chunk);
		assert_true(server_is_bound(w->p.server));
		assert_true(hears(&w->p, "<enabled xmlns='urn:xmpp:sm:3'/>"
		    "</bound></success><stream:features/>"
		    "<a xmlns='urn:xmpp:sm:3' h='2'/>"));
		assert_non_null(strstr(buf_str(&w->p.log), "<body>hi</body>"));
	}
}

static void
a_token_is_good_for_nobody_else(void **state)
{
	struct world *w = *state;
	char romeo[FAST_TOKEN_MAX + 1];

	begin(w);
	snprintf(romeo, sizeof(romeo), "%s", w->token);
	/* who has one, and who has none */
	say(dial(w), JULIET);
	assert_true(given(w));
	assert_true(hears(TRY(w, .user = "juliet", .token = romeo),
	    FAILED("not-authorized")));
	assert_true(hears(TRY(w, .user = "nurse", .token = romeo),
	    FAILED("not-authorized")));
	assert_true(hears(TRY(w, .user = "@", .token = romeo),
	    FAILED("not-authorized")));
	assert_true(hears(TRY(w, .user = "romeo"), FAILED("not-authorized")));
	/* another client; another mechanism */
	assert_true(hears(TRY(w, .agent = UUID2, .token = romeo),
	    FAILED("not-authorized")));
	assert_true(hears(TRY(w, .mechanism = "HT-SHA-256-NONE",
	    .token = romeo), FAILED("not-authorized")));
	assert_true(hears(TRY(w, .mechanism = "HT-SHA-256-ENDP",
	    .token = romeo), FAILED("not-authorized")));
	assert_true(hears(TRY(w, .token = "wrong"),
	    FAILED("not-authorized")));
	/* what the server says is not what the client says */
	assert_true(hears(TRY(w, .token = romeo, .role = "Responder"),
	    FAILED("not-authorized")));
	assert_null(server_mechanism(w->p.server));
	/* all of that has not hurt it */
	assert_true(hears(TRY(w, .token = romeo), "<success"));
}

static void
a_token_of_another_channel_is_refused(void **state)
{
	static const struct sasl_binding other = { "tls-exporter",
	    "0123456789abcdef0123456789abcdeX", 32 };
	struct world *w = *state;

	begin(w);
	w->c.bindings = &other;
	w->c.nbindings = 1;
	assert_true(hears(TRY(w, .fast = NULL), FAILED("not-authorized")));
	w->c.nbindings = 0;
	assert_true(hears(TRY(w, .fast = NULL), FAILED("invalid-mechanism")));
}

static void
a_token_expires(void **state)
{
	struct world *w = *state;

	begin(w);
	w->now = START + LIFE;
	assert_true(hears(TRY(w, .more = BIND2),
	    FAILED("credentials-expired")));
	say(&w->p, MESSAGE);
	assert_int_equal(buf_len(&w->p.log), 0);
	/* the password is asked for then */
	say(&w->p, PLAIN(BIND2));
	assert_true(server_is_bound(w->p.server));
	w->now = START + LIFE - 1;
	assert_true(hears(TRY(w, .fast = NULL), "<success"));
}

static void
a_token_is_replaced_when_that_is_due(void **state)
{
	struct world *w = *state;
	char old[FAST_TOKEN_MAX + 1];

	begin(w);
	w->now = START + ROTATE - 1;
	TRY(w, .fast = NULL);
	assert_false(given(w));
	w->now = START + ROTATE;
	TRY(w, .more = BIND2);
	snprintf(old, sizeof(old), "%s", w->token);
	assert_true(given(w));
	assert_string_not_equal(w->token, old);
	assert_true(hears(&w->p, "</bound><token "));
	/* the old one is good until the new one has been used */
	assert_true(hears(TRY(w, .token = old), "<success"));
	assert_true(given(w));
	assert_true(hears(TRY(w, .fast = NULL), "<success"));
	assert_false(given(w));
	assert_true(hears(TRY(w, .token = old), FAILED("not-authorized")));
	/* and lives on its own time */
	w->now = START + LIFE + 1;
	assert_true(hears(TRY(w, .fast = NULL), "<success"));
}

static void
a_count_that_does_not_grow_is_a_replay(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_true(hears(TRY(w, .fast = "<fast " FAST " count='7'/>"),
	    "<success"));
	assert_true(hears(TRY(w, .fast = "<fast " FAST " count='7'/>"),
	    FAILED("not-authorized")));
	assert_true(hears(TRY(w, .fast = "<fast " FAST " count='6'/>"),
	    FAILED("not-authorized")));
	/* none is needed, and changes nothing */
	assert_true(hears(TRY(w, .fast = "<fast " FAST "/>"), "<success"));
	assert_true(hears(TRY(w, .fast = "<fast " FAST " count='7'/>"),
	    FAILED("not-authorized")));
	assert_true(hears(TRY(w, .fast = "<fast " FAST " count='8'/>"),
	    "<success"));
}

static void
a_token_is_invalidated_if_its_owner_says_so(void **state)
{
	struct world *w = *state;

	begin(w);
	w->now = START + ROTATE;
	assert_true(hears(TRY(w, .fast = "<fast " FAST " invalidate='true'/>"),
	    "<success"));
	assert_false(given(w));
	assert_true(hears(TRY(w, .fast = NULL), FAILED("not-authorized")));
	/* with another instead */
	begin(w);
	TRY(w, .fast = "<fast " FAST " invalidate='1'/>",
	    .more = WISH("HT-SHA-256-EXPR"));
	assert_true(given(w));
	assert_true(hears(TRY(w, .fast = NULL), "<success"));
	/* and not by anybody else */
	TRY(w, .token = "wrong", .fast = "<fast " FAST " invalidate='1'/>");
	assert_true(hears(TRY(w, .fast = NULL), "<success"));
}

static void
nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		PLAIN(WISH("HT-SHA-256-EXPR")),
		PLAIN(AGENT(UUID) WISH("HT-SHA-256-UNIQ")),
		PLAIN(AGENT(UUID) WISH("PLAIN")),
		PLAIN(AGENT(UUID) "<request-token " FAST "/>"),
		PLAIN(AGENT(UUID) "<fast " FAST "/>"),
	};
	static const char *const counts[] = { "0", "-1", "x", "",
	    "4294967296", "1 " };
	struct world *w = *state;
	char s[100];
	size_t i;

	for (i = 0; i < N(bad); i++) {
		say(dial(w), bad[i]);
		if (!hears(&w->p, FAILED("malformed-request")))
			fail_msg("%s: %s", bad[i], heard(&w->p));
	}
	begin(w);
	for (i = 0; i < N(counts); i++) {
		snprintf(s, sizeof(s), "<fast " FAST " count='%s'/>",
		    counts[i]);
		assert_true(hears(TRY(w, .fast = s),
		    FAILED("malformed-request")));
	}
	/* a token that nobody says is shown, or without its client */
	assert_true(hears(TRY(w, .fast = "<x/>"),
	    FAILED("malformed-request")));
	say(dial(w), "<authenticate " SASL2 " mechanism='HT-SHA-256-EXPR'>"
	    "<initial-response>cm9tZW8AeHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg="
	    "</initial-response><fast " FAST "/>"
	    "</authenticate>");
	assert_true(hears(&w->p, FAILED("malformed-request")));
	/* nor is it for classic SASL */
	say(dial(w), "<auth " SASL " mechanism='HT-SHA-256-NONE'>eA==</auth>");
	assert_true(hears(&w->p, "<invalid-mechanism/>"));
}

/* The account is gone with the stream, and a token would outlive it. */
static void
no_token_is_for_a_guest(void **state)
{
	struct world *w = *state;

	w->c.anonymous = true;
	say(dial(w), "<authenticate " SASL2 " mechanism='ANONYMOUS'>"
	    "<initial-response/>" AGENT(UUID) WISH("HT-SHA-256-EXPR")
	    "</authenticate>");
	assert_true(hears(&w->p, "<success"));
	assert_false(given(w));
	/* who fails as a guest is none */
	peer_release(&w->p);
	peer_init(&w->p, &w->c);
	server_set_time(w->p.server, w->now);
	say(&w->p, "<?xml version='1.0'?><stream:stream to='localhost' "
	    "from='romeo@localhost' version='1.0' xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>");
	say(&w->p, "<authenticate " SASL2 " mechanism='ANONYMOUS'>"
	    "<initial-response/></authenticate>");
	assert_true(hears(&w->p, FAILED("invalid-authzid")));
	say(&w->p, PLAIN(AGENT(UUID) WISH("HT-SHA-256-EXPR")));
	assert_true(hears(&w->p, "<success"));
	assert_true(given(w));
}

static void
no_token_comes_of_a_failure(void **state)
{
	struct world *w = *state;

	dial(w)->refuse = "conflict";
	say(&w->p, PLAIN(AGENT(UUID) WISH("HT-SHA-256-EXPR") BIND2));
	assert_true(hears(&w->p, FAILED("temporary-auth-failure")));
	assert_null(fast_client(w->c.fast, "romeo@localhost", UUID));
	say(dial(w), "<authenticate " SASL2 " mechanism='PLAIN'>"
	    "<initial-response>AHJvbWVvAHdyb25n</initial-response>"
	    AGENT(UUID) WISH("HT-SHA-256-EXPR") "</authenticate>");
	assert_true(hears(&w->p, FAILED("not-authorized")));
	assert_null(fast_client(w->c.fast, "romeo@localhost", UUID));
	/* what one attempt asked for is not for the next one */
	say(&w->p, PLAIN(AGENT(UUID)));
	assert_true(hears(&w->p, "<success"));
	assert_false(given(w));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(is_offered_by_what_the_channel_has),
		T(is_not_offered_without_tls_or_tokens_or_if_not_wanted),
		T(a_token_is_given_for_the_asking_and_lets_in),
		T(the_server_answers_with_its_own_hash),
		T(one_flight_from_header_to_message_at_every_cut),
		T(a_token_is_good_for_nobody_else),
		T(a_token_of_another_channel_is_refused),
		T(a_token_expires),
		T(a_token_is_replaced_when_that_is_due),
		T(a_count_that_does_not_grow_is_a_replay),
		T(a_token_is_invalidated_if_its_owner_says_so),
		T(nonsense_is_refused),
		T(no_token_is_for_a_guest),
		T(no_token_comes_of_a_failure)
	};

	return cmocka_run_group_tests_name("server_fast", tests, NULL, NULL);
}
