/* Asking DNS through c-ares without blocking. */
#include <sys/time.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ares.h>

#include "base/xerr.h"
#include "net/pump.h"
#include "net/resolve_int.h"

enum {
	TYPE_SRV = 33,		/* RFC 2782 */
	/* A lost datagram costs the first; they double, to 11 s a server. */
	TRY_MS = 750, TRIES = 4
};

int
resolve_error(int status)
{
	switch (status) {
	case ARES_SUCCESS: return 0;
	case ARES_ENOMEM: return XERR_NOMEM;
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_EBADNAME: return XERR_HOST;
	default: return XERR_TEMP;
	}
}

const char *
resolve_words(int status)
{
	switch (status) {
	case ARES_SUCCESS: return "found";
	case ARES_ENOTFOUND: return "no such host";
	case ARES_ENODATA: return "no such record in DNS";
	case ARES_EBADNAME: return "not a host name";
	case ARES_ESERVFAIL: return "the name server failed, maybe at DNSSEC";
	case ARES_EFORMERR: return "the name server does not understand us";
	case ARES_EREFUSED: return "the name server refused to answer";
	case ARES_EBADRESP: return "the name server's answer is malformed";
	case ARES_ETIMEOUT: return "the name servers do not answer";
	case ARES_ECONNREFUSED: return "no name server gives an answer";
	case ARES_EDESTRUCTION: return "the look-up was given up";
	default: return ares_strerror(status);
	}
}

/* LEN bytes at S: is the port of "1.2.3.4:PORT" or "[::1]:PORT", if any, one? */
static bool
has_good_port(const char *s, size_t len)
{
	const char *end = s + len, *p = memchr(s, *s == '[' ? ']' : ':', len);
	unsigned long n = 0;

	if (p != NULL && *p == ']' && ++p < end && *p != ':')
		return false;
	/* several colons and no brackets: an IPv6 address */
	if (p == NULL || p == end || memchr(p + 1, ':', (size_t)(end - p - 1)))
		return true;
	while (++p < end && n <= 65535)
		if (*p < '0' || *p > '9')
			return false;
		else
			n = 10 * n + (unsigned)(*p - '0');
	return n > 0 && n <= 65535;
}

/* What c-ares takes as it comes. */
static bool
have_good_ports(const char *csv)
{
	size_t n;

	for (;; csv += n + 1) {
		if (!has_good_port(csv, n = strcspn(csv, ",")))
			return false;
		if (csv[n] == '\0')
			return true;
	}
}

static int
start(struct resolver *r, const char *dns, int flags)
{
	char dns_only[] = "b";	/* the file is read by from_hosts() */
	struct ares_options opt = { .lookups = dns_only, .flags = flags,
	    .timeout = TRY_MS, .tries = TRIES };
	int status;

	status = ares_init_options(&r->ares, &opt,
	    ARES_OPT_FLAGS | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES);
	if (status != ARES_SUCCESS)
		r->ares = NULL;
	else if (dns != NULL && !have_good_ports(dns))
		status = ARES_EBADSTR;
	else if (dns != NULL)
		status = ares_set_servers_ports_csv(r->ares, dns);
	return status;
}

/*
 * That a name server fails makes c-ares ask the next one, and forget why.  One
 * that is alone shall say itself what is wrong.
 */
static int
start_with_reasons(struct resolver *r, const char *dns, int flags)
{
	int status = start(r, dns, flags);

	if (status != ARES_SUCCESS || !resolve_has_one_server(r->ares))
		return status;
	ares_destroy(r->ares);
	return start(r, dns, flags | ARES_FLAG_NOCHECKRESP);
}

int
resolver_new(struct resolver **out, const char *dns, bool search,
    struct buf *why)
{
	struct resolver *r;
	int status;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return XERR_NOMEM;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(r);
		return XERR_NOMEM;
	}
	status = start_with_reasons(r, dns, search ? 0 : ARES_FLAG_NOSEARCH);
	if (status == ARES_SUCCESS) {
		r->trusted = resolve_find_trust(r->ares, dns == NULL);
		*out = r;
		return 0;
	}
	buf_printf(why, "cannot use the name server%s%s: %s",
	    dns == NULL ? "s of the system" : " ", dns == NULL ? "" : dns,
	    ares_strerror(status));
	resolver_free(r);
	return status == ARES_ENOMEM ? XERR_NOMEM : XERR_CONFIG;
}

void
resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	if (r->ares != NULL)
		ares_destroy(r->ares);
	ares_library_cleanup();
	free(r);
}

