/* Answers to requests that nobody asked for. */
#include <string.h>

#include "xml/ns.h"
#include "client/auto_reply.h"
#include "xmpp/stanza.h"

static const char *const features[] = {
	NS_DISCO_INFO, NS_PING, NS_VERSION
};

static void
add_info(struct elem *r, const struct auto_reply_identity *id)
{
	struct elem *q = elem_add(r, NS_DISCO_INFO, "query"), *c;
	size_t i;

	c = elem_add(q, NULL, "identity");
	elem_set(c, "category", id->category);
	elem_set(c, "type", id->type);
	elem_set(c, "name", id->name);
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		elem_set(elem_add(q, NULL, "feature"), "var", features[i]);
}

static void
add_version(struct elem *r, const struct auto_reply_identity *id)
{
	struct elem *q = elem_add(r, NS_VERSION, "query");

	elem_add_with_text(q, NULL, "name", id->name);
	elem_add_with_text(q, NULL, "version", id->version);
}

struct elem *
auto_reply_request(struct arena *a, const struct elem *e,
    const struct auto_reply_identity *id)
{
	const struct elem *q = elem_child(e, NULL, NULL);
	struct elem *r;

	if (q == NULL || elem_next(q, NULL, NULL) != NULL)
		return stanza_reply_error(a, e, "modify", "bad-request", NULL);
	if (strcmp(stanza_type(e), "get") != 0)
		return stanza_reply_error(a, e, "cancel",
		    "service-unavailable", NULL);
	if (elem_is(q, NS_DISCO_INFO, "query") && elem_get(q, "node") != NULL)
		return stanza_reply_error(a, e, "cancel", "item-not-found",
		    NULL);
	r = stanza_reply(a, e, "result");
	if (elem_is(q, NS_PING, "ping"))
		return r;
	if (elem_is(q, NS_DISCO_INFO, "query"))
		add_info(r, id);
	else if (elem_is(q, NS_VERSION, "query"))
		add_version(r, id);
	else
		return stanza_reply_error(a, e, "cancel",
		    "service-unavailable", NULL);
	return r;
}
