/*
 * xmpp-listen: print what arrives, as stanza lines or as text, or run a
 * command for each message.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "jid/jidsame.h"
#include "cli/cli.h"
#include "session/jobs.h"
#include "session/session.h"
#include "cli/signals.h"
#include "xml/ns.h"
#include "xml/ndxml.h"
#include "stanza/field.h"
#include "xmpp/stanza.h"

static const char usage[] =
	"usage: xmpp-listen [options]\n"
	"Print what arrives, a line each.\n"
	"\n"
	"  -t, --text              as text, FROM<TAB>BODY, instead of stanzas\n"
	"  -e, --exec COMMAND      run sh -c COMMAND for each message instead,\n"
	"                          with the body on its stdin\n"
	"  -n, --count COUNT       stop after COUNT messages\n"
	"      --from JID          only what comes from this bare JID; may be\n"
	"                          given again\n"
	"      --kind LIST         only these of message,presence,iq\n"
	"  -0, --null              lines end in NUL instead of a line feed\n"
	"\n"
	NETOPT_USAGE
	"                          here also: on silence of the senders\n"
	CLI_USAGE;

enum {
	OPT_FROM = CLI_OPT_OWN,
	OPT_KIND,
	KIND_MESSAGE = 1,
	KIND_PRESENCE = 2,
	KIND_IQ = 4,
	STOP_MS = 500		/* for a command to end at a signal */
};

struct listen {
	struct session *s;
	bool present;		/* we are available */
	bool text;
	const char *command;
	unsigned long count;	/* 0: no end */
	unsigned long seen;
	struct jid *from;
	size_t nfrom;
	unsigned kinds;		/* 0: as the format has it */
	int delim;
	int timeout_ms;		/* without anything selected; 0: none */
	struct jobs jobs;
	bool signalled;
	int status;
};

static unsigned
kind_of(const struct elem *e)
{
	if (strcmp(e->name, "message") == 0)
		return KIND_MESSAGE;
	return strcmp(e->name, "presence") == 0 ? KIND_PRESENCE : KIND_IQ;
}

static bool
is_from(const struct listen *l, const struct elem *e)
{
	const char *from = elem_get(e, "from");
	struct jid own, j;
	size_t i;

	if (l->nfrom == 0)
		return true;
	if (from == NULL) {	/* from our own account (RFC 6120 8.1.2.1) */
		jid_copy(&own, session_jid(l->s));
		from = jid_str(&own);
	}
	if (jid_parse(&j, from, strlen(from)) < 0)
		return false;
	for (i = 0; i < l->nfrom; i++)
		if (jid_same_bare(&j, &l->from[i]))
			return true;
	return false;
}

/* Something that a person or a script says: not an error, not a state. */
static bool
has_body(const struct elem *e)
{
	const char *body = elem_text(elem_child_lang(e, NS_CLIENT, "body"));

	return kind_of(e) == KIND_MESSAGE && body != NULL && *body != '\0' &&
	    strcmp(stanza_type(e), "error") != 0;
}

static bool
is_selected(const struct listen *l, const struct elem *e)
{
	if (!is_from(l, e))
		return false;
	if (l->text || l->command != NULL)
		return has_body(e);
	return l->kinds == 0 || (l->kinds & kind_of(e)) != 0;
}

/* Does it count for -n?  What was asked for by kind does, else messages. */
static bool
counts(const struct listen *l, const struct elem *e)
{
	return l->kinds != 0 || has_body(e);
}

static int
print(struct listen *l, const struct elem *e)
{
	struct buf *out = session_output(l->s);
	int r;

	if (!l->text)
		return ndxml_write(out, e, l->delim);
	if ((r = field_put_text(out, e)) == 0 && l->delim != '\n') {
		buf_truncate(out, buf_len(out) - 1);
		r = buf_putc(out, l->delim);
	}
	return r;
}

static bool
is_complete(const struct listen *l)
{
	return l->count > 0 && l->seen >= l->count;
}

/* What was given to the command and is not done with is not handled. */
static void
note_pending(struct listen *l)
{
	uint32_t first = 0;
	bool pending = jobs_first(&l->jobs, &first);

	session_set_pending(l->s, pending, first);
	session_set_hold(l->s, l->jobs.n >= JOBS_MAX || is_complete(l));
}

/*
 * The time without a message runs while nothing is at work, anew after each.
 */
static void
restart_timer(struct listen *l)
{
	if (l->timeout_ms > 0)
		session_set_timer(l->s, l->jobs.n > 0 ? -1 : l->timeout_ms);
}

/* Messages wait while the command is busy, then the server does. */
static int
add_job(struct listen *l, const struct elem *e)
{
	int r = jobs_add(&l->jobs, e, session_number(l->s));

	note_pending(l);
	restart_timer(l);
	return r;
}

/* The command may have ended: the next message is its turn. */
static int
reap(struct listen *l)
{
	size_t before = l->jobs.n;
	int r = jobs_reap(&l->jobs);

	note_pending(l);
	if (l->jobs.n == 0 && before > 0)
		restart_timer(l);
	return r;
}

static int
take_stanza(struct listen *l, const struct elem *e)
{
	if (!is_selected(l, e))
		return 0;
	if (counts(l, e))
		l->seen++;
	if (l->command != NULL)
		return add_job(l, e);
	restart_timer(l);
	note_pending(l);
	return print(l, e);
}

static int
become_available(struct listen *l)
{
	if (l->present)
		return 0;
	l->present = true;
	return session_send_presence(l->s);
}

