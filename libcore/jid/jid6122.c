/* Addresses by RFC 6122, through libidn. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <idna.h>
#include <stringprep.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/ipaddr.h"
#include "jid/jid6122.h"
#include "jid/text.h"

static int
refuse(struct jid_error *why, enum jid_part part, enum jid_rule rule,
    size_t offset, int32_t cp)
{
	enforce_refuse(why, part, rule, offset, cp);
	why->by = JID_RFC6122;
	return XERR_SYNTAX;
}

static enum jid_rule
rule_of(int r)
{
	switch (r) {
	case STRINGPREP_CONTAINS_UNASSIGNED:
		return JID_RULE_PREP_UNASSIGNED;
	case STRINGPREP_CONTAINS_PROHIBITED:
	case STRINGPREP_BIDI_CONTAINS_PROHIBITED:
		return JID_RULE_PREP_PROHIBITED;
	case STRINGPREP_BIDI_BOTH_L_AND_RAL:
	case STRINGPREP_BIDI_LEADTRAIL_NOT_RAL:
		return JID_RULE_PREP_BIDI;
	default:
		return JID_RULE_PREP;
	}
}

/*
 * libidn does not say what it did not like.  If it is a single code point, it
 * does not like that by itself either.
 */
static int
refuse_prep(struct jid_error *why, enum jid_part part, int r, const char *s,
    const char *profile)
{
	size_t i, n, len = strlen(s);
	char one[5], *out;
	uint32_t cp = 0;
	int k;

	for (i = 0; i < len; i += n) {
		k = utf8_decode(&cp, s + i, len - i);
		n = k < 1 ? 1 : (size_t)k;
		memcpy(one, s + i, n);
		one[n] = '\0';
		k = stringprep_profile(one, &out, profile, 0);
		if (k == STRINGPREP_OK)
			free(out);
		else if (k == r)
			return refuse(why, part, rule_of(r), i, (int32_t)cp);
	}
	return refuse(why, part, rule_of(r), 0, -1);
}

/* What is the same for all parts; a copy of S with a NUL goes to COPY. */
static int
check_bytes(char copy[TEXT_MAX + 1], enum jid_part part, const char *s,
    size_t len, struct jid_error *why)
{
	const char *p;
	size_t n;

	if (len == 0)
		return refuse(why, part, JID_RULE_EMPTY, 0, -1);
	if (len > TEXT_MAX)
		return refuse(why, part, JID_RULE_LONG, 0, -1);
	if ((n = utf8_span(s, len)) < len)
		return refuse(why, part, JID_RULE_UTF8, n, -1);
	if ((p = memchr(s, '\0', len)) != NULL)
		return refuse(why, part, JID_RULE_PREP_PROHIBITED,
		    (size_t)(p - s), 0);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return 0;
}

/* Take RESULT, which is freed, as the part. */
static int
take(char out[JID_PART_MAX], char *result, enum jid_part part,
    struct jid_error *why)
{
	size_t len = strlen(result);
	int r = (int)len;

	if (len == 0)		/* of characters mapped to nothing only */
		r = refuse(why, part, JID_RULE_EMPTY, 0, -1);
	else if (len > JID_PART_MAX)
		r = refuse(why, part, JID_RULE_LONG, 0, -1);
	else
		memcpy(out, result, len);
	free(result);
	return r;
}

static int
prepare(char out[JID_PART_MAX], enum jid_part part, const char *profile,
    const char *s, size_t len, struct jid_error *why)
{
	char copy[TEXT_MAX + 1], *result;
	int r;

	if ((r = check_bytes(copy, part, s, len, why)) < 0)
		return r;
	r = stringprep_profile(copy, &result, profile, 0);
	if (r == STRINGPREP_MALLOC_ERROR)
		return XERR_NOMEM;
	if (r != STRINGPREP_OK)
		return refuse_prep(why, part, r, copy, profile);
	return take(out, result, part, why);
}

static int
local6122(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	return prepare(out, JID_LOCALPART, "Nodeprep", s, len, why);
}

static int
resource6122(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	return prepare(out, JID_RESOURCEPART, "Resourceprep", s, len, why);
}

/* Where S has the first ASCII character that no label may have. */
static size_t
first_non_ldh(const char *s)
{
	size_t i = 0;

	while (s[i] != '\0' && ((unsigned char)s[i] >= 0x80 || s[i] == '.' ||
	    ascii_is_ldh(s[i])))
		i++;
	return i;
}

/* Whether S has an empty label after preparation. */
static bool
has_empty_label(const char *s)
{
	char *out;
	size_t len;
	bool is;

	if (stringprep_profile(s, &out, "Nameprep", 0) != STRINGPREP_OK)
		return false;
	len = strlen(out);
	is = len == 0 || out[0] == '.' || out[len - 1] == '.' ||
	    strstr(out, "..") != NULL;
	free(out);
	return is;
}

/* ToASCII failed for the name S with R. */
static int
refuse_name(struct jid_error *why, int r, const char *s)
{
	size_t at;
	char *out;
	int k;

	switch (r) {
	case IDNA_CONTAINS_NON_LDH:
		at = first_non_ldh(s);
		return refuse(why, JID_DOMAINPART, JID_RULE_LDH, at,
		    s[at] == '\0' ? -1 : s[at]);
	case IDNA_CONTAINS_MINUS:
		return refuse(why, JID_DOMAINPART, JID_RULE_HYPHEN, 0, -1);
	case IDNA_PUNYCODE_ERROR:	/* has room for a label, not more */
	case IDNA_INVALID_LENGTH:
		return refuse(why, JID_DOMAINPART, has_empty_label(s) ?
		    JID_RULE_LABEL_EMPTY : JID_RULE_LABEL_LONG, 0, -1);
	case IDNA_STRINGPREP_ERROR:
		k = stringprep_profile(s, &out, "Nameprep", 0);
		if (k != STRINGPREP_OK)
			return refuse_prep(why, JID_DOMAINPART, k, s,
			    "Nameprep");
		free(out);
		break;
	}
	return refuse(why, JID_DOMAINPART, JID_RULE_PREP, 0, -1);
}

