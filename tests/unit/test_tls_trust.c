/* net/tls_trust: the system's directory and its bundle, and what is in which. */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

static struct cert_ca *ca, *other;
static struct tls_ctx *server;
static char root[64], dir[80], bundle[80];
static const char *dirs = dir;	/* what is said to be the directory */

static int
setup(void **state)
{
	const struct cert_spec spec = { .dns = LIST("example.org") };

	(void)state;
	tls_init();
	if (cert_ca_new(&ca, "Test CA") < 0 ||
	    cert_ca_new(&other, "Other CA") < 0)
		return -1;
	server = server_ctx(ca, &spec, NULL);
	snprintf(root, sizeof(root), "/tmp/xmpputils-trust-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(dir, sizeof(dir), "%s/certs", root);
	snprintf(bundle, sizeof(bundle), "%s/bundle.pem", root);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_ctx_free(server);
	cert_ca_free(ca);
	cert_ca_free(other);
	return rmdir(root);
}

static void
append(const char *path, const struct cert_ca *who)
{
	struct buf pem;
	FILE *f;

	buf_init(&pem, 10000);
	assert_int_equal(cert_ca_pem(who, &pem), 0);
	f = fopen(path, "a");
	assert_non_null(f);
	fwrite(buf_data(&pem), 1, buf_len(&pem), f);
	assert_int_equal(fclose(f), 0);
	buf_release(&pem);
}

/* The name under which WHO is looked for in the directory. */
static void
hashed(char path[120], const struct cert_ca *who)
{
	struct buf pem;
	BIO *bio;
	X509 *x;

	buf_init(&pem, 10000);
	assert_int_equal(cert_ca_pem(who, &pem), 0);
	bio = BIO_new_mem_buf(buf_data(&pem), (int)buf_len(&pem));
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	assert_non_null(x);
	snprintf(path, 120, "%s/%08lx.0", dir, X509_subject_name_hash(x));
	X509_free(x);
	BIO_free(bio);
	buf_release(&pem);
}

/* Whether the server is trusted by what the system has; -1: nobody is. */
static int
is_trusted(void)
{
	const struct tls_config cf = {
		.system_dir = dirs, .system_file = bundle
	};
	struct tls_ctx *client = NULL;
	struct tlspair p;
	struct buf why;
	int i, r = 0;

	buf_init(&why, 10000);
	if (tls_ctx_new(&client, &cf, &why) < 0) {
		assert_non_null(strstr(buf_str(&why), bundle));
		buf_release(&why);
		return -1;
	}
	/* the second time what was read is there */
	for (i = 0; i < 2; i++) {
		pair_init(&p, client, server, "example.org", 1000);
		r = pair_run(&p, 100000);
		assert_true(r == 0 || r == XERR_TLS);
		assert_int_equal(tls_established(p.c.tls), r == 0);
		pair_release(&p);
	}
	tls_ctx_free(client);
	buf_release(&why);
	return r == 0;
}

/* What is in the directory, and in the bundle; either may be NULL. */
static int
trusted_with(const struct cert_ca *in_dir, const struct cert_ca *in_bundle)
{
	char path[120];
	int r;

	assert_int_equal(mkdir(dir, 0700), 0);
	if (in_dir != NULL) {
		hashed(path, in_dir);
		append(path, in_dir);
	}
	if (in_bundle != NULL)
		append(bundle, in_bundle);
	r = is_trusted();
	if (in_dir != NULL)
		unlink(path);
	if (in_bundle != NULL)
		unlink(bundle);
	rmdir(dir);
	return r;
}

static void
the_directory_needs_no_bundle(void **state)
{
	(void)state;
	assert_int_equal(trusted_with(ca, NULL), 1);
	assert_int_equal(trusted_with(other, NULL), 0);
}

static void
the_bundle_has_who_is_not_in_the_directory(void **state)
{
	(void)state;
	assert_int_equal(trusted_with(other, ca), 1);
	assert_int_equal(trusted_with(ca, other), 1);
	assert_int_equal(trusted_with(other, other), 0);
}

static void
the_bundle_needs_no_directory(void **state)
{
	(void)state;
	assert_int_equal(trusted_with(NULL, ca), 1);
	assert_int_equal(trusted_with(NULL, other), 0);
}

/* With colons between, as SSL_CERT_DIR has them. */
static void
one_of_several_directories_is_enough(void **state)
{
	static const char *const forms[] = {
		"%s:/nonexistent", "/nonexistent:%s", "/:%s:/nonexistent",
		"%s:", ":%s"
	};
	char list[200];
	size_t i;

	(void)state;
	dirs = list;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		print_message("# %s\n", forms[i]);
		snprintf(list, sizeof(list), forms[i], dir);
		assert_int_equal(trusted_with(ca, NULL), 1);
		assert_int_equal(trusted_with(other, ca), 1);
		assert_int_equal(trusted_with(other, NULL), 0);
		assert_int_equal(trusted_with(NULL, ca), 1);
	}
	dirs = dir;
}

static void
somebody_must_be_trusted(void **state)
{
	(void)state;
	assert_int_equal(trusted_with(NULL, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_directory_needs_no_bundle),
		cmocka_unit_test(the_bundle_has_who_is_not_in_the_directory),
		cmocka_unit_test(the_bundle_needs_no_directory),
		cmocka_unit_test(one_of_several_directories_is_enough),
		cmocka_unit_test(somebody_must_be_trusted)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
