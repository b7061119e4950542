/* net/tls_session: taking up a former session, and when not. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }
#define ZERO_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

enum { HOUR = 3600, DAY = 24 * HOUR, ALL = 100000 };

static struct cert_ca *ca, *other_ca;
static struct tls_ctx *client, *server;
static const struct tls_config with_tickets = { .tickets = true };

/* A server that gives tickets. */
static struct tls_ctx *
giver(const struct cert_ca *by, const struct cert_spec *spec)
{
	struct tls_config cf = { .server = true, .tickets = true };

	return server_ctx_of(by, spec, &cf);
}

static int
setup(void **state)
{
	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	cert_ca_new(&other_ca, "Other CA");
	client = client_ctx_of(ca, &with_tickets);
	server = giver(ca, &(struct cert_spec){ .dns = LIST("example.org",
	    "*.example.org"), .until = 20 * HOUR });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_ctx_free(client);
	tls_ctx_free(server);
	cert_ca_free(ca);
	cert_ca_free(other_ca);
	return 0;
}

static unsigned char key[TLS_KEY];	/* of the server last visited */

/*
 * A connection of CCTX to SCTX for DOMAIN, that offers what is in DER at NOW,
 * and then has the ticket it was given there; whether it was resumed.
 */
static bool
visit(struct tls_ctx *cctx, struct tls_ctx *sctx, const char *domain,
    struct buf *der, int64_t now)
{
	unsigned char a[64], b[64];
	struct buf cb[2];
	struct tlspair p;
	int64_t expiry = 0;
	bool resumed, offered = false;

	pair_init(&p, cctx, sctx, domain, 1000);
	if (buf_len(der) > 0)
		offered = tls_offer_session(p.c.tls, buf_data(der),
		    buf_len(der), now) == 1;
	buf_puts(&p.c.out, "a secret");
	assert_int_equal(tls_server_key(p.c.tls, key), XERR_CONFIG);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_string_equal(buf_str(&p.s.in), "a secret");
	assert_int_equal(tls_server_key(p.c.tls, key), 0);
	assert_int_equal(tls_server_key(p.s.tls, key), XERR_CONFIG);
	resumed = tls_resumed(p.c.tls);
	if (resumed)
		assert_true(offered);
	assert_int_equal(tls_resumed(p.s.tls), resumed);
	assert_int_equal(tls_refused(p.c.tls), offered && !resumed);
	/* the channel is another one each time, and the same for both */
	buf_init(&cb[0], sizeof(a));
	buf_init(&cb[1], sizeof(b));
	assert_int_equal(tls_binding(p.c.tls, "tls-exporter", &cb[0]), 0);
	assert_int_equal(tls_binding(p.s.tls, "tls-exporter", &cb[1]), 0);
	assert_memory_equal(buf_data(&cb[0]), buf_data(&cb[1]), 32);
	buf_release(&cb[0]);
	buf_release(&cb[1]);
	buf_reset(der);
	assert_int_equal(tls_take_session(p.c.tls, der, &expiry), 1);
	assert_true(expiry > time(NULL));
	assert_true(expiry <= time(NULL) + DAY);
	assert_int_equal(tls_take_session(p.c.tls, der, &expiry), 0);
	pair_release(&p);
	return resumed;
}

/* As above, for a session made first. */
static bool
again(struct tls_ctx *cctx, const char *domain, int64_t later)
{
	struct buf der;
	bool resumed;

	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	resumed = visit(cctx, server, domain, &der, time(NULL) + later);
	buf_release(&der);
	return resumed;
}

static void
a_session_is_taken_up_and_brings_the_next(void **state)
{
	struct buf der;
	int i;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, time(NULL)));
	for (i = 0; i < 3; i++)
		assert_true(visit(client, server, "example.org", &der,
		    time(NULL)));
	buf_release(&der);
}

/* No certificate is sent then: it is what the session had when it began. */
static void
a_session_has_the_key_of_its_server(void **state)
{
	struct cert_spec spec = { .dns = LIST("example.org") };
	struct tls_ctx *twin = giver(ca, &spec);
	unsigned char first[TLS_KEY];
	struct buf der;
	int i;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, time(NULL)));
	memcpy(first, key, TLS_KEY);
	for (i = 0; i < 3; i++) {
		memset(key, 0, TLS_KEY);
		assert_true(visit(client, server, "example.org", &der,
		    time(NULL)));
		assert_memory_equal(key, first, TLS_KEY);
	}
	/* one that does not take it up has its own */
	assert_false(visit(client, twin, "example.org", &der, time(NULL)));
	assert_memory_not_equal(key, first, TLS_KEY);
	buf_release(&der);
	tls_ctx_free(twin);
}

static void
a_session_of_the_same_settings_is_taken_up(void **state)
{
	/* another context, as another process has; the same file */
	struct tls_ctx *twin = client_ctx_of(ca, &with_tickets);

	(void)state;
	assert_true(again(twin, "example.org", 0));
	tls_ctx_free(twin);
}

