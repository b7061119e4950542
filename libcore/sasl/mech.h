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
	/* Does C allow it and suffice for it? */
	bool (*usable)(const struct sasl_config *c);
	/* Make s->state from C; no network input has been seen. */
	int (*start)(struct sasl *s, const struct sasl_config *c);
	int (*initial)(struct sasl *s, struct buf *out);
	int (*challenge)(struct sasl *s, const void *data, size_t len,
	    struct buf *out);
	int (*success)(struct sasl *s, const void *data, size_t len);
	/* Wipe and free; STATE may be NULL. */
	void (*free)(void *state);
};

struct sasl {
	const struct sasl_mech *mech;
	void *state;		/* the mechanism's */
	enum { SASL_START, SASL_RUNNING, SASL_OVER } phase;
	int err;		/* sticky */
	char errmsg[128];
};

/* Remember what went wrong and return ERR. */
int sasl_fail(struct sasl *s, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

extern const struct sasl_mech sasl_plain;
extern const struct sasl_mech sasl_scram_sha_1;
extern const struct sasl_mech sasl_scram_sha_256;
extern const struct sasl_mech sasl_scram_sha_512;

#endif
