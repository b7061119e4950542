/*
 * What the two sides of SCRAM (RFC 5802, 7677) share: the hashes, the
 * computations of section 3, and the reader of the attributes of section 7.
 */
#ifndef SASL_SCRAM_H
#define SASL_SCRAM_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/buf.h"

enum {
	SCRAM_HASH_MAX = 64,		/* bytes of the longest hash */
	SCRAM_MESSAGE_MAX = 4096,	/* a longer message is refused */
	SCRAM_NONCE_MIN = 16,		/* characters: RFC 7677's has 20 */
	SCRAM_ITERATIONS_MIN = 4096,	/* RFC 5802 5.1, RFC 7677 4 */
	SCRAM_ITERATIONS_MAX = 1000000	/* about half a second of a core */
};

struct scram_hash {
	const char *mechanism;		/* "SCRAM-SHA-256", without -PLUS */
	const EVP_MD *(*md)(void);
	size_t len;			/* bytes */
};

/*
 * The hash of MECHANISM ("SCRAM-SHA-1", "-256", "-512"; *PLUS if it is followed
 * by "-PLUS"), or NULL.  With PLUS NULL there may be no "-PLUS".
 */
const struct scram_hash *scram_hash(const char *mechanism, bool *plus);

/* The Ith hash, strongest first; NULL behind the last. */
const struct scram_hash *scram_hash_at(size_t i);

/* What a server keeps of a password; a client derives the same. */
struct scram_keys {
	unsigned char client[SCRAM_HASH_MAX];	/* ClientKey: the secret */
	unsigned char stored[SCRAM_HASH_MAX];	/* H(ClientKey) */
	unsigned char server[SCRAM_HASH_MAX];	/* ServerKey */
};

/*
 * SaltedPassword of the prepared PASSWORD, h->len bytes.  0, XERR_NOMEM, or
 * XERR_INTERNAL if OpenSSL refuses.  The caller wipes SALTED.
 */
int scram_salted(unsigned char salted[SCRAM_HASH_MAX],
    const struct scram_hash *h, const struct buf *password, const void *salt,
    size_t salt_len, unsigned iterations);

/* The keys of SALTED, which is that.  0 or XERR_INTERNAL; wipe *K. */
int scram_keys_of(struct scram_keys *k, const struct scram_hash *h,
    const unsigned char *salted);

/*
 * Derive the keys from the prepared PASSWORD.  0, XERR_NOMEM, or XERR_INTERNAL
 * if OpenSSL refuses.  The caller wipes *K.
 */
int scram_derive(struct scram_keys *k, const struct scram_hash *h,
    const struct buf *password, const void *salt, size_t salt_len,
    unsigned iterations);

/*
 * ClientProof (from CLIENT and STORED) and ServerSignature (from SERVER) over
 * the LEN bytes of the AuthMessage.  A server has no CLIENT: it takes the
 * proof apart with scram_check().  0 or XERR_INTERNAL.
 */
int scram_prove(unsigned char proof[SCRAM_HASH_MAX],
    unsigned char signature[SCRAM_HASH_MAX], const struct scram_hash *h,
    const struct scram_keys *k, const void *message, size_t len);

/* 0 if the LEN bytes at PROOF prove knowledge of K; XERR_AUTH if not. */
int scram_check(const struct scram_hash *h, const struct scram_keys *k,
    const void *message, size_t message_len, const void *proof, size_t len);

/* Is S a nonce: printable ASCII without comma, one at least (section 7)? */
bool scram_is_nonce(const char *s, size_t len);

/* A message being read, attribute by attribute. */
struct scram_reader {
	const char *p, *end;	/* what is left, behind the comma */
	bool more;		/* there is another attribute */
};

/*
 * Begin to read the LEN bytes at S.  XERR_PROTO if they are more than
 * SCRAM_MESSAGE_MAX, not UTF-8 or hold a NUL.
 */
int scram_read(struct scram_reader *r, const void *s, size_t len);

/* The letter of the next attribute, 0 at the end or if it is none. */
char scram_peek(const struct scram_reader *r);

/*
 * The value of the next attribute, which must be NAME and not empty.
 * XERR_PROTO if it is another one, or none.
 */
int scram_attr(struct scram_reader *r, char name, const char **v, size_t *len);

/* The same for a value in base64, appended to OUT. */
int scram_attr64(struct scram_reader *r, char name, struct buf *out);

/*
 * Take the next extension before END (0: before the end of the message).
 * Returns 1 with its *NAME, its value at *V and *LEN, 0 if there is none left,
 * XERR_PROTO as below.
 */
int scram_extension(struct scram_reader *r, char end, char *name,
    const char **v, size_t *len);

/*
 * Skip the extensions before END (0: to the end of the message).  An
 * attribute that section 5.1 names is none: XERR_PROTO, so that nothing
 * counts twice and "m" (not supported by anybody) is refused.
 */
int scram_extensions(struct scram_reader *r, char end);

/* The decimal of LEN digits at S, no sign, no leading zero, or XERR_PROTO. */
int scram_number(unsigned *n, const char *s, size_t len);

#endif
