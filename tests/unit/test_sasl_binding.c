/*
 * sasl: what ties an exchange to its channel and to the server's offer, and the
 * mechanisms without a password; both sides, over real channels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls_int.h"
#include "sasl/downgrade.h"
#include "sasl/sasl.h"
#include "sasl/sasl_server.h"
#include "tlspair.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum { ALL = 100000 };

#define CNONCE "12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6"
#define SNONCE "a09117a6-ac50-4f2f-93f1-93799c2bddf6"
#define FIRST "r=" CNONCE SNONCE ",s=QSXCR+Q6sek8bf92,i=4096"
#define FAKE "THIS IS FAKE CB DATA"
#define EXPORTER "tls-exporter"
#define END_POINT "tls-server-end-point"
#define UNIQUE "tls-unique"

static const struct sasl_binding fake[] = {
	{ EXPORTER, FAKE, sizeof(FAKE) - 1 },
	{ END_POINT, "the certificate", 15 }
};
static const struct sasl_binding fake_unique[] = {
	{ EXPORTER, FAKE, sizeof(FAKE) - 1 },
	{ UNIQUE, "finished", 8 }
};

static const char *const two[] = { "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS" };
static const char *const types[] = { END_POINT, EXPORTER };

/* XEP-0474 section 5.3 */
static struct sasl_config
user(void)
{
	return (struct sasl_config){
		.username = "user", .password = "pencil", .password_len = 6,
		.nonce = CNONCE, .tls = true, .plain_ok = true,
		.bindings = fake, .nbindings = 2,
		.offered = two, .noffered = 2,
		.announced = types, .nannounced = 2
	};
}

static int
lookup(void *arg, const char *username, struct buf *password)
{
	(void)arg;
	return strcmp(username, "user") != 0 ? XERR_AUTH :
	    buf_puts(password, "pencil");
}

static struct sasl_server_config
server_config(void)
{
	return (struct sasl_server_config){
		.lookup = lookup, .nonce = SNONCE,
		.salt = "A%\302G\344:\261\351<m\377v", .salt_len = 12,
		.iterations = 4096, .tls = true,
		.bindings = fake, .nbindings = 2,
		.offered = two, .noffered = 2,
		.announced = types, .nannounced = 2
	};
}

/* The client's first words with MECHANISM, or the error. */
static int
initial(const char *mechanism, const struct sasl_config *c, struct buf *out)
{
	struct sasl *s = NULL;
	int r;

	buf_init(out, 10000);
	if ((r = sasl_new(&s, mechanism, c)) == 0 &&
	    (r = sasl_initial(s, out)) < 0)
		assert_true(sasl_errmsg(s)[0] != '\0');
	sasl_free(s);
	return r;
}

/* What was sent on a memory is judged by what is offered in truth. */
static void
an_offer_that_comes_later_is_judged_too(void **state)
{
	struct sasl_config c = user(), stripped = user();
	struct sasl *s = NULL;
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	stripped.noffered = 1;
	stripped.at_least = "SCRAM-SHA-1-PLUS";
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1-PLUS", &c), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	assert_int_equal(sasl_set_offer(s, &c), 0);
	assert_int_equal(sasl_set_offer(s, &stripped), XERR_AUTH);
	assert_non_null(strstr(sasl_errmsg(s), "removed"));
	assert_int_equal(sasl_challenge(s, FIRST, strlen(FIRST), &out),
	    XERR_AUTH);
	sasl_free(s);
	buf_release(&out);
}

static void
the_server_speaks_as_xep_0474(void **state)
{
	struct sasl_server_config c = server_config();
	const char *first = "p=tls-exporter,,n=user,r=" CNONCE;
	const char *last = "c=cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB"
	    ",r=" CNONCE SNONCE ",x=19C6532F-1CF4-4A27-A18D-DC9CEA41BBB3,"
	    "p=M/SIDjT+dfcxUh89jZEypRvFxB4=";
	struct sasl_server *s = NULL;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(sasl_server_new(&s, "SCRAM-SHA-1-PLUS", &c), 0);
	assert_int_equal(sasl_server_step(s, first, strlen(first), &out),
	    SASL_CONTINUE);
	assert_string_equal(buf_str(&out),
	    FIRST ",h=G6k/rBLDqgOhRRaCuuatSDFkJ08=");
	buf_reset(&out);
	assert_int_equal(sasl_server_step(s, last, strlen(last), &out),
	    SASL_DONE);
	assert_string_equal(buf_str(&out), "v=MQrMPvv7yv4x4Cq4W4Ih25EqS2c=");
	assert_string_equal(sasl_server_mechanism(s), "SCRAM-SHA-1-PLUS");
	sasl_server_free(s);
	buf_release(&out);
}

static void
the_client_binds_the_header_and_the_channel(void **state)
{
	struct sasl_config c = user();
	struct sasl *s = NULL;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-1-PLUS", &c), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	assert_string_equal(buf_str(&out), "p=tls-exporter,,n=user,r=" CNONCE);
	buf_reset(&out);
	assert_int_equal(sasl_challenge(s, FIRST, strlen(FIRST), &out), 0);
	/* base64 of "p=tls-exporter,," and the fake data, as in XEP-0474 */
	assert_memory_equal(buf_data(&out), "c=cD10bHMtZXhwb3J0ZXIsLFRISVMg"
	    "SVMgRkFLRSBDQiBEQVRB,r=" CNONCE SNONCE ",p=", 50 + 3 + 72 + 3);
	sasl_free(s);
	buf_release(&out);
}

