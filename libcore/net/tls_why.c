/* What is wrong with a TLS connection or a certificate, in words. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/b64.h"
#include "base/vis.h"
#include "net/tls_int.h"

enum {
	NAMES_SHOWN = 5,
	NAME_SHOWN = 100	/* bytes of a stranger's name */
};

void
tls_put_foreign(struct buf *b, const void *s, size_t len)
{
	vis_put(b, s, len > NAME_SHOWN ? NAME_SHOWN : len, 0);
}

static void
put_asn1(struct buf *b, const ASN1_STRING *s)
{
	tls_put_foreign(b, ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

static void
put_date(struct buf *b, const ASN1_TIME *time)
{
	char date[32];
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) == 1 &&
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		buf_puts(b, date);
	else
		buf_puts(b, "an unreadable date");
}

/* The common name, or else the organization. */
static void
put_name(struct buf *b, const X509_NAME *name)
{
	const ASN1_STRING *s;
	int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

	if (i < 0)
		i = X509_NAME_get_index_by_NID(name, NID_organizationName, -1);
	if (i < 0) {
		buf_puts(b, "somebody without a name");
		return;
	}
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i));
	buf_putc(b, '"');
	put_asn1(b, s);
	buf_putc(b, '"');
}

static void
put_address(struct buf *b, const ASN1_OCTET_STRING *ip)
{
	int len = ASN1_STRING_length(ip);
	char text[INET6_ADDRSTRLEN];

	if ((len == 4 || len == 16) && inet_ntop(len == 4 ? AF_INET : AF_INET6,
	    ASN1_STRING_get0_data(ip), text, sizeof(text)) != NULL)
		buf_puts(b, text);
	else
		buf_puts(b, "a malformed address");
}

/* One name a certificate is for; false if it is none that could count. */
static bool
put_san(struct buf *b, const GENERAL_NAME *gn, int before)
{
	const ASN1_STRING *other = tls_name_other(gn, &(int){ 0 });

	if (gn->type != GEN_DNS && gn->type != GEN_IPADD && other == NULL)
		return false;
	if (before == NAMES_SHOWN)
		buf_puts(b, " and more");
	if (before >= NAMES_SHOWN)
		return true;
	buf_puts(b, before > 0 ? ", " : ", only for ");
	if (gn->type == GEN_IPADD)
		put_address(b, gn->d.iPAddress);
	else if (other != NULL)
		put_asn1(b, other);
	else
		put_asn1(b, gn->d.dNSName);
	return true;
}

static void
put_mismatch(struct buf *b, const char *domain, X509 *cert)
{
	GENERAL_NAMES *names;
	int i, n = 0;

	/* Ours first: the buffer may end before a stranger's names do. */
	buf_puts(b, "the certificate is not for ");
	tls_put_foreign(b, domain, strlen(domain));
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++)
		n += put_san(b, sk_GENERAL_NAME_value(names, i), n);
	GENERAL_NAMES_free(names);
	if (n == 0)
		buf_puts(b, " nor any other host (a common name does not "
		    "count)");
}

static void
put_untrusted(struct buf *b, const char *end, X509 *cert)
{
	buf_puts(b, "the certificate is signed by ");
	put_name(b, X509_get_issuer_name(cert));
	buf_puts(b, end);
}

/* What a pin for it would be is of use to whoever expected a new key. */
static void
put_unpinned(struct buf *b, X509 *cert)
{
	unsigned char hash[TLS_PIN];

	buf_puts(b, "the certificate is trusted, but none of the pinned keys "
	    "is in it or above it");
	if (tls_spki_hash(cert, hash)) {
		buf_puts(b, "; its own is sha256//");
		b64_encode(b, hash, sizeof(hash));
	}
}

static void
put_list(struct buf *b, X509 *cert, const char *what)
{
	buf_puts(b, "the revocation list of ");
	put_name(b, X509_get_issuer_name(cert));
	buf_puts(b, what);
}

