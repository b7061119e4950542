/* net/tls: a client and a server in memory, good ones and bad ones. */
#include <sys/stat.h>
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include "base/b64.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }
#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { DAY = 24 * 3600, ALL = 100000 };

/* Made once: keys are what takes time here. */
static struct cert_ca *ca, *other_ca;
static struct tls_ctx *client, *server;

static int
setup(void **state)
{
	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	cert_ca_new(&other_ca, "Other CA");
	client = client_ctx(ca, "xmpp-client");
	server = server_ctx(ca,
	    &(struct cert_spec){ .dns = LIST("example.org") }, "xmpp-client");
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

static void
a_handshake_is_the_newest_there_is(void **state)
{
	struct tlspair p;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	pair_init(&p, client, server, "example.org", 1000);
	assert_false(tls_established(p.c.tls));
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_true(tls_established(p.c.tls));
	assert_true(tls_established(p.s.tls));
	assert_int_equal(tls_describe(p.c.tls, &b), 0);
	assert_string_equal(buf_str(&b),
	    "TLSv1.3 TLS_AES_256_GCM_SHA384, ALPN xmpp-client");
	assert_string_equal(tls_errmsg(p.c.tls), "");
	buf_release(&b);
	pair_release(&p);
}

static void
talk(struct tlspair *p, size_t max)
{
	buf_puts(&p->c.out, "a question");
	buf_puts(&p->s.out, "an answer");
	assert_int_equal(pair_run(p, max), 0);
	assert_string_equal(buf_str(&p->s.in), "a question");
	assert_string_equal(buf_str(&p->c.in), "an answer");
	tls_shutdown(p->c.tls);
	assert_int_equal(pair_run(p, max), 0);
	assert_true(tls_closed(p->s.tls));
	assert_true(tls_is_shut(p->c.tls));
	assert_false(tls_closed(p->c.tls));
	/* the other direction is still there */
	buf_puts(&p->s.out, "!");
	tls_shutdown(p->s.tls);
	assert_int_equal(pair_run(p, max), 0);
	assert_string_equal(buf_str(&p->c.in), "an answer!");
	assert_true(tls_closed(p->c.tls));
	tls_feed_eof(p->c.tls);
	assert_int_equal(pair_run(p, max), 0);
	assert_false(tls_truncated(p->c.tls));
}

static void
bytes_may_come_in_any_portion(void **state)
{
	const size_t portions[] = { 1, 2, 7, 100, ALL };
	struct tlspair p;
	size_t i;

	(void)state;
	for (i = 0; i < N(portions); i++) {
		pair_init(&p, client, server, "example.org", 1000);
		talk(&p, portions[i]);
		pair_release(&p);
	}
}

/* The client's stream is cut at byte CUT; false if it has no such byte. */
static bool
talk_cut_at(size_t cut)
{
	struct tlspair p;
	size_t sent = 0, n;
	const void *data;
	bool reached = false;
	int r;

	pair_init(&p, client, server, "example.org", 1000);
	buf_puts(&p.c.out, "hello");
	do {
		r = side_step(&p.c);
		n = tls_pending(p.c.tls, &data);
		if (sent < cut && sent + n >= cut) {
			/* the rest waits until the server is stuck */
			sent += carry(&p.c, &p.s, cut - sent);
			while (side_step(&p.s) > 0)
				continue;
			reached = true;
		}
		sent += carry(&p.c, &p.s, ALL);
		r |= side_step(&p.s) > 0;
		r |= carry(&p.s, &p.c, ALL) > 0;
	} while (r > 0);
	assert_string_equal(buf_str(&p.s.in), "hello");
	pair_release(&p);
	return reached;
}

static void
the_stream_may_be_cut_at_every_byte(void **state)
{
	size_t cut = 1;

	(void)state;
	while (talk_cut_at(cut))
		cut++;
	assert_true(cut > 300);
}

static void
much_data_passes_through_tiny_queues(void **state)
{
	size_t sent[2] = { 0, 0 }, got[2] = { 0, 0 }, i, j, moved;
	const size_t size = 400000;
	struct tlspair p;
	struct side *side[2] = { &p.c, &p.s };

	(void)state;
	pair_init(&p, client, server, "example.org", 11);
	while (got[0] < size || got[1] < size) {
		moved = 0;
		for (i = 0; i < 2; i++) {
			while (sent[i] < size && buf_room(&side[i]->out) > 0)
				buf_putc(&side[i]->out, sent[i]++ % 251);
			assert_true(side_step(side[i]) >= 0);
			moved += carry(side[i], side[1 - i], 501);
			for (j = 0; j < buf_len(&side[i]->in); j++, got[i]++)
				if (buf_data(&side[i]->in)[j] != got[i] % 251)
					fail_msg("byte %zu", got[i]);
			moved += buf_len(&side[i]->in);
			buf_reset(&side[i]->in);
		}
		assert_true(moved > 0);
	}
	pair_release(&p);
}

/* Memory is bounded whatever one side writes and the other does not read. */
static void
a_side_that_does_not_read_stops_the_other(void **state)
{
	static char block[1000000];
	struct tlspair p;
	size_t n;

	(void)state;
	pair_init(&p, client, server, "example.org", sizeof(block));
	assert_int_equal(pair_run(&p, ALL), 0);
	p.s.in.max = 10;
	buf_put(&p.c.out, block, sizeof(block));
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_int_equal(buf_len(&p.s.in), 10);
	n = sizeof(block) - buf_len(&p.c.out);
	assert_true(n < 200000);
	p.s.in.max = sizeof(block);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_int_equal(buf_len(&p.s.in), sizeof(block));
	pair_release(&p);
}

static void
an_end_without_close_notify_is_truncation(void **state)
{
	struct tlspair p;

	(void)state;
	pair_init(&p, client, server, "example.org", 1000);
	buf_puts(&p.s.out, "all of it");
	assert_int_equal(pair_run(&p, ALL), 0);
	tls_feed_eof(p.c.tls);
	assert_int_equal(side_step(&p.c), 1);
	assert_string_equal(buf_str(&p.c.in), "all of it");
	assert_true(tls_truncated(p.c.tls));
	assert_false(tls_closed(p.c.tls));
	/* and nobody hangs who still wants to write or to end */
	buf_puts(&p.c.out, "too late");
	tls_shutdown(p.c.tls);
	assert_true(side_step(&p.c) >= 0);
	assert_true(tls_is_shut(p.c.tls));
	assert_int_equal(side_step(&p.c), 0);
	pair_release(&p);
}

static void
an_end_inside_a_record_is_truncation(void **state)
{
	struct tlspair p;

	(void)state;
	pair_init(&p, client, server, "example.org", 1000);
	assert_int_equal(pair_run(&p, ALL), 0);
	buf_puts(&p.s.out, "half of it");
	side_step(&p.s);
	carry(&p.s, &p.c, 9);
	tls_feed_eof(p.c.tls);
	assert_true(side_step(&p.c) >= 0);
	assert_true(tls_truncated(p.c.tls));
	assert_int_equal(buf_len(&p.c.in), 0);
	pair_release(&p);
}

static void
an_end_in_the_handshake_is_temporary(void **state)
{
	struct tlspair p;

	(void)state;
	pair_init(&p, client, server, "example.org", 1000);
	side_step(&p.c);
	carry(&p.c, &p.s, ALL);
	side_step(&p.s);
	carry(&p.s, &p.c, 200);
	tls_feed_eof(p.c.tls);
	assert_int_equal(side_step(&p.c), XERR_TEMP);
	assert_string_equal(tls_errmsg(p.c.tls),
	    "the server closed the connection during the TLS handshake");
	/* it is final */
	assert_int_equal(side_step(&p.c), XERR_TEMP);
	pair_release(&p);
}

static void
bytes_behind_close_notify_do_not_count(void **state)
{
	struct tlspair p;

	(void)state;
	pair_init(&p, client, server, "example.org", 1000);
	buf_puts(&p.s.out, "all");
	tls_shutdown(p.s.tls);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_int_equal(tls_feed(p.c.tls, "forged", 6), 6);
	assert_int_equal(pair_run(&p, ALL), 0);
	assert_string_equal(buf_str(&p.c.in), "all");
	assert_true(tls_closed(p.c.tls));
	pair_release(&p);
}

static void
a_broken_record_is_a_protocol_error(void **state)
{
	struct tlspair p;
	const void *data;
	char copy[1000];
	size_t n;

	(void)state;
	pair_init(&p, client, server, "example.org", 1000);
	assert_int_equal(pair_run(&p, ALL), 0);
	buf_puts(&p.s.out, "money");
	side_step(&p.s);
	n = tls_pending(p.s.tls, &data);
	memcpy(copy, data, n);
	copy[n - 3] ^= 1;
	assert_int_equal(tls_feed(p.c.tls, copy, n), n);
	assert_int_equal(side_step(&p.c), XERR_PROTO);
	assert_int_equal(buf_len(&p.c.in), 0);
	pair_release(&p);
}

/*
 * What a certificate says and what must be said of it.  NULL: trusted.
 */
static const struct {
	const char *name;	/* of the case */
	const char *domain;
	struct cert_spec spec;
	bool other_ca;
	const char *msg;	/* what the message begins with */
} certs[] = {
	{ "right name", "example.org",
	    { .dns = LIST("example.org") }, false, NULL },
	{ "case does not matter", "EXAMPLE.org",
	    { .dns = LIST("example.ORG") }, false, NULL },
	{ "final dot", "example.org.",
	    { .dns = LIST("example.org") }, false, NULL },
	{ "one of several", "example.org",
	    { .dns = LIST("a.example", "example.org") }, false, NULL },
	{ "wildcard", "chat.example.org",
	    { .dns = LIST("*.example.org") }, false, NULL },
	{ "A-labels", "xn--jrg-sna.example",
	    { .dns = LIST("xn--jrg-sna.example") }, false, NULL },
	{ "SRV-ID", "example.org",
	    { .srv = LIST("_xmpp-client.example.org") }, false, NULL },
	{ "SRV-ID in another case", "example.org",
	    { .srv = LIST("_XMPP-Client.EXAMPLE.org") }, false, NULL },
	{ "SRV-ID behind another name", "example.org",
	    { .dns = LIST("a.example"), .srv = LIST("_imap.example.org",
	    "_xmpp-client.example.org") }, false, NULL },
	{ "XmppAddr", "example.org",
	    { .xmpp = LIST("example.org") }, false, NULL },
	{ "XmppAddr in A-labels", "xn--jrg-sna.example",
	    { .xmpp = LIST("xn--jrg-sna.example") }, false, NULL },
	{ "XmppAddr in U-labels", "xn--jrg-sna.example",
	    { .xmpp = LIST("j\xc3\xb6rg.example") }, false, NULL },
	{ "IPv4", "127.0.0.1", { .ip = LIST("127.0.0.1") }, false, NULL },
	{ "IPv6", "::1", { .ip = LIST("::1") }, false, NULL },
	{ "IPv6 in brackets", "[::1]", { .ip = LIST("::1") }, false, NULL },
	{ "wildcard for the domain itself", "example.org",
	    { .dns = LIST("*.example.org") }, false,
	    "the certificate is not for example.org, only for *.example.org" },
	{ "wildcard for two labels", "a.b.example.org",
	    { .dns = LIST("*.example.org") }, false, "the certificate is not" },
	{ "partial wildcard", "chat.example.org",
	    { .dns = LIST("ch*.example.org") }, false,
	    "the certificate is not" },
	{ "wildcard in the middle", "a.b.example.org",
	    { .dns = LIST("a.*.example.org") }, false,
	    "the certificate is not" },
	{ "wildcard of everything", "example.org",
	    { .dns = LIST("*.org") }, false, "the certificate is not" },
	{ "other name", "example.org",
	    { .dns = LIST("example.net", "example.com") }, false,
	    "the certificate is not for example.org, only for example.net, "
	    "example.com" },
	{ "many other names", "example.org",
	    { .dns = LIST("a.example", "b.example", "c.example", "d.example",
	    "e.example", "f.example", "g.example") }, false,
	    "the certificate is not for example.org, only for a.example, "
	    "b.example, c.example, d.example, e.example and more" },
	{ "longer name", "example.org",
	    { .dns = LIST("example.org.evil.net", "notexample.org") }, false,
	    "the certificate is not" },
	{ "control characters", "example.org",
	    { .dns = LIST("\033[31m.net") }, false,
	    "the certificate is not for example.org, only for \\x1b[31m.net" },
	{ "SRV-ID of another service", "example.org",
	    { .srv = LIST("_xmpp-server.example.org") }, false,
	    "the certificate is not for example.org, only for "
	    "_xmpp-server.example.org" },
	{ "SRV-ID of another domain", "example.org",
	    { .srv = LIST("_xmpp-client.example.org.evil.net",
	    "_xmpp-client.notexample.org", "_xmpp-client.") }, false,
	    "the certificate is not" },
	{ "SRV-ID with a wildcard", "chat.example.org",
	    { .srv = LIST("_xmpp-client.*.example.org") }, false,
	    "the certificate is not" },
	{ "SRV-ID of an address", "127.0.0.1",
	    { .srv = LIST("_xmpp-client.127.0.0.1") }, false,
	    "the certificate is not" },
	{ "XmppAddr of another domain", "example.org",
	    { .xmpp = LIST("example.net", "user@example.org") }, false,
	    "the certificate is not for example.org, only for example.net, "
	    "user@example.org" },
	{ "XmppAddr with a wildcard", "chat.example.org",
	    { .xmpp = LIST("*.example.org") }, false,
	    "the certificate is not" },
	{ "U-labels as dNSName", "xn--jrg-sna.example",
	    { .dns = LIST("j\xc3\xb6rg.example") }, false,
	    "the certificate is not" },
	{ "common name only", "example.org",
	    { .cn = "example.org" }, false,
	    "the certificate is not for example.org nor any other host (a "
	    "common name does not count)" },
	{ "common name beside another", "example.org",
	    { .cn = "example.org", .dns = LIST("example.net") }, false,
	    "the certificate is not for example.org, only for example.net" },
	{ "IP as a name", "127.0.0.1",
	    { .dns = LIST("127.0.0.1") }, false, "the certificate is not" },
	{ "other IP", "127.0.0.1", { .ip = LIST("127.0.0.2", "::1") }, false,
	    "the certificate is not for 127.0.0.1, only for 127.0.0.2, ::1" },
	{ "expired", "example.org",
	    { .dns = LIST("example.org"), .from = -2 * DAY, .until = -DAY },
	    false, "the certificate expired on 2" },
	{ "not yet valid", "example.org",
	    { .dns = LIST("example.org"), .from = DAY, .until = 2 * DAY },
	    false, "the certificate is not yet valid, only from 2" },
	{ "self-signed", "example.org",
	    { .dns = LIST("example.org"), .cn = "x", .self_signed = true },
	    false, "the certificate is self-signed" },
	{ "other authority", "example.org",
	    { .dns = LIST("example.org") }, true,
	    "the certificate is signed by \"Other CA\", an authority that is "
	    "not trusted" },
	{ "for a client", "example.org",
	    { .dns = LIST("example.org"), .client = true }, false,
	    "the certificate is not meant for a server" },
};

static void
check_cert(size_t i)
{
	struct tls_ctx *sctx;
	struct tlspair p;
	int r;

	print_message("# %s\n", certs[i].name);
	sctx = server_ctx(certs[i].other_ca ? other_ca : ca, &certs[i].spec,
	    NULL);
	pair_init(&p, client, sctx, certs[i].domain, 1000);
	if (strncmp(certs[i].domain, "xn--jrg", 7) == 0)
		assert_int_equal(tls_set_unicode(p.c.tls,
		    "j\xc3\xb6rg.example"), 0);
	buf_puts(&p.c.out, "a secret");
	r = pair_run(&p, ALL);
	if (certs[i].msg == NULL) {
		assert_string_equal(tls_errmsg(p.c.tls), "");
		assert_int_equal(r, 0);
		assert_string_equal(buf_str(&p.s.in), "a secret");
	} else {
		assert_int_equal(r, XERR_TLS);
		if (strncmp(tls_errmsg(p.c.tls), certs[i].msg,
		    strlen(certs[i].msg)) != 0)
			assert_string_equal(tls_errmsg(p.c.tls), certs[i].msg);
		assert_false(tls_established(p.c.tls));
		/* nothing of ours went out, but the server learns why */
		assert_int_equal(buf_len(&p.c.out), strlen("a secret"));
		carry(&p.c, &p.s, ALL);
		assert_int_equal(side_step(&p.s), XERR_TLS);
		assert_non_null(strstr(tls_errmsg(p.s.tls), "client refused"));
	}
	pair_release(&p);
	tls_ctx_free(sctx);
}

static void
certificates_are_judged_and_explained(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(certs); i++)
		check_cert(i);
}

