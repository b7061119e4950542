/* net/conn and net/listen: connections over sockets, with TLS and without. */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/conn.h"
#include "net/listen.h"
#include "net/pump.h"
#include "tlspair.h"

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }

enum { PATIENCE = 10000 };

static struct cert_ca *ca;
static struct tls_ctx *client, *server;

static int
setup(void **state)
{
	(void)state;
	tls_init();
	cert_ca_new(&ca, "Test CA");
	client = client_ctx(ca, NULL);
	server = server_ctx(ca,
	    &(struct cert_spec){ .dns = LIST("example.org") }, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tls_ctx_free(client);
	tls_ctx_free(server);
	cert_ca_free(ca);
	return 0;
}

/* Connected over TCP, since only TCP has resets. */
static void
connected(struct conn **a, struct conn **b, size_t max)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct pump_end *end;
	struct listener l;
	struct buf why;
	int fd, other;

	buf_init(&why, 1000);
	assert_int_equal(listen_open(&l, 0, &why), 0);
	assert_true(l.port > 0);
	assert_int_equal(listen_accept(&l, &other), 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)l.port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (void *)&sin, sizeof(sin)), 0);
	end = &l.end;
	assert_int_equal(pump_poll(&end, 1, pump_deadline(PATIENCE)), 1);
	assert_true(l.end.ready);
	assert_int_equal(listen_accept(&l, &other), 1);
	assert_true(fcntl(other, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(other, F_GETFL) & O_NONBLOCK);
	listen_close(&l);
	*a = *b = NULL;
	assert_int_equal(conn_new(a, fd, max, max), 0);
	assert_int_equal(conn_new(b, other, max, max), 0);
	buf_release(&why);
}

static void
start_tls(struct conn *c, const char *domain)
{
	struct tls *t = NULL;

	assert_int_equal(tls_new(&t, domain != NULL ? client : server, domain),
	    0);
	assert_int_equal(conn_start_tls(c, t), 0);
}

/* Step until it is the poll loop's turn; 0 or the error. */
static int
steps(struct conn *c)
{
	int r;

	if (c == NULL)
		return 0;
	while ((r = conn_step(c)) > 0)
		continue;
	return r;
}

/* Pump A and B until A's `in' has LEN bytes, or A's stream ended, or broke. */
static int
await(struct conn *a, struct conn *b, size_t len)
{
	struct pump_end *ends[2] = { conn_end(a),
	    b == NULL ? NULL : conn_end(b) };
	int64_t deadline = pump_deadline(PATIENCE);
	int r, polls = 0;

	for (;;) {
		if ((r = steps(a)) < 0 || (b != NULL && steps(b) < 0))
			return r;
		if (conn_eof(a) || buf_len(conn_in(a)) >= len)
			return 0;
		assert_true(pump_poll(ends, 2, deadline) >= 0);
		assert_true(pump_now() < deadline);
		assert_true(++polls < 10000);
	}
}

static void
plain_bytes_pass_both_ways(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 100);
	buf_puts(conn_out(a), "ping");
	assert_false(conn_drained(a));
	assert_int_equal(await(b, a, 4), 0);
	assert_true(conn_drained(a));
	assert_string_equal(buf_str(conn_in(b)), "ping");
	buf_puts(conn_out(b), "pong");
	assert_int_equal(await(a, b, 4), 0);
	assert_string_equal(buf_str(conn_in(a)), "pong");
	assert_false(conn_is_secure(a));
	conn_free(a);
	assert_int_equal(await(b, NULL, 100), 0);
	assert_true(conn_eof(b));
	assert_false(conn_truncated(b));
	conn_free(b);
	conn_free(NULL);
}

static int
option(struct conn *c, int name)
{
	socklen_t len = sizeof(int);
	int on = -1;

	assert_int_equal(getsockopt(conn_end(c)->rfd, IPPROTO_TCP, name, &on,
	    &len), 0);
	return on;
}

/* Else Nagle's algorithm, ours or the peer's, costs 40 ms and more a flight. */
static void
nothing_waits_for_more_to_be_sent(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 100);
	assert_true(option(a, TCP_NODELAY) > 0);
	assert_true(option(b, TCP_NODELAY) > 0);
	conn_free(a);
	conn_free(b);
}

