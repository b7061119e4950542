/* cli/state: what is remembered of an account from run to run. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "state/state.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

enum { NOW = 1700000000, PATH_SIZE = 600, TEXT_MAX = 70000 };

static char root[] = "/tmp/test_state.XXXXXX";
static char dir[100];	/* in root; not there at first */

/* Everything below PATH, and itself. */
static void
remove_all(const char *path)
{
	char sub[2 * PATH_SIZE];
	struct dirent *de;
	DIR *d;

	if (unlink(path) == 0 || (d = opendir(path)) == NULL)
		return;
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0) {
			snprintf(sub, sizeof(sub), "%s/%s", path, de->d_name);
			remove_all(sub);
		}
	closedir(d);
	rmdir(path);
}

static int
setup(void **state)
{
	(void)state;
	memcpy(root, "/tmp/test_state.XXXXXX", sizeof(root));
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(dir, sizeof(dir), "%s/a/b", root);
	return setenv("XMPP_STATE", dir, 1);
}

static int
teardown(void **state)
{
	(void)state;
	remove_all(root);
	return 0;
}

static void
load(struct state *s, const char *address)
{
	struct jid j;

	assert_int_equal(jid_parse(&j, address, strlen(address)), 0);
	assert_int_equal(state_load(s, &j), 0);
}

static void
file_of(char path[PATH_SIZE], const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", dir, name);
}

static size_t
read_text(const char *path, char text[TEXT_MAX])
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, TEXT_MAX - 1, f);
	text[n] = '\0';
	fclose(f);
	return n;
}

static void
write_text(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

/* How many files there are in the directory, beside the lock. */
static int
count_files(void)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int n = -2;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		n += strcmp(de->d_name, ".lock") != 0;
	closedir(d);
	return n;
}

static bool
is_blank(const struct state *s)
{
	const char *v[1];
	size_t i, n = 0;

	for (i = 0; i < STATE_LISTS; i++)
		n += state_names(s, (enum state_list)i, v, 1);
	return n == 0 && state_strongest(s) == NULL && state_agent(s) == NULL &&
	    state_features(s) == 0 && state_token(s, 0) == NULL &&
	    s->proof.what == SASL_PROVES_NOTHING && s->ntickets == 0;
}

static const unsigned char a_key[STATE_KEY] = "0123456789abcdef";
static const unsigned char other_key[STATE_KEY] = "fedcba9876543210";

static const char *const mechs[] = { "SCRAM-SHA-1", "PLAIN" };
static const char *const types[] = { "tls-exporter" };

/* One with everything in it, saved. */
static void
save_all(const char *address)
{
	struct state s;

	load(&s, address);
	state_saw_mechanism(&s, "SCRAM-SHA-256-PLUS");
	state_set_features(&s, STATE_SM | STATE_SASL2 | STATE_BINDINGS);
	assert_int_equal(state_set_names(&s, STATE_MECHANISMS, mechs, 2), 0);
	assert_int_equal(state_set_names(&s, STATE_BINDING_TYPES, types, 1),
	    0);
	state_proved(&s, a_key, SASL_PROVES_CHANNEL);
	assert_int_equal(state_set_agent(&s, "d4565fa7-4d72"), 0);
	assert_int_equal(state_set_token(&s, "secret:\n\0x", 10,
	    "HT-SHA-256-EXPR", NOW + 100, SASL_PROVES_CHANNEL), 0);
	assert_int_equal(state_add_ticket(&s, "first", 5, NOW + 10), 0);
	assert_int_equal(state_add_ticket(&s, "second", 6, NOW + 20), 0);
	assert_int_equal(state_save(&s), 0);
	state_release(&s);
}

static void
nothing_is_known_at_first(void **state)
{
	struct state s;

	(void)state;
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	/* nothing was learnt: nothing is written */
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(access(dir, F_OK), -1);
	state_release(&s);
}

