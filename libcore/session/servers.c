/* Which servers an account's connection is tried with. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "session/servers.h"
#include "cli/signals.h"
#include "net/pump.h"

enum {
	PORT_STARTTLS = 5222, PORT_DIRECT = 5223,
	REASON_MAX = 1000	/* one of several in main's */
};

struct servers {
	struct dial_config cf;
	struct dialer *main, *other;	/* other: we were sent there, or NULL */
	struct pump_end *signals;
	char host[JID_PART_MAX + 1];	/* of main and other, in A-labels */
	char elsewhere[JID_PART_MAX + 1];
	int redirects;
};

static void
log_dial(void *arg, const char *line)
{
	(void)arg;
	cli_verbose(1, "%s", line);
}

/* LEN bytes at S as a host in A-labels, or an address. */
static int
put_host(char out[JID_PART_MAX + 1], const char *s, size_t len)
{
	struct jid j;
	struct buf b;
	int r;

	buf_init(&b, JID_PART_MAX);
	if (memchr(s, '@', len) != NULL || memchr(s, '/', len) != NULL)
		r = XERR_SYNTAX;
	else if ((r = jid_parse(&j, s, len)) == 0 &&
	    (r = jid_domain_ascii(&j, &b)) == 0)
		snprintf(out, JID_PART_MAX + 1, "%s", buf_str(&b));
	buf_release(&b);
	return r;
}

static int
set_host(struct servers *r, const struct account *a, const char *domain,
    struct buf *why)
{
	const char *host = a->host != NULL ? a->host : domain;
	int e = put_host(r->host, host, strlen(host));

	/* what is no domain of a JID may be a host's name all the same */
	if (e != XERR_NOMEM && e < 0 && strlen(host) < sizeof(r->host)) {
		snprintf(r->host, sizeof(r->host), "%s", host);
		e = 0;
	}
	if (e < 0)
		buf_puts(why, xerr_str(e));
	return e;
}

static void
set_config(struct servers *r, const struct account *a, int64_t deadline)
{
	r->cf = (struct dial_config){
		.host = r->host,
		.port = a->port,
		.tls = a->tls == NETOPT_TLS_DIRECT ? DIAL_DIRECT :
		    a->tls == NETOPT_TLS_STARTTLS ? DIAL_STARTTLS : DIAL_ANY,
		.deadline = deadline,
		.dns = cli_env("XMPP_DNS"),
		.tlsa = true,
		.proxy = a->proxy,
		.log = log_dial,
	};
	if (a->port == 0 && a->host != NULL)
		r->cf.port = a->tls == NETOPT_TLS_DIRECT ? PORT_DIRECT :
		    PORT_STARTTLS;
}

int
servers_new(struct servers **out, const struct account *a, const char *domain,
    int64_t deadline, struct pump_end *signals, struct buf *why)
{
	struct servers *r = calloc(1, sizeof(*r));
	int e;

	if (r == NULL) {
		buf_puts(why, xerr_str(XERR_NOMEM));
		return XERR_NOMEM;
	}
	r->signals = signals;
	set_config(r, a, deadline);
	if ((e = set_host(r, a, domain, why)) == 0)
		e = dialer_new(&r->main, &r->cf, why);
	if (e < 0)
		servers_free(r);
	else
		*out = r;
	return e;
}

void
servers_free(struct servers *r)
{
	if (r == NULL)
		return;
	dialer_free(r->other);
	dialer_free(r->main);
	free(r);
}

/* Where we were sent to there is nobody (any more): that is main's story. */
static void
give_up_other(struct servers *r, int err, const char *why)
{
	dialer_free(r->other);
	r->other = NULL;
	dialer_failed(r->main, err, why);
}

/* As dialer_next(), but it hears signals. */
static int
dial_on(struct servers *r, struct dialer *d, int *fd, struct dial_target *t,
    struct buf *why)
{
	struct pollfd p[DIALER_FDS];
	int64_t until;
	size_t n = 0;
	int e;

	while ((e = dialer_step(d, p, n, fd, t, why)) == 0) {
		n = dialer_fds(d, p, &until);
		if (signals_ask_to_stop(r->signals)) {
			buf_puts(why, "interrupted");
			return XERR_TEMP;
		}
		if ((e = pump_poll_also(&r->signals, 1, p, n, until)) < 0) {
			buf_puts(why, xerr_str(e));
			return e;
		}
	}
	return e < 0 ? e : 0;
}

int
servers_next(struct servers *r, int *fd, struct dial_target *t, struct buf *why)
{
	struct buf reason;
	int e;

	if (r->other != NULL) {
		buf_init(&reason, REASON_MAX);
		e = dial_on(r, r->other, fd, t, &reason);
		if (e < 0)
			give_up_other(r, e, buf_str(&reason) != NULL ?
			    buf_str(&reason) : xerr_str(e));
		buf_release(&reason);
		if (e == 0)
			return 0;
	}
	return dial_on(r, r->main, fd, t, why);
}

bool
servers_has_another(const struct servers *r)
{
	return (r->other != NULL && dialer_has_another(r->other)) ||
	    dialer_has_another(r->main);
}

void
servers_failed(struct servers *r, int err, const char *why)
{
	dialer_failed(r->other != NULL ? r->other : r->main, err, why);
}

void
servers_again(struct servers *r, int err, const char *why)
{
	servers_failed(r, err, why);
	dialer_again(r->other != NULL ? r->other : r->main);
}

/* "domain", "domain:port", "[address]:port", white space around it. */
static int
parse_where(struct dial_config *cf, char host[JID_PART_MAX + 1],
    const char *s)
{
	static const char space[] = " \t\r\n";
	size_t n, end;
	char port[6];
	unsigned long number = 0;

	s += strspn(s, space);
	n = strcspn(s, space);
	end = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":");
	if (*s != '[' && end > n)
		end = n;
	if (n == 0 || end > n || s[n + strspn(s + n, space)] != '\0')
		return XERR_SYNTAX;
	if (end < n) {
		if (s[end] != ':' || n - end - 1 >= sizeof(port))
			return XERR_SYNTAX;
		memcpy(port, s + end + 1, n - end - 1);
		port[n - end - 1] = '\0';
		if (cli_parse_number(&number, port, 1, 65535) < 0)
			return XERR_SYNTAX;
	}
	cf->port = (unsigned)number;
	return put_host(host, s, end);
}

bool
servers_redirect(struct servers *r, const char *where, bool direct,
    const char **reason)
{
	struct dial_config cf = r->cf;
	struct buf why;
	char host[JID_PART_MAX + 1];
	int e;

	*reason = "the server sends us elsewhere, as others did before";
	if (r->redirects == SERVERS_REDIRECTS)
		return false;
	*reason = "the server sends us where there cannot be any";
	if (parse_where(&cf, host, where) < 0)
		return false;
	/* A port stands for one way to begin TLS, SRV for both. */
	if (cf.port != 0)
		cf.tls = direct ? DIAL_DIRECT : DIAL_STARTTLS;
	dialer_free(r->other);
	r->other = NULL;
	memcpy(r->elsewhere, host, sizeof(host));
	cf.host = r->elsewhere;
	/* that host has to prove to be ours, by an authority of ours */
	cf.tlsa = false;
	buf_init(&why, 1000);
	e = dialer_new(&r->other, &cf, &why);
	buf_release(&why);
	if (e < 0) {
		*reason = xerr_str(e);
		return false;
	}
	r->redirects++;
	cli_verbose(1, "the server sends us to %s", host);
	return true;
}
