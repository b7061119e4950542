/*
 * A tiny DNS server in a child process, for the tests that need answers nobody
 * else would give.  It knows the records of a table and nothing else: a name in
 * it without the type asked for has no data, one not in it does not exist.
 */
#ifndef DNSD_H
#define DNSD_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <ctype.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28, DNS_SRV = 33, DNS_TLSA = 52,
	DNS_AD = 0x20		/* in a header's byte 3 */
};

struct dns_rec {
	const char *name;
	int type;		/* 0: any */
	const char *data;	/* an address, a name, or what TLSA has */
	int priority, weight, port;	/* of TLSA: usage, selector, type */
	int rcode;		/* answer with this instead */
	bool silent;		/* never answer */
	int delay;		/* ms */
	bool garbage;		/* answer with bytes that are no DNS */
};

struct dnsd {
	pid_t pid;
	bool secure;		/* says that DNSSEC vouches for all of it */
	bool lossy;		/* each question is lost once */
	char address[32];	/* "127.0.0.1:PORT" */
};

struct dns_msg {
	unsigned char p[65000];
	size_t n;
};

static inline void
dns_u16(struct dns_msg *m, unsigned v)
{
	m->p[m->n++] = (unsigned char)(v >> 8);
	m->p[m->n++] = (unsigned char)v;
}

static inline void
dns_name(struct dns_msg *m, const char *s)
{
	size_t k;

	while (*s != '\0' && strcmp(s, ".") != 0) {
		k = strcspn(s, ".");
		m->p[m->n++] = (unsigned char)k;
		memcpy(m->p + m->n, s, k);
		m->n += k;
		s += k + (s[k] == '.');
	}
	m->p[m->n++] = 0;
}

static inline void
dns_record(struct dns_msg *m, const struct dns_rec *r)
{
	size_t at;

	dns_name(m, r->name);
	dns_u16(m, (unsigned)r->type);
	dns_u16(m, 1);
	dns_u16(m, 0);
	dns_u16(m, 0);		/* TTL */
	at = m->n;
	dns_u16(m, 0);
	if (r->type == DNS_A || r->type == DNS_AAAA) {
		inet_pton(r->type == DNS_A ? AF_INET : AF_INET6, r->data,
		    m->p + m->n);
		m->n += r->type == DNS_A ? 4 : 16;
	} else if (r->type == DNS_TLSA) {
		m->p[m->n++] = (unsigned char)r->priority;
		m->p[m->n++] = (unsigned char)r->weight;
		m->p[m->n++] = (unsigned char)r->port;
		memcpy(m->p + m->n, r->data, strlen(r->data));
		m->n += strlen(r->data);
	} else {
		if (r->type == DNS_SRV) {
			dns_u16(m, (unsigned)r->priority);
			dns_u16(m, (unsigned)r->weight);
			dns_u16(m, (unsigned)r->port);
		}
		dns_name(m, r->data);
	}
	m->p[at] = (unsigned char)((m->n - at - 2) >> 8);
	m->p[at + 1] = (unsigned char)(m->n - at - 2);
}

/* The question's name as text, in lower case; what is behind it, or 0. */
static inline size_t
dns_question(const unsigned char *q, size_t len, char name[256])
{
	size_t i = 12, n = 0, k;

	while (i < len && (k = q[i]) > 0 && i + k < len && n + k < 250) {
		i++;
		while (k-- > 0)
			name[n++] = (char)tolower(q[i++]);
		name[n++] = '.';
	}
	name[n > 0 ? n - 1 : 0] = '\0';
	return i + 5 <= len ? i + 5 : 0;
}

static inline size_t
dns_answer(struct dns_msg *m, const struct dns_rec *rec, const char *name,
    int type, const struct dns_rec **special, bool *known)
{
	size_t n = 0;

	for (; rec->name != NULL; rec++) {
		if (strcmp(rec->name, name) != 0)
			continue;
		*known = true;
		if (rec->type != 0 && rec->type != type &&
		    rec->type != DNS_CNAME)
			continue;
		if (rec->rcode != 0 || rec->silent || rec->garbage ||
		    rec->delay > 0)
			*special = rec;
		if (rec->data == NULL || m->n > sizeof(m->p) - 600)
			continue;
		dns_record(m, rec);
		n++;
	}
	return n;
}

