/* Answers of a server. */
#include <string.h>

#include "server/server_reply.h"
#include "xmpp/stanza.h"

/* Those whose usual type (RFC 6120 8.3.3) is not "cancel". */
static const struct {
	const char *condition, *type;
} types[] = {
	{ "bad-request", "modify" },
	{ "forbidden", "auth" },
	{ "internal-server-error", "wait" },
	{ "jid-malformed", "modify" },
	{ "not-acceptable", "modify" },
	{ "not-authorized", "auth" },
	{ "policy-violation", "modify" },
	{ "recipient-unavailable", "wait" },
	{ "remote-server-timeout", "wait" },
	{ "resource-constraint", "wait" },
	{ "unexpected-request", "wait" }
};

static const char *
type_of(const char *condition)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].condition, condition) == 0)
			return types[i].type;
	return "cancel";
}

struct elem *
server_reply_new(struct arena *a, const struct elem *stanza, const char *type)
{
	struct elem *e = stanza_reply(a, stanza, type);

	elem_set(e, "from", elem_get(stanza, "to"));
	return arena_err(a) != 0 ? NULL : e;
}

struct elem *
server_reply_error(struct arena *a, const struct elem *stanza, const char *condition,
    const char *text)
{
	struct elem *e = stanza_reply_error(a, stanza, type_of(condition),
	    condition, text);

	elem_set(e, "from", elem_get(stanza, "to"));
	return arena_err(a) != 0 ? NULL : e;
}
