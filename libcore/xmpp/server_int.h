/* Between the parts of the server side; see server.h for everybody else. */
#ifndef XMPP_SERVER_INT_H
#define XMPP_SERVER_INT_H

#include <stdint.h>

#include "base/arena.h"
#include "sasl/sasl_server.h"
#include "xmpp/server.h"
#include "xmpp/stream.h"

enum {
	SERVER_TOKEN = 32,	/* characters of an id or a nonce */
	SERVER_MECHANISMS = 16,
	SERVER_BINDINGS = 4
};

struct server {
	struct server_config config;
	struct stream *stream;
	enum server_phase {
		IN_HEADER,	/* the client's header is due */
		IN_LOGIN,		/* STARTTLS or SASL */
		IN_TLS,		/* server_secured() is due */
		IN_RESOURCE,	/* bind */
		IN_BINDING,	/* the owner's verdict is due */
		IN_BOUND,
		IN_CLOSING,	/* we have closed, the client has not */
		IN_OVER
	} phase;
	bool secure, authenticated;
	char id[SERVER_TOKEN + 1], nonce[SERVER_TOKEN + 1];
	unsigned tokens;	/* made so far */
	struct sasl_server *sasl;
	struct sasl_server_config sasl_config;
	struct sasl_binding bindings[SERVER_BINDINGS];
	unsigned char bound[SERVER_BINDINGS][SASL_BINDING_MAX];
	const char *offered[SERVER_MECHANISMS], *announced[SERVER_BINDINGS];
	const char *mechanism;
	unsigned failures;
	struct jid jid;
	struct arena scratch;	/* of what we send; or of the bind request */
	struct elem *bind;
	bool sm, asked;		/* <r/> is on its way */
	uint32_t in, out, acked;	/* modulo 2^32, as XEP-0198 counts */
	size_t spaces;		/* white space that ends what was fed */
	int err;
	char errmsg[160];
};

/*
 * The functions below return 0 to go on, 1 when they have filled in an event,
 * or the error, which is sticky.
 */

/* The client broke the rules: the stream ends with CONDITION. */
int server_fail(struct server *s, int err, const char *condition,
    const char *text);

/* An error of ours, or of memory. */
int server_fail_with(struct server *s, int err);

/* A new element in s->scratch; and send one, which empties it. */
struct elem *server_make(struct server *s, const char *ns, const char *name);
int server_put(struct server *s, const struct elem *e);

/* The next thing made of the secret: unguessable, and never the same. */
void server_token(struct server *s, char out[SERVER_TOKEN + 1]);

/* A new stream on the same connection, with a new id. */
int server_restart(struct server *s, int (*how)(struct stream *));

/* server_sasl.c: for sasl_server.h; the feature; its elements. */
int server_lookup(void *arg, const char *username, struct buf *password);
void server_add_sasl(struct server *s, struct elem *features);
int server_take_sasl(struct server *s, const struct elem *e);

/* server_login.c: the features, STARTTLS, bind. */
int server_put_features(struct server *s);
int server_take_login(struct server *s, const struct elem *e,
    struct server_event *ev);
int server_take_resource(struct server *s, const struct elem *e,
    struct server_event *ev);

/* server_sm.c: an element of XEP-0198; and the answer to one too early. */
int server_take_sm(struct server *s, const struct elem *e);
int server_sm_failed(struct server *s, const char *condition);

#endif
