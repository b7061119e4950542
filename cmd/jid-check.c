/*
 * jid-check: validate and normalize XMPP addresses, and say why one is wrong.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "base/vis.h"
#include "base/xerr.h"
#include "cli/blockio.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "cli/json.h"
#include "jid/jid.h"
#include "jid/jid6122.h"
#include "jid/jidesc.h"
#include "jid/jiduri.h"
#include "jid/jidwarn.h"

static const char usage[] =
	"usage: jid-check [-0deqvw] [-o tsv|json]\n"
	"                 [-p rfc7622|rfc6122|portable]\n"
	"                 [--ascii] [--bare | --domain] [--uri] [JID...]\n"
	"Validate and normalize XMPP addresses, one per line.\n"
	"  -0, --null              records end in NUL, not in a newline\n"
	"      --ascii             print the domainpart as A-labels\n"
	"      --bare              print without resourcepart\n"
	"  -d, --unescape          print the localpart unescaped (XEP-0106)\n"
	"      --domain            print the domainpart alone\n"
	"  -e, --escape            escape the localpart first (XEP-0106)\n"
	"  -o, --output FORMAT     a record for every input: tsv, json\n"
	"  -p, --profile PROFILE   rfc7622 (default), rfc6122, portable\n"
	"  -q, --quiet             print nothing, only exit\n"
	"      --uri               read and write xmpp: URIs\n"
	"  -v, --invert            print what is invalid, unchanged\n"
	"  -w, --warn              warn of what is valid but suspicious\n"
	CLI_USAGE;

enum { OPT_ASCII = CLI_OPT_OWN, OPT_BARE, OPT_DOMAIN, OPT_URI };

static const char shorts[] = ":" CLI_SHORT "0deo:p:qvw";
static const struct option longs[] = {
	{ "null", no_argument, NULL, '0' },
	{ "ascii", no_argument, NULL, OPT_ASCII },
	{ "bare", no_argument, NULL, OPT_BARE },
	{ "unescape", no_argument, NULL, 'd' },
	{ "domain", no_argument, NULL, OPT_DOMAIN },
	{ "escape", no_argument, NULL, 'e' },
	{ "output", required_argument, NULL, 'o' },
	{ "profile", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "uri", no_argument, NULL, OPT_URI },
	{ "invert", no_argument, NULL, 'v' },
	{ "warn", no_argument, NULL, 'w' },
	CLI_LONG
};

enum format { TEXT, TSV, JSON };

struct opts {
	char delim;
	bool quiet, invert, warn, escape, unescape, uri;
	bool ascii, bare, domain;
	enum format format;
	enum jid_profile profile;
};

/* One input, and what became of it. */
struct item {
	const char *s;
	size_t len;
	const char *name;	/* the operand it is, or NULL */
	unsigned long number;	/* or that of its line */
	int r;			/* 0 or XERR_SYNTAX */
	struct jid_error why;
	struct jid jid;
	struct jid_uri uri;	/* with --uri, without its jid */
};

struct check {
	struct opts o;
	struct out out;
	struct in in;
	struct buf text;	/* what is being written */
	struct buf escaped;	/* the input of -e, escaped */
	bool bad;		/* something was invalid */
};

/* Enough for what a block of input becomes when every byte is escaped. */
enum { TEXT_LIMIT = 64 * BLOCK, SHOWN_NAME = 200 };

static const char first_member[] = "input";

static void
die_unless(int r)
{
	if (r < 0)
		cli_die(cli_status(r), "%s", xerr_str(r));
}

static int
parse(enum jid_profile p, struct jid *j, const char *s, size_t len,
    struct jid_error *why)
{
	switch (p) {
	case JID_RFC6122: return jid6122_parse(j, s, len, why);
	case JID_PORTABLE: return jid6122_parse_portable(j, s, len, why);
	default: return jid_parse_why(j, s, len, why);
	}
}

/*
 * An address with a localpart as its user would write it: the last '@' ends
 * it, because it may have others, and '/' too.
 */
static int
parse_escaping(struct check *c, struct item *it)
{
	size_t n = it->len;

	while (n > 0 && it->s[n - 1] != '@')
		n--;
	buf_reset(&c->escaped);
	if (n > 0 && jidesc_escape(&c->escaped, it->s, n - 1) == XERR_SYNTAX) {
		it->why = (struct jid_error){
			.part = JID_LOCALPART, .rule = JID_RULE_ESCAPE,
			.offset = it->s[0] == ' ' ? 0 : n - 2, .cp = ' '
		};
		return XERR_SYNTAX;
	}
	buf_put(&c->escaped, it->s + (n > 0 ? n - 1 : 0),
	    it->len - (n > 0 ? n - 1 : 0));
	die_unless(buf_err(&c->escaped));
	return parse(c->o.profile, &it->jid,
	    (const char *)buf_data(&c->escaped), buf_len(&c->escaped),
	    &it->why);
}

