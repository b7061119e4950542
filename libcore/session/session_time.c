/* How long the session waits, and for what. */
#include <stdio.h>

#include "base/xerr.h"
#include "session/session_int.h"

enum {
	KEEPALIVE_MS = 60000,	/* silence after which we ask */
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

int64_t
session_deadline(struct session *s)
{
	int64_t from = connection_heard(s->wire);

	if (s->timeout == 0)
		return -1;
	if (!s->online)
		return login_deadline(s);
	if (session_is_held(s)) {
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

int
session_check_silence(struct session *s)
{
	int64_t deadline = session_deadline(s);
	int64_t ms = s->timeout;
	const char *what = "the server has not answered";
	char msg[128];

	if (deadline < 0 || pump_now() < deadline)
		return 0;
	if (s->online && !is_waiting(s)) {
		client_probe(s->client);
		return 1;
	}
	if (!s->online && deadline == s->started + s->timeout)
		what = "no login";
	else if (!s->online)
		ms = (deadline - connection_heard(s->wire) + 50) / 100 * 100;
	s->silent = true;
	snprintf(msg, sizeof(msg), "%s within %.4g seconds", what,
	    (double)ms / 1000);
	return session_fail(s, XERR_TEMP, msg);
}
