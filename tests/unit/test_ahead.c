/*
 * What the client sends ahead of the server's word: a flight is a turn in which
 * it speaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/fast.h"
#include "clientpair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define AGENT "0fa2790d-ad6e-40dd-9c0c-675362ec71a3"

static char channel[] = "one channel";
static const struct sasl_binding binding = { "tls-exporter", channel,
	sizeof(channel) - 1 };

static int
our_binding(void *arg, const char *type, struct buf *out)
{
	(void)arg;
	return strcmp(type, "tls-exporter") == 0 ? buf_puts(out, channel) :
	    XERR_CONFIG;
}

static enum sasl_proof
nothing(void *arg)
{
	(void)arg;
	return SASL_PROVES_NOTHING;
}

static enum sasl_proof
its_secret(void *arg)
{
	(void)arg;
	return SASL_PROVES_SECRET;
}

static enum sasl_proof
its_channel(void *arg)
{
	(void)arg;
	return SASL_PROVES_CHANNEL;
}

/* What a first login has learnt, for the next. */
struct memory {
	struct pair first;	/* owns it */
	struct fast *fast;	/* the server's */
	struct offer offer;
	const char *token, *mechanism;
	bool bound;		/* there is a binding */
};

static void
set_up(struct memory *m, struct pair *p, const char *jid)
{
	pair_init(p, jid);
	p->ccf.login.agent = AGENT;
	p->ccf.login.software = "test";
	p->scf.fast = m->fast;
	if (!m->bound)
		return;
	p->scf.bindings = &binding;
	p->scf.nbindings = 1;
	p->ccf.login.binding = our_binding;
}

static void
learn(struct memory *m, bool bound, bool no_sm)
{
	int64_t expiry;

	*m = (struct memory){ .bound = bound };
	assert_int_equal(fast_new(&m->fast, 1000, 500), 0);
	set_up(m, &m->first, "juliet@example.org");
	m->first.scf.no_sm = no_sm;
	pair_open_direct(&m->first);
	assert_int_equal(talk(&m->first), 0);
	m->offer = *login_offer(client_login(m->first.c));
	m->mechanism = login_new_token(client_login(m->first.c), &m->token,
	    &expiry);
	assert_string_equal(m->mechanism, bound ? "HT-SHA-256-EXPR" :
	    "HT-SHA-256-NONE");
}

static void
forget(struct memory *m)
{
	pair_release(&m->first);
	fast_free(m->fast);
}

/* The next login, with a message as soon as it may be sent. */
static void
set_up_next(struct memory *m, struct pair *p, bool by_token,
    enum sasl_proof (*proof)(void *))
{
	set_up(m, p, "juliet@example.org");
	p->ccf.login.remembered = &m->offer;
	p->ccf.login.proof = proof;
	p->ccf.login.token_proof = login_proof(client_login(m->first.c));
	if (by_token) {
		p->ccf.login.token = m->token;
		p->ccf.login.token_len = strlen(m->token);
		p->ccf.login.token_mechanism = m->mechanism;
	}
	p->early = true;
}

/* It came to be there, once, and is known to be. */
static void
assert_delivered(struct pair *p)
{
	assert_int_equal(p->messages, 1);
	assert_non_null(strstr(buf_str(&p->log), "acked 1 "));
	assert_int_equal(client_unacked_count(p->c), 0);
	assert_false(client_is_waiting(p->c));
}

static const struct {
	bool bound, by_token;
	enum sasl_proof (*proof)(void *);
	bool no_ahead;
	unsigned flight;	/* in which the message is */
	enum sasl_proof token;	/* of where it was given; 0: as it was */
} logins[] = {
	{ false, true, its_secret, false, 1, 0 },
	{ false, true, its_channel, false, 1, 0 },
	{ true, true, its_channel, false, 1, 0 },
	/* who has the key was given the token, too */
	{ true, true, its_secret, false, 1, SASL_PROVES_SECRET },
	{ false, false, its_secret, false, 2, 0 },
	{ true, false, its_channel, false, 2, 0 },
	/* a proof that is weaker than what this login needs, or none */
	{ true, true, its_secret, false, 2, 0 },
	{ true, false, its_secret, false, 3, 0 },
	{ false, true, nothing, false, 2, 0 },
	{ false, false, nothing, false, 3, 0 },
	{ false, false, NULL, false, 3, 0 },
	/* the features first, then all as ever */
	{ false, true, its_channel, true, 3, 0 },
	{ false, false, its_channel, true, 4, 0 },
};