static void
what_was_saved_comes_back(void **state)
{
	const struct state_token *t;
	const char *v[5];
	struct state s;
	struct buf der;

	(void)state;
	save_all("a@example.org/one");
	load(&s, "A@example.org/two");
	assert_string_equal(state_strongest(&s), "SCRAM-SHA-256-PLUS");
	assert_int_equal(state_features(&s),
	    STATE_SM | STATE_SASL2 | STATE_BINDINGS);
	assert_int_equal(state_names(&s, STATE_MECHANISMS, v, 5), 2);
	assert_string_equal(v[0], "SCRAM-SHA-1");
	assert_string_equal(v[1], "PLAIN");
	assert_int_equal(state_names(&s, STATE_BINDING_TYPES, v, 5), 1);
	assert_string_equal(v[0], "tls-exporter");
	assert_int_equal(state_names(&s, STATE_FAST_MECHANISMS, v, 5), 0);
	assert_int_equal(state_proof(&s, a_key, NOW), SASL_PROVES_CHANNEL);
	assert_int_equal(state_proof(&s, other_key, NOW), SASL_PROVES_NOTHING);
	assert_string_equal(state_agent(&s), "d4565fa7-4d72");
	assert_non_null(t = state_token(&s, NOW));
	assert_int_equal(buf_len(&t->secret), 10);
	assert_memory_equal(buf_data(&t->secret), "secret:\n\0x", 10);
	assert_string_equal(t->mechanism, "HT-SHA-256-EXPR");
	assert_int_equal(t->expiry, NOW + 100);
	assert_int_equal(t->proof, SASL_PROVES_CHANNEL);
	buf_init(&der, 100);
	assert_int_equal(state_take_ticket(&s, NOW, &der), 1);
	assert_string_equal(buf_str(&der), "second");
	buf_wipe(&der);
	state_release(&s);
	load(&s, "b@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
}

static void
others_can_read_neither_file_nor_directory(void **state)
{
	char path[PATH_SIZE];
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	save_all("a@example.org");
	umask(mask);
	file_of(path, "a@example.org");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(count_files(), 1);
}

static void
a_file_is_named_for_its_address(void **state)
{
	static const struct { const char *address, *file; } t[] = {
		{ "a@example.org", "a@example.org" },
		{ "A@EXAMPLE.org/x", "a@example.org" },
		{ "example.org", "example.org" },
		{ ".@example.org", "%2e@example.org" },
		{ "..x@example.org", "%2e.x@example.org" },
		{ "\xc3\xa4@example.org", "%c3%a4@example.org" },
		{ "a%b!c@[::1]", "a%25b%21c@%5b%3a%3a1%5d" }
	};
	char path[PATH_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		save_all(t[i].address);
		file_of(path, t[i].file);
		if (unlink(path) < 0)
			fail_msg("%s: no %s", t[i].address, t[i].file);
		assert_int_equal(count_files(), 0);
	}
}

static void
a_long_address_has_a_short_file(void **state)
{
	char address[1100];
	struct state s;

	(void)state;
	memset(address, 'x', sizeof(address));
	memcpy(address + 1000, "@example.org", 13);
	save_all(address);
	address[0] = 'y';
	save_all(address);
	assert_int_equal(count_files(), 2);
	load(&s, address);
	assert_false(is_blank(&s));
	state_release(&s);
}

static void
a_cut_file_is_as_none(void **state)
{
	char path[PATH_SIZE], text[TEXT_MAX];
	struct state s;
	size_t i, n;

	(void)state;
	save_all("a@example.org");
	file_of(path, "a@example.org");
	n = read_text(path, text);
	for (i = 0; i < n; i++) {
		write_text(path, text, i);
		load(&s, "a@example.org");
		assert_true(is_blank(&s));
		state_release(&s);
	}
	write_text(path, text, n);
	load(&s, "a@example.org");
	assert_false(is_blank(&s));
	state_release(&s);
	/* and it can be written anew */
	write_text(path, text, n / 2);
	save_all("a@example.org");
	assert_int_equal(read_text(path, text), n);
}

static void
a_changed_byte_does_no_harm(void **state)
{
	char path[PATH_SIZE], text[TEXT_MAX];
	struct state s;
	size_t i, k, n;
	char was;

	(void)state;
	save_all("a@example.org");
	file_of(path, "a@example.org");
	n = read_text(path, text);
	for (i = 0; i < n; i++)
		for (k = 0; k < 4; k++) {
			was = text[i];
			text[i] = "\0\n \xff"[k];
			write_text(path, text, n);
			load(&s, "a@example.org");
			state_saw_mechanism(&s, "SCRAM-SHA-512-PLUS");
			assert_int_equal(state_save(&s), 0);
			state_release(&s);
			text[i] = was;
		}
}

static void
damaged_entries_are_found(void **state)
{
#define KEY "MDEyMzQ1Njc4OWFiY2RlZgAAAAAAAAAAAAAAAAAAAAA="
#define HEAD "xmpputils-state 1\njid a@example.org\n"
	static const struct { const char *text; bool good; } t[] = {
		{ HEAD "end\n", true },
		{ HEAD "strongest PLAIN\nend\n", true },
		{ HEAD "newer entry of a later version\nend\n", true },
		{ HEAD "features sm teleport\nend\n", true },
		{ HEAD "token HT-SHA-256-NONE 5000000000 eA==\nend\n", true },
		{ HEAD "proved secret " KEY "\nend\n", true },
		{ HEAD "proved channel " KEY " waits 1\nend\n", true },
		{ "xmpputils-state 2\njid a@example.org\nend\n", false },
		{ "xmpputils-state 1\nstrongest PLAIN\nend\n", false },
		{ "xmpputils-state 1\njid b@example.org\nend\n", false },
		{ HEAD "agent x\nend\nmore", false },
		{ HEAD "end", false },
		{ HEAD "\nend\n", false },
		{ HEAD "strongest\nend\n", false },
		{ HEAD "strongest PLAIN x\nend\n", false },
		{ HEAD "strongest \x80\nend\n", false },
		{ HEAD "mechanisms A  B\nend\n", false },
		{ HEAD "token HT 1 eA=\nend\n", false },
		{ HEAD "token HT 1 \nend\n", false },
		{ HEAD "token HT -1 eA==\nend\n", false },
		{ HEAD "token HT 99999999999999999999 eA==\nend\n", false },
		{ HEAD "token HT 1\nend\n", false },
		{ HEAD "proved\nend\n", false },
		{ HEAD "proved " KEY "\nend\n", false },
		{ HEAD "proved nothing " KEY "\nend\n", false },
		{ HEAD "proved secret\nend\n", false },
		{ HEAD "proved secret \nend\n", false },
		{ HEAD "proved secret eA==\nend\n", false },
		{ HEAD "proved secret AAAA" KEY "\nend\n", false },
		{ HEAD "proved secret -\nend\n", false },
		{ HEAD "ticket eA==\nend\n", false },
		{ HEAD "ticket 1 \nend\n", false },
		{ HEAD "ticket 1x eA==\nend\n", false },
	};
	char path[PATH_SIZE], text[2 * STATE_TICKET_MAX];
	struct state s;
	size_t i, n;

	(void)state;
	save_all("b@example.org");
	file_of(path, "a@example.org");
	for (i = 0; i < N(t); i++) {
		n = (size_t)snprintf(text, sizeof(text), "%s", t[i].text);
		/* in a good one there is something more to be seen */
		if (n > 4 && strcmp(text + n - 4, "end\n") == 0)
			n = n - 4 + (size_t)snprintf(text + n - 4, 100,
			    "agent x\nend\n");
		write_text(path, text, n);
		load(&s, "a@example.org");
		if (is_blank(&s) == t[i].good)
			fail_msg("%zu: %s", i, text);
		state_release(&s);
	}
	/* names without end */
	n = (size_t)snprintf(text, sizeof(text), "%s", HEAD "agent x\nfast");
	for (i = 0; i <= STATE_NAMES_MAX; i++)
		n += (size_t)snprintf(text + n, 10, " x");
	n += (size_t)snprintf(text + n, 10, "\nend\n");
	write_text(path, text, n);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
}

static void
what_is_no_private_file_is_as_none(void **state)
{
	char path[PATH_SIZE], other[PATH_SIZE], text[TEXT_MAX];
	struct state s;
	size_t n;

	(void)state;
	save_all("a@example.org");
	file_of(path, "a@example.org");
	file_of(other, "elsewhere");
	n = read_text(path, text);
	chmod(path, 0640);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
	/* somebody else's, which only root can make */
	chmod(path, 0600);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 1, (gid_t)-1), 0);
		load(&s, "a@example.org");
		assert_true(is_blank(&s));
		state_release(&s);
		assert_int_equal(chown(path, 0, (gid_t)-1), 0);
	}
	/* a link */
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
	unlink(path);
	/* a pipe that nobody writes to */
	assert_int_equal(mkfifo(path, 0600), 0);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
	unlink(path);
	/* one that is too large */
	memset(text + n, '\n', sizeof(text) - n);
	write_text(path, text, sizeof(text));
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
	unlink(path);
	/* a directory, which cannot be replaced either */
	assert_int_equal(mkdir(path, 0700), 0);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_set_features(&s, STATE_SM);
	assert_int_equal(state_save(&s), XERR_SYS);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(count_files(), 2);
	state_release(&s);
}

