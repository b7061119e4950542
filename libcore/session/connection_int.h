/*
 * What the parts of a wire share: connection.c moves the bytes, connection_login.c makes
 * the client and knows what is remembered for it.
 */
#ifndef SESSION_CONNECTION_INT_H
#define SESSION_CONNECTION_INT_H

#include "session/login_memory.h"
#include "session/servers.h"
#include "watch/tracefile.h"
#include "session/connection.h"
#include "net/conn.h"
#include "net/pump.h"
#include "net/tls.h"

enum { CONNECTION_NONCE = 33 };

struct connection {
	const struct account *account;
	const struct netopt *net;
	bool hand_requests;
	bool unlearnt;		/* nothing is sent ahead any more */
	bool in_vain;		/* because stanzas were not taken so */
	bool classic;		/* SASL2 is not used: the server was silent */
	int64_t deadline;	/* of dialing */
	struct pump_end *signals;
	struct servers *route;
	struct tls_ctx *ctx[2];	/* for STARTTLS and for direct TLS */
	bool direct;
	struct dial_target target;	/* until the next connection_dial() */
	struct conn *conn;
	struct tls *tls;	/* the connection's, NULL without */
	struct client *client;
	struct client_config cf;
	struct outbox left;	/* by a client that is gone, to be sent */
	struct login_memory *remember;
	struct tracefile *trace;	/* NULL: none is written */
	struct keylog *keys;
	char nonce[CONNECTION_NONCE], retry_nonce[CONNECTION_NONCE], id[CONNECTION_NONCE];
	char domain[JID_PART_MAX + 1];	/* in A-labels */
	bool secured;		/* the client knows of TLS */
	bool learnt;		/* its login is remembered */
	bool bye;		/* nothing more will be said */
	int64_t heard;
	uint64_t said;
	const char *errmsg;
	char own[256];
};

/* A client for the connection; on failure WHY says more. */
int connection_make_client(struct connection *w, struct buf *why);

/* What is left of a connection that did not lead to a login. */
void connection_hang_up(struct connection *w);

#endif
