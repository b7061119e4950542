/*
 * Base64 (RFC 4648 section 4) as SASL and XMPP use it: padded, on one line,
 * and nothing else accepted (RFC 6120 6.4.2).
 */
#ifndef BASE_B64_H
#define BASE_B64_H

#include <stddef.h>

#include "base/buf.h"

/* Append the base64 of the LEN bytes at DATA to B; 0 or B's error. */
int b64_encode(struct buf *b, const void *data, size_t len);

/*
 * Append the bytes that the LEN characters at S encode to B.  Returns 0, B's
 * error, or XERR_SYNTAX for anything but whole groups of the alphabet with
 * right padding (white space, missing '=', '=' in the middle, bits behind the
 * end); B is unchanged then.
 */
int b64_decode(struct buf *b, const char *s, size_t len);

#endif
