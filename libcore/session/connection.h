/*
 * A client on its connection: what is received goes to the client, what the
 * client says goes out, and TLS begins when the client says so.
 */
#ifndef SESSION_CONNECTION_H
#define SESSION_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account/account.h"
#include "client/client.h"

struct pump_end;
struct connection;

struct connection_config {
	const struct account *account;	/* borrowed until connection_free() */
	const struct netopt *net;
	bool hand_requests;		/* client_config's */
	int64_t deadline;		/* of all dialing; pump_now()'s */
	struct pump_end *signals;	/* one to stop ends dialing, too */
};

/*
 * A wire that knows where to look; and its connection to the next server that
 * can be reached, with ERR 0, or the error that ended the connection before
 * and its REASON in words.  TLS and login follow in connection_step().  On failure
 * what became of each server is appended to WHY, and there is none left to try.
 */
int connection_new(struct connection **w, const struct connection_config *cf, struct buf *why);
int connection_dial(struct connection *w, int err, const char *reason, struct buf *why);
void connection_free(struct connection *w);

/*
 * Whether another server may be tried after an error before the login is done:
 * this one has seen nothing of our account, or said nothing to what it has seen
 * of it, which was no stanza, or sends us elsewhere itself.
 */
bool connection_may_move(const struct connection *w);

/* And there is one, as far as is known. */
bool connection_has_another(const struct connection *w);

/*
 * May the login have failed, by ERR and for this REASON, because of what was
 * remembered, or sent ahead?  Then the same server is dialed again, with ERR 0,
 * after connection_unlearn().  The next client has what this one could not deliver.
 */
bool connection_was_misled(const struct connection *w);
void connection_unlearn(struct connection *w, int err, const char *reason);

/*
 * The server is amid SASL2, and nothing but the login was sent to it.  If it
 * falls silent there, connection_unlearn() makes the next login a classic one.
 */
bool connection_may_go_classic(const struct connection *w);

/*
 * It has failed by ERR, with no other try.  If it may have done so because of
 * what was sent ahead of the login, that is remembered, for some time.
 */
void connection_give_up(struct connection *w, int err);

/*
 * As client_unacked(), and how many they are in *N; of the last client, if
 * there is none.
 */
const struct outbox_item *connection_unacked(const struct connection *w, size_t *n);

/* It does not matter whether they are acknowledged, as client_forget(). */
void connection_forget(struct connection *w);

/*
 * Of the connection in use; another one after connection_dial(), NULL if that has
 * failed.
 */
struct client *connection_client(struct connection *w);

/* What pump_poll() waits for. */
struct pump_end *connection_end(struct connection *w);

/* What becomes of bytes that were received. */
enum connection_in {
	CONNECTION_TAKE,		/* the client gets them */
	CONNECTION_HOLD,		/* they wait */
	CONNECTION_DROP		/* nobody is interested any more */
};

/*
 * Move bytes as far as they go.  Returns 1 if anything moved, 0 if it is
 * pump_poll()'s turn, or the error, final.
 */
int connection_step(struct connection *w, enum connection_in in);

/* Begin TLS, as the client's event CLIENT_TLS demands. */
int connection_start_tls(struct connection *w);

/* The login has succeeded: keep what it has taught for the next one. */
void connection_learn(struct connection *w);

/* When something was last received, pump_now()'s; and bytes sent so far. */
int64_t connection_heard(const struct connection *w);
uint64_t connection_said(const struct connection *w);

/* The server has hung up, and all that came before was taken. */
bool connection_eof(const struct connection *w);

/* All we have said is on its way. */
bool connection_drained(const struct connection *w);

/*
 * Say no more: what is pending goes out, then close_notify, and our direction
 * is closed.
 */
void connection_shutdown(struct connection *w);

/* The sentence for an error of ours, or of the client's. */
const char *connection_errmsg(const struct connection *w);

#endif