static void
a_weak_key_is_refused(void **state)
{
	struct cert_spec spec = { .dns = LIST("example.org"),
	    .rsa_bits = 1024 };
	struct tls_config cf = { .server = true };
	struct buf cert, key, why;
	struct tls_ctx *ctx = NULL;

	(void)state;
	/* On our own server already, as OpenSSL's level 2 says. */
	buf_init(&cert, 10000);
	buf_init(&key, 10000);
	buf_init(&why, 10000);
	assert_int_equal(cert_issue(ca, &spec, &cert, &key), 0);
	cf.cert_pem = buf_str(&cert);
	cf.key_pem = buf_str(&key);
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), XERR_CONFIG);
	assert_null(ctx);
	assert_string_equal(buf_str(&why), "(in memory): no usable "
	    "certificate: ee key too small");
	buf_release(&cert);
	buf_release(&key);
	buf_release(&why);
}

/* The client of PINS meets the server: what it says, "" if it is content. */
static const char *
pinned(const char *pins)
{
	static char msg[700];
	struct tls_ctx *ctx = client_ctx_of(ca, &(struct tls_config){
	    .pins = pins });
	struct tlspair p;
	int r;

	pair_init(&p, ctx, server, "example.org", 1000);
	r = pair_run(&p, ALL);
	snprintf(msg, sizeof(msg), "%s", tls_errmsg(p.c.tls));
	assert_int_equal(r, msg[0] == '\0' ? 0 : XERR_TLS);
	pair_release(&p);
	tls_ctx_free(ctx);
	return msg;
}

