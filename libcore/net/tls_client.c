/* Certificates of clients: what they name (RFC 6120 13.7.1.4), who asks. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/xerr.h"
#include "net/tls_int.h"

/* A client whose certificate is not good is as one that has none. */
static int
let_in(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

int
tls_set_clients(struct tls_ctx *ctx, const char *pem, struct buf *why)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *ca = NULL;
	int r = 0;

	if (bio == NULL)
		return XERR_NOMEM;
	if ((ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)) == NULL)
		r = tls_config_error(why, "authority of clients",
		    "(in memory)");
	else if (X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx->ssl),
	    ca) != 1 || SSL_CTX_add_client_CA(ctx->ssl, ca) != 1)
		r = XERR_NOMEM;
	else
		SSL_CTX_set_verify(ctx->ssl, SSL_VERIFY_PEER, let_in);
	X509_free(ca);
	BIO_free(bio);
	return r;
}

/* The Ith XmppAddr of CERT. */
static int
put_address(X509 *cert, size_t i, struct buf *out)
{
	GENERAL_NAMES *names;
	const ASN1_STRING *str;
	int k, nid, r = XERR_CONFIG;

	if (cert == NULL)
		return r;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (k = 0; k < sk_GENERAL_NAME_num(names); k++) {
		str = tls_name_other(sk_GENERAL_NAME_value(names, k), &nid);
		if (str == NULL || nid != NID_XmppAddr || i-- > 0)
			continue;
		r = buf_put(out, ASN1_STRING_get0_data(str),
		    (size_t)ASN1_STRING_length(str));
		break;
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return r;
}

int
tls_ctx_address(const struct tls_ctx *ctx, size_t i, struct buf *out)
{
	return put_address(SSL_CTX_get0_certificate(ctx->ssl), i, out);
}

int
tls_peer_address(const struct tls *t, size_t i, struct buf *out)
{
	if (!t->server || !t->established ||
	    SSL_get_verify_result(t->ssl) != X509_V_OK)
		return XERR_CONFIG;
	return put_address(SSL_get0_peer_certificate(t->ssl), i, out);
}