/* Which flag goes out for each offer of a server. */
static void
the_flag_says_what_both_ends_can(void **state)
{
	static const struct {
		const char *mechanism, *ours, *offered, *announced, *flag;
	} t[] = {
		/*
		 * ours: e(xporter), p (end point), u(nique), 3 (the same of
		 * TLS 1.3); N: unknown, N2: by SASL2
		 */
		{ "SCRAM-SHA-1", "", "-+", "ep", "n," },
		{ "SCRAM-SHA-1", "", "-", "N", "n," },
		{ "SCRAM-SHA-1", "e", "N", "N", "n," },
		{ "SCRAM-SHA-1", "e", "-", "N", "y," },
		{ "SCRAM-SHA-1", "ep", "-+", "u", "n," },
		{ "SCRAM-SHA-1", "ep", "-+", "ep", "n," },
		{ "SCRAM-SHA-1-PLUS", "ep", "-+", "ep", "p=tls-exporter," },
		{ "SCRAM-SHA-1-PLUS", "ep", "-+", "pe", "p=tls-exporter," },
		{ "SCRAM-SHA-1-PLUS", "pe", "-+", "ep",
		    "p=tls-server-end-point," },
		{ "SCRAM-SHA-1-PLUS", "ep", "-+", "p",
		    "p=tls-server-end-point," },
		{ "SCRAM-SHA-1-PLUS", "eu", "-+", "u", "p=tls-unique," },
		/* not announced: the RFCs' default */
		{ "SCRAM-SHA-1-PLUS", "ep", "-+", "N", "p=tls-exporter," },
		{ "SCRAM-SHA-1-PLUS", "eu", "-+", "N", "p=tls-unique," },
		{ "SCRAM-SHA-1-PLUS", "eu", "-+", "N2", "p=tls-unique," },
		{ "SCRAM-SHA-1-PLUS", "e3", "-+", "N", "p=tls-unique," },
		{ "SCRAM-SHA-1-PLUS", "3e", "-+", "N2", "p=tls-exporter," },
		{ "SCRAM-SHA-1-PLUS", "3e", "-+", "3e", "p=tls-exporter," },
		{ "SCRAM-SHA-1-PLUS", "3e", "-+", "3u", NULL },
		{ "SCRAM-SHA-1-PLUS", "3", "-+", "N2", NULL },
		/* cannot */
		{ "SCRAM-SHA-1-PLUS", "", "-+", "ep", NULL },
		{ "SCRAM-SHA-1-PLUS", "e", "-+", "p", NULL },
		{ "SCRAM-SHA-1-PLUS", "e", "-+", "", NULL },
	};
	const char *mechs[2], *said[2];
	struct sasl_binding b[2];
	struct sasl_config c;
	struct buf out;
	size_t i, k;
	int r;

	(void)state;
	for (i = 0; i < N(t); i++) {
#define TYPE(x) ((x) == 'e' ? EXPORTER : (x) == 'p' ? END_POINT : \
    (x) == 'u' ? UNIQUE : SASL_UNIQUE_1_3)
		c = user();
		for (k = 0; t[i].ours[k] != '\0'; k++)
			b[k] = (struct sasl_binding){ TYPE(t[i].ours[k]),
			    "x", 1 };
		c.bindings = b;
		c.nbindings = k;
		for (k = 0; t[i].offered[k] != '\0'; k++)
			mechs[k] = t[i].offered[k] == '-' ? "SCRAM-SHA-1" :
			    "SCRAM-SHA-1-PLUS";
		c.offered = t[i].offered[0] == 'N' ? NULL : mechs;
		c.noffered = c.offered == NULL ? 0 : k;
		for (k = 0; k < 2 && t[i].announced[k] != '\0'; k++)
			said[k] = TYPE(t[i].announced[k]);
		c.announced = t[i].announced[0] == 'N' ? NULL : said;
		c.nannounced = c.announced == NULL ? 0 : k;
		c.sasl2 = strcmp(t[i].announced, "N2") == 0;
		r = initial(t[i].mechanism, &c, &out);
		if (r != (t[i].flag == NULL ? XERR_CONFIG : 0) ||
		    (r == 0 && strncmp(buf_str(&out), t[i].flag,
		    strlen(t[i].flag)) != 0))
			fail_msg("%zu: %d, %s", i, r, buf_str(&out));
		buf_release(&out);
	}
}

/*
 * Servers announce types where -PLUS is switched off.  They take the flag 'n',
 * and not 'y'; but one that had -PLUS before is not believed.
 */
static void
types_without_a_mechanism_leave_us_unbound(void **state)
{
	struct sasl_config c = user();
	struct buf out;

	(void)state;
	c.noffered = 1;
	assert_true(sasl_is_unbound(&c));
	assert_int_equal(initial("SCRAM-SHA-1", &c, &out), 0);
	assert_memory_equal(buf_data(&out), "n,,", 3);
	buf_release(&out);
	/* no announcement: we say that we could */
	c.announced = NULL;
	c.nannounced = 0;
	assert_false(sasl_is_unbound(&c));
	assert_int_equal(initial("SCRAM-SHA-1", &c, &out), 0);
	assert_memory_equal(buf_data(&out), "y,,", 3);
	buf_release(&out);
	/* somebody has removed -PLUS, but not the types */
	c = user();
	c.noffered = 1;
	c.at_least = "SCRAM-SHA-1-PLUS";
	assert_int_equal(initial("SCRAM-SHA-1", &c, &out), XERR_CONFIG);
	assert_int_equal(buf_len(&out), 0);
	c.at_least = NULL;
	/* who cannot bind does not mind */
	c.nbindings = 0;
	assert_int_equal(initial("SCRAM-SHA-1", &c, &out), 0);
	buf_release(&out);
	/* nor is a server with PLAIN alone suspect */
	c = user();
	c.offered = LIST("PLAIN");
	c.noffered = 1;
	assert_int_equal(initial("PLAIN", &c, &out), 0);
	buf_release(&out);
}

/* The client's answer to the challenge FIRST with EXT behind it. */
static int
challenged(const char *mechanism, const struct sasl_config *c,
    const char *ext, char *why, size_t size)
{
	struct sasl *s = NULL;
	struct buf in, out;
	int r;

	buf_init(&in, 1000);
	buf_init(&out, 10000);
	buf_printf(&in, "%s%s", FIRST, ext);
	assert_int_equal(sasl_new(&s, mechanism, c), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	buf_reset(&out);
	r = sasl_challenge(s, buf_data(&in), buf_len(&in), &out);
	if (r < 0)
		assert_int_equal(buf_len(&out), 0);
	snprintf(why, size, "%s", sasl_errmsg(s));
	sasl_free(s);
	buf_release(&in);
	buf_release(&out);
	return r;
}

/*
 * The hashes were computed by openssl dgst -sha1 -binary | base64 of the lists
 * joined as XEP-0474 says; the first is that XEP's own.
 */
static void
a_changed_offer_is_noticed(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const other[] = { EXPORTER, END_POINT };
	static const char *const more[] = { EXPORTER, END_POINT, UNIQUE };
	static const char *const three[] = {
		"SCRAM-SHA-1-PLUS", "PLAIN", "SCRAM-SHA-1"
	};
	static const struct {
		const char *const *mechs;
		size_t nmechs;
		const char *const *types;
		size_t ntypes;
		const char *ext;
		int r;
	} t[] = {
#define H ",h=G6k/rBLDqgOhRRaCuuatSDFkJ08="
#define D ",d=dRc3RenuSY9ypgPpERowoaySQZY="
		{ two, 2, types, 2, "", 0 },
		{ two, 2, types, 2, H, 0 },
		{ two, 2, other, 2, H, 0 },	/* sorted, so the same */
		{ two, 2, types, 2, ",x=y" H ",z=y", 0 },
		{ two, 2, types, 2, D, 0 },
		{ two, 2, types, 2, ",d=old" H, 0 },
		{ two, 2, NULL, 0, ",h=g00gt4Qd0gJ3EvnclTnY0KEYfRg=", 0 },
		{ two, 2, none, 0, ",h=81Lt9D7Wi7ps/dnrljHm5haHlmo=", 0 },
		{ NULL, 0, NULL, 0, ",h=whatever", 0 },	/* nobody knows */
		{ two, 2, types, 1, H, XERR_AUTH },
		{ two, 2, more, 3, H, XERR_AUTH },
		{ three, 3, types, 2, H, XERR_AUTH },
		{ two, 2, NULL, 0, H, XERR_AUTH },
		{ two, 2, types, 1, D, XERR_AUTH },
		{ two, 2, types, 2, D ",h=wrong", XERR_AUTH },
		{ two, 2, types, 2, ",h=G6k/rBLDqgOhRRaCuuatSDFkJ08",
		    XERR_AUTH },
		{ two, 2, types, 2, H "=", XERR_AUTH },
		{ two, 2, types, 2, H H, XERR_PROTO },
		{ two, 2, types, 2, D D, XERR_PROTO },
		{ two, 2, types, 2, ",h=", XERR_PROTO },
#undef H
#undef D
	};
	struct sasl_config c;
	char why[300];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N(t); i++) {
		c = user();
		c.offered = t[i].mechs;
		c.noffered = t[i].nmechs;
		c.announced = t[i].types;
		c.nannounced = t[i].ntypes;
		c.nbindings = c.announced == none ? 0 : 2;
		r = challenged(c.announced == none ? "SCRAM-SHA-1" :
		    "SCRAM-SHA-1-PLUS", &c, t[i].ext, why, sizeof(why));
		if (r != t[i].r)
			fail_msg("%zu: %d, %s", i, r, why);
		if (r == XERR_AUTH)
			assert_non_null(strstr(why, "XEP-0474"));
	}
}