static void
a_message_goes_as_early_as_the_proof_permits(void **state)
{
	struct memory m;
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < N(logins); i++) {
		learn(&m, logins[i].bound, false);
		set_up_next(&m, &p, logins[i].by_token, logins[i].proof);
		p.ccf.login.no_ahead = logins[i].no_ahead;
		if (logins[i].token != 0)
			p.ccf.login.token_proof = logins[i].token;
		pair_open_direct(&p);
		assert_int_equal(talk(&p), 0);
		assert_int_equal(p.in_flight, logins[i].flight);
		assert_delivered(&p);
		assert_true(client_has_sm(p.c));
		assert_int_equal(client_went_ahead(p.c),
		    strstr(buf_str(&p.log), "ahead ") != NULL);
		pair_release(&p);
		forget(&m);
	}
}

/* Whoever has PLAIN's password has it: that proves nothing. */
static void
nothing_goes_ahead_of_a_password_itself(void **state)
{
	struct memory m;
	struct pair p;

	(void)state;
	learn(&m, false, false);
	set_up_next(&m, &p, false, its_channel);
	p.ccf.login.mechanisms = "PLAIN";
	pair_open_direct(&p);
	assert_int_equal(talk(&p), 0);
	assert_string_equal(client_mechanism(p.c), "PLAIN");
	assert_false(client_went_ahead(p.c));
	assert_delivered(&p);
	pair_release(&p);
	forget(&m);
}

/* And those behind it are counted right, with and without <enabled/>. */
static void
what_went_ahead_is_counted_at_every_cut(void **state)
{
	static const struct { bool by_token, knew, has; } v[] = {
		{ true, true, true }, { false, true, true },
		{ true, true, false }, { false, true, false },
		{ true, false, true }, { false, false, false },
	};
	struct memory m;
	struct pair p;
	size_t i, step;

	(void)state;
	for (i = 0; i < N(v); i++)
		for (step = 1; step < 1500; step += step < 4 ? 1 : 211) {
			learn(&m, true, !v[i].knew);
			set_up_next(&m, &p, v[i].by_token, its_channel);
			p.step = step;
			p.scf.no_sm = !v[i].has;
			pair_open_direct(&p);
			assert_int_equal(talk(&p), 0);
			assert_delivered(&p);
			send_message(&p, "late");
			send_message(&p, "later");
			assert_int_equal(talk(&p), 0);
			assert_non_null(strstr(buf_str(&p.log), "acked 2 "));
			assert_int_equal(client_unacked_count(p.c), 0);
			assert_int_equal(p.messages, 3);
			assert_int_equal(client_has_sm(p.c), v[i].has);
			pair_release(&p);
			forget(&m);
		}
}

/* It binds behind SASL2, so nothing of it can go ahead. */
static void
who_wants_a_resource_waits(void **state)
{
	struct memory m;
	struct pair p;

	(void)state;
	learn(&m, false, false);
	set_up_next(&m, &p, true, its_channel);
	assert_int_equal(jid_parse(&p.jid, "juliet@example.org/balcony", 26),
	    0);
	pair_open_direct(&p);
	assert_int_equal(talk(&p), 0);
	/* the token; bind, by the features that no login has seen yet; then */
	assert_int_equal(p.in_flight, 3);
	assert_delivered(&p);
	pair_release(&p);
	forget(&m);
}

/* What the first connection could not deliver is delivered by the next. */
static void
a_refused_token_costs_a_connection_and_no_message(void **state)
{
	struct outbox left;
	struct memory m;
	struct fast *other;
	struct pair p, q;
	size_t step;

	(void)state;
	outbox_init(&left);
	for (step = 1; step < 1500; step += step < 4 ? 1 : 211) {
		learn(&m, true, false);
		assert_int_equal(fast_new(&other, 1000, 500), 0);
		set_up_next(&m, &p, true, its_channel);
		p.scf.fast = other;
		p.step = step;
		pair_open_direct(&p);
		assert_int_equal(talk(&p), XERR_AUTH);
		assert_true(login_token_refused(client_login(p.c)));
		assert_true(login_was_misled(client_login(p.c)));
		assert_true(client_turned_away(p.c));
		assert_int_equal(p.messages, 0);
		assert_int_equal(client_unacked_count(p.c), 1);
		client_move_unacked(p.c, &left);
		/* and no ping of ours */
		assert_int_equal(left.count, 1);

		set_up(&m, &q, "juliet@example.org");
		q.ccf.login.no_ahead = true;
		q.step = step;
		q.ccf.login.direct = q.scf.secure = q.tls = true;
		pair_open(&q);
		client_adopt(q.c, &left);
		assert_int_equal(client_unacked_count(q.c), 1);
		assert_int_equal(client_secured(q.c), 0);
		assert_int_equal(talk(&q), 0);
		assert_delivered(&q);
		pair_release(&p);
		pair_release(&q);
		fast_free(other);
		forget(&m);
	}
}

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' " \
	"version='1.0' from='example.org'>"
