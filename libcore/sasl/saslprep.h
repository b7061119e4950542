/*
 * Passwords made comparable: SASLprep (RFC 4013), which RFC 5802 demands for
 * SCRAM.
 *
 * RFC 8265 has replaced it by OpaqueString (NFC instead of NFKC, fewer
 * characters forbidden), but the servers have not: Prosody (ICU's SASLprep)
 * and ejabberd (resourceprep) both normalize by NFKC before they hash, so a
 * password with a compatibility character (a ligature, a full-width letter)
 * would never match under NFC.  For all other passwords the two agree.
 *
 * Characters that Unicode 3.2 did not know are let through, as in a stringprep
 * query, but normalized by today's tables: for the few hundred of them that
 * are compatibility characters (U+1D2C, a modifier letter, is the first run)
 * the result differs from ICU's, which leaves them alone.
 */
#ifndef SASL_SASLPREP_H
#define SASL_SASLPREP_H

#include <stddef.h>

#include "base/buf.h"

enum {
	SASLPREP_MAX = 65536,	/* bytes of input */
	SASLPREP_GROWTH = 12	/* no text grows to more times its bytes */
};

/*
 * Append the prepared form of the LEN bytes at S to OUT: spaces become U+0020,
 * what RFC 3454 table B.1 lists vanishes, then NFKC.  ASCII stays as it is.
 * Returns 0; XERR_SYNTAX if S is not UTF-8, holds a character that RFC 4013
 * 2.3 prohibits (controls, private use, ...), mixes directions against RFC
 * 3454 section 6, or if nothing is left; XERR_LIMIT, XERR_NOMEM.  OUT is
 * unchanged then.  Intermediate copies are wiped; OUT is the caller's to wipe.
 */
int saslprep(struct buf *out, const char *s, size_t len);

#endif