static void
a_directory_that_others_can_change_is_not_used(void **state)
{
	struct state s;

	(void)state;
	save_all("a@example.org");
	chmod(dir, 0770);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_set_features(&s, STATE_SM);
	assert_int_equal(state_save(&s), XERR_CONFIG);
	state_release(&s);
	chmod(dir, 0755);
	load(&s, "a@example.org");
	assert_false(is_blank(&s));
	state_release(&s);
}

static void
a_failed_write_leaves_the_old_file(void **state)
{
	char path[PATH_SIZE];
	struct rlimit was, none;
	struct state s;

	(void)state;
	save_all("a@example.org");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = was;
	none.rlim_cur = 20;
	load(&s, "a@example.org");
	state_saw_mechanism(&s, "SCRAM-SHA-512-PLUS");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(state_save(&s), XERR_SYS);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(count_files(), 1);
	/* what one that was killed has left does not stay for ever */
	file_of(path, ".new");
	write_text(path, "half", 4);
	state_release(&s);
	load(&s, "a@example.org");
	assert_string_equal(state_strongest(&s), "SCRAM-SHA-256-PLUS");
	state_set_features(&s, STATE_FAST);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(count_files(), 1);
	state_release(&s);
}

static void
the_strongest_mechanism_stays(void **state)
{
	struct state s;

	(void)state;
	load(&s, "a@example.org");
	state_saw_mechanism(&s, "PLAIN");
	assert_string_equal(state_strongest(&s), "PLAIN");
	state_saw_mechanism(&s, "SCRAM-SHA-512");
	state_saw_mechanism(&s, "SCRAM-SHA-1");
	state_saw_mechanism(&s, "HT-SHA-256-EXPR");
	state_saw_mechanism(&s, "ANONYMOUS");
	state_saw_mechanism(&s, "no name");
	assert_string_equal(state_strongest(&s), "SCRAM-SHA-512");
	state_saw_mechanism(&s, "SCRAM-SHA-1-PLUS");
	assert_string_equal(state_strongest(&s), "SCRAM-SHA-1-PLUS");
	state_release(&s);
}

