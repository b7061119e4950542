/* Splitting, building, comparing addresses; the short cut for ASCII. */
#include <string.h>

#include "base/xerr.h"
#include "jid/enforce.h"
#include "jid/jid.h"

/* What a byte may be part of without any further look at it. */
enum {
	LOCAL = 1,
	LETTER = 2,		/* of a domain label */
	DIGIT = 4,
	HYPHEN = 8,
	LABEL = LETTER | DIGIT | HYPHEN,
	RESOURCE = 16
};

#define R RESOURCE
#define L (LOCAL | RESOURCE)
#define D (LOCAL | DIGIT | RESOURCE)
#define H (LOCAL | HYPHEN | RESOURCE)
#define A (LOCAL | LETTER | RESOURCE)

/* Everything from 0x80, and the controls, take the long way. */
static const unsigned char kind[256] = {
	[' '] = R, L, R, L, L, L, R, R, L, L, L, L, L, H, L, R,
	['0'] = D, D, D, D, D, D, D, D, D, D, R, L, R, L, R, L,
	['@'] = R, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	['P'] = A, A, A, A, A, A, A, A, A, A, A, L, L, L, L, L,
	['`'] = L, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	['p'] = A, A, A, A, A, A, A, A, A, A, A, L, L, L, L
};

#undef R
#undef L
#undef D
#undef H
#undef A

/* Longer ones are rare, and the limits of the parts need no look here. */
enum { SHORT_MAX = 253 };

/*
 * The length of the plain domain name at the beginning of S: letters, digits
 * and inner hyphens, in labels of which the last begins with a letter, so that
 * it is no IPv4 address.  0 if it is not as plain as that: then what it is
 * takes a closer look.
 */
static size_t
plain_domain(const unsigned char *s, size_t len)
{
	size_t i = 0, start;

	for (;;) {
		start = i;
		while (i < len && kind[s[i]] & LABEL)
			i++;
		if (i == start || i - start > 63 || s[start] == '-' ||
		    s[i - 1] == '-')
			return 0;
		if (i - start > 3 && s[start + 2] == '-' &&
		    s[start + 3] == '-')
			return 0;
		if (i == len || s[i] != '.')
			break;
		i++;
	}
	return kind[s[start]] & LETTER ? i : 0;
}

/* Copy N bytes of ASCII, letters in lower case; eight at a time. */
static void
copy_lower(char *dst, const unsigned char *s, size_t n)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t w, upper;
	size_t i = 0;

	for (; n - i >= sizeof(w); i += sizeof(w)) {
		memcpy(&w, s + i, sizeof(w));
		/* the high bit of each byte from 'A' on but not behind 'Z' */
		upper = (w + (0x80 - 'A') * ones) &
		    ~(w + (0x80 - 'Z' - 1) * ones) & 0x80 * ones;
		w |= upper >> 2;
		memcpy(dst + i, &w, sizeof(w));
	}
	for (; i < n; i++)
		dst[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ?
		    s[i] | 0x20 : s[i]);
}

/*
 * The short cut: an address of unsuspicious ASCII needs only its letters
 * mapped.  Returns false, with *J untouched, if S is anything else.
 */
static bool
parse_plain(struct jid *j, const unsigned char *s, size_t len)
{
	size_t local = 0, domain, i = 0;

	if (len > SHORT_MAX)
		return false;
	while (i < len && kind[s[i]] & LOCAL)
		i++;
	if (i < len && s[i] == '@') {
		if (i == 0)
			return false;
		local = i++;
	} else {
		i = 0;
	}
	if ((domain = plain_domain(s + i, len - i)) == 0)
		return false;
	i += domain;
	if (i < len) {
		if (s[i] != '/' || i + 1 == len)
			return false;
		for (i++; i < len; i++)
			if (!(kind[s[i]] & RESOURCE))
				return false;
		i = local + (local > 0) + domain;
	}
	/* from the front, because S may be further behind in the same J */
	copy_lower(j->str, s, i);
	memmove(j->str + i, s + i, len - i);
	j->str[len] = '\0';
	j->locallen = (uint16_t)local;
	j->domainlen = (uint16_t)domain;
	j->resourcelen = (uint16_t)(i < len ? len - i - 1 : 0);
	return true;
}

int
enforce_refuse(struct jid_error *why, enum jid_part part, enum jid_rule rule,
    size_t offset, int32_t cp)
{
	*why = (struct jid_error){
		.part = part, .rule = rule, .offset = offset, .cp = cp
	};
	return XERR_SYNTAX;
}

/* A part of the input, which is absent if S is NULL. */
struct slice {
	const char *s;
	size_t len;
};

/* Cut S as RFC 7622 3.2 says: at the first '/', then at the first '@'. */
static void
split(const char *s, size_t len, struct slice *local, struct slice *domain,
    struct slice *resource)
{
	const char *p;

	*local = *resource = (struct slice){ NULL, 0 };
	if (len > 0 && (p = memchr(s, '/', len)) != NULL) {
		*resource = (struct slice){ p + 1, len - (size_t)(p + 1 - s) };
		len = (size_t)(p - s);
	}
	if (len > 0 && (p = memchr(s, '@', len)) != NULL) {
		*local = (struct slice){ s, (size_t)(p - s) };
		len -= (size_t)(p + 1 - s);
		s = p + 1;
	}
	*domain = (struct slice){ s, len };
}

