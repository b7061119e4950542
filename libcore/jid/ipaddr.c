/* IP addresses in a domainpart. */
#include <sys/socket.h>	/* AF_INET6 alone: no socket is touched here */

#include <arpa/inet.h>
#include <string.h>

#include "jid/ascii.h"
#include "jid/ipaddr.h"

enum { V6_MAX = 45 };	/* ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255 */

bool
ipaddr_is_v4(const char *s, size_t len)
{
	size_t i = 0, start;
	int n, dots = 0;

	for (;; i++) {
		for (start = i, n = 0; i < len && ascii_is_digit(s[i]); i++)
			if ((n = n * 10 + (s[i] - '0')) > 255)
				return false;
		if (i == start || (s[start] == '0' && i - start > 1))
			return false;
		if (i == len)
			return dots == 3;
		if (s[i] != '.' || ++dots > 3)
			return false;
	}
}

static bool
is_unreserved(int c)
{
	return ascii_is_ldh(c) || c == '.' || c == '_' || c == '~';
}

/* inet_pton() has the same grammar as RFC 3986. */
static bool
is_v6(const char *s, size_t len)
{
	unsigned char addr[16];
	char text[V6_MAX + 1];

	if (len > V6_MAX || memchr(s, '\0', len) != NULL)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, addr) == 1;
}

/*
 * ZoneID = 1*( unreserved / pct-encoded ).  A control character is the name of
 * no interface, and a NUL would cut the address short for getaddrinfo(3).
 */
static bool
is_zone(const char *s, size_t len)
{
	size_t i;
	int c;

	for (i = 0; i < len; i++) {
		if (is_unreserved(s[i]))
			continue;
		if (s[i] != '%' || len - i < 3 || ascii_hex(s[i + 1]) < 0 ||
		    ascii_hex(s[i + 2]) < 0)
			return false;
		c = ascii_hex(s[i + 1]) << 4 | ascii_hex(s[i + 2]);
		if (c < ' ' || c == 0x7f)
			return false;
		i += 2;
	}
	return len > 0;
}

/* IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool
is_future(const char *s, size_t len)
{
	size_t i = 1;

	if (len == 0 || (s[0] != 'v' && s[0] != 'V'))
		return false;
	while (i < len && ascii_hex(s[i]) >= 0)
		i++;
	if (i == 1 || len - i < 2 || s[i] != '.')
		return false;
	for (i++; i < len; i++)
		if (!is_unreserved(s[i]) && (s[i] == '\0' ||
		    strchr("!$&'()*+,;=:", s[i]) == NULL))
			return false;
	return true;
}

/* Where the zone begins, at its '%', in what is between the brackets. */
static size_t
zone_at(const char *s, size_t len)
{
	const char *p = len == 0 ? NULL : memchr(s, '%', len);

	return p == NULL ? len : (size_t)(p - s);
}

bool
ipaddr_is_literal(const char *s, size_t len)
{
	size_t at;

	if (len < 2 || s[0] != '[' || s[len - 1] != ']')
		return false;
	s++;
	len -= 2;
	at = zone_at(s, len);
	if (at == len)
		return is_v6(s, len) || is_future(s, len);
	return len - at > 3 && memcmp(s + at, "%25", 3) == 0 &&
	    is_v6(s, at) && is_zone(s + at + 3, len - at - 3);
}

void
ipaddr_lower(char *out, const char *s, size_t len)
{
	size_t at = zone_at(s, len);

	if (s[1] == 'v' || s[1] == 'V')
		at = 0;
	ascii_lower(out, s, at);
	memcpy(out + at, s + at, len - at);
}

int
ipaddr_plain(struct buf *b, const char *s, size_t len)
{
	size_t i;

	s++;
	len -= 2;
	for (i = 0; i < len; i++) {
		if (s[i] != '%') {
			buf_putc(b, (unsigned char)s[i]);
			continue;
		}
		buf_putc(b, ascii_hex(s[i + 1]) << 4 | ascii_hex(s[i + 2]));
		i += 2;
	}
	return buf_err(b);
}
