/* A server on loopback: one of its clients. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "serve/testserver_int.h"
#include "watch/tracefile.h"
#include "net/conn.h"
#include "net/tls.h"
#include "sasl/scram.h"
#include "server/server.h"
#include "xml/ndxml.h"

enum {
	QUEUE_MAX = 16 << 20,	/* what waits for one client, at most */
	QUEUE_LOW = 64 << 10,	/* from here on its senders go on */
	STANZA_MAX = 1 << 20,	/* if nothing is said */
	ESCAPED = 6		/* times as long a character may be written */
};

size_t
testclient_waiting(const struct testclient *c)
{
	const void *p;

	return c->server == NULL ? 0 : server_pending(c->server, &p);
}

void
testclient_free(struct testclient *c)
{
	server_free(c->server);
	conn_free(c->conn);
	tracefile_free(c->trace);
	free(c);
}

/* Hang up as soon as everything is sent. */
void
testclient_end(struct testclient *c)
{
	if (c->ending)
		return;
	c->ending = true;
	c->deadline = pump_deadline(TESTSERVER_MS_CLOSE);
	testserver_enqueue(c->hub, c);
}

/* The account of USER, or NULL. */
static struct testserver_account *
find_account(struct testserver *h, const struct jid *user)
{
	const char *local;
	size_t i, n;

	local = jid_local(user, &n);
	for (i = 0; local != NULL && i < h->naccounts; i++)
		if (strlen(h->accounts[i].local) == n &&
		    memcmp(h->accounts[i].local, local, n) == 0)
			return &h->accounts[i];
	return NULL;
}

static int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	const struct testserver_account *a = find_account(arg, user);

	return a == NULL ? XERR_AUTH : buf_puts(password, a->password);
}

static struct verifier *
verifier(void *arg, const struct jid *user)
{
	struct testserver_account *a = find_account(arg, user);

	return a == NULL ? NULL : &a->verifier;
}

/* --trace; a client is served all the same if it cannot be written. */
static void
open_trace(struct testclient *c)
{
	const struct testserver_config *hc = &c->hub->config;
	char path[4096];
	struct buf why;
	int n;

	if (hc->trace == NULL)
		return;
	n = snprintf(path, sizeof(path), "%s.%u", hc->trace, c->number);
	if (n < 0 || (size_t)n >= sizeof(path))
		return;
	buf_init(&why, 512);
	if (tracefile_new(&c->trace, path, hc->trace_secrets, &why) < 0)
		cli_warn("client %u: %s", c->number, buf_str(&why) != NULL ?
		    buf_str(&why) : path);
	buf_release(&why);
}

/* Make the server side of a stream, of a connection with TLS or without. */
static int
begin(struct testclient *c, bool secure)
{
	const struct testserver_config *hc = &c->hub->config;
	size_t stanza = hc->max_stanza == 0 ? STANZA_MAX : hc->max_stanza;
	struct server_config sc = {
		.domain = hc->domain, .lookup = lookup, .arg = c->hub,
		.verifier = hc->store == NULL ? NULL : verifier,
		.stored = hc->store,
		.secret = c->secret, .salt = c->hub->salt, .salt_len = TESTSERVER_SALT,
		.iterations = SCRAM_ITERATIONS_MIN,
		.mechanisms = hc->mechanisms,
		.limits = { .size = stanza },
		.out_max = QUEUE_MAX + ESCAPED * stanza,
		.secure = secure, .tls = true,
		.plaintext_ok = hc->plaintext_ok, .no_sm = hc->no_sm,
		.no_sasl2 = hc->no_sasl2, .anonymous = hc->anonymous,
		.fast = c->hub->fast
	};

	open_trace(c);
	return server_new(&c->server, &sc);
}

static int
start_tls(struct testclient *c)
{
	struct buf *in = conn_in(c->conn);
	struct tls *t;
	int r;

	/* behind <starttls/>; no record begins with it */
	while (buf_len(in) > 0 && strchr(" \t\r\n", buf_data(in)[0]) != NULL &&
	    buf_data(in)[0] != '\0')
		buf_consume(in, 1);
	if ((r = tls_new(&t, c->hub->tls, NULL)) < 0)
		return r;
	return conn_start_tls(c->conn, t);
}

/*
 * The first byte tells (RFC 8446 5.1, XEP-0368): 22 begins a handshake, and
 * is no character of XML.
 */
