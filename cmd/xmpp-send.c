/*
 * xmpp-send: text to one or many recipients.  It succeeds only when the server
 * has acknowledged every message and none has bounced.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "jid/jidsame.h"
#include "cli/cli.h"
#include "session/session.h"
#include "xmpp/bounce.h"
#include "xmpp/message.h"
#include "xmpp/stanza.h"

static const char usage[] =
	"usage: xmpp-send [options] JID ...\n"
	"Send stdin as a message to each JID.\n"
	"\n"
	"  -m, --message TEXT      the message, instead of stdin\n"
	"  -s, --subject TEXT      with this subject\n"
	"  -t, --type TYPE         chat (default), normal, headline, groupchat\n"
	"  -l, --lines             one message per line, as the lines come\n"
	"  -0, --null              with -l: lines end in NUL\n"
	"      --wait SECONDS      wait for bounces so long, 2; 0 is not at all\n"
	"\n"
	NETOPT_USAGE
	CLI_USAGE;

enum { OPT_WAIT = CLI_OPT_OWN, WAIT_MS = 2000 };

struct send {
	struct session *s;
	struct message_spec spec;
	struct arena arena;
	struct buf text;	/* the body being sent */
	struct jid *to;
	size_t nto;
	size_t next;		/* recipient of this body that is due */
	bool lines;
	int delim;
	bool begun;
	bool online;		/* we were let in */
	bool input_done;
	int wait_ms;
	bool waiting;		/* for bounces */
	uint64_t sent, bounced;
	int status;
};

