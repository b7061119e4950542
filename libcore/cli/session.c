/* The session loop that the networked programs share. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/account.h"
#include "cli/cli.h"
#include "cli/session.h"
#include "cli/wire.h"
#include "net/pump.h"
#include "xmpp/client.h"

enum {
	OUTPUT_HIGH = 64 * 1024,	/* waiting: then nothing is let in */
	INPUT_ROOM = 64 * 1024,		/* beyond the longest record */
	SIGNALS_ROOM = 16,
	KEEPALIVE_MS = 60000,		/* silence after which we ask */
	GOODBYE_MS = 3000,		/* for the server's closing tag */
	LAST_WORDS_MS = 1000		/* for a stream error of ours */
};

struct session {
	struct account account;
	struct wire *wire;
	struct client *client;	/* the wire's, NULL if it has none */
	struct pump_end in, out, signals;
	bool has_in, has_out;
	size_t line_max;
	struct ids ids;
	int64_t timeout;	/* ms, 0 for none */
	int64_t started;	/* of the login */
	int64_t waiting_since;	/* for an answer; -1 if for none */
	int64_t timer;		/* -1 if not set */
	bool ready;
	bool fresh;		/* input that was not told of */
	bool blocked;		/* the caller could not send */
	bool unhandled;		/* the caller is not done with stanzas */
	bool closed;		/* the server has closed the stream */
	bool hold;		/* the caller wants nothing more */
	bool told_pipe;
	int signal;
	int err;
	char errmsg[2048];
};

/* Where the handler writes; a process has one session. */
static int signal_pipe = -1;

static void
on_signal(int sig)
{
	unsigned char c = (unsigned char)sig;
	int saved = errno;

	if (write(signal_pipe, &c, 1) < 0) {
		/* the pipe is full of signals: one is enough */
	}
	errno = saved;
}

/* The first one asks us to stop, the second one kills. */
static void
catch(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };
	struct sigaction old;

	sigemptyset(&sa.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 &&
	    (sig == SIGCHLD || old.sa_handler != SIG_IGN))
		sigaction(sig, &sa, NULL);
}

static int
fail(struct session *s, int r, const char *msg)
{
	if (s->err == 0) {
		s->err = r;
		snprintf(s->errmsg, sizeof(s->errmsg), "%s", msg);
	}
	return s->err;
}

static int
open_signals(struct session *s)
{
	int fd[2];

	if (pipe(fd) < 0)
		return XERR_SYS;
	fd[0] = pump_own(fd[0]);
	fd[1] = pump_own(fd[1]);
	if (fd[0] < 0 || fd[1] < 0)
		return XERR_SYS;
	signal_pipe = fd[1];
	pump_init(&s->signals, fd[0], -1, true, SIGNALS_ROOM, 0);
	signal(SIGPIPE, SIG_IGN);
	catch(SIGINT, SA_RESETHAND);
	catch(SIGTERM, SA_RESETHAND);
	catch(SIGHUP, SA_RESETHAND);
	catch(SIGCHLD, SA_NOCLDSTOP);
	return 0;
}

void
session_child(void)
{
	/* exec resets what is caught, but not what is ignored */
	signal(SIGPIPE, SIG_DFL);
}

static void
load_account(struct session *s, const struct netopt *net)
{
	int status;

	account_init(&s->account);
	if ((status = account_load(&s->account, net)) != 0 ||
	    (status = account_ask(&s->account)) != 0)
		cli_die(status, "%s", account_errmsg(&s->account));
}

static void
dial_server(struct session *s, const struct session_config *cf)
{
	struct wire_config wc = {
		.account = &s->account,
		.net = cf->net,
		.hand_requests = cf->hand_requests,
		.deadline = pump_deadline(s->timeout > 0 ? s->timeout : -1),
	};
	struct buf why;
	int r;

	buf_init(&why, 2048);
	s->started = pump_now();
	if ((r = wire_new(&s->wire, &wc, &why)) < 0 ||
	    (r = wire_dial(s->wire, 0, &why)) < 0)
		cli_die(cli_status(r), "%s", buf_str(&why) != NULL ?
		    buf_str(&why) : xerr_str(r));
	buf_release(&why);
	s->client = wire_client(s->wire);
}

