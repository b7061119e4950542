/*
 * What the parts of the session share: session.c runs it, session_ack.c knows
 * what is handled, session_time.c how long it may take, session_end.c ends it.
 */
#ifndef SESSION_SESSION_INT_H
#define SESSION_SESSION_INT_H

#include "account/account.h"
#include "cli/cli.h"
#include "session/session.h"
#include "session/connection.h"
#include "net/pump.h"
#include "client/client.h"

enum {
	SESSION_OUTPUT_HIGH = 64 * 1024,	/* then nothing is let in */
	PRESENCE_MAX = 4096		/* bytes of memory for one */
};

struct session {
	struct account account;
	struct connection *wire;
	struct client *client;	/* the wire's, NULL if it has none */
	struct pump_end in, out, signals;
	bool has_in, has_out;
	bool last_output;	/* its reader is to see the end */
	size_t line_max;
	struct stanza_ids ids;
	int64_t timeout;	/* ms, 0 for none */
	int64_t started;	/* of the login */
	int64_t waiting_since;	/* for an answer, without any; -1: for none */
	uint64_t progress;	/* what had been answered and sent then */
	int64_t probed;		/* when it was last asked again */
	bool tried_output;	/* what is printed is being written */
	unsigned given;		/* stanzas, as far as they are counted */
	int64_t given_at;	/* the last of them */
	int64_t untold_since;	/* something could be acknowledged; 0: no */
	int64_t timer;		/* -1 if not set */
	bool online;		/* logged in: authenticated, and bound */
	bool ready;		/* the caller may send */
	bool told_ready;	/* and knows that we were let in */
	bool fresh;		/* input that was not told of */
	bool blocked;		/* the caller could not send */
	bool pending;		/* the caller is not done with stanzas */
	uint32_t first;		/* from this number on */
	bool available;		/* and so sent what is addressed to us */
	bool closed;		/* the server has closed the stream */
	uint64_t written;	/* bytes of output */
	bool marked;		/* when as many as mark_at are written, */
	uint64_t mark_at;
	uint32_t mark;		/* that many stanzas are dealt with */
	bool hold;		/* the caller wants nothing more */
	bool kept;		/* a stanza waits for that to end: */
	struct session_event next;
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

/*
 * What was given and is handled by now, as far as the output is written and,
 * where that can be known, read.
 */
void session_confirm(struct session *s);

/* All output is written, and nothing of it known to be unread. */
bool session_is_read(const struct session *s);

/*
 * The first lines go to a reader one by one, each when it has taken the one
 * before: head(1), which reads what there is and leaves with a part of it, gets
 * no more than it asked for.  May the next stanza not be given yet?
 */
bool session_awaits_reader(const struct session *s);
void session_count_given(struct session *s);

/*
 * Before waiting: tell the server what is handled, if it has to know now; true
 * if something was said.  And when the next time is; -1 if there is none.
 */
bool session_acknowledge(struct session *s);
int64_t session_next_acknowledgement(const struct session *s);

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
