/* sasl: PLAIN and SCRAM, both sides, friendly and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "sasl/saslprep.h"
#include "sasl/sasl.h"
#include "sasl/sasl_server.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define CNONCE "fyko+d2lbbFgONRv9qkxdawL"
#define SNONCE "3rfcNHYJY1ZVvWVs7j"
#define GOOD "r=" CNONCE SNONCE ",s=QSXCR+Q6sek8bf92,i=4096"

/* RFC 5802 section 5 */
static const struct sasl_config user = {
	.username = "user", .password = "pencil", .password_len = 6,
	.nonce = CNONCE, .tls = true, .plain_ok = true
};

static struct sasl *
begin(const char *mechanism, const struct sasl_config *c, struct buf *out)
{
	struct sasl *s = NULL;

	buf_init(out, 1 << 20);
	assert_int_equal(sasl_new(&s, mechanism, c), 0);
	assert_string_equal(sasl_mechanism(s), mechanism);
	assert_int_equal(sasl_initial(s, out), 0);
	return s;
}

static void
end(struct sasl *s, struct buf *out)
{
	sasl_free(s);
	buf_wipe(out);
}

/* What the client says to one challenge behind its initial response. */
static int
challenged(const char *first, size_t len)
{
	struct buf out;
	struct sasl *s = begin("SCRAM-SHA-1", &user, &out);
	int r;

	buf_reset(&out);
	r = sasl_challenge(s, first, len, &out);
	if (r < 0) {
		assert_int_equal(buf_len(&out), 0);
		assert_true(sasl_errmsg(s)[0] != '\0');
		/* an error is final */
		assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out),
		    r);
		assert_int_equal(sasl_success(s, NULL, 0), r);
		assert_int_equal(buf_len(&out), 0);
	}
	end(s, &out);
	return r;
}

