/* Moments as XMPP writes them: the DateTime profile of XEP-0082 section 3.2. */
#ifndef XMPP_DATETIME_H
#define XMPP_DATETIME_H

#include <stdint.h>

/*
 * S, as "2002-09-10T23:41:07.125Z" or with an offset "+02:00", in seconds since
 * 1970 into *T; fractions are dropped.  0 or XERR_SYNTAX.
 */
int datetime_parse(int64_t *t, const char *s);

/* T as "2002-09-10T23:41:07Z"; 0, or XERR_SYNTAX outside of years 0 to 9999. */
enum { DATETIME_LEN = 20 };
int datetime_format(char out[DATETIME_LEN + 1], int64_t t);

#endif
