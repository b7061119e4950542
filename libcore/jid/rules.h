/*
 * The rules on more than one code point that PRECIS and IDNA2008 share.
 */
#ifndef JID_RULES_H
#define JID_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jid/jiderr.h"

/*
 * The rule (RFC 5892 appendix A) of the code point at I of the N at CP, whose
 * derived property is CONTEXTJ or CONTEXTO.  Returns JID_RULE_NONE if it is
 * kept, or its number.
 */
enum jid_rule rules_context(const uint32_t *cp, size_t n, size_t i);

/* Whether there is any R, AL or AN, so that the bidi rule binds. */
bool rules_is_rtl(const uint32_t *cp, size_t n);

/*
 * The bidi rule (RFC 5893 section 2).  Returns JID_RULE_NONE or the first
 * condition that is not met, with the index of the code point in *AT.
 */
enum jid_rule rules_bidi(const uint32_t *cp, size_t n, size_t *at);

#endif
