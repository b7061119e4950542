/* A server on loopback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/hub.h"
#include "net/conn.h"
#include "net/listen.h"
#include "net/tls.h"
#include "sasl/scram.h"
#include "xml/ns.h"
#include "xml/rec.h"
#include "xmpp/router.h"
#include "xmpp/server.h"

enum {
	MAX_CLIENTS = 4096,
	IN_MAX = 16384,		/* plaintext of one connection */
	OUT_MAX = 65536,
	QUEUE_MAX = 16 << 20,	/* what waits for one client, at most */
	QUEUE_HIGH = 256 << 10,	/* from here on its senders wait */
	QUEUE_LOW = 64 << 10,	/* until here */
	LOG_MAX = 64 << 20,	/* the largest stanza, escaped, fits */
	LOG_HIGH = 256 << 10,
	MS_LOGIN = 30000,	/* to log in */
	MS_STALL = 30000,	/* to read something, while others wait */
	MS_CLOSE = 3000,	/* to say good-bye */
	SALT = 16
};

struct account {
	const char *local, *password;
};

struct hub_client {
	struct hub *hub;
	struct conn *conn;
	struct server *server;	/* NULL until the first byte has come */
	struct router_session *session;
	unsigned char secret[SERVER_SECRET];
	unsigned number;	/* for people */
	struct hub_client *next;	/* in the queue */
	bool queued;
	struct hub_client *waits_for;	/* who has to read first */
	bool congested;		/* somebody waits for it */
	bool ending;		/* hang up when all is sent */
	bool gone;		/* to be removed */
	size_t unsent;		/* on the wire's queue, before poll() */
	int64_t deadline;	/* of login, reading or good-bye; -1: none */
};

struct hub {
	struct hub_config config;
	struct tls_ctx *tls;
	struct listener listener;
	bool listening;
	struct router *router;
	struct account *accounts;
	size_t naccounts;
	unsigned char salt[SALT];
	struct hub_client **clients;
	struct pump_end **ends;	/* room for all clients, and HUB_MORE + 1 */
	size_t n, cap;
	unsigned serial;
	struct hub_client *queue, **queue_end;	/* who has something to do */
	struct hub_client *current;	/* whose stanza is being routed */
	bool slow;		/* one of the receivers is congested */
	struct buf log;
	bool log_full;		/* somebody waits for it */
	char now[32];		/* as XEP-0082 has it */
};

static void
enqueue(struct hub *h, struct hub_client *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	*h->queue_end = c;
	h->queue_end = &c->next;
}

static size_t
waiting(const struct hub_client *c)
{
	const void *p;

	return c->server == NULL ? 0 : server_pending(c->server, &p);
}

static void
log_stanza(struct hub *h, const struct elem *e)
{
	if (!h->config.log)
		return;
	if (rec_write(&h->log, e, '\n') < 0) {
		h->log.err = 0;	/* the line is lost, not the log */
		cli_warn("a stanza is not in the output: %s",
		    xerr_str(XERR_LIMIT));
	}
}

/* Hang up as soon as everything is sent. */
static void
end(struct hub_client *c)
{
	if (c->ending)
		return;
	c->ending = true;
	c->deadline = pump_deadline(MS_CLOSE);
	enqueue(c->hub, c);
}

/* The router has a stanza for WHO. */
static void
deliver(void *arg, void *who, const struct elem *e)
{
	struct hub *h = arg;
	struct hub_client *c = who;
	int r;

	if (c == NULL) {
		log_stanza(h, e);
		return;
	}
	if ((r = server_send(c->server, e)) == XERR_INTERNAL)
		return;		/* its stream is over */
	if (r < 0) {
		cli_verbose(1, "client %u: dropped: %s", c->number,
		    xerr_str(r));
		end(c);
	}
	enqueue(h, c);
	if (waiting(c) < QUEUE_HIGH)
		return;
	h->slow = true;
	if (h->current != NULL)
		h->current->waits_for = c;
	if (!c->congested && !c->ending)
		c->deadline = pump_deadline(MS_STALL);
	c->congested = true;
}

