/* What a server offers in its stream features. */
#include <stdio.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "client/offer.h"

/*
 * Add the name S.  White space around it is not meant: pretty-printed features
 * have it, and the schema's types for names collapse it.
 */
static void
put_name(struct offer_names *n, struct arena *a, const char *s)
{
	static const char white[] = " \t\r\n";
	size_t len;

	s += strspn(s, white);
	len = strlen(s);
	while (len > 0 && strchr(white, s[len - 1]) != NULL)
		len--;
	if (len > 0)
		n->v[n->n++] = arena_dup(a, s, len);
}

/* The texts of E's children NS NAME, or their attribute ATTR if not NULL. */
static int
read_names(struct offer_names *n, struct arena *a, const struct elem *e,
    const char *ns, const char *name, const char *attr)
{
	const struct elem *c = elem_child(e, ns, name);
	const char *s;
	size_t seen = 0;

	for (; c != NULL; c = elem_next(c, ns, name)) {
		if (seen++ == OFFER_NAMES)
			return XERR_LIMIT;
		s = attr != NULL ? elem_get(c, attr) : elem_text(c);
		if (s != NULL)
			put_name(n, a, s);
	}
	return arena_err(a);
}

static unsigned
flag(const struct elem *e, const char *ns, const char *name, unsigned bit)
{
	return elem_child(e, ns, name) != NULL ? bit : 0;
}

/* What can be had together with SASL2: inline of AUTHENTICATION. */
static int
read_inline(struct offer *o, struct arena *a, const struct elem *inl)
{
	const struct elem *bind = elem_child(inl, NS_BIND2, "bind"), *f;
	const struct elem *fast = elem_child(inl, NS_FAST, "fast");
	const char *var;

	if (bind != NULL)
		o->has |= OFFER_BIND2;
	f = elem_child(elem_child(bind, NS_BIND2, "inline"), NS_BIND2,
	    "feature");
	for (; f != NULL; f = elem_next(f, NS_BIND2, "feature"))
		if ((var = elem_get(f, "var")) != NULL &&
		    strcmp(var, NS_SM) == 0)
			o->has |= OFFER_SM_INLINE;
	if (fast == NULL)
		return 0;
	o->has |= OFFER_FAST;
	return read_names(&o->fast, a, fast, NS_FAST, "mechanism", NULL);
}

int
offer_read(struct offer *o, struct arena *a, const struct elem *e)
{
	const struct elem *session = elem_child(e, NS_SESSION, "session");
	const struct elem *sasl2 = elem_child(e, NS_SASL2, "authentication");
	const struct elem *types;
	int r;

	*o = (struct offer){ 0 };
	o->has = flag(e, NS_TLS, "starttls", OFFER_STARTTLS) |
	    flag(e, NS_BIND, "bind", OFFER_BIND) |
	    flag(e, NS_SM, "sm", OFFER_SM);
	if (session != NULL &&
	    elem_child(session, NS_SESSION, "optional") == NULL)
		o->has |= OFFER_SESSION;
	if ((r = read_names(&o->mechanisms, a,
	    elem_child(e, NS_SASL, "mechanisms"), NS_SASL, "mechanism",
	    NULL)) < 0)
		return r;
	types = elem_child(e, NS_SASL_CB, "sasl-channel-binding");
	if (types != NULL)
		o->has |= OFFER_BINDINGS;
	if ((r = read_names(&o->types, a, types, NS_SASL_CB,
	    "channel-binding", "type")) < 0)
		return r;
	if ((r = read_names(&o->sasl2, a, sasl2, NS_SASL2, "mechanism",
	    NULL)) < 0)
		return r;
	if (o->sasl2.n == 0)
		return 0;
	o->has |= OFFER_SASL2;
	if ((r = read_names(&o->upgrades, a, sasl2, NS_UPGRADE, "upgrade",
	    NULL)) < 0)
		return r;
	return read_inline(o, a, elem_child(sasl2, NS_SASL2, "inline"));
}

bool
offer_names_has(const struct offer_names *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->n; i++)
		if (strcmp(n->v[i], name) == 0)
			return true;
	return false;
}

/* In whatever order: some servers have another one each time they start. */
static bool
same_names(const struct offer_names *a, const struct offer_names *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!offer_names_has(b, a->v[i]))
			return false;
	return true;
}

bool
offer_same(const struct offer *a, const struct offer *b)
{
	const unsigned bits = OFFER_SASL2 | OFFER_BIND2 | OFFER_SM_INLINE |
	    OFFER_FAST | OFFER_BINDINGS;

	return (a->has & bits) == (b->has & bits) &&
	    same_names(&a->mechanisms, &b->mechanisms) &&
	    same_names(&a->sasl2, &b->sasl2) &&
	    same_names(&a->fast, &b->fast) &&
	    same_names(&a->types, &b->types) &&
	    same_names(&a->upgrades, &b->upgrades);
}

void
offer_names_tell(const struct offer_names *n, char *s, size_t size)
{
	size_t i, used = 0;
	int w;

	snprintf(s, size, "none");
	for (i = 0; i < n->n && used < size; i++) {
		w = snprintf(s + used, size - used, "%s%s",
		    i == 0 ? "" : ", ", n->v[i]);
		if (w < 0)
			return;
		used += (size_t)w;
	}
}