/* Types that nobody has, instead of the server's (XEP-0474 6, rule 6). */
static void
unknown_types_need_the_server_s_word(void **state)
{
	struct sasl_config c = user();
	char why[300];

	(void)state;
	c.announced = LIST("tls-bogus");
	c.nannounced = 1;
	assert_string_equal(sasl_choose(&c, two, 2), "SCRAM-SHA-1");
	assert_int_equal(challenged("SCRAM-SHA-1", &c, "", why, sizeof(why)),
	    XERR_AUTH);
	assert_non_null(strstr(why, "channel binding"));
	assert_int_equal(challenged("SCRAM-SHA-1", &c,
	    ",h=G6k/rBLDqgOhRRaCuuatSDFkJ08=", why, sizeof(why)), XERR_AUTH);
	/* of SCRAM-SHA-1, SCRAM-SHA-1-PLUS and tls-bogus */
	assert_int_equal(challenged("SCRAM-SHA-1", &c,
	    ",h=e5XRiVgcICg4g8pnP5NYApf+5BU=", why, sizeof(why)), 0);
	/* with the end point, which each server has, it is plausible */
	c.announced = LIST("tls-bogus", END_POINT);
	c.nannounced = 2;
	c.nbindings = 1;
	assert_int_equal(challenged("SCRAM-SHA-1", &c, "", why, sizeof(why)),
	    0);
}

static void
plain_is_not_for_a_server_that_has_scram(void **state)
{
	static const char *const offer[] = {
		"PLAIN", "SCRAM-SHA-256-PLUS", "SCRAM-SHA3-512"
	};
	struct sasl_config c = user();
	struct sasl *s = NULL;

	(void)state;
	c.offered = offer;
	c.noffered = 2;
	assert_string_equal(sasl_choose(&c, offer, 2), "SCRAM-SHA-256-PLUS");
	/* that is out of reach: rule 6 */
	c.announced = LIST(UNIQUE);
	c.nannounced = 1;
	assert_null(sasl_choose(&c, offer, 2));
	assert_int_equal(sasl_new(&s, "PLAIN", &c), XERR_CONFIG);
	c.only = "SCRAM-SHA-256-PLUS,PLAIN";
	assert_null(sasl_choose(&c, offer, 2));
	c.only = "SCRAM-SHA-256,PLAIN";
	assert_string_equal(sasl_choose(&c, offer, 2), "PLAIN");
	/* one that we do not know is no better to us */
	c.only = NULL;
	c.offered = LIST("PLAIN", "SCRAM-SHA3-512", "SCRAM-SHA3-512-PLUS");
	c.noffered = 3;
	assert_string_equal(sasl_choose(&c, c.offered, 3), "PLAIN");
}

static void
choose_prefers_what_is_bound(void **state)
{
	static const char *const all[] = {
		"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "ANONYMOUS",
		"SCRAM-SHA-1-PLUS", "EXTERNAL", "SCRAM-SHA-256",
		"HT-SHA-256-EXPR", "SCRAM-SHA-256-PLUS", "HT-SHA-256-NONE",
		"SCRAM-SHA-512-PLUS"
	};
	struct sasl_config c = user();

	(void)state;
	assert_string_equal(sasl_choose(&c, all, N(all)),
	    "SCRAM-SHA-512-PLUS");
	assert_string_equal(sasl_choose(&c, all, N(all) - 1),
	    "SCRAM-SHA-256-PLUS");
	/* a bound SHA-1 before an unbound SHA-512 */
	assert_string_equal(sasl_choose(&c, all, 5), "SCRAM-SHA-1-PLUS");
	c.nbindings = 0;
	assert_string_equal(sasl_choose(&c, all, N(all)), "SCRAM-SHA-512");
	c.certificate = true;
	assert_string_equal(sasl_choose(&c, all, N(all)), "EXTERNAL");
	c.tls = false;
	assert_string_equal(sasl_choose(&c, all, N(all)), "SCRAM-SHA-512");
	c = user();
	c.token = "t";
	c.token_len = 1;
	assert_string_equal(sasl_choose(&c, all, N(all)),
	    "SCRAM-SHA-512-PLUS");
	/* a token is for the mechanism it was given for */
	c.token_mechanism = "HT-SHA-256-NONE";
	assert_string_equal(sasl_choose(&c, all, N(all)), "HT-SHA-256-NONE");
	c.token_mechanism = "HT-SHA-256-UNIQ";
	assert_string_equal(sasl_choose(&c, all, N(all)),
	    "SCRAM-SHA-512-PLUS");
	c.token_mechanism = "HT-SHA-256-EXPR";
	assert_string_equal(sasl_choose(&c, all, N(all)), "HT-SHA-256-EXPR");
	c.nbindings = 0;
	assert_string_equal(sasl_choose(&c, all, N(all)), "SCRAM-SHA-512");
	/* nobody becomes anonymous by mistake */
	c = (struct sasl_config){ .tls = true };
	assert_null(sasl_choose(&c, all, N(all)));
	c.anonymous = true;
	assert_string_equal(sasl_choose(&c, all, N(all)), "ANONYMOUS");
}

static void
only_is_a_list(void **state)
{
	static const char *const all[] = {
		"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS"
	};
	static const struct { const char *only, *chosen; } t[] = {
		{ "PLAIN", "PLAIN" },
		{ "PLAIN,SCRAM-SHA-1", "SCRAM-SHA-1" },
		{ "SCRAM-SHA-1,PLAIN", "SCRAM-SHA-1" },
		{ "X,SCRAM-SHA-512,,Y", "SCRAM-SHA-512" },
		{ "SCRAM-SHA-512-PLUS,PLAIN", "SCRAM-SHA-512-PLUS" },
		{ "SCRAM-SHA-51", NULL }, { "SCRAM-SHA-5122", NULL },
		{ "", NULL }, { ",", NULL }, { "PLAI,N", NULL },
		{ "plain", NULL }
	};
	struct sasl_config c = user();
	const char *m;
	struct sasl *s = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		c.only = t[i].only;
		m = sasl_choose(&c, all, N(all));
		if (t[i].chosen == NULL ? m != NULL :
		    m == NULL || strcmp(m, t[i].chosen) != 0)
			fail_msg("%s: %s", t[i].only, m == NULL ? "-" : m);
	}
	c.only = "PLAIN,SCRAM-SHA-1";
	assert_int_equal(sasl_new(&s, "SCRAM-SHA-512", &c), XERR_CONFIG);
}

