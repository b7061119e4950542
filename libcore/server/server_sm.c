/* The server side of one stream: acknowledgements (XEP-0198 section 4). */
#include <stdio.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "server/server_int.h"

int
server_sm_failed(struct server *s, const char *condition)
{
	struct elem *e = server_make(s, NS_SM, "failed");

	elem_add(e, NS_STANZA_ERRORS, condition);
	return server_put(s, e);
}

bool
server_number(uint32_t *out, const char *s)
{
	uint64_t n = 0;

	if (s == NULL || *s == '\0')
		return false;
	for (; *s >= '0' && *s <= '9' && n <= UINT32_MAX; s++)
		n = n * 10 + (uint64_t)(*s - '0');
	if (*s != '\0' || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* The stream error of XEP-0198 section 4. */
static int
handled_too_many(struct server *s, uint32_t h)
{
	struct elem *e = server_make(s, NS_STREAMS, "error"), *c;
	char n[16];

	if (e != NULL)
		e->prefix = "stream";
	elem_add(e, NS_STREAM_ERRORS, "undefined-condition");
	c = elem_add(e, NS_SM, "handled-count-too-high");
	snprintf(n, sizeof(n), "%lu", (unsigned long)h);
	elem_set(c, "h", n);
	snprintf(n, sizeof(n), "%lu", (unsigned long)s->out);
	elem_set(c, "send-count", n);
	server_put(s, e);
	stream_close(s->stream);
	return server_fail(s, XERR_PROTO, "undefined-condition",
	    "more stanzas acknowledged than sent");
}

static int
take_ack(struct server *s, const struct elem *e)
{
	uint32_t h;

	if (!s->sm || !server_number(&h, elem_get(e, "h")))
		return server_fail(s, XERR_PROTO, "bad-format",
		    "an <a/> that makes no sense");
	/* differences, so that it is right where the counters wrap */
	if ((uint32_t)(h - s->acked) > (uint32_t)(s->out - s->acked))
		return handled_too_many(s, h);
	outbox_drop(&s->sent, (uint32_t)(h - s->acked));
	s->acked = h;
	s->asked = false;
	return 0;
}

static int
put_ack(struct server *s)
{
	struct elem *e = server_make(s, NS_SM, "a");
	char h[16];

	snprintf(h, sizeof(h), "%lu", (unsigned long)s->in);
	elem_set(e, "h", h);
	return server_put(s, e);
}

int
server_take_sm(struct server *s, const struct elem *e)
{
	if (elem_is(e, NULL, "r") && s->sm)
		return put_ack(s);
	if (elem_is(e, NULL, "a"))
		return take_ack(s, e);
	if (elem_is(e, NULL, "resume"))
		return server_sm_failed(s, "item-not-found");
	if (!elem_is(e, NULL, "enable") || s->sm || s->config.no_sm)
		return server_sm_failed(s, "unexpected-request");
	s->sm = true;
	s->in = s->out = s->acked = 0;
	return server_put(s, server_make(s, NS_SM, "enabled"));
}

