/* Getting in: from step to step. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "jid/jidsame.h"
#include "sasl/downgrade.h"
#include "xml/ns.h"
#include "client/login_int.h"
#include "xmpp/stanza.h"

enum {
	ARENA_MAX = 64 * 1024,
	TOKEN_MAX = 4096,
	DOMAIN_MAX = JID_PART_MAX + 1
};

enum { ID_MAX = 64 };

/* The id of our request WHAT; nobody else can know it. */
static void
request_id(const struct login *l, char id[ID_MAX], const char *what)
{
	snprintf(id, ID_MAX, "%.40s-%s", l->c->id == NULL ? "" : l->c->id,
	    what);
}

int
login_new(struct login **out, const struct login_config *c)
{
	struct login *l;
	size_t i;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return XERR_NOMEM;
	l->c = c;
	arena_init(&l->arena, ARENA_MAX);
	arena_init(&l->names, ARENA_MAX);
	buf_init(&l->new_token, TOKEN_MAX);
	for (i = 0; i < LOGIN_BINDINGS; i++)
		buf_init(&l->channel[i], SASL_BINDING_MAX);
	*out = l;
	return 0;
}

void
login_free(struct login *l)
{
	size_t i;

	if (l == NULL)
		return;
	sasl_free(l->sasl);
	for (i = 0; i < LOGIN_BINDINGS; i++)
		buf_wipe(&l->channel[i]);
	buf_wipe(&l->new_token);
	arena_release(&l->arena);
	arena_release(&l->names);
	free(l);
}

int
login_fail(struct login *l, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->errmsg, sizeof(l->errmsg), fmt, ap);
	va_end(ap);
	return r;
}

static int
no_memory(struct login *l)
{
	return login_fail(l, XERR_NOMEM, "out of memory");
}

static int
send_starttls(struct stream *s)
{
	static const char starttls[] = "<starttls xmlns='" NS_TLS "'/>";

	return stream_put_bytes(s, starttls, sizeof(starttls) - 1);
}

static void
send_header(struct login *l, struct stream *s)
{
	char to[DOMAIN_MAX];
	struct jid from = { 0 };
	struct stream_header h = { .to = to, .lang = l->c->lang };
	const char *domain;
	size_t len;

	domain = jid_domain(l->c->jid, &len);
	snprintf(to, sizeof(to), "%.*s", (int)len, domain);
	/* Who we are is nobody's business before TLS (RFC 6120 4.7.1). */
	if (l->secure && !l->c->anonymous) {
		jid_copy(&from, l->c->jid);
		jid_to_bare(&from);
		h.from = jid_str(&from);
	}
	stream_open(s, &h);
	l->state = WANT_HEADER;
}

void
login_open(struct login *l, struct stream *s)
{
	if (l->c->direct)
		return;
	send_header(l, s);
	if (!l->c->plaintext_ok)
		l->sent_starttls = send_starttls(s) == 0;
}

int
login_secured(struct login *l, struct stream *s)
{
	l->secure = true;
	if (stream_restart_clean(s) < 0)
		return no_memory(l);
	send_header(l, s);
	return login_sasl_ahead(l, s);
}

/* Ask for a resource (RFC 6120 7.6). */
static int
send_bind(struct login *l, struct stream *s)
{
	const char *resource = jid_resource(l->c->jid, NULL);
	char bind_id[ID_MAX];
	struct elem *iq, *bind;
	int r = XERR_NOMEM;

	request_id(l, bind_id, "bind");
	arena_reset(&l->arena);
	iq = elem_new(&l->arena, NS_CLIENT, "iq");
	elem_set(iq, "type", "set");
	elem_set(iq, "id", bind_id);
	bind = elem_add(iq, NS_BIND, "bind");
	if (resource != NULL)	/* the last part: a NUL is behind it */
		elem_add_with_text(bind, NULL, "resource", resource);
	if (arena_err(&l->arena) != 0 || (r = stream_put(s, iq)) < 0)
		return login_fail(l, r, "%s", xerr_str(r));
	return LOGIN_MORE;
}