static void
what_was_seen_before_bars_the_weaker(void **state)
{
	static const char *const order[] = {
		"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512",
		"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512-PLUS"
	};
	struct sasl_config c = user();
	struct sasl *s = NULL;
	const char *m;
	size_t i, j;

	(void)state;
	c.noffered = 0;
	assert_int_equal(sasl_strength("X-UNKNOWN"), 0);
	assert_int_equal(sasl_strength("ANONYMOUS"), 0);
	assert_int_equal(sasl_strength("HT-SHA-256-NONE"), 0);
	for (i = 0; i < N(order); i++) {
		assert_true(sasl_strength(order[i]) >
		    (i == 0 ? 0 : sasl_strength(order[i - 1])));
		c.at_least = order[i];
		for (j = 0; j < N(order); j++) {
			m = sasl_choose(&c, &order[j], 1);
			if (j < i) {
				assert_null(m);
				assert_int_equal(sasl_new(&s, order[j], &c),
				    XERR_CONFIG);
			} else
				assert_string_equal(m, order[j]);
		}
	}
	/* after a certificate PLAIN is too weak, and SCRAM is not */
	c.certificate = true;
	c.at_least = "EXTERNAL";
	assert_string_equal(sasl_choose(&c, LIST("EXTERNAL"), 1), "EXTERNAL");
	assert_null(sasl_choose(&c, LIST("PLAIN"), 1));
	assert_string_equal(sasl_choose(&c, LIST("SCRAM-SHA-1"), 1),
	    "SCRAM-SHA-1");
	/* neither is a token, unless the channel was proved */
	c.token = "t";
	c.token_len = 1;
	c.token_mechanism = "HT-SHA-256-NONE";
	c.at_least = "SCRAM-SHA-512";
	assert_string_equal(sasl_choose(&c, LIST("HT-SHA-256-NONE"), 1),
	    "HT-SHA-256-NONE");
	c.at_least = "SCRAM-SHA-1-PLUS";
	assert_null(sasl_choose(&c, LIST("HT-SHA-256-NONE"), 1));
	c.token_mechanism = "HT-SHA-256-ENDP";
	assert_string_equal(sasl_choose(&c, LIST("HT-SHA-256-ENDP"), 1),
	    "HT-SHA-256-ENDP");
	for (i = 0; sasl_mechanism_name(i) != NULL; i++)
		;
	assert_int_equal(i, 13);
}

static void
a_certificate_does_not_do_after_a_password_unless_it_did(void **state)
{
	static const struct {
		const char *at_least;
		bool known, password, good;
	} t[] = {
		{ NULL, false, true, true },
		{ "PLAIN", false, true, true },
		{ "EXTERNAL", false, true, true },
		{ "SCRAM-SHA-1", false, true, false },
		{ "SCRAM-SHA-512-PLUS", false, true, false },
		{ "SCRAM-SHA-512-PLUS", true, true, true },
		/* with no password there is nothing else */
		{ "SCRAM-SHA-512-PLUS", false, false, true }
	};
	struct sasl_config c = user();
	struct sasl *s;
	const char *m;
	size_t i;

	(void)state;
	c.certificate = true;
	for (i = 0; i < N(t); i++) {
		c.at_least = t[i].at_least;
		c.external_known = t[i].known;
		c.password = t[i].password ? "pencil" : NULL;
		m = sasl_choose(&c, LIST("EXTERNAL"), 1);
		s = NULL;
		if ((m != NULL) != t[i].good ||
		    sasl_new(&s, "EXTERNAL", &c) !=
		    (t[i].good ? 0 : XERR_CONFIG))
			fail_msg("%zu: %s", i, m == NULL ? "-" : m);
		sasl_free(s);
	}
}

/* What an exchange has come to: at whom it ended, and how. */
struct outcome {
	int client, server;	/* an error, or 0 */
	int steps;		/* messages of the client */
	const char *condition;
	char username[100], authzid[100];
	size_t token;
};

/* A client that insists on MECHANISM. */
static struct outcome
play(const char *mechanism, const struct sasl_config *base,
    const struct sasl_server_config *sc)
{
	struct sasl_config c = *base;
	struct outcome o = { 0 };
	struct sasl_server *srv = NULL;
	struct sasl *s = NULL;
	struct buf up, down;
	int r;

	buf_init(&up, 10000);
	buf_init(&down, 10000);
	c.only = mechanism;
	assert_int_equal(sasl_server_new(&srv, mechanism, sc), 0);
	assert_int_equal(sasl_new(&s, mechanism, &c), 0);
	if ((o.client = sasl_initial(s, &up)) < 0)
		goto out;
	for (;;) {
		assert_true(++o.steps < 4);
		buf_reset(&down);
		r = sasl_server_step(srv, buf_data(&up), buf_len(&up), &down);
		if (r != SASL_CONTINUE)
			break;
		buf_reset(&up);
		o.client = sasl_challenge(s, buf_data(&down), buf_len(&down),
		    &up);
		if (o.client < 0)
			goto out;
	}
	o.server = r;
	o.condition = sasl_server_condition(srv);
	if (r == SASL_DONE) {
		o.client = sasl_success(s, buf_data(&down), buf_len(&down));
		o.token = sasl_server_token(srv);
		snprintf(o.username, sizeof(o.username), "%s",
		    sasl_server_username(srv));
		snprintf(o.authzid, sizeof(o.authzid), "%s",
		    sasl_server_authzid(srv) == NULL ? "-" :
		    sasl_server_authzid(srv));
	}
out:
	sasl_free(s);
	sasl_server_free(srv);
	buf_wipe(&up);
	buf_wipe(&down);
	return o;
}

/* Certificates and channels: those of the server, and of one in the middle. */
static struct cert_ca *ca;
static struct tls_ctx *client, *server, *middle;

