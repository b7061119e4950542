/* The server side of one stream: getting in (RFC 6120 sections 5 to 7). */
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xmpp/reply.h"
#include "xmpp/server_int.h"
#include "xmpp/stanza.h"

enum { SASL_MAX = 16384 };	/* bytes of one response in base64 */

/* sasl knows names, the owner addresses. */
int
server_lookup(void *arg, const char *username, struct buf *password)
{
	struct server *s = arg;
	int r;

	r = jid_make(&s->jid, username, s->config.domain, NULL);
	if (r < 0)
		return r == XERR_SYNTAX ? XERR_AUTH : r;
	return s->config.lookup(s->config.arg, &s->jid, password);
}

static bool
is_offered(const struct server *s, const char *mechanism)
{
	const char *const *m = s->config.mechanisms;

	if (m == NULL)
		return true;
	while (*m != NULL && strcmp(*m, mechanism) != 0)
		m++;
	return *m != NULL;
}

static bool
may_login(const struct server *s)
{
	return s->secure || !s->config.tls || s->config.plaintext_ok;
}

static void
add_mechanisms(struct server *s, struct elem *features)
{
	struct elem *e = elem_add(features, NS_SASL, "mechanisms");
	const char *name;
	size_t i;

	for (i = 0; (name = sasl_server_offer(i, s->secure)) != NULL; i++)
		if (is_offered(s, name))
			elem_add_with_text(e, NULL, "mechanism", name);
}

int
server_put_features(struct server *s)
{
	struct elem *f = server_make(s, NS_STREAMS, "features"), *e;

	if (f != NULL)
		f->prefix = "stream";
	if (s->authenticated) {
		elem_add(f, NS_BIND, "bind");
		if (!s->config.no_sm)
			elem_add(f, NS_SM, "sm");
		return server_put(s, f);
	}
	if (!s->secure && s->config.tls) {
		e = elem_add(f, NS_TLS, "starttls");
		if (!s->config.plaintext_ok)
			elem_add(e, NULL, "required");
	}
	if (may_login(s))
		add_mechanisms(s, f);
	return server_put(s, f);
}

/* STARTTLS (RFC 6120 5.4) */
static int
take_starttls(struct server *s, struct server_event *ev)
{
	int r;

	if (s->secure || !s->config.tls) {
		r = server_put(s, server_make(s, NS_TLS, "failure"));
		stream_close(s->stream);
		s->phase = IN_CLOSING;
		return r;
	}
	/*
	 * What was injected in clear must not count as encrypted.  The white
	 * space that clients send all the same (not so RFC 6120 5.3.3) is
	 * dropped.
	 */
	if (stream_left(s->stream) > s->spaces)
		return server_fail(s, XERR_PROTO, "policy-violation",
		    "data behind <starttls/>");
	if ((r = server_put(s, server_make(s, NS_TLS, "proceed"))) < 0)
		return r;
	s->phase = IN_TLS;
	ev->kind = SERVER_TLS;
	return 1;
}

int
server_secured(struct server *s)
{
	if (s->phase != IN_TLS)
		return XERR_INTERNAL;
	s->secure = true;
	return server_restart(s, stream_restart_clean);
}

/* This attempt to log in has failed (RFC 6120 6.5). */
static int
sasl_failed(struct server *s, const char *condition)
{
	struct elem *e = server_make(s, NS_SASL, "failure");
	int r;

	elem_add(e, NULL, condition);
	sasl_server_free(s->sasl);
	s->sasl = NULL;
	if ((r = server_put(s, e)) < 0)
		return r;
	if (++s->failures >= SERVER_TRIES)
		return server_fail(s, XERR_AUTH, "policy-violation",
		    "too many failed logins");
	return 0;
}

/* May the one who has proved to be s->jid act as AUTHZID (6.3.8)? */
static bool
may_act_as(const struct server *s, const char *authzid)
{
	struct jid j;

	return authzid == NULL || (jid_parse(&j, authzid,
	    strlen(authzid)) == 0 && jid_equal(&j, &s->jid));
}

/* Send element NAME with DATA in base64. */
static int
put_data(struct server *s, const char *name, const struct buf *data)
{
	struct elem *e = server_make(s, NS_SASL, name);
	struct buf b64;
	int r;

	buf_init(&b64, SASL_MAX);
	r = b64_encode(&b64, buf_data(data), buf_len(data));
	elem_add_text(e, (const char *)buf_data(&b64), buf_len(&b64));
	buf_release(&b64);
	return r < 0 ? server_fail_with(s, r) : server_put(s, e);
}

static int
sasl_done(struct server *s, const struct buf *data)
{
	int r;

	/* with an authzid of its own it may have been another's turn */
	if (!may_act_as(s, sasl_server_authzid(s->sasl)))
		return sasl_failed(s, "invalid-authzid");
	s->mechanism = sasl_server_mechanism(s->sasl);
	sasl_server_free(s->sasl);
	s->sasl = NULL;
	if ((r = put_data(s, "success", data)) < 0)
		return r;
	s->authenticated = true;
	return server_restart(s, stream_restart);
}