/* What RFC 3921 wanted once more; servers that still do say so. */
static int
send_session(struct login *l, struct stream *s)
{
	char id[ID_MAX];
	struct elem *iq;

	request_id(l, id, "session");
	arena_reset(&l->arena);
	iq = elem_new(&l->arena, NS_CLIENT, "iq");
	elem_set(iq, "type", "set");
	elem_set(iq, "id", id);
	elem_add(iq, NS_SESSION, "session");
	if (arena_err(&l->arena) != 0 || stream_put(s, iq) < 0)
		return no_memory(l);
	return LOGIN_MORE;
}

/* The requests after login ahead of the features that allow them. */
static int
send_ahead(struct login *l, struct stream *s)
{
	int r;

	l->pipelined = true;
	l->offer.has |= l->c->remembered->has & (OFFER_SM | OFFER_SESSION |
	    OFFER_AFTER);
	if ((r = send_bind(l, s)) < 0)
		return r;
	if ((l->offer.has & OFFER_SESSION) != 0 &&
	    (r = send_session(l, s)) < 0)
		return r;
	return LOGIN_AUTHENTICATED;
}

int
login_restart(struct login *l, struct stream *s)
{
	bool ahead = login_may_pipeline(l);
	int r;

	l->authenticated = true;
	if ((r = stream_restart(s)) < 0)
		return login_fail(l, r, "%s", xerr_str(r));
	send_header(l, s);
	return ahead ? send_ahead(l, s) : LOGIN_MORE;
}

/* Is J a resource of the account, or, if that is anonymous, of its domain? */
static bool
is_ours(const struct login *l, const struct jid *j)
{
	struct jid given, wanted;

	if (jid_is_bare(j))
		return false;
	if (!l->c->anonymous)
		return jid_same_bare(j, l->c->jid);
	jid_copy(&given, j);
	jid_copy(&wanted, l->c->jid);
	jid_to_domain(&given);
	jid_to_domain(&wanted);
	return jid_equal(&given, &wanted);
}

/*
 * The server's word on who we are: a full JID of our own (RFC 6120 7.6.1), or
 * the session would be half bound to somebody else's.
 */
static int
take_jid(struct login *l, const char *jid)
{
	if (jid == NULL || jid_parse(&l->jid, jid, strlen(jid)) < 0 ||
	    !is_ours(l, &l->jid))
		return login_fail(l, XERR_PROTO, "the server has bound %.100s, "
		    "no resource of ours", jid == NULL ? "nothing" : jid);
	return LOGIN_MORE;
}

static int
done(struct login *l)
{
	l->state = DONE;
	return LOGIN_DONE;
}

/*
 * By Bind 2 all is done, unless only the features that come now can tell of
 * stream management, which has to begin before anything else.
 */
int
login_go_on(struct login *l, struct stream *s, const char *bound)
{
	bool known = login_may_pipeline(l);
	int r;

	l->authenticated = true;
	l->state = WANT_FEATURES;	/* the stream goes on, with new ones */
	if (bound == NULL)
		return known ? send_ahead(l, s) : LOGIN_MORE;
	if ((r = take_jid(l, bound)) < 0)
		return r;
	if (known)
		l->offer.has |= l->c->remembered->has & (OFFER_SM |
		    OFFER_AFTER);
	if (known || l->sm_is_on)
		return done(l);
	l->state = WANT_AFTER;
	return LOGIN_MORE;
}

static int
begin_tls(struct login *l, struct stream *s)
{
	if (!l->sent_starttls && send_starttls(s) < 0)
		return no_memory(l);
	l->state = WANT_PROCEED;
	return LOGIN_MORE;
}

/* It is time to authenticate, unless that was begun ahead, and rightly. */
static int
authenticate(struct login *l, struct stream *s)
{
	l->seen = true;
	if (l->offer.mechanisms.n == 0 && l->offer.sasl2.n == 0)
		return login_fail(l, (l->offer.has & OFFER_BIND) != 0 ?
		    XERR_PROTO : XERR_AUTH,
		    "the server offers no way to authenticate");
	if (!l->ahead)
		return login_sasl_begin(l, s, &l->offer, false);
	return login_sasl_offered(l);
}

/* The features after login: what they have in common with the memory of them. */
static void
note_after(struct login *l, const struct offer *o)
{
	const unsigned bits = OFFER_SM | OFFER_SESSION;

	l->offer.has = (l->offer.has & ~bits) | (o->has & bits) | OFFER_AFTER;
}

