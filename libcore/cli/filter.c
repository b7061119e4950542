/* What filters of stanza lines share. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/blockio.h"
#include "cli/cli.h"
#include "cli/filter.h"

enum {
	READ_SIZE = 65536,
	WRITE_SIZE = 32768,
	OUT_MAX = 1 << 30	/* one record of the largest, made larger */
};

void
filter_init(struct filter *f, char *const *files,
    const struct filter_config *cf)
{
	static char *const only_stdin[] = { "-", NULL };
	struct xparse_limits limits = { .size = cf->max };
	int r;

	*f = (struct filter){ .fd = -1, .cf = *cf };
	f->files = *files == NULL ? only_stdin : files;
	/* Room for the longest record and what is read along with it. */
	buf_init(&f->in, (cf->max == 0 ? XPARSE_SIZE : cf->max) +
	    2 * READ_SIZE);
	buf_init(&f->out, OUT_MAX);
	if ((r = ndxml_reader_new(&f->rec, &limits, cf->delim)) < 0)
		cli_die(cli_status(r), "%s", xerr_str(r));
	ndxml_set_form(f->rec, cf->form);
}

ssize_t
filter_read(int fd, struct buf *b, size_t n)
{
	ssize_t got;
	void *p;

	if (n > buf_room(b))
		n = buf_room(b);
	if ((p = buf_reserve(b, n)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if ((got = blockio_read(fd, p, n)) > 0)
		buf_commit(b, (size_t)got);
	return got;
}

void
filter_flush(struct buf *b, bool force)
{
	if (buf_err(b) != 0)
		cli_die(cli_status(buf_err(b)), "output: %s",
		    xerr_str(buf_err(b)));
	if (!force && buf_len(b) < WRITE_SIZE)
		return;
	blockio_write(STDOUT_FILENO, buf_data(b), buf_len(b));
	buf_consume(b, buf_len(b));
}

void
filter_complain(const char *file, uint64_t n, const char *what)
{
	if (file == NULL)
		cli_warn("line %llu: %s", (unsigned long long)n, what);
	else
		cli_warn("%s: line %llu: %s", file, (unsigned long long)n,
		    what);
}

/* The worst is remembered: trouble with files over bad lines. */
static void
worsen(struct filter *f, int status)
{
	if (f->status == EX_OK || f->status == EX_DATAERR)
		f->status = status;
}

/* Begin with the next file that can be opened; false if there is none. */
static bool
open_next(struct filter *f)
{
	for (; *f->files != NULL; f->files++) {
		f->file = strcmp(*f->files, "-") == 0 ? NULL : *f->files;
		f->fd = f->file == NULL ? STDIN_FILENO :
		    open(f->file, O_RDONLY | O_CLOEXEC);
		if (f->fd >= 0) {
			f->files++;
			return true;
		}
		worsen(f, cli_open_status(errno));
		cli_warn("%s: %s", f->file, strerror(errno));
	}
	return false;
}

static void
close_file(struct filter *f)
{
	if (f->fd > STDERR_FILENO)
		close(f->fd);
	f->fd = -1;
	f->eof = false;
	buf_reset(&f->in);
	ndxml_restart(f->rec);
}

/* Read more, having written what is there for whoever waits for it. */
static void
fill(struct filter *f)
{
	ssize_t n;

	filter_flush(&f->out, true);
	if ((n = filter_read(f->fd, &f->in, READ_SIZE)) > 0)
		return;
	f->eof = true;
	if (n < 0) {
		worsen(f, errno == ENOMEM ? EX_OSERR : EX_IOERR);
		cli_warn("%s: %s", f->file == NULL ? "standard input" :
		    f->file, strerror(errno));
	}
}

bool
filter_next(struct filter *f, struct elem **e)
{
	int r;

	filter_flush(&f->out, false);
	while (f->fd >= 0 || open_next(f)) {
		if ((r = ndxml_read(f->rec, &f->in, f->eof, e)) == 1)
			return true;
		if (r == 0 && f->eof)
			close_file(f);
		else if (r == 0)
			fill(f);
		else if (r == XERR_NOMEM)
			cli_die(EX_OSERR, "%s", xerr_str(r));
		else {
			filter_complain(f->file, ndxml_number(f->rec),
			    ndxml_errmsg(f->rec));
			worsen(f, EX_DATAERR);
		}
	}
	return false;
}

const char *
filter_line(const struct filter *f, size_t *len)
{
	return ndxml_line(f->rec, len);
}

struct buf *
filter_out(struct filter *f)
{
	return &f->out;
}

int
filter_end(struct filter *f)
{
	filter_flush(&f->out, true);
	cli_close_stdout();
	if (f->fd >= 0)
		close_file(f);
	ndxml_reader_free(f->rec);
	buf_release(&f->in);
	buf_release(&f->out);
	return f->status;
}

void
filter_trim(const char **s, size_t *len, int delim, bool first)
{
	if (first && *len >= 3 && memcmp(*s, "\xef\xbb\xbf", 3) == 0) {
		*s += 3;
		*len -= 3;
	}
	if (delim == '\n' && *len > 0 && (*s)[*len - 1] == '\r')
		(*len)--;
}
