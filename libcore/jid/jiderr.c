/* The sentence that says why an address was refused. */
#include <stdbool.h>

#include "jid/jiderr.h"

/*
 * What is wrong and the section that says so: for a localpart
 * (IdentifierClass), a resourcepart (FreeformClass) and a domainpart (IDNA).
 */
struct words {
	const char *name;
	bool point;		/* it is a code point that is wrong */
	const char *what;
	const char *section, *resource, *domain;
};

#define PRECIS(name, what, idna) \
	{ name, true, what, "RFC 8264 4.2.3", "RFC 8264 4.3.3", idna }
#define RULE(name, what, section) \
	{ name, true, what, section, section, section }
#define FORM(name, what, section) \
	{ name, false, what, section, section, section }

static const struct words words[JID_RULE_COUNT] = {
	[JID_RULE_NONE] = FORM("", "no error", "RFC 7622"),
	[JID_RULE_UTF8] = FORM("utf8", "malformed UTF-8", "RFC 7622 3.1"),
	[JID_RULE_EMPTY] = FORM("empty", "empty", "RFC 7622 3.1"),
	[JID_RULE_LONG] = FORM("long", "longer than 1023 octets",
	    "RFC 7622 3.1"),
	[JID_RULE_EXCLUDED] = RULE("excluded", "is excluded",
	    "RFC 7622 3.3.1"),
	[JID_RULE_ESCAPE] = RULE("escape",
	    "at its beginning or end has no escape", "XEP-0106 2"),
	[JID_RULE_UNASSIGNED] = { "unassigned", true, "is unassigned",
	    "RFC 8264 4.2.4", "RFC 8264 4.3.4", "RFC 5892 2.10" },
	[JID_RULE_CONTROL] = PRECIS("control", "is a control character",
	    "RFC 5890 2.3.1"),
	[JID_RULE_IGNORABLE] = PRECIS("ignorable",
	    "is invisible or a noncharacter", "RFC 5892 2.3"),
	[JID_RULE_JAMO] = PRECIS("jamo", "is a conjoining Hangul jamo",
	    "RFC 5892 2.9"),
	[JID_RULE_SPACE] = PRECIS("space", "is a space", "RFC 5892 3"),
	[JID_RULE_SYMBOL] = PRECIS("symbol", "is a symbol", "RFC 5892 3"),
	[JID_RULE_PUNCTUATION] = PRECIS("punctuation",
	    "is punctuation", "RFC 5892 3"),
	[JID_RULE_COMPAT] = PRECIS("compat",
	    "has a compatibility equivalent", "RFC 5892 2.2"),
	[JID_RULE_OTHER_LETTER] = PRECIS("other-letter",
	    "is neither a usual letter nor a digit", "RFC 5892 3"),
	[JID_RULE_UPPERCASE] = PRECIS("uppercase",
	    "does not survive case mapping", "RFC 5892 2.2"),
	[JID_RULE_EXCEPTION] = { "exception", true,
	    "is disallowed by exception",
	    "RFC 8264 9.6", "RFC 8264 9.6", "RFC 5892 2.6" },
	[JID_RULE_OTHER] = PRECIS("disallowed", "is disallowed",
	    "RFC 5892 3"),
	[JID_RULE_ZWNJ] = RULE("zwnj",
	    "is not between letters that it could keep from joining",
	    "RFC 5892 A.1"),
	[JID_RULE_ZWJ] = RULE("zwj", "does not follow a virama",
	    "RFC 5892 A.2"),
	[JID_RULE_MIDDLE_DOT] = RULE("middle-dot",
	    "is not between two letters l", "RFC 5892 A.3"),
	[JID_RULE_KERAIA] = RULE("keraia",
	    "is not before a Greek character", "RFC 5892 A.4"),
	[JID_RULE_GERESH] = RULE("geresh",
	    "is not behind a Hebrew character", "RFC 5892 A.5"),
	[JID_RULE_GERSHAYIM] = RULE("gershayim",
	    "is not behind a Hebrew character", "RFC 5892 A.6"),
	[JID_RULE_KATAKANA_DOT] = RULE("katakana-dot",
	    "stands without Hiragana, Katakana or Han", "RFC 5892 A.7"),
	[JID_RULE_ARABIC_DIGIT] = RULE("arabic-digit",
	    "is mixed with Extended Arabic-Indic digits", "RFC 5892 A.8"),
	[JID_RULE_EXT_ARABIC_DIGIT] = RULE("ext-arabic-digit",
	    "is mixed with Arabic-Indic digits", "RFC 5892 A.9"),
	[JID_RULE_BIDI1] = RULE("bidi-1",
	    "begins right-to-left text but is no letter", "RFC 5893 2"),
	[JID_RULE_BIDI2] = RULE("bidi-2",
	    "must not be in right-to-left text", "RFC 5893 2"),
	[JID_RULE_BIDI3] = RULE("bidi-3",
	    "must not end right-to-left text", "RFC 5893 2"),
	[JID_RULE_BIDI4] = RULE("bidi-4",
	    "mixes European with Arabic digits", "RFC 5893 2"),
	[JID_RULE_BIDI5] = RULE("bidi-5",
	    "must not be in left-to-right text", "RFC 5893 2"),
	[JID_RULE_BIDI6] = RULE("bidi-6",
	    "must not end left-to-right text", "RFC 5893 2"),
	[JID_RULE_LABEL_EMPTY] = FORM("label-empty", "empty label",
	    "RFC 1034 3.1"),
	[JID_RULE_LABEL_LONG] = FORM("label-long",
	    "label longer than 63 octets", "RFC 1034 3.1"),
	[JID_RULE_NAME_LONG] = FORM("name-long",
	    "name longer than 253 octets", "RFC 1034 3.1"),
	[JID_RULE_LDH] = RULE("ldh", "is no letter, digit or hyphen",
	    "RFC 5890 2.3.1"),
	[JID_RULE_HYPHEN] = FORM("hyphen",
	    "label begins or ends with a hyphen", "RFC 5891 4.2.3.1"),
	[JID_RULE_HYPHENS] = FORM("hyphens",
	    "label with \"--\" in third place", "RFC 5891 4.2.3.1"),
	[JID_RULE_COMBINING] = RULE("combining",
	    "begins a label but is a combining mark", "RFC 5891 4.2.3.2"),
	[JID_RULE_U_LABEL] = FORM("u-label", "no valid U-label",
	    "RFC 5890 2.3.2.1"),
	[JID_RULE_FAKE_A_LABEL] = FORM("fake-a-label",
	    "\"xn--\" label that encodes no U-label", "RFC 5890 2.3.2.1"),
	[JID_RULE_IP_LITERAL] = FORM("ip-literal", "bad IP literal",
	    "RFC 3986 3.2.2"),
	[JID_RULE_PREP_PROHIBITED] = { "prohibited", true, "is prohibited",
	    "RFC 6122 A.5", "RFC 6122 B.5", "RFC 3491 5" },
	[JID_RULE_PREP_UNASSIGNED] = RULE("prep-unassigned",
	    "is unassigned in Unicode 3.2", "RFC 3454 7"),
	[JID_RULE_PREP_BIDI] = FORM("prep-bidi",
	    "mixes right-to-left with left-to-right text", "RFC 3454 6"),
	[JID_RULE_PREP] = FORM("prep", "cannot be prepared", "RFC 3454 2"),
	[JID_RULE_URI_SCHEME] = FORM("uri-scheme", "no xmpp: URI",
	    "RFC 5122 2.2"),
	[JID_RULE_URI_CHAR] = RULE("uri-char", "must be percent-encoded",
	    "RFC 5122 2.2"),
	[JID_RULE_URI_PERCENT] = FORM("uri-percent",
	    "\"%\" without two hexadecimal digits", "RFC 3986 2.1"),
	[JID_RULE_URI_QUERY] = FORM("uri-query",
	    "query that is not \"action;key=value...\"", "RFC 5122 2.2"),
	[JID_RULE_DIFFERS] = RULE("differs", "", "RFC 7622 A")
};

