/* Splitting, building, comparing addresses. */
#include <string.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/jid.h"

/* Longer ones are rare, and the limits of the parts need no look here. */
enum { SHORT_MAX = 253 };

/*
 * The short cut: an address of unsuspicious ASCII needs only its letters
 * mapped.  Returns false, with *J untouched, if S is anything else.
 */
static bool
parse_plain(struct jid *j, const char *s, size_t len)
{
	size_t local, domain, i;

	if (len > SHORT_MAX)
		return false;
	local = ascii_local(s, len);
	if (local == len || s[local] != '@')
		local = 0;	/* a domainpart alone, or something else */
	else if (local == 0)
		return false;
	i = local == 0 ? 0 : local + 1;
	if ((domain = ascii_domain(s + i, len - i)) == 0)
		return false;
	i += domain;
	if (i < len && (s[i] != '/' || i + 1 == len ||
	    ascii_resource(s + i + 1, len - i - 1) != len - i - 1))
		return false;
	/* from the front, because S may be further behind in the same J */
	ascii_lower(j->str, s, i);
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

	if (parse_plain(j, s, len))
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