#define ERROR(c) "<stream:error><" c " xmlns='" NS_STREAM_ERRORS "'/>" \
	"</stream:error>"
#define FAILURE(c) "<failure xmlns='" NS_SASL2 "'><" c " xmlns='" NS_SASL \
	"'/></failure>"
#define SUCCESS(data) "<success xmlns='" NS_SASL2 "'>" data \
	"<authorization-identifier>juliet@example.org/x" \
	"</authorization-identifier><bound xmlns='" NS_BIND2 "'/></success>"
#define WRONG "<additional-data>" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</additional-data>"

/* What a server may answer to a token with a message behind it. */
static const struct {
	const char *says;
	int r;
	bool turned_away, misled, lied_to;
} answers[] = {
	{ FAILURE("not-authorized"), XERR_AUTH, true, true, false },
	{ FAILURE("credentials-expired"), XERR_AUTH, true, true, false },
	{ ERROR("not-authorized"), XERR_AUTH, true, true, false },
	{ ERROR("policy-violation"), XERR_UNAVAIL, true, true, false },
	{ "</stream:stream>", XERR_TEMP, true, true, false },
	/* it claims to let us in, and perhaps has the message */
	{ SUCCESS(""), XERR_AUTH, false, false, true },
	{ SUCCESS(WRONG), XERR_AUTH, false, false, true },
	{ "<continue xmlns='" NS_SASL2 "'/>", XERR_AUTH, false, false, true },
	/* nobody knows what that is */
	{ "<message/>", XERR_PROTO, false, true, false },
	{ "</nonsense>", XERR_PROTO, false, true, false },
};

static void
what_was_not_taken_is_told_from_what_may_be(void **state)
{
	struct memory m;
	struct pair p;
	char says[4096];
	size_t i;
	int r;

	(void)state;
	learn(&m, true, false);
	for (i = 0; i < N(answers); i++) {
		set_up_next(&m, &p, true, its_channel);
		pair_open_direct(&p);
		snprintf(says, sizeof(says), "%s<stream:features>"
		    "<authentication xmlns='" NS_SASL2 "'><mechanism>"
		    "SCRAM-SHA-256-PLUS</mechanism></authentication>"
		    "</stream:features>%s", HEAD, answers[i].says);
		r = play(&p, says, 4096);
		assert_int_equal(r, answers[i].r);
		assert_non_null(strstr(buf_str(&p.log), "<message "));
		assert_int_equal(client_turned_away(p.c),
		    answers[i].turned_away);
		assert_int_equal(login_was_misled(client_login(p.c)),
		    answers[i].misled);
		assert_int_equal(login_was_lied_to(client_login(p.c)),
		    answers[i].lied_to);
		assert_int_equal(client_unacked_count(p.c), 1);
		pair_release(&p);
	}
	forget(&m);
}

/* Where the server leaves us: amid an answer, which may let us in, or not. */
static void
half_an_answer_is_told_from_none(void **state)
{
	static const struct { const char *says; bool more; } v[] = {
		{ "", false }, { "<?x", true },
		{ HEAD, false }, { HEAD " \n", false }, { HEAD "<", true },
		{ HEAD "<success xmlns='" NS_SASL2 "'>", true },
		{ HEAD "<success xmlns='" NS_SASL2 "'><a/", true },
	};
	struct memory m;
	struct pair p;
	size_t i, step;

	(void)state;
	learn(&m, true, false);
	for (i = 0; i < N(v); i++)
		for (step = 1; step < 5000; step += 4095) {
			set_up_next(&m, &p, true, its_channel);
			pair_open_direct(&p);
			assert_int_equal(play(&p, v[i].says, step), 0);
			assert_int_equal(client_hears_more(p.c), v[i].more);
			pair_release(&p);
		}
	forget(&m);
}

/* The password was not right, and will not be the next time. */
static void
a_wrong_password_is_tried_once(void **state)
{
	struct memory m;
	struct pair p;

	(void)state;
	learn(&m, false, false);
	set_up_next(&m, &p, false, its_secret);
	p.ccf.login.password = "wrong";
	p.ccf.login.password_len = 5;
	pair_open_direct(&p);
	assert_int_equal(talk(&p), XERR_AUTH);
	assert_true(client_went_ahead(p.c));
	assert_false(client_turned_away(p.c));
	assert_false(login_was_misled(client_login(p.c)));
	assert_int_equal(p.messages, 0);
	pair_release(&p);
	forget(&m);
}

