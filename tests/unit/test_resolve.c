/* net/resolve: what is believed of DNSSEC, and of whom. */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/resolve_int.h"

enum { HEADER = 12, AD = 0x20 };

/* A socket of ours as name server; where it is in ADDRESS. */
static int
be_name_server(char address[32])
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (void *)&sin, len), 0);
	getsockname(fd, (void *)&sin, &len);
	snprintf(address, 32, "127.0.0.1:%u", ntohs(sin.sin_port));
	return fd;
}

/* Say that there is nothing of that name, and that DNSSEC vouches for it. */
static void
answer(int fd)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	unsigned char q[512];
	ssize_t n = recvfrom(fd, q, sizeof(q), 0, (void *)&from, &len);

	assert_true(n > HEADER);
	q[2] |= 0x80;
	q[3] = 0x80 | AD | 3;
	assert_int_equal(sendto(fd, q, (size_t)n, 0, (void *)&from, len), n);
}

static void
wait_for(struct resolver *r, const bool *done)
{
	struct pollfd p[RESOLVE_FDS];
	int64_t until = -1;
	size_t n;
	int i;

	for (i = 0; i < 100 && !*done; i++) {
		n = resolver_fds(r, p, &until);
		assert_true(poll(p, (nfds_t)n, 100) >= 0);
		resolver_run(r, p, n);
	}
	assert_true(*done);
}

/* An answer with the AD bit: is it authentic, from a server so TRUSTED? */
static bool
is_believed(bool trusted)
{
	struct srv_query q = { .asked = false };
	struct resolver *r;
	char address[32];
	struct buf why;
	int fd = be_name_server(address);
	bool authentic;

	buf_init(&why, 500);
	assert_int_equal(resolver_new(&r, address, false, &why), 0);
	assert_true(resolver_is_trusted(r));	/* it is on this machine */
	r->trusted = trusted;
	resolve_srv(r, &q, "_xmpp-client._tcp.example.org");
	answer(fd);
	wait_for(r, &q.done);
	authentic = q.authentic;
	srv_query_release(&q);
	resolver_free(r);
	buf_release(&why);
	close(fd);
	return authentic;
}

static void
a_bit_of_the_answer_is_believed_of_a_trusted_server_only(void **state)
{
	(void)state;
	assert_true(is_believed(true));
	assert_false(is_believed(false));
}

static void
servers_elsewhere_are_not_trusted(void **state)
{
	static const struct { const char *dns; bool want; } t[] = {
		{ "127.0.0.1:53", true },
		{ "127.1.2.3", true },
		{ "[::1]:5353", true },
		{ "192.0.2.1", false },
		{ "127.0.0.1,192.0.2.1", false },
		{ "[2001:db8::1]:53", false },
		{ "[::ffff:127.0.0.1]:53", false }
	};
	struct resolver *r;
	struct buf why;
	size_t i;

	(void)state;
	buf_init(&why, 500);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(resolver_new(&r, t[i].dns, false, &why), 0);
		if (resolver_is_trusted(r) != t[i].want)
			fail_msg("%s", t[i].dns);
		resolver_free(r);
	}
	buf_release(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_bit_of_the_answer_is_believed_of_a_trusted_server_only),
		cmocka_unit_test(servers_elsewhere_are_not_trusted)
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
