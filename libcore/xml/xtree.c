/* Building trees. */
#include <string.h>

#include "xml/xtree.h"

void
xtree_init(struct xtree *t, size_t max)
{
	t->cur = NULL;
	buf_init(&t->text, max);
}

void
xtree_release(struct xtree *t)
{
	buf_release(&t->text);
	t->cur = NULL;
}

void
xtree_reset(struct xtree *t)
{
	buf_reset(&t->text);
	t->cur = NULL;
}

/* Character data comes in pieces and goes into the tree as one run. */
static int
flush(struct xtree *t)
{
	if (buf_err(&t->text) != 0)
		return buf_err(&t->text);
	if (buf_len(&t->text) == 0)
		return 0;
	elem_add_text(t->cur, (const char *)buf_data(&t->text),
	    buf_len(&t->text));
	buf_reset(&t->text);
	return arena_err(t->cur->arena);
}

static const char *
dup_local(struct arena *a, const struct xname *n)
{
	return arena_dup(a, n->local, n->len - (size_t)(n->local - n->qname));
}

static int
add_attrs(struct elem *e, const struct xparse_tag *tag)
{
	struct attr **end = &e->attrs, *a;
	size_t i;

	for (i = 0; i < tag->nattrs; i++) {
		if ((a = arena_alloc(e->arena, sizeof(*a))) == NULL)
			break;
		*a = (struct attr){
			.name = dup_local(e->arena, &tag->attrs[i].name),
			.prefix = tag->attrs[i].name.prefix,
			.ns = tag->attrs[i].name.ns,
			.value = arena_dup(e->arena, tag->attrs[i].value,
			    strlen(tag->attrs[i].value)),
		};
		*end = a;
		end = &a->next;
	}
	return arena_err(e->arena);
}

int
xtree_start(struct xtree *t, struct arena *a, const struct xparse_tag *tag)
{
	struct elem *e;
	int r;

	if ((r = flush(t)) < 0)
		return r;
	if ((e = arena_alloc(a, sizeof(*e))) == NULL)
		return arena_err(a);
	*e = (struct elem){ .arena = a, .name = dup_local(a, &tag->name),
		.prefix = tag->name.prefix, .ns = tag->name.ns };
	if ((r = add_attrs(e, tag)) < 0)
		return r;
	elem_adopt(t->cur, e);
	t->cur = e;
	return arena_err(a);
}

int
xtree_text(struct xtree *t, const char *s, size_t len)
{
	return buf_put(&t->text, s, len);
}

int
xtree_end(struct xtree *t, struct elem **e)
{
	int r;

	if ((r = flush(t)) < 0)
		return r;
	*e = t->cur;
	t->cur = t->cur->parent;
	return 0;
}
