/* net/tls_binding: both ends of a channel name it alike, others do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "net/tls_int.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum { ALL = 100000 };

static struct cert_ca *ca;
static struct tls_ctx *client, *server;

/* Contexts that may resume, which the tests are then free to do. */
static int
setup(void **state)
{
	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	client = client_ctx(ca, NULL);
	server = server_ctx(ca,
	    &(struct cert_spec){ .dns = LIST("example.org") }, NULL);
	SSL_CTX_clear_options(client->ssl, SSL_OP_NO_TICKET);
	SSL_CTX_clear_options(server->ssl, SSL_OP_NO_TICKET);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_ctx_free(client);
	tls_ctx_free(server);
	cert_ca_free(ca);
	return 0;
}

/* A handshake of at most VERSION, that resumes *SESSION if there is one. */
static void
shake(struct tlspair *p, int version, bool ems, SSL_SESSION *session)
{
	pair_init(p, client, server, "example.org", 1000);
	SSL_set_max_proto_version(p->c.tls->ssl, version);
	if (!ems)
		SSL_set_options(p->c.tls->ssl,
		    SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (session != NULL)
		assert_int_equal(SSL_set_session(p->c.tls->ssl, session), 1);
	assert_int_equal(pair_run(p, ALL), 0);
	assert_int_equal(SSL_version(p->c.tls->ssl), version);
	assert_int_equal(SSL_session_reused(p->c.tls->ssl), session != NULL);
}

/* The binding of TYPE, the same at both ends, into OUT; or none at either. */
static int
both(const struct tlspair *p, const char *type, struct buf *out)
{
	struct buf c, s;
	int r;

	buf_init(&c, 100);
	buf_init(&s, 100);
	buf_init(out, 100);
	r = tls_binding(p->c.tls, type, &c);
	assert_int_equal(tls_binding(p->s.tls, type, &s), r);
	assert_int_equal(buf_len(&c), buf_len(&s));
	assert_memory_equal(buf_data(&c), buf_data(&s), buf_len(&c));
	assert_true(r == 0 ? buf_len(&c) > 0 : buf_len(&c) == 0);
	buf_put(out, buf_data(&c), buf_len(&c));
	buf_release(&c);
	buf_release(&s);
	return r;
}

static void
lacks(const struct tlspair *p, const char *type)
{
	struct buf b;

	assert_int_equal(both(p, type, &b), XERR_CONFIG);
}

/* Two channels of VERSION have each its own binding of LEN bytes. */
static void
differ(int version, const char *type, size_t len)
{
	struct tlspair p, q;
	struct buf a, b;

	shake(&p, version, true, NULL);
	shake(&q, version, true, NULL);
	assert_int_equal(both(&p, type, &a), 0);
	assert_int_equal(both(&q, type, &b), 0);
	assert_int_equal(buf_len(&a), len);
	assert_int_equal(buf_len(&b), len);
	assert_memory_not_equal(buf_data(&a), buf_data(&b), len);
	buf_release(&a);
	buf_release(&b);
	pair_release(&p);
	pair_release(&q);
}

static void
the_exporter_differs_in_each_channel(void **state)
{
	(void)state;
	differ(TLS1_3_VERSION, "tls-exporter", 32);
	differ(TLS1_2_VERSION, "tls-exporter", 32);
}

static void
the_exporter_is_that_of_rfc_9266(void **state)
{
	unsigned char want[32];
	struct tlspair p;
	struct buf b;
	int v;

	(void)state;
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		shake(&p, v, true, NULL);
		assert_int_equal(SSL_export_keying_material(p.s.tls->ssl,
		    want, 32, "EXPORTER-Channel-Binding", 24,
		    (const unsigned char *)"", 0, 1), 1);
		assert_int_equal(both(&p, "tls-exporter", &b), 0);
		assert_memory_equal(buf_data(&b), want, 32);
		buf_release(&b);
		pair_release(&p);
	}
}

