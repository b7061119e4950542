/* The client side of SASL: the choice of a mechanism, and the order. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "sasl/mech.h"

/* Strongest first. */
static const struct sasl_mech *const mechs[] = {
	&sasl_scram_sha_512,
	&sasl_scram_sha_256,
	&sasl_scram_sha_1,
	&sasl_plain
};

enum { NMECHS = sizeof(mechs) / sizeof(mechs[0]) };

static bool
allowed(const struct sasl_mech *m, const struct sasl_config *c)
{
	return (c->only == NULL || strcmp(c->only, m->name) == 0) &&
	    m->usable(c);
}

const char *
sasl_choose(const struct sasl_config *c, const char *const *offered, size_t n)
{
	size_t i, j;

	for (i = 0; i < NMECHS; i++) {
		if (!allowed(mechs[i], c))
			continue;
		for (j = 0; j < n; j++)
			if (strcmp(offered[j], mechs[i]->name) == 0)
				return mechs[i]->name;
	}
	return NULL;
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
	struct sasl *s;
	size_t i = 0;
	int r;

	while (i < NMECHS && strcmp(mechs[i]->name, mechanism) != 0)
		i++;
	if (i == NMECHS || !allowed(mechs[i], c))
		return XERR_CONFIG;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return XERR_NOMEM;
	s->mech = mechs[i];
	if ((r = s->mech->start(s, c)) < 0) {
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
sasl_challenge(struct sasl *s, const void *data, size_t len, struct buf *out)
{
	int r;

	if ((r = expect(s, SASL_RUNNING, XERR_PROTO, "challenge")) < 0)
		return r;
	return result(s, s->mech->challenge(s, data, len, out));
}

int
sasl_success(struct sasl *s, const void *data, size_t len)
{
	int r;

	if ((r = expect(s, SASL_RUNNING, XERR_PROTO, "success")) < 0)
		return r;
	s->phase = SASL_OVER;
	return result(s, s->mech->success(s, data, len));
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
