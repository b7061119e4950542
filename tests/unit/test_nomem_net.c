/*
 * The nth allocation fails, ours or OpenSSL's, for many an n: a handshake, a
 * certificate being made, a dialed name and a service that is looked for fail
 * in order, nothing leaks, and the next try succeeds.
 *
 * This program is linked with --wrap, see the Makefile: our own calls come
 * here, and OpenSSL's by the hook that it has.
 */
#include <sys/stat.h>
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "dnsd.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/listen.h"
#include "net/pump.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum { ALL = 100000 };

static long until;	/* the allocation that fails; 0: none */
static long count;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
char *__wrap_strdup(const char *);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);

static bool
fails(void)
{
	return ++count == until;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

static void *
ssl_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : __real_malloc(n);
}

static void *
ssl_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : __real_realloc(p, n);
}

static void
ssl_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* F with one allocation failing: no success is a lie, no crash, no leak. */
static void
each_fails(int (*f)(void), long many)
{
	long i, total;
	int r;

	until = 0;
	assert_int_equal(f(), 0);	/* what is made once is made */
	count = 0;
	assert_int_equal(f(), 0);
	total = count;
	assert_true(total >= many);
	/* Where there are thousands, some hundreds of them will do. */
	for (i = 1; i <= total; i += 1 + total / 400) {
		until = i;
		count = 0;
		r = f();
		until = 0;
		/* OpenSSL can do without some of its own. */
		if (r > 0)
			fail_msg("allocation %ld: %d", i, r);
	}
	assert_int_equal(f(), 0);
}

static struct cert_ca *ca;
static char ca_path[] = "/tmp/xmpputils-ca-XXXXXX";
static struct buf authority, cert, key, our_cert, our_key;

static int
contexts(struct tls_ctx **c, struct tls_ctx **s)
{
	struct tls_config cf = { .ca_file = ca_path, .alpn = "xmpp-client",
	    .tickets = true,
	    .cert_pem = (const char *)buf_data(&our_cert),
	    .key_pem = (const char *)buf_data(&our_key) };
	struct tls_config sf = { .server = true, .alpn = "xmpp-client",
	    .tickets = true,
	    .client_ca_pem = (const char *)buf_data(&authority),
	    .cert_pem = (const char *)buf_data(&cert),
	    .key_pem = (const char *)buf_data(&key) };
	struct buf why;
	int r;

	buf_init(&why, 1000);
	if ((r = tls_ctx_new(c, &cf, &why)) == 0)
		r = tls_ctx_new(s, &sf, &why);
	buf_release(&why);
	return r;
}

/*
 * What the client's certificate names.  Without memory it is as if it named
 * nothing, which lets nobody in.
 */
static int
look_at_names(const struct tls_ctx *c, const struct tls *server)
{
	static const char want[] = "juliet@example.org";
	struct buf b;
	int r, i;

	for (i = 0; i < 2; i++) {
		buf_init(&b, 100);
		r = i == 0 ? tls_ctx_address(c, 0, &b) :
		    tls_peer_address(server, 0, &b);
		if (r == 0 && (buf_len(&b) != sizeof(want) - 1 ||
		    memcmp(buf_data(&b), want, buf_len(&b)) != 0))
			r = 3;
		buf_release(&b);
		if (r != 0)
			return r;
	}
	return 0;
}

/* What was said arrives whole, or something failed. */
static int
handshake(void)
{
	struct tls_ctx *c = NULL, *s = NULL;
	struct side a = { 0 }, b = { 0 };
	struct tlspair p;
	int r;

	buf_init(&a.in, 100);
	a.out = b.in = b.out = a.in;
	if ((r = contexts(&c, &s)) == 0 &&
	    (r = tls_new(&a.tls, c, "example.org")) == 0 &&
	    (r = tls_new(&b.tls, s, NULL)) == 0 &&
	    (r = buf_puts(&a.out, "hello")) == 0) {
		p = (struct tlspair){ c, s, a, b };
		r = pair_run(&p, ALL);
		a = p.c;
		b = p.s;
		if (r == 0 && (buf_len(&b.in) != 5 ||
		    memcmp(buf_data(&b.in), "hello", 5) != 0))
			r = 1;
		if (r < 0 && tls_errmsg(a.tls)[0] == '\0' &&
		    tls_errmsg(b.tls)[0] == '\0' && r != XERR_NOMEM)
			r = 2;
		if (r == 0)
			r = look_at_names(c, b.tls);
	}
	side_release(&a);
	side_release(&b);
	tls_ctx_free(c);
	tls_ctx_free(s);
	return r;
}

static void
a_handshake_survives_want_of_memory(void **state)
{
	(void)state;
	each_fails(handshake, 500);
}

static int
issue(void)
{
	const struct cert_spec spec = { .cn = "x", .dns = LIST("example.org"),
	    .srv = LIST("_xmpp-client.example.org"), .ip = LIST("::1") };
	struct buf c, k;
	int r;

	buf_init(&c, 10000);
	buf_init(&k, 10000);
	r = cert_issue(ca, &spec, &c, &k);
	if (r == 0 && (buf_len(&c) == 0 || buf_len(&k) == 0))
		r = 1;
	buf_release(&c);
	buf_wipe(&k);
	return r;
}

static void
a_certificate_survives_want_of_memory(void **state)
{
	(void)state;
	each_fails(issue, 200);
}

