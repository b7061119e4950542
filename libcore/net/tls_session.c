/*
 * Taking up a former session (RFC 8446 2.2): without certificates, so what was
 * found out about them then has to be right for now, too.
 *
 * A session names the settings by which its server was verified in its context
 * (SSL_SESSION_get0_id_context()), and when that was in its application data,
 * which the sessions that follow inherit from it.  OpenSSL keeps both with it,
 * beside the server's own certificate.
 */
#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/xerr.h"
#include "net/tls_int.h"

enum {
	VERIFIED_FOR = 24 * 3600,	/* s; then the whole chain again */
	STAMP = 8			/* bytes of a time */
};

static bool
add(EVP_MD_CTX *md, const void *data, size_t len)
{
	unsigned char n[4] = { (unsigned char)(len >> 24),
	    (unsigned char)(len >> 16), (unsigned char)(len >> 8),
	    (unsigned char)len };

	return EVP_DigestUpdate(md, n, sizeof(n)) == 1 &&
	    EVP_DigestUpdate(md, data, len) == 1;
}

static bool
add_text(EVP_MD_CTX *md, const char *s)
{
	return s == NULL ? add(md, "", 0) : add(md, s, strlen(s));
}

/* The contents of a file: what is behind a name may change. */
static bool
add_file(EVP_MD_CTX *md, const char *file)
{
	char tmp[4096];
	BIO *bio;
	int n = 0;

	if (file == NULL)
		return add(md, "", 0);
	if ((bio = BIO_new_file(file, "re")) == NULL)
		return false;
	while ((n = BIO_read(bio, tmp, sizeof(tmp))) > 0)
		if (!add(md, tmp, (size_t)n))
			break;
	BIO_free(bio);
	return n == 0 && add(md, "", 0);
}

static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	/* What DNS said may change at any time. */
	if (t->dane)
		return 0;
	SSL_SESSION_free(t->session);
	t->session = session;
	return 1;	/* it is ours now */
}

int
tls_set_tickets(struct tls_ctx *ctx, const struct tls_config *cf)
{
	EVP_MD_CTX *md;

	if (!cf->tickets)
		return 0;
	if (ctx->server) {
		SSL_CTX_clear_options(ctx->ssl, SSL_OP_NO_TICKET);
		return SSL_CTX_set_session_id_context(ctx->ssl,
		    (const unsigned char *)"xmpp", 4) == 1 &&
		    SSL_CTX_set_num_tickets(ctx->ssl, 1) == 1 ? 0 : XERR_NOMEM;
	}
	if ((md = EVP_MD_CTX_new()) == NULL)
		return XERR_NOMEM;
	ctx->tickets = EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    add_file(md, cf->ca_file) &&
	    add_text(md, cf->system_dir) && add_text(md, cf->system_file) &&
	    add_file(md, cf->crl_file) &&
	    add_file(md, cf->cert_file) &&
	    add(md, ctx->pins, ctx->npins * TLS_PIN) &&
	    EVP_DigestFinal_ex(md, ctx->settings, NULL) == 1;
	EVP_MD_CTX_free(md);
	if (!ctx->tickets)
		return 0;
	SSL_CTX_set_session_cache_mode(ctx->ssl, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx->ssl, on_new_session);
	return 0;
}

/* The settings of the context, and the name to be found. */
int
tls_session_init(struct tls *t)
{
	EVP_MD_CTX *md;
	bool ok;

	if (!t->ctx->tickets)
		return 0;
	if ((md = EVP_MD_CTX_new()) == NULL)
		return XERR_NOMEM;
	ok = EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    add(md, t->ctx->settings, sizeof(t->ctx->settings)) &&
	    add(md, t->domain, strlen(t->domain)) &&
	    EVP_DigestFinal_ex(md, t->context, NULL) == 1 &&
	    SSL_set_session_id_context(t->ssl, t->context,
	    sizeof(t->context)) == 1;
	EVP_MD_CTX_free(md);
	return ok ? 0 : XERR_NOMEM;
}

