/* stanza-grep: print the stanza lines that meet all conditions. */
#include <locale.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "stanza/field.h"
#include "stanza/jidpat.h"
#include "xmpp/stanza.h"

static const char usage[] =
	"usage: stanza-grep [options] [FILE ...]\n"
	"Print the stanza lines that meet all conditions.\n"
	"\n"
	"  -n, --name LIST         message, presence, iq or another name\n"
	"  -t, --type LIST         of this type; none given is normal, available\n"
	"      --from JID          from JID, or one of its resources; * is any\n"
	"      --to JID            text in a part; an alone domain is everybody\n"
	"                          there\n"
	"      --id ID             with this id\n"
	"      --has FIELD         that have it, see stanza-cut(1):\n"
	"                          '{ns}name/path', '@attribute', subject, ...\n"
	"      --body REGEX        with a body that matches (an ERE)\n"
	"  -i, --ignore-case       --body: upper or lower case is the same\n"
	"  -v, --invert-match      those that do not meet them\n"
	"  -c, --count             print only how many\n"
	"  -q, --quiet             print nothing, stop at the first\n"
	"  -m, --max-count N       stop after N\n"
	"  -0, --null              lines end in NUL instead of a line feed\n"
	"      --max-stanza BYTES  longest line taken, 8388608\n"
	CLI_USAGE;

enum {
	OPT_FROM = CLI_OPT_OWN,
	OPT_TO,
	OPT_ID,
	OPT_HAS,
	OPT_BODY,
	OPT_MAX_STANZA,
	STRINGS_MAX = 1 << 20
};

static const char shorts[] = ":" CLI_SHORT "0cim:n:qt:v";
static const struct option longs[] = {
	{ "name", required_argument, NULL, 'n' },
	{ "type", required_argument, NULL, 't' },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "id", required_argument, NULL, OPT_ID },
	{ "has", required_argument, NULL, OPT_HAS },
	{ "body", required_argument, NULL, OPT_BODY },
	{ "ignore-case", no_argument, NULL, 'i' },
	{ "invert-match", no_argument, NULL, 'v' },
	{ "count", no_argument, NULL, 'c' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "max-count", required_argument, NULL, 'm' },
	{ "null", no_argument, NULL, '0' },
	{ "max-stanza", required_argument, NULL, OPT_MAX_STANZA },
	CLI_LONG
};

struct grep {
	struct filter_config cf;
	const char *names, *types, *id;	/* NULL: any */
	const char *body;
	struct jidpat from, to;
	bool has_from, has_to;
	struct field *has;
	size_t nhas;
	regex_t regex;
	bool ignore_case, invert, count, quiet;
	unsigned long max, found;
	struct arena strings;
	struct buf value;	/* of a field, nobody reads it */
};

/* Is S one of LIST, words with commas between? */
static bool
in_list(const char *list, const char *s)
{
	size_t len = strlen(s), n;

	for (;; list += n + 1) {
		n = strcspn(list, ",");
		if (n == len && memcmp(list, s, n) == 0)
			return true;
		if (list[n] == '\0')
			return false;
	}
}

static bool
has_all(struct grep *g, const struct elem *e)
{
	size_t i;
	int r;

	for (i = 0; i < g->nhas; i++) {
		buf_reset(&g->value);
		if ((r = field_get(&g->has[i], e, &g->value)) < 0)
			cli_die(cli_status(r), "%s", xerr_str(r));
		if (r == 0)
			return false;
	}
	return true;
}

static bool
body_matches(const struct grep *g, const struct elem *e)
{
	const struct elem *b;
	const char *text;

	for (b = elem_child(e, e->ns, "body"); b != NULL;
	    b = elem_next(b, e->ns, "body"))
		if ((text = elem_text(b)) != NULL &&
		    regexec(&g->regex, text, 0, NULL, 0) == 0)
			return true;
	return false;
}

