/* The element tree. */
#include <string.h>

#include "xml/elem.h"
#include "xml/ns.h"

static struct node *
add_node(struct elem *e)
{
	struct node *n;

	if ((n = arena_alloc(e->arena, sizeof(*n))) == NULL)
		return NULL;
	*n = (struct node){ 0 };
	if (e->last == NULL)
		e->nodes = n;
	else
		e->last->next = n;
	return e->last = n;
}

struct elem *
elem_new(struct arena *a, const char *ns, const char *name)
{
	struct elem *e;

	if ((e = arena_alloc(a, sizeof(*e))) == NULL)
		return NULL;
	*e = (struct elem){ .arena = a };
	e->name = arena_dup(a, name, strlen(name));
	e->ns = arena_dup(a, ns, strlen(ns));
	return e->name == NULL || e->ns == NULL ? NULL : e;
}

void
elem_adopt(struct elem *parent, struct elem *child)
{
	struct node *n;

	if (parent == NULL || child == NULL || (n = add_node(parent)) == NULL)
		return;
	n->elem = child;
	child->parent = parent;
	child->at = n;
}

struct elem *
elem_add(struct elem *parent, const char *ns, const char *name)
{
	struct elem *e;

	if (parent == NULL)
		return NULL;
	if (ns == NULL)
		ns = parent->ns;
	if ((e = elem_new(parent->arena, ns, name)) != NULL)
		elem_adopt(parent, e);
	return e;
}

struct elem *
elem_add_with_text(struct elem *parent, const char *ns, const char *name,
    const char *text)
{
	struct elem *e;

	if ((e = elem_add(parent, ns, name)) != NULL)
		elem_add_text(e, text, strlen(text));
	return e;
}

/* The link that points to the attribute NAME, or the one at the end. */
static struct attr **
find_attr(struct elem *e, const char *ns, const char *name)
{
	struct attr **p;

	for (p = &e->attrs; *p != NULL; p = &(*p)->next)
		if (strcmp((*p)->name, name) == 0 && strcmp((*p)->ns, ns) == 0)
			break;
	return p;
}

void
elem_set(struct elem *e, const char *name, const char *value)
{
	bool xml = strncmp(name, "xml:", 4) == 0;
	struct attr **p, *a;

	if (e == NULL)
		return;
	if (xml)
		name += 4;
	p = find_attr(e, xml ? NS_XML : "", name);
	if (value == NULL) {
		if (*p != NULL)
			*p = (*p)->next;
		return;
	}
	if (*p == NULL) {
		if ((a = arena_alloc(e->arena, sizeof(*a))) == NULL)
			return;
		*a = (struct attr){
			.name = arena_dup(e->arena, name, strlen(name)),
			.prefix = xml ? "xml" : NULL,
			.ns = xml ? NS_XML : "",
		};
	} else {
		a = *p;
	}
	a->value = arena_dup(e->arena, value, strlen(value));
	if (a->name != NULL && a->value != NULL)
		*p = a;
}

void
elem_add_text(struct elem *e, const char *text, size_t len)
{
	struct node *n;
	char *copy;

	if (e == NULL || len == 0 ||
	    (copy = arena_dup(e->arena, text, len)) == NULL ||
	    (n = add_node(e)) == NULL)
		return;
	n->text = copy;
	n->len = len;
}

static const char *
dup_or_null(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_dup(a, s, strlen(s));
}

/* A copy of E alone, with its attributes. */
static struct elem *
dup_one(struct arena *a, const struct elem *e)
{
	const struct attr *at;
	struct attr **end, *copy;
	struct elem *d;

	if ((d = elem_new(a, e->ns, e->name)) == NULL)
		return NULL;
	d->prefix = dup_or_null(a, e->prefix);
	end = &d->attrs;
	for (at = e->attrs; at != NULL; at = at->next) {
		if ((copy = arena_alloc(a, sizeof(*copy))) == NULL)
			return NULL;
		*copy = (struct attr){
			.name = dup_or_null(a, at->name),
			.prefix = dup_or_null(a, at->prefix),
			.ns = dup_or_null(a, at->ns),
			.value = dup_or_null(a, at->value),
		};
		*end = copy;
		end = &copy->next;
	}
	return arena_err(a) != 0 ? NULL : d;
}

struct elem *
elem_dup(struct arena *a, const struct elem *e)
{
	struct elem *d, *child;
	const struct node *n;

	/* As deep as the tree, which the parser bounds. */
	if ((d = dup_one(a, e)) == NULL)
		return NULL;
	for (n = e->nodes; n != NULL; n = n->next) {
		if (n->elem == NULL) {
			elem_add_text(d, n->text, n->len);
		} else {
			if ((child = elem_dup(a, n->elem)) == NULL)
				return NULL;
			elem_adopt(d, child);
		}
	}
	return arena_err(a) != 0 ? NULL : d;
}

bool
elem_is(const struct elem *e, const char *ns, const char *name)
{
	return e != NULL && (name == NULL || strcmp(e->name, name) == 0) &&
	    (ns == NULL || strcmp(e->ns, ns) == 0);
}

const char *
elem_get(const struct elem *e, const char *name)
{
	bool xml = strncmp(name, "xml:", 4) == 0;
	const struct attr *a;

	if (e == NULL)
		return NULL;
	if (xml)
		name += 4;
	for (a = e->attrs; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0 &&
		    strcmp(a->ns, xml ? NS_XML : "") == 0)
			return a->value;
	return NULL;
}

static struct elem *
first_from(const struct node *n, const char *ns, const char *name)
{
	for (; n != NULL; n = n->next)
		if (elem_is(n->elem, ns, name))
			return n->elem;
	return NULL;
}

struct elem *
elem_child(const struct elem *e, const char *ns, const char *name)
{
	return e == NULL ? NULL : first_from(e->nodes, ns, name);
}

struct elem *
elem_next(const struct elem *c, const char *ns, const char *name)
{
	return c == NULL || c->at == NULL ? NULL :
	    first_from(c->at->next, ns, name);
}

static bool
has_text(const struct elem *e)
{
	const struct node *n;

	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem == NULL && n->len > 0)
			return true;
	return false;
}

struct elem *
elem_child_lang(const struct elem *e, const char *ns, const char *name)
{
	struct elem *first = elem_child(e, ns, name), *c, *some = NULL;
	const char *ours = elem_get(e, "xml:lang"), *lang;

	for (c = first; c != NULL; c = elem_next(c, ns, name)) {
		if (!has_text(c))
			continue;
		lang = elem_get(c, "xml:lang");
		if (lang == NULL || (ours != NULL && strcmp(lang, ours) == 0))
			return c;
		if (some == NULL)
			some = c;
	}
	return some != NULL ? some : first;
}

const char *
elem_text(const struct elem *e)
{
	const struct node *n, *only = NULL;
	size_t len = 0, runs = 0;
	char *s, *p;

	if (e == NULL)
		return NULL;
	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem == NULL) {
			only = n;
			len += n->len;
			runs++;
		}
	if (runs == 0)
		return "";
	if (runs == 1)
		return only->text;
	if ((s = p = arena_alloc(e->arena, len + 1)) == NULL)
		return NULL;
	for (n = e->nodes; n != NULL; n = n->next)
		if (n->elem == NULL) {
			memcpy(p, n->text, n->len);
			p += n->len;
		}
	*p = '\0';
	return s;
}
