/*
 * Why an address was refused, as a value.  The sentence for people is made
 * from it in one place, jid_error_text().
 */
#ifndef JID_JIDERR_H
#define JID_JIDERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum jid_part {
	JID_WHOLE,
	JID_LOCALPART,
	JID_DOMAINPART,
	JID_RESOURCEPART,
	JID_URI			/* of an xmpp: URI, no part of the address */
};

/*
 * The rules that an address can break.  Behind each the section of the RFC
 * it comes from, where that does not depend on the part.
 */
enum jid_rule {
	JID_RULE_NONE,
	/* any part */
	JID_RULE_UTF8,		/* not UTF-8: RFC 7622 3.1 */
	JID_RULE_EMPTY,		/* separator without its part: RFC 7622 3.2 */
	JID_RULE_LONG,		/* over 1023 octets: RFC 7622 3.1 */
	/* localpart */
	JID_RULE_EXCLUDED,	/* " & ' / : < > @: RFC 7622 3.3.1 */
	JID_RULE_ESCAPE,	/* a space at either end: XEP-0106 2 */
	/* why a code point is DISALLOWED: RFC 8264 9.x or RFC 5892 2.x */
	JID_RULE_UNASSIGNED,	/* RFC 8264 9.10 */
	JID_RULE_CONTROL,	/* RFC 8264 9.12 */
	JID_RULE_IGNORABLE,	/* RFC 8264 9.13 */
	JID_RULE_JAMO,		/* RFC 8264 9.9 */
	JID_RULE_SPACE,		/* RFC 8264 9.14 */
	JID_RULE_SYMBOL,	/* RFC 8264 9.15 */
	JID_RULE_PUNCTUATION,	/* RFC 8264 9.16 */
	JID_RULE_COMPAT,	/* RFC 8264 9.17 */
	JID_RULE_OTHER_LETTER,	/* RFC 8264 9.18 */
	JID_RULE_UPPERCASE,	/* RFC 5892 2.2 */
	JID_RULE_EXCEPTION,	/* RFC 8264 9.6 */
	JID_RULE_OTHER,		/* in none of the categories */
	/* rules on what stands around a code point: RFC 5892 appendix A */
	JID_RULE_ZWNJ,		/* A.1 */
	JID_RULE_ZWJ,		/* A.2 */
	JID_RULE_MIDDLE_DOT,	/* A.3 */
	JID_RULE_KERAIA,	/* A.4 */
	JID_RULE_GERESH,	/* A.5 */
	JID_RULE_GERSHAYIM,	/* A.6 */
	JID_RULE_KATAKANA_DOT,	/* A.7 */
	JID_RULE_ARABIC_DIGIT,	/* A.8 */
	JID_RULE_EXT_ARABIC_DIGIT, /* A.9 */
	/* the conditions of the bidi rule: RFC 5893 2 */
	JID_RULE_BIDI1,
	JID_RULE_BIDI2,
	JID_RULE_BIDI3,
	JID_RULE_BIDI4,
	JID_RULE_BIDI5,
	JID_RULE_BIDI6,
	/* domainpart */
	JID_RULE_LABEL_EMPTY,	/* RFC 1034 3.1 */
	JID_RULE_LABEL_LONG,	/* over 63 octets: RFC 1034 3.1 */
	JID_RULE_NAME_LONG,	/* over 253 octets: RFC 1034 3.1 */
	JID_RULE_LDH,		/* no letter, digit, hyphen: RFC 5890 2.3.1 */
	JID_RULE_HYPHEN,	/* first or last: RFC 5891 4.2.3.1 */
	JID_RULE_HYPHENS,	/* third and fourth: RFC 5891 4.2.3.1 */
	JID_RULE_COMBINING,	/* first: RFC 5891 4.2.3.2 */
	JID_RULE_U_LABEL,	/* refused by libidn2: RFC 5890 2.3.2.1 */
	JID_RULE_FAKE_A_LABEL,	/* RFC 5890 2.3.2.1 */
	JID_RULE_IP_LITERAL,	/* RFC 3986 3.2.2, RFC 6874 2 */
	/* the stringprep profiles of RFC 6122 */
	JID_RULE_PREP_PROHIBITED, /* RFC 3454 5 */
	JID_RULE_PREP_UNASSIGNED, /* RFC 3454 7 */
	JID_RULE_PREP_BIDI,	/* RFC 3454 6 */
	JID_RULE_PREP,		/* refused by libidn for another reason */
	/* xmpp: URIs */
	JID_RULE_URI_SCHEME,	/* RFC 5122 2.2 */
	JID_RULE_URI_CHAR,	/* RFC 5122 2.2 */
	JID_RULE_URI_PERCENT,	/* RFC 3986 2.1 */
	JID_RULE_URI_QUERY,	/* RFC 5122 2.2 */
	/* valid under RFC 7622 and RFC 6122, but with two normal forms */
	JID_RULE_DIFFERS,
	JID_RULE_COUNT
};

enum jid_profile {
	JID_RFC7622,		/* PRECIS: what is right today */
	JID_RFC6122,		/* stringprep: what older servers apply */
	JID_PORTABLE		/* valid under both, with one normal form */
};

struct jid_error {
	enum jid_part part;
	enum jid_rule rule;
	size_t offset;		/* byte of the input, from 0; but for
				   JID_RULE_DIFFERS of the normal form */
	int32_t cp;		/* the code point there, or -1 */
	int32_t other;		/* JID_RULE_DIFFERS: what RFC 6122 has, or -1 */
	enum jid_profile by;	/* who refuses: RFC 7622 or RFC 6122 */
	bool alone;		/* and the other one does not */
};

/* A short name of the rule in lower case for programs: "symbol". */
const char *jid_rule_name(enum jid_rule rule);

/* "localpart", "domainpart", "resourcepart", "URI" or "address". */
const char *jid_part_name(enum jid_part part);

/*
 * Append one line without its end: "localpart: U+265A at byte 5 is a symbol
 * (RFC 8264 4.2.3)".  Returns 0 or B's error.
 */
int jid_error_text(struct buf *b, const struct jid_error *e);

#endif