static void
scram_sha_1_speaks_as_rfc_5802(void **state)
{
	struct buf out;
	struct sasl *s = begin("SCRAM-SHA-1", &user, &out);
	const char *v = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";

	(void)state;
	assert_string_equal(buf_str(&out), "n,,n=user,r=" CNONCE);
	buf_reset(&out);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	assert_string_equal(buf_str(&out), "c=biws,r=" CNONCE SNONCE
	    ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
	assert_int_equal(sasl_success(s, v, strlen(v)), 0);
	end(s, &out);
}

static void
scram_sha_256_speaks_as_rfc_7677(void **state)
{
	struct sasl_config c = user;
	struct buf out;
	struct sasl *s;
	const char *first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hN"
	    "lF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
	const char *v = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

	(void)state;
	c.nonce = "rOprNGfwEbeRWgbNEkqO";
	s = begin("SCRAM-SHA-256", &c, &out);
	assert_string_equal(buf_str(&out), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
	buf_reset(&out);
	assert_int_equal(sasl_challenge(s, first, strlen(first), &out), 0);
	assert_string_equal(buf_str(&out), "c=biws,r=rOprNGfwEbeRWgbNEkqO"
	    "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	assert_int_equal(sasl_success(s, v, strlen(v)), 0);
	end(s, &out);
}

static void
scram_takes_the_signature_as_a_challenge_too(void **state)
{
	const char *v = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";
	struct buf out;
	struct sasl *s = begin("SCRAM-SHA-1", &user, &out);

	(void)state;
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	buf_reset(&out);
	assert_int_equal(sasl_challenge(s, v, strlen(v), &out), 0);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(sasl_success(s, NULL, 0), 0);
	/* over is over */
	assert_int_equal(sasl_success(s, NULL, 0), XERR_PROTO);
	end(s, &out);
}

static void
scram_escapes_names_and_binds_the_header_it_sent(void **state)
{
	struct sasl_config c = user;
	struct buf out;
	struct sasl *s;

	(void)state;
	c.username = "a=b,c";
	c.authzid = "x,y@example.org";
	s = begin("SCRAM-SHA-1", &c, &out);
	assert_string_equal(buf_str(&out),
	    "n,a=x=2Cy@example.org,n=a=3Db=2Cc,r=" CNONCE);
	buf_reset(&out);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	/* base64 of n,a=x=2Cy@example.org, */
	assert_memory_equal(buf_data(&out),
	    "c=bixhPXg9MkN5QGV4YW1wbGUub3JnLA==,r=", 37);
	end(s, &out);
}

static void
scram_refuses_a_hostile_first_message(void **state)
{
	static const struct { const char *m; int r; } t[] = {
#define R "r=" CNONCE SNONCE
#define S ",s=QSXCR+Q6sek8bf92"
		{ R S ",i=4096", 0 },
		{ R S ",i=1000000", 0 },
		{ R S ",i=4096,h=unknown,z=extensions", 0 },
		/* the nonce */
		{ "r=" CNONCE S ",i=4096", XERR_PROTO },
		{ "r=" SNONCE S ",i=4096", XERR_PROTO },
		{ "r=x" CNONCE S ",i=4096", XERR_PROTO },
		{ "r=Fyko+d2lbbFgONRv9qkxdawLxyz" S ",i=4096", XERR_PROTO },
		{ R ",x" S ",i=4096", XERR_PROTO },
		{ R "\x7f" S ",i=4096", XERR_PROTO },
		{ R " " S ",i=4096", XERR_PROTO },
		{ R "\xc3\xa4" S ",i=4096", XERR_PROTO },
		{ "r=" S ",i=4096", XERR_PROTO },
		/* the iteration count */
		{ R S ",i=4095", XERR_AUTH },
		{ R S ",i=1", XERR_AUTH },
		{ R S ",i=1000001", XERR_AUTH },
		{ R S ",i=2147483647", XERR_AUTH },
		{ R S ",i=2147487744", XERR_AUTH },
		{ R S ",i=4000000000", XERR_AUTH },
		{ R S ",i=4294967297", XERR_AUTH },
		{ R S ",i=4294971392", XERR_AUTH },	/* 2^32 + 4096 */
		{ R S ",i=18446744073709551617", XERR_AUTH },
		{ R S ",i=18446744073709555712", XERR_AUTH }, /* 2^64 + */
		{ R S ",i=0", XERR_PROTO },
		{ R S ",i=04096", XERR_PROTO },
		{ R S ",i=-1", XERR_PROTO },
		{ R S ",i=+4096", XERR_PROTO },
		{ R S ",i= 4096", XERR_PROTO },
		{ R S ",i=4096 ", XERR_PROTO },
		{ R S ",i=4096x", XERR_PROTO },
		{ R S ",i=0x1000", XERR_PROTO },
		{ R S ",i=4e3", XERR_PROTO },
		{ R S ",i=", XERR_PROTO },
		/* the salt */
		{ R ",s=,i=4096", XERR_PROTO },
		{ R ",s=Q,i=4096", XERR_PROTO },
		{ R ",s=QSXCR+Q6sek8bf9,i=4096", XERR_PROTO },
		{ R ",s=QSXC R+Q6sek8bf92,i=4096", XERR_PROTO },
		{ R ",s=QSXCR-Q6sek8bf92,i=4096", XERR_PROTO },
		{ R ",s==QSXCR+Q6sek8bf9,i=4096", XERR_PROTO },
		/* the grammar */
		{ "", XERR_PROTO }, { ",", XERR_PROTO }, { "=", XERR_PROTO },
		{ "r", XERR_PROTO }, { "r=", XERR_PROTO }, { R, XERR_PROTO },
		{ R S, XERR_PROTO }, { R S ",", XERR_PROTO },
		{ R ",i=4096", XERR_PROTO },
		{ "s=QSXCR+Q6sek8bf92,i=4096", XERR_PROTO },
		{ R ",i=4096" S, XERR_PROTO },
		{ "s=QSXCR+Q6sek8bf92," R ",i=4096", XERR_PROTO },
		{ R "," R S ",i=4096", XERR_PROTO },
		{ R S S ",i=4096", XERR_PROTO },
		{ R S ",i=4096,i=5000", XERR_PROTO },
		{ R S ",i=4096,r=other", XERR_PROTO },
		{ R S ",i=4096,", XERR_PROTO },
		{ R S ",i=4096,,x=y", XERR_PROTO },
		{ R S ",i=4096,x", XERR_PROTO },
		{ R S ",i=4096,x=", XERR_PROTO },
		{ R S ",i=4096,1=y", XERR_PROTO },
		{ R S ",i=4096,m=y", XERR_PROTO },
		{ "m=must," R S ",i=4096", XERR_PROTO },
		{ "," R S ",i=4096", XERR_PROTO },
		{ "R=" CNONCE SNONCE S ",i=4096", XERR_PROTO },
		{ R S ",i=4096,x=\xff", XERR_PROTO },
		{ R S ",i=4096,x=\xed\xa0\x80", XERR_PROTO },
		{ "e=other-error", XERR_PROTO },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", XERR_PROTO },
#undef R
#undef S
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		if (challenged(t[i].m, strlen(t[i].m)) != t[i].r)
			fail_msg("%s: not %d", t[i].m, t[i].r);
	/* a NUL is no end */
	assert_int_equal(challenged(GOOD "\0", strlen(GOOD) + 1), XERR_PROTO);
	assert_int_equal(challenged(GOOD ",x=a\0b", strlen(GOOD) + 7),
	    XERR_PROTO);
	assert_int_equal(challenged(NULL, 0), XERR_PROTO);
}

static void
scram_refuses_each_cut_first_message(void **state)
{
	size_t i, n = strlen(GOOD);

	(void)state;
	for (i = 0; i < n; i++)
		assert_true(challenged(GOOD, i) < 0);
}

static void
scram_refuses_a_huge_message(void **state)
{
	size_t n = 2 << 20;
	char *m = malloc(n);

	(void)state;
	assert_non_null(m);
	memset(m, 'x', n);
	memcpy(m, "r=" CNONCE, 2 + strlen(CNONCE));
	assert_int_equal(challenged(m, n), XERR_PROTO);
	memcpy(m, GOOD ",x=", strlen(GOOD) + 3);
	assert_int_equal(challenged(m, n), XERR_PROTO);
	assert_int_equal(challenged(m, 4096), 0);
	assert_int_equal(challenged(m, 4097), XERR_PROTO);
	free(m);
}

/* The client's verdict on the server's last message, both ways to send it. */
static int
verdict(const char *last)
{
	struct buf out;
	struct sasl *s = begin("SCRAM-SHA-1", &user, &out);
	int r, r2;

	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	r = sasl_success(s, last, strlen(last));
	end(s, &out);
	if (last[0] == '\0')
		return r;
	s = begin("SCRAM-SHA-1", &user, &out);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	r2 = sasl_challenge(s, last, strlen(last), &out);
	assert_int_equal(r, r2);
	if (r < 0)
		assert_int_equal(sasl_success(s, NULL, 0), r);
	end(s, &out);
	return r;
}

static void
scram_refuses_a_server_without_its_proof(void **state)
{
	static const struct { const char *m; int r; } t[] = {
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", 0 },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,x=y", 0 },
		{ "", XERR_AUTH },
		{ "v=smF9pqV8S7suAoZWja4dJRkFsKQ=", XERR_AUTH },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKU=", XERR_AUTH },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsA==", XERR_AUTH },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQA", XERR_AUTH },
		{ "v=rg==", XERR_AUTH },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ", XERR_PROTO },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ= ", XERR_PROTO },
		{ "v=", XERR_PROTO },
		{ "v", XERR_PROTO },
		{ "x=y", XERR_PROTO },
		{ "x=y,v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", XERR_PROTO },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,"
		    "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", XERR_PROTO },
		{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=,e=no", XERR_PROTO },
		{ "e=invalid-proof", XERR_AUTH },
		{ "e=\x1b[2J,v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", XERR_AUTH },
		{ GOOD, XERR_PROTO },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		if (verdict(t[i].m) != t[i].r)
			fail_msg("%s: not %d", t[i].m, t[i].r);
}

static void
scram_shows_only_harmless_errors(void **state)
{
	struct buf out;
	struct sasl *s = begin("SCRAM-SHA-1", &user, &out);

	(void)state;
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	assert_int_equal(sasl_success(s, "e=invalid-proof", 15), XERR_AUTH);
	assert_string_equal(sasl_errmsg(s), "the server says invalid-proof");
	end(s, &out);
	s = begin("SCRAM-SHA-1", &user, &out);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	assert_int_equal(sasl_success(s, "e=\x1b[2J", 6), XERR_AUTH);
	assert_null(strchr(sasl_errmsg(s), '\x1b'));
	end(s, &out);
}

static void
success_before_its_time_does_not_count(void **state)
{
	const char *v = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";
	struct buf out;
	struct sasl *s = NULL;

	(void)state;
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1", &user), 0);
	assert_int_equal(sasl_success(s, v, strlen(v)), XERR_PROTO);
	sasl_free(s);
	s = begin("SCRAM-SHA-1", &user, &out);
	assert_int_equal(sasl_success(s, v, strlen(v)), XERR_PROTO);
	end(s, &out);
	s = begin("SCRAM-SHA-1", &user, &out);
	assert_int_equal(sasl_success(s, NULL, 0), XERR_PROTO);
	end(s, &out);
}

static void
endless_challenges_end(void **state)
{
	const char *v = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=";
	struct buf out;
	struct sasl *s = begin("SCRAM-SHA-1", &user, &out);

	(void)state;
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out),
	    XERR_PROTO);
	end(s, &out);
	s = begin("SCRAM-SHA-1", &user, &out);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	assert_int_equal(sasl_challenge(s, v, strlen(v), &out), 0);
	assert_int_equal(sasl_challenge(s, v, strlen(v), &out), XERR_PROTO);
	assert_int_equal(sasl_success(s, NULL, 0), XERR_PROTO);
	end(s, &out);
	s = begin("PLAIN", &user, &out);
	assert_int_equal(sasl_challenge(s, "", 0, &out), XERR_PROTO);
	end(s, &out);
	/* before the first word, and behind the last */
	s = NULL;
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1", &user), 0);
	buf_init(&out, 1000);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out),
	    XERR_PROTO);
	assert_int_equal(buf_len(&out), 0);
	end(s, &out);
	s = begin("SCRAM-SHA-1", &user, &out);
	assert_int_equal(sasl_challenge(s, GOOD, strlen(GOOD), &out), 0);
	assert_int_equal(sasl_success(s, v, strlen(v)), 0);
	assert_int_equal(sasl_challenge(s, v, strlen(v), &out), XERR_PROTO);
	end(s, &out);
}

