/* What is sent ahead of the server's word, and when that is safe. */
#include <string.h>

#include "client/login_int.h"

/*
 * One mechanism that the owner names, and no other, is as good as a memory,
 * unless it has to be known what kinds of channel binding the server has.
 */
static bool
is_named(const char *mechanisms)
{
	return mechanisms != NULL && strchr(mechanisms, ',') == NULL &&
	    sasl_proof(mechanisms) != SASL_PROVES_CHANNEL;
}

int
login_sasl_ahead(struct login *l, struct stream *s)
{
	const struct login_config *c = l->c;

	if (c->no_ahead)
		return LOGIN_MORE;
	if (c->remembered != NULL)
		return login_sasl_begin(l, s, c->remembered, true);
	if (!is_named(c->mechanisms))
		return LOGIN_MORE;
	l->word = (struct offer){ .mechanisms = { { c->mechanisms }, 1 } };
	return login_sasl_begin(l, s, &l->word, true);
}

/*
 * What was sent goes on to its end, whatever else is offered: to be stronger
 * than what is there now it need not be, and weaker than before it is not.
 */
int
login_sasl_offered(struct login *l)
{
	const struct offer_names *n = l->sasl2 ? &l->offer.sasl2 :
	    &l->offer.mechanisms;
	int r;

	l->state = WANT_SASL;
	l->belied = l->by_word ? !offer_names_has(n, l->mechanism) :
	    !offer_same(&l->offer, l->c->remembered);
	l->cf.offered = n->v;
	l->cf.noffered = n->n;
	l->cf.announced = (l->offer.has & OFFER_BINDINGS) != 0 ?
	    l->offer.types.v : NULL;
	l->cf.nannounced = l->offer.types.n;
	/* one that is not offered any more will fail, and leave a try */
	if (!offer_names_has(n, l->mechanism) && !l->by_token)
		return LOGIN_MORE;
	if ((r = sasl_set_offer(l->sasl, &l->cf)) < 0)
		return login_fail(l, r, "%s: %s", l->mechanism,
		    sasl_errmsg(l->sasl));
	return LOGIN_MORE;
}

bool
login_may_pipeline(const struct login *l)
{
	const struct offer *was = l->c->remembered;

	return !l->c->no_ahead && was != NULL &&
	    (was->has & OFFER_AFTER) != 0 && !l->belied &&
	    (!l->seen || offer_same(&l->offer, was));
}

enum sasl_proof
login_proof(const struct login *l)
{
	enum sasl_proof proof = l->mechanism == NULL ? SASL_PROVES_NOTHING :
	    sasl_proof(l->mechanism);

	return l->by_token && l->c->token_proof < proof ?
	    l->c->token_proof : proof;
}

/*
 * The key has proved at least what the login at hand is about to prove, so that
 * whoever gets the stanzas is who would get them in the end.
 */
int
login_go_ahead(struct login *l)
{
	const struct login_config *c = l->c;
	enum sasl_proof proof = login_proof(l);

	if (c->no_ahead || c->proof == NULL || !l->sasl2 || !l->bind2 ||
	    l->upgrade != NULL ||
	    proof == SASL_PROVES_NOTHING || !sasl_has_said_all(l->sasl) ||
	    c->proof(c->arg) < proof)
		return LOGIN_MORE;
	l->stanzas_ahead = true;
	return LOGIN_AHEAD;
}
