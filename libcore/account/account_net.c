/* Where an account's connection leads to, and how it is made safe. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xerr.h"
#include "account/account_int.h"
#include "account/noproxy.h"
#include "net/tls.h"

int
account_put_text(struct account *a, char **p, const char *value)
{
	free(*p);
	return (*p = strdup(value)) == NULL ? account_no_memory(a) : 0;
}

/*
 * VALUE as a path: "~/" is the home directory, and what is not absolute counts
 * from the directory of the file that says so.
 */
int
account_put_path(struct account *a, char **p, const char *value,
    const char *file)
{
	const char *slash = strrchr(file, '/'), *home = cli_env("HOME");

	free(*p);
	if (strncmp(value, "~/", 2) == 0 && home != NULL)
		*p = account_join(home, strlen(home), value + 1);
	else if (*value != '/' && slash != NULL)
		*p = account_join(file, (size_t)(slash + 1 - file), value);
	else
		*p = strdup(value);
	return *p == NULL ? account_no_memory(a) : 0;
}

static int
bad_value(struct account *a, const char *where, enum conf_key key,
    const char *value, const char *want)
{
	return cli_fail(&a->err, EX_CONFIG, "%s: %s '%s' is not %s", where,
	    conf_name(key), value, want);
}

/* Port and TLS mode from text, if nothing that goes before has set them. */
int
account_put_port(struct account *a, const char *value, const char *where)
{
	unsigned long n;

	if (a->port != 0 || value == NULL)
		return 0;
	if (cli_parse_number(&n, value, 1, 65535) < 0)
		return bad_value(a, where, CONF_PORT, value,
		    "from 1 to 65535");
	a->port = (unsigned)n;
	return 0;
}

int
account_put_tls(struct account *a, const char *value, const char *where)
{
	if (a->tls != NETOPT_TLS_ANY || value == NULL)
		return 0;
	if (netopt_parse_tls(&a->tls, value) < 0)
		return bad_value(a, where, CONF_TLS, value,
		    "starttls or direct");
	return 0;
}

int
account_put_ahead(struct account *a, const char *value, const char *where)
{
	if (a->ahead != NETOPT_UNSAID || value == NULL)
		return 0;
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return bad_value(a, where, CONF_AHEAD, value, "yes or no");
	a->ahead = *value == 'y' ? NETOPT_YES : NETOPT_NO;
	return 0;
}

/* The mechanisms that may be used; before any JID, which may go without user. */
int
account_put_sasl(struct account *a, const char *value, const char *where)
{
	if (a->sasl != NULL || value == NULL)
		return 0;
	if (!netopt_has_mechanisms(value))
		return cli_fail(&a->err, EX_CONFIG, "%s: %s '%s': "
		    NETOPT_NO_MECHANISM, where, conf_name(CONF_SASL), value);
	a->anonymous = strcmp(value, "ANONYMOUS") == 0;
	return account_put_text(a, &a->sasl, value);
}

/* What is text everywhere: in options, the environment and the file. */
struct setting {
	enum conf_key key;
	const char *env;
	size_t option, at;	/* where struct netopt and account have it */
	bool path;
	int (*check)(const char *value, struct buf *why);
};

enum {
	PROXY = 4,
	NOT_TEXT = 65535	/* more than one in the options */
};

