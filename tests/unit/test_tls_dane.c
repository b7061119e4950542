/* net/tls_dane: what TLSA records make of a certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include <openssl/pem.h>

#include "net/resolve.h"
#include "net/tls_int.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }
#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { ALL = 100000, DAY = 24 * 3600 };

/* DOMAIN is of the JID, TARGET of its SRV record. */
#define DOMAIN "example.org"
#define TARGET "xmpp.example.net"

static struct cert_ca *ca, *stranger;
static unsigned char authority[4096], wrong[TLS_PIN];
static size_t authority_len;

/* The stranger's own certificate, whole, as a record may have it. */
static int
setup(void **state)
{
	unsigned char *p = authority;
	struct buf pem;
	BIO *bio;
	X509 *x;

	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	cert_ca_new(&stranger, "Other CA");
	buf_init(&pem, 10000);
	assert_int_equal(cert_ca_pem(stranger, &pem), 0);
	bio = BIO_new_mem_buf(buf_data(&pem), (int)buf_len(&pem));
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_true(i2d_X509(x, NULL) < (int)sizeof(authority));
	authority_len = (size_t)i2d_X509(x, &p);
	X509_free(x);
	BIO_free(bio);
	buf_release(&pem);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cert_ca_free(ca);
	cert_ca_free(stranger);
	return 0;
}

enum message_record { NONE, OWN, NOT_OWN, ABOVE, OWN_AND_TRUSTED, UNKNOWN };

/* The record of kind K for a server of CTX. */
static struct tlsa
message_record_for(enum message_record k, const struct tls_ctx *ctx,
    unsigned char hash[TLS_PIN])
{
	struct tlsa t = { 3, 1, 1, wrong, TLS_PIN };

	assert_true(tls_spki_hash(SSL_CTX_get0_certificate(ctx->ssl), hash));
	if (k == OWN || k == OWN_AND_TRUSTED)
		t.data = hash;
	if (k == OWN_AND_TRUSTED)
		t.usage = 1;
	if (k == UNKNOWN)
		t.usage = 9;
	if (k == ABOVE)
		t = (struct tlsa){ 2, 0, 0, authority, authority_len };
	return t;
}

static const struct {
	const char *name;
	enum message_record record;
	bool trusted;		/* by an authority of ours */
	struct cert_spec spec;
	bool good;
} cases[] = {
	{ "no record, of the domain", NONE, true,
	    { .dns = LIST(DOMAIN) }, true },
	{ "no record, of the target", NONE, true,
	    { .dns = LIST(TARGET) }, false },
	{ "no usable record, of the domain", UNKNOWN, true,
	    { .dns = LIST(DOMAIN) }, true },
	{ "no usable record, of the target", UNKNOWN, true,
	    { .dns = LIST(TARGET) }, false },
	{ "no usable record, by a stranger", UNKNOWN, false,
	    { .dns = LIST(DOMAIN) }, false },
	/* RFC 7671 5.1: name and time are moot where the key is named */
	{ "its own key", OWN, false, { .dns = LIST(DOMAIN) }, true },
	{ "its own key, of nobody", OWN, false, { .cn = "x" }, true },
	{ "its own key, expired", OWN, false, { .dns = LIST(DOMAIN),
	    .from = -2 * DAY, .until = -DAY }, true },
	{ "another key", NOT_OWN, false, { .dns = LIST(DOMAIN) }, false },
	{ "another key, though trusted", NOT_OWN, true,
	    { .dns = LIST(DOMAIN) }, false },
	/* 5.2: but not where it is the authority's; RFC 7673 section 5 */
	{ "its authority, of the domain", ABOVE, false,
	    { .dns = LIST(DOMAIN) }, true },
	{ "its authority, of the target", ABOVE, false,
	    { .dns = LIST(TARGET) }, true },
	{ "its authority, of somebody else", ABOVE, false,
	    { .dns = LIST("example.com") }, false },
	{ "its authority, expired", ABOVE, false, { .dns = LIST(TARGET),
	    .from = -2 * DAY, .until = -DAY }, false },
	{ "another authority", ABOVE, true, { .dns = LIST(DOMAIN) }, false },
	/* PKIX-EE: both have to hold */
	{ "its own key, and trusted", OWN_AND_TRUSTED, true,
	    { .dns = LIST(DOMAIN) }, true },
	{ "its own key, and not trusted", OWN_AND_TRUSTED, false,
	    { .dns = LIST(DOMAIN) }, false },
	{ "its own key, trusted, of somebody else", OWN_AND_TRUSTED, true,
	    { .dns = LIST("example.com") }, false }
};

