/* sasl/pbkdf2 against the RFCs' vectors and against OpenSSL's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sasl/pbkdf2.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { PASSWORD_MAX = 300, SALT_MAX = 150 };

/* RFC 6070 section 2, those of one block. */
static void
sha1_is_as_in_rfc_6070(void **state)
{
	static const struct {
		const char *password, *salt;
		size_t password_len, salt_len;
		unsigned iterations;
		unsigned char hash[20];
	} t[] = {
		{ "password", "salt", 8, 4, 1,
		    { 0x0c, 0x60, 0xc8, 0x0f, 0x96, 0x1f, 0x0e, 0x71, 0xf3,
		    0xa9, 0xb5, 0x24, 0xaf, 0x60, 0x12, 0x06, 0x2f, 0xe0,
		    0x37, 0xa6 } },
		{ "password", "salt", 8, 4, 2,
		    { 0xea, 0x6c, 0x01, 0x4d, 0xc7, 0x2d, 0x6f, 0x8c, 0xcd,
		    0x1e, 0xd9, 0x2a, 0xce, 0x1d, 0x41, 0xf0, 0xd8, 0xde,
		    0x89, 0x57 } },
		{ "password", "salt", 8, 4, 4096,
		    { 0x4b, 0x00, 0x79, 0x01, 0xb7, 0x65, 0x48, 0x9a, 0xbe,
		    0xad, 0x49, 0xd9, 0x26, 0xf7, 0x21, 0xd0, 0x65, 0xa4,
		    0x29, 0xc1 } },
		{ "pass\0word", "sa\0lt", 9, 5, 4096,
		    { 0x56, 0xfa, 0x6a, 0xa7, 0x55, 0x48, 0x09, 0x9d, 0xcc,
		    0x37, 0xd7, 0xf0, 0x34, 0x25, 0xe0, 0xc3 } }
	};
	unsigned char out[20];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		assert_int_equal(pbkdf2(out, EVP_sha1(), t[i].password,
		    t[i].password_len, t[i].salt, t[i].salt_len,
		    t[i].iterations), 0);
		/* of the last one the RFC has 16 bytes */
		assert_memory_equal(out, t[i].hash, i < 3 ? 20 : 16);
	}
}

/* RFC 7914 section 11, the first half: a block of SHA-256. */
static void
sha256_is_as_in_rfc_7914(void **state)
{
	static const unsigned char want[2][32] = {
		{ 0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f, 0xec, 0x16,
		    0x91, 0xc2, 0x25, 0x44, 0xb6, 0x05, 0xf9, 0x41, 0x85,
		    0x21, 0x6d, 0xde, 0x04, 0x65, 0xe6, 0x8b, 0x9d, 0x57,
		    0xc2, 0x0d, 0xac, 0xbc },
		{ 0x4d, 0xdc, 0xd8, 0xf6, 0x0b, 0x98, 0xbe, 0x21, 0x83, 0x0c,
		    0xee, 0x5e, 0xf2, 0x27, 0x01, 0xf9, 0x64, 0x1a, 0x44,
		    0x18, 0xd0, 0x4c, 0x04, 0x14, 0xae, 0xff, 0x08, 0x87,
		    0x6b, 0x34, 0xab, 0x56 }
	};
	unsigned char out[32];

	(void)state;
	assert_int_equal(pbkdf2(out, EVP_sha256(), "passwd", 6, "salt", 4, 1),
	    0);
	assert_memory_equal(out, want[0], 32);
	assert_int_equal(pbkdf2(out, EVP_sha256(), "Password", 8, "NaCl", 4,
	    80000), 0);
	assert_memory_equal(out, want[1], 32);
}

/* Around the sizes where the key or the salt fills a block of the hash. */
static void
any_length_is_as_openssl_has_it(void **state)
{
	static const size_t lens[] = {
		0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 140
	};
	const EVP_MD *md[] = { EVP_sha1(), EVP_sha256(), EVP_sha512() };
	unsigned char data[PASSWORD_MAX], out[64], want[64];
	size_t h, p, s, n;

	(void)state;
	for (n = 0; n < sizeof(data); n++)
		data[n] = (unsigned char)(n * 7 + 1);
	for (h = 0; h < N(md); h++)
		for (p = 0; p < N(lens); p++)
			for (s = 0; s < N(lens); s++) {
				n = (size_t)EVP_MD_get_size(md[h]);
				assert_int_equal(PKCS5_PBKDF2_HMAC(
				    (char *)data, (int)lens[p], data + SALT_MAX,
				    (int)lens[s], 3, md[h], (int)n, want), 1);
				assert_int_equal(pbkdf2(out, md[h], data,
				    lens[p], data + SALT_MAX, lens[s], 3), 0);
				assert_memory_equal(out, want, n);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha1_is_as_in_rfc_6070),
		cmocka_unit_test(sha256_is_as_in_rfc_7914),
		cmocka_unit_test(any_length_is_as_openssl_has_it)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
