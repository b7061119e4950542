/*
 * Ids for stanzas: unique, not guessable, and recognized later without a list.
 *
 * An id is a number and a code made of it with a key that only this process
 * knows (HMAC-SHA-256), so nobody can make up one that stanza_ids_number() takes, and
 * the memory does not grow with the number of ids.
 */
#ifndef SESSION_STANZA_IDS_H
#define SESSION_STANZA_IDS_H

#include <stdint.h>

enum { STANZA_IDS_KEY = 32, STANZA_IDS_MAX = 48 };

struct stanza_ids {
	unsigned char key[STANZA_IDS_KEY];
	uint64_t next;
};

/* Random bytes for a key; 0, or XERR_INTERNAL if there are none to be had. */
int stanza_ids_init(struct stanza_ids *s);

/* The next id, a string of letters and digits. */
int stanza_ids_make(struct stanza_ids *s, char id[STANZA_IDS_MAX]);

/* The number, from 0, of an id of ours in *N: 0, or XERR_SYNTAX. */
int stanza_ids_number(const struct stanza_ids *s, const char *id, uint64_t *n);

#endif
