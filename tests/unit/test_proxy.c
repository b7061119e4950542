/* net/proxy, and dialing through one. */
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "net/dial.h"
#include "net/listen.h"
#include "net/proxy.h"
#include "net/pump.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) s, sizeof(s) - 1

enum { PATIENCE = 10000 };

static const struct {
	const char *url;
	bool http;
	const char *host;
	unsigned port;
	const char *user, *password;
} good[] = {
	{ "socks5h://127.0.0.1:9050", false, "127.0.0.1", 9050, "", "" },
	{ "socks5://proxy.example", false, "proxy.example", 1080, "", "" },
	{ "http://[::1]:3128/", true, "::1", 3128, "", "" },
	{ "http://[::1]", true, "::1", 80, "", "" },
	{ "http://u:p@h", true, "h", 80, "u", "p" },
	{ "socks5h://me@h:1", false, "h", 1, "me", "" },
	{ "http://a%40b:c%3a%2F@d@h:65535", true, "h", 65535, "a@b", "c:/@d" },
};

static const char *const bad[] = {
	"", "socks5h://", "127.0.0.1:1080", "https://h", "socks4://h",
	"http://h:", "http://h:0", "http://h:65536", "http://h:1x",
	"http://:1", "http://[::1", "http://[]", "http://[::1]x",
	"http://@h", "http://u:%zz@h", "http://u%00@h", "http://h/path",
	"http://u:secret@", "http://u:secret@h:x", "http://u%4@h",
	"http://u:secret", "u:secret@h", "u:secret", "socks4://u:secret@h:1",
	"http://u:secret/x@h/x", "u:secret@http://h",
};

static void
urls_are_parsed(void **state)
{
	struct proxy_url u;
	struct buf why;
	size_t i;

	(void)state;
	buf_init(&why, 1000);
	for (i = 0; i < N(good); i++) {
		assert_int_equal(proxy_url_parse(&u, good[i].url, &why), 0);
		assert_int_equal(u.http, good[i].http);
		assert_string_equal(u.host, good[i].host);
		assert_int_equal(u.port, good[i].port);
		assert_string_equal(u.user, good[i].user);
		assert_string_equal(u.password, good[i].password);
	}
	memset(&u, 'x', sizeof(u));
	for (i = 0; i < N(bad); i++) {
		buf_reset(&why);
		print_message("# '%s'\n", bad[i]);
		assert_int_equal(proxy_url_parse(&u, bad[i], &why),
		    XERR_CONFIG);
		assert_true(buf_len(&why) > 0);
		assert_null(strstr(buf_str(&why), "secret"));
	}
	assert_int_equal(u.host[0], 'x');
	buf_release(&why);
}

static void
overlong_parts_are_refused(void **state)
{
	static const char *const forms[] = { "http://%s", "http://%s:x@h",
	    "http://x:%s@h" };
	char longer[300], url[600];
	struct proxy_url u;
	struct buf why;
	size_t i;

	(void)state;
	buf_init(&why, 1000);
	memset(longer, 'a', sizeof(longer));
	for (i = 0; i < N(forms); i++) {
		longer[256] = '\0';
		snprintf(url, sizeof(url), forms[i], longer);
		assert_int_equal(proxy_url_parse(&u, url, &why), XERR_CONFIG);
		longer[255] = '\0';
		snprintf(url, sizeof(url), forms[i], longer);
		assert_int_equal(proxy_url_parse(&u, url, &why), 0);
		longer[255] = 'a';
	}
	buf_release(&why);
}

/*
 * What is said and answered in turn, the outcome, and what of the answers is
 * left over because it belongs to the connection.
 */
struct exchange {
	const char *name;
	const char *url, *host;
	struct { const char *s; size_t n; } say[3], answer[3];
	int r;
	const char *msg;
	size_t left;
};

