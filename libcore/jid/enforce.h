/*
 * The enforcement of one part of an address: jid's own, not for others.
 *
 * Each writes the normal form of the LEN bytes at S to OUT and returns its
 * length, 1 to JID_PART_MAX, or XERR_SYNTAX with the reason in *WHY (whose
 * offset counts from S), or XERR_NOMEM.  OUT is undefined after an error and
 * has no NUL after success.
 */
#ifndef JID_ENFORCE_H
#define JID_ENFORCE_H

#include <stddef.h>

#include "jid/jid.h"

typedef int enforce_fn(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why);

enforce_fn enforce_local;	/* UsernameCaseMapped, RFC 7622 3.3.1 */
enforce_fn enforce_domain;	/* a name or an IP address, RFC 7622 3.2 */
enforce_fn enforce_resource;	/* OpaqueString, RFC 8265 4.2 */

/* The enforcement of all parts. */
struct enforcer {
	enforce_fn *local, *domain, *resource;
};

/* jid_parse_why() with another enforcement; WHY may be NULL here, too. */
int enforce_parse(struct jid *j, const char *s, size_t len,
    const struct enforcer *how, struct jid_error *why);

/* A part of the input, which is absent if S is NULL. */
struct slice {
	const char *s;
	size_t len;
};

/*
 * Enforce the parts by RFC 7622 and put them together in *J, which is written
 * only when nothing can fail any more.  *WHY counts from the start of the part.
 */
int enforce_parts(struct jid *j, struct slice local, struct slice domain,
    struct slice resource, struct jid_error *why);

/* Fill *WHY and return XERR_SYNTAX. */
int enforce_refuse(struct jid_error *why, enum jid_part part,
    enum jid_rule rule, size_t offset, int32_t cp);

#endif
