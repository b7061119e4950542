/*
 * Reading small files that may hold a secret: whole, into memory that is wiped
 * later, and with an eye on who else can read or change them.
 */
#ifndef ACCOUNT_PRIVFILE_H
#define ACCOUNT_PRIVFILE_H

#include <stddef.h>

#include "base/buf.h"
#include "cli/cli.h"

/* Why a file is not private; 0 if it is. */
enum {
	PRIVFILE_READABLE = 1,	/* group or others can read it */
	PRIVFILE_WRITABLE = 2,	/* group or others can change it */
	PRIVFILE_FOREIGN = 4	/* it belongs to another user, not to root */
};

enum { PRIVFILE_MAX = 65534 };	/* bytes of a file; longer is an error */

/*
 * Read the file at PATH into B, which is initialized here and to be released
 * with buf_wipe(), also on error; buf_str(B) then moves nothing.  *FLAWS is
 * told of the file itself, not of a link to it.  Pipes are taken, too, as
 * `-f <(command)` makes them, but not waited for longer than a few seconds.
 * Returns 0, or with *E set: EX_NOINPUT if there is none, EX_CONFIG for a
 * directory or one too large or silent, EX_IOERR, EX_OSERR.
 */
int privfile_read(struct buf *b, int *flaws, const char *path,
    struct cli_err *e);

#endif
