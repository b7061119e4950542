/* The server side of one stream: tokens instead of passwords (XEP-0484). */
#include <string.h>

#include "base/xerr.h"
#include "sasl/ht.h"
#include "xml/ns.h"
#include "xmpp/datetime.h"
#include "server/fast.h"
#include "server/server_int.h"

static struct fast_client *
client(const struct server *s)
{
	return fast_client(s->config.fast, jid_str(&s->jid),
	    s->request.client);
}

int
server_look_up_token(void *arg, const char *username, const char *mechanism,
    size_t i, struct buf *out)
{
	struct server *s = arg;
	const struct fast_client *c;
	const char *token;
	int r;

	r = jid_make(&s->jid, username, s->config.domain, NULL);
	if (r < 0)
		return r == XERR_SYNTAX ? XERR_AUTH : r;
	if ((c = client(s)) == NULL ||
	    (token = fast_token(c, mechanism, i)) == NULL)
		return XERR_AUTH;
	return buf_puts(out, token);
}

void
server_add_fast(struct server *s, struct elem *in)
{
	struct elem *e = NULL;
	const char *name;
	size_t i;

	for (i = 0; (name = sasl_server_tokens(&s->sasl_config, i)) != NULL;
	    i++) {
		if (!server_wants(s, name))
			continue;
		if (e == NULL)
			e = elem_add(in, NS_FAST, "fast");
		elem_add_with_text(e, NULL, "mechanism", name);
	}
}

/* The one called NAME of those offered for tokens, static, or NULL. */
static const char *
offered(const struct server *s, const char *name)
{
	const char *m;
	size_t i;

	for (i = 0; (m = sasl_server_tokens(&s->sasl_config, i)) != NULL; i++)
		if (strcmp(m, name) == 0)
			return server_wants(s, m) ? m : NULL;
	return NULL;
}

/* <request-token/> (section 3.2) */
static int
read_wish(struct server *s, const struct elem *e)
{
	struct server_request *q = &s->request;
	const char *name = elem_get(e, "mechanism");

	if (e == NULL)
		return 0;
	if (name == NULL || q->client[0] == '\0')
		return XERR_PROTO;
	q->token_for = offered(s, name);
	return q->token_for == NULL ? XERR_PROTO : 0;
}

int
server_read_fast(struct server *s, const struct elem *e)
{
	const struct elem *fast = elem_child(e, NS_FAST, "fast");
	const char *name = elem_get(e, "mechanism"), *v;
	struct server_request *q = &s->request;

	if (s->config.fast == NULL || name == NULL)
		return 0;
	q->fast = fast != NULL;
	/* a token is shown, or it is not */
	if (q->fast != (ht_find(name) != NULL) ||
	    (q->fast && q->client[0] == '\0'))
		return XERR_PROTO;
	v = elem_get(fast, "count");
	if (v != NULL && (!server_number(&q->count, v) || q->count == 0))
		return XERR_PROTO;
	v = elem_get(fast, "invalidate");
	q->invalidate = v != NULL &&
	    (strcmp(v, "1") == 0 || strcmp(v, "true") == 0);
	return read_wish(s, elem_child(e, NS_FAST, "request-token"));
}

const char *
server_use_token(struct server *s)
{
	struct server_request *q = &s->request;
	struct fast_client *c;

	if (!q->fast)
		return NULL;
	if ((c = client(s)) == NULL)
		return "not-authorized";
	switch (fast_use(c, s->mechanism, q->shown, s->now, q->count)) {
	case FAST_GOOD: return NULL;
	case FAST_EXPIRED: return "credentials-expired";
	default: return "not-authorized";
	}
}

/* Forget the one that was shown, or let another follow it if that is due. */
static void
settle(struct server *s, const struct jid *account)
{
	struct server_request *q = &s->request;
	struct fast_client *c;

	c = fast_client(s->config.fast, jid_str(account), q->client);
	if (c == NULL)
		return;
	if (q->invalidate)
		fast_invalidate(c);
	else if (q->token_for == NULL &&
	    fast_is_due(s->config.fast, c, s->now))
		q->token_for = s->mechanism;
}

int
server_add_token(struct server *s, struct elem *success)
{
	struct server_request *q = &s->request;
	char token[SERVER_TOKEN + 1], when[DATETIME_LEN + 1];
	struct elem *e;
	struct jid bare;
	int64_t expiry;
	int r;

	jid_copy(&bare, &s->jid);
	jid_to_bare(&bare);
	if (q->fast)
		settle(s, &bare);
	/* a guest does not come again */
	if (q->token_for == NULL || s->guest)
		return 0;
	server_token(s, token);
	if ((r = fast_issue(s->config.fast, jid_str(&bare), q->client,
	    q->token_for, token, s->now, &expiry)) < 0 ||
	    (r = datetime_format(when, expiry)) < 0)
		return r;
	e = elem_add(success, NS_FAST, "token");
	elem_set(e, "token", token);
	elem_set(e, "expiry", when);
	return 0;
}
