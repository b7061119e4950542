/* xmpp: URIs and IRIs (RFC 5122). */
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/jiduri.h"
#include "jid/text.h"

/* What may stand unencoded besides letters, digits and "-._~". */
static const char in_local[] = "!$()*+,;=";
static const char in_domain[] = "[:]!$&'()*+,;=";	/* an IP literal */
static const char in_resource[] = "!$&'()*+,:;=";
static const char in_query[] = "";

/*
 * What is taken, though: RFC 5122 2.2 lets a few more stand, and URIs of the
 * wild have '@' and '/' in a resourcepart and a query as RFC 3986 allows.
 */
static const char taken[] = "!$&'()*+,;=:@/?[]";

static bool
is_in(const char *set, int c)
{
	return ascii_is_ldh(c) || (c > 0 && c < 0x80 &&
	    (strchr("._~", c) != NULL || strchr(set, c) != NULL));
}

static int
refuse(struct jid_error *why, enum jid_rule rule, size_t at, int32_t cp)
{
	return enforce_refuse(why, JID_URI, rule, at, cp);
}

/* Every byte of S must be one that a URI or IRI may have. */
static int
check_bytes(const char *s, size_t len, struct jid_error *why)
{
	size_t i, n;
	int hashes = 0;

	if ((n = utf8_span(s, len)) < len)
		return refuse(why, JID_RULE_UTF8, n, -1);
	for (i = 0; i < len; i++) {
		if (s[i] == '%') {
			if (len - i < 3 || ascii_hex(s[i + 1]) < 0 ||
			    ascii_hex(s[i + 2]) < 0)
				return refuse(why, JID_RULE_URI_PERCENT, i,
				    -1);
		} else if (s[i] == '#') {
			if (++hashes > 1)
				return refuse(why, JID_RULE_URI_CHAR, i, '#');
		} else if ((unsigned char)s[i] < 0x80 && !is_in(taken, s[i])) {
			return refuse(why, JID_RULE_URI_CHAR, i, s[i]);
		}
	}
	return 0;
}

/*
 * querytype *( ";" key "=" value ): every part but the first has one '='.
 * Only what is unreserved may stand there unencoded; '/', '?', ':' and '@'
 * are taken, too, since RFC 3986 3.4 lets everybody write them.
 */
static int
check_query(const char *s, size_t len, size_t before, struct jid_error *why)
{
	size_t i;
	int equals = 1;

	for (i = 0; i < len; i++) {
		if (s[i] == ';') {
			if (equals != 1)
				return refuse(why, JID_RULE_URI_QUERY,
				    before + i, -1);
			equals = 0;
		} else if (s[i] == '=' && ++equals > 1) {
			return refuse(why, JID_RULE_URI_QUERY, before + i,
			    -1);
		}
	}
	return equals == 1 ? 0 :
	    refuse(why, JID_RULE_URI_QUERY, before + len, -1);
}

/* A part of an address, decoded, and where it came from. */
struct part {
	struct slice raw, decoded;
	char mem[TEXT_MAX + 1];
};

static int
decode_part(struct part *p, enum jid_part part, size_t before,
    struct jid_error *why)
{
	const char *s = p->raw.s;
	size_t i, n = 0;

	p->decoded = (struct slice){ NULL, 0 };
	if (s == NULL)
		return 0;
	for (i = 0; i < p->raw.len; i++) {
		if (n == TEXT_MAX)
			return enforce_refuse(why, part, JID_RULE_LONG,
			    before, -1);
		if (s[i] == '%') {
			p->mem[n++] = (char)(ascii_hex(s[i + 1]) << 4 |
			    ascii_hex(s[i + 2]));
			i += 2;
		} else {
			p->mem[n++] = s[i];
		}
	}
	p->decoded = (struct slice){ p->mem, n };
	return 0;
}

/* The offset in the encoded part of what is at byte AT when decoded. */
static size_t
encoded_offset(const struct part *p, size_t at)
{
	size_t i = 0;

	for (; at > 0 && i < p->raw.len; at--)
		i += p->raw.s[i] == '%' ? 3 : 1;
	return i;
}

/* Where the first of the characters in SET is in S; LEN if nowhere. */
static size_t
find(const char *s, size_t len, const char *set)
{
	size_t i = 0;

	while (i < len && (s[i] == '\0' || strchr(set, s[i]) == NULL))
		i++;
	return i;
}

