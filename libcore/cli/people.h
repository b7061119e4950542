/*
 * The accounts of a throwaway server: their names, passwords and certificates,
 * and the account file by which clients find it.  Like all of cli it complains
 * and exits by itself.
 */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include <stddef.h>

#include "cli/papers.h"

enum {
	PEOPLE_MAX = 1000,
	PEOPLE_PASSWORD = 24	/* characters, random */
};

struct person {
	char *local;
	char password[PEOPLE_PASSWORD + 1];
	char *cert;		/* of its certificate and key; NULL: none */
};

struct people {
	struct person v[PEOPLE_MAX];
	size_t n;
};

/* One more, as option -u has it: what is no localpart is wrong usage. */
void people_add(struct people *p, const char *name);

/* A certificate for each, in a file of its own in the nest. */
void people_certify(struct people *p, const struct papers *papers);

/* Where they connect to. */
struct people_server {
	const char *domain;
	unsigned port;		/* of 127.0.0.1 */
	const char *ca;		/* path */
};

/* Write the account file: the first without a name, then all with theirs. */
void people_write(const struct people *p, const struct people_server *to,
    const char *path);

void people_release(struct people *p);

#endif
