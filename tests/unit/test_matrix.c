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

#include "net/tls_local.h"
#include "sasl/sasl.h"
#include "sasl/verifier.h"
#include "tlspair.h"
#include "xml/ns.h"
#include "xmpp/client.h"
#include "xmpp/fast.h"
#include "xmpp/reply.h"
#include "xmpp/server.h"
#include "xmpp/stanza.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }
#define EXPORTER "tls-exporter"
#define UNIQUE "tls-unique"
#define END_POINT "tls-server-end-point"

enum { ALL = 100000, HOUR = 3600, NOW = 1790000000 };

static const unsigned char secret[SERVER_SECRET] = "0123456789abcdef";
static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct cert_ca *ca;
static struct tls_ctx *cctx, *sctx;
static struct tlspair channels[2], others[2];	/* one of each version */

static void
open_channel(struct tlspair *p, int version)
{
	pair_init(p, cctx, sctx, "example.org", 1000);
	SSL_set_max_proto_version(p->c.tls->ssl, version);
	assert_int_equal(pair_run(p, ALL), 0);
	assert_int_equal(SSL_version(p->c.tls->ssl), version);
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	cctx = client_ctx(ca, NULL);
	sctx = server_ctx(ca,
	    &(struct cert_spec){ .dns = LIST("example.org") }, NULL);
	for (i = 0; i < N(versions); i++) {
		open_channel(&channels[i], versions[i]);
		open_channel(&others[i], versions[i]);
	}
	return 0;
}

static int
teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(versions); i++) {
		pair_release(&channels[i]);
		pair_release(&others[i]);
	}
	tls_ctx_free(cctx);
	tls_ctx_free(sctx);
	cert_ca_free(ca);
	return 0;
}

/* --- One login --------------------------------------------------------- */

struct cell {
	size_t version;			/* an index */
	bool direct, sasl2, ahead;
	bool relayed;			/* by somebody in the middle */
	const char *types;		/* that the server binds by */
	const char *const *mechanisms;	/* that it offers; NULL: all */
	const char *only;		/* --sasl */
	const char *addresses[3];	/* of the client's certificate */
	bool names_us, anonymous, no_password;
	bool stored;			/* the server keeps no passwords */
	struct fast *fast;
	const struct offer *remembered;
	const char *token, *token_for;
};

struct result {
	int r;				/* the client's */
	const char *mechanism, *bound_by, *server_mechanism;
	unsigned flights;		/* of the client */
	unsigned got;			/* messages at the server */
	struct buf said;		/* all that the client has */
	struct jid jid;
	char token[200];
	const char *token_for;
	struct offer offer;
	struct client *client;		/* which lends what is above */
	struct server *server;
};

struct play {
	const struct cell *cell;
	struct result *out;
	bool secured;
};

static int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	(void)arg;
	if (strcmp(jid_str(user), "juliet@example.org") != 0 &&
	    strcmp(jid_str(user), "nurse@example.org") != 0)
		return XERR_AUTH;
	return buf_puts(password, "rose");
}

/* Only that there is one counts here. */
static struct verifier *
find_verifier(void *arg, const struct jid *user)
{
	static struct verifier v;
	struct buf b;
	bool found;

	buf_init(&b, 100);
	found = lookup(arg, user, &b) == 0;
	buf_release(&b);
	return found ? &v : NULL;
}

static int
our_binding(void *arg, const char *type, struct buf *out)
{
	const struct cell *c = arg;

	return tls_binding((c->relayed ? others : channels)[c->version].c.tls,
	    type, out);
}

/* What the server knows of the channel once that is secure. */
static void
tell_server(const struct cell *c, struct server *s)
{
	static const char *const known[] = { EXPORTER, UNIQUE, END_POINT };
	const struct tls *t = channels[c->version].s.tls;
	struct sasl_binding b[N(known)];
	struct buf data[N(known)];
	struct jid j[3];
	size_t i, n = 0;

	for (i = 0; i < N(known); i++) {
		buf_init(&data[i], SASL_BINDING_MAX);
		if (strstr(c->types, known[i]) != NULL &&
		    tls_binding(t, known[i], &data[i]) == 0)
			b[n++] = (struct sasl_binding){ known[i],
			    buf_data(&data[i]), buf_len(&data[i]) };
	}
	assert_int_equal(server_set_bindings(s, b, n), 0);
	for (i = 0; i < N(known); i++)
		buf_release(&data[i]);
	for (n = 0; n < N(j) && c->addresses[n] != NULL; n++)
		assert_int_equal(jid_parse(&j[n], c->addresses[n],
		    strlen(c->addresses[n])), 0);
	assert_int_equal(server_set_addresses(s, j, n), 0);
}

static void
send_message(struct client *c)
{
	struct arena a;
	struct elem *e;

	arena_init(&a, 1 << 16);
	e = elem_new(&a, NS_CLIENT, "message");
	elem_set(e, "to", "nurse@example.org");
	elem_add_with_text(e, NULL, "body", "where");
	assert_int_equal(client_send(c, e), 0);
	arena_release(&a);
}

static int
client_turn(struct play *p)
{
	struct client *c = p->out->client;
	struct client_event ev;
	int r;

	while ((r = client_next(c, &ev)) == 1)
		switch (ev.kind) {
		case CLIENT_TLS:
			assert_int_equal(server_secured(p->out->server), 0);
			tell_server(p->cell, p->out->server);
			r = client_secured(c);
			if (r < 0)
				return r;
			break;
		case CLIENT_ONLINE:
			send_message(c);
			break;
		default:
			break;
		}
	return r;
}

