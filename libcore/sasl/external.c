/*
 * The mechanisms of one message that holds no secret, the client side:
 * EXTERNAL (RFC 4422 appendix A) and ANONYMOUS (RFC 4505).
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/mech.h"

enum { AUTHZID_MAX = 3072 };	/* no JID is longer */

static bool
external_usable(const struct sasl_mech *m, const struct sasl_config *c)
{
	(void)m;
	return c->tls && c->certificate;
}

static bool
anonymous_usable(const struct sasl_mech *m, const struct sasl_config *c)
{
	(void)m;
	return c->anonymous;
}

static int
external_start(struct sasl *s, const struct sasl_config *c)
{
	const char *authzid = c->authzid == NULL ? "" : c->authzid;
	size_t n = strlen(authzid);
	struct buf *b;

	if (n > AUTHZID_MAX || utf8_span(authzid, n) != n)
		return XERR_CONFIG;
	if ((b = s->state = calloc(1, sizeof(*b))) == NULL)
		return XERR_NOMEM;
	buf_init(b, AUTHZID_MAX);
	return buf_put(b, authzid, n);
}

static int
external_initial(struct sasl *s, struct buf *out)
{
	struct buf *b = s->state;

	return buf_put(out, buf_data(b), buf_len(b));
}

static void
external_free(void *state)
{
	if (state == NULL)
		return;
	buf_release(state);
	free(state);
}

/* The trace that could be sent would say who we are: none is. */
static int
anonymous_start(struct sasl *s, const struct sasl_config *c)
{
	(void)s;
	(void)c;
	return 0;
}

static int
anonymous_initial(struct sasl *s, struct buf *out)
{
	(void)s;
	return buf_err(out);
}

static void
anonymous_free(void *state)
{
	(void)state;
}

const struct sasl_mech sasl_external = {
	.name = "EXTERNAL",
	.strength = 2,		/* SCRAM-SHA-1's: see sasl_strength() */
	.usable = external_usable,
	.start = external_start,
	.initial = external_initial,
	.free = external_free
};

const struct sasl_mech sasl_anonymous = {
	.name = "ANONYMOUS",
	.usable = anonymous_usable,
	.start = anonymous_start,
	.initial = anonymous_initial,
	.free = anonymous_free
};
