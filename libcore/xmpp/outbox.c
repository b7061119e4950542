/* Stanzas that were sent and not yet acknowledged. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xmpp/outbox.h"

void
outbox_init(struct outbox *o)
{
	*o = (struct outbox){ 0 };
}

void
outbox_release(struct outbox *o)
{
	outbox_drop(o, o->count);
	outbox_init(o);
}

/* Copy S to *P and move *P behind it. */
static const char *
keep(unsigned char **p, const char *s, size_t len)
{
	char *copy = (char *)*p;

	if (s == NULL)
		return NULL;
	memcpy(copy, s, len);
	*p += len;
	return copy;
}

static size_t
size_of(const char *s)
{
	return s == NULL ? 0 : strlen(s) + 1;
}

static void
append(struct outbox *o, struct outbox_item *it)
{
	it->next = NULL;
	if (o->last == NULL)
		o->first = it;
	else
		o->last->next = it;
	o->last = it;
	o->count++;
	o->own += it->kind == NULL;
	o->bytes += it->len;
}

/* The first item, which is the caller's now. */
static struct outbox_item *
take(struct outbox *o)
{
	struct outbox_item *it = o->first;

	if (it == NULL)
		return NULL;
	o->first = it->next;
	if (o->first == NULL)
		o->last = NULL;
	o->count--;
	o->own -= it->kind == NULL;
	o->bytes -= it->len;
	return it;
}

int
outbox_add(struct outbox *o, const struct elem *e, const void *data,
    size_t len)
{
	const char *id = elem_get(e, "id"), *to = elem_get(e, "to");
	size_t nid = size_of(id), nto = size_of(to), nkind = size_of(e->name);
	struct outbox_item *it;
	unsigned char *p;

	it = malloc(sizeof(*it) + nkind + nid + nto + len);
	if (it == NULL)
		return XERR_NOMEM;
	p = (unsigned char *)(it + 1);
	it->kind = keep(&p, e->name, nkind);
	it->id = keep(&p, id, nid);
	it->to = keep(&p, to, nto);
	it->bytes = (const unsigned char *)keep(&p, data, len);
	it->len = len;
	append(o, it);
	return 0;
}

int
outbox_add_own(struct outbox *o)
{
	struct outbox_item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return XERR_NOMEM;
	append(o, it);
	return 0;
}

void
outbox_move(struct outbox *o, struct outbox *from)
{
	struct outbox_item *it;

	while ((it = take(from)) != NULL)
		if (it->kind != NULL)
			append(o, it);
		else
			free(it);
}

void
outbox_disown(struct outbox *o)
{
	struct outbox_item *it;

	for (it = o->first; it != NULL; it = it->next)
		it->kind = NULL;
	o->own = o->count;
}

void
outbox_drop(struct outbox *o, size_t n)
{
	struct outbox_item *it;

	for (; n > 0 && (it = take(o)) != NULL; n--) {
		o->h++;
		free(it);
	}
}

long
outbox_ack(struct outbox *o, uint32_t h)
{
	/* modulo 2^32: also right where the counter has wrapped */
	uint32_t more = h - o->h;

	if (more > o->count)
		return XERR_PROTO;
	outbox_drop(o, more);
	return (long)more;
}
