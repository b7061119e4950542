/*
 * Which parts of a stream are secrets, and what may be told of them.
 */
#ifndef VIEW_SENSITIVE_H
#define VIEW_SENSITIVE_H

#include <stdbool.h>

#include "base/buf.h"
#include "xml/elem.h"

/*
 * Does the text of E hold a secret?  The payloads of SASL (RFC 6120 6.4,
 * XEP-0388) and of its tasks (XEP-0480: a hash as good as the password),
 * passwords and digests of XEP-0077, XEP-0078 and rooms.
 */
bool sensitive_is(const struct elem *e);

/* Is A of E one: the token of <token/> (XEP-0484)? */
bool sensitive_is_attr(const struct elem *e, const struct attr *a);

/*
 * Append what may be known of the secret E: its length; of PLAIN and SCRAM
 * also names and the iteration count.  MECHANISM is that of the exchange, ""
 * if it is not known.
 */
void sensitive_describe(struct buf *b, const struct elem *e,
    const char *mechanism);

#endif
