/*
 * xmpp-serve: a throwaway server on loopback, for trying, testing and CI.
 */
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "serve/testserver.h"
#include "serve/tmpdir.h"
#include "serve/testca.h"
#include "serve/testusers.h"
#include "cli/signals.h"
#include "jid/jid.h"
#include "sasl/scram.h"
#include "xml/ndxml.h"

static const char usage[] =
	"usage: xmpp-serve [options] [-- command [argument ...]]\n"
	"A throwaway XMPP server on 127.0.0.1: for the time of the command, or\n"
	"until a signal comes.\n"
	"\n"
	"  -d, --domain DOMAIN     serve DOMAIN, localhost\n"
	"  -m, --mechanism NAME    offer this SASL mechanism, and not all; may\n"
	"                          be repeated\n"
	"  -o, --output FILE       write the stanzas that are routed to FILE\n"
	"  -p, --port PORT         listen on PORT, not on a free one\n"
	"  -u, --user NAME         an account besides romeo and juliet; may be\n"
	"                          repeated\n"
	"      --anonymous         let anybody in, by ANONYMOUS\n"
	"      --binding TYPE      offer this type of channel binding, and not\n"
	"                          all; may be repeated; none for none\n"
	"      --certificates      make one for each account, to log in by\n"
	"      --close-takes-all   what a client has not acknowledged is lost when\n"
	"                          it closes its stream, as with ejabberd\n"
	"      --insecure-plaintext\n"
	"                          clients need no TLS\n"
	"      --max-stanza BYTES  largest stanza taken, 1048576\n"
	"      --max-tls VERSION   1.2: nothing newer\n"
	"      --no-fast           do not offer tokens (FAST)\n"
	"      --no-sasl2          do not offer SASL2, Bind 2 and FAST\n"
	"      --no-sm             do not offer stream management\n"
	"      --store NAME        keep what SCRAM-SHA-1 (-256) needs, no passwords\n"
	"      --timeout SECONDS   for a login, and for who does not read, 30\n"
	"      --trace FILE        write what each client says to FILE.1, FILE.2 ...\n"
	"      --trace-secrets     with passwords in it\n"
	"      --token-life SECONDS\n"
	"                          how long tokens are good, 86400\n"
	"  -v, --verbose           say who comes and goes\n"
	CLI_USAGE;

enum {
	OPT_ANONYMOUS = CLI_OPT_OWN,
	OPT_BINDING,
	OPT_CERTIFICATES,
	OPT_CLOSE_TAKES_ALL,
	OPT_INSECURE,
	OPT_MAX_TLS,
	OPT_STANZA,
	OPT_NO_FAST,
	OPT_NO_SASL2,
	OPT_NO_SM,
	OPT_STORE,
	OPT_TIMEOUT,
	OPT_TRACE,
	OPT_TRACE_SECRETS,
	OPT_TOKEN_LIFE,
	MECHANISMS_MAX = 16,
	BINDINGS_MAX = 4,
	PEM_MAX = 65536,
	LINE_MAX_IN = 2 << 20,	/* of stdin, with its line feed */
	OUT_ROOM = 64 << 10,
	FILES = 5000,
	MS_GOODBYE = 2000,
	MS_TIMEOUT = 30000,
	STANZA_MAX = 1 << 20,
	TOKEN_LIFE = 86400,		/* seconds */
	TOKEN_LIFE_MAX = 10 * 365 * 86400,
};

struct serve {
	const char *output;		/* -o */
	struct jid domain;
	struct testserver_config testserver_config;
	const char *mechanisms[MECHANISMS_MAX + 1];
	size_t nmechanisms;
	const char *bindings[BINDINGS_MAX + 1];
	size_t nbindings;
	bool certificates;
	struct testca papers;
	struct testusers people;
	struct testserver *hub;
	char *config, *ca;		/* paths */
	char **command;			/* or NULL */
	pid_t child;
	int child_status;		/* as waitpid() has it; if !child */
	struct ndxml_reader *rec;
	struct pump_end in, out, signals;
	struct rlimit files;		/* before we raised it */
	int status;
	int signals_seen;
	bool stop;
};

static _Noreturn void
die(int r, const struct buf *why)
{
	cli_die(r == XERR_SYS && buf_len(why) > 0 ? EX_UNAVAILABLE :
	    cli_status(r), "%.*s", (int)buf_len(why),
	    buf_len(why) > 0 ? (const char *)buf_data(why) : xerr_str(r));
}

static void
add_people(struct serve *s)
{
	size_t i;
	int r;

	for (i = 0; i < s->people.n; i++) {
		r = testserver_add_account(s->hub, s->people.v[i].local,
		    s->people.v[i].password);
		/* one that is there already is good enough */
		if (r < 0 && r != XERR_SYNTAX)
			cli_die(cli_status(r), "%s", xerr_str(r));
	}
}

