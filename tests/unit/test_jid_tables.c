/* jid: every row of the tables in tests/data/jid that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "jid/jid.h"
#include "jid/ucd.h"

enum { ID, VERDICT, INPUT, LOCAL, DOMAIN, RESOURCE, SOURCE, RATIONALE,
	CERTAINTY, COLUMNS };

/* Undo the escapes of the tables in place; returns the length. */
static size_t
unescape(char *s)
{
	char *from = s, *to = s, hex[9];
	size_t n;

	for (; *from != '\0'; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 't': *to++ = '\t'; continue;
		case 'n': *to++ = '\n'; continue;
		case 'r': *to++ = '\r'; continue;
		case 'x': n = 2; break;
		case 'u': n = 4; break;
		case 'U': n = 8; break;
		default: *to++ = *from; continue;
		}
		memcpy(hex, from + 1, n);
		hex[n] = '\0';
		if (n == 2)
			*to++ = (char)strtoul(hex, NULL, 16);
		else
			to += utf8_encode((unsigned char *)to,
			    (uint32_t)strtoul(hex, NULL, 16));
		from += n;
	}
	return (size_t)(to - s);
}

static size_t
cut(char *line, char *field[COLUMNS])
{
	size_t n = 0;
	char *p = line;

	line[strcspn(line, "\n")] = '\0';
	for (; n < COLUMNS && p != NULL; n++) {
		field[n] = p;
		if ((p = strchr(p, '\t')) != NULL)
			*p++ = '\0';
	}
	return n;
}

static int
part_differs(char *want, const char *part, size_t len)
{
	size_t n;

	if (strcmp(want, "\\?") == 0)
		return part == NULL;
	n = unescape(want);
	return n != len || (len > 0 && memcmp(want, part, len) != 0);
}

static int
row_fails(char *field[COLUMNS])
{
	struct jid_error e = {0};
	const char *l, *d, *r;
	size_t ll, dl, rl;
	struct jid j;
	int got, valid = strcmp(field[VERDICT], "valid") == 0;

	got = jid_parse_why(&j, field[INPUT], unescape(field[INPUT]), &e);
	if (strncmp(field[CERTAINTY], "open", 4) == 0)
		return 0;
	if (got != 0)
		return valid || e.rule == JID_RULE_NONE;
	if (!valid)
		return 1;
	l = jid_local(&j, &ll);
	d = jid_domain(&j, &dl);
	r = jid_resource(&j, &rl);
	return part_differs(field[LOCAL], l, ll) ||
	    part_differs(field[DOMAIN], d, dl) ||
	    part_differs(field[RESOURCE], r, rl);
}

static void
check(const char *name, int at_least)
{
	static char line[1 << 18];
	char path[256], *field[COLUMNS];
	int rows = 0, bad = 0;
	FILE *f;

	snprintf(path, sizeof(path), "tests/data/jid/%s.tsv", name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#' || cut(line, field) < COLUMNS ||
		    strcmp(field[ID], "id") == 0)
			continue;
		rows++;
		if (row_fails(field)) {
			print_message("# %s: %s\n", field[ID],
			    field[RATIONALE]);
			bad++;
		}
	}
	fclose(f);
	assert_true(rows >= at_least);
	assert_int_equal(bad, 0);
}

#define TABLE(name, at_least) \
static void \
agrees_with_table_##name(void **state) \
{ \
	(void)state; \
	check(#name, at_least); \
}

TABLE(address, 90)
TABLE(ascii, 230)
TABLE(bidi, 70)
TABLE(class, 850)
TABLE(context, 130)
TABLE(corpora, 350)
TABLE(domain, 190)
TABLE(idna, 120)
TABLE(length, 50)
TABLE(map, 260)
TABLE(precis, 830)
TABLE(rfc, 30)
TABLE(structure, 50)
TABLE(utf8, 110)

static const char *
prop_name(uint32_t cp)
{
	enum jid_rule why;

	switch (ucd_precis(cp, &why)) {
	case UCD_PVALID: return "PVALID";
	case UCD_CONTEXT:
		return cp == 0x200c || cp == 0x200d ? "CONTEXTJ" : "CONTEXTO";
	case UCD_FREE_PVAL: return "FREE_PVAL";
	case UCD_UNASSIGNED: return "UNASSIGNED";
	default: return "DISALLOWED";
	}
}

/* libunistring's data are of Unicode 14, too; of another, only what both know. */
static void
agrees_with_the_precis_property_of_every_code_point(void **state)
{
	unsigned lo, hi, total = 0, bad = 0;
	char want[32], line[256];
	FILE *f;

	(void)state;
	f = fopen("tests/data/jid/precis-derived-props-14.0.txt", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%x-%x %31[A-Z_]", &lo, &hi, want) != 3)
			continue;
		for (; lo <= hi; lo++, total++)
			if (strcmp(prop_name(lo), want) != 0 &&
			    strcmp(want, "UNASSIGNED") != 0 &&
			    strcmp(prop_name(lo), "UNASSIGNED") != 0) {
				print_message("# U+%04X: %s, not %s\n", lo,
				    prop_name(lo), want);
				bad++;
			}
	}
	fclose(f);
	assert_int_equal(total, 0x110000);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_table_address),
		cmocka_unit_test(agrees_with_table_ascii),
		cmocka_unit_test(agrees_with_table_bidi),
		cmocka_unit_test(agrees_with_table_class),
		cmocka_unit_test(agrees_with_table_context),
		cmocka_unit_test(agrees_with_table_corpora),
		cmocka_unit_test(agrees_with_table_domain),
		cmocka_unit_test(agrees_with_table_idna),
		cmocka_unit_test(agrees_with_table_length),
		cmocka_unit_test(agrees_with_table_map),
		cmocka_unit_test(agrees_with_table_precis),
		cmocka_unit_test(agrees_with_table_rfc),
		cmocka_unit_test(agrees_with_table_structure),
		cmocka_unit_test(agrees_with_table_utf8),
		cmocka_unit_test(
		    agrees_with_the_precis_property_of_every_code_point)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
