/* What DNSSEC vouches for: the AD bit, and TLSA records (RFC 6698). */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/xerr.h"
#include "net/resolve_local.h"

enum {
	CLASS_IN = 1, TYPE_A = 1, TYPE_TLSA = 52,
	HEADER = 12,		/* bytes of one, RFC 1035 4.1.1 */
	AD = 0x20,		/* in its byte 3 */
	TLSA_MAX = 32		/* records looked at */
};

/* WORD is one of those in LINE. */
static bool
has_word(const char *line, const char *word)
{
	static const char space[] = " \t\r\n";
	size_t n;

	for (; line += strspn(line, space), *line != '\0'; line += n) {
		n = strcspn(line, space);
		if (n == strlen(word) && strncmp(line, word, n) == 0)
			return true;
	}
	return false;
}

/* "options ... trust-ad", as glibc has it. */
static bool
system_trusts(void)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/etc/resolv.conf", "re");

	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strncmp(line, "options", 7) == 0 &&
		    has_word(line + 7, "trust-ad");
	fclose(f);
	return found;
}

static bool
is_loopback(const struct ares_addr_port_node *s)
{
	if (s->family == AF_INET)
		return (ntohl(s->addr.addr4.s_addr) >> 24) == 127;
	return s->family == AF_INET6 && memcmp(&s->addr.addr6,
	    &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

bool
resolve_find_trust(ares_channel ares, bool system)
{
	struct ares_addr_port_node *list = NULL, *s;
	bool trusted;

	if (ares_get_servers_ports(ares, &list) != ARES_SUCCESS)
		return false;
	trusted = list != NULL;
	for (s = list; s != NULL; s = s->next)
		trusted &= is_loopback(s);
	if (list != NULL)
		ares_free_data(list);
	return trusted || (system && system_trusts());
}

bool
resolver_is_trusted(const struct resolver *r)
{
	return r->trusted;
}

void
resolve_ask(struct resolver *r, const char *name, int type,
    ares_callback callback, void *arg)
{
	unsigned char *q = NULL;
	unsigned short id;
	int len = 0, status;

	/* c-ares' own queries cannot have the bit. */
	if (!r->trusted || RAND_bytes((unsigned char *)&id, sizeof(id)) != 1) {
		ares_query(r->ares, name, CLASS_IN, type, callback, arg);
		return;
	}
	status = ares_create_query(name, CLASS_IN, type, id, 1, &q, &len, 0);
	if (status == ARES_SUCCESS) {
		q[3] |= AD;
		ares_send(r->ares, q, len, callback, arg);
	} else
		callback(arg, status, 0, NULL, 0);
	ares_free_string(q);
}

bool
resolve_is_authentic(const unsigned char *answer, int len)
{
	return len >= HEADER && (answer[3] & AD) != 0;
}

int
resolve_rcode(const unsigned char *answer, int len)
{
	if (len < HEADER)
		return ARES_EBADRESP;
	switch (answer[3] & 15) {
	case 0:
		return answer[6] == 0 && answer[7] == 0 ? ARES_ENODATA :
		    ARES_SUCCESS;
	case 1: return ARES_EFORMERR;
	case 3: return ARES_ENOTFOUND;
	case 4: return ARES_ENOTIMP;
	case 5: return ARES_EREFUSED;
	default: return ARES_ESERVFAIL;
	}
}

/* Behind the name at P, or NULL. */
static const unsigned char *
skip_name(const struct tlsa_query *q, const unsigned char *p)
{
	char *name = NULL;
	long n = 0;

	if (ares_expand_name(p, q->answer, (int)q->len, &name, &n) !=
	    ARES_SUCCESS)
		return NULL;
	ares_free_string(name);
	return p + n;
}

static unsigned
u16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The record at P into the list, if it is one of ours; behind it, or NULL. */
static const unsigned char *
take_record(struct tlsa_query *q, const unsigned char *p)
{
	const unsigned char *end = q->answer + q->len;
	size_t n;

	if ((p = skip_name(q, p)) == NULL || end - p < 10)
		return NULL;
	n = u16(p + 8);
	if ((size_t)(end - p) - 10 < n)
		return NULL;
	if (u16(p) == TYPE_TLSA && u16(p + 2) == CLASS_IN && n > 3 &&
	    q->n < TLSA_MAX)
		q->list[q->n++] = (struct tlsa){ .usage = p[10],
		    .selector = p[11], .type = p[12], .data = p + 13,
		    .len = n - 3 };
	return p + 10 + n;
}

static int
parse(struct tlsa_query *q)
{
	const unsigned char *p = q->answer + HEADER, *end = q->answer + q->len;
	unsigned i, questions = u16(q->answer + 4), n = u16(q->answer + 6);

	if ((q->list = calloc(TLSA_MAX, sizeof(*q->list))) == NULL)
		return XERR_NOMEM;
	for (i = 0; i < questions; i++)
		if ((p = skip_name(q, p)) == NULL || end - (p += 4) < 0)
			return XERR_TEMP;
	for (i = 0; i < n; i++)
		if ((p = take_record(q, p)) == NULL)
			return XERR_TEMP;
	return q->n > 0 ? 0 : XERR_HOST;
}

/* Both answers are there: what do they mean? */
static void
conclude(struct tlsa_query *q)
{
	int host = resolve_error(q->host_status);

	if (host == XERR_NOMEM || host == XERR_TEMP) {
		q->err = host;
		q->why = resolve_words(q->host_status);
	} else if (!q->signed_host) {
		q->err = XERR_HOST;
		q->why = "the host is not signed";
	} else if (q->status != ARES_SUCCESS) {
		q->err = resolve_error(q->status);
		q->why = resolve_words(q->status);
	} else if (!q->authentic) {
		q->err = XERR_HOST;
		q->why = "they are not signed";
	} else {
		q->err = parse(q);
		q->why = q->err == 0 ? "found" : q->err == XERR_HOST ?
		    "no such record in DNS" : "the answer is malformed";
	}
	q->done = true;
}

static void
on_host(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct tlsa_query *q = arg;

	(void)timeouts;
	q->host_status = status == ARES_SUCCESS ? resolve_rcode(answer, len) :
	    status;
	q->signed_host = answer != NULL && resolve_is_authentic(answer, len);
	if (--q->pending == 0)
		conclude(q);
}

static void
on_tlsa(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct tlsa_query *q = arg;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = resolve_rcode(answer, len);
	q->authentic = answer != NULL && resolve_is_authentic(answer, len);
	if (status == ARES_SUCCESS) {
		if ((q->answer = malloc((size_t)len)) == NULL)
			status = ARES_ENOMEM;
		else
			memcpy(q->answer, answer, q->len = (size_t)len);
	}
	q->status = status;
	if (--q->pending == 0)
		conclude(q);
}

/*
 * Where the host's own name is not signed its TLSA records are not asked
 * about: servers of such zones fail in too many ways (RFC 7672 2.2.2).
 */
void
resolve_tlsa(struct resolver *r, struct tlsa_query *q, const char *host,
    unsigned port)
{
	char name[300];

	*q = (struct tlsa_query){ .asked = true, .pending = 2 };
	snprintf(name, sizeof(name), "_%u._tcp.%s", port, host);
	resolve_ask(r, host, TYPE_A, on_host, q);
	resolve_ask(r, name, TYPE_TLSA, on_tlsa, q);
}

void
tlsa_query_release(struct tlsa_query *q)
{
	free(q->list);
	free(q->answer);
	*q = (struct tlsa_query){ .asked = false };
}
