/*
 * Messages described in records of other formats, one a line: TSV and JSON.
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <stddef.h>

#include "base/arena.h"

enum record_key {
	RECORD_TO, RECORD_FROM, RECORD_TYPE, RECORD_ID, RECORD_SUBJECT,
	RECORD_BODY, RECORD_LANG, RECORD_URL, RECORD_KEYS
};

/* What a message shall have; NULL where nothing, or "", was given. */
struct record {
	const char *v[RECORD_KEYS];
};

/* The columns of a table. */
struct record_columns {
	enum record_key key[RECORD_KEYS];
	size_t n;
};

/* "to,subject,body" into *C; 0, or XERR_SYNTAX if a name is none or twice. */
int record_parse_columns(struct record_columns *c, const char *list);

/*
 * Read the LEN bytes at S, a line without its end, into *R, with strings in A:
 * values with tabs between, in which the escapes of field_escape() are undone;
 * or an object of JSON whose keys are those of the columns, its values strings.
 * What XML cannot carry in a value becomes U+FFFD.  Returns 0; XERR_SYNTAX,
 * with a sentence in WHY, of SIZE; or XERR_NOMEM.
 */
int record_read_tsv(struct record *r, struct arena *a,
    const struct record_columns *c, const char *s, size_t len, char *why,
    size_t size);
int record_read_json(struct record *r, struct arena *a, const char *s,
    size_t len, char *why, size_t size);

#endif
