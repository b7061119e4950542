/* The dialer's part that knows what to try: targets and their addresses. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xerr.h"
#include "net/dial_int.h"
#include "net/pump.h"
#include "net/srv.h"

enum {
	XMPP_CLIENT = 5222, XMPPS_CLIENT = 5223,
	RESOLUTION_DELAY = 50,	/* ms; RFC 8305 section 3 */
	AUTO_REPLY_DELAY = 1500,	/* while there is something else to try */
	PRIORITY_DELAY = 1000	/* before a lower priority, while one flies */
};

static const char *const services[] = {
	"_xmpp-client._tcp", "_xmpps-client._tcp"
};
static const char *const sources[] = {
	"SRV _xmpp-client._tcp", "SRV _xmpps-client._tcp"
};

static const char *const types[] = { "AAAA", "A" };

static int
literal_family(const char *host)
{
	struct in6_addr in6;
	struct in_addr in;

	return inet_pton(AF_INET, host, &in) == 1 ? AF_INET :
	    inet_pton(AF_INET6, host, &in6) == 1 ? AF_INET6 : AF_UNSPEC;
}

static bool
is_host_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < 254 && strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

/* The list of one that needs no SRV records, or has none. */
static int
dial_plan_one(struct dialer *d, unsigned port, const char *from, bool secure)
{
	const char *host = d->cf.host;
	size_t n = strlen(host);
	struct target *t;

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return XERR_NOMEM;
	if (n < sizeof(t->host))
		memcpy(t->host, host, n);
	if (!is_host_name(t->host) && literal_family(t->host) == AF_UNSPEC) {
		free(t);
		dial_note(d, XERR_HOST, NULL, "not a host name");
		return XERR_HOST;
	}
	t->port = port;
	t->direct = d->cf.tls == DIAL_DIRECT;
	t->from = d->from != NULL ? d->from : from;
	t->secure = secure;
	d->t = t;
	d->nt = 1;
	return 1;
}

static unsigned
usual_port(const struct dialer *d)
{
	return d->cf.tls == DIAL_DIRECT ? XMPPS_CLIENT : XMPP_CLIENT;
}

/* Whether WHEN has come; else *UNTIL is lowered to it. */
static bool
is_time(int64_t when, int64_t now, int64_t *until)
{
	if (now >= when)
		return true;
	if (*until < 0 || when < *until)
		*until = when;
	return false;
}

static void
ask_srv(struct dialer *d)
{
	char name[300];
	int i;

	for (i = 0; i < 2; i++) {
		if (d->cf.tls == (i == 0 ? DIAL_DIRECT : DIAL_STARTTLS))
			d->srv[i].done = true;
		if (d->srv[i].asked || d->srv[i].done)
			continue;
		snprintf(name, sizeof(name), "%s.%s", services[i],
		    d->cf.host);
		resolve_srv(d->res, &d->srv[i], name);
	}
}

static bool
is_dot(const struct srv *s)
{
	return s->target[0] == '\0' || strcmp(s->target, ".") == 0;
}

/* Append the usable records of service I to LIST; true if one is ".". */
static bool
collect(struct dialer *d, int i, struct srv *list, size_t *n)
{
	const struct srv_query *q = &d->srv[i];
	bool none = false;
	size_t k;

	for (k = 0; k < q->n; k++) {
		if (is_dot(&q->list[k]))
			none = true;
		else if (q->list[k].port == 0 ||
		    !is_host_name(q->list[k].target))
			dial_log(d, "%s: target %s port %u is unusable",
			    sources[i], q->list[k].target, q->list[k].port);
		else {
			list[*n] = q->list[k];
			list[(*n)++].direct = i == 1;
		}
	}
	return none;
}

/*
 * Whether to wait no longer for answers: both are there, or one that leads
 * somewhere is, and had the other one been coming it would be there, too.
 */
static bool
srv_is_known(const struct dialer *d, int64_t now, int64_t *until)
{
	const struct srv_query *q = d->srv;

	if (q[0].done && q[1].done)
		return true;
	q += q[1].done;
	return q->done && q->n > 0 && !is_dot(q->list) &&
	    is_time(q->done_at + AUTO_REPLY_DELAY, now, until);
}

/*
 * Whether DNSSEC vouches for what was said of service I (RFC 7673 3.1), each of
 * them on its own: else who forges one answer undoes the other.
 */
static bool
is_secure(const struct dialer *d, int i)
{
	return d->cf.tlsa && (!d->srv[i].asked || d->srv[i].authentic);
}

