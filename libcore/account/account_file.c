/* The account file: where it is, whether it is safe, which account of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "account/account_int.h"
#include "account/privfile.h"

int
account_no_memory(struct account *a)
{
	return cli_fail(&a->err, EX_OSERR, "out of memory");
}

char *
account_join(const char *dir, size_t dirlen, const char *file)
{
	size_t n = dirlen + strlen(file) + 1;
	char *s = malloc(n);

	if (s != NULL)
		snprintf(s, n, "%.*s%s", (int)dirlen, dir, file);
	return s;
}

/* Where the account file is by default; NULL without *NOMEM if nowhere. */
static char *
default_path(bool *nomem)
{
	const char *dir = cli_env("XDG_CONFIG_HOME");
	const char *file = "/xmpputils/config";
	char *s;

	*nomem = false;
	if (dir == NULL || *dir != '/') {
		if ((dir = cli_env("HOME")) == NULL)
			return NULL;
		file = "/.config/xmpputils/config";
	}
	s = account_join(dir, strlen(dir), file);
	*nomem = s == NULL;
	return s;
}

/* A stranger may neither read a password nor name the server it goes to. */
static int
check_private(struct account *a, const struct conf *c)
{
	bool secret = false;
	size_t i;

	for (i = 0; i < c->n; i++)
		secret |= c->v[i].key == CONF_PASSWORD ||
		    (c->v[i].key == CONF_PROXY &&
		    strchr(c->v[i].value, '@') != NULL);
	if (c->flaws & PRIVFILE_WRITABLE)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: others can change it: chmod go-w it", c->path);
	/* it names the server, and commands that would be run as us */
	if (c->flaws & PRIVFILE_FOREIGN)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: belongs to another user: chown it, or copy it",
		    c->path);
	if (secret && c->flaws & PRIVFILE_READABLE)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: others can read the password in it: chmod 600 it",
		    c->path);
	return 0;
}

int
account_read_file(struct account *a, struct conf *c, const char *named,
    char **path)
{
	bool nomem;
	int status;

	if (named != NULL)
		*path = strdup(named);
	else if ((*path = default_path(&nomem)) == NULL && !nomem)
		return 0;
	if (*path == NULL)
		return account_no_memory(a);
	status = conf_read(c, *path, &a->err);
	if (status == EX_NOINPUT && named == NULL)
		return 0;
	return status != 0 ? status : check_private(a, c);
}

int
account_parse_jid(struct account *a, struct jid *j, const char *s,
    const char *what, int status)
{
	struct jid_error why;
	struct buf b;
	int r;

	if ((r = jid_parse_why(j, s, strlen(s), &why)) == XERR_NOMEM)
		return account_no_memory(a);
	if (r == 0 && jid_local(j, NULL) == NULL && !a->anonymous)
		return cli_fail(&a->err, status,
		    "%s: '%s' has no user before an '@'", what, s);
	if (r == 0)
		return 0;
	buf_init(&b, 512);
	jid_error_text(&b, &why);
	cli_fail(&a->err, status, "%s: '%s' is no JID: %s", what, s,
	    buf_str(&b) != NULL ? buf_str(&b) : "malformed");
	buf_release(&b);
	return status;
}

void
account_place(char where[512], const struct conf *c, const struct conf_entry *v)
{
	snprintf(where, 512, "%.480s:%u", c->path, v->line);
}

int
account_entry_jid(struct account *a, struct jid *j, const struct conf *c,
    const struct conf_entry *v)
{
	char where[512];

	account_place(where, c, v);
	return account_parse_jid(a, j, v->value, where, EX_CONFIG);
}

static bool
has_section(const struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->v[i].section, name) == 0)
			return true;
	return false;
}

/* "no account: there are a, b" */
static int
no_section(struct account *a, const struct conf *c, const char *what)
{
	const char *last = "";
	struct buf b;
	size_t i;

	buf_init(&b, 400);
	for (i = 0; i < c->n && buf_err(&b) == 0; i++) {
		if (strcmp(c->v[i].section, last) == 0)
			continue;
		last = c->v[i].section;
		buf_printf(&b, "%s%s", buf_len(&b) > 0 ? ", " : "", last);
	}
	cli_fail(&a->err, EX_CONFIG, "%s%s%s; its accounts are: %.*s",
	    c->path, *c->path != '\0' ? ": " : "", what,
	    (int)buf_len(&b), (const char *)buf_data(&b));
	buf_release(&b);
	return EX_CONFIG;
}

/* By the JID that is wanted; *NAME is NULL if the file has none for it. */
static int
section_by_jid(struct account *a, const struct conf *c, const char **name)
{
	struct jid j;
	size_t i;
	int status;

	*name = NULL;
	for (i = 0; i < c->n; i++) {
		if (c->v[i].key != CONF_JID)
			continue;
		if ((status = account_entry_jid(a, &j, c, &c->v[i])) != 0)
			return status;
		if (jid_equal_bare(&j, &a->jid)) {
			*name = c->v[i].section;
			return 0;
		}
	}
	if (conf_get(c, "", CONF_JID) == NULL)
		*name = "";
	return 0;
}

int
account_choose(struct account *a, const struct conf *c, const char *wanted,
    const char **name)
{
	char what[CONF_SECTION_MAX + 16];

	if (wanted == NULL && !jid_is_empty(&a->jid))
		return section_by_jid(a, c, name);
	*name = wanted != NULL ? wanted : "";
	if (wanted != NULL && (*wanted == '\0' || !has_section(c, wanted))) {
		snprintf(what, sizeof(what), "no account '%.49s'", wanted);
		return no_section(a, c, what);
	}
	if (!jid_is_empty(&a->jid) || conf_get(c, *name, CONF_JID) != NULL)
		return 0;
	if (wanted != NULL)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: account '%s' has no jid", c->path, wanted);
	if (c->n > 0)
		return no_section(a, c, "no jid before the first section, "
		    "choose an account with -a");
	return cli_fail(&a->err, EX_CONFIG, "no account: use -j JID, or write "
	    "an account file, see xmpputils(7)");
}

