/*
 * What is remembered of an account as text: a line for each entry, a first one
 * that says what it is and a last one, without which it was cut.
 *
 *	xmpputils-state 1
 *	jid robot@example.org
 *	strongest SCRAM-SHA-256-PLUS
 *	features sm sasl2
 *	mechanisms SCRAM-SHA-256 SCRAM-SHA-256-PLUS
 *	proved channel BASE64 waits UNTIL
 *	agent d4565fa7-4d72-4749-b3d3-740edbf87770
 *	token HT-SHA-256-EXPR EXPIRY BASE64
 *	token-by channel
 *	ticket EXPIRY BASE64
 *	no-tickets UNTIL
 *	steps UNTIL
 *	end
 */
#include <inttypes.h>
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "state/state_int.h"

static const char magic[] = "xmpputils-state 1";

static const struct { const char *name; unsigned bit; } features[] = {
	{ "sm", STATE_SM },
	{ "sasl2", STATE_SASL2 },
	{ "bind2", STATE_BIND2 },
	{ "sm-inline", STATE_SM_INLINE },
	{ "fast", STATE_FAST },
	{ "bindings", STATE_BINDINGS },
	{ "direct", STATE_DIRECT },
	{ "after", STATE_AFTER },
	{ "session", STATE_SESSION },
	{ "no-sasl2", STATE_NO_SASL2 }
};

enum { FEATURES = sizeof(features) / sizeof(features[0]) };

static const char *const lists[STATE_LISTS] = {
	"mechanisms", "sasl2", "fast", "bindings", "upgrades"
};

static void
put_features(struct buf *out, unsigned bits)
{
	size_t i;

	if (bits == 0)
		return;
	buf_puts(out, "features");
	for (i = 0; i < FEATURES; i++)
		if (bits & features[i].bit)
			buf_printf(out, " %s", features[i].name);
	buf_putc(out, '\n');
}

static void
put_list(struct buf *out, const struct state *s, enum state_list list)
{
	const char *v[STATE_NAMES_MAX];
	size_t i, n = state_names(s, list, v, STATE_NAMES_MAX);

	if (n == 0)
		return;
	buf_puts(out, lists[list]);
	for (i = 0; i < n; i++)
		buf_printf(out, " %s", v[i]);
	buf_putc(out, '\n');
}

/* Indexed by enum sasl_proof. */
static const char *const proofs[] = { NULL, "secret", "channel" };

enum { PROOFS = sizeof(proofs) / sizeof(proofs[0]) };

static void
put_proof(struct buf *out, const struct state_proof *p)
{
	if (p->what == SASL_PROVES_NOTHING)
		return;
	buf_printf(out, "proved %s ", proofs[p->what]);
	b64_encode(out, p->key, STATE_KEY);
	if (p->waits != 0)
		buf_printf(out, " waits %" PRId64, p->waits);
	buf_putc(out, '\n');
}

static void
put_token_proof(struct buf *out, enum sasl_proof proof)
{
	if (proof != SASL_PROVES_NOTHING)
		buf_printf(out, "token-by %s\n", proofs[proof]);
}

static void
put_secret(struct buf *out, const struct buf *b)
{
	b64_encode(out, buf_data(b), buf_len(b));
	buf_putc(out, '\n');
}

int
state_format(const struct state *s, struct buf *out)
{
	size_t i;

	buf_printf(out, "%s\njid %s\n", magic, s->jid);
	if (s->strongest[0] != '\0')
		buf_printf(out, "strongest %s\n", s->strongest);
	put_features(out, s->features);
	for (i = 0; i < STATE_LISTS; i++)
		put_list(out, s, (enum state_list)i);
	put_proof(out, &s->proof);
	if (s->agent[0] != '\0')
		buf_printf(out, "agent %s\n", s->agent);
	if (s->token.mechanism[0] != '\0') {
		buf_printf(out, "token %s %" PRId64 " ", s->token.mechanism,
		    s->token.expiry);
		put_secret(out, &s->token.secret);
		put_token_proof(out, s->token.proof);
	}
	for (i = 0; i < s->ntickets; i++) {
		buf_printf(out, "ticket %" PRId64 " ", s->tickets[i].expiry);
		put_secret(out, &s->tickets[i].der);
	}
	if (s->no_tickets != 0)
		buf_printf(out, "no-tickets %" PRId64 "\n", s->no_tickets);
	if (s->steps != 0)
		buf_printf(out, "steps %" PRId64 "\n", s->steps);
	return buf_puts(out, "end\n");
}

/* The word at *P, ended by NUL where its space was; NULL if there is none. */
static char *
word(char **p)
{
	char *w = *p;

	if (*w == '\0')
		return NULL;
	*p += strcspn(w, " ");
	if (**p == ' ')
		*(*p)++ = '\0';
	return w;
}

/* The next word as a number of at most MAX, no sign. */
static int
number(char **p, int64_t max, int64_t *n)
{
	const char *w = word(p);
	int64_t u = 0;

	if (w == NULL || *w == '\0')
		return XERR_SYNTAX;
	for (; *w != '\0'; w++) {
		if (*w < '0' || *w > '9' || u > (max - (*w - '0')) / 10)
			return XERR_SYNTAX;
		u = u * 10 + (*w - '0');
	}
	*n = u;
	return 0;
}

static int
get_name(char *to, char **p)
{
	const char *w = word(p);

	if (w == NULL || !state_is_name(w) || **p != '\0')
		return XERR_SYNTAX;
	memcpy(to, w, strlen(w) + 1);
	return 0;
}

