/* A command for each stanza, one after the other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/child.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "session/jobs.h"
#include "xml/ns.h"
#include "xmpp/stanza.h"

enum {
	JOB_MEMORY = 64 << 20,		/* of one stanza, at most */
	/*
	 * Linux takes 128 KiB in one variable, and in all of them a quarter of
	 * the stack's limit; if that is not enough, much less.
	 */
	ENV_MAX = 100 * 1024,
	ENV_SMALL = 1024
};

struct job {
	struct job *next;
	uint32_t number;
	struct arena arena;
	struct elem *e;
};

void
jobs_init(struct jobs *j, const char *command)
{
	*j = (struct jobs){ .command = command };
	j->end = &j->first;
}

static void
drop(struct jobs *j)
{
	struct job *job = j->first;

	j->first = job->next;
	if (j->first == NULL)
		j->end = &j->first;
	j->n--;
	arena_release(&job->arena);
	free(job);
}

void
jobs_release(struct jobs *j)
{
	while (j->first != NULL)
		drop(j);
}

/*
 * The body as the command's stdin, in a file that has no name: the command may
 * read it or not, now or later, and nobody waits for anybody.
 */
static FILE *
body_file(const struct elem *e)
{
	const char *body = elem_text(elem_child_lang(e, NS_CLIENT, "body"));
	size_t len = body == NULL ? 0 : strlen(body);
	FILE *f;

	if ((f = tmpfile()) == NULL)
		return NULL;
	if (fcntl(fileno(f), F_SETFD, FD_CLOEXEC) < 0 ||
	    fwrite(body, 1, len, f) != len ||
	    (len > 0 && body[len - 1] != '\n' && putc('\n', f) == EOF) ||
	    fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) < 0) {
		fclose(f);
		return NULL;
	}
	return f;
}

/* At most MAX bytes of VALUE, whole characters; TELL that it was cut. */
static void
set_env(const char *name, const char *value, size_t max, bool tell)
{
	size_t len = value == NULL ? 0 : strlen(value);
	char *cut;

	if (value == NULL) {
		unsetenv(name);
		return;
	}
	if (len > max) {
		for (len = max; len > 0 && (value[len] & 0xc0) == 0x80; )
			len--;
		if (tell)
			cli_warn("%s is too large for the environment: the "
			    "command gets its first %zu bytes", name, len);
	}
	if ((cut = malloc(len + 1)) == NULL)
		_exit(EX_OSERR);
	memcpy(cut, value, len);
	cut[len] = '\0';
	if (setenv(name, cut, 1) < 0)
		_exit(EX_OSERR);
	free(cut);
}

static void
set_all(const struct elem *e, size_t max, bool tell)
{
	set_env("XMPP_FROM", elem_get(e, "from"), max, tell);
	set_env("XMPP_TYPE", stanza_type(e), max, tell);
	set_env("XMPP_ID", elem_get(e, "id"), max, tell);
	set_env("XMPP_SUBJECT",
	    elem_text(elem_child_lang(e, NS_CLIENT, "subject")), max, tell);
}

static _Noreturn void
run_child(const char *command, const struct elem *e, int in)
{
	signals_child();
	set_all(e, ENV_MAX, true);
	if (dup2(in, STDIN_FILENO) < 0)
		_exit(EX_OSERR);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	if (errno == E2BIG) {
		set_all(e, ENV_SMALL, true);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	}
	cli_warn("/bin/sh: %s", strerror(errno));
	_exit(127);
}

/* The command for the first job, unless it is at work. */
static int
begin(struct jobs *j)
{
	FILE *f;

	if (j->first == NULL || j->child > 0 || j->stopped)
		return 0;
	if ((f = body_file(j->first->e)) == NULL)
		return XERR_SYS;
	if ((j->child = fork()) == 0)
		run_child(j->command, j->first->e, fileno(f));
	fclose(f);
	return j->child < 0 ? XERR_SYS : 0;
}

int
jobs_add(struct jobs *j, const struct elem *e, uint32_t number)
{
	struct job *job;

	if ((job = calloc(1, sizeof(*job))) == NULL)
		return XERR_NOMEM;
	arena_init(&job->arena, JOB_MEMORY);
	job->number = number;
	if ((job->e = elem_dup(&job->arena, e)) == NULL) {
		arena_release(&job->arena);
		free(job);
		return XERR_NOMEM;
	}
	*j->end = job;
	j->end = &job->next;
	j->n++;
	return begin(j);
}

static void
report(const struct jobs *j, int w)
{
	if (WIFSIGNALED(w))
		cli_warn("%s: killed by signal %d", j->command, WTERMSIG(w));
	else if (WEXITSTATUS(w) != 0)
		cli_warn("%s: exited with %d", j->command, WEXITSTATUS(w));
}

int
jobs_reap(struct jobs *j)
{
	int w;

	if (j->child <= 0 || !child_has_ended(j->child, &w))
		return 0;
	j->child = 0;
	report(j, w);
	drop(j);
	return begin(j);
}

bool
jobs_first(const struct jobs *j, uint32_t *number)
{
	if (j->first == NULL)
		return false;
	*number = j->first->number;
	return true;
}

void
jobs_stop(struct jobs *j, int ms)
{
	int w;

	j->stopped = true;
	if (j->child <= 0 || !child_stop(j->child, ms, &w))
		return;
	j->child = 0;
	report(j, w);
	/* one that our signal has ended may have done half of its work */
	if (!WIFSIGNALED(w))
		drop(j);
}
