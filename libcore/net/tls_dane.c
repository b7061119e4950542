/*
 * What DNS says of a server's certificate (DANE, RFC 7671; for SRV, RFC 7673),
 * through OpenSSL.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/xerr.h"
#include "net/resolve.h"
#include "net/tls_int.h"

enum { DANE_EE = 3 };

int
tls_set_tlsa(struct tls *t, const char *host, const struct tlsa *list,
    size_t n)
{
	size_t i;
	int usable = 0;

	if (n == 0 || t->address)
		return 0;
	if ((t->target = strdup(host)) == NULL ||
	    SSL_dane_enable(t->ssl, host) != 1)
		return XERR_NOMEM;
	/* OpenSSL is to compare no name, and SNI is the domain's (see tls_new) */
	if (X509_VERIFY_PARAM_set1_host(SSL_get0_param(t->ssl), NULL, 0) != 1)
		return XERR_NOMEM;
	for (i = 0; i < n; i++)
		usable += SSL_dane_tlsa_add(t->ssl, list[i].usage,
		    list[i].selector, list[i].type, list[i].data,
		    list[i].len) == 1;
	ERR_clear_error();
	t->dane = usable > 0;
	return usable;
}

bool
tls_dane_is_exact(const struct tls *t)
{
	uint8_t usage = 0;

	return t->dane && SSL_get0_dane_tlsa(t->ssl, &usage, NULL, NULL, NULL,
	    NULL) >= 0 && usage == DANE_EE;
}

bool
tls_by_dane(const struct tls *t)
{
	return t->established && t->dane;
}
