/* Decoding and encoding UTF-8, strictly (RFC 3629 section 4). */
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"

int
utf8_decode(uint32_t *cp, const void *str, size_t len)
{
	const unsigned char *s = str;
	unsigned char lo = 0x80, hi = 0xbf;	/* of the second byte */
	uint32_t c;
	int i, n;

	if (len == 0)
		return XERR_SYNTAX;
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		c = s[0] & 0x1f;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		c = s[0] & 0x0f;
		if (s[0] == 0xe0)
			lo = 0xa0;	/* shorter would do */
		else if (s[0] == 0xed)
			hi = 0x9f;	/* surrogates */
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		c = s[0] & 0x07;
		if (s[0] == 0xf0)
			lo = 0x90;	/* shorter would do */
		else if (s[0] == 0xf4)
			hi = 0x8f;	/* above U+10FFFF */
	} else {
		return XERR_SYNTAX;
	}
	for (i = 1; i < n; i++) {
		if ((size_t)i == len)
			return XERR_LIMIT;
		if (s[i] < lo || s[i] > hi)
			return XERR_SYNTAX;
		c = c << 6 | (s[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	*cp = c;
	return n;
}

size_t
utf8_encode(unsigned char out[4], uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (unsigned char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (unsigned char)(0xc0 | cp >> 6);
		out[1] = (unsigned char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (unsigned char)(0xe0 | cp >> 12);
		out[1] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | cp >> 18);
	out[1] = (unsigned char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (cp & 0x3f));
	return 4;
}

size_t
utf8_span(const void *str, size_t len)
{
	const unsigned char *s = str;
	size_t i = 0;
	uint64_t w;
	uint32_t cp;
	int n;

	while (i < len) {
		if (len - i >= sizeof(w)) {
			memcpy(&w, s + i, sizeof(w));
			if ((w & 0x8080808080808080u) == 0) {
				i += sizeof(w);
				continue;
			}
		}
		if ((n = utf8_decode(&cp, s + i, len - i)) < 0)
			break;
		i += (size_t)n;
	}
	return i;
}
