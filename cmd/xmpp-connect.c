/*
 * xmpp-connect: an authenticated stream as a pipe.  Stanza lines on stdin go
 * to the server, stanzas from the server to stdout.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "session/session.h"
#include "cli/signals.h"
#include "xml/ndxml.h"

static const char usage[] =
	"usage: xmpp-connect [options] [-- command [argument ...]]\n"
	"Stanza lines from stdin to the server, stanzas from it to stdout.\n"
	"\n"
	"  -k, --keep              listen on after the end of input\n"
	"  -n, --no-presence       do not become available\n"
	"      --iq                print requests (iq get and set) for the other\n"
	"                          side of the pipe to answer\n"
	"  -0, --null              records end in NUL instead of a line feed\n"
	"\n"
	NETOPT_USAGE
	CLI_USAGE;

enum {
	OPT_IQ = CLI_OPT_OWN,
	STOP_MS = 500		/* for the command to end at a signal */
};

struct connect {
	struct session *s;
	struct ndxml_reader *rec;
	bool keep, no_presence;
	int delim;
	char **command;		/* NULL for stdin and stdout */
	pid_t child;		/* 0: there is none, or it has ended: */
	int child_status;
	bool closed;		/* the server has closed the stream */
	bool signalled;
	bool finishing;		/* only the command's end is waited for */
	bool present;		/* we are available */
	bool begun;
	bool online;		/* we were let in */
	bool input_done;	/* all of it was sent */
	bool stop;		/* read no more of it */
	int status;		/* of what went wrong with the input */
};

static _Noreturn void
run_child(char **command, int in, int out)
{
	int status;

	signals_child();
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(EX_OSERR);
	close(in);
	close(out);
	execvp(command[0], command);
	status = errno == ENOENT ? 127 : 126;
	cli_warn("%s: %s", command[0], strerror(errno));
	_exit(status);
}

