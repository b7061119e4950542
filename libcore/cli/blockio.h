/*
 * Records in and out for filters, by large blocks: a busy filter makes one
 * system call for some thousand records, and one whose input comes slowly
 * writes what it has before it waits for more.
 */
#ifndef CLI_BLOCKIO_H
#define CLI_BLOCKIO_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

enum { BLOCK = 65536 };

struct pump_end;

/*
 * read(2), and write(2) of all of it, which go on after a signal and wait for a
 * descriptor that others, who share it, have made non-blocking.  Reading
 * returns -1 with errno; what cannot be written ends the program as
 * cli_stdout_failed() does.
 */
ssize_t blockio_read(int fd, void *p, size_t n);
void blockio_write(int fd, const void *p, size_t n);

/*
 * From now on, blockio_write() waits for its reader only until one of SIGNALS,
 * of signals_open(), asks to stop; what is not written then is dropped.
 */
void blockio_stop_at(struct pump_end *signals);

/*
 * Output.  Nothing is written before the block is full, or until out_flush().
 * What cannot be written ends the program as cli_stdout_failed() does.
 */
struct out {
	int fd;
	size_t len;
	char mem[BLOCK];
};

void out_init(struct out *o, int fd);
void out_flush(struct out *o);
void out_put_slow(struct out *o, const void *data, size_t n);

static inline void
out_put(struct out *o, const void *data, size_t n)
{
	if (n > sizeof(o->mem) - o->len) {
		out_put_slow(o, data, n);
		return;
	}
	memcpy(o->mem + o->len, data, n);
	o->len += n;
}

/* Records, ended by a byte, of which the last one may lack its end. */
struct in {
	int fd;
	int delim;
	struct out *flush;	/* flushed before every read(2), or NULL */
	size_t start, end;	/* what is left in mem */
	bool eof;
	bool cut;		/* what in_next() gave has not ended yet */
	char mem[BLOCK];
};

void in_init(struct in *i, int fd, int delim, struct out *flush);

/*
 * The next record without its end, borrowed until the next call.  Returns
 * IN_RECORD, or IN_END, which is 0, or XERR_SYS.
 *
 * A record that does not fit in a block comes in pieces: after the first, which
 * is as long as a block, each is an IN_REST, perhaps empty.  I->cut says that
 * another one follows.
 */
enum { IN_END, IN_RECORD, IN_REST };
int in_next_slow(struct in *i, const char **s, size_t *len);

static inline int
in_next(struct in *i, const char **s, size_t *len)
{
	const char *start = i->mem + i->start;
	const char *p = memchr(start, i->delim, i->end - i->start);

	if (p == NULL || i->cut)
		return in_next_slow(i, s, len);
	*s = start;
	*len = (size_t)(p - start);
	i->start += *len + 1;
	return IN_RECORD;
}

#endif
