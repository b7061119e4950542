/* Printing a connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/vis.h"
#include "base/xerr.h"
#include "cli/cli.h"
#include "watch/dump.h"
#include "cli/filter.h"
#include "cli/json.h"
#include "xml/ndxml.h"
#include "xml/ns.h"
#include "view/capture.h"
#include "view/pretty.h"
#include "view/stats.h"

enum { HEADER_MAX = 1 << 20, MICRO = 1000000, LABEL = 32 };

/* One direction. */
struct side {
	struct capture *follow;	/* NULL until a byte comes */
	struct arena memory;	/* of the header */
	struct pretty_stream stream;
};

struct dump {
	struct dump_config cf;
	struct buf *out;
	const char *name;
	char label[LABEL];
	struct side side[DUMP_SIDES];
	struct stats tally;
	uint64_t time;
	int status;
};

static _Noreturn void
no_memory(void)
{
	cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
}

struct dump *
dump_new(const struct dump_config *cf, struct buf *out, const char *name)
{
	struct dump *d;
	int i;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		no_memory();
	d->cf = *cf;
	d->out = out;
	d->name = name;
	stats_init(&d->tally);
	for (i = 0; i < DUMP_SIDES; i++)
		arena_init(&d->side[i].memory, HEADER_MAX);
	return d;
}

void
dump_free(struct dump *d)
{
	int i;

	if (d == NULL)
		return;
	for (i = 0; i < DUMP_SIDES; i++) {
		capture_free(d->side[i].follow);
		arena_release(&d->side[i].memory);
	}
	stats_release(&d->tally);
	free(d);
}

void
dump_set_label(struct dump *d, const char *label)
{
	snprintf(d->label, sizeof(d->label), "%s", label);
}

static void
start_side(struct dump *d, struct side *s)
{
	struct capture_config cf = { .limits.size = d->cf.max,
		.recover = d->cf.recover };

	if (s == &d->side[DUMP_CLIENT] && d->cf.before_login != 0)
		cf.limits.size = d->cf.before_login;
	cf.form = d->cf.style == DUMP_LINES ? XPARSE_LINE : XPARSE_TREE;
	if (capture_new(&s->follow, &cf) < 0)
		no_memory();
}

/* "12:34:56.789 " in UTC; nothing if the time is not known. */
static unsigned
put_time(struct dump *d)
{
	time_t t = (time_t)(d->time / MICRO);
	struct tm tm;
	char s[16];

	if (d->time == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(s, sizeof(s), "%H:%M:%S", &tm) == 0)
		return 0;
	buf_printf(d->out, "%s.%03u ", s,
	    (unsigned)(d->time % MICRO / 1000));
	return 13;
}

/* What stands before an element; returns its columns. */
static unsigned
begin(struct dump *d, int side, struct pretty *s)
{
	static const char marks[DUMP_SIDES] = { 'C', 'S', 0 };
	unsigned n = 0;

	*s = (struct pretty){ d->cf.colour, d->cf.secrets, 0 };
	if (d->cf.style != DUMP_ANNOTATED)
		return 0;
	buf_puts(d->out, pretty_colour(s, marks[side]));
	n += put_time(d);
	buf_puts(d->out, d->label);
	n += (unsigned)strlen(d->label);
	if (marks[side] != 0) {
		buf_printf(d->out, "%c: ", marks[side]);
		n += 3;
	}
	buf_puts(d->out, pretty_colour(s, 0));
	return s->indent = n;
}

/* The header is kept: its prefixes are those of the elements. */
static void
keep_header(struct side *s, const struct capture_event *ev)
{
	arena_reset(&s->memory);
	s->stream.header = elem_dup(&s->memory, ev->x.elem);
	s->stream.content = arena_dup(&s->memory, ev->content,
	    strlen(ev->content));
	if (arena_err(&s->memory) == XERR_NOMEM)
		no_memory();
	if (arena_err(&s->memory) != 0)
		s->stream.header = NULL;
}

static void
take_header(struct dump *d, int side, const struct capture_event *ev)
{
	struct side *s = &d->side[side];
	struct pretty show;

	if (d->cf.style == DUMP_LINES && d->cf.headers)
		ndxml_write(d->out, ev->x.elem, d->cf.delim);
	if (d->cf.style == DUMP_LINES || d->cf.style == DUMP_SUMMARY)
		return;
	keep_header(s, ev);
	if (d->cf.style != DUMP_ANNOTATED || s->stream.header == NULL)
		return;
	begin(d, side, &show);
	pretty_header(d->out, &show, &s->stream);
}

