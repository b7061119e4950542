/*
 * TLS through OpenSSL, both sides, without a socket: ciphertext is fed in and
 * lent out, plaintext moves between two queues of the owner's.
 *
 * TLS 1.2 or newer, suites with forward secrecy and AEAD only (RFC 7590, RFC
 * 9325), no compression, no renegotiation.  A client always verifies the
 * server's certificate, for the name it was given and nothing else (RFC 6125,
 * RFC 6120 13.7.1.2): dNSName with at most a whole left-most label as wildcard,
 * SRV-ID (id-on-dnsSRV, "_xmpp-client.DOMAIN"), XmppAddr, or iPAddress; never
 * the common name.  Keys and signatures have to be worth 112 bits (OpenSSL's
 * security level 2).
 *
 * The end of the bytes without the peer's close_notify is a truncation, which
 * is told apart from the end of the stream.  OpenSSL's configuration file and
 * its environment variables have no say.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { TLS_KEY = 32 };		/* bytes of a key's hash */

struct tls_ctx;
struct tls;
struct tlsa;

struct tls_config {
	bool server;
	const char *ca_file;	/* client: PEM; NULL: what the system trusts, */
	const char *system_dir;	/* in here, hashed, or in several with ':'
				   between; NULL: OpenSSL's own */
	const char *system_file;	/* and in here, PEM, borrowed */
	const char *cert_file;	/* our chain, PEM, with its key; or NULL */
	const char *key_file;
	const char *cert_pem;	/* the same as strings; they come first */
	const char *key_pem;
	/*
	 * Client: of a key in the verified chain, "sha256//BASE64" each, white
	 * space, ',' or ';' between; beside a trusted chain, not instead of
	 * it.  NULL: any.
	 */
	const char *pins;
	const char *crl_file;	/* client: revocation lists, PEM; or NULL */
	/*
	 * Server: clients are asked for a certificate by this authority, PEM;
	 * one who shows none that is good is served all the same.  NULL: they
	 * are not asked.
	 */
	const char *client_ca_pem;
	bool no_tls_1_3;	/* nothing newer than TLS 1.2 */
	bool tickets;		/* client: take them; server: give one */
	const char *alpn;	/* one protocol, "xmpp-client", or NULL */
	/* Told the keys, in NSS's format, a line each; NULL: they are kept. */
	void (*key_log)(void *arg, const char *line);
	void *key_log_arg;
};

/*
 * Set OpenSSL up without its configuration file, and without taking it down
 * when the process ends, which its memory does anyway; returns 0 or XERR_NOMEM.
 * To be called before anything else touches OpenSSL, random numbers included;
 * tls_ctx_new() and cert_ca_new() do it as well.
 */
int tls_init(void);

/*
 * What connections have in common: the authorities trusted, our certificate.
 * The system's authorities are read from its hashed directory as they are
 * needed, and from its bundle if there is none or somebody is not there.
 * Returns 0, XERR_NOMEM, or XERR_CONFIG with the reason appended to WHY: a file
 * is missing, unreadable or no PEM, a key does not fit its certificate, a pin
 * is none.
 */
int tls_ctx_new(struct tls_ctx **ctx, const struct tls_config *cf,
    struct buf *why);
void tls_ctx_free(struct tls_ctx *ctx);

/* Would tls_config take these pins?  0, or XERR_CONFIG and WHY. */
int tls_check_pins(const char *list, struct buf *why);

/*
 * One connection.  For a client, DOMAIN is what the certificate must name and
 * what is asked for by SNI: a host name in A-labels, or an IP address, which
 * gets no SNI.  For a server it is NULL.  CTX must outlive the connection.
 * Returns 0, XERR_NOMEM, or XERR_CONFIG if DOMAIN is neither.
 */
int tls_new(struct tls **t, struct tls_ctx *ctx, const char *domain);
void tls_free(struct tls *t);

/*
 * DOMAIN in U-labels, which an XmppAddr may have instead; to be said before
 * the first step, by a client.  Returns 0 or XERR_NOMEM.
 */
int tls_set_unicode(struct tls *t, const char *domain);

/*
 * Have the certificate judged by N TLSA records of HOST, the SRV target
 * (RFC 7671, RFC 7673); to be said by a client before anything else of this
 * connection.  The records must be authentic.  If one is usable, one has to
 * match, and no authority of ours is needed where it says so; the name may
 * then be HOST, too, or does not matter where the record has the server's own
 * key.  Returns how many are usable, with none of which all is as before, or
 * XERR_NOMEM.
 */
int tls_set_tlsa(struct tls *t, const char *host, const struct tlsa *list,
    size_t n);
bool tls_by_dane(const struct tls *t);

