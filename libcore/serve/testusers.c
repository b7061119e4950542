/* The accounts of a throwaway server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "serve/tmpdir.h"
#include "cli/random_id.h"
#include "serve/testusers.h"

enum { PEM_MAX = 65536, FILE_MAX = 64 << 20 };

void
testusers_add(struct testusers *p, const char *name)
{
	struct person *new = &p->v[p->n];
	const char *local;
	struct jid j;
	size_t n;

	if (p->n == TESTUSERS_MAX)
		cli_usage("-u: more than %d accounts", TESTUSERS_MAX);
	if (jid_make(&j, name, "localhost", NULL) < 0)
		cli_usage("-u: %s is no localpart of an address", name);
	local = jid_local(&j, &n);
	if ((new->local = strndup(local, n)) == NULL)
		cli_die(EX_OSERR, "%s", strerror(errno));
	if (random_id_of_size(new->password, sizeof(new->password)) < 0)
		cli_die(EX_SOFTWARE, "no random numbers");
	p->n++;
}

void
testusers_certify(struct testusers *p, const struct testca *papers)
{
	struct buf pem;
	char name[32];
	size_t i;

	for (i = 0; i < p->n; i++) {
		buf_init(&pem, PEM_MAX);
		snprintf(name, sizeof(name), "client-%zu.pem", i);
		p->v[i].cert = tmpdir_path(name);
		testca_issue(papers, p->v[i].local, &pem);
		tmpdir_write(p->v[i].cert, &pem);
		buf_wipe(&pem);
	}
}

static void
put(struct buf *b, const struct person *who, const struct testusers_server *to)
{
	buf_printf(b, "jid = %s@%s\n", who->local, to->domain);
	buf_printf(b, "password = %s\n", who->password);
	buf_printf(b, "host = 127.0.0.1\nport = %u\n", to->port);
	buf_printf(b, "tls = starttls\nca_file = %s\n", to->ca);
	if (who->cert != NULL)
		buf_printf(b, "cert = %s\nkey = %s\n", who->cert, who->cert);
}

void
testusers_write(const struct testusers *p, const struct testusers_server *to,
    const char *path)
{
	struct buf b;
	size_t i;

	buf_init(&b, FILE_MAX);
	put(&b, &p->v[0], to);
	for (i = 0; i < p->n; i++) {
		buf_printf(&b, "\n[%s]\n", p->v[i].local);
		put(&b, &p->v[i], to);
	}
	tmpdir_write(path, &b);
	buf_wipe(&b);
}

void
testusers_release(struct testusers *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->v[i].local);
		free(p->v[i].cert);
	}
	p->n = 0;
}