static void
what_comes_is_acknowledged_at_once(void **state)
{
#ifdef TCP_QUICKACK
	struct conn *a, *b;
	int i, off = 0;

	(void)state;
	connected(&a, &b, 100);
	/* the system forgets it now and then, as we do here */
	for (i = 0; i < 3; i++) {
		assert_int_equal(setsockopt(conn_end(b)->rfd, IPPROTO_TCP,
		    TCP_QUICKACK, &off, sizeof(off)), 0);
		assert_int_equal(option(b, TCP_QUICKACK), 0);
		buf_puts(conn_out(a), "ping");
		assert_int_equal(await(b, a, 4), 0);
		assert_int_equal(option(b, TCP_QUICKACK), 1);
		buf_reset(conn_in(b));
	}
	conn_free(a);
	conn_free(b);
#else
	(void)state;
	skip();
#endif
}

static void
tls_begins_behind_plaintext(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 1000);
	buf_puts(conn_out(a), "<starttls/>");
	start_tls(a, "example.org");
	buf_puts(conn_out(a), "secret");
	/* the server takes the command, and the rest is the handshake */
	assert_int_equal(await(b, a, 11), 0);
	assert_memory_equal(buf_data(conn_in(b)), "<starttls/>", 11);
	buf_consume(conn_in(b), 11);
	start_tls(b, NULL);
	assert_int_equal(await(b, a, 6), 0);
	assert_string_equal(buf_str(conn_in(b)), "secret");
	assert_true(conn_is_secure(a) && conn_is_secure(b));
	conn_free(a);
	conn_free(b);
}

static void
a_server_may_look_at_the_first_byte(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 1000);
	start_tls(a, "example.org");
	buf_puts(conn_out(a), "secret");
	assert_int_equal(await(b, a, 1), 0);
	assert_int_equal(buf_data(conn_in(b))[0], 0x16);
	start_tls(b, NULL);
	assert_int_equal(await(b, a, 6), 0);
	assert_string_equal(buf_str(conn_in(b)), "secret");
	conn_free(a);
	conn_free(b);
}

static void
tls_begins_only_once(void **state)
{
	struct tls *t = NULL;
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 1000);
	start_tls(a, "example.org");
	assert_int_equal(tls_new(&t, client, "example.org"), 0);
	assert_int_equal(conn_start_tls(a, t), XERR_INTERNAL);
	conn_free(a);
	conn_free(b);
}

static void
pump_much(struct conn *c[2], size_t size)
{
	struct pump_end *ends[2] = { conn_end(c[0]), conn_end(c[1]) };
	size_t sent[2] = { 0, 0 }, got[2] = { 0, 0 }, i, j;
	int r, moved;

	while (got[0] < size || got[1] < size) {
		for (moved = 0, i = 0; i < 2; i++) {
			while (sent[i] < size && buf_room(conn_out(c[i])) > 0)
				buf_putc(conn_out(c[i]), sent[i]++ % 251);
			assert_true((r = conn_step(c[i])) >= 0);
			moved |= r;
			for (j = 0; j < buf_len(conn_in(c[i])); j++, got[i]++)
				if (buf_data(conn_in(c[i]))[j] != got[i] % 251)
					fail_msg("byte %zu", got[i]);
			buf_reset(conn_in(c[i]));
		}
		if (moved == 0 && (got[0] < size || got[1] < size))
			assert_true(pump_poll(ends, 2,
			    pump_deadline(PATIENCE)) > 0);
	}
}

static void
much_data_passes_both_ways_at_once(void **state)
{
	const size_t max[] = { 7, 1000, 100000 };
	const size_t size[] = { 20000, 1000000, 3000000 };
	struct conn *c[2];
	size_t i, tls;

	(void)state;
	for (i = 0; i < 3; i++)
	for (tls = 0; tls < 2; tls++) {
		connected(&c[0], &c[1], max[i]);
		if (tls) {
			start_tls(c[0], "example.org");
			start_tls(c[1], NULL);
		}
		pump_much(c, size[i]);
		conn_free(c[0]);
		conn_free(c[1]);
	}
}