/* The router wants WHO's stream to end; its session is gone. */
static void
drop(void *arg, void *who, const char *condition)
{
	struct hub_client *c = who;

	(void)arg;
	cli_verbose(1, "client %u: %s", c->number, condition);
	c->session = NULL;
	server_close(c->server, condition, NULL);
	c->deadline = pump_deadline(MS_CLOSE);
	enqueue(c->hub, c);
}

static const struct router_ops ops = { deliver, drop };

static int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	struct hub *h = arg;
	const char *local;
	size_t i, n;

	local = jid_local(user, &n);
	for (i = 0; local != NULL && i < h->naccounts; i++)
		if (strlen(h->accounts[i].local) == n &&
		    memcmp(h->accounts[i].local, local, n) == 0)
			return buf_puts(password, h->accounts[i].password);
	return XERR_AUTH;
}

int
hub_new(struct hub **out, const struct hub_config *config, struct buf *why)
{
	struct tls_config tc = {
		.server = true, .alpn = "xmpp-client",
		.cert_pem = config->cert_pem, .key_pem = config->key_pem
	};
	struct router_config rc = {
		.domain = config->domain, .name = "xmpp-serve",
		.version = VERSION, .ops = &ops
	};
	struct hub *h;
	int r;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return XERR_NOMEM;
	h->config = *config;
	h->config.cert_pem = h->config.key_pem = NULL;
	h->queue_end = &h->queue;
	buf_init(&h->log, LOG_MAX);
	rc.arg = h;
	if (RAND_bytes(h->salt, SALT) != 1)
		r = XERR_INTERNAL;
	else if ((r = tls_ctx_new(&h->tls, &tc, why)) == 0 &&
	    (r = router_new(&h->router, &rc)) == 0)
		r = listen_open(&h->listener, config->port, why);
	h->listening = r == 0;
	if (r < 0)
		hub_free(h);
	else
		*out = h;
	return r;
}

static void
free_client(struct hub_client *c)
{
	server_free(c->server);
	conn_free(c->conn);
	free(c);
}

void
hub_free(struct hub *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++)
		free_client(h->clients[i]);
	if (h->listening)
		listen_close(&h->listener);
	router_free(h->router);
	tls_ctx_free(h->tls);
	buf_release(&h->log);
	free(h->accounts);
	free(h->clients);
	free(h->ends);
	free(h);
}

unsigned
hub_port(const struct hub *h)
{
	return h->listener.port;
}

struct buf *
hub_log(struct hub *h)
{
	return &h->log;
}

size_t
hub_clients(const struct hub *h)
{
	return h->n;
}

int
hub_add_account(struct hub *h, const char *local, const char *password)
{
	struct account *more;
	int r;

	more = realloc(h->accounts, (h->naccounts + 1) * sizeof(*more));
	if (more == NULL)
		return XERR_NOMEM;
	h->accounts = more;
	if ((r = router_add_account(h->router, local)) < 0)
		return r;
	more[h->naccounts++] = (struct account){ local, password };
	return 0;
}

static int
grow(struct hub *h)
{
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct hub_client **clients;
	struct pump_end **ends;

	if (h->n < h->cap)
		return 0;
	clients = realloc(h->clients, cap * sizeof(*clients));
	if (clients == NULL)
		return XERR_NOMEM;
	h->clients = clients;
	ends = realloc(h->ends, (cap + HUB_MORE + 1) * sizeof(*ends));
	if (ends == NULL)
		return XERR_NOMEM;
	h->ends = ends;
	h->cap = cap;
	return 0;
}

