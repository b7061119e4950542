/* Start tags with their names resolved. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/xparse_tag.h"

void
xparse_tag_init(struct xparse_tag *t)
{
	*t = (struct xparse_tag){ .cap = 0 };
}

void
xparse_tag_release(struct xparse_tag *t)
{
	free(t->attrs);
	xparse_tag_init(t);
}

static int
fail(struct xparse_tag *t, int r, const char *condition, const char *msg)
{
	t->condition = condition;
	snprintf(t->msg, sizeof(t->msg), "%s", msg);
	return r;
}

static int
fail_mem(struct xparse_tag *t, int r)
{
	if (r == XERR_LIMIT)
		return fail(t, r, "policy-violation",
		    "the element is too large");
	return fail(t, r, "resource-constraint", "out of memory");
}

static int
fail_crowd(struct xparse_tag *t, unsigned max)
{
	char msg[64];

	snprintf(msg, sizeof(msg), "an element with more than %u attributes",
	    max);
	return fail(t, XERR_LIMIT, "policy-violation", msg);
}

/* Is this attribute a namespace declaration?  *PREFIX is what it declares. */
static bool
is_declaration(const char *name, const char **prefix)
{
	if (name[0] != 'x' || strncmp(name, "xmlns", 5) != 0)
		return false;
	if (name[5] == '\0') {
		*prefix = name + 5;
		return true;
	}
	*prefix = name + 6;
	return name[5] == ':';
}

static int
declare(struct xparse_tag *t, struct scope *s, struct arena *a,
    const struct xparse_tag_rules *rules, const char *name, const char *prefix,
    const char *ns)
{
	int r;

	/* xmlns: and xmlns:a:b are no declarations of anything. */
	if (name[5] == ':' && (*prefix == '\0' || strchr(prefix, ':') != NULL))
		r = XERR_SYNTAX;
	else
		r = scope_bind(s, a, rules->depth, prefix, ns);
	if (r == XERR_SYNTAX)
		return fail(t, r, "not-well-formed",
		    "illegal namespace declaration");
	return r < 0 ? fail_mem(t, r) : 0;
}

/* Cut the name QNAME at its (first) colon. */
static void
cut(struct xname *n, const char *qname)
{
	const char *s = qname;

	n->qname = n->local = qname;
	while (*s != ':' && *s != '\0')
		s++;
	if (*s == ':') {
		n->local = s + 1;
		s += strlen(s);
	}
	n->len = (size_t)(s - qname);
}

/* A second colon, or nothing on one side of it, makes no QName. */
static int
resolve(struct xparse_tag *t, const struct scope *s, struct xname *n)
{
	size_t len = (size_t)(n->local - n->qname) - 1;
	const struct scope_binding *b;
	char msg[96];

	if (len == 0 || len + 1 == n->len || strchr(n->local, ':') != NULL)
		return fail(t, XERR_SYNTAX, "not-well-formed",
		    "a name with a misplaced colon");
	if ((b = scope_find(s, n->qname, len)) == NULL) {
		snprintf(msg, sizeof(msg), "prefix %.*s is not declared",
		    len > 64 ? 64 : (int)len, n->qname);
		return fail(t, XERR_SYNTAX, "bad-namespace-prefix", msg);
	}
	n->prefix = b->prefix;
	n->ns = b->ns;
	return 0;
}

static int
grow(struct xparse_tag *t)
{
	size_t cap = t->cap == 0 ? 16 : t->cap * 2;
	struct xattr *more;

	if ((more = realloc(t->attrs, cap * sizeof(*more))) == NULL)
		return fail_mem(t, XERR_NOMEM);
	t->attrs = more;
	t->cap = cap;
	return 0;
}

/* Sort the attributes into declarations, which come into force, and others. */
static int
take_attrs(struct xparse_tag *t, struct scope *s, struct arena *mem,
    const struct xparse_tag_rules *rules, const char **atts)
{
	const char *prefix;
	struct xattr *a;
	unsigned n;
	int r;

	t->nattrs = 0;
	t->prefixed = false;
	for (n = 0; *atts != NULL; atts += 2) {
		if (++n > rules->max_attrs)
			return fail_crowd(t, rules->max_attrs);
		if (is_declaration(atts[0], &prefix)) {
			if ((r = declare(t, s, mem, rules, atts[0], prefix,
			    atts[1])) < 0)
				return r;
			continue;
		}
		if (t->nattrs == t->cap && (r = grow(t)) < 0)
			return r;
		a = &t->attrs[t->nattrs++];
		cut(&a->name, atts[0]);
		a->name.prefix = NULL;
		a->name.ns = "";
		a->value = atts[1];
		t->prefixed |= a->name.local != a->name.qname;
	}
	return 0;
}

/*
 * Two prefixes may stand for one namespace (Namespaces in XML, 6.3); that a
 * name as it is written comes twice, the parser below has refused.
 */
static bool
is_unique(const struct xparse_tag *t, size_t i)
{
	const struct xname *n = &t->attrs[i].name, *m;

	while (i-- > 0) {
		m = &t->attrs[i].name;
		if (m->prefix != NULL && strcmp(m->local, n->local) == 0 &&
		    strcmp(m->ns, n->ns) == 0)
			return false;
	}
	return true;
}

/* The attributes of a namespace are those with a prefix. */
static int
resolve_attrs(struct xparse_tag *t, const struct scope *s)
{
	struct xname *n;
	size_t i;
	int r;

	for (i = 0; i < t->nattrs; i++) {
		n = &t->attrs[i].name;
		if (n->local == n->qname)
			continue;
		if ((r = resolve(t, s, n)) < 0)
			return r;
		if (!is_unique(t, i))
			return fail(t, XERR_SYNTAX, "not-well-formed",
			    "duplicate attribute");
	}
	return 0;
}

int
xparse_tag_read(struct xparse_tag *t, struct scope *s, struct arena *a,
    const struct xparse_tag_rules *rules, const char *qname, const char **atts)
{
	int r;

	if ((r = take_attrs(t, s, a, rules, atts)) < 0)
		return r;
	cut(&t->name, qname);
	if (t->name.local == qname) {
		t->name.prefix = NULL;
		t->name.ns = scope_default(s)->ns;
	} else if ((r = resolve(t, s, &t->name)) < 0) {
		return r;
	}
	return t->prefixed ? resolve_attrs(t, s) : 0;
}
