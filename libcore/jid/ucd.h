/*
 * What PRECIS and IDNA2008 derive from the Unicode character database for one
 * code point.  The data are libunistring's.
 */
#ifndef JID_UCD_H
#define JID_UCD_H

#include <stdbool.h>
#include <stdint.h>

#include "jid/jiderr.h"

/* The derived property (RFC 8264 section 8, RFC 5892 section 3). */
enum ucd_prop {
	UCD_PVALID,
	UCD_CONTEXT,		/* CONTEXTJ or CONTEXTO: has a rule */
	UCD_FREE_PVAL,		/* FreeformClass only: PRECIS alone has it */
	UCD_DISALLOWED,
	UCD_UNASSIGNED
};

/*
 * The derived property of CP in PRECIS, and in IDNA2008.  For everything but
 * UCD_PVALID and UCD_CONTEXT *WHY becomes the category that it is due to.
 */
enum ucd_prop ucd_precis(uint32_t cp, enum jid_rule *why);
enum ucd_prop ucd_idna(uint32_t cp, enum jid_rule *why);

/*
 * toLowerCase(CP) without regard to what stands around it, in OUT; returns
 * the number of code points, 1 or 2.
 */
int ucd_lower(uint32_t out[2], uint32_t cp);

/* CP's <wide> or <narrow> decomposition mapping, or CP. */
uint32_t ucd_width(uint32_t cp);

/* General_Category Zs. */
bool ucd_is_space(uint32_t cp);

/*
 * Whether NFC neither changes CP nor composes it with what stands before: it
 * has no canonical decomposition (but Hangul syllables have one by rule), and
 * is neither a mark nor a jamo, the only ones that compose.
 */
bool ucd_is_surely_nfc(uint32_t cp);

/* General_Category Mn, Mc or Me. */
bool ucd_is_mark(uint32_t cp);

#endif