struct session *
session_open(const struct session_config *cf)
{
	struct session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		cli_die(EX_OSERR, "%s", xerr_str(XERR_NOMEM));
	cli_no_dumps();
	s->timer = s->waiting_since = -1;
	s->timeout = cf->net->timeout_ms;
	s->line_max = cf->line_max != 0 ? cf->line_max : cf->net->max_stanza;
	/* Output may wait for a pipe that is given later. */
	pump_init(&s->out, -1, -1, false, 0, OUTPUT_HIGH +
	    8 * cf->net->max_stanza);
	pump_init(&s->in, -1, -1, false, 0, 0);
	if (ids_init(&s->ids) < 0)
		cli_die(EX_SOFTWARE, "no random numbers to be had");
	load_account(s, cf->net);
	if (open_signals(s) < 0)
		cli_die(EX_OSERR, "pipe: %s", strerror(errno));
	dial_server(s, cf);
	return s;
}

int
session_read_from(struct session *s, int fd, bool ours)
{
	if (ours && (fd = pump_own(fd)) < 0)
		return XERR_SYS;
	pump_init(&s->in, fd, -1, ours, s->line_max + INPUT_ROOM, 0);
	s->has_in = true;
	return 0;
}

int
session_write_to(struct session *s, int fd, bool ours)
{
	if (ours && (fd = pump_own(fd)) < 0)
		return XERR_SYS;
	s->out.wfd = fd;
	s->out.ours = ours;
	s->has_out = true;
	return 0;
}

struct buf *
session_input(struct session *s, bool *eof)
{
	*eof = s->in.rclosed;
	return &s->in.in;
}

struct buf *
session_output(struct session *s)
{
	return &s->out.out;
}

bool
session_may_send(const struct session *s)
{
	return s->client != NULL && client_may_send(s->client);
}

int
session_send(struct session *s, const struct elem *e)
{
	return client_send(s->client, e);
}

const char *
session_check(struct session *s, const struct elem *e)
{
	return client_check(s->client, e);
}

size_t
session_unacked(const struct session *s)
{
	return s->client == NULL ? 0 : client_unacked_count(s->client);
}

void
session_forget(struct session *s)
{
	if (s->client != NULL)
		client_forget(s->client);
}

void
session_set_timer(struct session *s, int64_t ms)
{
	s->timer = ms < 0 ? -1 : pump_deadline(ms);
}

void
session_set_handled(struct session *s, bool handled)
{
	s->unhandled = !handled;
}

void
session_set_hold(struct session *s, bool hold)
{
	s->hold = hold;
}

const struct jid *
session_jid(const struct session *s)
{
	return client_jid(s->client);
}

struct ids *
session_ids(struct session *s)
{
	return &s->ids;
}

/* What was printed waits for its reader: nothing more is let in. */
static bool
is_held(const struct session *s)
{
	return s->hold ||
	    (s->has_out && buf_len(&s->out.out) >= OUTPUT_HIGH);
}

static void
went_online(struct session *s)
{
	s->ready = true;
	s->waiting_since = -1;
	account_forget(&s->account);
}

static void
tell_login(const struct session *s)
{
	cli_verbose(1, "logged in as %s by %s%s",
	    jid_str(client_jid(s->client)), client_mechanism(s->client),
	    client_has_sm(s->client) ? "" :
	    "; no stream management, acknowledged by ping");
}