static enum sasl_proof
proof_after(const unsigned char *key)
{
	enum sasl_proof proof;
	struct state s;

	load(&s, "a@example.org");
	proof = state_proof(&s, key, NOW);
	state_release(&s);
	return proof;
}

static void
what_a_key_has_proved_it_goes_on_proving(void **state)
{
	struct state s;

	(void)state;
	load(&s, "a@example.org");
	state_proved(&s, a_key, SASL_PROVES_SECRET);
	state_proved(&s, other_key, SASL_PROVES_NOTHING);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(a_key), SASL_PROVES_SECRET);
	state_proved(&s, a_key, SASL_PROVES_CHANNEL);
	assert_int_equal(state_save(&s), 0);
	/* less proves no less */
	state_proved(&s, a_key, SASL_PROVES_SECRET);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(a_key), SASL_PROVES_CHANNEL);
	/* another key has to prove it again */
	state_proved(&s, other_key, SASL_PROVES_SECRET);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(a_key), SASL_PROVES_NOTHING);
	assert_int_equal(proof_after(other_key), SASL_PROVES_SECRET);
	state_distrust(&s);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(other_key), SASL_PROVES_NOTHING);
	state_release(&s);
}

static void
a_server_that_waits_is_not_tried_again_for_a_time(void **state)
{
	struct state s;

	(void)state;
	load(&s, "a@example.org");
	state_proved(&s, a_key, SASL_PROVES_SECRET);
	assert_false(state_has_waited(&s));
	state_set_waits(&s, NOW + 1);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(a_key), SASL_PROVES_NOTHING);
	state_proved(&s, a_key, SASL_PROVES_CHANNEL);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(a_key), SASL_PROVES_NOTHING);
	assert_int_equal(state_proof(&s, a_key, NOW + 1), SASL_PROVES_CHANNEL);
	assert_true(state_has_waited(&s));
	/* another key has nothing to do with it */
	state_proved(&s, other_key, SASL_PROVES_SECRET);
	assert_int_equal(state_save(&s), 0);
	assert_int_equal(proof_after(other_key), SASL_PROVES_SECRET);
	assert_false(state_has_waited(&s));
	state_release(&s);
}

/* As it was written when there was no end to it. */
static void
what_waits_for_good_waits_no_more(void **state)
{
	static const char *const texts[] = {
		HEAD "proved secret " KEY " waits\nend\n",
		HEAD "proved secret " KEY " waits long\nend\n"
	};
	char path[PATH_SIZE];
	struct state s;
	size_t i;

	(void)state;
	save_all("b@example.org");
	file_of(path, "a@example.org");
	for (i = 0; i < N(texts); i++) {
		write_text(path, texts[i], strlen(texts[i]));
		load(&s, "a@example.org");
		assert_int_equal(s.proof.what, SASL_PROVES_SECRET);
		assert_int_equal(state_proof(&s, s.proof.key, NOW),
		    SASL_PROVES_SECRET);
		assert_true(state_has_waited(&s));
		state_release(&s);
	}
}

