/*
 * The server side of SASL: what is common, and the mechanisms of one message:
 * PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A), ANONYMOUS (RFC 4505), HT-*.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/ht.h"
#include "sasl/saslprep.h"
#include "sasl/sasl_server_int.h"

enum { TOKENS_MAX = 8 };	/* of one user and client */

/* The prepared form of what the LEN bytes at S are; as they are, if none. */
static int
prepare(struct buf *out, const void *s, size_t len)
{
	int r;

	buf_init(out, SASLPREP_GROWTH * SASL_PASSWORD_MAX);
	if (len > SASL_PASSWORD_MAX)
		return XERR_LIMIT;
	if (buf_reserve(out, SASLPREP_GROWTH * len + 1) == NULL)
		return buf_err(out);
	r = saslprep(out, s, len);
	return r == XERR_SYNTAX ? buf_put(out, s, len) : r;
}

/* Append the prepared password of s->username to OUT. */
int
sasl_server_look_up(struct sasl_server *s, struct buf *out)
{
	struct buf raw;
	int r;

	buf_init(&raw, SASL_PASSWORD_MAX);
	buf_init(out, 0);
	if (buf_reserve(&raw, SASL_PASSWORD_MAX) == NULL)
		return buf_err(&raw);
	r = s->config.lookup(s->config.arg, sasl_server_username(s), &raw);
	if (r == 0 && (r = buf_err(&raw)) == 0)
		r = prepare(out, buf_data(&raw), buf_len(&raw));
	buf_wipe(&raw);
	return r < 0 ? r : 0;
}

/* An identity of LEN bytes, to be kept as a string. */
static int
keep(struct buf *b, const char *s, size_t len)
{
	buf_put(b, s, len);
	return buf_putc(b, '\0');
}

/* Take [authzid] NUL authcid NUL passwd apart. */
static int
read_plain(struct sasl_server *s, const char *p, size_t len,
    const char **password, size_t *password_len)
{
	const char *nul, *end = p + len;
	int r;

	if (len > SCRAM_MESSAGE_MAX || utf8_span(p, len) != len ||
	    (nul = memchr(p, '\0', len)) == NULL)
		return XERR_PROTO;
	if (nul > p && (r = keep(&s->authzid, p, (size_t)(nul - p))) < 0)
		return r;
	p = nul + 1;
	nul = memchr(p, '\0', (size_t)(end - p));
	if (nul == NULL || nul == p || nul + 1 == end ||
	    memchr(nul + 1, '\0', (size_t)(end - nul - 1)) != NULL)
		return XERR_PROTO;
	*password = nul + 1;
	*password_len = (size_t)(end - nul - 1);
	return keep(&s->username, p, (size_t)(nul - p));
}

static int
plain(struct sasl_server *s, const void *data, size_t len, struct buf *out)
{
	struct buf ours = { 0 }, theirs = { 0 };
	const char *password;
	size_t n;
	int r;

	(void)out;
	if ((r = read_plain(s, data, len, &password, &n)) < 0 ||
	    (r = sasl_server_look_up(s, &ours)) < 0 ||
	    (r = prepare(&theirs, password, n)) < 0)
		goto out;
	n = buf_len(&ours);
	r = n > 0 && n == buf_len(&theirs) && CRYPTO_memcmp(buf_data(&ours),
	    buf_data(&theirs), n) == 0 ? SASL_DONE : XERR_AUTH;
out:
	buf_wipe(&ours);
	buf_wipe(&theirs);
	return r;
}

/* The whole message is the identity to act as, or nothing. */
static int
external(struct sasl_server *s, const void *data, size_t len, struct buf *out)
{
	int r;

	(void)out;
	if (len > SCRAM_MESSAGE_MAX || utf8_span(data, len) != len ||
	    memchr(data, '\0', len) != NULL)
		return XERR_PROTO;
	if (len > 0 && (r = keep(&s->authzid, data, len)) < 0)
		return r;
	if ((r = s->config.external(s->config.arg, sasl_server_authzid(s),
	    &s->username)) < 0)
		return r;
	return buf_putc(&s->username, '\0');
}

/* The message is a trace, for the log if for anything (RFC 4505 section 2). */
static int
anonymous(struct sasl_server *s, const void *data, size_t len,
    struct buf *out)
{
	(void)out;
	if (len > SCRAM_MESSAGE_MAX || utf8_span(data, len) != len)
		return XERR_PROTO;
	return buf_putc(&s->username, '\0');
}

