/*
 * Whatever bytes come as a stream.  However they are cut, the events are the
 * same; lines are the same whether written while parsing or from trees, and do
 * not change when they are read and written again; and recovering from errors
 * comes to an end.  The first byte says how they are cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "xml/ndxml.h"
#include "view/capture.h"
#include "view/redact.h"
#include "view/pretty.h"
#include "fuzz.h"

enum { LOG_MAX = 1 << 26 };

static void
put_event(struct buf *log, const struct capture_event *ev,
    enum xparse_form form)
{
	buf_putc(log, '0' + (int)ev->kind);
	if (ev->kind == CAPTURE_ERROR)
		buf_printf(log, "%s", ev->condition);
	else if (ev->kind == CAPTURE_ELEM && form == XPARSE_LINE)
		buf_put(log, ev->x.line, ev->x.len);
	else if (ev->kind == CAPTURE_PASSED)
		buf_printf(log, "%s %s", ev->x.elem->name, ev->x.why);
	else if (ev->x.elem != NULL) {
		must(ndxml_write(log, ev->x.elem, '\n') == 0);
		buf_truncate(log, buf_len(log) - 1);
	}
	buf_putc(log, '\n');
}

static void
follow(struct buf *log, const uint8_t *s, size_t len, size_t step,
    enum xparse_form form, bool recover)
{
	struct capture_config cf = { .limits = { 4000, 20, 20 },
		.form = form, .recover = recover };
	struct capture_event ev;
	struct capture *f;
	size_t n;

	must(capture_new(&f, &cf) == 0);
	while (len > 0) {
		n = capture_feed(f, s, len < step ? len : step);
		s += n;
		len -= n;
		while (capture_next(f, &ev) == 1)
			put_event(log, &ev, form);
	}
	while (capture_eof(f, &ev) == 1)
		put_event(log, &ev, form);
	must(buf_err(log) == 0);
	capture_free(f);
}

static void
must_be_same(const struct buf *a, const struct buf *b)
{
	must(buf_len(a) == buf_len(b) &&
	    memcmp(buf_data(a), buf_data(b), buf_len(a)) == 0);
}

/*
 * Does the LINE's element have no namespace?  Then it is read as one of
 * jabber:client, ndxml(5).
 */
static bool
is_bare(const char *line)
{
	size_t n = strcspn(line, " />");

	return memchr(line, ':', n) == NULL &&
	    strncmp(line + n, " xmlns='", 8) != 0;
}

/* LINE is read as what it is: written again it is the same. */
static void
read_again(struct ndxml_reader *r, const char *line, size_t len, int depth)
{
	const struct pretty show = { true, false, 3 };
	struct buf in, out;
	struct elem *e;

	buf_init(&in, LOG_MAX);
	buf_init(&out, LOG_MAX);
	buf_put(&in, line, len);
	must(ndxml_read(r, &in, true, &e) == 1);
	must(ndxml_write(&out, e, '\n') == 0);
	ndxml_restart(r);		/* it is not to drop the record from another */
	if (depth == 0 && is_bare(line))
		read_again(r, (const char *)buf_data(&out), buf_len(&out), 1);
	else
		must(buf_len(&out) == len &&
		    memcmp(buf_data(&out), line, len) == 0);
	buf_release(&in);
	buf_reset(&out);
	if (depth == 0 && !is_bare(line))
		pretty_elem(&out, &show, e, NULL);
	must(buf_err(&out) == 0);
	buf_release(&out);
}

/* Each line of LOG, behind its digit. */
static void
read_all_again(const struct buf *log)
{
	const char *s = (const char *)buf_data(log), *lf;
	const char *end = s + buf_len(log);
	struct ndxml_reader *r;

	must(ndxml_reader_new(&r, NULL, '\n') == 0);
	for (; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		must(lf != NULL);
		if (*s == '0' + CAPTURE_ELEM)
			read_again(r, s + 1, (size_t)(lf - s), 0);
	}
	ndxml_reader_free(r);
}

static void
redact(const uint8_t *s, size_t len, size_t step)
{
	struct buf whole, cut;
	struct redact r;
	size_t n;

	buf_init(&whole, LOG_MAX);
	buf_init(&cut, LOG_MAX);
	redact_init(&r);
	redact_put(&r, &whole, s, len);
	redact_init(&r);
	for (; len > 0; s += n, len -= n) {
		n = len < step ? len : step;
		redact_put(&r, &cut, s, n);
	}
	must_be_same(&whole, &cut);
	buf_release(&whole);
	buf_release(&cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole, cut;
	size_t step;

	if (len == 0)
		return 0;
	step = data[0] % 32 + 1u;
	data++;
	len--;
	buf_init(&whole, LOG_MAX);
	buf_init(&cut, LOG_MAX);
	follow(&whole, data, len, SIZE_MAX, XPARSE_TREE, false);
	follow(&cut, data, len, step, XPARSE_LINE, false);
	must_be_same(&whole, &cut);
	read_all_again(&whole);
	buf_reset(&whole);
	follow(&whole, data, len, step, XPARSE_LINE, true);
	redact(data, len, step);
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