static void
a_token_ends(void **state)
{
	struct state s;

	(void)state;
	save_all("a@example.org");
	load(&s, "a@example.org");
	assert_non_null(state_token(&s, NOW + 99));
	assert_null(state_token(&s, NOW + 100));
	assert_int_equal(state_set_token(&s, "new", 3, "HT-SHA-256-NONE",
	    NOW + 200, SASL_PROVES_CHANNEL), 0);
	assert_string_equal(state_token(&s, NOW)->mechanism,
	    "HT-SHA-256-NONE");
	assert_int_equal(state_set_token(&s, "", 0, "HT-SHA-256-NONE", NOW,
	    SASL_PROVES_CHANNEL), XERR_LIMIT);
	assert_int_equal(state_set_token(&s, dir, STATE_TOKEN_MAX + 1, "X",
	    NOW, SASL_PROVES_CHANNEL), XERR_LIMIT);
	assert_string_equal(state_token(&s, NOW)->mechanism,
	    "HT-SHA-256-NONE");
	state_drop_token(&s);
	assert_null(state_token(&s, NOW));
	assert_int_equal(state_save(&s), 0);
	state_release(&s);
	load(&s, "a@example.org");
	assert_null(state_token(&s, NOW));
	assert_string_equal(state_agent(&s), "d4565fa7-4d72");
	state_release(&s);
}

static void
a_token_is_for_one_agent(void **state)
{
	struct state s;

	(void)state;
	save_all("a@example.org");
	load(&s, "a@example.org");
	assert_int_equal(state_set_agent(&s, "d4565fa7-4d72"), 0);
	assert_non_null(state_token(&s, NOW));
	assert_int_equal(state_set_agent(&s, "two words"), XERR_LIMIT);
	assert_int_equal(state_set_agent(&s, "other"), 0);
	assert_null(state_token(&s, NOW));
	state_release(&s);
}

static void
tickets_serve_once_newest_first(void **state)
{
	static const char *const want[] = { "5", "4", "3" };
	struct state s;
	struct buf der;
	size_t i;
	char c;

	(void)state;
	buf_init(&der, 100);
	load(&s, "a@example.org");
	/* the first goes for the fifth; the second has ended */
	for (c = '1'; c <= '5'; c++)
		assert_int_equal(state_add_ticket(&s, &c, 1,
		    c == '2' ? NOW : NOW + 1), 0);
	assert_int_equal(state_save(&s), 0);
	for (i = 0; i < N(want); i++) {
		state_release(&s);
		load(&s, "a@example.org");
		assert_int_equal(state_take_ticket(&s, NOW, &der), 1);
		assert_string_equal(buf_str(&der), want[i]);
		buf_reset(&der);
		assert_int_equal(state_save(&s), 0);
	}
	assert_int_equal(state_take_ticket(&s, NOW, &der), 0);
	assert_int_equal(buf_len(&der), 0);
	assert_int_equal(state_add_ticket(&s, "", 0, NOW), XERR_LIMIT);
	assert_int_equal(state_add_ticket(&s, "x", STATE_TICKET_MAX + 1, NOW),
	    XERR_LIMIT);
	assert_int_equal(state_add_ticket(&s, "x", 1, NOW + 1), 0);
	state_drop_tickets(&s);
	assert_int_equal(state_take_ticket(&s, NOW, &der), 0);
	state_release(&s);
	buf_wipe(&der);
}

/* The largest file there can be is still read. */
static void
the_largest_state_fits(void **state)
{
	static const char *const strange[] = { "two words" };
	const char *v[STATE_NAMES_MAX + 1];
	char name[STATE_NAME_MAX + 1], big[STATE_TICKET_MAX];
	struct state s;
	size_t i;

	(void)state;
	memset(name, 'N', STATE_NAME_MAX);
	name[STATE_NAME_MAX] = '\0';
	for (i = 0; i <= STATE_NAMES_MAX; i++)
		v[i] = name;
	load(&s, "a@example.org");
	for (i = 0; i < STATE_LISTS; i++)
		assert_int_equal(state_set_names(&s, (enum state_list)i, v,
		    STATE_NAMES_MAX), 0);
	assert_int_equal(state_set_names(&s, STATE_MECHANISMS, v,
	    STATE_NAMES_MAX + 1), XERR_LIMIT);
	assert_int_equal(state_set_names(&s, STATE_MECHANISMS, strange, 1),
	    XERR_LIMIT);
	memset(big, 1, sizeof(big));
	assert_int_equal(state_set_token(&s, big, STATE_TOKEN_MAX, name,
	    INT64_MAX, SASL_PROVES_CHANNEL), 0);
	for (i = 0; i < STATE_TICKETS_MAX; i++) {
		big[0] = (char)i;
		assert_int_equal(state_add_ticket(&s, big, sizeof(big),
		    INT64_MAX), 0);
	}
	assert_int_equal(state_save(&s), 0);
	state_release(&s);
	load(&s, "a@example.org");
	assert_int_equal(s.ntickets, STATE_TICKETS_MAX);
	for (i = 0; i < STATE_LISTS; i++)
		assert_int_equal(state_names(&s, (enum state_list)i, v, 1),
		    STATE_NAMES_MAX);
	state_release(&s);
}

