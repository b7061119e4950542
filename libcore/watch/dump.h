/*
 * Printing a connection, or one direction of it: what stream-dump and
 * xmpp-proxy show.  Bytes go in as they were captured; lines, an annotated
 * dump or a summary come out.
 */
#ifndef WATCH_DUMP_H
#define WATCH_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum dump_style {
	DUMP_LINES,		/* a line for each first-level element */
	DUMP_PRETTY,		/* the same, indented */
	DUMP_ANNOTATED,		/* with headers, times and directions */
	DUMP_SUMMARY		/* nothing but dump_summary() */
};

enum dump_side {
	DUMP_CLIENT,		/* what the client said */
	DUMP_SERVER,
	DUMP_UNKNOWN,		/* one direction, nobody knows which */
	DUMP_SIDES
};

struct dump_config {
	enum dump_style style;
	bool recover;		/* go on behind an error */
	bool headers;		/* DUMP_LINES: the stream headers too */
	bool colour;
	bool secrets;
	int delim;
	size_t max;		/* bytes of an element; 0: the default */
	size_t before_login;	/* the same of the client's, until the server
				   has let it in; 0: as after */
};

struct dump;

/*
 * A new dump that puts to OUT (borrowed); ends the program without memory.
 * NAME says in complaints what is read; NULL is standard input.
 */
struct dump *dump_new(const struct dump_config *cf, struct buf *out,
    const char *name);
void dump_free(struct dump *d);

/* What stands before each line of an annotated dump: a client's number. */
void dump_set_label(struct dump *d, const char *label);

/*
 * The next LEN bytes of SIDE, at TIME (microseconds since 1970, 0 if that is
 * not known).  What is wrong is reported on stderr.  Returns 0, or 65 once a
 * direction was wrong.
 */
int dump_put(struct dump *d, enum dump_side side, const void *data,
    size_t len, uint64_t time);

/* A remark about the connection, for an annotated dump. */
void dump_remark(struct dump *d, uint64_t time, const char *s, size_t len);

/* The input of all sides ends: as dump_put(). */
int dump_end(struct dump *d);

/* The same, and then that of another connection begins. */
int dump_again(struct dump *d);

/* The summary, as a table or as JSON. */
void dump_summary(struct dump *d, bool json);

/*
 * Is colour wanted, by the value of --color: "always" or NULL, "never", or
 * "auto", on a terminal that is not dumb, unless NO_COLOR is set.  Another
 * value is wrong usage.
 */
bool dump_wants_colour(const char *when);

#endif
