/* Getting in: STARTTLS, SASL, resource binding. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/xerr.h"
#include "sasl/sasl.h"
#include "xml/ns.h"
#include "xmpp/login.h"
#include "xmpp/stanza.h"

enum {
	MECHANISMS = 32,	/* looked at; the first are the server's best */
	SASL_MAX = 64 * 1024,	/* bytes of a challenge or response */
	ARENA_MAX = 64 * 1024,
	DOMAIN_MAX = JID_PART_MAX + 1
};

static const char bind_id[] = "bind";

enum state {
	WANT_HEADER,
	WANT_FEATURES,
	WANT_PROCEED,
	WANT_SASL,
	WANT_BOUND,
	DONE
};

struct login {
	const struct login_config *c;
	enum state state;
	bool secure, authenticated;
	bool has_sm;
	bool sent_starttls;	/* ahead of the features */
	struct sasl *sasl;
	const char *mechanism;
	struct jid jid;
	struct arena arena;	/* what we send, an element at a time */
	char errmsg[512];
};

int
login_new(struct login **out, const struct login_config *c)
{
	struct login *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return XERR_NOMEM;
	l->c = c;
	l->secure = c->secure;
	arena_init(&l->arena, ARENA_MAX);
	*out = l;
	return 0;
}

void
login_free(struct login *l)
{
	if (l == NULL)
		return;
	sasl_free(l->sasl);
	arena_release(&l->arena);
	free(l);
}

static int fail(struct login *l, int r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int
fail(struct login *l, int r, const char *fmt, ...)
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
	return fail(l, XERR_NOMEM, "out of memory");
}

static int
send_starttls(struct stream *s)
{
	static const char starttls[] = "<starttls xmlns='" NS_TLS "'/>";

	return stream_put_bytes(s, starttls, sizeof(starttls) - 1);
}

void
login_open(struct login *l, struct stream *s)
{
	char to[DOMAIN_MAX];
	struct jid from = { 0 };
	struct stream_header h = { .to = to, .lang = l->c->lang };
	const char *domain;
	size_t len;

	domain = jid_domain(l->c->jid, &len);
	snprintf(to, sizeof(to), "%.*s", (int)len, domain);
	/* Who we are is nobody's business before TLS (RFC 6120 4.7.1). */
	if (l->secure) {
		jid_copy(&from, l->c->jid);
		jid_to_bare(&from);
		h.from = jid_str(&from);
	}
	stream_open(s, &h);
	if (!l->secure && !l->c->plaintext_ok)
		l->sent_starttls = send_starttls(s) == 0;
	l->state = WANT_HEADER;
}

/*
 * Send an element NAME of SASL with LEN bytes of DATA in base64.  Not by a
 * tree: what may be a password is in two buffers only, one wiped here.
 */
static int
send_sasl(struct stream *s, const char *name, const char *mechanism,
    const void *data, size_t len)
{
	struct buf b;
	int r;

	buf_init(&b, 2 * SASL_MAX);
	buf_printf(&b, "<%s xmlns='" NS_SASL "'", name);
	if (mechanism != NULL)
		buf_printf(&b, " mechanism='%s'", mechanism);
	buf_putc(&b, '>');
	/* nothing at all is "=" (RFC 6120 6.4.2) */
	if (len == 0 && mechanism != NULL)
		buf_putc(&b, '=');
	b64_encode(&b, data, len);
	buf_printf(&b, "</%s>", name);
	if ((r = buf_err(&b)) == 0)
		r = stream_put_bytes(s, buf_data(&b), buf_len(&b));
	buf_wipe(&b);
	return r;
}

