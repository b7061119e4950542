/* Derived properties computed from libunistring's Unicode data. */
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unigbrk.h>

#include "jid/ucd.h"

enum {
	LETTER_DIGITS = UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu |
	    UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Nd |
	    UC_CATEGORY_MASK_Lm | UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Mc,
	OTHER_LETTER_DIGITS = UC_CATEGORY_MASK_Lt | UC_CATEGORY_MASK_Nl |
	    UC_CATEGORY_MASK_No | UC_CATEGORY_MASK_Me,
	SPACES = UC_CATEGORY_MASK_Zs,
	SYMBOLS = UC_CATEGORY_MASK_S,
	PUNCTUATION = UC_CATEGORY_MASK_P,
	CONTROLS = UC_CATEGORY_MASK_Cc,
	MARKS = UC_CATEGORY_MASK_M,
	/* Lo has some that are: Hangul fillers */
	NEVER_IGNORABLE = UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu |
	    UC_CATEGORY_MASK_Nd
};

/*
 * Exceptions (RFC 8264 9.6, which is RFC 5892 2.6).  Returns whether CP is
 * one.
 */
static bool
exception(uint32_t cp, enum ucd_prop *prop)
{
	switch (cp) {
	case 0x00df: case 0x03c2: case 0x06fd: case 0x06fe:
	case 0x0f0b: case 0x3007:
		*prop = UCD_PVALID;
		return true;
	case 0x00b7: case 0x0375: case 0x05f3: case 0x05f4: case 0x30fb:
		*prop = UCD_CONTEXT;
		return true;
	case 0x0640: case 0x07fa: case 0x302e: case 0x302f: case 0x3031:
	case 0x3032: case 0x3033: case 0x3034: case 0x3035: case 0x303b:
		*prop = UCD_DISALLOWED;
		return true;
	}
	if ((cp >= 0x0660 && cp <= 0x0669) ||
	    (cp >= 0x06f0 && cp <= 0x06f9)) {
		*prop = UCD_CONTEXT;
		return true;
	}
	return false;
}

static bool
is_join_control(uint32_t cp)
{
	return cp == 0x200c || cp == 0x200d;
}

/* Hangul_Syllable_Type L, V or T: the grapheme breaks have the same names. */
static bool
is_old_hangul_jamo(uint32_t cp)
{
	int gcb = uc_graphemeclusterbreak_property(cp);

	return gcb == GBP_L || gcb == GBP_V || gcb == GBP_T;
}

/* Noncharacters are of the category Cn, and these are never ignorable. */
static bool
is_ignorable(uint32_t cp, uint32_t gc)
{
	return !(gc & NEVER_IGNORABLE) &&
	    (uc_is_property_default_ignorable_code_point(cp) ||
	    (gc & UC_CATEGORY_MASK_Cn && uc_is_property_not_a_character(cp)));
}

/*
 * HasCompat (RFC 8264 9.17): toNFKC(CP) != CP.  Without normalizing: that is
 * so if CP has a decomposition that is not canonical, or a canonical one that
 * does not compose again, or if what it decomposes to is so.
 */
static bool
has_compat(uint32_t cp)
{
	ucs4_t d[UC_DECOMPOSITION_MAX_LENGTH];
	int tag, n;

	if ((n = uc_decomposition(cp, &tag, d)) < 0)
		return false;
	if (cp >= 0xac00 && cp <= 0xd7a3)
		return false;	/* Hangul syllables compose by rule */
	return tag != UC_DECOMP_CANONICAL || n != 2 ||
	    uc_composition(d[0], d[1]) != cp ||
	    has_compat(d[0]) || has_compat(d[1]);
}

static enum ucd_prop
because(enum ucd_prop prop, enum jid_rule rule, enum jid_rule *why)
{
	*why = rule;
	return prop;
}

/* The order is that of RFC 8264 section 8. */
enum ucd_prop
ucd_precis(uint32_t cp, enum jid_rule *why)
{
	enum ucd_prop prop;
	uint32_t gc;

	if (cp >= 0x21 && cp <= 0x7e)
		return UCD_PVALID;
	if (exception(cp, &prop))
		return because(prop, JID_RULE_EXCEPTION, why);
	gc = uc_general_category(cp).bitmask;
	if (gc & UC_CATEGORY_MASK_Cn && !uc_is_property_not_a_character(cp))
		return because(UCD_UNASSIGNED, JID_RULE_UNASSIGNED, why);
	if (is_join_control(cp))
		return UCD_CONTEXT;
	if (is_old_hangul_jamo(cp))
		return because(UCD_DISALLOWED, JID_RULE_JAMO, why);
	if (is_ignorable(cp, gc))
		return because(UCD_DISALLOWED, JID_RULE_IGNORABLE, why);
	if (gc & CONTROLS)
		return because(UCD_DISALLOWED, JID_RULE_CONTROL, why);
	if (has_compat(cp))
		return because(UCD_FREE_PVAL, JID_RULE_COMPAT, why);
	if (gc & LETTER_DIGITS)
		return UCD_PVALID;
	if (gc & OTHER_LETTER_DIGITS)
		return because(UCD_FREE_PVAL, JID_RULE_OTHER_LETTER, why);
	if (gc & SPACES)
		return because(UCD_FREE_PVAL, JID_RULE_SPACE, why);
	if (gc & SYMBOLS)
		return because(UCD_FREE_PVAL, JID_RULE_SYMBOL, why);
	if (gc & PUNCTUATION)
		return because(UCD_FREE_PVAL, JID_RULE_PUNCTUATION, why);
	return because(UCD_DISALLOWED, JID_RULE_OTHER, why);
}

