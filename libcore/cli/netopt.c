/* The options of programs with a network connection. */
#include <string.h>

#include "base/xerr.h"
#include "cli/netopt.h"
#include "net/proxy.h"
#include "net/tls.h"
#include "sasl/sasl.h"

/* Below this not even stream features fit; above it sizes might overflow. */
enum { STANZA_MIN = 10000, STANZA_MAX = 1 << 30 };

void
netopt_init(struct netopt *o)
{
	*o = (struct netopt){
		.timeout_ms = NETOPT_TIMEOUT_MS,
		.max_stanza = NETOPT_MAX_STANZA,
	};
}

int
netopt_parse_tls(enum netopt_tls *tls, const char *s)
{
	if (strcmp(s, "starttls") == 0)
		*tls = NETOPT_TLS_STARTTLS;
	else if (strcmp(s, "direct") == 0)
		*tls = NETOPT_TLS_DIRECT;
	else
		return XERR_SYNTAX;
	return 0;
}

static bool
has_mechanism(const char *name, size_t len)
{
	const char *have;
	size_t i;

	for (i = 0; (have = sasl_mechanism_name(i)) != NULL; i++)
		if (strlen(have) == len && memcmp(have, name, len) == 0)
			return true;
	return false;
}

bool
netopt_has_mechanisms(const char *list)
{
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (!has_mechanism(list, len))
			return false;
		if (list[len] == '\0')
			return true;
	}
}

/* An empty value is a variable that a script forgot to set. */
static const char *
text(const char *opt, const char *arg)
{
	if (*arg == '\0')
		cli_usage("%s: the value is empty", opt);
	return arg;
}

int
netopt_check_proxy(const char *url, struct buf *why)
{
	struct proxy_url u;
	int r;

	if (strcmp(url, NETOPT_NO_PROXY) == 0)
		return 0;
	if ((r = proxy_url_parse(&u, url, why)) == 0)
		proxy_url_wipe(&u);
	return r;
}

static void
check(const char *opt, int (*good)(const char *, struct buf *), const char *arg)
{
	struct buf why;

	buf_init(&why, CLI_MESSAGE);
	if (good(arg, &why) < 0)
		cli_usage("%s: %s", opt, buf_str(&why) != NULL ?
		    buf_str(&why) : xerr_str(XERR_SYNTAX));
	buf_release(&why);
}

/* Other users of the machine see what stands on a command line. */
static const char *
proxy_url(const char *arg)
{
	const char *s = strstr(text("--proxy", arg), "://");

	if (s != NULL && strchr(s + 3, '@') != NULL)
		cli_usage("--proxy: no password on the command line: write "
		    "it as ALL_PROXY or as proxy in the account file");
	check("--proxy", netopt_check_proxy, arg);
	return arg;
}

static void
add_pin(struct netopt *o, const char *arg)
{
	size_t n = 0;

	while (o->pins[n] != NULL)
		n++;
	if (n == NETOPT_PINS)
		cli_usage("--pin: more than %d", NETOPT_PINS);
	check("--pin", tls_check_pins, text("--pin", arg));
	o->pins[n] = arg;
}

bool
netopt_take(struct netopt *o, int ch, const char *arg)
{
	switch (ch) {
	case 'a': o->account = text("-a", arg); break;
	case 'f': o->file = text("-f", arg); break;
	case 'j': o->jid = text("-j", arg); break;
	case 'v': cli_louder(); break;
	case NETOPT_HOST: o->host = text("--host", arg); break;
	case NETOPT_CA_FILE: o->ca_file = text("--ca-file", arg); break;
	case NETOPT_CRL_FILE: o->crl_file = text("--crl-file", arg); break;
	case NETOPT_PIN: add_pin(o, arg); break;
	case NETOPT_SASL:
		if (!netopt_has_mechanisms(arg))
			cli_usage("--sasl: '%s': " NETOPT_NO_MECHANISM, arg);
		o->mechanisms = arg;
		break;
	case NETOPT_FORGET: o->forget = true; break;
	case NETOPT_NO_AHEAD: o->ahead = NETOPT_NO; break;
	case NETOPT_PROXY: o->proxy = proxy_url(arg); break;
	case NETOPT_TRACE: o->trace = arg; break;
	case NETOPT_TRACE_SECRETS: o->trace_secrets = true; break;
	case NETOPT_KEY_LOG: o->key_log = text("--key-log", arg); break;
	case NETOPT_INSECURE: o->insecure_plaintext = true; break;
	case NETOPT_PORT:
		o->port = (unsigned)cli_number("--port", arg, 1, 65535);
		break;
	case NETOPT_TLS:
		if (netopt_parse_tls(&o->tls, arg) < 0)
			cli_usage("--tls: '%s' is neither starttls nor direct",
			    arg);
		break;
	case NETOPT_TIMEOUT:
		o->timeout_ms = cli_seconds("--timeout", arg);
		o->has_timeout = true;
		break;
	case NETOPT_STANZA:
		o->max_stanza = cli_number("--max-stanza", arg, STANZA_MIN,
		    STANZA_MAX);
		break;
	default:
		return false;
	}
	return true;
}
