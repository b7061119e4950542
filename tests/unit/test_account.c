/* cli/account, conf and secret: whose account, and its password. */
#define _XOPEN_SOURCE 700	/* posix_openpt() */

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "account/account.h"
#include "account/password.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define SECRET "hunter2-\xc3\xa9"

static const char *const variables[] = {
	"XMPP_JID", "XMPP_PASSWORD", "XMPP_HOST", "XMPP_PORT", "XMPP_TLS",
	"XMPP_CA_FILE", "XMPP_CRL_FILE", "XMPP_PIN", "XMPP_PROXY", "ALL_PROXY",
	"all_proxy", "NO_PROXY", "no_proxy", "XMPP_AHEAD", "XMPP_SASL",
	"XMPP_CONFIG", "XDG_CONFIG_HOME", "HOME"
};

static char dir[64];
static struct netopt opt;
static struct account acc;

/* setenv(), but in memory of ours: that of setenv() looks like a leak. */
static void
set(const char *name, const char *value)
{
	static char slots[N(variables)][256];
	size_t i = 0;

	while (strcmp(variables[i], name) != 0)
		i++;
	unsetenv(name);
	snprintf(slots[i], sizeof(slots[i]), "%s=%s", name, value);
	assert_int_equal(putenv(slots[i]), 0);
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_account.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	for (i = 0; i < N(variables); i++)
		unsetenv(variables[i]);
	set("HOME", dir);
	netopt_init(&opt);
	account_init(&acc);
	return 0;
}