/* The listener, the accounts, the files that lead to them. */
static void
open_hub(struct serve *s)
{
	struct testserver_config *hc = &s->testserver_config;
	struct buf why;
	int r;

	buf_init(&why, PEM_MAX);
	tmpdir_make();
	s->config = tmpdir_path("config");
	s->ca = tmpdir_path("ca.pem");
	testca_make(&s->papers, &s->domain);
	tmpdir_write(s->ca, &s->papers.ca);
	if (s->certificates)
		testusers_certify(&s->people, &s->papers);
	hc->domain = jid_str(&s->domain);
	hc->cert_pem = buf_str(&s->papers.cert);
	hc->key_pem = buf_str(&s->papers.key);
	if (s->certificates)
		hc->client_ca_pem = buf_str(&s->papers.ca);
	if (s->nmechanisms > 0)
		hc->mechanisms = s->mechanisms;
	if (s->nbindings > 0)
		hc->bindings = s->bindings;
	if ((r = testserver_new(&s->hub, hc, &why)) < 0)
		die(r, &why);
	testca_release(&s->papers);
	buf_release(&why);
	add_people(s);
	testusers_write(&s->people, &(struct testusers_server){
	    jid_str(&s->domain), testserver_port(s->hub), s->ca }, s->config);
}

/* As many descriptors as the system lets us have: a client is one. */
static void
raise_limit(struct serve *s)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &s->files) < 0)
		return;
	rl = s->files;
	if (rl.rlim_cur < FILES) {
		rl.rlim_cur = rl.rlim_max < FILES ? rl.rlim_max : FILES;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
	}
}

/* Where the stanzas go that are routed: nowhere, if a command has stdout. */
static void
open_output(struct serve *s)
{
	int fd = -1;

	if (s->output != NULL && strcmp(s->output, "-") != 0) {
		fd = open(s->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0666);
		if (fd < 0)
			cli_die(EX_CANTCREAT, "%s: %s", s->output,
			    strerror(errno));
	} else if (s->output != NULL || s->command == NULL) {
		fd = STDOUT_FILENO;
	}
	pump_init(&s->out, -1, fd, false, 0, OUT_ROOM);
	s->testserver_config.log = fd >= 0;
}

static void
open_input(struct serve *s)
{
	struct xparse_limits limits = { .size = s->testserver_config.max_stanza };

	pump_init(&s->in, s->command == NULL ? STDIN_FILENO : -1, -1, false,
	    LINE_MAX_IN > 2 * limits.size ? LINE_MAX_IN : 2 * limits.size, 0);
	if (ndxml_reader_new(&s->rec, &limits, '\n') < 0)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
}

