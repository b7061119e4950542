/* One address in the normal forms of two RFCs. */
#include <string.h>

#include "jid/jid6122.h"
#include "jid/jidsame.h"

static bool
is_ascii(const struct jid *j)
{
	const char *s = jid_str(j);
	size_t i, len = jid_len(j);

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* The bare address of J in RFC 6122's form; false if it has none. */
static bool
prepare(struct jid *out, const struct jid *j)
{
	struct jid bare;

	jid_copy(&bare, j);
	jid_to_bare(&bare);
	return jid6122_parse(out, jid_str(&bare), jid_len(&bare), NULL) == 0;
}

bool
jid_same_bare(const struct jid *a, const struct jid *b)
{
	struct jid x, y;

	if (jid_equal_bare(a, b))
		return true;
	/* two that are ASCII have one form each, but for upper case */
	if (is_ascii(a) && is_ascii(b))
		return false;
	return prepare(&x, a) && prepare(&y, b) && jid_equal_bare(&x, &y);
}
