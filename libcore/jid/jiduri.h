/*
 * xmpp: URIs and IRIs (RFC 5122):
 *
 *	xmpp:romeo@montague.net/orchard?message;subject=Hi%20there
 *	xmpp://guest@example.com/support@example.com?join
 *
 * The address is the path; the one in front of it, if any, is the account to
 * use.  In the text of a URI the separators count before percent-encoding is
 * undone, so an encoded '@' or '/' never splits anything.
 */
#ifndef JID_JIDURI_H
#define JID_JIDURI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "jid/jid.h"

struct jid_uri {
	struct jid account;	/* empty if there is none */
	struct jid jid;		/* empty if only an account is named */
	/* borrowed from the text, still encoded; NULL if absent */
	const char *query, *fragment;
	size_t querylen, fragmentlen;
};

/* Whether S begins with "xmpp:", in any letter case. */
bool jiduri_is_one(const char *s, size_t len);

/*
 * Parse the LEN bytes at S, which must live as long as *U is used; IRIs
 * (RFC 5122 2.2 with characters beyond ASCII as they are) are taken as well.
 * Returns 0, XERR_SYNTAX with the reason in *WHY (which may be NULL) and the
 * offset counting from S, or XERR_NOMEM; *U is unchanged then.
 */
int jiduri_parse(struct jid_uri *u, const char *s, size_t len,
    struct jid_error *why);

/* Append the query type, decoded ("join"); nothing if there is none. */
int jiduri_action(struct buf *b, const struct jid_uri *u);

/*
 * Append the next key and value of the query, decoded.  *POS is 0 at first.
 * Returns 1, 0 behind the last one, or a buffer's error.
 */
int jiduri_next(const struct jid_uri *u, size_t *pos, struct buf *key,
    struct buf *value);

/*
 * Append a URI: the address, with an account unless that is NULL or empty;
 * then what may follow it, in this order: an action, pairs, a fragment.
 * Everything but the characters that RFC 3986 reserves for nothing is
 * percent-encoded.  Each returns 0 or B's error.
 */
int jiduri_put(struct buf *b, const struct jid *account, const struct jid *j);
int jiduri_put_action(struct buf *b, const char *s, size_t len);
int jiduri_put_pair(struct buf *b, const char *key, size_t keylen,
    const char *value, size_t valuelen);
int jiduri_put_fragment(struct buf *b, const char *s, size_t len);

/* Append *U in its normal form.  Returns 0 or B's error. */
int jiduri_put_uri(struct buf *b, const struct jid_uri *u);

#endif
