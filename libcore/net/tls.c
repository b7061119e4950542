/* One TLS connection, without a socket. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/xerr.h"
#include "net/tls_int.h"

enum {
	NET_IN = 20000,		/* a record and the beginning of the next */
	NET_OUT = 65536,
	CHUNK = 16384,		/* the plaintext of one record */
	KEEP = 2048		/* storage worth keeping while idle */
};

/* OpenSSL's own memory BIO has no maximum; this one has that of the queues. */
static int
bio_read(BIO *bio, char *p, int len)
{
	struct tls *t = BIO_get_data(bio);
	size_t n = buf_len(&t->net_in);

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		if (!t->eof)
			BIO_set_retry_read(bio);
		return t->eof ? 0 : -1;
	}
	if (n > (size_t)len)
		n = (size_t)len;
	memcpy(p, buf_data(&t->net_in), n);
	buf_consume(&t->net_in, n);
	return (int)n;
}

static int
bio_write(BIO *bio, const char *p, int len)
{
	struct tls *t = BIO_get_data(bio);
	size_t n = buf_room(&t->net_out);

	BIO_clear_retry_flags(bio);
	if (n == 0 && buf_err(&t->net_out) == 0)
		BIO_set_retry_write(bio);
	if (n == 0)
		return -1;
	if (n > (size_t)len)
		n = (size_t)len;
	return buf_put(&t->net_out, p, n) < 0 ? -1 : (int)n;
}

static long
bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct tls *t = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return t->eof && buf_len(&t->net_in) == 0;
	case BIO_CTRL_PENDING:
		return (long)buf_len(&t->net_in);
	case BIO_CTRL_WPENDING:
		return (long)buf_len(&t->net_out);
	default:
		return 0;
	}
}

BIO_METHOD *
tls_bio_method(void)
{
	BIO_METHOD *m;

	m = BIO_meth_new(BIO_TYPE_START | BIO_TYPE_SOURCE_SINK, "queues");
	if (m != NULL && BIO_meth_set_read(m, bio_read) == 1 &&
	    BIO_meth_set_write(m, bio_write) == 1 &&
	    BIO_meth_set_ctrl(m, bio_ctrl) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* Make R final. */
static int
set_err(struct tls *t, int r, const char *why)
{
	tls_why_set(t, why);
	return t->err = r;
}

static int
left_early(struct tls *t)
{
	if (t->established) {
		t->truncated = true;
		return 0;
	}
	return set_err(t, XERR_TEMP, t->server ?
	    "the client left during the TLS handshake" :
	    "the server closed the connection during the TLS handshake");
}

/* What OpenSSL says after a call that returned RET: 0, or the error. */
static int
outcome(struct tls *t, int ret)
{
	int e = SSL_get_error(t->ssl, ret);
	unsigned long first = ERR_peek_error();

	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return 0;
	if (e == SSL_ERROR_ZERO_RETURN) {
		t->closed = true;
		return 0;
	}
	if (buf_err(&t->net_out) < 0 ||
	    ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE)
		return set_err(t, XERR_NOMEM, xerr_str(XERR_NOMEM));
	if (e == SSL_ERROR_SYSCALL || (t->eof && ERR_GET_REASON(first) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING))
		return left_early(t);
	tls_why_error(t, first);
	/* An alert may refuse our certificate after the handshake (1.3). */
	return t->err = t->established &&
	    ERR_GET_REASON(first) < SSL_AD_REASON_OFFSET ?
	    XERR_PROTO : XERR_TLS;
}

static bool
is_address(const char *s)
{
	struct in6_addr in6;
	struct in_addr in;

	return inet_pton(AF_INET, s, &in) == 1 ||
	    inet_pton(AF_INET6, s, &in6) == 1;
}

/*
 * A host name that OpenSSL takes literally: one that begins with a dot would
 * match any subdomain.
 */
static bool
is_host_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 253 && s[0] != '.' && s[n - 1] != '.' &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-_.") == n;
}

/* Without the final dot of DNS and the brackets around IPv6 addresses. */
static char *
plain_name(const char *domain)
{
	size_t n = strlen(domain);
	char *s;

	if (n > 2 && domain[0] == '[' && domain[n - 1] == ']') {
		domain++;
		n -= 2;
	} else if (n > 1 && domain[n - 1] == '.')
		n--;
	if ((s = malloc(n + 1)) == NULL)
		return NULL;
	memcpy(s, domain, n);
	s[n] = '\0';
	return s;
}

static int
set_domain(struct tls *t, const char *domain)
{
	if ((t->domain = plain_name(domain)) == NULL)
		return XERR_NOMEM;
	if ((t->address = is_address(t->domain)))
		return 0;
	if (!is_host_name(t->domain))
		return XERR_CONFIG;
	return SSL_set_tlsext_host_name(t->ssl, t->domain) == 1 ? 0 :
	    XERR_NOMEM;
}

static int
set_bio(struct tls *t, const struct tls_ctx *ctx)
{
	BIO *bio = BIO_new(ctx->bio);

	if (bio == NULL)
		return XERR_NOMEM;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return 0;
}

int
tls_new(struct tls **out, struct tls_ctx *ctx, const char *domain)
{
	struct tls *t;
	int r;

	if (domain == NULL && !ctx->server)
		return XERR_CONFIG;
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return XERR_NOMEM;
	buf_init(&t->net_in, NET_IN);
	buf_init(&t->net_out, NET_OUT);
	t->ctx = ctx;
	t->server = ctx->server;
	if ((t->ssl = SSL_new(ctx->ssl)) == NULL ||
	    SSL_set_app_data(t->ssl, t) != 1)
		r = XERR_NOMEM;
	else if ((r = set_bio(t, ctx)) == 0 && !t->server)
		r = set_domain(t, domain);
	if (r == 0 && !t->server)
		r = tls_session_init(t);
	ERR_clear_error();
	if (r < 0) {
		tls_free(t);
		return r;
	}
	if (t->server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	*out = t;
	return 0;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	buf_release(&t->net_in);
	buf_release(&t->net_out);
	SSL_SESSION_free(t->session);
	free(t->domain);
	free(t->unicode);
	free(t->target);
	free(t);
}

int
tls_set_unicode(struct tls *t, const char *domain)
{
	free(t->unicode);
	return (t->unicode = strdup(domain)) == NULL ? XERR_NOMEM : 0;
}

ssize_t
tls_feed(struct tls *t, const void *data, size_t len)
{
	size_t n = buf_room(&t->net_in);

	/* Behind the end or an error nothing counts. */
	if (t->err != 0 || t->closed || t->eof)
		return (ssize_t)len;
	if (n > len)
		n = len;
	return buf_put(&t->net_in, data, n) < 0 ? XERR_NOMEM : (ssize_t)n;
}

void
tls_feed_eof(struct tls *t)
{
	t->eof = true;
}

/* Verification is OpenSSL's; that it took place is worth a second look. */
static int
after_handshake(struct tls *t)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);

	if (!t->server && (cert == NULL || (!tls_dane_is_exact(t) &&
	    (!tls_name_matches(t, cert) ||
	    !tls_cert_is_current(cert, time(NULL)))) ||
	    SSL_get_verify_result(t->ssl) != X509_V_OK))
		return set_err(t, XERR_TLS, "the certificate was not verified");
	t->verified = time(NULL);
	t->established = true;
	return 1;
}

