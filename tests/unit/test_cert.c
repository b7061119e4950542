/* net/cert: the throwaway authority and its certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "net/cert.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

static X509 *
parse(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(buf_data(pem), (int)buf_len(pem));
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	assert_non_null(x);
	BIO_free(bio);
	return x;
}

static X509 *
issue(const struct cert_ca *ca, const struct cert_spec *spec, EVP_PKEY **key)
{
	struct buf cert, pem;
	BIO *bio;
	X509 *x;

	buf_init(&cert, 10000);
	buf_init(&pem, 10000);
	assert_int_equal(cert_issue(ca, spec, &cert, &pem), 0);
	x = parse(&cert);
	bio = BIO_new_mem_buf(buf_data(&pem), (int)buf_len(&pem));
	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(*key);
	BIO_free(bio);
	buf_release(&cert);
	buf_wipe(&pem);
	return x;
}

static void
a_certificate_verifies_with_its_authority(void **state)
{
	struct cert_ca *ca = NULL;
	struct buf pem;
	EVP_PKEY *key;
	X509 *root, *x;

	(void)state;
	buf_init(&pem, 10000);
	assert_int_equal(cert_ca_new(&ca, "Test CA"), 0);
	assert_int_equal(cert_ca_pem(ca, &pem), 0);
	root = parse(&pem);
	assert_int_equal(X509_check_ca(root), 1);
	x = issue(ca, &(struct cert_spec){ .dns = LIST("example.org") }, &key);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(root)), 1);
	assert_int_equal(X509_check_issued(root, x), X509_V_OK);
	assert_int_equal(X509_check_private_key(x, key), 1);
	assert_int_equal(X509_check_host(x, "example.org", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "example.net", 0, 0, NULL), 0);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 1);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0), 0);
	assert_int_equal(EVP_PKEY_get_base_id(key), EVP_PKEY_EC);
	assert_true(X509_cmp_current_time(X509_get0_notBefore(x)) < 0);
	assert_true(X509_cmp_current_time(X509_get0_notAfter(x)) > 0);
	X509_free(x);
	X509_free(root);
	EVP_PKEY_free(key);
	buf_release(&pem);
	cert_ca_free(ca);
}

static void
all_kinds_of_names_are_in_it(void **state)
{
	const struct cert_spec spec = {
		.cn = "somebody", .client = true, .rsa_bits = 1024,
		.dns = LIST("a.example", "b.example"),
		.ip = LIST("127.0.0.1", "::1"),
		.srv = LIST("_xmpp-client.example.org"),
		.xmpp = LIST("j\xc3\xbcrg@example.org")
	};
	struct cert_ca *ca = NULL;
	GENERAL_NAMES *names;
	ASN1_OBJECT *oid;
	ASN1_TYPE *value;
	EVP_PKEY *key;
	X509 *x;

	(void)state;
	assert_int_equal(cert_ca_new(&ca, "Test CA"), 0);
	x = issue(ca, &spec, &key);
	assert_int_equal(X509_check_host(x, "b.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
	names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	assert_int_equal(sk_GENERAL_NAME_num(names), 6);
	GENERAL_NAME_get0_otherName(sk_GENERAL_NAME_value(names, 4), &oid,
	    &value);
	assert_int_equal(OBJ_obj2nid(oid), NID_SRVName);
	assert_int_equal(value->type, V_ASN1_IA5STRING);
	GENERAL_NAME_get0_otherName(sk_GENERAL_NAME_value(names, 5), &oid,
	    &value);
	assert_int_equal(OBJ_obj2nid(oid), NID_XmppAddr);
	assert_int_equal(value->type, V_ASN1_UTF8STRING);
	assert_int_equal(EVP_PKEY_get_bits(key), 1024);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0), 1);
	GENERAL_NAMES_free(names);
	X509_free(x);
	EVP_PKEY_free(key);
	cert_ca_free(ca);
}

static void
validity_and_issuer_can_be_wrong(void **state)
{
	struct cert_spec spec = { .cn = "x", .from = -7200, .until = -3600 };
	struct cert_ca *ca = NULL;
	EVP_PKEY *key;
	X509 *x;

	(void)state;
	assert_int_equal(cert_ca_new(&ca, "Test CA"), 0);
	x = issue(ca, &spec, &key);
	assert_true(X509_cmp_current_time(X509_get0_notAfter(x)) < 0);
	X509_free(x);
	EVP_PKEY_free(key);
	spec.self_signed = true;
	x = issue(ca, &spec, &key);
	assert_int_equal(X509_verify(x, key), 1);
	assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(x),
	    X509_get_subject_name(x)), 0);
	X509_free(x);
	EVP_PKEY_free(key);
	cert_ca_free(ca);
}

static void
failures_leave_the_buffers_alone(void **state)
{
	struct cert_spec spec = { .ip = LIST("300.1.1.1") };
	struct cert_ca *ca = NULL;
	struct buf cert, key;

	(void)state;
	buf_init(&cert, 10000);
	buf_init(&key, 20);
	assert_int_equal(cert_ca_new(&ca, "Test CA"), 0);
	assert_int_equal(cert_issue(ca, &spec, &cert, &key), XERR_SYNTAX);
	spec.ip = NULL;
	assert_int_equal(cert_issue(ca, &spec, &cert, &key), XERR_LIMIT);
	assert_int_equal(buf_len(&cert), 0);
	assert_int_equal(buf_len(&key), 0);
	assert_int_equal(ERR_peek_error(), 0);
	buf_release(&cert);
	buf_release(&key);
	cert_ca_free(ca);
	cert_ca_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_verifies_with_its_authority),
		cmocka_unit_test(all_kinds_of_names_are_in_it),
		cmocka_unit_test(validity_and_issuer_can_be_wrong),
		cmocka_unit_test(failures_leave_the_buffers_alone),
	};

	return cmocka_run_group_tests_name("cert", tests, NULL, NULL);
}
