/*
 * A private directory for the life of the process: made below TMPDIR, gone at
 * exit with the files that tmpdir_path() has named, unless the process is
 * killed.  There is one; like all of cli it complains and exits by itself.
 */
#ifndef SERVE_TMPDIR_H
#define SERVE_TMPDIR_H

#include "base/buf.h"

/* Make it, mode 0700; exits with EX_CANTCREAT if that fails. */
void tmpdir_make(void);

/*
 * The path of a file NAME in it, absolute and without a line feed; the
 * caller's to free.  At most TMPDIR_FILES of them.
 */
enum { TMPDIR_FILES = 1024 };
char *tmpdir_path(const char *name);

/* Write B to a new file at PATH, mode 0600; exits if that fails. */
void tmpdir_write(const char *path, const struct buf *b);

/* Remove it now: for who is about to end by a signal, past atexit(). */
void tmpdir_remove(void);

#endif
