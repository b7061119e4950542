/*
 * Namespaces in XML 1.0 while reading: which prefix stands for what at the
 * element being read.  Ours and not expat's, because expat's takes names such
 * as a:b:c, and joins a name of parts that would have to be cut again.
 */
#ifndef XML_SCOPE_H
#define XML_SCOPE_H

#include <stddef.h>

#include "base/arena.h"

struct scope_binding {
	const char *prefix;	/* NULL is the default */
	const char *ns;
	unsigned depth;
};

enum { SCOPE_KNOWN = 32, SCOPE_KNOWN_LEN = 64 };

struct scope {
	struct scope_binding *bind;
	size_t n, cap;
	const struct scope_binding *dflt;	/* the default one in force */
	char known[SCOPE_KNOWN][SCOPE_KNOWN_LEN];	/* names seen before */
};

/* An empty scope; xml: is always bound. */
void scope_init(struct scope *s);
void scope_release(struct scope *s);

/*
 * Bind PREFIX (a NUL-terminated string, "" for the default) to NS at DEPTH.
 * Both are copied into S, or into A, whose memory must outlive the binding.
 * Returns 0, XERR_NOMEM, XERR_LIMIT, or XERR_SYNTAX for what Namespaces in XML
 * forbids (section 2.2 and 3): xml and xmlns bound wrongly, a prefix bound to
 * nothing.
 */
int scope_bind(struct scope *s, struct arena *a, unsigned depth,
    const char *prefix, const char *ns);

/*
 * What the LEN bytes at PREFIX stand for, or NULL.  The binding is valid until
 * the next scope_bind(), its strings until their element ends.
 */
const struct scope_binding *scope_find(const struct scope *s,
    const char *prefix, size_t len);

/* The default namespace, as a binding whose prefix is NULL. */
static inline const struct scope_binding *
scope_default(const struct scope *s)
{
	return s->dflt;
}

/* Forget what was bound at DEPTH and deeper. */
void scope_forget(struct scope *s, unsigned depth);

static inline void
scope_leave(struct scope *s, unsigned depth)
{
	if (s->n > 0 && s->bind[s->n - 1].depth >= depth)
		scope_forget(s, depth);
}

#endif
