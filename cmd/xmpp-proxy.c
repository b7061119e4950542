/*
 * xmpp-proxy: stand between clients and their server on loopback, and show
 * what both say.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/blockio.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "serve/tmpdir.h"
#include "serve/testca.h"
#include "watch/relay.h"
#include "cli/signals.h"
#include "session/trust.h"
#include "jid/jid.h"
#include "net/dial.h"
#include "net/listen.h"

static const char usage[] =
	"usage: xmpp-proxy [options] PORT DOMAIN\n"
	"Listen on PORT of 127.0.0.1, connect each client on to the server\n"
	"of DOMAIN, and print what both say.\n"
	"\n"
	"  -a, --annotate          for people: indented, with times, directions,\n"
	"                          the number of the client, without secrets\n"
	"  -p, --pretty            indented only\n"
	"  -H, --headers           the stream headers as lines, too\n"
	"      --plain             offer no TLS to clients\n"
	"      --host HOST         connect to HOST instead of the one of DOMAIN\n"
	"      --port PORT         and to this port\n"
	"      --tls HOW           to the server: starttls, direct or none\n"
	"      --ca-file FILE      trust these certificates, not the system's\n"
	"      --timeout SECONDS   for connecting, 30\n"
	"      --color WHEN        auto (default), always, never\n"
	"      --secrets           show SASL payloads and passwords\n"
	"      --max-stanza BYTES  largest element shown, 8388608\n"
	CLI_USAGE;

enum {
	OPT_PLAIN = CLI_OPT_OWN,
	OPT_HOST,
	OPT_PORT,
	OPT_TLS,
	OPT_CA_FILE,
	OPT_TIMEOUT,
	OPT_COLOR,
	OPT_SECRETS,
	OPT_MAX_STANZA,
	CLIENTS_MAX = 64,
	LABEL = 16,
	WHY_MAX = 5000,
	PORT_STARTTLS = 5222,
	PORT_DIRECT = 5223,
	OUT_MAX = 1 << 30
};

static const char shorts[] = ":" CLI_SHORT "Hap";
static const struct option longs[] = {
	{ "annotate", no_argument, NULL, 'a' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "headers", no_argument, NULL, 'H' },
	{ "plain", no_argument, NULL, OPT_PLAIN },
	{ "host", required_argument, NULL, OPT_HOST },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "tls", required_argument, NULL, OPT_TLS },
	{ "ca-file", required_argument, NULL, OPT_CA_FILE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "secrets", no_argument, NULL, OPT_SECRETS },
	{ "max-stanza", required_argument, NULL, OPT_MAX_STANZA },
	CLI_LONG
};

/* In use with a relay, or while the server is dialed for it. */
struct client {
	struct relay *relay;
	struct dialer *dialer;
	int fd;			/* until there is a relay */
	unsigned number;
	int64_t deadline;	/* for TLS to begin; -1: none */
	char label[LABEL];
	struct pollfd *p;	/* the dialer's, in proxy's */
	size_t n;
};

struct proxy {
	struct relay_config cf;
	struct tls_ctx *to_server[2];	/* by STARTTLS, direct */
	const char *host, *ca_file;
	unsigned port;
	bool any_tls;		/* nothing said: as the server's records do */
	enum relay_tls tls;
	int timeout_ms;
	struct jid domain;
	char ascii[JID_PART_MAX + 1];
	struct listener listener;
	struct pump_end signals;
	struct buf out;
	struct client clients[CLIENTS_MAX];
	struct pollfd polls[CLIENTS_MAX * DIALER_FDS];
	unsigned count;		/* clients so far */
	int signal;
};

static _Noreturn void
die(int r, const struct buf *why)
{
	cli_die(cli_status(r), "%.*s", (int)buf_len(why), buf_len(why) > 0 ?
	    (const char *)buf_data(why) : xerr_str(r));
}

