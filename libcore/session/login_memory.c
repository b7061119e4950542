/* What one login learns for the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "session/login_memory.h"

enum { UUID = 37 };

struct login_memory {
	struct state state;
	struct offer offer;	/* what was remembered */
	bool classic;		/* SASL2 is not used, */
	bool found_silent;	/* as this run has found out */
	char uuid[UUID];
};

/* The features that state.h and offer.h have in common. */
static const struct {
	unsigned offer;
	unsigned state;
} features[] = {
	{ OFFER_SM, STATE_SM },
	{ OFFER_SASL2, STATE_SASL2 },
	{ OFFER_BIND2, STATE_BIND2 },
	{ OFFER_SM_INLINE, STATE_SM_INLINE },
	{ OFFER_FAST, STATE_FAST },
	{ OFFER_BINDINGS, STATE_BINDINGS },
	{ OFFER_AFTER, STATE_AFTER },
	{ OFFER_SESSION, STATE_SESSION },
};

/* RFC 9562 5.4: a UUID of random bits. */
static int
make_uuid(char s[UUID])
{
	unsigned char b[16];

	if (RAND_bytes(b, sizeof(b)) != 1)
		return XERR_INTERNAL;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(s, UUID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
	    b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

/* Who we are for this account's server; made up once and kept. */
static int
find_agent(struct login_memory *r)
{
	const char *id = state_agent(&r->state);
	int e;

	if (id != NULL) {
		snprintf(r->uuid, sizeof(r->uuid), "%s", id);
		return 0;
	}
	if ((e = make_uuid(r->uuid)) < 0)
		return e;
	state_set_agent(&r->state, r->uuid);
	return 0;
}

int
login_memory_new(struct login_memory **out, const struct jid *jid, bool forget)
{
	struct login_memory *r;
	int e = 0;

	if (forget && (e = state_forget(jid)) < 0)
		return e;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return XERR_NOMEM;
	if ((e = state_load(&r->state, jid)) < 0 || (e = find_agent(r)) < 0) {
		login_memory_free(r);
		return e;
	}
	*out = r;
	return 0;
}

void
login_memory_free(struct login_memory *r)
{
	if (r == NULL)
		return;
	state_release(&r->state);
	free(r);
}

static void
get_names(const struct state *s, enum state_list list, struct offer_names *n)
{
	n->n = state_names(s, list, n->v, OFFER_NAMES);
}

/* What the server offered last time; false if that is not known. */
static bool
get_offer(struct login_memory *r)
{
	unsigned has = state_features(&r->state);
	size_t i;

	r->offer = (struct offer){ 0 };
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if ((has & features[i].state) != 0)
			r->offer.has |= features[i].offer;
	get_names(&r->state, STATE_MECHANISMS, &r->offer.mechanisms);
	get_names(&r->state, STATE_SASL2_MECHANISMS, &r->offer.sasl2);
	get_names(&r->state, STATE_FAST_MECHANISMS, &r->offer.fast);
	get_names(&r->state, STATE_BINDING_TYPES, &r->offer.types);
	get_names(&r->state, STATE_UPGRADES, &r->offer.upgrades);
	return r->offer.mechanisms.n > 0 || r->offer.sasl2.n > 0;
}

static void
fill_token(struct login_memory *r, struct login_config *cf)
{
	const struct state_token *t;

	if ((t = state_token(&r->state, (int64_t)time(NULL))) == NULL)
		return;
	cf->token = (const char *)buf_data(&t->secret);
	cf->token_len = buf_len(&t->secret);
	cf->token_mechanism = t->mechanism;
	cf->token_proof = t->proof;
}

void
login_memory_fill(struct login_memory *r, struct login_config *cf,
    const char *mechanisms)
{
	bool kept = state_is_kept(&r->state);

	/* another run's, if its token was taken over */
	if (state_agent(&r->state) != NULL)
		snprintf(r->uuid, sizeof(r->uuid), "%s",
		    state_agent(&r->state));
	/*
	 * Who is another one each time gets a token each time, that he cannot
	 * keep and the server does.
	 */
	cf->agent = kept ? r->uuid : NULL;
	cf->mechanisms = mechanisms;
	cf->remembered = get_offer(r) ? &r->offer : NULL;
	if (state_wants_steps(&r->state, (int64_t)time(NULL)))
		r->offer.has &= ~(unsigned)OFFER_AFTER;
	r->classic |= (state_features(&r->state) & STATE_NO_SASL2) != 0;
	cf->no_sasl2 = r->classic;
	cf->external_known = offer_names_has(&r->offer.mechanisms,
	    "EXTERNAL") || offer_names_has(&r->offer.sasl2, "EXTERNAL");
	if (mechanisms != NULL)
		return;
	if (kept)
		fill_token(r, cf);
	cf->at_least = state_strongest(&r->state);
}

static void
set_names(struct state *s, enum state_list list, const struct offer_names *n)
{
	if (state_set_names(s, list, n->v, n->n) < 0)
		(void)state_set_names(s, list, NULL, 0);
}

void
login_memory_set_classic(struct login_memory *r)
{
	r->classic = r->found_silent = true;
}

/* Whether it is silent in SASL2 is to be found out anew if it has changed. */
static bool
is_still_classic(const struct login_memory *r, const struct offer *o)
{
	return r->found_silent || (r->classic && offer_same(o, &r->offer));
}

static void
set_offer(struct login_memory *r, const struct offer *o)
{
	unsigned has = is_still_classic(r, o) ? STATE_NO_SASL2 : 0;
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if ((o->has & features[i].offer) != 0)
			has |= features[i].state;
	state_set_features(&r->state, has);
	set_names(&r->state, STATE_MECHANISMS, &o->mechanisms);
	set_names(&r->state, STATE_SASL2_MECHANISMS, &o->sasl2);
	set_names(&r->state, STATE_FAST_MECHANISMS, &o->fast);
	set_names(&r->state, STATE_BINDING_TYPES, &o->types);
	set_names(&r->state, STATE_UPGRADES, &o->upgrades);
}

void
login_memory_login(struct login_memory *r, const struct login *l, bool success)
{
	/* an upgrade makes it another one, to be waited for */
	static const struct offer none;
	const struct offer *o = login_upgraded(l) != NULL ? &none :
	    login_offer(l);
	const char *token, *mechanism;
	int64_t expiry;

	if (login_token_refused(l))
		state_drop_token(&r->state);
	if (success && o != NULL)
		set_offer(r, o);
	if (success)
		state_saw_mechanism(&r->state, login_mechanism(l));
	mechanism = login_new_token(l, &token, &expiry);
	/* for who we were in this login, even if another run has renamed us */
	if (mechanism != NULL && state_set_agent(&r->state, r->uuid) == 0)
		(void)state_set_token(&r->state, token, strlen(token),
		    mechanism, expiry, login_proof(l));
	login_memory_save(r);
}

void
login_memory_save(struct login_memory *r)
{
	/* without it the next login is longer, no more */
	if (state_save(&r->state) < 0)
		cli_verbose(1, "what was learnt of the server is not kept");
}

struct state *
login_memory_state(struct login_memory *r)
{
	return &r->state;
}
