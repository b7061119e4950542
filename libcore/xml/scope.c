/* Namespaces in XML 1.0 while reading. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/scope.h"

void
scope_init(struct scope *s)
{
	*s = (struct scope){ 0 };
}

void
scope_release(struct scope *s)
{
	free(s->bind);
	scope_init(s);
}

/*
 * A URI has no space in it, and parsers that write an expanded name with a
 * space between its halves would read another one.
 */
static int
is_legal(const char *prefix, const char *ns)
{
	if (strchr(ns, ' ') != NULL)
		return 0;
	if (strcmp(prefix, "xmlns") == 0 || strcmp(ns, NS_XMLNS) == 0)
		return 0;
	if ((strcmp(prefix, "xml") == 0) != (strcmp(ns, NS_XML) == 0))
		return 0;
	return *prefix == '\0' || *ns != '\0';
}

int
scope_bind(struct scope *s, struct arena *a, unsigned depth,
    const char *prefix, const char *ns)
{
	struct scope_binding *more, *b;
	size_t cap = s->cap == 0 ? 16 : s->cap * 2;

	if (!is_legal(prefix, ns))
		return XERR_SYNTAX;
	if (s->n == s->cap) {
		if ((more = realloc(s->bind, cap * sizeof(*more))) == NULL)
			return XERR_NOMEM;
		s->bind = more;
		s->cap = cap;
	}
	b = &s->bind[s->n];
	b->prefix = arena_dup(a, prefix, strlen(prefix));
	b->ns = arena_dup(a, ns, strlen(ns));
	b->depth = depth;
	if (b->prefix == NULL || b->ns == NULL)
		return arena_err(a);
	s->n++;
	return 0;
}

const char *
scope_find(const struct scope *s, const char *prefix, size_t len)
{
	const struct scope_binding *b;
	size_t i;

	for (i = s->n; i > 0; i--) {
		b = &s->bind[i - 1];
		if (strncmp(b->prefix, prefix, len) == 0 &&
		    b->prefix[len] == '\0')
			return b->ns;
	}
	if (len == 3 && memcmp(prefix, "xml", 3) == 0)
		return NS_XML;
	return len == 0 ? "" : NULL;
}

void
scope_leave(struct scope *s, unsigned depth)
{
	while (s->n > 0 && s->bind[s->n - 1].depth >= depth)
		s->n--;
}