#define ZERO_PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
a_pin_must_be_in_the_chain(void **state)
{
	char pin[60], list[200];
	const char *msg, *own;

	(void)state;
	msg = pinned(ZERO_PIN);
	assert_non_null(strstr(msg, "none of the pinned keys"));
	assert_non_null(own = strstr(msg, "sha256//"));
	snprintf(pin, sizeof(pin), "%s", own);
	assert_string_equal(pinned(pin), "");
	snprintf(list, sizeof(list), " %s;\t%s ", ZERO_PIN, pin);
	assert_string_equal(pinned(list), "");
}

static void
a_pin_of_the_authority_is_enough(void **state)
{
	char pin[60] = "sha256//";
	unsigned char hash[32], *der = NULL;
	struct buf pem, b64;
	BIO *bio;
	X509 *x;
	int n;

	(void)state;
	buf_init(&pem, 10000);
	buf_init(&b64, 100);
	assert_int_equal(cert_ca_pem(ca, &pem), 0);
	bio = BIO_new_mem_buf(buf_data(&pem), (int)buf_len(&pem));
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(x);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	assert_true(n > 0);
	SHA256(der, (size_t)n, hash);
	assert_int_equal(b64_encode(&b64, hash, sizeof(hash)), 0);
	strncat(pin, buf_str(&b64), sizeof(pin) - 9);
	assert_string_equal(pinned(pin), "");
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	buf_release(&pem);
	buf_release(&b64);
}

