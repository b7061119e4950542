/* TLSA records (RFC 6698), as far as DNSSEC vouches for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "net/resolve_int.h"

enum {
	CLASS_IN = 1, TYPE_A = 1, TYPE_CNAME = 5, TYPE_TLSA = 52,
	HEADER = 12,		/* bytes of one, RFC 1035 4.1.1 */
	TLSA_MAX = 32		/* records looked at */
};

struct message {
	const unsigned char *p;
	size_t len;
};

struct message_record {
	unsigned type;
	const unsigned char *data;
	size_t len;
};

static unsigned
u16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Behind the name at P, or NULL; the name in *NAME, to be freed by c-ares. */
static const unsigned char *
read_name(const struct message *m, const unsigned char *p, char **name)
{
	long n = 0;

	if (ares_expand_name(p, m->p, (int)m->len, name, &n) != ARES_SUCCESS)
		return NULL;
	return p + n;
}

static const unsigned char *
skip_name(const struct message *m, const unsigned char *p)
{
	char *name = NULL;

	if ((p = read_name(m, p, &name)) != NULL)
		ares_free_string(name);
	return p;
}

/* The record at P; what is behind it, or NULL if it does not end there. */
static const unsigned char *
read_record(const struct message *m, const unsigned char *p, struct message_record *r)
{
	const unsigned char *end = m->p + m->len;

	if ((p = skip_name(m, p)) == NULL || end - p < 10)
		return NULL;
	r->type = u16(p + 2) == CLASS_IN ? u16(p) : 0;
	r->len = u16(p + 8);
	r->data = p + 10;
	return (size_t)(end - r->data) < r->len ? NULL : r->data + r->len;
}

/* The first of *N answers, or NULL. */
static const unsigned char *
first_record(const struct message *m, unsigned *n)
{
	const unsigned char *p = m->p + HEADER, *end = m->p + m->len;
	unsigned questions = u16(m->p + 4);

	*n = u16(m->p + 6);
	for (; questions > 0; questions--) {
		if ((p = skip_name(m, p)) == NULL || end - p < 4)
			return NULL;
		p += 4;
	}
	return p;
}

int
resolve_take_tlsa(struct tlsa_query *q, const unsigned char *answer, size_t len)
{
	const struct message m = { answer, len };
	struct message_record r;
	const unsigned char *p;
	unsigned n;

	if (q->list == NULL &&
	    (q->list = calloc(TLSA_MAX, sizeof(*q->list))) == NULL)
		return XERR_NOMEM;
	for (p = first_record(&m, &n); n > 0; n--) {
		if (p == NULL || (p = read_record(&m, p, &r)) == NULL)
			return XERR_TEMP;
		if (r.type == TYPE_TLSA && r.len > 3 && q->n < TLSA_MAX)
			q->list[q->n++] = (struct tlsa){ .usage = r.data[0],
			    .selector = r.data[1], .type = r.data[2],
			    .data = r.data + 3, .len = r.len - 3 };
	}
	return q->n > 0 ? 0 : XERR_HOST;
}

void
resolve_take_alias(struct tlsa_query *q, const unsigned char *answer,
    size_t len)
{
	const struct message m = { answer, len };
	const unsigned char *p;
	struct message_record r;
	char *name;
	unsigned n;

	for (p = first_record(&m, &n); p != NULL && n > 0; n--) {
		if ((p = read_record(&m, p, &r)) == NULL ||
		    r.type != TYPE_CNAME ||
		    read_name(&m, r.data, &name) == NULL)
			continue;
		if (strlen(name) < sizeof(q->alias))
			memcpy(q->alias, name, strlen(name) + 1);
		ares_free_string(name);
	}
}

/* What an answer is worth: as tlsa_query's err, with the reason. */
static int
judge(struct tlsa_query *q, const struct tlsa_answer *a)
{
	int r;

	q->why = resolve_words(a->status);
	if (a->status != ARES_SUCCESS)
		return resolve_error(a->status);
	q->why = "they are not signed";
	if (!a->authentic)
		return XERR_HOST;
	r = resolve_take_tlsa(q, a->p, a->len);
	q->why = r == 0 ? "found" : r == XERR_HOST ? "no such record in DNS" :
	    "the answer is malformed";
	return r;
}

/* All answers are there: what do they mean? */
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
	} else {
		/* those of the name at the end go first (RFC 7671 7) */
		q->err = XERR_HOST;
		if (q->alias[0] != '\0') {
			q->host = q->alias;
			q->err = judge(q, &q->answer[1]);
		}
		if (q->err == XERR_HOST) {
			q->host = q->asked_host;
			q->err = judge(q, &q->answer[0]);
		}
	}
	q->done = true;
}

static void
on_tlsa(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct tlsa_answer *a = arg;
	struct tlsa_query *q = a->query;

	(void)timeouts;
	if (status == ARES_SUCCESS)
		status = resolve_rcode(answer, len);
	a->authentic = resolve_is_authentic(q->resolver, answer, len);
	if (status == ARES_SUCCESS) {
		if ((a->p = malloc((size_t)len)) == NULL)
			status = ARES_ENOMEM;
		else
			memcpy(a->p, answer, a->len = (size_t)len);
	}
	a->status = status;
	if (--q->pending == 0)
		conclude(q);
}

static void
ask_tlsa(struct tlsa_query *q, struct tlsa_answer *a, const char *host)
{
	char name[RESOLVE_NAME + 20];

	snprintf(name, sizeof(name), "_%u._tcp.%s", q->port, host);
	a->query = q;
	resolve_ask(q->resolver, name, TYPE_TLSA, on_tlsa, a);
}

static void
on_host(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	struct tlsa_query *q = arg;

	(void)timeouts;
	q->host_status = status == ARES_SUCCESS ? resolve_rcode(answer, len) :
	    status;
	q->signed_host = resolve_is_authentic(q->resolver, answer, len);
	if (q->host_status == ARES_SUCCESS && q->signed_host)
		resolve_take_alias(q, answer, (size_t)len);
	if (q->alias[0] != '\0')
		ask_tlsa(q, &q->answer[1], q->alias);
	else
		q->pending--;
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
	*q = (struct tlsa_query){ .asked = true, .host = host,
	    .asked_host = host, .resolver = r, .port = port, .pending = 3 };
	resolve_ask(r, host, TYPE_A, on_host, q);
	ask_tlsa(q, &q->answer[0], host);
}

void
tlsa_query_release(struct tlsa_query *q)
{
	free(q->list);
	free(q->answer[0].p);
	free(q->answer[1].p);
	*q = (struct tlsa_query){ .asked = false };
}
