/*
 * net/tls_name: names as no honest authority writes them, which the other tests
 * cannot have in a certificate.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls_int.h"
#include "tlspair.h"

#define SRV "1.3.6.1.5.5.7.8.7"
#define XMPP "1.3.6.1.5.5.7.8.5"
#define DNS NULL		/* no otherName */

/* A string of TYPE, or what is none. */
static ASN1_TYPE *
value_of(int type, const char *s, size_t len)
{
	ASN1_TYPE *value = ASN1_TYPE_new();

	assert_non_null(value);
	if (type == V_ASN1_BOOLEAN) {
		ASN1_TYPE_set(value, type, (void *)(uintptr_t)1);
		return value;
	}
	assert_int_equal(ASN1_TYPE_set_octetstring(value,
	    (unsigned char *)(uintptr_t)s, (int)len), 1);
	value->type = value->value.asn1_string->type = type;
	return value;
}

static GENERAL_NAME *
name_of(const char *oid, int type, const char *s, size_t len)
{
	GENERAL_NAME *gn = GENERAL_NAME_new();
	ASN1_STRING *str;

	assert_non_null(gn);
	if (oid != DNS) {
		assert_int_equal(GENERAL_NAME_set0_othername(gn,
		    OBJ_txt2obj(oid, 1), value_of(type, s, len)), 1);
		return gn;
	}
	str = ASN1_STRING_type_new(type);
	assert_int_equal(ASN1_STRING_set(str, s, (int)len), 1);
	GENERAL_NAME_set0_value(gn, GEN_DNS, str);
	return gn;
}

/* Does a certificate with this name alone count for example.org? */
static bool
counts(const char *oid, int type, const char *s, size_t len)
{
	static char domain[] = "example.org";
	const struct tls t = { .domain = domain };
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	X509 *x = X509_new();
	bool found;

	sk_GENERAL_NAME_push(names, name_of(oid, type, s, len));
	assert_int_equal(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
	    X509V3_ADD_DEFAULT), 1);
	found = tls_name_matches(&t, x);
	GENERAL_NAMES_free(names);
	X509_free(x);
	return found;
}

#define COUNTS(oid, type, s) counts(oid, V_ASN1_ ## type, s, sizeof(s) - 1)

static void
good_names_count(void **state)
{
	(void)state;
	assert_true(COUNTS(DNS, IA5STRING, "example.org"));
	assert_true(COUNTS(SRV, IA5STRING, "_xmpp-client.example.org"));
	assert_true(COUNTS(XMPP, UTF8STRING, "example.org"));
}

/* An authority may see the end of it, we the beginning. */
static void
a_nul_ends_no_name(void **state)
{
	(void)state;
	assert_false(COUNTS(DNS, IA5STRING, "example.org\0.evil.net"));
	assert_false(COUNTS(DNS, IA5STRING, "example.org\0"));
	assert_false(COUNTS(SRV, IA5STRING,
	    "_xmpp-client.example.org\0.evil.net"));
	assert_false(COUNTS(XMPP, UTF8STRING, "example.org\0.evil.net"));
	assert_false(COUNTS(XMPP, UTF8STRING, "\0example.org"));
}

static void
a_value_of_another_type_is_no_name(void **state)
{
	(void)state;
	assert_false(COUNTS(SRV, UTF8STRING, "_xmpp-client.example.org"));
	assert_false(COUNTS(SRV, OCTET_STRING, "_xmpp-client.example.org"));
	assert_false(COUNTS(XMPP, IA5STRING, "example.org"));
	assert_false(COUNTS(XMPP, OCTET_STRING, "example.org"));
	assert_false(COUNTS(XMPP, BOOLEAN, ""));
	assert_false(COUNTS(SRV, BOOLEAN, ""));
}

static void
an_empty_or_short_name_is_none(void **state)
{
	(void)state;
	assert_false(COUNTS(DNS, IA5STRING, ""));
	assert_false(COUNTS(SRV, IA5STRING, ""));
	assert_false(COUNTS(SRV, IA5STRING, "_xmpp-client"));
	assert_false(COUNTS(SRV, IA5STRING, "_xmpp-client."));
	assert_false(COUNTS(SRV, IA5STRING, "example.org"));
	assert_false(COUNTS(XMPP, UTF8STRING, ""));
	assert_false(COUNTS(XMPP, UTF8STRING, "_xmpp-client.example.org"));
	assert_false(COUNTS(XMPP, UTF8STRING, "example.or"));
	assert_false(COUNTS(XMPP, UTF8STRING, "example.orgs"));
}

/* A principal name of Microsoft's, a mailbox of RFC 8398. */
static void
other_kinds_do_not_count(void **state)
{
	(void)state;
	assert_false(COUNTS("1.3.6.1.4.1.311.20.2.3", UTF8STRING,
	    "example.org"));
	assert_false(COUNTS("1.3.6.1.5.5.7.8.9", UTF8STRING, "example.org"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names_count),
		cmocka_unit_test(a_nul_ends_no_name),
		cmocka_unit_test(a_value_of_another_type_is_no_name),
		cmocka_unit_test(an_empty_or_short_name_is_none),
		cmocka_unit_test(other_kinds_do_not_count)
	};

	return cmocka_run_group_tests_name("tls_name", tests, NULL, NULL);
}