static inline void
dns_reply(int fd, const struct dnsd *d, const struct dns_rec *table,
    const unsigned char *q, size_t len, const struct sockaddr_in *to)
{
	static struct dns_msg m;
	const struct dns_rec *special = NULL, *rec;
	char name[256];
	size_t end = dns_question(q, len, name), n;
	bool known = false;
	int type;

	if (end == 0)
		return;
	type = q[end - 4] << 8 | q[end - 3];
	memcpy(m.p, q, end);
	m.n = end;
	n = dns_answer(&m, table, name, type, &special, &known);
	for (rec = table; rec->name != NULL; rec++)
		if (rec->type == DNS_CNAME && type != DNS_CNAME &&
		    strcmp(rec->name, name) == 0)
			n += dns_answer(&m, table, rec->data, type, &special,
			    &known);
	if (special != NULL && special->silent)
		return;
	m.p[2] = 0x81;
	m.p[3] = (unsigned char)(0x80 | (special != NULL ? special->rcode :
	    known ? 0 : 3));
	if (d->secure)
		m.p[3] |= q[3] & DNS_AD;
	memset(m.p + 4, 0, 8);
	m.p[5] = 1;
	m.p[6] = (unsigned char)(n >> 8);
	m.p[7] = (unsigned char)n;
	if (special != NULL && special->garbage) {
		/* a name that points to itself, and lengths that lie */
		m.p[7] = 200;
		m.n = end;
		dns_u16(&m, 0xc000 | (unsigned)end);
		dns_u16(&m, (unsigned)type);
		dns_u16(&m, 1);
		dns_u16(&m, 0);
		dns_u16(&m, 0);
		dns_u16(&m, 0xffff);
	}
	if (special != NULL && special->delay > 0) {
		if (fork() != 0)
			return;
		nanosleep(&(struct timespec){ special->delay / 1000,
		    special->delay % 1000 * 1000000L }, NULL);
	}
	sendto(fd, m.p, m.n, 0, (const void *)to, sizeof(*to));
	if (special != NULL && special->delay > 0)
		_exit(0);
}

/* Whether a question comes for the second time. */
static inline bool
dns_again(unsigned char seen[8192], const unsigned char *q)
{
	unsigned char bit = (unsigned char)(1 << (q[1] & 7));
	unsigned char *at = &seen[q[0] << 5 | q[1] >> 3];
	bool again = (*at & bit) != 0;

	*at |= bit;
	return again;
}

static inline void
dnsd_run(struct dnsd *d, const struct dns_rec *table)
{
	static unsigned char seen[8192];
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	unsigned char q[2000];
	ssize_t n;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), i;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (void *)&sin, sizeof(sin)), 0);
	getsockname(fd, (void *)&sin, &len);
	snprintf(d->address, sizeof(d->address), "127.0.0.1:%u",
	    ntohs(sin.sin_port));
	fflush(NULL);
	if ((d->pid = fork()) == 0) {
		signal(SIGCHLD, SIG_IGN);
		alarm(120);	/* if the test dies */
		/* nobody waits for our end, no port stays open for us */
		for (i = 0; i < 256; i++)
			if (i != fd)
				close(i);
		for (;;) {
			len = sizeof(sin);
			n = recvfrom(fd, q, sizeof(q), 0, (void *)&sin, &len);
			if (n > 12 && (!d->lossy || dns_again(seen, q)))
				dns_reply(fd, d, table, q, (size_t)n,
				    &sin);
		}
	}
	assert_true(d->pid > 0);
	close(fd);
}

static inline void
dnsd_start(struct dnsd *d, const struct dns_rec *table)
{
	*d = (struct dnsd){ .lossy = false };
	dnsd_run(d, table);
}

/* One that sets the AD bit, if it is asked for it. */
static inline void
dnsd_start_secure(struct dnsd *d, const struct dns_rec *table)
{
	*d = (struct dnsd){ .secure = true };
	dnsd_run(d, table);
}

/* One on a bad line. */
static inline void
dnsd_start_lossy(struct dnsd *d, const struct dns_rec *table)
{
	*d = (struct dnsd){ .lossy = true };
	dnsd_run(d, table);
}

static inline void
dnsd_stop(struct dnsd *d)
{
	kill(d->pid, SIGKILL);
	waitpid(d->pid, NULL, 0);
}

#endif
