/* One client of a proxy and its connection to the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/random_id.h"
#include "watch/relay.h"
#include "xml/ns.h"
#include "xml/xml.h"
#include "xml/xparse.h"
#include "view/redact.h"

enum {
	QUEUE = 64 * 1024,
	TLS_RECORD = 0x16,	/* the first byte of a TLS handshake */
	LABEL = 32,
	TEXT = 4096
};

#define TLS_ELEM(name) "<" name " xmlns='" NS_TLS "'/>"

/* One leg, and how far its beginning has come. */
struct leg {
	const char *name;
	enum dump_side side;	/* whose bytes come from here */
	struct conn *conn;
	struct xparse *parse;	/* until TLS begins */
	bool begun;		/* it is known how TLS begins */
	bool ready;		/* bytes may go through */
	bool failed;
	bool shut;		/* we have said all */
	struct redact redact;
};

struct relay {
	const struct relay_config *cf;
	struct leg client, server;
	struct tls *to_server;	/* until it begins */
	struct dump *dump;
	char label[LABEL];
	struct buf clean;	/* what goes through, without secrets */
	bool told;
};

static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
fail(struct relay *r, struct leg *l, const char *why)
{
	if (!l->failed)
		cli_warn("%s%s: %s", r->label, l->name, why);
	l->failed = true;
}

static void
put(struct relay *r, struct leg *l, const char *s)
{
	if (buf_puts(conn_out(l->conn), s) < 0)
		fail(r, l, "there is no room for what is to be said");
}

/* A stream header, of the one or the other side. */
static void
put_header(struct relay *r, struct leg *l)
{
	char id[RANDOM_ID_SIZE];
	struct buf b;

	buf_init(&b, TEXT);
	buf_printf(&b, "<?xml version='1.0'?><stream:stream %s='",
	    l == &r->client ? "from" : "to");
	xml_attr(&b, r->cf->domain, strlen(r->cf->domain));
	if (l == &r->client && random_id(id) == 0)
		buf_printf(&b, "' id='%s", id);
	buf_puts(&b, "' version='1.0' xml:lang='en' xmlns='" NS_CLIENT
	    "' xmlns:stream='" NS_STREAMS "'>");
	put(r, l, buf_str(&b) == NULL ? "" : buf_str(&b));
	buf_release(&b);
}

static void
start_tls(struct relay *r, struct leg *l)
{
	struct tls *t = NULL;
	int e = 0;

	if (l == &r->client) {
		e = tls_new(&t, r->cf->to_client, NULL);
	} else {
		t = r->to_server;
		r->to_server = NULL;
	}
	if (e < 0 || (e = conn_start_tls(l->conn, t)) < 0)
		fail(r, l, xerr_str(e));
	xparse_free(l->parse);
	l->parse = NULL;
}

static bool
is_space(const char *s, size_t len)
{
	return len == 0 || strspn(s, " \t\r\n") >= len;
}

/*
 * Nothing may stand between the consent and TLS (RFC 6120 5.4.3.3), but a
 * client may end its request with a line feed: some do.
 */
static bool
is_clean(struct relay *r, struct leg *l)
{
	struct buf *in = conn_in(l->conn);
	char rest[LABEL] = "";
	size_t len;
	const char *s = xparse_rest(l->parse, &len);

	if (len == 0 && buf_len(in) == 0)
		return true;
	if (l == &r->client && len < sizeof(rest) && buf_len(in) == 0) {
		memcpy(rest, s, len);
		if (is_space(rest, len))
			return true;
	}
	fail(r, l, "bytes in clear behind what begins TLS");
	return false;
}

/* What a client says before TLS. */
static void
take_from_client(struct relay *r, const struct xparse_event *ev)
{
	struct leg *l = &r->client;

	if (ev->kind == XPARSE_HEADER) {
		put_header(r, l);
		put(r, l, "<stream:features><starttls xmlns='" NS_TLS
		    "'><required/></starttls></stream:features>");
	} else if (elem_is(ev->elem, NS_TLS, "starttls")) {
		if (!is_clean(r, l))
			return;
		put(r, l, TLS_ELEM("proceed"));
		start_tls(r, l);
	} else {
		put(r, l, "<stream:error><policy-violation xmlns='"
		    NS_STREAM_ERRORS "'/></stream:error></stream:stream>");
		fail(r, l, "it goes on without TLS");
	}
}