/* A URI, or a plain address that is to become one. */
static int
parse_uri(struct check *c, struct item *it)
{
	const struct jid *j = &it->uri.jid;
	int r;

	it->uri = (struct jid_uri){0};
	if (!jiduri_is_one(it->s, it->len))
		return parse(c->o.profile, &it->jid, it->s, it->len,
		    &it->why);
	if ((r = jiduri_parse(&it->uri, it->s, it->len, &it->why)) < 0)
		return r;
	if (c->o.profile == JID_PORTABLE && !jid_is_empty(j) && (r =
	    parse(JID_PORTABLE, &it->jid, jid_str(j), jid_len(j),
	    &it->why)) < 0)
		return r;
	jid_copy(&it->jid, j);
	return 0;
}

static void
judge(struct check *c, struct item *it)
{
	if (c->o.uri)
		it->r = parse_uri(c, it);
	else if (c->o.escape)
		it->r = parse_escaping(c, it);
	else
		it->r = parse(c->o.profile, &it->jid, it->s, it->len,
		    &it->why);
	if (it->r != XERR_SYNTAX)
		die_unless(it->r);
	else
		c->bad = true;
}

/* The domainpart as asked for; an IP literal keeps its brackets. */
static void
put_domain(struct buf *b, const struct opts *o, const struct jid *j)
{
	size_t len;
	const char *s = jid_domain(j, &len);

	if (o->ascii && !jid_domain_is_ip(j))
		die_unless(jid_domain_ascii(j, b));
	else
		buf_put(b, s, len);
}

static void
put_address(struct buf *b, const struct opts *o, const struct jid *j)
{
	const char *s;
	size_t len;

	if (jid_is_empty(j))
		return;
	s = jid_local(j, &len);
	if (s != NULL && !o->domain) {
		if (o->unescape)
			jidesc_unescape(b, s, len);
		else
			buf_put(b, s, len);
		buf_putc(b, '@');
	}
	put_domain(b, o, j);
	s = jid_resource(j, &len);
	if (s != NULL && !o->domain && !o->bare) {
		buf_putc(b, '/');
		buf_put(b, s, len);
	}
}

static void
put_uri(struct buf *b, const struct opts *o, struct item *it)
{
	if (o->domain || o->bare) {
		/* an account alone is an address, too */
		if (jid_is_empty(&it->jid))
			jid_copy(&it->jid, &it->uri.account);
		/* a query means something for the whole address only */
		it->uri = (struct jid_uri){0};
		if (o->domain)
			jid_to_domain(&it->jid);
		jid_to_bare(&it->jid);
	}
	jid_copy(&it->uri.jid, &it->jid);
	die_unless(jiduri_put_uri(b, &it->uri));
}

/* What is printed for a valid input. */
static void
put_normal(struct buf *b, const struct opts *o, struct item *it)
{
	if (o->uri)
		put_uri(b, o, it);
	else
		put_address(b, o, &it->jid);
}

/* One line on stderr, with what it is about. */
static void
say(const struct opts *o, const struct item *it, const char *kind,
    const char *text)
{
	if (it->name == NULL)
		cli_warn("%s %lu: %s%s", o->delim == '\0' ? "record" : "line",
		    it->number, kind, text);
	else
		cli_warn("%.*s%s: %s%s", SHOWN_NAME, it->name,
		    strlen(it->name) > SHOWN_NAME ? "..." : "", kind, text);
}

static void
say_why(const struct opts *o, const struct item *it)
{
	struct buf b;

	buf_init(&b, 1024);
	die_unless(jid_error_text(&b, &it->why));
	say(o, it, "", buf_str(&b));
	buf_release(&b);
}

/* The warnings for a valid address, each by itself. */
static void
warn(const struct opts *o, const struct item *it)
{
	struct jid_warning w[JIDWARN_MAX];
	size_t i, n = jidwarn(w, &it->jid);
	struct buf b;

	buf_init(&b, 1024);
	for (i = 0; i < n; i++) {
		buf_reset(&b);
		die_unless(jidwarn_text(&b, &w[i]));
		say(o, it, "warning: ", buf_str(&b));
	}
	buf_release(&b);
}

/* A field of a TSV record: tabs, newlines and the like are escaped. */
static void
put_field(struct buf *b, const char *s, size_t len, char end)
{
	vis_put(b, s, s == NULL ? 0 : len, VIS_BACKSLASH);
	buf_putc(b, end);
}

