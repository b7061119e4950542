/* Context rules (RFC 5892 appendix A) and the bidi rule (RFC 5893). */
#include <string.h>

#include <unictype.h>

#include "jid/rules.h"

static bool
has_script(uint32_t cp, const char *name)
{
	const uc_script_t *s = uc_script(cp);

	return s != NULL && strcmp(s->name, name) == 0;
}

static bool
follows_virama(const uint32_t *cp, size_t i)
{
	return i > 0 && uc_combining_class(cp[i - 1]) == UC_CCC_VR;
}

/*
 * (Joining_Type:{L,D})(Joining_Type:T)* U+200C
 * (Joining_Type:T)*(Joining_Type:{R,D})
 */
static bool
is_between_joining(const uint32_t *cp, size_t n, size_t i)
{
	size_t l = i, r = i + 1;
	int type;

	while (l > 0 && uc_joining_type(cp[l - 1]) == UC_JOINING_TYPE_T)
		l--;
	while (r < n && uc_joining_type(cp[r]) == UC_JOINING_TYPE_T)
		r++;
	if (l == 0 || r == n)
		return false;
	type = uc_joining_type(cp[l - 1]);
	if (type != UC_JOINING_TYPE_L && type != UC_JOINING_TYPE_D)
		return false;
	type = uc_joining_type(cp[r]);
	return type == UC_JOINING_TYPE_R || type == UC_JOINING_TYPE_D;
}

static bool
has_kana_or_han(const uint32_t *cp, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (has_script(cp[i], "Hiragana") ||
		    has_script(cp[i], "Katakana") ||
		    has_script(cp[i], "Han"))
			return true;
	return false;
}

static bool
has_between(const uint32_t *cp, size_t n, uint32_t lo, uint32_t hi)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cp[i] >= lo && cp[i] <= hi)
			return true;
	return false;
}

/* The rules on all of the text need no second answer. */
static bool
is_repeated(const uint32_t *cp, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (cp[k] == cp[i])
			return true;
	return false;
}

enum jid_rule
rules_context(const uint32_t *cp, size_t n, size_t i)
{
	enum jid_rule rule;
	bool ok;

	switch (cp[i]) {
	case 0x200c:
		rule = JID_RULE_ZWNJ;
		ok = follows_virama(cp, i) || is_between_joining(cp, n, i);
		break;
	case 0x200d:
		rule = JID_RULE_ZWJ;
		ok = follows_virama(cp, i);
		break;
	case 0x00b7:
		rule = JID_RULE_MIDDLE_DOT;
		ok = i > 0 && cp[i - 1] == 'l' && i + 1 < n &&
		    cp[i + 1] == 'l';
		break;
	case 0x0375:
		rule = JID_RULE_KERAIA;
		ok = i + 1 < n && has_script(cp[i + 1], "Greek");
		break;
	case 0x05f3:
	case 0x05f4:
		rule = cp[i] == 0x05f3 ? JID_RULE_GERESH : JID_RULE_GERSHAYIM;
		ok = i > 0 && has_script(cp[i - 1], "Hebrew");
		break;
	case 0x30fb:
		rule = JID_RULE_KATAKANA_DOT;
		ok = is_repeated(cp, i) || has_kana_or_han(cp, n);
		break;
	default:
		if (cp[i] < 0x06f0) {
			rule = JID_RULE_ARABIC_DIGIT;
			ok = is_repeated(cp, i) ||
			    !has_between(cp, n, 0x06f0, 0x06f9);
		} else {
			rule = JID_RULE_EXT_ARABIC_DIGIT;
			ok = is_repeated(cp, i) ||
			    !has_between(cp, n, 0x0660, 0x0669);
		}
	}
	return ok ? JID_RULE_NONE : rule;
}

bool
rules_is_rtl(const uint32_t *cp, size_t n)
{
	size_t i;
	int class;

	for (i = 0; i < n; i++) {
		if (cp[i] < 0x0590)
			continue;	/* the first of them are Hebrew */
		class = uc_bidi_class(cp[i]);
		if (class == UC_BIDI_R || class == UC_BIDI_AL ||
		    class == UC_BIDI_AN)
			return true;
	}
	return false;
}

/* The last one that is no nonspacing mark; 0 if there is none. */
static size_t
last_base(const uint32_t *cp, size_t n)
{
	size_t i = n - 1;

	while (i > 0 && uc_bidi_class(cp[i]) == UC_BIDI_NSM)
		i--;
	return i;
}

/* Conditions 2 and 5: what may be in text of either direction. */
static bool
is_allowed(int class, bool rtl)
{
	switch (class) {
	case UC_BIDI_EN: case UC_BIDI_ES: case UC_BIDI_CS: case UC_BIDI_ET:
	case UC_BIDI_ON: case UC_BIDI_BN: case UC_BIDI_NSM:
		return true;
	case UC_BIDI_R: case UC_BIDI_AL: case UC_BIDI_AN:
		return rtl;
	case UC_BIDI_L:
		return !rtl;
	default:
		return false;
	}
}

/* Conditions 3 and 6: what may be the last. */
static bool
may_end(int class, bool rtl)
{
	if (class == UC_BIDI_EN)
		return true;
	return rtl ? class == UC_BIDI_R || class == UC_BIDI_AL ||
	    class == UC_BIDI_AN : class == UC_BIDI_L;
}

enum jid_rule
rules_bidi(const uint32_t *cp, size_t n, size_t *at)
{
	bool rtl, en = false, an = false;
	int class;
	size_t i;

	if (n == 0)
		return JID_RULE_NONE;
	*at = 0;
	class = uc_bidi_class(cp[0]);
	rtl = class == UC_BIDI_R || class == UC_BIDI_AL;
	if (!rtl && class != UC_BIDI_L)
		return JID_RULE_BIDI1;
	for (i = 0; i < n; i++) {
		*at = i;
		class = uc_bidi_class(cp[i]);
		if (!is_allowed(class, rtl))
			return rtl ? JID_RULE_BIDI2 : JID_RULE_BIDI5;
		en = en || class == UC_BIDI_EN;
		an = an || class == UC_BIDI_AN;
		if (rtl && en && an)
			return JID_RULE_BIDI4;
	}
	*at = last_base(cp, n);
	if (!may_end(uc_bidi_class(cp[*at]), rtl))
		return rtl ? JID_RULE_BIDI3 : JID_RULE_BIDI6;
	return JID_RULE_NONE;
}
