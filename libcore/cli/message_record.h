/*
 * Messages described in records of other formats, one a line: TSV and JSON.
 */
#ifndef CLI_MESSAGE_RECORD_H
#define CLI_MESSAGE_RECORD_H

#include <stddef.h>

#include "base/arena.h"

enum message_record_key {
	MESSAGE_RECORD_TO, MESSAGE_RECORD_FROM, MESSAGE_RECORD_TYPE, MESSAGE_RECORD_ID, MESSAGE_RECORD_SUBJECT,
	MESSAGE_RECORD_BODY, MESSAGE_RECORD_LANG, MESSAGE_RECORD_URL, MESSAGE_RECORD_KEYS
};

/* What a message shall have; NULL where nothing, or "", was given. */
struct message_record {
	const char *v[MESSAGE_RECORD_KEYS];
};

/* The columns of a table. */
struct message_record_columns {
	enum message_record_key key[MESSAGE_RECORD_KEYS];
	size_t n;
};

/* "to,subject,body" into *C; 0, or XERR_SYNTAX if a name is none or twice. */
int message_record_parse_columns(struct message_record_columns *c, const char *list);

/*
 * Read the LEN bytes at S, a line without its end, into *R, with strings in A:
 * values with tabs between, in which the escapes of field_escape() are undone;
 * or an object of JSON whose keys are those of the columns, its values strings.
 * What XML cannot carry in a value becomes U+FFFD.  Returns 0; XERR_SYNTAX,
 * with a sentence in WHY, of SIZE; or XERR_NOMEM.
 */
int message_record_read_tsv(struct message_record *r, struct arena *a,
    const struct message_record_columns *c, const char *s, size_t len, char *why,
    size_t size);
int message_record_read_json(struct message_record *r, struct arena *a, const char *s,
    size_t len, char *why, size_t size);

#endif
