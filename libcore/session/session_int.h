/*
 * What the parts of the session share: session.c runs it, session_time.c knows
 * how long it may take, session_end.c ends it.
 */
#ifndef SESSION_SESSION_INT_H
#define SESSION_SESSION_INT_H

#include "account/account.h"
#include "cli/cli.h"
#include "session/session.h"
#include "session/connection.h"
#include "net/pump.h"
#include "client/client.h"

enum { SESSION_OUTPUT_HIGH = 64 * 1024 };	/* then nothing is let in */

struct session {
	struct account account;
	struct connection *wire;
	struct client *client;	/* the wire's, NULL if it has none */
	struct pump_end in, out, signals;
	bool has_in, has_out;
	size_t line_max;
	struct stanza_ids ids;
	int64_t timeout;	/* ms, 0 for none */
	int64_t started;	/* of the login */
	int64_t waiting_since;	/* for an answer; -1 if for none */
	int64_t timer;		/* -1 if not set */
	bool online;		/* logged in: authenticated, and bound */
	bool ready;		/* the caller may send */
	bool told_ready;	/* and knows that we were let in */
	bool fresh;		/* input that was not told of */
	bool blocked;		/* the caller could not send */
	bool unhandled;		/* the caller is not done with stanzas */
	bool closed;		/* the server has closed the stream */
	uint64_t written;	/* bytes of output */
	bool marked;		/* when as many as mark_at are written, */
	uint64_t mark_at;
	uint32_t mark;		/* that many stanzas are dealt with */
	bool hold;		/* the caller wants nothing more */
	bool told_pipe;
	bool silent;		/* that is how the server failed */
	int signal;
	int err;
	char errmsg[CLI_MESSAGE];
};

/* Fail with R and MSG, unless it has failed before; returns the error. */
int session_fail(struct session *s, int r, const char *msg);

/* What was printed waits for its reader: nothing more is let in. */
bool session_is_held(const struct session *s);

/*
 * The moment at which the server's silence ends the session, or at which we
 * ask whether it is there; -1 if neither will come.
 */
int64_t session_deadline(struct session *s);

/* That moment may have come: 1 if something was done, 0, or the error. */
int session_check_silence(struct session *s);

/* Poll, and count what is written of the output. */
int session_poll(struct session *s, struct pump_end *const *ends, size_t n,
    int64_t deadline);

/* A signal that has come as an event in *EV; whether there was one. */
bool session_take_signal(struct session *s, struct session_event *ev);

/*
 * What is pending (a stream error of ours, a closing tag) goes out, then our
 * end of TLS and TCP.
 */
void session_last_words(struct session *s);

#endif
