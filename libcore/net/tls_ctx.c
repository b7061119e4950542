/* What TLS connections have in common: authorities, certificate, policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/xerr.h"
#include "net/tls_int.h"

int
tls_init(void)
{
	return OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_ATEXIT, NULL) == 1 ? 0 : XERR_NOMEM;
}

/* The reason is OpenSSL's or the system's. */
int
tls_config_error(struct buf *why, const char *what, const char *file)
{
	unsigned long e = ERR_peek_error();
	int sys = ERR_SYSTEM_ERROR(e) ? ERR_GET_REASON(e) : 0;
	const char *reason = sys != 0 ? strerror(sys) :
	    ERR_reason_error_string(e);

	buf_printf(why, "%s: no usable %s", file, what);
	if (reason != NULL)
		buf_printf(why, ": %s", reason);
	ERR_clear_error();
	/* no fault of the file's */
	return sys == EMFILE || sys == ENFILE || sys == ENOMEM ? XERR_NOMEM :
	    XERR_CONFIG;
}

/* Never ask on the terminal for the password of a key. */
static int
no_password(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

static BIO *
open_pem(const char *pem, const char *file)
{
	return pem != NULL ? BIO_new_mem_buf(pem, -1) :
	    BIO_new_file(file, "re");
}

static bool
use_chain(SSL_CTX *ssl, BIO *bio)
{
	X509 *x;
	bool ok;

	if ((x = PEM_read_bio_X509(bio, NULL, no_password, NULL)) == NULL)
		return false;
	ok = SSL_CTX_use_certificate(ssl, x) == 1;
	X509_free(x);
	while (ok && (x = PEM_read_bio_X509(bio, NULL, no_password,
	    NULL)) != NULL)
		if (SSL_CTX_add0_chain_cert(ssl, x) != 1) {
			X509_free(x);
			ok = false;
		}
	/* The end of the file is an error of its own kind. */
	if (ok && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		ERR_clear_error();
	return ok && ERR_peek_error() == 0;
}

static bool
use_key(SSL_CTX *ssl, BIO *bio)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	bool ok = key != NULL && SSL_CTX_use_PrivateKey(ssl, key) == 1;

	EVP_PKEY_free(key);
	return ok;
}

static int
load(SSL_CTX *ssl, bool (*use)(SSL_CTX *, BIO *), const char *pem,
    const char *file, const char *what, struct buf *why)
{
	BIO *bio = open_pem(pem, file);
	int r = 0;

	if (bio == NULL || !use(ssl, bio))
		r = tls_config_error(why, what, pem != NULL ? "(in memory)" : file);
	BIO_free(bio);
	return r;
}

static int
set_identity(SSL_CTX *ssl, const struct tls_config *cf, struct buf *why)
{
	const char *key = cf->key_file != NULL ? cf->key_file : cf->cert_file;
	int r;

	if (cf->cert_pem == NULL && cf->cert_file == NULL)
		return 0;
	r = load(ssl, use_chain, cf->cert_pem, cf->cert_file,
	    "certificate", why);
	if (r == 0)
		r = load(ssl, use_key, cf->key_pem != NULL ? cf->key_pem :
		    cf->cert_pem, key, "private key", why);
	return r;
}

/* The server's side of ALPN (RFC 7301 section 3.2). */
static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned inlen, void *arg)
{
	const struct tls_ctx *ctx = arg;
	const unsigned char *mine = ctx->alpn;
	unsigned i;

	(void)ssl;
	for (i = 0; i < inlen && in[i] < inlen - i; i += 1u + in[i])
		if (in[i] == mine[0] &&
		    memcmp(in + i + 1, mine + 1, mine[0]) == 0) {
			*out = mine + 1;
			*outlen = mine[0];
			return SSL_TLSEXT_ERR_OK;
		}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int
set_alpn(struct tls_ctx *ctx, const char *name)
{
	size_t n = name == NULL ? 0 : strlen(name);

	if (n == 0)
		return 0;
	if (n > 255)
		return XERR_CONFIG;
	ctx->alpn[0] = (unsigned char)n;
	memcpy(ctx->alpn + 1, name, n);
	if (ctx->server)
		SSL_CTX_set_alpn_select_cb(ctx->ssl, select_alpn, ctx);
	else if (SSL_CTX_set_alpn_protos(ctx->ssl, ctx->alpn,
	    (unsigned)n + 1) != 0)
		return XERR_NOMEM;
	return 0;
}

/* RFC 9325: versions, suites, and nothing that is not needed. */
static int
set_policy(SSL_CTX *ssl, const struct tls_config *cf)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	    SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_security_level(ssl, 2);
	SSL_CTX_set_default_passwd_cb(ssl, no_password);
	return SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
	    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ssl, cf->no_tls_1_3 ?
	    TLS1_2_VERSION : 0) == 1 &&
	    SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20:"
	    "DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK") == 1 ? 0 : XERR_NOMEM;
}

