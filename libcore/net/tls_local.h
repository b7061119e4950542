/*
 * What the parts of TLS share: tls (a connection), tls_ctx (the context) and
 * tls_why (problems in words).  Nobody else includes this.
 */
#ifndef NET_TLS_LOCAL_H
#define NET_TLS_LOCAL_H

#include <openssl/ssl.h>

#include "net/tls.h"

enum { TLS_MSG_MAX = 600 };

struct tls_ctx {
	SSL_CTX *ssl;
	BIO_METHOD *bio;
	unsigned char alpn[256];	/* length, then the name */
	bool server;
	void (*key_log)(void *arg, const char *line);
	void *key_log_arg;
};

struct tls {
	SSL *ssl;
	struct buf net_in, net_out;	/* ciphertext */
	char *domain;
	bool server, eof, established, closed, truncated;
	bool shutdown, shut;		/* close_notify wanted, done */
	int err;
	char msg[TLS_MSG_MAX + 1];
};

/* How OpenSSL reads from net_in and writes to net_out; NULL without memory. */
BIO_METHOD *tls_bio_method(void);

/* OpenSSL's callback: keeps in t->msg what is wrong with a certificate. */
int tls_why_cert(int ok, X509_STORE_CTX *store);

/* Keep the sentence for OpenSSL's error E, or WHY, unless there is one yet. */
void tls_why_error(struct tls *t, unsigned long e);
void tls_why_set(struct tls *t, const char *why);

/* At most 100 of the LEN bytes at S, from a stranger, made harmless. */
void tls_put_foreign(struct buf *b, const void *s, size_t len);

#endif
