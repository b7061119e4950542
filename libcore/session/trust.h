/*
 * Where the system's authorities are, if the environment says so as it does to
 * all programs with OpenSSL: SSL_CERT_DIR and SSL_CERT_FILE.
 */
#ifndef SESSION_TRUST_H
#define SESSION_TRUST_H

#include "net/tls.h"

/* Put it into TC, which borrows it from the environment. */
void trust_find(struct tls_config *tc);

#endif