/* The names of the mechanisms that E offers; *SEEN is them for people. */
static size_t
list_mechanisms(const struct elem *e, const char *names[MECHANISMS],
    char *seen, size_t seen_size)
{
	const struct elem *c = elem_child(e, NS_SASL, "mechanism");
	size_t n = 0, used = 0;
	int w;

	*seen = '\0';
	for (; c != NULL && n < MECHANISMS;
	    c = elem_next(c, NS_SASL, "mechanism")) {
		if ((names[n] = elem_text(c)) == NULL)
			continue;
		w = snprintf(seen + used, seen_size - used, "%s%s",
		    used == 0 ? "" : ", ", names[n]);
		if (w > 0 && (size_t)w < seen_size - used)
			used += (size_t)w;
		else
			seen[used] = '\0';
		n++;
	}
	return n;
}

static int
begin_sasl(struct login *l, struct stream *s, const struct elem *mechanisms)
{
	char user[JID_PART_MAX + 1], seen[200];
	const char *names[MECHANISMS];
	struct sasl_config cf = {
		.username = user,
		.password = l->c->password,
		.password_len = l->c->password_len,
		.nonce = l->c->nonce,
		.only = l->c->mechanism,
		.tls = l->secure,
		.plain_ok = true,
	};
	struct buf out;
	const char *local;
	size_t n;
	int r;

	local = jid_local(l->c->jid, &n);
	snprintf(user, sizeof(user), "%.*s", (int)n, local == NULL ? "" : local);
	n = list_mechanisms(mechanisms, names, seen, sizeof(seen));
	if ((l->mechanism = sasl_choose(&cf, names, n)) == NULL)
		return fail(l, XERR_AUTH, "no common authentication mechanism; "
		    "the server offers %s", n == 0 ? "none" : seen);
	if ((r = sasl_new(&l->sasl, l->mechanism, &cf)) < 0)
		return fail(l, r, "%s: cannot be used", l->mechanism);
	buf_init(&out, SASL_MAX);
	if ((r = sasl_initial(l->sasl, &out)) < 0)
		fail(l, r, "%s: %s", l->mechanism, sasl_errmsg(l->sasl));
	else if ((r = send_sasl(s, "auth", l->mechanism, buf_data(&out),
	    buf_len(&out))) < 0)
		fail(l, r, "%s", xerr_str(r));
	buf_wipe(&out);
	l->state = WANT_SASL;
	return r < 0 ? r : LOGIN_MORE;
}

/* Ask for a resource, before the server has offered it: it must (7.1). */
static int
send_bind(struct login *l, struct stream *s)
{
	const char *resource = jid_resource(l->c->jid, NULL);
	struct elem *iq, *bind;
	int r = XERR_NOMEM;

	arena_reset(&l->arena);
	iq = elem_new(&l->arena, NS_CLIENT, "iq");
	elem_set(iq, "type", "set");
	elem_set(iq, "id", bind_id);
	bind = elem_add(iq, NS_BIND, "bind");
	if (resource != NULL)	/* the last part: a NUL is behind it */
		elem_add_with_text(bind, NULL, "resource", resource);
	if (arena_err(&l->arena) != 0 || (r = stream_put(s, iq)) < 0)
		return fail(l, r, "%s", xerr_str(r));
	return LOGIN_MORE;
}

