/*
 * A client and a server in memory that talk to each other, for the tests of the
 * client.
 */
#ifndef CLIENTPAIR_H
#define CLIENTPAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "client/client.h"
#include "server/server.h"
#include "xmpp/stanza.h"

#define PASSWORD "ros\xc3\xa9"

static const unsigned char secret[SERVER_SECRET] = "0123456789abcdef";

struct pair {
	struct jid jid;
	struct client_config ccf;
	struct server_config scf;
	struct client *c;
	struct server *s;
	size_t step;		/* bytes that travel at once */
	struct buf log;		/* what happened at the client */
	unsigned got;		/* stanzas at the server */
	bool echo;		/* the server returns messages */
	bool early;		/* the client sends as soon as it may */
	bool sent;		/* and did */
	bool closed;
	bool tls;		/* both have changed over */
	unsigned flights;	/* turns in which the client spoke */
	unsigned messages;	/* at the server */
	unsigned in_flight;	/* which one held the first of them */
};

static inline int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	size_t n;

	(void)arg;
	if (strncmp(jid_local(user, &n), "juliet", 6) != 0)
		return XERR_AUTH;
	return buf_puts(password, PASSWORD);
}

static inline void
pair_init(struct pair *p, const char *jid)
{
	memset(p, 0, sizeof(*p));
	assert_int_equal(jid_parse(&p->jid, jid, strlen(jid)), 0);
	p->step = 4096;
	buf_init(&p->log, 1 << 20);
	p->ccf = (struct client_config){
		.login = {
			.jid = &p->jid,
			.password = PASSWORD,
			.password_len = sizeof(PASSWORD) - 1,
			.nonce = "abcdefghijklmnopqrstuvwxyz234567",
			.retry_nonce = "234567abcdefghijklmnopqrstuvwxyz",
		},
		.identity = { "client", "bot", "test", "1" },
		.id = "q7h2",
	};
	p->scf = (struct server_config){
		.domain = "example.org",
		.lookup = lookup,
		.secret = secret,
		.salt = "saltsaltsaltsalt", .salt_len = 16,
		.iterations = 4096,
		.tls = true,
	};
}

static inline void
pair_open(struct pair *p)
{
	assert_int_equal(client_new(&p->c, &p->ccf), 0);
	assert_int_equal(server_new(&p->s, &p->scf), 0);
}

/* With direct TLS, which is there already. */
static inline int client_events(struct pair *p);

static inline void
pair_open_direct(struct pair *p)
{
	p->ccf.login.direct = p->scf.secure = p->tls = true;
	pair_open(p);
	assert_int_equal(client_secured(p->c), 0);
	assert_int_equal(client_events(p), 0);
}

static inline void
pair_release(struct pair *p)
{
	client_free(p->c);
	server_free(p->s);
	buf_release(&p->log);
}

static inline void
send_message(struct pair *p, const char *body)
{
	struct arena a;
	struct elem *e;

	arena_init(&a, 1 << 16);
	e = elem_new(&a, NS_CLIENT, "message");
	elem_set(e, "to", "romeo@example.org");
	elem_set(e, "id", body);
	elem_add_with_text(e, NULL, "body", body);
	assert_null(client_check(p->c, e));
	assert_int_equal(client_send(p->c, e), 0);
	arena_release(&a);
}

static inline void
send_early(struct pair *p)
{
	if (p->early && !p->sent)
		send_message(p, "early");
	p->sent = true;
}

/* The client's events; the error that ends them, or 0. */
static inline int
client_events(struct pair *p)
{
	struct client_event ev;
	int r;

	while ((r = client_next(p->c, &ev)) == 1)
		switch (ev.kind) {
		case CLIENT_TLS:
			buf_puts(&p->log, "tls ");
			assert_int_equal(client_secured(p->c), 0);
			break;
		case CLIENT_ONLINE:
			buf_puts(&p->log, "online ");
			send_early(p);
			break;
		case CLIENT_AHEAD:
			buf_puts(&p->log, "ahead ");
			send_early(p);
			break;
		case CLIENT_BOUND:
			buf_printf(&p->log, "bound %s ",
			    jid_str(client_jid(p->c)));
			break;
		case CLIENT_STANZA:
			buf_printf(&p->log, "%s ", ev.elem->name);
			break;
		case CLIENT_ACKED:
			buf_printf(&p->log, "acked %zu ", ev.acked);
			break;
		default:
			buf_puts(&p->log, "closed ");
			p->closed = true;
		}
	return r;
}