static int
teardown(void **state)
{
	char cmd[128];

	(void)state;
	account_release(&acc);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static const char *
in_dir(const char *name)
{
	static char path[2][256];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void
write_bytes(const char *name, mode_t mode, const void *data, size_t len)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
write_file(const char *name, mode_t mode, const char *text)
{
	write_bytes(name, mode, text, strlen(text));
}

/* Load with the file NAME of TEXT as -f. */
static int
load_text(const char *text)
{
	account_release(&acc);
	write_file("config", 0600, text);
	opt.file = in_dir("config");
	return account_load(&acc, &opt);
}

static void
assert_password(const char *want)
{
	int status = account_ask(&acc);

	if (status != 0)
		print_error("%s\n", account_errmsg(&acc));
	assert_int_equal(status, 0);
	assert_true(acc.has_password);
	assert_string_equal(buf_str(&acc.password), want);
}

static void
assert_message(const char *want)
{
	if (strstr(account_errmsg(&acc), want) == NULL)
		fail_msg("'%s' is not in '%s'", want, account_errmsg(&acc));
	assert_null(strstr(account_errmsg(&acc), "hunter2"));
}

static void
reads_every_key(void **state)
{
	(void)state;
	assert_int_equal(load_text(
	    "# the robot\n"
	    "jid = Robot@Example.org/ci\n"
	    "password : " SECRET "  \n"
	    "\n"
	    "  host=xmpp.example.org\n"
	    "port = 5299\n"
	    "tls = direct\n"
	    "ca_file = /etc/ca.pem\n"
	    "cert = ~/c.pem\n"
	    "key = k.pem"), 0);
	assert_string_equal(jid_str(&acc.jid), "robot@example.org/ci");
	assert_string_equal(acc.host, "xmpp.example.org");
	assert_int_equal(acc.port, 5299);
	assert_int_equal(acc.tls, NETOPT_TLS_DIRECT);
	assert_string_equal(acc.ca_file, "/etc/ca.pem");
	assert_string_equal(acc.cert, in_dir("c.pem"));
	assert_string_equal(acc.key, in_dir("k.pem"));
	assert_password(SECRET);
	account_forget(&acc);
	assert_int_equal(buf_len(&acc.password), 0);
}

static void
keeps_every_byte_of_a_password(void **state)
{
	static const char *const passwords[] = {
		"a#b", "#a", "a # b", "a ; b", ";a", "a;b", "a=b", "=", "a:b",
		":", "a  b", "\"quoted\"", "'quoted'", "\\n", "[x]", "%s%n",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91", "\xef\xbb\xbf", "x\ty",
		"a\\", "$HOME", "<&>"
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(passwords); i++) {
		snprintf(text, sizeof(text),
		    "jid = a@b.example\npassword = %s\nport = 1\n",
		    passwords[i]);
		assert_int_equal(load_text(text), 0);
		assert_password(passwords[i]);
		assert_int_equal(acc.port, 1);
	}
}

static void
takes_lines_longer_than_those_of_inih(void **state)
{
	char text[8192], *p = text;
	size_t i;

	(void)state;
	p += snprintf(p, sizeof(text), "jid = a@b.example\npassword = ");
	for (i = 0; i < PASSWORD_MAX; i++)
		*p++ = (char)('a' + i % 26);
	snprintf(p, sizeof(text) - (size_t)(p - text), "\nport = 7\n");
	assert_int_equal(load_text(text), 0);
	assert_int_equal(acc.port, 7);
	assert_int_equal(account_ask(&acc), 0);
	assert_int_equal(buf_len(&acc.password), PASSWORD_MAX);
}

static void
a_password_too_long_is_refused(void **state)
{
	char text[8192], *p = text;

	(void)state;
	p += snprintf(p, sizeof(text), "jid = a@b.example\npassword = ");
	memset(p, 'x', PASSWORD_MAX + 1);
	p[PASSWORD_MAX + 1] = '\0';
	if (load_text(text) == 0)
		assert_int_equal(account_ask(&acc), EX_CONFIG);
	assert_message(":2");
	assert_message("longer");
}

static void
takes_crlf_and_a_byte_order_mark(void **state)
{
	(void)state;
	assert_int_equal(load_text("\xef\xbb\xbfjid = a@b.example\r\n\r\n"
	    "password = " SECRET "\r\n[x]\r\njid = c@d.example\r\n"), 0);
	assert_string_equal(jid_str(&acc.jid), "a@b.example");
	assert_password(SECRET);
}

static void
an_indented_line_stands_for_itself(void **state)
{
	(void)state;
	assert_int_equal(load_text("jid = a@b.example\n  host = h\n\tport = 3\n"),
	    0);
	assert_string_equal(acc.host, "h");
	assert_int_equal(acc.port, 3);
}

static void
complains_of_a_bad_file_with_its_line(void **state)
{
	static const struct { const char *text, *message; } bad[] = {
		{ "jid = a@b.example\npasword = hunter2\n",
		    ":2: unknown key 'pasword'" },
		{ "\n\njid = a@b.example\nJID = a@b.example\n",
		    ":4: unknown key 'JID'" },
		{ "jid = a@b.example\njid = a@b.example\n",
		    ":2: this account has two lines with 'jid'" },
		{ "[x]\njid=a@b.example\n[y]\njid=c@d.example\n[x]\n"
		    "jid=a@b.example\n", ":6: this account has two" },
		{ "jid = a@b.example\nhunter2\n", ":2: neither" },
		{ "password = hunter2\n= x\n[\n", ":2: unknown key ''" },
		{ "jid = a@b.example\n[x\nport = 3\n", ":2: no ']'" },
		{ "[x] port = 3\n", ":1: more behind" },
		{ "[]\njid = a@b.example\n", ":1: a section's name" },
		{ "[12345678901234567890123456789012345678901234567890]\n",
		    ":1: a section's name" },
		{ "jid = a@b.example\npassword =  \n", ":2: no value for 'password'" },
		{ "jid = a@b.example\nport = 0\n", ":2: port '0'" },
		{ "jid = a@b.example\nport = 5222x\n", ":2: port '5222x'" },
		{ "jid = a@b.example\nport = 65536\n", ":2: port" },
		{ "jid = a@b.example\ntls = no\n", ":2: tls 'no'" },
		{ "jid = a@b.example\nahead = off\n", ":2: ahead 'off'" },
		{ "jid = a@b.example\nsasl = SCRAM-SHA-256,\n",
		    ":2: sasl 'SCRAM-SHA-256,'" },
		{ "jid = a@b.example\nsasl = SCRAM-SHA256\n",
		    ":2: sasl 'SCRAM-SHA256'" },
		{ "jid = b.example\nsasl = ANONYMOUS,PLAIN\n",
		    ":1: 'b.example' has no user" },
		{ "jid = a@@b\n", ":1: 'a@@b' is no JID" },
		{ "jid = b.example\n", ":1: 'b.example' has no user" },
		{ "jid = a@b.example\npassword = hunter2\n"
		    "password_file = x\n", ":3: 'password_file' beside" },
		{ "jid = a@b.example\ncert = c.pem\n", "cert and key" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		if (load_text(bad[i].text) != EX_CONFIG)
			fail_msg("case %zu is taken", i);
		assert_message(bad[i].message);
		if (bad[i].message[0] == ':')
			assert_message(in_dir("config"));
	}
}

static void
by_anonymous_alone_an_account_needs_no_user(void **state)
{
	(void)state;
	assert_int_equal(load_text("jid = b.example\nsasl = ANONYMOUS\n"), 0);
	assert_true(acc.anonymous);
	assert_string_equal(jid_str(&acc.jid), "b.example");
}

static void
refuses_nul_in_the_file(void **state)
{
	static const char text[] = "jid = a@b.example\npassword = hun\0ter\n";

	(void)state;
	write_bytes("config", 0600, text, sizeof(text) - 1);
	opt.file = in_dir("config");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message(":2: NUL");
}

static void
a_section_is_chosen_by_name(void **state)
{
	static const char text[] =
	    "jid = a@b.example\nhost = top\n"
	    "[romeo]\njid = romeo@b.example\n"
	    "[juliet] ; her\njid = juliet@b.example\nport = 1\n";

	(void)state;
	assert_int_equal(load_text(text), 0);
	assert_string_equal(jid_str(&acc.jid), "a@b.example");
	opt.account = "juliet";
	assert_int_equal(load_text(text), 0);
	assert_string_equal(jid_str(&acc.jid), "juliet@b.example");
	assert_int_equal(acc.port, 1);
	/* nothing is inherited */
	assert_null(acc.host);
	opt.account = "tybalt";
	assert_int_equal(load_text(text), EX_CONFIG);
	assert_message("no account 'tybalt'");
	assert_message("romeo, juliet");
}

static void
sections_alone_ask_for_a_choice(void **state)
{
	(void)state;
	assert_int_equal(load_text("[romeo]\njid = romeo@b.example\n"),
	    EX_CONFIG);
	assert_message("-a");
	assert_message("romeo");
}

static void
a_jid_finds_its_own_account_and_no_other(void **state)
{
	static const char text[] =
	    "jid = a@b.example\npassword = hunter2\nhost = top\n"
	    "[x]\njid = c@D.example/home\npassword = second\n";

	(void)state;
	opt.jid = "c@d.example/work";
	assert_int_equal(load_text(text), 0);
	assert_string_equal(jid_str(&acc.jid), "c@d.example/work");
	assert_password("second");
	/* the password of one account never goes to another's server */
	opt.jid = "a@evil.example";
	assert_int_equal(load_text(text), 0);
	assert_int_equal(acc.secret, PASSWORD_ASK);
	assert_null(acc.host);
	assert_int_equal(buf_len(&acc.password), 0);
	/* unless that is said */
	opt.account = "x";
	assert_int_equal(load_text(text), 0);
	assert_string_equal(jid_str(&acc.jid), "a@evil.example");
	assert_password("second");
}

static void
keys_without_a_jid_serve_any(void **state)
{
	(void)state;
	opt.jid = "a@b.example";
	assert_int_equal(load_text("password = x\nca_file = ca\n"), 0);
	assert_string_equal(acc.ca_file, in_dir("ca"));
	assert_password("x");
}

static void
option_goes_before_environment_before_file(void **state)
{
	static const char text[] =
	    "jid = a@b.example/file\npassword = file\nhost = file\nport = 1\n"
	    "tls = starttls\nca_file = /file\nahead = no\nsasl = PLAIN\n";

	(void)state;
	set("XMPP_JID", "a@b.example/env");
	set("XMPP_PASSWORD", "env");
	set("XMPP_HOST", "env");
	set("XMPP_PORT", "2");
	set("XMPP_TLS", "direct");
	set("XMPP_AHEAD", "yes");
	set("XMPP_SASL", "EXTERNAL,SCRAM-SHA-1");
	set("XMPP_CA_FILE", "env.pem");
	assert_int_equal(load_text(text), 0);
	assert_string_equal(jid_str(&acc.jid), "a@b.example/env");
	assert_string_equal(acc.host, "env");
	assert_int_equal(acc.port, 2);
	assert_int_equal(acc.tls, NETOPT_TLS_DIRECT);
	assert_int_equal(acc.ahead, NETOPT_YES);
	assert_string_equal(acc.sasl, "EXTERNAL,SCRAM-SHA-1");
	assert_string_equal(acc.ca_file, "env.pem");
	assert_password("env");
	opt.jid = "a@b.example/opt";
	opt.host = "opt";
	opt.port = 3;
	opt.tls = NETOPT_TLS_STARTTLS;
	opt.ahead = NETOPT_NO;
	opt.mechanisms = "SCRAM-SHA-512";
	opt.ca_file = "opt.pem";
	assert_int_equal(load_text(text), 0);
	assert_string_equal(jid_str(&acc.jid), "a@b.example/opt");
	assert_string_equal(acc.host, "opt");
	assert_int_equal(acc.port, 3);
	assert_int_equal(acc.tls, NETOPT_TLS_STARTTLS);
	assert_int_equal(acc.ahead, NETOPT_NO);
	assert_string_equal(acc.sasl, "SCRAM-SHA-512");
	assert_string_equal(acc.ca_file, "opt.pem");
	/* the variable is gone since the first time */
	assert_password("file");
}

static void
complains_of_bad_variables(void **state)
{
	(void)state;
	set("XMPP_JID", "@");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("XMPP_JID: '@' is no JID");
	set("XMPP_JID", "a@b.example");
	set("XMPP_PORT", "-1");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("XMPP_PORT: port '-1'");
	set("XMPP_PORT", "1");
	set("XMPP_TLS", "ssl");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("XMPP_TLS: tls 'ssl'");
	set("XMPP_TLS", "direct");
	set("XMPP_PIN", "x");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("XMPP_PIN: pin x is not ");
	set("XMPP_PIN", "");
	set("ALL_PROXY", "socks4://me:" SECRET "@h:1");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("ALL_PROXY: the proxy 'socks4://h:1' is none of ");
	set("XMPP_PROXY", "http://me:" SECRET);
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("XMPP_PROXY: the proxy's URL 'http://me' is ");
	set("XMPP_PROXY", "none");
	opt.jid = "a b@c.example";
	assert_int_equal(account_load(&acc, &opt), EX_USAGE);
	assert_message("-j: 'a b@c.example' is no JID");
}

/* Nor is a host's name an address by its beginning. */
static void
the_domain_alone_decides_on_the_proxy(void **state)
{
	static const struct {
		const char *jid, *except;
		bool by_proxy;
	} rows[] = {
		{ "a@secret.example", "", true },
		{ "a@secret.example/ci.localhost", "", true },
		{ "a@secret.example/127.0.0.1", "", true },
		{ "a@127.example", "", true },
		{ "a@127.0.0.1.example/x", "", true },
		{ "a@localhost/ci", "", false },
		{ "a@127.0.0.1/ci", "", false },
		{ "a@[::1]/ci", "", false },
		{ "a@secret.example/box1.corp", "corp", true },
		{ "a@box1.corp/secret.example", "corp", false },
		{ "a@b\xc3\xbc" "cher.test/ci", "xn--bcher-kva.test", false },
		{ "a@b\xc3\xbc" "cher.test/ci", "b\xc3\xbc" "cher.test", false },
		{ "b\xc3\xbc" "cher.test/ci", "b\xc3\xbc" "cher.test", false }
	};
	size_t i;

	(void)state;
	set("ALL_PROXY", "socks5h://proxy.example");
	for (i = 0; i < N(rows); i++) {
		print_message("# %s '%s'\n", rows[i].jid, rows[i].except);
		account_release(&acc);
		set("NO_PROXY", rows[i].except);
		opt.jid = rows[i].jid;
		opt.mechanisms = strchr(opt.jid, '@') == NULL ? "ANONYMOUS" :
		    NULL;
		assert_int_equal(account_load(&acc, &opt), 0);
		assert_int_equal(acc.proxy != NULL, rows[i].by_proxy);
		assert_string_equal(jid_str(&acc.jid), rows[i].jid);
	}
}

static void
the_password_leaves_the_environment(void **state)
{
	char *where;

	(void)state;
	set("XMPP_JID", "a@b.example");
	set("XMPP_PASSWORD", SECRET);
	where = getenv("XMPP_PASSWORD");
	assert_int_equal(account_load(&acc, &opt), 0);
	assert_null(getenv("XMPP_PASSWORD"));
	assert_int_equal(where[0], '\0');
	assert_int_equal(where[sizeof(SECRET) - 2], '\0');
	assert_password(SECRET);
}

static void
finds_the_file_by_itself(void **state)
{
	(void)state;
	/* none at all */
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("no account");
	mkdir(in_dir(".config"), 0700);
	mkdir(in_dir(".config/xmpputils"), 0700);
	write_file(".config/xmpputils/config", 0600, "jid = a@home.example\n");
	assert_int_equal(account_load(&acc, &opt), 0);
	assert_string_equal(jid_str(&acc.jid), "a@home.example");
	account_release(&acc);
	mkdir(in_dir("xdg"), 0700);
	mkdir(in_dir("xdg/xmpputils"), 0700);
	write_file("xdg/xmpputils/config", 0600, "jid = a@xdg.example\n");
	set("XDG_CONFIG_HOME", in_dir("xdg"));
	assert_int_equal(account_load(&acc, &opt), 0);
	assert_string_equal(jid_str(&acc.jid), "a@xdg.example");
	account_release(&acc);
	write_file("named", 0600, "jid = a@named.example\n");
	set("XMPP_CONFIG", in_dir("named"));
	assert_int_equal(account_load(&acc, &opt), 0);
	assert_string_equal(jid_str(&acc.jid), "a@named.example");
}

static void
a_named_file_must_be_there(void **state)
{
	(void)state;
	opt.file = in_dir("none");
	assert_int_equal(account_load(&acc, &opt), EX_NOINPUT);
	assert_message("none: No such file");
	opt.file = dir;
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("is a directory");
}

static void
refuses_a_password_that_others_can_read(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0644, 0666 };
	static const char text[] = "jid = a@b.example\npassword = hunter2\n";
	size_t i;

	(void)state;
	opt.file = in_dir("config");
	for (i = 0; i < N(modes); i++) {
		write_file("config", modes[i], text);
		assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
		assert_message("others can");
		account_release(&acc);
	}
	/* also when it is not this account's */
	write_file("config", 0644, "jid = a@b.example\n"
	    "[x]\njid = c@d.example\npassword = hunter2\n");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	account_release(&acc);
	/* a link does not hide the mode, its own matters to nobody */
	assert_int_equal(symlink(in_dir("config"), in_dir("link")), 0);
	opt.file = in_dir("link");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	account_release(&acc);
	assert_int_equal(chmod(in_dir("config"), 0400), 0);
	opt.file = in_dir("link");
	assert_int_equal(account_load(&acc, &opt), 0);
}

static void
a_file_without_a_password_may_be_read_by_all(void **state)
{
	(void)state;
	write_file("config", 0644,
	    "jid = a@b.example\npassword_command = echo x\n");
	opt.file = in_dir("config");
	assert_int_equal(account_load(&acc, &opt), 0);
	account_release(&acc);
	write_file("config", 0664,
	    "jid = a@b.example\npassword_command = echo x\n");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("others can change it");
}

static void
refuses_a_password_that_belongs_to_another(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;		/* nobody else can make such a file */
	write_file("config", 0600, "jid = a@b.example\npassword = hunter2\n");
	assert_int_equal(chown(in_dir("config"), 1, (gid_t)-1), 0);
	opt.file = in_dir("config");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("another user");
	/* whatever is in it: it may name a command */
	write_file("config", 0600, "jid = a@b.example\n");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("another user");
	assert_int_equal(chown(in_dir("config"), 0, (gid_t)-1), 0);
	write_file("pw", 0600, "hunter2\n");
	assert_int_equal(chown(in_dir("pw"), 1, (gid_t)-1), 0);
	assert_int_equal(load_text("jid = a@b.example\npassword_file = pw\n"),
	    0);
	assert_int_equal(account_ask(&acc), EX_CONFIG);
	assert_message("another user");
}

static void
reads_a_pipe(void **state)
{
	static const char text[] = "jid = a@b.example\npassword = x\n";
	char path[64];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], text, strlen(text)), strlen(text));
	close(fd[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd[0]);
	opt.file = path;
	assert_int_equal(account_load(&acc, &opt), 0);
	close(fd[0]);
	assert_password("x");
}

