/* stanza-cut: fields of stanza lines, as TSV, JSON or in a format. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "cli/json.h"
#include "stanza/field.h"

static const char usage[] =
	"usage: stanza-cut -f FIELDS [options] [FILE ...]\n"
	"       stanza-cut --json [-f FIELDS] [options] [FILE ...]\n"
	"       stanza-cut --format FORMAT [options] [FILE ...]\n"
	"Print fields of stanza lines, one line for each stanza.\n"
	"\n"
	"  -f, --fields LIST       from, to, type, id, body, subject, kind, lang,\n"
	"                          delay, @attribute, {ns}path/name,\n"
	"                          {ns}path/name@attribute, or . for the stanza;\n"
	"                          FIELD|bare, |local, |domain, |resource of an\n"
	"                          address, FIELD|raw without escapes\n"
	"      --json              as an object of JSON\n"
	"      --format FORMAT     as FORMAT says: %{FIELD}, %%, \\n, \\t, \\0, \\\\\n"
	"  -s, --only-complete     only stanzas that have all of the fields\n"
	"  -0, --null              lines end in NUL instead of a line feed\n"
	"      --max-stanza BYTES  longest line taken, 8388608\n"
	CLI_USAGE;

enum {
	OPT_JSON = CLI_OPT_OWN,
	OPT_FORMAT,
	OPT_MAX_STANZA,
	STRINGS_MAX = 1 << 20,
	VALUE_MAX = 1 << 30
};

static const char shorts[] = ":" CLI_SHORT "0f:s";
static const struct option longs[] = {
	{ "fields", required_argument, NULL, 'f' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "only-complete", no_argument, NULL, 's' },
	{ "null", no_argument, NULL, '0' },
	{ "max-stanza", required_argument, NULL, OPT_MAX_STANZA },
	CLI_LONG
};

static const char json_default[] =
	"kind,from,to,type,id,lang,subject,body,delay";

/* A piece of a line: text as it is, or a field. */
struct piece {
	const char *text;	/* NULL: the field */
	size_t len;
	struct field field;
};

struct cut {
	struct filter_config cf;
	const char *fields, *format;
	bool json, complete;
	struct piece *pieces;
	size_t n, cap;
	struct arena strings;
	struct buf value;
};

static struct piece *
add_piece(struct cut *c)
{
	struct piece *more;

	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 16 : c->cap * 2;
		more = realloc(c->pieces, c->cap * sizeof(*more));
		if (more == NULL)
			cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
		c->pieces = more;
	}
	c->pieces[c->n] = (struct piece){ .text = NULL };
	return &c->pieces[c->n++];
}

static void
add_field(struct cut *c, const char *s, size_t len)
{
	struct piece *p = add_piece(c);
	int r;

	if ((r = field_parse(&p->field, &c->strings, s, len)) == XERR_NOMEM)
		cli_die(EX_OSERR, "%s", xerr_str(r));
	if (r < 0)
		cli_usage("'%.*s' is no field", (int)len, s);
}

static void
add_text(struct cut *c, const char *s, size_t len)
{
	struct piece *p;

	if (len == 0)
		return;
	p = add_piece(c);
	p->text = s;
	p->len = len;
}

/* A list of fields becomes pieces. */
static void
compile_list(struct cut *c, const char *s)
{
	size_t n;

	for (;; s += n + 1) {
		n = field_span(s, strlen(s), ',');
		if (c->n > 0 && !c->json)
			add_text(c, "\t", 1);
		add_field(c, s, n);
		if (s[n] == '\0')
			return;
	}
}

/* What a backslash and CH mean, one byte; NULL: nothing. */
static const char *
unescape(char ch)
{
	switch (ch) {
	case 'n': return "\n";
	case 't': return "\t";
	case '0': return "";	/* its NUL */
	case '\\': return "\\";
	default: return NULL;
	}
}

/* %{FIELD} at S; returns its length. */
static size_t
compile_field(struct cut *c, const char *s)
{
	size_t n = 2, depth = 1;

	for (; s[n] != '\0' && depth > 0; n++) {
		depth += s[n] == '{';
		depth -= s[n] == '}';
	}
	if (depth > 0)
		cli_usage("--format: %%{ without }");
	add_field(c, s + 2, n - 3);
	return n;
}

