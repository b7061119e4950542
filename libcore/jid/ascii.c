/* The short cut for ASCII, by a table of what each byte may be part of. */
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "jid/ascii.h"
#include "jid/jid.h"

enum {
	LOCAL = 1,
	LETTER = 2,		/* of a domain label */
	DIGIT = 4,
	HYPHEN = 8,
	LDH = LETTER | DIGIT | HYPHEN,
	DOT = 16,
	RESOURCE = 32
};

#define R RESOURCE
#define L (LOCAL | RESOURCE)
#define D (LOCAL | DIGIT | RESOURCE)
#define H (LOCAL | HYPHEN | RESOURCE)
#define P (LOCAL | DOT | RESOURCE)
#define A (LOCAL | LETTER | RESOURCE)

/* The controls and everything from 0x80 on take the long way. */
static const unsigned char kind[256] = {
	[' '] = R, L, R, L, L, L, R, R, L, L, L, L, L, H, P, R,
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
#undef P
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

/*
 * What stands at each byte of a text of at most 63, as bits: something other
 * than a letter or digit, a capital letter.
 */
struct map {
	uint64_t odd, upper;
};

/* Byte by byte. */
static void
classify_slow(struct map *m, const char *s, size_t len)
{
	uint64_t bit = 1;
	size_t i;

	for (i = 0; i < len; i++, bit <<= 1) {
		if (!(kind[(unsigned char)s[i]] & (LETTER | DIGIT)))
			m->odd |= bit;
		else if (s[i] >= 'A' && s[i] <= 'Z')
			m->upper |= bit;
	}
}

#ifdef __SSE2__

/*
 * Moved up so that HI becomes the largest number there is, what lies between
 * is above all others: bytes from 0x80 on are negative, and those behind HI
 * become so.
 */
static inline __m128i
between(__m128i v, char lo, char hi)
{
	return _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8((char)(127 - hi))),
	    _mm_set1_epi8((char)(126 - (hi - lo))));
}

static inline struct map
map_of(__m128i v)
{
	__m128i letter = between(_mm_or_si128(v, _mm_set1_epi8(0x20)),
	    'a', 'z');
	__m128i digit = between(v, '0', '9');
	/* a letter whose bit 0x20, moved to the top, is not set */
	__m128i capital = _mm_andnot_si128(_mm_slli_epi16(v, 2), letter);

	return (struct map){
		(unsigned)_mm_movemask_epi8(_mm_or_si128(letter, digit)) ^
		    0xffff,
		(unsigned)_mm_movemask_epi8(capital)
	};
}

/* Add the 16 bytes at S + I. */
static inline void
add_block(struct map *m, const char *s, size_t i)
{
	struct map b = map_of(_mm_loadu_si128((const __m128i *)(s + i)));

	m->odd |= b.odd << i;
	m->upper |= b.upper << i;
}

/* 8 to 15 bytes: the first 8 and the last 8 in one register. */
static inline struct map
classify_short(const char *s, size_t len)
{
	struct map b = map_of(_mm_unpacklo_epi64(
	    _mm_loadl_epi64((const __m128i *)s),
	    _mm_loadl_epi64((const __m128i *)(s + len - 8))));

	return (struct map){
		(b.odd & 0xff) | b.odd >> 8 << (len - 8),
		(b.upper & 0xff) | b.upper >> 8 << (len - 8)
	};
}

static inline struct map
classify(const char *s, size_t len)
{
	struct map m = { 0, 0 };

	if (len < 8) {
		classify_slow(&m, s, len);
		return m;
	}
	if (len < 16)
		return classify_short(s, len);
	add_block(&m, s, 0);
	if (len > 32) {
		add_block(&m, s, 16);
		if (len > 48)
			add_block(&m, s, 32);
	}
	add_block(&m, s, len - 16);	/* overlaps the one before it */
	return m;
}

#else

static struct map
classify(const char *s, size_t len)
{
	struct map m = { 0, 0 };

	classify_slow(&m, s, len);
	return m;
}

#endif

/* The bits before bit N, which is less than 64. */
static uint64_t
before(size_t n)
{
	return ((uint64_t)1 << n) - 1;
}

/*
 * The first of the bytes that ODD names and that may not be in a part of kind
 * MASK; LEN if there is none.
 */
static inline size_t
first_not(int mask, const char *s, size_t len, uint64_t odd)
{
	size_t i;

	for (; odd != 0; odd &= odd - 1) {
		i = (size_t)__builtin_ctzll(odd);
		if (!(kind[(unsigned char)s[i]] & mask))
			return i;
	}
	return len;
}

bool
ascii_parse(struct jid *j, const char *s, size_t len)
{
	size_t at, start = 0, end;
	struct map m;
	uint64_t odd;

	if (len > 63)
		return false;
	m = classify(s, len);
	at = first_not(LOCAL, s, len, m.odd);
	if (at < len && s[at] == '@' && at > 0)
		start = at + 1;
	odd = m.odd & ~before(start);
	end = first_not(DOT | HYPHEN, s, len, odd);
	if (end < len && (s[end] != '/' || end + 1 == len ||
	    first_not(RESOURCE, s, len, m.odd & ~before(end)) < len))
		return false;
	/*
	 * A plain domain name has no dot or hyphen at an end, no two side by
	 * side (which may be well-formed, but takes a closer look), and ends
	 * in a letter, so that it is no IPv4 address.
	 */
	odd &= before(end);
	if (end == start || (odd & (odd << 1 | (uint64_t)1 << start)) != 0 ||
	    !(kind[(unsigned char)s[end - 1]] & LETTER))
		return false;
	memmove(j->str, s, len);
	for (m.upper &= before(end); m.upper != 0; m.upper &= m.upper - 1)
		j->str[__builtin_ctzll(m.upper)] |= 0x20;
	j->str[len] = '\0';
	j->len = (uint16_t)len;
	j->locallen = (uint16_t)(start == 0 ? 0 : start - 1);
	j->domainlen = (uint16_t)(end - start);
	j->resourcelen = (uint16_t)(end == len ? 0 : len - end - 1);
	return true;
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

int
ascii_hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
