/*
 * UTF-8 (RFC 3629): what is not well-formed is never passed on as something
 * else.  Overlong forms, surrogates (U+D800 to U+DFFF), numbers above U+10FFFF
 * and cut sequences are errors.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode the first character of the LEN bytes at S into *CP.  Returns how many
 * bytes it takes, 1 to 4; XERR_SYNTAX if S does not begin with a well-formed
 * character (or LEN is 0); XERR_LIMIT if S ends inside one that may yet turn
 * out well-formed when more bytes come.
 */
int utf8_decode(uint32_t *cp, const void *s, size_t len);

/* Encode CP, a Unicode scalar value, at OUT; returns the length, 1 to 4. */
size_t utf8_encode(unsigned char out[4], uint32_t cp);

/* How many of the LEN bytes at S are well-formed from the start: LEN if all. */
size_t utf8_span(const void *s, size_t len);

#endif