/*
 * Enforce the parts and put them together in *J, which is written only when
 * nothing can fail any more.
 */
static int
build(struct jid *j, struct slice local, struct slice domain,
    struct slice resource, struct jid_error *why)
{
	struct jid new;
	char *p = new.str;
	int n;

	new.locallen = new.resourcelen = 0;
	if (local.s != NULL) {
		if ((n = enforce_local(p, local.s, local.len, why)) < 0)
			return n;
		new.locallen = (uint16_t)n;
		p += n;
		*p++ = '@';
	}
	if ((n = enforce_domain(p, domain.s, domain.len, why)) < 0)
		return n;
	new.domainlen = (uint16_t)n;
	p += n;
	if (resource.s != NULL) {
		*p++ = '/';
		if ((n = enforce_resource(p, resource.s, resource.len,
		    why)) < 0)
			return n;
		new.resourcelen = (uint16_t)n;
		p += n;
	}
	*p = '\0';
	jid_copy(j, &new);
	return 0;
}

int
jid_parse_why(struct jid *j, const char *s, size_t len, struct jid_error *why)
{
	struct slice local, domain, resource;
	struct jid_error e = {0};
	int r;

	if (parse_plain(j, (const unsigned char *)s, len))
		return 0;
	split(s, len, &local, &domain, &resource);
	r = build(j, local, domain, resource, &e);
	if (r == XERR_SYNTAX && why != NULL) {
		if (e.part == JID_DOMAINPART)
			e.offset += (size_t)(domain.s - s);
		else if (e.part == JID_RESOURCEPART)
			e.offset += (size_t)(resource.s - s);
		*why = e;
	}
	return r;
}

int
jid_parse(struct jid *j, const char *s, size_t len)
{
	return jid_parse_why(j, s, len, NULL);
}

static struct slice
slice_of(const char *s)
{
	return (struct slice){ s, s == NULL ? 0 : strlen(s) };
}

int
jid_make_why(struct jid *j, const char *local, const char *domain,
    const char *resource, struct jid_error *why)
{
	struct jid_error e = {0};
	int r;

	r = build(j, slice_of(local), slice_of(domain), slice_of(resource),
	    &e);
	if (r == XERR_SYNTAX && why != NULL)
		*why = e;
	return r;
}

int
jid_make(struct jid *j, const char *local, const char *domain,
    const char *resource)
{
	return jid_make_why(j, local, domain, resource, NULL);
}

const char *
jid_str(const struct jid *j)
{
	return j->str;
}

/* Where the domainpart begins. */
static size_t
domain_at(const struct jid *j)
{
	return j->locallen == 0 ? 0 : (size_t)j->locallen + 1;
}

static size_t
bare_len(const struct jid *j)
{
	return domain_at(j) + j->domainlen;
}

size_t
jid_len(const struct jid *j)
{
	return bare_len(j) + (j->resourcelen == 0 ? 0 :
	    (size_t)j->resourcelen + 1);
}

static const char *
part(const struct jid *j, size_t at, size_t n, size_t *len)
{
	if (len != NULL)
		*len = n;
	return n == 0 ? NULL : j->str + at;
}

const char *
jid_local(const struct jid *j, size_t *len)
{
	return part(j, 0, j->locallen, len);
}

const char *
jid_domain(const struct jid *j, size_t *len)
{
	return part(j, domain_at(j), j->domainlen, len);
}

const char *
jid_resource(const struct jid *j, size_t *len)
{
	return part(j, bare_len(j) + 1, j->resourcelen, len);
}

bool
jid_is_empty(const struct jid *j)
{
	return j->domainlen == 0;
}

bool
jid_is_bare(const struct jid *j)
{
	return j->domainlen > 0 && j->resourcelen == 0;
}

void
jid_to_bare(struct jid *j)
{
	j->resourcelen = 0;
	j->str[bare_len(j)] = '\0';
}

void
jid_to_domain(struct jid *j)
{
	memmove(j->str, j->str + domain_at(j), j->domainlen);
	j->locallen = 0;
	jid_to_bare(j);
}

void
jid_copy(struct jid *dst, const struct jid *src)
{
	memmove(dst, src, offsetof(struct jid, str) + jid_len(src) + 1);
}

bool
jid_equal(const struct jid *a, const struct jid *b)
{
	return a->resourcelen == b->resourcelen && jid_equal_bare(a, b) &&
	    memcmp(a->str, b->str, jid_len(a)) == 0;
}

bool
jid_equal_bare(const struct jid *a, const struct jid *b)
{
	return a->domainlen > 0 && a->domainlen == b->domainlen &&
	    a->locallen == b->locallen &&
	    memcmp(a->str, b->str, bare_len(a)) == 0;
}

bool
jid_domain_is_ip(const struct jid *j)
{
	size_t len, i;
	const char *s = jid_domain(j, &len);
	int dots = 0;

	if (len == 0)
		return false;
	if (s[0] == '[')
		return true;
	for (i = 0; i < len; i++)
		if (s[i] == '.')
			dots++;
		else if (!(kind[(unsigned char)s[i]] & DIGIT))
			return false;
	return dots == 3;
}
