/*
 * What the readers of the account file's forms share; see conf.h for the rest
 * of the world.
 */
#ifndef ACCOUNT_CONF_INT_H
#define ACCOUNT_CONF_INT_H

#include <stdbool.h>

#include "account/conf.h"

/* The lines of a text, which are ended by NUL in place as they are given. */
struct lines {
	char *next, *end;
	unsigned no;		/* of the line last given, from 1 */
};

/* A BOM is passed over. */
void lines_init(struct lines *l, struct buf *text);

/* The next line without LF or CRLF and leading white space, or NULL. */
char *lines_next(struct lines *l);

/* It is empty or begins with '#' or ';'. */
bool line_is_comment(const char *line);

/* Append an entry; VALUE is borrowed.  0 or EX_OSERR. */
int conf_add(struct conf *c, const char *section, enum conf_key key,
    const char *value, unsigned line, struct cli_err *e);

/*
 * Whether the text is a file of sendxmpp or go-sendxmpp: it has a line that
 * begins "username:", "jserver:" or "eval_password:", which ours never has, or
 * its first line that is no comment is "user@host... password".
 */
bool foreign_is(const struct conf *c);
int foreign_read(struct conf *c, struct cli_err *e);

#endif