/* Neither memory nor CPU is spent for a peer that only sends. */
static void
a_connection_that_is_not_read_stops_its_peer(void **state)
{
	struct pump_end *ends[2];
	struct conn *a, *b;
	static char block[60000];
	size_t total = 0;
	int polls = 0;

	(void)state;
	connected(&a, &b, sizeof(block));
	start_tls(a, "example.org");
	start_tls(b, NULL);
	ends[0] = conn_end(a);
	ends[1] = conn_end(b);
	conn_in(b)->max = 100;
	for (;;) {
		total += buf_room(conn_out(a));
		buf_put(conn_out(a), block, buf_room(conn_out(a)));
		assert_int_equal(steps(a), 0);
		assert_int_equal(steps(b), 0);
		if (pump_poll(ends, 2, pump_deadline(50)) == 0)
			break;
		assert_true(++polls < 10000);
	}
	assert_true(total < 20000000);
	assert_true(buf_len(conn_in(b)) <= 100);
	assert_true(ends[1]->in.cap <= 65536);
	conn_free(a);
	conn_free(b);
}

static void
shutdown_is_orderly_in_both_directions(void **state)
{
	struct conn *a, *b;
	int tls;

	(void)state;
	for (tls = 0; tls < 2; tls++) {
		connected(&a, &b, 1000);
		if (tls) {
			start_tls(a, "example.org");
			start_tls(b, NULL);
		}
		buf_puts(conn_out(a), "last words");
		conn_shutdown(a);
		assert_int_equal(await(b, a, 1000), 0);
		assert_true(conn_eof(b) && !conn_truncated(b));
		assert_string_equal(buf_str(conn_in(b)), "last words");
		assert_true(conn_drained(a));
		/* half closed: the other direction still works */
		buf_puts(conn_out(b), "good bye");
		conn_shutdown(b);
		assert_int_equal(await(a, b, 1000), 0);
		assert_true(conn_eof(a) && !conn_truncated(a));
		assert_string_equal(buf_str(conn_in(a)), "good bye");
		assert_int_equal(steps(a), 0);
		conn_free(a);
		conn_free(b);
	}
}

static void
an_end_without_close_notify_is_truncation(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 1000);
	start_tls(a, "example.org");
	start_tls(b, NULL);
	buf_puts(conn_out(b), "and then");
	assert_int_equal(await(a, b, 8), 0);
	conn_free(b);
	assert_int_equal(await(a, NULL, 1000), 0);
	assert_true(conn_eof(a));
	assert_true(conn_truncated(a));
	assert_string_equal(buf_str(conn_in(a)), "and then");
	assert_false(conn_drained(a));
	conn_free(a);
}

/* Close with a reset instead of an end. */
static void
reset(struct conn *c)
{
	struct linger now = { 1, 0 };

	setsockopt(conn_end(c)->rfd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_free(c);
}

static void
a_reset_is_temporary_and_comes_after_the_bytes(void **state)
{
	struct conn *a, *b;
	int tls;

	(void)state;
	for (tls = 0; tls < 2; tls++) {
		connected(&a, &b, 1000);
		if (tls) {
			start_tls(a, "example.org");
			start_tls(b, NULL);
		}
		buf_puts(conn_out(b), "and then");
		assert_int_equal(await(a, b, 8), 0);
		buf_puts(conn_out(a), "unsaid");
		reset(b);
		assert_int_equal(await(a, NULL, 1000), XERR_TEMP);
		assert_string_equal(buf_str(conn_in(a)), "and then");
		assert_int_equal(strncmp(conn_errmsg(a), "connection lost: ",
		    17), 0);
		assert_false(conn_eof(a));
		assert_false(conn_drained(a));
		conn_free(a);
	}
}

static void
a_reset_in_the_handshake_is_temporary(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 1000);
	start_tls(a, "example.org");
	assert_int_equal(await(b, a, 1), 0);
	reset(b);
	assert_int_equal(await(a, NULL, 1000), XERR_TEMP);
	assert_true(strlen(conn_errmsg(a)) > 0);
	conn_free(a);
}

static void
a_certificate_problem_is_told_to_the_server(void **state)
{
	struct conn *a, *b;

	(void)state;
	connected(&a, &b, 1000);
	start_tls(a, "example.net");
	start_tls(b, NULL);
	buf_puts(conn_out(a), "secret");
	assert_int_equal(await(a, b, 1000), XERR_TLS);
	assert_string_equal(conn_errmsg(a), "the certificate is not for "
	    "example.net, only for example.org");
	/* although nobody polls for the client any more */
	assert_int_equal(await(b, NULL, 1000), XERR_TLS);
	assert_non_null(strstr(conn_errmsg(b), "refused"));
	assert_int_equal(buf_len(conn_in(b)), 0);
	conn_free(a);
	conn_free(b);
}