static void
plain_speaks_as_rfc_4616(void **state)
{
	struct sasl_config c = user;
	struct buf out;
	struct sasl *s = begin("PLAIN", &c, &out);

	(void)state;
	assert_int_equal(buf_len(&out), 12);
	assert_memory_equal(buf_data(&out), "\0user\0pencil", 12);
	assert_int_equal(sasl_initial(s, &out), XERR_INTERNAL);
	end(s, &out);
	c.authzid = "Ursel";
	c.username = "Kurt";
	c.password = "xipj3plmq";
	c.password_len = 9;
	s = begin("PLAIN", &c, &out);
	assert_int_equal(buf_len(&out), 20);
	assert_memory_equal(buf_data(&out), "Ursel\0Kurt\0xipj3plmq", 20);
	assert_int_equal(sasl_success(s, NULL, 0), 0);
	end(s, &out);
	s = begin("PLAIN", &c, &out);
	assert_int_equal(sasl_success(s, "x", 1), XERR_PROTO);
	end(s, &out);
}

static void
choose_takes_the_strongest_allowed(void **state)
{
	static const char *const all[] = {
		"PLAIN", "SCRAM-SHA-1", "X-OAUTH", "SCRAM-SHA-512",
		"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "", "scram-sha-1"
	};
	static const char *const two[] = { "PLAIN", "SCRAM-SHA-1" };
	struct sasl_config c = user;

	(void)state;
	assert_string_equal(sasl_choose(&c, all, N(all)), "SCRAM-SHA-512");
	assert_string_equal(sasl_choose(&c, two, 2), "SCRAM-SHA-1");
	assert_string_equal(sasl_choose(&c, two, 1), "PLAIN");
	assert_null(sasl_choose(&c, NULL, 0));
	c.tls = false;
	assert_null(sasl_choose(&c, two, 1));
	c.tls = true;
	c.plain_ok = false;
	assert_null(sasl_choose(&c, two, 1));
	c.plain_ok = true;
	c.only = "PLAIN";
	assert_string_equal(sasl_choose(&c, all, N(all)), "PLAIN");
	c.only = "EXTERNAL";
	assert_null(sasl_choose(&c, all, N(all)));
	c.only = NULL;
	c.password = NULL;
	assert_null(sasl_choose(&c, all, N(all)));
}