static const struct words *
words_of(enum jid_rule rule)
{
	return &words[rule < JID_RULE_COUNT ? rule : JID_RULE_NONE];
}

const char *
jid_rule_name(enum jid_rule rule)
{
	return words_of(rule)->name;
}

const char *
jid_part_name(enum jid_part part)
{
	switch (part) {
	case JID_LOCALPART: return "localpart";
	case JID_DOMAINPART: return "domainpart";
	case JID_RESOURCEPART: return "resourcepart";
	case JID_URI: return "URI";
	default: return "address";
	}
}

/* The section that E is due to. */
static const char *
section(const struct jid_error *e, const struct words *w)
{
	bool old = e->by == JID_RFC6122;

	switch (e->rule) {
	case JID_RULE_UTF8:
	case JID_RULE_EMPTY:
	case JID_RULE_LONG:
		if (old)
			return "RFC 6122 2.1";
		break;
	case JID_RULE_LABEL_EMPTY:
	case JID_RULE_LDH:
	case JID_RULE_HYPHEN:
		if (old)
			return "RFC 6122 2.2";
		break;
	default:
		break;
	}
	if (e->part == JID_RESOURCEPART)
		return w->resource;
	return e->part == JID_DOMAINPART ? w->domain : w->section;
}

static void
put_point(struct buf *b, int32_t cp)
{
	if (cp < 0)
		buf_puts(b, "nothing");
	else
		buf_printf(b, "U+%04X", (unsigned)cp);
}

/* Two normal forms: what each of them has where they part. */
static void
put_difference(struct buf *b, const struct jid_error *e)
{
	buf_puts(b, "the normal forms differ: ");
	put_point(b, e->cp);
	buf_puts(b, " by RFC 7622 but ");
	put_point(b, e->other);
	buf_printf(b, " by RFC 6122 at byte %zu (RFC 7622 A)", e->offset);
}

int
jid_error_text(struct buf *b, const struct jid_error *e)
{
	const struct words *w = words_of(e->rule);

	buf_printf(b, "%s: ", jid_part_name(e->part));
	if (e->rule == JID_RULE_DIFFERS) {
		put_difference(b, e);
		return buf_err(b);
	}
	if (w->point && e->cp >= 0)
		buf_printf(b, "U+%04X at byte %zu %s", (unsigned)e->cp,
		    e->offset, w->what);
	else if (w->point)
		buf_printf(b, "a character from byte %zu on %s", e->offset,
		    w->what);
	else
		buf_printf(b, "%s at byte %zu", w->what, e->offset);
	buf_printf(b, " (%s)", section(e, w));
	if (e->alone)
		buf_printf(b, ", though valid by %s",
		    e->by == JID_RFC6122 ? "RFC 7622" : "RFC 6122");
	return buf_err(b);
}
