/* A server on loopback: the listener, the loop, the router. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "serve/testserver_int.h"
#include "net/conn.h"
#include "net/tls.h"
#include "xml/ndxml.h"
#include "server/fast.h"
#include "server/server.h"
#include "server/server_reply.h"
#include "xmpp/stanza.h"

enum {
	MAX_CLIENTS = 4096,
	IN_MAX = 16384,		/* plaintext of one connection */
	OUT_MAX = 65536,
	REPLY_MAX = 1 << 20,
	QUEUE_HIGH = 256 << 10,	/* waits for one client: its senders wait */
	LOG_MAX = 64 << 20	/* the largest stanza, escaped, fits */
};

int64_t
testserver_deadline(const struct testserver *h)
{
	return h->config.timeout_ms == 0 ? -1 :
	    pump_deadline(h->config.timeout_ms);
}

void
testserver_enqueue(struct testserver *h, struct testclient *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	*h->queue_end = c;
	h->queue_end = &c->next;
}

void
testserver_log_stanza(struct testserver *h, const struct elem *e)
{
	if (!h->config.log)
		return;
	if (ndxml_write(&h->log, e, '\n') < 0) {
		h->log.err = 0;	/* the line is lost, not the log */
		cli_warn("a stanza is not in the output: %s",
		    xerr_str(XERR_LIMIT));
	}
}

/* There is no room for E, which goes back to the client that it came from. */
static void
give_back(struct testserver *h, const struct testclient *to,
    const struct elem *e)
{
	struct testclient *from = h->current;
	struct arena a;
	struct elem *r;

	cli_verbose(1, "client %u: no room for a stanza", to->number);
	if (from == NULL || from == to ||
	    strcmp(stanza_type(e), "error") == 0)
		return;
	arena_init(&a, REPLY_MAX);
	r = server_reply_error(&a, e, "resource-constraint", NULL);
	if (r != NULL && server_send(from->server, r) == 0)
		testserver_enqueue(h, from);
	arena_release(&a);
}

/* The router has a stanza for WHO. */
static void
deliver(void *arg, void *who, const struct elem *e)
{
	struct testserver *h = arg;
	struct testclient *c = who;
	int r;

	if (c == NULL) {
		testserver_log_stanza(h, e);
		return;
	}
	if ((r = server_send(c->server, e)) == XERR_INTERNAL)
		return;		/* its stream is over */
	if (r == XERR_LIMIT) {
		give_back(h, c, e);
	} else if (r < 0) {
		cli_verbose(1, "client %u: dropped: %s", c->number,
		    xerr_str(r));
		testclient_end(c);
	}
	testserver_enqueue(h, c);
	if (testclient_waiting(c) < QUEUE_HIGH)
		return;
	h->slow = true;
	if (h->current != NULL)
		h->current->waits_for = c;
	if (!c->congested && !c->ending)
		c->deadline = testserver_deadline(h);
	c->congested = true;
}

/* The router wants WHO's stream to end; its session is gone. */
static void
drop(void *arg, void *who, const char *condition)
{
	struct testclient *c = who;

	(void)arg;
	cli_verbose(1, "client %u: %s", c->number, condition);
	c->session = NULL;
	server_close(c->server, condition, NULL);
	c->deadline = pump_deadline(TESTSERVER_MS_CLOSE);
	testserver_enqueue(c->hub, c);
}

static const struct router_ops ops = { deliver, drop };

int
testserver_new(struct testserver **out, const struct testserver_config *config, struct buf *why)
{
	struct tls_config tc = {
		.server = true, .alpn = "xmpp-client", .tickets = true,
		.cert_pem = config->cert_pem, .key_pem = config->key_pem,
		.client_ca_pem = config->client_ca_pem,
		.no_tls_1_3 = config->no_tls_1_3
	};
	struct router_config rc = {
		.domain = config->domain, .name = "xmpp-serve",
		.version = VERSION, .ops = &ops
	};
	struct testserver *h;
	int r;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return XERR_NOMEM;
	h->config = *config;
	h->config.cert_pem = h->config.key_pem = NULL;
	h->config.client_ca_pem = NULL;
	h->queue_end = &h->queue;
	buf_init(&h->log, LOG_MAX);
	rc.arg = h;
	if (tls_init() < 0 || RAND_bytes(h->salt, TESTSERVER_SALT) != 1)
		r = XERR_INTERNAL;
	else if ((r = tls_ctx_new(&h->tls, &tc, why)) == 0 &&
	    (r = router_new(&h->router, &rc)) == 0 &&
	    (config->token_life == 0 || (r = fast_new(&h->fast,
	    config->token_life, config->token_life / 2)) == 0))
		r = listen_open(&h->listener, config->port, why);
	h->listening = r == 0;
	if (r < 0)
		testserver_free(h);
	else
		*out = h;
	return r;
}