static int
setup(void **state)
{
	const struct cert_spec spec = { .dns = LIST("example.org") };

	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	client = client_ctx(ca, NULL);
	server = server_ctx(ca, &spec, NULL);
	middle = server_ctx(ca, &spec, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_ctx_free(client);
	tls_ctx_free(server);
	tls_ctx_free(middle);
	cert_ca_free(ca);
	return 0;
}

static void
channel(struct tlspair *p, struct tls_ctx *to, int version)
{
	pair_init(p, client, to, "example.org", 1000);
	SSL_set_max_proto_version(p->c.tls->ssl, version);
	assert_int_equal(pair_run(p, ALL), 0);
	assert_int_equal(SSL_version(p->c.tls->ssl), version);
}

/* The bindings of one end, as a caller gathers them. */
struct bindings {
	struct sasl_binding b[3];
	struct buf data[3];
	const char *types[3];
	size_t n;
};

static void
gather(struct bindings *g, const struct tls *t)
{
	static const char *const known[] = { EXPORTER, UNIQUE, END_POINT };
	size_t i;

	g->n = 0;
	for (i = 0; i < N(known); i++) {
		buf_init(&g->data[g->n], SASL_BINDING_MAX);
		if (tls_binding(t, known[i], &g->data[g->n]) < 0)
			continue;
		g->b[g->n].type = g->types[g->n] = known[i];
		g->b[g->n].data = buf_data(&g->data[g->n]);
		g->b[g->n].len = buf_len(&g->data[g->n]);
		g->n++;
	}
}

static void
drop(struct bindings *g)
{
	while (g->n > 0)
		buf_wipe(&g->data[--g->n]);
}

static int
one_token(void *arg, const char *username, const char *mechanism, size_t i,
    struct buf *token)
{
	(void)arg;
	(void)mechanism;
	return i > 0 || strcmp(username, "user") != 0 ? XERR_AUTH :
	    buf_puts(token, "secret-token:1");
}

/*
 * Log in with each mechanism and each type over the client's end C, where the
 * server is at the end S; RELAYED: these are not the same channel.
 */
static void
log_in_by_each(struct tls *c, struct tls *s, bool relayed)
{
	struct sasl_server_config sc = server_config();
	struct sasl_config cc = user();
	struct bindings ours, theirs;
	const char *mechs[20], *m;
	struct outcome o;
	size_t i, n, bound = 0;

	gather(&ours, c);
	gather(&theirs, s);
	assert_int_equal(ours.n, theirs.n);
	sc.bindings = theirs.b;
	sc.nbindings = theirs.n;
	sc.token = one_token;
	cc.bindings = ours.b;
	cc.nbindings = ours.n;
	cc.token = "secret-token:1";
	cc.token_len = 14;
	for (n = 0; (m = sasl_server_mechanisms(&sc, n)) != NULL; n++)
		mechs[n] = m;
	assert_int_equal(n, 7);
	sc.offered = cc.offered = mechs;
	sc.noffered = cc.noffered = n;
	for (n = 0; (m = sasl_server_tokens(&sc, n)) != NULL; n++)
		mechs[sc.noffered + n] = m;
	assert_int_equal(n, ours.n + 1);
	/* one type at a time: only that is announced */
	for (i = 0; i < theirs.n; i++) {
		sc.announced = cc.announced = &theirs.types[i];
		sc.nannounced = cc.nannounced = 1;
		for (n = 0; n < sc.noffered; n++) {
			o = play(mechs[n], &cc, &sc);
			if (relayed && strstr(mechs[n], "-PLUS") != NULL) {
				assert_int_equal(o.server, XERR_AUTH);
				assert_string_equal(o.condition,
				    "not-authorized");
				bound++;
			} else {
				assert_int_equal(o.server, 0);
				assert_int_equal(o.client, 0);
			}
		}
	}
	for (n = sc.noffered; n <= sc.noffered + ours.n; n++) {
		cc.token_mechanism = mechs[n];
		o = play(mechs[n], &cc, &sc);
		assert_int_equal(o.steps, 1);
		if (relayed && strcmp(mechs[n], "HT-SHA-256-NONE") != 0) {
			assert_int_equal(o.server, XERR_AUTH);
			bound++;
		} else {
			assert_int_equal(o.server, 0);
			assert_int_equal(o.client, 0);
		}
	}
	assert_int_equal(bound, relayed ? ours.n * 4 : 0);
	drop(&ours);
	drop(&theirs);
}

static void
the_two_ends_of_a_channel_agree_in_all(void **state)
{
	struct tlspair p;
	int v;

	(void)state;
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		channel(&p, server, v);
		log_in_by_each(p.c.tls, p.s.tls, false);
		pair_release(&p);
	}
}

/* It has a certificate that the client trusts, and passes all on as it is. */
static void
tls_in_the_middle_is_found_by_whatever_is_bound(void **state)
{
	struct tlspair p, q;
	int v;

	(void)state;
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		channel(&p, middle, v);
		channel(&q, server, v);
		log_in_by_each(p.c.tls, q.s.tls, true);
		pair_release(&p);
		pair_release(&q);
	}
}

static void
a_stripped_plus_is_found_by_the_server(void **state)
{
	struct sasl_server_config sc = server_config();
	struct sasl_config c = user();
	struct outcome o;

	(void)state;
	/* -PLUS and the types are gone on their way to the client */
	c.noffered = 1;
	c.announced = NULL;
	o = play("SCRAM-SHA-1", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
	assert_int_equal(o.steps, 1);
	assert_string_equal(o.condition, "not-authorized");
	/* a server without them has no reason to complain */
	sc.noffered = 1;
	sc.announced = NULL;
	o = play("SCRAM-SHA-1", &c, &sc);
	assert_int_equal(o.server, 0);
	assert_int_equal(o.client, 0);
	/* nor one whose client cannot bind */
	sc = server_config();
	c = user();
	c.nbindings = 0;
	o = play("SCRAM-SHA-1", &c, &sc);
	assert_int_equal(o.client, 0);
}

static void
a_stripped_list_is_found_by_the_client(void **state)
{
	static const char *const all[] = {
		"SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256",
		"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"
	};
	struct sasl_server_config sc = server_config();
	struct sasl_config c = user();
	struct outcome o;
	size_t i;

	(void)state;
	sc.offered = all;
	sc.noffered = N(all);
	c.offered = all;
	c.noffered = N(all);
	for (i = 0; i < N(all); i++) {
		o = play(all[i], &c, &sc);
		assert_int_equal(o.client, 0);
		assert_int_equal(o.server, 0);
	}
	/* only SHA-1 arrives: not one proof is sent */
	c.offered = all + 4;
	c.noffered = 2;
	o = play("SCRAM-SHA-1-PLUS", &c, &sc);
	assert_int_equal(o.client, XERR_AUTH);
	assert_int_equal(o.steps, 1);
	/* the exporter is removed from the types */
	c.offered = all;
	c.noffered = N(all);
	c.nannounced = 1;
	o = play("SCRAM-SHA-512-PLUS", &c, &sc);
	assert_int_equal(o.client, XERR_AUTH);
	assert_int_equal(o.steps, 1);
}

static void
the_server_refuses_other_flags(void **state)
{
	static const struct {
		const char *mechanism, *first, *condition;
	} t[] = {
#define R ",,n=user,r=" CNONCE
		{ "SCRAM-SHA-1-PLUS", "n" R, "malformed-request" },
		{ "SCRAM-SHA-1-PLUS", "y" R, "malformed-request" },
		{ "SCRAM-SHA-1-PLUS", "p=" R, "malformed-request" },
		{ "SCRAM-SHA-1-PLUS", "p" R, "malformed-request" },
		{ "SCRAM-SHA-1-PLUS", "p=tls-unique" R, "malformed-request" },
		{ "SCRAM-SHA-1-PLUS", "p=TLS-EXPORTER" R,
		    "malformed-request" },
		{ "SCRAM-SHA-1", "p=tls-exporter" R, "malformed-request" },
		{ "SCRAM-SHA-1", "y" R, "not-authorized" },
		{ "SCRAM-SHA-1", "nn" R, "malformed-request" },
		{ "SCRAM-SHA-1", R, "malformed-request" },
	};
	struct sasl_server_config c = server_config();
	struct sasl_server *s = NULL;
	char type[400];
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < N(t); i++) {
		assert_int_equal(sasl_server_new(&s, t[i].mechanism, &c), 0);
		assert_true(sasl_server_step(s, t[i].first,
		    strlen(t[i].first), &out) < 0);
		assert_string_equal(sasl_server_condition(s), t[i].condition);
		sasl_server_free(s);
	}
	memset(type, 'x', sizeof(type));
	memcpy(type, "p=", 2);
	memcpy(type + 350, R, sizeof(R));
	assert_int_equal(sasl_server_new(&s, "SCRAM-SHA-1-PLUS", &c), 0);
	assert_int_equal(sasl_server_step(s, type, strlen(type), &out),
	    XERR_PROTO);
	sasl_server_free(s);
	c.nbindings = 0;
	assert_int_equal(sasl_server_new(&s, "SCRAM-SHA-1-PLUS", &c),
	    XERR_CONFIG);
	buf_release(&out);
}

