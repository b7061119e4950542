/*
 * The answers of a server, which speaks for many: those of stanza.h, from the
 * address that the stanza was for, and with each error's usual type.
 */
#ifndef SERVER_SERVER_REPLY_H
#define SERVER_SERVER_REPLY_H

#include "xml/elem.h"

/*
 * An answer of TYPE to STANZA in arena A, without children; NULL if A is
 * exhausted.
 */
struct elem *server_reply_new(struct arena *a, const struct elem *stanza,
    const char *type);

/*
 * An error (RFC 6120 8.3) with CONDITION, its type by RFC 6120 8.3.3, and TEXT
 * for people or NULL.
 */
struct elem *server_reply_error(struct arena *a, const struct elem *stanza,
    const char *condition, const char *text);

#endif
