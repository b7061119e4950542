/* Namespaces in XML 1.0 while reading. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/scope.h"

static const struct scope_binding none = { NULL, "", 0 };
static const struct scope_binding xml = { "xml", NS_XML, 0 };

void
scope_init(struct scope *s)
{
	*s = (struct scope){ .dflt = &none };
}

void
scope_release(struct scope *s)
{
	free(s->bind);
	scope_init(s);
}

/* Any name is good, also one that is no URI (Namespaces in XML 1.0, 3). */
static int
is_legal(const char *prefix, const char *ns)
{
	if (strcmp(prefix, "xmlns") == 0 || strcmp(ns, NS_XMLNS) == 0)
		return 0;
	if ((strcmp(prefix, "xml") == 0) != (strcmp(ns, NS_XML) == 0))
		return 0;
	return *prefix == '\0' || *ns != '\0';
}

/*
 * Most namespace names come again and again: the first few of a stream are
 * checked and copied once.  One that is kept is never replaced, since trees
 * point to it.
 */
static char *
slot_of(struct scope *s, const char *ns, size_t len)
{
	return s->known[(len * 7 + (unsigned char)ns[len - 1]) % SCOPE_KNOWN];
}

/* The kept copy of NS if it is legal for PREFIX, else NULL. */
static const char *
find_known(struct scope *s, const char *prefix, const char *ns, size_t len)
{
	const char *k;

	if (len == 0 || len >= SCOPE_KNOWN_LEN || *prefix == 'x')
		return NULL;
	k = slot_of(s, ns, len);
	return memcmp(k, ns, len + 1) == 0 ? k : NULL;
}

/* A copy of NS, which is legal, or NULL. */
static const char *
keep(struct scope *s, struct arena *a, const char *ns, size_t len)
{
	char *k;

	if (len > 0 && len < SCOPE_KNOWN_LEN && strcmp(ns, NS_XML) != 0) {
		k = slot_of(s, ns, len);
		if (*k == '\0')
			return memcpy(k, ns, len + 1);
	}
	return arena_dup(a, ns, len);
}

/* Look for the innermost default again. */
static void
find_default(struct scope *s)
{
	size_t i;

	for (i = s->n; i > 0 && s->bind[i - 1].prefix != NULL; i--)
		;
	s->dflt = i > 0 ? &s->bind[i - 1] : &none;
}

static int
grow(struct scope *s)
{
	size_t cap = s->cap == 0 ? 16 : s->cap * 2;
	struct scope_binding *more;

	if ((more = realloc(s->bind, cap * sizeof(*more))) == NULL)
		return XERR_NOMEM;
	s->bind = more;
	s->cap = cap;
	find_default(s);
	return 0;
}

int
scope_bind(struct scope *s, struct arena *a, unsigned depth,
    const char *prefix, const char *ns)
{
	size_t len = strlen(ns);
	const char *copy = find_known(s, prefix, ns, len);
	struct scope_binding *b;

	if (copy == NULL && !is_legal(prefix, ns))
		return XERR_SYNTAX;
	if (s->n == s->cap && grow(s) < 0)
		return XERR_NOMEM;
	b = &s->bind[s->n];
	b->prefix = *prefix == '\0' ? NULL :
	    arena_dup(a, prefix, strlen(prefix));
	b->ns = copy != NULL ? copy : keep(s, a, ns, len);
	b->depth = depth;
	if (arena_err(a) != 0)
		return arena_err(a);
	s->n++;
	if (b->prefix == NULL)
		s->dflt = b;
	return 0;
}

const struct scope_binding *
scope_find(const struct scope *s, const char *prefix, size_t len)
{
	const struct scope_binding *b;
	size_t i;

	if (len == 0)
		return s->dflt;
	for (i = s->n; i > 0; i--) {
		b = &s->bind[i - 1];
		if (b->prefix != NULL &&
		    strncmp(b->prefix, prefix, len) == 0 &&
		    b->prefix[len] == '\0')
			return b;
	}
	return len == 3 && memcmp(prefix, "xml", 3) == 0 ? &xml : NULL;
}

void
scope_forget(struct scope *s, unsigned depth)
{
	while (s->n > 0 && s->bind[s->n - 1].depth >= depth)
		s->n--;
	find_default(s);
}
