/* The server side of one stream: SASL (RFC 6120 section 6). */
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xmpp/server_int.h"

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
is_wanted(const struct server *s, const char *mechanism)
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
		if (c->noffered < SERVER_MECHANISMS && is_wanted(s, name))
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
server_add_sasl(struct server *s, struct elem *features)
{
	struct elem *e;
	size_t i;

	if (!may_login(s))
		return;
	make_offer(s);
	e = elem_add(features, NS_SASL, "mechanisms");
	for (i = 0; i < s->sasl_config.noffered; i++)
		elem_add_with_text(e, NULL, "mechanism", s->offered[i]);
	add_types(s, features);
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
	if (mechanism == NULL || !is_wanted(s, mechanism))
		return sasl_failed(s, "invalid-mechanism");
	server_token(s, s->nonce);
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
server_take_sasl(struct server *s, const struct elem *e)
{
	if (elem_is(e, NULL, "auth"))
		return take_auth(s, e);
	if (elem_is(e, NULL, "abort"))
		return sasl_failed(s, "aborted");
	if (elem_is(e, NULL, "response"))
		return s->sasl != NULL ? sasl_take(s, e, false) :
		    sasl_failed(s, "malformed-request");
	return server_fail(s, XERR_PROTO, "not-authorized", "log in first");
}