/* Messages are heard, and a ping is answered. */
static void
take_stanza(struct play *p, const struct elem *e)
{
	struct arena a;

	arena_init(&a, 1 << 16);
	if (stanza_is_request(e))
		assert_int_equal(server_send(p->out->server,
		    reply_new(&a, e, "result")), 0);
	else if (strcmp(e->name, "message") == 0)
		p->out->got++;
	arena_release(&a);
}

static void
server_turn(struct play *p)
{
	struct server_event ev;

	while (server_next(p->out->server, &ev) == 1)
		if (ev.kind == SERVER_BIND)
			assert_int_equal(server_accept(p->out->server), 0);
		else if (ev.kind == SERVER_STANZA)
			take_stanza(p, ev.elem);
}

static bool
to_server(struct play *p)
{
	const void *data;
	size_t n = client_pending(p->out->client, &data);
	ssize_t used;

	if (n == 0)
		return false;
	p->out->flights++;
	while ((n = client_pending(p->out->client, &data)) > 0) {
		buf_put(&p->out->said, data, n);
		used = server_feed(p->out->server, data, n);
		client_sent(p->out->client, used < 0 ? n : (size_t)used);
		server_turn(p);
	}
	return true;
}

static bool
to_client(struct play *p)
{
	const void *data;
	size_t n = server_pending(p->out->server, &data);
	ssize_t used;

	if (n == 0)
		return false;
	used = client_feed(p->out->client, data, n);
	server_sent(p->out->server, used < 0 ? n : (size_t)used);
	p->out->r = used < 0 ? (int)used : client_turn(p);
	return true;
}

static void
open_both(const struct cell *c, struct result *out, const struct jid *jid)
{
	struct client_config cc = {
		.login = {
			.jid = jid,
			.password = c->no_password ? NULL : "rose",
			.password_len = 4,
			.nonce = "abcdefghijklmnopqrstuvwxyz234567",
			.retry_nonce = "234567abcdefghijklmnopqrstuvwxyz",
			.mechanisms = c->only,
			.certificate = c->addresses[0] != NULL,
			.names_us = c->names_us,
			.anonymous = c->anonymous,
			.direct = c->direct,
			.binding = our_binding,
			.arg = (void *)(uintptr_t)c,
			.remembered = c->remembered,
			.no_ahead = c->remembered == NULL,
			.agent = c->fast == NULL ? NULL :
			    "0fa2790d-ad6e-40dd-9c0c-675362ec71a3",
			.software = "test",
			.token = c->token,
			.token_len = c->token == NULL ? 0 : strlen(c->token),
			.token_mechanism = c->token_for,
		},
		.identity = { "client", "bot", "test", "1" },
		.id = "q7h2",
	};
	struct server_config sc = {
		.domain = "example.org", .lookup = lookup, .secret = secret,
		.salt = "saltsaltsaltsalt", .salt_len = 16,
		.iterations = 4096, .tls = true, .secure = c->direct,
		.mechanisms = c->mechanisms, .no_sasl2 = !c->sasl2,
		.fast = c->fast, .anonymous = c->anonymous,
		.verifier = c->stored ? find_verifier : NULL,
		.stored = c->stored ? "SCRAM-SHA-1" : NULL,
	};

	assert_int_equal(client_new(&out->client, &cc), 0);
	assert_int_equal(server_new(&out->server, &sc), 0);
	server_set_time(out->server, NOW);
	if (c->direct) {
		tell_server(c, out->server);
		assert_int_equal(client_secured(out->client), 0);
	}
}

static void
keep_result(struct result *out)
{
	const struct login *l = client_login(out->client);
	const char *token;
	int64_t expiry;

	out->mechanism = client_mechanism(out->client);
	out->bound_by = login_bound_by(l);
	out->server_mechanism = server_mechanism(out->server);
	jid_copy(&out->jid, client_jid(out->client));
	if (login_offer(l) != NULL)
		out->offer = *login_offer(l);
	out->token_for = login_new_token(l, &token, &expiry);
	if (out->token_for != NULL)
		snprintf(out->token, sizeof(out->token), "%s", token);
}

/* Let them talk until both are silent, or the client has failed. */
static void
play(const struct cell *c, struct result *out)
{
	struct play p = { .cell = c, .out = out };
	static struct jid jid;
	const char *s = c->anonymous ? "example.org" : "juliet@example.org";
	bool moved;

	*out = (struct result){ 0 };
	buf_init(&out->said, 1 << 20);
	assert_int_equal(jid_parse(&jid, s, strlen(s)), 0);
	open_both(c, out, &jid);
	do {
		client_settle(out->client);
		moved = to_server(&p);
		moved |= to_client(&p);
	} while (moved && out->r >= 0);
	keep_result(out);
}

static void
release(struct result *r)
{
	client_free(r->client);
	server_free(r->server);
	buf_release(&r->said);
}

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
 * which takes a flight less, but where PLAIN is what there is.
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
		    (strcmp(mechanism, "PLAIN") != 0));
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

	return cmocka_run_group_tests_name("matrix", tests, setup, teardown);
}