/* A pin narrows what is trusted, it never widens it. */
static void
a_pin_makes_no_stranger_trusted(void **state)
{
	struct cert_spec spec = { .dns = LIST("example.org") };
	struct tls_ctx *sctx = server_ctx(other_ca, &spec, NULL), *cctx;
	char pin[60];
	struct tlspair p;

	(void)state;
	/* its pin, from one that trusts it */
	cctx = client_ctx_of(other_ca, &(struct tls_config){
	    .pins = ZERO_PIN });
	pair_init(&p, cctx, sctx, "example.org", 1000);
	assert_int_equal(pair_run(&p, ALL), XERR_TLS);
	snprintf(pin, sizeof(pin), "%s",
	    strstr(tls_errmsg(p.c.tls), "sha256//"));
	pair_release(&p);
	tls_ctx_free(cctx);

	cctx = client_ctx_of(ca, &(struct tls_config){ .pins = pin });
	pair_init(&p, cctx, sctx, "example.org", 1000);
	assert_int_equal(pair_run(&p, ALL), XERR_TLS);
	assert_non_null(strstr(tls_errmsg(p.c.tls), "not trusted"));
	pair_release(&p);
	tls_ctx_free(cctx);
	tls_ctx_free(sctx);
}

static void
a_pin_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "AAAA", "sha256//", "sha256//AAAA", "sha1//AAAA",
		"sha512//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		ZERO_PIN " x"
	};
	struct tls_config cf = { 0 };
	struct tls_ctx *ctx = NULL;
	struct buf why;
	size_t i;

	(void)state;
	buf_init(&why, 10000);
	for (i = 0; i < N(bad); i++) {
		cf.pins = bad[i];
		assert_int_equal(tls_ctx_new(&ctx, &cf, &why), XERR_CONFIG);
		assert_non_null(strstr(buf_str(&why), "sha256//"));
		buf_reset(&why);
	}
	buf_release(&why);
}

