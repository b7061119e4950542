/*
 * Patterns of addresses, as people type them to select stanzas.
 *
 *	juliet@example.com/balcony	this address
 *	juliet@example.com		with any resource, or none
 *	example.com			everybody there, and itself
 *	*@conference.*			* is any text in each of the parts
 *
 * Addresses are compared in normal form (RFC 7622), so Juliet@EXAMPLE.com is
 * the same pattern.  What stands between the asterisks is brought to normal
 * form piece by piece where it can be.
 */
#ifndef STANZA_JIDPAT_H
#define STANZA_JIDPAT_H

#include "base/arena.h"
#include "jid/jid.h"

/* Each is a glob, or NULL if the pattern does not have this part. */
struct jidpat {
	const char *local, *domain, *resource;
};

/*
 * Read S into *P, whose strings go into A.  Returns 0, XERR_SYNTAX if no
 * address can match it (its errors are those of an address), or A's error.
 */
int jidpat_parse(struct jidpat *p, struct arena *a, const char *s);

/* Does J match?  An empty one never does. */
bool jidpat_match(const struct jidpat *p, const struct jid *j);

/* The same for an address that is text, or NULL for none; if it is valid. */
bool jidpat_match_text(const struct jidpat *p, const char *s);

#endif