/* What any server takes in one piece, in order, and the rest when it is in. */
static void
little_goes_ahead(void **state)
{
	char body[6000];
	struct memory m;
	struct pair p;
	const void *data;

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	learn(&m, true, false);
	set_up_next(&m, &p, true, its_channel);
	p.early = false;
	pair_open_direct(&p);
	assert_true(client_may_send(p.c));
	send_message(&p, body);		/* it has an id as long */
	assert_true(client_pending(p.c, &data) < 10000);
	assert_false(client_may_send(p.c));
	assert_false(client_went_ahead(p.c));
	assert_int_equal(client_unacked_count(p.c), 1);
	pair_release(&p);

	set_up_next(&m, &p, true, its_channel);
	p.early = false;
	pair_open_direct(&p);
	body[4000] = '\0';
	send_message(&p, "small");
	assert_true(client_may_send(p.c));
	send_message(&p, body);
	assert_true(client_may_send(p.c));
	send_message(&p, body);
	assert_false(client_may_send(p.c));
	assert_int_equal(talk(&p), 0);
	assert_int_equal(p.messages, 3);
	assert_int_equal(client_unacked_count(p.c), 0);
	assert_true(client_may_send(p.c));
	pair_release(&p);
	forget(&m);
}

/* The first login of all, by what its owner insists on. */
static const struct {
	const char *named;
	unsigned flights;	/* until the message is there */
} words[] = {
	{ "SCRAM-SHA-256", 5 }, { "SCRAM-SHA-1", 5 },
	{ NULL, 4 }, { "SCRAM-SHA-256,SCRAM-SHA-512", 4 },
	/* the kind of binding would be a guess, and a password is no guess */
	{ "SCRAM-SHA-256-PLUS", 4 }, { "PLAIN", 3 },
};

static void
one_mechanism_that_is_named_needs_no_features(void **state)
{
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < N(words); i++) {
		pair_init(&p, "juliet@example.org");
		p.scf.bindings = &binding;
		p.scf.nbindings = 1;
		p.ccf.login.binding = our_binding;
		p.ccf.login.mechanisms = words[i].named;
		p.early = true;
		pair_open_direct(&p);
		assert_int_equal(talk(&p), 0);
		if (words[i].named == NULL ||
		    strchr(words[i].named, ',') == NULL)
			assert_int_equal(p.in_flight, words[i].flights);
		assert_delivered(&p);
		pair_release(&p);
	}
}

/* The server has -PLUS, which must not look like a downgrade: flag "n". */
static void
the_named_mechanism_binds_nothing(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org");
	p.ccf.login.binding = our_binding;
	p.ccf.login.mechanisms = "SCRAM-SHA-256";
	p.ccf.login.direct = true;
	assert_int_equal(client_new(&p.c, &p.ccf), 0);
	assert_int_equal(client_secured(p.c), 0);
	assert_int_equal(play(&p, HEAD, 4096), 0);
	/* n,,n=juliet */
	assert_non_null(strstr(buf_str(&p.log),
	    "mechanism='SCRAM-SHA-256'>biwsbj1qdWxpZX"));
	pair_release(&p);
}

static void
a_named_mechanism_that_is_not_there_is_told(void **state)
{
	static const char *const only[] = { "SCRAM-SHA-512", NULL };
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org");
	p.scf.mechanisms = only;
	p.ccf.login.mechanisms = "SCRAM-SHA-256";
	pair_open_direct(&p);
	assert_int_equal(talk(&p), XERR_AUTH);
	assert_non_null(strstr(client_errmsg(p.c),
	    "the server offers SCRAM-SHA-512"));
	pair_release(&p);
}

/* Once, though it was sent ahead of the features. */
static void
a_wrong_password_of_a_named_mechanism_is_tried_once(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, "juliet@example.org");
	p.ccf.login.mechanisms = "SCRAM-SHA-256";
	p.ccf.login.password = "wrong";
	p.ccf.login.password_len = 5;
	pair_open_direct(&p);
	assert_int_equal(talk(&p), XERR_AUTH);
	assert_int_equal(p.flights, 2);
	assert_false(login_was_misled(client_login(p.c)));
	pair_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_goes_as_early_as_the_proof_permits),
		cmocka_unit_test(nothing_goes_ahead_of_a_password_itself),
		cmocka_unit_test(what_went_ahead_is_counted_at_every_cut),
		cmocka_unit_test(who_wants_a_resource_waits),
		cmocka_unit_test(
		    a_refused_token_costs_a_connection_and_no_message),
		cmocka_unit_test(what_was_not_taken_is_told_from_what_may_be),
		cmocka_unit_test(half_an_answer_is_told_from_none),
		cmocka_unit_test(a_wrong_password_is_tried_once),
		cmocka_unit_test(little_goes_ahead),
		cmocka_unit_test(one_mechanism_that_is_named_needs_no_features),
		cmocka_unit_test(the_named_mechanism_binds_nothing),
		cmocka_unit_test(a_named_mechanism_that_is_not_there_is_told),
		cmocka_unit_test(
		    a_wrong_password_of_a_named_mechanism_is_tried_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
