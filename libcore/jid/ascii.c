/* The short cut for ASCII, by a table of what each byte may be part of. */
#include <stdint.h>
#include <string.h>

#include "jid/ascii.h"

enum {
	LOCAL = 1,
	LETTER = 2,		/* of a domain label */
	DIGIT = 4,
	HYPHEN = 8,
	LDH = LETTER | DIGIT | HYPHEN,
	RESOURCE = 16
};

#define R RESOURCE
#define L (LOCAL | RESOURCE)
#define D (LOCAL | DIGIT | RESOURCE)
#define H (LOCAL | HYPHEN | RESOURCE)
#define A (LOCAL | LETTER | RESOURCE)

/* The controls and everything from 0x80 on take the long way. */
static const unsigned char kind[256] = {
	[' '] = R, L, R, L, L, L, R, R, L, L, L, L, L, H, L, R,
	['0'] = D, D, D, D, D, D, D, D, D, D, R, L, R, L, R, L,
	['@'] = R, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	['P'] = A, A, A, A, A, A, A, A, A, A, A, L, L, L, L, L,
	['`'] = L, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	['p'] = A, A, A, A, A, A, A, A, A, A, A, L, L, L, L
};

#undef R
#undef L
#undef D
#undef H
#undef A

static size_t
span(const unsigned char *s, size_t len, int mask)
{
	size_t i = 0;

	while (i < len && kind[s[i]] & mask)
		i++;
	return i;
}

size_t
ascii_local(const char *s, size_t len)
{
	return span((const unsigned char *)s, len, LOCAL);
}

size_t
ascii_resource(const char *s, size_t len)
{
	return span((const unsigned char *)s, len, RESOURCE);
}

size_t
ascii_domain(const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *)str;
	size_t i = 0, n;

	for (;;) {
		n = span(s + i, len - i, LDH);
		/* hyphens: RFC 5891 4.2.3.1; 63: RFC 1034 3.1 */
		if (n == 0 || n > 63 || s[i] == '-' || s[i + n - 1] == '-' ||
		    (n > 3 && s[i + 2] == '-' && s[i + 3] == '-'))
			return 0;
		if (i + n == len || s[i + n] != '.')
			break;
		i += n + 1;
	}
	return kind[s[i]] & LETTER && i + n <= 253 ? i + n : 0;
}

/* Eight bytes at a time. */
void
ascii_lower(char *dst, const char *s, size_t n)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t w, upper;
	size_t i = 0;

	for (; n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, s + i, sizeof(w));
		/* the high bit of each byte from 'A' on but not behind 'Z' */
		upper = (w + (0x80 - 'A') * ones) &
		    ~(w + (0x80 - 'Z' - 1) * ones) & 0x80 * ones;
		w |= upper >> 2;
		memcpy(dst + i, &w, sizeof(w));
	}
	for (; i < n; i++)
		dst[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ?
		    s[i] | 0x20 : s[i]);
}

bool
ascii_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

bool
ascii_is_ldh(int c)
{
	return c >= 0 && c < 0x80 && (kind[c] & LDH) != 0;
}