static void
put_tsv(struct buf *b, const struct opts *o, struct item *it)
{
	struct buf text;
	const char *s;
	size_t len;

	buf_init(&text, TEXT_LIMIT);
	put_field(b, it->s, it->len, '\t');
	buf_puts(b, it->r == 0 ? "valid\t" : "invalid\t");
	if (it->r == 0) {
		s = jid_local(&it->jid, &len);
		put_field(b, s, len, '\t');
		s = jid_domain(&it->jid, &len);
		put_field(b, s, len, '\t');
		s = jid_resource(&it->jid, &len);
		put_field(b, s, len, '\t');
		put_normal(&text, o, it);
		put_field(b, (const char *)buf_data(&text), buf_len(&text),
		    '\t');
		buf_puts(b, "\t\t\n");
	} else {
		buf_printf(b, "\t\t\t\t%s\t%zu\t", jid_rule_name(it->why.rule),
		    it->why.offset);
		jid_error_text(&text, &it->why);
		put_field(b, (const char *)buf_data(&text), buf_len(&text),
		    '\n');
	}
	die_unless(buf_err(&text));
	buf_release(&text);
}

/* A member of an object; S NULL is null.  What is no UTF-8 is escaped. */
static void
put_member(struct buf *b, const char *name, const char *s, size_t len)
{
	struct buf shown;

	buf_printf(b, "%c\"%s\":", name == first_member ? '{' : ',', name);
	if (s == NULL) {
		buf_puts(b, "null");
	} else if (utf8_span(s, len) == len) {
		json_put_string(b, s, len);
	} else {
		buf_init(&shown, TEXT_LIMIT);
		die_unless(vis_put(&shown, s, len, VIS_BACKSLASH));
		json_put_string(b, (const char *)buf_data(&shown),
		    buf_len(&shown));
		buf_release(&shown);
	}
}

static void
put_buf_member(struct buf *b, const char *name, const struct buf *v)
{
	put_member(b, name, (const char *)buf_data(v), buf_len(v));
}

static void
put_json(struct buf *b, const struct opts *o, struct item *it)
{
	const struct jid none = {0}, *j = it->r == 0 ? &it->jid : &none;
	const char *s, *rule;
	struct buf text;
	size_t len;

	buf_init(&text, TEXT_LIMIT);
	put_member(b, first_member, it->s, it->len);
	s = it->r == 0 ? "valid" : "invalid";
	put_member(b, "verdict", s, strlen(s));
	s = jid_local(j, &len);
	put_member(b, "local", s, len);
	s = jid_domain(j, &len);
	put_member(b, "domain", s, len);
	s = jid_resource(j, &len);
	put_member(b, "resource", s, len);
	if (it->r == 0) {
		put_normal(&text, o, it);
		put_buf_member(b, "normal", &text);
		buf_puts(b, ",\"rule\":null,\"offset\":null,"
		    "\"message\":null}\n");
	} else {
		rule = jid_rule_name(it->why.rule);
		jid_error_text(&text, &it->why);
		put_member(b, "normal", NULL, 0);
		put_member(b, "rule", rule, strlen(rule));
		buf_printf(b, ",\"offset\":%zu", it->why.offset);
		put_buf_member(b, "message", &text);
		buf_puts(b, "}\n");
	}
	die_unless(buf_err(&text));
	buf_release(&text);
}

static void
put_record(struct check *c, struct item *it)
{
	if (c->o.format == TSV)
		put_tsv(&c->text, &c->o, it);
	else
		put_json(&c->text, &c->o, it);
}

/* What goes to stdout for IT. */
static void
print(struct check *c, struct item *it)
{
	const struct opts *o = &c->o;

	buf_reset(&c->text);
	if (o->format != TEXT) {
		put_record(c, it);
	} else if (it->r == 0) {
		put_normal(&c->text, o, it);
		buf_putc(&c->text, (unsigned char)o->delim);
	} else {
		buf_put(&c->text, it->s, it->len);
		if (!c->in.cut)
			buf_putc(&c->text, (unsigned char)o->delim);
	}
	die_unless(buf_err(&c->text));
	out_put(&c->out, buf_data(&c->text), buf_len(&c->text));
}

static bool
is_plain(const struct opts *o)
{
	return o->profile == JID_RFC7622 && !o->escape && !o->quiet &&
	    !o->invert && !o->warn && !o->unescape && !o->uri &&
	    !o->ascii && !o->bare && !o->domain && o->format == TEXT;
}

