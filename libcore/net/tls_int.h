/*
 * What the parts of TLS share: tls (a connection), tls_ctx (the context),
 * tls_trust (whom the system trusts),
 * tls_verify and tls_name (the peer's certificate), tls_client (a
 * client's), tls_session (taking up a former one) and tls_why (problems in
 * words).  Nobody else includes this.
 */
#ifndef NET_TLS_INT_H
#define NET_TLS_INT_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls.h"

enum {
	TLS_MSG_MAX = 600,
	TLS_PIN = TLS_KEY,	/* bytes of SHA-256 */
	TLS_PINS = 16		/* at most */
};

struct tls_ctx {
	SSL_CTX *ssl;
	BIO_METHOD *bio;
	X509_LOOKUP_METHOD *bundle;	/* of the system, or NULL */
	unsigned char alpn[256];	/* length, then the name */
	unsigned char pins[TLS_PINS][TLS_PIN];
	size_t npins;
	bool tickets;			/* the client's */
	unsigned char settings[32];	/* of its verification, a hash */
	bool server;
	void (*key_log)(void *arg, const char *line);
	void *key_log_arg;
};

struct tls {
	SSL *ssl;
	const struct tls_ctx *ctx;
	struct buf net_in, net_out;	/* ciphertext */
	char *domain, *unicode;
	char *target;			/* of SRV, only with DANE */
	bool dane;			/* a record has to match */
	unsigned char context[32];	/* hash of it and ctx->settings */
	SSL_SESSION *session;		/* the newest ticket */
	int64_t verified;		/* when, of time(2) */
	bool address;			/* the domain is one */
	bool offered;			/* a former session */
	bool server, eof, established, closed, truncated;
	bool shutdown, shut;		/* close_notify wanted, done */
	int err;
	char msg[TLS_MSG_MAX + 1];
};

/* How OpenSSL reads from net_in and writes to net_out; NULL without memory. */
BIO_METHOD *tls_bio_method(void);

/*
 * OpenSSL's callbacks: the whole verification, ARG being the context, and what
 * is wrong on its way.  Both keep in t->msg what is wrong with a certificate.
 */
int tls_verify(X509_STORE_CTX *store, void *arg);
int tls_verify_cb(int ok, X509_STORE_CTX *store);

/* Whether CERT names the domain of T. */
bool tls_name_matches(const struct tls *t, X509 *cert);

/* What matched is a TLSA record of the server's own key: its name is moot. */
bool tls_dane_is_exact(const struct tls *t);

/* The text of an SRV-ID or XmppAddr and which of them it is, or NULL. */
const ASN1_STRING *tls_name_other(const GENERAL_NAME *gn, int *nid);

/* The SHA-256 of the public key with its algorithm (RFC 7469 2.4). */
bool tls_spki_hash(X509 *cert, unsigned char hash[TLS_PIN]);

/* Trust whom the system trusts, as tls_ctx_new() says. */
int tls_trust_system(struct tls_ctx *ctx, const struct tls_config *cf,
    struct buf *why);

/* What tls_config says of pins and revocation; NULL is nothing. */
int tls_set_pins(struct tls_ctx *ctx, const char *list, struct buf *why);
int tls_set_crl(struct tls_ctx *ctx, const char *file, struct buf *why);

/* Ask clients for certificates by the authority in PEM. */
int tls_set_clients(struct tls_ctx *ctx, const char *pem, struct buf *why);

/* Tickets as tls_config says, and for a client's connection. */
int tls_set_tickets(struct tls_ctx *ctx, const struct tls_config *cf);
int tls_session_init(struct tls *t);

/* NOW is within the validity of CERT. */
bool tls_cert_is_current(X509 *cert, int64_t now);

/*
 * "FILE: no usable WHAT: the reason"; XERR_CONFIG, or XERR_NOMEM where that is
 * a lack of memory or descriptors.
 */
int tls_config_error(struct buf *why, const char *what, const char *file);

/* Keep what is wrong with CERT, DEPTH above the peer's own. */
void tls_why_judged(struct tls *t, int err, int depth, X509 *cert);

/* Keep the sentence for OpenSSL's error E, or WHY, unless there is one yet. */
void tls_why_error(struct tls *t, unsigned long e);
void tls_why_set(struct tls *t, const char *why);

/* At most 100 of the LEN bytes at S, from a stranger, made harmless. */
void tls_put_foreign(struct buf *b, const void *s, size_t len);

#endif