/* The address [ nodeid "@" ] host [ "/" resid ]; BASE is the whole URI's. */
static int
parse_path(struct jid *j, const char *s, size_t len, const char *base,
    struct jid_error *why)
{
	struct part local = {0}, domain = {0}, resource = {0};
	const struct part *bad;
	size_t n;
	int r;

	if ((n = find(s, len, "/")) < len) {
		resource.raw = (struct slice){ s + n + 1, len - n - 1 };
		len = n;
	}
	if ((n = find(s, len, "@")) < len) {
		local.raw = (struct slice){ s, n };
		s += n + 1;
		len -= n + 1;
	}
	domain.raw = (struct slice){ s, len };
	n = (size_t)(s - base);
	if ((r = decode_part(&local, JID_LOCALPART, n, why)) < 0 ||
	    (r = decode_part(&domain, JID_DOMAINPART, n, why)) < 0 ||
	    (r = decode_part(&resource, JID_RESOURCEPART, n, why)) < 0)
		return r;
	r = enforce_parts(j, local.decoded, domain.decoded, resource.decoded,
	    why);
	if (r != XERR_SYNTAX)
		return r;
	bad = why->part == JID_LOCALPART ? &local :
	    why->part == JID_DOMAINPART ? &domain : &resource;
	why->offset = (size_t)(bad->raw.s - base) +
	    encoded_offset(bad, why->offset);
	return r;
}

bool
jiduri_is_one(const char *s, size_t len)
{
	char scheme[5];

	if (len < sizeof(scheme))
		return false;
	ascii_lower(scheme, s, sizeof(scheme));
	return memcmp(scheme, "xmpp:", sizeof(scheme)) == 0;
}

/* "//" authxmpp [ "/" pathxmpp ], without the slashes in front. */
static int
parse_with_account(struct jid_uri *u, const char *s, size_t len,
    const char *base, struct jid_error *why)
{
	size_t n = find(s, len, "/");
	int r;

	if ((r = parse_path(&u->account, s, n, base, why)) < 0)
		return r;
	/* authxmpp is nodeid "@" host, never a host alone */
	if (jid_local(&u->account, NULL) == NULL)
		return enforce_refuse(why, JID_LOCALPART, JID_RULE_EMPTY,
		    (size_t)(s - base), -1);
	if (len - n <= 1)
		return 0;
	return parse_path(&u->jid, s + n + 1, len - n - 1, base, why);
}

/* Cut off what follows the last character of *LEN bytes at S before MARK. */
static void
cut(const char *s, size_t *len, const char *mark, const char **rest,
    size_t *restlen)
{
	size_t n = find(s, *len, mark);

	if (n == *len)
		return;
	*rest = s + n + 1;
	*restlen = *len - n - 1;
	*len = n;
}

static int
parse(struct jid_uri *u, const char *s, size_t len, struct jid_error *why)
{
	const char *base = s;
	int r;

	if (!jiduri_is_one(s, len))
		return refuse(why, JID_RULE_URI_SCHEME, 0, -1);
	if ((r = check_bytes(s, len, why)) < 0)
		return r;
	s += 5;
	len -= 5;
	cut(s, &len, "#", &u->fragment, &u->fragmentlen);
	cut(s, &len, "?", &u->query, &u->querylen);
	if (u->query != NULL && (r = check_query(u->query, u->querylen,
	    (size_t)(u->query - base), why)) < 0)
		return r;
	if (len >= 2 && s[0] == '/' && s[1] == '/')
		return parse_with_account(u, s + 2, len - 2, base, why);
	return parse_path(&u->jid, s, len, base, why);
}

int
jiduri_parse(struct jid_uri *u, const char *s, size_t len,
    struct jid_error *why)
{
	struct jid_uri new = {0};
	struct jid_error e = {0};
	int r = parse(&new, s, len, &e);

	if (r == 0)
		*u = new;
	else if (r == XERR_SYNTAX && why != NULL)
		*why = e;
	return r;
}

static int
put_decoded(struct buf *b, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] != '%') {
			buf_putc(b, (unsigned char)s[i]);
			continue;
		}
		buf_putc(b, ascii_hex(s[i + 1]) << 4 | ascii_hex(s[i + 2]));
		i += 2;
	}
	return buf_err(b);
}