/* The client's next event in words of ours: 1, 0 for none, or an error. */
static int
take_client(struct session *s, struct session_event *ev)
{
	struct client_event cev;
	int r;

	while ((r = client_next(s->client, &cev)) == 1) {
		switch (cev.kind) {
		case CLIENT_TLS:
			if ((r = wire_start_tls(s->wire)) < 0)
				return fail(s, r, wire_errmsg(s->wire));
			break;
		case CLIENT_ONLINE:
			went_online(s);
			ev->kind = SESSION_READY;
			return 1;
		case CLIENT_BOUND:
			tell_login(s);
			break;
		case CLIENT_STANZA:
			ev->kind = SESSION_STANZA;
			ev->elem = cev.elem;
			return 1;
		case CLIENT_CLOSED:
			s->closed = true;
			ev->kind = SESSION_CLOSED;
			return 1;
		default:
			if (session_unacked(s) > 0)
				break;
			ev->kind = SESSION_SETTLED;
			return 1;
		}
	}
	return r < 0 ? fail(s, r, client_errmsg(s->client)) : 0;
}

static bool
take_signal(struct session *s, struct session_event *ev)
{
	int sig;

	if (buf_len(&s->signals.in) == 0)
		return false;
	sig = buf_data(&s->signals.in)[0];
	buf_consume(&s->signals.in, 1);
	ev->kind = sig == SIGCHLD ? SESSION_CHILD : SESSION_SIGNAL;
	if (sig != SIGCHLD)
		s->signal = sig;
	return true;
}

/* What concerns the caller and not the server. */
static int
take_local(struct session *s, struct session_event *ev)
{
	bool may = session_may_send(s);

	if (take_signal(s, ev))
		return 1;
	if (s->has_out && s->out.wclosed && !s->told_pipe) {
		s->told_pipe = true;
		ev->kind = SESSION_BROKEN_PIPE;
		return 1;
	}
	if (may && s->blocked && s->has_in)
		s->fresh = true;
	s->blocked = s->ready && !may;
	if (s->ready && may && s->fresh) {
		s->fresh = false;
		ev->kind = SESSION_INPUT;
		return 1;
	}
	if (s->timer >= 0 && pump_now() >= s->timer) {
		s->timer = -1;
		ev->kind = SESSION_TIMER;
		return 1;
	}
	return 0;
}

/* Is there something that the server owes us? */
static bool
is_waiting(const struct session *s)
{
	return client_is_waiting(s->client) || !wire_drained(s->wire);
}

/*
 * The moment at which the server's silence ends the session, or at which we
 * ask whether it is there; -1 if neither will come.
 */
static int64_t
next_deadline(struct session *s)
{
	int64_t from = wire_heard(s->wire);

	if (s->timeout == 0)
		return -1;
	if (!s->ready)
		return s->started + s->timeout;
	if (is_held(s)) {
		s->waiting_since = -1;
		return -1;
	}
	if (!is_waiting(s)) {
		s->waiting_since = -1;
		return from + KEEPALIVE_MS;
	}
	if (s->waiting_since < 0)
		s->waiting_since = pump_now();
	if (from < s->waiting_since)
		from = s->waiting_since;
	return from + s->timeout;
}