static void
check(struct check *c, struct item *it)
{
	judge(c, it);
	if (c->o.quiet)
		return;
	if (it->r != 0 && c->o.format == TEXT)
		say_why(&c->o, it);
	if (it->r == 0 && c->o.warn)
		warn(&c->o, it);
	if ((it->r != 0) == c->o.invert || (c->o.format != TEXT &&
	    !c->o.invert))
		print(c, it);
}

/* The usual case: the normal form and its end in one piece. */
static void
check_plain(struct check *c, struct item *it)
{
	it->r = jid_parse_why(&it->jid, it->s, it->len, &it->why);
	if (it->r != 0) {
		die_unless(it->r == XERR_SYNTAX ? 0 : it->r);
		c->bad = true;
		say_why(&c->o, it);
		return;
	}
	it->jid.str[it->jid.len] = c->o.delim;
	out_put(&c->out, it->jid.str, it->jid.len + (size_t)1);
}

static void
check_stdin(struct check *c, void one(struct check *, struct item *))
{
	struct item it = {0};
	int r;

	in_init(&c->in, STDIN_FILENO, c->o.delim, &c->out);
	while ((r = in_next(&c->in, &it.s, &it.len)) > 0) {
		if (r == IN_RECORD) {
			it.number++;
			filter_trim(&it.s, &it.len, c->o.delim, it.number == 1);
			one(c, &it);
		} else if (c->o.invert && !c->o.quiet &&
		    c->o.format == TEXT) {
			print(c, &it);	/* more of a line too long to be one */
		}
	}
	if (r < 0) {
		r = errno;
		out_flush(&c->out);
		cli_die(EX_IOERR, "standard input: %s", strerror(r));
	}
}

static void
check_operand(struct check *c, const char *arg,
    void one(struct check *, struct item *))
{
	struct item it = { .s = arg, .len = strlen(arg), .name = arg };

	if (strcmp(arg, "-") == 0)
		check_stdin(c, one);
	else
		one(c, &it);
	/* so that a complaint about the next one comes behind it */
	out_flush(&c->out);
}

static enum format
format_named(const char *s)
{
	if (strcmp(s, "tsv") == 0)
		return TSV;
	if (strcmp(s, "json") != 0)
		cli_usage("-o: '%s' is neither tsv nor json", s);
	return JSON;
}

static enum jid_profile
profile_named(const char *s)
{
	if (strcmp(s, "rfc7622") == 0)
		return JID_RFC7622;
	if (strcmp(s, "rfc6122") == 0)
		return JID_RFC6122;
	if (strcmp(s, "portable") != 0)
		cli_usage("-p: '%s' is none of rfc7622, rfc6122, portable", s);
	return JID_PORTABLE;
}

static void
option(struct opts *o, int ch)
{
	switch (ch) {
	case '0': o->delim = '\0'; break;
	case 'd': o->unescape = true; break;
	case 'e': o->escape = true; break;
	case 'o': o->format = format_named(optarg); break;
	case 'p': o->profile = profile_named(optarg); break;
	case 'q': o->quiet = true; break;
	case 'v': o->invert = true; break;
	case 'w': o->warn = true; break;
	case OPT_ASCII: o->ascii = true; break;
	case OPT_BARE: o->bare = true; break;
	case OPT_DOMAIN: o->domain = true; break;
	case OPT_URI: o->uri = true; break;
	}
}

static void
check_opts(const struct opts *o)
{
	if (o->escape && o->unescape)
		cli_usage("-e and -d: only one of them");
	if (o->bare && o->domain)
		cli_usage("--bare and --domain: only one of them");
	if (o->uri && (o->escape || o->unescape || o->ascii))
		cli_usage("--uri: not with -d, -e or --ascii");
	if (o->uri && o->profile == JID_RFC6122)
		cli_usage("--uri: not with -p rfc6122");
}

int
main(int argc, char *argv[])
{
	static struct check c = { .o.delim = '\n' };
	void (*one)(struct check *, struct item *);
	int ch;

	cli_init("jid-check", usage);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		option(&c.o, ch);
	check_opts(&c.o);
	one = is_plain(&c.o) ? check_plain : check;
	out_init(&c.out, STDOUT_FILENO);
	buf_init(&c.text, TEXT_LIMIT);
	buf_init(&c.escaped, TEXT_LIMIT);
	argc -= optind;
	argv += optind;
	if (argc == 0)
		check_operand(&c, "-", one);
	for (; argc > 0; argc--, argv++)
		check_operand(&c, *argv, one);
	cli_close_stdout();
	buf_release(&c.text);
	buf_release(&c.escaped);
	return c.bad ? 1 : EX_OK;
}
