/*
 * A client on its connection: what is received goes to the client, what the
 * client says goes out, and TLS begins when the client says so.
 */
#ifndef CLI_WIRE_H
#define CLI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/account.h"
#include "xmpp/client.h"

struct pump_end;
struct wire;

struct wire_config {
	const struct account *account;	/* borrowed until wire_free() */
	const struct netopt *net;
	bool hand_requests;		/* client_config's */
	int64_t deadline;		/* of all dialing; pump_now()'s */
	struct pump_end *signals;	/* one to stop ends dialing, too */
};

/*
 * A wire that knows where to look; and its connection to the next server that
 * can be reached, with ERR 0, or the error that ended the connection before
 * and its REASON in words.  TLS and login follow in wire_step().  On failure
 * what became of each server is appended to WHY, and there is none left to try.
 */
int wire_new(struct wire **w, const struct wire_config *cf, struct buf *why);
int wire_dial(struct wire *w, int err, const char *reason, struct buf *why);
void wire_free(struct wire *w);

/*
 * Whether another server may be tried after an error before the login is done:
 * this one has seen nothing of our account, or said nothing to what it has seen
 * of it, which was no stanza, or sends us elsewhere itself.
 */
bool wire_may_move(const struct wire *w);

/* And there is one, as far as is known. */
bool wire_has_another(const struct wire *w);

/*
 * May the login have failed, by ERR and for this REASON, because of what was
 * remembered, or sent ahead?  Then the same server is dialed again, with ERR 0,
 * after wire_unlearn().  The next client has what this one could not deliver.
 */
bool wire_was_misled(const struct wire *w);
void wire_unlearn(struct wire *w, int err, const char *reason);

/*
 * It has failed by ERR, with no other try.  If it may have done so because of
 * what was sent ahead of the login, that is remembered, for some time.
 */
void wire_give_up(struct wire *w, int err);

/*
 * As client_unacked(), and how many they are in *N; of the last client, if
 * there is none.
 */
const struct outbox_item *wire_unacked(const struct wire *w, size_t *n);

/* It does not matter whether they are acknowledged, as client_forget(). */
void wire_forget(struct wire *w);

/*
 * Of the connection in use; another one after wire_dial(), NULL if that has
 * failed.
 */
struct client *wire_client(struct wire *w);

/* What pump_poll() waits for. */
struct pump_end *wire_end(struct wire *w);

/* What becomes of bytes that were received. */
enum wire_in {
	WIRE_TAKE,		/* the client gets them */
	WIRE_HOLD,		/* they wait */
	WIRE_DROP		/* nobody is interested any more */
};

/*
 * Move bytes as far as they go.  Returns 1 if anything moved, 0 if it is
 * pump_poll()'s turn, or the error, final.
 */
int wire_step(struct wire *w, enum wire_in in);

/* Begin TLS, as the client's event CLIENT_TLS demands. */
int wire_start_tls(struct wire *w);

/* The login has succeeded: keep what it has taught for the next one. */
void wire_learn(struct wire *w);

/* When something was last received, pump_now()'s. */
int64_t wire_heard(const struct wire *w);

/* The server has hung up, and all that came before was taken. */
bool wire_eof(const struct wire *w);

/* All we have said is on its way. */
bool wire_drained(const struct wire *w);

/*
 * Say no more: what is pending goes out, then close_notify, and our direction
 * is closed.
 */
void wire_shutdown(struct wire *w);

/* The sentence for an error of ours, or of the client's. */
const char *wire_errmsg(const struct wire *w);

#endif
