/*
 * The hosts that are connected to without the proxy of ALL_PROXY, as curl(1)
 * reads NO_PROXY, with ports besides.
 */
#ifndef ACCOUNT_NOPROXY_H
#define ACCOUNT_NOPROXY_H

#include <stdbool.h>

/*
 * Whether LIST names HOST, a name or an address, at PORT.  Between its entries
 * are commas or white space.  An entry is
 *	*			every host
 *	example.org		this host and all below it, as are
 *				.example.org and *.example.org
 *	192.0.2.1, ::1, [::1]	an address, when HOST is one, however written
 *	192.0.2.0/24, fc00::/7	a network
 * and ":PORT" behind it (an IPv6 address needs brackets then) restricts it to
 * that port.  What is none of these names nothing.
 */
bool noproxy_has(const char *list, const char *host, unsigned port);

#endif
