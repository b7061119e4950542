/* Writing JSON (RFC 8259). */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Append the LEN bytes at S, well-formed UTF-8, as a string.  Controls, C1 and
 * the separators U+2028 and U+2029 too, are escaped, so that an object is one
 * line and moves no cursor.
 */
void json_put_string(struct buf *b, const char *s, size_t len);

#endif