/* A connection on FD, which is closed if that fails. */
static int
add_client(struct hub *h, int fd)
{
	struct hub_client *c;
	int r;

	if (grow(h) < 0 || (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return XERR_NOMEM;
	}
	c->hub = h;
	c->number = ++h->serial;
	c->deadline = pump_deadline(MS_LOGIN);
	if ((r = conn_new(&c->conn, fd, IN_MAX, OUT_MAX)) == 0 &&
	    RAND_bytes(c->secret, sizeof(c->secret)) != 1)
		r = XERR_INTERNAL;
	if (r < 0) {
		free_client(c);
		return r;
	}
	h->clients[h->n++] = c;
	cli_verbose(1, "client %u: connected", c->number);
	return 0;
}

static void
accept_clients(struct hub *h)
{
	int fd, r;

	while (h->listening && h->n < MAX_CLIENTS &&
	    (r = listen_accept(&h->listener, &fd)) != 0) {
		if (r == 1)
			r = add_client(h, fd);
		if (r < 0) {
			cli_warn("a connection was refused: %s", xerr_str(r));
			return;
		}
	}
}

/* Make the server side of a stream, of a connection with TLS or without. */
static int
begin(struct hub_client *c, bool secure)
{
	const struct hub_config *hc = &c->hub->config;
	struct server_config sc = {
		.domain = hc->domain, .lookup = lookup, .arg = c->hub,
		.secret = c->secret, .salt = c->hub->salt, .salt_len = SALT,
		.iterations = SCRAM_ITERATIONS_MIN,
		.mechanisms = hc->mechanisms,
		.limits = { .size = hc->max_stanza }, .out_max = QUEUE_MAX,
		.secure = secure, .tls = true,
		.plaintext_ok = hc->plaintext_ok, .no_sm = hc->no_sm
	};

	return server_new(&c->server, &sc);
}

static int
start_tls(struct hub_client *c)
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
look(struct hub_client *c)
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
flush(struct hub_client *c)
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
	server_sent(c->server, n);
	if (c->congested && !c->ending)
		c->deadline = pump_deadline(MS_STALL);
	return true;
}

/* A new resource (RFC 6120 7.7). */
static void
bind(struct hub_client *c)
{
	int r;

	r = router_bind(c->hub->router, &c->session, server_jid(c->server), c);
	if (r < 0) {
		server_refuse(c->server, "resource-constraint");
		return;
	}
	server_accept(c->server);
	c->deadline = -1;
	cli_verbose(1, "client %u: %s by %s", c->number,
	    jid_str(server_jid(c->server)), server_mechanism(c->server));
}

static int
route(struct hub_client *c, struct elem *e)
{
	struct hub *h = c->hub;
	int r;

	log_stanza(h, e);
	h->current = c;
	r = router_stanza(h->router, c->session, e, h->now);
	h->current = NULL;
	return r;
}

/* The stream is over, in order or not: nothing more is said to it. */
static void
leave(struct hub_client *c)
{
	if (c->session != NULL) {
		router_unbind(c->hub->router, c->session);
		c->session = NULL;
	}
	end(c);
}

static int
take(struct hub_client *c, const struct server_event *ev)
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
may_take(struct hub_client *c)
{
	struct hub *h = c->hub;

	if (buf_len(&h->log) >= LOG_HIGH) {
		h->log_full = true;
		return false;
	}
	return c->waits_for == NULL && !c->ending;
}

/* The stream takes what has come; whether anything moved. */
static bool
feed(struct hub_client *c)
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
		buf_consume(in, (size_t)n);
		moved = true;
	}
	return moved;
}

/* Those who waited for C need not any more. */
static void
release(struct hub_client *c)
{
	struct hub *h = c->hub;
	size_t i;

	c->congested = false;
	if (!c->ending && c->session != NULL)
		c->deadline = -1;
	h->slow = false;
	for (i = 0; i < h->n; i++) {
		if (h->clients[i]->waits_for == c) {
			h->clients[i]->waits_for = NULL;
			enqueue(h, h->clients[i]);
		}
		h->slow |= h->clients[i]->congested;
	}
}

/* Its connection is of no more use. */
static void
hang_up(struct hub_client *c, const char *why)
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
finish(struct hub_client *c)
{
	if (waiting(c) > 0)
		return;
	conn_shutdown(c->conn);
	/* what it still says is of no interest, but that it ends is */
	buf_consume(conn_in(c->conn), buf_len(conn_in(c->conn)));
}

/* It has hung up: is there nothing left to be taken from it, or sent? */
static bool
is_over(struct hub_client *c)
{
	if (!conn_eof(c->conn) || buf_len(conn_in(c->conn)) > 0)
		return false;
	if (c->ending)
		return waiting(c) == 0 && (conn_drained(c->conn) ||
		    conn_truncated(c->conn));
	return may_take(c);
}

/* Move what can be moved for one client. */
static void
work(struct hub_client *c)
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
		if (c->server != NULL)
			moved |= feed(c);
		moved |= flush(c);
		if (c->ending)
			finish(c);
	} while (r > 0 || moved);
	if (c->congested && waiting(c) <= QUEUE_LOW)
		release(c);
	if (is_over(c))
		hang_up(c, "");
}

