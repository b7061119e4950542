/* Hashed tokens: what the two sides share, and the client side. */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/ht.h"
#include "sasl/mech.h"

enum { ROLE_LEN = 9 };		/* "Initiator", "Responder" */

static const struct ht hts[] = {
	{ "HT-SHA-256-EXPR", "tls-exporter" },
	{ "HT-SHA-256-UNIQ", "tls-unique" },
	{ "HT-SHA-256-ENDP", "tls-server-end-point" },
	{ "HT-SHA-256-NONE", NULL }
};

const struct ht *
ht_at(size_t i)
{
	return i < sizeof(hts) / sizeof(hts[0]) ? &hts[i] : NULL;
}

const struct ht *
ht_find(const char *mechanism)
{
	const struct ht *h;
	size_t i;

	for (i = 0; (h = ht_at(i)) != NULL; i++)
		if (strcmp(h->mechanism, mechanism) == 0)
			break;
	return h;
}

int
ht_hash(unsigned char out[HT_LEN], const char *role, const void *token,
    size_t token_len, const void *binding, size_t len)
{
	unsigned char m[ROLE_LEN + SASL_BINDING_MAX];

	if (token_len > HT_TOKEN_MAX || len > SASL_BINDING_MAX)
		return XERR_INTERNAL;
	memcpy(m, role, ROLE_LEN);
	if (len > 0)
		memcpy(m + ROLE_LEN, binding, len);
	return HMAC(EVP_sha256(), token, (int)token_len, m, ROLE_LEN + len,
	    out, NULL) != NULL ? 0 : XERR_INTERNAL;
}

/* Both messages are known from the start; the token need not be kept. */
struct ht_state {
	struct buf initiator;
	unsigned char responder[HT_LEN];
};

static const struct sasl_binding *
binding(const struct sasl_mech *m, const struct sasl_config *c)
{
	static const struct sasl_binding none = { NULL, "", 0 };
	const char *type = ht_find(m->name)->type;

	return type == NULL ? &none :
	    sasl_binding_find(c->bindings, c->nbindings, type);
}

static bool
ht_usable(const struct sasl_mech *m, const struct sasl_config *c)
{
	const struct sasl_binding *b = binding(m, c);

	return c->tls && c->username != NULL && c->username[0] != '\0' &&
	    c->token != NULL && c->token_len > 0 &&
	    c->token_len <= HT_TOKEN_MAX && c->token_mechanism != NULL &&
	    strcmp(c->token_mechanism, m->name) == 0 &&
	    b != NULL && b->len <= SASL_BINDING_MAX;
}

static int
ht_start(struct sasl *s, const struct sasl_config *c)
{
	const struct sasl_binding *b = binding(s->mech, c);
	unsigned char hash[HT_LEN];
	struct ht_state *h;
	size_t n = strlen(c->username);
	int r;

	if (n > HT_MESSAGE_MAX - HT_LEN - 1 || utf8_span(c->username, n) != n)
		return XERR_CONFIG;
	if ((h = s->state = calloc(1, sizeof(*h))) == NULL)
		return XERR_NOMEM;
	buf_init(&h->initiator, HT_MESSAGE_MAX);
	if ((r = ht_hash(hash, "Initiator", c->token, c->token_len,
	    b->data, b->len)) < 0 ||
	    (r = ht_hash(h->responder, "Responder", c->token, c->token_len,
	    b->data, b->len)) < 0)
		return r;
	s->binding = b->type;
	buf_put(&h->initiator, c->username, n + 1);
	return buf_put(&h->initiator, hash, HT_LEN);
}

static int
ht_initial(struct sasl *s, struct buf *out)
{
	struct ht_state *h = s->state;

	s->said_all = true;
	return buf_put(out, buf_data(&h->initiator), buf_len(&h->initiator));
}

static int
ht_success(struct sasl *s, const void *data, size_t len)
{
	struct ht_state *h = s->state;

	if (len == 0)
		return sasl_fail(s, XERR_AUTH,
		    "success without the server's proof");
	if (len != HT_LEN || CRYPTO_memcmp(data, h->responder, HT_LEN) != 0)
		return sasl_fail(s, XERR_AUTH, "the server's proof is wrong: "
		    "it does not know the token");
	return 0;
}

static void
ht_free(void *state)
{
	struct ht_state *h = state;

	if (h == NULL)
		return;
	buf_wipe(&h->initiator);
	OPENSSL_cleanse(h->responder, sizeof(h->responder));
	free(h);
}

#define HT(NAME, PROOF) {		\
	.name = NAME,			\
	.proof = PROOF,			\
	.usable = ht_usable,		\
	.start = ht_start,		\
	.initial = ht_initial,		\
	.success = ht_success,		\
	.free = ht_free			\
}

const struct sasl_mech sasl_ht_expr =
    HT("HT-SHA-256-EXPR", SASL_PROVES_CHANNEL);
const struct sasl_mech sasl_ht_uniq =
    HT("HT-SHA-256-UNIQ", SASL_PROVES_CHANNEL);
const struct sasl_mech sasl_ht_endp =
    HT("HT-SHA-256-ENDP", SASL_PROVES_CHANNEL);
const struct sasl_mech sasl_ht_none =
    HT("HT-SHA-256-NONE", SASL_PROVES_SECRET);
