/* stanza-make: stanza lines out of text, TSV, JSON and options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "cli/random_id.h"
#include "cli/message_record.h"
#include "jid/jid.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "xml/xml.h"
#include "xmpp/message.h"

static const char usage[] =
	"usage: stanza-make [options] JID ...\n"
	"       stanza-make --tsv COLUMNS | --jsonl [options] [JID ...]\n"
	"       stanza-make --presence [options] [JID ...]\n"
	"       stanza-make --iq get|set [options] [JID ...]\n"
	"Print stanza lines, of which nothing is sent.  Text is read from stdin.\n"
	"\n"
	"  -m, --message TEXT      the message, instead of stdin\n"
	"  -s, --subject TEXT      with this subject\n"
	"  -t, --type TYPE         chat (default), normal, headline, groupchat;\n"
	"                          --presence: unavailable, subscribe, ...\n"
	"  -l, --lines             one message per line, as the lines come\n"
	"      --tsv COLUMNS       one message per line of values between tabs:\n"
	"                          to, from, type, id, subject, body, lang, url\n"
	"      --jsonl             one message per line, an object of those keys\n"
	"      --from JID          with this sender\n"
	"      --id ID             with this id instead of a new one\n"
	"      --lang TAG          the language of the text\n"
	"      --url URL           with this address, out of band\n"
	"      --presence          presence instead of a message\n"
	"      --iq get|set        an iq instead; with --payload, or it on stdin\n"
	"      --payload XML       with this element inside\n"
	"  -z, --null-data         lines of input end in NUL\n"
	"  -0, --null              lines of output end in NUL\n"
	CLI_USAGE;

enum {
	OPT_TSV = CLI_OPT_OWN,
	OPT_JSONL,
	OPT_FROM,
	OPT_ID,
	OPT_LANG,
	OPT_URL,
	OPT_PRESENCE,
	OPT_IQ,
	OPT_PAYLOAD,
	TEXT_MAX = 1 << 20,	/* of a message, or a line of input */
	STANZA_MAX = 16 << 20,
	READ_SIZE = 65536
};

static const char shorts[] = ":" CLI_SHORT "0lm:s:t:z";
static const struct option longs[] = {
	{ "message", required_argument, NULL, 'm' },
	{ "subject", required_argument, NULL, 's' },
	{ "type", required_argument, NULL, 't' },
	{ "lines", no_argument, NULL, 'l' },
	{ "tsv", required_argument, NULL, OPT_TSV },
	{ "jsonl", no_argument, NULL, OPT_JSONL },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "id", required_argument, NULL, OPT_ID },
	{ "lang", required_argument, NULL, OPT_LANG },
	{ "url", required_argument, NULL, OPT_URL },
	{ "presence", no_argument, NULL, OPT_PRESENCE },
	{ "iq", required_argument, NULL, OPT_IQ },
	{ "payload", required_argument, NULL, OPT_PAYLOAD },
	{ "null-data", no_argument, NULL, 'z' },
	{ "null", no_argument, NULL, '0' },
	CLI_LONG
};

/* How the input is read. */
enum source { WHOLE, LINES, TSV, JSONL };

struct make {
	const char *kind;	/* message, presence, iq */
	struct message_record dflt;	/* what the options say */
	const char *text;	/* -m, or NULL */
	const char *payload;
	enum source source;
	struct message_record_columns columns;
	int in_delim, out_delim;
	char *const *to;	/* ends in NULL */

	struct elem *inside;	/* the payload as a tree, or NULL */
	struct arena fixed;	/* lives as long as we */
	struct arena arena;	/* of one record */
	struct buf in, out;
	uint64_t line;
	int status;
};

/* The normal form of the address S, in A; or NULL and the reason in WHY. */
static const char *
normal(struct arena *a, const char *s, struct buf *why)
{
	struct jid_error e;
	struct jid j;
	int r;

	const char *copy;

	r = jid_parse_why(&j, s, strlen(s), &e);
	if (r == XERR_NOMEM || (r == 0 && (copy = arena_dup(a, jid_str(&j),
	    jid_len(&j))) == NULL))
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	if (r == 0)
		return copy;
	buf_reset(why);
	buf_printf(why, "%s: ", s);
	if (r == XERR_SYNTAX)
		jid_error_text(why, &e);
	else
		buf_puts(why, xerr_str(r));
	return NULL;
}

/* Something is wrong with the record at hand, or with the options. */
static void
complain(struct make *m, const char *what)
{
	if (m->source == WHOLE)
		cli_die(EX_DATAERR, "%s", what);
	filter_complain(NULL, m->line, what);
	m->status = EX_DATAERR;
}

