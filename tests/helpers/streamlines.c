/*
 * The stream parser and the line writer alone: a raw stream on stdin, its
 * first-level elements as lines on stdout; on stderr the error's condition, and
 * what was passed over.
 * Restarts are followed, as after TLS and SASL.
 *
 *	streamlines [line | tree]
 *
 * The lines are written by the parser, or from trees.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/ndxml.h"

static struct buf out;

static int
print(struct xparse *p, const struct xparse_event *ev)
{
	if (ev->kind == XPARSE_PASSED)
		fprintf(stderr, "passed over: %s\n", ev->why);
	if (ev->kind != XPARSE_ELEM)
		return 0;
	buf_reset(&out);
	if (ev->len > 0) {
		buf_put(&out, ev->line, ev->len);
		buf_putc(&out, '\n');
	} else {
		ndxml_write(&out, ev->elem, '\n');
	}
	if (buf_err(&out) != 0 ||
	    fwrite(buf_data(&out), 1, buf_len(&out), stdout) != buf_len(&out))
		return XERR_SYS;
	if (elem_is(ev->elem, NS_SASL, "success") ||
	    elem_is(ev->elem, NS_TLS, "proceed"))
		return xparse_reset(p);
	return 0;
}

static int
take(struct xparse *p, const char *s, size_t len)
{
	struct xparse_event ev;
	ssize_t n;
	int r;

	do {
		if ((n = xparse_feed(p, s, len)) < 0)
			return (int)n;
		s += n;
		len -= (size_t)n;
		while ((r = xparse_next(p, &ev)) == 1)
			if ((r = print(p, &ev)) < 0)
				return r;
		if (r < 0)
			return r;
	} while (len > 0);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct xparse *p;
	char s[65536];
	ssize_t n = 0;
	int r;

	buf_init(&out, 64 << 20);
	if (xparse_new(&p, NULL) < 0)
		return 71;
	if (argc < 2 || strcmp(argv[1], "tree") != 0)
		xparse_set_form(p, XPARSE_LINE);
	while ((r = 0) == 0 && (n = read(0, s, sizeof(s))) > 0)
		if ((r = take(p, s, (size_t)n)) < 0)
			break;
	if (n == 0)
		r = xparse_eof(p);
	fflush(stdout);
	if (r < 0)
		fprintf(stderr, "streamlines: byte %llu: %s: %s\n",
		    (unsigned long long)xparse_where(p).byte,
		    xparse_condition(p), xparse_errmsg(p));
	xparse_free(p);
	buf_release(&out);
	return r < 0 ? 65 : 0;
}
