/*
 * The one poll loop: descriptors with a bounded queue in each direction.
 *
 * An end is a descriptor, or a pair of them (standard input and output, the
 * two pipes of a child).  pump_poll() waits until something can move on any of
 * its ends, reads what there is room for and writes what is queued; the owner
 * then takes from `in' and puts to `out'.  Back-pressure is a full `in': it is
 * not read from again until the owner has taken something.  Nothing here ever
 * waits for one direction while the other could move.
 *
 * Programs ignore SIGPIPE; a reader that has left shows as `wclosed'.  A signal
 * handler that only sets a flag may come between the test of the flag and the
 * wait; one that writes a byte to a pipe whose other side is an end cannot.
 */
#ifndef NET_PUMP_H
#define NET_PUMP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct pump_end {
	int rfd, wfd;		/* the same for a socket; -1 for none */
	struct buf in;		/* read and not yet taken */
	struct buf out;		/* put and not yet written */
	bool paused;		/* owner's: do not read for now */
	bool watch;		/* owner's: never read, only set `ready' */
	bool ours;		/* non-blocking and shared with nobody */
	bool ready;		/* of `watch': rfd is readable */
	bool rclosed;		/* no more input: the end of file, or rerr */
	bool wclosed;		/* nobody takes output any more, see werr */
	int rerr, werr;		/* the errno that ended a direction, or 0 */
	int rslot, wslot;	/* pump_poll()'s own */
};

/*
 * An end on RFD and WFD (-1 for a direction that is not there) with queues of
 * at most MAX_IN and MAX_OUT bytes; allocates nothing yet.
 *
 * OURS says that the descriptors went through pump_own().  Without it they may
 * be shared with other processes (standard input and output mostly are), so
 * their flags are left alone: they are read once and only when something is
 * there, and written only as much as cannot block, PIPE_BUF bytes.  Regular
 * files and devices work too, a full disk is a werr of ENOSPC.
 */
void pump_init(struct pump_end *e, int rfd, int wfd, bool ours, size_t max_in,
    size_t max_out);

/* Close the descriptors, if OURS, and free the queues. */
void pump_release(struct pump_end *e);

/*
 * Bytes written to E that its reader has not read yet; 0 if that is not known,
 * as it is for pipes only.
 */
size_t pump_unread(const struct pump_end *e);

/* Close the writing side for good, as an end of file for the reader. */
void pump_close_out(struct pump_end *e);

/*
 * Make FD ours alone: non-blocking, closed on exec and above 2, so that it is
 * never taken for a standard stream.  Returns the descriptor to use from now
 * on, or -1 with errno, and then FD is closed.
 */
int pump_own(int fd);

/*
 * Wait until something moved or ended on any of the N ends, until DEADLINE (in
 * pump_now()'s milliseconds; negative for none) or until a signal comes.  NULL
 * among the ENDS is skipped, and an end with nothing to do is not waited for;
 * one whose output is a pipe is watched for its reader leaving all the same.
 *
 * Returns on how many ends something happened; 0 at the deadline or after a
 * signal; XERR_NOMEM; XERR_SYS; XERR_INTERNAL when there is neither a deadline
 * nor anything to wait for.  What went wrong on one end is in its rerr and
 * werr, and is no error of the call.  The output of an end that is wclosed is
 * dropped.
 */
int pump_poll(struct pump_end *const *ends, size_t n, int64_t deadline);

/*
 * The same, and at the same time poll() for the NALSO at ALSO, which are
 * somebody else's; those of which something is said count, too.
 */
int pump_poll_also(struct pump_end *const *ends, size_t n,
    struct pollfd *also, size_t nalso, int64_t deadline);

/* CLOCK_MONOTONIC in milliseconds. */
int64_t pump_now(void);

/* The moment MS milliseconds from now; negative, none, if MS is negative. */
int64_t pump_deadline(int64_t ms);

#endif