void
testserver_free(struct testserver *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++)
		testclient_free(h->clients[i]);
	if (h->listening)
		listen_close(&h->listener);
	router_free(h->router);
	fast_free(h->fast);
	tls_ctx_free(h->tls);
	buf_release(&h->log);
	for (i = 0; i < h->naccounts; i++)
		verifier_wipe(&h->accounts[i].verifier);
	free(h->accounts);
	free(h->clients);
	free(h->ends);
	free(h);
}

unsigned
testserver_port(const struct testserver *h)
{
	return h->listener.port;
}

struct buf *
testserver_log(struct testserver *h)
{
	return &h->log;
}

size_t
testserver_clients(const struct testserver *h)
{
	return h->n;
}

int
testserver_add_account(struct testserver *h, const char *local, const char *password)
{
	struct testserver_account *more, a = {
		.local = local, .password = password
	};
	int r;

	if (h->config.store != NULL && (r = verifier_set_password(&a.verifier,
	    h->config.store, password, strlen(password), h->salt, TESTSERVER_SALT,
	    SCRAM_ITERATIONS_MIN)) < 0)
		return r;
	more = realloc(h->accounts, (h->naccounts + 1) * sizeof(*more));
	if (more == NULL)
		return XERR_NOMEM;
	h->accounts = more;
	if ((r = router_add_account(h->router, local)) < 0)
		return r;
	more[h->naccounts++] = a;
	return 0;
}

static int
grow(struct testserver *h)
{
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct testclient **clients;
	struct pump_end **ends;

	if (h->n < h->cap)
		return 0;
	clients = realloc(h->clients, cap * sizeof(*clients));
	if (clients == NULL)
		return XERR_NOMEM;
	h->clients = clients;
	ends = realloc(h->ends, (cap + TESTSERVER_MORE + 1) * sizeof(*ends));
	if (ends == NULL)
		return XERR_NOMEM;
	h->ends = ends;
	h->cap = cap;
	return 0;
}