static int
take_features_after(struct login *l, struct stream *s, const struct offer *o)
{
	int r;

	note_after(l, o);
	if (l->state == WANT_AFTER)
		return done(l);
	if ((o->has & OFFER_BIND) == 0)
		return login_fail(l, XERR_PROTO,
		    "the server does not let a resource be bound");
	if (!l->pipelined && (r = send_bind(l, s)) < 0)
		return r;
	l->state = WANT_BOUND;
	return LOGIN_MORE;
}

/* What to do next, by what the server offers. */
static int
take_features(struct login *l, struct stream *s, const struct elem *e)
{
	struct offer o;
	bool tls;
	int r;

	if ((r = offer_read(&o, &l->names, e)) < 0)
		return login_fail(l, r == XERR_LIMIT ? XERR_PROTO : r,
		    "the server's features: %s", xerr_str(r));
	tls = (o.has & OFFER_STARTTLS) != 0;
	if (tls && l->secure)
		return login_fail(l, XERR_PROTO,
		    "the server offers STARTTLS where TLS is on already");
	if (tls)
		return begin_tls(l, s);
	if (!l->secure && !l->c->plaintext_ok)
		return login_fail(l, XERR_TLS, "the server offers no STARTTLS; "
		    "the connection would not be encrypted");
	if (!l->authenticated) {
		l->offer = o;
		return authenticate(l, s);
	}
	return take_features_after(l, s, &o);
}

static int
take_proceed(struct login *l, struct stream *s, const struct elem *e)
{
	if (elem_is(e, NS_TLS, "failure"))
		return login_fail(l, XERR_TLS,
		    "the server refuses to begin TLS");
	if (!elem_is(e, NS_TLS, "proceed"))
		return login_fail(l, XERR_TLS,
		    "<%.40s/> instead of an answer to STARTTLS", e->name);
	/* Sent in clear, it would be taken for a part of the secure stream. */
	if (stream_left(s) > 0)
		return login_fail(l, XERR_TLS, "data was injected before TLS");
	return LOGIN_TLS;
}

static int
refused_bind(struct login *l, const struct elem *e)
{
	const char *condition = stanza_error_condition(e);
	int r = strcmp(stanza_error_type(e), "wait") == 0 ? XERR_TEMP :
	    XERR_UNAVAIL;

	if (strcmp(condition, "not-allowed") == 0)
		r = XERR_AUTH;
	return login_fail(l, r, "the server binds no resource: %.60s",
	    condition);
}

/*
 * Is E the server's answer to our request WHAT?  It may come from the full
 * address that it is about, as ejabberd's did.
 */
static bool
is_answer(const struct login *l, const struct elem *e, const char *what)
{
	const char *id = elem_get(e, "id"), *from = elem_get(e, "from");
	char want[ID_MAX];
	struct jid j;

	request_id(l, want, what);
	if (!elem_is(e, NS_CLIENT, "iq") || stanza_is_request(e) ||
	    id == NULL || strcmp(id, want) != 0)
		return false;
	return stanza_is_from_server(e, l->c->jid) || (from != NULL &&
	    jid_parse(&j, from, strlen(from)) == 0 &&
	    jid_same_bare(&j, l->c->jid));
}

/*
 * What comes between login and the answer that is waited for: a stanza is
 * early, and an answer that nobody asked for is a stranger's.
 */
static int
take_early(struct login *l, const struct elem *e)
{
	if (elem_is(e, NS_CLIENT, "message") ||
	    elem_is(e, NS_CLIENT, "presence"))
		return LOGIN_EARLY;
	if (elem_is(e, NS_CLIENT, "iq"))
		return LOGIN_MORE;
	return login_fail(l, XERR_PROTO,
	    "<%.40s/> before a resource is bound", e->name);
}

static int
take_bound(struct login *l, struct stream *s, const struct elem *e)
{
	const struct elem *bind = elem_child(e, NS_BIND, "bind");
	int r;

	if (!is_answer(l, e, "bind"))
		return take_early(l, e);
	if (strcmp(stanza_type(e), "error") == 0)
		return refused_bind(l, e);
	if ((r = take_jid(l, elem_text(elem_child(bind, NS_BIND,
	    "jid")))) < 0)
		return r;
	if (l->pipelined || (l->offer.has & OFFER_SESSION) == 0)
		return done(l);
	l->state = WANT_SESSION;
	return send_session(l, s);
}

