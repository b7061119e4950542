/* The server side of one stream: getting in (RFC 6120 sections 5 and 7). */
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "server/server_reply.h"
#include "server/server_int.h"
#include "xmpp/stanza.h"

int
server_put_features(struct server *s)
{
	struct elem *f = server_make(s, NS_STREAMS, "features"), *e;

	if (f != NULL)
		f->prefix = "stream";
	if (s->authenticated) {
		if (s->phase == IN_RESOURCE)
			elem_add(f, NS_BIND, "bind");
		if (!s->config.no_sm && !s->sm)
			elem_add(f, NS_SM, "sm");
		return server_put(s, f);
	}
	if (!s->secure && s->config.tls) {
		e = elem_add(f, NS_TLS, "starttls");
		if (!s->config.plaintext_ok)
			elem_add(e, NULL, "required");
	}
	server_add_sasl(s, f);
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

/*
 * During an exchange of SASL2 nothing else is said (XEP-0388 2.4).  Behind one
 * that has failed may be what was sent in the same breath; it was for another
 * stream than this.
 */
int
server_take_login(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	if (s->sasl != NULL && s->sasl2 && !elem_is(e, NS_SASL2, "response") &&
	    !elem_is(e, NS_SASL2, "abort"))
		return server_fail(s, XERR_PROTO, "not-authorized",
		    "neither <response/> nor <abort/>");
	if (s->task != NULL)
		return server_take_task(s, e, ev);
	if (elem_is(e, NS_TLS, "starttls"))
		return take_starttls(s, ev);
	if (elem_is(e, NS_SASL, NULL))
		return server_take_sasl(s, e, ev);
	if (elem_is(e, NS_SASL2, NULL) && !s->config.no_sasl2)
		return server_take_sasl2(s, e, ev);
	if (s->ignoring && (stanza_is(e) || elem_is(e, NS_SM, NULL)))
		return 0;
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
	if (!s->authenticated)
		return server_sasl2_accept(s);
	e = server_reply_new(&s->scratch, s->bind, "result");
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
	if (!s->authenticated)
		return server_sasl2_refuse(s);
	e = server_reply_error(&s->scratch, s->bind, condition, NULL);
	jid_to_bare(&s->jid);
	s->phase = IN_RESOURCE;
	return server_put(s, e);
}

