/*
 * The tokens of a server for FAST (XEP-0484), kept in memory: for each client
 * of each account the one in use and the one that is to follow it, as section 5
 * has it.  What time it is, and a token that cannot be guessed, are arguments.
 */
#ifndef SERVER_FAST_H
#define SERVER_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FAST_TOKEN_MAX = 64,	/* characters */
	FAST_CLIENTS = 4096	/* the one who was here longest ago goes */
};

struct fast;
struct fast_client;

/*
 * Tokens that expire LIFE seconds after they were made, and are due to be
 * replaced ROTATE seconds after that.  0 and *F, or XERR_NOMEM.
 */
int fast_new(struct fast **f, int64_t life, int64_t rotate);
void fast_free(struct fast *f);		/* wipes; NULL is fine */

/*
 * The client ID of ACCOUNT, both strings compared as they are; NULL if it has
 * no token.  Valid until the next fast_issue().
 */
struct fast_client *fast_client(struct fast *f, const char *account,
    const char *id);

/*
 * The Ith token (0, 1) for MECHANISM that C may have, whether it has expired or
 * not; NULL if there are no more.
 */
const char *fast_token(const struct fast_client *c, const char *mechanism,
    size_t i);

enum fast_verdict {
	FAST_GOOD,
	FAST_EXPIRED,
	FAST_REPLAYED		/* the count is not above the last one */
};

/*
 * C has proved to know its Ith token for MECHANISM, and said COUNT (0: none,
 * which is in order where there is no TLS 0-RTT data).  If it is good, all that
 * are older are forgotten.
 */
enum fast_verdict fast_use(struct fast_client *c, const char *mechanism,
    size_t i, int64_t now, uint32_t count);

/* Is the one that was used last due to be replaced? */
bool fast_is_due(const struct fast *f, const struct fast_client *c,
    int64_t now);

/* Forget all of C's. */
void fast_invalidate(struct fast_client *c);

/*
 * The next token of client ID of ACCOUNT, for MECHANISM, which is static; one
 * made before and not used yet is forgotten, the one in use is not.  0 and
 * *EXPIRY; XERR_NOMEM; XERR_LIMIT if TOKEN is too long.
 */
int fast_issue(struct fast *f, const char *account, const char *id,
    const char *mechanism, const char *token, int64_t now, int64_t *expiry);

#endif
