/*
 * Presence between accounts that are all each other's contacts (RFC 6121
 * section 4, with every subscription "both").
 */
#include <stdlib.h>
#include <string.h>

#include "xml/ns.h"
#include "server/server_reply.h"
#include "server/router_int.h"

/* E addressed to TO, without touching E: it goes to many. */
static void
deliver_to(struct router *r, struct router_session *s, const struct elem *e,
    const char *to)
{
	struct attr at = { .name = "to", .ns = "", .value = to };
	struct elem copy = *e;

	at.next = copy.attrs;
	copy.attrs = &at;
	r->config.ops->deliver(r->config.arg, s->who, &copy);
}

/* To all available resources of all accounts, those of S's own included. */
static void
broadcast(struct router *r, const struct router_session *s,
    const struct elem *e)
{
	struct router_account *a;
	struct router_session *to;
	struct jid bare;

	for (a = r->accounts; a < r->accounts + r->naccounts; a++)
		for (to = a->sessions; to != NULL; to = to->next)
			if (to->presence != NULL && to != s) {
				jid_copy(&bare, &to->jid);
				jid_to_bare(&bare);
				deliver_to(r, to, e, jid_str(&bare));
			}
}

/* What S would have learned by asking everybody (RFC 6121 4.3). */
static void
tell_all(struct router *r, struct router_session *s)
{
	struct router_account *a;
	struct router_session *of;

	for (a = r->accounts; a < r->accounts + r->naccounts; a++)
		for (of = a->sessions; of != NULL; of = of->next)
			if (of->presence != NULL && of != s)
				deliver_to(r, s, of->presence,
				    jid_str(&s->jid));
}

/* RFC 6121 4.7.2.3: from -128 to 127; what is none counts as 0. */
static int
priority(const struct elem *e)
{
	const char *s = elem_text(elem_child(e, NS_CLIENT, "priority"));
	char *end;
	long n;

	if (s == NULL || *s == '\0')
		return 0;
	n = strtol(s, &end, 10);
	return *end != '\0' || n < -128 || n > 127 ? 0 : (int)n;
}

static void
available(struct router *r, struct router_session *s, struct elem *e)
{
	bool first = s->presence == NULL;

	s->presence = NULL;
	arena_reset(&s->arena);
	if ((s->presence = elem_dup(&s->arena, e)) == NULL) {
		router_bounce(r, s, e, "resource-constraint", NULL);
		return;
	}
	s->priority = priority(e);
	broadcast(r, s, e);
	deliver_to(r, s, e, jid_str(&s->jid));
	if (first)
		tell_all(r, s);
	if (s->priority >= 0)
		router_flush(r, s);
}

/*
 * RFC 6121 4.6.3: those to whom presence was directed learn of its end.  WAS:
 * it was broadcast, and so was its end.
 */
static void
tell_those_told(struct router *r, struct router_session *s,
    const struct elem *e, bool was)
{
	struct router_session *to;
	size_t i;

	for (i = 0; i < s->ntold; i++) {
		to = s->told[i];
		if (!was || to->presence == NULL)
			deliver_to(r, to, e, jid_str(&to->jid));
	}
	s->ntold = 0;
}

void
router_presence(struct router *r, struct router_session *s, struct elem *e)
{
	const char *type = elem_get(e, "type");
	bool was = s->presence != NULL;

	if (type == NULL) {
		available(r, s, e);
	} else if (strcmp(type, "unavailable") == 0) {
		s->presence = NULL;
		arena_reset(&s->arena);
		if (was)
			broadcast(r, s, e);
		tell_those_told(r, s, e, was);
	} else {
		router_bounce(r, s, e, "bad-request", NULL);
	}
}

/* Where TO is among those that S has told, or how many these are. */
static size_t
place_of(const struct router_session *s, const struct router_session *to)
{
	size_t i = 0;

	while (i < s->ntold && s->told[i] != to)
		i++;
	return i;
}

/* TO has seen S; false if that cannot be kept. */
static bool
remember(struct router_session *s, struct router_session *to)
{
	struct router_session **more;

	if (to == s || place_of(s, to) < s->ntold)
		return true;
	more = realloc(s->told, (s->ntold + 1) * sizeof(*more));
	if (more == NULL)
		return false;
	s->told = more;
	s->told[s->ntold++] = to;
	return true;
}

static void
unremember(struct router_session *s, const struct router_session *to)
{
	size_t i = place_of(s, to);

	if (i < s->ntold)
		s->told[i] = s->told[--s->ntold];
}

void
router_forget(struct router *r, const struct router_session *gone)
{
	struct router_account *a;
	struct router_session *s;

	for (a = r->accounts; a < r->accounts + r->naccounts; a++)
		for (s = a->sessions; s != NULL; s = s->next)
			unremember(s, gone);
}

/* What A's resources have to say, for S who asks. */
static void
auto_reply_probe(struct router *r, struct router_session *s,
    const struct elem *e, const struct router_account *a)
{
	const struct router_session *of;
	struct elem *reply;
	bool any = false;

	if (s == NULL)
		return;
	for (of = a->sessions; of != NULL; of = of->next)
		if (of->presence != NULL) {
			deliver_to(r, s, of->presence, jid_str(&s->jid));
			any = true;
		}
	if (!any && (reply = server_reply_new(&r->scratch, e, "unavailable")) != NULL)
		router_answer(r, s, reply);
}

/* A contact already: what was asked for is so (RFC 6121 3.1.3). */
static void
auto_reply_subscribe(struct router *r, struct router_session *s,
    const struct elem *e, const struct router_account *a)
{
	struct elem *reply;

	if ((reply = server_reply_new(&r->scratch, e, "subscribed")) == NULL)
		return;
	router_answer(r, s, reply);
	auto_reply_probe(r, s, e, a);
}

/* Is it a kind that asks the server, not the resource? */
static bool
to_the_account(struct router *r, struct router_session *s,
    const struct elem *e, const struct router_account *a, const char *type)
{
	if (type == NULL || strcmp(type, "unavailable") == 0)
		return false;
	if (a != NULL && strcmp(type, "probe") == 0)
		auto_reply_probe(r, s, e, a);
	else if (a != NULL && strcmp(type, "subscribe") == 0)
		auto_reply_subscribe(r, s, e, a);
	return true;	/* the others change nothing */
}

/* Presence of S, or its end if GONE, for TO alone. */
static void
direct(struct router *r, struct router_session *s, const struct elem *e,
    struct router_session *to, bool gone)
{
	if (s != NULL && gone)
		unremember(s, to);
	else if (s != NULL && !remember(s, to)) {
		router_bounce(r, s, e, "resource-constraint", NULL);
		return;
	}
	r->config.ops->deliver(r->config.arg, to->who, e);
}

void
router_directed(struct router *r, struct router_session *s,
    const struct elem *e, struct router_account *a,
    struct router_session *to)
{
	const char *type = elem_get(e, "type");

	if (to != NULL && type != NULL && strcmp(type, "error") == 0) {
		r->config.ops->deliver(r->config.arg, to->who, e);
		return;
	}
	if (to_the_account(r, s, e, a, type))
		return;
	if (to != NULL)
		direct(r, s, e, to, type != NULL);
	for (to = a == NULL ? NULL : a->sessions; to != NULL; to = to->next)
		if (to->presence != NULL)
			direct(r, s, e, to, type != NULL);
}
