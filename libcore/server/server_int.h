/* Between the parts of the server side; see server.h for everybody else. */
#ifndef SERVER_SERVER_INT_H
#define SERVER_SERVER_INT_H

#include <stdint.h>

#include "base/arena.h"
#include "sasl/sasl_server.h"
#include "sasl/verifier.h"
#include "server/server.h"
#include "xmpp/outbox.h"
#include "xmpp/stream.h"

enum {
	SERVER_TOKEN = 32,	/* characters of an id or a nonce */
	SERVER_MECHANISMS = 16,
	SERVER_BINDINGS = 4,
	SERVER_SASL_MAX = 16384, /* bytes of one response in base64 */
	SERVER_UUID = 36
};

/* What <authenticate/> of SASL2 asks for, besides to be let in. */
struct server_request {
	char client[SERVER_UUID + 1];	/* the user agent's id, or "" */
	bool bind, enable, resume;
	bool fast, invalidate;		/* it shows a token */
	uint32_t count;			/* ... for the nth time; 0: unsaid */
	size_t shown;			/* which, once that is known */
	const char *token_for;		/* a mechanism, static, or NULL */
	const char *tag;		/* of the resource, or NULL */
	unsigned upgrades;		/* bits of server_upgrade.c */
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
	struct jid *addresses;	/* bare, of the client's certificate */
	size_t naddresses;
	bool guest;		/* made up: there is no account */
	const char *mechanism;
	unsigned failures;
	bool sasl2;		/* the exchange is, or the last one was */
	bool ignoring;		/* what is behind one that has failed */
	struct server_request request;
	struct arena kept;	/* its strings */
	struct buf extra;	/* what <success/> has to tell */
	const char *task;	/* that is being done, static, or NULL */
	bool told;		/* the client has what it needs for it */
	const char *upgraded;	/* the mechanism, static, or NULL */
	int64_t now;		/* seconds since 1970 */
	struct jid from;	/* of the header: a bare address, or empty */
	struct jid jid;
	struct arena scratch;	/* of what we send; or of the bind request */
	struct elem *bind;
	bool sm, asked;		/* <r/> is on its way */
	uint32_t in, out, acked;	/* modulo 2^32, as XEP-0198 counts */
	bool by_client;		/* the stream was closed, in order */
	struct outbox sent;	/* what is not acknowledged */
	struct buf rendered;	/* one of it */
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

/* The client has logged in: it may say more at a time. */
void server_let_in(struct server *s);

/* An error of ours, or of memory. */
int server_fail_with(struct server *s, int err);

/* A new element in s->scratch; and send one, which empties it. */
struct elem *server_make(struct server *s, const char *ns, const char *name);
int server_put(struct server *s, const struct elem *e);

/* The next thing made of the secret: unguessable, and never the same. */
void server_token(struct server *s, char out[SERVER_TOKEN + 1]);

/* A new stream on the same connection, with a new id. */
int server_restart(struct server *s, int (*how)(struct stream *));

/* server_sasl.c: for sasl_server.h; the features; the elements of SASL. */
int server_lookup(void *arg, const char *username, struct buf *password);
void server_add_sasl(struct server *s, struct elem *features);
int server_take_sasl(struct server *s, const struct elem *e,
    struct server_event *ev);

/*
 * Common to both profiles: may this one be offered at all, and to who says to
 * be s->from; the list of mechanisms; forget the last exchange; begin one, with
 * base64 or NULL; go on; give it up; add base64 to E.
 */
bool server_is_allowed(const struct server *s, const char *mechanism);
bool server_wants(const struct server *s, const char *mechanism);
void server_add_mechanisms(const struct server *s, struct elem *e);
void server_begin_sasl(struct server *s, bool sasl2);
int server_sasl_start(struct server *s, const char *mechanism,
    const char *text, struct server_event *ev);
int server_sasl_step(struct server *s, const char *text,
    struct server_event *ev);
int server_sasl_failed(struct server *s, const char *condition);
int server_add_data(struct elem *e, const struct buf *data);

/* server_external.c: make an account up, for one who is anonymous. */
int server_make_guest(struct server *s);

/*
 * server_sasl2.c: the feature; the elements; the end of the mechanism, and of
 * a task; the owner's verdict.
 */
void server_add_sasl2(struct server *s, struct elem *features);
int server_take_sasl2(struct server *s, const struct elem *e,
    struct server_event *ev);
int server_sasl2_done(struct server *s, const struct buf *data,
    struct server_event *ev);
int server_sasl2_go_on(struct server *s, struct server_event *ev);
int server_sasl2_accept(struct server *s);
int server_sasl2_refuse(struct server *s);

/* server_login.c: the features, STARTTLS, bind. */
int server_put_features(struct server *s);
int server_take_login(struct server *s, const struct elem *e,
    struct server_event *ev);
int server_take_resource(struct server *s, const struct elem *e,
    struct server_event *ev);

/* server_fast.c: for sasl_server.h; see there. */
int server_look_up_token(void *arg, const char *username,
    const char *mechanism, size_t i, struct buf *token);

/* The feature; what E asks for, as read_request() in server_sasl2.c. */
void server_add_fast(struct server *s, struct elem *in);
int server_read_fast(struct server *s, const struct elem *e);

/* The token was right: NULL, or the condition why that is not enough. */
const char *server_use_token(struct server *s);

/* What <success/> has to say of it: 0 or an error. */
int server_add_token(struct server *s, struct elem *success);

/* server_upgrade.c: for sasl_server.h; has who says to be s->from the keys? */
const struct scram_keys *server_look_up_keys(void *arg, const char *username,
    const char *mechanism);
bool server_keeps(const struct server *s, const char *mechanism);

/* The feature; what E asks for. */
void server_add_upgrades(struct server *s, struct elem *authentication);
void server_read_upgrades(struct server *s, const struct elem *e);

/*
 * Begin the next task, s->task: 1, 0 if there is none, an error; and take what
 * comes while it goes on.
 */
int server_begin_task(struct server *s);
int server_take_task(struct server *s, const struct elem *e,
    struct server_event *ev);

/* server_sm.c: decimal below 2^32, false if S is none or NULL. */
bool server_number(uint32_t *n, const char *s);

/* An element of XEP-0198; and the answer to one too early. */
int server_take_sm(struct server *s, const struct elem *e);
int server_sm_failed(struct server *s, const char *condition);

#endif
