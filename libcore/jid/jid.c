/* Splitting, building, comparing addresses. */
#include <string.h>

#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/jid.h"

int
enforce_refuse(struct jid_error *why, enum jid_part part, enum jid_rule rule,
    size_t offset, int32_t cp)
{
	*why = (struct jid_error){
		.part = part, .rule = rule, .offset = offset, .cp = cp,
		.other = -1
	};
	return XERR_SYNTAX;
}

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

/* enforce_parts(), by HOW. */
static int
build(struct jid *j, struct slice local, struct slice domain,
    struct slice resource, const struct enforcer *how, struct jid_error *why)
{
	struct jid new;
	char *p = new.str;
	int n;

	new.locallen = new.resourcelen = 0;
	if (local.s != NULL) {
		if ((n = how->local(p, local.s, local.len, why)) < 0)
			return n;
		new.locallen = (uint16_t)n;
		p += n;
		*p++ = '@';
	}
	if ((n = how->domain(p, domain.s, domain.len, why)) < 0)
		return n;
	new.domainlen = (uint16_t)n;
	p += n;
	if (resource.s != NULL) {
		*p++ = '/';
		n = how->resource(p, resource.s, resource.len, why);
		if (n < 0)
			return n;
		new.resourcelen = (uint16_t)n;
		p += n;
	}
	*p = '\0';
	new.len = (uint16_t)(p - new.str);
	jid_copy(j, &new);
	return 0;
}

/* The long way: apart, so that the short cut needs no room for it. */
static __attribute__((noinline)) int
parse_parts(struct jid *j, const char *s, size_t len,
    const struct enforcer *how, struct jid_error *why)
{
	struct slice local, domain, resource;
	struct jid_error e = {0};
	int r;

	split(s, len, &local, &domain, &resource);
	r = build(j, local, domain, resource, how, &e);
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
enforce_parse(struct jid *j, const char *s, size_t len,
    const struct enforcer *how, struct jid_error *why)
{
	if (ascii_parse(j, s, len))
		return 0;
	return parse_parts(j, s, len, how, why);
}

static const struct enforcer rfc7622 = {
	enforce_local, enforce_domain, enforce_resource
};

int
enforce_parts(struct jid *j, struct slice local, struct slice domain,
    struct slice resource, struct jid_error *why)
{
	return build(j, local, domain, resource, &rfc7622, why);
}

int
jid_parse_why(struct jid *j, const char *s, size_t len, struct jid_error *why)
{
	return enforce_parse(j, s, len, &rfc7622, why);
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

	r = enforce_parts(j, slice_of(local), slice_of(domain),
	    slice_of(resource), &e);
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
	return j->len;
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
	j->len = (uint16_t)bare_len(j);
	j->str[j->len] = '\0';
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