static void
take_close(struct dump *d, int side)
{
	struct pretty show;

	if (d->cf.style != DUMP_ANNOTATED ||
	    d->side[side].stream.header == NULL)
		return;
	begin(d, side, &show);
	pretty_close(d->out, &show, &d->side[side].stream);
}

static void
take_elem(struct dump *d, int side, const struct xparse_event *x)
{
	struct pretty show;

	switch (d->cf.style) {
	case DUMP_LINES:
		buf_put(d->out, x->line, x->len);
		buf_putc(d->out, d->cf.delim);
		break;
	case DUMP_SUMMARY:
		if (stats_add(&d->tally, x->elem, x->end - x->begin, x->depth,
		    d->time) < 0)
			no_memory();
		break;
	default:
		begin(d, side, &show);
		pretty_elem(d->out, &show, x->elem, &d->side[side].stream);
	}
}

static const char *const of[DUMP_SIDES] = { "client's ", "server's ", "" };

static void
take_error(struct dump *d, int side, const struct capture_event *ev)
{
	/* What comes before it has been printed before it. */
	filter_flush(d->out, true);
	cli_warn("%s%s%sbyte %llu (line %llu, column %llu): %s: %s",
	    d->name == NULL ? "" : d->name, d->name == NULL ? "" : ": ",
	    of[side], (unsigned long long)ev->where.byte,
	    (unsigned long long)ev->where.line,
	    (unsigned long long)ev->where.column, ev->condition, ev->errmsg);
	d->status = EX_DATAERR;
}

static void
take_passed(struct dump *d, int side, const struct capture_event *ev)
{
	filter_flush(d->out, true);
	cli_warn("%s%s%sbyte %llu (line %llu, column %llu): <%.64s/> was "
	    "passed over: %s", d->name == NULL ? "" : d->name,
	    d->name == NULL ? "" : ": ", of[side],
	    (unsigned long long)ev->where.byte,
	    (unsigned long long)ev->where.line,
	    (unsigned long long)ev->where.column, ev->x.elem->name,
	    ev->x.why);
	d->status = EX_DATAERR;
}

/* The client has logged in: it may say what it likes. */
static void
note_login(struct dump *d, int side, const struct elem *e)
{
	struct xparse_limits limits = { .size = d->cf.max };
	struct capture *client = d->side[DUMP_CLIENT].follow;

	if (d->cf.before_login == 0 || side != DUMP_SERVER ||
	    !(elem_is(e, NS_SASL, "success") ||
	    elem_is(e, NS_SASL2, "success")))
		return;
	d->cf.before_login = 0;
	if (client != NULL)
		capture_set_limits(client, &limits);
}

static void
take(struct dump *d, int side, const struct capture_event *ev)
{
	switch (ev->kind) {
	case CAPTURE_PASSED: take_passed(d, side, ev); break;
	case CAPTURE_HEADER: take_header(d, side, ev); break;
	case CAPTURE_ELEM:
		take_elem(d, side, &ev->x);
		note_login(d, side, ev->x.elem);
		break;
	case CAPTURE_CLOSE: take_close(d, side); break;
	case CAPTURE_ERROR: take_error(d, side, ev); break;
	}
	filter_flush(d->out, false);
}

int
dump_put(struct dump *d, enum dump_side side, const void *data, size_t len,
    uint64_t time)
{
	struct side *s = &d->side[side];
	struct capture_event ev;
	const char *p = data;
	size_t n;
	int r;

	d->time = time;
	if (s->follow == NULL)
		start_side(d, s);
	while (len > 0) {
		n = capture_feed(s->follow, p, len);
		p += n;
		len -= n;
		while ((r = capture_next(s->follow, &ev)) == 1)
			take(d, (int)side, &ev);
		if (r < 0)
			no_memory();
	}
	return d->status;
}

void
dump_remark(struct dump *d, uint64_t time, const char *s, size_t len)
{
	struct pretty show;

	d->time = time;
	if (d->cf.style != DUMP_ANNOTATED)
		return;
	begin(d, DUMP_UNKNOWN, &show);
	buf_puts(d->out, pretty_colour(&show, 'r'));
	buf_puts(d->out, "# ");
	vis_put(d->out, s, len, 0);
	buf_puts(d->out, pretty_colour(&show, 0));
	buf_putc(d->out, '\n');
}

