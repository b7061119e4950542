/* Accounts, sessions, and where a stanza goes. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "server/server_reply.h"
#include "server/router_int.h"

enum {
	OFFLINE_MAX = 1 << 20,
	SCRATCH_MAX = 16 << 20,
	STANZA_MAX = 64 << 20	/* of what we have written ourselves */
};

int
router_new(struct router **out, const struct router_config *config)
{
	struct router *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return XERR_NOMEM;
	r->config = *config;
	if (r->config.offline_max == 0)
		r->config.offline_max = OFFLINE_MAX;
	arena_init(&r->scratch, SCRATCH_MAX);
	*out = r;
	return 0;
}

static void
free_session(struct router_session *s)
{
	arena_release(&s->arena);
	free(s->told);
	free(s);
}

static void
release_account(struct router_account *a)
{
	struct router_session *s;

	while ((s = a->sessions) != NULL) {
		a->sessions = s->next;
		free_session(s);
	}
	buf_release(&a->offline);
	free(a->local);
}

void
router_free(struct router *r)
{
	struct router_account *a;

	if (r == NULL)
		return;
	for (a = r->accounts; a < r->accounts + r->naccounts; a++)
		release_account(a);
	free(r->accounts);
	arena_release(&r->scratch);
	free(r);
}

/* The account LOCAL, or NULL; *AT is where it is or would be. */
static struct router_account *
find(const struct router *r, const char *local, size_t len, size_t *at)
{
	size_t lo = 0, hi = r->naccounts, mid;
	struct router_account *a;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		a = &r->accounts[mid];
		c = memcmp(local, a->local, len < a->len ? len : a->len);
		if (c == 0 && len == a->len) {
			*at = mid;
			return a;
		}
		if (c < 0 || (c == 0 && len < a->len))
			hi = mid;
		else
			lo = mid + 1;
	}
	*at = lo;
	return NULL;
}

bool
router_has_account(const struct router *r, const char *local, size_t len)
{
	size_t at;

	return find(r, local, len, &at) != NULL;
}

/* The accounts from the one AT on have moved. */
static void
tell_sessions(struct router *r, size_t at)
{
	struct router_session *s;

	for (; at < r->naccounts; at++)
		for (s = r->accounts[at].sessions; s != NULL; s = s->next)
			s->account = &r->accounts[at];
}

static int
add_account(struct router *r, const char *local, size_t len)
{
	struct router_account *more, a = { .len = len };
	size_t at;

	if (find(r, local, a.len, &at) != NULL)
		return XERR_SYNTAX;
	more = realloc(r->accounts, (r->naccounts + 1) * sizeof(*more));
	if (more == NULL)
		return XERR_NOMEM;
	r->accounts = more;
	if ((a.local = strndup(local, len)) == NULL)
		return XERR_NOMEM;
	buf_init(&a.offline, r->config.offline_max);
	memmove(more + at + 1, more + at,
	    (r->naccounts - at) * sizeof(*more));
	more[at] = a;
	r->naccounts++;
	tell_sessions(r, 0);
	return 0;
}

int
router_add_account(struct router *r, const char *local)
{
	return add_account(r, local, strlen(local));
}

int
router_add_guest(struct router *r, const struct jid *j)
{
	const char *local;
	size_t n;

	local = jid_local(j, &n);
	return add_account(r, local, n);
}

void
router_remove_guest(struct router *r, const struct jid *j)
{
	const char *local;
	size_t n, at;

	local = jid_local(j, &n);
	if (find(r, local, n, &at) == NULL)
		return;
	release_account(&r->accounts[at]);
	r->naccounts--;
	memmove(r->accounts + at, r->accounts + at + 1,
	    (r->naccounts - at) * sizeof(*r->accounts));
	tell_sessions(r, at);
}

static struct router_account *
account_of(const struct router *r, const struct jid *j)
{
	const char *local;
	size_t n, at;

	local = jid_local(j, &n);
	return local == NULL ? NULL : find(r, local, n, &at);
}

static struct router_session *
session_of(const struct router_account *a, const struct jid *j)
{
	struct router_session *s = a->sessions;

	while (s != NULL && !jid_equal(&s->jid, j))
		s = s->next;
	return s;
}

int
router_bind(struct router *r, struct router_session **out,
    const struct jid *full, void *who)
{
	struct router_account *a = account_of(r, full);
	struct router_session *s, *old;

	if (a == NULL)
		return XERR_CONFIG;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	if ((old = session_of(a, full)) != NULL) {
		r->config.ops->drop(r->config.arg, old->who, "conflict");
		router_unbind(r, old);
	}
	jid_copy(&s->jid, full);
	s->account = a;
	s->who = who;
	arena_init(&s->arena, SCRATCH_MAX);
	s->next = a->sessions;
	a->sessions = s;
	*out = s;
	return 0;
}

