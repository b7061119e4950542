/*
 * A process that runs somebody's command: whether it has ended, what its end
 * means as an exit status, and how to end it.
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Has PID ended?  Then it is reaped, with what wait(2) says of it in *W. */
bool child_has_ended(pid_t pid, int *w);

/*
 * Ask PID to end, by SIGTERM, and wait MS milliseconds for that.  Whether it
 * did, as above; else it is left alone.
 */
bool child_stop(pid_t pid, int ms, int *w);

/* The exit status that stands for W: as a shell has it, 128 and the signal. */
int child_status(int w);

#endif
