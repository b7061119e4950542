/*
 * Ids for stanzas that are made without a connection: unique and not
 * guessable, from the kernel's random numbers, so that a filter needs no
 * cryptographic library (ids.h, for sessions, does).
 */
#ifndef CLI_NEWID_H
#define CLI_NEWID_H

enum { NEWID_SIZE = 25 };	/* 24 letters and digits, 120 bits; a NUL */

/* 0, or XERR_INTERNAL if there are no random numbers. */
int newid(char id[NEWID_SIZE]);

#endif
