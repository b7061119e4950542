/*
 * One label of a domain name: of letters, digits and hyphens (NR-LDH), or a
 * U-label, or the A-label of one (RFC 5890 2.3).  jid's own, not for others.
 */
#ifndef JID_LABEL_H
#define JID_LABEL_H

#include <stddef.h>
#include <stdint.h>

#include "jid/jiderr.h"
#include "jid/text.h"

/* Some code points of a text, at least one, and the input offset of each. */
struct label {
	const uint32_t *cp;
	const uint16_t *at;
	size_t n;
};

/*
 * Check the label L, mapped already (RFC 5895), and put its normal form behind
 * OUT, which must have room for 63 code points more: a valid A-label becomes
 * its U-label.  Returns its length in ASCII, 1 to 63; XERR_SYNTAX with the
 * reason in *WHY; or XERR_NOMEM.
 */
int label_put(struct text *out, const struct label *l, struct jid_error *why);

/*
 * The bidi rule (RFC 5893 2), for a label that is bound by it because any label
 * of the name has right-to-left characters.  Returns 0 or XERR_SYNTAX.
 */
int label_check_bidi(const struct label *l, struct jid_error *why);

#endif