static void
new_refuses_what_choose_would_not_choose(void **state)
{
	struct sasl_config c = user;
	struct sasl *s = NULL;

	(void)state;
	assert_int_equal(sasl_new(&s, "X-UNKNOWN", &c), XERR_CONFIG);
	c.tls = false;
	assert_int_equal(sasl_new(&s, "PLAIN", &c), XERR_CONFIG);
	c = user;
	c.username = "";
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1", &c), XERR_CONFIG);
	c = user;
	c.nonce = "short";
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1", &c), XERR_CONFIG);
	c.nonce = "long enough, but with a comma";
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1", &c), XERR_CONFIG);
	assert_null(s);
}

static void
unusable_passwords_are_refused(void **state)
{
	static const struct { const char *s; size_t n; } bad[] = {
		{ "", 0 }, { "pen\0cil", 7 }, { "\0", 1 }, { "pencil\0", 7 },
		{ "\xff", 1 }, { "\xc3", 1 }
	};
	static const char *const mechs[] = { "PLAIN", "SCRAM-SHA-256" };
	struct sasl_config c = user;
	struct sasl *s;
	struct buf out;
	size_t i, j;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < N(bad); i++)
		for (j = 0; j < N(mechs); j++) {
			c.password = bad[i].s;
			c.password_len = bad[i].n;
			assert_int_equal(sasl_new(&s, mechs[j], &c), 0);
			assert_int_equal(sasl_initial(s, &out), XERR_CONFIG);
			assert_int_equal(buf_len(&out), 0);
			assert_true(strlen(sasl_errmsg(s)) > 10);
			sasl_free(s);
		}
	buf_release(&out);
}