static int
look(struct testclient *c)
{
	enum { HANDSHAKE = 22 };
	bool direct = buf_data(conn_in(c->conn))[0] == HANDSHAKE;
	int r;

	if ((r = begin(c, direct)) < 0)
		return r;
	return direct ? start_tls(c) : 0;
}

/* What the stream has to say goes to the connection, as far as it may. */
static bool
flush(struct testclient *c)
{
	struct buf *out = conn_out(c->conn);
	const void *p;
	size_t n;

	if (c->server == NULL || (n = server_pending(c->server, &p)) == 0)
		return false;
	if (n > buf_room(out))
		n = buf_room(out);
	if (n == 0 || buf_put(out, p, n) < 0)
		return false;
	/* as the client itself would write it: this is what it receives */
	tracefile_put(c->trace, TRACE_IN, p, n);
	server_sent(c->server, n);
	if (c->congested && !c->ending)
		c->deadline = testserver_deadline(c->hub);
	return true;
}

/* Is it the account that was made up for an anonymous client? */
static bool
is_guest(const struct testclient *c)
{
	const char *mechanism = server_mechanism(c->server);

	return mechanism != NULL && strcmp(mechanism, "ANONYMOUS") == 0;
}

/* A new resource (RFC 6120 7.7). */
static void
bind(struct testclient *c)
{
	const struct jid *j = server_jid(c->server);
	const char *upgraded;
	int r = 0;

	if (is_guest(c) && !c->guest) {
		r = router_add_guest(c->hub->router, j);
		c->guest = r == 0;
	}
	if (r == 0)
		r = router_bind(c->hub->router, &c->session, j, c);
	if (r < 0) {
		server_refuse(c->server, "resource-constraint");
		return;
	}
	server_accept(c->server);
	c->deadline = -1;
	upgraded = server_upgraded(c->server);
	cli_verbose(1, "client %u: %s by %s%s%s", c->number, jid_str(j),
	    server_mechanism(c->server),
	    upgraded == NULL ? "" : ", upgraded to ",
	    upgraded == NULL ? "" : upgraded);
}

static int
route(struct testclient *c, struct elem *e)
{
	struct testserver *h = c->hub;
	int r;

	testserver_log_stanza(h, e);
	h->current = c;
	r = router_stanza(h->router, c->session, e, h->now);
	h->current = NULL;
	return r;
}

/* What the client has not acknowledged is for its account's next session. */
static void
give_back(struct testclient *c)
{
	struct xparse_limits limits = { .size = TESTSERVER_UNACKED };
	const struct outbox_item *it = server_unacked_first(c->server);
	struct ndxml_reader *reader;
	struct buf b;
	struct elem *e;

	if (it == NULL || (c->hub->config.close_takes_all &&
	    server_closed_by_client(c->server)) ||
	    ndxml_reader_new(&reader, &limits, '\0') < 0)
		return;
	buf_init(&b, TESTSERVER_UNACKED);
	for (; it != NULL; it = it->next) {
		buf_put(&b, it->bytes, it->len);
		buf_putc(&b, '\0');
	}
	while (ndxml_read(reader, &b, true, &e) == 1)
		router_return(c->hub->router, server_jid(c->server), e,
		    c->hub->now);
	buf_release(&b);
	ndxml_reader_free(reader);
}

/* The stream is over, in order or not: nothing more is said to it. */
static void
leave(struct testclient *c)
{
	if (c->session != NULL) {
		router_unbind(c->hub->router, c->session);
		c->session = NULL;
	}
	if (c->server != NULL && !c->given_back)
		give_back(c);
	c->given_back = true;
	if (c->guest)
		router_remove_guest(c->hub->router, server_jid(c->server));
	c->guest = false;
	testclient_end(c);
}

static int
take(struct testclient *c, const struct server_event *ev)
{
	int r;

	switch (ev->kind) {
	case SERVER_TLS:
		flush(c);	/* <proceed/> is the last in clear */
		if ((r = start_tls(c)) < 0)
			return r;
		return server_secured(c->server);
	case SERVER_BIND:
		bind(c);
		return 0;
	case SERVER_STANZA:
		if (c->session == NULL || (r = route(c, ev->elem)) == 0)
			return 0;
		/* not handled: it must not be acknowledged */
		server_close(c->server, "resource-constraint", NULL);
		return r;
	case SERVER_PASSED:
		cli_warn("client %u: <%s/> was refused: %s", c->number,
		    ev->elem->name, ev->why);
		return 0;
	case SERVER_CLOSED:
		cli_verbose(1, "client %u: closed", c->number);
		leave(c);
		return 0;
	default:
		return 0;
	}
}

