/*
 * Whatever bytes come as a trace: the same records however they are cut, and
 * no more bytes in them than there were.  The first byte says how.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "view/trace.h"
#include "fuzz.h"

static int
read_trace(struct buf *log, const uint8_t *s, size_t len, size_t step)
{
	struct trace_reader r;
	struct trace_piece p;
	struct buf in;
	size_t n;
	int e = 0;

	buf_init(&in, 1 << 22);
	trace_reader_init(&r);
	for (; len > 0 && e == 0; s += n, len -= n) {
		n = len < step ? len : step;
		buf_put(&in, s, n);
		while ((e = trace_read(&r, &in, &p)) == 1) {
			buf_put(log, p.data, p.len);
			if (p.last)
				buf_printf(log, "%c%llu", (int)p.kind,
				    (unsigned long long)p.time);
		}
	}
	if (e == 0)
		e = trace_eof(&r, buf_len(&in));
	must(e == 0 || (e == XERR_SYNTAX && *r.errmsg != '\0'));
	must(buf_err(log) == 0);
	buf_release(&in);
	return e;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole, cut;
	int e;

	if (len == 0 || len > 1 << 20)
		return 0;
	buf_init(&whole, 1 << 24);
	buf_init(&cut, 1 << 24);
	e = read_trace(&whole, data + 1, len - 1, len);
	must(read_trace(&cut, data + 1, len - 1, data[0] % 32 + 1u) == e);
	must(buf_len(&whole) == buf_len(&cut) &&
	    memcmp(buf_data(&whole), buf_data(&cut), buf_len(&cut)) == 0);
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