/* Room for N addresses in Q. */
static int
reserve(struct addr_query *q, size_t n)
{
	if (n == 0)
		return XERR_HOST;
	q->list = calloc(n, sizeof(*q->list));
	return q->list == NULL ? XERR_NOMEM : 0;
}

static void
finish(struct addr_query *q, int err, const char *why)
{
	q->err = err;
	q->why = why;
	q->done = true;
	q->done_at = pump_now();
}

static void
begin(struct addr_query *q)
{
	*q = (struct addr_query){ .asked = true, .asked_at = pump_now() };
}

/* Append the address at IP, of FAMILY, for which there is room. */
static void
add(struct addr_query *q, int family, const void *ip, unsigned port)
{
	struct addr *a = &q->list[q->n++];
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&a->ss;

	a->ss.ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		memcpy(&in6->sin6_addr, ip, sizeof(in6->sin6_addr));
		in6->sin6_port = htons((uint16_t)port);
		a->len = sizeof(*in6);
	} else {
		memcpy(&in->sin_addr, ip, sizeof(in->sin_addr));
		in->sin_port = htons((uint16_t)port);
		a->len = sizeof(*in);
	}
}

static void
give(struct addr_query *q, int family, const void *ip, unsigned port)
{
	int r = reserve(q, 1);

	if (r == 0)
		add(q, family, ip, port);
	finish(q, r, "found");
}

/* Literal addresses. */
static bool
from_text(struct addr_query *six, struct addr_query *four, const char *name,
    unsigned port)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, name, &in) == 1) {
		give(four, AF_INET, &in, port);
		finish(six, XERR_HOST, "it is an IPv4 address");
		return true;
	}
	if (inet_pton(AF_INET6, name, &in6) != 1)
		return false;
	give(six, AF_INET6, &in6, port);
	finish(four, XERR_HOST, "it is an IPv6 address");
	return true;
}

/* RFC 6761 6.3; c-ares 1.18 also leaks memory over this name. */
static bool
from_loopback(struct addr_query *six, struct addr_query *four,
    const char *name, unsigned port)
{
	const struct in_addr in = { htonl(INADDR_LOOPBACK) };
	size_t n = strlen(name);

	if (n < 9 || strcasecmp(name + n - 9, "localhost") != 0 ||
	    (n > 9 && name[n - 10] != '.'))
		return false;
	give(six, AF_INET6, &in6addr_loopback, port);
	give(four, AF_INET, &in, port);
	return true;
}

static void
from_hosts(struct resolver *r, struct addr_query *q, const char *name,
    int family, unsigned port)
{
	struct hostent *he = NULL;
	size_t n = 0;
	int err;

	if (ares_gethostbyname_file(r->ares, name, family, &he) !=
	    ARES_SUCCESS)
		return;
	if (he->h_addrtype == family)
		while (n < RESOLVE_ANSWERS && he->h_addr_list[n] != NULL)
			n++;
	if ((err = reserve(q, n)) == 0)
		while (q->n < n)
			add(q, family, he->h_addr_list[q->n], port);
	finish(q, err, "not in /etc/hosts");
	ares_free_hostent(he);
}

/* Copy the addresses of the list AI into Q; 0 or an error. */
static int
take_addrs(struct addr_query *q, const struct ares_addrinfo *ai)
{
	const struct ares_addrinfo_node *node;
	struct addr *a;
	size_t n = 0;
	int r;

	for (node = ai->nodes; node != NULL; node = node->ai_next)
		n++;
	if (n > RESOLVE_ANSWERS)
		n = RESOLVE_ANSWERS;
	if ((r = reserve(q, n)) < 0)
		return r;
	for (node = ai->nodes; node != NULL && q->n < n; node = node->ai_next) {
		a = &q->list[q->n];
		if (node->ai_addrlen > sizeof(a->ss))
			continue;
		memcpy(&a->ss, node->ai_addr, node->ai_addrlen);
		a->len = node->ai_addrlen;
		q->n++;
	}
	return q->n > 0 ? 0 : XERR_HOST;
}

static void
on_addrs(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct addr_query *q = arg;
	int r = resolve_error(status);

	(void)timeouts;
	if (status == ARES_SUCCESS)
		r = take_addrs(q, ai);
	if (ai != NULL)
		ares_freeaddrinfo(ai);
	finish(q, r, status == ARES_ENODATA ? "it has no address in DNS" :
	    resolve_words(status));
}

static void
ask_dns(struct resolver *r, struct addr_query *q, const char *name,
    int family, unsigned port)
{
	/* The order of the answer is the server's to choose. */
	const struct ares_addrinfo_hints hints = {
		.ai_family = family, .ai_socktype = SOCK_STREAM,
		.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_NOSORT
	};
	char service[8];

	snprintf(service, sizeof(service), "%u", port % 65536);
	ares_getaddrinfo(r->ares, name, service, &hints, on_addrs, q);
}

