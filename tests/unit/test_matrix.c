/*
 * Every way to log in, the client against the server in memory, over real TLS
 * channels as far as their bindings go: what comes of each is in the tables,
 * which were written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loginpair.h"
#include "sasl/sasl.h"

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const char *
shown(const char *s)
{
	return s == NULL ? "nothing" : s;
}

/*
 * C leads to MECHANISM, bound by TYPE (NULL: by none), and a message is heard
 * and acknowledged; MECHANISM NULL: it leads to XERR_AUTH and to nothing.
 */
static void
leads_to(const struct cell *c, const char *mechanism, const char *type,
    struct result *out)
{
	bool in = mechanism != NULL;

	play(c, out);
	if (out->r != (in ? 0 : XERR_AUTH) || out->got != (in ? 1 : 0) ||
	    (in && (!same(out->mechanism, mechanism) ||
	    !same(out->server_mechanism, mechanism) ||
	    !same(out->bound_by, type) ||
	    client_unacked_count(out->client) != 0)))
		fail_msg("TLS 1.%zu, %s, %s%s, by %s, only %s, of %s ...: %d, "
		    "%s by %s, %u heard, not %s by %s: %s", c->version + 2,
		    c->direct ? "direct" : "STARTTLS",
		    c->sasl2 ? "SASL2" : "SASL", c->ahead ? ", ahead" : "",
		    c->types, shown(c->only), c->mechanisms == NULL ? "all" :
		    c->mechanisms[0], out->r, shown(out->mechanism),
		    shown(out->bound_by), out->got, shown(mechanism),
		    shown(type),
		    client_errmsg(out->client));
}

/*
 * The same, and a second time, with what the first one has seen sent ahead,
 * which takes a flight less, but where PLAIN is what there is; and, where the
 * resource is bound by a request of its own, two less.
 */
static void
leads_twice_to(struct cell c, const char *mechanism, const char *type)
{
	struct result first, second;

	leads_to(&c, mechanism, type, &first);
	c.remembered = &first.offer;
	c.ahead = true;
	leads_to(&c, mechanism, type, &second);
	if (mechanism != NULL)
		assert_int_equal(second.flights, first.flights -
		    (strcmp(mechanism, "PLAIN") != 0) - (c.sasl2 ? 0 : 2));
	release(&first);
	release(&second);
}

/*
 * F for each version of TLS, way to begin it, and protocol of SASL; where time
 * is short, for some of these.
 */
static void
for_all(void (*f)(struct cell))
{
	unsigned i, step = getenv("SLOW") != NULL ? 3 : 1;
	struct cell c = { .types = "" };

	for (i = 0; i < 8; i += step) {
		c.version = i & 1;
		c.direct = (i & 2) != 0;
		c.sasl2 = (i & 4) != 0;
		f(c);
	}
}

/* --- The tables -------------------------------------------------------- */

/* What a server binds by, and what it comes to under TLS 1.2 and 1.3. */
static const struct channel {
	const char *types, *by[2], *token[2];
} bindings[] = {
	{ "", { NULL, NULL }, { "HT-SHA-256-NONE", "HT-SHA-256-NONE" } },
	{ EXPORTER, { EXPORTER, EXPORTER },
	    { "HT-SHA-256-EXPR", "HT-SHA-256-EXPR" } },
	{ UNIQUE, { UNIQUE, NULL }, { "HT-SHA-256-UNIQ", "HT-SHA-256-NONE" } },
	{ END_POINT, { END_POINT, END_POINT },
	    { "HT-SHA-256-ENDP", "HT-SHA-256-ENDP" } },
	{ UNIQUE " " END_POINT, { UNIQUE, END_POINT },
	    { "HT-SHA-256-UNIQ", "HT-SHA-256-ENDP" } },
	{ EXPORTER " " UNIQUE, { EXPORTER, EXPORTER },
	    { "HT-SHA-256-EXPR", "HT-SHA-256-EXPR" } },
	{ EXPORTER " " UNIQUE " " END_POINT, { EXPORTER, EXPORTER },
	    { "HT-SHA-256-EXPR", "HT-SHA-256-EXPR" } }
};

