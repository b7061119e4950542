/*
 * IP addresses in a domainpart (RFC 7622 3.2.1), by the grammar of RFC 3986
 * 3.2.2 and, for a zone identifier, RFC 6874 2.
 */
#ifndef JID_IPADDR_H
#define JID_IPADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Whether the LEN bytes at S are an IP-literal, brackets included: an IPv6
 * address, one with a zone behind "%25", or an IPvFuture.
 */
bool ipaddr_is_literal(const char *s, size_t len);

/* Whether they are four decimal numbers to 255 without leading zeros. */
bool ipaddr_is_v4(const char *s, size_t len);

/*
 * The normal form of an IP-literal at OUT, of the same length: the digits of
 * an IPv6 address in lower case.  A zone, whose case the system may care for,
 * and an IPvFuture, of which nothing is known, stay as they are.
 */
void ipaddr_lower(char *out, const char *s, size_t len);

/*
 * Append an IP-literal as getaddrinfo(3) takes it: without brackets, the zone
 * decoded and behind a plain '%'.  Returns 0 or B's error.
 */
int ipaddr_plain(struct buf *b, const char *s, size_t len);

#endif