/* The domain's certificate by an authority of our own, which is in a file. */
static void
make_identity(struct proxy *p)
{
	struct tls_config tc = { .server = true, .alpn = "xmpp-client" };
	struct testca papers;
	struct buf why;
	char *path;
	int r;

	testca_make(&papers, &p->domain);
	tmpdir_make();
	path = tmpdir_path("ca.pem");
	tmpdir_write(path, &papers.ca);
	tc.cert_pem = buf_str(&papers.cert);
	tc.key_pem = buf_str(&papers.key);
	buf_init(&why, WHY_MAX);
	if ((r = tls_ctx_new(&p->cf.to_client, &tc, &why)) < 0)
		die(r, &why);
	buf_release(&why);
	cli_warn("clients find %s at 127.0.0.1 port %u; its certificate is "
	    "by %s", jid_str(&p->domain), p->listener.port, path);
	testca_release(&papers);
	free(path);
}

static void
prepare(struct proxy *p)
{
	struct tls_config tc = { .ca_file = p->ca_file };
	struct tls_config direct = { .ca_file = p->ca_file,
	    .alpn = "xmpp-client" };
	struct buf why;
	int r;

	trust_find(&tc);
	trust_find(&direct);
	buf_init(&why, WHY_MAX);
	if (jid_domain_ascii(&p->domain, &why) < 0 ||
	    buf_len(&why) >= sizeof(p->ascii))
		cli_usage("the domain cannot be written in ASCII");
	memcpy(p->ascii, buf_data(&why), buf_len(&why));
	buf_reset(&why);
	p->cf.domain = jid_str(&p->domain);
	p->cf.out = &p->out;
	if ((r = tls_ctx_new(&p->to_server[0], &tc, &why)) < 0 ||
	    (r = tls_ctx_new(&p->to_server[1], &direct, &why)) < 0 ||
	    (r = listen_open(&p->listener, p->listener.port, &why)) < 0)
		die(r, &why);
	buf_release(&why);
	if (signals_open(&p->signals, true) < 0)
		cli_die(EX_OSERR, "%s", strerror(errno));
	blockio_stop_at(&p->signals);
	make_identity(p);
}

/* Begin to dial the server. */
static int
dial_server(struct proxy *p, struct dialer **dialer, struct buf *why)
{
	struct dial_config d = {
		.host = p->host != NULL ? p->host : p->ascii,
		.port = p->port,
		.tls = p->tls == RELAY_DIRECT ? DIAL_DIRECT :
		    p->any_tls ? DIAL_ANY : DIAL_STARTTLS,
		.deadline = p->timeout_ms == 0 ? -1 :
		    pump_now() + p->timeout_ms,
		.dns = cli_env("XMPP_DNS"),
		.tlsa = true,
	};

	if (d.port == 0 && p->host != NULL)
		d.port = p->tls == RELAY_DIRECT ? PORT_DIRECT : PORT_STARTTLS;
	return dialer_new(dialer, &d, why);
}

/* Away with C. */
static void
drop(struct client *c, const char *why)
{
	cli_warn("%sclient: %s", c->label, why);
	if (c->dialer != NULL)
		close(c->fd);
	dialer_free(c->dialer);
	relay_free(c->relay);
	c->dialer = NULL;
	c->relay = NULL;
}

static bool
is_ready(const struct client *c)
{
	return c->relay != NULL && relay_is_ready(c->relay);
}

/* The oldest of those through which nothing goes yet, or NULL. */
static struct client *
oldest_silent(struct proxy *p)
{
	struct client *c, *oldest = NULL;

	for (c = p->clients; c < p->clients + CLIENTS_MAX; c++)
		if (!is_ready(c) &&
		    (oldest == NULL || c->number < oldest->number))
			oldest = c;
	return oldest;
}

static struct client *
free_client(struct proxy *p)
{
	struct client *c;

	for (c = p->clients; c < p->clients + CLIENTS_MAX; c++)
		if (c->relay == NULL && c->dialer == NULL)
			return c;
	return NULL;
}

static void
no_server(const char *label, int r, const struct buf *why)
{
	cli_warn("%sserver: %.*s", label, (int)buf_len(why),
	    buf_len(why) > 0 ? (const char *)buf_data(why) : xerr_str(r));
}

