/*
 * net/tls: what is looked at once the handshake is done, whatever was found in
 * it: of a session that is taken up the handshake sees no certificate.  Here
 * the verification in it is taken out, so that only this is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls_int.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum { ALL = 100000, DAY = 24 * 3600 };

static struct cert_ca *ca;

static int
setup(void **state)
{
	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cert_ca_free(ca);
	return 0;
}

/* A verification that lets everything pass; ARG says with which result. */
static int
pass(X509_STORE_CTX *store, void *arg)
{
	X509_STORE_CTX_set_error(store, *(const int *)arg);
	return 1;
}

/* What becomes of a certificate of SPEC, if the verification says RESULT. */
static int
judged(const struct cert_spec *spec, int result)
{
	struct tls_ctx *client = client_ctx(ca, NULL);
	struct tls_ctx *server = server_ctx(ca, spec, NULL);
	struct tlspair p;
	int r;

	SSL_CTX_set_cert_verify_callback(client->ssl, pass, &result);
	pair_init(&p, client, server, "example.org", 1000);
	buf_puts(&p.c.out, "a secret");
	r = pair_run(&p, ALL);
	assert_int_equal(tls_established(p.c.tls), r == 0);
	assert_int_equal(buf_len(&p.s.in), r == 0 ? strlen("a secret") : 0);
	if (r < 0)
		assert_string_equal(tls_errmsg(p.c.tls),
		    "the certificate was not verified");
	pair_release(&p);
	tls_ctx_free(client);
	tls_ctx_free(server);
	return r;
}

static void
a_good_certificate_passes(void **state)
{
	(void)state;
	assert_int_equal(judged(&(struct cert_spec){
	    .dns = LIST("example.org") }, X509_V_OK), 0);
}

static void
a_name_that_is_not_the_servers_does_not(void **state)
{
	(void)state;
	assert_int_equal(judged(&(struct cert_spec){
	    .dns = LIST("example.net") }, X509_V_OK), XERR_TLS);
	assert_int_equal(judged(&(struct cert_spec){ .cn = "example.org" },
	    X509_V_OK), XERR_TLS);
}

static void
a_certificate_out_of_its_time_does_not(void **state)
{
	(void)state;
	assert_int_equal(judged(&(struct cert_spec){
	    .dns = LIST("example.org"), .from = -2 * DAY, .until = -DAY },
	    X509_V_OK), XERR_TLS);
	assert_int_equal(judged(&(struct cert_spec){
	    .dns = LIST("example.org"), .from = DAY, .until = 2 * DAY },
	    X509_V_OK), XERR_TLS);
}

static void
a_result_that_is_not_good_does_not(void **state)
{
	(void)state;
	assert_int_equal(judged(&(struct cert_spec){
	    .dns = LIST("example.org") }, X509_V_ERR_CERT_REVOKED), XERR_TLS);
}

/* Suites without certificates are not offered; if they were, ... */
static void
a_server_without_a_certificate_does_not(void **state)
{
	static int good = X509_V_OK;
	struct tls_ctx *client = client_ctx(ca, NULL);
	struct tls_ctx *server = server_ctx(ca,
	    &(struct cert_spec){ .dns = LIST("example.org") }, NULL);
	struct tlspair p;
	SSL *ssl[2];
	int i;

	(void)state;
	SSL_CTX_set_cert_verify_callback(client->ssl, pass, &good);
	pair_init(&p, client, server, "example.org", 1000);
	ssl[0] = p.c.tls->ssl;
	ssl[1] = p.s.tls->ssl;
	for (i = 0; i < 2; i++) {
		SSL_set_security_level(ssl[i], 0);
		SSL_set_max_proto_version(ssl[i], TLS1_2_VERSION);
		assert_int_equal(SSL_set_cipher_list(ssl[i],
		    "AECDH-AES256-SHA:@SECLEVEL=0"), 1);
	}
	assert_int_equal(pair_run(&p, ALL), XERR_TLS);
	assert_string_equal(tls_errmsg(p.c.tls),
	    "the certificate was not verified");
	pair_release(&p);
	tls_ctx_free(client);
	tls_ctx_free(server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_certificate_passes),
		cmocka_unit_test(a_name_that_is_not_the_servers_does_not),
		cmocka_unit_test(a_certificate_out_of_its_time_does_not),
		cmocka_unit_test(a_result_that_is_not_good_does_not),
		cmocka_unit_test(a_server_without_a_certificate_does_not)
	};

	return cmocka_run_group_tests_name("tls_guard", tests, setup,
	    teardown);
}
