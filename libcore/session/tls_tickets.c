/* The TLS tickets of an account, from one run to the next. */
#include <time.h>

#include "state/state.h"
#include "session/tls_tickets.h"

enum { PAUSE = 3600 };		/* s without tickets after a refusal */

void
tls_tickets_offer(struct tls *t, const struct jid *jid)
{
	struct state s;
	struct buf der;
	int64_t now = time(NULL);

	buf_init(&der, STATE_TICKET_MAX);
	if (state_load(&s, jid) == 0)
		/* One that is for other settings goes, too: it fits no more. */
		while (state_claim_ticket(&s, now, &der) == 1) {
			if (tls_offer_session(t, buf_data(&der),
			    buf_len(&der), now))
				break;
			buf_wipe(&der);
		}
	state_release(&s);
	buf_wipe(&der);
}

/* What came of the one that was offered, and the new one. */
static void
keep(struct state *s, const struct tls *t, const struct buf *der,
    int64_t expiry)
{
	int64_t now = time(NULL);

	if (tls_refused(t))
		state_refuse_tickets(s, now + PAUSE);
	else if (buf_len(der) > 0 && state_wants_tickets(s, now))
		(void)state_add_ticket(s, buf_data(der), buf_len(der), expiry);
	state_save(s);
}

void
tls_tickets_keep(struct tls *t, const struct jid *jid)
{
	struct state s;
	struct buf der;
	int64_t expiry = 0;

	buf_init(&der, STATE_TICKET_MAX);
	if (tls_take_session(t, &der, &expiry) == 1 || tls_refused(t)) {
		if (state_load(&s, jid) == 0)
			keep(&s, t, &der, expiry);
		state_release(&s);
	}
	buf_wipe(&der);
}
