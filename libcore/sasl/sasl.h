/*
 * The client side of SASL (RFC 4422): one exchange of one mechanism, bytes in
 * and bytes out.  Base64 and the XML around it are the stream's business, the
 * nonce is the caller's.
 *
 *	sasl_choose()		of the mechanisms the server offers
 *	sasl_new()
 *	sasl_initial()		-> initial response, goes with <auth/>
 *	sasl_challenge()	<challenge/> -> <response/>, as often as it comes
 *	sasl_success()		<success/>: does it count?
 *	sasl_free()
 *
 * An error is final: each later call returns it again, and nothing may be
 * sent.  Only when sasl_success() has returned 0 has the server let us in
 * and, where the mechanism can tell (SCRAM and HT, not PLAIN, EXTERNAL and
 * ANONYMOUS), proved that it knows the password or token too.
 *
 * The mechanisms, strongest first:
 *
 *	HT-SHA-256-EXPR, -UNIQ, -ENDP, -NONE	a token of XEP-0484, and only
 *						the one it was given for
 *	EXTERNAL				a certificate; no secret passes
 *	SCRAM-SHA-512-PLUS, -256-PLUS, -1-PLUS	bound to the channel
 *	SCRAM-SHA-512, -256, -1
 *	PLAIN					only under TLS, and where no
 *						SCRAM is offered and allowed
 *	ANONYMOUS				only if that is what is wanted
 *
 * Binding counts more than the hash: against who sits in the middle with a
 * certificate that we trust it is the one protection there is, whereas HMAC and
 * PBKDF2 with SHA-1 are not broken.  Servers with -PLUS have it for each hash.
 */
#ifndef SASL_SASL_H
#define SASL_SASL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sasl/binding.h"

/*
 * What we are and what we allow.  Start from a zeroed struct: a member that is
 * zero means "not there".  Everything is borrowed until sasl_free().
 */
struct sasl_config {
	const char *username;	/* authentication identity, UTF-8 */
	/*
	 * Whom to act as, or NULL.  For EXTERNAL (RFC 6120 6.3.4): NULL if the
	 * certificate names one address, ours; else, if it names several or
	 * none, the bare JID.
	 */
	const char *authzid;
	const char *password;	/* UTF-8, no NUL; NULL: there is none */
	size_t password_len;
	const char *nonce;	/* random, printable ASCII without comma; 16
				   characters at least, 24 is usual */
	const char *only;	/* these mechanisms and no other: names with
				   commas between them; NULL: any */
	const char *at_least;	/* none that is weaker than this one, which
				   was seen before; see sasl_strength() */
	bool external_known;	/* EXTERNAL was offered before, too */
	bool tls;		/* the channel is encrypted */
	bool plain_ok;		/* PLAIN may be used, if it is encrypted */
	bool certificate;	/* TLS has presented ours: EXTERNAL */
	bool anonymous;		/* ANONYMOUS may be used */

	/* A token instead of the password, and the mechanism it is for. */
	const char *token;
	size_t token_len;
	const char *token_mechanism;

	/* What our channel can give, best first. */
	const struct sasl_binding *bindings;
	size_t nbindings;

	/*
	 * What the server has offered: all of its mechanisms in the protocol
	 * that is used (SASL2 or not), and the channel-binding types of
	 * XEP-0440.  NULL: not known, or, for the types, not said.  These make
	 * the flag "y" and XEP-0474 work; they must not be cut short.
	 */
	const char *const *offered;
	size_t noffered;
	const char *const *announced;
	size_t nannounced;
	bool sasl2;		/* XEP-0388 carries it, not RFC 6120 */
};

struct sasl;

/*
 * The strongest of the N mechanisms OFFERED that C allows, or NULL.  The name
 * is static.
 *
 * NULL with at_least set may not be NULL without it: then the server offers
 * less than it did.
 */
const char *sasl_choose(const struct sasl_config *c,
    const char *const *offered, size_t n);

/*
 * Of the N HT mechanisms OFFERED, the one to ask a token for: the best binding
 * that our channel has, -NONE if there is none.  NULL: nothing suits.  A login
 * by MECHANISM (or NULL), or one by c->at_least, that has proved the channel
 * leaves no place for -NONE: in the name of a token it would be the weaker one
 * that is refused without.
 */
const char *sasl_choose_token(const struct sasl_config *c,
    const char *mechanism, const char *const *offered, size_t n);

/*
 * How much MECHANISM protects the password, to be compared only with another
 * result: what is remembered of an account is the strongest that has worked.
 * 0 for what has no place in that order: HT-*, ANONYMOUS, an unknown one.
 * EXTERNAL counts as much as the weakest SCRAM, so that PLAIN is refused after
 * it (XEP-0474 section 7); but as it proves nothing of the server, somebody in
 * the middle need only say <success/>.  So where there is a password, and the
 * server has proved to know it, EXTERNAL is too weak unless external_known.
 */