static const struct exchange exchanges[] = {
	{ "by name", "socks5h://p", "example.org",
	    { { BYTES("\5\1\0") },
	    { BYTES("\5\1\0\3\13example.org\24\146") } },
	    { { BYTES("\5\0") },
	    { BYTES("\5\0\0\1\1\2\3\4\24\146<stream>") } }, 1, "", 8 },
	{ "IPv4", "socks5h://p", "127.0.0.1",
	    { { BYTES("\5\1\0") }, { BYTES("\5\1\0\1\177\0\0\1\24\146") } },
	    { { BYTES("\5\0") }, { BYTES("\5\0\0\3\3abc\24\146x") } }, 1, "",
	    1 },
	{ "IPv6", "socks5h://p", "::1",
	    { { BYTES("\5\1\0") },
	    { BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\24\146") } },
	    { { BYTES("\5\0") },
	    { BYTES("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\24\146") } },
	    1, "", 0 },
	{ "password", "socks5h://me:pw@p", "h",
	    { { BYTES("\5\2\0\2") }, { BYTES("\1\2me\2pw") },
	    { BYTES("\5\1\0\3\1h\24\146") } },
	    { { BYTES("\5\2") }, { BYTES("\1\0") },
	    { BYTES("\5\0\0\3\0\24\146") } }, 1, "", 0 },
	{ "wrong password", "socks5h://me:pw@p", "h",
	    { { BYTES("\5\2\0\2") }, { BYTES("\1\2me\2pw") } },
	    { { BYTES("\5\2") }, { BYTES("\1\1") } },
	    XERR_AUTH, "the proxy refuses the password", 0 },
	{ "password wanted", "socks5h://p", "h",
	    { { BYTES("\5\1\0") } }, { { BYTES("\5\377") } },
	    XERR_AUTH, "the proxy wants a user name and password", 0 },
	{ "refused", "socks5h://p", "h",
	    { { BYTES("\5\1\0") }, { BYTES("\5\1\0\3\1h\24\146") } },
	    { { BYTES("\5\0") }, { BYTES("\5\5\0\1\0\0\0\0\0\0") } },
	    XERR_UNAVAIL, "connection refused, says the proxy", 6 },
	{ "unknown", "socks5h://p", "h",
	    { { BYTES("\5\1\0") }, { BYTES("\5\1\0\3\1h\24\146") } },
	    { { BYTES("\5\0") }, { BYTES("\5\377\0\1") } },
	    XERR_UNAVAIL, "the proxy failed", 0 },
	{ "no SOCKS", "socks5h://p", "h",
	    { { BYTES("\5\1\0") } }, { { BYTES("HTTP/1.1 400 Bad") } },
	    XERR_PROTO, "what answers is no SOCKS 5 proxy", 14 },
	{ "end", "socks5h://p", "h",
	    { { BYTES("\5\1\0") } }, { { BYTES("\5") } },
	    XERR_TEMP, "the proxy closed the connection", 0 },
	{ "CONNECT", "http://p", "example.org",
	    { { BYTES("CONNECT example.org:5222 HTTP/1.1\r\n"
	    "Host: example.org:5222\r\n\r\n") } },
	    { { BYTES("HTTP/1.1 200 OK\r\nX: y\r\n\r\n<stream>") } },
	    1, "", 8 },
	{ "CONNECT to IPv6, with a password", "http://me:pw@p", "::1",
	    { { BYTES("CONNECT [::1]:5222 HTTP/1.1\r\nHost: [::1]:5222\r\n"
	    "Proxy-Authorization: Basic bWU6cHc=\r\n\r\n") } },
	    { { BYTES("HTTP/1.0 204 x\r\n\r\n") } }, 1, "", 0 },
	{ "CONNECT, in a moment", "http://p", "h",
	    { { BYTES("CONNECT h:5222 HTTP/1.1\r\nHost: h:5222\r\n\r\n") } },
	    { { BYTES("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n"
	    "X: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<stream>") } },
	    1, "", 8 },
	{ "CONNECT refused", "http://p", "h",
	    { { BYTES("CONNECT h:5222 HTTP/1.1\r\nHost: h:5222\r\n\r\n") } },
	    { { BYTES("HTTP/1.1 403 \33[mNo\r\n\r\n") } },
	    XERR_UNAVAIL, "the proxy answers: HTTP/1.1 403 \\x1b[mNo", 0 },
	{ "CONNECT without a password", "http://p", "h",
	    { { BYTES("CONNECT h:5222 HTTP/1.1\r\nHost: h:5222\r\n\r\n") } },
	    { { BYTES("HTTP/1.1 407 Password\r\n\r\n") } },
	    XERR_AUTH, "the proxy answers: HTTP/1.1 407 Password", 0 },
	{ "no HTTP", "http://p", "h",
	    { { BYTES("CONNECT h:5222 HTTP/1.1\r\nHost: h:5222\r\n\r\n") } },
	    { { BYTES("SSH-2.0-x\r\n\r\n") } },
	    XERR_PROTO, "what answers is no HTTP proxy", 8 },
	{ "bad status", "http://p", "h",
	    { { BYTES("CONNECT h:5222 HTTP/1.1\r\nHost: h:5222\r\n\r\n") } },
	    { { BYTES("HTTP/2 200 OK\r\n\r\n") } },
	    XERR_PROTO, "what answers is no HTTP proxy", 0 },
};

/* Play E, giving at most MAX bytes at once. */
static void
play(const struct exchange *e, size_t max)
{
	struct proxy_url u;
	struct proxy p;
	struct buf why;
	const void *data;
	size_t i, k, n, left = 0;
	int r = 0;

	buf_init(&why, 1000);
	assert_int_equal(proxy_url_parse(&u, e->url, &why), 0);
	assert_int_equal(proxy_init(&p, &u, e->host, 5222), 0);
	for (i = 0; i < 3 && e->say[i].s != NULL; i++) {
		n = proxy_pending(&p, &data);
		assert_int_equal(n, e->say[i].n);
		assert_memory_equal(data, e->say[i].s, n);
		proxy_sent(&p, n);
		for (k = 0; r == 0 && k < e->answer[i].n; k += n) {
			n = proxy_want(&p) < max ? proxy_want(&p) : max;
			if (n > e->answer[i].n - k)
				n = e->answer[i].n - k;
			if (n == 0)
				break;
			r = proxy_feed(&p, e->answer[i].s + k, n);
		}
		left = e->answer[i].n - k;
	}
	if (r == 0)
		r = proxy_feed(&p, NULL, 0);
	assert_int_equal(r, e->r);
	assert_string_equal(p.msg, e->msg);
	assert_int_equal(left, e->left);
	assert_int_equal(proxy_pending(&p, &data), 0);
	proxy_release(&p);
	buf_release(&why);
}

static void
proxies_are_asked_and_understood(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(exchanges); i++) {
		print_message("# %s\n", exchanges[i].name);
		play(&exchanges[i], 1);
		play(&exchanges[i], 1000);
	}
}

static void
an_endless_response_is_refused(void **state)
{
	struct proxy_url u;
	struct proxy p;
	struct buf why;
	int r = 0, n = 0;

	(void)state;
	buf_init(&why, 1000);
	assert_int_equal(proxy_url_parse(&u, "http://p", &why), 0);
	assert_int_equal(proxy_init(&p, &u, "h", 1), 0);
	for (; r == 0; n++)
		r = proxy_feed(&p, n < 5 ? &"HTTP/"[n] : "x", 1);
	assert_int_equal(r, XERR_PROTO);
	assert_int_equal(n, 8192);
	proxy_release(&p);
	buf_release(&why);
}

/* What N answers that are not the last word come to, with 200 behind them. */
static int
after_interim(int n)
{
	struct proxy_url u;
	struct proxy p;
	struct buf why;
	const char *s;
	int r = 0;

	buf_init(&why, 1000);
	assert_int_equal(proxy_url_parse(&u, "http://p", &why), 0);
	assert_int_equal(proxy_init(&p, &u, "h", 1), 0);
	for (; n >= 0 && r == 0; n--) {
		s = n > 0 ? "HTTP/1.1 100 Continue\r\n\r\n" :
		    "HTTP/1.1 200 OK\r\n\r\n";
		for (; r == 0 && *s != '\0'; s++)
			r = proxy_feed(&p, s, 1);
	}
	if (r < 0)
		assert_string_equal(p.msg, "the proxy does not come to an "
		    "answer");
	proxy_release(&p);
	buf_release(&why);
	return r;
}

static void
a_proxy_must_come_to_an_answer(void **state)
{
	(void)state;
	assert_int_equal(after_interim(8), 1);
	assert_int_equal(after_interim(9), XERR_PROTO);
	assert_int_equal(after_interim(1000), XERR_PROTO);
}

/* A proxy of one connection in a child: waits for bytes before each answer. */
static pid_t
run_proxy(unsigned *port, const char *const answer[], const size_t len[],
    size_t n)
{
	struct pump_end *end;
	struct listener l;
	struct buf why;
	char tmp[1000];
	int fd = -1;
	size_t i;
	pid_t pid;

	buf_init(&why, 1000);
	assert_int_equal(listen_open(&l, 0, &why), 0);
	*port = l.port;
	fflush(NULL);
	if ((pid = fork()) == 0) {
		struct pollfd p;

		alarm(60);
		if (n == 0)
			pause();
		end = &l.end;
		pump_poll(&end, 1, -1);
		listen_accept(&l, &fd);
		p = (struct pollfd){ .fd = fd, .events = POLLIN };
		for (i = 0; i < n; i++) {
			poll(&p, 1, -1);
			if (read(fd, tmp, sizeof(tmp)) <= 0 ||
			    write(fd, answer[i], len[i]) < 0)
				_exit(1);
		}
		poll(&p, 1, -1);
		_exit(0);
	}
	listen_close(&l);
	buf_release(&why);
	return pid;
}

static char why_not[2000], log_lines[5000];

static void
keep_log(void *arg, const char *line)
{
	(void)arg;
	snprintf(log_lines + strlen(log_lines),
	    sizeof(log_lines) - strlen(log_lines), "%s\n", line);
}

/* Dial secret.example by a proxy; there is no name server for it. */
static int
dial_by(const char *scheme, unsigned port, int64_t ms, int *fd)
{
	struct dial_config cf = { .host = "secret.example",
	    .dns = "127.0.0.1:1", .deadline = pump_deadline(ms),
	    .log = keep_log };
	struct dial_target t;
	struct dialer *d = NULL;
	char url[100];
	struct buf b;
	int r;

	log_lines[0] = '\0';
	buf_init(&b, 1000);
	snprintf(url, sizeof(url), "%s127.0.0.1:%u", scheme, port);
	cf.proxy = url;
	*fd = -1;
	if ((r = dialer_new(&d, &cf, &b)) == 0)
		r = dialer_next(d, fd, &t, &b);
	if (r == 0) {
		assert_string_equal(t.host, "secret.example");
		assert_int_equal(t.port, 5222);
		assert_string_equal(t.address, "secret.example:5222");
	}
	snprintf(why_not, sizeof(why_not), "%s", buf_str(&b));
	buf_release(&b);
	dialer_free(d);
	return r;
}

static void
what_follows_the_proxys_answer_is_left_to_the_caller(void **state)
{
	static const char *const socks[] = { "\5\0",
	    "\5\0\0\1\0\0\0\0\0\0<stream>" };
	static const size_t socks_len[] = { 2, 18 };
	static const char *const http[] = {
	    "HTTP/1.1 200 OK\r\n\r\n<stream>" };
	static const size_t http_len[] = { 27 };
	struct pollfd p = { .events = POLLIN };
	char tmp[100];
	unsigned port;
	int fd, i, status;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		pid = i == 0 ? run_proxy(&port, socks, socks_len, 2) :
		    run_proxy(&port, http, http_len, 1);
		assert_int_equal(dial_by(i == 0 ? "socks5h://" : "http://",
		    port, PATIENCE, &fd), 0);
		p.fd = fd;
		assert_int_equal(poll(&p, 1, PATIENCE), 1);
		assert_int_equal(read(fd, tmp, sizeof(tmp)), 8);
		assert_memory_equal(tmp, "<stream>", 8);
		assert_non_null(strstr(log_lines, "secret.example:5222 "
		    "(by proxy): connected by the proxy in "));
		close(fd);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void
failures_of_a_proxy_are_told_apart(void **state)
{
	static const char *const answers[] = { "\5\0",
	    "\5\4\0\1\0\0\0\0\0\0" };
	static const size_t len[] = { 2, 10 };
	unsigned port;
	int fd;
	pid_t pid;

	(void)state;
	pid = run_proxy(&port, answers, len, 2);
	assert_int_equal(dial_by("socks5h://", port, PATIENCE, &fd),
	    XERR_UNAVAIL);
	assert_string_equal(why_not, "cannot connect to secret.example: "
	    "secret.example:5222: host unreachable or unknown, says the "
	    "proxy");
	waitpid(pid, NULL, 0);

	/* it listens and says nothing */
	pid = run_proxy(&port, answers, len, 0);
	assert_int_equal(dial_by("http://", port, 100, &fd), XERR_TEMP);
	assert_non_null(strstr(why_not, "does not answer in time"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	/* there is none any more */
	assert_int_equal(dial_by("http://", port, PATIENCE, &fd),
	    XERR_UNAVAIL);
	assert_non_null(strstr(why_not, "the proxy: cannot connect to "
	    "127.0.0.1: 127.0.0.1:"));
	assert_int_equal(dial_by("gopher://", port, PATIENCE, &fd),
	    XERR_CONFIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_parsed),
		cmocka_unit_test(overlong_parts_are_refused),
		cmocka_unit_test(proxies_are_asked_and_understood),
		cmocka_unit_test(an_endless_response_is_refused),
		cmocka_unit_test(a_proxy_must_come_to_an_answer),
		cmocka_unit_test(
		    what_follows_the_proxys_answer_is_left_to_the_caller),
		cmocka_unit_test(failures_of_a_proxy_are_told_apart),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
