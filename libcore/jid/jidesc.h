/*
 * JID Escaping (XEP-0106): how a user name with characters that no localpart
 * may have is written as one, "d'artagnan" as "d\27artagnan".
 */
#ifndef JID_JIDESC_H
#define JID_JIDESC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Append the escaped form of the LEN bytes at S to B; it still has to be
 * enforced.  A backslash is escaped only where it would begin a sequence, in
 * whatever letter case, because the case is mapped afterwards.  Returns 0, B's
 * error, or XERR_SYNTAX, with B unchanged, if S begins or ends with a space,
 * for which there is no escape (XEP-0106 section 2).
 */
int jidesc_escape(struct buf *b, const char *s, size_t len);

/*
 * Append what the localpart at S stands for to B.  Sequences that escaping
 * does not produce stay as they are, "\20" at either end is one of them.
 * Returns 0 or B's error.
 */
int jidesc_unescape(struct buf *b, const char *s, size_t len);

/* Whether unescaping would change S. */
bool jidesc_is_escaped(const char *s, size_t len);

#endif
