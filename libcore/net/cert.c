/* A throwaway certificate authority and what it signs. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#include "base/xerr.h"
#include "net/cert.h"
#include "net/tls.h"

enum { HOUR = 3600, MONTH = 30 * 24 * HOUR };

struct cert_ca {
	X509 *cert;
	EVP_PKEY *key;
};

/* What OpenSSL's failure means, and its queue of errors emptied. */
static int
failure(void)
{
	unsigned long e = ERR_peek_error();

	ERR_clear_error();
	return ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE ? XERR_NOMEM :
	    XERR_INTERNAL;
}

static EVP_PKEY *
new_key(unsigned rsa_bits)
{
	return rsa_bits > 0 ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256");
}

/* 64 random bits: serial numbers differ without anybody counting. */
static int
set_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	int ok;

	ok = n != NULL &&
	    BN_rand(n, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok;
}

static int
set_name(X509_NAME *name, const char *cn)
{
	return cn == NULL || X509_NAME_add_entry_by_NID(name, NID_commonName,
	    MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1;
}

/* A certificate for KEY without extensions, signature and issuer yet. */
static X509 *
new_cert(EVP_PKEY *key, const char *cn, long from, long until)
{
	X509 *x = X509_new();

	if (x != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    set_serial(x) && X509_set_pubkey(x, key) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), from) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), until) != NULL &&
	    set_name(X509_get_subject_name(x), cn))
		return x;
	X509_free(x);
	return NULL;
}

static int
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* An IA5String or UTF8String of S, or NULL. */
static ASN1_STRING *
asn1_text(int type, const char *s)
{
	ASN1_STRING *str = ASN1_STRING_type_new(type);

	if (str != NULL && ASN1_STRING_set(str, s, -1) == 1)
		return str;
	ASN1_STRING_free(str);
	return NULL;
}

static int
set_dns(GENERAL_NAME *gn, const char *s)
{
	ASN1_STRING *str = asn1_text(V_ASN1_IA5STRING, s);

	if (str == NULL)
		return XERR_NOMEM;
	GENERAL_NAME_set0_value(gn, GEN_DNS, str);
	return 0;
}

static int
set_ip(GENERAL_NAME *gn, const char *s)
{
	ASN1_OCTET_STRING *ip = a2i_IPADDRESS(s);

	if (ip == NULL)
		return XERR_SYNTAX;
	GENERAL_NAME_set0_value(gn, GEN_IPADD, ip);
	return 0;
}

/* An otherName of the kind OID whose value is a string of TYPE. */
static int
set_other(GENERAL_NAME *gn, const char *oid, int type, const char *s)
{
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	ASN1_STRING *str = asn1_text(type, s);
	ASN1_TYPE *value = ASN1_TYPE_new();

	if (obj != NULL && str != NULL && value != NULL) {
		ASN1_TYPE_set(value, type, str);
		if (GENERAL_NAME_set0_othername(gn, obj, value) == 1)
			return 0;
		str = NULL;	/* value's now */
	}
	ASN1_OBJECT_free(obj);
	ASN1_STRING_free(str);
	ASN1_TYPE_free(value);
	return XERR_NOMEM;
}

/* id-on-dnsSRV (RFC 4985) and id-on-xmppAddr (RFC 6120 13.7.1.4). */
static int
set_srv(GENERAL_NAME *gn, const char *s)
{
	return set_other(gn, "1.3.6.1.5.5.7.8.7", V_ASN1_IA5STRING, s);
}

static int
set_xmpp(GENERAL_NAME *gn, const char *s)
{
	return set_other(gn, "1.3.6.1.5.5.7.8.5", V_ASN1_UTF8STRING, s);
}

static int
add_names(GENERAL_NAMES *names, const char *const *list,
    int (*set)(GENERAL_NAME *, const char *))
{
	GENERAL_NAME *gn;
	int r;

	for (; list != NULL && *list != NULL; list++) {
		if ((gn = GENERAL_NAME_new()) == NULL)
			return XERR_NOMEM;
		r = set(gn, *list);
		if (r == 0 && sk_GENERAL_NAME_push(names, gn) == 0)
			r = XERR_NOMEM;
		if (r < 0) {
			GENERAL_NAME_free(gn);
			return r;
		}
	}
	return 0;
}

