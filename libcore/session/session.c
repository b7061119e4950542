/* The session loop that the networked programs share. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "session/session_int.h"
#include "cli/signals.h"
#include "net/tls.h"
#include "xml/ns.h"
#include "xmpp/stanza.h"

enum {
	INPUT_ROOM = 64 * 1024		/* beyond the longest record */
};

int
session_fail(struct session *s, int r, const char *msg)
{
	if (s->err == 0) {
		s->err = r;
		snprintf(s->errmsg, sizeof(s->errmsg), "%s", msg);
	}
	return s->err;
}

/* What was printed waits for its reader: nothing more is let in. */
bool
session_is_held(const struct session *s)
{
	return s->hold ||
	    (s->has_out && buf_len(&s->out.out) >= SESSION_OUTPUT_HIGH);
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

/* Nothing has begun yet that would want an end. */
static void
die_if_asked(struct session *s)
{
	struct session_event ev;

	while (session_take_signal(s, &ev))
		if (ev.kind == SESSION_SIGNAL)
			signals_die(s->signal);
}

static void
dial_server(struct session *s, const struct session_config *cf)
{
	struct connection_config wc = {
		.account = &s->account,
		.net = cf->net,
		.hand_requests = cf->hand_requests,
		.deadline = pump_deadline(s->timeout > 0 ? s->timeout : -1),
		.signals = &s->signals,
	};
	struct buf why;
	int r;

	buf_init(&why, sizeof(s->errmsg) - 1);
	s->started = pump_now();
	if ((r = connection_new(&s->wire, &wc, &why)) < 0 ||
	    (r = connection_dial(s->wire, 0, NULL, &why)) < 0) {
		die_if_asked(s);
		cli_die(cli_status(r), "%s", buf_str(&why) != NULL ?
		    buf_str(&why) : xerr_str(r));
	}
	buf_release(&why);
	s->client = connection_client(s->wire);
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
	pump_init(&s->out, -1, -1, false, 0, SESSION_OUTPUT_HIGH +
	    8 * cf->net->max_stanza);
	pump_init(&s->in, -1, -1, false, 0, 0);
	if (tls_init() < 0 || stanza_ids_init(&s->ids) < 0)
		cli_die(EX_SOFTWARE, "no random numbers to be had");
	load_account(s, cf->net);
	if (signals_open(&s->signals, true) < 0)
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

int
session_send_presence(struct session *s)
{
	struct arena a;
	struct elem *e;
	int r;

	arena_init(&a, PRESENCE_MAX);
	e = elem_new(&a, NS_CLIENT, "presence");
	r = e == NULL ? arena_err(&a) : session_send(s, e);
	s->available |= r == 0;
	arena_release(&a);
	return r;
}

const char *
session_check(struct session *s, const struct elem *e)
{
	return client_check(s->client, e);
}

size_t
session_unacked(const struct session *s)
{
	size_t n;

	connection_unacked(s->wire, &n);
	return n;
}

void
session_forget(struct session *s)
{
	connection_forget(s->wire);
}

void
session_set_timer(struct session *s, int64_t ms)
{
	s->timer = ms < 0 ? -1 : pump_deadline(ms);
}

uint32_t
session_number(const struct session *s)
{
	return client_received(s->client);
}

void
session_set_pending(struct session *s, bool pending, uint32_t first)
{
	s->pending = pending;
	s->first = first;
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

struct stanza_ids *
session_ids(struct session *s)
{
	return &s->ids;
}

/* Nothing can make us log in once more: the password has served. */
static void
went_online(struct session *s)
{
	s->online = true;
	s->waiting_since = -1;
	account_forget(&s->account);
}

static void
tell_login(const struct session *s)
{
	const char *binding = login_bound_by(client_login(s->client));
	const char *upgraded = login_upgraded(client_login(s->client));

	cli_verbose(1, "logged in as %s by %s%s%s%s",
	    jid_str(client_jid(s->client)), client_mechanism(s->client),
	    binding == NULL ? "" : ", bound by ", binding == NULL ? "" : binding,
	    client_has_sm(s->client) ? "" :
	    "; no stream management, acknowledged by ping");
	if (login_is_unbound(client_login(s->client)))
		cli_warn("the login is not bound to the TLS channel, although "
		    "the server announces that it could be");
	if (upgraded != NULL)
		cli_verbose(1, "the server has a better hash of the password "
		    "now (%s)", upgraded);
}

/*
 * What was passed over is told.  An error may be the answer to what was sent,
 * and says so also without what is in it.
 */
static int
take_passed(struct session *s, const struct client_event *cev,
    struct session_event *ev)
{
	const char *from = elem_get(cev->elem, "from");

	(void)s;
	cli_warn("a%s %s from %.300s was passed over: %s",
	    cev->elem->name[0] == 'i' ? "n" : "", cev->elem->name,
	    from == NULL ? "our own account" : from, cev->why);
	ev->kind = SESSION_PASSED;
	ev->elem = cev->elem;
	return strcmp(stanza_type(cev->elem), "error") == 0;
}

/* An event of the client in words of ours: 1, 0 for none, or an error. */
static int
translate(struct session *s, const struct client_event *cev,
    struct session_event *ev)
{
	int r;

	switch (cev->kind) {
	case CLIENT_TLS:
		r = connection_start_tls(s->wire);
		return r < 0 ? session_fail(s, r, connection_errmsg(s->wire)) : 0;
	case CLIENT_AHEAD:
		if (s->ready)	/* on another connection */
			return 0;
		s->ready = true;
		ev->kind = SESSION_AHEAD;
		return 1;
	case CLIENT_ONLINE:
		if (s->told_ready)	/* on another connection */
			return 0;
		s->ready = s->told_ready = true;
		ev->kind = SESSION_READY;
		return 1;
	case CLIENT_BOUND:
		went_online(s);
		connection_learn(s->wire);
		tell_login(s);
		return 0;
	case CLIENT_STANZA:
		ev->kind = SESSION_STANZA;
		ev->elem = cev->elem;
		session_count_given(s);
		return 1;
	case CLIENT_PASSED:
		return take_passed(s, cev, ev);
	case CLIENT_CLOSED:
		s->closed = true;
		ev->kind = SESSION_CLOSED;
		return 1;
	default:
		ev->kind = SESSION_SETTLED;
		return session_unacked(s) == 0;
	}
}

static int
take_client(struct session *s, struct session_event *ev)
{
	struct client_event cev;
	int r;

	while ((r = client_next(s->client, &cev)) == 1)
		if ((r = translate(s, &cev, ev)) != 0)
			return r;
	return r < 0 ? session_fail(s, r, client_errmsg(s->client)) : 0;
}

bool
session_take_signal(struct session *s, struct session_event *ev)
{
	int sig = signals_next(&s->signals, NULL);

	if (sig == 0)
		return false;
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

	if (session_take_signal(s, ev))
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

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static void
close_if_written(struct session *s)
{
	if (!s->last_output || !s->has_out || !session_is_read(s))
		return;
	pump_close_out(&s->out);
	s->has_out = false;
}

int
session_poll(struct session *s, struct pump_end *const *ends, size_t n,
    int64_t deadline)
{
	size_t had = buf_len(&s->out.out);
	int r = pump_poll(ends, n, deadline);

	if (!s->out.wclosed)	/* else it was dropped */
		s->written += had - buf_len(&s->out.out);
	close_if_written(s);
	return r;
}

void
session_close_output(struct session *s)
{
	s->last_output = true;
	close_if_written(s);
}

/* Wait until something can move; BRIEFLY: only look whether it can. */
static int
wait_for_all(struct session *s, bool briefly)
{
	struct pump_end *ends[] = {
		connection_end(s->wire), &s->signals,
		s->has_out ? &s->out : NULL,
		s->has_in && !s->in.rclosed ? &s->in : NULL,
	};
	size_t had = buf_len(&s->in.in);
	int64_t deadline;
	int r;

	s->in.paused = !s->ready || !session_may_send(s);
	deadline = briefly ? pump_now() : earlier(session_deadline(s),
	    earlier(s->timer, session_next_acknowledgement(s)));
	r = session_poll(s, ends, sizeof(ends) / sizeof(ends[0]), deadline);
	if (r < 0)
		return session_fail(s, r, r == XERR_SYS ? strerror(errno) :
		    xerr_str(r));
	if (buf_len(&s->in.in) > had || (ends[3] != NULL && s->in.rclosed))
		s->fresh = true;
	return 0;
}

/* The server has hung up without a word, or its last words were read. */
static int
check_eof(struct session *s)
{
	if (!connection_eof(s->wire) || s->closed)
		return 0;
	return session_fail(s, XERR_TEMP, s->online ?
	    "the server closed the connection" :
	    "the server closed the connection before login");
}

/* Everything that needs no waiting: 1 if something was done. */
static int
step(struct session *s)
{
	int r;

	session_confirm(s);
	client_settle(s->client);
	if ((r = connection_step(s->wire, s->kept ?
	    CONNECTION_HOLD : CONNECTION_TAKE)) < 0)
		return session_fail(s, r, connection_errmsg(s->wire));
	if (r > 0 || (r = check_eof(s)) < 0)
		return r;
	return session_check_silence(s);
}

/*
 * While the caller wants nothing more, the server is listened to up to its next
 * stanza: it may ask what we have, and has to be answered.
 */
static int
take_or_keep(struct session *s, struct session_event *ev)
{
	int r;

	if (s->kept && session_is_held(s))
		return 0;
	if (s->kept) {
		s->kept = false;
		*ev = s->next;
		return 1;
	}
	if ((r = take_client(s, ev)) != 1 || ev->kind != SESSION_STANZA ||
	    !session_is_held(s))
		return r;
	s->next = *ev;
	s->kept = true;
	return 0;
}

/* One turn: 1 if there is an event, 0 to go on, or the error. */
static int
turn(struct session *s, struct session_event *ev)
{
	int r;

	if ((r = take_local(s, ev)) != 0)
		return r;
	if (!session_awaits_reader(s) && (r = take_or_keep(s, ev)) != 0)
		return r;
	if ((r = step(s)) != 0)
		return r < 0 ? r : 0;
	/* what was printed may be written, and so handled, without a wait */
	if (client_owes_ack(s->client) && !s->tried_output) {
		s->tried_output = true;
		return wait_for_all(s, true);
	}
	s->tried_output = false;
	return session_acknowledge(s) ? 0 : wait_for_all(s, false);
}

/*
 * A server that fails before it has seen anything of our account (no TLS, a
 * wrong certificate, silence) may have another beside it (RFC 6120 3.2), or
 * names one; one that was spoken to on a memory may have forgotten, if it says
 * anything at all; and one that falls silent in SASL2 may know the classic way.
 */
static int
try_next(struct session *s)
{
	bool misled = s->client != NULL && (s->silent ?
	    connection_may_go_classic(s->wire) :
	    connection_was_misled(s->wire));
	struct buf why;
	int r = s->err;

	if (r == XERR_NOMEM || r == XERR_INTERNAL || r == XERR_SYS)
		return r;
	if (s->online || (!misled && !connection_may_move(s->wire))) {
		connection_give_up(s->wire, r);
		return r;
	}
	session_last_words(s);
	buf_init(&why, sizeof(s->errmsg) - 1);
	if (misled)
		connection_unlearn(s->wire, r, s->errmsg);
	r = connection_dial(s->wire, misled ? 0 : r, s->errmsg, &why);
	s->silent = false;
	s->client = connection_client(s->wire);
	if (r == 0 || signals_ask_to_stop(&s->signals)) {
		s->err = 0;	/* the signal is the next event, and the last */
	} else if (buf_str(&why) != NULL && buf_len(&why) > 0) {
		s->err = r;
		snprintf(s->errmsg, sizeof(s->errmsg), "%s", buf_str(&why));
	}
	buf_release(&why);
	return s->err;
}

int
session_next_local(struct session *s, struct session_event *ev)
{
	struct pump_end *ends[2] = { &s->signals, NULL };
	int r;

	*ev = (struct session_event){ 0 };
	while (!session_take_signal(s, ev)) {
		ends[1] = s->has_out ? &s->out : NULL;
		if ((r = session_poll(s, ends, 2,
		    session_next_acknowledgement(s))) < 0)
			return r;
	}
	return 1;
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