static const struct setting settings[] = {
	{ CONF_HOST, "XMPP_HOST", offsetof(struct netopt, host),
	    offsetof(struct account, host), false, NULL },
	{ CONF_CA_FILE, "XMPP_CA_FILE", offsetof(struct netopt, ca_file),
	    offsetof(struct account, ca_file), true, NULL },
	{ CONF_CRL_FILE, "XMPP_CRL_FILE", offsetof(struct netopt, crl_file),
	    offsetof(struct account, crl_file), true, NULL },
	{ CONF_PIN, "XMPP_PIN", NOT_TEXT, offsetof(struct account, pins),
	    false, tls_check_pins },
	[PROXY] = { CONF_PROXY, "XMPP_PROXY", offsetof(struct netopt, proxy),
	    offsetof(struct account, proxy), false,
	    netopt_check_proxy },
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static char **
place_of(struct account *a, const struct setting *s)
{
	return (char **)((char *)a + s->at);
}

/* VALUE, which is WHERE, into *P, which has none yet. */
static int
put_value(struct account *a, const struct setting *s, const char *value,
    const char *where)
{
	struct buf why;
	int status = 0;

	buf_init(&why, CLI_MESSAGE);
	if (s->check != NULL && s->check(value, &why) < 0)
		status = cli_fail(&a->err, EX_CONFIG, "%s: %s", where,
		    buf_str(&why) != NULL ? buf_str(&why) :
		    xerr_str(XERR_SYNTAX));
	buf_release(&why);
	return status != 0 ? status : account_put_text(a, place_of(a, s),
	    value);
}

/* Pins come one by one as options, and are one text everywhere else. */
static int
put_pins(struct account *a, const struct netopt *o)
{
	struct buf b;
	size_t i;
	int status = 0;

	buf_init(&b, 65536);
	for (i = 0; o->pins[i] != NULL; i++)
		buf_printf(&b, "%s%s", i > 0 ? " " : "", o->pins[i]);
	if (buf_err(&b) < 0)
		status = account_no_memory(a);
	else if (i > 0)
		status = account_put_text(a, &a->pins, buf_str(&b));
	buf_release(&b);
	return status;
}

int
account_put_options(struct account *a, const struct netopt *o)
{
	const char *value;
	int i, status;

	a->port = o->port;
	a->tls = o->tls;
	a->ahead = o->ahead;
	status = put_pins(a, o);
	for (i = 0; i < SETTINGS && status == 0; i++) {
		if (settings[i].option == NOT_TEXT)
			continue;
		value = *(const char *const *)((const char *)o +
		    settings[i].option);
		if (value != NULL)
			status = account_put_text(a, place_of(a, &settings[i]),
			    value);
	}
	return status;
}

int
account_put_env(struct account *a)
{
	const char *value;
	char **p;
	int i, status = 0;

	for (i = 0; i < SETTINGS && status == 0; i++) {
		p = place_of(a, &settings[i]);
		if (*p == NULL &&
		    (value = cli_env(settings[i].env)) != NULL)
			status = put_value(a, &settings[i], value,
			    settings[i].env);
	}
	if (status == 0)
		status = account_put_port(a, cli_env("XMPP_PORT"),
		    "XMPP_PORT");
	if (status == 0)
		status = account_put_ahead(a, cli_env("XMPP_AHEAD"),
		    "XMPP_AHEAD");
	if (status != 0)
		return status;
	return account_put_tls(a, cli_env("XMPP_TLS"), "XMPP_TLS");
}

/* A text of the file, unless something before it has the same. */
int
account_put_setting(struct account *a, const struct conf *c,
    const struct conf_entry *v, const char *where)
{
	char **p;
	int i;

	for (i = 0; i < SETTINGS; i++) {
		p = place_of(a, &settings[i]);
		if (settings[i].key != v->key || *p != NULL)
			continue;
		return settings[i].path ? account_put_path(a, p, v->value, c->path) :
		    put_value(a, &settings[i], v->value, where);
	}
	return 0;	/* the password's, see put_secret() */
}

/* On this machine, where no proxy leads to. */
static bool
is_loopback(const char *host)
{
	size_t n = strlen(host);

	return (strncmp(host, "127.", 4) == 0 &&
	    strspn(host, "0123456789.") == n) || strcmp(host, "::1") == 0 ||
	    strcmp(host, "[::1]") == 0 || (n >= 9 &&
	    strcasecmp(host + n - 9, "localhost") == 0 &&
	    (n == 9 || host[n - 10] == '.'));
}

/* Whether NO_PROXY has the server, by its name as it is or in A-labels. */
static bool
is_excepted(const struct account *a, const char *host)
{
	const char *list = cli_env("NO_PROXY");
	unsigned port = a->port != 0 ? a->port :
	    a->tls == NETOPT_TLS_DIRECT ? 5223 : 5222;
	struct buf ascii;
	bool has;

	if (list == NULL)
		list = cli_env("no_proxy");
	if (list == NULL)
		return false;
	buf_init(&ascii, JID_PART_MAX);
	has = noproxy_has(list, host, port) || (a->host == NULL &&
	    jid_domain_ascii(&a->jid, &ascii) == 0 &&
	    noproxy_has(list, buf_str(&ascii), port));
	buf_release(&ascii);
	return has;
}

/* The proxy for all programs, unless there is one for us, or expressly none. */
int
account_choose_proxy(struct account *a)
{
	const char *host = a->host, *from = "ALL_PROXY", *s = cli_env(from);
	struct jid domain;

	if (host == NULL) {
		jid_copy(&domain, &a->jid);
		jid_to_domain(&domain);
		host = jid_str(&domain);
	}
	if (s == NULL)
		s = cli_env(from = "all_proxy");
	if (a->proxy != NULL && strcmp(a->proxy, NETOPT_NO_PROXY) == 0) {
		free(a->proxy);
		a->proxy = NULL;
	} else if (a->proxy == NULL && s != NULL && !is_loopback(host) &&
	    !is_excepted(a, host))
		return put_value(a, &settings[PROXY], s, from);
	return 0;
}