/* What stdin holds, all of it, without the line feed at its end. */
static void
read_body(struct buf *b)
{
	ssize_t n = 1;
	void *p;

	while (n > 0) {
		if ((p = buf_reserve(b, 4096)) == NULL)
			cli_die(cli_status(buf_err(b)), "stdin: %s",
			    xerr_str(buf_err(b)));
		if ((n = read(STDIN_FILENO, p, 4096)) < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			cli_die(EX_IOERR, "stdin: %s", strerror(errno));
		else
			buf_commit(b, (size_t)n);
	}
	if (buf_len(b) > 0 && buf_data(b)[buf_len(b) - 1] == '\n')
		buf_truncate(b, buf_len(b) - 1);
}

/* S of LEN bytes becomes the body, with what XML cannot carry replaced. */
static int
set_body(struct send *m, const char *s, size_t len)
{
	int n;

	buf_reset(&m->text);
	if ((n = message_text(&m->text, s, len)) < 0)
		return n;
	if (n > 0)
		cli_warn("%d characters that XML cannot carry were replaced",
		    n);
	m->spec.body = buf_str(&m->text);
	m->next = 0;
	return m->spec.body == NULL ? XERR_NOMEM : 0;
}

static int
send_one(struct send *m, const struct jid *to)
{
	char id[STANZA_IDS_MAX];
	struct elem *e;
	int r;

	if ((r = stanza_ids_make(session_ids(m->s), id)) < 0)
		return r;
	arena_reset(&m->arena);
	m->spec.to = jid_str(to);
	m->spec.id = id;
	e = message_build(&m->arena, &m->spec);
	if (e == NULL || arena_err(&m->arena) != 0)
		return XERR_NOMEM;
	if ((r = session_send(m->s, e)) == 0)
		m->sent++;
	return r;
}

/* The body to those who do not have it yet, as far as it may be sent now. */
static int
send_body(struct send *m)
{
	int r;

	while (m->next < m->nto && session_may_send(m->s)) {
		if ((r = send_one(m, &m->to[m->next])) < 0)
			return r;
		m->next++;
	}
	return 0;
}

/* The next line of the input becomes the body: 1, or 0 if there is none. */
static int
next_line(struct send *m)
{
	bool eof;
	struct buf *in = session_input(m->s, &eof);
	const char *s = (const char *)buf_data(in), *end;
	size_t len = buf_len(in);
	int r;

	end = memchr(s, m->delim, len);
	if (end == NULL && !eof && buf_room(in) > 0)
		return 0;
	if (end == NULL && len == 0) {
		m->input_done = true;
		return 0;
	}
	if (end == NULL && !eof) {
		cli_warn("a line is longer than %zu bytes and was cut", len);
		m->status = EX_DATAERR;
	}
	if (end != NULL)
		len = (size_t)(end - s);
	if ((r = set_body(m, s, len)) < 0)
		return r;
	if (len == 0)
		m->next = m->nto;	/* nothing to say */
	buf_consume(in, len + (end != NULL));
	return 1;
}

/* Send all that is there and may be sent. */
static int
send_more(struct send *m)
{
	int r;

	for (;;) {
		if ((r = send_body(m)) < 0 || m->next < m->nto)
			return r;
		if (!m->lines) {
			m->input_done = true;
			return 0;
		}
		if (m->input_done || (r = next_line(m)) <= 0)
			return r;
	}
}

/* An error that answers one of our messages, by its recipient. */
static bool
is_bounce(const struct send *m, const struct elem *e)
{
	const char *id = elem_get(e, "id"), *from = elem_get(e, "from");
	struct jid j;
	uint64_t n;
	size_t i;

	if (!elem_is(e, NULL, "message") || id == NULL ||
	    strcmp(stanza_type(e), "error") != 0 ||
	    stanza_ids_number(session_ids(m->s), id, &n) < 0)
		return false;
	if (from == NULL)
		return true;	/* from our own server (RFC 6120 8.1.2.1) */
	if (jid_parse(&j, from, strlen(from)) < 0)
		return false;
	for (i = 0; i < m->nto; i++)
		if (jid_same_bare(&j, &m->to[i]))
			return true;
	return false;
}

static int
bounce_status(const struct elem *e)
{
	switch (bounce_kind(e)) {
	case BOUNCE_NO_USER: return EX_NOUSER;
	case BOUNCE_LATER: return EX_TEMPFAIL;
	case BOUNCE_REFUSED: return EX_NOPERM;
	default: return EX_UNAVAILABLE;
	}
}

static void
take_stanza(struct send *m, const struct elem *e)
{
	const char *from = elem_get(e, "from"), *text;
	int r;

	if (!is_bounce(m, e))
		return;
	m->bounced++;
	text = stanza_error_text(e);
	r = bounce_status(e);
	cli_warn("%s: %s%s%s", from == NULL ? "the server" : from,
	    bounce_reason(e), text == NULL || *text == '\0' ? "" : ": ",
	    text == NULL ? "" : text);
	/* of several, the one that no later try will mend */
	if (m->status == EX_OK || m->status == EX_TEMPFAIL)
		m->status = r;
}

/*
 * All is acknowledged: wait for bounces, or be done.  Before we are let in,
 * nothing is, however little there was to send.
 */
static bool
is_done(struct send *m)
{
	if (!m->online || !m->input_done || session_unacked(m->s) > 0)
		return false;
	if (m->wait_ms == 0 || m->bounced >= m->sent)
		return true;
	if (!m->waiting)
		session_set_timer(m->s, m->wait_ms);
	m->waiting = true;
	return false;
}

/* Ahead of the login's success, if that may be, or else behind it. */
static int
begin(struct send *m)
{
	if (m->begun)
		return 0;
	m->begun = true;
	if (!m->lines)
		return send_more(m);
	session_read_from(m->s, STDIN_FILENO, false);
	return 0;
}

static int
handle(struct send *m, const struct session_event *ev)
{
	switch (ev->kind) {
	case SESSION_READY:
		m->online = true;
		return begin(m);
	case SESSION_AHEAD:
		return begin(m);
	case SESSION_INPUT:
	case SESSION_SETTLED:
		return send_more(m);
	case SESSION_PASSED:
	case SESSION_STANZA:
		take_stanza(m, ev->elem);
		return 0;
	default:
		return 0;
	}
}

static int
run(struct send *m)
{
	struct session_event ev;
	int r;

	while ((r = session_next(m->s, &ev)) > 0) {
		if (ev.kind == SESSION_SIGNAL || ev.kind == SESSION_TIMER)
			return 0;
		if (ev.kind == SESSION_CLOSED) {
			if (m->input_done)
				return 0;
			cli_warn("the server closed the stream");
			m->status = EX_TEMPFAIL;
			return 0;
		}
		if ((r = handle(m, &ev)) < 0) {
			cli_warn("%s", xerr_str(r));
			m->status = cli_status(r);
			return 0;
		}
		if (is_done(m))
			return 0;
	}
	return r;
}

static struct jid *
parse_recipients(int n, char *argv[])
{
	struct jid_error why;
	struct jid *to;
	struct buf b;
	int i;

	if (n == 0)
		cli_usage("no recipient");
	if ((to = calloc((size_t)n, sizeof(*to))) == NULL)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	buf_init(&b, 1024);
	for (i = 0; i < n; i++)
		if (jid_parse_why(&to[i], argv[i], strlen(argv[i]), &why) < 0) {
			jid_error_text(&b, &why);
			cli_usage("recipient %s: %s", argv[i],
			    buf_str(&b) == NULL ? "not a JID" : buf_str(&b));
		}
	return to;
}

/* The body, unless it comes line by line; before anything is connected. */
static void
prepare_body(struct send *m, const char *text)
{
	struct buf b;
	int r;

	m->next = m->nto;
	if (m->lines)
		return;
	buf_init(&b, m->text.max);
	if (text != NULL)
		buf_puts(&b, text);
	else
		read_body(&b);
	if (buf_err(&b) != 0)
		cli_die(cli_status(buf_err(&b)), "%s", xerr_str(buf_err(&b)));
	if (buf_len(&b) == 0)
		cli_die(EX_DATAERR, "the message is empty");
	if ((r = set_body(m, (const char *)buf_data(&b), buf_len(&b))) < 0)
		cli_die(cli_status(r), "the message: %s", xerr_str(r));
	buf_release(&b);
}

static int
send_all(struct send *m, const struct netopt *net, const char *text)
{
	struct session_config cf = { .net = net };
	int r, status;

	arena_init(&m->arena, 8 * net->max_stanza);
	buf_init(&m->text, 3 * net->max_stanza);
	prepare_body(m, text);
	m->s = session_open(&cf);
	r = run(m);
	if (r < 0 && m->lines && !m->input_done)
		cli_warn("what followed on stdin was not sent");
	status = session_end(m->s, r, m->status);
	buf_release(&m->text);
	arena_release(&m->arena);
	free(m->to);
	return status;
}

static const char *
check_type(const char *s)
{
	if (!message_is_type(s) || strcmp(s, "error") == 0)
		cli_usage("--type %s: not chat, normal, headline or groupchat",
		    s);
	return s;
}

/* Text for an attribute or element: what XML cannot carry is wrong usage. */
static const char *
check_text(const char *opt, const char *s)
{
	struct buf b;
	int n;

	buf_init(&b, 4 * strlen(s) + 1);
	if ((n = message_text(&b, s, strlen(s))) != 0)
		cli_usage("%s: it holds characters that XML cannot carry", opt);
	buf_release(&b);
	return s;
}

int
main(int argc, char *argv[])
{
	static const char shorts[] = ":" CLI_SHORT NETOPT_SHORT "m:s:t:l0";
	static const struct option longs[] = {
		{ "message", required_argument, NULL, 'm' },
		{ "subject", required_argument, NULL, 's' },
		{ "type", required_argument, NULL, 't' },
		{ "lines", no_argument, NULL, 'l' },
		{ "null", no_argument, NULL, '0' },
		{ "wait", required_argument, NULL, OPT_WAIT },
		NETOPT_LONG, CLI_LONG
	};
	struct send m = { .spec = { .type = "chat" }, .delim = '\n',
		.wait_ms = WAIT_MS };
	const char *text = NULL;
	struct netopt net;
	int ch;

	cli_init("xmpp-send", usage);
	netopt_init(&net);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		switch (ch) {
		case 'm': text = optarg; break;
		case 's': m.spec.subject = check_text("-s", optarg); break;
		case 't': m.spec.type = check_type(optarg); break;
		case 'l': m.lines = true; break;
		case '0': m.delim = '\0'; break;
		case OPT_WAIT: m.wait_ms = cli_seconds("--wait", optarg); break;
		default: netopt_take(&net, ch, optarg);
		}
	if (m.lines && text != NULL)
		cli_usage("-l reads messages from stdin, -m is one");
	m.nto = (size_t)(argc - optind);
	m.to = parse_recipients(argc - optind, argv + optind);
	return send_all(&m, &net, text);
}
