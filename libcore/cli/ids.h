/*
 * Ids for stanzas: unique, not guessable, and recognized later without a list.
 *
 * An id is a number and a code made of it with a key that only this process
 * knows (HMAC-SHA-256), so nobody can make up one that ids_number() takes, and
 * the memory does not grow with the number of ids.
 */
#ifndef CLI_IDS_H
#define CLI_IDS_H

#include <stdint.h>

enum { IDS_KEY = 32, IDS_MAX = 48 };

struct ids {
	unsigned char key[IDS_KEY];
	uint64_t next;
};

/* Random bytes for a key; 0, or XERR_INTERNAL if there are none to be had. */
int ids_init(struct ids *s);

/* The next id, a string of letters and digits. */
int ids_make(struct ids *s, char id[IDS_MAX]);

/* The number, from 0, of an id of ours in *N: 0, or XERR_SYNTAX. */
int ids_number(const struct ids *s, const char *id, uint64_t *n);

#endif
