/*
 * Making a message stanza (RFC 6121 section 5) out of what somebody wants to
 * say.  Pure: ids come from the caller.
 *
 *	struct message_spec m = { .to = jid_str(&to), .id = id };
 *
 *	buf_reset(&text);
 *	if ((r = message_text(&text, line, len)) < 0)
 *		return r;
 *	m.body = buf_str(&text);
 *	e = message_build(&arena, &m);
 *	if ((r = arena_err(&arena)) < 0)
 *		return r;
 */
#ifndef XMPP_MESSAGE_H
#define XMPP_MESSAGE_H

#include "base/buf.h"
#include "xml/elem.h"

/*
 * Each is text that XML can carry (message_text() makes it so), or NULL for
 * what the message shall not have; a body of "" is a body.
 */
struct message_spec {
	const char *to, *from;	/* JIDs in normal form */
	const char *type;	/* chat, normal, headline, groupchat, error */
	const char *id;
	const char *subject, *body;
	const char *lang;	/* xml:lang of the stanza */
	const char *url;	/* out of band data, XEP-0066 section 3 */
};

/*
 * A message in the namespace jabber:client, in arena A, which the caller owns;
 * NULL with A's error set if A is exhausted.  The attributes are to, from,
 * type, id and xml:lang in this order, the children subject, body and the
 * URL's element.
 */
struct elem *message_build(struct arena *a, const struct message_spec *m);

/* Is S one of the five types?  (RFC 6121 5.2.2) */
bool message_is_type(const char *s);

/*
 * Append the LEN bytes at S, text of whatever origin, so that XML can carry
 * it: each byte that is not UTF-8, and each character that XML 1.0 does not
 * have (section 2.2: most controls, NUL and ESC among them), becomes U+FFFD.
 * Returns how many were replaced, or B's error.
 */
int message_text(struct buf *b, const char *s, size_t len);

#endif