/* Does E meet all conditions?  The cheap ones first. */
static bool
meets(struct grep *g, const struct elem *e)
{
	const char *id;

	if (g->names != NULL && !in_list(g->names, e->name))
		return false;
	if (g->types != NULL && !in_list(g->types, stanza_type(e)))
		return false;
	if (g->id != NULL &&
	    ((id = elem_get(e, "id")) == NULL || strcmp(id, g->id) != 0))
		return false;
	if (g->has_from && !jidpat_match_text(&g->from, elem_get(e, "from")))
		return false;
	if (g->has_to && !jidpat_match_text(&g->to, elem_get(e, "to")))
		return false;
	return has_all(g, e) && (g->body == NULL || body_matches(g, e));
}

static void
print(const struct grep *g, struct filter *f)
{
	size_t len;
	const char *line = filter_line(f, &len);

	buf_put(filter_out(f), line, len);
	buf_putc(filter_out(f), g->cf.delim);
}

static int
search(struct grep *g, char *const *files)
{
	struct filter f;
	struct elem *e;
	int status;

	filter_init(&f, files, &g->cf);
	while (g->found < g->max && filter_next(&f, &e)) {
		if (meets(g, e) == g->invert)
			continue;
		g->found++;
		if (!g->count && !g->quiet)
			print(g, &f);
	}
	if (g->count && !g->quiet)
		buf_printf(filter_out(&f), "%lu\n", g->found);
	status = filter_end(&f);
	/* As grep: who asks only whether there is one has the answer. */
	if (g->quiet && g->found > 0)
		return EX_OK;
	return status != EX_OK ? status : g->found == 0;
}

static void
set_jid(struct grep *g, struct jidpat *p, bool *has, const char *opt)
{
	if (jidpat_parse(p, &g->strings, optarg) < 0)
		cli_usage("%s: '%s' is no address", opt, optarg);
	*has = true;
}

static void
add_has(struct grep *g)
{
	struct field *more;

	if ((more = realloc(g->has, (g->nhas + 1) * sizeof(*more))) == NULL)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	g->has = more;
	if (field_parse(&g->has[g->nhas], &g->strings, optarg,
	    strlen(optarg)) < 0)
		cli_usage("--has: '%s' is no field", optarg);
	g->nhas++;
	g->cf.form = XPARSE_TREE;
}

static void
take_option(struct grep *g, int ch)
{
	switch (ch) {
	case 'n': g->names = optarg; break;
	case 't': g->types = optarg; break;
	case OPT_FROM: set_jid(g, &g->from, &g->has_from, "--from"); break;
	case OPT_TO: set_jid(g, &g->to, &g->has_to, "--to"); break;
	case OPT_ID: g->id = optarg; break;
	case OPT_HAS: add_has(g); break;
	case OPT_BODY:
		g->body = optarg;
		g->cf.form = XPARSE_TREE;
		break;
	case 'i': g->ignore_case = true; break;
	case 'v': g->invert = true; break;
	case 'c': g->count = true; break;
	case 'q': g->quiet = true; break;
	case 'm': g->max = cli_number("-m", optarg, 0, -1UL); break;
	case '0': g->cf.delim = '\0'; break;
	case OPT_MAX_STANZA:
		g->cf.max = cli_number("--max-stanza", optarg, 1024,
		    1UL << 30);
		break;
	}
}

/*
 * Text is UTF-8 whatever the user's locale: a dot of the expression is a
 * character, and case is folded beyond ASCII.
 */
static void
compile(struct grep *g)
{
	char why[256];
	int r;

	if (g->body == NULL)
		return;
	setlocale(LC_CTYPE, "C.UTF-8");
	r = regcomp(&g->regex, g->body, REG_EXTENDED | REG_NOSUB |
	    (g->ignore_case ? REG_ICASE : 0));
	if (r == 0)
		return;
	regerror(r, &g->regex, why, sizeof(why));
	cli_usage("--body: %s", why);
}

int
main(int argc, char *argv[])
{
	struct grep g = { .cf = { '\n', 0, XPARSE_SHELL }, .max = -1UL };
	int ch, status;

	cli_init("stanza-grep", usage);
	arena_init(&g.strings, STRINGS_MAX);
	buf_init(&g.value, 1 << 30);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		take_option(&g, ch);
	compile(&g);
	if (g.quiet && g.max > 1)
		g.max = 1;
	status = search(&g, argv + optind);
	if (g.body != NULL)
		regfree(&g.regex);
	free(g.has);
	arena_release(&g.strings);
	buf_release(&g.value);
	return status;
}