static int
add_san(X509 *x, const struct cert_spec *spec)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	int r;

	if (names == NULL)
		return XERR_NOMEM;
	if ((r = add_names(names, spec->dns, set_dns)) == 0 &&
	    (r = add_names(names, spec->ip, set_ip)) == 0 &&
	    (r = add_names(names, spec->srv, set_srv)) == 0 &&
	    (r = add_names(names, spec->xmpp, set_xmpp)) == 0 &&
	    sk_GENERAL_NAME_num(names) > 0 &&
	    X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
	    X509V3_ADD_DEFAULT) != 1)
		r = failure();
	GENERAL_NAMES_free(names);
	return r;
}

/* PEM of what WRITE writes, appended to B; the copy in between is wiped. */
static int
put_pem(struct buf *b, const X509 *cert, const EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *p;
	long n;
	int r, ok;

	if (bio == NULL)
		return XERR_NOMEM;
	ok = key == NULL ? PEM_write_bio_X509(bio, cert) :
	    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &p);
	r = ok == 1 && n > 0 ? buf_put(b, p, (size_t)n) : failure();
	if (n > 0)
		OPENSSL_cleanse(p, (size_t)n);
	BIO_free(bio);
	return r;
}

int
cert_ca_new(struct cert_ca **out, const char *name)
{
	struct cert_ca *ca;

	if (tls_init() < 0 || (ca = calloc(1, sizeof(*ca))) == NULL)
		return XERR_NOMEM;
	if ((ca->key = new_key(0)) == NULL ||
	    (ca->cert = new_cert(ca->key, name, -HOUR, MONTH)) == NULL ||
	    X509_set_issuer_name(ca->cert,
	    X509_get_subject_name(ca->cert)) != 1 ||
	    !add_ext(ca->cert, ca->cert, NID_basic_constraints,
	    "critical,CA:TRUE") ||
	    !add_ext(ca->cert, ca->cert, NID_key_usage,
	    "critical,keyCertSign,cRLSign") ||
	    !add_ext(ca->cert, ca->cert, NID_subject_key_identifier, "hash") ||
	    X509_sign(ca->cert, ca->key, EVP_sha256()) == 0) {
		cert_ca_free(ca);
		return failure();
	}
	*out = ca;
	return 0;
}

void
cert_ca_free(struct cert_ca *ca)
{
	if (ca == NULL)
		return;
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);		/* wipes it */
	free(ca);
}

int
cert_ca_pem(const struct cert_ca *ca, struct buf *pem)
{
	return put_pem(pem, ca->cert, NULL);
}

/* The extensions of a server's or client's certificate, and the signature. */
static int
complete(X509 *x, const struct cert_ca *ca, EVP_PKEY *key,
    const struct cert_spec *spec)
{
	X509 *issuer = spec->self_signed ? x : ca->cert;
	int r;

	if (X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1 ||
	    !add_ext(x, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_ext(x, issuer, NID_key_usage, "critical,digitalSignature") ||
	    !add_ext(x, issuer, NID_ext_key_usage,
	    spec->client ? "clientAuth" : "serverAuth") ||
	    !add_ext(x, issuer, NID_subject_key_identifier, "hash") ||
	    !add_ext(x, issuer, NID_authority_key_identifier, "keyid"))
		return failure();
	if ((r = add_san(x, spec)) < 0)
		return r;
	if (X509_sign(x, spec->self_signed ? key : ca->key,
	    EVP_sha256()) == 0)
		return failure();
	return 0;
}

int
cert_issue(const struct cert_ca *ca, const struct cert_spec *spec,
    struct buf *cert, struct buf *key)
{
	size_t had = buf_len(cert);
	EVP_PKEY *k;
	X509 *x = NULL;
	int r;

	if ((k = new_key(spec->rsa_bits)) == NULL ||
	    (x = new_cert(k, spec->cn, spec->from != 0 ? spec->from : -HOUR,
	    spec->until != 0 ? spec->until : MONTH)) == NULL)
		r = failure();
	else if ((r = complete(x, ca, k, spec)) == 0 &&
	    (r = put_pem(cert, x, NULL)) == 0 &&
	    (r = put_pem(key, NULL, k)) < 0)
		buf_truncate(cert, had);
	X509_free(x);
	EVP_PKEY_free(k);
	return r;
}
