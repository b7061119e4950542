/*
 * The account file as a list of settings.
 *
 * Our own form is INI as inih reads it: "key = value" or "key: value", white
 * space around both dropped, "[name]" begins an account, lines that begin with
 * '#' or ';' are comments.  A value is the rest of its line as it stands, with
 * any '#', ';', '=' and quotes in it.  Keys not known, keys given twice in an
 * account and lines that are neither are errors, told with file and line.
 *
 * The files of sendxmpp (both forms) and go-sendxmpp are recognized and come
 * out as if they were ours; keys of theirs that mean nothing to us are passed
 * over.
 *
 * The text of the file is kept once, here, and wiped in the end; values point
 * into it.  Nothing of a value is ever in an error message.
 */
#ifndef ACCOUNT_CONF_H
#define ACCOUNT_CONF_H

#include <stddef.h>

#include "base/buf.h"
#include "cli/cli.h"

enum conf_key {
	CONF_JID,
	CONF_PASSWORD,
	CONF_PASSWORD_FILE,
	CONF_PASSWORD_COMMAND,
	CONF_HOST,
	CONF_PORT,
	CONF_TLS,
	CONF_CA_FILE,
	CONF_CRL_FILE,
	CONF_PIN,
	CONF_PROXY,
	CONF_SASL,
	CONF_AHEAD,
	CONF_CERT,
	CONF_KEY,
	CONF_KEYS		/* how many there are */
};

enum { CONF_SECTION_MAX = 49 };	/* bytes; what inih keeps of a name */

struct conf_entry {
	enum conf_key key;
	unsigned line;
	char section[CONF_SECTION_MAX + 1];	/* "" before any */
	const char *value;			/* no NUL or LF in it */
};

struct conf {
	const char *path;	/* the caller's */
	int flaws;		/* see privfile.h */
	struct buf text;
	struct conf_entry *v;
	size_t n, cap;
	char *jid, *host;	/* what was put together, of a foreign form */
};

/* Nothing, not even a file: conf_get() finds nothing. */
void conf_init(struct conf *c);
void conf_release(struct conf *c);

/*
 * Read the file at PATH.  Returns 0; EX_NOINPUT if it does not exist; else
 * EX_CONFIG, EX_IOERR, EX_OSERR; *E has the message.
 */
int conf_read(struct conf *c, const char *path, struct cli_err *e);

/* KEY in SECTION, or NULL. */
const struct conf_entry *conf_get(const struct conf *c, const char *section,
    enum conf_key key);

/* The name of KEY in the file. */
const char *conf_name(enum conf_key key);

#endif
