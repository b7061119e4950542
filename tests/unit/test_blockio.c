/* cli/blocks: records in and out, whatever way the bytes come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xerr.h"
#include "cli/blockio.h"

/* A pipe at whose other end a child writes DATA in pieces of PIECE bytes. */
static int
feed(const char *data, size_t len, size_t piece, pid_t *child)
{
	int fd[2];
	size_t n;

	assert_int_equal(pipe(fd), 0);
	if ((*child = fork()) == 0) {
		close(fd[0]);
		for (; len > 0; data += n, len -= n) {
			n = len < piece ? len : piece;
			if (write(fd[1], data, n) != (ssize_t)n)
				_exit(1);
		}
		_exit(0);
	}
	assert_true(*child > 0);
	close(fd[1]);
	return fd[0];
}

/* Join what comes in again, with '|' behind each record. */
static void
assert_records(const char *data, size_t len, size_t piece, const char *want)
{
	static struct in in;
	char *got = calloc(1, len + 100);
	const char *s;
	size_t n, at = 0;
	int r, status;
	pid_t child;

	in_init(&in, feed(data, len, piece, &child), '\n', NULL);
	while ((r = in_next(&in, &s, &n)) > 0) {
		memcpy(got + at, s, n);
		at += n;
		if (!in.cut)
			got[at++] = '|';
	}
	assert_int_equal(r, IN_END);
	assert_string_equal(got, want);
	close(in.fd);
	assert_true(waitpid(child, &status, 0) == child && status == 0);
	free(got);
}

static void
splits_lines_at_every_size_of_read(void **state)
{
	static const char data[] = "a\n\nbcd\nlast";
	size_t piece;

	(void)state;
	for (piece = 1; piece <= sizeof(data); piece++)
		assert_records(data, sizeof(data) - 1, piece,
		    "a||bcd|last|");
	assert_records("a\n", 2, 1, "a|");
	assert_records("", 0, 1, "");
}

static void
hands_out_what_is_too_long_in_pieces(void **state)
{
	static const size_t lens[] = {
		BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 5
	};
	char *data = malloc(4 * BLOCK), *want = malloc(4 * BLOCK);
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		n = lens[i];
		memset(data, 'x', n);
		memcpy(data + n, "\ny\n", 3);
		memset(want, 'x', n);
		memcpy(want + n, "|y|", 4);
		assert_records(data, n + 3, 1000, want);
		/* and without an end */
		memcpy(want + n, "|", 2);
		assert_records(data, n, 1000, want);
	}
	free(data);
	free(want);
}

static void
a_read_error_is_told(void **state)
{
	static struct in in;
	const char *s;
	size_t n;

	(void)state;
	in_init(&in, -1, '\n', NULL);
	assert_int_equal(in_next(&in, &s, &n), XERR_SYS);
}

static void
writes_before_it_waits(void **state)
{
	static struct in in;
	static struct out out;
	int from[2], to[2];
	const char *s;
	char c[8];
	size_t n;

	(void)state;
	assert_int_equal(pipe(from), 0);
	assert_int_equal(pipe(to), 0);
	out_init(&out, to[1]);
	in_init(&in, from[0], '\n', &out);
	assert_int_equal(write(from[1], "1\n2\n", 4), 4);
	assert_int_equal(in_next(&in, &s, &n), IN_RECORD);
	out_put(&out, s, n);
	assert_int_equal(in_next(&in, &s, &n), IN_RECORD);
	out_put(&out, s, n);
	/* nothing is written while there is more to do */
	assert_int_equal(out.len, 2);
	close(from[1]);
	assert_int_equal(in_next(&in, &s, &n), IN_END);
	assert_int_equal(out.len, 0);
	assert_int_equal(read(to[0], c, sizeof(c)), 2);
	assert_memory_equal(c, "12", 2);
	close(from[0]);
	close(to[0]);
	close(to[1]);
}

static void
puts_blocks_of_any_size(void **state)
{
	static const size_t lens[] = { 1, BLOCK - 1, BLOCK, BLOCK + 1,
		3 * BLOCK };
	static struct out out;
	char *data = malloc(3 * BLOCK), *got = malloc(3 * BLOCK);
	FILE *f;
	size_t i;

	(void)state;
	for (i = 0; i < 3 * BLOCK; i++)
		data[i] = (char)(i * 7);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		assert_non_null(f = tmpfile());
		out_init(&out, fileno(f));
		out_put(&out, "ab", 2);
		out_put(&out, data, lens[i]);
		out_put(&out, "cd", 2);
		out_flush(&out);
		assert_int_equal(lseek(out.fd, 0, SEEK_END), lens[i] + 4);
		assert_int_equal(pread(out.fd, got, lens[i], 2), lens[i]);
		assert_memory_equal(got, data, lens[i]);
		fclose(f);
	}
	free(data);
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_lines_at_every_size_of_read),
		cmocka_unit_test(hands_out_what_is_too_long_in_pieces),
		cmocka_unit_test(a_read_error_is_told),
		cmocka_unit_test(writes_before_it_waits),
		cmocka_unit_test(puts_blocks_of_any_size)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
