/*
 * A part of an address while it is being enforced: code points, and for each
 * the byte of the input that it came from, so that a rejection can say where.
 */
#ifndef JID_TEXT_H
#define JID_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jid/jid.h"

/*
 * No mapping shortens a text to less than a third of its octets (a fullwidth
 * letter takes 3, its ASCII letter 1), so no longer one can become a part.
 */
enum { TEXT_MAX = 3 * JID_PART_MAX };

struct text {
	size_t n;
	uint32_t cp[TEXT_MAX];
	uint16_t at[TEXT_MAX];
};

/*
 * Decode S.  Returns 0; XERR_SYNTAX if it is not UTF-8, with the offset of the
 * first wrong byte in *AT; XERR_LIMIT if it is too long.
 */
int text_decode(struct text *t, const char *s, size_t len, size_t *at);

/* Map each code point to lower case; XERR_LIMIT if it becomes too long. */
int text_lower(struct text *t);

/* Map each fullwidth and halfwidth code point to its usual form. */
void text_width(struct text *t);

/* Map each space (Zs) to U+0020. */
void text_spaces(struct text *t);

/*
 * Normalization Form C.  Where that changes something, the offsets within what
 * changed become the one of its beginning.  Returns 1 if it changed anything,
 * 0, XERR_LIMIT or XERR_NOMEM.
 */
int text_nfc(struct text *t);

/*
 * Encode the N code points at CP as UTF-8 into the MAX bytes at OUT.  Returns
 * the length, or XERR_LIMIT if it is more than MAX.
 */
int text_encode(char *out, size_t max, const uint32_t *cp, size_t n);

#endif
