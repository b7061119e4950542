/* Base64 through OpenSSL, which is lenient, behind a strict check. */
#include <limits.h>

#include <openssl/evp.h>

#include "base/b64.h"
#include "base/xerr.h"

/* The value of a character of the alphabet, or -1. */
static int
value(int c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
b64_encode(struct buf *b, const void *data, size_t len)
{
	size_t n = (len + 2) / 3 * 4;
	unsigned char *p;

	if (len > INT_MAX / 2)
		return XERR_LIMIT;
	if (len == 0)
		return buf_err(b);
	/* EVP_EncodeBlock writes a NUL behind, which is not committed */
	if ((p = buf_reserve(b, n + 1)) == NULL)
		return buf_err(b);
	EVP_EncodeBlock(p, data, (int)len);
	buf_commit(b, n);
	return 0;
}

/*
 * How many bytes the LEN characters at S stand for, or XERR_SYNTAX.  The bits
 * that the last character has too many must be zero (RFC 4648 3.5), else two
 * texts would stand for the same bytes.
 */
static long
decoded_len(const char *s, size_t len)
{
	size_t i, pad = 0;

	if (len % 4 != 0 || len > INT_MAX)
		return XERR_SYNTAX;
	while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len - pad; i++)
		if (value(s[i]) < 0)
			return XERR_SYNTAX;
	if (pad > 0 && (value(s[i - 1]) & (pad == 1 ? 3 : 15)) != 0)
		return XERR_SYNTAX;
	return (long)(len / 4 * 3 - pad);
}

int
b64_decode(struct buf *b, const char *s, size_t len)
{
	unsigned char *p;
	long n;

	if (len == 0)
		return buf_err(b);
	if ((n = decoded_len(s, len)) < 0)
		return XERR_SYNTAX;
	if ((p = buf_reserve(b, len / 4 * 3)) == NULL)
		return buf_err(b);
	if (EVP_DecodeBlock(p, (const unsigned char *)s, (int)len) < 0)
		return XERR_SYNTAX;
	buf_commit(b, (size_t)n);
	return 0;
}