static void
the_exporter_needs_a_singular_master_secret(void **state)
{
	struct tlspair p;

	(void)state;
	shake(&p, TLS1_2_VERSION, false, NULL);
	lacks(&p, "tls-exporter");
	pair_release(&p);
}

static void
unique_is_for_tls_1_2(void **state)
{
	struct tlspair p;

	(void)state;
	differ(TLS1_2_VERSION, "tls-unique", 12);
	shake(&p, TLS1_3_VERSION, true, NULL);
	lacks(&p, "tls-unique");
	pair_release(&p);
}

static void
unique_of_tls_1_3_has_a_name_of_its_own(void **state)
{
	struct tlspair p;

	(void)state;
	differ(TLS1_3_VERSION, "tls-unique-1.3", 48);
	shake(&p, TLS1_2_VERSION, true, NULL);
	lacks(&p, "tls-unique-1.3");
	pair_release(&p);
}

/* After a resumption the server's Finished is the first. */
static void
unique_survives_a_resumption_with_extended_secret(void **state)
{
	unsigned char first[12];
	struct tlspair p, q;
	SSL_SESSION *session;
	struct buf a, b;

	(void)state;
	shake(&p, TLS1_2_VERSION, true, NULL);
	session = SSL_get1_session(p.c.tls->ssl);
	shake(&q, TLS1_2_VERSION, true, session);
	assert_int_equal(both(&p, "tls-unique", &a), 0);
	assert_int_equal(both(&q, "tls-unique", &b), 0);
	assert_memory_not_equal(buf_data(&a), buf_data(&b), 12);
	assert_int_equal(SSL_get_finished(p.c.tls->ssl, first, 12), 12);
	assert_memory_equal(buf_data(&a), first, 12);
	assert_int_equal(SSL_get_finished(q.s.tls->ssl, first, 12), 12);
	assert_memory_equal(buf_data(&b), first, 12);
	buf_release(&a);
	buf_release(&b);
	SSL_SESSION_free(session);
	pair_release(&p);
	pair_release(&q);
}

static void
unique_ends_at_a_resumption_without(void **state)
{
	struct tlspair p, q;
	SSL_SESSION *session;
	struct buf b;

	(void)state;
	shake(&p, TLS1_2_VERSION, false, NULL);
	assert_int_equal(both(&p, "tls-unique", &b), 0);
	buf_release(&b);
	session = SSL_get1_session(p.c.tls->ssl);
	shake(&q, TLS1_2_VERSION, false, session);
	lacks(&q, "tls-unique");
	SSL_SESSION_free(session);
	pair_release(&p);
	pair_release(&q);
}

static void
the_end_point_is_the_hash_of_the_certificate(void **state)
{
	unsigned char want[32];
	struct tlspair p;
	struct buf b;
	unsigned n;
	int v;

	(void)state;
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		shake(&p, v, true, NULL);
		assert_int_equal(X509_digest(SSL_get0_peer_certificate(
		    p.c.tls->ssl), EVP_sha256(), want, &n), 1);
		assert_int_equal(both(&p, "tls-server-end-point", &b), 0);
		assert_int_equal(buf_len(&b), 32);
		assert_memory_equal(buf_data(&b), want, 32);
		buf_release(&b);
		pair_release(&p);
	}
}

static EVP_PKEY *
new_key(const char *type)
{
	EVP_PKEY *key = strcmp(type, "RSA") == 0 ?
	    EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048) :
	    EVP_PKEY_Q_keygen(NULL, NULL, type);

	assert_non_null(key);
	return key;
}

/* A self-signed certificate whose signature uses MD. */
static X509 *
signed_by(EVP_PKEY *key, const EVP_MD *md)
{
	X509 *x = X509_new();

	assert_non_null(x);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, md) > 0);
	return x;
}

