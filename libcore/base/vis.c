/* Text of strangers made harmless. */
#include <stdbool.h>

#include "base/utf8.h"
#include "base/vis.h"

/* U+200E, U+200F, U+061C, U+202A to U+202E, U+2066 to U+2069: UAX 9, 2. */
static bool
is_bidi(uint32_t cp)
{
	return cp == 0x200e || cp == 0x200f || cp == 0x061c ||
	    (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

static bool
is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) ||
	    cp == 0x2028 || cp == 0x2029;
}

static void
put_control(struct buf *b, uint32_t cp)
{
	switch (cp) {
	case '\n': buf_puts(b, "\\n"); break;
	case '\r': buf_puts(b, "\\r"); break;
	case '\t': buf_puts(b, "\\t"); break;
	default:
		buf_printf(b, cp < 0x80 ? "\\x%02x" : "\\u{%04x}",
		    (unsigned)cp);
	}
}

int
vis_put(struct buf *b, const void *str, size_t len, int flags)
{
	const unsigned char *s = str;
	size_t i, n;
	uint32_t cp;
	int r;

	for (i = 0; i < len; i += n) {
		if ((r = utf8_decode(&cp, s + i, len - i)) < 0) {
			buf_printf(b, "\\x%02x", s[i]);
			n = 1;
			continue;
		}
		n = (size_t)r;
		if (cp == '\\' && flags & VIS_BACKSLASH)
			buf_puts(b, "\\\\");
		else if ((cp == '\n' || cp == '\t') && flags & VIS_NEWLINE)
			buf_putc(b, (int)cp);
		else if (is_control(cp) ||
		    (is_bidi(cp) && !(flags & VIS_BIDI)))
			put_control(b, cp);
		else
			buf_put(b, s + i, n);
	}
	return buf_err(b);
}