/* One step with the LEN bytes at DATA; NULL: no initial response. */
static int
sasl_step(struct server *s, const void *data, size_t len)
{
	struct buf out;
	int r;

	buf_init(&out, SASL_MAX);
	r = sasl_server_step(s->sasl, data, len, &out);
	if (r == SASL_CONTINUE)
		r = put_data(s, "challenge", &out);
	else if (r == SASL_DONE)
		r = sasl_done(s, &out);
	else
		r = sasl_failed(s, sasl_server_condition(s->sasl));
	buf_release(&out);
	return r;
}

/* The same with the text of <auth/> or <response/> (RFC 6120 6.4.2). */
static int
sasl_take(struct server *s, const struct elem *e, bool initial)
{
	const char *text = elem_text(e);
	struct buf data;
	int r;

	if (text == NULL)
		return server_fail_with(s, XERR_NOMEM);
	if (*text == '\0')
		return sasl_step(s, initial ? NULL : "", 0);
	if (strcmp(text, "=") == 0)
		return sasl_step(s, "", 0);
	buf_init(&data, SASL_MAX);
	if (strlen(text) > SASL_MAX)
		r = sasl_failed(s, "malformed-request");
	else if ((r = b64_decode(&data, text, strlen(text))) == XERR_SYNTAX)
		r = sasl_failed(s, "incorrect-encoding");
	else if (r < 0)
		r = server_fail_with(s, r);
	else
		r = sasl_step(s, buf_data(&data), buf_len(&data));
	buf_wipe(&data);
	return r;
}

static int
take_auth(struct server *s, const struct elem *e)
{
	const char *mechanism = elem_get(e, "mechanism");
	int r;

	sasl_server_free(s->sasl);
	s->sasl = NULL;
	if (!may_login(s))
		return sasl_failed(s, "encryption-required");
	if (mechanism == NULL || !is_offered(s, mechanism))
		return sasl_failed(s, "invalid-mechanism");
	server_token(s, s->nonce);
	s->sasl_config.tls = s->secure;
	r = sasl_server_new(&s->sasl, mechanism, &s->sasl_config);
	if (r == XERR_TLS)
		return sasl_failed(s, "encryption-required");
	if (r == XERR_CONFIG)
		return sasl_failed(s, "invalid-mechanism");
	if (r < 0)
		return server_fail_with(s, r);
	return sasl_take(s, e, true);
}

int
server_take_login(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	if (elem_is(e, NS_TLS, "starttls"))
		return take_starttls(s, ev);
	if (elem_is(e, NS_SASL, "auth"))
		return take_auth(s, e);
	if (elem_is(e, NS_SASL, "abort"))
		return sasl_failed(s, "aborted");
	if (elem_is(e, NS_SASL, "response"))
		return s->sasl != NULL ? sasl_take(s, e, false) :
		    sasl_failed(s, "malformed-request");
	return server_fail(s, XERR_PROTO, "not-authorized", "log in first");
}

/* Resource binding (RFC 6120 7.6, 7.7) */
static int
take_bind(struct server *s, const struct elem *e, const struct elem *bind,
    struct server_event *ev)
{
	const char *resource = elem_text(elem_child(bind, NULL, "resource"));
	char token[SERVER_TOKEN + 1];
	struct jid full;
	const char *local;
	size_t n;
	int r;

	if (resource == NULL || *resource == '\0') {
		server_token(s, token);
		resource = token;
	}
	if ((s->bind = elem_dup(&s->scratch, e)) == NULL)
		return server_fail_with(s, XERR_NOMEM);
	local = jid_local(&s->jid, &n);
	local = arena_dup(&s->scratch, local, n);
	if (local == NULL)
		return server_fail_with(s, XERR_NOMEM);
	s->phase = IN_BINDING;
	r = jid_make(&full, local, s->config.domain, resource);
	if (r == XERR_SYNTAX)
		return server_refuse(s, "bad-request");
	if (r < 0)
		return server_fail_with(s, r);
	s->jid = full;
	ev->kind = SERVER_BIND;
	return 1;
}

int
server_take_resource(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	const struct elem *bind = elem_child(e, NS_BIND, "bind");

	if (elem_is(e, NS_CLIENT, "iq") && bind != NULL &&
	    strcmp(stanza_type(e), "set") == 0)
		return take_bind(s, e, bind, ev);
	if (elem_is(e, NS_SM, "enable"))
		return server_sm_failed(s, "unexpected-request");
	if (elem_is(e, NS_SM, "resume"))
		return server_sm_failed(s, "item-not-found");
	return server_fail(s, XERR_PROTO, "not-authorized", "bind a resource first");
}

int
server_accept(struct server *s)
{
	struct elem *e, *bind;

	if (s->phase != IN_BINDING)
		return XERR_INTERNAL;
	e = reply_new(&s->scratch, s->bind, "result");
	elem_set(e, "to", NULL);
	elem_set(e, "from", NULL);
	bind = elem_add(e, NS_BIND, "bind");
	elem_add_with_text(bind, NULL, "jid", jid_str(&s->jid));
	s->phase = IN_BOUND;
	return server_put(s, e);
}

int
server_refuse(struct server *s, const char *condition)
{
	struct elem *e;

	if (s->phase != IN_BINDING)
		return XERR_INTERNAL;
	e = reply_error(&s->scratch, s->bind, condition, NULL);
	jid_to_bare(&s->jid);
	s->phase = IN_RESOURCE;
	return server_put(s, e);
}