/* The length of the end point's binding for a certificate signed so; or 0. */
static size_t
end_point_len(const char *type, const EVP_MD *md, const EVP_MD *want)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_PKEY *key = new_key(type);
	X509 *x = signed_by(key, md);
	struct tlspair p;
	struct buf b;
	unsigned len = 0;
	size_t n;
	int r;

	shake(&p, TLS1_3_VERSION, true, NULL);
	/* swapped behind the handshake, where nobody verifies it */
	SSL_set_security_level(p.s.tls->ssl, 0);
	assert_int_equal(SSL_use_certificate(p.s.tls->ssl, x), 1);
	buf_init(&b, 100);
	r = tls_binding(p.s.tls, "tls-server-end-point", &b);
	assert_int_equal(r, want == NULL ? XERR_CONFIG : 0);
	if (want != NULL) {
		assert_int_equal(X509_digest(x, want, digest, &len), 1);
		assert_int_equal(buf_len(&b), len);
		assert_memory_equal(buf_data(&b), digest, len);
	}
	n = buf_len(&b);
	buf_release(&b);
	pair_release(&p);
	X509_free(x);
	EVP_PKEY_free(key);
	return n;
}

static void
broken_hashes_are_replaced(void **state)
{
	(void)state;
	assert_int_equal(end_point_len("RSA", EVP_md5(), EVP_sha256()), 32);
	assert_int_equal(end_point_len("RSA", EVP_sha1(), EVP_sha256()), 32);
	assert_int_equal(end_point_len("RSA", EVP_sha224(), EVP_sha224()), 28);
	assert_int_equal(end_point_len("RSA", EVP_sha384(), EVP_sha384()), 48);
	assert_int_equal(end_point_len("RSA", EVP_sha512(), EVP_sha512()), 64);
	/* a signature without a hash of its own: not defined */
	assert_int_equal(end_point_len("ED25519", NULL, NULL), 0);
}

static void
nothing_is_bound_before_the_handshake_or_by_an_unknown_type(void **state)
{
	struct tlspair p;

	(void)state;
	pair_init(&p, client, server, "example.org", 1000);
	lacks(&p, "tls-exporter");
	lacks(&p, "tls-server-end-point");
	lacks(&p, "tls-unique");
	assert_int_equal(pair_run(&p, ALL), 0);
	lacks(&p, "tls-unknown");
	lacks(&p, "");
	pair_release(&p);
}

/* RFC 9325 3.5: the channel that was bound stays what it is. */
static void
nobody_negotiates_a_second_time(void **state)
{
	struct tlspair p;
	SSL *who, *other;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		shake(&p, TLS1_2_VERSION, true, NULL);
		who = i == 0 ? p.s.tls->ssl : p.c.tls->ssl;
		other = i == 0 ? p.c.tls->ssl : p.s.tls->ssl;
		assert_int_equal(SSL_renegotiate(who), 0);
		SSL_clear_options(who, SSL_OP_NO_RENEGOTIATION);
		assert_int_equal(SSL_renegotiate(who), 1);
		SSL_do_handshake(who);
		(void)pair_run(&p, ALL);
		(void)pair_run(&p, ALL);
		assert_int_equal(SSL_num_renegotiations(other), 0);
		pair_release(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_negotiates_a_second_time),
		cmocka_unit_test(the_exporter_differs_in_each_channel),
		cmocka_unit_test(the_exporter_is_that_of_rfc_9266),
		cmocka_unit_test(the_exporter_needs_a_singular_master_secret),
		cmocka_unit_test(unique_is_for_tls_1_2),
		cmocka_unit_test(unique_of_tls_1_3_has_a_name_of_its_own),
		cmocka_unit_test(
		    unique_survives_a_resumption_with_extended_secret),
		cmocka_unit_test(unique_ends_at_a_resumption_without),
		cmocka_unit_test(the_end_point_is_the_hash_of_the_certificate),
		cmocka_unit_test(broken_hashes_are_replaced),
		cmocka_unit_test(
		    nothing_is_bound_before_the_handshake_or_by_an_unknown_type)
	};

	return cmocka_run_group_tests_name("tls_binding", tests, setup,
	    teardown);
}
