/*
 * net/tls against an OpenSSL of the test's own, which can be told to do what
 * ours cannot: policy, ALPN, SNI.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

static struct cert_ca *ca;
static struct tls_ctx *client, *server;

static int
setup(void **state)
{
	const struct cert_spec spec = { .dns = LIST("example.org") };

	(void)state;
	tls_init();
	if (cert_ca_new(&ca, "Test CA") < 0)
		return -1;
	client = client_ctx(ca, "xmpp-client");
	server = server_ctx(ca, &spec, "xmpp-client");
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

/* Theirs, and ours at the other end. */
struct pair {
	SSL *ssl;
	BIO *to, *from;
	int reason;		/* of their first error, or 0 */
	struct side ours;
};

static void
pair_open(struct pair *p, SSL_CTX *theirs, bool we_serve)
{
	p->reason = 0;
	p->ssl = SSL_new(theirs);
	p->to = BIO_new(BIO_s_mem());
	p->from = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(p->to, -1);
	SSL_set_bio(p->ssl, p->to, p->from);
	side_init(&p->ours, we_serve ? server : client,
	    we_serve ? NULL : "example.org", 1000);
	if (we_serve)
		SSL_set_connect_state(p->ssl);
	else
		SSL_set_accept_state(p->ssl);
}

static void
pair_close(struct pair *p)
{
	side_release(&p->ours);
	SSL_free(p->ssl);
}

/* Their handshake goes on, and what was said goes over; our error. */
static int
step(struct pair *p)
{
	const void *data;
	char tmp[20000];
	int n, r;

	ERR_clear_error();
	if (SSL_do_handshake(p->ssl) == 1)
		SSL_read(p->ssl, tmp, 1);
	if (p->reason == 0)
		p->reason = ERR_GET_REASON(ERR_peek_error());
	if ((n = BIO_read(p->from, tmp, sizeof(tmp))) > 0)
		assert_int_equal(tls_feed(p->ours.tls, tmp, (size_t)n), n);
	r = side_step(&p->ours);
	if ((n = (int)tls_pending(p->ours.tls, &data)) > 0)
		BIO_write(p->to, data, n);
	tls_sent(p->ours.tls, (size_t)n);
	return r;
}

static int
shake_hands(struct pair *p)
{
	int i, r = 0;

	for (i = 0; i < 20 && r >= 0; i++)
		r = step(p);
	return r == 0 && !tls_established(p->ours.tls) ? XERR_INTERNAL : r;
}

/* A handshake with THEIRS; our side's error and its words. */
static int
against(SSL_CTX *theirs, bool we_serve, char *msg, size_t size)
{
	struct pair p;
	int r;

	pair_open(&p, theirs, we_serve);
	r = shake_hands(&p);
	snprintf(msg, size, "%s", tls_errmsg(p.ours.tls));
	pair_close(&p);
	return r;
}

static SSL_CTX *
other_server(void)
{
	const struct cert_spec spec = { .dns = LIST("example.org") };
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct buf cert, key;
	char cpath[] = "/tmp/xmpputils-cert-XXXXXX";
	char kpath[] = "/tmp/xmpputils-key-XXXXXX";

	buf_init(&cert, 10000);
	buf_init(&key, 10000);
	assert_int_equal(cert_issue(ca, &spec, &cert, &key), 0);
	put_file(cpath, buf_data(&cert), buf_len(&cert));
	put_file(kpath, buf_data(&key), buf_len(&key));
	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	assert_int_equal(SSL_CTX_use_certificate_file(ctx, cpath,
	    SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, kpath,
	    SSL_FILETYPE_PEM), 1);
	unlink(cpath);
	unlink(kpath);
	buf_release(&cert);
	buf_wipe(&key);
	return ctx;
}

static SSL_CTX *
other_client(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	return ctx;
}

