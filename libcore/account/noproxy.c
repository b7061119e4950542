/* The hosts that are connected to without a proxy. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "account/noproxy.h"

enum { ENTRY_MAX = 300, IP_MAX = 16 };

static const char separators[] = ", \t\r\n";

/* An address, of 4 or 16 bytes; 0 for none. */
struct ip {
	unsigned char b[IP_MAX];
	unsigned len;
};

/* S, perhaps in brackets, as an address; false if it is none. */
static bool
parse_ip(struct ip *ip, const char *s)
{
	size_t n = strlen(s);
	char plain[INET6_ADDRSTRLEN];

	ip->len = 0;
	if (n > 2 && s[0] == '[' && s[n - 1] == ']') {
		s++;
		n -= 2;
	}
	if (n >= sizeof(plain))
		return false;
	memcpy(plain, s, n);
	plain[n] = '\0';
	if (inet_pton(AF_INET, plain, ip->b) == 1)
		ip->len = 4;
	else if (inet_pton(AF_INET6, plain, ip->b) == 1)
		ip->len = 16;
	return ip->len > 0;
}

/* The first BITS of A and B are the same. */
static bool
same_network(const struct ip *a, const struct ip *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (a->len != b->len || bits > 8 * a->len ||
	    memcmp(a->b, b->b, whole) != 0)
		return false;
	return rest == 0 || (a->b[whole] ^ b->b[whole]) >> (8 - rest) == 0;
}

/* ENTRY, with "/BITS" or not, is or has the address IP. */
static bool
has_address(char *entry, const struct ip *ip)
{
	char *slash = strchr(entry, '/');
	unsigned long bits;
	struct ip net;

	if (slash != NULL)
		*slash++ = '\0';
	if (!parse_ip(&net, entry))
		return false;
	if (slash == NULL)
		bits = 8 * net.len;
	else if (cli_parse_number(&bits, slash, 0, 8 * net.len) < 0)
		return false;
	return same_network(&net, ip, (unsigned)bits);
}

/* The N bytes of HOST are ENTRY or end in ".ENTRY". */
static bool
has_name(const char *entry, const char *host, size_t n)
{
	size_t len;

	if (strncmp(entry, "*.", 2) == 0)
		entry++;
	if (*entry == '.')
		entry++;
	len = strlen(entry);
	if (len > 0 && entry[len - 1] == '.')
		len--;
	return len > 0 && len <= n &&
	    strncasecmp(entry, host + n - len, len) == 0 &&
	    (len == n || host[n - len - 1] == '.');
}

/* Cut ":PORT" off ENTRY; false if it is for another than PORT. */
static bool
is_for_port(char *entry, unsigned port)
{
	char *colon = strrchr(entry, ':');
	unsigned long n;

	/* more than one and no brackets before the last: an IPv6 address */
	if (colon == NULL || (strchr(entry, ':') != colon &&
	    (colon == entry || colon[-1] != ']')))
		return true;
	*colon++ = '\0';
	return cli_parse_number(&n, colon, 1, 65535) == 0 && n == port;
}

static bool
entry_has(char *entry, const char *host, unsigned port)
{
	size_t n = strlen(host);
	struct ip ip;

	if (!is_for_port(entry, port))
		return false;
	if (strcmp(entry, "*") == 0)
		return true;
	if (parse_ip(&ip, host))
		return has_address(entry, &ip);
	if (n > 1 && host[n - 1] == '.')
		n--;
	return has_name(entry, host, n);
}

bool
noproxy_has(const char *list, const char *host, unsigned port)
{
	char entry[ENTRY_MAX + 1];
	size_t n;

	for (; *list != '\0'; list += n) {
		list += strspn(list, separators);
		n = strcspn(list, separators);
		if (n == 0 || n > ENTRY_MAX)
			continue;
		memcpy(entry, list, n);
		entry[n] = '\0';
		if (entry_has(entry, host, port))
			return true;
	}
	return false;
}
