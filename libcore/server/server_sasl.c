/*
 * The server side of one stream: SASL (RFC 6120 section 6), and what SASL2 has
 * in common with it.
 */
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "sasl/ht.h"
#include "xml/ns.h"
#include "server/server_int.h"

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

bool
server_is_allowed(const struct server *s, const char *mechanism)
{
	const char *const *m = s->config.mechanisms;

	if (m == NULL)
		return true;
	while (*m != NULL && strcmp(*m, mechanism) != 0)
		m++;
	return *m != NULL;
}

bool
server_wants(const struct server *s, const char *mechanism)
{
	return server_is_allowed(s, mechanism) && server_keeps(s, mechanism);
}

static bool
may_login(const struct server *s)
{
	return s->secure || !s->config.tls || s->config.plaintext_ok;
}

/*
 * What this client is offered: the mechanisms and, if one of them binds, what
 * it can bind to.  SCRAM signs both.
 */
static void
make_offer(struct server *s)
{
	struct sasl_server_config *c = &s->sasl_config;
	const char *name;
	size_t i;

	c->tls = s->secure;
	c->offered = s->offered;
	c->noffered = c->nannounced = 0;
	for (i = 0; (name = sasl_server_mechanisms(c, i)) != NULL; i++)
		if (c->noffered < SERVER_MECHANISMS && server_wants(s, name))
			s->offered[c->noffered++] = name;
	if (sasl_has_plus(s->offered, c->noffered))
		for (i = 0; i < c->nbindings; i++)
			s->announced[c->nannounced++] = c->bindings[i].type;
	c->announced = c->nannounced > 0 ? s->announced : NULL;
}

/* XEP-0440 */
static void
add_types(const struct server *s, struct elem *features)
{
	const struct sasl_server_config *c = &s->sasl_config;
	struct elem *e;
	size_t i;

	if (c->nannounced == 0)
		return;
	e = elem_add(features, NS_SASL_CB, "sasl-channel-binding");
	for (i = 0; i < c->nannounced; i++)
		elem_set(elem_add(e, NULL, "channel-binding"), "type",
		    c->announced[i]);
}

void
server_add_mechanisms(const struct server *s, struct elem *e)
{
	size_t i;

	for (i = 0; i < s->sasl_config.noffered; i++)
		elem_add_with_text(e, NULL, "mechanism", s->offered[i]);
}

void
server_add_sasl(struct server *s, struct elem *features)
{
	struct elem *e;

	if (!may_login(s))
		return;
	make_offer(s);
	e = elem_add(features, NS_SASL, "mechanisms");
	server_add_mechanisms(s, e);
	add_types(s, features);
	if (!s->config.no_sasl2)
		server_add_sasl2(s, features);
}

/* What is being talked. */
static const char *
profile(const struct server *s)
{
	return s->sasl2 ? NS_SASL2 : NS_SASL;
}

void
server_begin_sasl(struct server *s, bool sasl2)
{
	sasl_server_free(s->sasl);
	s->sasl = NULL;
	s->sasl2 = sasl2;
	s->ignoring = s->guest = false;
}