static void
refuses_a_huge_file(void **state)
{
	char *text = malloc(70000);

	(void)state;
	memset(text, '#', 70000);
	write_bytes("config", 0600, text, 65534);
	opt.file = in_dir("config");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("no account");
	account_release(&acc);
	write_bytes("config", 0600, text, 65535);
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("larger than");
	free(text);
}

/* sendxmpp(1) and go-sendxmpp(5). */
static void
reads_the_files_of_others(void **state)
{
	static const struct {
		const char *text, *jid, *host, *password;
		unsigned port;
	} files[] = {
		/* go-sendxmpp, and newer sendxmpp with a whole JID */
		{ "username: a@b.example\njserver: xmpp.b.example\nport: 5223\n"
		    "password: p w\nalias: robot\n",
		    "a@b.example", "xmpp.b.example", "p w", 5223 },
		{ "# mine\nusername: a@b.example\npassword:  x#;=\n",
		    "a@b.example", NULL, "x#;=", 0 },
		{ "username: a@b.example\npassword: x \nresource: bot\n",
		    "a@b.example/bot", NULL, "x ", 0 },
		{ "username: a@b.example\neval_password: echo one; echo two\n",
		    "a@b.example", NULL, "one", 0 },
		{ "username: a@b.example\npassword: old\neval_password: echo x\n",
		    "a@b.example", NULL, "x", 0 },
		{ "username: a@b.example\njserver: h:5269\npassword: x\n",
		    "a@b.example", "h", "x", 5269 },
		/* sendxmpp, key form */
		{ "username: a\njserver: b.example\nport: 0\npassword: x\n",
		    "a@b.example", NULL, "x", 0 },
		{ "username: lubomir.host\njserver: talk.google.com\n"
		    "password: my-secure-password\ncomponent: gmail.com\n",
		    "lubomir.host@gmail.com", "talk.google.com",
		    "my-secure-password", 0 },
		{ "jserver: b.example;h.example:99\nusername: a\npassword: x\n"
		    "tls: 1\nno-tls-verify: 1\n",
		    "a@b.example", "h.example", "x", 99 },
		/* sendxmpp, one line */
		{ "# my account\nalice@jabber.org  secret\n",
		    "alice@jabber.org", NULL, "secret", 0 },
		{ "alice@b.example;foo.com secret\n",
		    "alice@b.example", "foo.com", "secret", 0 },
		{ "alice@b.example;foo.com:1234 secret\r\n",
		    "alice@b.example", "foo.com", "secret", 1234 },
		{ "alice@b.example:1234 se=cr#t",
		    "alice@b.example", NULL, "se=cr#t", 1234 },
		{ "\xef\xbb\xbf" "alice@talk.google.com secret gmail.com\n",
		    "alice@gmail.com", "talk.google.com", "secret", 0 },
		{ "\n\ta#b_c@b.example secret\n",
		    "a#b_c@b.example", NULL, "secret", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(files); i++) {
		if (load_text(files[i].text) != 0)
			fail_msg("%zu: %s", i, account_errmsg(&acc));
		assert_string_equal(jid_str(&acc.jid), files[i].jid);
		if (files[i].host == NULL)
			assert_null(acc.host);
		else
			assert_string_equal(acc.host, files[i].host);
		assert_int_equal(acc.port, files[i].port);
		assert_password(files[i].password);
	}
}

static void
complains_of_foreign_files_too(void **state)
{
	static const struct { const char *text, *message; } bad[] = {
		{ "username: a\npassword: hunter2\n", ":1: a username without" },
		{ "username: a@b.example\nhunter2\n", ":2: neither" },
		{ "a@b.example hunter2 c.example d\n", ":1: neither" },
		{ "username: a@b.example\nport: hunter\n", ":2: port" },
		{ "username: @b.example\n", ":1: '@b.example' is no JID" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		if (load_text(bad[i].text) != EX_CONFIG)
			fail_msg("case %zu is taken", i);
		assert_message(bad[i].message);
	}
	write_file("config", 0644, "alice@b.example hunter2\n");
	opt.file = in_dir("config");
	assert_int_equal(account_load(&acc, &opt), EX_CONFIG);
	assert_message("others can read");
}

/* Also for the sanitizers: mutations of files that are well. */
static void
survives_any_file(void **state)
{
	static const char *const seeds[] = {
		"\xef\xbb\xbf# c\njid = a@b.example/x\r\npassword=x;y\n"
		    "[s] # c\njid: c@d.example\nport = 1\ntls = direct\n",
		"username: a\njserver: b.example;h:5\nport: 0\npassword: x\n"
		    "eval_password: true\ncomponent: c.example\n",
		"\n# mine\na@b.example;h.example:5222  secret  c.example\r\n",
	};
	static const char bytes[] = "\n\r\t =:;#[]@/.\"\\a\xef\xff";
	char text[256];
	unsigned long rnd = 1;
	size_t len, i;
	int n, k;

	(void)state;
	opt.file = in_dir("config");
	for (n = 0; n < 6000; n++) {
		len = strlen(seeds[n % N(seeds)]);
		memcpy(text, seeds[n % N(seeds)], len);
		for (k = n % 7; k >= 0; k--) {
			rnd = rnd * 6364136223846793005UL +
			    1442695040888963407UL;
			i = (rnd >> 33) % len;
			if (rnd & 1UL << 60)
				text[i] = bytes[(rnd >> 20) % sizeof(bytes)];
			else if (len > 1) {
				memmove(text + i, text + i + 1, len - i - 1);
				len--;
			}
		}
		write_bytes("config", 0600, text, len);
		opt.file = in_dir("config");
		k = account_load(&acc, &opt);
		assert_true(k == 0 || k == EX_CONFIG);
		assert_true(k == 0 || *account_errmsg(&acc) != '\0');
		account_release(&acc);
	}
}

static void
takes_the_password_from_a_file(void **state)
{
	static const char conf[] = "jid = a@b.example\npassword_file = pw\n";
	static const struct { const char *in, *out; } pw[] = {
		{ "x", "x" }, { "x\n", "x" }, { "x\r\n", "x" },
		{ " x # y \n", " x # y " }, { "x\n\n", "x\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(pw); i++) {
		write_file("pw", 0600, pw[i].in);
		assert_int_equal(load_text(conf), 0);
		assert_password(pw[i].out);
	}
	write_bytes("pw", 0600, "hunter2\0", 8);
	assert_int_equal(load_text(conf), 0);
	assert_int_equal(account_ask(&acc), EX_CONFIG);
	assert_message("NUL");
	assert_false(acc.has_password);
	assert_int_equal(buf_len(&acc.password), 0);
	write_file("pw", 0600, "\n");
	assert_int_equal(load_text(conf), 0);
	assert_int_equal(account_ask(&acc), EX_CONFIG);
	assert_message("empty");
	write_file("pw", 0600, "hunter2\xff\n");
	assert_int_equal(load_text(conf), 0);
	assert_int_equal(account_ask(&acc), EX_CONFIG);
	assert_message("not UTF-8");
	write_file("pw", 0640, "hunter2\n");
	assert_int_equal(load_text(conf), 0);
	assert_int_equal(account_ask(&acc), EX_CONFIG);
	assert_message("chmod 600");
	unlink(in_dir("pw"));
	assert_int_equal(load_text(conf), 0);
	assert_int_equal(account_ask(&acc), EX_NOINPUT);
	assert_message("No such file");
}

static void
takes_the_password_from_a_command(void **state)
{
	static const struct { const char *command, *out; } ok[] = {
		{ "echo 'a # b; c'", "a # b; c" },
		{ "printf 'x\\r\\ny\\n'", "x" },
		{ "printf x", "x" },
		/* the rest is read, its writer lives to exit with 0 */
		{ "echo x; yes | head -c 300000", "x" },
		/* our data is not the command's */
		{ "if read -r l; then echo \"$l\"; else echo x; fi", "x" },
		{ "test -z \"$XMPP_PASSWORD\" && echo x", "x" },
	};
	static const struct { const char *command, *message; } bad[] = {
		{ "echo hunter2; exit 3", "exit status 3" },
		{ "echo hunter2; kill -9 $$", "signal 9" },
		{ "true", "empty" },
		{ "printf 'hunter2\\0x\\n'", "NUL" },
		{ "yes hunter2 | tr -d '\\n' | head -c 100000", "longer" },
	};
	char text[256];
	int fd[2], in;
	size_t i;

	(void)state;
	in = dup(STDIN_FILENO);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "data\n", 5), 5);
	assert_int_equal(dup2(fd[0], STDIN_FILENO), STDIN_FILENO);
	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < N(ok); i++) {
		snprintf(text, sizeof(text), "jid = a@b.example\n"
		    "password_command = %s\n", ok[i].command);
		assert_int_equal(load_text(text), 0);
		assert_password(ok[i].out);
	}
	for (i = 0; i < N(bad); i++) {
		snprintf(text, sizeof(text), "jid = a@b.example\n"
		    "password_command = %s\n", bad[i].command);
		assert_int_equal(load_text(text), 0);
		assert_int_equal(account_ask(&acc), EX_CONFIG);
		assert_message(bad[i].message);
		assert_false(acc.has_password);
	}
	signal(SIGCHLD, SIG_DFL);
	dup2(in, STDIN_FILENO);
	close(in);
	close(fd[0]);
	close(fd[1]);
}

