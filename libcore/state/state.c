/* What is remembered of an account: the entries. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "state/state_int.h"
#include "sasl/sasl.h"

void
state_init(struct state *s, const char *jid)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	memcpy(s->jid, jid, strlen(jid) + 1);
	for (i = 0; i < STATE_LISTS; i++)
		buf_init(&s->lists[i].text,
		    STATE_NAMES_MAX * (STATE_NAME_MAX + 1));
	buf_init(&s->token.secret, STATE_TOKEN_MAX);
	buf_init(&s->token_was, STATE_TOKEN_MAX);
}

static void
drop_all(struct state_ticket *t, size_t *n)
{
	while (*n > 0)
		buf_wipe(&t[--*n].der);
}

void
state_clear(struct state *s)
{
	size_t i;

	for (i = 0; i < STATE_LISTS; i++) {
		buf_release(&s->lists[i].text);
		s->lists[i].n = 0;
	}
	buf_wipe(&s->token.secret);
	buf_wipe(&s->token_was);
	s->token.mechanism[0] = s->agent[0] = s->strongest[0] = '\0';
	s->features = 0;
	s->proof = (struct state_proof){ 0 };
	s->no_tickets = s->steps = 0;
	drop_all(s->tickets, &s->ntickets);
	drop_all(s->gone, &s->ngone);
	s->dirty = 0;
}

bool
state_is_name(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (i == STATE_NAME_MAX || name[i] < 0x21 || name[i] > 0x7e)
			return false;
	return i > 0;
}

static void
copy_name(char to[STATE_NAME_MAX + 1], const char *name)
{
	memcpy(to, name, strlen(name) + 1);
}

const char *
state_strongest(const struct state *s)
{
	return s->strongest[0] == '\0' ? NULL : s->strongest;
}

void
state_saw_mechanism(struct state *s, const char *mechanism)
{
	if (!state_is_name(mechanism) ||
	    sasl_strength(mechanism) <= sasl_strength(s->strongest))
		return;
	copy_name(s->strongest, mechanism);
	s->dirty |= STATE_DIRTY_STRONGEST;
}

unsigned
state_features(const struct state *s)
{
	return s->features;
}

void
state_set_features(struct state *s, unsigned features)
{
	if (features == s->features)
		return;
	s->features = features;
	s->dirty |= STATE_DIRTY_FEATURES;
}

size_t
state_names(const struct state *s, enum state_list list, const char *v[],
    size_t max)
{
	const struct state_names *l = &s->lists[list];
	const char *p = (const char *)buf_data(&l->text);
	size_t i;

	for (i = 0; i < l->n && i < max; i++, p += strlen(p) + 1)
		v[i] = p;
	return l->n;
}

static bool
are_names(const char *const *v, size_t n)
{
	size_t i = 0;

	if (n > STATE_NAMES_MAX)
		return false;
	while (i < n && state_is_name(v[i]))
		i++;
	return i == n;
}

int
state_set_names(struct state *s, enum state_list list, const char *const *v,
    size_t n)
{
	struct state_names *l = &s->lists[list];
	struct buf text;
	size_t i;

	if (!are_names(v, n))
		return XERR_LIMIT;
	buf_init(&text, l->text.max);
	for (i = 0; i < n; i++)
		buf_put(&text, v[i], strlen(v[i]) + 1);
	if (buf_err(&text) < 0) {
		buf_release(&text);
		return XERR_NOMEM;
	}
	if (n != l->n || buf_len(&text) != buf_len(&l->text) ||
	    memcmp(buf_data(&text), buf_data(&l->text), buf_len(&text)) != 0)
		s->dirty |= 1u << list;
	buf_release(&l->text);
	l->text = text;
	l->n = n;
	return 0;
}

static bool
is_known(const struct state *s, const unsigned char key[STATE_KEY])
{
	return s->proof.what != SASL_PROVES_NOTHING &&
	    memcmp(s->proof.key, key, STATE_KEY) == 0;
}

enum sasl_proof
state_proof(const struct state *s, const unsigned char key[STATE_KEY],
    int64_t now)
{
	return is_known(s, key) && now >= s->proof.waits ? s->proof.what :
	    SASL_PROVES_NOTHING;
}

void
state_proved(struct state *s, const unsigned char key[STATE_KEY],
    enum sasl_proof what)
{
	bool known = is_known(s, key);

	if (what == SASL_PROVES_NOTHING || (known && s->proof.what >= what))
		return;
	if (!known)
		s->proof.waits = 0;
	memcpy(s->proof.key, key, STATE_KEY);
	s->proof.what = what;
	s->dirty |= STATE_DIRTY_PROOF;
}

void
state_set_steps(struct state *s, int64_t until)
{
	s->steps = until;
	s->dirty |= STATE_DIRTY_STEPS;
}

bool
state_wants_steps(const struct state *s, int64_t now)
{
	return now < s->steps;
}

bool
state_had_steps(const struct state *s)
{
	return s->steps != 0;
}

void
state_set_waits(struct state *s, int64_t until)
{
	s->proof.waits = until;
	s->dirty |= STATE_DIRTY_PROOF;
}

bool
state_has_waited(const struct state *s)
{
	return s->proof.waits != 0;
}

void
state_distrust(struct state *s)
{
	s->proof = (struct state_proof){ 0 };
	s->dirty |= STATE_DIRTY_PROOF;
}

const char *
state_agent(const struct state *s)
{
	return s->agent[0] == '\0' ? NULL : s->agent;
}

int
state_set_agent(struct state *s, const char *id)
{
	if (!state_is_name(id))
		return XERR_LIMIT;
	if (strcmp(s->agent, id) == 0)
		return 0;
	state_drop_token(s);
	copy_name(s->agent, id);
	s->dirty |= STATE_DIRTY_TOKEN;
	return 0;
}

const struct state_token *
state_token(const struct state *s, int64_t now)
{
	return s->token.mechanism[0] == '\0' || s->token.expiry <= now ?
	    NULL : &s->token;
}

int
state_set_token(struct state *s, const void *secret, size_t len,
    const char *mechanism, int64_t expiry, enum sasl_proof proof)
{
	struct buf b;

	if (len == 0 || len > STATE_TOKEN_MAX || !state_is_name(mechanism))
		return XERR_LIMIT;
	buf_init(&b, STATE_TOKEN_MAX);
	if (buf_put(&b, secret, len) < 0) {
		buf_wipe(&b);
		return XERR_NOMEM;
	}
	state_drop_token(s);
	s->token.secret = b;
	copy_name(s->token.mechanism, mechanism);
	s->token.expiry = expiry;
	s->token.proof = proof;
	return 0;
}

void
state_drop_token(struct state *s)
{
	if ((s->dirty & STATE_DIRTY_TOKEN) == 0) {
		buf_wipe(&s->token_was);
		s->token_was = s->token.secret;
		buf_init(&s->token.secret, STATE_TOKEN_MAX);
	}
	buf_wipe(&s->token.secret);
	s->token.mechanism[0] = '\0';
	s->dirty |= STATE_DIRTY_TOKEN;
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return buf_len(a) == buf_len(b) &&
	    memcmp(buf_data(a), buf_data(b), buf_len(a)) == 0;
}

static bool
has_ticket(const struct state_ticket *t, size_t n, const struct buf *der)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (same(&t[i].der, der))
			return true;
	return false;
}

/* Put T before the others; the last one goes if there is no more room. */
static void
push(struct state_ticket *v, size_t *n, const struct state_ticket *t)
{
	if (*n == STATE_TICKETS_MAX)
		buf_wipe(&v[--*n].der);
	memmove(v + 1, v, *n * sizeof(*v));
	v[0] = *t;
	++*n;
}