void
router_unbind(struct router *r, struct router_session *s)
{
	struct router_session **p;
	struct elem *e;

	if (s == NULL)
		return;
	if (s->presence != NULL || s->ntold > 0) {
		e = elem_new(&r->scratch, NS_CLIENT, "presence");
		elem_set(e, "from", jid_str(&s->jid));
		elem_set(e, "type", "unavailable");
		if (arena_err(&r->scratch) == 0)
			router_presence(r, s, e);
		arena_reset(&r->scratch);
	}
	for (p = &s->account->sessions; *p != s; p = &(*p)->next)
		;
	*p = s->next;
	router_forget(r, s);
	free_session(s);
}

static void
deliver(struct router *r, struct router_session *to, const struct elem *e)
{
	r->config.ops->deliver(r->config.arg, to->who, e);
}

void
router_answer(struct router *r, struct router_session *s,
    const struct elem *e)
{
	const struct router_account *a;
	const char *to = elem_get(e, "to");
	struct jid j;

	/* not from a session: its sender may be one of ours all the same */
	if (s == NULL && to != NULL && jid_parse(&j, to, strlen(to)) == 0 &&
	    (a = account_of(r, &j)) != NULL)
		s = session_of(a, &j);
	r->config.ops->deliver(r->config.arg, s == NULL ? NULL : s->who, e);
}

/* Is E one that is answered by an error (RFC 6120 8.3.1, 10.3)? */
static bool
is_answered(const struct elem *e)
{
	const char *type = elem_get(e, "type");

	if (type == NULL)
		return strcmp(e->name, "iq") == 0 ||
		    strcmp(e->name, "message") == 0;
	if (strcmp(e->name, "iq") == 0)
		return strcmp(type, "result") != 0 &&
		    strcmp(type, "error") != 0;
	return strcmp(type, "error") != 0;
}

void
router_bounce(struct router *r, struct router_session *s,
    const struct elem *e, const char *condition, const char *text)
{
	struct elem *reply;

	if (!is_answered(e))
		return;
	if ((reply = server_reply_error(&r->scratch, e, condition, text)) != NULL)
		router_answer(r, s, reply);
}

void
router_flush(struct router *r, struct router_session *s)
{
	struct xparse_limits limits = { .size = STANZA_MAX };
	struct buf *b = &s->account->offline;
	struct ndxml_reader *reader;
	struct elem *e;
	int n;

	if (buf_len(b) == 0 || ndxml_reader_new(&reader, &limits, '\n') < 0)
		return;
	while ((n = ndxml_read(reader, b, true, &e)) == 1)
		deliver(r, s, e);
	ndxml_reader_free(reader);
	/* without memory, the rest waits for the next time */
	if (n == 0)
		buf_release(b);
}

/* Keep a message until somebody is there (RFC 6121 8.5.2.2, XEP-0160). */
static void
keep(struct router *r, struct router_session *s, struct elem *e,
    struct router_account *a)
{
	struct elem *delay;
	struct buf record;

	if (elem_child(e, NS_DELAY, "delay") == NULL) {
		delay = elem_add(e, NS_DELAY, "delay");
		elem_set(delay, "from", r->config.domain);
		elem_set(delay, "stamp", r->now);
	}
	buf_init(&record, buf_room(&a->offline));
	if (arena_err(e->arena) != 0 || ndxml_write(&record, e, '\n') < 0 ||
	    buf_put(&a->offline, buf_data(&record), buf_len(&record)) < 0)
		router_bounce(r, s, e, "resource-constraint",
		    "no room for more offline messages");
	buf_release(&record);
}

/* To the resources of priority MIN or above; false if there is none. */
static bool
deliver_from(struct router *r, const struct router_account *a, int min,
    const struct elem *e)
{
	struct router_session *s;
	bool any = false;

	for (s = a->sessions; s != NULL; s = s->next)
		if (s->presence != NULL && s->priority >= min) {
			deliver(r, s, e);
			any = true;
		}
	return any;
}

/* The highest priority of A's resources, or 0 if all are negative. */
static int
highest(const struct router_account *a)
{
	const struct router_session *s;
	int max = 0;

	for (s = a->sessions; s != NULL; s = s->next)
		if (s->presence != NULL && s->priority > max)
			max = s->priority;
	return max;
}

static bool
type_is(const struct elem *e, const char *type)
{
	const char *t = elem_get(e, "type");

	return t != NULL && strcmp(t, type) == 0;
}

/* RFC 6121 8.5.2.1.1, 8.5.2.2.1 */
static void
message_to_bare(struct router *r, struct router_session *s, struct elem *e,
    struct router_account *a)
{
	if (type_is(e, "error"))
		return;
	if (type_is(e, "groupchat"))
		router_bounce(r, s, e, "service-unavailable", NULL);
	else if (type_is(e, "headline"))
		deliver_from(r, a, 0, e);
	else if (!deliver_from(r, a, highest(a), e))
		keep(r, s, e, a);
}

int
router_return(struct router *r, const struct jid *full, struct elem *e,
    const char *now)
{
	struct router_account *a = account_of(r, full);
	int err;

	if (a == NULL)
		return 0;
	r->now = now;
	if (elem_is(e, NS_CLIENT, "iq"))
		router_bounce(r, NULL, e, "recipient-unavailable", NULL);
	else if (elem_is(e, NS_CLIENT, "message") && !type_is(e, "headline") &&
	    !type_is(e, "groupchat"))
		message_to_bare(r, NULL, e, a);
	err = arena_err(&r->scratch);
	arena_reset(&r->scratch);
	return err;
}

