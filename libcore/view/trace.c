/* The trace format. */
#include <string.h>

#include "base/xerr.h"
#include "view/trace.h"

enum { HEAD_MAX = 64, MICRO = 1000000 };

int
trace_put_magic(struct buf *b)
{
	return buf_puts(b, TRACE_MAGIC);
}

int
trace_put(struct buf *b, enum trace_kind kind, uint64_t time,
    const void *data, size_t len)
{
	size_t before = buf_len(b);

	buf_printf(b, "%c %llu.%06llu %zu\n", (int)kind,
	    (unsigned long long)(time / MICRO),
	    (unsigned long long)(time % MICRO), len);
	buf_put(b, data, len);
	if (buf_putc(b, '\n') < 0)
		buf_truncate(b, before);
	return buf_err(b);
}

void
trace_reader_init(struct trace_reader *r)
{
	*r = (struct trace_reader){ .offset = TRACE_MAGIC_LEN };
}

static int
bad(struct trace_reader *r, const char *why)
{
	r->errmsg = why;
	return XERR_SYNTAX;
}

/* Digits at *S, at most MAX of them, into *N; *S goes behind them. */
static bool
number(uint64_t *n, const char **s, int min, int max)
{
	int i;

	for (*n = 0, i = 0; i < max && **s >= '0' && **s <= '9'; i++)
		*n = *n * 10 + (uint64_t)(*(*s)++ - '0');
	return i >= min;
}

static bool
skip(const char **s, char c)
{
	return *(*s)++ == c;
}

/* The line S, which ends in a line feed. */
static int
parse_head(struct trace_reader *r, const char *s)
{
	uint64_t sec, micro, len;

	r->now.kind = (enum trace_kind)*s++;
	if (strchr("<>#", (int)r->now.kind) == NULL || !skip(&s, ' ') ||
	    !number(&sec, &s, 1, 12) || !skip(&s, '.') ||
	    !number(&micro, &s, 6, 6) || !skip(&s, ' ') ||
	    !number(&len, &s, 1, 12) || *s != '\n')
		return bad(r, "this is not the head of a record");
	r->now.time = sec * MICRO + micro;
	r->left = len;
	r->inside = true;
	return 0;
}

/* Read the head that IN begins with: 1, 0 when it is not whole, or error. */
static int
read_head(struct trace_reader *r, struct buf *in)
{
	size_t len = buf_len(in);
	const char *s = (const char *)buf_data(in), *lf;
	char line[HEAD_MAX + 1];

	lf = memchr(s, '\n', len < HEAD_MAX ? len : HEAD_MAX);
	if (lf == NULL)
		return len < HEAD_MAX ? 0 :
		    bad(r, "this is not the head of a record");
	len = (size_t)(lf + 1 - s);
	memcpy(line, s, len);
	line[len] = '\0';
	if (parse_head(r, line) < 0)
		return XERR_SYNTAX;
	buf_consume(in, len);
	r->offset += len;
	return 1;
}

int
trace_read(struct trace_reader *r, struct buf *in, struct trace_piece *piece)
{
	size_t n;
	int e;

	/* What was lent the last time. */
	buf_consume(in, r->now.len);
	r->offset += r->now.len;
	r->left -= r->now.len;
	r->now.len = 0;
	if (r->inside && r->left == 0) {
		if (buf_len(in) == 0)
			return 0;
		if (*buf_data(in) != '\n')
			return bad(r, "a record does not end where it should");
		buf_consume(in, 1);
		r->offset++;
		r->inside = false;
	}
	if (!r->inside && (e = read_head(r, in)) <= 0)
		return e;
	n = buf_len(in) < r->left ? buf_len(in) : (size_t)r->left;
	if (n == 0 && r->left > 0)
		return 0;
	r->now.data = (const char *)buf_data(in);
	r->now.len = n;
	r->now.last = n == r->left;
	*piece = r->now;
	return 1;
}

int
trace_eof(struct trace_reader *r, size_t left)
{
	if (r->inside || left > 0)
		return bad(r, "the trace ends inside a record");
	return 0;
}
