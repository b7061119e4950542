/*
 * The accounts of a throwaway server: their names, passwords and certificates,
 * and the account file by which clients find it.  Like all of cli it complains
 * and exits by itself.
 */
#ifndef SERVE_TESTUSERS_H
#define SERVE_TESTUSERS_H

#include <stddef.h>

#include "serve/testca.h"

enum {
	TESTUSERS_MAX = 1000,
	TESTUSERS_PASSWORD = 24	/* characters, random */
};

struct person {
	char *local;
	char password[TESTUSERS_PASSWORD + 1];
	char *cert;		/* of its certificate and key; NULL: none */
};

struct testusers {
	struct person v[TESTUSERS_MAX];
	size_t n;
};

/* One more, as option -u has it: what is no localpart is wrong usage. */
void testusers_add(struct testusers *p, const char *name);

/* A certificate for each, in a file of its own in the nest. */
void testusers_certify(struct testusers *p, const struct testca *papers);

/* Where they connect to. */
struct testusers_server {
	const char *domain;
	unsigned port;		/* of 127.0.0.1 */
	const char *ca;		/* path */
};

/* Write the account file: the first without a name, then all with theirs. */
void testusers_write(const struct testusers *p, const struct testusers_server *to,
    const char *path);

void testusers_release(struct testusers *p);

#endif
