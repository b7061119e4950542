/* Whether a server's certificate is good: its chain, its name, its pins. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "net/tls_int.h"

static const char prefix[] = "sha256//";

bool
tls_spki_hash(X509 *cert, unsigned char hash[TLS_PIN])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	bool ok;

	ok = n > 0 && EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(),
	    NULL) == 1;
	OPENSSL_free(der);
	return ok;
}

int
tls_server_key(const struct tls *t, unsigned char key[TLS_KEY])
{
	X509 *cert = t->server || !t->established ? NULL :
	    SSL_get0_peer_certificate(t->ssl);
	unsigned char hash[TLS_PIN];

	if (cert == NULL || !tls_spki_hash(cert, hash))
		return XERR_CONFIG;
	memcpy(key, hash, TLS_KEY);
	return 0;
}

static bool
is_pinned(const struct tls_ctx *ctx, X509 *cert)
{
	unsigned char hash[TLS_PIN];
	size_t i;

	if (!tls_spki_hash(cert, hash))
		return false;
	for (i = 0; i < ctx->npins; i++)
		if (memcmp(hash, ctx->pins[i], TLS_PIN) == 0)
			return true;
	return false;
}

/* RFC 7469 2.6: one key of the chain as it was verified is enough. */
static bool
pins_hold(const struct tls_ctx *ctx, X509_STORE_CTX *store)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
	int i;

	for (i = 0; i < sk_X509_num(chain); i++)
		if (is_pinned(ctx, sk_X509_value(chain, i)))
			return true;
	return ctx->npins == 0;
}

int
tls_verify(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	struct tls *t = SSL_get_app_data(ssl);
	const struct tls_ctx *ctx = arg;
	int err = X509_V_OK;

	if (X509_verify_cert(store) != 1) {
		if (X509_STORE_CTX_get_error(store) == X509_V_OK)
			X509_STORE_CTX_set_error(store,
			    X509_V_ERR_UNSPECIFIED);
		return 0;
	}
	if (!tls_dane_is_exact(t) && !tls_name_matches(t, leaf))
		err = t->address ? X509_V_ERR_IP_ADDRESS_MISMATCH :
		    X509_V_ERR_HOSTNAME_MISMATCH;
	else if (!pins_hold(ctx, store))
		err = X509_V_ERR_APPLICATION_VERIFICATION;
	X509_STORE_CTX_set_error(store, err);
	if (err != X509_V_OK)
		tls_why_judged(t, err, 0, leaf);
	return err == X509_V_OK;
}

int
tls_verify_cb(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	int err = X509_STORE_CTX_get_error(store);
	int depth = X509_STORE_CTX_get_error_depth(store);

	if (ok || cert == NULL)
		return ok;
	/* The lists given need not be those of all authorities above. */
	if (err == X509_V_ERR_UNABLE_TO_GET_CRL && depth > 0)
		return 1;
	tls_why_judged(SSL_get_app_data(ssl), err, depth, cert);
	return 0;
}

static int
bad_pin(struct buf *why, const char *s, size_t len)
{
	buf_puts(why, "pin ");
	tls_put_foreign(why, s, len);
	buf_puts(why, " is not sha256// and a SHA-256 hash in base64");
	return XERR_CONFIG;
}

static int
add_pin(struct tls_ctx *ctx, const char *s, size_t len, struct buf *why)
{
	const size_t skip = sizeof(prefix) - 1;
	struct buf hash;
	int r;

	if (ctx->npins == TLS_PINS) {
		buf_printf(why, "more than %d pins", TLS_PINS);
		return XERR_CONFIG;
	}
	if (len < skip || strncmp(s, prefix, skip) != 0)
		return bad_pin(why, s, len);
	buf_init(&hash, 2 * TLS_PIN);
	r = b64_decode(&hash, s + skip, len - skip);
	if (r == 0 && buf_len(&hash) == TLS_PIN)
		memcpy(ctx->pins[ctx->npins++], buf_data(&hash), TLS_PIN);
	else if (r != XERR_NOMEM)
		r = bad_pin(why, s, len);
	buf_release(&hash);
	return r;
}

int
tls_set_pins(struct tls_ctx *ctx, const char *list, struct buf *why)
{
	static const char between[] = " \t,;";
	size_t n;
	int r = 0;

	for (; list != NULL && r == 0; list += n) {
		list += strspn(list, between);
		if ((n = strcspn(list, between)) == 0)
			return ctx->npins > 0 ? 0 : bad_pin(why, "", 0);
		r = add_pin(ctx, list, n, why);
	}
	return r;
}

int
tls_check_pins(const char *list, struct buf *why)
{
	struct tls_ctx none = { .npins = 0 };

	return tls_set_pins(&none, list, why);
}

/*
 * The server's certificate has to be covered by the lists in FILE, those of
 * the authorities above are looked for there too.
 */
int
tls_set_crl(struct tls_ctx *ctx, const char *file, struct buf *why)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx->ssl);
	X509_LOOKUP *lookup;

	if (file == NULL)
		return 0;
	lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	if (lookup == NULL || X509_STORE_set_flags(store,
	    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
		return XERR_NOMEM;
	if (X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) < 1)
		return tls_config_error(why, "revocation lists", file);
	ERR_clear_error();
	return 0;
}