static struct elem *
build(struct make *m, const struct message_record *r, const char *to, const char *id)
{
	struct message_spec spec = { .to = to, .from = r->v[MESSAGE_RECORD_FROM],
		.type = r->v[MESSAGE_RECORD_TYPE], .id = id,
		.subject = r->v[MESSAGE_RECORD_SUBJECT], .body = r->v[MESSAGE_RECORD_BODY],
		.lang = r->v[MESSAGE_RECORD_LANG], .url = r->v[MESSAGE_RECORD_URL] };
	struct elem *e = message_build(&m->arena, &spec);

	if (e != NULL)
		e->name = m->kind;
	if (e != NULL && m->inside != NULL)
		elem_adopt(e, elem_dup(&m->arena, m->inside));
	return e;
}

static void
write_one(struct make *m, const struct message_record *r, const char *to)
{
	char id[RANDOM_ID_SIZE];
	struct elem *e;

	if (r->v[MESSAGE_RECORD_ID] == NULL && random_id(id) < 0)
		cli_die(EX_OSERR, "there are no random numbers");
	e = build(m, r, to, r->v[MESSAGE_RECORD_ID] == NULL ? id : r->v[MESSAGE_RECORD_ID]);
	if (e == NULL || arena_err(&m->arena) != 0)
		cli_die(EX_OSERR, "%s", xerr_str(arena_err(&m->arena)));
	ndxml_write(&m->out, e, m->out_delim);
	filter_flush(&m->out, false);
}

/* What is wrong with R as a message, or NULL. */
static const char *
check(const struct make *m, const struct message_record *r)
{
	if (strcmp(m->kind, "message") != 0)
		return NULL;
	if (!message_is_type(r->v[MESSAGE_RECORD_TYPE]))
		return "the type is none of chat, normal, headline, groupchat";
	if (r->v[MESSAGE_RECORD_BODY] == NULL && r->v[MESSAGE_RECORD_SUBJECT] == NULL &&
	    r->v[MESSAGE_RECORD_URL] == NULL && m->inside == NULL)
		return "the message is empty";
	return NULL;
}

/* A record becomes a stanza for each recipient. */
static void
take_record(struct make *m, struct message_record *r)
{
	const char *to = NULL, *what = NULL;
	struct buf why;
	unsigned k;
	size_t i;

	buf_init(&why, 16384);
	for (k = 0; k < MESSAGE_RECORD_KEYS; k++)
		if (r->v[k] == NULL)
			r->v[k] = m->dflt.v[k];
	if (r->v[MESSAGE_RECORD_TO] != NULL &&
	    (to = normal(&m->arena, r->v[MESSAGE_RECORD_TO], &why)) == NULL)
		what = buf_str(&why);
	else if (r->v[MESSAGE_RECORD_FROM] != NULL && (r->v[MESSAGE_RECORD_FROM] =
	    normal(&m->arena, r->v[MESSAGE_RECORD_FROM], &why)) == NULL)
		what = buf_str(&why);
	else if (to == NULL && *m->to == NULL && m->source != WHOLE)
		what = "there is no recipient";
	else
		what = check(m, r);
	if (what != NULL)
		complain(m, what);
	else if (to != NULL || *m->to == NULL)
		write_one(m, r, to);
	else
		for (i = 0; m->to[i] != NULL; i++)
			write_one(m, r, m->to[i]);
	buf_release(&why);
}

/* The LEN bytes at S as a body, or as the format of the input says. */
static void
take_text(struct make *m, const char *s, size_t len)
{
	struct message_record r = { .v = { NULL } };
	char why[256];
	struct buf b;
	int e = 0;

	arena_reset(&m->arena);
	if (m->source == TSV) {
		e = message_record_read_tsv(&r, &m->arena, &m->columns, s, len, why,
		    sizeof(why));
	} else if (m->source == JSONL) {
		e = message_record_read_json(&r, &m->arena, s, len, why, sizeof(why));
	} else if (len > 0) {
		buf_init(&b, 3 * TEXT_MAX);
		if ((e = message_text(&b, s, len)) > 0)
			cli_warn("%d characters that XML cannot carry were "
			    "replaced", e);
		r.v[MESSAGE_RECORD_BODY] = arena_dup(&m->arena,
		    (const char *)buf_data(&b), buf_len(&b));
		buf_release(&b);
	}
	if (e == XERR_SYNTAX)
		complain(m, why);
	else if (e < 0 || arena_err(&m->arena) != 0)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	else
		take_record(m, &r);
}