static void
a_session_serves_no_other_domain(void **state)
{
	(void)state;
	assert_false(again(client, "chat.example.org", 0));
}

/* What a changed setting would refuse must not slip through. */
static void
a_session_serves_no_other_settings(void **state)
{
	struct tls_config pinned = { .tickets = true, .pins = ZERO_PIN };
	struct tls_ctx *ctx[2] = { client_ctx_of(other_ca, &with_tickets),
	    client_ctx_of(ca, &pinned) };
	static const char *const msgs[] = { "not trusted", "pinned" };
	struct tlspair p;
	struct buf der;
	int i;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	for (i = 0; i < 2; i++) {
		pair_init(&p, ctx[i], server, "example.org", 1000);
		assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
		    buf_len(&der), time(NULL)), 0);
		assert_int_equal(pair_run(&p, ALL), XERR_TLS);
		assert_non_null(strstr(tls_errmsg(p.c.tls), msgs[i]));
		pair_release(&p);
		tls_ctx_free(ctx[i]);
	}
	buf_release(&der);
}

/* A certificate of the client's: PEM in a file, with its key. */
static void
put_certificate(char path[])
{
	struct cert_spec spec = { .client = true,
	    .xmpp = LIST("juliet@example.org") };
	struct buf pem, key;

	buf_init(&pem, 20000);
	buf_init(&key, 10000);
	assert_int_equal(cert_issue(ca, &spec, &pem, &key), 0);
	buf_put(&pem, buf_data(&key), buf_len(&key));
	put_file(path, buf_data(&pem), buf_len(&pem));
	buf_wipe(&pem);
	buf_wipe(&key);
}

/* A revocation list; whose it is does not matter until it is used. */
static void
put_crl(char path[])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_CRL *crl = X509_CRL_new();
	BIO *bio = BIO_new(BIO_s_mem());
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
	char *p;
	long n;

	X509_CRL_set1_lastUpdate(crl, now);
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	n = BIO_get_mem_data(bio, &p);
	put_file(path, p, (size_t)n);
	BIO_free(bio);
	ASN1_TIME_free(now);
	X509_CRL_free(crl);
	EVP_PKEY_free(key);
}

/* Nor one of another client, or of who did not know what is revoked. */
static void
a_session_serves_no_other_files(void **state)
{
	char cert[] = "/tmp/xmpputils-cert-XXXXXX";
	char crl[] = "/tmp/xmpputils-crl-XXXXXX";
	struct tls_ctx *ctx[2];
	struct buf der;
	struct tls *t;
	int i;

	(void)state;
	put_certificate(cert);
	put_crl(crl);
	ctx[0] = client_ctx_of(ca, &(struct tls_config){ .tickets = true,
	    .cert_file = cert });
	ctx[1] = client_ctx_of(ca, &(struct tls_config){ .tickets = true,
	    .crl_file = crl });
	unlink(cert);
	unlink(crl);
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	for (i = 0; i < 2; i++) {
		assert_int_equal(tls_new(&t, ctx[i], "example.org"), 0);
		assert_int_equal(tls_offer_session(t, buf_data(&der),
		    buf_len(&der), time(NULL)), 0);
		tls_free(t);
		tls_ctx_free(ctx[i]);
	}
	buf_wipe(&der);
}

/* However often it is renewed: the chain is looked at once a day. */
static void
a_session_is_good_for_a_day_at_most(void **state)
{
	struct cert_spec spec = { .dns = LIST("example.org") };
	struct tls_ctx *lasting = giver(ca, &spec);
	struct tlspair p;
	struct buf der;
	int64_t now = time(NULL);

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, lasting, "example.org", &der, now));
	now = time(NULL);	/* not before it was verified */
	assert_true(visit(client, lasting, "example.org", &der, now));
	pair_init(&p, client, lasting, "example.org", 1000);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), now + DAY + 10), 0);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), now - HOUR), 0);
	pair_release(&p);
	buf_release(&der);
	tls_ctx_free(lasting);
}

static void
a_session_ends_with_its_ticket(void **state)
{
	(void)state;
	/* OpenSSL's server gives two hours */
	assert_true(again(client, "example.org", HOUR));
	assert_false(again(client, "example.org", 3 * HOUR));
}

/* In the time of the ticket, when that of the certificate is over. */
static void
a_session_does_not_outlive_its_certificate(void **state)
{
	struct cert_spec spec = { .dns = LIST("example.org"), .until = HOUR };
	struct tls_ctx *brief = giver(ca, &spec);
	struct tlspair p;
	struct buf der;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, brief, "example.org", &der, 0));
	pair_init(&p, client, brief, "example.org", 1000);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), time(NULL) + HOUR + 10), 0);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), time(NULL) + HOUR / 2), 1);
	pair_release(&p);
	buf_release(&der);
	tls_ctx_free(brief);
}

