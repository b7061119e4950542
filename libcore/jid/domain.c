/*
 * The domainpart (RFC 7622 3.2): an IP address, or a name of NR-LDH labels and
 * U-labels after the mapping of RFC 5895.
 *
 * libidn2 knows punycode and most of IDNA2008, and is asked for the A-label of
 * every U-label.  It does not check labels of ASCII, the rules of CONTEXTO
 * (RFC 5890 2.3.2.1 wants them kept), conditions 3 and 4 of the bidi rule in
 * every case, nor a rule that binds all labels of a name at once.
 */
#include <string.h>

#include <idn2.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/ipaddr.h"
#include "jid/rules.h"
#include "jid/text.h"
#include "jid/ucd.h"

enum {
	LABEL_MAX = 63,		/* octets of a label, as A-label */
	NAME_MAX_ASCII = 253,	/* and of a name */
	UTF8_MAX = 4		/* octets of a code point */
};

/* Some code points of a text, and the input offsets of each. */
struct label {
	const uint32_t *cp;
	const uint16_t *at;
	size_t n;
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

/* The bidi rule for one label that is bound by it. */
static int
check_label_bidi(const struct label *l, struct jid_error *why)
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
	if (rules_is_rtl(l->cp, l->n) && (r = check_label_bidi(l, why)) < 0)
		return r;
	return to_a_label(a, l, why);
}

/* Append the code points at CP to T, all of them from the input byte AT. */
static int
append(struct text *t, const uint32_t *cp, size_t n, size_t at)
{
	size_t i;

	if (n > TEXT_MAX - t->n)
		return XERR_LIMIT;
	for (i = 0; i < n; i++) {
		t->cp[t->n] = cp[i];
		t->at[t->n++] = (uint16_t)at;
	}
	return 0;
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
	append(out, u.cp, u.n, at);
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
	for (i = 0; i < l->n; i++)
		append(out, &l->cp[i], 1, l->at[i]);
	return (int)l->n;
}

/*
 * Check the label L and put its normal form behind OUT.  Returns its length in
 * ASCII.
 */
static int
put_label(struct text *out, const struct label *l, struct jid_error *why)
{
	char a[LABEL_MAX + 1];
	size_t i;
	int r;

	if (is_ascii(l->cp, l->n))
		return put_ldh_label(out, l, why);
	if ((r = check_u_label(a, l, why)) < 0)
		return r;
	for (i = 0; i < l->n; i++)
		append(out, &l->cp[i], 1, l->at[i]);
	return r;
}

/* The code points up to the next dot from I on. */
static struct label
label_at(const struct text *t, size_t i)
{
	size_t n = 0;

	while (i + n < t->n && t->cp[i + n] != '.')
		n++;
	return (struct label){ &t->cp[i], &t->at[i], n };
}

/*
 * All labels of the mapped name T into OUT.  The name in ASCII is kept below
 * its limit on the way, so that OUT cannot be too small either.
 */
static int
put_labels(struct text *out, const struct text *t, struct jid_error *why)
{
	struct label l;
	size_t i, len = 0;
	int r;

	for (i = 0;; i += l.n + 1) {
		l = label_at(t, i);
		if (l.n == 0)
			return refuse(why, JID_RULE_LABEL_EMPTY, i < t->n ?
			    t->at[i] : t->at[t->n - 1], -1);
		if ((r = put_label(out, &l, why)) < 0)
			return r;
		if ((len += (size_t)r) > NAME_MAX_ASCII)
			return refuse(why, JID_RULE_NAME_LONG, 0, -1);
		if (i + l.n == t->n)
			return 0;
		append(out, &(uint32_t){ '.' }, 1, t->at[i + l.n]);
		len++;
	}
}

/*
 * A name with a right-to-left label is a Bidi domain name, and the rule binds
 * each of its labels (RFC 5893 2).
 */
static int
check_bidi(const struct text *t, struct jid_error *why)
{
	struct label l;
	size_t i;
	int r;

	if (!rules_is_rtl(t->cp, t->n))
		return 0;
	for (i = 0; i < t->n; i += l.n + 1) {
		l = label_at(t, i);
		if ((r = check_label_bidi(&l, why)) < 0)
			return r;
	}
	return 0;
}

/* The mapping of RFC 5895 section 2, in its order. */
static int
map(struct text *t, struct jid_error *why)
{
	size_t i;
	int r;

	if ((r = text_lower(t)) == 0) {
		text_width(t);
		r = text_nfc(t);
	}
	if (r == XERR_LIMIT)
		return refuse(why, JID_RULE_NAME_LONG, 0, -1);
	if (r < 0)
		return r;
	for (i = 0; i < t->n; i++)
		if (t->cp[i] == 0x3002)
			t->cp[i] = '.';
	return 0;
}

static int
enforce_name(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	struct text t, u;
	size_t at = 0;
	int r;

	if ((r = text_decode(&t, s, len, &at)) < 0)
		return refuse(why, r == XERR_SYNTAX ? JID_RULE_UTF8 :
		    JID_RULE_NAME_LONG, at, -1);
	u.n = 0;
	if ((r = map(&t, why)) < 0 || (r = put_labels(&u, &t, why)) < 0 ||
	    (r = check_bidi(&u, why)) < 0)
		return r;
	r = text_encode(out, JID_PART_MAX, u.cp, u.n);
	return r >= 0 ? r : refuse(why, JID_RULE_LONG, 0, -1);
}

int
enforce_domain(char out[JID_PART_MAX], const char *s, size_t len,
    struct jid_error *why)
{
	/* one dot for the root of the DNS: RFC 7622 3.2 */
	if (len > 0 && s[len - 1] == '.')
		len--;
	if (len == 0)
		return refuse(why, JID_RULE_EMPTY, 0, -1);
	if (s[0] == '[') {
		if (!ipaddr_is_literal(s, len))
			return refuse(why, JID_RULE_IP_LITERAL, 0, -1);
		if (len > JID_PART_MAX)
			return refuse(why, JID_RULE_LONG, 0, -1);
		ipaddr_lower(out, s, len);
		return (int)len;
	}
	if (ascii_domain(s, len) == len) {
		ascii_lower(out, s, len);
		return (int)len;
	}
	return enforce_name(out, s, len, why);
}

bool
jid_domain_is_ip(const struct jid *j)
{
	size_t len;
	const char *s = jid_domain(j, &len);

	return len > 0 && (s[0] == '[' || ipaddr_is_v4(s, len));
}

int
jid_domain_ascii(const struct jid *j, struct buf *out)
{
	char u[JID_PART_MAX + 1];
	size_t len;
	const char *s = jid_domain(j, &len);
	uint8_t *a;
	int r;

	if (len == 0)
		return XERR_SYNTAX;
	if (s[0] == '[')
		return ipaddr_plain(out, s, len);
	memcpy(u, s, len);
	u[len] = '\0';
	r = idn2_lookup_u8((uint8_t *)u, &a, IDN2_NO_TR46);
	if (r != IDN2_OK)
		return r == IDN2_MALLOC ? XERR_NOMEM : XERR_SYNTAX;
	r = buf_puts(out, (char *)a);
	idn2_free(a);
	return r;
}
