/* jid: what must hold for every input, tried on many made at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uninorm.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/xerr.h"
#include "jid/ascii.h"
#include "jid/enforce.h"
#include "jid/jid6122.h"
#include "jid/jiduri.h"
#include "jid/ucd.h"

/* xorshift64 (Marsaglia): the same inputs in every run. */
static uint64_t seed;

static uint32_t
pick(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % n;
}

/* Every code point, or under valgrind a part of them. */
static uint32_t
step(void)
{
	return getenv("SLOW") != NULL ? 31 : 1;
}

/* Blocks in which rules differ; the last one is everything. */
static const struct {
	uint32_t lo, hi;
} blocks[] = {
	{ 'a', 'z' }, { 'a', 'z' }, { 'A', 'Z' }, { '0', '9' }, { '-', '.' },
	{ 0x20, 0x7e }, { 0xa0, 0x17f }, { 0x300, 0x345 }, { 0x370, 0x3ff },
	{ 0x400, 0x4ff }, { 0x5b0, 0x5f4 }, { 0x600, 0x6ff },
	{ 0x900, 0x97f }, { 0x1100, 0x11ff }, { 0x13a0, 0x13ff },
	{ 0x1e00, 0x1fff }, { 0x200b, 0x200f }, { 0x2100, 0x214f },
	{ 0x3000, 0x30ff }, { 0xac00, 0xad00 }, { 0xf900, 0xfb4f },
	{ 0xff00, 0xffef }, { 0x1d400, 0x1d7ff }, { 0x1f300, 0x1f600 },
	{ 0, 0x10ffff }
};

static size_t
random_text(char *s, size_t max)
{
	size_t n = 0, points = 1 + pick(12), b = pick(25);
	unsigned char u[4];
	uint32_t cp;
	size_t k;

	for (; points > 0 && n + 4 < max; points--) {
		if (pick(4) == 0)
			b = pick(sizeof(blocks) / sizeof(blocks[0]));
		cp = blocks[b].lo + pick(blocks[b].hi - blocks[b].lo + 1);
		if (cp >= 0xd800 && cp <= 0xdfff)
			cp = 'x';
		k = utf8_encode(u, cp);
		memcpy(s + n, u, k);
		n += k;
	}
	if (pick(50) == 0)
		s[pick((uint32_t)n)] = (char)pick(256);
	return n;
}

static size_t
random_address(char *s)
{
	size_t n = 0;

	if (pick(2)) {
		n = random_text(s, 60);
		s[n++] = '@';
	}
	if (pick(8) == 0) {
		memcpy(s + n, "xn--", 4);
		n += 4;
	}
	/* mostly a plain one, or hardly any address would be valid */
	if (pick(3)) {
		memcpy(s + n, "b.Example", 9);
		n += 9;
	} else {
		n += random_text(s + n, 60);
	}
	if (pick(4) == 0) {
		s[n++] = '.';
		n += random_text(s + n, 60);
	}
	if (pick(2)) {
		s[n++] = '/';
		n += random_text(s + n, 60);
	}
	return n;
}

/* Parse S once more from its normal form and from its parts. */
static void
check_normal(const struct jid *j)
{
	struct slice l, d, r;
	struct jid_error e;
	struct jid again;

	assert_int_equal(jid_parse(&again, jid_str(j), jid_len(j)), 0);
	assert_true(jid_equal(j, &again));
	l.s = jid_local(j, &l.len);
	d.s = jid_domain(j, &d.len);
	r.s = jid_resource(j, &r.len);
	assert_int_equal(enforce_parts(&again, l, d, r, &e), 0);
	assert_true(jid_equal(j, &again));
	assert_int_equal(jid_len(j), strlen(jid_str(j)));
	assert_int_equal(utf8_span(jid_str(j), jid_len(j)), jid_len(j));
	assert_true(l.len <= JID_PART_MAX && d.len <= JID_PART_MAX &&
	    r.len <= JID_PART_MAX);
}

/* A domain goes to ASCII and comes back as the same. */
static void
check_ascii(const struct jid *j)
{
	struct jid back, domain;
	struct buf b;

	if (jid_domain_is_ip(j))
		return;
	jid_copy(&domain, j);
	jid_to_domain(&domain);
	buf_init(&b, 4096);
	assert_int_equal(jid_domain_ascii(j, &b), 0);
	assert_true(buf_len(&b) <= 253);
	assert_int_equal(jid_parse(&back, buf_str(&b), buf_len(&b)), 0);
	assert_true(jid_equal(&domain, &back));
	buf_release(&b);
}

static void
check_uri(const struct jid *j)
{
	struct jid_uri u;
	struct buf b;

	buf_init(&b, 4 * JID_MAX);
	assert_int_equal(jiduri_put(&b, NULL, j), 0);
	assert_int_equal(jiduri_parse(&u, buf_str(&b), buf_len(&b), NULL), 0);
	assert_true(jid_equal(&u.jid, j));
	buf_release(&b);
}

