/*
 * One label of a domain name.
 *
 * libidn2 knows punycode and most of IDNA2008, and is asked for the A-label of
 * every U-label.  It does not check labels of ASCII, the rules of CONTEXTO
 * (RFC 5890 2.3.2.1 wants them kept), nor conditions 3 and 4 of the bidi rule
 * in every case.
 */
#include <string.h>

#include <idn2.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/label.h"
#include "jid/rules.h"
#include "jid/ucd.h"

enum {
	LABEL_MAX = 63,		/* octets of a label, as A-label */
	UTF8_MAX = 4		/* octets of a code point */
};

static int
refuse(struct jid_error *why, enum jid_rule rule, size_t offset, int32_t cp)
{
	return enforce_refuse(why, JID_DOMAINPART, rule, offset, cp);
}

static int
refuse_at(struct jid_error *why, enum jid_rule rule, const struct label *l,
    size_t i)
{
	return refuse(why, rule, l->at[i], (int32_t)l->cp[i]);
}

/* What both kinds of label must keep: RFC 5891 4.2.3.1. */
static int
check_hyphens(const struct label *l, struct jid_error *why)
{
	if (l->cp[0] == '-')
		return refuse_at(why, JID_RULE_HYPHEN, l, 0);
	if (l->cp[l->n - 1] == '-')
		return refuse_at(why, JID_RULE_HYPHEN, l, l->n - 1);
	if (l->n > 3 && l->cp[2] == '-' && l->cp[3] == '-')
		return refuse_at(why, JID_RULE_HYPHENS, l, 2);
	return 0;
}

/* The derived property of each code point and its rule (RFC 5892). */
static int
check_points(const struct label *l, struct jid_error *why)
{
	enum jid_rule rule = JID_RULE_NONE;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->cp[i] < 0x80 && !ascii_is_ldh((int)l->cp[i]))
			return refuse_at(why, JID_RULE_LDH, l, i);
		switch (ucd_idna(l->cp[i], &rule)) {
		case UCD_PVALID:
			continue;
		case UCD_CONTEXT:
			rule = rules_context(l->cp, l->n, i);
			if (rule == JID_RULE_NONE)
				continue;
			break;
		default:
			break;
		}
		return refuse_at(why, rule, l, i);
	}
	return 0;
}

/*
 * The A-label of the label L, by libidn2.  Returns its length.  NO_TR46 keeps
 * libidn2 from mapping: what is left to map is no U-label.
 */
static int
to_a_label(char out[LABEL_MAX + 1], const struct label *l,
    struct jid_error *why)
{
	char u[LABEL_MAX * UTF8_MAX + 1];
	uint8_t *a;
	size_t len;
	int r;

	if (l->n > LABEL_MAX)
		return refuse(why, JID_RULE_LABEL_LONG, l->at[0], -1);
	u[text_encode(u, sizeof(u) - 1, l->cp, l->n)] = '\0';
	switch (idn2_lookup_u8((uint8_t *)u, &a, IDN2_NO_TR46)) {
	case IDN2_OK:
		break;
	case IDN2_MALLOC:
		return XERR_NOMEM;
	case IDN2_TOO_BIG_LABEL:
	case IDN2_TOO_BIG_DOMAIN:
	case IDN2_PUNYCODE_BIG_OUTPUT:
		return refuse(why, JID_RULE_LABEL_LONG, l->at[0], -1);
	default:
		return refuse(why, JID_RULE_U_LABEL, l->at[0], -1);
	}
	len = strlen((char *)a);
	r = (int)len;
	if (len > LABEL_MAX)
		r = refuse(why, JID_RULE_LABEL_LONG, l->at[0], -1);
	else
		memcpy(out, a, len + 1);
	idn2_free(a);
	return r;
}

int
label_check_bidi(const struct label *l, struct jid_error *why)
{
	enum jid_rule rule;
	size_t at;

	rule = rules_bidi(l->cp, l->n, &at);
	return rule == JID_RULE_NONE ? 0 : refuse_at(why, rule, l, at);
}

/*
 * A U-label (RFC 5890 2.3.2.1) by itself; returns the length of its A-label.
 */
static int
check_u_label(char a[LABEL_MAX + 1], const struct label *l,
    struct jid_error *why)
{
	int r;

