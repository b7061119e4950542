/*
 * Addresses of XMPP (RFC 7622): localpart@domainpart/resourcepart.
 *
 * A struct jid is the caller's storage: it has no heap memory, needs no
 * release and may be copied by assignment (3 kB) or by jid_copy().  It holds
 * an address in its normal form, that is, after enforcement: localpart by
 * UsernameCaseMapped (RFC 8265 3.3) less the characters that RFC 7622 3.3.1
 * excludes, domainpart as U-labels of IDNA2008 or an IP address, resourcepart
 * by OpaqueString (RFC 8265 4.2).  So two addresses are the same if and only
 * if their bytes are.  Zero bytes (struct jid j = {0}) are "no address".
 *
 * Whatever comes from a user or the network becomes a struct jid before
 * anything is done with it.
 */
#ifndef JID_JID_H
#define JID_JID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "jid/jiderr.h"

enum {
	JID_PART_MAX = 1023,	/* octets of one part (RFC 7622 3.1) */
	JID_MAX = 3071		/* octets of a whole address */
};

struct jid {
	uint16_t len;		/* of the whole */
	uint16_t locallen;	/* 0: absent */
	uint16_t domainlen;	/* 0: no address at all */
	uint16_t resourcelen;	/* 0: absent */
	char str[JID_MAX + 1];	/* the normal form and a NUL */
};

/*
 * Parse the LEN bytes at S as an address, enforce it (RFC 7622 section 3) and
 * store its normal form in *J, which may hold S itself and is unchanged on
 * error.  Returns 0, XERR_SYNTAX if S is no address, or XERR_NOMEM.
 *
 * jid_parse_why() also says in *WHY, which may be NULL, why there was
 * XERR_SYNTAX; its offset counts from S.
 */
int jid_parse(struct jid *j, const char *s, size_t len);
int jid_parse_why(struct jid *j, const char *s, size_t len,
    struct jid_error *why);

/*
 * The same from parts that are not yet enforced; LOCAL and RESOURCE may be
 * NULL, which is "absent", while "" is an error.  The offset in *WHY counts
 * from the start of the part.
 */
int jid_make(struct jid *j, const char *local, const char *domain,
    const char *resource);
int jid_make_why(struct jid *j, const char *local, const char *domain,
    const char *resource, struct jid_error *why);

/* The whole normal form, "" if J is no address; borrowed from J. */
const char *jid_str(const struct jid *j);
size_t jid_len(const struct jid *j);

/*
 * A part, borrowed from J and *not* ended by a NUL but by what follows it in
 * the address, or NULL if J does not have it; *LEN (unless NULL) is its
 * length, or 0.  The domain as a string is jid_str() after jid_to_domain().
 */
const char *jid_local(const struct jid *j, size_t *len);
const char *jid_domain(const struct jid *j, size_t *len);
const char *jid_resource(const struct jid *j, size_t *len);

bool jid_is_empty(const struct jid *j);

/* An address without a resourcepart (a domain alone is one, too). */
bool jid_is_bare(const struct jid *j);

/* Drop the resourcepart, or everything but the domainpart. */
void jid_to_bare(struct jid *j);
void jid_to_domain(struct jid *j);

/* Copy only what is in use. */
void jid_copy(struct jid *dst, const struct jid *src);

/*
 * The same address, or the same but for the resourceparts.  An empty one
 * equals nothing, not even another.
 */
bool jid_equal(const struct jid *a, const struct jid *b);
bool jid_equal_bare(const struct jid *a, const struct jid *b);

/*
 * Append the domainpart as DNS, SNI and certificates want it: A-labels for
 * U-labels; an IPv6 literal without its brackets, and with the zone behind a
 * plain '%', as getaddrinfo(3) takes it; IPv4 and IPvFuture as they are.
 * Returns 0, OUT's error, XERR_SYNTAX if J is empty, or XERR_NOMEM.
 */
int jid_domain_ascii(const struct jid *j, struct buf *out);

/* The domainpart is an IPv4 address or an IP literal in brackets. */
bool jid_domain_is_ip(const struct jid *j);

#endif