static void
a_certificate_needs_no_password(void **state)
{
	(void)state;
	assert_int_equal(load_text("jid = a@b.example\ncert = c\nkey = k\n"),
	    0);
	assert_int_equal(account_ask(&acc), 0);
	assert_false(acc.has_password);
}

/*
 * A child whose terminal is the other end of the pty *MASTER; it exits with 0
 * if it got SECRET, else with the status of account_ask().
 */
static pid_t
ask_on_a_pty(int *master)
{
	const char *name;
	pid_t pid;
	int fd;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(*master >= 0);
	assert_int_equal(grantpt(*master), 0);
	assert_int_equal(unlockpt(*master), 0);
	name = ptsname(*master);
	if ((pid = fork()) == 0) {
		int status = 99;

		setsid();
		/* a shell's background ignores it, and what it runs would */
		signal(SIGINT, SIG_DFL);
		if ((fd = open(name, O_RDWR)) < 0)	/* makes it ours */
			_exit(98);
		close(*master);
		set("XMPP_JID", "a@b.example/x");
		if (account_load(&acc, &opt) == 0)
			status = account_ask(&acc);
		if (status == 0 && (buf_len(&acc.password) != strlen(SECRET) ||
		    memcmp(buf_data(&acc.password), SECRET, strlen(SECRET))))
			status = 97;
		account_release(&acc);
		_exit(status);
	}
	return pid;
}

