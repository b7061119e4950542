/*
 * A server on loopback: its listener, a connection and a stream for each of
 * its clients, and the router between them.  It is what session.h is for the
 * other side.
 *
 *	testserver_new(), testserver_add_account() ...
 *	while (testserver_poll() >= 0)
 *		take testserver_log(), testserver_inject() ...
 *	testserver_close(), testserver_poll() until !testserver_clients()
 *	testserver_free()
 *
 * Memory is bounded: whoever sends to a client that does not read is not read
 * from either, until that client has read, or is dropped because it does not
 * read at all.
 */
#ifndef SERVE_TESTSERVER_H
#define SERVE_TESTSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/pump.h"
#include "xml/elem.h"

/* Strings are borrowed until testserver_free(). */
struct testserver_config {
	const char *domain;	/* in its normal form */
	unsigned port;		/* 0: a free one */
	const char *cert_pem, *key_pem;	/* used by testserver_new() only, */
	const char *client_ca_pem;	/* as these: of tls_config */
	bool no_tls_1_3;
	const char *const *mechanisms;	/* of server_config */
	const char *const *bindings;	/* these types of channel binding only,
				   ended by NULL; NULL: all there are */
	bool plaintext_ok, no_sm, no_sasl2, anonymous;	/* of server_config */
	/*
	 * Keep no passwords, but what this SCRAM needs, such as "SCRAM-SHA-1",
	 * and let clients upgrade that (XEP-0480); or NULL.
	 */
	const char *store;
	unsigned token_life;	/* seconds, half of them until the next; 0: no
				   FAST */
	size_t max_stanza;	/* bytes; 0: 1 MiB */
	int timeout_ms;		/* to log in, and to read something while
				   others wait for it; 0: no limit */
	/*
	 * What a client has not acknowledged is given back when its stream
	 * ends; with this only if it was cut, not if it was closed in order.
	 */
	bool close_takes_all;
	bool log;		/* keep what is routed in testserver_log() */
	const char *trace;	/* a trace of each client, in this file with
				   its number behind; or NULL */
	bool trace_secrets;	/* with passwords in it */
};

struct testserver;

/*
 * A server that listens.  On failure the reason is appended to WHY: XERR_SYS,
 * XERR_CONFIG, XERR_NOMEM, XERR_INTERNAL.
 */
int testserver_new(struct testserver **h, const struct testserver_config *config, struct buf *why);
void testserver_free(struct testserver *h);

unsigned testserver_port(const struct testserver *h);

/*
 * Add an account of a localpart in its normal form; both are borrowed.
 * XERR_SYNTAX if it is there already; XERR_CONFIG if the password is none for
 * what is to be stored, XERR_NOMEM, XERR_INTERNAL.
 */
int testserver_add_account(struct testserver *h, const char *local, const char *password);

/*
 * Wait until something happens, here or on one of the N ends at MORE, or until
 * DEADLINE (of pump.h), and deal with what happened here.  N is at most
 * TESTSERVER_MORE.  Returns 0; XERR_NOMEM or XERR_SYS if poll() itself fails.
 */
enum { TESTSERVER_MORE = 8 };
int testserver_poll(struct testserver *h, struct pump_end *const *more, size_t n,
    int64_t deadline);

/*
 * The stanzas that came from clients, with their "from", a line each; to be
 * consumed by the owner.  While there is much, no client is read from.
 */
struct buf *testserver_log(struct testserver *h);

/*
 * Route a stanza that came from no client.  Returns as router_inject(); if
 * testserver_is_congested() it should wait.  Answers that no client gets are logged.
 */
int testserver_inject(struct testserver *h, struct elem *e);
bool testserver_is_congested(const struct testserver *h);

/* Accept no more clients, and close all streams with <system-shutdown/>. */
void testserver_close(struct testserver *h);

/* How many connections there are. */
size_t testserver_clients(const struct testserver *h);

#endif