/*
 * Each label must survive ToASCII with UseSTD3ASCIIRules (RFC 6122 2.2), and
 * back by ToUnicode: the way through ASCII prepares it and turns A-labels into
 * what they stand for.
 */
static int
name6122(char out[JID_PART_MAX], const char *s, struct jid_error *why)
{
	char *ascii, *unicode;
	size_t len;
	int r;

	r = idna_to_ascii_8z(s, &ascii,
	    IDNA_ALLOW_UNASSIGNED | IDNA_USE_STD3_ASCII_RULES);
	if (r == IDNA_MALLOC_ERROR)
		return XERR_NOMEM;
	if (r != IDNA_SUCCESS)
		return refuse_name(why, r, s);
	len = strlen(ascii);
	ascii_lower(ascii, ascii, len);
	if (len > 253) {
		free(ascii);
		return refuse(why, JID_DOMAINPART, JID_RULE_NAME_LONG, 0, -1);
	}
	r = idna_to_unicode_8z8z(ascii, &unicode, IDNA_ALLOW_UNASSIGNED);
	free(ascii);
	if (r == IDNA_MALLOC_ERROR)
		return XERR_NOMEM;
	if (r != IDNA_SUCCESS)
		return refuse(why, JID_DOMAINPART, JID_RULE_PREP, 0, -1);
	return take(out, unicode, JID_DOMAINPART, why);
}

static int
domain6122(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	char copy[TEXT_MAX + 1];
	int r;

	if (len > 0 && s[len - 1] == '.')
		len--;
	if ((r = check_bytes(copy, JID_DOMAINPART, s, len, why)) < 0)
		return r;
	if (copy[0] != '[')
		return name6122(out, copy, why);
	if (!ipaddr_is_literal(s, len))
		return refuse(why, JID_DOMAINPART, JID_RULE_IP_LITERAL, 0, -1);
	if (len > JID_PART_MAX)
		return refuse(why, JID_DOMAINPART, JID_RULE_LONG, 0, -1);
	ipaddr_lower(out, s, len);
	return (int)len;
}

static const struct enforcer rfc6122 = {
	local6122, domain6122, resource6122
};

int
jid6122_parse(struct jid *j, const char *s, size_t len, struct jid_error *why)
{
	return enforce_parse(j, s, len, &rfc6122, why);
}

/* The code point of the LEN bytes at S that byte I is in, or -1 at the end. */
static int32_t
point_at(const char *s, size_t len, size_t i)
{
	uint32_t cp;

	while (i > 0 && i < len && ((unsigned char)s[i] & 0xc0) == 0x80)
		i--;
	return i < len && utf8_decode(&cp, s + i, len - i) > 0 ?
	    (int32_t)cp : -1;
}

/*
 * The first place where a part of NEW, which begins at byte BEFORE of the
 * whole, and of OLD differ; false if none.
 */
static bool
part_differs(enum jid_part part, const char *new, size_t newlen,
    const char *old, size_t oldlen, size_t before, struct jid_error *why)
{
	size_t i = 0;

	while (i < newlen && i < oldlen && new[i] == old[i])
		i++;
	if (i == newlen && i == oldlen)
		return false;
	while (i > 0 && i < newlen && ((unsigned char)new[i] & 0xc0) == 0x80)
		i--;
	*why = (struct jid_error){
		.part = part, .rule = JID_RULE_DIFFERS, .offset = before + i,
		.cp = point_at(new, newlen, i),
		.other = point_at(old, oldlen, i)
	};
	return true;
}

/* Both are addresses with the same parts present, but not the same. */
static void
say_difference(const struct jid *new, const struct jid *old,
    struct jid_error *why)
{
	const char *a, *b;
	size_t alen, blen;

	a = jid_local(new, &alen);
	b = jid_local(old, &blen);
	if (part_differs(JID_LOCALPART, a, alen, b, blen, 0, why))
		return;
	a = jid_domain(new, &alen);
	b = jid_domain(old, &blen);
	if (part_differs(JID_DOMAINPART, a, alen, b, blen,
	    (size_t)(a - new->str), why))
		return;
	a = jid_resource(new, &alen);
	b = jid_resource(old, &blen);
	if (a != NULL)
		part_differs(JID_RESOURCEPART, a, alen, b, blen,
		    (size_t)(a - new->str), why);
}

int
jid6122_parse_portable(struct jid *j, const char *s, size_t len,
    struct jid_error *why)
{
	struct jid_error e7622 = {0}, e6122 = {0};
	struct jid new, old;
	int r7622, r6122;

	r7622 = jid_parse_why(&new, s, len, &e7622);
	r6122 = jid6122_parse(&old, s, len, &e6122);
	if (r7622 == XERR_NOMEM || r6122 == XERR_NOMEM)
		return XERR_NOMEM;
	if (r7622 == 0 && r6122 == 0 && jid_equal(&new, &old)) {
		jid_copy(j, &new);
		return 0;
	}
	if (why == NULL)
		return XERR_SYNTAX;
	if (r7622 < 0) {
		*why = e7622;
		why->alone = r6122 == 0;
	} else if (r6122 < 0) {
		*why = e6122;
		why->alone = true;
	} else {
		say_difference(&new, &old, why);
	}
	return XERR_SYNTAX;
}