#define S1 "SCRAM-SHA-1"
#define S256 "SCRAM-SHA-256"
#define S512 "SCRAM-SHA-512"
#define P "-PLUS"

/* What it offers, what is asked for, and the outcome if it binds or not. */
static const struct choice {
	const char *const *offered;	/* NULL: all */
	const char *only, *bound, *unbound;
} choices[] = {
	{ NULL, NULL, S512 P, S512 },
	{ LIST(S512 P), NULL, S512 P, NULL },
	{ LIST(S256 P), NULL, S256 P, NULL },
	{ LIST(S1 P), NULL, S1 P, NULL },
	{ LIST(S512), NULL, S512, S512 },
	{ LIST(S256), NULL, S256, S256 },
	{ LIST(S1), NULL, S1, S1 },
	{ LIST("PLAIN"), NULL, "PLAIN", "PLAIN" },
	{ LIST(S512, S1 P), NULL, S1 P, S512 },
	{ LIST("PLAIN", S1, S256), NULL, S256, S256 },
	{ LIST("PLAIN", S1 P), NULL, S1 P, "PLAIN" },
	{ NULL, S512 P, S512 P, NULL },
	{ NULL, S256 P, S256 P, NULL },
	{ NULL, S1 P, S1 P, NULL },
	{ NULL, S512, S512, S512 },
	{ NULL, S256, S256, S256 },
	{ NULL, S1, S1, S1 },
	{ NULL, "PLAIN", "PLAIN", "PLAIN" },
	{ NULL, S256 P "," S256, S256 P, S256 },
	{ NULL, "PLAIN," S1, S1, S1 },
	{ NULL, "EXTERNAL", NULL, NULL },
	{ NULL, "ANONYMOUS", NULL, NULL },
	{ LIST("ANONYMOUS"), NULL, NULL, NULL },
	{ LIST("EXTERNAL"), NULL, NULL, NULL }
};

static bool
is_plus(const char *mechanism)
{
	return mechanism != NULL && strstr(mechanism, P) != NULL;
}

/* Which type it is matters to the first few; to all, whether there is one. */
enum { FIRST_FEW = 4 };

static void
by_password(struct cell c)
{
	const char *mechanism, *type;
	size_t i, k, n;

	for (i = 0; i < N(bindings); i++) {
		n = i == 0 || i == N(bindings) - 1 ? N(choices) : FIRST_FEW;
		for (k = 0; k < n; k++) {
			c.types = bindings[i].types;
			c.mechanisms = choices[k].offered;
			c.only = choices[k].only;
			type = bindings[i].by[c.version];
			mechanism = type != NULL ? choices[k].bound :
			    choices[k].unbound;
			leads_twice_to(c, mechanism,
			    is_plus(mechanism) ? type : NULL);
		}
	}
}

static void
passwords_lead_to_the_strongest_that_both_have(void **state)
{
	(void)state;
	for_all(by_password);
}

static void
without_password(struct cell c)
{
	size_t k;

	c.no_password = true;
	c.types = EXPORTER;
	for (k = 0; k < N(choices); k++) {
		c.mechanisms = choices[k].offered;
		c.only = choices[k].only;
		leads_twice_to(c, NULL, NULL);
	}
}

static void
without_a_password_there_is_no_way(void **state)
{
	(void)state;
	for_all(without_password);
}

/* Somebody in the middle has a channel to each, and they are not the same. */
static void
relayed(struct cell c)
{
	static const char *const types[] = { EXPORTER, UNIQUE };
	static const char *const plus[] = { S512 P, S256 P, S1 P };
	struct result r;
	size_t i, k;

	c.relayed = true;
	for (i = 0; i < N(types) - c.version; i++)
		for (k = 0; k < N(plus); k++) {
			c.types = types[i];
			c.mechanisms = LIST(plus[k]);
			leads_to(&c, NULL, NULL, &r);
			assert_string_equal(r.mechanism, plus[k]);
			assert_string_equal(r.bound_by, types[i]);
			release(&r);
		}
}

