/*
 * The element tree: one stanza, or anything else that is one XML element.
 *
 * All of a tree lives in one arena and dies with it; there is no way to free a
 * part.  Strings are UTF-8 with a NUL behind (XML has no NUL of its own) and
 * hold what was meant, not what was written: references and CDATA sections are
 * resolved.  A namespace is never NULL but "" where there is none; a prefix is
 * NULL where there is none.  Prefixes are kept so that a tree is written with
 * the names it was read with; they mean nothing else.
 *
 * Builders may be called with a NULL element and do nothing then, and return
 * NULL when the arena is exhausted: build all of it, then ask arena_err().
 */
#ifndef XML_ELEM_H
#define XML_ELEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct attr {
	struct attr *next;
	const char *name, *prefix, *ns;
	const char *value;
};

/* A child: an element, or (elem is NULL) a run of text. */
struct node {
	struct node *next;
	struct elem *elem;
	const char *text;
	size_t len;
};

struct elem {
	const char *name, *prefix, *ns;
	struct attr *attrs;		/* in the order they were written */
	struct node *nodes, *last;	/* first and last child */
	struct elem *parent;
	struct node *at;		/* where the parent has it */
	struct arena *arena;
};

/* A new element without parent.  NAME and NS are copied. */
struct elem *elem_new(struct arena *a, const char *ns, const char *name);

/* A new last child of PARENT.  NS NULL: the parent's namespace. */
struct elem *elem_add(struct elem *parent, const char *ns, const char *name);

/* The same with text in it. */
struct elem *elem_add_with_text(struct elem *parent, const char *ns,
    const char *name, const char *text);

/* Make CHILD, a root of the same arena, the last child of PARENT. */
void elem_adopt(struct elem *parent, struct elem *child);

/*
 * Set an attribute without namespace, replacing its value if it is there;
 * VALUE NULL removes it.  The name "xml:lang" sets that one.
 */
void elem_set(struct elem *e, const char *name, const char *value);

/* Append LEN bytes of text, which are copied. */
void elem_add_text(struct elem *e, const char *text, size_t len);

/* A deep copy without parent in another arena, or NULL. */
struct elem *elem_dup(struct arena *a, const struct elem *e);

/* Is it this one?  NULL NS or NAME: any. */
bool elem_is(const struct elem *e, const char *ns, const char *name);

/* The value of an attribute ("xml:lang" too), or NULL; E may be NULL. */
const char *elem_get(const struct elem *e, const char *name);

/*
 * The first child element that elem_is(), and the first one behind child C
 * that is; NULL if there is none.  E and C may be NULL.
 */
struct elem *elem_child(const struct elem *e, const char *ns,
    const char *name);
struct elem *elem_next(const struct elem *c, const char *ns,
    const char *name);

/*
 * Of the children that elem_is(), which say the same in several languages (RFC
 * 6121 5.2.3): the first that has text and is in the language of E, or in none
 * that it names; else the first that has text, else the first; or NULL.
 */
struct elem *elem_child_lang(const struct elem *e, const char *ns,
    const char *name);

/*
 * The text directly inside E as one string, "" if there is none, NULL if E is
 * NULL or there was no memory to join several runs (in E's arena).
 */
const char *elem_text(const struct elem *e);

#endif