static void
an_idle_connection_keeps_little_memory(void **state)
{
	struct conn *c[2];
	int i;

	(void)state;
	connected(&c[0], &c[1], 1000000);
	start_tls(c[0], "example.org");
	start_tls(c[1], NULL);
	pump_much(c, 1000000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(steps(c[i]), 0);
		assert_true(conn_end(c[i])->in.cap <= 4096);
		assert_true(conn_end(c[i])->out.cap <= 4096);
		assert_true(conn_in(c[i])->cap <= 4096);
		assert_true(conn_out(c[i])->cap <= 4096);
	}
	conn_free(c[0]);
	conn_free(c[1]);
}

static void
a_port_in_use_is_an_error(void **state)
{
	struct listener l, m;
	struct buf why;

	(void)state;
	buf_init(&why, 1000);
	assert_int_equal(listen_open(&l, 0, &why), 0);
	assert_int_equal(listen_open(&m, l.port, &why), XERR_SYS);
	assert_non_null(strstr(buf_str(&why), "Address already in use"));
	buf_reset(&why);
	assert_int_equal(listen_open(&m, 65536, &why), XERR_SYS);
	listen_close(&l);
	buf_release(&why);
}

static void
a_listener_is_for_this_machine_alone(void **state)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	struct listener l;
	struct buf why;

	(void)state;
	buf_init(&why, 1000);
	assert_int_equal(listen_open(&l, 0, &why), 0);
	assert_int_equal(getsockname(l.end.rfd, (void *)&sin, &len), 0);
	assert_int_equal(sin.sin_family, AF_INET);
	assert_int_equal(ntohl(sin.sin_addr.s_addr), INADDR_LOOPBACK);
	listen_close(&l);
	buf_release(&why);
}

/* One more than there are descriptors is turned away; it does not spin. */
static void
accepting_survives_want_of_descriptors(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct rlimit rl, few;
	struct pump_end *end;
	struct listener l;
	struct buf why;
	struct pollfd p;
	int fd[2], other = -1, probe, r;
	char c;

	(void)state;
	buf_init(&why, 1000);
	assert_int_equal(listen_open(&l, 0, &why), 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)l.port);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd[0], (void *)&sin, sizeof(sin)), 0);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	probe = dup(0);
	close(probe);
	getrlimit(RLIMIT_NOFILE, &rl);
	few = rl;
	few.rlim_cur = (rlim_t)probe;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	end = &l.end;
	pump_poll(&end, 1, pump_deadline(PATIENCE));
	/* 0 where the limit is valgrind's, which takes and drops it itself */
	r = listen_accept(&l, &other);
	assert_true(r == XERR_NOMEM || r == 0);
	assert_int_equal(listen_accept(&l, &other), 0);
	assert_int_equal(poll(&p, 1, PATIENCE), 1);
	assert_int_equal(read(fd[0], &c, 1), 0);
	setrlimit(RLIMIT_NOFILE, &rl);
	/* and goes on as soon as there are some */
	assert_int_equal(connect(fd[1], (void *)&sin, sizeof(sin)), 0);
	pump_poll(&end, 1, pump_deadline(PATIENCE));
	assert_int_equal(listen_accept(&l, &other), 1);
	close(other);
	close(fd[0]);
	close(fd[1]);
	listen_close(&l);
	buf_release(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_bytes_pass_both_ways),
		cmocka_unit_test(nothing_waits_for_more_to_be_sent),
		cmocka_unit_test(what_comes_is_acknowledged_at_once),
		cmocka_unit_test(tls_begins_behind_plaintext),
		cmocka_unit_test(a_server_may_look_at_the_first_byte),
		cmocka_unit_test(tls_begins_only_once),
		cmocka_unit_test(much_data_passes_both_ways_at_once),
		cmocka_unit_test(a_connection_that_is_not_read_stops_its_peer),
		cmocka_unit_test(shutdown_is_orderly_in_both_directions),
		cmocka_unit_test(an_end_without_close_notify_is_truncation),
		cmocka_unit_test(
		    a_reset_is_temporary_and_comes_after_the_bytes),
		cmocka_unit_test(a_reset_in_the_handshake_is_temporary),
		cmocka_unit_test(a_certificate_problem_is_told_to_the_server),
		cmocka_unit_test(an_idle_connection_keeps_little_memory),
		cmocka_unit_test(a_port_in_use_is_an_error),
		cmocka_unit_test(a_listener_is_for_this_machine_alone),
		cmocka_unit_test(accepting_survives_want_of_descriptors),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("conn", tests, setup, teardown);
}
