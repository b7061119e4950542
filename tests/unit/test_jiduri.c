/* jiduri: xmpp: URIs and IRIs (RFC 5122). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "jid/jiduri.h"

static void
assert_uri(const char *s, const char *account, const char *jid,
    const char *again)
{
	struct jid_uri u;
	struct buf b;

	assert_int_equal(jiduri_parse(&u, s, strlen(s), NULL), 0);
	assert_string_equal(jid_str(&u.account), account);
	assert_string_equal(jid_str(&u.jid), jid);
	buf_init(&b, 4096);
	assert_int_equal(jiduri_put_uri(&b, &u), 0);
	assert_string_equal(buf_str(&b), again);
	buf_release(&b);
}

static void
reads_and_writes_addresses(void **state)
{
	(void)state;
	assert_uri("xmpp:node@example.com", "", "node@example.com",
	    "xmpp:node@example.com");
	assert_uri("XMPP:Node@EXAMPLE.com/Some%20Res", "",
	    "node@example.com/Some Res", "xmpp:node@example.com/Some%20Res");
	assert_uri("xmpp:example.com", "", "example.com", "xmpp:example.com");
	assert_uri("xmpp:a@[2001:db8::1]/r", "", "a@[2001:db8::1]/r",
	    "xmpp:a@[2001:db8::1]/r");
	/* RFC 5122 2.7.1: the separators inside a part are encoded */
	assert_uri("xmpp:b/x%40y%2Fz", "", "b/x@y/z", "xmpp:b/x%40y%2Fz");
	assert_uri("xmpp:b/x@y/z?", "", "b/x@y/z", "xmpp:b/x%40y%2Fz?");
}

static void
reads_iris_and_writes_uris(void **state)
{
	(void)state;
	/* the example of RFC 5122 2.7.2 */
	assert_uri("xmpp:ji\xc5\x99i@\xc4\x8d" "echy.example/v%20Praze", "",
	    "ji\xc5\x99i@\xc4\x8d" "echy.example/v Praze",
	    "xmpp:ji%C5%99i@%C4%8Dechy.example/v%20Praze");
}

static void
tells_the_account_from_the_address(void **state)
{
	(void)state;
	assert_uri("xmpp://guest@example.com/support@example.com/x?message",
	    "guest@example.com", "support@example.com/x",
	    "xmpp://guest@example.com/support@example.com/x?message");
	assert_uri("xmpp://guest@example.com", "guest@example.com", "",
	    "xmpp://guest@example.com");
}

static void
reads_the_query(void **state)
{
	static const char s[] = "xmpp:a@b?message;subject=Hi%20there;"
	    "body=1%3B2;x=#frag%20";
	struct buf key, value;
	struct jid_uri u;
	size_t pos = 0;

	(void)state;
	buf_init(&key, 100);
	buf_init(&value, 100);
	assert_int_equal(jiduri_parse(&u, s, sizeof(s) - 1, NULL), 0);
	assert_int_equal(jiduri_action(&key, &u), 0);
	assert_string_equal(buf_str(&key), "message");
	buf_reset(&key);
	assert_int_equal(jiduri_next(&u, &pos, &key, &value), 1);
	assert_string_equal(buf_str(&key), "subject");
	assert_string_equal(buf_str(&value), "Hi there");
	buf_reset(&key);
	buf_reset(&value);
	assert_int_equal(jiduri_next(&u, &pos, &key, &value), 1);
	assert_string_equal(buf_str(&value), "1;2");
	buf_reset(&key);
	buf_reset(&value);
	assert_int_equal(jiduri_next(&u, &pos, &key, &value), 1);
	assert_string_equal(buf_str(&key), "x");
	assert_string_equal(buf_str(&value), "");
	assert_int_equal(jiduri_next(&u, &pos, &key, &value), 0);
	buf_release(&key);
	buf_release(&value);
	assert_uri(s, "", "a@b", s);
}

static void
assert_refused(const char *s, enum jid_part part, enum jid_rule rule,
    size_t offset)
{
	struct jid_uri u, before;
	struct jid_error e;

	memset(&u, 1, sizeof(u));
	before = u;
	assert_int_equal(jiduri_parse(&u, s, strlen(s), &e), XERR_SYNTAX);
	assert_memory_equal(&u, &before, sizeof(u));
	assert_int_equal(e.part, part);
	assert_int_equal(e.rule, rule);
	assert_int_equal(e.offset, offset);
}

static void
says_where_a_uri_is_wrong(void **state)
{
	(void)state;
	assert_refused("http:a@b", JID_URI, JID_RULE_URI_SCHEME, 0);
	assert_refused("xmpp", JID_URI, JID_RULE_URI_SCHEME, 0);
	assert_refused("xmpp:a b@c", JID_URI, JID_RULE_URI_CHAR, 6);
	assert_refused("xmpp:a@b#x#", JID_URI, JID_RULE_URI_CHAR, 10);
	assert_refused("xmpp:a%4", JID_URI, JID_RULE_URI_PERCENT, 6);
	assert_refused("xmpp:a%zz@b", JID_URI, JID_RULE_URI_PERCENT, 6);
	assert_refused("xmpp:a@b?x;y", JID_URI, JID_RULE_URI_QUERY, 12);
	assert_refused("xmpp:a@b?x;y=1=2", JID_URI, JID_RULE_URI_QUERY, 14);
	assert_refused("xmpp:a@b?x=y", JID_URI, JID_RULE_URI_QUERY, 10);
	assert_refused("xmpp:", JID_DOMAINPART, JID_RULE_EMPTY, 5);
	assert_refused("xmpp:@b", JID_LOCALPART, JID_RULE_EMPTY, 5);
	assert_refused("xmpp://b/c", JID_LOCALPART, JID_RULE_EMPTY, 7);
	/* an encoded separator is no separator */
	assert_refused("xmpp:a%40b@c", JID_LOCALPART, JID_RULE_EXCLUDED, 6);
	assert_refused("xmpp:x%2fy", JID_DOMAINPART, JID_RULE_LDH, 6);
	assert_refused("xmpp:a@b/%00", JID_RESOURCEPART, JID_RULE_CONTROL, 9);
	/* the offset is that in the URI, behind what is encoded */
	assert_refused("xmpp:a@b/%C3%A4%01", JID_RESOURCEPART,
	    JID_RULE_CONTROL, 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_addresses),
		cmocka_unit_test(reads_iris_and_writes_uris),
		cmocka_unit_test(tells_the_account_from_the_address),
		cmocka_unit_test(reads_the_query),
		cmocka_unit_test(says_where_a_uri_is_wrong)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