/* And the server. */
static void
take_from_server(struct relay *r, const struct xparse_event *ev)
{
	struct leg *l = &r->server;

	if (ev->kind == XPARSE_HEADER)
		return;
	if (ev->kind == XPARSE_PASSED) {
		fail(r, l, "it says too much before TLS");
		return;
	}
	if (elem_is(ev->elem, NS_STREAMS, "features") &&
	    elem_child(ev->elem, NS_TLS, "starttls") != NULL)
		put(r, l, TLS_ELEM("starttls"));
	else if (elem_is(ev->elem, NS_STREAMS, "features"))
		fail(r, l, "it does not offer STARTTLS");
	else if (!elem_is(ev->elem, NS_TLS, "proceed"))
		fail(r, l, "it refuses to begin TLS");
	else if (is_clean(r, l))
		start_tls(r, l);
}

/* Read what is said in clear before TLS. */
static bool
negotiate(struct relay *r, struct leg *l)
{
	struct buf *in = conn_in(l->conn);
	struct xparse_event ev;
	bool moved = buf_len(in) > 0;
	ssize_t n;
	int e = 0;

	while (l->parse != NULL && !l->failed && buf_len(in) > 0) {
		n = xparse_feed(l->parse, buf_data(in), buf_len(in));
		if (n > 0)
			buf_consume(in, (size_t)n);
		while (l->parse != NULL && !l->failed &&
		    (e = xparse_next(l->parse, &ev)) == 1)
			if (l == &r->client)
				take_from_client(r, &ev);
			else
				take_from_server(r, &ev);
		if (l->parse != NULL && (n < 0 || e < 0)) {
			fail(r, l, xparse_errmsg(l->parse));
			break;
		}
	}
	return moved;
}

/* The first byte of a client tells whether TLS begins with it. */
static void
begin_client(struct relay *r)
{
	struct leg *l = &r->client;
	const struct buf *in = conn_in(l->conn);

	if (buf_len(in) == 0)
		return;
	l->begun = true;
	if (*buf_data(in) == TLS_RECORD)
		start_tls(r, l);
	else if (r->cf->plain)
		l->ready = true;
}

static void
begin_server(struct relay *r, enum relay_tls tls)
{
	struct leg *l = &r->server;

	l->begun = true;
	if (tls == RELAY_NONE)
		l->ready = true;
	else if (tls == RELAY_DIRECT)
		start_tls(r, l);
	else
		put_header(r, l);
}

/* Bring a leg on its way; true if anything moved. */
static bool
step_leg(struct relay *r, struct leg *l)
{
	bool moved;
	int e;

	if (l->failed)
		return false;
	if ((e = conn_step(l->conn)) < 0) {
		fail(r, l, conn_errmsg(l->conn));
		return true;
	}
	moved = e > 0;
	if (!l->begun)
		begin_client(r);
	if (l->begun && !l->ready && l->parse != NULL)
		moved |= negotiate(r, l);
	if (!l->ready && conn_is_secure(l->conn))
		moved = l->ready = true;
	if (!l->ready && conn_eof(l->conn))
		fail(r, l, "it has gone before it was ready");
	return moved;
}

/* Lines would have passwords in them, which -a and -p leave out. */
static void
show(struct relay *r, struct leg *from, const void *data, size_t n)
{
	if (r->cf->dump.style != DUMP_LINES || r->cf->dump.secrets) {
		dump_put(r->dump, from->side, data, n, now());
		return;
	}
	buf_reset(&r->clean);
	redact_put(&from->redact, &r->clean, data, n);
	dump_put(r->dump, from->side, buf_data(&r->clean), buf_len(&r->clean),
	    now());
}

/* Bytes from one leg to the other, as many as there is room for. */
static bool
pass(struct relay *r, struct leg *from, struct leg *to)
{
	struct buf *in = conn_in(from->conn), *out = conn_out(to->conn);
	size_t n = buf_len(in);

	if (n > buf_room(out))
		n = buf_room(out);
	if (n == 0 || to->shut || to->failed)
		return false;
	if (buf_put(out, buf_data(in), n) < 0) {
		fail(r, to, xerr_str(buf_err(out)));
		return true;
	}
	show(r, from, buf_data(in), n);
	buf_consume(in, n);
	return true;
}