/* DER as it would be if its server had been verified at WHEN. */
static void
verify_at(struct buf *der, int64_t when)
{
	const unsigned char *p = buf_data(der);
	SSL_SESSION *s = d2i_SSL_SESSION(NULL, &p, (long)buf_len(der));
	unsigned char stamp[8], *out = NULL;
	int i, n;

	for (i = 7; i >= 0; i--, when >>= 8)
		stamp[i] = (unsigned char)when;
	assert_non_null(s);
	assert_int_equal(SSL_SESSION_set1_ticket_appdata(s, stamp,
	    sizeof(stamp)), 1);
	assert_true((n = i2d_SSL_SESSION(s, &out)) > 0);
	buf_reset(der);
	buf_put(der, out, (size_t)n);
	OPENSSL_free(out);
	SSL_SESSION_free(s);
}

/* A ticket of today on the strength of what was seen yesterday. */
static void
a_fresh_ticket_does_not_stand_for_a_fresh_look(void **state)
{
	int64_t now = time(NULL);
	struct tlspair p;
	struct buf der;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	pair_init(&p, client, server, "example.org", 1000);
	verify_at(&der, now - DAY - 10);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), now), 0);
	verify_at(&der, now + HOUR);	/* nor tomorrow's */
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), now), 0);
	verify_at(&der, now - DAY + 10);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), now), 1);
	pair_release(&p);
	buf_release(&der);
}

/* Who does not know the session has to show a certificate. */
static void
another_server_is_verified(void **state)
{
	struct cert_spec spec = { .dns = LIST("example.org") };
	struct tls_ctx *stranger = giver(other_ca, &spec);
	struct tls_ctx *twin = giver(ca, &spec);
	struct tlspair p;
	struct buf der;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	pair_init(&p, client, stranger, "example.org", 1000);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), time(NULL)), 1);
	buf_puts(&p.c.out, "a secret");
	assert_int_equal(pair_run(&p, ALL), XERR_TLS);
	assert_non_null(strstr(tls_errmsg(p.c.tls), "not trusted"));
	assert_int_equal(buf_len(&p.s.in), 0);
	/* it is not known who that was */
	assert_false(tls_refused(p.c.tls));
	pair_release(&p);
	assert_false(visit(client, twin, "example.org", &der, time(NULL)));
	assert_true(visit(client, twin, "example.org", &der, time(NULL)));
	buf_release(&der);
	tls_ctx_free(stranger);
	tls_ctx_free(twin);
}

static void
what_is_no_session_is_passed_over(void **state)
{
	struct buf der;
	struct tls *t;
	size_t n;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	for (n = 0; n < buf_len(&der); n += 7) {
		assert_int_equal(tls_new(&t, client, "example.org"), 0);
		assert_int_equal(tls_offer_session(t, buf_data(&der), n,
		    time(NULL)), 0);
		tls_free(t);
	}
	assert_int_equal(tls_new(&t, client, "example.org"), 0);
	assert_int_equal(tls_offer_session(t, "garbage", 7, time(NULL)), 0);
	tls_free(t);
	buf_release(&der);
}

static void
without_tickets_there_is_nothing_to_take(void **state)
{
	struct tls_ctx *plain = client_ctx(ca, NULL);
	struct tlspair p;
	struct buf der;
	int64_t expiry;

	(void)state;
	buf_init(&der, 20000);
	assert_false(visit(client, server, "example.org", &der, 0));
	pair_init(&p, plain, server, "example.org", 1000);
	assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
	    buf_len(&der), time(NULL)), 0);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_false(tls_resumed(p.c.tls));
	buf_reset(&der);
	assert_int_equal(tls_take_session(p.c.tls, &der, &expiry), 0);
	assert_int_equal(buf_len(&der), 0);
	pair_release(&p);
	buf_release(&der);
	tls_ctx_free(plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_taken_up_and_brings_the_next),
		cmocka_unit_test(a_session_has_the_key_of_its_server),
		cmocka_unit_test(a_session_of_the_same_settings_is_taken_up),
		cmocka_unit_test(a_session_serves_no_other_domain),
		cmocka_unit_test(a_session_serves_no_other_settings),
		cmocka_unit_test(a_session_serves_no_other_files),
		cmocka_unit_test(a_session_is_good_for_a_day_at_most),
		cmocka_unit_test(
		    a_session_ends_with_its_ticket),
		cmocka_unit_test(a_session_does_not_outlive_its_certificate),
		cmocka_unit_test(
		    a_fresh_ticket_does_not_stand_for_a_fresh_look),
		cmocka_unit_test(another_server_is_verified),
		cmocka_unit_test(what_is_no_session_is_passed_over),
		cmocka_unit_test(without_tickets_there_is_nothing_to_take),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
