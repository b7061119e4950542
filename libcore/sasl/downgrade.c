/* Protection from downgrades: XEP-0440, XEP-0474. */
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "sasl/downgrade.h"

static const char end_point[] = "tls-server-end-point";

/* i;octet (RFC 4790 9.3) */
static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Append the N names of LIST, sorted, with DELIMITER between them. */
static int
put_sorted(struct buf *b, const char *const *list, size_t n, char delimiter)
{
	const char **copy;
	size_t i;

	if (n == 0)
		return buf_err(b);
	if (n > SASL_OFFER_MAX)
		return XERR_LIMIT;
	if ((copy = malloc(n * sizeof(*copy))) == NULL)
		return XERR_NOMEM;
	for (i = 0; i < n; i++)
		copy[i] = list[i];
	qsort(copy, n, sizeof(*copy), compare);
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(b, delimiter);
		buf_puts(b, copy[i]);
	}
	free(copy);
	return buf_err(b);
}

int
sasl_offer_hash(struct buf *out, const struct scram_hash *h, char name,
    const struct sasl_offer *o)
{
	char between = name == 'h' ? '\x1e' : ',';
	char behind = name == 'h' ? '\x1f' : '|';
	unsigned char digest[SCRAM_HASH_MAX];
	struct buf b;
	int r;

	buf_init(&b, 65536);
	if ((r = put_sorted(&b, o->mechanisms, o->nmechanisms, between)) < 0)
		goto out;
	if (o->types != NULL) {
		buf_putc(&b, behind);
		r = put_sorted(&b, o->types, o->ntypes, between);
	}
	if (r == 0 && (r = buf_err(&b)) == 0)
		r = EVP_Digest(buf_data(&b), buf_len(&b), digest, NULL,
		    h->md(), NULL) == 1 ? b64_encode(out, digest, h->len) :
		    XERR_INTERNAL;
out:
	buf_release(&b);
	return r;
}

/* What a server that announces no types most probably has. */
static const struct sasl_binding *
guess_binding(const struct sasl_config *c)
{
	const struct sasl_binding *b;
	size_t i;

	b = sasl_binding_find(c->bindings, c->nbindings, "tls-unique");
	if (b == NULL && !c->sasl2)
		b = sasl_binding_find(c->bindings, c->nbindings,
		    SASL_UNIQUE_1_3);
	for (i = 0; b == NULL && i < c->nbindings; i++)
		if (strcmp(c->bindings[i].type, SASL_UNIQUE_1_3) != 0)
			b = &c->bindings[i];
	return b;
}

const struct sasl_binding *
sasl_common_binding(const struct sasl_config *c)
{
	size_t i;

	if (c->announced == NULL)
		return guess_binding(c);
	for (i = 0; i < c->nbindings; i++)
		if (strcmp(c->bindings[i].type, SASL_UNIQUE_1_3) != 0 &&
		    sasl_is_among(c->bindings[i].type, c->announced,
		    c->nannounced))
			return &c->bindings[i];
	return NULL;
}

/*
 * Types are announced, and no mechanism that could use them.  A server with
 * PLAIN alone may do so, and that is no loss: whoever could remove all of SCRAM
 * could remove these as well.
 */
static bool
announces_in_vain(const struct sasl_config *c)
{
	return c->nbindings > 0 && c->announced != NULL &&
	    c->nannounced > 0 && sasl_has_scram(c->offered, c->noffered) &&
	    !sasl_has_plus(c->offered, c->noffered);
}

bool
sasl_is_unbound(const struct sasl_config *c)
{
	return announces_in_vain(c);
}

const char *
sasl_implausible(const struct sasl_config *c)
{
	if (announces_in_vain(c) && c->at_least != NULL &&
	    sasl_has_plus(&c->at_least, 1))
		return "the server announces channel binding, but no mechanism "
		    "with it: somebody may have removed them";
	return NULL;
}

bool
sasl_needs_hash(const struct sasl_config *c)
{
	return c->nbindings > 0 && c->announced != NULL &&
	    sasl_has_plus(c->offered, c->noffered) &&
	    sasl_common_binding(c) == NULL &&
	    !sasl_is_among(end_point, c->announced, c->nannounced);
}

char
sasl_unbound_flag(const struct sasl_config *c)
{
	return c->nbindings > 0 && c->offered != NULL &&
	    !sasl_has_plus(c->offered, c->noffered) &&
	    !announces_in_vain(c) ? 'y' : 'n';
}
