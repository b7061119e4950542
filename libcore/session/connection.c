/* A client on its connection. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "session/tls_tickets.h"
#include "session/trust.h"
#include "session/connection_int.h"

enum { QUEUE = 64 * 1024 };	/* plaintext waiting in each direction */

static int
fail(struct connection *w, int r, const char *msg)
{
	snprintf(w->own, sizeof(w->own), "%s", msg);
	w->errmsg = w->own;
	return r;
}

/* The A-labels of the account's domain, for look-ups and certificates. */
static int
find_domain(struct connection *w, struct buf *why)
{
	struct buf b;
	int r;

	buf_init(&b, sizeof(w->domain) - 1);
	if ((r = jid_domain_ascii(&w->account->jid, &b)) < 0)
		buf_puts(why, "the JID's domain cannot be written in ASCII");
	else
		snprintf(w->domain, sizeof(w->domain), "%s", buf_str(&b));
	buf_release(&b);
	return r;
}

/* A context for each: only direct TLS names the protocol (XEP-0368). */
static int
make_context(struct connection *w, bool direct, struct buf *why)
{
	struct tls_config tc = {
		.ca_file = w->account->ca_file,
		.cert_file = w->account->cert,
		.key_file = w->account->key,
		.crl_file = w->account->crl_file,
		.pins = w->account->pins,
		.tickets = true,
		.alpn = direct ? "xmpp-client" : NULL,
		.key_log = w->keys == NULL ? NULL : keylog_put,
		.key_log_arg = w->keys,
	};

	if (w->ctx[direct] != NULL)
		return 0;
	trust_find(&tc);
	return tls_ctx_new(&w->ctx[direct], &tc, why);
}

static int
start(struct connection *w, int fd, const struct dial_target *t, struct buf *why)
{
	int r;

	/* with a fixed port, how TLS begins is the account's word */
	w->target = *t;
	w->direct = t->direct || w->account->tls == NETOPT_TLS_DIRECT;
	if ((r = conn_new(&w->conn, fd, QUEUE, QUEUE)) < 0)
		buf_puts(why, xerr_str(r));
	if (r < 0 || (r = make_context(w, w->direct, why)) < 0 ||
	    (r = connection_make_client(w, why)) < 0)
		return r;
	tracefile_begin(w->trace, w->direct ?
	    TRACE_CONNECTED ", direct TLS" : TRACE_CONNECTED);
	if (w->direct && (r = connection_start_tls(w)) < 0)
		buf_puts(why, w->errmsg);
	w->heard = pump_now();
	return r;
}

/*
 * The server that failed may have sent us elsewhere.  Only one that proved to
 * be the domain's may do that, and who comes next has to prove the same.
 */
static bool
follow(struct connection *w, const char **reason)
{
	const char *where = w->client == NULL ? NULL :
	    client_other_host(w->client);

	return where != NULL && conn_is_secure(w->conn) &&
	    servers_redirect(w->route, where, w->direct, reason);
}

/* What was sent ahead has had no answer, and nothing in it can be lost. */
static bool
is_unanswered(const struct connection *w)
{
	return login_offer(client_login(w->client)) == NULL &&
	    !client_went_ahead(w->client);
}

bool
connection_may_move(const struct connection *w)
{
	return client_mechanism(w->client) == NULL || is_unanswered(w) ||
	    (client_other_host(w->client) != NULL && conn_is_secure(w->conn));
}

bool
connection_has_another(const struct connection *w)
{
	return connection_may_move(w) && servers_has_another(w->route);
}

int
connection_dial(struct connection *w, int err, const char *reason, struct buf *why)
{
	struct dial_target t;
	int fd, r;

	if (err < 0) {
		if (!follow(w, &reason))
			servers_failed(w->route, err, reason);
		connection_hang_up(w);
	}
	if ((r = servers_next(w->route, &fd, &t, why)) < 0)
		return r;
	if ((r = start(w, fd, &t, why)) < 0)
		connection_hang_up(w);
	return r;
}

/* What --trace, XMPP_TRACE and --key-log ask for. */
static int
open_logs(struct connection *w, struct buf *why)
{
	const char *path = w->net->trace;
	int r = 0;

	if (path == NULL)
		path = cli_env("XMPP_TRACE");
	if (path != NULL && *path != '\0')
		r = tracefile_new(&w->trace, path, w->net->trace_secrets,
		    why);
	if (r == 0 && w->net->key_log != NULL)
		r = keylog_new(&w->keys, w->net->key_log, why);
	return r;
}

static int
recall(struct connection *w, struct buf *why)
{
	int r = login_memory_new(&w->remember, &w->account->jid, w->net->forget);

	if (r < 0)
		buf_printf(why, "what is known of the account: %s",
		    r == XERR_SYS ? strerror(errno) : xerr_str(r));
	return r;
}

int
connection_new(struct connection **out, const struct connection_config *cf, struct buf *why)
{
	struct connection *w;
	int r;

	if ((w = calloc(1, sizeof(*w))) == NULL) {
		buf_puts(why, xerr_str(XERR_NOMEM));
		return XERR_NOMEM;
	}
	w->account = cf->account;
	w->net = cf->net;
	w->hand_requests = cf->hand_requests;
	w->deadline = cf->deadline;
	w->signals = cf->signals;
	/* A CA file that cannot be read is told before anything is dialed. */
	if ((r = open_logs(w, why)) < 0 || (r = recall(w, why)) < 0 ||
	    (r = find_domain(w, why)) < 0 || (r = make_context(w,
	    w->account->tls == NETOPT_TLS_DIRECT, why)) < 0 ||
	    (r = servers_new(&w->route, w->account, w->domain, w->deadline,
	    w->signals, why)) < 0)
		connection_free(w);
	else
		*out = w;
	return r;
}

