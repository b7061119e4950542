/*
 * Whatever bytes come as an address: both profiles, URIs, escaping, warnings
 * and messages, and what must hold of a normal form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "jid/jid.h"
#include "jid/jid6122.h"
#include "jid/jidesc.h"
#include "jid/jiduri.h"
#include "jid/jidwarn.h"
#include "fuzz.h"

static void
check_error(int r, const struct jid_error *e, size_t len)
{
	struct buf b;

	must(r == XERR_SYNTAX && e->rule != JID_RULE_NONE &&
	    e->rule < JID_RULE_COUNT && e->cp <= 0x10ffff);
	must(e->rule == JID_RULE_DIFFERS || e->offset <= len);
	buf_init(&b, 1000);
	must(jid_error_text(&b, e) == 0 && buf_len(&b) > 0);
	buf_release(&b);
}

/* J is a normal form: everything can be done with it. */
static void
check_valid(const struct jid *j)
{
	struct jid_warning w[JIDWARN_MAX];
	struct jid_uri u;
	struct jid again;
	struct buf b;
	size_t n;

	must(jid_parse(&again, jid_str(j), jid_len(j)) == 0);
	must(jid_equal(j, &again) && jid_len(j) <= JID_MAX);
	buf_init(&b, 16 * JID_MAX);
	must(jid_domain_ascii(j, &b) == 0);
	buf_reset(&b);
	must(jiduri_put(&b, NULL, j) == 0);
	must(jiduri_parse(&u, buf_str(&b), buf_len(&b), NULL) == 0);
	must(jid_equal(&u.jid, j));
	n = jidwarn(w, j);
	must(n <= JIDWARN_MAX);
	while (n-- > 0)
		must(jidwarn_text(&b, &w[n]) == 0);
	jid_to_bare(&again);
	must(jid_is_bare(&again) && jid_equal_bare(&again, j));
	jid_to_domain(&again);
	must(jid_parse(&again, jid_str(&again), jid_len(&again)) == 0);
	buf_release(&b);
}

static void
check_escaping(const char *s, size_t len)
{
	struct buf escaped, plain;

	buf_init(&escaped, 3 * len + 1);
	buf_init(&plain, len + 1);
	if (jidesc_escape(&escaped, s, len) == 0) {
		must(jidesc_unescape(&plain,
		    (const char *)buf_data(&escaped), buf_len(&escaped)) == 0);
		must(buf_len(&plain) == len && (len == 0 ||
		    memcmp(buf_data(&plain), s, len) == 0));
	}
	buf_release(&escaped);
	buf_release(&plain);
}

static void
check_uri(const char *s, size_t len)
{
	struct jid_error e;
	struct jid_uri u, again;
	struct buf b;
	int r;

	if ((r = jiduri_parse(&u, s, len, &e)) < 0) {
		check_error(r, &e, len);
		return;
	}
	buf_init(&b, 8 * len + 16 * JID_MAX);
	must(jiduri_put_uri(&b, &u) == 0);
	must(jiduri_parse(&again, buf_str(&b), buf_len(&b), NULL) == 0);
	must(jid_is_empty(&u.jid) || jid_equal(&again.jid, &u.jid));
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *s = (const char *)data;
	struct jid new, old, both;
	struct jid_error e;
	int r, r6122;

	if ((r = jid_parse_why(&new, s, len, &e)) == 0)
		check_valid(&new);
	else
		check_error(r, &e, len);
	if ((r6122 = jid6122_parse(&old, s, len, &e)) < 0)
		check_error(r6122, &e, len);
	if (jid6122_parse_portable(&both, s, len, &e) == 0)
		must(r == 0 && r6122 == 0 && jid_equal(&both, &new) &&
		    jid_equal(&both, &old));
	else
		check_error(XERR_SYNTAX, &e, len);
	check_escaping(s, len);
	check_uri(s, len);
	return 0;
}