static void
work_queue(struct hub *h)
{
	struct hub_client *c;

	while ((c = h->queue) != NULL) {
		if ((h->queue = c->next) == NULL)
			h->queue_end = &h->queue;
		c->queued = false;
		if (!c->gone)
			work(c);
	}
}

static void
time_is_up(struct hub_client *c)
{
	if (c->ending || c->server == NULL) {
		hang_up(c, "time is up");
		return;
	}
	server_close(c->server, c->session == NULL ? "connection-timeout" :
	    "policy-violation", "too slow");
	leave(c);
}

/* Whose time is up; and when the next one's is. */
static int64_t
check_time(struct hub *h, int64_t deadline)
{
	int64_t now = pump_now();
	struct hub_client *c;
	size_t i;

	for (i = 0; i < h->n; i++) {
		c = h->clients[i];
		if (c->deadline >= 0 && c->deadline <= now)
			time_is_up(c);
		if (!c->gone && c->deadline >= 0 &&
		    (deadline < 0 || c->deadline < deadline))
			deadline = c->deadline;
	}
	return deadline;
}

static void
remove_gone(struct hub *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		if (h->clients[i]->gone)
			free_client(h->clients[i]);
		else
			h->clients[n++] = h->clients[i];
	h->n = n;
}

/* Put those to work whose connection has moved. */
static void
find_moved(struct hub *h)
{
	const struct pump_end *e;
	size_t i;

	for (i = 0; i < h->n; i++) {
		e = conn_end(h->clients[i]->conn);
		if (buf_len(&e->in) > 0 || e->rclosed || e->wclosed ||
		    buf_len(&e->out) < h->clients[i]->unsent)
			enqueue(h, h->clients[i]);
	}
}

static size_t
gather(struct hub *h, struct pump_end *const *more, size_t n)
{
	struct pump_end *e;
	size_t i;

	for (i = 0; i < h->n; i++) {
		e = h->ends[i] = conn_end(h->clients[i]->conn);
		h->clients[i]->unsent = buf_len(&e->out);
	}
	if (h->listening && h->n < MAX_CLIENTS)
		h->ends[i++] = &h->listener.end;
	memcpy(h->ends + i, more, n * sizeof(*more));
	return i + n;
}

static void
set_now(struct hub *h)
{
	time_t t = time(NULL);
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(h->now, sizeof(h->now), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* What the log has held up goes on. */
static void
resume(struct hub *h)
{
	size_t i;

	if (!h->log_full || buf_len(&h->log) >= LOG_HIGH)
		return;
	h->log_full = false;
	for (i = 0; i < h->n; i++)
		enqueue(h, h->clients[i]);
}

int
hub_poll(struct hub *h, struct pump_end *const *more, size_t n,
    int64_t deadline)
{
	int r;

	if (n > HUB_MORE || grow(h) < 0)
		return n > HUB_MORE ? XERR_INTERNAL : XERR_NOMEM;
	resume(h);
	work_queue(h);	/* of what was injected, and has been held up */
	deadline = check_time(h, deadline);
	work_queue(h);
	remove_gone(h);
	r = pump_poll(h->ends, gather(h, more, n), deadline);
	if (r < 0)
		return r;
	set_now(h);
	find_moved(h);
	if (h->listening && h->listener.end.ready)
		accept_clients(h);
	work_queue(h);
	remove_gone(h);
	return 0;
}

int
hub_inject(struct hub *h, struct elem *e)
{
	set_now(h);
	return router_inject(h->router, e, h->now);
}

bool
hub_is_congested(const struct hub *h)
{
	return h->slow || buf_len(&h->log) >= LOG_HIGH;
}

void
hub_close(struct hub *h)
{
	size_t i;

	if (h->listening)
		listen_close(&h->listener);
	h->listening = false;
	for (i = 0; i < h->n; i++) {
		if (h->clients[i]->server == NULL)
			end(h->clients[i]);
		else
			server_close(h->clients[i]->server, "system-shutdown",
			    NULL);
		h->clients[i]->deadline = pump_deadline(MS_CLOSE);
		enqueue(h, h->clients[i]);
	}
}