static int
dial_plan_targets(struct dialer *d, const struct srv *list, size_t n)
{
	struct target *t;
	size_t i;

	if ((t = calloc(n, sizeof(*t))) == NULL)
		return XERR_NOMEM;
	for (i = 0; i < n; i++) {
		memcpy(t[i].host, list[i].target, sizeof(list[i].target));
		t[i].port = list[i].port;
		t[i].priority = list[i].priority;
		t[i].direct = list[i].direct;
		t[i].from = sources[list[i].direct];
		t[i].secure = is_secure(d, list[i].direct);
		dial_log(d, "target %s port %u (%s), priority %u weight %u",
		    t[i].host, t[i].port, t[i].from, list[i].priority,
		    list[i].weight);
	}
	d->t = t;
	d->nt = n;
	return 1;
}

static uint64_t
seed(const struct dialer *d)
{
	struct timespec ts;

	if (d->cf.seed != 0)
		return d->cf.seed;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000007 + (uint64_t)ts.tv_nsec;
}

/* Log what came of looking up service I. */
static void
note_service(struct dialer *d, int i)
{
	const struct srv_query *q = &d->srv[i];

	if (!q->asked)
		return;
	if (!q->done) {
		dial_log(d, "%s.%s: no answer yet", sources[i], d->cf.host);
		dial_note(d, XERR_TEMP, sources[i], "no answer");
		return;
	}
	dial_log(d, "%s.%s: %s in %d ms", sources[i], d->cf.host, q->why,
	    (int)(q->done_at - q->asked_at));
	if (q->err == XERR_TEMP)
		dial_note(d, XERR_TEMP, sources[i], q->why);
}

/*
 * There is no SRV record: the domain itself (RFC 6120 3.2.2), unless the
 * records are kept from us by somebody who does not want us to see what DNSSEC
 * vouches for (RFC 7673 3.1).
 */
static int
dial_plan_fallback(struct dialer *d)
{
	const struct srv_query *q = d->srv;
	bool kept = q[0].err == XERR_TEMP || q[1].err == XERR_TEMP;

	if (q[0].err == XERR_NOMEM || q[1].err == XERR_NOMEM)
		return XERR_NOMEM;
	if (kept && d->cf.tlsa && resolver_is_trusted(d->res))
		return XERR_TEMP;
	return dial_plan_one(d, usual_port(d), "no SRV", is_secure(d, 0) &&
	    is_secure(d, 1));
}

/* The services were looked up: what is there to try? */
static int
dial_plan_services(struct dialer *d)
{
	struct srv *list;
	bool none = false;
	size_t n = 0;
	int i, r;

	list = calloc(d->srv[0].n + d->srv[1].n + 1, sizeof(*list));
	if (list == NULL)
		return XERR_NOMEM;
	for (i = 0; i < 2; i++) {
		none |= collect(d, i, list, &n);
		note_service(d, i);
	}
	srv_sort(list, n, seed(d));
	if (n > 0)
		r = dial_plan_targets(d, list, n);
	else if (!none)
		r = dial_plan_fallback(d);
	else {
		/* "." means no (RFC 6120 3.2.1), of either one (XEP-0368) */
		dial_note(d, r = XERR_UNAVAIL, NULL,
		    "the domain says in DNS that it has no XMPP service");
	}
	free(list);
	return r;
}

int
dial_plan_step(struct dialer *d)
{
	int r;

	if (d->planned)
		return 1;
	if (d->cf.port != 0)
		r = dial_plan_one(d, d->cf.port, "given", false);
	else if (d->proxy != NULL)
		r = dial_plan_one(d, usual_port(d), "by proxy", false);
	else if (d->cf.host[0] == '[' ||
	    literal_family(d->cf.host) != AF_UNSPEC)
		r = dial_plan_one(d, usual_port(d), "an address", false);
	else {
		ask_srv(d);
		if (!srv_is_known(d, pump_now(), &d->until))
			return 0;
		r = dial_plan_services(d);
	}
	d->planned = r > 0;
	return r;
}

static struct addr *
untried(const struct addr_query *q)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (!q->list[i].tried)
			return &q->list[i];
	return NULL;
}

/* The host has no address at all: say so, once. */
static void
note_no_address(struct dialer *d, const struct target *t)
{
	const struct addr_query *a = &t->q[0], *b = &t->q[1];
	const struct addr_query *q = a->err != XERR_HOST ? a : b;

	if (a->n + b->n > 0)
		return;
	dial_log(d, "%s (%s): %s after %d ms", t->host, t->from, q->why,
	    (int)(q->done_at - q->asked_at));
	dial_note(d, q->err, dial_name(d, t), q->why);
}

