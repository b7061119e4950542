/*
 * Channel bindings (RFC 5056): what names the TLS channel that an exchange
 * takes place in, so that it cannot be moved to another one.  Where they come
 * from is the business of whoever owns the channel.
 */
#ifndef SASL_BINDING_H
#define SASL_BINDING_H

#include <stdbool.h>
#include <stddef.h>

enum { SASL_BINDING_MAX = 256 };	/* bytes; no type has more than 64 */

/*
 * The first Finished of TLS 1.3, for which "tls-unique" is not defined.  There
 * are servers that offer -PLUS under TLS 1.3, announce no type, and mean this
 * (ejabberd 23.01, in Debian 12).  It is used for such a server only, under
 * the name of "tls-unique"; any other refuses it.
 */
#define SASL_UNIQUE_1_3 "tls-unique-1.3"

struct sasl_binding {
	const char *type;	/* "tls-exporter", "tls-server-end-point",
				   "tls-unique"; or SASL_UNIQUE_1_3 */
	const void *data;
	size_t len;
};

/* The one of TYPE among the N at B, or NULL. */
const struct sasl_binding *sasl_binding_find(const struct sasl_binding *b,
    size_t n, const char *type);

/* Is S one of the N strings of LIST? */
bool sasl_is_among(const char *s, const char *const *list, size_t n);

/* Is there a SCRAM among the N mechanisms, and one with channel binding? */
bool sasl_has_scram(const char *const *mechanisms, size_t n);
bool sasl_has_plus(const char *const *mechanisms, size_t n);

#endif