/* Feed TEXT to a client as the server's answer. */
static void
answer(const void *text, size_t len, int want, const char *msg)
{
	struct side c;

	side_init(&c, client, "example.org", 1000);
	buf_puts(&c.out, "a secret");
	assert_int_equal(side_step(&c), 0);
	assert_int_equal(tls_feed(c.tls, text, len), len);
	assert_int_equal(side_step(&c), want);
	assert_string_equal(tls_errmsg(c.tls), msg);
	side_release(&c);
}

static void
what_is_not_tls_is_refused(void **state)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	static const char xmpp[] = "<stream:stream xmlns='jabber:client'>";
	static const char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";
	static const char zeros[40] = "";

	(void)state;
	answer(http, strlen(http), XERR_TLS,
	    "what the server sends is not TLS");
	answer(xmpp, strlen(xmpp), XERR_TLS,
	    "what the server sends is not TLS");
	answer(ssh, strlen(ssh), XERR_TLS,
	    "what the server sends is not TLS");
	answer(zeros, sizeof(zeros), XERR_TLS,
	    "what the server sends is not TLS");
}

static void
an_alert_is_explained(void **state)
{
	(void)state;
	answer("\x15\x03\x03\x00\x02\x02\x46", 7, XERR_TLS,
	    "the server has no TLS 1.2 or newer");
	answer("\x15\x03\x03\x00\x02\x02\x70", 7, XERR_TLS,
	    "the server does not know this domain");
	answer("\x15\x03\x03\x00\x02\x02\x28", 7, XERR_TLS,
	    "the server has no cipher suite in common with us, of those with "
	    "forward secrecy and AEAD (TLS alert \"handshake failure\")");
	answer("\x15\x03\x03\x00\x02\x02\x50", 7, XERR_TLS,
	    "the server refused: TLS alert \"internal error\"");
}

