/* stream-dump: raw XML streams as stanza lines, annotated, or summed up. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "watch/dump.h"
#include "cli/filter.h"
#include "view/trace.h"

static const char usage[] =
	"usage: stream-dump [options] [FILE ...]\n"
	"       stream-dump --proxy [options] PORT DOMAIN\n"
	"Print the first-level elements of raw XML streams and of traces, a line\n"
	"each.\n"
	"\n"
	"  -a, --annotate          for people: indented, with times, directions,\n"
	"                          headers and end tags, without secrets\n"
	"  -p, --pretty            indented only\n"
	"  -s, --summary           only count them\n"
	"  -r, --recover           go on behind an error\n"
	"  -I, --in                of a trace, only what was received\n"
	"  -O, --out               only what was sent\n"
	"  -H, --headers           the stream headers as lines, too\n"
	"  -o, --output FORMAT     -s: table (default) or json\n"
	"  -0, --null              lines end in NUL instead of a line feed\n"
	"      --color WHEN        auto (default), always, never\n"
	"      --secrets           -a, -p: show SASL payloads and passwords\n"
	"      --max-stanza BYTES  largest element taken, 8388608\n"
	"      --proxy             stand between a client and its server, and\n"
	"                          print what they say: see xmpp-proxy(1)\n"
	CLI_USAGE;

enum {
	OPT_COLOR = CLI_OPT_OWN,
	OPT_SECRETS,
	OPT_MAX_STANZA,
	OPT_PROXY,
	READ_SIZE = 65536,
	OUT_MAX = 1 << 30
};

static const char shorts[] = ":" CLI_SHORT "0HIOao:prs";
static const struct option longs[] = {
	{ "annotate", no_argument, NULL, 'a' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "summary", no_argument, NULL, 's' },
	{ "recover", no_argument, NULL, 'r' },
	{ "in", no_argument, NULL, 'I' },
	{ "out", no_argument, NULL, 'O' },
	{ "headers", no_argument, NULL, 'H' },
	{ "output", required_argument, NULL, 'o' },
	{ "null", no_argument, NULL, '0' },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "secrets", no_argument, NULL, OPT_SECRETS },
	{ "max-stanza", required_argument, NULL, OPT_MAX_STANZA },
	CLI_LONG
};

struct opts {
	struct dump_config cf;
	bool in, out;		/* of a trace; both if none was given */
	bool json;
};

/* A file that is read. */
struct input {
	const struct opts *o;
	const char *name;	/* NULL: standard input */
	int fd;
	struct buf buf;
	struct dump *dump;
	struct trace_reader trace;
	bool begun, is_trace;
	int status;
};

/* A program that dials once more goes on in the same trace. */
static void
take_remark(struct input *in, const struct trace_piece *p)
{
	const size_t n = sizeof(TRACE_CONNECTED) - 1;

	if (p->len >= n && memcmp(p->data, TRACE_CONNECTED, n) == 0)
		dump_again(in->dump);
	dump_remark(in->dump, p->time, p->data, p->len);
}

/* The pieces of a trace that are in the buffer. */
static int
take_trace(struct input *in)
{
	struct trace_piece p;
	int r;

	while ((r = trace_read(&in->trace, &in->buf, &p)) == 1) {
		if (p.kind == TRACE_REMARK)
			take_remark(in, &p);
		else if (p.kind == TRACE_IN && in->o->in)
			dump_put(in->dump, DUMP_SERVER, p.data, p.len, p.time);
		else if (p.kind == TRACE_OUT && in->o->out)
			dump_put(in->dump, DUMP_CLIENT, p.data, p.len, p.time);
	}
	return r;
}

static void
complain_of_trace(struct input *in)
{
	cli_warn("%s%sbyte %llu: %s", in->name == NULL ? "" : in->name,
	    in->name == NULL ? "" : ": ",
	    (unsigned long long)in->trace.offset, in->trace.errmsg);
	in->status = EX_DATAERR;
}

/* Is the input a trace?  False while that cannot be told. */
static bool
is_known(struct input *in, bool eof)
{
	size_t n = buf_len(&in->buf);

	if (in->begun)
		return true;
	if (n < TRACE_MAGIC_LEN && !eof &&
	    memcmp(buf_data(&in->buf), TRACE_MAGIC, n) == 0)
		return false;
	in->begun = true;
	in->is_trace = n >= TRACE_MAGIC_LEN &&
	    memcmp(buf_data(&in->buf), TRACE_MAGIC, TRACE_MAGIC_LEN) == 0;
	if (in->is_trace)
		buf_consume(&in->buf, TRACE_MAGIC_LEN);
	return true;
}

