/* xmpp/login_sasl: what each failure of SASL means (RFC 6120 6.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "xml/ns.h"
#include "client/client.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' " \
	"version='1.0' from='example.org'>"
#define MECHANISMS "<mechanism>SCRAM-SHA-256</mechanism>"
#define CLASSIC "<mechanisms xmlns='" NS_SASL "'>" MECHANISMS "</mechanisms>"
#define SASL2 "<authentication xmlns='" NS_SASL2 "'>" MECHANISMS \
	"</authentication>"

/* Let a server refuse with what is INSIDE <failure/>; the client's error. */
static int
refuse(bool sasl2, const char *inside, char *words, size_t size)
{
	struct jid jid;
	struct client_config cf = {
		.login = { .jid = &jid, .password = "pencil",
		    .password_len = 6, .direct = true,
		    .nonce = "abcdefghijklmnopqrstuvwxyz234567",
		    .retry_nonce = "234567abcdefghijklmnopqrstuvwxyz" },
		.id = "x"
	};
	struct client_event ev;
	struct client *c;
	const void *data;
	char s[4096];
	int r;

	assert_int_equal(jid_parse(&jid, "user@example.org", 16), 0);
	assert_int_equal(client_new(&c, &cf), 0);
	assert_int_equal(client_secured(c), 0);
	snprintf(s, sizeof(s), HEAD "<stream:features>%s</stream:features>"
	    "<failure xmlns='%s'>%s</failure>", sasl2 ? SASL2 : CLASSIC,
	    sasl2 ? NS_SASL2 : NS_SASL, inside);
	assert_int_equal(client_feed(c, s, strlen(s)), strlen(s));
	while ((r = client_next(c, &ev)) == 1)
		;
	snprintf(words, size, "%s", client_errmsg(c));
	/* one try, and good-bye */
	client_pending(c, &data);
	snprintf(s, sizeof(s), "%.*s", (int)client_pending(c, &data),
	    (const char *)data);
	assert_non_null(strstr(s, sasl2 ? "<authenticate " : "<auth "));
	assert_null(strstr(strstr(s, "<auth") + 1, "<auth"));
	assert_non_null(strstr(s, "</stream:stream>"));
	client_free(c);
	return r;
}

static void
each_condition_has_its_words_and_its_status(void **state)
{
	static const struct { const char *name; int status; const char *hint; }
	    v[] = {
		{ "aborted", 76, "nobody asked for that" },
		{ "account-disabled", 77, "ask the server's operators" },
		{ "credentials-expired", 77, "set a new password" },
		{ "encryption-required", 77, "use TLS" },
		{ "incorrect-encoding", 76,
		    "the server did not understand us" },
		{ "invalid-authzid", 77, "check the JID" },
		{ "invalid-mechanism", 77, "choose another by --sasl" },
		{ "malformed-request", 76,
		    "the server did not understand us" },
		{ "mechanism-too-weak", 77, "choose another by --sasl" },
		{ "not-authorized", 77, "check name and password" },
		{ "temporary-auth-failure", 75, "try again later" },
	};
	char inside[400], want[400], words[600];
	size_t i;
	int sasl2, r;

	(void)state;
	for (i = 0; i < N(v); i++)
		for (sasl2 = 0; sasl2 < 2; sasl2++) {
			snprintf(inside, sizeof(inside), "<%s xmlns='" NS_SASL
			    "'/>", v[i].name);
			snprintf(want, sizeof(want), "SCRAM-SHA-256 refused: "
			    "%s; %s", v[i].name, v[i].hint);
			r = refuse(sasl2, inside, words, sizeof(words));
			assert_string_equal(words, want);
			assert_int_equal(cli_status(r), v[i].status);
			/* with the server's own words, and something else */
			snprintf(inside, sizeof(inside), "<%s xmlns='" NS_SASL
			    "'/><x xmlns='urn:x'/><text>So it is.</text>",
			    v[i].name);
			snprintf(want, sizeof(want), "SCRAM-SHA-256 refused: "
			    "%s; %s (server: So it is.)", v[i].name,
			    v[i].hint);
			r = refuse(sasl2, inside, words, sizeof(words));
			assert_string_equal(words, want);
			assert_int_equal(cli_status(r), v[i].status);
		}
}

static void
what_is_no_condition_is_a_refusal_all_the_same(void **state)
{
	static const struct { const char *inside, *words; } v[] = {
		{ "", "SCRAM-SHA-256 refused: no reason given" },
		{ "<unheard-of xmlns='" NS_SASL "'/>",
		    "SCRAM-SHA-256 refused: unheard-of" },
		{ "<not-authorized xmlns='urn:x'/>",
		    "SCRAM-SHA-256 refused: no reason given" },
		/* in no order that anybody has prescribed for SASL2 */
		{ "<text>No.</text><not-authorized xmlns='" NS_SASL "'/>",
		    "SCRAM-SHA-256 refused: not-authorized; check name and "
		    "password (server: No.)" },
		{ "<text/>", "SCRAM-SHA-256 refused: no reason given" }
	};
	char words[600];
	size_t i;
	int sasl2;

	(void)state;
	for (i = 0; i < N(v); i++)
		for (sasl2 = 0; sasl2 < 2; sasl2++) {
			assert_int_equal(refuse(sasl2, v[i].inside, words,
			    sizeof(words)), XERR_AUTH);
			assert_string_equal(words, v[i].words);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_condition_has_its_words_and_its_status),
		cmocka_unit_test(what_is_no_condition_is_a_refusal_all_the_same)
	};

	return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
