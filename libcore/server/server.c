/* The server side of one stream: the object, its events, its stanzas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "server/server_int.h"
#include "server/server_reply.h"
#include "xmpp/stanza.h"

enum {
	OUT_MAX = 1 << 20,
	KEPT_MAX = 65536,
	ASK_AFTER = 64,		/* stanzas sent, then we ask for an ack */
	UNACKED_MAX = 32 << 20	/* bytes kept for a client that gives none */
};

/* The next thing made of the secret: unguessable, and never the same. */
void
server_token(struct server *s, char out[SERVER_TOKEN + 1])
{
	unsigned char mac[EVP_MAX_MD_SIZE] = { 0 };
	unsigned char n[4] = { (unsigned char)(s->tokens >> 24),
	    (unsigned char)(s->tokens >> 16), (unsigned char)(s->tokens >> 8),
	    (unsigned char)s->tokens };
	size_t i;

	s->tokens++;
	HMAC(EVP_sha256(), s->config.secret, SERVER_SECRET, n, sizeof(n), mac,
	    NULL);
	for (i = 0; i < SERVER_TOKEN / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

int
server_new(struct server **out, const struct server_config *config)
{
	struct xparse_limits early = { .size = SERVER_BEFORE_LOGIN };
	struct server *s;
	int r;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	s->config = *config;
	if (early.size > config->limits.size && config->limits.size != 0)
		early.size = config->limits.size;
	s->secure = config->secure;
	s->sasl_config = (struct sasl_server_config){
		.lookup = config->verifier == NULL ? server_lookup : NULL,
		.keys = config->verifier == NULL ? NULL : server_look_up_keys,
		.arg = s, .nonce = s->nonce,
		.token = config->fast != NULL ? server_look_up_token : NULL,
		.salt = config->salt, .salt_len = config->salt_len,
		.iterations = config->iterations,
		.anonymous = config->anonymous
	};
	arena_init(&s->scratch, OUT_MAX);
	arena_init(&s->kept, KEPT_MAX);
	buf_init(&s->extra, SERVER_SASL_MAX);
	buf_init(&s->rendered, UNACKED_MAX);
	outbox_init(&s->sent);
	server_token(s, s->id);
	if ((r = server_set_bindings(s, config->bindings,
	    config->nbindings)) < 0 ||
	    (r = stream_new(&s->stream, &early,
	    config->out_max == 0 ? OUT_MAX : config->out_max)) < 0) {
		free(s);
		return r;
	}
	stream_set_due(s->stream, &(struct stream_header){
		.from = config->domain, .id = s->id, .lang = "en" });
	*out = s;
	return 0;
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	sasl_server_free(s->sasl);
	stream_free(s->stream);
	arena_release(&s->scratch);
	arena_release(&s->kept);
	buf_wipe(&s->extra);
	outbox_release(&s->sent);
	buf_release(&s->rendered);
	free(s->addresses);
	free(s);
}

int
server_set_bindings(struct server *s, const struct sasl_binding *b, size_t n)
{
	size_t i;

	if (n > SERVER_BINDINGS)
		return XERR_LIMIT;
	for (i = 0; i < n; i++)
		if (b[i].len > SASL_BINDING_MAX)
			return XERR_LIMIT;
	for (i = 0; i < n; i++) {
		memcpy(s->bound[i], b[i].data, b[i].len);
		s->bindings[i] = (struct sasl_binding){ b[i].type,
		    s->bound[i], b[i].len };
	}
	s->sasl_config.bindings = s->bindings;
	s->sasl_config.nbindings = n;
	return 0;
}

void
server_set_time(struct server *s, int64_t now)
{
	s->now = now;
}

/* The client broke the rules: the stream ends here. */
int
server_fail(struct server *s, int err, const char *condition, const char *text)
{
	if (s->err != 0)
		return s->err;
	stream_fail(s->stream, condition, text);
	snprintf(s->errmsg, sizeof(s->errmsg), "%s", text);
	return s->err = err;
}

void
server_let_in(struct server *s)
{
	s->authenticated = true;
	stream_set_limits(s->stream, &s->config.limits);
}

/* An error of ours, or of memory. */
int
server_fail_with(struct server *s, int err)
{
	return server_fail(s, err, err == XERR_NOMEM ? "resource-constraint" :
	    "internal-server-error", xerr_str(err));
}

/* Send E, made in s->scratch, and forget it. */
int
server_put(struct server *s, const struct elem *e)
{
	int r = arena_err(&s->scratch);

	if (r == 0)
		r = stream_put(s->stream, e);
	arena_reset(&s->scratch);
	return r < 0 ? server_fail_with(s, r) : 0;
}

struct elem *
server_make(struct server *s, const char *ns, const char *name)
{
	return elem_new(&s->scratch, ns, name);
}

/* A new stream on the same connection, with a new id. */
int
server_restart(struct server *s, int (*how)(struct stream *))
{
	int r;

	server_token(s, s->id);
	s->phase = IN_HEADER;
	r = how(s->stream);
	return r < 0 ? server_fail_with(s, r) : 0;
}

/* Is the header's "to" our domain?  It may be written otherwise. */
static bool
is_our_domain(const struct server *s, const char *to)
{
	struct jid j;

	return to != NULL && jid_parse(&j, to, strlen(to)) == 0 &&
	    strcmp(jid_str(&j), s->config.domain) == 0;
}

/* Whom the client says to be (RFC 6120 4.7.1): nobody, or one of ours. */
static bool
take_from(struct server *s, const char *from)
{
	struct jid j;
	const char *domain;
	size_t n;

	s->from = (struct jid){ 0 };
	if (from == NULL || jid_parse(&j, from, strlen(from)) < 0)
		return true;
	domain = jid_domain(&j, &n);
	if (strlen(s->config.domain) != n ||
	    memcmp(domain, s->config.domain, n) != 0)
		return false;
	if (jid_local(&j, NULL) != NULL)
		s->from = j;
	jid_to_bare(&s->from);
	return true;
}

static int
take_header(struct server *s, const struct elem *e)
{
	/* stream.c has checked the namespaces and the version */
	stream_open(s->stream, &(struct stream_header){
		.from = s->config.domain, .id = s->id, .lang = "en" });
	if (!is_our_domain(s, elem_get(e, "to")))
		return server_fail(s, XERR_PROTO, "host-unknown",
		    "this is another domain");
	if (!take_from(s, elem_get(e, "from")))
		return server_fail(s, XERR_PROTO, "invalid-from",
		    "the client is of another domain");
	s->phase = s->authenticated ? IN_RESOURCE : IN_LOGIN;
	return server_put_features(s);
}

/* RFC 6120 8.1.2.1: "from" is ours to set, and nobody else's to claim. */
static int
take_stanza(struct server *s, struct elem *e, struct server_event *ev)
{
	const char *from = elem_get(e, "from");
	struct jid j;

	if (from != NULL && (jid_parse(&j, from, strlen(from)) < 0 ||
	    (!jid_equal(&j, &s->jid) && !(jid_is_bare(&j) &&
	    jid_equal_bare(&j, &s->jid)))))
		return server_fail(s, XERR_PROTO, "invalid-from",
		    "the stanza is from somebody else");
	elem_set(e, "from", jid_str(&s->jid));
	stanza_set_lang(e, stream_lang(s->stream));
	/* one that was not set would be a forged one */
	if (arena_err(e->arena) != 0)
		return server_fail(s, XERR_LIMIT, "policy-violation",
		    "the stanza is too large");
	if (s->sm)
		s->in++;
	ev->kind = SERVER_STANZA;
	ev->elem = e;
	return 1;
}

static int
take_bound(struct server *s, struct elem *e, struct server_event *ev)
{
	if (stanza_is(e))
		return take_stanza(s, e, ev);
	if (elem_is(e, NS_SM, NULL))
		return server_take_sm(s, e);
	return server_fail(s, XERR_PROTO, "unsupported-stanza-type",
	    "neither message, presence nor iq");
}

static int
take_elem(struct server *s, struct elem *e, struct server_event *ev)
{
	switch (s->phase) {
	case IN_LOGIN: return server_take_login(s, e, ev);
	case IN_RESOURCE: return server_take_resource(s, e, ev);
	case IN_BOUND: return take_bound(s, e, ev);
	default: return 0;	/* IN_CLOSING: too late */
	}
}

/* The client's stanza E goes nowhere: say so, unless nobody would hear. */
static int
refuse(struct server *s, const struct elem *e, const char *why)
{
	const char *type = stanza_type(e);
	struct elem *r;
	int n;

	if (strcmp(type, "error") == 0 || strcmp(type, "result") == 0)
		return 0;
	r = server_reply_error(&s->scratch, e, "policy-violation", why);
	elem_set(r, "to", jid_str(&s->jid));
	n = arena_err(&s->scratch) != 0 ? XERR_LIMIT : server_send(s, r);
	arena_reset(&s->scratch);
	return n == XERR_NOMEM ? server_fail_with(s, n) : 0;
}

/* An element over the limits was passed over. */
static int
take_passed(struct server *s, const struct stream_event *in,
    struct server_event *ev)
{
	int r;

	if (s->phase == IN_CLOSING)
		return 0;
	if (s->phase != IN_BOUND || !stanza_is(in->elem))
		return server_fail(s, XERR_LIMIT, "policy-violation",
		    in->why);
	if (s->sm)
		s->in++;
	if ((r = refuse(s, in->elem, in->why)) < 0)
		return r;
	*ev = (struct server_event){ .kind = SERVER_PASSED,
		.elem = in->elem, .why = in->why };
	return 1;
}

static int
take(struct server *s, const struct stream_event *in, struct server_event *ev)
{
	switch (in->kind) {
	case STREAM_PASSED:
		return take_passed(s, in, ev);
	case STREAM_HEADER:
		return s->phase == IN_HEADER ? take_header(s, in->elem) : 0;
	case STREAM_ELEM:
		return take_elem(s, in->elem, ev);
	default:
		/* its close, or an error, which it closes after */
		s->by_client = in->kind == STREAM_CLOSE &&
		    s->phase == IN_BOUND;
		stream_close(s->stream);
		s->phase = IN_OVER;
		ev->kind = SERVER_CLOSED;
		return 1;
	}
}

int
server_next(struct server *s, struct server_event *ev)
{
	struct stream_event in;
	int r;

	if (s->err != 0)
		return s->err;
	do {
		if (s->phase == IN_TLS || s->phase == IN_BINDING ||
		    s->phase == IN_OVER)
			return 0;
		*ev = (struct server_event){ .kind = SERVER_NONE };
		if ((r = stream_next(s->stream, &in)) < 0) {
			snprintf(s->errmsg, sizeof(s->errmsg), "%s",
			    stream_errmsg(s->stream));
			return s->err = r;
		}
		if (r == 0)
			return 0;
	} while ((r = take(s, &in, ev)) == 0);
	return r;
}

/* How much of what was fed is white space at its end, now that S was, too. */
static size_t
spaces(size_t before, const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && strchr(" \t\r\n", s[len - 1 - n]) != NULL &&
	    s[len - 1 - n] != '\0')
		n++;
	return n == len ? before + n : n;
}

ssize_t
server_feed(struct server *s, const void *data, size_t len)
{
	ssize_t n;

	if (s->err != 0)
		return s->err;
	if (s->phase == IN_TLS || s->phase == IN_BINDING)
		return 0;
	if (s->phase == IN_OVER)
		return (ssize_t)len;
	/* the error is server_next()'s to tell, behind what came before it */
	if ((n = stream_feed(s->stream, data, len)) <= 0)
		return 0;
	if (!s->secure)
		s->spaces = spaces(s->spaces, data, (size_t)n);
	return n;
}

int
server_send(struct server *s, const struct elem *e)
{
	int r;

	if (s->phase != IN_BOUND || s->err != 0)
		return XERR_INTERNAL;
	if (!s->sm)
		return stream_put(s->stream, e);
	if (s->sent.bytes > UNACKED_MAX)
		return XERR_LIMIT;
	buf_reset(&s->rendered);
	if ((r = stream_render(&s->rendered, e)) < 0 ||
	    (r = stream_put_bytes(s->stream, buf_data(&s->rendered),
	    buf_len(&s->rendered))) < 0 ||
	    (r = outbox_add(&s->sent, e, buf_data(&s->rendered),
	    buf_len(&s->rendered))) < 0)
		return r;
	s->out++;
	if (s->asked || s->out - s->acked < ASK_AFTER)
		return 0;
	s->asked = true;
	return server_put(s, server_make(s, NS_SM, "r"));
}

void
server_close(struct server *s, const char *condition, const char *text)
{
	if (s->err != 0 || s->phase >= IN_CLOSING)
		return;
	if (condition != NULL)
		stream_fail(s->stream, condition, text);
	else
		stream_close(s->stream);
	s->phase = IN_CLOSING;
}

size_t
server_pending(const struct server *s, const void **data)
{
	return stream_pending(s->stream, data);
}

void
server_sent(struct server *s, size_t n)
{
	stream_sent(s->stream, n);
}

const struct jid *
server_jid(const struct server *s)
{
	return &s->jid;
}

bool
server_is_bound(const struct server *s)
{
	return s->phase == IN_BOUND && s->err == 0;
}

const char *
server_mechanism(const struct server *s)
{
	return s->mechanism;
}

const char *
server_upgraded(const struct server *s)
{
	return s->upgraded;
}

size_t
server_unacked(const struct server *s)
{
	return s->sm ? (uint32_t)(s->out - s->acked) : 0;
}

const struct outbox_item *
server_unacked_first(const struct server *s)
{
	return s->sent.first;
}

bool
server_closed_by_client(const struct server *s)
{
	return s->by_client;
}

const char *
server_errmsg(const struct server *s)
{
	return s->errmsg;
}
