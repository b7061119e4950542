/*
 * One client of a proxy and its connection to the server: TLS is negotiated on
 * both legs by ourselves, then bytes go through as they are, and are shown.
 *
 * Each direction has a bounded queue; while its reader does not read, nothing
 * more is taken from its writer.
 */
#ifndef WATCH_RELAY_H
#define WATCH_RELAY_H

#include <stdbool.h>

#include "watch/dump.h"
#include "net/conn.h"
#include "net/pump.h"
#include "net/tls.h"

/* Bytes of an element that a client says before TLS (as SERVER_BEFORE_LOGIN). */
enum { RELAY_BEFORE_LOGIN = 10000 };

enum relay_tls { RELAY_STARTTLS, RELAY_DIRECT, RELAY_NONE };

/* Borrowed as long as there are relays. */
struct relay_config {
	const char *domain;	/* in normal form: of the stream headers */
	bool plain;		/* offer no TLS to clients */
	struct tls_ctx *to_client;
	struct dump_config dump;
	struct buf *out;	/* where the dump goes */
};

struct relay;

/*
 * A relay between the sockets CLIENT and SERVER, which belong to it from now
 * on, also when this fails, as does TO_SERVER, the TLS that HOW says how to
 * begin, NULL with RELAY_NONE.  LABEL is put before what is shown.  0 or an
 * error of enum xerr.
 */
int relay_new(struct relay **r, const struct relay_config *cf, int client,
    int server, enum relay_tls how, struct tls *to_server, const char *label);
void relay_free(struct relay *r);

/* The two ends to wait for. */
struct pump_end *relay_client(struct relay *r);
struct pump_end *relay_server(struct relay *r);

/* Move what can be moved; true if anything was. */
bool relay_step(struct relay *r);

/* Does what both sides say go through, TLS having begun? */
bool relay_is_ready(const struct relay *r);

/* Both sides are gone, or one has failed, which was reported. */
bool relay_is_done(const struct relay *r);

#endif