/* Is HASH that of TOKEN?  Then append the answer to OUT. */
static int
ht_check(struct sasl_server *s, const struct buf *token, const void *hash,
    struct buf *out)
{
	const char *type = ht_find(s->mech->name)->type;
	const struct sasl_binding none = { NULL, "", 0 };
	const struct sasl_binding *b = type == NULL ? &none :
	    sasl_binding_find(s->config.bindings, s->config.nbindings, type);
	unsigned char h[HT_LEN];
	int r;

	if ((r = ht_hash(h, "Initiator", buf_data(token), buf_len(token),
	    b->data, b->len)) == 0 && CRYPTO_memcmp(h, hash, HT_LEN) != 0)
		r = XERR_AUTH;
	if (r == 0 && (r = ht_hash(h, "Responder", buf_data(token),
	    buf_len(token), b->data, b->len)) == 0)
		r = buf_put(out, h, HT_LEN);
	OPENSSL_cleanse(h, sizeof(h));
	return r;
}

/* Try each of the user's tokens. */
static int
ht_try(struct sasl_server *s, const void *hash, struct buf *out)
{
	struct buf token;
	int r, found;

	for (s->token = 0; s->token < TOKENS_MAX; s->token++) {
		buf_init(&token, HT_TOKEN_MAX);
		found = s->config.token(s->config.arg, sasl_server_username(s),
		    s->mech->name, s->token, &token);
		if ((r = found) == 0 && (r = buf_err(&token)) == 0)
			r = buf_len(&token) == 0 ? XERR_AUTH :
			    ht_check(s, &token, hash, out);
		buf_wipe(&token);
		if (found < 0 || r != XERR_AUTH)
			return r;
	}
	return XERR_AUTH;
}

/* authcid NUL hash */
static int
ht(struct sasl_server *s, const void *data, size_t len, struct buf *out)
{
	const char *p = data, *nul;
	size_t n;
	int r;

	if (len > HT_MESSAGE_MAX || (nul = memchr(p, '\0', len)) == NULL)
		return XERR_PROTO;
	n = (size_t)(nul - p);
	if (n == 0 || utf8_span(p, n) != n || len - n - 1 != HT_LEN)
		return XERR_PROTO;
	if ((r = keep(&s->username, p, n)) < 0)
		return r;
	return ht_try(s, nul + 1, out);
}

static bool
has_external(const struct sasl_server_config *c)
{
	return c->external != NULL;
}

static bool
has_passwords(const struct sasl_server_config *c)
{
	return c->lookup != NULL;
}

static bool
is_welcoming(const struct sasl_server_config *c)
{
	return c->anonymous;
}

static bool
has_tokens(const struct sasl_server_config *c)
{
	return c->token != NULL;
}

/* Strongest first, the passwords together, HT-* last: see below. */
static const struct sasl_server_mech mechs[] = {
	{ "EXTERNAL", true, has_external, external },
#define SCRAM(name, usable) { name, false, usable, scram_server_step }
	SCRAM("SCRAM-SHA-512-PLUS", scram_server_plus_usable),
	SCRAM("SCRAM-SHA-256-PLUS", scram_server_plus_usable),
	SCRAM("SCRAM-SHA-1-PLUS", scram_server_plus_usable),
	SCRAM("SCRAM-SHA-512", scram_server_usable),
	SCRAM("SCRAM-SHA-256", scram_server_usable),
	SCRAM("SCRAM-SHA-1", scram_server_usable),
#undef SCRAM
	{ "PLAIN", true, has_passwords, plain },
	{ "ANONYMOUS", false, is_welcoming, anonymous },
	{ "HT-SHA-256-EXPR", true, has_tokens, ht },
	{ "HT-SHA-256-UNIQ", true, has_tokens, ht },
	{ "HT-SHA-256-ENDP", true, has_tokens, ht },
	{ "HT-SHA-256-NONE", true, has_tokens, ht }
};

enum { NMECHS = sizeof(mechs) / sizeof(mechs[0]) };

/* Does C have what M needs, but for TLS? */
static bool
is_usable(const struct sasl_server_mech *m,
    const struct sasl_server_config *c)
{
	const struct ht *h = ht_find(m->name);

	return m->usable(c) && (h == NULL || h->type == NULL ||
	    sasl_binding_find(c->bindings, c->nbindings, h->type) != NULL);
}