/*
 * Former sessions (TLS 1.3), so that a handshake needs no certificates.
 *
 * tls_offer_session(), before the first step, offers the one of LEN bytes at
 * DER, if it is good at NOW (seconds of time(2)): for this domain, verified by
 * the settings of this context (the contents of its files, its pins) at most a
 * day ago, its certificate still valid.  Returns whether it is offered; the
 * server may take it or not, and if not is verified as ever.  Who offers a
 * session twice can be recognized by it (RFC 8446 C.4).  tls_refused() tells
 * after the handshake that one was offered and not taken.
 *
 * tls_take_session() appends the newest that was given to this connection to
 * DER, for the caller to wipe, and stores until when it may be offered.
 * Returns 1, 0 if there is no new one, or DER's error.
 */
int tls_offer_session(struct tls *t, const void *der, size_t len, int64_t now);
int tls_take_session(struct tls *t, struct buf *der, int64_t *expiry);
bool tls_resumed(const struct tls *t);
bool tls_refused(const struct tls *t);

/*
 * Take ciphertext: returns how much of it was taken, which is less than LEN,
 * or 0, when the plaintext must be taken first; or XERR_NOMEM.
 */
ssize_t tls_feed(struct tls *t, const void *data, size_t len);

/* Say that no more ciphertext comes. */
void tls_feed_eof(struct tls *t);

/*
 * Do what can be done now: shake hands, append plaintext to IN as far as there
 * is room, consume plaintext from OUT.  To be called after each feed, and when
 * IN was emptied or OUT filled.
 *
 * Returns 1 if plaintext moved or the handshake finished, 0 if not, or the
 * error, which is final:
 *	XERR_TLS	no TLS, none we accept, or a certificate not trusted
 *	XERR_TEMP	the peer left during the handshake
 *	XERR_PROTO	what came after the handshake is broken
 *	XERR_NOMEM
 * An alert for the peer may be pending then.  Truncation is no error here: see
 * tls_truncated().
 */
int tls_step(struct tls *t, struct buf *in, struct buf *out);

/* Lend the ciphertext to be sent, until the next call; and drop N of it. */
size_t tls_pending(const struct tls *t, const void **data);
void tls_sent(struct tls *t, size_t n);

bool tls_established(const struct tls *t);

/* The peer has sent its close_notify, and all before it was given out. */
bool tls_closed(const struct tls *t);

/* The bytes ended without it, and all before was given out. */
bool tls_truncated(const struct tls *t);

/*
 * Send our close_notify once OUT is empty, where nothing may be put any more;
 * tls_is_shut() when it is among what is pending or was sent.
 */
void tls_shutdown(struct tls *t);
bool tls_is_shut(const struct tls *t);

/*
 * What went wrong, as a sentence without a full stop, harmless on a terminal;
 * "" if nothing.  Each certificate problem has its own: expired, not yet
 * valid, self-signed, unknown authority, wrong name (with those it has), ...
 */
const char *tls_errmsg(const struct tls *t);

/*
 * Append what binds a SASL exchange to this channel and no other, of TYPE
 *	"tls-exporter"		RFC 9266; TLS 1.3, or 1.2 with an extended
 *				master secret
 *	"tls-server-end-point"	RFC 5929 section 4: a hash of the server's
 *				certificate
 *	"tls-unique"		RFC 5929 section 3: TLS 1.2 only, and after a
 *				resumption with an extended master secret only
 *	"tls-unique-1.3"	the same of TLS 1.3, which no RFC defines but
 *				ejabberd 23.01 takes for tls-unique
 * Both ends have the same bytes, at most 64.  Returns 0, OUT's error, or
 * XERR_CONFIG if this channel has no such binding, before the handshake is
 * done, or for another TYPE.
 */
int tls_binding(const struct tls *t, const char *type, struct buf *out);

/*
 * Append the Ith XmppAddr (RFC 6120 13.7.1.4), which is what it is, perhaps no
 * address at all: of our own certificate; and of that of a server's client, if
 * it is good.  Returns 0, OUT's error, or XERR_CONFIG if there is none.
 */
int tls_ctx_address(const struct tls_ctx *ctx, size_t i, struct buf *out);
int tls_peer_address(const struct tls *t, size_t i, struct buf *out);

/*
 * The SHA-256 of the public key that the server, verified, has shown to have,
 * as in a pin; if a session was resumed, when it began.  Returns 0, or
 * XERR_CONFIG before the handshake is done.
 */
int tls_server_key(const struct tls *t, unsigned char key[TLS_KEY]);

/*
 * Append "TLSv1.3 TLS_AES_256_GCM_SHA384, ALPN xmpp-client, resumed"; 0 or B's
 * error.
 */
int tls_describe(const struct tls *t, struct buf *b);

#endif