static inline void
server_stanza(struct pair *p, const struct elem *e)
{
	struct arena a;

	p->got++;
	if (strcmp(e->name, "message") == 0 && p->messages++ == 0)
		p->in_flight = p->flights;
	arena_init(&a, 1 << 16);
	if (stanza_is_request(e))
		server_send(p->s, stanza_reply(&a, e, "result"));
	else if (p->echo && strcmp(e->name, "message") == 0)
		server_send(p->s, e);
	arena_release(&a);
}

static inline void
server_events(struct pair *p)
{
	struct server_event ev;

	while (server_next(p->s, &ev) == 1)
		switch (ev.kind) {
		case SERVER_TLS:
			/* <proceed/> is in clear, then both begin anew */
			break;
		case SERVER_BIND:
			assert_int_equal(server_accept(p->s), 0);
			break;
		case SERVER_STANZA:
			server_stanza(p, ev.elem);
			break;
		default:
			break;
		}
}

/* Move up to STEP bytes to the server; whether there were any. */
static inline bool
to_server(struct pair *p)
{
	const void *data;
	size_t n = client_pending(p->c, &data);
	char copy[4096];
	ssize_t used;

	n = n < p->step ? n : p->step;
	if (n == 0)
		return false;
	memcpy(copy, data, n);
	used = server_feed(p->s, copy, n);
	client_sent(p->c, used < 0 ? n : (size_t)used);
	server_events(p);
	return true;
}

static inline bool
to_client(struct pair *p, int *r)
{
	const void *data;
	size_t n = server_pending(p->s, &data);
	char copy[4096];
	ssize_t used;

	n = n < p->step ? n : p->step;
	if (n == 0)
		return false;
	memcpy(copy, data, n);
	used = client_feed(p->c, copy, n);
	server_sent(p->s, used < 0 ? n : (size_t)used);
	*r = used < 0 ? (int)used : client_events(p);
	return true;
}

/* Let them talk until both are silent, or the client fails. */
static inline int
talk(struct pair *p)
{
	bool moved = true;
	const void *data;
	int r = 0;

	while (moved && r >= 0) {
		if (client_pending(p->c, &data) > 0)
			p->flights++;
		for (moved = false; to_server(p); moved = true)
			;
		while (r >= 0 && to_client(p, &r)) {
			moved = true;
			/* both sides change over between two bytes */
			if (!p->tls && strstr(buf_str(&p->log), "tls ")) {
				p->tls = true;
				assert_int_equal(server_pending(p->s, &data),
				    0);
				assert_int_equal(server_secured(p->s), 0);
				break;
			}
		}
		if (r >= 0) {
			client_confirm(p->c, client_received(p->c));
			client_settle(p->c);
		}
	}
	return r;
}

/* Play SAYS; what the client said is in P->log, its verdict returned. */
static inline int
play(struct pair *p, const char *says, size_t step)
{
	const char *end = strchr(says, '|');
	struct client_event ev;
	const void *data;
	size_t n, i, len;
	ssize_t used;
	int r = 0;

	for (;; says = end + 1, end = strchr(says, '|')) {
		n = client_pending(p->c, &data);
		buf_put(&p->log, data, n);
		client_sent(p->c, n);
		len = end == NULL ? strlen(says) : (size_t)(end - says);
		for (i = 0; i < len && r >= 0; i += (size_t)used) {
			n = len - i < step ? len - i : step;
			if ((used = client_feed(p->c, says + i, n)) < 0) {
				r = (int)used;
				break;
			}
			while ((r = client_next(p->c, &ev)) == 1)
				if (ev.kind == CLIENT_TLS)
					client_secured(p->c);
		}
		if (r < 0 || end == NULL)
			break;
	}
	n = client_pending(p->c, &data);
	buf_put(&p->log, data, n);
	client_sent(p->c, n);
	return r;
}

#endif
