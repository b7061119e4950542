/*
 * The PRECIS profiles of the localpart and the resourcepart.
 *
 * The order is that of RFC 7622 3.3.1 and RFC 8265 3.3.2, 3.3.3 and 4.2.2: the
 * string class is checked after width mapping, but before the other mappings
 * and the normalization.  That alone would let a text pass whose normal form
 * does not ("=" and U+0338 compose to a symbol, U+0387 becomes a middle dot),
 * so what the mappings changed is checked again: a normal form is always a
 * valid address.
 */
#include <string.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/rules.h"
#include "jid/text.h"
#include "jid/ucd.h"

/* A rejection at index I of T. */
static int
refuse(struct jid_error *why, enum jid_part part, enum jid_rule rule,
    const struct text *t, size_t i)
{
	return enforce_refuse(why, part, rule, t->at[i], (int32_t)t->cp[i]);
}

/*
 * The string class of PART: IdentifierClass for a localpart, FreeformClass for
 * a resourcepart (RFC 8264 4.2, 4.3), with the context rules.
 */
static int
check_class(const struct text *t, enum jid_part part, struct jid_error *why)
{
	enum jid_rule rule = JID_RULE_NONE;
	size_t i;

	for (i = 0; i < t->n; i++) {
		switch (ucd_precis(t->cp[i], &rule)) {
		case UCD_PVALID:
			continue;
		case UCD_FREE_PVAL:
			if (part == JID_RESOURCEPART)
				continue;
			break;
		case UCD_CONTEXT:
			rule = rules_context(t->cp, t->n, i);
			if (rule == JID_RULE_NONE)
				continue;
			break;
		default:
			break;
		}
		return refuse(why, part, rule, t, i);
	}
	return 0;
}

static int
decode(struct text *t, const char *s, size_t len, enum jid_part part,
    struct jid_error *why)
{
	size_t at;

	switch (text_decode(t, s, len, &at)) {
	case 0:
		return 0;
	case XERR_SYNTAX:
		return enforce_refuse(why, part, JID_RULE_UTF8, at, -1);
	default:
		return enforce_refuse(why, part, JID_RULE_LONG, 0, -1);
	}
}

/* NFC, and the class again if that changed anything. */
static int
normalize(struct text *t, enum jid_part part, struct jid_error *why)
{
	int r = text_nfc(t);

	if (r == XERR_NOMEM)
		return r;
	if (r == XERR_LIMIT)
		return enforce_refuse(why, part, JID_RULE_LONG, 0, -1);
	return r > 0 ? check_class(t, part, why) : 0;
}

static int
encode(char out[JID_PART_MAX], const struct text *t, enum jid_part part,
    struct jid_error *why)
{
	int r = text_encode(out, JID_PART_MAX, t->cp, t->n);

	return r >= 0 ? r : enforce_refuse(why, part, JID_RULE_LONG, 0, -1);
}

/* RFC 7622 3.3.1; after the mappings, so that none of them brings one in. */
static int
check_excluded(const struct text *t, struct jid_error *why)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		switch (t->cp[i]) {
		case '"': case '&': case '\'': case '/':
		case ':': case '<': case '>': case '@':
			return refuse(why, JID_LOCALPART, JID_RULE_EXCLUDED,
			    t, i);
		}
	return 0;
}

/* The directionality rule of UsernameCaseMapped (RFC 8265 3.3.2). */
static int
check_bidi(const struct text *t, struct jid_error *why)
{
	enum jid_rule rule;
	size_t at;

	if (!rules_is_rtl(t->cp, t->n))
		return 0;
	rule = rules_bidi(t->cp, t->n, &at);
	return rule == JID_RULE_NONE ? 0 :
	    refuse(why, JID_LOCALPART, rule, t, at);
}

static int
enforce_local_text(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	struct text t;
	int r;

	if ((r = decode(&t, s, len, JID_LOCALPART, why)) < 0)
		return r;
	text_width(&t);
	if ((r = check_class(&t, JID_LOCALPART, why)) < 0)
		return r;
	if (text_lower(&t) < 0)
		return enforce_refuse(why, JID_LOCALPART, JID_RULE_LONG, 0,
		    -1);
	if ((r = normalize(&t, JID_LOCALPART, why)) < 0 ||
	    (r = check_bidi(&t, why)) < 0 ||
	    (r = check_excluded(&t, why)) < 0)
		return r;
	return encode(out, &t, JID_LOCALPART, why);
}

int
enforce_local(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	if (len == 0)
		return enforce_refuse(why, JID_LOCALPART, JID_RULE_EMPTY, 0,
		    -1);
	if (len <= JID_PART_MAX && ascii_local(s, len) == len) {
		ascii_lower(out, s, len);
		return (int)len;
	}
	return enforce_local_text(out, s, len, why);
}

static int
enforce_resource_text(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	struct text t;
	int r;

	if ((r = decode(&t, s, len, JID_RESOURCEPART, why)) < 0 ||
	    (r = check_class(&t, JID_RESOURCEPART, why)) < 0)
		return r;
	text_spaces(&t);
	if ((r = normalize(&t, JID_RESOURCEPART, why)) < 0)
		return r;
	return encode(out, &t, JID_RESOURCEPART, why);
}

int
enforce_resource(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	if (len == 0)
		return enforce_refuse(why, JID_RESOURCEPART, JID_RULE_EMPTY,
		    0, -1);
	if (len <= JID_PART_MAX && ascii_resource(s, len) == len) {
		memcpy(out, s, len);
		return (int)len;
	}
	return enforce_resource_text(out, s, len, why);
}
