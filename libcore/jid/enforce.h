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

/* UsernameCaseMapped less what RFC 7622 3.3.1 excludes. */
int enforce_local(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why);

/* OpaqueString (RFC 8265 4.2). */
int enforce_resource(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why);

/* A domain name or IP address (RFC 7622 3.2). */
int enforce_domain(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why);

/* Fill *WHY and return XERR_SYNTAX. */
int enforce_refuse(struct jid_error *why, enum jid_part part,
    enum jid_rule rule, size_t offset, int32_t cp);

#endif
