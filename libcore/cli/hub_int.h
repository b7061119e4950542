/* Between the two parts of the hub; see hub.h for everybody else. */
#ifndef CLI_HUB_INT_H
#define CLI_HUB_INT_H

#include "cli/hub.h"
#include "net/listen.h"
#include "sasl/verifier.h"
#include "xmpp/router.h"
#include "xmpp/server.h"

enum {
	HUB_SALT = 16,
	HUB_LOG_HIGH = 256 << 10,	/* bytes in the log: clients wait */
	HUB_MS_CLOSE = 3000	/* to say good-bye */
};

struct conn;
struct tls_ctx;

struct hub_account {
	const char *local, *password;
	struct verifier verifier;	/* instead, with config.store */
};

struct hub_client {
	struct hub *hub;
	struct conn *conn;
	struct server *server;	/* NULL until the first byte has come */
	struct router_session *session;
	unsigned char secret[SERVER_SECRET];
	bool bound;		/* the server knows what TLS tells of it */
	bool guest;		/* its account is its own */
	unsigned number;	/* for people */
	struct tracefile *trace; /* NULL: none is written */
	struct hub_client *next;	/* in the queue */
	bool queued;
	struct hub_client *waits_for;	/* who has to read first */
	bool congested;		/* somebody waits for it */
	bool ending;		/* hang up when all is sent */
	bool gone;		/* to be removed */
	size_t unsent;		/* on the wire's queue, before poll() */
	int64_t deadline;	/* of login, reading or good-bye; -1: none */
};

struct hub {
	struct hub_config config;
	struct tls_ctx *tls;
	struct listener listener;
	bool listening;
	struct router *router;
	struct hub_account *accounts;
	size_t naccounts;
	unsigned char salt[HUB_SALT];
	struct hub_client **clients;
	struct pump_end **ends;	/* room for all clients, and HUB_MORE + 1 */
	size_t n, cap;
	unsigned serial;
	struct hub_client *queue, **queue_end;	/* who has something to do */
	struct hub_client *current;	/* whose stanza is being routed */
	bool slow;		/* one of the receivers is congested */
	struct buf log;
	bool log_full;		/* somebody waits for it */
	char now[32];		/* as XEP-0082 has it */
	int64_t seconds;	/* the same since 1970 */
	struct fast *fast;
};

/* It has something to do: hub_work() follows. */
void hub_enqueue(struct hub *h, struct hub_client *c);

void hub_log_stanza(struct hub *h, const struct elem *e);

/* When a client that keeps us waiting from now on has done so for too long. */
int64_t hub_deadline(const struct hub *h);

/* hub_channel.c: TLS is on; what it tells goes to the server. */
int hub_look_at_channel(struct hub_client *c);

/* hub_client.c: move what can be moved for one client. */
void hub_work(struct hub_client *c);

/* Hang up as soon as everything is sent. */
void hub_end(struct hub_client *c);

/* Its deadline has passed. */
void hub_time_is_up(struct hub_client *c);

/* Bytes that wait to be sent to it. */
size_t hub_waiting(const struct hub_client *c);

void hub_free_client(struct hub_client *c);

#endif