static void
runs_at_the_same_time_do_not_undo_each_other(void **state)
{
	struct state a, b, c;
	const char *v[2];
	struct buf der;

	(void)state;
	buf_init(&der, 100);
	save_all("a@example.org");
	load(&a, "a@example.org");
	load(&b, "a@example.org");
	/* one takes a ticket, gets two, a new token; the other learns more */
	assert_int_equal(state_take_ticket(&a, NOW, &der), 1);
	assert_int_equal(state_add_ticket(&a, "third", 5, NOW + 30), 0);
	assert_int_equal(state_set_token(&a, "new", 3, "HT-SHA-256-NONE",
	    NOW + 200, SASL_PROVES_CHANNEL), 0);
	state_saw_mechanism(&a, "SCRAM-SHA-512-PLUS");
	state_set_features(&b, STATE_FAST);
	assert_int_equal(state_set_names(&b, STATE_MECHANISMS, types, 1), 0);
	state_saw_mechanism(&b, "SCRAM-SHA-256-PLUS");
	state_proved(&a, other_key, SASL_PROVES_SECRET);
	assert_int_equal(state_add_ticket(&b, "fourth", 6, NOW + 40), 0);
	assert_int_equal(state_save(&a), 0);
	assert_int_equal(state_save(&b), 0);
	load(&c, "a@example.org");
	assert_string_equal(state_strongest(&c), "SCRAM-SHA-512-PLUS");
	assert_int_equal(state_features(&c), STATE_FAST);
	assert_int_equal(state_proof(&c, other_key, NOW), SASL_PROVES_SECRET);
	assert_int_equal(state_names(&c, STATE_MECHANISMS, v, 2), 1);
	assert_string_equal(v[0], "tls-exporter");
	assert_string_equal(state_token(&c, NOW)->mechanism,
	    "HT-SHA-256-NONE");
	/* the second was taken, even if the other run still had it */
	assert_int_equal(c.ntickets, 3);
	buf_reset(&der);
	while (state_take_ticket(&c, NOW, &der) == 1)
		;
	assert_string_equal(buf_str(&der), "fourthfirstthird");
	state_release(&a);
	state_release(&b);
	state_release(&c);
	buf_wipe(&der);
}

static void
set_token(struct state *s, const char *agent, const char *secret, int64_t life)
{
	assert_int_equal(state_set_agent(s, agent), 0);
	assert_int_equal(state_set_token(s, secret, strlen(secret), "HT",
	    NOW + life, SASL_PROVES_SECRET), 0);
}

/* The token in the file, and whose it is: "agent secret", or "-". */
static const char *
kept(void)
{
	static char text[100];
	const struct state_token *t;
	struct state s;

	load(&s, "a@example.org");
	if ((t = state_token(&s, NOW)) == NULL)
		snprintf(text, sizeof(text), "-");
	else
		snprintf(text, sizeof(text), "%s %.*s", state_agent(&s),
		    (int)buf_len(&t->secret),
		    (const char *)buf_data(&t->secret));
	state_release(&s);
	return text;
}

static void
save_and_release(struct state *s)
{
	assert_int_equal(state_save(s), 0);
	state_release(s);
}

static void
the_token_that_lives_longest_stays(void **state)
{
	struct state a, b;

	(void)state;
	/* two begin at once, as two clients, and one of them goes on */
	load(&a, "a@example.org");
	load(&b, "a@example.org");
	set_token(&a, "one", "t1", 100);
	set_token(&b, "two", "t2", 101);
	assert_int_equal(state_save(&b), 0);
	save_and_release(&a);
	assert_string_equal(kept(), "two t2");
	/* the one in the file is replaced, even if it would have lived longer */
	load(&a, "a@example.org");
	set_token(&a, "two", "t3", 50);
	save_and_release(&a);
	assert_string_equal(kept(), "two t3");
	/* a run that began before that has an older one */
	set_token(&b, "two", "t4", 40);
	assert_int_equal(state_save(&b), 0);
	assert_string_equal(kept(), "two t3");
	assert_int_equal(buf_len(&state_token(&b, NOW)->secret), 2);
	set_token(&b, "two", "t5", 50);
	save_and_release(&b);
	assert_string_equal(kept(), "two t5");
}

static void
only_the_token_that_was_refused_is_dropped(void **state)
{
	struct state a, b, c;

	(void)state;
	load(&a, "a@example.org");
	set_token(&a, "one", "t1", 100);
	save_and_release(&a);
	load(&a, "a@example.org");
	load(&b, "a@example.org");
	load(&c, "a@example.org");
	set_token(&a, "one", "t2", 200);
	save_and_release(&a);
	state_drop_token(&b);
	save_and_release(&b);
	assert_string_equal(kept(), "one t2");
	/* nor by one who has no token, and a name of its own */
	assert_int_equal(state_set_agent(&c, "two"), 0);
	save_and_release(&c);
	assert_string_equal(kept(), "one t2");
	load(&a, "a@example.org");
	state_drop_token(&a);
	save_and_release(&a);
	assert_string_equal(kept(), "-");
}

