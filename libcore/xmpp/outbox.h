/*
 * Stanzas that were sent and not yet acknowledged, in the order they were
 * sent, with the counting of stream management (XEP-0198 section 4).
 */
#ifndef XMPP_OUTBOX_H
#define XMPP_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "xml/elem.h"

struct outbox_item {
	struct outbox_item *next;
	const char *kind, *id, *to;	/* for people; each may be NULL */
	size_t len;
	const unsigned char *bytes;	/* as they were sent */
};

struct outbox {
	struct outbox_item *first, *last;
	size_t count, bytes;
	size_t own;			/* of them not our owner's */
	uint32_t h;			/* acknowledged so far, modulo 2^32 */
};

void outbox_init(struct outbox *o);
void outbox_release(struct outbox *o);

/* Keep stanza E, whose LEN bytes at DATA were sent.  0 or XERR_NOMEM. */
int outbox_add(struct outbox *o, const struct elem *e, const void *data,
    size_t len);

/*
 * Count a stanza that is nobody's loss, and not to be sent again: its kind is
 * NULL.  0 or XERR_NOMEM.
 */
int outbox_add_own(struct outbox *o);

/* Take all of FROM but such to the end of O. */
void outbox_move(struct outbox *o, struct outbox *from);

/*
 * The peer says that it has handled H stanzas in all.  Returns how many that
 * are more than before, and forgets them; XERR_PROTO if it claims more than
 * were sent.
 */
long outbox_ack(struct outbox *o, uint32_t h);

/* Nobody would miss what it holds: it counts as outbox_add_own() has it. */
void outbox_disown(struct outbox *o);

/* Forget the first N, which something else has acknowledged. */
void outbox_drop(struct outbox *o, size_t n);

#endif