static void
enforcing_twice_changes_nothing(void **state)
{
	char s[1024];
	struct jid_error e;
	struct jid j;
	size_t len;
	int i, valid = 0;

	(void)state;
	seed = 88172645463325252;
	for (i = 0; i < 60000; i += (int)step()) {
		len = random_address(s);
		if (jid_parse_why(&j, s, len, &e) < 0) {
			assert_true(e.offset <= len);
			assert_int_not_equal(e.rule, JID_RULE_NONE);
			continue;
		}
		valid++;
		check_normal(&j);
		check_ascii(&j);
		check_uri(&j);
	}
	/* or this would test nothing */
	assert_true(valid > 10000 / (int)step());
}

static void
every_code_point_alone_keeps_to_that(void **state)
{
	char s[16];
	struct jid j;
	uint32_t cp;
	size_t n;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp += step()) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		n = utf8_encode((unsigned char *)s, cp);
		memcpy(s + n, "@b", 2);
		if (jid_parse(&j, s, n + 2) == 0)
			check_normal(&j);
		memcpy(s, "a.b/", 4);
		n = 4 + utf8_encode((unsigned char *)s + 4, cp);
		if (jid_parse(&j, s, n) == 0)
			check_normal(&j);
		s[1] = 'b';
		s[2] = '.';
		n = 3 + utf8_encode((unsigned char *)s + 3, cp);
		if (jid_parse(&j, s, n) == 0)
			check_normal(&j);
	}
}

static void
portable_implies_both(void **state)
{
	struct jid new, old, both;
	char s[1024];
	size_t len;
	int i, r, portable = 0;

	(void)state;
	seed = 2463534242;
	for (i = 0; i < 40000; i += (int)step()) {
		len = random_address(s);
		r = jid6122_parse_portable(&both, s, len, NULL);
		if (jid_parse(&new, s, len) < 0 ||
		    jid6122_parse(&old, s, len, NULL) < 0 ||
		    !jid_equal(&new, &old)) {
			assert_int_equal(r, XERR_SYNTAX);
			continue;
		}
		assert_int_equal(r, 0);
		assert_true(jid_equal(&both, &new));
		portable++;
	}
	assert_true(portable > 3000 / (int)step());
}

/* Behind each of some that much composes with. */
static void
what_is_surely_nfc_is_so(void **state)
{
	static const uint32_t before[] = {
		'a', 0x03b9, 0x0627, 0x0915, 0x09c7, 0x1100, 0xac00, 0x304b
	};
	uint32_t s[2], out[16], cp;
	size_t i, n, surely = 0;

	(void)state;
	for (cp = 0; cp <= 0x10ffff; cp += step()) {
		if ((cp >= 0xd800 && cp <= 0xdfff) || !ucd_is_surely_nfc(cp))
			continue;
		surely++;
		for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
			s[0] = before[i];
			s[1] = cp;
			n = 16;
			assert_ptr_equal(u32_normalize(UNINORM_NFC, s, 2, out,
			    &n), out);
			assert_int_equal(n, 2);
			assert_memory_equal(s, out, sizeof(s));
		}
	}
	assert_true(surely > 200000 / step());
}

/* Printable ASCII, rich in what separates. */
static size_t
random_ascii(char *s, size_t max)
{
	static const char often[] = "abzAZ019.-_@/\\'\"<>&: ~`[{^\x7f\x01\x80";
	size_t i, n = pick((uint32_t)max + 1);

	for (i = 0; i < n; i++)
		s[i] = pick(4) ? (char)('a' + pick(26)) :
		    often[pick(sizeof(often) - 1)];
	return n;
}

/*
 * The short cut must give what the long way does.  S is copied to where it
 * ends at the end of its memory, so that a sanitizer sees a read behind it.
 */
static void
the_short_cut_leads_to_the_same(void **state)
{
	struct jid j, want;
	struct slice l, d, r;
	struct jid_error e;
	char s[80], *at;
	const char *p;
	size_t len;
	int i, taken = 0;

	(void)state;
	seed = 123456789;
	for (i = 0; i < 600000; i++) {
		len = random_ascii(s, 70);
		at = s + sizeof(s) - len;
		memmove(at, s, len);
		j = (struct jid){ .locallen = 7 };
		if (!ascii_parse(&j, at, len)) {
			assert_int_equal(j.locallen, 7);
			continue;
		}
		taken++;
		l = r = (struct slice){ NULL, 0 };
		d = (struct slice){ at, len };
		if ((p = memchr(d.s, '/', d.len)) != NULL) {
			r = (struct slice){ p + 1,
			    len - (size_t)(p + 1 - at) };
			d.len = (size_t)(p - at);
		}
		if ((p = memchr(d.s, '@', d.len)) != NULL) {
			l = (struct slice){ at, (size_t)(p - at) };
			d.len -= l.len + 1;
			d.s = p + 1;
		}
		assert_int_equal(enforce_parts(&want, l, d, r, &e), 0);
		assert_true(jid_equal(&j, &want));
		assert_string_equal(jid_str(&j), jid_str(&want));
		assert_int_equal(j.len, want.len);
	}
	assert_true(taken > 10000 / (int)step());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enforcing_twice_changes_nothing),
		cmocka_unit_test(every_code_point_alone_keeps_to_that),
		cmocka_unit_test(portable_implies_both),
		cmocka_unit_test(what_is_surely_nfc_is_so),
		cmocka_unit_test(the_short_cut_leads_to_the_same)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