/* What is wrong with CERT, DEPTH above the peer's own in the chain. */
static void
put_cert_problem(struct buf *b, const struct tls *t, int err, int depth,
    X509 *cert)
{
	const char *what = depth > 0 ? "the authority's certificate" :
	    "the certificate";

	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		buf_printf(b, "%s expired on ", what);
		put_date(b, X509_get0_notAfter(cert));
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		buf_printf(b, "%s is not yet valid, only from ", what);
		put_date(b, X509_get0_notBefore(cert));
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		buf_puts(b, "the certificate is self-signed"
		    " (--ca-file trusts it, if it is the right one)");
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
		put_untrusted(b, ", an authority that is not trusted"
		    " (--ca-file trusts another)", cert);
		break;
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		put_untrusted(b, ", which is neither trusted nor sent along",
		    cert);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		put_mismatch(b, t->domain, cert);
		break;
	case X509_V_ERR_INVALID_PURPOSE:
		buf_printf(b, "%s is not meant for a %s", what,
		    depth > 0 ? "certificate authority" : "server");
		break;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
		buf_printf(b, "the key of %s is too weak", what);
		break;
	case X509_V_ERR_CA_MD_TOO_WEAK:
		buf_printf(b, "the signature of %s is too weak", what);
		break;
	case X509_V_ERR_CERT_REVOKED:
		buf_printf(b, "%s is revoked", what);
		break;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		put_list(b, cert, " is missing");
		break;
	case X509_V_ERR_CRL_HAS_EXPIRED:
		put_list(b, cert, " has expired");
		break;
	case X509_V_ERR_CRL_NOT_YET_VALID:
		put_list(b, cert, " is not yet valid");
		break;
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
		put_list(b, cert, " has a wrong signature");
		break;
	case X509_V_ERR_DANE_NO_MATCH:
		buf_puts(b, "the certificate is not what the server's TLSA "
		    "records in DNS say");
		break;
	case X509_V_ERR_APPLICATION_VERIFICATION:
		put_unpinned(b, cert);
		break;
	default:
		buf_printf(b, "%s cannot be verified: %s", what,
		    X509_verify_cert_error_string(err));
	}
}

/* Keep the first sentence; later ones are consequences. */
static void
set_msg(struct tls *t, struct buf *b)
{
	size_t n = buf_len(b) < TLS_MSG_MAX ? buf_len(b) : TLS_MSG_MAX;

	if (t->msg[0] == '\0') {
		memcpy(t->msg, buf_data(b), n);
		t->msg[n] = '\0';
	}
	buf_release(b);
}

void
tls_why_judged(struct tls *t, int err, int depth, X509 *cert)
{
	struct buf b;

	buf_init(&b, TLS_MSG_MAX);
	put_cert_problem(&b, t, err, depth, cert);
	set_msg(t, &b);
}

/* Nothing that we offered to a server was to its liking. */
static bool
is_unmatched(const struct tls *t, int alert)
{
	return alert == SSL_AD_HANDSHAKE_FAILURE && !t->server &&
	    !t->established && SSL_get_pending_cipher(t->ssl) == NULL;
}

static void
put_alert(struct buf *b, const struct tls *t, int alert, const char *peer)
{
	if (is_unmatched(t, alert))
		buf_printf(b, "the %s has no cipher suite in common with us, "
		    "of those with forward secrecy and AEAD (TLS alert "
		    "\"%s\")", peer, SSL_alert_desc_string_long(alert));
	else if (alert == SSL_AD_PROTOCOL_VERSION)
		buf_printf(b, "the %s has no TLS 1.2 or newer", peer);
	else if (alert == SSL_AD_UNRECOGNIZED_NAME)
		buf_printf(b, "the %s does not know this domain", peer);
	else
		buf_printf(b, "the %s refused: TLS alert \"%s\"", peer,
		    SSL_alert_desc_string_long(alert));
}

static void
put_problem(struct buf *b, const struct tls *t, unsigned long e)
{
	const char *peer = t->server ? "client" : "server", *why;
	int reason = ERR_GET_REASON(e);

	if (reason >= SSL_AD_REASON_OFFSET) {
		put_alert(b, t, reason - SSL_AD_REASON_OFFSET, peer);
		return;
	}
	switch (t->established ? 0 : reason) {
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_BAD_RECORD_TYPE:
		buf_printf(b, "what the %s sends is not TLS", peer);
		break;
	case SSL_R_UNSUPPORTED_PROTOCOL:
		buf_printf(b, "the %s has no TLS 1.2 or newer", peer);
		break;
	case SSL_R_NO_SHARED_CIPHER:
	case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
		buf_printf(b, "the %s has no cipher suite in common with us",
		    peer);
		break;
	default:
		why = ERR_reason_error_string(e);
		buf_printf(b, "TLS with the %s failed: %s", peer,
		    why == NULL ? "unknown reason" : why);
	}
}

void
tls_why_error(struct tls *t, unsigned long e)
{
	struct buf b;

	buf_init(&b, TLS_MSG_MAX);
	put_problem(&b, t, e);
	set_msg(t, &b);
}

void
tls_why_set(struct tls *t, const char *why)
{
	struct buf b;

	buf_init(&b, TLS_MSG_MAX);
	buf_puts(&b, why);
	set_msg(t, &b);
}
