/* The domainpart: names and IP addresses. */
#include <string.h>

#include "base/xerr.h"
#include "jid/enforce.h"

int
enforce_domain(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	size_t i;
	char c;

	if (len > 0 && s[len - 1] == '.')
		len--;
	if (len == 0 || len > 253)
		return enforce_refuse(why, JID_DOMAINPART, len == 0 ?
		    JID_RULE_EMPTY : JID_RULE_NAME_LONG, 0, -1);
	for (i = 0; i < len; i++) {
		c = s[i];
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-.:[]", c) ==
		    NULL || c == '\0')
			return enforce_refuse(why, JID_DOMAINPART,
			    JID_RULE_LDH, i, (unsigned char)c);
		out[i] = c;
	}
	return (int)len;
}

int
jid_domain_ascii(const struct jid *j, struct buf *out)
{
	size_t len;
	const char *s = jid_domain(j, &len);

	if (len == 0)
		return XERR_SYNTAX;
	if (s[0] == '[' && len > 2)
		return buf_put(out, s + 1, len - 2);
	return buf_put(out, s, len);
}
