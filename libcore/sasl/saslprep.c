/* SASLprep on libunistring's normalization. */
#include <stdbool.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/saslprep.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct range {
	uint32_t from, to;
};

/* RFC 3454 C.1.2, non-ASCII spaces. */
static const struct range spaces[] = {
	{ 0x00a0, 0x00a0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a },
	{ 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 }
};

/*
 * RFC 3454 B.1, commonly mapped to nothing.  U+200B is in C.1.2 as well; the
 * space that it is not to the eye is no use to anybody.
 */
static const struct range nothing[] = {
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x1806, 0x1806 },
	{ 0x180b, 0x180d }, { 0x200b, 0x200d }, { 0x2060, 0x2060 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }
};

/* RFC 3454 C.2.1, C.2.2, C.3 to C.9; C.4's last two of each plane in code. */
static const struct range prohibited[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x00a0 }, { 0x0340, 0x0341 },
	{ 0x06dd, 0x06dd }, { 0x070f, 0x070f }, { 0x1680, 0x1680 },
	{ 0x180e, 0x180e }, { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x2063 }, { 0x206a, 0x206f }, { 0x2ff0, 0x2ffb },
	{ 0x3000, 0x3000 }, { 0xd800, 0xf8ff }, { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xffff }, { 0x1d173, 0x1d17a },
	{ 0xe0001, 0xe0001 }, { 0xe0020, 0xe007f }, { 0xf0000, 0x10ffff }
};

static bool
in(const struct range *r, size_t n, uint32_t cp)
{
	while (n-- > 0)
		if (cp >= r[n].from && cp <= r[n].to)
			return true;
	return false;
}

/* Step 1 (RFC 4013 2.1) of the LEN bytes at S. */
static int
map(struct buf *out, const char *s, size_t len)
{
	size_t i;
	uint32_t cp;
	int n;

	for (i = 0; i < len; i += (size_t)n) {
		if ((n = utf8_decode(&cp, s + i, len - i)) < 0)
			return XERR_SYNTAX;
		if (in(spaces, N(spaces), cp))
			buf_putc(out, ' ');
		else if (!in(nothing, N(nothing), cp))
			buf_put(out, s + i, (size_t)n);
	}
	return buf_err(out);
}

/* Steps 3 and 4 (RFC 4013 2.3, 2.4): is any character, or their mix, bad? */
static int
check(const unsigned char *s, size_t len)
{
	bool l = false, r = false, first = false, last = false;
	size_t i;
	uint32_t cp;
	int n, class;

	for (i = 0; i < len; i += (size_t)n) {
		if ((n = utf8_decode(&cp, s + i, len - i)) < 0 ||
		    (cp & 0xfffe) == 0xfffe ||
		    in(prohibited, N(prohibited), cp))
			return XERR_SYNTAX;
		class = uc_bidi_class(cp);
		last = class == UC_BIDI_R || class == UC_BIDI_AL;
		first |= i == 0 && last;
		r |= last;
		l |= class == UC_BIDI_L;
	}
	return len == 0 || (r && (l || !first || !last)) ? XERR_SYNTAX : 0;
}

/* Step 2 (RFC 4013 2.2): *NORMAL is malloc'd and *LEN long. */
static int
normalize(unsigned char **normal, size_t *len, const struct buf *mapped)
{
	/* the worst character is U+FDFA: 3 bytes become 33 */
	size_t n = buf_len(mapped) * SASLPREP_GROWTH + 16;
	unsigned char *mem, *p;

	if ((mem = malloc(n)) == NULL)
		return XERR_NOMEM;
	p = u8_normalize(UNINORM_NFKC, buf_data(mapped), buf_len(mapped),
	    mem, &n);
	if (p != mem) {
		free(mem);
		if (p == NULL)
			return XERR_NOMEM;
	}
	*normal = p;
	*len = n;
	return 0;
}

int
saslprep(struct buf *out, const char *s, size_t len)
{
	unsigned char *p = NULL;
	struct buf mapped;
	size_t n = 0;
	int r;

	if (len > SASLPREP_MAX)
		return XERR_LIMIT;
	buf_init(&mapped, len + 1);
	/* all of it at once: growing would leave copies behind */
	if (buf_reserve(&mapped, len + 1) == NULL)
		return XERR_NOMEM;
	if ((r = map(&mapped, s, len)) < 0 ||
	    (r = normalize(&p, &n, &mapped)) < 0 || (r = check(p, n)) < 0)
		goto out;
	r = buf_put(out, p, n);
out:
	if (p != NULL)
		OPENSSL_cleanse(p, n);
	free(p);
	buf_wipe(&mapped);
	return r;
}