/* Take the Ith ticket out, to be remembered as gone. */
static void
take_out(struct state *s, size_t i)
{
	struct state_ticket t = s->tickets[i];

	s->ntickets--;
	memmove(s->tickets + i, s->tickets + i + 1,
	    (s->ntickets - i) * sizeof(t));
	push(s->gone, &s->ngone, &t);
	s->dirty |= STATE_DIRTY_TICKETS;
}

int
state_take_ticket(struct state *s, int64_t now, struct buf *der)
{
	struct state_ticket *t;
	int r;

	while (s->ntickets > 0) {
		t = &s->tickets[0];
		if (t->expiry > now && (r = buf_put(der, buf_data(&t->der),
		    buf_len(&t->der))) < 0)
			return r;
		r = t->expiry > now;
		take_out(s, 0);
		if (r)
			return 1;
	}
	return 0;
}

static int
make_ticket(struct state_ticket *t, const void *der, size_t len,
    int64_t expiry)
{
	if (len == 0 || len > STATE_TICKET_MAX)
		return XERR_LIMIT;
	t->expiry = expiry;
	t->loaded = false;
	buf_init(&t->der, STATE_TICKET_MAX);
	if (buf_put(&t->der, der, len) < 0) {
		buf_wipe(&t->der);
		return XERR_NOMEM;
	}
	return 0;
}

