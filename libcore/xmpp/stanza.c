/* What is the same for all stanzas. */
#include <string.h>

#include "xml/ns.h"
#include "jid/jidsame.h"
#include "xmpp/stanza.h"

bool
stanza_is(const struct elem *e)
{
	return elem_is(e, NS_CLIENT, "message") ||
	    elem_is(e, NS_CLIENT, "presence") || elem_is(e, NS_CLIENT, "iq");
}

bool
stanza_is_request(const struct elem *e)
{
	const char *type = elem_get(e, "type");

	return elem_is(e, NS_CLIENT, "iq") && type != NULL &&
	    (strcmp(type, "get") == 0 || strcmp(type, "set") == 0);
}

const char *
stanza_type(const struct elem *e)
{
	const char *type = elem_get(e, "type");

	if (type != NULL)
		return type;
	if (elem_is(e, NULL, "message"))
		return "normal";
	return elem_is(e, NULL, "presence") ? "available" : "";
}

/* Text for people that says nothing of its language itself. */
static bool
has_text(const struct elem *e)
{
	static const char *const names[] = { "body", "subject", "status" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (elem_child(e, NS_CLIENT, names[i]) != NULL)
			return true;
	return elem_child(elem_child(e, NS_CLIENT, "error"),
	    NS_STANZA_ERRORS, "text") != NULL;
}

void
stanza_set_lang(struct elem *e, const char *lang)
{
	if (lang != NULL && elem_get(e, "xml:lang") == NULL && has_text(e))
		elem_set(e, "xml:lang", lang);
}

bool
stanza_is_from_server(const struct elem *e, const struct jid *me)
{
	const char *from = elem_get(e, "from");
	struct jid j, domain;

	if (from == NULL)
		return true;
	if (jid_parse(&j, from, strlen(from)) < 0)
		return false;
	jid_copy(&domain, me);
	jid_to_domain(&domain);
	return jid_equal(&j, me) || jid_equal(&j, &domain) ||
	    (jid_is_bare(&j) && jid_same_bare(&j, me));
}

struct elem *
stanza_reply(struct arena *a, const struct elem *e, const char *type)
{
	struct elem *r = elem_new(a, NS_CLIENT, e->name);

	elem_set(r, "to", elem_get(e, "from"));
	elem_set(r, "type", type);
	elem_set(r, "id", elem_get(e, "id"));
	return r;
}

struct elem *
stanza_reply_error(struct arena *a, const struct elem *e, const char *type,
    const char *condition, const char *text)
{
	struct elem *r = stanza_reply(a, e, "error");
	struct elem *err = elem_add(r, NULL, "error");

	elem_set(err, "type", type);
	elem_add(err, NS_STANZA_ERRORS, condition);
	if (text != NULL)
		elem_add_with_text(err, NS_STANZA_ERRORS, "text", text);
	return r;
}

static const struct elem *
error_of(const struct elem *e)
{
	return e == NULL ? NULL : elem_child(e, e->ns, "error");
}

const char *
stanza_error_condition(const struct elem *e)
{
	const struct elem *c;

	c = elem_child(error_of(e), NS_STANZA_ERRORS, NULL);
	for (; c != NULL; c = elem_next(c, NS_STANZA_ERRORS, NULL))
		if (strcmp(c->name, "text") != 0)
			return c->name;
	return "undefined-condition";
}

const char *
stanza_error_type(const struct elem *e)
{
	const char *type = elem_get(error_of(e), "type");

	return type == NULL ? "cancel" : type;
}

const char *
stanza_error_text(const struct elem *e)
{
	return elem_text(elem_child(error_of(e), NS_STANZA_ERRORS, "text"));
}