static void
a_client_that_speaks_http_is_refused(void **state)
{
	struct side s;

	(void)state;
	side_init(&s, server, NULL, 1000);
	assert_int_equal(tls_feed(s.tls, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	assert_int_equal(side_step(&s), XERR_TLS);
	assert_string_equal(tls_errmsg(s.tls),
	    "what the client sends is not TLS");
	side_release(&s);
}

/* Silence is no error here; the deadline is the caller's. */
static void
silence_just_waits(void **state)
{
	struct side c;
	const void *p;

	(void)state;
	side_init(&c, client, "example.org", 1000);
	assert_int_equal(side_step(&c), 0);
	assert_true(tls_pending(c.tls, &p) > 0);
	assert_int_equal(side_step(&c), 0);
	assert_int_equal(side_step(&c), 0);
	side_release(&c);
}

static void
names_that_are_none_are_refused(void **state)
{
	const char *bad[] = { "", ".", ".example.org", "a b", "ex\xc3\xa4mple",
	    "*.example.org", "[]", "[::1", "a/b", "example.org.." };
	struct tls *t = NULL;
	char longer[300];
	size_t i;

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (i = 0; i < N(bad); i++)
		assert_int_equal(tls_new(&t, client, bad[i]), XERR_CONFIG);
	assert_int_equal(tls_new(&t, client, longer), XERR_CONFIG);
	assert_int_equal(tls_new(&t, client, NULL), XERR_CONFIG);
	assert_null(t);
	tls_free(NULL);
	tls_ctx_free(NULL);
}

static void
bad_files_are_named(void **state)
{
	char junk[] = "/tmp/xmpputils-junk-XXXXXX", want[200];
	struct tls_config cf = { .ca_file = "/nonexistent/ca" };
	struct tls_ctx *ctx = NULL;
	struct buf why;

	(void)state;
	buf_init(&why, 1000);
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), XERR_CONFIG);
	assert_string_equal(buf_str(&why), "/nonexistent/ca: no usable "
	    "authorities: No such file or directory");
	buf_reset(&why);
	put_file(junk, "junk\n", 5);
	cf = (struct tls_config){ .server = true, .cert_file = junk };
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), XERR_CONFIG);
	snprintf(want, sizeof(want), "%s: no usable certificate: no start line",
	    junk);
	assert_string_equal(buf_str(&why), want);
	unlink(junk);
	assert_null(ctx);
	buf_release(&why);
}

