/*
 * Signals as input: what is caught becomes a byte in a pipe, which pump_poll()
 * waits for like any other, so that none is missed between a test and a wait.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

#include "net/pump.h"

/*
 * Catch SIGCHLD, and SIGHUP, SIGINT and SIGTERM unless they are ignored, as
 * under nohup; ignore SIGPIPE.  E becomes the end to wait for.  ONCE: a second
 * SIGHUP, SIGINT or SIGTERM kills.  Once in a process.  0 or XERR_SYS.
 */
int signals_open(struct pump_end *e, bool once);

/*
 * The next signal that has come, or 0.  *TERMINAL (unless NULL): a terminal
 * sent it, to our children as well.
 */
int signals_next(struct pump_end *e, bool *terminal);

/* One has come that asks to stop; it is still there for signals_next(). */
bool signals_ask_to_stop(const struct pump_end *e);

/* In a child, before exec: what is ignored would stay so. */
void signals_child(void);

/* End as SIG ends a process that does not catch it. */
_Noreturn void signals_die(int sig);

#endif
