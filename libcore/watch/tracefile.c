/* Writing down what goes over a connection. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "watch/tracefile.h"
#include "view/redact.h"

enum { MESSAGE_RECORD_MAX = 4 << 20, MICRO = 1000000 };

/* A file that is written and, once that fails, no more. */
struct log {
	int fd;			/* -1: given up */
	char *path;
};

struct tracefile {
	struct log log;
	bool secrets;
	struct redact in, out;
	struct buf clean, record;
};

struct keylog {
	struct log log;
};

static int
refuse(struct log *l, const char *path, const char *reason, struct buf *why)
{
	buf_printf(why, "%s: %s", path, reason);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return XERR_CONFIG;
}

/*
 * A file is written over only if it is ours, so that nobody else may read it;
 * /dev/stderr and pipes are fine.
 */
static int
log_open(struct log *l, const char *path, struct buf *why)
{
	struct stat st;

	l->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return refuse(l, path, strerror(errno), why);
	if (S_ISREG(st.st_mode)) {
		if (st.st_uid != geteuid())
			return refuse(l, path, "it belongs to somebody else",
			    why);
		if (fchmod(l->fd, 0600) < 0 || ftruncate(l->fd, 0) < 0)
			return refuse(l, path, strerror(errno), why);
	}
	if ((l->path = strdup(path)) == NULL) {
		refuse(l, path, xerr_str(XERR_NOMEM), why);
		return XERR_NOMEM;
	}
	return 0;
}

static void
log_close(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->path);
}

static void
log_write(struct log *l, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0 && l->fd >= 0) {
		if ((n = write(l->fd, p, len)) >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno != EINTR) {
			cli_warn("%s: %s: not written any more", l->path,
			    strerror(errno));
			close(l->fd);
			l->fd = -1;
		}
	}
}

int
tracefile_new(struct tracefile **out, const char *path, bool secrets,
    struct buf *why)
{
	struct tracefile *t;
	int r;

	if ((t = calloc(1, sizeof(*t))) == NULL) {
		buf_puts(why, xerr_str(XERR_NOMEM));
		return XERR_NOMEM;
	}
	if ((r = log_open(&t->log, path, why)) < 0) {
		free(t);
		return r;
	}
	t->secrets = secrets;
	redact_init(&t->in);
	redact_init(&t->out);
	buf_init(&t->clean, MESSAGE_RECORD_MAX);
	buf_init(&t->record, MESSAGE_RECORD_MAX);
	log_write(&t->log, TRACE_MAGIC, TRACE_MAGIC_LEN);
	*out = t;
	return 0;
}

void
tracefile_free(struct tracefile *t)
{
	if (t == NULL)
		return;
	log_close(&t->log);
	buf_wipe(&t->clean);
	buf_wipe(&t->record);
	free(t);
}

static uint64_t
now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) < 0 || ts.tv_sec < 0)
		return 0;
	return (uint64_t)ts.tv_sec * MICRO + (uint64_t)ts.tv_nsec / 1000;
}

static void
put_record(struct tracefile *t, enum trace_kind kind, const void *data,
    size_t len)
{
	buf_reset(&t->record);
	if (trace_put(&t->record, kind, now(), data, len) == 0)
		log_write(&t->log, buf_data(&t->record),
		    buf_len(&t->record));
}

void
tracefile_put(struct tracefile *t, enum trace_kind kind, const void *data,
    size_t len)
{
	if (t == NULL || t->log.fd < 0)
		return;
	if (kind != TRACE_REMARK && !t->secrets) {
		buf_reset(&t->clean);
		redact_put(kind == TRACE_IN ? &t->in : &t->out, &t->clean,
		    data, len);
		data = buf_data(&t->clean);
		len = buf_len(&t->clean);
	}
	if (len > 0)
		put_record(t, kind, data, len);
}

void
tracefile_begin(struct tracefile *t, const char *remark)
{
	if (t == NULL)
		return;
	redact_init(&t->in);
	redact_init(&t->out);
	tracefile_put(t, TRACE_REMARK, remark, strlen(remark));
}

int
keylog_new(struct keylog **out, const char *path, struct buf *why)
{
	struct keylog *k;
	int r;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		buf_puts(why, xerr_str(XERR_NOMEM));
		return XERR_NOMEM;
	}
	if ((r = log_open(&k->log, path, why)) < 0) {
		free(k);
		return r;
	}
	*out = k;
	return 0;
}

void
keylog_free(struct keylog *k)
{
	if (k == NULL)
		return;
	log_close(&k->log);
	free(k);
}

void
keylog_put(void *arg, const char *line)
{
	struct keylog *k = arg;

	log_write(&k->log, line, strlen(line));
	log_write(&k->log, "\n", 1);
}
