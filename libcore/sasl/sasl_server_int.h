/*
 * What the parts of the server side share: sasl_server (what is common, and the
 * mechanisms of one message) and scram_server.  Nobody else includes this.
 */
#ifndef SASL_SASL_SERVER_INT_H
#define SASL_SASL_SERVER_INT_H

#include "sasl/sasl_server.h"
#include "sasl/scram.h"

enum { SASL_PASSWORD_MAX = 4096, SASL_SALT_MAX = 64 };

struct sasl_server_mech {
	const char *name;
	bool tls;			/* needs it */
	bool (*usable)(const struct sasl_server_config *c);
	int (*step)(struct sasl_server *s, const void *data, size_t len,
	    struct buf *out);
};

struct sasl_server {
	struct sasl_server_config config;
	const struct sasl_server_mech *mech;
	struct buf username, authzid;	/* ended by NUL */
	enum { WAIT_FIRST, WAIT_FINAL, OVER } at;
	bool asked;			/* for the initial response */
	size_t token;			/* HT: which */
	int err;

	/* SCRAM */
	const struct scram_hash *hash;	/* NULL: another mechanism */
	bool plus;
	struct buf nonce;		/* the client's and ours */
	struct buf auth;		/* AuthMessage so far */
	struct buf cbind;		/* the GS2 header and the binding */
	struct scram_keys keys;
};

/* Append the prepared password of s->username to OUT, which this makes. */
int sasl_server_look_up(struct sasl_server *s, struct buf *out);

/* Does C have what SCRAM needs? */
bool scram_server_usable(const struct sasl_server_config *c);
bool scram_server_plus_usable(const struct sasl_server_config *c);

/* sasl_server_step() of SCRAM. */
int scram_server_step(struct sasl_server *s, const void *data, size_t len,
    struct buf *out);

#endif