static void
what_is_bound_does_not_go_through_another_channel(void **state)
{
	(void)state;
	for_all(relayed);
}

/* Whom to act as is said where a certificate does not, and nowhere else. */
static void
by_plain(struct cell c)
{
	struct result r;

	c.only = "PLAIN";
	leads_to(&c, "PLAIN", NULL, &r);
	/* NUL juliet NUL rose */
	assert_non_null(strstr(buf_str(&r.said), ">AGp1bGlldAByb3Nl<"));
	release(&r);
}

static void
a_password_is_for_its_own_account(void **state)
{
	(void)state;
	for_all(by_plain);
}

/* --- Tokens ------------------------------------------------------------ */

static void
by_token(struct cell c)
{
	struct result first, second;
	const char *type;
	size_t i;

	if (!c.sasl2)
		return;
	for (i = 0; i < N(bindings); i++) {
		assert_int_equal(fast_new(&c.fast, 2 * HOUR, HOUR), 0);
		c.types = bindings[i].types;
		c.token = c.token_for = NULL;
		c.remembered = NULL;
		type = bindings[i].by[c.version];
		leads_to(&c, type != NULL ? S512 P : S512, type, &first);
		assert_string_equal(first.token_for,
		    bindings[i].token[c.version]);
		c.token = first.token;
		c.token_for = first.token_for;
		c.remembered = &first.offer;
		leads_to(&c, first.token_for, type, &second);
		/* header, STARTTLS; header, authentication; message */
		assert_int_equal(second.flights, c.direct ? 2 : 3);
		release(&first);
		release(&second);
		fast_free(c.fast);
	}
}

static void
tokens_lead_to_the_best_binding_that_both_have(void **state)
{
	(void)state;
	for_all(by_token);
}

/* On another channel the server refuses it, and the password is as bound. */
static void
stolen_token(struct cell c)
{
	struct result first, second;

	if (!c.sasl2)
		return;
	assert_int_equal(fast_new(&c.fast, 2 * HOUR, HOUR), 0);
	c.types = c.version == 0 ? UNIQUE : EXPORTER;
	leads_to(&c, S512 P, c.types, &first);
	c.token = first.token;
	c.token_for = first.token_for;
	c.relayed = true;
	leads_to(&c, NULL, NULL, &second);
	assert_string_equal(second.mechanism, S512 P);
	assert_true(login_token_refused(client_login(second.client)));
	release(&first);
	release(&second);
	fast_free(c.fast);
}

static void
a_token_does_not_go_through_another_channel(void **state)
{
	(void)state;
	for_all(stolen_token);
}

/* --- Certificates, and nobody ------------------------------------------ */

static const struct identity {
	const char *addresses[3];
	bool names_us;			/* what the client says of it */
	const char *bound, *unbound;	/* with a password, too */
	bool in;			/* without one */
} identities[] = {
	{ { "juliet@example.org" }, true, "EXTERNAL", "EXTERNAL", true },
	{ { "juliet@example.org" }, false, "EXTERNAL", "EXTERNAL", true },
	{ { "juliet@example.org", "nurse@example.org" }, false, "EXTERNAL",
	    "EXTERNAL", true },
	{ { "nurse@example.org", "juliet@example.org" }, false, "EXTERNAL",
	    "EXTERNAL", true },
	/* of another domain: the server does not offer it */
	{ { "juliet@example.net" }, false, S512 P, S512, false },
	{ { "example.org" }, false, S512 P, S512, false },
	{ { "juliet@example.net", "juliet@example.org" }, false, "EXTERNAL",
	    "EXTERNAL", true },
	/* somebody else's: who would not say who we are would be the nurse */
	{ { "nurse@example.org" }, false, NULL, NULL, false },
	{ { "romeo@example.org" }, false, NULL, NULL, false }
};

