/*
 * Between state.c, the entries, state_text.c, the form they have in the file,
 * state_file.c, which reads and writes it, and state_lock.c, which sees to it
 * that nobody else does meanwhile.  See state.h for the rest of the world.
 */
#ifndef STATE_STATE_INT_H
#define STATE_STATE_INT_H

#include "state/state.h"

enum {
	STATE_FILE_MAX = 65536,

	/* s->dirty; a list is 1 << its number */
	STATE_DIRTY_STRONGEST = 1 << STATE_LISTS,
	STATE_DIRTY_FEATURES = 2 << STATE_LISTS,
	STATE_DIRTY_TOKEN = 4 << STATE_LISTS,	/* and the agent */
	STATE_DIRTY_TICKETS = 8 << STATE_LISTS,
	STATE_DIRTY_PROOF = 16 << STATE_LISTS,
	STATE_DIRTY_NO_TICKETS = 32 << STATE_LISTS,
	STATE_DIRTY_STEPS = 64 << STATE_LISTS
};

/* Nothing known, for JID; and to that state again. */
void state_init(struct state *s, const char *jid);
void state_clear(struct state *s);

/* Is it a name: printable ASCII without space, not too long? */
bool state_is_name(const char *name);

/* Put a ticket behind the others; silently not if there are enough. */
int state_put_ticket(struct state *s, const void *der, size_t len,
    int64_t expiry);

/* Take from OLD, what the file says now, all that S has not changed. */
int state_merge(struct state *s, struct state *old);

/* Append the text of S to OUT; its error. */
int state_format(const struct state *s, struct buf *out);

/*
 * Fill S, which is clear but for its jid, from the LEN bytes of TEXT, which is
 * cut to pieces.  XERR_SYNTAX if it is none of ours or for another address,
 * XERR_NOMEM.
 */
int state_parse(struct state *s, char *text, size_t len);

/*
 * Until state_unlock(), which takes what this returns, nobody else gets the
 * lock of DIR.  -1 if it is not to be had: within a second, or on this file
 * system.
 */
int state_lock(const char *dir);
void state_unlock(int lock);

#endif