static void
saslprep_is_rfc_4013(void **state)
{
	static const struct { const char *in, *out; } t[] = {
		{ "user", "user" }, { "USER", "USER" }, { "a b", "a b" },
		{ "I\xc2\xadX", "IX" },			/* soft hyphen */
		{ "\xc2\xaa", "a" },			/* ordinal */
		{ "\xe2\x85\xa8", "IX" },		/* roman nine */
		{ "\xe2\x84\xac", "B" },		/* script B */
		{ "a\xc2\xa0" "b\xe3\x80\x80" "c", "a b c" },
		{ "e\xcc\x81", "\xc3\xa9" },		/* composed */
		{ "\xef\xac\x81", "fi" },		/* ligature */
		{ "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },	/* emoji */
		{ "\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91" },
		{ "\xd8\xa7\x31\xd8\xa8", "\xd8\xa7\x31\xd8\xa8" },
		{ "\xef\xb7\xba", "\xd8\xb5\xd9\x84\xd9\x89 "
		    "\xd8\xa7\xd9\x84\xd9\x84\xd9\x87 \xd8\xb9\xd9\x84\xd9\x8a"
		    "\xd9\x87 \xd9\x88\xd8\xb3\xd9\x84\xd9\x85" },
		{ "", NULL }, { "\x07", NULL }, { "\x7f", NULL },
		{ "\xc2\xad", NULL },			/* nothing left */
		{ "\xc2\x85", NULL }, { "\xee\x80\x80", NULL },
		{ "\xef\xbf\xbe", NULL }, { "\xf0\x9f\xbf\xbf", NULL },
		{ "\xef\xbf\xbd", NULL }, { "\xe2\x80\xae", NULL },
		{ "\xf3\xa0\x80\xa1", NULL },
		{ "\xd8\xa7\x31", NULL },		/* RFC 4013 section 3 */
		{ "\xd7\x90" "a\xd7\x90", NULL }, { "a\xd7\x90", NULL },
		{ "\xc0\xaf", NULL },
	};
	struct buf out;
	size_t i;
	int r;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < N(t); i++) {
		buf_reset(&out);
		buf_putc(&out, '>');
		r = saslprep(&out, t[i].in, strlen(t[i].in));
		if (r != (t[i].out == NULL ? XERR_SYNTAX : 0) ||
		    strcmp(buf_str(&out) + 1, t[i].out == NULL ? "" :
		    t[i].out) != 0)
			fail_msg("%zu: %d %s", i, r, buf_str(&out));
	}
	buf_release(&out);
}