static void
tls_1_1_is_refused_and_1_2_is_not(void **state)
{
	SSL_CTX *ctx = other_server();
	char msg[200];

	(void)state;
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	assert_int_equal(against(ctx, false, msg, sizeof(msg)), XERR_TLS);
	assert_string_equal(msg, "the server has no TLS 1.2 or newer");
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	assert_int_equal(against(ctx, false, msg, sizeof(msg)), 0);
	SSL_CTX_free(ctx);

	ctx = other_client();
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
	assert_int_equal(against(ctx, true, msg, sizeof(msg)), XERR_TLS);
	assert_string_equal(msg, "the client has no TLS 1.2 or newer");
	SSL_CTX_free(ctx);
}

/* Those with RSA keys are in tests/tls.t. */
static void
suites_without_aead_are_refused(void **state)
{
	static const char cbc[] = "ECDHE-ECDSA-AES128-SHA:"
	    "ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0";
	static const char gcm[] = "ECDHE-ECDSA-AES128-GCM-SHA256";
	SSL_CTX *ctx = other_server();
	char msg[200];

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, cbc);
	assert_int_equal(against(ctx, false, msg, sizeof(msg)), XERR_TLS);
	assert_non_null(strstr(msg, "no cipher suite in common"));
	SSL_CTX_set_cipher_list(ctx, gcm);
	assert_int_equal(against(ctx, false, msg, sizeof(msg)), 0);
	SSL_CTX_free(ctx);

	ctx = other_client();
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, cbc);
	assert_int_equal(against(ctx, true, msg, sizeof(msg)), XERR_TLS);
	assert_string_equal(msg, "the client has no cipher suite in common "
	    "with us");
	SSL_CTX_set_cipher_list(ctx, gcm);
	assert_int_equal(against(ctx, true, msg, sizeof(msg)), 0);
	SSL_CTX_free(ctx);
}

/* What is asked for once more is declined. */
static void
there_is_no_second_handshake(void **state)
{
	struct pair p;
	SSL_CTX *ctx;
	int i, we_serve;

	(void)state;
	for (we_serve = 0; we_serve < 2; we_serve++) {
		ctx = we_serve ? other_client() : other_server();
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
		pair_open(&p, ctx, we_serve);
		assert_int_equal(shake_hands(&p), 0);
		assert_int_equal(SSL_renegotiate(p.ssl), 1);
		for (i = 0; i < 5 && p.reason == 0; i++)
			(void)step(&p);
		assert_int_equal(p.reason, SSL_R_NO_RENEGOTIATION);
		pair_close(&p);
		SSL_CTX_free(ctx);
	}
}

static void
another_alpn_is_refused_and_none_is_not(void **state)
{
	static const unsigned char other[] = "\x0bxmpp-server";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char msg[200];

	(void)state;
	assert_int_equal(against(ctx, true, msg, sizeof(msg)), 0);
	SSL_CTX_set_alpn_protos(ctx, other, sizeof(other) - 1);
	assert_int_equal(against(ctx, true, msg, sizeof(msg)), XERR_TLS);
	SSL_CTX_free(ctx);
}

static char sni[100];

static int
keep_sni(SSL *ssl, int *al, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)al;
	(void)arg;
	snprintf(sni, sizeof(sni), "%s", name == NULL ? "" : name);
	return SSL_TLSEXT_ERR_OK;
}

static void
the_domain_is_asked_for_by_sni(void **state)
{
	SSL_CTX *ctx = other_server();
	char msg[200];

	(void)state;
	SSL_CTX_set_tlsext_servername_callback(ctx, keep_sni);
	assert_int_equal(against(ctx, false, msg, sizeof(msg)), 0);
	assert_string_equal(sni, "example.org");
	SSL_CTX_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_1_1_is_refused_and_1_2_is_not),
		cmocka_unit_test(suites_without_aead_are_refused),
		cmocka_unit_test(there_is_no_second_handshake),
		cmocka_unit_test(another_alpn_is_refused_and_none_is_not),
		cmocka_unit_test(the_domain_is_asked_for_by_sni)
	};

	return cmocka_run_group_tests_name("tls_other", tests, setup,
	    teardown);
}
