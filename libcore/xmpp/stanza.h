/*
 * What is the same for all stanzas (RFC 6120 section 8): kinds, errors,
 * replies.
 */
#ifndef XMPP_STANZA_H
#define XMPP_STANZA_H

#include <stdbool.h>

#include "jid/jid.h"
#include "xml/elem.h"

/* Is E a message, presence or iq of the content namespace? */
bool stanza_is(const struct elem *e);

/* Is E an iq of type get or set, which must be answered (8.2.3)? */
bool stanza_is_request(const struct elem *e);

/* Its type; what is absent is the default, "normal", "available", "". */
const char *stanza_type(const struct elem *e);

/*
 * E came in a stream of language LANG (or NULL), which is that of its texts if
 * it names none (4.7.4): say so in E, if it has texts for people.  Without
 * memory it is left as it is.
 */
void stanza_set_lang(struct elem *e, const char *lang);

/*
 * Does E come from the server, as the account ME or itself?  A request without
 * "to" is answered by the account (RFC 6120 8.1.2.1): by our own bare JID, our
 * full one, or nobody's; servers also sign with their domain.
 */
bool stanza_is_from_server(const struct elem *e, const struct jid *me);

/*
 * An answer to E in arena A without content: its kind and id, TYPE, and to the
 * one it came from.  NULL without memory.
 */
struct elem *stanza_reply(struct arena *a, const struct elem *e,
    const char *type);

/*
 * The error answer to E (8.3): error type TYPE ("cancel", "auth", ...), a
 * CONDITION of 8.3.3, TEXT for people or NULL.
 */
struct elem *stanza_reply_error(struct arena *a, const struct elem *e,
    const char *type, const char *condition, const char *text);

/*
 * What a stanza of type error says: the condition, "undefined-condition" if
 * there is none; the error's type, "cancel" if there is none; the text, or
 * NULL.  They belong to E and are the peer's.
 */
const char *stanza_error_condition(const struct elem *e);
const char *stanza_error_type(const struct elem *e);
const char *stanza_error_text(const struct elem *e);

#endif