/* IgnorableBlocks (RFC 5892 2.4). */
static bool
in_ignorable_block(uint32_t cp)
{
	return (cp >= 0x20d0 && cp <= 0x20ff) ||	/* marks for symbols */
	    (cp >= 0x1d100 && cp <= 0x1d1ff) ||		/* musical symbols */
	    (cp >= 0x1d200 && cp <= 0x1d24f);		/* ancient Greek ones */
}

/* What a code point that IDNA has no letter or digit in is instead. */
static enum jid_rule
not_a_letter(uint32_t gc)
{
	if (gc & CONTROLS)
		return JID_RULE_CONTROL;
	if (gc & SPACES)
		return JID_RULE_SPACE;
	if (gc & SYMBOLS)
		return JID_RULE_SYMBOL;
	if (gc & PUNCTUATION)
		return JID_RULE_PUNCTUATION;
	if (gc & OTHER_LETTER_DIGITS)
		return JID_RULE_OTHER_LETTER;
	return JID_RULE_OTHER;
}

/*
 * RFC 5892 section 3.  Its order matters only between the categories that
 * differ in the verdict: whatever is neither an exception, unassigned, LDH nor
 * JoinControl is DISALLOWED unless it is in LetterDigits and in none of the
 * others, so the better reason for people goes first.
 */
enum ucd_prop
ucd_idna(uint32_t cp, enum jid_rule *why)
{
	enum ucd_prop prop;
	uint32_t gc;

	if (cp < 0x80 && ((cp >= 'a' && cp <= 'z') ||
	    (cp >= '0' && cp <= '9') || cp == '-'))
		return UCD_PVALID;
	if (exception(cp, &prop))
		return because(prop, JID_RULE_EXCEPTION, why);
	gc = uc_general_category(cp).bitmask;
	if (gc & UC_CATEGORY_MASK_Cn && !uc_is_property_not_a_character(cp))
		return because(UCD_UNASSIGNED, JID_RULE_UNASSIGNED, why);
	if (is_join_control(cp))
		return UCD_CONTEXT;
	if (is_ignorable(cp, gc))
		return because(UCD_DISALLOWED, JID_RULE_IGNORABLE, why);
	if (!(gc & LETTER_DIGITS))
		return because(UCD_DISALLOWED, not_a_letter(gc), why);
	/* Unstable: CP != NFKC(casefold(NFKC(CP))) */
	if (has_compat(cp))
		return because(UCD_DISALLOWED, JID_RULE_COMPAT, why);
	if (uc_is_property_changes_when_casefolded(cp))
		return because(UCD_DISALLOWED, JID_RULE_UPPERCASE, why);
	if (in_ignorable_block(cp))
		return because(UCD_DISALLOWED, JID_RULE_OTHER, why);
	if (is_old_hangul_jamo(cp))
		return because(UCD_DISALLOWED, JID_RULE_JAMO, why);
	return UCD_PVALID;
}

/*
 * U+0130 is the only one that SpecialCasing.txt maps to more than one code
 * point in lower case without a condition; u32_tolower() knows that, but
 * would also apply the condition of the final sigma, which PRECIS does not
 * have (RFC 8265 3.5).
 */
int
ucd_lower(uint32_t out[2], uint32_t cp)
{
	if (cp == 0x0130) {
		out[0] = 'i';
		out[1] = 0x0307;
		return 2;
	}
	out[0] = uc_tolower(cp);
	return 1;
}

uint32_t
ucd_width(uint32_t cp)
{
	ucs4_t d[UC_DECOMPOSITION_MAX_LENGTH];
	int tag, n;

	if (cp < 0x3000)
		return cp;	/* they all are at or behind U+3000 */
	n = uc_decomposition(cp, &tag, d);
	return n == 1 && (tag == UC_DECOMP_WIDE || tag == UC_DECOMP_NARROW) ?
	    d[0] : cp;
}

bool
ucd_is_space(uint32_t cp)
{
	return (uc_general_category(cp).bitmask & SPACES) != 0;
}

bool
ucd_is_surely_nfc(uint32_t cp)
{
	ucs4_t d[UC_DECOMPOSITION_MAX_LENGTH];

	if (cp < 0x300)
		return true;
	if (cp >= 0xac00 && cp <= 0xd7a3)
		return true;
	return !ucd_is_mark(cp) && !is_old_hangul_jamo(cp) &&
	    uc_canonical_decomposition(cp, d) < 0;
}

bool
ucd_is_mark(uint32_t cp)
{
	return (uc_general_category(cp).bitmask & MARKS) != 0;
}
