/*
 * A command for each stanza, one after the other: the queue of those that wait
 * for it, and the process that is at work on the first of them.
 *
 * The command is run by sh -c, with the body on its standard input and
 * XMPP_FROM, XMPP_TYPE, XMPP_ID and XMPP_SUBJECT in its environment.  What of
 * these is larger than an environment can hold is cut, with a warning.
 *
 *	jobs_init(&j, command);
 *	jobs_add(&j, e, session_number(s));	for each stanza
 *	jobs_reap(&j);				at SESSION_CHILD
 *	while (jobs_first(&j, &number)) ...	what is not done with yet
 *	jobs_stop(&j); jobs_release(&j);
 */
#ifndef SESSION_JOBS_H
#define SESSION_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xml/elem.h"

enum { JOBS_MAX = 64 };		/* then no more should be added */

struct job;

struct jobs {
	const char *command;	/* borrowed */
	struct job *first, **end;
	size_t n;
	pid_t child;		/* at work on the first, or 0 */
	bool stopped;		/* nothing new is begun */
};

void jobs_init(struct jobs *j, const char *command);
void jobs_release(struct jobs *j);

/*
 * Copy stanza E, of number NUMBER, and begin if nothing is at work.  0,
 * XERR_NOMEM, or XERR_SYS with errno if no process or file can be had.
 */
int jobs_add(struct jobs *j, const struct elem *e, uint32_t number);

/*
 * The command may have ended: then begin with the next stanza.  A status that
 * is not 0 is reported on stderr.  0 or an error, as above.
 */
int jobs_reap(struct jobs *j);

/* The number of the first stanza that is not done with; false if none. */
bool jobs_first(const struct jobs *j, uint32_t *number);

/*
 * Begin nothing more, and ask the command to end, by SIGTERM.  What it was at
 * work on is done with, if it ends by itself all the same within MS.
 */
void jobs_stop(struct jobs *j, int ms);

#endif
