/* Fields of stanzas. */
#include <string.h>

#include "base/utf8.h"
#include "base/vis.h"
#include "base/xerr.h"
#include "jid/jid.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "stanza/field.h"

enum { STEPS = 16 };

static const struct {
	const char *name;
	enum field_what what;
	const char *attr;
	struct field_step step;	/* without namespace: the stanza's */
} named[] = {
	{ "from", FIELD_ATTR, "from", { NULL, NULL } },
	{ "to", FIELD_ATTR, "to", { NULL, NULL } },
	{ "type", FIELD_ATTR, "type", { NULL, NULL } },
	{ "id", FIELD_ATTR, "id", { NULL, NULL } },
	{ "lang", FIELD_ATTR, "xml:lang", { NULL, NULL } },
	{ "kind", FIELD_KIND, NULL, { NULL, NULL } },
	{ "body", FIELD_TEXT, NULL, { NULL, "body" } },
	{ "subject", FIELD_TEXT, NULL, { NULL, "subject" } },
	{ "delay", FIELD_ATTR, "stamp", { NS_DELAY, "delay" } },
	{ ".", FIELD_LINE, NULL, { NULL, NULL } },
};

static const struct {
	const char *name;
	enum field_part part;
} parts[] = {
	{ "bare", FIELD_BARE },
	{ "domain", FIELD_DOMAIN },
	{ "local", FIELD_LOCAL },
	{ "resource", FIELD_RESOURCE },
};

static bool
is_word(const char *word, const char *s, size_t len)
{
	return strlen(word) == len && memcmp(word, s, len) == 0;
}

size_t
field_span(const char *s, size_t len, char stop)
{
	size_t i;
	bool inside = false;

	for (i = 0; i < len && (inside || s[i] != stop); i++)
		if (s[i] == '{' || s[i] == '}')
			inside = s[i] == '{';
	return i;
}

/* A bar and what is behind it. */
static int
parse_filter(struct field *f, const char *s, size_t len)
{
	size_t i;

	if (is_word("raw", s, len)) {
		f->raw = true;
		return 0;
	}
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (is_word(parts[i].name, s, len)) {
			f->part = parts[i].part;
			return 0;
		}
	return XERR_SYNTAX;
}

/* A name in a step or behind an @: no markup, no space, something. */
static bool
is_name(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("{}@|/<>&'\" \t\r\n", s[i]) != NULL)
			return false;
	return len > 0;
}

/* One step at S, which is the LEN bytes up to a slash. */
static int
parse_step(struct field_step *step, struct arena *a, const char *s,
    size_t len, const struct field_step *before)
{
	const char *end;

	step->ns = before == NULL ? NULL : before->ns;
	if (len > 0 && *s == '{') {
		if ((end = memchr(s, '}', len)) == NULL)
			return XERR_SYNTAX;
		step->ns = is_word("{*}", s, (size_t)(end + 1 - s)) ? NULL :
		    arena_dup(a, s + 1, (size_t)(end - s - 1));
		len -= (size_t)(end + 1 - s);
		s = end + 1;
	} else if (before == NULL) {
		return XERR_SYNTAX;
	}
	if (!is_name(s, len))
		return XERR_SYNTAX;
	step->name = arena_dup(a, s, len);
	return arena_err(a);
}

static int
parse_steps(struct field *f, struct arena *a, const char *s, size_t len)
{
	struct field_step *steps;
	size_t n;
	int r;

	if ((steps = arena_alloc(a, STEPS * sizeof(*steps))) == NULL)
		return arena_err(a);
	for (f->nsteps = 0; ; s += n + 1, len -= n + 1) {
		if (f->nsteps == STEPS)
			return XERR_SYNTAX;
		n = field_span(s, len, '/');
		if ((r = parse_step(&steps[f->nsteps], a, s, n,
		    f->nsteps == 0 ? NULL : &steps[f->nsteps - 1])) < 0)
			return r;
		f->nsteps++;
		if (n == len)
			break;
	}
	f->steps = steps;
	return 0;
}

/* {NS}A/B@NAME, or @NAME alone. */
static int
parse_path(struct field *f, struct arena *a, const char *s, size_t len)
{
	size_t n = field_span(s, len, '@');

	f->what = FIELD_TEXT;
	if (n < len) {
		if (!is_name(s + n + 1, len - n - 1))
			return XERR_SYNTAX;
		f->what = FIELD_ATTR;
		f->attr = arena_dup(a, s + n + 1, len - n - 1);
	}
	return n == 0 && n < len ? arena_err(a) : parse_steps(f, a, s, n);
}

static int
parse_one(struct field *f, struct arena *a, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (!is_word(named[i].name, s, len))
			continue;
		f->what = named[i].what;
		f->attr = named[i].attr;
		f->steps = &named[i].step;
		f->nsteps = named[i].step.name != NULL;
		f->own = named[i].step.ns == NULL;
		return 0;
	}
	return parse_path(f, a, s, len);
}