static void
a_key_of_another_certificate_is_refused(void **state)
{
	const struct cert_spec spec = { .dns = LIST("example.org") };
	struct tls_config cf = { .server = true };
	struct tls_ctx *ctx = NULL;
	struct buf cert, key, key2, why;

	(void)state;
	buf_init(&cert, 10000);
	buf_init(&key, 10000);
	buf_init(&key2, 10000);
	buf_init(&why, 1000);
	assert_int_equal(cert_issue(ca, &spec, &cert, &key), 0);
	buf_reset(&cert);
	assert_int_equal(cert_issue(ca, &spec, &cert, &key2), 0);
	cf.cert_pem = buf_str(&cert);
	cf.key_pem = buf_str(&key);
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), XERR_CONFIG);
	assert_non_null(strstr(buf_str(&why), "key values mismatch"));
	buf_reset(&why);
	cf.key_pem = buf_str(&key2);
	assert_int_equal(tls_ctx_new(&ctx, &cf, &why), 0);
	tls_ctx_free(ctx);
	buf_release(&cert);
	buf_wipe(&key);
	buf_wipe(&key2);
	buf_release(&why);
}

/* The context that trusts what the system does knows nothing of our CA. */
static void
the_systems_authorities_do_not_sign_for_us(void **state)
{
	struct tls_config cf = { .server = false };
	struct tls_ctx *ctx = NULL;
	struct tlspair p;
	struct buf why;
	int r;

	(void)state;
	buf_init(&why, 1000);
	r = tls_ctx_new(&ctx, &cf, &why);
	buf_release(&why);
	if (r == XERR_CONFIG)
		skip();		/* none installed */
	assert_int_equal(r, 0);
	pair_init(&p, ctx, server, "example.org", 1000);
	assert_int_equal(pair_run(&p, ALL), XERR_TLS);
	assert_non_null(strstr(tls_errmsg(p.c.tls), "not trusted"));
	pair_release(&p);
	tls_ctx_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_is_the_newest_there_is),
		cmocka_unit_test(bytes_may_come_in_any_portion),
		cmocka_unit_test(the_stream_may_be_cut_at_every_byte),
		cmocka_unit_test(much_data_passes_through_tiny_queues),
		cmocka_unit_test(a_side_that_does_not_read_stops_the_other),
		cmocka_unit_test(an_end_without_close_notify_is_truncation),
		cmocka_unit_test(an_end_inside_a_record_is_truncation),
		cmocka_unit_test(an_end_in_the_handshake_is_temporary),
		cmocka_unit_test(bytes_behind_close_notify_do_not_count),
		cmocka_unit_test(a_broken_record_is_a_protocol_error),
		cmocka_unit_test(certificates_are_judged_and_explained),
		cmocka_unit_test(a_weak_key_is_refused),
		cmocka_unit_test(a_pin_must_be_in_the_chain),
		cmocka_unit_test(a_pin_of_the_authority_is_enough),
		cmocka_unit_test(a_pin_makes_no_stranger_trusted),
		cmocka_unit_test(a_pin_that_is_none_is_refused),
		cmocka_unit_test(what_is_not_tls_is_refused),
		cmocka_unit_test(an_alert_is_explained),
		cmocka_unit_test(a_client_that_speaks_http_is_refused),
		cmocka_unit_test(silence_just_waits),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(bad_files_are_named),
		cmocka_unit_test(a_key_of_another_certificate_is_refused),
		cmocka_unit_test(the_systems_authorities_do_not_sign_for_us),
	};

	return cmocka_run_group_tests_name("tls", tests, setup, teardown);
}
