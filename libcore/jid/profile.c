/* The PRECIS profiles of the localpart and the resourcepart. */
#include <string.h>

#include "base/xerr.h"
#include "jid/enforce.h"

int
enforce_local(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	size_t i;
	unsigned char c;

	if (len == 0 || len > JID_PART_MAX)
		return enforce_refuse(why, JID_LOCALPART, len == 0 ?
		    JID_RULE_EMPTY : JID_RULE_LONG, 0, -1);
	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c <= ' ' || c >= 0x7f)
			return enforce_refuse(why, JID_LOCALPART,
			    c == ' ' ? JID_RULE_SPACE : JID_RULE_CONTROL,
			    i, c);
		if (strchr("\"&'/:<>@", c) != NULL)
			return enforce_refuse(why, JID_LOCALPART,
			    JID_RULE_EXCLUDED, i, c);
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	return (int)len;
}

int
enforce_resource(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	size_t i;

	if (len == 0 || len > JID_PART_MAX)
		return enforce_refuse(why, JID_RESOURCEPART, len == 0 ?
		    JID_RULE_EMPTY : JID_RULE_LONG, 0, -1);
	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || (unsigned char)s[i] >= 0x7f)
			return enforce_refuse(why, JID_RESOURCEPART,
			    JID_RULE_CONTROL, i, (unsigned char)s[i]);
	memcpy(out, s, len);
	return (int)len;
}