static void
compile_format(struct cut *c, const char *s)
{
	const char *byte;
	size_t n;

	for (; *s != '\0'; s += n) {
		if ((n = strcspn(s, "%\\")) > 0) {
			add_text(c, s, n);
		} else if (s[0] == '%' && s[1] == '{') {
			n = compile_field(c, s);
		} else if (s[0] == '%' && s[1] == '%') {
			add_text(c, "%", 1);
			n = 2;
		} else if (s[0] == '\\' && (byte = unescape(s[1])) != NULL) {
			add_text(c, byte, 1);
			n = 2;
		} else {
			cli_usage("--format: '%.2s' means nothing", s);
		}
	}
}

/* The value of F for E in c->value; false if there is none. */
static bool
get(struct cut *c, const struct field *f, const struct elem *e)
{
	int r;

	buf_reset(&c->value);
	if ((r = field_get(f, e, &c->value)) < 0)
		cli_die(cli_status(r), "%s", xerr_str(r));
	return r > 0;
}

static bool
is_complete(struct cut *c, const struct elem *e)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->pieces[i].text == NULL &&
		    !get(c, &c->pieces[i].field, e))
			return false;
	return true;
}

static void
put_value(struct cut *c, const struct field *f, struct buf *out)
{
	const char *s = (const char *)buf_data(&c->value);

	if (f->raw)
		buf_put(out, s, buf_len(&c->value));
	else
		field_escape(out, s, buf_len(&c->value));
}

static void
put_pieces(struct cut *c, const struct elem *e, struct buf *out)
{
	const struct piece *p;

	for (p = c->pieces; p < c->pieces + c->n; p++)
		if (p->text != NULL)
			buf_put(out, p->text, p->len);
		else if (get(c, &p->field, e))
			put_value(c, &p->field, out);
	if (c->format == NULL)
		buf_putc(out, c->cf.delim);
}

/* Only the fields that are there: absent is not the same as "". */
static void
put_json(struct cut *c, const struct elem *e, struct buf *out)
{
	const struct piece *p;
	bool first = true;

	buf_putc(out, '{');
	for (p = c->pieces; p < c->pieces + c->n; p++) {
		if (!get(c, &p->field, e))
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		json_put_string(out, p->field.label, strlen(p->field.label));
		buf_putc(out, ':');
		json_put_string(out, (const char *)buf_data(&c->value),
		    buf_len(&c->value));
	}
	buf_putc(out, '}');
	buf_putc(out, c->cf.delim);
}

static int
cut(struct cut *c, char *const *files)
{
	struct filter f;
	struct elem *e;

	filter_init(&f, files, &c->cf);
	while (filter_next(&f, &e)) {
		if (c->complete && !is_complete(c, e))
			continue;
		if (c->json)
			put_json(c, e, filter_out(&f));
		else
			put_pieces(c, e, filter_out(&f));
	}
	return filter_end(&f);
}

static void
take_option(struct cut *c, int ch)
{
	switch (ch) {
	case 'f': c->fields = optarg; break;
	case OPT_JSON: c->json = true; break;
	case OPT_FORMAT: c->format = optarg; break;
	case 's': c->complete = true; break;
	case '0': c->cf.delim = '\0'; break;
	case OPT_MAX_STANZA:
		c->cf.max = cli_number("--max-stanza", optarg, 1024,
		    1UL << 30);
		break;
	}
}

/* Only attributes of the stanza are wanted: its children need no tree. */
static bool
is_shallow(const struct cut *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->pieces[i].text == NULL &&
		    (c->pieces[i].field.nsteps > 0 ||
		    c->pieces[i].field.what == FIELD_LINE))
			return false;
	return true;
}

static void
compile(struct cut *c)
{
	if (c->format != NULL && (c->json || c->fields != NULL))
		cli_usage("--format: not with -f or --json");
	if (c->format != NULL && *c->format == '\0')
		cli_usage("--format: it is empty");
	if (c->format != NULL)
		compile_format(c, c->format);
	else if (c->fields != NULL)
		compile_list(c, c->fields);
	else if (c->json)
		compile_list(c, json_default);
	else
		cli_usage("-f, --json or --format: which fields?");
	c->cf.form = is_shallow(c) ? XPARSE_SHELL : XPARSE_TREE;
}

int
main(int argc, char *argv[])
{
	struct cut c = { .cf = { '\n', 0, XPARSE_TREE } };
	int ch, status;

	cli_init("stanza-cut", usage);
	arena_init(&c.strings, STRINGS_MAX);
	buf_init(&c.value, VALUE_MAX);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		take_option(&c, ch);
	compile(&c);
	status = cut(&c, argv + optind);
	free(c.pieces);
	arena_release(&c.strings);
	buf_release(&c.value);
	return status;
}
