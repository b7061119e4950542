/* The certificates of a throwaway server. */
#include "base/xerr.h"
#include "cli/cli.h"
#include "serve/testca.h"
#include "net/cert.h"

enum { PEM_MAX = 65536 };

static _Noreturn void
fail(const struct jid *j, int r)
{
	cli_die(cli_status(r), "no certificate for %s: %s", jid_str(j),
	    xerr_str(r));
}

void
testca_make(struct testca *p, const struct jid *domain)
{
	const char *names[2] = { NULL, NULL };
	struct cert_spec spec = { 0 };
	struct buf name;
	int r;

	p->domain = domain;
	p->issuer = NULL;
	buf_init(&p->ca, PEM_MAX);
	buf_init(&p->cert, PEM_MAX);
	buf_init(&p->key, PEM_MAX);
	buf_init(&name, PEM_MAX);
	if ((r = jid_domain_ascii(domain, &name)) == 0 &&
	    (names[0] = buf_str(&name)) == NULL)
		r = XERR_NOMEM;
	if (jid_domain_is_ip(domain))
		spec.ip = names;
	else
		spec.dns = names;
	if (r < 0 || (r = cert_ca_new(&p->issuer, cli_name())) < 0 ||
	    (r = cert_ca_pem(p->issuer, &p->ca)) < 0 ||
	    (r = cert_issue(p->issuer, &spec, &p->cert, &p->key)) < 0)
		fail(domain, r);
	buf_release(&name);
}

void
testca_issue(const struct testca *p, const char *local, struct buf *pem)
{
	const char *names[2] = { NULL, NULL };
	struct cert_spec spec = { .xmpp = names, .client = true };
	struct buf key;
	struct jid j;
	int r;

	buf_init(&key, PEM_MAX);
	if ((r = jid_make(&j, local, jid_str(p->domain), NULL)) == 0) {
		names[0] = jid_str(&j);
		r = cert_issue(p->issuer, &spec, pem, &key);
	}
	if (r < 0 || (r = buf_put(pem, buf_data(&key), buf_len(&key))) < 0)
		fail(p->domain, r);
	buf_wipe(&key);
}

void
testca_release(struct testca *p)
{
	cert_ca_free(p->issuer);
	p->issuer = NULL;
	buf_release(&p->ca);
	buf_release(&p->cert);
	buf_wipe(&p->key);
}
