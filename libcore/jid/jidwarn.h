/*
 * What is valid in an address, and yet may not be what was meant, or may be
 * meant to deceive.
 */
#ifndef JID_JIDWARN_H
#define JID_JIDWARN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "jid/jid.h"

enum jid_hint {
	JID_HINT_MIXED,		/* scripts that no language mixes */
	JID_HINT_LOOKALIKE,	/* a letter that looks like an ASCII one */
	JID_HINT_SPACE,		/* at either end of the resourcepart */
	JID_HINT_ESCAPED	/* a localpart that XEP-0106 reads otherwise */
};

struct jid_warning {
	enum jid_hint hint;
	enum jid_part part;
	size_t offset;		/* byte of the normal form */
	int32_t cp;		/* the code point there, or -1 */
	int32_t other;		/* what it looks like, or -1 */
	const char *scripts[2];	/* the two that are mixed; static */
};

enum { JIDWARN_MAX = 8 };

/*
 * Fill W with the warnings for J and return their number, at most one of each
 * kind and part.
 *
 * Scripts are judged as UTS 39 section 5.2 does at its level "highly
 * restrictive": one script, or Latin with those of Japanese, Korean or Chinese;
 * in a domainpart label by label.  Lookalikes are warned of where all letters
 * beyond ASCII are some, so that a word of another language, which has others
 * as well, is none.
 */
size_t jidwarn(struct jid_warning w[JIDWARN_MAX], const struct jid *j);

/* Append one line without its end.  Returns 0 or B's error. */
int jidwarn_text(struct buf *b, const struct jid_warning *w);

#endif