static int
lookup(void *arg, const char *username, struct buf *password)
{
	const char *known = arg;

	if (strcmp(username, "a=b,c") != 0 && strcmp(username, "user") != 0)
		return XERR_AUTH;
	return buf_puts(password, known);
}

static struct sasl_server_config
server_config(const char *password)
{
	return (struct sasl_server_config){
		.lookup = lookup, .arg = (void *)(uintptr_t)password,
		.nonce = SNONCE, .salt = "A%\302G\344:\261\351<m\377v",
		.salt_len = 12, .iterations = 4096, .tls = true
	};
}

/*
 * Play a whole exchange between a client that believes in C and a server
 * whose user's password is PASSWORD.  0, or who failed first and how.
 */
static int
play(const char *mechanism, const struct sasl_config *c, const char *password)
{
	struct sasl_server_config sc = server_config(password);
	struct sasl_server *srv = NULL;
	struct buf up, down;
	struct sasl *s = begin(mechanism, c, &up);
	int r, turns = 0;

	buf_init(&down, 10000);
	assert_int_equal(sasl_server_new(&srv, mechanism, &sc), 0);
	for (;;) {
		assert_true(++turns < 4);
		buf_reset(&down);
		r = sasl_server_step(srv, buf_data(&up), buf_len(&up), &down);
		if (r != SASL_CONTINUE)
			break;
		buf_reset(&up);
		r = sasl_challenge(s, buf_data(&down), buf_len(&down), &up);
		assert_int_equal(r, 0);
	}
	if (r == SASL_DONE) {
		assert_string_equal(sasl_server_username(srv), c->username);
		if (c->authzid != NULL)
			assert_string_equal(sasl_server_authzid(srv),
			    c->authzid);
		else
			assert_null(sasl_server_authzid(srv));
		r = sasl_success(s, buf_data(&down), buf_len(&down));
	} else {
		assert_string_equal(sasl_server_condition(srv),
		    "not-authorized");
	}
	sasl_server_free(srv);
	buf_release(&down);
	end(s, &up);
	return r;
}