/* What RFC 3921 wanted once more; servers that still do say so. */
static int
send_session(struct login *l, struct stream *s, const struct elem *features)
{
	static const char iq[] = "<iq type='set' id='session'>"
	    "<session xmlns='" NS_SESSION "'/></iq>";
	const struct elem *e = elem_child(features, NS_SESSION, "session");

	if (e == NULL || elem_child(e, NS_SESSION, "optional") != NULL)
		return LOGIN_MORE;
	if (stream_put_bytes(s, iq, sizeof(iq) - 1) < 0)
		return no_memory(l);
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

/* What to do next, by what the server offers. */
static int
take_features(struct login *l, struct stream *s, const struct elem *e)
{
	const struct elem *tls = elem_child(e, NS_TLS, "starttls");
	const struct elem *mechs = elem_child(e, NS_SASL, "mechanisms");
	const struct elem *bind = elem_child(e, NS_BIND, "bind");

	if (tls != NULL && l->secure)
		return fail(l, XERR_PROTO,
		    "the server offers STARTTLS where TLS is on already");
	if (tls != NULL)
		return begin_tls(l, s);
	if (!l->secure && !l->c->plaintext_ok)
		return fail(l, XERR_TLS, "the server offers no STARTTLS; "
		    "the connection would not be encrypted");
	if (!l->authenticated && mechs == NULL)
		return fail(l, bind != NULL ? XERR_PROTO : XERR_AUTH,
		    "the server offers no way to authenticate");
	if (!l->authenticated)
		return begin_sasl(l, s, mechs);
	if (bind == NULL)
		return fail(l, XERR_PROTO,
		    "the server does not let a resource be bound");
	l->has_sm = elem_child(e, NS_SM, "sm") != NULL;
	l->state = WANT_BOUND;
	return send_session(l, s, e);
}

static int
take_proceed(struct login *l, struct stream *s, const struct elem *e)
{
	if (elem_is(e, NS_TLS, "failure"))
		return fail(l, XERR_TLS, "the server refuses to begin TLS");
	if (!elem_is(e, NS_TLS, "proceed"))
		return fail(l, XERR_TLS,
		    "<%.40s/> instead of an answer to STARTTLS", e->name);
	/* Sent in clear, it would be taken for a part of the secure stream. */
	if (stream_left(s) > 0)
		return fail(l, XERR_TLS, "data was injected before TLS");
	return LOGIN_TLS;
}

int
login_secured(struct login *l, struct stream *s)
{
	l->secure = true;
	if (stream_restart_clean(s) < 0)
		return no_memory(l);
	login_open(l, s);
	return 0;
}

/* What each condition of RFC 6120 6.5 means to whoever reads it. */
static int
take_failure(struct login *l, const struct elem *e)
{
	static const struct { const char *name, *hint; int r; } v[] = {
		{ "account-disabled", "ask the server's operators", XERR_AUTH },
		{ "credentials-expired", "set a new password", XERR_AUTH },
		{ "encryption-required", "use TLS", XERR_TLS },
		{ "invalid-authzid", "check the JID", XERR_AUTH },
		{ "invalid-mechanism", "choose another", XERR_AUTH },
		{ "mechanism-too-weak", "choose another", XERR_AUTH },
		{ "not-authorized", "check name and password", XERR_AUTH },
		{ "temporary-auth-failure", "try again later", XERR_TEMP },
	};
	const struct elem *c = elem_child(e, NS_SASL, NULL);
	const char *text = elem_text(elem_child(e, NS_SASL, "text"));
	const char *name = c == NULL ? "no reason given" : c->name;
	const char *hint = NULL;
	int r = XERR_AUTH;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (strcmp(v[i].name, name) == 0) {
			hint = v[i].hint;
			r = v[i].r;
		}
	return fail(l, r, "%s refused: %.60s%s%s%s%.200s%s", l->mechanism,
	    name, hint == NULL ? "" : "; ", hint == NULL ? "" : hint,
	    text == NULL || *text == '\0' ? "" : " (server: ",
	    text == NULL ? "" : text,
	    text == NULL || *text == '\0' ? "" : ")");
}

/* The bytes in element E, base64; "=" is none (RFC 6120 6.4.2). */
static int
decode(const struct elem *e, struct buf *b)
{
	const char *s = elem_text(e);

	if (s == NULL)
		return XERR_NOMEM;
	return strcmp(s, "=") == 0 ? 0 : b64_decode(b, s, strlen(s));
}

static int
take_success(struct login *l, struct stream *s, const struct buf *in)
{
	int r;

	if ((r = sasl_success(l->sasl, buf_data(in), buf_len(in))) < 0)
		return fail(l, r, "%s: %s", l->mechanism,
		    sasl_errmsg(l->sasl));
	sasl_free(l->sasl);
	l->sasl = NULL;
	l->authenticated = true;
	if ((r = stream_restart(s)) < 0)
		return fail(l, r, "%s", xerr_str(r));
	login_open(l, s);
	return (r = send_bind(l, s)) < 0 ? r : LOGIN_AUTHENTICATED;
}

static int
take_challenge(struct login *l, struct stream *s, const struct buf *in)
{
	struct buf out;
	int r;

	buf_init(&out, SASL_MAX);
	if ((r = sasl_challenge(l->sasl, buf_data(in), buf_len(in), &out)) < 0)
		fail(l, r, "%s: %s", l->mechanism, sasl_errmsg(l->sasl));
	else if ((r = send_sasl(s, "response", NULL, buf_data(&out),
	    buf_len(&out))) < 0)
		fail(l, r, "%s", xerr_str(r));
	buf_wipe(&out);
	return r < 0 ? r : LOGIN_MORE;
}

static int
take_sasl(struct login *l, struct stream *s, const struct elem *e)
{
	struct buf in;
	int r;

	if (elem_is(e, NS_SASL, "failure"))
		return take_failure(l, e);
	if (!elem_is(e, NS_SASL, "challenge") &&
	    !elem_is(e, NS_SASL, "success"))
		return fail(l, XERR_PROTO,
		    "<%.40s/> in the middle of authentication", e->name);
	buf_init(&in, SASL_MAX);
	if ((r = decode(e, &in)) < 0)
		r = fail(l, r == XERR_NOMEM ? r : XERR_PROTO,
		    "%s: the server's data is no base64", l->mechanism);
	else if (strcmp(e->name, "success") == 0)
		r = take_success(l, s, &in);
	else
		r = take_challenge(l, s, &in);
	buf_wipe(&in);
	return r;
}

static int
refused_bind(struct login *l, const struct elem *e)
{
	const char *condition = stanza_error_condition(e);
	int r = strcmp(stanza_error_type(e), "wait") == 0 ? XERR_TEMP :
	    XERR_UNAVAIL;

	if (strcmp(condition, "not-allowed") == 0)
		r = XERR_AUTH;
	return fail(l, r, "the server binds no resource: %.60s", condition);
}

/*
 * The server's word on who we are: a full JID of our own account (RFC 6120
 * 7.6.1), or the session would be half bound to somebody else's.
 */
static int
take_bound(struct login *l, const struct elem *e)
{
	const char *id = elem_get(e, "id"), *jid;
	const struct elem *bind;

	if (!elem_is(e, NS_CLIENT, "iq") || id == NULL ||
	    strcmp(id, bind_id) != 0 || !stanza_is_from_server(e, l->c->jid))
		return fail(l, XERR_PROTO,
		    "<%.40s/> before a resource is bound", e->name);
	if (strcmp(stanza_type(e), "error") == 0)
		return refused_bind(l, e);
	bind = elem_child(e, NS_BIND, "bind");
	jid = elem_text(elem_child(bind, NS_BIND, "jid"));
	if (strcmp(stanza_type(e), "result") != 0 || jid == NULL ||
	    jid_parse(&l->jid, jid, strlen(jid)) < 0 || jid_is_bare(&l->jid) ||
	    !jid_equal_bare(&l->jid, l->c->jid))
		return fail(l, XERR_PROTO, "the server has bound %.100s, "
		    "no resource of ours", jid == NULL ? "nothing" : jid);
	l->state = DONE;
	return LOGIN_DONE;
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
			return fail(l, XERR_PROTO,
			    "<%.40s/> instead of stream features", e->name);
		return take_features(l, s, e);
	case WANT_PROCEED:
		return take_proceed(l, s, e);
	case WANT_SASL:
		return take_sasl(l, s, e);
	case WANT_BOUND:
		return take_bound(l, e);
	default:
		return fail(l, XERR_INTERNAL, "nothing to log in for");
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
	return l->has_sm;
}

const char *
login_mechanism(const struct login *l)
{
	return l->mechanism;
}

const char *
login_errmsg(const struct login *l)
{
	return l->errmsg;
}
