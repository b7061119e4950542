/* What DNSSEC vouches for: the AD bit, and whether to believe it. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "net/resolve_int.h"

enum {
	CLASS_IN = 1,
	HEADER = 12,		/* bytes of one, RFC 1035 4.1.1 */
	AD = 0x20		/* in its byte 3 */
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
resolve_has_one_server(ares_channel ares)
{
	struct ares_addr_port_node *list = NULL;
	bool one;

	if (ares_get_servers_ports(ares, &list) != ARES_SUCCESS)
		return false;
	one = list != NULL && list->next == NULL;
	if (list != NULL)
		ares_free_data(list);
	return one;
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
resolve_is_authentic(const struct resolver *r, const unsigned char *answer,
    int len)
{
	return r->trusted && answer != NULL && len >= HEADER && (answer[3] & AD) != 0;
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
