/*
 * The session loop that the networked programs share: account, connection,
 * login, the two pipes, signals and the clock, waited for in one place.
 *
 *	struct session *s = session_open(&cf);
 *
 *	while (!(online && done && session_unacked(s) == 0) &&
 *	    (r = session_next(s, &ev)) > 0)
 *		switch (ev.kind) {
 *		case SESSION_READY:   online = true;	FALLTHROUGH
 *		case SESSION_AHEAD:   begin, once: session_read_from(s, ...);
 *		case SESSION_INPUT:   session_send(s, ...); at its end, done;
 *		case SESSION_STANZA:  print ev.elem to session_output(s);
 *		case SESSION_SETTLED: all is acknowledged: ...
 *		}
 *	return session_end(s, r, EX_OK);
 *
 * SESSION_AHEAD comes where the server has proved itself before (client/login.h):
 * what is sent then goes with the last step of the login, and once more if it
 * was not taken so.  It is no promise that the login succeeds, so what has
 * effects elsewhere waits for SESSION_READY, and so does the end: input that
 * holds nothing to send leaves nothing unacknowledged, and is no success yet.
 *
 * Memory is bounded in every direction: while what was printed waits for its
 * reader, nothing more is read from the network; while what was sent waits for
 * the network or its acknowledgement, no input is read.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "session/stanza_ids.h"
#include "cli/netopt.h"
#include "jid/jid.h"
#include "xml/elem.h"

struct session;

struct session_config {
	const struct netopt *net;	/* borrowed until session_end() */
	bool hand_requests;		/* iq get and set are the caller's */
	size_t line_max;		/* longest input record; 0: max_stanza */
};

enum session_kind {
	SESSION_AHEAD,		/* a few may be sent, to be on the way early */
	SESSION_READY,		/* authenticated; once */
	SESSION_STANZA,		/* one came: elem, and session_number() */
	SESSION_PASSED,		/* an error that is too large: elem, its shell */
	SESSION_INPUT,		/* more input, or its end: session_input() */
	SESSION_SETTLED,	/* all that was sent is acknowledged now */
	SESSION_TIMER,		/* session_set_timer()'s moment has come */
	SESSION_CHILD,		/* a child of the program has ended: wait */
	SESSION_SIGNAL,		/* asked to stop: end */
	SESSION_CLOSED,		/* the server ended the stream in order: end */
	SESSION_BROKEN_PIPE	/* nobody reads the output any more: end */
};

struct session_event {
	enum session_kind kind;
	struct elem *elem;	/* until the next call */
};

/*
 * Put the account together, ask for the password, connect; login goes on in
 * session_next().  Ends the program with a message and its status where that
 * fails.  SIGINT, SIGTERM, SIGHUP and SIGCHLD become events, SIGPIPE is ignored
 * (a child that is to run something else wants signals_child()).
 */
struct session *session_open(const struct session_config *cf);

/*
 * Wait for the next event.  Returns 1, or an error of enum xerr: the
 * connection is lost, or login failed.
 */
int session_next(struct session *s, struct session_event *ev);

/*
 * Read input from FD, write output to FD; to be called once at most for each,
 * after session_open().  OURS: they are ours alone (pipes to a child), else
 * they are standard streams, and their flags are left alone.
 */
int session_read_from(struct session *s, int fd, bool ours);
int session_write_to(struct session *s, int fd, bool ours);

/* Input not yet taken, and whether it ends there. */
struct buf *session_input(struct session *s, bool *eof);

/* Where output is put; a put never fails for lack of room alone. */
struct buf *session_output(struct session *s);

/*
 * After the last output: its reader sees the end as soon as all is written, in
 * session_next() or session_next_local().
 */
void session_close_output(struct session *s);

/*
 * May a stanza be sent now?  If not, and when it may again, SESSION_INPUT comes
 * if input is read; SESSION_SETTLED comes in any case when all is acknowledged.
 */
bool session_may_send(const struct session *s);

/* Send E: 0, or an error as client_send() has them. */
int session_send(struct session *s, const struct elem *e);

/* Become available: <presence/>, sent as above. */
int session_send_presence(struct session *s);

/* Why E must not be sent, or NULL: client_check(). */
const char *session_check(struct session *s, const struct elem *e);

/* Stanzas sent and not acknowledged. */
size_t session_unacked(const struct session *s);

/* What was sent so far need not be acknowledged for the end to be good. */
void session_forget(struct session *s);

/* SESSION_TIMER in MS milliseconds, or never if MS is negative. */
void session_set_timer(struct session *s, int64_t ms);

/* While true, nothing more is let in from the server. */
void session_set_hold(struct session *s, bool hold);

/*
 * The number of the stanza that was given last.  A stanza is handled, and so
 * acknowledged to the server, when what was printed until then is written;
 * but while PENDING not the one of number FIRST and those after it: the caller
 * is at work on them.  What is not handled in the end goes back to the server.
 */
uint32_t session_number(const struct session *s);
void session_set_pending(struct session *s, bool pending, uint32_t first);

/*
 * Wait for a signal or a child only, while the output is written: what there is
 * to wait for when the connection is lost.  SESSION_CHILD or SESSION_SIGNAL.
 * Returns 1 or an error.
 */
int session_next_local(struct session *s, struct session_event *ev);

/* Our address; without the resource that the server gives, at first. */
const struct jid *session_jid(const struct session *s);

/* The source of ids for what the program sends. */
struct stanza_ids *session_ids(struct session *s);

/*
 * The end.  R >= 0: wait for all acknowledgements and the written output, and
 * close the stream politely, or, where something was received that is not
 * handled, end it so that the server delivers that again.  What went wrong, then or before (R < 0), is
 * printed, as is what was not acknowledged.  Returns STATUS if all went well,
 * else the status of the failure.  Frees S.  If a signal asked us to stop,
 * dies of that signal.
 */
int session_end(struct session *s, int r, int status);

#endif
