/*
 * The options that all programs with a network connection share.
 *
 *	static const char shorts[] = ":" CLI_SHORT NETOPT_SHORT "s:l";
 *	static const struct option longs[] = {
 *		{ "subject", required_argument, NULL, 's' },
 *		NETOPT_LONG, CLI_LONG
 *	};
 *	...
 *	netopt_init(&net);
 *	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
 *		switch (ch) {
 *		case 's': ...
 *		default: netopt_take(&net, ch, optarg);
 *		}
 *
 * An account (account.h) is then made of these, the environment and the file.
 */
#ifndef CLI_NETOPT_H
#define CLI_NETOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/cli.h"

enum netopt_tls {
	NETOPT_TLS_ANY = 0,	/* nothing said */
	NETOPT_TLS_STARTTLS,
	NETOPT_TLS_DIRECT
};

/* Of an account that may say it, too. */
enum netopt_bool {
	NETOPT_UNSAID = 0,
	NETOPT_NO,
	NETOPT_YES
};

enum { NETOPT_PINS = 16 };	/* at most */

/* Texts are borrowed from argv; NULL or 0 where the option was not given. */
struct netopt {
	const char *account;	/* -a, a section of the file */
	const char *file;	/* -f, the account file */
	const char *jid;	/* -j */
	const char *host;	/* --host */
	unsigned port;		/* --port */
	enum netopt_tls tls;	/* --tls */
	const char *ca_file;	/* --ca-file */
	const char *crl_file;	/* --crl-file */
	const char *pins[NETOPT_PINS + 1]; /* --pin, each; then NULL */
	const char *proxy;	/* --proxy; NETOPT_NO_PROXY for none */
	const char *mechanisms;	/* --sasl, with commas */
	bool forget;		/* --forget */
	enum netopt_bool ahead;	/* --no-ahead */
	bool insecure_plaintext; /* --insecure-plaintext */
	int timeout_ms;		/* --timeout, 0 is no limit */
	bool has_timeout;	/* it was given, else it is the default */
	size_t max_stanza;	/* --max-stanza, bytes */
	const char *trace;	/* --trace, a file; "" for none */
	bool trace_secrets;	/* --trace-secrets */
	const char *key_log;	/* --key-log, a file */
};

enum {
	NETOPT_TIMEOUT_MS = 30000,
	NETOPT_MAX_STANZA = 8388608,
	NETOPT_HOST = CLI_OPT_NET,
	NETOPT_PORT,
	NETOPT_TLS,
	NETOPT_CA_FILE,
	NETOPT_TIMEOUT,
	NETOPT_INSECURE,
	NETOPT_STANZA,
	NETOPT_PROXY,
	NETOPT_PIN,
	NETOPT_SASL,
	NETOPT_FORGET,
	NETOPT_CRL_FILE,
	NETOPT_TRACE,
	NETOPT_TRACE_SECRETS,
	NETOPT_KEY_LOG,
	NETOPT_NO_AHEAD
};

/* Connect directly, whatever the environment says. */
#define NETOPT_NO_PROXY "none"

#define NETOPT_SHORT "a:f:j:v"
#define NETOPT_LONG \
	{ "account", required_argument, NULL, 'a' }, \
	{ "file", required_argument, NULL, 'f' }, \
	{ "jid", required_argument, NULL, 'j' }, \
	{ "verbose", no_argument, NULL, 'v' }, \
	{ "host", required_argument, NULL, NETOPT_HOST }, \
	{ "port", required_argument, NULL, NETOPT_PORT }, \
	{ "tls", required_argument, NULL, NETOPT_TLS }, \
	{ "ca-file", required_argument, NULL, NETOPT_CA_FILE }, \
	{ "timeout", required_argument, NULL, NETOPT_TIMEOUT }, \
	{ "insecure-plaintext", no_argument, NULL, NETOPT_INSECURE }, \
	{ "max-stanza", required_argument, NULL, NETOPT_STANZA }, \
	{ "proxy", required_argument, NULL, NETOPT_PROXY }, \
	{ "sasl", required_argument, NULL, NETOPT_SASL }, \
	{ "forget", no_argument, NULL, NETOPT_FORGET }, \
	{ "pin", required_argument, NULL, NETOPT_PIN }, \
	{ "crl-file", required_argument, NULL, NETOPT_CRL_FILE }, \
	{ "trace", required_argument, NULL, NETOPT_TRACE }, \
	{ "trace-secrets", no_argument, NULL, NETOPT_TRACE_SECRETS }, \
	{ "key-log", required_argument, NULL, NETOPT_KEY_LOG }, \
	{ "no-ahead", no_argument, NULL, NETOPT_NO_AHEAD }

/*
 * Their part of the usage text; CLI_USAGE follows it.  The time-out is the
 * last, for a program that has more to say of it.
 */
#define NETOPT_USAGE \
	"Account and connection, see xmpputils(7):\n" \
	"  -a, --account NAME      section of the account file\n" \
	"  -f, --file FILE         account file, also of sendxmpp, go-sendxmpp\n" \
	"  -j, --jid JID           log in as JID\n" \
	"  -v, --verbose           say more on stderr; -vv more yet\n" \
	"      --host HOST         connect to HOST instead of the JID's domain\n" \
	"      --port PORT         and to this port\n" \
	"      --tls HOW           starttls or direct\n" \
	"      --ca-file FILE      trust these certificates, not the system's\n" \
	"      --crl-file FILE     refuse what these lists revoke\n" \
	"      --pin sha256//HASH  refuse other keys; several: all but these\n" \
	"      --sasl MECH,...     authenticate by one of these only\n" \
	"      --forget            forget what is remembered of the account\n" \
	"      --no-ahead          log in step by step, send nothing ahead\n" \
	"      --proxy URL         through socks5h://HOST:PORT or http://..., or none\n" \
	"      --max-stanza BYTES  largest stanza taken, 8388608\n" \
	"      --trace FILE        write what goes over the connection to FILE\n" \
	"      --trace-secrets     with passwords in it\n" \
	"      --key-log FILE      write the keys of TLS to FILE\n" \
	"      --insecure-plaintext\n" \
	"                          do without TLS; never with PLAIN\n" \
	"      --timeout SECONDS   give up on a silent server, 30; 0 is never\n"

/* Nothing given yet: the defaults. */
void netopt_init(struct netopt *o);

/*
 * Take option CH with value ARG, as cli_getopt() returned them, if it is one
 * of ours; whether it was.  A wrong value is wrong usage (exit 64).
 */
bool netopt_take(struct netopt *o, int ch, const char *arg);

/* "starttls" or "direct" into *TLS; 0 or XERR_SYNTAX. */
int netopt_parse_tls(enum netopt_tls *tls, const char *s);

/* The URL of a proxy, or NETOPT_NO_PROXY: 0, or an error and WHY. */
int netopt_check_proxy(const char *url, struct buf *why);

/* Are all in this list, with commas, mechanisms that we have? */
bool netopt_has_mechanisms(const char *list);
#define NETOPT_NO_MECHANISM \
	"not a list of mechanisms like SCRAM-SHA-256,SCRAM-SHA-1"

#endif