static void
client_and_server_agree_in_each_mechanism(void **state)
{
	struct sasl_config c = user;
	const char *m;
	size_t i;

	(void)state;
	for (i = 0; (m = sasl_server_offer(i, true)) != NULL; i++) {
		c = user;
		assert_int_equal(play(m, &c, "pencil"), 0);
		assert_int_equal(play(m, &c, "pencim"), XERR_AUTH);
		assert_int_equal(play(m, &c, "pencil2"), XERR_AUTH);
		assert_int_equal(play(m, &c, ""), XERR_AUTH);
		/* decomposed here, composed there */
		c.password = "e\xcc\x81t\xc3\xa9 \xef\xac\x81n";
		c.password_len = strlen(c.password);
		assert_int_equal(play(m, &c, "\xc3\xa9te\xcc\x81 fin"), 0);
		c.username = "a=b,c";
		c.authzid = "who,ever=@example.org";
		assert_int_equal(play(m, &c, "\xc3\xa9t\xc3\xa9 fin"), 0);
		c.username = "nobody";
		assert_int_equal(play(m, &c, "\xc3\xa9t\xc3\xa9 fin"),
		    XERR_AUTH);
	}
	assert_int_equal(i, 4);
	assert_null(sasl_server_offer(3, false));
}

static void
server_speaks_as_rfc_5802(void **state)
{
	struct sasl_server_config sc = server_config("pencil");
	const char *first = "n,,n=user,r=" CNONCE;
	const char *last = "c=biws,r=" CNONCE SNONCE
	    ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
	struct sasl_server *s = NULL;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(sasl_server_new(&s, "SCRAM-SHA-1", &sc), 0);
	/* no initial response at all: ask for it, once */
	assert_int_equal(sasl_server_step(s, NULL, 0, &out), SASL_CONTINUE);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(sasl_server_step(s, first, strlen(first), &out),
	    SASL_CONTINUE);
	assert_string_equal(buf_str(&out), GOOD);
	buf_reset(&out);
	assert_int_equal(sasl_server_step(s, last, strlen(last), &out),
	    SASL_DONE);
	assert_string_equal(buf_str(&out), "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
	sasl_server_free(s);
	buf_release(&out);
}

static void
server_refuses_malformed_messages(void **state)
{
	enum kind { P, F, L };	/* PLAIN, SCRAM first, SCRAM last */
	static const struct {
		enum kind kind;
		const char *m;
		size_t n;
		const char *c;
	} t[] = {
#define M(k, s, c) { k, s, sizeof(s) - 1, c }
		M(P, "", "malformed-request"),
		M(P, "\0user\0", "malformed-request"),
		M(P, "\0\0pencil", "malformed-request"),
		M(P, "user\0pencil", "malformed-request"),
		M(P, "\0user\0pencil\0", "malformed-request"),
		M(P, "\0user\0pen\xff", "malformed-request"),
		M(P, "\0user\0pencil ", "not-authorized"),
		M(P, "\0User\0pencil", "not-authorized"),
		M(F, "", "malformed-request"),
		M(F, "n=user,r=" CNONCE, "malformed-request"),
		M(F, "p=tls-exporter,,n=user,r=" CNONCE, "malformed-request"),
		M(F, "x,,n=user,r=" CNONCE, "malformed-request"),
		M(F, "n,b=c,n=user,r=" CNONCE, "malformed-request"),
		M(F, "n,a=,n=user,r=" CNONCE, "malformed-request"),
		M(F, "n,a=\xff,n=user,r=" CNONCE, "malformed-request"),
		M(F, "n,,n=us=er,r=" CNONCE, "malformed-request"),
		M(F, "n,,n=user=2,r=" CNONCE, "malformed-request"),
		M(F, "n,,n=,r=" CNONCE, "malformed-request"),
		M(F, "n,,n=user,r=", "malformed-request"),
		M(F, "n,,n=user,r=a b", "malformed-request"),
		M(F, "n,,m=x,n=user,r=" CNONCE, "malformed-request"),
		M(F, "n,,r=" CNONCE ",n=user", "malformed-request"),
		M(F, "n,,n=nobody,r=" CNONCE, "not-authorized"),
		M(L, "", "malformed-request"),
		M(L, "c=biws,r=" CNONCE SNONCE, "malformed-request"),
		M(L, "c=eSws,r=" CNONCE SNONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		    "malformed-request"),
		M(L, "c=biws,r=" CNONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		    "malformed-request"),
		M(L, "c=biws,r=" CNONCE SNONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=,"
		    "x=y", "malformed-request"),
		M(L, "c=biws,r=" CNONCE SNONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4A==",
		    "not-authorized"),
		M(L, "c=biws,r=" CNONCE SNONCE ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4T4=",
		    "not-authorized"),
		M(L, "c=biws,r=" CNONCE SNONCE ",p=", "malformed-request"),
#undef M
	};
	struct sasl_server_config sc = server_config("pencil");
	const char *first = "n,,n=user,r=" CNONCE;
	struct sasl_server *s;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 10000);
	for (i = 0; i < N(t); i++) {
		assert_int_equal(sasl_server_new(&s, t[i].kind == P ?
		    "PLAIN" : "SCRAM-SHA-1", &sc), 0);
		if (t[i].kind == L)
			assert_int_equal(sasl_server_step(s, first,
			    strlen(first), &out), SASL_CONTINUE);
		buf_reset(&out);
		assert_true(sasl_server_step(s, t[i].m, t[i].n, &out) < 0);
		assert_int_equal(buf_len(&out), 0);
		assert_string_equal(sasl_server_condition(s), t[i].c);
		/* final */
		assert_true(sasl_server_step(s, "\0user\0pencil", 12,
		    &out) < 0);
		sasl_server_free(s);
	}
	buf_release(&out);
}