/* Who has nothing more to say has said it to the other side, too. */
static bool
pass_end(struct leg *from, struct leg *to)
{
	if (to->shut || to->failed || !(from->failed ||
	    (conn_eof(from->conn) && buf_len(conn_in(from->conn)) == 0)))
		return false;
	conn_shutdown(to->conn);
	return to->shut = true;
}

static void
describe(struct relay *r, const struct leg *l, struct buf *b)
{
	buf_printf(b, "%s: ", l->name);
	if (conn_tls(l->conn) == NULL)
		buf_puts(b, "no TLS");
	else
		tls_describe(conn_tls(l->conn), b);
	(void)r;
}

static void
tell_ready(struct relay *r)
{
	struct buf b;

	if (r->told)
		return;
	r->told = true;
	buf_init(&b, TEXT);
	describe(r, &r->client, &b);
	buf_puts(&b, "; ");
	describe(r, &r->server, &b);
	dump_remark(r->dump, now(), (const char *)buf_data(&b), buf_len(&b));
	buf_release(&b);
}

bool
relay_step(struct relay *r)
{
	bool moved = step_leg(r, &r->client);

	moved |= step_leg(r, &r->server);
	if (r->client.ready && r->server.ready) {
		tell_ready(r);
		moved |= pass(r, &r->client, &r->server);
		moved |= pass(r, &r->server, &r->client);
	}
	moved |= pass_end(&r->client, &r->server);
	moved |= pass_end(&r->server, &r->client);
	return moved;
}

static bool
is_over(const struct leg *l, const struct leg *other)
{
	return l->failed || (l->shut && conn_drained(l->conn) &&
	    (conn_eof(l->conn) || other->failed));
}

bool
relay_is_ready(const struct relay *r)
{
	return r->client.ready && r->server.ready;
}

bool
relay_is_done(const struct relay *r)
{
	return is_over(&r->client, &r->server) &&
	    is_over(&r->server, &r->client);
}

static int
new_leg(struct leg *l, const char *name, enum dump_side side, int fd,
    const struct xparse_limits *limits)
{
	int e;

	l->name = name;
	l->side = side;
	redact_init(&l->redact);
	if ((e = conn_new(&l->conn, fd, QUEUE, QUEUE)) < 0)
		return e;
	return xparse_new(&l->parse, limits);
}

int
relay_new(struct relay **out, const struct relay_config *cf, int client,
    int server, enum relay_tls how, struct tls *to_server, const char *label)
{
	struct xparse_limits early = { .size = RELAY_BEFORE_LOGIN };
	struct relay *r;
	int e, e2;

	if ((r = calloc(1, sizeof(*r))) == NULL) {
		tls_free(to_server);
		close(client);
		close(server);
		return XERR_NOMEM;
	}
	r->cf = cf;
	r->to_server = to_server;
	buf_init(&r->clean, 8 * QUEUE);
	snprintf(r->label, sizeof(r->label), "%s", label);
	e = new_leg(&r->client, "client", DUMP_CLIENT, client, &early);
	e2 = new_leg(&r->server, "server", DUMP_SERVER, server, NULL);
	if (e < 0 || e2 < 0) {
		relay_free(r);
		return e < 0 ? e : e2;
	}
	r->dump = dump_new(&cf->dump, cf->out, NULL);
	dump_set_label(r->dump, label);
	begin_server(r, how);
	*out = r;
	return 0;
}

void
relay_free(struct relay *r)
{
	if (r == NULL)
		return;
	if (r->dump != NULL && !r->client.failed && !r->server.failed)
		dump_end(r->dump);
	dump_free(r->dump);
	xparse_free(r->client.parse);
	xparse_free(r->server.parse);
	buf_wipe(&r->clean);
	conn_free(r->client.conn);
	conn_free(r->server.conn);
	tls_free(r->to_server);
	free(r);
}

struct pump_end *
relay_client(struct relay *r)
{
	return r->client.failed ? NULL : conn_end(r->client.conn);
}

struct pump_end *
relay_server(struct relay *r)
{
	return r->server.failed ? NULL : conn_end(r->server.conn);
}
