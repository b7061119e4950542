/* Authenticating: what a refusal means to whoever reads it. */
#include <string.h>

#include "base/xerr.h"
#include "sasl/downgrade.h"
#include "xml/ns.h"
#include "client/login_int.h"

/* RFC 6120 6.5, in SASL2 as well (XEP-0388 2.5.2). */
static const struct hint {
	const char *name, *hint;
	int r;
} hints[] = {
	{ "aborted", "nobody asked for that", XERR_PROTO },
	{ "account-disabled", "ask the server's operators", XERR_AUTH },
	{ "credentials-expired", "set a new password", XERR_AUTH },
	{ "encryption-required", "use TLS", XERR_TLS },
	{ "incorrect-encoding", "the server did not understand us",
	    XERR_PROTO },
	{ "invalid-authzid", "check the JID", XERR_AUTH },
	{ "invalid-mechanism", "choose another by --sasl", XERR_AUTH },
	{ "malformed-request", "the server did not understand us",
	    XERR_PROTO },
	{ "mechanism-too-weak", "choose another by --sasl", XERR_AUTH },
	{ "not-authorized", "check name and password", XERR_AUTH },
	{ "temporary-auth-failure", "try again later", XERR_TEMP },
};

/* The condition's name, or NULL: the first child that is not the text. */
static const char *
condition(const struct elem *e)
{
	const struct elem *c = elem_child(e, NS_SASL, NULL);

	while (c != NULL && strcmp(c->name, "text") == 0)
		c = elem_next(c, NS_SASL, NULL);
	return c == NULL ? NULL : c->name;
}

/*
 * What the server may not like about the channel, or NULL (RFC 5802 section 6).
 * Prosody calls both malformed: that we would bind if only it did, when it
 * does; and that we have bound to another channel than it sees.
 */
static const char *
channel_hint(const struct login *l, const char *name)
{
	if (strcmp(name, "malformed-request") != 0 ||
	    strncmp(l->mechanism, "SCRAM-", 6) != 0)
		return NULL;
	if (l->bound_by != NULL)
		return "it may see another TLS channel than we do: somebody "
		    "may be in between";
	return sasl_unbound_flag(&l->cf) != 'y' ? NULL :
	    "it may have channel binding that somebody in between "
	    "has removed from what it offers";
}

int
login_refused(struct login *l, const struct elem *e, const char *what)
{
	const char *text = elem_text(elem_child(e, e->ns, "text"));
	const char *name = condition(e), *hint = NULL;
	int r = XERR_AUTH;
	size_t i;

	if (name == NULL)
		name = "no reason given";
	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strcmp(hints[i].name, name) == 0) {
			hint = hints[i].hint;
			r = hints[i].r;
		}
	if (l->by_token && (strcmp(name, "not-authorized") == 0 ||
	    strcmp(name, "credentials-expired") == 0))
		hint = "the token is not good any more";
	/* behind an upgrade's beginning that is settled */
	if (what == l->mechanism && channel_hint(l, name) != NULL) {
		hint = channel_hint(l, name);
		r = XERR_AUTH;
	}
	return login_fail(l, r, "%s refused: %.60s%s%s%s%.200s%s",
	    what, name, hint == NULL ? "" : "; ",
	    hint == NULL ? "" : hint,
	    text == NULL || *text == '\0' ? "" : " (server: ",
	    text == NULL ? "" : text,
	    text == NULL || *text == '\0' ? "" : ")");
}