int sasl_strength(const char *mechanism);

/*
 * What a server that lets us in by a mechanism has proved.  Each proves what is
 * before it, too.
 */
enum sasl_proof {
	SASL_PROVES_NOTHING,	/* PLAIN, EXTERNAL, ANONYMOUS */
	SASL_PROVES_SECRET,	/* that it knows the password or the token */
	SASL_PROVES_CHANNEL	/* and is itself the other end of the channel */
};

enum sasl_proof sasl_proof(const char *mechanism);

/* Is NAME one of the names in LIST, which have commas between them? */
bool sasl_is_listed(const char *name, const char *list);

/* The Ith mechanism there is, strongest first; NULL behind the last. */
const char *sasl_mechanism_name(size_t i);

/*
 * Begin an exchange of MECHANISM.  Returns 0 and *S, which the caller frees,
 * or XERR_CONFIG if the mechanism is unknown or C does not allow or suffice
 * for it (no password, no good nonce, no binding), XERR_NOMEM.
 */
int sasl_new(struct sasl **s, const char *mechanism,
    const struct sasl_config *c);

const char *sasl_mechanism(const struct sasl *s);

/* The type of the channel binding in use, as it was given; or NULL. */
const char *sasl_bound_by(const struct sasl *s);

/*
 * Append the initial response to OUT; once, and first.  XERR_CONFIG if the
 * password is not usable: empty, not UTF-8, with a NUL or, for SCRAM, with
 * characters that SASLprep forbids (see sasl/saslprep.h).  XERR_AUTH if the
 * server's offer has a hole that somebody may have made (XEP-0440 section 3).
 * XERR_INTERNAL if it is not the first call.  OUT holds the password for
 * PLAIN: wipe it.
 */
int sasl_initial(struct sasl *s, struct buf *out);

/*
 * The server's offer has come, behind what was sent on the strength of one that
 * was remembered: C's lists are what counts from here on.  XERR_AUTH if the
 * offer has a hole that somebody may have made.
 */
int sasl_set_offer(struct sasl *s, const struct sasl_config *c);

/*
 * Take the LEN bytes of a challenge and append the response, which may be
 * empty, to OUT.  XERR_PROTO if the challenge is not what the mechanism
 * prescribes, or one too many; XERR_AUTH if it shows that the server does not
 * know the password, has offered something else than has arrived (XEP-0474), or
 * asks for a work factor below 4096 (which would hand it a cheap hash of the
 * password) or above 1000000.
 */
int sasl_challenge(struct sasl *s, const void *data, size_t len,
    struct buf *out);

/*
 * Nothing more is to be said: what comes next, if all is well, is success.
 * Only known of mechanisms that prove something.
 */
bool sasl_has_said_all(const struct sasl *s);

/*
 * The server reports success, with LEN bytes of additional data.  Returns 0
 * only if the exchange is complete; XERR_PROTO if success comes too early,
 * XERR_AUTH if the server has not proved itself.
 */
int sasl_success(struct sasl *s, const void *data, size_t len);

/*
 * What went wrong, for people: one line, never NULL, no secret, nothing that
 * could upset a terminal.
 */
const char *sasl_errmsg(const struct sasl *s);

/* Wipe and free; NULL is fine. */
void sasl_free(struct sasl *s);

/*
 * Upgrades (XEP-0480): a server that has kept a weaker hash of the password
 * than it could use asks for a stronger one.
 *
 * Of the N TASKS that it offers ("UPGR-SCRAM-SHA-512"), the one to ask for
 * together with MECHANISM, static: the strongest that C allows.  NULL if none
 * leads to a stronger mechanism, or if MECHANISM is no SCRAM that is bound to
 * the channel: whoever gets hold of the hash can log in by it, so it is for
 * nobody in between (section 5), and for no server that has not proved itself.
 */
const char *sasl_choose_upgrade(const struct sasl_config *c,
    const char *mechanism, const char *const *tasks, size_t n);

/*
 * Append to HASH the SaltedPassword that TASK asks for (section 3).  Returns 0;
 * XERR_CONFIG for an unknown TASK or a password that cannot be used, XERR_PROTO
 * for a salt that is empty or too long, XERR_AUTH for ITERATIONS as
 * sasl_challenge(), XERR_NOMEM, XERR_INTERNAL.  HASH is for the caller to wipe.
 */
int sasl_upgrade(struct buf *hash, const char *task, const char *password,
    size_t password_len, const void *salt, size_t salt_len,
    unsigned iterations);

#endif
