/*
 * The server side of one stream: clients without a password, by a certificate
 * (EXTERNAL) or as nobody in particular (ANONYMOUS).
 */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "server/server_int.h"

enum { PASSWORD_MAX = 65536 };

static bool
is_account_of(const struct jid *j, const char *domain)
{
	const char *d;
	size_t n;

	d = jid_domain(j, &n);
	return jid_local(j, NULL) != NULL && strlen(domain) == n &&
	    memcmp(d, domain, n) == 0;
}

/* Is there such an account?  What its password is does not matter. */
static int
exists(struct server *s, const struct jid *user)
{
	const struct server_config *c = &s->config;
	struct buf password;
	int r;

	if (c->verifier != NULL)
		return c->verifier(c->arg, user) != NULL ? 0 : XERR_AUTH;
	buf_init(&password, PASSWORD_MAX);
	r = c->lookup(c->arg, user, &password);
	buf_wipe(&password);
	return r;
}

/* The address that the certificate has for AUTHZID; or the only one. */
static const struct jid *
find(const struct server *s, const char *authzid)
{
	struct jid j;
	size_t i;

	if (authzid == NULL)
		return s->naddresses == 1 ? &s->addresses[0] : NULL;
	if (jid_parse(&j, authzid, strlen(authzid)) < 0)
		return NULL;
	for (i = 0; i < s->naddresses; i++)
		if (jid_equal(&s->addresses[i], &j))
			return &s->addresses[i];
	return NULL;
}

static int
identify(void *arg, const char *authzid, struct buf *username)
{
	struct server *s = arg;
	const struct jid *j = find(s, authzid);
	const char *local;
	size_t n;
	int r;

	if (j == NULL)
		return XERR_AUTH;
	if ((r = exists(s, j)) < 0)
		return r;
	jid_copy(&s->jid, j);
	local = jid_local(j, &n);
	return buf_put(username, local, n);
}

int
server_set_addresses(struct server *s, const struct jid *list, size_t n)
{
	struct jid *a = calloc(n + 1, sizeof(*a));
	size_t i;

	if (a == NULL)
		return XERR_NOMEM;
	free(s->addresses);
	s->addresses = a;
	s->naddresses = 0;
	for (i = 0; i < n; i++)
		if (is_account_of(&list[i], s->config.domain)) {
			jid_copy(&a[s->naddresses], &list[i]);
			jid_to_bare(&a[s->naddresses++]);
		}
	s->sasl_config.external = s->naddresses > 0 ? identify : NULL;
	return 0;
}

int
server_make_guest(struct server *s)
{
	char token[SERVER_TOKEN + 1];

	server_token(s, token);
	s->guest = true;
	return jid_make(&s->jid, token, s->config.domain, NULL);
}
