/*
 * A TLS client and a TLS server in memory, with certificates of their own
 * authority, for the tests that need one.
 */
#ifndef TLSPAIR_H
#define TLSPAIR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "net/cert.h"
#include "net/tls.h"

struct side {
	struct tls *tls;
	struct buf in, out;	/* plaintext */
};

struct tlspair {
	struct tls_ctx *cctx, *sctx;
	struct side c, s;
};

static inline void
put_file(char path[], const void *data, size_t len)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

/* A client's context that trusts CA alone, otherwise as LIKE says. */
static inline struct tls_ctx *
client_ctx_of(const struct cert_ca *ca, const struct tls_config *like)
{
	char path[] = "/tmp/xmpputils-ca-XXXXXX";
	struct tls_config cf = *like;
	struct tls_ctx *ctx = NULL;
	struct buf pem, why;

	buf_init(&pem, 10000);
	buf_init(&why, 10000);
	assert_int_equal(cert_ca_pem(ca, &pem), 0);
	put_file(path, buf_data(&pem), buf_len(&pem));
	cf.ca_file = path;
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), 0);
	unlink(path);
	buf_release(&pem);
	buf_release(&why);
	return ctx;
}

static inline struct tls_ctx *
client_ctx(const struct cert_ca *ca, const char *alpn)
{
	return client_ctx_of(ca, &(struct tls_config){ .alpn = alpn });
}

static inline struct tls_ctx *
server_ctx_of(const struct cert_ca *ca, const struct cert_spec *spec,
    const struct tls_config *like)
{
	struct tls_config cf = *like;
	struct tls_ctx *ctx = NULL;
	struct buf cert, key, why;

	buf_init(&cert, 10000);
	buf_init(&key, 10000);
	buf_init(&why, 10000);
	assert_int_equal(cert_issue(ca, spec, &cert, &key), 0);
	cf.cert_pem = buf_str(&cert);
	cf.key_pem = buf_str(&key);
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), 0);
	buf_release(&cert);
	buf_wipe(&key);
	buf_release(&why);
	return ctx;
}

static inline struct tls_ctx *
server_ctx(const struct cert_ca *ca, const struct cert_spec *spec,
    const char *alpn)
{
	return server_ctx_of(ca, spec, &(struct tls_config){ .server = true,
	    .alpn = alpn });
}

static inline void
side_init(struct side *s, struct tls_ctx *ctx, const char *domain, size_t max)
{
	s->tls = NULL;
	assert_int_equal(tls_new(&s->tls, ctx, domain), 0);
	buf_init(&s->in, max);
	buf_init(&s->out, max);
}

static inline void
side_release(struct side *s)
{
	tls_free(s->tls);
	buf_release(&s->in);
	buf_release(&s->out);
}

static inline void
pair_init(struct tlspair *p, struct tls_ctx *cctx, struct tls_ctx *sctx,
    const char *domain, size_t max)
{
	p->cctx = cctx;
	p->sctx = sctx;
	side_init(&p->c, cctx, domain, max);
	side_init(&p->s, sctx, NULL, max);
}

static inline void
pair_release(struct tlspair *p)
{
	side_release(&p->c);
	side_release(&p->s);
}

static inline int
side_step(struct side *s)
{
	return tls_step(s->tls, &s->in, &s->out);
}

/* Carry at most MAX bytes of ciphertext from A to B; how many, or an error. */
static inline ssize_t
carry_or_fail(struct side *a, struct side *b, size_t max)
{
	const void *p;
	size_t n = tls_pending(a->tls, &p);
	ssize_t r;

	r = tls_feed(b->tls, p, n < max ? n : max);
	if (r > 0)
		tls_sent(a->tls, (size_t)r);
	return r;
}

static inline size_t
carry(struct side *a, struct side *b, size_t max)
{
	ssize_t r = carry_or_fail(a, b, max);

	assert_true(r >= 0);
	return (size_t)r;
}

/*
 * Carry at most MAX bytes each way and step, until nothing moves any more or a
 * side fails; the error of the client, or else of the server, or 0.
 */
static inline int
pair_run(struct tlspair *p, size_t max)
{
	ssize_t n, m;
	int c, s;

	do {
		c = side_step(&p->c);
		n = carry_or_fail(&p->c, &p->s, max);
		s = side_step(&p->s);
		m = carry_or_fail(&p->s, &p->c, max);
	} while (c >= 0 && s >= 0 && n >= 0 && m >= 0 && c + s + n + m > 0);
	return c < 0 ? c : s < 0 ? s : n < 0 ? (int)n : m < 0 ? (int)m : 0;
}

#endif