/* Read what the terminal shows until WANT is there, 10 seconds at most. */
static void
read_until(int master, char *shown, size_t size, const char *want)
{
	struct pollfd pfd = { .fd = master, .events = POLLIN };
	size_t len = strlen(shown);
	ssize_t n;

	while (strstr(shown, want) == NULL) {
		assert_int_equal(poll(&pfd, 1, 10000), 1);
		n = read(master, shown + len, size - len - 1);
		assert_true(n > 0);
		len += (size_t)n;
		shown[len] = '\0';
	}
}

static bool
echo_is_on(int master)
{
	struct termios t;

	return tcgetattr(master, &t) == 0 && (t.c_lflag & ECHO) != 0;
}

static void
asks_on_the_terminal_without_echo(void **state)
{
	char shown[512] = "";
	int master, ws;
	pid_t pid;

	(void)state;
	pid = ask_on_a_pty(&master);
	read_until(master, shown, sizeof(shown), "Password for a@b.example: ");
	assert_false(echo_is_on(master));
	assert_int_equal(write(master, SECRET "\n", strlen(SECRET) + 1),
	    strlen(SECRET) + 1);
	read_until(master, shown, sizeof(shown), "\n");
	assert_int_equal(waitpid(pid, &ws, 0), pid);
	assert_int_equal(ws, 0);
	assert_null(strstr(shown, "hunter2"));
	close(master);
}