static int
go(struct listen *l)
{
	session_write_to(l->s, STDOUT_FILENO, false);
	restart_timer(l);
	return become_available(l);
}

static int
handle(struct listen *l, const struct session_event *ev)
{
	switch (ev->kind) {
	case SESSION_AHEAD: return become_available(l);
	case SESSION_READY: return go(l);
	case SESSION_STANZA: return take_stanza(l, ev->elem);
	case SESSION_CHILD: return reap(l);
	default: return 0;
	}
}

/* Nothing was sent to us for as long as we were to wait. */
static void
time_out(struct listen *l)
{
	if (l->count == 0)
		return;
	cli_warn("%lu of %lu messages within %g seconds", l->seen, l->count,
	    l->timeout_ms / 1000.0);
	l->status = EX_TEMPFAIL;
}

/* Does this event end it all?  The status is set if it does. */
static bool
is_end(struct listen *l, const struct session_event *ev)
{
	switch (ev->kind) {
	case SESSION_SIGNAL:
		l->signalled = true;
		return true;
	case SESSION_BROKEN_PIPE:
		return true;
	case SESSION_TIMER:
		time_out(l);
		return true;
	case SESSION_CLOSED:
		cli_warn("the server closed the stream");
		l->status = EX_TEMPFAIL;
		return true;
	default:
		return false;
	}
}

static int
run(struct listen *l)
{
	struct session_event ev;
	int r;

	while ((r = session_next(l->s, &ev)) > 0) {
		if (is_end(l, &ev))
			return 0;
		if ((r = handle(l, &ev)) < 0) {
			cli_warn("%s", r == XERR_SYS ? strerror(errno) :
			    xerr_str(r));
			l->status = cli_status(r);
			return 0;
		}
		if (is_complete(l) && l->jobs.n == 0)
			return 0;
	}
	return r;
}

/*
 * Whatever ended it but a signal, what the command was promised it gets.  At a
 * signal the rest goes back to the server.
 */
static void
finish_jobs(struct listen *l)
{
	struct session_event ev;

	while (l->jobs.n > 0 && !l->signalled &&
	    session_next_local(l->s, &ev) > 0)
		if (ev.kind == SESSION_SIGNAL)
			l->signalled = true;
		else if (reap(l) < 0)
			break;
	jobs_stop(&l->jobs, STOP_MS);
	note_pending(l);
}

static unsigned
parse_kinds(const char *s)
{
	static const struct { const char *name; unsigned kind; } v[] = {
		{ "message", KIND_MESSAGE }, { "presence", KIND_PRESENCE },
		{ "iq", KIND_IQ },
	};
	unsigned kinds = 0;
	size_t n, i;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		for (i = 0; i < 3; i++)
			if (strlen(v[i].name) == n &&
			    memcmp(v[i].name, s, n) == 0)
				break;
		if (i == 3)
			cli_usage("--kind %.*s: not message, presence or iq",
			    (int)n, s);
		kinds |= v[i].kind;
		if (s[n] == '\0')
			return kinds;
	}
}

static void
add_from(struct listen *l, const char *s)
{
	struct jid_error why;
	struct jid *more;
	struct buf b;

	more = realloc(l->from, (l->nfrom + 1) * sizeof(*more));
	if (more == NULL)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	l->from = more;
	if (jid_parse_why(&more[l->nfrom], s, strlen(s), &why) < 0) {
		buf_init(&b, 1024);
		jid_error_text(&b, &why);
		cli_usage("--from %s: %s", s, buf_str(&b) == NULL ?
		    "not a JID" : buf_str(&b));
	}
	l->nfrom++;
}

static int
listen_to_all(struct listen *l, const struct netopt *net)
{
	struct session_config cf = { .net = net };
	int r, status;

	jobs_init(&l->jobs, l->command);
	l->timeout_ms = net->has_timeout ? net->timeout_ms : 0;
	l->s = session_open(&cf);
	r = run(l);
	finish_jobs(l);
	session_forget(l->s);	/* our presence: nobody's loss */
	status = session_end(l->s, r, l->status);
	jobs_release(&l->jobs);
	free(l->from);
	return status;
}

int
main(int argc, char *argv[])
{
	static const char shorts[] = ":" CLI_SHORT NETOPT_SHORT "te:n:0";
	static const struct option longs[] = {
		{ "text", no_argument, NULL, 't' },
		{ "exec", required_argument, NULL, 'e' },
		{ "count", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "kind", required_argument, NULL, OPT_KIND },
		{ "null", no_argument, NULL, '0' },
		NETOPT_LONG, CLI_LONG
	};
	struct listen l = { .delim = '\n' };
	struct netopt net;
	int ch;

	cli_init("xmpp-listen", usage);
	netopt_init(&net);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		switch (ch) {
		case 't': l.text = true; break;
		case 'e': l.command = optarg; break;
		case 'n': l.count = cli_number("-n", optarg, 1, 1000000000);
			break;
		case '0': l.delim = '\0'; break;
		case OPT_FROM: add_from(&l, optarg); break;
		case OPT_KIND: l.kinds = parse_kinds(optarg); break;
		default: netopt_take(&net, ch, optarg);
		}
	if (optind < argc)
		cli_usage("%s: no operand is taken", argv[optind]);
	if (l.text && l.command != NULL)
		cli_usage("-t and -e exclude each other");
	return listen_to_all(&l, &net);
}
