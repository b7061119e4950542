/*
 * The domainpart (RFC 7622 3.2): an IP address, or a name of NR-LDH labels and
 * U-labels after the mapping of RFC 5895.
 */
#include <string.h>

#include <idn2.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/ipaddr.h"
#include "jid/label.h"
#include "jid/rules.h"
#include "jid/text.h"

enum { NAME_MAX_ASCII = 253 };	/* octets of a name, of A-labels */

static int
refuse(struct jid_error *why, enum jid_rule rule, size_t offset, int32_t cp)
{
	return enforce_refuse(why, JID_DOMAINPART, rule, offset, cp);
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
		if ((r = label_put(out, &l, why)) < 0)
			return r;
		if ((len += (size_t)r) > NAME_MAX_ASCII)
			return refuse(why, JID_RULE_NAME_LONG, 0, -1);
		if (i + l.n == t->n)
			return 0;
		out->cp[out->n] = '.';
		out->at[out->n++] = t->at[i + l.n];
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
		if ((r = label_check_bidi(&l, why)) < 0)
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
