/*
 * The server side of one stream: SASL2 (XEP-0388), and what is asked for with
 * it: Bind 2 (XEP-0386) and stream management.
 */
#include <stdio.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "server/server_int.h"

enum { RANDOM = 12 };	/* characters of a resource that we make */

void
server_add_sasl2(struct server *s, struct elem *features)
{
	struct elem *e, *in, *bind, *f;

	if (s->sasl_config.noffered == 0)
		return;
	e = elem_add(features, NS_SASL2, "authentication");
	server_add_mechanisms(s, e);
	in = elem_add(e, NULL, "inline");
	bind = elem_add(in, NS_BIND2, "bind");
	if (!s->config.no_sm) {
		f = elem_add(elem_add(bind, NULL, "inline"), NULL, "feature");
		elem_set(f, "var", NS_SM);
	}
	server_add_fast(s, in);
	server_add_upgrades(s, e);
}

/* A UUID of version 4, as section 2.2 demands (RFC 9562 5.4). */
static bool
is_uuid(const char *s)
{
	static const char form[] = "xxxxxxxx-xxxx-4xxx-Nxxx-xxxxxxxxxxxx";
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t i;

	for (i = 0; form[i] != '\0' && s[i] != '\0'; i++)
		if (form[i] == 'x' ? strchr(hex, s[i]) == NULL :
		    form[i] == 'N' ? strchr("89abAB", s[i]) == NULL :
		    s[i] != form[i])
			return false;
	return s[i] == '\0' && form[i] == '\0';
}

/* <bind/> of Bind 2: 0, or XERR_NOMEM. */
static int
read_bind(struct server *s, const struct elem *e)
{
	struct server_request *q = &s->request;
	const char *tag;

	if (e == NULL)
		return 0;
	q->bind = true;
	q->enable = elem_child(e, NS_SM, "enable") != NULL;
	if ((e = elem_child(e, NS_BIND2, "tag")) == NULL)
		return 0;
	if ((tag = elem_text(e)) == NULL ||
	    (q->tag = arena_dup(&s->kept, tag, strlen(tag))) == NULL)
		return XERR_NOMEM;
	return 0;
}

/* What E asks for: 0, XERR_PROTO for nonsense, XERR_NOMEM. */
static int
read_request(struct server *s, const struct elem *e)
{
	struct server_request *q = &s->request;
	const char *id;
	int r;

	arena_reset(&s->kept);
	*q = (struct server_request){ 0 };
	id = elem_get(elem_child(e, NS_SASL2, "user-agent"), "id");
	if (id != NULL && !is_uuid(id))
		return XERR_PROTO;
	if (id != NULL)
		memcpy(q->client, id, sizeof(q->client));
	q->resume = elem_child(e, NS_SM, "resume") != NULL;
	if ((r = server_read_fast(s, e)) < 0)
		return r;
	server_read_upgrades(s, e);
	return read_bind(s, elem_child(e, NS_BIND2, "bind"));
}

static int
take_authenticate(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	const struct elem *c = elem_child(e, NS_SASL2, "initial-response");
	const char *text = elem_text(c);
	int r;

	if (c != NULL && text == NULL)
		return server_fail_with(s, XERR_NOMEM);
	server_begin_sasl(s, true);
	if ((r = read_request(s, e)) == XERR_PROTO)
		return server_sasl_failed(s, "malformed-request");
	if (r < 0)
		return server_fail_with(s, r);
	return server_sasl_start(s, elem_get(e, "mechanism"), text, ev);
}

int
server_take_sasl2(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	const char *text;

	if (elem_is(e, NULL, "authenticate"))
		return take_authenticate(s, e, ev);
	if (elem_is(e, NULL, "response") && s->sasl != NULL && s->sasl2) {
		text = elem_text(e);
		return text == NULL ? server_fail_with(s, XERR_NOMEM) :
		    server_sasl_step(s, text, ev);
	}
	s->sasl2 = true;
	if (elem_is(e, NULL, "abort"))
		return server_sasl_failed(s, "aborted");
	if (elem_is(e, NULL, "response"))
		return server_sasl_failed(s, "malformed-request");
	return server_fail(s, XERR_PROTO, "not-authorized", "log in first");
}