/* Accounts of the user's own have no say in what the command does. */
static void
set_environment(const struct serve *s)
{
	static const char *const names[] = {
		"XMPP_JID", "XMPP_PASSWORD", "XMPP_HOST", "XMPP_PORT",
		"XMPP_TLS", "XMPP_CA_FILE", "XMPP_CRL_FILE", "XMPP_PIN",
		"XMPP_PROXY", "XMPP_SASL", "XMPP_AHEAD"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	/* nor is anything of us to be remembered, unless somebody says where */
	if (setenv("XMPP_CONFIG", s->config, 1) < 0 ||
	    setenv("XMPP_STATE", "", 0) < 0) {
		cli_warn("%s", strerror(errno));
		_exit(EX_OSERR);
	}
}

static void
start_command(struct serve *s)
{
	int status;

	if ((s->child = fork()) < 0)
		cli_die(EX_OSERR, "fork: %s", strerror(errno));
	if (s->child > 0)
		return;
	signals_child();
	if (s->files.rlim_cur != 0)
		(void)setrlimit(RLIMIT_NOFILE, &s->files);
	set_environment(s);
	execvp(s->command[0], s->command);
	status = errno == ENOENT ? 127 : 126;
	cli_warn("%s: %s", s->command[0], strerror(errno));
	_exit(status);
}

/* XMPP_CONFIG=... on stdout, in a form that a shell can read. */
static void
announce(struct serve *s)
{
	const char *p;

	if (strspn(s->config, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
	    "TUVWXYZ0123456789/._-") == strlen(s->config)) {
		printf("XMPP_CONFIG=%s\n", s->config);
	} else {
		printf("XMPP_CONFIG='");
		for (p = s->config; *p != '\0'; p++)
			if (*p == '\'')
				printf("'\\''");
			else
				putchar(*p);
		printf("'\n");
	}
	if (fflush(stdout) != 0)
		cli_stdout_failed(errno);
}

static void
reap(struct serve *s)
{
	int status;

	if (s->child > 0 && waitpid(s->child, &status, WNOHANG) == s->child) {
		s->child = 0;
		s->child_status = status;
		s->stop = true;
	}
}

/*
 * The first one ends us, or is for the command to end by, which ends us; the
 * second one is meant.  What a terminal says to a command is not our business.
 */
static void
take_signal(struct serve *s, int sig, bool terminal)
{
	if (s->child > 0 && terminal)
		return;
	if (s->child > 0)
		kill(s->child, s->signals_seen > 0 ? SIGKILL : sig);
	else
		s->stop = true;
	s->signals_seen++;
}

static void
take_signals(struct serve *s)
{
	bool terminal;
	int sig;

	while ((sig = signals_next(&s->signals, &terminal)) != 0)
		if (sig == SIGCHLD)
			reap(s);
		else
			take_signal(s, sig, terminal);
}

static void
reject(struct serve *s, const char *why)
{
	cli_warn("line %llu: %s", (unsigned long long)ndxml_number(s->rec), why);
	s->status = EX_DATAERR;
}

/* Stanza lines on stdin are for our clients. */
static void
take_input(struct serve *s)
{
	struct elem *e;
	int r;

	while (s->in.rfd >= 0 && !testserver_is_congested(s->hub) &&
	    (r = ndxml_read(s->rec, &s->in.in, s->in.rclosed, &e)) != 0) {
		if (r < 0)
			reject(s, ndxml_errmsg(s->rec));
		else if ((r = testserver_inject(s->hub, e)) == XERR_SYNTAX)
			reject(s, "not a stanza, or without \"to\"");
		else if (r < 0)
			reject(s, xerr_str(r));
	}
}

static void
put_output(struct serve *s)
{
	struct buf *log = testserver_log(s->hub);
	size_t n = buf_len(log);

	if (n > buf_room(&s->out.out))
		n = buf_room(&s->out.out);
	buf_put(&s->out.out, buf_data(log), n);
	buf_consume(log, n);
	if (s->out.wclosed && s->out.wfd >= 0)
		cli_stdout_failed(s->out.werr);
}

static void
step(struct serve *s, int64_t deadline)
{
	struct pump_end *ends[] = { &s->in, &s->out, &s->signals };
	int r;

	r = testserver_poll(s->hub, ends, sizeof(ends) / sizeof(ends[0]), deadline);
	if (r < 0)
		cli_die(cli_status(r), "%s", r == XERR_SYS ? strerror(errno) :
		    xerr_str(r));
	take_signals(s);
	take_input(s);
	put_output(s);
}

static bool
has_output(struct serve *s)
{
	return s->out.wfd >= 0 && (buf_len(&s->out.out) > 0 ||
	    buf_len(testserver_log(s->hub)) > 0);
}

static int
run(struct serve *s)
{
	int64_t deadline;

	if (s->command != NULL)
		start_command(s);
	else
		announce(s);
	while (!s->stop)
		step(s, -1);
	testserver_close(s->hub);
	deadline = pump_deadline(MS_GOODBYE);
	while ((testserver_clients(s->hub) > 0 || has_output(s)) &&
	    pump_now() < deadline && s->signals_seen < 2)
		step(s, deadline);
	if (s->command == NULL)
		return s->status;
	return WIFSIGNALED(s->child_status) ?
	    128 + WTERMSIG(s->child_status) : WEXITSTATUS(s->child_status);
}

static void
release(struct serve *s)
{
	testserver_free(s->hub);
	ndxml_reader_free(s->rec);
	pump_release(&s->in);
	pump_release(&s->out);
	pump_release(&s->signals);
	testusers_release(&s->people);
	free(s->config);
	free(s->ca);
}

static void
set_domain(struct serve *s, const char *domain)
{
	if (jid_make(&s->domain, NULL, domain, NULL) < 0)
		cli_usage("-d: %s is no domain", domain);
}

static void
set_store(struct serve *s, const char *name)
{
	if (scram_hash(name, NULL) == NULL)
		cli_usage("--store: %s is no SCRAM without -PLUS", name);
	s->testserver_config.store = name;
}

static void
add_mechanism(struct serve *s, const char *name)
{
	if (s->nmechanisms == MECHANISMS_MAX)
		cli_usage("-m: more than %d mechanisms", MECHANISMS_MAX);
	s->mechanisms[s->nmechanisms++] = name;
}

static void
add_binding(struct serve *s, const char *type)
{
	static const char *const types[] = {
		"none", "tls-exporter", "tls-server-end-point", "tls-unique"
	};
	size_t i = 0, n = sizeof(types) / sizeof(types[0]);

	while (i < n && strcmp(types[i], type) != 0)
		i++;
	if (i == n)
		cli_usage("--binding: %s is no type that we have", type);
	if (s->nbindings == BINDINGS_MAX)
		cli_usage("--binding: more than %d types", BINDINGS_MAX);
	s->bindings[s->nbindings++] = types[i];
}

static void
set_max_tls(struct serve *s, const char *version)
{
	s->testserver_config.no_tls_1_3 = strcmp(version, "1.2") == 0;
	if (!s->testserver_config.no_tls_1_3 && strcmp(version, "1.3") != 0)
		cli_usage("--max-tls: %s is neither 1.2 nor 1.3", version);
}

static const char shorts[] = "+:" CLI_SHORT "d:m:o:p:u:v";
static const struct option longs[] = {
	{ "domain", required_argument, NULL, 'd' },
	{ "mechanism", required_argument, NULL, 'm' },
	{ "output", required_argument, NULL, 'o' },
	{ "port", required_argument, NULL, 'p' },
	{ "user", required_argument, NULL, 'u' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "anonymous", no_argument, NULL, OPT_ANONYMOUS },
	{ "binding", required_argument, NULL, OPT_BINDING },
	{ "certificates", no_argument, NULL, OPT_CERTIFICATES },
	{ "close-takes-all", no_argument, NULL, OPT_CLOSE_TAKES_ALL },
	{ "insecure-plaintext", no_argument, NULL, OPT_INSECURE },
	{ "max-tls", required_argument, NULL, OPT_MAX_TLS },
	{ "max-stanza", required_argument, NULL, OPT_STANZA },
	{ "no-fast", no_argument, NULL, OPT_NO_FAST },
	{ "no-sasl2", no_argument, NULL, OPT_NO_SASL2 },
	{ "no-sm", no_argument, NULL, OPT_NO_SM },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "trace-secrets", no_argument, NULL, OPT_TRACE_SECRETS },
	{ "token-life", required_argument, NULL, OPT_TOKEN_LIFE },
	CLI_LONG
};