static void
server_refuses_unfit_configurations(void **state)
{
	struct sasl_server_config c = server_config("pencil");
	struct sasl_server *s = NULL;

	(void)state;
	assert_int_equal(sasl_server_new(&s, "X", &c), XERR_CONFIG);
	c.tls = false;
	assert_int_equal(sasl_server_new(&s, "PLAIN", &c), XERR_TLS);
	c.iterations = 4095;
	assert_int_equal(sasl_server_new(&s, "SCRAM-SHA-1", &c), XERR_CONFIG);
	c.iterations = 4096;
	c.nonce = "a,b";
	assert_int_equal(sasl_server_new(&s, "SCRAM-SHA-1", &c), XERR_CONFIG);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scram_sha_1_speaks_as_rfc_5802),
		cmocka_unit_test(scram_sha_256_speaks_as_rfc_7677),
		cmocka_unit_test(scram_takes_the_signature_as_a_challenge_too),
		cmocka_unit_test(
		    scram_escapes_names_and_binds_the_header_it_sent),
		cmocka_unit_test(scram_refuses_a_hostile_first_message),
		cmocka_unit_test(scram_refuses_each_cut_first_message),
		cmocka_unit_test(scram_refuses_a_huge_message),
		cmocka_unit_test(scram_refuses_a_server_without_its_proof),
		cmocka_unit_test(scram_shows_only_harmless_errors),
		cmocka_unit_test(success_before_its_time_does_not_count),
		cmocka_unit_test(endless_challenges_end),
		cmocka_unit_test(plain_speaks_as_rfc_4616),
		cmocka_unit_test(choose_takes_the_strongest_allowed),
		cmocka_unit_test(new_refuses_what_choose_would_not_choose),
		cmocka_unit_test(unusable_passwords_are_refused),
		cmocka_unit_test(saslprep_is_rfc_4013),
		cmocka_unit_test(client_and_server_agree_in_each_mechanism),
		cmocka_unit_test(server_speaks_as_rfc_5802),
		cmocka_unit_test(server_refuses_malformed_messages),
		cmocka_unit_test(server_refuses_unfit_configurations)
	};

	return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