#define TOKEN "secret-token:fast-3Z9v"

/* The hashes are Python's hmac.new(token, role + binding, "sha256"). */
static const unsigned char initiator[] = {
	0x38, 0x8d, 0xee, 0x4b, 0x02, 0x42, 0xd4, 0xa9, 0x93, 0xf6, 0xd2,
	0xdf, 0xcb, 0x05, 0xb6, 0xf8, 0xa8, 0x9f, 0x90, 0x6f, 0x5b, 0x98,
	0x23, 0x2b, 0xf5, 0xd6, 0xc3, 0xb6, 0x3d, 0x4e, 0x1d, 0x52
};
static const unsigned char responder[] = {
	0x97, 0xcc, 0x7f, 0xb3, 0xa7, 0xb4, 0x20, 0x14, 0x1a, 0xbe, 0x24,
	0xcf, 0xca, 0x47, 0x3b, 0x69, 0x7b, 0xfa, 0x9c, 0x00, 0x95, 0xb6,
	0x7b, 0x15, 0x48, 0xc3, 0xc6, 0x50, 0x58, 0x3b, 0x55, 0x12
};
static const unsigned char bare_initiator[] = {
	0x55, 0x64, 0xed, 0x3d, 0xe6, 0x6a, 0x4f, 0xfe, 0x55, 0x91, 0xb7,
	0x30, 0x1c, 0x65, 0x21, 0x9b, 0x5e, 0x67, 0x57, 0xd9, 0xa3, 0x6e,
	0x74, 0x54, 0xad, 0xbd, 0xa9, 0x98, 0x6e, 0xb9, 0xd4, 0xbf
};

static struct sasl_config
holder(const char *mechanism)
{
	struct sasl_config c = user();

	c.password = NULL;
	c.token = TOKEN;
	c.token_len = sizeof(TOKEN) - 1;
	c.token_mechanism = mechanism;
	return c;
}

static void
a_token_is_hashed_with_the_channel(void **state)
{
	struct sasl_config c = holder("HT-SHA-256-EXPR");
	struct buf out;

	(void)state;
	assert_int_equal(initial("HT-SHA-256-EXPR", &c, &out), 0);
	assert_int_equal(buf_len(&out), 5 + 32);
	assert_memory_equal(buf_data(&out), "user", 5);
	assert_memory_equal(buf_data(&out) + 5, initiator, 32);
	buf_release(&out);
	c = holder("HT-SHA-256-NONE");
	assert_int_equal(initial("HT-SHA-256-NONE", &c, &out), 0);
	assert_memory_equal(buf_data(&out) + 5, bare_initiator, 32);
	buf_release(&out);
}

static void
a_token_is_for_one_mechanism_under_tls(void **state)
{
	struct sasl_config c = holder("HT-SHA-256-EXPR");
	struct buf out;

	(void)state;
	assert_int_equal(initial("HT-SHA-256-NONE", &c, &out), XERR_CONFIG);
	assert_int_equal(initial("HT-SHA-256-ENDP", &c, &out), XERR_CONFIG);
	c.tls = false;
	assert_int_equal(initial("HT-SHA-256-EXPR", &c, &out), XERR_CONFIG);
	c = holder("HT-SHA-256-EXPR");
	c.nbindings = 0;
	assert_int_equal(initial("HT-SHA-256-EXPR", &c, &out), XERR_CONFIG);
	c = holder("HT-SHA-256-EXPR");
	c.token_len = 0;
	assert_int_equal(initial("HT-SHA-256-EXPR", &c, &out), XERR_CONFIG);
	c = holder("HT-SHA-256-EXPR");
	c.username = "";
	assert_int_equal(initial("HT-SHA-256-EXPR", &c, &out), XERR_CONFIG);
}

