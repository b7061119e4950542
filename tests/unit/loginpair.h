/*
 * A login in memory, of the client to the server, over TLS channels that are
 * real as far as their bindings go; for the tests of what comes of it.
 */
#ifndef LOGINPAIR_H
#define LOGINPAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "net/tls_int.h"
#include "sasl/verifier.h"
#include "tlspair.h"
#include "xml/ns.h"
#include "client/client.h"
#include "server/fast.h"
#include "server/server_reply.h"
#include "server/server.h"
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

static inline void
open_channel(struct tlspair *p, int version)
{
	pair_init(p, cctx, sctx, "example.org", 1000);
	SSL_set_max_proto_version(p->c.tls->ssl, version);
	assert_int_equal(pair_run(p, ALL), 0);
	assert_int_equal(SSL_version(p->c.tls->ssl), version);
}

/* For cmocka. */
static inline int
channels_setup(void **state)
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

static inline int
channels_teardown(void **state)
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

static inline int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	(void)arg;
	if (strcmp(jid_str(user), "juliet@example.org") != 0 &&
	    strcmp(jid_str(user), "nurse@example.org") != 0)
		return XERR_AUTH;
	return buf_puts(password, "rose");
}

/* Only that there is one counts here. */
static inline struct verifier *
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

static inline int
our_binding(void *arg, const char *type, struct buf *out)
{
	const struct cell *c = arg;

	return tls_binding((c->relayed ? others : channels)[c->version].c.tls,
	    type, out);
}

/* What the server knows of the channel once that is secure. */
static inline void
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

static inline void
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

static inline int
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
static inline void
take_stanza(struct play *p, const struct elem *e)
{
	struct arena a;

	arena_init(&a, 1 << 16);
	if (stanza_is_request(e))
		assert_int_equal(server_send(p->out->server,
		    server_reply_new(&a, e, "result")), 0);
	else if (strcmp(e->name, "message") == 0)
		p->out->got++;
	arena_release(&a);
}

static inline void
server_turn(struct play *p)
{
	struct server_event ev;

	while (server_next(p->out->server, &ev) == 1)
		if (ev.kind == SERVER_BIND)
			assert_int_equal(server_accept(p->out->server), 0);
		else if (ev.kind == SERVER_STANZA)
			take_stanza(p, ev.elem);
}

static inline bool
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

static inline bool
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

static inline void
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

static inline void
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
static inline void
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

static inline void
release(struct result *r)
{
	client_free(r->client);
	server_free(r->server);
	buf_release(&r->said);
}

#endif
