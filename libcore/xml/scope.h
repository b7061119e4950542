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
	const char *prefix;	/* "" is the default */
	const char *ns;
	unsigned depth;
};

struct scope {
	struct scope_binding *bind;
	size_t n, cap;
};

/* An empty scope; xml: is always bound. */
void scope_init(struct scope *s);
void scope_release(struct scope *s);

/*
 * Bind PREFIX (a NUL-terminated string, "" for the default) to NS at DEPTH.
 * Both are copied into A, whose memory must outlive the binding.  Returns 0,
 * XERR_NOMEM, XERR_LIMIT, or XERR_SYNTAX for what Namespaces in XML forbids
 * (section 2.2 and 3): xml and xmlns bound wrongly, a prefix bound to nothing.
 */
int scope_bind(struct scope *s, struct arena *a, unsigned depth,
    const char *prefix, const char *ns);

/* What the LEN bytes at PREFIX stand for, or NULL; "" for no default. */
const char *scope_find(const struct scope *s, const char *prefix, size_t len);

/* Forget what was bound at DEPTH and deeper. */
void scope_leave(struct scope *s, unsigned depth);

#endif
