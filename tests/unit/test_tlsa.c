/* net/resolve_tlsa: what a name server says, whole, cut short and bent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "net/resolve_int.h"

/* _5222._tcp.a.example: an alias of _d.b.example, which has two records. */
static const unsigned char answer[] =
	"\x12\x34\x81\xa0\0\1\0\4\0\0\0\0"
	"\5_5222\4_tcp\1a\7example\0\0\x34\0\1"
	"\xc0\x0c\0\5\0\1\0\0\0\0\0\7\2_d\1b\xc0\x19"
	"\xc0\x32\0\x34\0\1\0\0\0\0\0\7\3\1\1abcd"
	"\xc0\x32\0\x34\0\1\0\0\0\0\0\6\2\0\2xyz"
	"\xc0\x32\0\x34\0\1\0\0\0\0\0\3\3\1\1";

enum { SIZE = sizeof(answer) - 1 };

/* From memory of just that size, so that a step beyond is seen. */
static int
take(struct tlsa_query *q, unsigned char **copy, size_t len)
{
	*q = (struct tlsa_query){ .asked = true };
	if ((*copy = malloc(len)) == NULL)
		return XERR_NOMEM;
	memcpy(*copy, answer, len);
	return resolve_take_tlsa(q, *copy, len);
}

static void
records_are_taken(void **state)
{
	struct tlsa_query q;
	unsigned char *copy;

	(void)state;
	assert_int_equal(take(&q, &copy, SIZE), 0);
	/* and not the one of which nothing is to be matched */
	assert_int_equal(q.n, 2);
	assert_int_equal(q.list[0].usage, 3);
	assert_int_equal(q.list[0].selector, 1);
	assert_int_equal(q.list[0].type, 1);
	assert_int_equal(q.list[0].len, 4);
	assert_memory_equal(q.list[0].data, "abcd", 4);
	assert_int_equal(q.list[1].usage, 2);
	assert_int_equal(q.list[1].len, 3);
	resolve_take_alias(&q, copy, SIZE);
	assert_string_equal(q.alias, "_d.b.example");
	tlsa_query_release(&q);
	free(copy);
}

static void
what_is_cut_short_is_malformed(void **state)
{
	struct tlsa_query q;
	unsigned char *copy;
	size_t len;

	(void)state;
	for (len = 12; len < SIZE; len++) {
		assert_int_equal(take(&q, &copy, len), XERR_TEMP);
		resolve_take_alias(&q, copy, len);
		tlsa_query_release(&q);
		free(copy);
	}
}

static void
what_is_bent_does_no_harm(void **state)
{
	struct tlsa_query q;
	unsigned char *copy;
	size_t i, k;
	int value;

	(void)state;
	for (i = 4; i < SIZE; i++)
		for (value = 0; value < 256; value++) {
			take(&q, &copy, SIZE);
			tlsa_query_release(&q);
			copy[i] = (unsigned char)value;
			resolve_take_tlsa(&q, copy, SIZE);
			resolve_take_alias(&q, copy, SIZE);
			for (k = 0; k < q.n; k++)
				assert_true(q.list[k].data >= copy + 12 &&
				    q.list[k].data + q.list[k].len <=
				    copy + SIZE);
			assert_non_null(memchr(q.alias, '\0', RESOLVE_NAME));
			tlsa_query_release(&q);
			free(copy);
		}
}

static void
more_records_than_anybody_needs_are_left(void **state)
{
	static const unsigned char one[] = "\0\0\x34\0\1\0\0\0\0\0\4"
	    "\3\1\1a";
	unsigned char many[12 + 1000 * (sizeof(one) - 1)] = { 0 };
	struct tlsa_query q = { .asked = true };
	size_t i;

	(void)state;
	many[6] = 1000 >> 8;
	many[7] = 1000 & 255;
	for (i = 0; i < 1000; i++)
		memcpy(many + 12 + i * (sizeof(one) - 1), one,
		    sizeof(one) - 1);
	assert_int_equal(resolve_take_tlsa(&q, many, sizeof(many)), 0);
	assert_in_range(q.n, 16, 100);
	tlsa_query_release(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_taken),
		cmocka_unit_test(what_is_cut_short_is_malformed),
		cmocka_unit_test(what_is_bent_does_no_harm),
		cmocka_unit_test(more_records_than_anybody_needs_are_left),
	};

	return cmocka_run_group_tests_name("tlsa", tests, NULL, NULL);
}