static void
take_client(struct proxy *p, int fd)
{
	struct client *c = free_client(p);
	char label[LABEL];
	struct buf why;
	int r;

	snprintf(label, sizeof(label), "%u ", ++p->count);
	if (c == NULL && (c = oldest_silent(p)) != NULL)
		drop(c, "it says nothing, and another one has come");
	if (c == NULL) {
		cli_warn("%sthere are %d clients already", label, CLIENTS_MAX);
		close(fd);
		return;
	}
	*c = (struct client){ .fd = fd, .number = p->count,
	    .deadline = p->timeout_ms == 0 ? -1 : pump_deadline(p->timeout_ms) };
	memcpy(c->label, label, sizeof(label));
	buf_init(&why, WHY_MAX);
	if ((r = dial_server(p, &c->dialer, &why)) < 0) {
		no_server(label, r, &why);
		close(fd);
	}
	buf_release(&why);
}

/* TLS, to begin as HOW, with the server that T is: what it has to prove. */
static int
new_tls(struct proxy *p, const struct dial_target *t, enum relay_tls how,
    struct tls **tls)
{
	int r = tls_new(tls, p->to_server[how == RELAY_DIRECT], p->ascii);

	if (r < 0)
		return r;
	if ((r = tls_set_unicode(*tls, jid_str(&p->domain))) < 0 ||
	    (r = tls_set_tlsa(*tls, t->tlsa_host, t->tlsa, t->ntlsa)) < 0)
		tls_free(*tls);
	return r < 0 ? r : 0;
}

/* The server was reached for C: by FD, as T says. */
static void
connected(struct proxy *p, struct client *c, int fd,
    const struct dial_target *t)
{
	enum relay_tls how = p->any_tls && t->direct ? RELAY_DIRECT : p->tls;
	struct tls *tls = NULL;
	int r = how == RELAY_NONE ? 0 : new_tls(p, t, how, &tls);

	if (r == 0) {
		r = relay_new(&c->relay, &p->cf, c->fd, fd, how, tls,
		    c->label);
	} else {
		close(fd);
		close(c->fd);
	}
	if (r < 0)
		cli_warn("%s%s", c->label, xerr_str(r));
}

static void
step_dialer(struct proxy *p, struct client *c)
{
	struct dial_target t;
	struct buf why;
	int fd, r;

	buf_init(&why, WHY_MAX);
	r = dialer_step(c->dialer, c->p, c->n, &fd, &t, &why);
	if (r > 0) {
		connected(p, c, fd, &t);
	} else if (r < 0) {
		no_server(c->label, r, &why);
		close(c->fd);
	}
	if (r != 0) {
		dialer_free(c->dialer);
		c->dialer = NULL;
	}
	buf_release(&why);
}

static void
step_relay(struct proxy *p, struct client *c)
{
	while (relay_step(c->relay))
		filter_flush(&p->out, true);
	if (!relay_is_done(c->relay))
		return;
	relay_free(c->relay);
	c->relay = NULL;
}

/* Could the time of C be up?  While the server is dialed, that has its own. */
static bool
is_late(const struct client *c)
{
	return c->relay != NULL && c->deadline >= 0 && !is_ready(c);
}

/* All that can move moves; who is done goes. */
static void
step(struct proxy *p)
{
	struct client *c;
	int fd;

	while (listen_accept(&p->listener, &fd) == 1)
		take_client(p, fd);
	for (c = p->clients; c < p->clients + CLIENTS_MAX; c++) {
		if (c->dialer != NULL)
			step_dialer(p, c);
		if (c->relay != NULL)
			step_relay(p, c);
		if (is_late(c) && pump_now() >= c->deadline)
			drop(c, "it is too slow to begin");
	}
	filter_flush(&p->out, true);
}

/* What the dialers wait for, and until when. */
static size_t
prepare_dialers(struct proxy *p, int64_t *until)
{
	struct client *c;
	int64_t own;
	size_t n = 0;

	*until = -1;
	for (c = p->clients; c < p->clients + CLIENTS_MAX; c++) {
		if (is_late(c) && (*until < 0 || c->deadline < *until))
			*until = c->deadline;
		if (c->dialer == NULL)
			continue;
		c->p = p->polls + n;
		c->n = dialer_fds(c->dialer, c->p, &own);
		n += c->n;
		if (own >= 0 && (*until < 0 || own < *until))
			*until = own;
	}
	return n;
}