/* The command's stdin and stdout take the place of ours. */
static int
spawn(struct connect *c)
{
	int in[2], out[2];

	if (pipe(in) < 0)
		return XERR_SYS;
	if (pipe(out) < 0 || (c->child = fork()) < 0)
		return XERR_SYS;
	if (c->child == 0) {
		close(in[1]);
		close(out[0]);
		run_child(c->command, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	if (session_write_to(c->s, in[1], true) < 0 ||
	    session_read_from(c->s, out[0], true) < 0)
		return XERR_SYS;
	return 0;
}

/* What can be sent ahead is; a command runs when we are logged in. */
static int
go(struct connect *c, bool ahead)
{
	int r;

	c->online = !ahead;
	if (!c->present && !c->no_presence &&
	    (r = session_send_presence(c->s)) < 0)
		return r;
	c->present = true;
	if (c->begun || (ahead && c->command != NULL))
		return 0;
	c->begun = true;
	if (c->command != NULL)
		return spawn(c);
	session_write_to(c->s, STDOUT_FILENO, false);
	session_read_from(c->s, STDIN_FILENO, false);
	return 0;
}

/* A line is not sent; those behind it are. */
static void
reject(struct connect *c, const char *why)
{
	cli_warn("line %llu: %s", (unsigned long long)ndxml_number(c->rec), why);
	c->status = EX_DATAERR;
}

/* Send what is in the input, as far as it may be sent now. */
static int
take_input(struct connect *c)
{
	bool eof;
	struct buf *in = session_input(c->s, &eof);
	const char *why;
	struct elem *e;
	int r;

	while (!c->stop && session_may_send(c->s)) {
		if ((r = ndxml_read(c->rec, in, eof, &e)) == 0) {
			c->input_done = eof;
			return 0;
		}
		if (r == XERR_NOMEM)
			return r;
		if (r < 0)
			reject(c, ndxml_errmsg(c->rec));
		else if ((why = session_check(c->s, e)) != NULL)
			reject(c, why);
		else if ((r = session_send(c->s, e)) < 0)
			return r;
	}
	return 0;
}

/* Is all said and acknowledged?  Nothing is, until we are let in. */
static bool
has_said_all(const struct connect *c)
{
	return c->online && (c->stop || (c->input_done && !c->keep)) &&
	    session_unacked(c->s) == 0;
}

/*
 * Is there nothing left to wait for?  A command that has closed its output, and
 * lives on, gets no more input; what was received since then is not handled.
 */
static bool
is_done(struct connect *c)
{
	if (!has_said_all(c))
		return false;
	if (c->child > 0 && !c->finishing) {
		c->finishing = true;
		session_close_output(c->s);
		session_set_hold(c->s, true);
	}
	return c->child <= 0;
}

/* The command may have ended: then there is nobody to listen for. */
static void
reap(struct connect *c)
{
	int w;

	if (c->child <= 0 || !child_has_ended(c->child, &w))
		return;
	c->child = 0;
	c->child_status = child_status(w);
	c->keep = false;
}

static int
handle(struct connect *c, const struct session_event *ev)
{
	switch (ev->kind) {
	case SESSION_AHEAD:
	case SESSION_READY:
		return go(c, ev->kind == SESSION_AHEAD);
	case SESSION_STANZA:
		if (c->stop)
			return 0;
		return ndxml_write(session_output(c->s), ev->elem, c->delim);
	case SESSION_INPUT:
		return take_input(c);
	case SESSION_CHILD:
		reap(c);
		return 0;
	case SESSION_BROKEN_PIPE:
		/* a command that reads no more may yet have something to say */
		if (c->command == NULL)
			c->stop = true;
		return 0;
	default:
		return 0;
	}
}

/* Until the input is done, or the server, or whoever reads our output. */
static int
run(struct connect *c)
{
	struct session_event ev;
	int r;

	while ((r = session_next(c->s, &ev)) > 0) {
		if (ev.kind == SESSION_SIGNAL) {
			c->signalled = true;
			return 0;
		}
		if (ev.kind == SESSION_CLOSED) {
			cli_warn("the server closed the stream");
			c->closed = true;
			c->status = EX_TEMPFAIL;
			return 0;
		}
		if ((r = handle(c, &ev)) < 0) {
			cli_warn("%s", r == XERR_SYS ? strerror(errno) :
			    xerr_str(r));
			c->status = cli_status(r);
			return 0;
		}
		if (is_done(c))
			return 0;
	}
	return r;
}

/*
 * Whatever ended the session, the command may read what was received, and ends
 * by itself; a signal is for it, too.
 */
static void
finish_child(struct connect *c)
{
	struct session_event ev;
	int w;

	session_close_output(c->s);
	while (c->child > 0 && !c->signalled &&
	    session_next_local(c->s, &ev) > 0)
		if (ev.kind == SESSION_SIGNAL)
			c->signalled = true;
		else
			reap(c);
	if (c->child > 0)
		child_stop(c->child, STOP_MS, &w);
}

/* Input that was not sent when the session ended. */
static void
report_unsent(struct connect *c)
{
	bool eof;
	struct buf *in = session_input(c->s, &eof);

	if (!c->input_done && !c->stop && c->rec != NULL &&
	    (buf_len(in) > 0 || !eof))
		cli_warn("input after line %llu was not sent",
		    (unsigned long long)ndxml_number(c->rec));
}

static int
connect_and_run(struct connect *c, const struct netopt *net, bool iq)
{
	struct session_config cf = { .net = net, .hand_requests = iq };
	struct xparse_limits limits = { .size = net->max_stanza };
	int r, status;

	if (ndxml_reader_new(&c->rec, &limits, c->delim) < 0)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	c->s = session_open(&cf);
	if ((r = run(c)) < 0 || c->closed)
		report_unsent(c);
	if (c->command != NULL)
		finish_child(c);
	status = session_end(c->s, r, c->status);
	ndxml_reader_free(c->rec);
	return status == EX_OK ? c->child_status : status;
}

int
main(int argc, char *argv[])
{
	static const char shorts[] = "+:" CLI_SHORT NETOPT_SHORT "kn0";
	static const struct option longs[] = {
		{ "keep", no_argument, NULL, 'k' },
		{ "no-presence", no_argument, NULL, 'n' },
		{ "iq", no_argument, NULL, OPT_IQ },
		{ "null", no_argument, NULL, '0' },
		NETOPT_LONG, CLI_LONG
	};
	struct connect c = { .delim = '\n' };
	struct netopt net;
	bool iq = false;
	int ch;

	cli_init("xmpp-connect", usage);
	netopt_init(&net);
	while ((ch = cli_getopt(argc, argv, shorts, longs)) != -1)
		switch (ch) {
		case 'k': c.keep = true; break;
		case 'n': c.no_presence = true; break;
		case '0': c.delim = '\0'; break;
		case OPT_IQ: iq = true; break;
		default: netopt_take(&net, ch, optarg);
		}
	if (optind < argc)
		c.command = argv + optind;
	return connect_and_run(&c, &net, iq);
}