int
state_add_ticket(struct state *s, const void *der, size_t len, int64_t expiry)
{
	struct state_ticket t;
	int r;

	if ((r = make_ticket(&t, der, len, expiry)) < 0)
		return r;
	if (s->ntickets == STATE_TICKETS_MAX)
		take_out(s, STATE_TICKETS_MAX - 1);
	push(s->tickets, &s->ntickets, &t);
	s->dirty |= STATE_DIRTY_TICKETS;
	return 0;
}

int
state_put_ticket(struct state *s, const void *der, size_t len, int64_t expiry)
{
	int r;

	if (s->ntickets == STATE_TICKETS_MAX)
		return 0;
	r = make_ticket(&s->tickets[s->ntickets], der, len, expiry);
	if (r == 0)
		s->tickets[s->ntickets++].loaded = true;
	return r;
}

void
state_drop_tickets(struct state *s)
{
	while (s->ntickets > 0)
		take_out(s, 0);
}

void
state_refuse_tickets(struct state *s, int64_t until)
{
	state_drop_tickets(s);
	s->no_tickets = until;
	s->dirty |= STATE_DIRTY_NO_TICKETS;
}

bool
state_wants_tickets(const struct state *s, int64_t now)
{
	return now >= s->no_tickets;
}

/* The token, unless it was changed here, and not there as well, or earlier. */
static void
merge_token(struct state *s, struct state *old)
{
	bool changed = (s->dirty & STATE_DIRTY_TOKEN) != 0;
	bool theirs = old->token.mechanism[0] != '\0' &&
	    !same(&old->token.secret, &s->token_was);

	if (changed && (!theirs || (s->token.mechanism[0] != '\0' &&
	    s->token.expiry >= old->token.expiry)))
		return;
	buf_wipe(&s->token.secret);
	s->token = old->token;
	buf_init(&old->token.secret, STATE_TOKEN_MAX);
	copy_name(s->agent, old->agent);
}

/* What was in the file and is not any more, another run has taken. */
static int
merge_tickets(struct state *s, const struct state *old)
{
	const struct state_ticket *t;
	size_t i;
	int r;

	for (i = s->ntickets; i-- > 0;)
		if (s->tickets[i].loaded && !has_ticket(old->tickets,
		    old->ntickets, &s->tickets[i].der))
			take_out(s, i);
	for (i = 0; i < old->ntickets; i++) {
		t = &old->tickets[i];
		if (has_ticket(s->tickets, s->ntickets, &t->der) ||
		    has_ticket(s->gone, s->ngone, &t->der))
			continue;
		if ((r = state_put_ticket(s, buf_data(&t->der),
		    buf_len(&t->der), t->expiry)) < 0)
			return r;
	}
	return 0;
}

int
state_merge(struct state *s, struct state *old)
{
	const char *v[STATE_NAMES_MAX];
	unsigned dirty = s->dirty;
	size_t i, n;
	int r;

	for (i = 0; i < STATE_LISTS; i++) {
		if (dirty & 1u << i)
			continue;
		n = state_names(old, (enum state_list)i, v, STATE_NAMES_MAX);
		if ((r = state_set_names(s, (enum state_list)i, v, n)) < 0)
			return r;
	}
	state_saw_mechanism(s, old->strongest);
	if ((dirty & STATE_DIRTY_FEATURES) == 0)
		s->features = old->features;
	if ((dirty & STATE_DIRTY_PROOF) == 0)
		s->proof = old->proof;
	if ((dirty & STATE_DIRTY_STEPS) == 0)
		s->steps = old->steps;
	if ((dirty & STATE_DIRTY_NO_TICKETS) == 0)
		s->no_tickets = old->no_tickets;
	merge_token(s, old);
	r = merge_tickets(s, old);
	s->dirty = dirty;	/* what is theirs is there already */
	return r;
}