void
resolve_host(struct resolver *r, struct addr_query *six,
    struct addr_query *four, const char *name, unsigned port)
{
	begin(six);
	begin(four);
	if (from_text(six, four, name, port) ||
	    from_loopback(six, four, name, port))
		return;
	from_hosts(r, six, name, AF_INET6, port);
	from_hosts(r, four, name, AF_INET, port);
	if (six->done || four->done) {
		/* What the file knows is not asked for anywhere else. */
		if (!six->done)
			finish(six, XERR_HOST, "not in /etc/hosts");
		if (!four->done)
			finish(four, XERR_HOST, "not in /etc/hosts");
		return;
	}
	ask_dns(r, six, name, AF_INET6, port);
	ask_dns(r, four, name, AF_INET, port);
}

static int
take_srv(struct srv_query *q, const struct ares_srv_reply *reply)
{
	const struct ares_srv_reply *one;
	struct srv *s;
	size_t n = 0;

	for (one = reply; one != NULL; one = one->next)
		n++;
	if (n > RESOLVE_ANSWERS)
		n = RESOLVE_ANSWERS;
	if (n == 0)
		return XERR_HOST;
	if ((q->list = calloc(n, sizeof(*q->list))) == NULL)
		return XERR_NOMEM;
	for (one = reply; one != NULL && q->n < n; one = one->next) {
		s = &q->list[q->n];
		if (strlen(one->host) >= sizeof(s->target))
			continue;
		memcpy(s->target, one->host, strlen(one->host) + 1);
		s->priority = one->priority;
		s->weight = one->weight;
		s->port = one->port;
		q->n++;
	}
	return 0;
}

static void
on_srv(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct ares_srv_reply *reply = NULL;
	struct srv_query *q = arg;

	(void)timeouts;
	q->authentic = resolve_is_authentic(q->resolver, answer, len);
	if (status == ARES_SUCCESS)
		status = resolve_rcode(answer, len);
	if (status == ARES_SUCCESS)
		status = ares_parse_srv_reply(answer, len, &reply);
	q->err = resolve_error(status);
	q->why = resolve_words(status);
	/* An answer that is no DNS is the server's fault, not the name's. */
	if (status == ARES_EBADRESP)
		q->err = XERR_TEMP;
	if (status == ARES_SUCCESS)
		q->err = take_srv(q, reply);
	if (reply != NULL)
		ares_free_data(reply);
	q->done = true;
	q->done_at = pump_now();
}

void
resolve_srv(struct resolver *r, struct srv_query *q, const char *name)
{
	q->asked = true;
	q->asked_at = pump_now();
	q->resolver = r;
	resolve_ask(r, name, TYPE_SRV, on_srv, q);
}

void
addr_query_release(struct addr_query *q)
{
	free(q->list);
	*q = (struct addr_query){ .asked = false };
}

void
srv_query_release(struct srv_query *q)
{
	free(q->list);
	*q = (struct srv_query){ .asked = false };
}

size_t
resolver_fds(struct resolver *r, struct pollfd *p, int64_t *until)
{
	ares_socket_t fd[RESOLVE_FDS];
	struct timeval tv;
	size_t n = 0;
	int64_t when;
	unsigned bits;
	short events;
	int i;

	/* c-ares' own macros shift into the sign. */
	bits = (unsigned)ares_getsock(r->ares, fd, RESOLVE_FDS);
	for (i = 0; i < RESOLVE_FDS; i++) {
		events = (short)(((bits >> i & 1) != 0 ? POLLIN : 0) |
		    ((bits >> (i + 16) & 1) != 0 ? POLLOUT : 0));
		if (events != 0)
			p[n++] = (struct pollfd){ fd[i], events, 0 };
	}
	if (ares_timeout(r->ares, NULL, &tv) != NULL) {
		/* rounded up, or the last millisecond is spent polling */
		when = pump_now() + (int64_t)tv.tv_sec * 1000 +
		    tv.tv_usec / 1000 + 1;
		if (*until < 0 || when < *until)
			*until = when;
	}
	return n;
}

void
resolver_run(struct resolver *r, const struct pollfd *p, size_t n)
{
	const short in = POLLIN | POLLHUP | POLLERR;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i].revents != 0)
			ares_process_fd(r->ares,
			    (p[i].revents & in) != 0 ? p[i].fd :
			    ARES_SOCKET_BAD,
			    (p[i].revents & POLLOUT) != 0 ? p[i].fd :
			    ARES_SOCKET_BAD);
	/* and what ran out of time */
	ares_process_fd(r->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
