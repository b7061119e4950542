/*
 * Passwords: out of a file, out of a command, or asked for on the terminal.
 *
 * Each function puts the password into PW, a buffer that is empty and may hold
 * at least PASSWORD_MAX bytes; it is never copied on the way but is wiped where
 * it was.  A password is 1 to PASSWORD_MAX bytes of UTF-8 without NUL.  Returns
 * 0, or a status of sysexits.h with *E saying why, without the password.
 */
#ifndef ACCOUNT_PASSWORD_H
#define ACCOUNT_PASSWORD_H

#include "base/buf.h"
#include "cli/cli.h"

enum { PASSWORD_MAX = 4000 };

/*
 * The contents of the file at PATH, less one LF or CRLF at the end.  It must
 * be the user's own and nobody else's to read.
 */
int password_from_file(struct buf *pw, const char *path, struct cli_err *e);

/*
 * The first line that `sh -c COMMAND` prints; it must exit with 0.  stderr is
 * ours, stdin too if it is a terminal; else it is /dev/null, so that no
 * command eats the data.
 */
int password_from_command(struct buf *pw, const char *command,
    struct cli_err *e);

/*
 * A line typed at /dev/tty, without echo, after PROMPT.  A signal ends or
 * stops the process as ever, but with the echo back on.
 */
int password_from_tty(struct buf *pw, const char *prompt, struct cli_err *e);

/* The bytes of PW as a password: 0, or EX_CONFIG with *E saying what not. */
int password_check(const struct buf *pw, const char *what, struct cli_err *e);

#endif