enum { RUNS = 8, ROUNDS = 40 };

/* What run I of RUNS has to keep. */
static void
learn(struct state *s, int i)
{
	char c = (char)('0' + i);

	if (i < STATE_LISTS)
		(void)state_set_names(s, (enum state_list)i, mechs, 2);
	else if (i == STATE_LISTS)
		state_saw_mechanism(s, "SCRAM-SHA-256");
	else if (i == STATE_LISTS + 1)
		state_set_features(s, STATE_SM);
	else if (i == STATE_LISTS + 2)
		(void)state_set_token(s, "t", 1, "HT", NOW + 1,
		    SASL_PROVES_SECRET);
	else
		(void)state_add_ticket(s, &c, 1, NOW + 1);
}

/* Run each of RUNS in a process, all at once; how many returned true. */
static int
at_once(bool (*run)(int i))
{
	int i, n = 0, go[2], status;
	pid_t pid[RUNS];
	char c;

	assert_int_equal(pipe(go), 0);
	for (i = 0; i < RUNS; i++)
		if ((pid[i] = fork()) == 0) {
			close(go[1]);
			_exit(read(go[0], &c, 1) == 0 && run(i) ? 0 : 1);
		}
	close(go[0]);
	close(go[1]);
	for (i = 0; i < RUNS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		n += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return n;
}

static bool
keep_something(int i)
{
	struct state s;
	bool ok;

	load(&s, "a@example.org");
	learn(&s, i);
	ok = state_save(&s) == 0;
	state_release(&s);
	return ok;
}

static void
nothing_is_lost_that_many_save_at_once(void **state)
{
	const char *v[2];
	struct state s;
	struct jid j;
	int i, k;

	(void)state;
	assert_int_equal(jid_parse(&j, "a@example.org", 13), 0);
	for (k = 0; k < ROUNDS; k++) {
		assert_int_equal(state_forget(&j), 0);
		assert_int_equal(at_once(keep_something), RUNS);
		load(&s, "a@example.org");
		for (i = 0; i < STATE_LISTS; i++)
			assert_int_equal(state_names(&s, (enum state_list)i, v,
			    2), 2);
		assert_string_equal(state_strongest(&s), "SCRAM-SHA-256");
		assert_int_equal(state_features(&s), STATE_SM);
		assert_non_null(state_token(&s, NOW));
		assert_int_equal(s.ntickets, RUNS - STATE_LISTS - 3);
		state_release(&s);
		assert_int_equal(count_files(), 1);
	}
}

static bool
claim_one(int i)
{
	char name[PATH_SIZE];
	struct state s;
	struct buf der;
	bool got;

	(void)i;
	buf_init(&der, 100);
	load(&s, "a@example.org");
	got = state_claim_ticket(&s, NOW, &der) == 1;
	state_release(&s);
	/* a second one who has it cannot make it */
	snprintf(name, sizeof(name), "%s/got.%s", root,
	    got ? buf_str(&der) : "");
	buf_wipe(&der);
	return got && mkdir(name, 0700) == 0;
}

static void
a_ticket_is_for_one_of_many_at_once(void **state)
{
	struct state s;
	char c;
	int k;

	(void)state;
	for (k = 0; k < ROUNDS; k++) {
		load(&s, "a@example.org");
		for (c = '1'; c <= '0' + STATE_TICKETS_MAX; c++)
			assert_int_equal(state_add_ticket(&s, &c, 1, NOW + 1),
			    0);
		save_and_release(&s);
		assert_int_equal(at_once(claim_one), STATE_TICKETS_MAX);
		for (c = '1'; c <= '0' + STATE_TICKETS_MAX; c++) {
			char name[PATH_SIZE];

			snprintf(name, sizeof(name), "%s/got.%c", root, c);
			assert_int_equal(rmdir(name), 0);
		}
	}
}

static void
a_lock_that_somebody_holds_is_not_waited_for_long(void **state)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_SIZE], c = 0;
	struct timespec a, b;
	int fd, held[2];
	struct state s;
	struct buf der;
	pid_t pid;

	(void)state;
	save_all("a@example.org");
	file_of(path, ".lock");
	assert_int_equal(pipe(held), 0);
	if ((pid = fork()) == 0) {
		fd = open(path, O_RDWR);
		if (fcntl(fd, F_SETLK, &l) == 0 && write(held[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(held[0], &c, 1), 1);
	load(&s, "a@example.org");
	state_saw_mechanism(&s, "SCRAM-SHA-512-PLUS");
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(state_save(&s), 0);
	/* a ticket is not needed, nor worth being recognized */
	buf_init(&der, 100);
	assert_int_equal(state_claim_ticket(&s, NOW, &der), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 10);
	state_release(&s);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(held[0]);
	close(held[1]);
	/* who died holds nothing */
	load(&s, "a@example.org");
	assert_string_equal(state_strongest(&s), "SCRAM-SHA-512-PLUS");
	assert_int_equal(state_claim_ticket(&s, NOW, &der), 1);
	buf_wipe(&der);
	state_release(&s);
}

/* A server that does not take up what it gave. */
static void
a_refusal_keeps_tickets_away_for_a_while(void **state)
{
	struct state s, other;
	struct buf der;

	(void)state;
	buf_init(&der, 100);
	load(&s, "a@example.org");
	assert_true(state_wants_tickets(&s, NOW));
	assert_int_equal(state_add_ticket(&s, "first", 5, NOW + 30), 0);
	save_and_release(&s);
	load(&other, "a@example.org");
	load(&s, "a@example.org");
	state_refuse_tickets(&s, NOW + 10);
	assert_false(state_wants_tickets(&s, NOW));
	save_and_release(&s);
	/* who knows nothing of it does not undo it */
	state_saw_mechanism(&other, "SCRAM-SHA-512-PLUS");
	save_and_release(&other);
	load(&s, "a@example.org");
	assert_false(state_wants_tickets(&s, NOW));
	assert_false(state_wants_tickets(&s, NOW + 9));
	assert_true(state_wants_tickets(&s, NOW + 10));
	assert_int_equal(state_take_ticket(&s, NOW, &der), 0);
	state_release(&s);
	buf_wipe(&der);
}

static void
what_is_forgotten_is_gone(void **state)
{
	struct state s;
	struct jid j;

	(void)state;
	assert_int_equal(jid_parse(&j, "a@example.org/x", 15), 0);
	assert_int_equal(state_forget(&j), 0);
	save_all("a@example.org");
	save_all("b@example.org");
	assert_int_equal(state_forget(&j), 0);
	assert_int_equal(count_files(), 1);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
}

static void
the_environment_says_where(void **state)
{
	char want[PATH_SIZE];
	struct state s;

	(void)state;
	/* nothing is kept at all */
	setenv("XMPP_STATE", "", 1);
	setenv("HOME", root, 1);
	save_all("a@example.org");
	snprintf(want, sizeof(want), "%s/.local", root);
	assert_int_equal(access(want, F_OK), -1);
	load(&s, "a@example.org");
	assert_true(is_blank(&s));
	state_release(&s);
	/* what is meant to be absolute and is not, is not */
	unsetenv("XMPP_STATE");
	setenv("XDG_STATE_HOME", "relative", 1);
	save_all("a@example.org");
	snprintf(want, sizeof(want), "%s/.local/state/xmpputils/a@example.org",
	    root);
	assert_int_equal(access(want, F_OK), 0);
	snprintf(want, sizeof(want), "%s/xdg", root);
	setenv("XDG_STATE_HOME", want, 1);
	save_all("a@example.org");
	snprintf(want, sizeof(want), "%s/xdg/xmpputils/a@example.org", root);
	assert_int_equal(access(want, F_OK), 0);
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	save_all("a@example.org");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_known_at_first),
		TEST(what_was_saved_comes_back),
		TEST(others_can_read_neither_file_nor_directory),
		TEST(a_file_is_named_for_its_address),
		TEST(a_long_address_has_a_short_file),
		TEST(a_cut_file_is_as_none),
		TEST(a_changed_byte_does_no_harm),
		TEST(damaged_entries_are_found),
		TEST(what_is_no_private_file_is_as_none),
		TEST(a_directory_that_others_can_change_is_not_used),
		TEST(a_failed_write_leaves_the_old_file),
		TEST(the_strongest_mechanism_stays),
		TEST(what_a_key_has_proved_it_goes_on_proving),
		TEST(a_server_that_waits_is_not_tried_again_for_a_time),
		TEST(what_waits_for_good_waits_no_more),
		TEST(a_token_ends),
		TEST(a_token_is_for_one_agent),
		TEST(tickets_serve_once_newest_first),
		TEST(the_largest_state_fits),
		TEST(runs_at_the_same_time_do_not_undo_each_other),
		TEST(the_token_that_lives_longest_stays),
		TEST(only_the_token_that_was_refused_is_dropped),
		TEST(nothing_is_lost_that_many_save_at_once),
		TEST(a_ticket_is_for_one_of_many_at_once),
		TEST(a_lock_that_somebody_holds_is_not_waited_for_long),
		TEST(a_refusal_keeps_tickets_away_for_a_while),
		TEST(what_is_forgotten_is_gone),
		TEST(the_environment_says_where)
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