	if ((r = check_hyphens(l, why)) < 0)
		return r;
	if (ucd_is_mark(l->cp[0]))
		return refuse_at(why, JID_RULE_COMBINING, l, 0);
	if ((r = check_points(l, why)) < 0)
		return r;
	if (rules_is_rtl(l->cp, l->n) && (r = label_check_bidi(l, why)) < 0)
		return r;
	return to_a_label(a, l, why);
}

/* Append the code points of L to T. */
static void
append(struct text *t, const struct label *l)
{
	memcpy(&t->cp[t->n], l->cp, l->n * sizeof(l->cp[0]));
	memcpy(&t->at[t->n], l->at, l->n * sizeof(l->at[0]));
	t->n += l->n;
}

static bool
is_ascii(const uint32_t *cp, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cp[i] >= 0x80)
			return false;
	return true;
}

/* Decode the A-label A, which begins at byte AT, into U. */
static int
from_a_label(struct text *u, const char *a, size_t at, struct jid_error *why)
{
	char *s;
	int r;

	u->n = 0;
	r = idn2_to_unicode_8z8z(a, &s, 0);
	if (r == IDN2_MALLOC)
		return XERR_NOMEM;
	if (r != IDN2_OK)
		return refuse(why, JID_RULE_FAKE_A_LABEL, at, -1);
	r = text_decode(u, s, strlen(s), &(size_t){ 0 });
	idn2_free(s);
	if (r < 0 || u->n == 0 || is_ascii(u->cp, u->n))
		return refuse(why, JID_RULE_FAKE_A_LABEL, at, -1);
	return 0;
}

/*
 * Capital letters that are PVALID exist (Cherokee), because for them the small
 * ones are folded to the capital ones; but RFC 5895 maps them to the small
 * ones, which are DISALLOWED.  So there is no way to write such a U-label as
 * itself, and its A-label must not be one either.
 */
static int
check_mapped(const struct text *t, struct jid_error *why)
{
	uint32_t l[2];
	size_t i;

	for (i = 0; i < t->n; i++)
		if (ucd_lower(l, t->cp[i]) != 1 || l[0] != t->cp[i])
			return refuse(why, JID_RULE_UPPERCASE, t->at[i],
			    (int32_t)t->cp[i]);
	return 0;
}

/*
 * Put the U-label that the A-label L stands for behind OUT.  It must be valid,
 * and L must be what it is encoded as: there is one A-label for a U-label.
 */
static int
put_a_label(struct text *out, const struct label *l, struct jid_error *why)
{
	char a[LABEL_MAX + 1], again[LABEL_MAX + 1];
	struct text u;
	size_t at = l->at[0], i;
	int r;

	r = text_encode(a, LABEL_MAX, l->cp, l->n);
	a[r] = '\0';
	if ((r = from_a_label(&u, a, at, why)) < 0)
		return r;
	for (i = 0; i < u.n; i++)
		u.at[i] = (uint16_t)at;
	if ((r = check_mapped(&u, why)) < 0 || (r = check_u_label(again,
	    &(struct label){ u.cp, u.at, u.n }, why)) < 0)
		return r;
	if (strcmp(a, again) != 0)
		return refuse(why, JID_RULE_FAKE_A_LABEL, at, -1);
	append(out, &(struct label){ u.cp, u.at, u.n });
	return r;
}

/* A label of ASCII: NR-LDH or an A-label. */
static int
put_ldh_label(struct text *out, const struct label *l, struct jid_error *why)
{
	size_t i;
	int r;

	for (i = 0; i < l->n; i++)
		if (!ascii_is_ldh((int)l->cp[i]))
			return refuse_at(why, JID_RULE_LDH, l, i);
	if (l->n > LABEL_MAX)
		return refuse(why, JID_RULE_LABEL_LONG, l->at[0], -1);
	if (l->n > 4 && l->cp[0] == 'x' && l->cp[1] == 'n' &&
	    l->cp[2] == '-' && l->cp[3] == '-')
		return put_a_label(out, l, why);
	if ((r = check_hyphens(l, why)) < 0)
		return r;
	append(out, l);
	return (int)l->n;
}

int
label_put(struct text *out, const struct label *l, struct jid_error *why)
{
	char a[LABEL_MAX + 1];
	int r;

	if (is_ascii(l->cp, l->n))
		return put_ldh_label(out, l, why);
	if ((r = check_u_label(a, l, why)) < 0)
		return r;
	append(out, l);
	return r;
}