int
field_parse(struct field *out, struct arena *a, const char *s, size_t len)
{
	struct field f = { .raw = false };
	size_t n = field_span(s, len, '|'), end;
	int r;

	if ((r = parse_one(&f, a, s, n)) < 0)
		return r;
	f.label = arena_dup(a, s, n);
	while (n < len) {
		s += n + 1;
		len -= n + 1;
		end = field_span(s, len, '|');
		if ((r = parse_filter(&f, s, end)) < 0)
			return r;
		n = end;
	}
	if (arena_err(a) != 0)
		return arena_err(a);
	*out = f;
	return 0;
}

/* The value that F has at E, where all steps have been taken, or NULL. */
static const char *
value_here(const struct field *f, const struct elem *e)
{
	return f->what == FIELD_ATTR ? elem_get(e, f->attr) : elem_text(e);
}

/* The value below E, STEP steps down.  As deep as steps were typed. */
static const char *
value(const struct field *f, const struct elem *e, size_t step)
{
	const struct field_step *st = &f->steps[step];
	const struct elem *c;
	const char *s, *ns;

	if (step == f->nsteps)
		return value_here(f, e);
	ns = f->own ? e->ns : st->ns;
	/* the text of the stanza itself may be there in several languages */
	if (f->own && f->what == FIELD_TEXT && f->nsteps == 1)
		return elem_text(elem_child_lang(e, ns, st->name));
	for (c = elem_child(e, ns, st->name); c != NULL;
	    c = elem_next(c, ns, st->name))
		if ((s = value(f, c, step + 1)) != NULL)
			return s;
	return NULL;
}

/* The part of the address S that F wants. */
static int
put_part(const struct field *f, const char *s, struct buf *b)
{
	struct jid j;
	const char *part;
	size_t len;

	if (jid_parse(&j, s, strlen(s)) < 0)
		return 0;
	switch (f->part) {
	case FIELD_DOMAIN: part = jid_domain(&j, &len); break;
	case FIELD_LOCAL: part = jid_local(&j, &len); break;
	case FIELD_RESOURCE: part = jid_resource(&j, &len); break;
	default:
		jid_to_bare(&j);
		part = jid_str(&j);
		len = jid_len(&j);
	}
	if (part == NULL)
		return 0;
	buf_put(b, part, len);
	return buf_err(b) != 0 ? buf_err(b) : 1;
}

static int
put_line(const struct elem *e, struct buf *b)
{
	int r = ndxml_write(b, e, '\n');

	if (r == 0)
		buf_truncate(b, buf_len(b) - 1);
	return r < 0 ? r : 1;
}

int
field_get(const struct field *f, const struct elem *e, struct buf *b)
{
	const char *s;

	if (f->what == FIELD_LINE)
		return put_line(e, b);
	s = f->what == FIELD_KIND ? e->name : value(f, e, 0);
	if (s == NULL)
		return 0;
	if (f->part != FIELD_WHOLE)
		return put_part(f, s, b);
	buf_puts(b, s);
	return buf_err(b) != 0 ? buf_err(b) : 1;
}

int
field_escape(struct buf *b, const char *s, size_t len)
{
	return vis_put(b, s, len, VIS_BACKSLASH);
}

/* N hexadecimal digits at S; false if one of them is none. */
static bool
hex(uint32_t *v, const char *s, size_t n)
{
	const char *digits = "0123456789abcdef", *d;

	for (*v = 0; n > 0; n--, s++) {
		if (*s == '\0' || (d = strchr(digits, *s)) == NULL)
			return false;
		*v = *v * 16 + (uint32_t)(d - digits);
	}
	return true;
}

/* \xHH or \u{H...} at S; its length, or 0 if it is neither. */
static size_t
unescape_number(struct buf *b, const char *s, size_t len)
{
	unsigned char utf8[4];
	const char *end;
	uint32_t v;

	if (len >= 4 && s[1] == 'x' && hex(&v, s + 2, 2)) {
		buf_putc(b, (int)v);
		return 4;
	}
	if (len < 5 || s[1] != 'u' || s[2] != '{' ||
	    (end = memchr(s, '}', len < 10 ? len : 10)) == NULL ||
	    end == s + 3 || !hex(&v, s + 3, (size_t)(end - s - 3)) ||
	    v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	buf_put(b, utf8, utf8_encode(utf8, v));
	return (size_t)(end + 1 - s);
}

int
field_unescape(struct buf *b, const char *s, size_t len)
{
	static const char names[] = "\\nrt", bytes[] = "\\\n\r\t";
	const char *name;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		if (*s != '\\') {
			name = memchr(s, '\\', len);
			n = name == NULL ? len : (size_t)(name - s);
			buf_put(b, s, n);
		} else if (len > 1 && s[1] != '\0' &&
		    (name = strchr(names, s[1])) != NULL) {
			buf_putc(b, bytes[name - names]);
			n = 2;
		} else if ((n = unescape_number(b, s, len)) == 0) {
			return XERR_SYNTAX;
		}
	}
	return buf_err(b);
}

int
field_put_text(struct buf *b, const struct elem *e)
{
	const char *from = elem_get(e, "from");
	const char *body = elem_text(elem_child_lang(e, e->ns, "body"));

	if (from != NULL)
		field_escape(b, from, strlen(from));
	buf_putc(b, '\t');
	if (body != NULL)
		field_escape(b, body, strlen(body));
	return buf_putc(b, '\n');
}
