/* xmpp/fast: the tokens of a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "xmpp/datetime.h"
#include "server/fast.h"

#define M "HT-SHA-256-EXPR"
#define OTHER "HT-SHA-256-NONE"

enum { LIFE = 100, ROTATE = 50, START = 1000 };

static struct fast *
store(void)
{
	struct fast *f;

	assert_int_equal(fast_new(&f, LIFE, ROTATE), 0);
	return f;
}

static void
issue(struct fast *f, const char *account, const char *id, const char *token,
    int64_t now)
{
	int64_t expiry = 0;

	assert_int_equal(fast_issue(f, account, id, M, token, now, &expiry),
	    0);
	assert_int_equal(expiry, now + LIFE);
}

static void
a_token_is_of_one_account_and_client_and_mechanism(void **state)
{
	struct fast *f = store();
	struct fast_client *c;

	(void)state;
	assert_null(fast_client(f, "a@x", "1"));
	issue(f, "a@x", "1", "t1", START);
	issue(f, "a@x", "2", "t2", START);
	issue(f, "b@x", "1", "t3", START);
	assert_null(fast_client(f, "b@x", "2"));
	c = fast_client(f, "a@x", "1");
	assert_string_equal(fast_token(c, M, 0), "t1");
	assert_null(fast_token(c, M, 1));
	assert_null(fast_token(c, OTHER, 0));
	assert_string_equal(fast_token(fast_client(f, "a@x", "2"), M, 0),
	    "t2");
	assert_string_equal(fast_token(fast_client(f, "b@x", "1"), M, 0),
	    "t3");
	fast_free(f);
}

static void
an_old_token_is_good_until_its_successor_is_used(void **state)
{
	struct fast *f = store();
	struct fast_client *c;

	(void)state;
	issue(f, "a@x", "1", "t1", START);
	c = fast_client(f, "a@x", "1");
	assert_int_equal(fast_use(c, M, 0, START, 0), FAST_GOOD);
	issue(f, "a@x", "1", "t2", START + 1);
	/* one that nobody has used is replaced, the one in use is not */
	issue(f, "a@x", "1", "t3", START + 2);
	assert_string_equal(fast_token(c, M, 0), "t3");
	assert_string_equal(fast_token(c, M, 1), "t1");
	assert_null(fast_token(c, M, 2));
	assert_int_equal(fast_use(c, M, 1, START, 0), FAST_GOOD);
	assert_string_equal(fast_token(c, M, 0), "t3");
	assert_int_equal(fast_use(c, M, 0, START, 0), FAST_GOOD);
	assert_string_equal(fast_token(c, M, 0), "t3");
	assert_null(fast_token(c, M, 1));
	fast_free(f);
}

static void
a_token_expires_and_is_due_before_that(void **state)
{
	struct fast *f = store();
	struct fast_client *c;

	(void)state;
	issue(f, "a@x", "1", "t1", START);
	c = fast_client(f, "a@x", "1");
	assert_false(fast_is_due(f, c, START + LIFE));
	assert_int_equal(fast_use(c, M, 0, START + LIFE, 0), FAST_EXPIRED);
	assert_int_equal(fast_use(c, M, 0, START + LIFE - 1, 0), FAST_GOOD);
	assert_false(fast_is_due(f, c, START + ROTATE - 1));
	assert_true(fast_is_due(f, c, START + ROTATE));
	assert_int_equal(fast_use(c, M, 0, START + LIFE, 0), FAST_EXPIRED);
	fast_free(f);
}

static void
a_count_must_grow_for_each_token(void **state)
{
	static const struct { uint32_t count; enum fast_verdict v; } t[] = {
		{ 0, FAST_GOOD }, { 5, FAST_GOOD }, { 5, FAST_REPLAYED },
		{ 4, FAST_REPLAYED }, { 0, FAST_GOOD }, { 5, FAST_REPLAYED },
		{ 6, FAST_GOOD },
		{ UINT32_MAX, FAST_GOOD }, { 1, FAST_REPLAYED }
	};
	struct fast *f = store();
	struct fast_client *c;
	size_t i;

	(void)state;
	issue(f, "a@x", "1", "t1", START);
	c = fast_client(f, "a@x", "1");
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(fast_use(c, M, 0, START, t[i].count),
		    t[i].v);
	/* a new token counts anew */
	issue(f, "a@x", "1", "t2", START);
	assert_int_equal(fast_use(c, M, 0, START, 1), FAST_GOOD);
	assert_int_equal(fast_use(c, M, 0, START, 1), FAST_REPLAYED);
	fast_free(f);
}

static void
what_is_invalidated_is_gone(void **state)
{
	struct fast *f = store();
	struct fast_client *c;

	(void)state;
	issue(f, "a@x", "1", "t1", START);
	c = fast_client(f, "a@x", "1");
	assert_int_equal(fast_use(c, M, 0, START, 0), FAST_GOOD);
	issue(f, "a@x", "1", "t2", START);
	fast_invalidate(c);
	assert_null(fast_token(c, M, 0));
	assert_int_equal(fast_use(c, M, 0, START, 0), FAST_EXPIRED);
	assert_false(fast_is_due(f, c, START + LIFE));
	fast_free(f);
}

static void
clients_are_bounded_and_the_oldest_goes(void **state)
{
	struct fast *f = store();
	char id[20], big[FAST_TOKEN_MAX + 2];
	int64_t expiry;
	int i;

	(void)state;
	for (i = 0; i <= FAST_CLIENTS; i++) {
		snprintf(id, sizeof(id), "%d", i);
		issue(f, "a@x", id, "t", START);
		issue(f, "a@x", "often", "t", START);
	}
	assert_null(fast_client(f, "a@x", "0"));
	assert_null(fast_client(f, "a@x", "1"));
	assert_non_null(fast_client(f, "a@x", "2"));
	assert_non_null(fast_client(f, "a@x", "often"));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(fast_issue(f, "a@x", "1", M, big, START, &expiry),
	    XERR_LIMIT);
	assert_null(fast_client(f, "a@x", "1"));
	fast_free(f);
	fast_free(NULL);
}

static void
moments_are_written_as_they_are_read(void **state)
{
	static const struct { int64_t t; const char *s; } t[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1031694067, "2002-09-10T21:41:07Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" }
	};
	char s[DATETIME_LEN + 1];
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(datetime_format(s, t[i].t), 0);
		assert_string_equal(s, t[i].s);
		assert_int_equal(datetime_parse(&back, s), 0);
		assert_int_equal(back, t[i].t);
	}
	assert_int_equal(datetime_format(s, 253402300800), XERR_SYNTAX);
	assert_int_equal(datetime_format(s, INT64_MAX), XERR_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_token_is_of_one_account_and_client_and_mechanism),
		cmocka_unit_test(
		    an_old_token_is_good_until_its_successor_is_used),
		cmocka_unit_test(a_token_expires_and_is_due_before_that),
		cmocka_unit_test(a_count_must_grow_for_each_token),
		cmocka_unit_test(what_is_invalidated_is_gone),
		cmocka_unit_test(clients_are_bounded_and_the_oldest_goes),
		cmocka_unit_test(moments_are_written_as_they_are_read)
	};

	return cmocka_run_group_tests_name("fast", tests, NULL, NULL);
}