/* TAG.RANDOM, or RANDOM alone if that makes no resource (XEP-0386 3.2.1). */
static int
make_resource(struct server *s)
{
	const char *tag = s->request.tag, *local;
	char token[SERVER_TOKEN + 1], name[JID_PART_MAX + 1];
	struct jid full;
	size_t n;
	int r = XERR_SYNTAX;

	server_token(s, token);
	token[RANDOM] = '\0';
	local = jid_local(&s->jid, &n);
	if ((local = arena_dup(&s->kept, local, n)) == NULL)
		return XERR_NOMEM;
	if (tag != NULL && *tag != '\0' &&
	    strlen(tag) + 1 + RANDOM <= JID_PART_MAX) {
		snprintf(name, sizeof(name), "%s.%.*s", tag, RANDOM,
		    token);
		r = jid_make(&full, local, s->config.domain, name);
	}
	if (r == XERR_SYNTAX)
		r = jid_make(&full, local, s->config.domain, token);
	if (r == 0)
		s->jid = full;
	return r;
}

/* What came of stream management, in <bound/> (XEP-0198). */
static void
add_enabled(struct server *s, struct elem *bound)
{
	struct elem *e;

	if (!s->request.enable)
		return;
	if (!s->config.no_sm) {
		elem_add(bound, NS_SM, "enabled");
		s->sm = true;
		return;
	}
	e = elem_add(bound, NS_SM, "failed");
	elem_add(e, NS_STANZA_ERRORS, "unexpected-request");
}

/* The client is in; no new stream begins, but its features are new. */
static int
put_success(struct server *s)
{
	struct elem *e = server_make(s, NS_SASL2, "success"), *c;
	int r = 0;

	if (buf_len(&s->extra) > 0)
		r = server_add_data(elem_add(e, NULL, "additional-data"),
		    &s->extra);
	elem_add_with_text(e, NULL, "authorization-identifier",
	    jid_str(&s->jid));
	if (s->request.resume) {
		c = elem_add(e, NS_SM, "failed");
		elem_add(c, NS_STANZA_ERRORS, "item-not-found");
	}
	if (s->request.bind)
		add_enabled(s, elem_add(e, NS_BIND2, "bound"));
	if (r == 0)
		r = server_add_token(s, e);
	buf_wipe(&s->extra);
	server_let_in(s);
	s->phase = s->request.bind ? IN_BOUND : IN_RESOURCE;
	if (r < 0 || (r = server_put(s, e)) < 0)
		return server_fail_with(s, r);
	return server_put_features(s);
}

int
server_sasl2_done(struct server *s, const struct buf *data,
    struct server_event *ev)
{
	const char *condition;
	int r;

	if (!jid_is_empty(&s->from) && !jid_equal(&s->from, &s->jid))
		return server_sasl_failed(s, "invalid-authzid");
	if ((condition = server_use_token(s)) != NULL)
		return server_sasl_failed(s, condition);
	buf_reset(&s->extra);
	if ((r = buf_put(&s->extra, buf_data(data), buf_len(data))) < 0)
		return server_fail_with(s, r);
	return server_sasl2_go_on(s, ev);
}

int
server_sasl2_go_on(struct server *s, struct server_event *ev)
{
	int r;

	if ((r = server_begin_task(s)) != 0)
		return r < 0 ? r : 0;
	if (!s->request.bind)
		return put_success(s);
	if ((r = make_resource(s)) < 0)
		return server_fail_with(s, r);
	s->phase = IN_BINDING;
	ev->kind = SERVER_BIND;
	return 1;
}

int
server_sasl2_accept(struct server *s)
{
	return put_success(s);
}

int
server_sasl2_refuse(struct server *s)
{
	buf_wipe(&s->extra);
	jid_to_bare(&s->jid);
	s->phase = IN_LOGIN;
	return server_sasl_failed(s, "temporary-auth-failure");
}