/* A connection on FD, which is closed if that fails. */
static int
add_client(struct testserver *h, int fd)
{
	struct testclient *c;
	int r;

	if (grow(h) < 0 || (c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return XERR_NOMEM;
	}
	c->hub = h;
	c->number = ++h->serial;
	c->deadline = testserver_deadline(h);
	if ((r = conn_new(&c->conn, fd, IN_MAX, OUT_MAX)) == 0 &&
	    RAND_bytes(c->secret, sizeof(c->secret)) != 1)
		r = XERR_INTERNAL;
	if (r < 0) {
		testclient_free(c);
		return r;
	}
	h->clients[h->n++] = c;
	cli_verbose(1, "client %u: connected", c->number);
	return 0;
}

static void
work_queue(struct testserver *h)
{
	struct testclient *c;

	while ((c = h->queue) != NULL) {
		if ((h->queue = c->next) == NULL)
			h->queue_end = &h->queue;
		c->queued = false;
		if (!c->gone)
			testclient_work(c);
	}
}

/* Of those who are not let in, the one who has come first, or NULL. */
static struct testclient *
oldest_stranger(const struct testserver *h)
{
	struct testclient *c, *oldest = NULL;
	size_t i;

	for (i = 0; i < h->n; i++) {
		c = h->clients[i];
		if (c->session == NULL && !c->gone &&
		    (oldest == NULL || c->number < oldest->number))
			oldest = c;
	}
	return oldest;
}

/* Whose time is up; and when the next one's is. */
static int64_t
check_time(struct testserver *h, int64_t deadline)
{
	int64_t now = pump_now();
	struct testclient *c;
	size_t i;

	for (i = 0; i < h->n; i++) {
		c = h->clients[i];
		if (c->deadline >= 0 && c->deadline <= now)
			testclient_time_is_up(c);
		if (!c->gone && c->deadline >= 0 &&
		    (deadline < 0 || c->deadline < deadline))
			deadline = c->deadline;
	}
	return deadline;
}

static void
remove_gone(struct testserver *h)
{
	size_t i, n = 0;

	for (i = 0; i < h->n; i++)
		if (h->clients[i]->gone)
			testclient_free(h->clients[i]);
		else
			h->clients[n++] = h->clients[i];
	h->n = n;
}

/* Put those to work whose connection has moved. */
static void
find_moved(struct testserver *h)
{
	const struct pump_end *e;
	size_t i;

	for (i = 0; i < h->n; i++) {
		e = conn_end(h->clients[i]->conn);
		if (buf_len(&e->in) > 0 || e->rclosed || e->wclosed ||
		    buf_len(&e->out) < h->clients[i]->unsent)
			testserver_enqueue(h, h->clients[i]);
	}
}

/* He makes room for another one: silence must not keep anybody out. */
static void
make_room(struct testserver *h)
{
	struct testclient *c = oldest_stranger(h);

	if (c == NULL)
		return;
	testclient_displace(c);
	work_queue(h);
	remove_gone(h);
}

static bool
may_accept(const struct testserver *h)
{
	return h->listening &&
	    (h->n < MAX_CLIENTS || oldest_stranger(h) != NULL);
}

static void
accept_clients(struct testserver *h)
{
	int fd, r;

	while (may_accept(h) && (r = listen_accept(&h->listener, &fd)) != 0) {
		if (h->n == MAX_CLIENTS || r == XERR_NOMEM)
			make_room(h);
		if (r == 1)
			r = add_client(h, fd);
		if (r < 0) {
			cli_warn("a connection was refused: %s", xerr_str(r));
			return;
		}
	}
}

static size_t
gather(struct testserver *h, struct pump_end *const *more, size_t n)
{
	struct pump_end *e;
	size_t i;

	for (i = 0; i < h->n; i++) {
		e = h->ends[i] = conn_end(h->clients[i]->conn);
		h->clients[i]->unsent = buf_len(&e->out);
	}
	if (may_accept(h))
		h->ends[i++] = &h->listener.end;
	memcpy(h->ends + i, more, n * sizeof(*more));
	return i + n;
}

static void
set_now(struct testserver *h)
{
	time_t t = time(NULL);
	struct tm tm;

	h->seconds = (int64_t)t;
	if (gmtime_r(&t, &tm) != NULL)
		strftime(h->now, sizeof(h->now), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* What the log has held up goes on. */
static void
resume(struct testserver *h)
{
	size_t i;

	if (!h->log_full || buf_len(&h->log) >= TESTSERVER_LOG_HIGH)
		return;
	h->log_full = false;
	for (i = 0; i < h->n; i++)
		testserver_enqueue(h, h->clients[i]);
}

int
testserver_poll(struct testserver *h, struct pump_end *const *more, size_t n,
    int64_t deadline)
{
	int r;

	if (n > TESTSERVER_MORE || grow(h) < 0)
		return n > TESTSERVER_MORE ? XERR_INTERNAL : XERR_NOMEM;
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
testserver_inject(struct testserver *h, struct elem *e)
{
	set_now(h);
	return router_inject(h->router, e, h->now);
}

bool
testserver_is_congested(const struct testserver *h)
{
	return h->slow || buf_len(&h->log) >= TESTSERVER_LOG_HIGH;
}

void
testserver_close(struct testserver *h)
{
	size_t i;

	if (h->listening)
		listen_close(&h->listener);
	h->listening = false;
	for (i = 0; i < h->n; i++) {
		if (h->clients[i]->server == NULL)
			testclient_end(h->clients[i]);
		else
			server_close(h->clients[i]->server, "system-shutdown",
			    NULL);
		h->clients[i]->deadline = pump_deadline(TESTSERVER_MS_CLOSE);
		testserver_enqueue(h, h->clients[i]);
	}
}
