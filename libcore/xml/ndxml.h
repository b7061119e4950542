/*
 * The line format, ndxml(5): one stanza, one line.
 *
 * The reader takes bytes as they come and gives a tree for each line that is
 * one well-formed element; a bad line is an error of its own, with its number,
 * and the lines behind it are read as if nothing had happened.
 */
#ifndef XML_NDXML_H
#define XML_NDXML_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "xml/elem.h"
#include "xml/xparse.h"

struct ndxml_reader;

/*
 * A new reader in *R, of records that end in DELIM (LF, or NUL).  A record
 * larger than LIMITS (NULL: the defaults of xparse.h) is a bad one.
 */
int ndxml_reader_new(struct ndxml_reader **r, const struct xparse_limits *limits,
    int delim);
void ndxml_reader_free(struct ndxml_reader *r);

/*
 * XPARSE_SHELL: elements come without children, faster; each record is checked
 * as a whole all the same.  Before anything is read.
 */
void ndxml_set_form(struct ndxml_reader *r, enum xparse_form form);

/* Begin with another input: records are counted from 1 again. */
void ndxml_restart(struct ndxml_reader *r);

/*
 * Take the next record out of IN, whose end is the end of the input if EOF is
 * set; a last record without its delimiter counts then.  Blank ones are
 * skipped.  Returns 1 and *E, valid until the next call; 0 when there is no
 * whole record in IN; XERR_SYNTAX or XERR_LIMIT for a bad record, which is
 * gone (call again for the next); XERR_NOMEM.
 *
 * IN must have a maximum above that of a record, or a record that fills IN is
 * taken for too long.  In a record that says nothing of a namespace the top
 * element's is jabber:client; xmlns='' says that there is none.
 */
int ndxml_read(struct ndxml_reader *r, struct buf *in, bool eof, struct elem **e);

/* The number of the record last read, from 1; blank ones count. */
uint64_t ndxml_number(const struct ndxml_reader *r);

/* That record as it came, without its delimiter; valid as long as *E. */
const char *ndxml_line(const struct ndxml_reader *r, size_t *len);

/* Why it was bad: a sentence. */
const char *ndxml_errmsg(const struct ndxml_reader *r);

/* Append E as one record, or nothing at all if OUT cannot hold it. */
int ndxml_write(struct buf *out, const struct elem *e, int delim);

#endif