static struct listener listener;

static int
dialing(void)
{
	const struct dial_config cf = { .host = "localhost",
	    .port = listener.port, .deadline = pump_deadline(5000),
	    .dns = "127.0.0.1:1" };
	struct conn *a = NULL, *b = NULL;
	struct pump_end *ends[2] = { NULL };
	struct buf why;
	int fd = -1, other = -1, r;

	/* what earlier tries left behind */
	while (listen_accept(&listener, &other) == 1)
		close(other);
	other = -1;
	buf_init(&why, 2000);
	r = dial(&fd, &cf, &why);
	if (r == 0)
		while (listen_accept(&listener, &other) == 0)
			continue;
	if (r == 0)
		r = conn_new(&a, fd, 100, 100);
	if (other >= 0 && conn_new(&b, other, 100, 100) < 0)
		b = NULL;
	if (r == 0 && b != NULL && (r = buf_puts(conn_out(a), "x")) == 0) {
		ends[0] = conn_end(a);
		ends[1] = conn_end(b);
		while (r >= 0 && buf_len(conn_in(b)) == 0 &&
		    (r = conn_step(a)) >= 0 && (r = conn_step(b)) >= 0)
			if (r == 0 && pump_poll(ends, 2,
			    pump_deadline(5000)) == 0)
				r = XERR_TEMP;
		r = r > 0 ? 0 : r;
	}
	conn_free(a);
	conn_free(b);
	buf_release(&why);
	return r;
}

static void
dialing_survives_want_of_memory(void **state)
{
	(void)state;
	each_fails(dialing, 10);
}

static struct dnsd dnsd;

/* Found by SRV and an alias, and secured: without TLSA it would be a lie. */
static int
finding(void)
{
	const struct dial_config cf = { .host = "example.org",
	    .dns = dnsd.address, .tlsa = true,
	    .deadline = pump_deadline(5000) };
	struct dial_target t = { .ntlsa = 0 };
	struct dialer *d = NULL;
	struct buf why;
	int fd = -1, other = -1, r;

	buf_init(&why, 2000);
	if ((r = dialer_new(&d, &cf, &why)) == 0)
		r = dialer_next(d, &fd, &t, &why);
	if (r == 0) {
		r = t.ntlsa == 1 && !t.direct ? 0 : 1;
		close(fd);
	}
	if (r == XERR_UNAVAIL)
		r = 1;		/* the domain itself refuses */
	dialer_free(d);
	buf_release(&why);
	while (listen_accept(&listener, &other) == 1)
		close(other);
	return r;
}

static void
finding_a_service_survives_want_of_memory(void **state)
{
	char name[40];
	const struct dns_rec table[] = {
		{ .name = "_xmpp-client._tcp.example.org", .type = DNS_SRV,
		    .data = "alias.example", .port = listener.port },
		{ .name = "alias.example", .type = DNS_CNAME,
		    .data = "host.example" },
		{ .name = "host.example", .type = DNS_A,
		    .data = "127.0.0.1" },
		{ .name = name, .type = DNS_TLSA, .priority = 3, .weight = 1,
		    .port = 1, .data = "0123456789abcdef0123456789abcdef" },
		{ .name = "example.org", .type = DNS_A, .data = "127.0.0.1" },
		{ .name = NULL }
	};

	(void)state;
	snprintf(name, sizeof(name), "_%u._tcp.host.example", listener.port);
	dnsd_start_secure(&dnsd, table);
	each_fails(finding, 8);
	dnsd_stop(&dnsd);
}

static int
setup(void **state)
{
	const struct cert_spec us = { .client = true,
	    .xmpp = LIST("juliet@example.org") };
	struct buf why;

	(void)state;
	buf_init(&authority, 10000);
	buf_init(&our_cert, 10000);
	buf_init(&our_key, 10000);
	buf_init(&why, 1000);
	buf_init(&cert, 10000);
	buf_init(&key, 10000);
	if (tls_init() < 0 || cert_ca_new(&ca, "Test CA") < 0 ||
	    cert_ca_pem(ca, &authority) < 0 || cert_issue(ca, &(struct cert_spec){
	    .dns = LIST("example.org") }, &cert, &key) < 0 ||
	    cert_issue(ca, &us, &our_cert, &our_key) < 0 ||
	    buf_str(&cert) == NULL || buf_str(&key) == NULL ||
	    buf_str(&our_cert) == NULL || buf_str(&our_key) == NULL ||
	    buf_str(&authority) == NULL ||
	    listen_open(&listener, 0, &why) < 0)
		return -1;
	put_file(ca_path, buf_data(&authority), buf_len(&authority));
	buf_release(&why);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(ca_path);
	listen_close(&listener);
	cert_ca_free(ca);
	buf_release(&authority);
	buf_release(&cert);
	buf_wipe(&key);
	buf_release(&our_cert);
	buf_wipe(&our_key);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_survives_want_of_memory),
		cmocka_unit_test(a_certificate_survives_want_of_memory),
		cmocka_unit_test(dialing_survives_want_of_memory),
		cmocka_unit_test(finding_a_service_survives_want_of_memory),
	};

	/* Before OpenSSL has allocated anything. */
	if (CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) != 1)
		return 1;
	return cmocka_run_group_tests_name("nomem_net", tests, setup,
	    teardown);
}