static void
wait_for_all(struct proxy *p)
{
	struct pump_end *ends[2 + 2 * CLIENTS_MAX];
	struct client *c;
	int64_t until;
	size_t n = 0, dialing = prepare_dialers(p, &until);
	int r;

	ends[n++] = &p->signals;
	ends[n++] = &p->listener.end;
	for (c = p->clients; c < p->clients + CLIENTS_MAX; c++) {
		if (c->relay == NULL)
			continue;
		ends[n++] = relay_client(c->relay);
		ends[n++] = relay_server(c->relay);
	}
	if ((r = pump_poll_also(ends, n, p->polls, dialing, until)) < 0)
		cli_die(cli_status(r), "%s", xerr_str(r));
}

static void
serve(struct proxy *p)
{
	struct client *c;

	while ((p->signal = signals_next(&p->signals, NULL)) == 0 ||
	    p->signal == SIGCHLD) {
		wait_for_all(p);
		step(p);
	}
	for (c = p->clients; c < p->clients + CLIENTS_MAX; c++) {
		relay_free(c->relay);
		if (c->dialer != NULL)
			close(c->fd);
		dialer_free(c->dialer);
	}
}

static enum relay_tls
tls_named(struct proxy *p, const char *s)
{
	p->any_tls = false;
	if (strcmp(s, "starttls") == 0)
		return RELAY_STARTTLS;
	if (strcmp(s, "direct") == 0)
		return RELAY_DIRECT;
	if (strcmp(s, "none") != 0)
		cli_usage("--tls: '%s' is none of starttls, direct, none", s);
	return RELAY_NONE;
}

static void
take_option(struct proxy *p, int ch)
{
	struct dump_config *d = &p->cf.dump;

	switch (ch) {
	case 'a': d->style = DUMP_ANNOTATED; break;
	case 'p': d->style = DUMP_PRETTY; break;
	case 'H': d->headers = true; break;
	case OPT_PLAIN: p->cf.plain = true; break;
	case OPT_HOST: p->host = optarg; break;
	case OPT_PORT:
		p->port = (unsigned)cli_number("--port", optarg, 1, 65535);
		break;
	case OPT_TLS: p->tls = tls_named(p, optarg); break;
	case OPT_CA_FILE: p->ca_file = optarg; break;
	case OPT_TIMEOUT: p->timeout_ms = cli_seconds("--timeout", optarg);
		break;
	case OPT_COLOR: d->colour = dump_wants_colour(optarg); break;
	case OPT_SECRETS: d->secrets = true; break;
	case OPT_MAX_STANZA:
		d->max = cli_number("--max-stanza", optarg, 1024, 1UL << 30);
		break;
	}
}

int
main(int argc, char *argv[])
{
	static struct proxy p = { .cf.dump.before_login = RELAY_BEFORE_LOGIN,
		.any_tls = true, .timeout_ms = 30000,
		.cf.dump.delim = '\n' };
	int ch;

	cli_init("xmpp-proxy", usage);
	p.cf.dump.colour = dump_wants_colour("auto");
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		take_option(&p, ch);
	if (argc - optind != 2)
		cli_usage("which port, and which domain?");
	p.listener.port = (unsigned)cli_number("PORT", argv[optind], 0,
	    65535);
	if (jid_parse(&p.domain, argv[optind + 1],
	    strlen(argv[optind + 1])) < 0 || jid_local(&p.domain, NULL) !=
	    NULL || jid_resource(&p.domain, NULL) != NULL)
		cli_usage("'%s' is no domain", argv[optind + 1]);
	buf_init(&p.out, OUT_MAX);
	prepare(&p);
	serve(&p);
	listen_close(&p.listener);
	tls_ctx_free(p.cf.to_client);
	tls_ctx_free(p.to_server[0]);
	tls_ctx_free(p.to_server[1]);
	buf_release(&p.out);
	tmpdir_remove();
	signals_die(p.signal);
}
