/*
 * Between sasl.c and the mechanisms of the client side: what a mechanism is.
 * A new one is a struct sasl_mech, named in the table of sasl.c.
 *
 * sasl.c has checked the order of the calls: initial comes first and once,
 * nothing comes after an error or a success.
 */
#ifndef SASL_MECH_H
#define SASL_MECH_H

#include "sasl/sasl.h"

struct sasl_mech {
	const char *name;
	int strength;		/* sasl_strength() */
	enum sasl_proof proof;	/* sasl_proof() */
	/* Does C allow M and suffice for it? */
	bool (*usable)(const struct sasl_mech *m, const struct sasl_config *c);
	/* Make s->state from C; no network input has been seen. */
	int (*start)(struct sasl *s, const struct sasl_config *c);
	int (*initial)(struct sasl *s, struct buf *out);
	/* NULL: the offer does not matter. */
	int (*offer)(struct sasl *s, const struct sasl_config *c);
	/* NULL: it has none, and any is an error. */
	int (*challenge)(struct sasl *s, const void *data, size_t len,
	    struct buf *out);
	/* NULL: it has no data with it, and any is an error. */
	int (*success)(struct sasl *s, const void *data, size_t len);
	/* Wipe and free; STATE may be NULL. */
	void (*free)(void *state);
};

struct sasl {
	const struct sasl_mech *mech;
	void *state;		/* the mechanism's */
	const char *binding;	/* the type it is bound by, or NULL */
	enum { SASL_START, SASL_RUNNING, SASL_OVER } phase;
	bool said_all;		/* sasl_has_said_all() */
	int err;		/* sticky */
	char errmsg[192];
};

/* Remember what went wrong and return ERR. */
int sasl_fail(struct sasl *s, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

extern const struct sasl_mech sasl_ht_none, sasl_ht_endp, sasl_ht_uniq,
    sasl_ht_expr;
extern const struct sasl_mech sasl_external;
extern const struct sasl_mech sasl_scram_sha_1, sasl_scram_sha_1_plus;
extern const struct sasl_mech sasl_scram_sha_256, sasl_scram_sha_256_plus;
extern const struct sasl_mech sasl_scram_sha_512, sasl_scram_sha_512_plus;
extern const struct sasl_mech sasl_plain;
extern const struct sasl_mech sasl_anonymous;

#endif