static int
take_session(struct login *l, const struct elem *e)
{
	if (!is_answer(l, e, "session"))
		return take_early(l, e);
	if (strcmp(stanza_type(e), "error") == 0)
		return login_fail(l, XERR_UNAVAIL, "the server begins no "
		    "session: %.60s", stanza_error_condition(e));
	return done(l);
}

bool
login_is_session_answer(const struct login *l, const struct elem *e)
{
	return l->pipelined && (l->offer.has & OFFER_SESSION) != 0 &&
	    is_answer(l, e, "session");
}

int
login_take(struct login *l, struct stream *s, const struct stream_event *ev)
{
	const struct elem *e = ev->elem;

	if (ev->kind == STREAM_HEADER) {
		l->state = WANT_FEATURES;
		return LOGIN_MORE;
	}
	switch (l->state) {
	case WANT_FEATURES:
		if (!elem_is(e, NS_STREAMS, "features"))
			return login_fail(l, XERR_PROTO,
			    "<%.40s/> instead of stream features", e->name);
		return take_features(l, s, e);
	case WANT_PROCEED:
		return take_proceed(l, s, e);
	case WANT_SASL:
		return login_sasl_take(l, s, e);
	case WANT_SALT:
	case WANT_UPGRADED:
		return login_task_take(l, s, e);
	case WANT_BOUND:
		return take_bound(l, s, e);
	case WANT_SESSION:
		return take_session(l, e);
	case WANT_AFTER:
		return elem_is(e, NS_STREAMS, "features") ?
		    take_features(l, s, e) : take_early(l, e);
	default:
		return login_fail(l, XERR_PROTO,
		    "<%.40s/> where nothing is due", e->name);
	}
}

const struct jid *
login_jid(const struct login *l)
{
	return &l->jid;
}

bool
login_has_sm(const struct login *l)
{
	return (l->offer.has & OFFER_SM) != 0;
}

bool
login_asked_sm(const struct login *l)
{
	return l->sm_asked;
}

bool
login_sm_is_on(const struct login *l)
{
	return l->sm_is_on;
}

const char *
login_mechanism(const struct login *l)
{
	return l->mechanism;
}

bool
login_is_unbound(const struct login *l)
{
	return l->bound_by == NULL && l->mechanism != NULL &&
	    strncmp(l->mechanism, "SCRAM-", 6) == 0 &&
	    sasl_is_unbound(&l->cf);
}

const char *
login_bound_by(const struct login *l)
{
	return l->bound_by;
}

const char *
login_upgraded(const struct login *l)
{
	return l->sent_hash && l->authenticated ? l->upgrade : NULL;
}

const struct offer *
login_offer(const struct login *l)
{
	return l->seen ? &l->offer : NULL;
}

bool
login_was_misled(const struct login *l)
{
	if (l->authenticated)
		return l->pipelined && l->state != DONE;
	return (l->ahead || l->spoilt || l->stanzas_ahead) &&
	    !l->refused && !l->lied_to;
}

bool
login_is_in_sasl2(const struct login *l)
{
	return l->sasl2 && l->sasl != NULL && !l->authenticated &&
	    !l->stanzas_ahead;
}

bool
login_turned_away(const struct login *l)
{
	return l->turned_away;
}

bool
login_was_belied(const struct login *l)
{
	return l->belied;
}

bool
login_was_lied_to(const struct login *l)
{
	return l->lied_to;
}

bool
login_token_refused(const struct login *l)
{
	return l->token_refused;
}

const char *
login_new_token(const struct login *l, const char **token, int64_t *expiry)
{
	if (buf_len(&l->new_token) == 0)
		return NULL;
	*token = (const char *)buf_data(&l->new_token);
	*expiry = l->new_expiry;
	return l->asked_token != NULL ? l->asked_token : l->mechanism;
}

const char *
login_errmsg(const struct login *l)
{
	return l->errmsg;
}
