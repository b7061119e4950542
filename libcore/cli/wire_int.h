/*
 * What the parts of a wire share: wire.c moves the bytes, wire_login.c makes
 * the client and knows what is remembered for it.
 */
#ifndef CLI_WIRE_INT_H
#define CLI_WIRE_INT_H

#include "cli/remember.h"
#include "cli/route.h"
#include "cli/tracefile.h"
#include "cli/wire.h"
#include "net/conn.h"
#include "net/pump.h"
#include "net/tls.h"

enum { WIRE_NONCE = 33 };

struct wire {
	const struct account *account;
	const struct netopt *net;
	bool hand_requests;
	bool unlearnt;		/* nothing is sent ahead any more */
	bool in_vain;		/* because stanzas were not taken so */
	int64_t deadline;	/* of dialing */
	struct pump_end *signals;
	struct route *route;
	struct tls_ctx *ctx[2];	/* for STARTTLS and for direct TLS */
	bool direct;
	struct dial_target target;	/* until the next wire_dial() */
	struct conn *conn;
	struct tls *tls;	/* the connection's, NULL without */
	struct client *client;
	struct client_config cf;
	struct outbox left;	/* by a client that is gone, to be sent */
	struct remember *remember;
	struct tracefile *trace;	/* NULL: none is written */
	struct keylog *keys;
	char nonce[WIRE_NONCE], retry_nonce[WIRE_NONCE], id[WIRE_NONCE];
	char domain[JID_PART_MAX + 1];	/* in A-labels */
	bool secured;		/* the client knows of TLS */
	bool learnt;		/* its login is remembered */
	bool bye;		/* nothing more will be said */
	int64_t heard;
	const char *errmsg;
	char own[256];
};

/* A client for the connection; on failure WHY says more. */
int wire_make_client(struct wire *w, struct buf *why);

/* What is left of a connection that did not lead to a login. */
void wire_hang_up(struct wire *w);

#endif
