/*
 * What keeps somebody in the middle from making the two ends use less than
 * they both can: the rules of XEP-0440, and the hash of XEP-0474 by which a
 * server signs, with the password, what it has offered.
 */
#ifndef SASL_DOWNGRADE_H
#define SASL_DOWNGRADE_H

#include "base/buf.h"
#include "sasl/sasl.h"
#include "sasl/scram.h"

enum { SASL_OFFER_MAX = 256 };	/* names in a list that is hashed */

/*
 * The lists of a server: its mechanisms, and the channel-binding types that it
 * announces by XEP-0440 (NULL: it does not).
 */
struct sasl_offer {
	const char *const *mechanisms;
	size_t nmechanisms;
	const char *const *types;
	size_t ntypes;
};

/*
 * Append the base64 of H's hash of *O as XEP-0474 wants it in the attribute
 * NAME: 'h' since its version 0.4, 'd' in 0.3, with delimiters that can be
 * part of a name.  0, XERR_LIMIT for a list too long, XERR_NOMEM,
 * XERR_INTERNAL.
 */
int sasl_offer_hash(struct buf *out, const struct scram_hash *h, char name,
    const struct sasl_offer *o);

/*
 * The binding that C can give and the server announces, best first; NULL if
 * there is none.  To a server that announces no types
 *	tls-unique	as long as it exists, that is before TLS 1.3 (the
 *			default of RFC 5802 section 6);
 *	SASL_UNIQUE_1_3	without SASL2: see binding.h;
 *	the best	else, which is tls-exporter (RFC 9266).
 * A wrong guess fails.  It never leaves us unbound: whoever is in the middle
 * may have removed the types.
 */
const struct sasl_binding *sasl_common_binding(const struct sasl_config *c);

/*
 * Does C's server announce types, and offer SCRAM only without them?  By
 * XEP-0440 section 3, rule 5, no server would; but Prosody 13 and ejabberd 24
 * do where -PLUS is switched off.  They refuse the flag 'y' then and take 'n',
 * so the login is not bound, and its owner is to be told.
 */
bool sasl_is_unbound(const struct sasl_config *c);

/*
 * Has the account had -PLUS at such a server before?  Then it is not believed:
 * what is wrong, in words, else NULL.
 *
 * Rule 4 (-PLUS without a type, under SASL2) is met in another way: we bind all
 * the same, by sasl_common_binding(), which nobody in the middle survives, and
 * so can log in to servers that do not know XEP-0440.
 */
const char *sasl_implausible(const struct sasl_config *c);

/*
 * Were the types replaced by ones that nobody has (rule 6)?  Only the hash of
 * XEP-0474 can tell, which must not be missing then.
 */
bool sasl_needs_hash(const struct sasl_config *c);

/*
 * The flag of the GS2 header (RFC 5802 section 6) without a binding: 'y' if we
 * could bind but the server offers no mechanism that does, nor announces types,
 * and so notices if somebody has removed it; 'n' else.
 */
char sasl_unbound_flag(const struct sasl_config *c);

#endif