static bool
read_more(struct make *m)
{
	ssize_t n;

	filter_flush(&m->out, true);
	if ((n = filter_read(STDIN_FILENO, &m->in, READ_SIZE)) < 0)
		cli_die(EX_IOERR, "standard input: %s", strerror(errno));
	return n > 0;
}

/* Each line that is not empty. */
static void
take_lines(struct make *m)
{
	size_t len, used, seen = 0;
	bool more = true, skip = false;
	const char *s, *end;

	while (more || buf_len(&m->in) > 0) {
		s = (const char *)buf_data(&m->in);
		len = buf_len(&m->in);
		end = len > seen ? memchr(s + seen, m->in_delim, len - seen) :
		    NULL;
		if (end == NULL && more && len <= TEXT_MAX) {
			seen = len;
			more = read_more(m);
			continue;
		}
		len = end == NULL ? len : (size_t)(end - s);
		m->line += !skip;
		used = len + (end != NULL);
		if (!skip)
			filter_trim(&s, &len, m->in_delim, m->line == 1);
		if (len > TEXT_MAX && !skip)
			complain(m, "the line is longer than 1 MiB");
		else if (len > 0 && !skip)
			take_text(m, s, len);
		skip = end == NULL && more;
		buf_consume(&m->in, used);
		seen = 0;
	}
}

/* All that stdin has, at most TEXT_MAX; a line feed at its end is no part. */
static const char *
slurp(struct make *m, size_t *len)
{
	const char *s;

	while (buf_len(&m->in) <= TEXT_MAX && read_more(m))
		;
	if (buf_len(&m->in) > TEXT_MAX)
		cli_die(EX_DATAERR, "the text is longer than 1 MiB");
	s = (const char *)buf_data(&m->in);
	*len = buf_len(&m->in);
	if (*len > 0 && s[*len - 1] == '\n')
		(*len)--;
	filter_trim(&s, len, '\n', true);
	return s;
}

static void
take_whole(struct make *m)
{
	const char *s = m->text;
	size_t len;

	/* Presence and requests have a payload at most. */
	if (strcmp(m->kind, "message") != 0 ||
	    (s == NULL && m->inside != NULL))
		s = "";
	if (s == NULL)
		s = slurp(m, &len);
	else
		len = strlen(s);
	take_text(m, s, len);
}

/* The LEN bytes at S as one element. */
static struct elem *
parse_payload(struct make *m, const char *s, size_t len)
{
	struct ndxml_reader *r;
	struct elem *e = NULL;
	struct buf b;
	int n;

	/* Not line by line: white space may be everywhere. */
	buf_init(&b, 2 * TEXT_MAX);
	buf_put(&b, s, len);
	if (buf_err(&b) != 0 || ndxml_reader_new(&r, NULL, '\0') < 0)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	if ((n = ndxml_read(r, &b, true, &e)) < 0)
		cli_die(EX_DATAERR, "the payload: %s", ndxml_errmsg(r));
	if (n == 0)
		cli_die(EX_DATAERR, "the payload is empty");
	if ((e = elem_dup(&m->fixed, e)) == NULL)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	ndxml_reader_free(r);
	buf_release(&b);
	return e;
}

/* Recipients in normal form. */
static char *const *
parse_recipients(struct make *m, char *const *argv, int n)
{
	char **to = calloc((size_t)n + 1, sizeof(*to));
	struct buf why;
	int i;

	buf_init(&why, 16384);
	if (to == NULL)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	for (i = 0; i < n; i++)
		if ((to[i] = (char *)normal(&m->fixed, argv[i], &why)) == NULL)
			cli_usage("recipient %s", buf_str(&why) == NULL ?
			    argv[i] : buf_str(&why));
	return to;
}

/* Text of an option: what XML cannot carry is wrong usage. */
static const char *
checked(const char *opt, const char *s)
{
	if (xml_char_span(s, strlen(s)) != strlen(s))
		cli_usage("%s: it holds characters that XML cannot carry", opt);
	return s;
}

static void
set_source(struct make *m, enum source s)
{
	if (m->source != WHOLE)
		cli_usage("-l, --tsv and --jsonl: only one of them");
	m->source = s;
}

