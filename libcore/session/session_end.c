/* The end of a session: in peace, after an error, or by a signal. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "session/session_int.h"
#include "cli/signals.h"

enum {
	GOODBYE_MS = 3000,		/* for the server's closing tag */
	LAST_WORDS_MS = 1000		/* for a stream error of ours */
};

/* Nothing more can move: all is said, and the server has hung up. */
static bool
is_silent(const struct session *s)
{
	const struct pump_end *end = connection_end(s->wire);

	if (end->rclosed)	/* with close_notify or without */
		return end->wclosed || buf_len(&end->out) == 0;
	return connection_drained(s->wire) && connection_eof(s->wire);
}

/*
 * What still comes is read and dropped until the server has hung up, or does
 * not for a while: to close a socket in which something is unread would reset
 * the connection, and take our last words with it.
 */
void
session_last_words(struct session *s)
{
	struct pump_end *end = connection_end(s->wire);
	int64_t deadline = pump_deadline(LAST_WORDS_MS);
	int r;

	connection_shutdown(s->wire);
	while (pump_now() < deadline) {
		if ((r = connection_step(s->wire, CONNECTION_DROP)) < 0)
			break;
		if (r == 0 && (is_silent(s) ||
		    pump_poll(&end, 1, deadline) < 0))
			break;
	}
}

/* Wait until all that was printed is written, or cannot be. */
static void
drain_output(struct session *s)
{
	struct pump_end *ends[] = { &s->out, &s->signals };
	struct session_event ev = { 0 };

	while (s->has_out && !s->out.wclosed && buf_len(&s->out.out) > 0) {
		if (session_poll(s, ends, 2, -1) < 0)
			break;
		if (session_take_signal(s, &ev) && ev.kind == SESSION_SIGNAL)
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

/*
 * Take what comes from the server, or wait for it; false if it is over.  A
 * login that is under way may yet succeed, and teach something.
 */
static bool
hear_out(struct session *s, int64_t deadline)
{
	struct pump_end *end = connection_end(s->wire);
	struct client_event ev;
	int r;

	while ((r = client_next(s->client, &ev)) == 1)
		if (ev.kind == CLIENT_BOUND)
			connection_learn(s->wire);
		else if (ev.kind == CLIENT_CLOSED)
			s->closed = true;
	if (r < 0 || s->closed || (r = connection_step(s->wire, CONNECTION_TAKE)) < 0)
		return false;
	if (r == 0 && connection_eof(s->wire))
		return false;
	return r > 0 || pump_poll(&end, 1, deadline) >= 0;
}

/*
 * Close the stream, and wait for the server to do the same (RFC 6120 4.4).
 * What is not acknowledged is asked about first: answers to requests of the
 * server, say, that were sent while <r/> was under way.  To ask and close at
 * once is not enough, ejabberd drops the answer to a ping then.  Where nothing
 * was sent yet (it may have been, to another server) no login is waited for.
 */
static void
say_goodbye(struct session *s)
{
	int64_t deadline = pump_deadline(s->timeout > 0 &&
	    s->timeout < GOODBYE_MS ? s->timeout : GOODBYE_MS);
	bool more = s->online || client_went_ahead(s->client);

	while (more && session_unacked(s) > 0 && pump_now() < deadline) {
		client_settle(s->client);
		more = hear_out(s, deadline);
	}
	client_close(s->client);
	while (more && !s->closed && pump_now() < deadline)
		more = hear_out(s, deadline);
	session_last_words(s);
}

/* In peace, or after an error. */
static void
hang_up(struct session *s, bool failed)
{
	if (!s->unhandled && !s->out.wclosed &&
	    (!s->has_out || buf_len(&s->out.out) == 0))
		client_confirm(s->client, client_received(s->client));
	if (!failed || s->err == 0)
		say_goodbye(s);
	else
		session_last_words(s);
}

static void
list_one(const struct outbox_item *it)
{
	cli_warn("not acknowledged: %s%s%.200s%s%.100s", it->kind,
	    it->to == NULL ? "" : " to ", it->to == NULL ? "" : it->to,
	    it->id == NULL ? "" : ", id ", it->id == NULL ? "" : it->id);
}

/* What was sent and may be lost: each on a line of its own. */
static void
list_unacked(struct session *s)
{
	size_t n;
	const struct outbox_item *it = connection_unacked(s->wire, &n);

	if (n == 0)
		return;
	cli_warn("%zu stanza%s not acknowledged by the server:", n,
	    n == 1 ? " was" : "s were");
	for (; it != NULL; it = it->next)
		if (it->kind != NULL)
			list_one(it);
}

static void
session_free(struct session *s)
{
	if (s->has_in)
		pump_release(&s->in);
	pump_release(&s->out);
	pump_release(&s->signals);
	connection_free(s->wire);
	account_release(&s->account);
	free(s);
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
		signals_die(sig);
	if (r < 0)
		return cli_status(r);
	if (werr != 0)
		cli_stdout_failed(werr);
	return status;
}
