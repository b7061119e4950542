/* The client side of SASL: the choice of a mechanism, and the order. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "sasl/downgrade.h"
#include "sasl/ht.h"
#include "sasl/mech.h"

/* Strongest first; sasl.h says why. */
static const struct sasl_mech *const mechs[] = {
	&sasl_ht_expr,
	&sasl_ht_uniq,
	&sasl_ht_endp,
	&sasl_ht_none,
	&sasl_external,
	&sasl_scram_sha_512_plus,
	&sasl_scram_sha_256_plus,
	&sasl_scram_sha_1_plus,
	&sasl_scram_sha_512,
	&sasl_scram_sha_256,
	&sasl_scram_sha_1,
	&sasl_plain,
	&sasl_anonymous
};

enum { NMECHS = sizeof(mechs) / sizeof(mechs[0]) };

static const struct sasl_mech *
find(const char *name)
{
	size_t i;

	for (i = 0; i < NMECHS; i++)
		if (strcmp(mechs[i]->name, name) == 0)
			return mechs[i];
	return NULL;
}

bool
sasl_is_listed(const char *name, const char *list)
{
	size_t n = strlen(name), len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (len == n && memcmp(list, name, n) == 0)
			return true;
		if (list[len] == '\0')
			return false;
	}
}

/* Is the channel proved by logins by MECHANISM, which may be NULL? */
static bool
binds(const char *mechanism)
{
	return mechanism != NULL &&
	    sasl_proof(mechanism) == SASL_PROVES_CHANNEL;
}

/* What is new may be of somebody in the middle: see sasl_strength(). */
static bool
may_be_external(const struct sasl_config *c)
{
	return c->at_least == NULL || c->external_known ||
	    c->password == NULL ||
	    sasl_proof(c->at_least) == SASL_PROVES_NOTHING;
}

static bool
is_strong_enough(const struct sasl_mech *m, const struct sasl_config *c)
{
	if (m == &sasl_ht_none)
		return !binds(c->at_least);
	if (m == &sasl_external)
		return may_be_external(c);
	return c->at_least == NULL || m->strength == 0 ||
	    m->strength >= sasl_strength(c->at_least);
}

static bool
allowed(const struct sasl_mech *m, const struct sasl_config *c)
{
	return (c->only == NULL || sasl_is_listed(m->name, c->only)) &&
	    is_strong_enough(m, c) && m->usable(m, c);
}

const char *
sasl_choose(const struct sasl_config *c, const char *const *offered, size_t n)
{
	size_t i;

	for (i = 0; i < NMECHS; i++)
		if (sasl_is_among(mechs[i]->name, offered, n) &&
		    allowed(mechs[i], c))
			return mechs[i]->name;
	return NULL;
}

const char *
sasl_choose_token(const struct sasl_config *c, const char *mechanism,
    const char *const *offered, size_t n)
{
	bool bound = binds(mechanism) || binds(c->at_least);
	const struct ht *h;
	size_t i;

	if (!c->tls)
		return NULL;
	for (i = 0; (h = ht_at(i)) != NULL; i++)
		if (sasl_is_among(h->mechanism, offered, n) &&
		    (c->only == NULL || sasl_is_listed(h->mechanism, c->only)) &&
		    (h->type == NULL ? !bound : sasl_binding_find(c->bindings,
		    c->nbindings, h->type) != NULL))
			return h->mechanism;
	return NULL;
}

int
sasl_strength(const char *mechanism)
{
	const struct sasl_mech *m = find(mechanism);

	return m == NULL ? 0 : m->strength;
}

enum sasl_proof
sasl_proof(const char *mechanism)
{
	const struct sasl_mech *m = find(mechanism);

	return m == NULL ? SASL_PROVES_NOTHING : m->proof;
}

const char *
sasl_mechanism_name(size_t i)
{
	return i < NMECHS ? mechs[i]->name : NULL;
}

int
sasl_fail(struct sasl *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->errmsg, sizeof(s->errmsg), fmt, ap);
	va_end(ap);
	return s->err = err;
}

int
sasl_new(struct sasl **out, const char *mechanism,
    const struct sasl_config *c)
{
	const struct sasl_mech *m = find(mechanism);
	struct sasl *s;
	int r;

	if (m == NULL || !allowed(m, c))
		return XERR_CONFIG;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	s->mech = m;
	if ((r = m->start(s, c)) < 0) {
		sasl_free(s);
		return r;
	}
	*out = s;
	return 0;
}

const char *
sasl_mechanism(const struct sasl *s)
{
	return s->mech->name;
}

const char *
sasl_bound_by(const struct sasl *s)
{
	return s->binding;
}

/* An error of a mechanism that has not said what it is. */
static int
result(struct sasl *s, int r)
{
	if (r < 0 && s->err == 0)
		sasl_fail(s, r, "%s", xerr_str(r));
	return r;
}

/* Is the exchange in PHASE?  If not, a mistake: ours, or the server's. */
static int
expect(struct sasl *s, int phase, int err, const char *what)
{
	if (s->err != 0)
		return s->err;
	if ((int)s->phase != phase)
		return sasl_fail(s, err, "%s out of order", what);
	return 0;
}

int
sasl_initial(struct sasl *s, struct buf *out)
{
	int r;

	if ((r = expect(s, SASL_START, XERR_INTERNAL,
	    "initial response")) < 0)
		return r;
	s->phase = SASL_RUNNING;
	return result(s, s->mech->initial(s, out));
}

int
sasl_set_offer(struct sasl *s, const struct sasl_config *c)
{
	if (s->err != 0 || s->mech->offer == NULL)
		return s->err;
	return s->mech->offer(s, c);
}

int
sasl_challenge(struct sasl *s, const void *data, size_t len, struct buf *out)
{
	int r;

	if ((r = expect(s, SASL_RUNNING, XERR_PROTO, "challenge")) < 0)
		return r;
	if (s->mech->challenge == NULL)
		return sasl_fail(s, XERR_PROTO, "a challenge, which %s has not",
		    s->mech->name);
	return result(s, s->mech->challenge(s, data, len, out));
}

bool
sasl_has_said_all(const struct sasl *s)
{
	return s->said_all && s->err == 0;
}

int
sasl_success(struct sasl *s, const void *data, size_t len)
{
	int r;

	if ((r = expect(s, SASL_RUNNING, XERR_PROTO, "success")) < 0)
		return r;
	s->phase = SASL_OVER;
	if (s->mech->success != NULL)
		return result(s, s->mech->success(s, data, len));
	if (len > 0)
		return sasl_fail(s, XERR_PROTO,
		    "success with data, which %s has not", s->mech->name);
	return 0;
}

const char *
sasl_errmsg(const struct sasl *s)
{
	return s->errmsg;
}

void
sasl_free(struct sasl *s)
{
	if (s == NULL)
		return;
	s->mech->free(s->state);
	free(s);
}
