/* What a TLS channel is bound by (RFC 5929, RFC 9266). */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/xerr.h"
#include "net/tls_int.h"

enum {
	EXPORTER_LEN = 32,	/* RFC 9266 section 2 */
	FINISHED_MAX = EVP_MAX_MD_SIZE
};

static int
refuse(void)
{
	ERR_clear_error();
	return XERR_CONFIG;
}

/*
 * Before TLS 1.3 two connections could be made to have one master secret,
 * unless it is an extended one (RFC 7627).
 */
static bool
is_singular(const struct tls *t)
{
	return SSL_version(t->ssl) >= TLS1_3_VERSION ||
	    SSL_get_extms_support(t->ssl) == 1;
}

static int
put_exporter(const struct tls *t, struct buf *out)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	unsigned char b[EXPORTER_LEN];

	/* a context of no bytes is not the same as none, in TLS 1.2 */
	if (!is_singular(t) || SSL_export_keying_material(t->ssl, b, sizeof(b),
	    label, sizeof(label) - 1, (const unsigned char *)"", 0, 1) != 1)
		return refuse();
	return buf_put(out, b, sizeof(b));
}

/* The hash of the signature, but none that is broken (RFC 5929 4.1). */
static const EVP_MD *
end_point_hash(X509 *x)
{
	int nid;

	if (X509_get_signature_info(x, &nid, NULL, NULL, NULL) != 1 ||
	    nid == NID_undef)	/* Ed25519: not defined */
		return NULL;
	return nid == NID_md5 || nid == NID_sha1 ? EVP_sha256() :
	    EVP_get_digestbynid(nid);
}

static int
put_end_point(const struct tls *t, struct buf *out)
{
	X509 *x = t->server ? SSL_get_certificate(t->ssl) :
	    SSL_get0_peer_certificate(t->ssl);
	const EVP_MD *md = x == NULL ? NULL : end_point_hash(x);
	unsigned char b[EVP_MAX_MD_SIZE];
	unsigned n;

	if (md == NULL || X509_digest(x, md, b, &n) != 1)
		return refuse();
	return buf_put(out, b, n);
}

/*
 * The first Finished message of the handshake (RFC 5929 section 3): the
 * client's, or the server's if a session was resumed.
 */
static int
put_unique(const struct tls *t, bool tls_1_3, struct buf *out)
{
	unsigned char b[FINISHED_MAX];
	bool resumed = SSL_session_reused(t->ssl) == 1;
	size_t n;

	if ((SSL_version(t->ssl) >= TLS1_3_VERSION) != tls_1_3 ||
	    (resumed && !is_singular(t)))
		return refuse();
	n = t->server == resumed ?
	    SSL_get_finished(t->ssl, b, sizeof(b)) :
	    SSL_get_peer_finished(t->ssl, b, sizeof(b));
	if (n == 0 || n > sizeof(b))
		return refuse();
	return buf_put(out, b, n);
}

int
tls_binding(const struct tls *t, const char *type, struct buf *out)
{
	if (!t->established)
		return XERR_CONFIG;
	if (strcmp(type, "tls-exporter") == 0)
		return put_exporter(t, out);
	if (strcmp(type, "tls-server-end-point") == 0)
		return put_end_point(t, out);
	if (strcmp(type, "tls-unique") == 0)
		return put_unique(t, false, out);
	if (strcmp(type, "tls-unique-1.3") == 0)
		return put_unique(t, true, out);
	return XERR_CONFIG;
}
