/* JID Escaping (XEP-0106). */
#include <string.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/jidesc.h"

/* What is escaped; a backslash only where it needs to be. */
static const char special[] = " \"&'/:<>@\\";

/* The character that the sequence at S stands for, or -1 if it is none. */
static int
sequence(const char *s, size_t len)
{
	int c;

	if (len < 3 || s[0] != '\\' || ascii_hex(s[1]) < 0 || ascii_hex(s[2]) < 0)
		return -1;
	c = ascii_hex(s[1]) << 4 | ascii_hex(s[2]);
	return c != 0 && strchr(special, c) != NULL ? c : -1;
}

int
jidesc_escape(struct buf *b, const char *s, size_t len)
{
	size_t i;

	if (len > 0 && (s[0] == ' ' || s[len - 1] == ' '))
		return XERR_SYNTAX;
	for (i = 0; i < len; i++)
		if (s[i] == '\0' || strchr(special, s[i]) == NULL ||
		    (s[i] == '\\' && sequence(s + i, len - i) < 0))
			buf_putc(b, (unsigned char)s[i]);
		else
			buf_printf(b, "\\%02x", (unsigned)s[i]);
	return buf_err(b);
}

/* What the sequence at I of S is replaced by, or -1. */
static int
replacement(const char *s, size_t len, size_t i)
{
	int c = sequence(s + i, len - i);

	return c == ' ' && (i == 0 || i + 3 == len) ? -1 : c;
}

int
jidesc_unescape(struct buf *b, const char *s, size_t len)
{
	size_t i;
	int c;

	for (i = 0; i < len; i++) {
		if ((c = replacement(s, len, i)) < 0) {
			buf_putc(b, (unsigned char)s[i]);
			continue;
		}
		buf_putc(b, c);
		i += 2;
	}
	return buf_err(b);
}

bool
jidesc_is_escaped(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (replacement(s, len, i) >= 0)
			return true;
	return false;
}