static int
check_silence(struct session *s)
{
	int64_t deadline = next_deadline(s);
	char msg[128];

	if (deadline < 0 || pump_now() < deadline)
		return 0;
	if (s->ready && !is_waiting(s)) {
		client_probe(s->client);
		return 1;
	}
	snprintf(msg, sizeof(msg), "%s within %g seconds", s->ready ?
	    "the server has not answered" : "no login", s->timeout / 1000.0);
	return fail(s, XERR_TEMP, msg);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* Wait until something can move. */
static int
wait_for_all(struct session *s)
{
	struct pump_end *ends[] = {
		wire_end(s->wire), &s->signals,
		s->has_out ? &s->out : NULL,
		s->has_in && !s->in.rclosed ? &s->in : NULL,
	};
	size_t had = buf_len(&s->in.in);
	int r;

	s->in.paused = !s->ready || !session_may_send(s);
	r = pump_poll(ends, sizeof(ends) / sizeof(ends[0]),
	    earlier(next_deadline(s), s->timer));
	if (r < 0)
		return fail(s, r, r == XERR_SYS ? strerror(errno) :
		    xerr_str(r));
	if (buf_len(&s->in.in) > had || (ends[3] != NULL && s->in.rclosed))
		s->fresh = true;
	return 0;
}

/* The server has hung up without a word, or its last words were read. */
static int
check_eof(struct session *s)
{
	if (!wire_eof(s->wire) || s->closed)
		return 0;
	return fail(s, XERR_TEMP, s->ready ?
	    "the server closed the connection" :
	    "the server closed the connection before login");
}

/* Everything that needs no waiting: 1 if something was done. */
static int
step(struct session *s)
{
	int r;

	if (!s->unhandled && buf_len(&s->out.out) == 0)
		client_confirm(s->client);
	client_settle(s->client);
	if ((r = wire_step(s->wire, is_held(s) ?
	    WIRE_HOLD : WIRE_TAKE)) < 0)
		return fail(s, r, wire_errmsg(s->wire));
	if (r > 0 || (r = check_eof(s)) < 0)
		return r;
	return check_silence(s);
}

/*
 * What is pending (a stream error of ours, a closing tag) goes out, then our
 * end of TLS and TCP.  What still comes is read and dropped until the server
 * has hung up, or does not for a while: to close a socket in which something is
 * unread would reset the connection, and take our last words with it.
 */
static void
say_last_words(struct session *s)
{
	struct pump_end *end = wire_end(s->wire);
	int64_t deadline = pump_deadline(LAST_WORDS_MS);
	int r;

	wire_shutdown(s->wire);
	while (!(wire_drained(s->wire) && wire_eof(s->wire)) &&
	    pump_now() < deadline) {
		if ((r = wire_step(s->wire, WIRE_DROP)) < 0)
			break;
		if (r == 0 && pump_poll(&end, 1, deadline) < 0)
			break;
	}
}

/* One turn: 1 if there is an event, 0 to go on, or the error. */
static int
turn(struct session *s, struct session_event *ev)
{
	int r;

	if ((r = take_local(s, ev)) != 0)
		return r;
	if (!is_held(s) && (r = take_client(s, ev)) != 0)
		return r;
	if ((r = step(s)) < 0)
		return r;
	return r == 0 ? wait_for_all(s) : 0;
}

/*
 * A server that fails before it has seen anything of our account (no TLS, a
 * wrong certificate, silence) may have another beside it (RFC 6120 3.2).
 */
static int
try_next(struct session *s)
{
	struct buf why;
	int r = s->err;

	if (s->ready || client_mechanism(s->client) != NULL ||
	    r == XERR_NOMEM || r == XERR_INTERNAL || r == XERR_SYS)
		return r;
	say_last_words(s);
	buf_init(&why, 4096);
	r = wire_dial(s->wire, s->err, &why);
	s->client = wire_client(s->wire);
	if (r == 0) {
		s->err = 0;
	} else if (buf_str(&why) != NULL && buf_len(&why) > 0) {
		s->err = r;
		snprintf(s->errmsg, sizeof(s->errmsg), "%s", buf_str(&why));
	}
	buf_release(&why);
	return s->err;
}

int
session_next(struct session *s, struct session_event *ev)
{
	int r;

	*ev = (struct session_event){ 0 };
	for (;;) {
		if (s->err != 0)
			return s->err;
		if ((r = turn(s, ev)) > 0)
			return r;
		if (r < 0 && (r = try_next(s)) < 0)
			return r;
	}
}

/* Wait until all that was printed is written, or cannot be. */
static void
drain_output(struct session *s)
{
	struct pump_end *ends[] = { &s->out, &s->signals };

	struct session_event ev = { 0 };

	while (s->has_out && !s->out.wclosed && buf_len(&s->out.out) > 0) {
		if (pump_poll(ends, 2, -1) < 0)
			break;
		if (take_signal(s, &ev) && ev.kind == SESSION_SIGNAL)
			break;
	}
}

void
session_close_output(struct session *s)
{
	drain_output(s);
	pump_close_out(&s->out);
	s->has_out = false;
}

/* Take what comes from the server, or wait for it; false if it is over. */
static bool
hear_out(struct session *s, int64_t deadline)
{
	struct pump_end *end = wire_end(s->wire);
	struct client_event ev;
	int r;

	while ((r = client_next(s->client, &ev)) == 1)
		if (ev.kind == CLIENT_CLOSED)
			s->closed = true;
	if (r < 0 || s->closed || (r = wire_step(s->wire, WIRE_TAKE)) < 0)
		return false;
	if (r == 0 && wire_eof(s->wire))
		return false;
	return r > 0 || pump_poll(&end, 1, deadline) >= 0;
}

/*
 * Close the stream, and wait for the server to do the same (RFC 6120 4.4).
 * What is not acknowledged is asked about first: answers to requests of the
 * server, say, that were sent while <r/> was under way.  To ask and close at
 * once is not enough, ejabberd drops the answer to a ping then.
 */
static void
say_goodbye(struct session *s)
{
	int64_t deadline = pump_deadline(s->timeout > 0 &&
	    s->timeout < GOODBYE_MS ? s->timeout : GOODBYE_MS);
	bool more = true;

	while (more && session_unacked(s) > 0 && pump_now() < deadline) {
		client_settle(s->client);
		more = hear_out(s, deadline);
	}
	client_close(s->client);
	while (more && !s->closed && pump_now() < deadline)
		more = hear_out(s, deadline);
	say_last_words(s);
}

/* In peace, or after an error. */
static void
hang_up(struct session *s, bool failed)
{
	if (!s->unhandled && (!s->has_out || buf_len(&s->out.out) == 0))
		client_confirm(s->client);
	if (!failed || s->err == 0)
		say_goodbye(s);
	else
		say_last_words(s);
}

/* What was sent and may be lost: each on a line of its own. */
static void
list_unacked(struct session *s)
{
	const struct outbox_item *it;
	size_t n = session_unacked(s);

	if (n == 0)
		return;
	it = client_unacked(s->client);
	cli_warn("%zu stanza%s not acknowledged by the server:", n,
	    n == 1 ? " was" : "s were");
	for (; it != NULL; it = it->next)
		cli_warn("not acknowledged: %s%s%.200s%s%.100s", it->kind,
		    it->to == NULL ? "" : " to ", it->to == NULL ? "" : it->to,
		    it->id == NULL ? "" : ", id ", it->id == NULL ? "" : it->id);
}

static void
session_free(struct session *s)
{
	if (s->has_in)
		pump_release(&s->in);
	pump_release(&s->out);
	pump_release(&s->signals);
	wire_free(s->wire);
	account_release(&s->account);
	free(s);
}

static _Noreturn void
die_of(int sig)
{
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(sig);
	_exit(128 + sig);	/* not reached */
}

/* What was read is not all there was: status 74, unless STATUS says worse. */
static int
check_input(const struct session *s, int status)
{
	if (!s->has_in || s->in.rerr == 0)
		return status;
	cli_warn("%s: %s", s->in.ours ? "the command's output" :
	    "standard input", strerror(s->in.rerr));
	return status == EX_OK ? EX_IOERR : status;
}

int
session_end(struct session *s, int r, int status)
{
	int sig, werr = 0;

	if (r < 0)
		cli_warn("%s", s->err != 0 ? s->errmsg : xerr_str(r));
	/* what came before the failure was received, and is told */
	if (s->signal == 0)
		drain_output(s);
	sig = s->signal;
	if (s->client != NULL)
		hang_up(s, r < 0);
	if (session_unacked(s) > 0 && r >= 0) {
		if (s->closed && sig == 0)
			cli_warn("the server closed the stream");
		r = XERR_TEMP;
	}
	list_unacked(s);
	status = check_input(s, status);
	if (s->out.wclosed && !s->out.ours)
		werr = s->out.werr;
	session_free(s);
	if (sig != 0)
		die_of(sig);
	if (r < 0)
		return cli_status(r);
	if (werr != 0)
		cli_stdout_failed(werr);
	return status;
}
