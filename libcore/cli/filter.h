/*
 * What filters of stanza lines share: the files to read, their records,
 * complaints about bad ones, and output that is written when the input pauses.
 *
 *	filter_init(&f, argv + optind, &cf);
 *	while (filter_next(&f, &e))
 *		... put to filter_out(&f) ...
 *	return filter_end(&f);
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "xml/elem.h"
#include "xml/ndxml.h"

struct filter_config {
	int delim;		/* of records, in and out */
	size_t max;		/* bytes of a record; 0: the default */
	enum xparse_form form;	/* XPARSE_TREE or XPARSE_SHELL */
};

struct filter {
	char *const *files;	/* that are left to read, ends in NULL */
	const char *file;	/* that is read, NULL for standard input */
	int fd;			/* -1: none is open */
	bool eof;
	struct ndxml_reader *rec;
	struct filter_config cf;
	struct buf in, out;
	int status;		/* the worst thing so far */
};

/*
 * Read FILES, a list that ends in NULL; an empty one is standard input, as is
 * "-".  Ends the program without memory.
 */
void filter_init(struct filter *f, char *const *files,
    const struct filter_config *cf);

/*
 * The next record as an element, valid until the next call; false at the end.
 * A bad record is reported with its number and passed over, as is a file that
 * cannot be read; the status remembers.
 */
bool filter_next(struct filter *f, struct elem **e);

/* The record as it came, without its delimiter. */
const char *filter_line(const struct filter *f, size_t *len);

/* Where output goes; it may be written at each filter_next(). */
struct buf *filter_out(struct filter *f);

/*
 * Write what is in B, standard output's, if FORCE or if it is much.  Ends the
 * program if it cannot be written, or if B has an error.
 */
void filter_flush(struct buf *b, bool force);

/* Write the rest, close standard output, free F.  Returns the status. */
int filter_end(struct filter *f);

/* read(2) from FD behind what B has: bytes, 0 at the end, or -1 and errno. */
ssize_t filter_read(int fd, struct buf *b, size_t n);

/* Say WHAT about line N of the input FILE (NULL: standard input). */
void filter_complain(const char *file, uint64_t n, const char *what);

/*
 * Make the LEN bytes at S, a line that ended in DELIM, what was meant: without
 * the CR of a CR LF, and, as the FIRST of the input, without a byte order mark.
 */
void filter_trim(const char **s, size_t *len, int delim, bool first);

#endif
