/*
 * What the parts of the resolver share: resolve (names, SRV), resolve_secure
 * (what DNSSEC vouches for) and resolve_tlsa.  Nobody else includes this.
 */
#ifndef NET_RESOLVE_INT_H
#define NET_RESOLVE_INT_H

#include <sys/select.h>

#include <ares.h>

#include "net/resolve.h"

struct resolver {
	ares_channel ares;
	bool trusted;
};

/* What a status of c-ares is as an error, and in words. */
int resolve_error(int status);
const char *resolve_words(int status);

/* See resolver_is_trusted(); SYSTEM: the servers are those of resolv.conf. */
bool resolve_find_trust(ares_channel ares, bool system);

bool resolve_has_one_server(ares_channel ares);

/*
 * Ask for the records of TYPE of NAME, and for the AD bit (RFC 6840 5.7) where
 * it is to be believed.  CALLBACK gets whatever answer there is.
 */
void resolve_ask(struct resolver *r, const char *name, int type,
    ares_callback callback, void *arg);

/*
 * Whether an answer has the AD bit, and that is to be believed: who can forge
 * an answer sets it unasked, too.
 */
bool resolve_is_authentic(const struct resolver *r,
    const unsigned char *answer, int len);

/* The status of an answer. */
int resolve_rcode(const unsigned char *answer, int len);

/*
 * Take from an ANSWER that has at least a header: the TLSA records, which point
 * into it, with what is to be Q's err; or what the name asked for is an alias
 * of at last, if anything (aliases come in their order).
 */
int resolve_take_tlsa(struct tlsa_query *q, const unsigned char *answer,
    size_t len);
void resolve_take_alias(struct tlsa_query *q, const unsigned char *answer,
    size_t len);

#endif