static void
check(size_t i)
{
	struct tls_ctx *sctx = server_ctx_of(cases[i].trusted ? ca : stranger,
	    &cases[i].spec, &(struct tls_config){ .server = true,
	    .tickets = true });
	struct tls_ctx *cctx = client_ctx_of(ca, &(struct tls_config){
	    .tickets = true });
	enum message_record k = cases[i].record;
	unsigned char hash[TLS_PIN];
	struct tlsa record = message_record_for(k, sctx, hash);
	bool dane = k != NONE && k != UNKNOWN;
	struct tlspair p;
	struct buf der;
	int64_t expiry;
	int r;

	pair_init(&p, cctx, sctx, DOMAIN, 1000);
	assert_int_equal(tls_set_tlsa(p.c.tls, TARGET, &record, k != NONE),
	    dane);
	buf_puts(&p.c.out, "a secret");
	r = pair_run(&p, ALL);
	if (r != (cases[i].good ? 0 : XERR_TLS))
		fail_msg("%s: %d: %s", cases[i].name, r,
		    tls_errmsg(p.c.tls));
	assert_int_equal(tls_by_dane(p.c.tls), dane && r == 0);
	if (r == 0) {
		/* what DNS said is not kept for the next time */
		buf_init(&der, 20000);
		assert_int_equal(tls_take_session(p.c.tls, &der, &expiry),
		    !dane);
		buf_wipe(&der);
	} else {
		assert_int_equal(buf_len(&p.s.in), 0);
	}
	pair_release(&p);
	tls_ctx_free(sctx);
	tls_ctx_free(cctx);
}

static void
records_judge_the_certificate(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		check(i);
}

/* Nor is what was found without them good enough where they are. */
static void
a_former_session_is_not_offered_where_there_are_records(void **state)
{
	struct tls_ctx *sctx = server_ctx_of(ca, &(struct cert_spec){
	    .dns = LIST(DOMAIN) }, &(struct tls_config){ .server = true,
	    .tickets = true });
	struct tls_ctx *cctx = client_ctx_of(ca, &(struct tls_config){
	    .tickets = true });
	unsigned char hash[TLS_PIN];
	struct tlsa record = message_record_for(OWN, sctx, hash);
	struct tlspair p;
	struct buf der;
	int64_t expiry;
	int i;

	(void)state;
	buf_init(&der, 20000);
	pair_init(&p, cctx, sctx, DOMAIN, 1000);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_int_equal(tls_take_session(p.c.tls, &der, &expiry), 1);
	pair_release(&p);
	for (i = 0; i < 2; i++) {
		pair_init(&p, cctx, sctx, DOMAIN, 1000);
		assert_int_equal(tls_set_tlsa(p.c.tls, TARGET, &record, i), i);
		assert_int_equal(tls_offer_session(p.c.tls, buf_data(&der),
		    buf_len(&der), time(NULL)), i == 0);
		pair_release(&p);
	}
	buf_wipe(&der);
	tls_ctx_free(sctx);
	tls_ctx_free(cctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_judge_the_certificate),
		cmocka_unit_test(
		    a_former_session_is_not_offered_where_there_are_records)
	};

	return cmocka_run_group_tests_name("tls_dane", tests, setup,
	    teardown);
}