static bool
is_same_context(const struct tls *t, const SSL_SESSION *s)
{
	const unsigned char *context;
	unsigned n;

	context = SSL_SESSION_get0_id_context(s, &n);
	return n == sizeof(t->context) && memcmp(context, t->context, n) == 0;
}

/* When the server of S was verified in full; 0 if that is not known. */
static int64_t
verified_at(SSL_SESSION *s)
{
	void *data;
	size_t len, i;
	int64_t when = 0;

	if (SSL_SESSION_get0_ticket_appdata(s, &data, &len) != 1 ||
	    len != STAMP)
		return 0;
	for (i = 0; i < STAMP - 1; i++)
		when = when << 8 | ((unsigned char *)data)[i + 1];
	return when;
}

static bool
stamp(SSL_SESSION *s, int64_t now)
{
	unsigned char data[STAMP];
	int i;

	for (i = STAMP - 1; i >= 0; i--, now >>= 8)
		data[i] = (unsigned char)now;
	return SSL_SESSION_set1_ticket_appdata(s, data, STAMP) == 1;
}

static int64_t
expiry_of(SSL_SESSION *s)
{
	int64_t ticket = (int64_t)SSL_SESSION_get_time(s) +
	    (int64_t)SSL_SESSION_get_ticket_lifetime_hint(s);
	int64_t verified = verified_at(s) + VERIFIED_FOR;

	return ticket < verified ? ticket : verified;
}

bool
tls_cert_is_current(X509 *cert, int64_t now)
{
	time_t at = (time_t)now;

	return X509_cmp_time(X509_get0_notBefore(cert), &at) < 0 &&
	    X509_cmp_time(X509_get0_notAfter(cert), &at) > 0;
}

/*
 * The domain is part of the context; that the certificate names it is looked at
 * once more when the handshake is done.
 */
static bool
is_usable(const struct tls *t, SSL_SESSION *s, int64_t now)
{
	X509 *cert = SSL_SESSION_get0_peer(s);

	return SSL_SESSION_is_resumable(s) && cert != NULL &&
	    SSL_SESSION_get_protocol_version(s) == TLS1_3_VERSION &&
	    is_same_context(t, s) && now >= verified_at(s) &&
	    now < expiry_of(s) && tls_cert_is_current(cert, now);
}

int
tls_offer_session(struct tls *t, const void *der, size_t len, int64_t now)
{
	const unsigned char *p = der;
	SSL_SESSION *s;
	int r = 0;

	if (!t->ctx->tickets || t->dane || len > LONG_MAX)
		return 0;
	s = d2i_SSL_SESSION(NULL, &p, (long)len);
	if (s != NULL && is_usable(t, s, now))
		r = t->offered = SSL_set_session(t->ssl, s) == 1;
	SSL_SESSION_free(s);
	ERR_clear_error();
	return r;
}

bool
tls_resumed(const struct tls *t)
{
	return t->established && SSL_session_reused(t->ssl) == 1;
}

bool
tls_refused(const struct tls *t)
{
	return t->established && t->offered && !tls_resumed(t);
}

int
tls_take_session(struct tls *t, struct buf *der, int64_t *expiry)
{
	SSL_SESSION *s = t->session;
	unsigned char *p = NULL;
	int n = 0, r = 0;

	t->session = NULL;
	if (s == NULL)
		return 0;
	if (t->established && SSL_SESSION_is_resumable(s) &&
	    SSL_SESSION_get_protocol_version(s) == TLS1_3_VERSION &&
	    (verified_at(s) != 0 || stamp(s, t->verified)))
		n = i2d_SSL_SESSION(s, &p);
	if (n > 0) {
		*expiry = expiry_of(s);
		r = buf_put(der, p, (size_t)n) < 0 ? buf_err(der) : 1;
		OPENSSL_clear_free(p, (size_t)n);
	}
	SSL_SESSION_free(s);
	ERR_clear_error();
	return r;
}
