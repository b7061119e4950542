/*
 * The error numbers.  A libcore function returns 0 or a count on success and
 * one of these, all negative, on failure; results that go out through pointers
 * stay untouched then.  There is one number for each thing that a caller would
 * do differently; the sentence for people is kept by the object that failed
 * (session_errmsg() and its like), and cli maps the number to an exit status.
 */
#ifndef BASE_XERR_H
#define BASE_XERR_H

enum xerr {
	XERR_NOMEM = -1,	/* out of memory or descriptors */
	XERR_LIMIT = -2,	/* larger than the bound it was given */
	XERR_SYNTAX = -3,	/* the input is not what it should be */
	XERR_PROTO = -4,	/* the peer broke the protocol */
	XERR_AUTH = -5,		/* authentication failed or not allowed */
	XERR_TLS = -6,		/* no TLS, or a certificate not trusted */
	XERR_SYS = -7,		/* a system call failed: see errno */
	XERR_HOST = -8,		/* no such host */
	XERR_UNAVAIL = -9,	/* nobody answers there, service unavailable */
	XERR_TEMP = -10,	/* might work later */
	XERR_CONFIG = -11,	/* the account or an option is unusable */
	XERR_INTERNAL = -12	/* our own mistake */
};

/* A few words for error R, never NULL; static storage. */
const char *xerr_str(int r);

#endif
