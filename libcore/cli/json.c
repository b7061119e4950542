/* Writing JSON. */
#include <stdbool.h>

#include "base/utf8.h"
#include "cli/json.h"

static bool
is_special(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 ||
	    cp == 0x2029;
}

static void
put_char(struct buf *b, uint32_t cp, const char *s, size_t n)
{
	switch (cp) {
	case '"': buf_put(b, "\\\"", 2); break;
	case '\\': buf_put(b, "\\\\", 2); break;
	case '\n': buf_put(b, "\\n", 2); break;
	case '\r': buf_put(b, "\\r", 2); break;
	case '\t': buf_put(b, "\\t", 2); break;
	default:
		if (is_special(cp))
			buf_printf(b, "\\u%04x", (unsigned)cp);
		else
			buf_put(b, s, n);
	}
}

void
json_put_string(struct buf *b, const char *s, size_t len)
{
	uint32_t cp;
	int n;

	buf_putc(b, '"');
	for (; len > 0; s += n, len -= (size_t)n) {
		if ((n = utf8_decode(&cp, s, len)) < 0) {
			cp = 0xfffd;
			n = 1;
			buf_put(b, "\xef\xbf\xbd", 3);
			continue;
		}
		put_char(b, cp, s, (size_t)n);
	}
	buf_putc(b, '"');
}