void
connection_free(struct connection *w)
{
	if (w == NULL)
		return;
	connection_hang_up(w);
	outbox_release(&w->left);
	servers_free(w->route);
	tls_ctx_free(w->ctx[0]);
	tls_ctx_free(w->ctx[1]);
	login_memory_free(w->remember);
	tracefile_free(w->trace);
	keylog_free(w->keys);
	free(w);
}

struct client *
connection_client(struct connection *w)
{
	return w->client;
}

struct pump_end *
connection_end(struct connection *w)
{
	return conn_end(w->conn);
}

/* What the server has to prove, and what it may be reminded of. */
static int
prepare_tls(struct connection *w, struct tls *t)
{
	const struct dial_target *to = &w->target;
	struct jid domain;
	int r;

	jid_copy(&domain, &w->account->jid);
	jid_to_domain(&domain);
	if ((r = tls_set_unicode(t, jid_str(&domain))) < 0 ||
	    (r = tls_set_tlsa(t, to->tlsa_host, to->tlsa,
	    to->ntlsa)) < 0)
		return r;
	if (to->ntlsa > 0 && r == 0)
		cli_verbose(1, "the TLSA records of %s are of no use",
		    to->tlsa_host);
	tls_tickets_offer(t, &w->account->jid);
	return 0;
}

int
connection_start_tls(struct connection *w)
{
	struct tls *t;
	int r;

	if ((r = tls_new(&t, w->ctx[w->direct], w->domain)) < 0)
		return fail(w, r, xerr_str(r));
	if ((r = prepare_tls(w, t)) < 0) {
		tls_free(t);
		return fail(w, r, xerr_str(r));
	}
	if ((r = conn_start_tls(w->conn, t)) < 0)
		return fail(w, r, xerr_str(r));
	w->tls = t;
	return 0;
}

/* From the connection to the client; 1 if anything moved. */
static int
receive(struct connection *w, enum connection_in what)
{
	struct buf *in = conn_in(w->conn);
	ssize_t n;

	if (buf_len(in) == 0 || what == CONNECTION_HOLD)
		return 0;
	w->heard = pump_now();
	if (what == CONNECTION_DROP) {
		buf_reset(in);
		return 1;
	}
	n = client_feed(w->client, buf_data(in), buf_len(in));
	/* what breaks the stream is of interest as a whole */
	tracefile_put(w->trace, TRACE_IN, buf_data(in), n < 0 ? buf_len(in) :
	    (size_t)n);
	if (n < 0) {
		w->errmsg = client_errmsg(w->client);
		return (int)n;
	}
	buf_consume(in, (size_t)n);
	return n > 0;
}

/* From the client to the connection, as much as there is room for. */
static int
transmit(struct connection *w)
{
	struct buf *out = conn_out(w->conn);
	const void *data;
	size_t n = client_pending(w->client, &data);

	if (n > buf_room(out))
		n = buf_room(out);
	if (n == 0)
		return 0;
	if (buf_put(out, data, n) < 0)
		return fail(w, buf_err(out), xerr_str(buf_err(out)));
	tracefile_put(w->trace, TRACE_OUT, data, n);
	client_sent(w->client, n);
	w->said += n;
	return 1;
}

static void
tell_tls(struct connection *w)
{
	struct buf b;

	buf_init(&b, 256);
	if (tls_describe(conn_tls(w->conn), &b) == 0) {
		tracefile_put(w->trace, TRACE_REMARK, buf_data(&b),
		    buf_len(&b));
		cli_verbose(1, "%s, certificate of %s is trusted",
		    buf_str(&b), w->domain);
	}
	buf_release(&b);
}

/* The handshake is done: the client begins a stream under TLS. */
static int
check_secure(struct connection *w)
{
	int r;

	if (w->secured || !conn_is_secure(w->conn))
		return 0;
	w->secured = true;
	tell_tls(w);
	if ((r = client_secured(w->client)) < 0)
		return fail(w, r, client_errmsg(w->client));
	return 1;
}

int
connection_step(struct connection *w, enum connection_in in)
{
	const void *data;
	int moved = 0, r;

	if ((r = transmit(w)) < 0)
		return r;
	moved |= r;
	/* nothing may be put behind it */
	if (w->bye && client_pending(w->client, &data) == 0)
		conn_shutdown(w->conn);
	if ((r = conn_step(w->conn)) < 0) {
		/* what came before the breakdown counts */
		if (receive(w, in) > 0)
			return 1;
		return fail(w, r, conn_errmsg(w->conn));
	}
	moved |= r;
	if ((r = check_secure(w)) < 0)
		return r;
	moved |= r;
	if ((r = receive(w, in)) < 0)
		return r;
	return moved | r;
}

int64_t
connection_heard(const struct connection *w)
{
	return w->heard;
}

uint64_t
connection_said(const struct connection *w)
{
	return w->said;
}

bool
connection_eof(const struct connection *w)
{
	return conn_eof(w->conn) && buf_len(conn_in(w->conn)) == 0;
}

bool
connection_drained(const struct connection *w)
{
	const void *data;

	return client_pending(w->client, &data) == 0 && conn_drained(w->conn);
}

void
connection_shutdown(struct connection *w)
{
	w->bye = true;
}

const char *
connection_errmsg(const struct connection *w)
{
	return w->errmsg != NULL ? w->errmsg : client_errmsg(w->client);
}
