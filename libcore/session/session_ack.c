/* Which stanzas are handled, and when the server is told so (XEP-0198). */
#include "net/pump.h"
#include "session/session_int.h"

enum {
	FIRST = 64,			/* stanzas that are given one by one */
	FIRST_MS = 5000,		/* for a reader to take one of them */
	LOOK_MS = 200,			/* whether a reader has gone on */
	HOLD_MS = 20000,		/* acknowledgements in a pause */
	TELL_MS = 5000			/* until one that was not asked for */
};

/* The number up to which the caller is done with what it was given. */
static uint32_t
done_with(const struct session *s)
{
	return s->pending ? s->first - 1 :
	    client_received(s->client) - (s->kept ? 1 : 0);
}

/*
 * A stanza is dealt with when what was printed of it is taken.  Under load the
 * output is never empty, so what it held at one moment is waited for, and then
 * at the next.  A reader that has left may have taken what it was given.
 */
void
session_confirm(struct session *s)
{
	do {
		if (!s->marked && s->out.wclosed)
			return;
		if (!s->marked) {
			s->marked = true;
			s->mark = done_with(s);
			s->mark_at = s->written + buf_len(&s->out.out);
		}
		if (s->written < s->mark_at + pump_unread(&s->out))
			return;
		client_confirm(s->client, s->mark);
		s->marked = false;
	} while (s->mark != done_with(s));
}

void
session_count_given(struct session *s)
{
	if (s->given > FIRST)
		return;
	s->given++;
	s->given_at = pump_now();
}

bool
session_is_read(const struct session *s)
{
	return buf_len(&s->out.out) == 0 && pump_unread(&s->out) == 0;
}

bool
session_awaits_reader(const struct session *s)
{
	if (!s->has_out || s->out.wclosed || s->given == 0 ||
	    s->given > FIRST)
		return false;
	return !session_is_read(s) && pump_now() < s->given_at + FIRST_MS;
}

/*
 * Before we wait: a server that has asked gets its answer now, though something
 * is not handled.  One that has not is told after a while.  So is one to which
 * we do not listen, again and again: it may have asked meanwhile, and ejabberd
 * hangs up after 60 seconds without an answer.  True if something was said.
 */
bool
session_acknowledge(struct session *s)
{
	bool held = session_is_held(s);
	int64_t now;

	if (client_owes_ack(s->client)) {
		client_acknowledge(s->client);
		s->untold_since = 0;
		return true;
	}
	if (!held && !client_has_untold(s->client)) {
		s->untold_since = 0;
		return false;
	}
	now = pump_now();
	if (s->untold_since == 0)
		s->untold_since = now;
	if (now - s->untold_since < (held ? HOLD_MS : TELL_MS))
		return false;
	s->untold_since = now;
	client_acknowledge(s->client);
	return client_has_sm(s->client);
}

/* When session_acknowledge() has something to do; -1 if not. */
int64_t
session_next_acknowledgement(const struct session *s)
{
	if (session_awaits_reader(s))
		return pump_now() + 1;
	/* nobody tells us that a reader reads */
	if (s->has_out && !s->out.wclosed && buf_len(&s->out.out) == 0 &&
	    (s->marked || s->last_output))
		return pump_deadline(s->last_output ? 1 : LOOK_MS);
	return s->untold_since == 0 ? -1 : s->untold_since +
	    (session_is_held(s) ? HOLD_MS : TELL_MS);
}