static void
take_option(struct make *m, int ch)
{
	const char **v = m->dflt.v;

	switch (ch) {
	case 'm': m->text = optarg; break;
	case 's': v[MESSAGE_RECORD_SUBJECT] = checked("-s", optarg); break;
	case 't': v[MESSAGE_RECORD_TYPE] = checked("-t", optarg); break;
	case 'l': set_source(m, LINES); break;
	case 'z': m->in_delim = '\0'; break;
	case '0': m->out_delim = '\0'; break;
	case OPT_TSV:
		set_source(m, TSV);
		if (message_record_parse_columns(&m->columns, optarg) < 0)
			cli_usage("--tsv: '%s' is no list of columns", optarg);
		break;
	case OPT_JSONL: set_source(m, JSONL); break;
	case OPT_FROM: v[MESSAGE_RECORD_FROM] = optarg; break;
	case OPT_ID: v[MESSAGE_RECORD_ID] = checked("--id", optarg); break;
	case OPT_LANG: v[MESSAGE_RECORD_LANG] = checked("--lang", optarg); break;
	case OPT_URL: v[MESSAGE_RECORD_URL] = checked("--url", optarg); break;
	case OPT_PRESENCE: m->kind = "presence"; break;
	case OPT_IQ:
		m->kind = "iq";
		v[MESSAGE_RECORD_TYPE] = optarg;
		break;
	case OPT_PAYLOAD: m->payload = optarg; break;
	}
}

/* RFC 6121 4.7.1; errors are not made by hand. */
static bool
is_presence_type(const char *s)
{
	static const char *const types[] = {
		"unavailable", "subscribe", "subscribed", "unsubscribe",
		"unsubscribed", "probe"
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(s, types[i]) == 0)
			return true;
	return false;
}

/* Presence and iq: no text, and only types that they have. */
static void
check_kind(const struct make *m)
{
	const char *type = m->dflt.v[MESSAGE_RECORD_TYPE];

	if (m->source != WHOLE || m->text != NULL ||
	    m->dflt.v[MESSAGE_RECORD_SUBJECT] != NULL || m->dflt.v[MESSAGE_RECORD_URL] != NULL)
		cli_usage("--%s: only with --payload, no text", m->kind);
	if (strcmp(m->kind, "iq") == 0 &&
	    strcmp(type, "get") != 0 && strcmp(type, "set") != 0)
		cli_usage("--iq: '%s' is neither get nor set", type);
	if (strcmp(m->kind, "presence") == 0 && type != NULL &&
	    !is_presence_type(type))
		cli_usage("-t: presence has no type '%s'", type);
}

static void
check_options(struct make *m)
{
	const char **v = m->dflt.v;
	bool message = strcmp(m->kind, "message") == 0;
	bool one = m->to[0] == NULL || m->to[1] == NULL;

	if (!message)
		check_kind(m);
	else if (v[MESSAGE_RECORD_TYPE] == NULL)
		v[MESSAGE_RECORD_TYPE] = "chat";
	else if (!message_is_type(v[MESSAGE_RECORD_TYPE]))
		cli_usage("-t: '%s' is none of chat, normal, headline, "
		    "groupchat", v[MESSAGE_RECORD_TYPE]);
	if (m->text != NULL && m->source != WHOLE)
		cli_usage("-l, --tsv and --jsonl read stdin, -m is one message");
	if (v[MESSAGE_RECORD_ID] != NULL && (m->source != WHOLE || !one))
		cli_usage("--id: more than one stanza would have it");
	if (message && m->to[0] == NULL &&
	    (m->source == WHOLE || m->source == LINES))
		cli_usage("to whom?");
}

static void
prepare(struct make *m, char *const *argv, int n)
{
	const char *s = m->payload;
	size_t len;

	arena_init(&m->fixed, STANZA_MAX);
	arena_init(&m->arena, STANZA_MAX);
	buf_init(&m->in, TEXT_MAX + 2 * READ_SIZE);
	buf_init(&m->out, 4 * STANZA_MAX);
	m->to = parse_recipients(m, argv, n);
	check_options(m);
	if (s != NULL)
		m->inside = parse_payload(m, s, strlen(s));
	else if (strcmp(m->kind, "iq") == 0) {
		s = slurp(m, &len);
		m->inside = parse_payload(m, s, len);
	}
}

int
main(int argc, char *argv[])
{
	struct make m = { .kind = "message", .in_delim = '\n',
		.out_delim = '\n' };
	int ch;

	cli_init("stanza-make", usage);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		take_option(&m, ch);
	prepare(&m, argv + optind, argc - optind);
	if (m.source == WHOLE)
		take_whole(&m);
	else
		take_lines(&m);
	filter_flush(&m.out, true);
	cli_close_stdout();
	free((void *)m.to);
	arena_release(&m.fixed);
	arena_release(&m.arena);
	buf_release(&m.in);
	buf_release(&m.out);
	return m.status;
}
