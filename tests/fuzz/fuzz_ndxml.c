/*
 * Whatever bytes come as lines: a line counts alone, whatever is around it,
 * and what is taken does not change when it is written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ndxml.h"
#include "fuzz.h"

enum { MAX = 4000 };

static const struct xparse_limits limits = { MAX, 20, 20 };

/* The verdict about the record S alone: 1, 0 or an error. */
static int
alone(const char *s, size_t len, struct buf *line)
{
	struct ndxml_reader *r;
	struct buf in;
	struct elem *e;
	int res;

	buf_init(&in, 1 << 20);
	buf_put(&in, s, len);
	must(ndxml_reader_new(&r, &limits, '\n') == 0);
	if ((res = ndxml_read(r, &in, true, &e)) == 1)
		must(ndxml_write(line, e, '\n') == 0);
	ndxml_reader_free(r);
	buf_release(&in);
	return res;
}

static void
check_stable(const struct buf *line)
{
	struct ndxml_reader *r;
	struct buf in, out;
	struct elem *e;

	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	buf_put(&in, buf_data(line), buf_len(line));
	must(ndxml_reader_new(&r, NULL, '\n') == 0);
	must(ndxml_read(r, &in, true, &e) == 1);
	must(ndxml_write(&out, e, '\n') == 0);
	must(buf_len(&out) == buf_len(line) &&
	    memcmp(buf_data(&out), buf_data(line), buf_len(line)) == 0);
	ndxml_reader_free(r);
	buf_release(&in);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ndxml_reader *r;
	struct buf in, line;
	struct elem *e;
	const char *s;
	size_t n;
	int res;

	if (len > 65536)
		return 0;
	buf_init(&in, 1 << 20);
	buf_init(&line, 1 << 20);
	buf_put(&in, data, len);
	must(ndxml_reader_new(&r, &limits, '\n') == 0);
	while ((res = ndxml_read(r, &in, true, &e)) != 0) {
		s = ndxml_line(r, &n);
		must(n <= len && memchr(s, '\n', n) == NULL);
		buf_reset(&line);
		must(alone(s, n, &line) == res);
		if (res == 1)
			check_stable(&line);
		else
			must(*ndxml_errmsg(r) != '\0');
	}
	ndxml_reader_free(r);
	buf_release(&in);
	buf_release(&line);
	return 0;
}
