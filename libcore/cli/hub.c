/* A server on loopback: the listener, the loop, the router. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/hub_int.h"
#include "net/conn.h"
#include "net/tls.h"
#include "xml/rec.h"
#include "xmpp/fast.h"
#include "xmpp/server.h"

enum {
	MAX_CLIENTS = 4096,
	IN_MAX = 16384,		/* plaintext of one connection */
	OUT_MAX = 65536,
	QUEUE_HIGH = 256 << 10,	/* waits for one client: its senders wait */
	LOG_MAX = 64 << 20	/* the largest stanza, escaped, fits */
};

int64_t
hub_deadline(const struct hub *h)
{
	return h->config.timeout_ms == 0 ? -1 :
	    pump_deadline(h->config.timeout_ms);
}

void
hub_enqueue(struct hub *h, struct hub_client *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	*h->queue_end = c;
	h->queue_end = &c->next;
}

void
hub_log_stanza(struct hub *h, const struct elem *e)
{
	if (!h->config.log)
		return;
	if (rec_write(&h->log, e, '\n') < 0) {
		h->log.err = 0;	/* the line is lost, not the log */
		cli_warn("a stanza is not in the output: %s",
		    xerr_str(XERR_LIMIT));
	}
}

/* The router has a stanza for WHO. */
static void
deliver(void *arg, void *who, const struct elem *e)
{
	struct hub *h = arg;
	struct hub_client *c = who;
	int r;

	if (c == NULL) {
		hub_log_stanza(h, e);
		return;
	}
	if ((r = server_send(c->server, e)) == XERR_INTERNAL)
		return;		/* its stream is over */
	if (r < 0) {
		cli_verbose(1, "client %u: dropped: %s", c->number,
		    xerr_str(r));
		hub_end(c);
	}
	hub_enqueue(h, c);
	if (hub_waiting(c) < QUEUE_HIGH)
		return;
	h->slow = true;
	if (h->current != NULL)
		h->current->waits_for = c;
	if (!c->congested && !c->ending)
		c->deadline = hub_deadline(h);
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
	c->deadline = pump_deadline(HUB_MS_CLOSE);
	hub_enqueue(c->hub, c);
}

static const struct router_ops ops = { deliver, drop };

int
hub_new(struct hub **out, const struct hub_config *config, struct buf *why)
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
	struct hub *h;
	int r;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return XERR_NOMEM;
	h->config = *config;
	h->config.cert_pem = h->config.key_pem = NULL;
	h->config.client_ca_pem = NULL;
	h->queue_end = &h->queue;
	buf_init(&h->log, LOG_MAX);
	rc.arg = h;
	if (tls_init() < 0 || RAND_bytes(h->salt, HUB_SALT) != 1)
		r = XERR_INTERNAL;
	else if ((r = tls_ctx_new(&h->tls, &tc, why)) == 0 &&
	    (r = router_new(&h->router, &rc)) == 0 &&
	    (config->token_life == 0 || (r = fast_new(&h->fast,
	    config->token_life, config->token_life / 2)) == 0))
		r = listen_open(&h->listener, config->port, why);
	h->listening = r == 0;
	if (r < 0)
		hub_free(h);
	else
		*out = h;
	return r;
}

void
hub_free(struct hub *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++)
		hub_free_client(h->clients[i]);
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
	struct hub_account *more, a = {
		.local = local, .password = password
	};
	int r;

	if (h->config.store != NULL && (r = verifier_set_password(&a.verifier,
	    h->config.store, password, strlen(password), h->salt, HUB_SALT,
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
	c->deadline = hub_deadline(h);
	if ((r = conn_new(&c->conn, fd, IN_MAX, OUT_MAX)) == 0 &&
	    RAND_bytes(c->secret, sizeof(c->secret)) != 1)
		r = XERR_INTERNAL;
	if (r < 0) {
		hub_free_client(c);
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

static void
work_queue(struct hub *h)
{
	struct hub_client *c;

	while ((c = h->queue) != NULL) {
		if ((h->queue = c->next) == NULL)
			h->queue_end = &h->queue;
		c->queued = false;
		if (!c->gone)
			hub_work(c);
	}
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
			hub_time_is_up(c);
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
			hub_free_client(h->clients[i]);
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
			hub_enqueue(h, h->clients[i]);
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

	h->seconds = (int64_t)t;
	if (gmtime_r(&t, &tm) != NULL)
		strftime(h->now, sizeof(h->now), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* What the log has held up goes on. */
static void
resume(struct hub *h)
{
	size_t i;

	if (!h->log_full || buf_len(&h->log) >= HUB_LOG_HIGH)
		return;
	h->log_full = false;
	for (i = 0; i < h->n; i++)
		hub_enqueue(h, h->clients[i]);
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
	return h->slow || buf_len(&h->log) >= HUB_LOG_HIGH;
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
			hub_end(h->clients[i]);
		else
			server_close(h->clients[i]->server, "system-shutdown",
			    NULL);
		h->clients[i]->deadline = pump_deadline(HUB_MS_CLOSE);
		hub_enqueue(h, h->clients[i]);
	}
}
