/*
 * Random names from the kernel's random numbers, so that a filter needs no
 * cryptographic library: ids for stanzas that are made without a connection
 * (stanza_ids.h has those of a session), nonces, passwords of a throwaway server.
 */
#ifndef CLI_RANDOM_ID_H
#define CLI_RANDOM_ID_H

#include <stddef.h>

enum {
	RANDOM_ID_SIZE = 25,	/* 24 letters and digits, 120 bits; a NUL */
	RANDOM_ID_MAX = 256		/* the longest name there is, with its NUL */
};

/* 0, or XERR_INTERNAL if there are no random numbers. */
int random_id(char id[RANDOM_ID_SIZE]);

/* The same for SIZE - 1 letters and digits, 5 bits each, and a NUL. */
int random_id_of_size(char *id, size_t size);

#endif
