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
#include "cli/cli.h"
#include "cli/filter.h"
#include "cli/nest.h"
#include "cli/netopt.h"
#include "cli/relay.h"
#include "cli/signals.h"
#include "jid/jid.h"
#include "net/cert.h"
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
	"      --max-stanza BYTES  largest element shown, 1048576\n"
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
	PEM_MAX = 65536,
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

struct proxy {
	struct relay_config cf;
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
	struct relay *relays[CLIENTS_MAX];
	unsigned count;		/* clients so far */
	int signal;
};

static _Noreturn void
die(int r, const struct buf *why)
{
	cli_die(cli_status(r), "%.*s", (int)buf_len(why), buf_len(why) > 0 ?
	    (const char *)buf_data(why) : xerr_str(r));
}

/* The domain's certificate by an authority of our own, in a file. */
static void
make_identity(struct proxy *p)
{
	const char *names[] = { p->ascii, NULL };
	struct cert_spec spec = { .dns = names };
	struct tls_config tc = { .server = true, .alpn = "xmpp-client" };
	struct buf cert, key, pem;
	struct cert_ca *ca = NULL;
	char *path;
	int r;

	if (jid_domain_is_ip(&p->domain))
		spec = (struct cert_spec){ .ip = names };
	buf_init(&cert, PEM_MAX);
	buf_init(&key, PEM_MAX);
	buf_init(&pem, PEM_MAX);
	if ((r = cert_ca_new(&ca, "xmpp-proxy")) < 0 ||
	    (r = cert_ca_pem(ca, &pem)) < 0 ||
	    (r = cert_issue(ca, &spec, &cert, &key)) < 0)
		cli_die(cli_status(r), "no certificate: %s", xerr_str(r));
	nest_make();
	path = nest_path("ca.pem");
	nest_write(path, &pem);
	tc.cert_pem = buf_str(&cert);
	tc.key_pem = buf_str(&key);
	buf_reset(&pem);
	if ((r = tls_ctx_new(&p->cf.to_client, &tc, &pem)) < 0)
		die(r, &pem);
	cli_warn("clients find %s at 127.0.0.1 port %u; its certificate is "
	    "by %s", jid_str(&p->domain), p->listener.port, path);
	cert_ca_free(ca);
	buf_release(&cert);
	buf_wipe(&key);
	buf_release(&pem);
	free(path);
}

static void
prepare(struct proxy *p)
{
	struct tls_config tc = { .ca_file = p->ca_file,
		.alpn = p->tls == RELAY_DIRECT ? "xmpp-client" : NULL };
	struct buf why;
	int r;

	buf_init(&why, PEM_MAX);
	if (jid_domain_ascii(&p->domain, &why) < 0 ||
	    buf_len(&why) >= sizeof(p->ascii))
		cli_usage("the domain cannot be written in ASCII");
	memcpy(p->ascii, buf_data(&why), buf_len(&why));
	buf_reset(&why);
	p->cf.domain = jid_str(&p->domain);
	p->cf.ascii = p->ascii;
	p->cf.out = &p->out;
	if ((r = tls_ctx_new(&p->cf.to_server, &tc, &why)) < 0 ||
	    (r = listen_open(&p->listener, p->listener.port, &why)) < 0)
		die(r, &why);
	buf_release(&why);
	if (signals_open(&p->signals, true) < 0)
		cli_die(EX_OSERR, "%s", strerror(errno));
	make_identity(p);
}

/* Connect to the server; *TLS is how TLS begins there. */
static int
connect_on(struct proxy *p, int *fd, enum relay_tls *tls, struct buf *why)
{
	struct dial_config d = {
		.host = p->host != NULL ? p->host : p->ascii,
		.port = p->port,
		.tls = p->tls == RELAY_DIRECT ? DIAL_DIRECT :
		    p->any_tls ? DIAL_ANY : DIAL_STARTTLS,
		.deadline = p->timeout_ms == 0 ? -1 :
		    pump_now() + p->timeout_ms,
		.dns = getenv("XMPP_DNS"),
	};
	struct dial_target t;
	struct dialer *dialer;
	int r;

	if (d.dns != NULL && *d.dns == '\0')
		d.dns = NULL;
	if (d.port == 0 && p->host != NULL)
		d.port = p->tls == RELAY_DIRECT ? PORT_DIRECT : PORT_STARTTLS;
	if ((r = dialer_new(&dialer, &d, why)) < 0)
		return r;
	if ((r = dialer_next(dialer, fd, &t, why)) == 0)
		*tls = p->any_tls && t.direct ? RELAY_DIRECT : p->tls;
	dialer_free(dialer);
	return r;
}

static struct relay **
free_slot(struct proxy *p)
{
	size_t i;

	for (i = 0; i < CLIENTS_MAX; i++)
		if (p->relays[i] == NULL)
			return &p->relays[i];
	return NULL;
}

static void
take_client(struct proxy *p, int fd)
{
	struct relay **slot = free_slot(p);
	enum relay_tls tls = p->tls;
	char label[16];
	struct buf why;
	int server, r;

	snprintf(label, sizeof(label), "%u ", ++p->count);
	buf_init(&why, PEM_MAX);
	if (slot == NULL) {
		cli_warn("%sthere are %d clients already", label, CLIENTS_MAX);
		close(fd);
	} else if (connect_on(p, &server, &tls, &why) < 0) {
		cli_warn("%sserver: %s", label, buf_str(&why) == NULL ?
		    "no memory" : buf_str(&why));
		close(fd);
	} else if ((r = relay_new(slot, &p->cf, fd, server, tls, label)) < 0)
		cli_warn("%s%s", label, xerr_str(r));
	buf_release(&why);
}

/* All that can move moves; who is done goes. */
static void
step(struct proxy *p)
{
	size_t i;
	int fd;

	while (listen_accept(&p->listener, &fd) == 1)
		take_client(p, fd);
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (p->relays[i] == NULL)
			continue;
		while (relay_step(p->relays[i]))
			filter_flush(&p->out, true);
		if (relay_is_done(p->relays[i])) {
			relay_free(p->relays[i]);
			p->relays[i] = NULL;
		}
	}
	filter_flush(&p->out, true);
}

static void
serve(struct proxy *p)
{
	struct pump_end *ends[2 + 2 * CLIENTS_MAX];
	size_t i, n;
	int r;

	while ((p->signal = signals_next(&p->signals, NULL)) == 0 ||
	    p->signal == SIGCHLD) {
		n = 0;
		ends[n++] = &p->signals;
		ends[n++] = &p->listener.end;
		for (i = 0; i < CLIENTS_MAX; i++) {
			if (p->relays[i] == NULL)
				continue;
			ends[n++] = relay_client(p->relays[i]);
			ends[n++] = relay_server(p->relays[i]);
		}
		if ((r = pump_poll(ends, n, -1)) < 0)
			cli_die(cli_status(r), "%s", xerr_str(r));
		step(p);
	}
	for (i = 0; i < CLIENTS_MAX; i++)
		relay_free(p->relays[i]);
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
	static struct proxy p = { .any_tls = true, .timeout_ms = 30000,
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
	tls_ctx_free(p.cf.to_server);
	buf_release(&p.out);
	nest_remove();
	signals_die(p.signal);
}
