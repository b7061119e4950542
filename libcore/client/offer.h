/*
 * What a server offers in its stream features (RFC 6120 4.3.2), as far as
 * getting in is concerned; read from the element, or remembered from an
 * earlier stream, so that what is sure to be offered need not be waited for.
 */
#ifndef CLIENT_OFFER_H
#define CLIENT_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "xml/elem.h"

enum offer_feature {
	OFFER_STARTTLS = 1,
	OFFER_BIND = 2,
	OFFER_SESSION = 4,	/* RFC 3921's, and not optional */
	OFFER_SM = 8,		/* XEP-0198 */
	OFFER_SASL2 = 16,	/* XEP-0388 */
	OFFER_BIND2 = 32,	/* XEP-0386 */
	OFFER_SM_INLINE = 64,	/* to be enabled with Bind 2 */
	OFFER_FAST = 128,	/* XEP-0484 */
	OFFER_BINDINGS = 256,	/* XEP-0440: types are what it said */
	OFFER_AFTER = 512	/* SESSION and SM are what it said after login */
};

enum { OFFER_NAMES = 48 };

/* Names in the order of the server; the strings are owned elsewhere. */
struct offer_names {
	const char *v[OFFER_NAMES];
	size_t n;
};

struct offer {
	unsigned has;			/* enum offer_feature */
	struct offer_names mechanisms;	/* of RFC 6120 */
	struct offer_names sasl2;
	struct offer_names fast;
	struct offer_names types;	/* of channel binding */
	struct offer_names upgrades;	/* XEP-0480: tasks */
};

/*
 * Read FEATURES into *O, with strings in arena A.  Returns 0, XERR_LIMIT if a
 * list has more than OFFER_NAMES names (it must not be cut short: XEP-0474
 * hashes all of it), or A's error.
 */
int offer_read(struct offer *o, struct arena *a, const struct elem *features);

/* Are the lists the same that count for authentication? */
bool offer_same(const struct offer *a, const struct offer *b);

bool offer_names_has(const struct offer_names *n, const char *name);

/* Append them to S of SIZE, with commas, for people; "none" if none. */
void offer_names_tell(const struct offer_names *n, char *s, size_t size);

#endif
