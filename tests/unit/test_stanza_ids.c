/* cli/ids, and what a bounce means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "session/stanza_ids.h"
#include "cli/random_id.h"
#include "xml/ndxml.h"
#include "xmpp/bounce.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
stanza_ids_are_recognized_and_differ(void **state)
{
	char id[STANZA_IDS_MAX], before[STANZA_IDS_MAX] = "";
	struct stanza_ids s;
	uint64_t n, got;

	(void)state;
	assert_int_equal(stanza_ids_init(&s), 0);
	for (n = 0; n < 1000; n++) {
		assert_int_equal(stanza_ids_make(&s, id), 0);
		assert_int_equal(stanza_ids_number(&s, id, &got), 0);
		assert_int_equal(got, n);
		/* one tells nothing of the next */
		assert_int_not_equal(memcmp(id, before, 8), 0);
		memcpy(before, id, sizeof(id));
	}
}

static void
stanza_ids_of_others_are_refused(void **state)
{
	char id[STANZA_IDS_MAX], other[STANZA_IDS_MAX], copy[STANZA_IDS_MAX + 1];
	struct stanza_ids s, t;
	uint64_t n;
	size_t i;

	(void)state;
	assert_int_equal(stanza_ids_init(&s), 0);
	assert_int_equal(stanza_ids_init(&t), 0);
	assert_int_equal(stanza_ids_make(&s, id), 0);
	assert_int_equal(stanza_ids_make(&t, other), 0);
	assert_int_equal(stanza_ids_number(&s, other, &n), XERR_SYNTAX);
	assert_int_equal(stanza_ids_number(&s, "", &n), XERR_SYNTAX);
	for (i = 0; i < strlen(id); i++) {
		memcpy(copy, id, sizeof(id));
		copy[i] = copy[i] == '1' ? '2' : '1';
		assert_int_equal(stanza_ids_number(&s, copy, &n), XERR_SYNTAX);
		memcpy(copy, id, sizeof(id));
		copy[i] = '\0';
		assert_int_equal(stanza_ids_number(&s, copy, &n), XERR_SYNTAX);
	}
	snprintf(copy, sizeof(copy), "%s0", id);
	assert_int_equal(stanza_ids_number(&s, copy, &n), XERR_SYNTAX);
	/* one that is yet to come */
	memcpy(copy, id, sizeof(id));
	copy[strlen(copy) - 1] = '1';
	assert_int_equal(stanza_ids_number(&s, copy, &n), XERR_SYNTAX);
}

static void
random_names_are_random(void **state)
{
	char a[33], b[33];

	(void)state;
	assert_int_equal(random_id_of_size(a, sizeof(a)), 0);
	assert_int_equal(random_id_of_size(b, sizeof(b)), 0);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "0123456789abcdefghijklmnopqrstuv"), 32);
	assert_string_not_equal(a, b);
}

static void
bounces_are_told_apart(void **state)
{
	static const struct {
		const char *from, *type, *condition;
		enum bounce kind;
	} v[] = {
		{ "a@b", "cancel", "item-not-found", BOUNCE_NO_USER },
		{ "a@b", "cancel", "gone", BOUNCE_NO_USER },
		/* RFC 6121 8.5.1: an account that is not there */
		{ "a@b", "cancel", "service-unavailable", BOUNCE_NO_USER },
		{ "a@b/c", "cancel", "service-unavailable",
		    BOUNCE_UNAVAILABLE },
		{ "b", "cancel", "service-unavailable", BOUNCE_UNAVAILABLE },
		{ "b", "cancel", "remote-server-not-found",
		    BOUNCE_UNAVAILABLE },
		{ "b", "wait", "remote-server-timeout", BOUNCE_LATER },
		{ "a@b", "wait", "resource-constraint", BOUNCE_LATER },
		{ "a@b", "wait", "what-is-this", BOUNCE_LATER },
		{ "a@b", "auth", "forbidden", BOUNCE_REFUSED },
		{ "r@b", "modify", "not-acceptable", BOUNCE_REFUSED },
		{ "a@b", "cancel", "what-is-this", BOUNCE_UNAVAILABLE },
	};
	struct ndxml_reader *r;
	struct elem *e;
	struct buf in;
	size_t i;

	(void)state;
	buf_init(&in, 1 << 21);
	assert_int_equal(ndxml_reader_new(&r, NULL, '\n'), 0);
	for (i = 0; i < N(v); i++) {
		buf_printf(&in, "<message type='error' from='%s'><error "
		    "type='%s'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
		    "/></error></message>\n", v[i].from, v[i].type,
		    v[i].condition);
		assert_int_equal(ndxml_read(r, &in, false, &e), 1);
		assert_int_equal(bounce_kind(e), v[i].kind);
		assert_non_null(strstr(bounce_reason(e), v[i].condition));
	}
	ndxml_reader_free(r);
	buf_release(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stanza_ids_are_recognized_and_differ),
		cmocka_unit_test(stanza_ids_of_others_are_refused),
		cmocka_unit_test(random_names_are_random),
		cmocka_unit_test(bounces_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
