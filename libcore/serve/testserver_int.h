/* Between the two parts of the hub; see testserver.h for everybody else. */
#ifndef SERVE_TESTSERVER_INT_H
#define SERVE_TESTSERVER_INT_H

#include "serve/testserver.h"
#include "net/listen.h"
#include "sasl/verifier.h"
#include "server/router.h"
#include "server/server.h"

enum {
	TESTSERVER_SALT = 16,
	TESTSERVER_UNACKED = 64 << 20,	/* bytes that a client leaves so */
	TESTSERVER_LOG_HIGH = 256 << 10,	/* bytes in the log: clients wait */
	TESTSERVER_MS_CLOSE = 3000	/* to say good-bye */
};

struct conn;
struct tls_ctx;

struct testserver_account {
	const char *local, *password;
	struct verifier verifier;	/* instead, with config.store */
};

struct testclient {
	struct testserver *hub;
	struct conn *conn;
	struct server *server;	/* NULL until the first byte has come */
	struct router_session *session;
	unsigned char secret[SERVER_SECRET];
	bool bound;		/* the server knows what TLS tells of it */
	bool guest;		/* its account is its own */
	bool given_back;	/* what it has not acknowledged */
	unsigned number;	/* for people */
	struct tracefile *trace; /* NULL: none is written */
	struct testclient *next;	/* in the queue */
	bool queued;
	struct testclient *waits_for;	/* who has to read first */
	bool congested;		/* somebody waits for it */
	bool ending;		/* hang up when all is sent */
	bool gone;		/* to be removed */
	size_t unsent;		/* on the wire's queue, before poll() */
	int64_t deadline;	/* of login, reading or good-bye; -1: none */
};

struct testserver {
	struct testserver_config config;
	struct tls_ctx *tls;
	struct listener listener;
	bool listening;
	struct router *router;
	struct testserver_account *accounts;
	size_t naccounts;
	unsigned char salt[TESTSERVER_SALT];
	struct testclient **clients;
	struct pump_end **ends;	/* room for all clients, and TESTSERVER_MORE + 1 */
	size_t n, cap;
	unsigned serial;
	struct testclient *queue, **queue_end;	/* who has something to do */
	struct testclient *current;	/* whose stanza is being routed */
	bool slow;		/* one of the receivers is congested */
	struct buf log;
	bool log_full;		/* somebody waits for it */
	char now[32];		/* as XEP-0082 has it */
	int64_t seconds;	/* the same since 1970 */
	struct fast *fast;
};

/* It has something to do: testclient_work() follows. */
void testserver_enqueue(struct testserver *h, struct testclient *c);

void testserver_log_stanza(struct testserver *h, const struct elem *e);

/* When a client that keeps us waiting from now on has done so for too long. */
int64_t testserver_deadline(const struct testserver *h);

/* testclient_channel.c: TLS is on; what it tells goes to the server. */
int testclient_look_at_channel(struct testclient *c);

/* testclient.c: move what can be moved for one client. */
void testclient_work(struct testclient *c);

/* Hang up as soon as everything is sent. */
void testclient_end(struct testclient *c);

/* It is not let in, and goes at once: others want its place. */
void testclient_displace(struct testclient *c);

/* Its deadline has passed. */
void testclient_time_is_up(struct testclient *c);

/* Bytes that wait to be sent to it. */
size_t testclient_waiting(const struct testclient *c);

void testclient_free(struct testclient *c);

#endif
