/*
 * PBKDF2 (RFC 8018 section 5.2) with HMAC, the first block of it: Hi() of RFC
 * 5802 section 2.2.
 *
 * OpenSSL has a PBKDF2 of its own, but its version 3 makes an HMAC anew for
 * each iteration, and a login consists of little else: with SHA-256 this one
 * takes two thirds of the time.
 */
#ifndef SASL_PBKDF2_H
#define SASL_PBKDF2_H

#include <stddef.h>

#include <openssl/evp.h>

/*
 * ITERATIONS, one at least, of HMAC with the hash MD and the password as key,
 * over the salt: as many bytes as the hash has, which the caller wipes.  0,
 * XERR_NOMEM, or XERR_INTERNAL if OpenSSL refuses; OUT is void then.
 */
int pbkdf2(unsigned char *out, const EVP_MD *md, const void *password,
    size_t password_len, const void *salt, size_t salt_len,
    unsigned iterations);

#endif
