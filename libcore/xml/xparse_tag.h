/*
 * Start tags with their names resolved: what a parser that knows no namespaces
 * reports, made into names, prefixes and namespaces (Namespaces in XML 1.0).
 */
#ifndef XML_XPARSE_TAG_H
#define XML_XPARSE_TAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "xml/scope.h"

/* A name as it was written and what it means. */
struct xname {
	const char *qname;	/* PREFIX:LOCAL, or LOCAL */
	size_t len;		/* of qname */
	const char *local;	/* inside qname */
	const char *prefix;	/* NULL if none; lives as long as NS */
	const char *ns;		/* "" if none; until its element ends */
};

struct xattr {
	struct xname name;
	const char *value;
};

/*
 * A start tag.  The qnames and values are borrowed from whoever reported them
 * and are gone with the next tag.  Declarations are not among the attributes.
 */
struct xparse_tag {
	struct xname name;
	struct xattr *attrs;
	size_t nattrs;
	size_t cap;
	bool prefixed;		/* an attribute is of a namespace */
	const char *condition;	/* after an error: RFC 6120 4.9.3 */
	char msg[112];
};

/* How a tag is to be read. */
struct xparse_tag_rules {
	unsigned depth;		/* the declarations are for this one */
	unsigned max_attrs;	/* declarations included */
};

void xparse_tag_init(struct xparse_tag *t);
void xparse_tag_release(struct xparse_tag *t);

/*
 * Read the tag QNAME with ATTS, pairs of names and values with a NULL behind,
 * into T.  What it declares is bound in S, with strings in A.  Returns 0, or
 * XERR_SYNTAX, XERR_LIMIT or XERR_NOMEM, with t->condition and t->msg set.
 */
int xparse_tag_read(struct xparse_tag *t, struct scope *s, struct arena *a,
    const struct xparse_tag_rules *rules, const char *qname, const char **atts);

#endif