int
jiduri_action(struct buf *b, const struct jid_uri *u)
{
	if (u->query == NULL)
		return buf_err(b);
	return put_decoded(b, u->query, find(u->query, u->querylen, ";"));
}

int
jiduri_next(const struct jid_uri *u, size_t *pos, struct buf *key,
    struct buf *value)
{
	const char *s;
	size_t n, len;
	int r;

	if (u->query == NULL)
		return 0;
	if (*pos == 0)
		*pos = find(u->query, u->querylen, ";");
	if (*pos >= u->querylen)
		return 0;
	s = u->query + ++*pos;
	len = find(s, u->querylen - *pos, ";");
	*pos += len;
	n = find(s, len, "=");
	if ((r = put_decoded(key, s, n)) < 0)
		return r;
	r = put_decoded(value, s + n + 1, len - n - 1);
	return r < 0 ? r : 1;
}

static int
put_encoded(struct buf *b, const char *s, size_t len, const char *set)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (is_in(set, s[i]))
			buf_putc(b, s[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)s[i]);
	return buf_err(b);
}

static void
put_address(struct buf *b, const struct jid *j)
{
	const char *s;
	size_t len;

	if ((s = jid_local(j, &len)) != NULL) {
		put_encoded(b, s, len, in_local);
		buf_putc(b, '@');
	}
	s = jid_domain(j, &len);
	put_encoded(b, s, len, in_domain);
	if ((s = jid_resource(j, &len)) != NULL) {
		buf_putc(b, '/');
		put_encoded(b, s, len, in_resource);
	}
}

int
jiduri_put(struct buf *b, const struct jid *account, const struct jid *j)
{
	buf_puts(b, "xmpp:");
	if (account != NULL && !jid_is_empty(account)) {
		buf_puts(b, "//");
		put_address(b, account);
		if (!jid_is_empty(j))
			buf_putc(b, '/');
	}
	put_address(b, j);
	return buf_err(b);
}

int
jiduri_put_action(struct buf *b, const char *s, size_t len)
{
	buf_putc(b, '?');
	return put_encoded(b, s, len, in_query);
}

int
jiduri_put_pair(struct buf *b, const char *key, size_t keylen,
    const char *value, size_t valuelen)
{
	buf_putc(b, ';');
	put_encoded(b, key, keylen, in_query);
	buf_putc(b, '=');
	return put_encoded(b, value, valuelen, in_query);
}

int
jiduri_put_fragment(struct buf *b, const char *s, size_t len)
{
	buf_putc(b, '#');
	return put_encoded(b, s, len, in_resource);
}

/* Decode and encode again, so that there is one form for each query. */
static int
put_query(struct buf *b, const struct jid_uri *u)
{
	struct buf key, value;
	size_t pos = 0;
	int r;

	buf_init(&key, u->querylen);
	buf_init(&value, u->querylen);
	if ((r = jiduri_action(&key, u)) == 0)
		jiduri_put_action(b, (const char *)buf_data(&key),
		    buf_len(&key));
	while (r >= 0) {
		buf_reset(&key);
		if ((r = jiduri_next(u, &pos, &key, &value)) <= 0)
			break;
		jiduri_put_pair(b, (const char *)buf_data(&key), buf_len(&key),
		    (const char *)buf_data(&value), buf_len(&value));
		buf_reset(&value);
	}
	buf_release(&key);
	buf_release(&value);
	return r < 0 ? r : buf_err(b);
}

int
jiduri_put_uri(struct buf *b, const struct jid_uri *u)
{
	struct buf fragment;
	int r;

	if ((r = jiduri_put(b, &u->account, &u->jid)) < 0)
		return r;
	if (u->query != NULL && (r = put_query(b, u)) < 0)
		return r;
	if (u->fragment == NULL)
		return buf_err(b);
	buf_init(&fragment, u->fragmentlen);
	if ((r = put_decoded(&fragment, u->fragment, u->fragmentlen)) == 0)
		r = jiduri_put_fragment(b, (const char *)buf_data(&fragment),
		    buf_len(&fragment));
	buf_release(&fragment);
	return r;
}