static int
handshake(struct tls *t)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	return r == 1 ? after_handshake(t) : outcome(t, r);
}

static int
decrypt(struct tls *t, struct buf *in)
{
	unsigned char tmp[CHUNK];
	size_t n;
	int r, moved = 0;

	while (!t->closed && !t->truncated && (n = buf_room(in)) > 0) {
		ERR_clear_error();
		r = SSL_read_ex(t->ssl, tmp, n < sizeof(tmp) ? n : sizeof(tmp),
		    &n);
		if (r != 1) {
			r = outcome(t, r);
			return r < 0 ? r : moved || t->closed || t->truncated;
		}
		if (buf_put(in, tmp, n) < 0)
			return set_err(t, XERR_NOMEM, xerr_str(XERR_NOMEM));
		moved = 1;
	}
	return moved;
}

static int
encrypt(struct tls *t, struct buf *out)
{
	size_t n;
	int r, moved = 0;

	/* After a truncation OpenSSL does not write any more either. */
	while (!t->shut && !t->truncated && (n = buf_len(out)) > 0) {
		ERR_clear_error();
		r = SSL_write_ex(t->ssl, buf_data(out), n < CHUNK ? n : CHUNK,
		    &n);
		if (r != 1) {
			r = outcome(t, r);
			return r < 0 ? r : moved;
		}
		buf_consume(out, n);
		moved = 1;
	}
	return moved;
}

static int
say_goodbye(struct tls *t)
{
	int r = 0;

	ERR_clear_error();
	if (t->established && !t->truncated &&
	    (r = SSL_shutdown(t->ssl)) < 0) {
		if (SSL_get_error(t->ssl, r) == SSL_ERROR_WANT_WRITE)
			return 0;
		/* The peer is gone; there is nobody to say it to. */
		ERR_clear_error();
	}
	t->shut = true;
	return 1;
}

static void
trim(struct buf *b)
{
	if (buf_len(b) == 0 && b->cap > KEEP)
		buf_release(b);
}

int
tls_step(struct tls *t, struct buf *in, struct buf *out)
{
	int r, moved = 0;

	if (t->err != 0)
		return t->err;
	/* With nothing to say, who wants to leave needs no handshake. */
	if (!t->established && !(t->shutdown && buf_len(out) == 0)) {
		if ((r = handshake(t)) <= 0)
			return r;
		moved = 1;
	}
	if (t->established) {
		if ((r = decrypt(t, in)) < 0)
			return r;
		moved |= r;
		if ((r = encrypt(t, out)) < 0)
			return r;
		moved |= r;
	}
	if (t->shutdown && !t->shut && (t->truncated || buf_len(out) == 0))
		moved |= say_goodbye(t);
	if (moved == 0)
		trim(&t->net_in);
	return moved;
}

size_t
tls_pending(const struct tls *t, const void **data)
{
	*data = buf_data(&t->net_out);
	return buf_len(&t->net_out);
}

void
tls_sent(struct tls *t, size_t n)
{
	buf_consume(&t->net_out, n);
	trim(&t->net_out);
}

bool
tls_established(const struct tls *t)
{
	return t->established;
}

bool
tls_closed(const struct tls *t)
{
	return t->closed;
}

bool
tls_truncated(const struct tls *t)
{
	return t->truncated;
}

void
tls_shutdown(struct tls *t)
{
	t->shutdown = true;
}

bool
tls_is_shut(const struct tls *t)
{
	return t->shut;
}

const char *
tls_errmsg(const struct tls *t)
{
	return t->msg;
}

int
tls_describe(const struct tls *t, struct buf *b)
{
	const unsigned char *alpn;
	unsigned n;

	buf_printf(b, "%s %s", SSL_get_version(t->ssl),
	    SSL_get_cipher_name(t->ssl));
	SSL_get0_alpn_selected(t->ssl, &alpn, &n);
	if (n > 0) {
		buf_puts(b, ", ALPN ");
		tls_put_foreign(b, alpn, n);
	}
	if (tls_resumed(t))
		buf_puts(b, ", resumed");
	if (tls_by_dane(t))
		buf_puts(b, ", DANE");
	return buf_err(b);
}
