/*
 * Addresses by RFC 6122, the predecessor of RFC 7622: stringprep with the
 * profiles Nodeprep, Resourceprep and Nameprep, and IDNA2003, by libidn.
 * Deployed servers still apply it, so an address that is to work everywhere is
 * one that both RFCs allow and prepare alike.
 *
 * Code points that Unicode 3.2 did not know are let through, as the servers do
 * (RFC 3454 section 7 calls that a query).
 */
#ifndef JID_JID6122_H
#define JID_JID6122_H

#include <stddef.h>

#include "jid/jid.h"

/* jid_parse_why() by RFC 6122; WHY may be NULL. */
int jid6122_parse(struct jid *j, const char *s, size_t len,
    struct jid_error *why);

/*
 * jid_parse_why() by both RFCs, which must agree on the normal form.  *WHY
 * says which of them refuses, or where the normal forms part.
 */
int jid6122_parse_portable(struct jid *j, const char *s, size_t len,
    struct jid_error *why);

#endif