/* May its next stanza be looked at, or must others read first? */
static bool
may_take(struct testclient *c)
{
	struct testserver *h = c->hub;

	if (buf_len(&h->log) >= TESTSERVER_LOG_HIGH) {
		h->log_full = true;
		return false;
	}
	return c->waits_for == NULL && !c->ending;
}

/* The stream takes what has come; whether anything moved. */
static bool
feed(struct testclient *c)
{
	struct buf *in = conn_in(c->conn);
	struct server_event ev;
	bool moved = false;
	ssize_t n;
	int r;

	while (may_take(c)) {
		if ((r = server_next(c->server, &ev)) == 1 &&
		    take(c, &ev) == 0) {
			moved = true;
			continue;
		}
		if (r != 0) {
			cli_verbose(1, "client %u: %s", c->number,
			    server_errmsg(c->server));
			leave(c);
			return true;
		}
		n = server_feed(c->server, buf_data(in), buf_len(in));
		if (n <= 0)
			break;
		tracefile_put(c->trace, TRACE_OUT, buf_data(in), (size_t)n);
		buf_consume(in, (size_t)n);
		moved = true;
	}
	return moved;
}

/* Those who waited for C need not any more. */
static void
release(struct testclient *c)
{
	struct testserver *h = c->hub;
	size_t i;

	c->congested = false;
	if (!c->ending && c->session != NULL)
		c->deadline = -1;
	h->slow = false;
	for (i = 0; i < h->n; i++) {
		if (h->clients[i]->waits_for == c) {
			h->clients[i]->waits_for = NULL;
			testserver_enqueue(h, h->clients[i]);
		}
		h->slow |= h->clients[i]->congested;
	}
}

/* Its connection is of no more use. */
static void
hang_up(struct testclient *c, const char *why)
{
	if (c->gone)
		return;
	cli_verbose(1, "client %u: hung up%s%s", c->number,
	    why[0] != '\0' ? ": " : "", why);
	c->gone = true;
	leave(c);
	release(c);
}

/* It has been told everything: close, and wait for it to close. */
static void
finish(struct testclient *c)
{
	if (testclient_waiting(c) > 0)
		return;
	conn_shutdown(c->conn);
	/* what it still says is of no interest, but that it ends is */
	buf_consume(conn_in(c->conn), buf_len(conn_in(c->conn)));
}

/* It has hung up: is there nothing left to be taken from it, or sent? */
static bool
is_over(struct testclient *c)
{
	if (!conn_eof(c->conn) || buf_len(conn_in(c->conn)) > 0)
		return false;
	if (c->ending)
		return testclient_waiting(c) == 0 && (conn_drained(c->conn) ||
		    conn_truncated(c->conn));
	return may_take(c);
}

/* Move what can be moved for one client. */
void
testclient_work(struct testclient *c)
{
	bool moved;
	int r;

	do {
		moved = false;
		if ((r = conn_step(c->conn)) < 0) {
			hang_up(c, conn_errmsg(c->conn));
			return;
		}
		if (c->server == NULL && buf_len(conn_in(c->conn)) > 0 &&
		    !c->ending && (moved = true) && look(c) < 0) {
			hang_up(c, xerr_str(XERR_NOMEM));
			return;
		}
		if (c->server != NULL && !c->bound &&
		    conn_is_secure(c->conn) && testclient_look_at_channel(c) < 0) {
			hang_up(c, xerr_str(XERR_NOMEM));
			return;
		}
		if (c->server != NULL) {
			server_set_time(c->server, c->hub->seconds);
			moved |= feed(c);
		}
		moved |= flush(c);
		if (c->ending)
			finish(c);
	} while (r > 0 || moved);
	if (c->congested && testclient_waiting(c) <= QUEUE_LOW)
		release(c);
	if (is_over(c))
		hang_up(c, "");
}

void
testclient_displace(struct testclient *c)
{
	hang_up(c, "there are too many, and it is not let in");
}

/* In a handshake there is nothing to be said. */
static bool
is_mute(const struct testclient *c)
{
	return c->server == NULL ||
	    (conn_tls(c->conn) != NULL && !conn_is_secure(c->conn));
}

void
testclient_time_is_up(struct testclient *c)
{
	if (c->ending || is_mute(c)) {
		hang_up(c, "time is up");
		return;
	}
	server_close(c->server, c->session == NULL ? "connection-timeout" :
	    "policy-violation", "too slow");
	leave(c);
}