/* RFC 6121 8.5.3 */
static void
message_to_full(struct router *r, struct router_session *s, struct elem *e,
    struct router_account *a, struct router_session *to)
{
	if (to != NULL)
		deliver(r, to, e);
	else if (type_is(e, "chat"))
		message_to_bare(r, s, e, a);
	else if (!type_is(e, "headline"))
		router_bounce(r, s, e, "service-unavailable",
		    "no such resource");
}

/* RFC 6120 8.2.3: what is not as it must be is told so, and goes nowhere. */
static bool
iq_is_good(const struct elem *e)
{
	const struct elem *c = elem_child(e, NULL, NULL);

	if (elem_get(e, "id") == NULL)
		return false;
	if (type_is(e, "get") || type_is(e, "set"))
		return c != NULL && elem_next(c, NULL, NULL) == NULL;
	return type_is(e, "result") || type_is(e, "error");
}

static void
iq_to_account(struct router *r, struct router_session *s,
    const struct elem *e, struct router_account *a, bool bare,
    struct router_session *to)
{
	if (to != NULL)
		deliver(r, to, e);
	else if (!bare)
		router_bounce(r, s, e, "service-unavailable",
		    "no such resource");
	else if (is_answered(e))
		router_answer_iq(r, s, e, a);
}

static void
to_account(struct router *r, struct router_session *s, struct elem *e,
    struct router_account *a, const struct jid *j)
{
	bool bare = jid_is_bare(j);
	struct router_session *to = bare ? NULL : session_of(a, j);

	if (strcmp(e->name, "iq") == 0)
		iq_to_account(r, s, e, a, bare, to);
	else if (strcmp(e->name, "presence") == 0)
		router_directed(r, s, e, bare ? a : NULL, to);
	else if (bare)
		message_to_bare(r, s, e, a);
	else
		message_to_full(r, s, e, a, to);
}

static void
to_server(struct router *r, struct router_session *s, const struct elem *e,
    const struct jid *j)
{
	if (strcmp(e->name, "presence") == 0)
		return;
	if (strcmp(e->name, "iq") == 0 && jid_is_bare(j) && is_answered(e))
		router_answer_iq(r, s, e, NULL);
	else
		router_bounce(r, s, e, "service-unavailable", NULL);
}

static void
to_jid(struct router *r, struct router_session *s, struct elem *e,
    const char *to)
{
	struct router_account *a;
	const char *domain;
	struct jid j;
	size_t n;

	if (jid_parse(&j, to, strlen(to)) < 0) {
		router_bounce(r, s, e, "jid-malformed", NULL);
		return;
	}
	domain = jid_domain(&j, &n);
	if (n != strlen(r->config.domain) ||
	    memcmp(domain, r->config.domain, n) != 0)
		router_bounce(r, s, e, "remote-server-not-found",
		    "there are no other servers");
	else if (jid_local(&j, NULL) == NULL)
		to_server(r, s, e, &j);
	else if ((a = account_of(r, &j)) != NULL)
		to_account(r, s, e, a, &j);
	else if (strcmp(e->name, "presence") != 0)
		router_bounce(r, s, e, "service-unavailable",
		    "no such user");
}

/* Without an address: RFC 6120 10.3. */
static void
to_nobody(struct router *r, struct router_session *s, struct elem *e)
{
	if (strcmp(e->name, "presence") == 0)
		router_presence(r, s, e);
	else if (strcmp(e->name, "message") == 0)
		message_to_bare(r, s, e, s->account);
	else if (is_answered(e))
		router_answer_iq(r, s, e, s->account);
}

static int
route(struct router *r, struct router_session *s, struct elem *e,
    const char *now)
{
	const char *to = elem_get(e, "to");
	int err;

	r->now = now;
	if (strcmp(e->name, "iq") == 0 && !iq_is_good(e))
		router_bounce(r, s, e, "bad-request", NULL);
	else if (to == NULL)
		to_nobody(r, s, e);
	else
		to_jid(r, s, e, to);
	err = arena_err(&r->scratch) != 0 ? XERR_NOMEM : 0;
	arena_reset(&r->scratch);
	return err;
}

int
router_stanza(struct router *r, struct router_session *s, struct elem *e,
    const char *now)
{
	return route(r, s, e, now);
}

int
router_inject(struct router *r, struct elem *e, const char *now)
{
	if (!elem_is(e, NS_CLIENT, NULL) || (strcmp(e->name, "iq") != 0 &&
	    strcmp(e->name, "message") != 0 &&
	    strcmp(e->name, "presence") != 0) || elem_get(e, "to") == NULL)
		return XERR_SYNTAX;
	if (elem_get(e, "from") == NULL)
		elem_set(e, "from", r->config.domain);
	if (arena_err(e->arena) != 0)
		return XERR_NOMEM;
	return route(r, NULL, e, now);
}
