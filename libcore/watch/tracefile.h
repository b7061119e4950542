/*
 * Writing down what goes over a connection, for --trace and --key-log.
 *
 * A file that cannot be written any more is told once and given up: the
 * connection does not suffer.
 */
#ifndef WATCH_TRACEFILE_H
#define WATCH_TRACEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "view/trace.h"

struct tracefile;

/*
 * A new trace(5) in the file at PATH, with mode 0600; one that is there is
 * written over if it is ours.  Without SECRETS, what view/redact.h speaks of
 * is left out.  Returns 0, or XERR_CONFIG or XERR_NOMEM with the reason
 * appended to WHY.
 */
int tracefile_new(struct tracefile **t, const char *path, bool secrets,
    struct buf *why);
void tracefile_free(struct tracefile *t);

/* All functions below may be called with NULL, and do nothing then. */

/* LEN bytes went over, in the direction KIND; empty ones are not written. */
void tracefile_put(struct tracefile *t, enum trace_kind kind,
    const void *data, size_t len);

/* Another connection begins. */
void tracefile_begin(struct tracefile *t, const char *remark);

/*
 * A file for the keys of TLS, in the form that Wireshark reads: a line for
 * each.  Opened as above.
 */
struct keylog;
int keylog_new(struct keylog **k, const char *path, struct buf *why);
void keylog_free(struct keylog *k);

/* For tls_config: LINE without its end; ARG is the struct keylog. */
void keylog_put(void *arg, const char *line);

#endif
