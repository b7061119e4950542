/* Bounces. */
#include <stdbool.h>
#include <string.h>

#include "jid/jid.h"
#include "xmpp/bounce.h"
#include "xmpp/stanza.h"

static const struct {
	const char *condition;
	enum bounce kind;
	const char *reason;
} known[] = {
	{ "item-not-found", BOUNCE_NO_USER,
	    "no such recipient (item-not-found)" },
	{ "gone", BOUNCE_NO_USER, "the address is in use no more (gone)" },
	{ "jid-malformed", BOUNCE_NO_USER, "no valid address (jid-malformed)" },
	{ "forbidden", BOUNCE_REFUSED, "refused (forbidden)" },
	{ "not-allowed", BOUNCE_REFUSED, "refused (not-allowed)" },
	{ "not-authorized", BOUNCE_REFUSED, "refused (not-authorized)" },
	{ "policy-violation", BOUNCE_REFUSED, "refused (policy-violation)" },
	{ "registration-required", BOUNCE_REFUSED,
	    "refused (registration-required)" },
	{ "subscription-required", BOUNCE_REFUSED,
	    "refused (subscription-required)" },
	{ "not-acceptable", BOUNCE_REFUSED,
	    "refused (not-acceptable); a room must be joined first" },
	{ "recipient-unavailable", BOUNCE_LATER,
	    "not there now (recipient-unavailable)" },
	{ "remote-server-not-found", BOUNCE_UNAVAILABLE,
	    "no server for that domain (remote-server-not-found)" },
	{ "remote-server-timeout", BOUNCE_LATER,
	    "the server of that domain does not answer "
	    "(remote-server-timeout)" },
	{ "resource-constraint", BOUNCE_LATER,
	    "the recipient's server is short of resources "
	    "(resource-constraint)" },
};

/* Does it come from an account, not from a server or one resource? */
static bool
is_from_account(const struct elem *e)
{
	const char *from = elem_get(e, "from");
	struct jid j;

	return from != NULL && jid_parse(&j, from, strlen(from)) == 0 &&
	    jid_is_bare(&j) && jid_local(&j, NULL) != NULL;
}

static bool
is_no_account(const struct elem *e)
{
	return strcmp(stanza_error_condition(e), "service-unavailable") == 0 &&
	    is_from_account(e);
}

enum bounce
bounce_kind(const struct elem *e)
{
	const char *condition = stanza_error_condition(e);
	size_t i;

	if (is_no_account(e))
		return BOUNCE_NO_USER;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].condition, condition) == 0)
			return known[i].kind;
	return strcmp(stanza_error_type(e), "wait") == 0 ? BOUNCE_LATER :
	    BOUNCE_UNAVAILABLE;
}

const char *
bounce_reason(const struct elem *e)
{
	const char *condition = stanza_error_condition(e);
	size_t i;

	if (is_no_account(e))
		return "no such recipient, or nobody there to take it "
		    "(service-unavailable)";
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].condition, condition) == 0)
			return known[i].reason;
	return condition;
}