/* The Ith usable one; those of tokens, or the others. */
static const char *
nth(const struct sasl_server_config *c, size_t i, bool tokens)
{
	size_t k;

	for (k = 0; k < NMECHS; k++)
		if ((mechs[k].step == ht) == tokens &&
		    (c->tls || !mechs[k].tls) && is_usable(&mechs[k], c) &&
		    i-- == 0)
			return mechs[k].name;
	return NULL;
}

const char *
sasl_server_mechanisms(const struct sasl_server_config *c, size_t i)
{
	return nth(c, i, false);
}

const char *
sasl_server_tokens(const struct sasl_server_config *c, size_t i)
{
	return nth(c, i, true);
}

static int
no_user(void *arg, const char *username, struct buf *password)
{
	(void)arg;
	(void)username;
	(void)password;
	return XERR_AUTH;
}

const char *
sasl_server_offer(size_t i, bool tls)
{
	const struct sasl_server_config c = { .lookup = no_user, .tls = tls };

	return nth(&c, i, false);
}

/* SCRAM needs more than the others. */
static bool
config_ok(const struct sasl_server_config *c)
{
	return c->salt_len > 0 && c->salt_len <= SASL_SALT_MAX &&
	    c->iterations >= SCRAM_ITERATIONS_MIN &&
	    c->iterations <= SCRAM_ITERATIONS_MAX && c->nonce != NULL &&
	    scram_is_nonce(c->nonce, strlen(c->nonce));
}

static int
choose(const struct sasl_server_mech **m, const char *mechanism,
    const struct sasl_server_config *c)
{
	size_t i = 0;

	while (i < NMECHS && strcmp(mechs[i].name, mechanism) != 0)
		i++;
	if (i == NMECHS || !is_usable(&mechs[i], c))
		return XERR_CONFIG;
	if (mechs[i].step == scram_server_step && !config_ok(c))
		return XERR_CONFIG;
	if (mechs[i].tls && !c->tls)
		return XERR_TLS;
	*m = &mechs[i];
	return 0;
}

int
sasl_server_new(struct sasl_server **out, const char *mechanism,
    const struct sasl_server_config *config)
{
	const struct sasl_server_mech *m;
	struct sasl_server *s;
	int r;

	if ((r = choose(&m, mechanism, config)) < 0)
		return r;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	s->config = *config;
	s->mech = m;
	s->hash = scram_hash(mechanism, &s->plus);
	buf_init(&s->username, SCRAM_MESSAGE_MAX + 1);
	buf_init(&s->authzid, SCRAM_MESSAGE_MAX + 1);
	buf_init(&s->nonce, 2 * SCRAM_MESSAGE_MAX);
	buf_init(&s->auth, 6 * SCRAM_MESSAGE_MAX);
	buf_init(&s->cbind, SCRAM_MESSAGE_MAX + SASL_BINDING_MAX);
	*out = s;
	return 0;
}

int
sasl_server_step(struct sasl_server *s, const void *data, size_t len,
    struct buf *out)
{
	int r;

	if (s->err != 0)
		return s->err;
	if (data == NULL && s->at == WAIT_FIRST && !s->asked) {
		s->asked = true;
		return SASL_CONTINUE;
	}
	r = s->at == OVER ? XERR_INTERNAL :
	    s->mech->step(s, data == NULL ? "" : data, len, out);
	if (r == SASL_DONE)
		s->at = OVER;
	return r < 0 ? s->err = r : r;
}

const char *
sasl_server_mechanism(const struct sasl_server *s)
{
	return s->mech->name;
}

const char *
sasl_server_username(const struct sasl_server *s)
{
	return (const char *)buf_data(&s->username);
}

const char *
sasl_server_authzid(const struct sasl_server *s)
{
	return buf_len(&s->authzid) == 0 ? NULL :
	    (const char *)buf_data(&s->authzid);
}

size_t
sasl_server_token(const struct sasl_server *s)
{
	return s->token;
}

const char *
sasl_server_condition(const struct sasl_server *s)
{
	switch (s->err) {
	case XERR_PROTO: return "malformed-request";
	case XERR_AUTH: return "not-authorized";
	default: return "temporary-auth-failure";
	}
}

void
sasl_server_free(struct sasl_server *s)
{
	if (s == NULL)
		return;
	buf_release(&s->username);
	buf_release(&s->authzid);
	buf_release(&s->nonce);
	buf_release(&s->auth);
	buf_release(&s->cbind);
	OPENSSL_cleanse(&s->keys, sizeof(s->keys));
	free(s);
}
