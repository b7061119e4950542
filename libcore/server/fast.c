/* The tokens of a server for FAST (XEP-0484). */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/xerr.h"
#include "server/fast.h"

/* Without a mechanism: none. */
struct token {
	char token[FAST_TOKEN_MAX + 1];
	const char *mechanism;
	int64_t expiry;
	uint32_t count;		/* the last that was said */
};

struct fast_client {
	struct fast_client *next;
	char *account, *id;
	struct token fresh, current;
};

struct fast {
	struct fast_client *clients;	/* who was given one last comes first */
	size_t n;
	int64_t life, rotate;
};

int
fast_new(struct fast **out, int64_t life, int64_t rotate)
{
	struct fast *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return XERR_NOMEM;
	f->life = life;
	f->rotate = rotate;
	*out = f;
	return 0;
}

static void
free_client(struct fast_client *c)
{
	fast_invalidate(c);
	free(c->account);
	free(c->id);
	free(c);
}

void
fast_free(struct fast *f)
{
	struct fast_client *c;

	if (f == NULL)
		return;
	while ((c = f->clients) != NULL) {
		f->clients = c->next;
		free_client(c);
	}
	free(f);
}

/* Where the pointer to it is. */
static struct fast_client **
find(struct fast *f, const char *account, const char *id)
{
	struct fast_client **p = &f->clients;

	while (*p != NULL && (strcmp((*p)->id, id) != 0 ||
	    strcmp((*p)->account, account) != 0))
		p = &(*p)->next;
	return p;
}

struct fast_client *
fast_client(struct fast *f, const char *account, const char *id)
{
	return *find(f, account, id);
}

static bool
is_for(const struct token *t, const char *mechanism)
{
	return t->mechanism != NULL && strcmp(t->mechanism, mechanism) == 0;
}

/* The fresh one first (section 5.1). */
static struct token *
nth(struct fast_client *c, const char *mechanism, size_t i)
{
	if (is_for(&c->fresh, mechanism) && i-- == 0)
		return &c->fresh;
	if (is_for(&c->current, mechanism) && i == 0)
		return &c->current;
	return NULL;
}

const char *
fast_token(const struct fast_client *c, const char *mechanism, size_t i)
{
	const struct token *t = nth((struct fast_client *)c, mechanism, i);

	return t == NULL ? NULL : t->token;
}

static void
forget(struct token *t)
{
	OPENSSL_cleanse(t, sizeof(*t));
	*t = (struct token){ .mechanism = NULL };
}

enum fast_verdict
fast_use(struct fast_client *c, const char *mechanism, size_t i, int64_t now,
    uint32_t count)
{
	struct token *t = nth(c, mechanism, i);

	if (t == NULL || now >= t->expiry)
		return FAST_EXPIRED;
	if (count > 0 && count <= t->count)
		return FAST_REPLAYED;
	if (count > 0)
		t->count = count;
	if (t == &c->fresh) {
		c->current = *t;
		forget(t);
	}
	return FAST_GOOD;
}

bool
fast_is_due(const struct fast *f, const struct fast_client *c, int64_t now)
{
	return c->current.mechanism != NULL &&
	    now >= c->current.expiry - f->life + f->rotate;
}

void
fast_invalidate(struct fast_client *c)
{
	forget(&c->fresh);
	forget(&c->current);
}

/* The last of the list, which is not empty. */
static void
drop_last(struct fast *f)
{
	struct fast_client **p = &f->clients;

	while ((*p)->next != NULL)
		p = &(*p)->next;
	free_client(*p);
	*p = NULL;
	f->n--;
}

/* The client, which is not in the list yet or any more. */
static struct fast_client *
take(struct fast *f, const char *account, const char *id)
{
	struct fast_client **p = find(f, account, id), *c = *p;

	if (c != NULL) {
		*p = c->next;
		f->n--;
		return c;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	if ((c->account = strdup(account)) == NULL ||
	    (c->id = strdup(id)) == NULL) {
		free_client(c);
		return NULL;
	}
	return c;
}

int
fast_issue(struct fast *f, const char *account, const char *id,
    const char *mechanism, const char *token, int64_t now, int64_t *expiry)
{
	struct fast_client *c;
	size_t n = strlen(token);

	if (n > FAST_TOKEN_MAX)
		return XERR_LIMIT;
	if ((c = take(f, account, id)) == NULL)
		return XERR_NOMEM;
	if (f->n == FAST_CLIENTS)
		drop_last(f);
	c->next = f->clients;
	f->clients = c;
	f->n++;
	forget(&c->fresh);
	memcpy(c->fresh.token, token, n + 1);
	c->fresh.mechanism = mechanism;
	*expiry = c->fresh.expiry = now + f->life;
	return 0;
}