/* What a newer version wrote and we do not know is passed over. */
static int
get_features(struct state *s, char **p)
{
	const char *w;
	size_t i;

	while ((w = word(p)) != NULL)
		for (i = 0; i < FEATURES; i++)
			if (strcmp(features[i].name, w) == 0)
				s->features |= features[i].bit;
	return 0;
}

static int
get_list(struct state *s, enum state_list list, char **p)
{
	const char *v[STATE_NAMES_MAX];
	size_t n = 0;
	int r;

	while (n < STATE_NAMES_MAX && (v[n] = word(p)) != NULL)
		n++;
	r = state_set_names(s, list, v, n);
	return r == XERR_LIMIT || **p != '\0' ? XERR_SYNTAX : r;
}

static enum sasl_proof
get_level(const char *s)
{
	int i;

	for (i = 1; i < PROOFS; i++)
		if (s != NULL && strcmp(proofs[i], s) == 0)
			return (enum sasl_proof)i;
	return SASL_PROVES_NOTHING;
}

/*
 * The level of proof, the key; and "waits", or what a later version says, with
 * the time until then.  Without one, as it was once, that is over.
 */
static int
get_proof(struct state_proof *proof, char **p)
{
	const char *level = word(p), *key = word(p), *waits = word(p);
	struct buf b;
	int r;

	proof->what = get_level(level);
	if (proof->what == SASL_PROVES_NOTHING || key == NULL)
		return XERR_SYNTAX;
	buf_init(&b, STATE_KEY + 2);
	if ((r = b64_decode(&b, key, strlen(key))) == 0 &&
	    buf_len(&b) != STATE_KEY)
		r = XERR_SYNTAX;
	if (r == 0)
		memcpy(proof->key, buf_data(&b), STATE_KEY);
	buf_release(&b);
	if (waits != NULL && number(p, INT64_MAX, &proof->waits) < 0)
		proof->waits = 1;
	return r == XERR_LIMIT ? XERR_SYNTAX : r;
}

/* The rest of the line, base64, as LEN bytes at most. */
static int
get_secret(struct buf *b, char **p, size_t len)
{
	int r;

	buf_init(b, len + 2);	/* decoding makes room for whole groups */
	r = b64_decode(b, *p, strlen(*p));
	return r == XERR_LIMIT ? XERR_SYNTAX : r;
}

static int
get_token(struct state *s, char **p)
{
	const char *mechanism = word(p);
	int64_t expiry;
	struct buf b;
	int r;

	if (mechanism == NULL || number(p, INT64_MAX, &expiry) < 0)
		return XERR_SYNTAX;
	if ((r = get_secret(&b, p, STATE_TOKEN_MAX)) == 0)
		r = state_set_token(s, buf_data(&b), buf_len(&b), mechanism,
		    expiry, SASL_PROVES_NOTHING);
	buf_wipe(&b);
	return r == XERR_LIMIT ? XERR_SYNTAX : r;
}

static int
get_ticket(struct state *s, char **p)
{
	struct buf b;
	int64_t expiry;
	int r;

	if (number(p, INT64_MAX, &expiry) < 0)
		return XERR_SYNTAX;
	if ((r = get_secret(&b, p, STATE_TICKET_MAX)) == 0)
		r = state_put_ticket(s, buf_data(&b), buf_len(&b), expiry);
	buf_wipe(&b);
	return r == XERR_LIMIT ? XERR_SYNTAX : r;
}

/* One entry; *IS_OURS once the address is the right one. */
static int
get_entry(struct state *s, char *p, bool *is_ours)
{
	const char *key = word(&p);
	size_t i;

	if (key == NULL)
		return XERR_SYNTAX;
	if (strcmp(key, "jid") == 0) {
		*is_ours = strcmp(p, s->jid) == 0;
		return *is_ours ? 0 : XERR_SYNTAX;
	}
	if (strcmp(key, "strongest") == 0)
		return get_name(s->strongest, &p);
	if (strcmp(key, "agent") == 0)
		return get_name(s->agent, &p);
	if (strcmp(key, "features") == 0)
		return get_features(s, &p);
	if (strcmp(key, "proved") == 0)
		return get_proof(&s->proof, &p);
	if (strcmp(key, "token") == 0)
		return get_token(s, &p);
	if (strcmp(key, "token-by") == 0) {
		s->token.proof = get_level(word(&p));
		return 0;
	}
	if (strcmp(key, "ticket") == 0)
		return get_ticket(s, &p);
	if (strcmp(key, "steps") == 0)
		return number(&p, INT64_MAX, &s->steps);
	if (strcmp(key, "no-tickets") == 0)
		return number(&p, INT64_MAX, &s->no_tickets);
	for (i = 0; i < STATE_LISTS; i++)
		if (strcmp(key, lists[i]) == 0)
			return get_list(s, (enum state_list)i, &p);
	return 0;
}

/* The line at *P, ended by NUL where its LF was; NULL if it has none. */
static char *
line(char **p, char *end)
{
	char *l = *p, *lf = memchr(l, '\n', (size_t)(end - l));

	if (lf == NULL || memchr(l, '\0', (size_t)(lf - l)) != NULL)
		return NULL;
	*lf = '\0';
	*p = lf + 1;
	return l;
}

int
state_parse(struct state *s, char *text, size_t len)
{
	char *p = text, *end = text + len, *l;
	bool is_ours = false;
	int r;

	if ((l = line(&p, end)) == NULL || strcmp(l, magic) != 0)
		return XERR_SYNTAX;
	while ((l = line(&p, end)) != NULL) {
		if (strcmp(l, "end") == 0)
			break;
		if ((r = get_entry(s, l, &is_ours)) < 0)
			return r;
	}
	s->dirty = 0;
	return l != NULL && p == end && is_ours ? 0 : XERR_SYNTAX;
}