/* This attempt to log in has failed (RFC 6120 6.5). */
int
server_sasl_failed(struct server *s, const char *condition)
{
	struct elem *e = server_make(s, profile(s), "failure");
	int r;

	elem_add(e, NS_SASL, condition);
	sasl_server_free(s->sasl);
	s->sasl = NULL;
	s->mechanism = s->task = NULL;
	/* what was sent behind it, in the hope of success, means nothing */
	s->ignoring = s->sasl2;
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

int
server_add_data(struct elem *e, const struct buf *data)
{
	struct buf b64;
	int r;

	buf_init(&b64, SERVER_SASL_MAX);
	r = b64_encode(&b64, buf_data(data), buf_len(data));
	elem_add_text(e, (const char *)buf_data(&b64), buf_len(&b64));
	buf_release(&b64);
	return r;
}

/* Send element NAME with DATA. */
static int
put_data(struct server *s, const char *name, const struct buf *data)
{
	struct elem *e = server_make(s, profile(s), name);
	int r = server_add_data(e, data);

	return r < 0 ? server_fail_with(s, r) : server_put(s, e);
}

static int
succeed(struct server *s, const struct buf *data)
{
	int r;

	if ((r = put_data(s, "success", data)) < 0)
		return r;
	server_let_in(s);
	return server_restart(s, stream_restart);
}

static int
done(struct server *s, const struct buf *data, struct server_event *ev)
{
	bool may;
	int r;

	s->mechanism = sasl_server_mechanism(s->sasl);
	if (strcmp(s->mechanism, "ANONYMOUS") == 0 &&
	    (r = server_make_guest(s)) < 0)
		return server_fail_with(s, r);
	may = may_act_as(s, sasl_server_authzid(s->sasl));
	s->request.shown = sasl_server_token(s->sasl);
	sasl_server_free(s->sasl);
	s->sasl = NULL;
	/* with an authzid of its own it may have been another's turn */
	if (!may)
		return server_sasl_failed(s, "invalid-authzid");
	return s->sasl2 ? server_sasl2_done(s, data, ev) : succeed(s, data);
}

/* One step with the LEN bytes at DATA; NULL: no initial response. */
static int
step(struct server *s, const void *data, size_t len, struct server_event *ev)
{
	struct buf out;
	int r;

	buf_init(&out, SERVER_SASL_MAX);
	r = sasl_server_step(s->sasl, data, len, &out);
	if (r == SASL_CONTINUE)
		r = put_data(s, "challenge", &out);
	else if (r == SASL_DONE)
		r = done(s, &out, ev);
	else
		r = server_sasl_failed(s, sasl_server_condition(s->sasl));
	buf_release(&out);
	return r;
}

int
server_sasl_step(struct server *s, const char *text, struct server_event *ev)
{
	struct buf data;
	int r;

	if (text == NULL || *text == '\0')
		return step(s, text, 0, ev);
	buf_init(&data, SERVER_SASL_MAX);
	if (strlen(text) > SERVER_SASL_MAX)
		r = server_sasl_failed(s, "malformed-request");
	else if ((r = b64_decode(&data, text, strlen(text))) == XERR_SYNTAX)
		r = server_sasl_failed(s, "incorrect-encoding");
	else if (r < 0)
		r = server_fail_with(s, r);
	else
		r = step(s, buf_data(&data), buf_len(&data), ev);
	buf_wipe(&data);
	return r;
}

int
server_sasl_start(struct server *s, const char *mechanism, const char *text,
    struct server_event *ev)
{
	int r;

	if (!may_login(s))
		return server_sasl_failed(s, "encryption-required");
	/* tokens are for SASL2 */
	if (mechanism == NULL || !server_wants(s, mechanism) ||
	    (!s->sasl2 && ht_find(mechanism) != NULL))
		return server_sasl_failed(s, "invalid-mechanism");
	server_token(s, s->nonce);
	r = sasl_server_new(&s->sasl, mechanism, &s->sasl_config);
	if (r == XERR_TLS)
		return server_sasl_failed(s, "encryption-required");
	if (r == XERR_CONFIG)
		return server_sasl_failed(s, "invalid-mechanism");
	if (r < 0)
		return server_fail_with(s, r);
	return server_sasl_step(s, text, ev);
}

/* The text of <auth/> or <response/>: "=" is none at all (RFC 6120 6.4.2). */
static const char *
text_of(const struct elem *e)
{
	const char *text = elem_text(e);

	return text != NULL && strcmp(text, "=") == 0 ? "" : text;
}

static int
take_auth(struct server *s, const struct elem *e, struct server_event *ev)
{
	const char *text = elem_text(e);

	if (text == NULL)
		return server_fail_with(s, XERR_NOMEM);
	server_begin_sasl(s, false);
	return server_sasl_start(s, elem_get(e, "mechanism"),
	    *text == '\0' ? NULL : text_of(e), ev);
}

int
server_take_sasl(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	if (elem_is(e, NULL, "auth"))
		return take_auth(s, e, ev);
	s->sasl2 = false;
	if (elem_is(e, NULL, "abort"))
		return server_sasl_failed(s, "aborted");
	if (elem_is(e, NULL, "response") && s->sasl == NULL)
		return server_sasl_failed(s, "malformed-request");
	if (!elem_is(e, NULL, "response"))
		return server_fail(s, XERR_PROTO, "not-authorized",
		    "log in first");
	if (text_of(e) == NULL)
		return server_fail_with(s, XERR_NOMEM);
	return server_sasl_step(s, text_of(e), ev);
}
