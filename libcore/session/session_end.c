/* The end of a session: in peace, after an error, or by a signal. */
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "session/session_int.h"
#include "cli/signals.h"
#include "xml/ns.h"

enum {
	GOODBYE_MS = 3000,		/* for the server's closing tag */
	STOPPED_MS = 1000,		/* the same, after a signal */
	LAST_WORDS_MS = 1000,		/* for a stream error of ours */
	STOPPED_WORDS_MS = 300,
	READ_MS = 10			/* between two looks at a pipe */
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
	int64_t deadline = pump_deadline(s->silent ? 0 : s->signal != 0 ?
	    STOPPED_WORDS_MS : LAST_WORDS_MS);
	int r;

	connection_shutdown(s->wire);
	do {
		if ((r = connection_step(s->wire, CONNECTION_DROP)) < 0)
			break;
		if (r == 0 && (is_silent(s) ||
		    pump_poll(&end, 1, deadline) < 0))
			break;
	} while (r > 0 || pump_now() < deadline);
}

/* Wait until all that was printed is read, as far as we know, or cannot be. */
static void
drain_output(struct session *s)
{
	struct pump_end *ends[] = { &s->out, &s->signals };
	struct session_event ev = { 0 };

	while (s->has_out && !s->out.wclosed && !session_is_read(s)) {
		if (session_poll(s, ends, 2, buf_len(&s->out.out) > 0 ? -1 :
		    pump_deadline(READ_MS)) < 0)
			break;
		if (session_take_signal(s, &ev) && ev.kind == SESSION_SIGNAL)
			break;
	}
}

/* What comes while we are ending: nobody handles it any more. */
static void
note(struct session *s, const struct client_event *ev)
{
	if (ev->kind == CLIENT_BOUND)
		connection_learn(s->wire);
	else if (ev->kind == CLIENT_CLOSED)
		s->closed = true;
	else if (ev->kind == CLIENT_STANZA && !s->pending &&
	    !elem_is(ev->elem, NULL, "presence"))
		session_set_pending(s, true, session_number(s));
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

	if ((r = client_next(s->client, &ev)) == 1) {
		note(s, &ev);
		return !s->closed;
	}
	if (r < 0 ||
	    (r = connection_step(s->wire, CONNECTION_TAKE)) < 0)
		return false;
	if (r == 0 && connection_eof(s->wire))
		return false;
	return r > 0 || pump_poll(&end, 1, deadline) >= 0;
}

/* All that is handled, now that no more will be written. */
static void
confirm_rest(struct session *s)
{
	session_confirm(s);
	if (s->has_out && (s->out.wclosed || buf_len(&s->out.out) > 0))
		return;
	session_confirm(s);
}

/* Hear the server out until there is an answer to all that we sent. */
static bool
settle(struct session *s, int64_t deadline)
{
	bool more = s->online || client_went_ahead(s->client);

	while (more && session_unacked(s) > 0 && pump_now() < deadline) {
		client_settle(s->client);
		more = hear_out(s, deadline);
	}
	return more;
}

/*
 * Become unavailable: behind the acknowledgement of that, nothing comes any
 * more that would be lost with the stream.  What comes before is not handled.
 */
static bool
leave(struct session *s, int64_t deadline)
{
	struct arena a;
	struct elem *e;
	int r;

	arena_init(&a, PRESENCE_MAX);
	e = elem_new(&a, NS_CLIENT, "presence");
	elem_set(e, "type", "unavailable");
	r = arena_err(&a) != 0 ? XERR_NOMEM : session_send(s, e);
	arena_release(&a);
	if (r < 0)
		return false;
	if (!settle(s, deadline))
		return false;
	session_forget(s);
	return true;
}

/*
 * Something was received and is not handled: it goes back to the server, by a
 * stream that is cut and not closed.  What is left in the socket's queue or is
 * on its way counts, too, where we are available: we cannot know before we have
 * left.
 */
static bool
must_hand_back(struct session *s, int64_t deadline)
{
	if (!client_has_sm(s->client) || s->closed || s->err != 0)
		return false;
	confirm_rest(s);
	return s->pending || client_has_unhandled(s->client) ||
	    (s->available && (!leave(s, deadline) || s->pending));
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
	int64_t most = s->signal != 0 ? STOPPED_MS : GOODBYE_MS;
	int64_t deadline = pump_deadline(s->timeout > 0 &&
	    s->timeout < most ? s->timeout : most);
	bool more = settle(s, deadline);

	if (must_hand_back(s, deadline)) {
		confirm_rest(s);
		client_hand_back(s->client);
	} else {
		confirm_rest(s);
		client_close(s->client);
		while (more && !s->closed && pump_now() < deadline)
			more = hear_out(s, deadline);
	}
	session_last_words(s);
}

/* In peace, or after an error. */
static void
hang_up(struct session *s, bool failed)
{
	confirm_rest(s);
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
	if (s->kept && !s->pending &&
	    !elem_is(s->next.elem, NULL, "presence"))
		session_set_pending(s, true, session_number(s));
	s->kept = false;
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
