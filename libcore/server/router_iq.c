/* The requests that the server answers, for itself and for its accounts. */
#include <string.h>

#include "xml/ns.h"
#include "server/server_reply.h"
#include "server/router_int.h"

static bool
is_set(const struct elem *e)
{
	const char *type = elem_get(e, "type");

	return type != NULL && strcmp(type, "set") == 0;
}

static void
add_feature(struct elem *query, const char *var)
{
	elem_set(elem_add(query, NULL, "feature"), "var", var);
}

static void
add_identity(struct elem *query, const char *category, const char *type,
    const char *name)
{
	struct elem *e = elem_add(query, NULL, "identity");

	elem_set(e, "category", category);
	elem_set(e, "type", type);
	elem_set(e, "name", name);
}

/* XEP-0030 3.1 */
static void
disco_info(struct router *r, struct elem *reply,
    const struct router_account *a)
{
	struct elem *q = elem_add(reply, NS_DISCO_INFO, "query");

	if (a != NULL)
		add_identity(q, "account", "registered", NULL);
	else
		add_identity(q, "server", "im", r->config.name);
	add_feature(q, NS_DISCO_INFO);
	add_feature(q, NS_DISCO_ITEMS);
	add_feature(q, NS_PING);
	if (a != NULL)
		return;
	add_feature(q, NS_ROSTER);
	add_feature(q, NS_VERSION);
	add_feature(q, "msgoffline");
}

/* Everyone but A, each a contact (RFC 6121 2.1). */
static void
roster(struct router *r, struct elem *reply, const struct router_account *a)
{
	struct elem *q = elem_add(reply, NS_ROSTER, "query"), *item;
	const struct router_account *b;
	struct jid j;

	for (b = r->accounts; b < r->accounts + r->naccounts; b++) {
		if (b == a || jid_make(&j, b->local, r->config.domain,
		    NULL) < 0)
			continue;
		item = elem_add(q, NULL, "item");
		elem_set(item, "jid", jid_str(&j));
		elem_set(item, "name", b->local);
		elem_set(item, "subscription", "both");
	}
}

/* XEP-0092 */
static void
version(struct router *r, struct elem *reply)
{
	struct elem *q = elem_add(reply, NS_VERSION, "query");

	elem_add_with_text(q, NULL, "name", r->config.name);
	elem_add_with_text(q, NULL, "version", r->config.version);
}

/* Put what a request for C gets into REPLY; false if there is no such. */
static bool
fill(struct router *r, struct elem *reply, const struct elem *c,
    const struct router_account *a, bool own)
{
	if (elem_is(c, NS_DISCO_INFO, "query"))
		disco_info(r, reply, a);
	else if (elem_is(c, NS_DISCO_ITEMS, "query"))
		elem_add(reply, NS_DISCO_ITEMS, "query");
	else if (elem_is(c, NS_VERSION, "query") && a == NULL)
		version(r, reply);
	else if (elem_is(c, NS_ROSTER, "query") && own)
		roster(r, reply, a);
	else
		return elem_is(c, NS_PING, "ping");
	return true;
}

/* Why a request is refused, or NULL. */
static const char *
refusal(const struct elem *e, const struct elem *c, bool own)
{
	if (elem_is(c, NS_ROSTER, "query")) {
		if (!own)
			return "forbidden";
		return is_set(e) ? "not-allowed" : NULL;
	}
	/* what asks for nothing but "yes" (RFC 3921 section 3) */
	if (is_set(e))
		return elem_is(c, NS_SESSION, "session") ? NULL :
		    "service-unavailable";
	if ((elem_is(c, NS_DISCO_INFO, "query") ||
	    elem_is(c, NS_DISCO_ITEMS, "query")) &&
	    elem_get(c, "node") != NULL)
		return "item-not-found";
	return NULL;
}

void
router_answer_iq(struct router *r, struct router_session *s,
    const struct elem *e, struct router_account *a)
{
	const struct elem *c = elem_child(e, NULL, NULL);
	bool own = s != NULL && s->account == a;
	const char *no = refusal(e, c, own);
	struct elem *reply;

	if (no != NULL) {
		router_bounce(r, s, e, no, NULL);
		return;
	}
	if ((reply = server_reply_new(&r->scratch, e, "result")) == NULL)
		return;
	if (!is_set(e) && !fill(r, reply, c, a, own))
		router_bounce(r, s, e, "service-unavailable", NULL);
	else if (arena_err(&r->scratch) == 0)
		router_answer(r, s, reply);
}