/* What has been read; returns false when there is no use in more. */
static bool
take(struct input *in, bool eof)
{
	if (!is_known(in, eof))
		return true;
	if (in->is_trace) {
		if (take_trace(in) < 0 ||
		    (eof && trace_eof(&in->trace, buf_len(&in->buf)) < 0)) {
			complain_of_trace(in);
			return false;
		}
		return true;
	}
	dump_put(in->dump, DUMP_UNKNOWN, buf_data(&in->buf),
	    buf_len(&in->buf), 0);
	buf_consume(&in->buf, buf_len(&in->buf));
	return true;
}

static void
read_all(struct input *in, struct buf *out)
{
	bool more = true;
	ssize_t n;

	while (more) {
		filter_flush(out, true);
		if ((n = filter_read(in->fd, &in->buf, READ_SIZE)) < 0) {
			cli_warn("%s: %s", in->name == NULL ?
			    "standard input" : in->name, strerror(errno));
			in->status = errno == ENOMEM ? EX_OSERR : EX_IOERR;
			return;
		}
		more = take(in, n == 0) && n > 0;
	}
}

static int
dump_file(const struct opts *o, const char *name, struct buf *out)
{
	struct input in = { .o = o, .name = name, .fd = STDIN_FILENO };
	int status;

	if (strcmp(name, "-") == 0)
		in.name = NULL;
	else if ((in.fd = open(name, O_RDONLY | O_CLOEXEC)) < 0) {
		cli_warn("%s: %s", name, strerror(errno));
		return cli_open_status(errno);
	}
	buf_init(&in.buf, 4 * READ_SIZE);
	trace_reader_init(&in.trace);
	in.dump = dump_new(&o->cf, out, in.name);
	read_all(&in, out);
	status = dump_end(in.dump);
	if (o->cf.style == DUMP_SUMMARY)
		dump_summary(in.dump, o->json);
	dump_free(in.dump);
	buf_release(&in.buf);
	if (in.fd != STDIN_FILENO)
		close(in.fd);
	return in.status != EX_OK ? in.status : status;
}

static void
set_style(struct opts *o, enum dump_style style)
{
	if (o->cf.style != DUMP_LINES && o->cf.style != style)
		cli_usage("-a, -p and -s: only one of them");
	o->cf.style = style;
}

static void
take_option(struct opts *o, int ch)
{
	switch (ch) {
	case 'a': set_style(o, DUMP_ANNOTATED); break;
	case 'p': set_style(o, DUMP_PRETTY); break;
	case 's': set_style(o, DUMP_SUMMARY); break;
	case 'r': o->cf.recover = true; break;
	case 'I': o->in = true; break;
	case 'O': o->out = true; break;
	case 'H': o->cf.headers = true; break;
	case 'o':
		o->json = strcmp(optarg, "json") == 0;
		if (!o->json && strcmp(optarg, "table") != 0)
			cli_usage("-o: '%s' is neither table nor json",
			    optarg);
		break;
	case '0': o->cf.delim = '\0'; break;
	case OPT_COLOR: o->cf.colour = dump_wants_colour(optarg); break;
	case OPT_SECRETS: o->cf.secrets = true; break;
	case OPT_MAX_STANZA:
		o->cf.max = cli_number("--max-stanza", optarg, 1024,
		    1UL << 30);
		break;
	}
}

/* Where --proxy is among the options, or 0. */
static int
find_proxy(char *argv[])
{
	int i;

	for (i = 1; argv[i] != NULL && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--proxy") == 0)
			return i;
	return 0;
}

/*
 * The proxy is a program of its own, since it needs TLS, and we do not: the
 * one beside us, or else where programs are.
 */
static _Noreturn void
become_proxy(char *argv[], int at)
{
	const char *slash = strrchr(argv[0], '/');
	struct buf path;

	buf_init(&path, 1 << 16);
	if (slash != NULL)
		buf_put(&path, argv[0], (size_t)(slash + 1 - argv[0]));
	buf_puts(&path, "xmpp-proxy");
	for (; argv[at] != NULL; at++)
		argv[at] = argv[at + 1];
	argv[0] = "xmpp-proxy";
	if (slash != NULL && buf_str(&path) != NULL)
		execv(buf_str(&path), argv);
	execvp("xmpp-proxy", argv);
	cli_die(EX_UNAVAILABLE, "xmpp-proxy: %s", strerror(errno));
}

int
main(int argc, char *argv[])
{
	struct opts o = { .cf.delim = '\n', .cf.colour = dump_wants_colour("auto") };
	struct buf out;
	int ch, status = EX_OK, r;

	cli_init("stream-dump", usage);
	if ((r = find_proxy(argv)) > 0)
		become_proxy(argv, r);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		take_option(&o, ch);
	if (!o.in && !o.out)
		o.in = o.out = true;
	buf_init(&out, OUT_MAX);
	argv += optind;
	if (*argv == NULL)
		status = dump_file(&o, "-", &out);
	for (; *argv != NULL; argv++)
		if ((r = dump_file(&o, *argv, &out)) != EX_OK)
			status = r;
	filter_flush(&out, true);
	cli_close_stdout();
	buf_release(&out);
	return status;
}
