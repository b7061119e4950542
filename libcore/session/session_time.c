/* How long the session waits, and for what. */
#include <stdio.h>

#include "base/xerr.h"
#include "session/session_int.h"

enum {
	KEEPALIVE_MS = 60000,	/* silence after which we ask */
	AGAIN_MS = 1000,	/* until we ask again what has got no further */
	SHARES = 3		/* of the time left, one for a silent server */
};

/* Is there something that the server owes us? */
static bool
is_waiting(const struct session *s)
{
	return client_is_waiting(s->client) || !connection_drained(s->wire);
}

/*
 * Where there is another server to try, or another way with this one, a silent
 * one does not get it all.
 */
static int64_t
login_deadline(const struct session *s)
{
	int64_t all = s->started + s->timeout, heard = connection_heard(s->wire);

	return heard < all && (connection_has_another(s->wire) ||
	    connection_may_go_classic(s->wire)) ?
	    heard + (all - heard) / SHARES : all;
}

/*
 * We wait for an answer since it was asked for, or the last one came, or what
 * we say has moved; whatever else the server says is none.
 */
static void
note_progress(struct session *s)
{
	uint64_t progress = client_progress(s->client) +
	    connection_said(s->wire);

	if (s->waiting_since < 0 || progress != s->progress)
		s->waiting_since = s->probed = pump_now();
	s->progress = progress;
}

int64_t
session_deadline(struct session *s)
{
	int64_t end;

	if (s->timeout == 0)
		return -1;
	if (!s->online)
		return login_deadline(s);
	if (session_is_held(s) || !is_waiting(s)) {
		s->waiting_since = -1;
		return session_is_held(s) ? -1 :
		    connection_heard(s->wire) + KEEPALIVE_MS;
	}
	note_progress(s);
	end = s->waiting_since + s->timeout;
	return client_is_stuck(s->client) && s->probed + AGAIN_MS < end ?
	    s->probed + AGAIN_MS : end;
}

/* Ask whether it is there, or has got on; false if it had its time for that. */
static bool
probe(struct session *s)
{
	int64_t now = pump_now();

	if (!s->online || (is_waiting(s) &&
	    now >= s->waiting_since + s->timeout))
		return false;
	s->probed = now;
	client_probe(s->client);
	return true;
}

int
session_check_silence(struct session *s)
{
	int64_t deadline = session_deadline(s);
	int64_t ms = s->timeout;
	const char *what = "the server has not answered";
	char msg[128];

	if (deadline < 0 || pump_now() < deadline)
		return 0;
	if (probe(s))
		return 1;
	if (!s->online && deadline == s->started + s->timeout)
		what = "no login";
	else if (!s->online)
		ms = (deadline - connection_heard(s->wire) + 50) / 100 * 100;
	s->silent = true;
	snprintf(msg, sizeof(msg), "%s within %.4g seconds", what,
	    (double)ms / 1000);
	return session_fail(s, XERR_TEMP, msg);
}
