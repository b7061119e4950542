/* The TLS tickets of an account, from one run to the next. */
#include <time.h>

#include "cli/state.h"
#include "cli/ticket.h"

void
ticket_offer(struct tls *t, const struct jid *jid)
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

void
ticket_keep(struct tls *t, const struct jid *jid)
{
	struct state s;
	struct buf der;
	int64_t expiry;

	buf_init(&der, STATE_TICKET_MAX);
	if (tls_take_session(t, &der, &expiry) == 1) {
		if (state_load(&s, jid) == 0 && state_add_ticket(&s,
		    buf_data(&der), buf_len(&der), expiry) == 0)
			state_save(&s);
		state_release(&s);
	}
	buf_wipe(&der);
}
