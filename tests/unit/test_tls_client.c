/* net/tls_client: certificates of clients, as both ends see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "net/tls_int.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum { ALL = 100000, DAY = 24 * 3600 };

static struct cert_ca *ca, *stranger;
static struct tls_ctx *server;

static struct tls_ctx *
asking_server(const struct tls_config *like)
{
	struct tls_config cf = *like;
	struct tls_ctx *ctx;
	struct buf pem;

	buf_init(&pem, 10000);
	assert_int_equal(cert_ca_pem(ca, &pem), 0);
	cf.server = true;
	cf.client_ca_pem = buf_str(&pem);
	ctx = server_ctx_of(ca,
	    &(struct cert_spec){ .dns = LIST("example.org"),
	    .xmpp = LIST("example.org") }, &cf);
	buf_release(&pem);
	return ctx;
}

static int
setup(void **state)
{
	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	cert_ca_new(&stranger, "Other CA");
	server = asking_server(&(struct tls_config){ .tickets = true });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_ctx_free(server);
	cert_ca_free(ca);
	cert_ca_free(stranger);
	return 0;
}

/* A client with a certificate of SPEC by ISSUER; SPEC NULL: with none. */
static struct tls_ctx *
person(const struct cert_ca *issuer, const struct cert_spec *spec)
{
	struct tls_config cf = { .tickets = true };
	struct buf cert, key;
	struct tls_ctx *ctx;

	buf_init(&cert, 10000);
	buf_init(&key, 10000);
	if (spec != NULL) {
		assert_int_equal(cert_issue(issuer, spec, &cert, &key), 0);
		cf.cert_pem = buf_str(&cert);
		cf.key_pem = buf_str(&key);
	}
	ctx = client_ctx_of(ca, &cf);
	buf_release(&cert);
	buf_wipe(&key);
	return ctx;
}

/* A handshake succeeds, and the server's Ith address of the client is WANT. */
static void
is_known_as(struct tls_ctx *client, size_t i, const char *want)
{
	struct tlspair p;
	struct buf b;

	pair_init(&p, client, server, "example.org", 1000);
	buf_init(&b, 1000);
	assert_int_equal(tls_peer_address(p.s.tls, i, &b), XERR_CONFIG);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_true(tls_established(p.s.tls));
	assert_int_equal(tls_peer_address(p.s.tls, i, &b),
	    want == NULL ? XERR_CONFIG : 0);
	assert_string_equal(buf_len(&b) == 0 ? "" : buf_str(&b),
	    want == NULL ? "" : want);
	/* of the server nothing of the kind is known */
	assert_int_equal(tls_peer_address(p.c.tls, 0, &b), XERR_CONFIG);
	buf_release(&b);
	pair_release(&p);
}

static void
a_good_certificate_is_believed(void **state)
{
	const struct cert_spec spec = { .client = true,
	    .dns = LIST("dns.example"),
	    .srv = LIST("_xmpp-client.srv.example"),
	    .xmpp = LIST("juliet@example.org", "nurse@example.org") };
	struct tls_ctx *client = person(ca, &spec);

	(void)state;
	is_known_as(client, 0, "juliet@example.org");
	is_known_as(client, 1, "nurse@example.org");
	is_known_as(client, 2, NULL);
	tls_ctx_free(client);
}

/* Who shows one that is not good is served, as who shows none. */
static void
any_other_is_not(void **state)
{
	struct cert_spec spec = { .client = true,
	    .xmpp = LIST("juliet@example.org") };
	struct tls_ctx *client;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		spec.from = i == 2 ? DAY : -2 * DAY;
		spec.until = i == 1 ? -DAY : 2 * DAY;
		spec.client = i != 3;
		spec.self_signed = i == 4;
		client = person(i == 0 ? stranger : ca, &spec);
		is_known_as(client, 0, NULL);
		tls_ctx_free(client);
	}
	client = person(ca, NULL);
	is_known_as(client, 0, NULL);
	tls_ctx_free(client);
}

static void
it_is_known_after_a_resumption_too(void **state)
{
	const struct cert_spec spec = { .client = true,
	    .xmpp = LIST("juliet@example.org") };
	struct tls_ctx *client = person(ca, &spec);
	struct tlspair p;
	struct buf der, b;
	int64_t expiry;
	int i;

	(void)state;
	buf_init(&der, 65536);
	buf_init(&b, 1000);
	for (i = 0; i < 2; i++) {
		pair_init(&p, client, server, "example.org", 1000);
		if (i == 1)
			assert_int_equal(tls_offer_session(p.c.tls,
			    buf_data(&der), buf_len(&der), time(NULL)), 1);
		assert_int_equal(pair_run(&p, ALL), 0);
		assert_int_equal(tls_resumed(p.c.tls), i == 1);
		assert_int_equal(tls_peer_address(p.s.tls, 0, &b), 0);
		buf_reset(&der);
		assert_int_equal(tls_take_session(p.c.tls, &der, &expiry), 1);
		pair_release(&p);
	}
	assert_string_equal(buf_str(&b),
	    "juliet@example.orgjuliet@example.org");
	buf_wipe(&der);
	buf_release(&b);
	tls_ctx_free(client);
}

static void
a_client_knows_its_own(void **state)
{
	const struct cert_spec spec = { .client = true,
	    .xmpp = LIST("juliet@example.org", "nurse@example.org") };
	struct tls_ctx *client = person(ca, &spec);
	struct buf b;

	(void)state;
	buf_init(&b, 30);
	assert_int_equal(tls_ctx_address(client, 1, &b), 0);
	assert_string_equal(buf_str(&b), "nurse@example.org");
	assert_int_equal(tls_ctx_address(client, 2, &b), XERR_CONFIG);
	assert_int_equal(tls_ctx_address(client, 0, &b), XERR_LIMIT);
	buf_release(&b);
	tls_ctx_free(client);
	client = person(ca, NULL);
	assert_int_equal(tls_ctx_address(client, 0, &b), XERR_CONFIG);
	tls_ctx_free(client);
}

static void
what_is_no_authority_is_refused(void **state)
{
	struct tls_config cf = { .server = true, .client_ca_pem = "no PEM" };
	struct tls_ctx *ctx = NULL;
	struct buf why;

	(void)state;
	buf_init(&why, 1000);
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), XERR_CONFIG);
	assert_non_null(strstr(buf_str(&why), "authority of clients"));
	assert_null(ctx);
	buf_release(&why);
}

static void
a_server_may_have_nothing_newer_than_tls_1_2(void **state)
{
	struct tls_ctx *old = asking_server(&(struct tls_config){
	    .no_tls_1_3 = true });
	struct tls_ctx *client = person(ca, NULL);
	struct tlspair p;

	(void)state;
	pair_init(&p, client, old, "example.org", 1000);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_int_equal(SSL_version(p.c.tls->ssl), TLS1_2_VERSION);
	pair_release(&p);
	tls_ctx_free(old);
	tls_ctx_free(client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_certificate_is_believed),
		cmocka_unit_test(any_other_is_not),
		cmocka_unit_test(it_is_known_after_a_resumption_too),
		cmocka_unit_test(a_client_knows_its_own),
		cmocka_unit_test(what_is_no_authority_is_refused),
		cmocka_unit_test(a_server_may_have_nothing_newer_than_tls_1_2)
	};

	return cmocka_run_group_tests_name("tls_client", tests, setup,
	    teardown);
}