int
dump_end(struct dump *d)
{
	struct capture_event ev;
	int i, r;

	for (i = 0; i < DUMP_SIDES; i++) {
		if (d->side[i].follow == NULL)
			continue;
		while ((r = capture_eof(d->side[i].follow, &ev)) == 1)
			take(d, i, &ev);
		if (r < 0)
			no_memory();
	}
	return d->status;
}

int
dump_again(struct dump *d)
{
	int i, status = dump_end(d);

	for (i = 0; i < DUMP_SIDES; i++) {
		capture_free(d->side[i].follow);
		d->side[i].follow = NULL;
		arena_reset(&d->side[i].memory);
	}
	return status;
}

/* A time in the form of RFC 3339. */
static const char *
date(char s[32], uint64_t time)
{
	time_t t = (time_t)(time / MICRO);
	struct tm tm;

	s[0] = '\0';
	if (gmtime_r(&t, &tm) != NULL)
		strftime(s, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return s;
}

static void
put_row(struct dump *d, const char *name, const char *type, const char *ns,
    const struct stats_sum *s)
{
	buf_printf(d->out, "%10llu %12llu %8llu %8llu %5u  ",
	    (unsigned long long)s->count, (unsigned long long)s->bytes,
	    (unsigned long long)stats_median(s),
	    (unsigned long long)s->largest, s->depth);
	vis_put(d->out, name, strlen(name), 0);
	if (*type != '\0') {
		buf_putc(d->out, ' ');
		vis_put(d->out, type, strlen(type), 0);
	}
	if (*ns != '\0') {
		buf_puts(d->out, " {");
		vis_put(d->out, ns, strlen(ns), 0);
		buf_putc(d->out, '}');
	}
	buf_putc(d->out, '\n');
}

static void
put_table(struct dump *d)
{
	const struct stats_row *r;
	char from[32], to[32];
	size_t n;

	buf_puts(d->out, "     COUNT        BYTES   MEDIAN  LARGEST DEPTH  "
	    "ELEMENT\n");
	for (r = d->tally.rows, n = d->tally.n; n > 0; r++, n--)
		put_row(d, r->name, r->type, r->ns, &r->sum);
	if (d->tally.others.count > 0)
		put_row(d, "others", "", "", &d->tally.others);
	put_row(d, "all", "", "", &d->tally.all);
	if (d->tally.first != 0)
		buf_printf(d->out, "from %s to %s\n",
		    date(from, d->tally.first), date(to, d->tally.last));
}

static void
put_json_string(struct buf *b, const char *key, const char *s)
{
	buf_printf(b, "\"%s\":", key);
	json_put_string(b, s, strlen(s));
	buf_putc(b, ',');
}

static void
put_json_sum(struct buf *b, const struct stats_sum *s)
{
	buf_printf(b, "\"count\":%llu,\"bytes\":%llu,\"median\":%llu,"
	    "\"largest\":%llu,\"depth\":%u", (unsigned long long)s->count,
	    (unsigned long long)s->bytes, (unsigned long long)stats_median(s),
	    (unsigned long long)s->largest, s->depth);
}

static void
put_json(struct dump *d)
{
	const struct stats_row *r;
	char s[32];
	size_t n;

	buf_putc(d->out, '{');
	put_json_sum(d->out, &d->tally.all);
	if (d->tally.first != 0) {
		buf_putc(d->out, ',');
		put_json_string(d->out, "first", date(s, d->tally.first));
		put_json_string(d->out, "last", date(s, d->tally.last));
		buf_truncate(d->out, buf_len(d->out) - 1);
	}
	buf_puts(d->out, ",\"elements\":[");
	for (r = d->tally.rows, n = d->tally.n; n > 0; r++, n--) {
		buf_puts(d->out, r == d->tally.rows ? "{" : ",{");
		put_json_string(d->out, "name", r->name);
		put_json_string(d->out, "type", r->type);
		put_json_string(d->out, "namespace", r->ns);
		put_json_sum(d->out, &r->sum);
		buf_putc(d->out, '}');
	}
	buf_puts(d->out, "]}\n");
}

void
dump_summary(struct dump *d, bool json)
{
	stats_sort(&d->tally);
	if (json)
		put_json(d);
	else
		put_table(d);
}

bool
dump_wants_colour(const char *when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when == NULL || strcmp(when, "always") == 0)
		return true;
	if (strcmp(when, "never") == 0)
		return false;
	if (strcmp(when, "auto") != 0)
		cli_usage("--color: '%s' is none of auto, always, never",
		    when);
	return (no == NULL || *no == '\0') && isatty(STDOUT_FILENO) &&
	    term != NULL && strcmp(term, "dumb") != 0;
}