static void
an_interrupt_at_the_prompt_brings_the_echo_back(void **state)
{
	char shown[512] = "";
	int master, slave, ws;
	pid_t pid;

	(void)state;
	pid = ask_on_a_pty(&master);
	/* held open, or the terminal dies with the child */
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	read_until(master, shown, sizeof(shown), ": ");
	assert_false(echo_is_on(master));
	assert_int_equal(write(master, "hun\003", 4), 4);
	assert_int_equal(waitpid(pid, &ws, 0), pid);
	assert_true(WIFSIGNALED(ws));
	assert_int_equal(WTERMSIG(ws), SIGINT);
	assert_true(echo_is_on(master));
	close(slave);
	close(master);
}

static void
an_empty_answer_is_no_password(void **state)
{
	char shown[512] = "";
	int master, ws;
	pid_t pid;

	(void)state;
	pid = ask_on_a_pty(&master);
	read_until(master, shown, sizeof(shown), ": ");
	assert_false(echo_is_on(master));
	assert_int_equal(write(master, "\004", 1), 1);
	assert_int_equal(waitpid(pid, &ws, 0), pid);
	assert_true(WIFEXITED(ws));
	assert_int_equal(WEXITSTATUS(ws), EX_CONFIG);
	close(master);
}

static void
without_a_terminal_there_is_no_password(void **state)
{
	pid_t pid;
	int ws;

	(void)state;
	if ((pid = fork()) == 0) {
		int status;

		setsid();
		set("XMPP_JID", "a@b.example");
		status = account_load(&acc, &opt);
		if (status == 0)
			status = account_ask(&acc);
		if (strstr(account_errmsg(&acc), "no terminal") == NULL)
			status = 99;
		account_release(&acc);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &ws, 0), pid);
	assert_true(WIFEXITED(ws));
	assert_int_equal(WEXITSTATUS(ws), EX_CONFIG);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_every_key),
		T(keeps_every_byte_of_a_password),
		T(takes_lines_longer_than_those_of_inih),
		T(a_password_too_long_is_refused),
		T(takes_crlf_and_a_byte_order_mark),
		T(an_indented_line_stands_for_itself),
		T(complains_of_a_bad_file_with_its_line),
		T(by_anonymous_alone_an_account_needs_no_user),
		T(refuses_nul_in_the_file),
		T(a_section_is_chosen_by_name),
		T(sections_alone_ask_for_a_choice),
		T(a_jid_finds_its_own_account_and_no_other),
		T(keys_without_a_jid_serve_any),
		T(option_goes_before_environment_before_file),
		T(complains_of_bad_variables),
		T(the_domain_alone_decides_on_the_proxy),
		T(the_password_leaves_the_environment),
		T(finds_the_file_by_itself),
		T(a_named_file_must_be_there),
		T(refuses_a_password_that_others_can_read),
		T(a_file_without_a_password_may_be_read_by_all),
		T(refuses_a_password_that_belongs_to_another),
		T(reads_a_pipe),
		T(refuses_a_huge_file),
		T(reads_the_files_of_others),
		T(complains_of_foreign_files_too),
		T(survives_any_file),
		T(takes_the_password_from_a_file),
		T(takes_the_password_from_a_command),
		T(a_certificate_needs_no_password),
		T(asks_on_the_terminal_without_echo),
		T(an_interrupt_at_the_prompt_brings_the_echo_back),
		T(an_empty_answer_is_no_password),
		T(without_a_terminal_there_is_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