static void
take_option(struct serve *s, int ch)
{
	struct testserver_config *hc = &s->testserver_config;

	switch (ch) {
	case 'd': set_domain(s, optarg); break;
	case 'm': add_mechanism(s, optarg); break;
	case 'o': s->output = optarg; break;
	case 'p':
		hc->port = (unsigned)cli_number("--port", optarg, 0, 65535);
		break;
	case 'u': testusers_add(&s->people, optarg); break;
	case 'v': cli_louder(); break;
	case OPT_ANONYMOUS: hc->anonymous = true; break;
	case OPT_BINDING: add_binding(s, optarg); break;
	case OPT_CERTIFICATES: s->certificates = true; break;
	case OPT_CLOSE_TAKES_ALL: hc->close_takes_all = true; break;
	case OPT_MAX_TLS: set_max_tls(s, optarg); break;
	case OPT_INSECURE: hc->plaintext_ok = true; break;
	case OPT_STANZA:
		hc->max_stanza = cli_number("--max-stanza", optarg, 10000,
		    1 << 24);
		break;
	case OPT_STORE: set_store(s, optarg); break;
	case OPT_TIMEOUT:
		hc->timeout_ms = cli_seconds("--timeout", optarg);
		break;
	case OPT_TRACE: hc->trace = optarg; break;
	case OPT_TRACE_SECRETS: hc->trace_secrets = true; break;
	case OPT_NO_FAST: hc->token_life = 0; break;
	case OPT_NO_SASL2: hc->no_sasl2 = true; break;
	case OPT_NO_SM: hc->no_sm = true; break;
	case OPT_TOKEN_LIFE:
		hc->token_life = (unsigned)cli_number("--token-life", optarg,
		    1, TOKEN_LIFE_MAX);
		break;
	}
}

int
main(int argc, char *argv[])
{
	static struct serve s;
	int ch, status;

	cli_init("xmpp-serve", usage);
	s.testserver_config.token_life = TOKEN_LIFE;
	s.testserver_config.timeout_ms = MS_TIMEOUT;
	s.testserver_config.max_stanza = STANZA_MAX;
	set_domain(&s, "localhost");
	testusers_add(&s.people, "romeo");
	testusers_add(&s.people, "juliet");
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		take_option(&s, ch);
	if (optind < argc)
		s.command = argv + optind;
	raise_limit(&s);
	if (signals_open(&s.signals, false) < 0)
		cli_die(EX_OSERR, "pipe: %s", strerror(errno));
	open_output(&s);
	open_input(&s);
	open_hub(&s);
	status = run(&s);
	release(&s);
	return status;
}