static int
set_verification(struct tls_ctx *ctx, const struct tls_config *cf,
    struct buf *why)
{
	int r = 0;

	if (cf->server) {
		SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_NONE, NULL);
		return cf->client_ca_pem == NULL ? 0 :
		    tls_set_clients(ctx, cf->client_ca_pem, why);
	}
	SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, tls_verify_cb);
	if (SSL_CTX_dane_enable(ctx->ssl) != 1)
		return XERR_NOMEM;
	SSL_CTX_set_cert_verify_callback(ctx->ssl, tls_verify, ctx);
	if (cf->ca_file == NULL)
		r = tls_trust_system(ctx, cf, why);
	else if (SSL_CTX_load_verify_file(ctx->ssl, cf->ca_file) != 1)
		r = tls_config_error(why, "authorities", cf->ca_file);
	if (r == 0)
		r = tls_set_crl(ctx, cf->crl_file, why);
	return r < 0 ? r : tls_set_pins(ctx, cf->pins, why);
}

/* The environment's SSLKEYLOGFILE has no say: only who asks is told. */
static void
on_key(const SSL *ssl, const char *line)
{
	const struct tls_ctx *ctx = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	ctx->key_log(ctx->key_log_arg, line);
}

static void
set_key_log(struct tls_ctx *ctx, const struct tls_config *cf)
{
	if (cf->key_log == NULL)
		return;
	ctx->key_log = cf->key_log;
	ctx->key_log_arg = cf->key_log_arg;
	SSL_CTX_set_app_data(ctx->ssl, ctx);
	SSL_CTX_set_keylog_callback(ctx->ssl, on_key);
}

int
tls_ctx_new(struct tls_ctx **out, const struct tls_config *cf, struct buf *why)
{
	struct tls_ctx *ctx;
	int r;

	if ((r = tls_init()) < 0 || (ctx = calloc(1, sizeof(*ctx))) == NULL)
		return XERR_NOMEM;
	ERR_clear_error();
	ctx->server = cf->server;
	ctx->bio = tls_bio_method();
	ctx->ssl = SSL_CTX_new(cf->server ? TLS_server_method() :
	    TLS_client_method());
	if (ctx->bio == NULL || ctx->ssl == NULL)
		r = XERR_NOMEM;
	else if ((r = set_policy(ctx->ssl, cf)) == 0 &&
	    (r = set_alpn(ctx, cf->alpn)) == 0 &&
	    (r = set_identity(ctx->ssl, cf, why)) == 0)
		r = set_verification(ctx, cf, why);
	if (r == 0)
		r = tls_set_tickets(ctx, cf);
	if (r == 0)
		set_key_log(ctx, cf);
	if (r < 0)
		tls_ctx_free(ctx);
	else
		*out = ctx;
	ERR_clear_error();
	return r;
}

void
tls_ctx_free(struct tls_ctx *ctx)
{
	if (ctx == NULL)
		return;
	SSL_CTX_free(ctx->ssl);
	X509_LOOKUP_meth_free(ctx->bundle);
	BIO_meth_free(ctx->bio);
	free(ctx);
}
