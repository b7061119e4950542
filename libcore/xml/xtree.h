/* Building the tree of one element out of tags and text as they are read. */
#ifndef XML_XTREE_H
#define XML_XTREE_H

#include <stddef.h>

#include "base/buf.h"
#include "xml/elem.h"
#include "xml/xparse_tag.h"

struct xtree {
	struct elem *cur;	/* innermost open element, NULL if none */
	struct buf text;	/* character data not yet in the tree */
};

/* Nothing is open; runs of text are at most MAX bytes. */
void xtree_init(struct xtree *t, size_t max);
void xtree_release(struct xtree *t);

/* Forget what is open. */
void xtree_reset(struct xtree *t);

/*
 * A start tag, whose element goes into arena A, as do its children; the
 * namespaces and prefixes in TAG must live as long.  Text.  An end tag: *E is
 * the element that it ends.  They return 0 or the error of A or of the text.
 */
int xtree_start(struct xtree *t, struct arena *a, const struct xparse_tag *tag);
int xtree_text(struct xtree *t, const char *s, size_t len);
int xtree_end(struct xtree *t, struct elem **e);

#endif