static void
by_certificate(struct cell c)
{
	const struct identity *id;
	struct result r;
	size_t i;

	for (i = 0; i < 4 * N(identities); i++) {
		id = &identities[i / 4];
		memcpy(c.addresses, id->addresses, sizeof(c.addresses));
		c.names_us = id->names_us;
		c.types = i % 2 != 0 ? EXPORTER : "";
		c.no_password = i % 4 > 1;
		leads_to(&c, c.no_password ? (id->in ? "EXTERNAL" : NULL) :
		    i % 2 != 0 ? id->bound : id->unbound,
		    i % 4 == 1 && is_plus(id->bound) ? EXPORTER : NULL, &r);
		if (r.r == 0)
			assert_memory_equal(jid_str(&r.jid),
			    "juliet@example.org/", 19);
		release(&r);
	}
}

static void
a_certificate_leads_to_external_and_nobody_else(void **state)
{
	(void)state;
	for_all(by_certificate);
}

/* Who does not say who it is, is taken for the only one that there is. */
static void
misjudged(struct cell c)
{
	struct result r;

	c.names_us = true;
	c.addresses[0] = "nurse@example.org";
	play(&c, &r);
	/* by RFC 6120 it is heard by then: the client must know better */
	assert_int_equal(r.r, c.sasl2 ? XERR_AUTH : XERR_PROTO);
	release(&r);
	c.stored = true;
	play(&c, &r);
	assert_int_equal(r.r, c.sasl2 ? XERR_AUTH : XERR_PROTO);
	release(&r);
	/* who is not there is nobody, whatever certificate he has */
	c.addresses[0] = "romeo@example.org";
	leads_to(&c, NULL, NULL, &r);
	release(&r);
	c.stored = false;
	leads_to(&c, NULL, NULL, &r);
	release(&r);
	c.addresses[0] = "nurse@example.org";
	c.addresses[1] = "juliet@example.org";
	leads_to(&c, NULL, NULL, &r);
	release(&r);
}

static void
who_does_not_say_which_of_several_is_not_let_in(void **state)
{
	(void)state;
	for_all(misjudged);
}

static void
as_nobody(struct cell c)
{
	struct result r;
	size_t i;

	c.anonymous = c.no_password = true;
	c.only = "ANONYMOUS";
	for (i = 0; i < N(bindings); i++) {
		c.types = bindings[i].types;
		leads_twice_to(c, "ANONYMOUS", NULL);
	}
	assert_int_equal(fast_new(&c.fast, 2 * HOUR, HOUR), 0);
	leads_to(&c, "ANONYMOUS", NULL, &r);
	/* there is nobody to come again, or to be known again */
	assert_null(r.token_for);
	assert_null(strstr(buf_str(&r.said), "user-agent"));
	assert_null(strstr(buf_str(&r.said), "request-token"));
	assert_null(strstr(buf_str(&r.said), "from="));
	assert_non_null(strstr(jid_str(&r.jid), "@example.org/"));
	release(&r);
	fast_free(c.fast);
}

static void
anybody_may_come_where_that_is_so(void **state)
{
	(void)state;
	for_all(as_nobody);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    passwords_lead_to_the_strongest_that_both_have),
		cmocka_unit_test(without_a_password_there_is_no_way),
		cmocka_unit_test(a_password_is_for_its_own_account),
		cmocka_unit_test(
		    what_is_bound_does_not_go_through_another_channel),
		cmocka_unit_test(
		    tokens_lead_to_the_best_binding_that_both_have),
		cmocka_unit_test(a_token_does_not_go_through_another_channel),
		cmocka_unit_test(
		    a_certificate_leads_to_external_and_nobody_else),
		cmocka_unit_test(
		    who_does_not_say_which_of_several_is_not_let_in),
		cmocka_unit_test(anybody_may_come_where_that_is_so)
	};

	return cmocka_run_group_tests_name("matrix", tests,
	    channels_setup, channels_teardown);
}