/* Log which addresses T has; one that is an address was not looked up. */
static void
tell_answers(struct dialer *d, struct target *t)
{
	const struct addr_query *q;
	int i;

	for (i = 0; i < 2; i++) {
		q = &t->q[i];
		if (!q->done || q->n == 0 || t->told_of[i] ||
		    literal_family(t->host) != AF_UNSPEC)
			continue;
		t->told_of[i] = true;
		dial_log(d, "%s of %s: %zu in %d ms", types[i], t->host,
		    q->n, (int)(q->done_at - q->asked_at));
	}
}

/* A target whose TLSA records are kept from us is none, else log them once. */
static bool
tlsa_is_known(struct dialer *d, struct target *t)
{
	const struct tlsa_query *q = &t->tlsa;

	if (!t->told)
		dial_log(d, "TLSA of %s port %u: %s", q->host, t->port,
		    q->why);
	t->told = true;
	if (q->err == 0 || q->err == XERR_HOST)
		return true;
	t->done = true;
	dial_note(d, q->err, t->host, "its TLSA records cannot be looked up");
	return false;
}

/* T's next address, families in turn; NULL with t->done, or if not yet. */
static struct addr *
next_of(struct dialer *d, struct target *t, int64_t now, int64_t *until)
{
	struct addr *a[2] = { untried(&t->q[0]), untried(&t->q[1]) };
	int i;

	tell_answers(d, t);
	if (t->tlsa.asked && !t->tlsa.done)
		return NULL;
	if (t->tlsa.asked && !tlsa_is_known(d, t))
		return NULL;
	if (a[0] == NULL && a[1] == NULL) {
		if (t->q[0].done && t->q[1].done) {
			t->done = true;
			note_no_address(d, t);
		}
		return NULL;
	}
	i = a[t->turn] != NULL ? t->turn : !t->turn;
	/* IPv6 gets a moment more to be known. */
	if (i == 1 && !t->q[0].done &&
	    !is_time(t->q[1].done_at + RESOLUTION_DELAY, now, until))
		return NULL;
	t->turn = !i;
	return a[i];
}

/* Whether it is time to go from one target on to NEXT. */
static bool
may_begin(struct dialer *d, const struct target *next, int64_t now,
    int64_t *until)
{
	int64_t wait = d->next_start;

	if (d->nf == 0)
		return true;
	if (next > d->t && next[-1].priority != next->priority &&
	    d->last_start + PRIORITY_DELAY > wait)
		wait = d->last_start + PRIORITY_DELAY;
	return is_time(wait, now, until);
}

static void
ask_target(struct dialer *d, struct target *t)
{
	resolve_host(d->res, &t->q[0], &t->q[1], t->host, t->port);
	if (t->secure)
		resolve_tlsa(d->res, &t->tlsa, t->host, t->port);
}

struct addr *
dial_plan_next(struct dialer *d, struct target **out, int64_t now, bool *over,
    int64_t *until)
{
	bool waiting = false;
	struct target *t;
	struct addr *a;

	for (t = d->t; t < d->t + d->nt; t++) {
		if (t->done)
			continue;
		if (!t->q[0].asked) {
			if (!may_begin(d, t, now, until))
				return NULL;
			ask_target(d, t);
		}
		if ((a = next_of(d, t, now, until)) != NULL) {
			*out = t;
			return a;
		}
		if (t->done)
			continue;
		/* DNS may be silent about this one, and not about the next */
		if (!is_time(t->q[0].asked_at + AUTO_REPLY_DELAY, now, until))
			return NULL;
		waiting = true;
	}
	*over = !waiting;
	return NULL;
}

bool
dial_plan_has_more(const struct dialer *d, const struct target *t)
{
	if (t->done)
		return false;
	if (untried(&t->q[0]) != NULL || untried(&t->q[1]) != NULL)
		return true;
	return t != d->won && !(t->q[0].done && t->q[1].done);
}

void
dial_plan_time_up(struct dialer *d)
{
	static const char silent[] = "the name servers do not answer";
	struct target *t;
	int i;

	for (i = 0; i < 2 && !d->planned; i++)
		if (d->srv[i].asked && !d->srv[i].done)
			dial_note(d, XERR_TEMP, sources[i], silent);
	for (t = d->t; t < d->t + d->nt; t++) {
		if (t->done || !t->q[0].asked)
			continue;
		if (t->q[0].n + t->q[1].n == 0 &&
		    !(t->q[0].done && t->q[1].done))
			dial_note(d, XERR_TEMP, dial_name(d, t), silent);
		else if (t->tlsa.asked && !t->tlsa.done)
			dial_note(d, XERR_TEMP, t->host,
			    "its TLSA records cannot be looked up");
	}
}