/* The client's verdict on a success with LEN bytes of DATA. */
static int
verdict(const void *data, size_t len)
{
	struct sasl_config c = holder("HT-SHA-256-EXPR");
	struct sasl *s = NULL;
	struct buf out;
	int r;

	buf_init(&out, 1000);
	assert_int_equal(sasl_new(&s, "HT-SHA-256-EXPR", &c), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	r = sasl_success(s, data, len);
	if (r < 0)
		assert_true(sasl_errmsg(s)[0] != '\0');
	sasl_free(s);
	buf_wipe(&out);
	return r;
}

static void
a_server_that_does_not_know_the_token_is_refused(void **state)
{
	unsigned char bad[64];
	struct sasl_config c = holder("HT-SHA-256-EXPR");
	struct sasl *s = NULL;
	struct buf out;
	size_t i;

	(void)state;
	assert_int_equal(verdict(responder, 32), 0);
	assert_int_equal(verdict("", 0), XERR_AUTH);
	assert_int_equal(verdict(responder, 31), XERR_AUTH);
	assert_int_equal(verdict(initiator, 32), XERR_AUTH);
	memset(bad, 0, sizeof(bad));
	memcpy(bad, responder, 32);
	assert_int_equal(verdict(bad, 33), XERR_AUTH);
	for (i = 0; i < 32; i++) {
		bad[i] ^= 1;
		assert_int_equal(verdict(bad, 32), XERR_AUTH);
		bad[i] ^= 1;
	}
	/* one message and one answer: there is no challenge */
	buf_init(&out, 1000);
	assert_int_equal(sasl_new(&s, "HT-SHA-256-EXPR", &c), 0);
	assert_int_equal(sasl_success(s, responder, 32), XERR_PROTO);
	sasl_free(s);
	assert_int_equal(sasl_new(&s, "HT-SHA-256-EXPR", &c), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	assert_int_equal(sasl_challenge(s, responder, 32, &out), XERR_PROTO);
	assert_int_equal(sasl_success(s, responder, 32), XERR_PROTO);
	sasl_free(s);
	buf_wipe(&out);
}

/* A server's store of two tokens, of which each use has a count. */
struct store {
	unsigned count, seen;	/* of this attempt, and before */
	const char *mechanism;
};

static int
tokens(void *arg, const char *username, const char *mechanism, size_t i,
    struct buf *token)
{
	static const char *const t[] = { "secret-token:new", TOKEN };
	struct store *st = arg;

	if (i >= N(t) || strcmp(username, "user") != 0 ||
	    strcmp(mechanism, st->mechanism) != 0 || st->count <= st->seen)
		return XERR_AUTH;
	return buf_puts(token, t[i]);
}

static void
the_server_tries_each_token_and_refuses_replays(void **state)
{
	struct store st = { 1, 0, "HT-SHA-256-EXPR" };
	struct sasl_server_config sc = server_config();
	struct sasl_config c = holder("HT-SHA-256-EXPR");
	struct outcome o;

	(void)state;
	sc.token = tokens;
	sc.arg = &st;
	o = play("HT-SHA-256-EXPR", &c, &sc);
	assert_int_equal(o.server, 0);
	assert_int_equal(o.client, 0);
	assert_string_equal(o.username, "user");
	assert_int_equal(o.token, 1);
	/* the same flight again, with the count it has */
	st.seen = st.count;
	o = play("HT-SHA-256-EXPR", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
	assert_string_equal(o.condition, "not-authorized");
	/* a token for another mechanism */
	st.seen = 0;
	st.mechanism = "HT-SHA-256-NONE";
	o = play("HT-SHA-256-EXPR", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
	/* another user, another token */
	st.mechanism = "HT-SHA-256-EXPR";
	c.username = "other";
	o = play("HT-SHA-256-EXPR", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
	c = holder("HT-SHA-256-EXPR");
	c.token_len--;
	o = play("HT-SHA-256-EXPR", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
}

static void
the_server_refuses_malformed_tokens(void **state)
{
	static const struct { const char *m; size_t n; } t[] = {
		{ "", 0 }, { "user", 4 }, { "user\0", 5 },
		{ "\0" "0123456789abcdef0123456789abcdef", 33 },
		{ "user\0" "0123456789abcdef0123456789abcde", 36 },
		{ "user\0" "0123456789abcdef0123456789abcdef0", 38 },
		{ "us\xffr\0" "0123456789abcdef0123456789abcdef", 37 },
	};
	struct sasl_server_config c = server_config();
	struct sasl_server *s = NULL;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	c.token = one_token;
	for (i = 0; i < N(t); i++) {
		assert_int_equal(sasl_server_new(&s, "HT-SHA-256-NONE", &c),
		    0);
		assert_int_equal(sasl_server_step(s, t[i].m, t[i].n, &out),
		    XERR_PROTO);
		sasl_server_free(s);
	}
	c.tls = false;
	assert_null(sasl_server_tokens(&c, 0));
	assert_int_equal(sasl_server_new(&s, "HT-SHA-256-NONE", &c), XERR_TLS);
	buf_release(&out);
}

static void
a_token_is_asked_for_the_best_binding(void **state)
{
	static const char *const all[] = {
		"HT-SHA-256-NONE", "HT-SHA-256-ENDP", "HT-SHA-512-EXPR",
		"HT-SHA-256-UNIQ", "HT-SHA-256-EXPR"
	};
	struct sasl_config c = user();

	(void)state;
	assert_string_equal(sasl_choose_token(&c, NULL, all, 5), "HT-SHA-256-EXPR");
	assert_string_equal(sasl_choose_token(&c, NULL, all, 4), "HT-SHA-256-ENDP");
	c.bindings = fake_unique;
	assert_string_equal(sasl_choose_token(&c, NULL, all, 4), "HT-SHA-256-UNIQ");
	c.only = "SCRAM-SHA-256,HT-SHA-256-NONE";
	assert_string_equal(sasl_choose_token(&c, NULL, all, 5), "HT-SHA-256-NONE");
	c.only = "SCRAM-SHA-256";
	assert_null(sasl_choose_token(&c, NULL, all, 5));
	c.only = NULL;
	c.nbindings = 0;
	assert_string_equal(sasl_choose_token(&c, NULL, all, 5), "HT-SHA-256-NONE");
	assert_null(sasl_choose_token(&c, NULL, all + 1, 4));
	c.tls = false;
	assert_null(sasl_choose_token(&c, NULL, all, 5));
}

static void
no_unbound_token_takes_the_place_of_a_bound_login(void **state)
{
	static const char none[] = "HT-SHA-256-NONE";
	static const struct { const char *by, *at_least, *token; } t[] = {
		{ NULL, NULL, none }, { "SCRAM-SHA-512", NULL, none },
		{ "SCRAM-SHA-512", "SCRAM-SHA-512", none },
		{ "EXTERNAL", "EXTERNAL", none }, { "PLAIN", NULL, none },
		{ "SCRAM-SHA-1-PLUS", NULL, NULL },
		{ NULL, "SCRAM-SHA-1-PLUS", NULL },
		{ "EXTERNAL", "SCRAM-SHA-1-PLUS", NULL },
	};
	struct sasl_config c = user();
	const char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		c.at_least = t[i].at_least;
		token = sasl_choose_token(&c, t[i].by, LIST(none), 1);
		if (token != t[i].token && (token == NULL ||
		    t[i].token == NULL || strcmp(token, none) != 0))
			fail_msg("%zu: %s", i, token == NULL ? "-" : token);
		/* one that is bound is as good */
		assert_string_equal(sasl_choose_token(&c, t[i].by,
		    LIST(none, "HT-SHA-256-EXPR"), 2), "HT-SHA-256-EXPR");
	}
}

/* A certificate that names two addresses. */
static int
external(void *arg, const char *authzid, struct buf *username)
{
	(void)arg;
	if (authzid == NULL || (strcmp(authzid, "a@example.org") != 0 &&
	    strcmp(authzid, "b@example.org") != 0))
		return XERR_AUTH;
	return buf_puts(username, authzid);
}

static int
external_one(void *arg, const char *authzid, struct buf *username)
{
	(void)arg;
	return authzid != NULL && strcmp(authzid, "a@example.org") != 0 ?
	    XERR_AUTH : buf_puts(username, "a@example.org");
}

static void
external_is_what_the_certificate_says(void **state)
{
	struct sasl_server_config sc = server_config();
	struct sasl_config c = { .tls = true, .certificate = true };
	struct sasl *s = NULL;
	struct outcome o;
	struct buf out;

	(void)state;
	sc.external = external_one;
	assert_int_equal(initial("EXTERNAL", &c, &out), 0);
	assert_int_equal(buf_len(&out), 0);
	o = play("EXTERNAL", &c, &sc);
	assert_int_equal(o.server, 0);
	assert_int_equal(o.client, 0);
	assert_string_equal(o.username, "a@example.org");
	assert_string_equal(o.authzid, "-");
	sc.external = external;
	o = play("EXTERNAL", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
	c.authzid = "b@example.org";
	o = play("EXTERNAL", &c, &sc);
	assert_int_equal(o.server, 0);
	assert_string_equal(o.username, "b@example.org");
	assert_string_equal(o.authzid, "b@example.org");
	c.authzid = "c@example.org";
	o = play("EXTERNAL", &c, &sc);
	assert_int_equal(o.server, XERR_AUTH);
	/* neither without a certificate nor without TLS */
	c.certificate = false;
	assert_int_equal(sasl_new(&s, "EXTERNAL", &c), XERR_CONFIG);
	c.certificate = true;
	c.tls = false;
	assert_int_equal(sasl_new(&s, "EXTERNAL", &c), XERR_CONFIG);
	assert_string_equal(sasl_server_mechanisms(&sc, 0), "EXTERNAL");
	sc.tls = false;
	assert_string_not_equal(sasl_server_mechanisms(&sc, 0), "EXTERNAL");
	sc.tls = true;
	sc.external = NULL;
	assert_string_equal(sasl_server_mechanisms(&sc, 0),
	    "SCRAM-SHA-512-PLUS");
}

static void
anonymous_is_nobody(void **state)
{
	struct sasl_server_config sc = {
		.nonce = SNONCE, .tls = true, .anonymous = true
	};
	struct sasl_config c = { .tls = true, .anonymous = true };
	struct sasl_server *srv = NULL;
	struct sasl *s = NULL;
	struct outcome o;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	o = play("ANONYMOUS", &c, &sc);
	assert_int_equal(o.server, 0);
	assert_int_equal(o.client, 0);
	assert_string_equal(o.username, "");
	assert_int_equal(sasl_new(&s, "ANONYMOUS", &c), 0);
	assert_int_equal(sasl_initial(s, &out), 0);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(sasl_success(s, "x", 1), XERR_PROTO);
	sasl_free(s);
	assert_string_equal(sasl_server_mechanisms(&sc, 0), "ANONYMOUS");
	assert_null(sasl_server_mechanisms(&sc, 1));
	/* a trace is as good as none */
	assert_int_equal(sasl_server_new(&srv, "ANONYMOUS", &sc), 0);
	assert_int_equal(sasl_server_step(srv, "sirhc", 5, &out), SASL_DONE);
	sasl_server_free(srv);
	sc.anonymous = false;
	assert_int_equal(sasl_server_new(&srv, "ANONYMOUS", &sc), XERR_CONFIG);
	buf_release(&out);
}

static void
each_server_message_of_one_step_is_bounded(void **state)
{
	static const char *const m[] = {
		"EXTERNAL", "ANONYMOUS", "HT-SHA-256-NONE", "PLAIN",
		"SCRAM-SHA-1"
	};
	struct sasl_server_config c = server_config();
	struct sasl_server *s = NULL;
	size_t i, n = 100000;
	char *big = malloc(n);
	struct buf out;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', n);
	buf_init(&out, 1000);
	c.external = external;
	c.token = one_token;
	c.anonymous = true;
	for (i = 0; i < N(m); i++) {
		assert_int_equal(sasl_server_new(&s, m[i], &c), 0);
		assert_int_equal(sasl_server_step(s, big, n, &out),
		    XERR_PROTO);
		sasl_server_free(s);
	}
	assert_int_equal(sasl_server_new(&s, "EXTERNAL", &c), 0);
	assert_int_equal(sasl_server_step(s, "a\0b", 3, &out), XERR_PROTO);
	sasl_server_free(s);
	free(big);
	buf_release(&out);
}

/* The hashes are Python's hashlib.pbkdf2_hmac(). */
static void
an_upgrade_is_the_salted_password(void **state)
{
	static const unsigned char sha256[] = {
		0x43, 0xc6, 0x9b, 0x2b, 0x75, 0x88, 0x5f, 0x9d, 0x34, 0x03, 0x9f,
		0xbe, 0xf3, 0x30, 0xda, 0x99, 0x76, 0xd9, 0x5a, 0x9a, 0x17, 0x81,
		0x63, 0x30, 0x75, 0x72, 0x8e, 0xf5, 0xe1, 0x4a, 0x93, 0xcc
	};
	static const unsigned char sha512[] = {
		0xfe, 0x7f, 0xfa, 0xc1, 0x1c, 0x00, 0x66, 0x97, 0xe5, 0x83, 0xbe,
		0x8c, 0xcc, 0x58, 0xc5, 0xb6, 0xd6, 0x53, 0xde, 0x28, 0xef, 0x3a,
		0x67, 0xb2, 0x99, 0x51, 0xe1, 0xa7, 0x07, 0x4b, 0x74, 0x6b, 0x02,
		0xd9, 0xc4, 0x29, 0x27, 0xa6, 0x7b, 0x63, 0x10, 0xe8, 0xef, 0xc4,
		0x97, 0x93, 0x39, 0x3d, 0xd8, 0x4c, 0xeb, 0xa7, 0x90, 0x7f, 0x29,
		0x3e, 0xbb, 0xc0, 0x53, 0xa9, 0x28, 0x9e, 0x10, 0xeb
	};
	const char *salt = "A_SXCRXQ6sek8bf_Z";
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(sasl_upgrade(&b, "UPGR-SCRAM-SHA-256", "pencil", 6,
	    salt, 17, 4096), 0);
	assert_int_equal(buf_len(&b), 32);
	assert_memory_equal(buf_data(&b), sha256, 32);
	buf_wipe(&b);
	/* prepared like any other */
	assert_int_equal(sasl_upgrade(&b, "UPGR-SCRAM-SHA-512",
	    "pen\xc2\xad" "cil", 8, salt, 17, 4096), 0);
	assert_int_equal(buf_len(&b), 64);
	assert_memory_equal(buf_data(&b), sha512, 64);
	buf_wipe(&b);
}

static void
a_hostile_upgrade_is_refused(void **state)
{
	static const char task[] = "UPGR-SCRAM-SHA-256";
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(sasl_upgrade(&b, "UPGR-SCRAM-MD5", "p", 1, "salt", 4,
	    4096), XERR_CONFIG);
	assert_int_equal(sasl_upgrade(&b, task, "p", 1, "", 0, 4096),
	    XERR_PROTO);
	assert_int_equal(sasl_upgrade(&b, task, "p", 1, "salt", 5000, 4096),
	    XERR_PROTO);
	assert_int_equal(sasl_upgrade(&b, task, "p", 1, "salt", 4, 4095),
	    XERR_AUTH);
	assert_int_equal(sasl_upgrade(&b, task, "p", 1, "salt", 4, 1000001),
	    XERR_AUTH);
	assert_int_equal(sasl_upgrade(&b, task, "", 0, "salt", 4, 4096),
	    XERR_CONFIG);
	assert_int_equal(sasl_upgrade(&b, task, "a\0b", 3, "salt", 4, 4096),
	    XERR_CONFIG);
	assert_int_equal(buf_len(&b), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_that_comes_later_is_judged_too),
		cmocka_unit_test(the_server_speaks_as_xep_0474),
		cmocka_unit_test(the_client_binds_the_header_and_the_channel),
		cmocka_unit_test(the_flag_says_what_both_ends_can),
		cmocka_unit_test(types_without_a_mechanism_leave_us_unbound),
		cmocka_unit_test(a_changed_offer_is_noticed),
		cmocka_unit_test(unknown_types_need_the_server_s_word),
		cmocka_unit_test(plain_is_not_for_a_server_that_has_scram),
		cmocka_unit_test(choose_prefers_what_is_bound),
		cmocka_unit_test(only_is_a_list),
		cmocka_unit_test(what_was_seen_before_bars_the_weaker),
		cmocka_unit_test(
		    a_certificate_does_not_do_after_a_password_unless_it_did),
		cmocka_unit_test(the_two_ends_of_a_channel_agree_in_all),
		cmocka_unit_test(
		    tls_in_the_middle_is_found_by_whatever_is_bound),
		cmocka_unit_test(a_stripped_plus_is_found_by_the_server),
		cmocka_unit_test(a_stripped_list_is_found_by_the_client),
		cmocka_unit_test(the_server_refuses_other_flags),
		cmocka_unit_test(a_token_is_hashed_with_the_channel),
		cmocka_unit_test(a_token_is_for_one_mechanism_under_tls),
		cmocka_unit_test(
		    a_server_that_does_not_know_the_token_is_refused),
		cmocka_unit_test(
		    the_server_tries_each_token_and_refuses_replays),
		cmocka_unit_test(the_server_refuses_malformed_tokens),
		cmocka_unit_test(a_token_is_asked_for_the_best_binding),
		cmocka_unit_test(no_unbound_token_takes_the_place_of_a_bound_login),
		cmocka_unit_test(external_is_what_the_certificate_says),
		cmocka_unit_test(anonymous_is_nobody),
		cmocka_unit_test(each_server_message_of_one_step_is_bounded),
		cmocka_unit_test(an_upgrade_is_the_salted_password),
		cmocka_unit_test(a_hostile_upgrade_is_refused)
	};

	return cmocka_run_group_tests_name("sasl_binding", tests, setup,
	    teardown);
}
