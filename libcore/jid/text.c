/* Decoding, mapping and encoding the text of a part. */
#include <stdlib.h>
#include <string.h>

#include <uninorm.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "jid/text.h"
#include "jid/ucd.h"

int
text_decode(struct text *t, const char *s, size_t len, size_t *at)
{
	size_t i = 0, n = 0;
	int r;

	for (; i < len; n++) {
		if (n == TEXT_MAX || i > UINT16_MAX)
			return XERR_LIMIT;
		if ((r = utf8_decode(&t->cp[n], s + i, len - i)) < 0) {
			*at = i;
			return XERR_SYNTAX;
		}
		t->at[n] = (uint16_t)i;
		i += (size_t)r;
	}
	t->n = n;
	return 0;
}

/* Put a second code point behind the one at I. */
static int
insert(struct text *t, size_t i, uint32_t cp)
{
	size_t tail = t->n - i - 1;

	if (t->n == TEXT_MAX)
		return XERR_LIMIT;
	memmove(&t->cp[i + 2], &t->cp[i + 1], tail * sizeof(t->cp[0]));
	memmove(&t->at[i + 2], &t->at[i + 1], tail * sizeof(t->at[0]));
	t->cp[i + 1] = cp;
	t->at[i + 1] = t->at[i];
	t->n++;
	return 0;
}

int
text_lower(struct text *t)
{
	uint32_t l[2];
	size_t i;
	int n;

	for (i = 0; i < t->n; i++) {
		n = ucd_lower(l, t->cp[i]);
		t->cp[i] = l[0];
		if (n == 2 && insert(t, i++, l[1]) < 0)
			return XERR_LIMIT;
	}
	return 0;
}

void
text_width(struct text *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		t->cp[i] = ucd_width(t->cp[i]);
}

void
text_spaces(struct text *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (ucd_is_space(t->cp[i]))
			t->cp[i] = ' ';
}

static bool
is_surely_nfc(const struct text *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!ucd_is_surely_nfc(t->cp[i]))
			return false;
	return true;
}

/* Take over the N code points at CP, which T's normalize to. */
static int
replace(struct text *t, const uint32_t *cp, size_t n)
{
	size_t same = 0, end = 0, i;

	while (same < n && same < t->n && cp[same] == t->cp[same])
		same++;
	if (same == n && n == t->n)
		return 0;
	while (end < n - same && end < t->n - same &&
	    cp[n - 1 - end] == t->cp[t->n - 1 - end])
		end++;
	memmove(&t->at[n - end], &t->at[t->n - end], end * sizeof(t->at[0]));
	for (i = same + 1; i < n - end; i++)
		t->at[i] = t->at[same];
	memcpy(t->cp, cp, n * sizeof(cp[0]));
	t->n = n;
	return 1;
}

int
text_nfc(struct text *t)
{
	uint32_t space[TEXT_MAX], *p;
	size_t n = TEXT_MAX;
	int r;

	if (is_surely_nfc(t))
		return 0;
	p = u32_normalize(UNINORM_NFC, t->cp, t->n, space, &n);
	if (p == NULL)
		return XERR_NOMEM;
	r = n > TEXT_MAX ? XERR_LIMIT : replace(t, p, n);
	if (p != space)
		free(p);
	return r;
}

int
text_encode(char *out, size_t max, const uint32_t *cp, size_t n)
{
	unsigned char u[4];
	size_t i, k, len = 0;

	for (i = 0; i < n; i++) {
		k = utf8_encode(u, cp[i]);
		if (k > max - len)
			return XERR_LIMIT;
		memcpy(out + len, u, k);
		len += k;
	}
	return (int)len;
}
