/* The account, out of options, environment and file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/account.h"
#include "cli/conf.h"
#include "cli/privfile.h"
#include "cli/secret.h"

void
account_init(struct account *a)
{
	*a = (struct account){ 0 };
	buf_init(&a->password, SECRET_MAX + 8);
}

void
account_forget(struct account *a)
{
	buf_wipe(&a->password);
	a->has_password = false;
}

void
account_release(struct account *a)
{
	account_forget(a);
	free(a->host);
	free(a->ca_file);
	free(a->cert);
	free(a->key);
	free(a->source);
	free(a->origin);
	account_init(a);
}

const char *
account_errmsg(const struct account *a)
{
	return a->err.text;
}

static int
no_memory(struct account *a)
{
	return cli_fail(&a->err, EX_OSERR, "out of memory");
}

static int
put_text(struct account *a, char **p, const char *value)
{
	free(*p);
	return (*p = strdup(value)) == NULL ? no_memory(a) : 0;
}

/* A variable that is empty is none. */
static char *
env(const char *name)
{
	char *s = getenv(name);

	return s == NULL || *s == '\0' ? NULL : s;
}

/* The password in the environment; no child, and no ps(1), shall see it. */
static int
take_password(struct account *a)
{
	char *s = getenv("XMPP_PASSWORD");
	volatile char *p = s;
	int status = 0;

	if (s != NULL && *s != '\0') {
		if (buf_put(&a->password, s, strlen(s)) < 0)
			status = cli_fail(&a->err, EX_CONFIG, "XMPP_PASSWORD: "
			    "the password is longer than %d bytes",
			    SECRET_MAX);
		while (*p != '\0')
			*p++ = '\0';
		a->secret = SECRET_GIVEN;
		if (status == 0)
			status = put_text(a, &a->origin, "XMPP_PASSWORD");
	}
	unsetenv("XMPP_PASSWORD");
	return status;
}

/* DIR/FILE in new memory. */
static char *
join(const char *dir, size_t dirlen, const char *file)
{
	size_t n = dirlen + strlen(file) + 1;
	char *s = malloc(n);

	if (s != NULL)
		snprintf(s, n, "%.*s%s", (int)dirlen, dir, file);
	return s;
}

/*
 * VALUE as a path: "~/" is the home directory, and what is not absolute counts
 * from the directory of the file that says so.
 */
static int
put_path(struct account *a, char **p, const char *value, const char *file)
{
	const char *slash = strrchr(file, '/'), *home = env("HOME");

	free(*p);
	if (strncmp(value, "~/", 2) == 0 && home != NULL)
		*p = join(home, strlen(home), value + 1);
	else if (*value != '/' && slash != NULL)
		*p = join(file, (size_t)(slash + 1 - file), value);
	else
		*p = strdup(value);
	return *p == NULL ? no_memory(a) : 0;
}

/* Where the account file is by default; NULL with *ERR 0 if nowhere. */
static char *
default_path(bool *nomem)
{
	const char *dir = env("XDG_CONFIG_HOME");
	const char *file = "/xmpputils/config";
	char *s;

	*nomem = false;
	if (dir == NULL || *dir != '/') {
		if ((dir = env("HOME")) == NULL)
			return NULL;
		file = "/.config/xmpputils/config";
	}
	s = join(dir, strlen(dir), file);
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
		secret |= c->v[i].key == CONF_PASSWORD;
	if (c->flaws & PRIVFILE_WRITABLE)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: others can change it: chmod go-w it", c->path);
	if (secret && c->flaws & PRIVFILE_FOREIGN)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: has a password in it and belongs to another user",
		    c->path);
	if (secret && c->flaws & PRIVFILE_READABLE)
		return cli_fail(&a->err, EX_CONFIG,
		    "%s: others can read the password in it: chmod 600 it",
		    c->path);
	return 0;
}

/* The file that was named must be there; the one by default need not. */
static int
read_file(struct account *a, struct conf *c, const char *named, char **path)
{
	bool nomem;
	int status;

	if (named != NULL)
		*path = strdup(named);
	else if ((*path = default_path(&nomem)) == NULL && !nomem)
		return 0;
	if (*path == NULL)
		return no_memory(a);
	status = conf_read(c, *path, &a->err);
	if (status == EX_NOINPUT && named == NULL)
		return 0;
	return status != 0 ? status : check_private(a, c);
}

static int
parse_jid(struct account *a, struct jid *j, const char *s, const char *what,
    int status)
{
	struct jid_error why;
	struct buf b;
	int r;

	if ((r = jid_parse_why(j, s, strlen(s), &why)) == XERR_NOMEM)
		return no_memory(a);
	if (r == 0 && jid_local(j, NULL) == NULL)
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

/* The JID that option or environment want, into A; none: A's stays empty. */
static int
wanted_jid(struct account *a, const struct netopt *o)
{
	const char *s;

	if (o->jid != NULL)
		return parse_jid(a, &a->jid, o->jid, "-j", EX_USAGE);
	if ((s = env("XMPP_JID")) != NULL)
		return parse_jid(a, &a->jid, s, "XMPP_JID", EX_CONFIG);
	return 0;
}

/* "FILE:LINE" for people. */
static void
place(char where[512], const struct conf *c, const struct conf_entry *v)
{
	snprintf(where, 512, "%.480s:%u", c->path, v->line);
}

static int
entry_jid(struct account *a, struct jid *j, const struct conf *c,
    const struct conf_entry *v)
{
	char where[512];

	place(where, c, v);
	return parse_jid(a, j, v->value, where, EX_CONFIG);
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
		if ((status = entry_jid(a, &j, c, &c->v[i])) != 0)
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

/* Which account of the file; see account.h.  *NAME may come out as NULL. */
static int
choose(struct account *a, const struct conf *c, const char *wanted,
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

static int
bad_value(struct account *a, const char *where, enum conf_key key,
    const char *value, const char *want)
{
	return cli_fail(&a->err, EX_CONFIG, "%s: %s '%s' is not %s", where,
	    conf_name(key), value, want);
}

/* Port and TLS mode from text, if nothing that goes before has set them. */
static int
put_port(struct account *a, const char *value, const char *where)
{
	unsigned long n;

	if (a->port != 0 || value == NULL)
		return 0;
	if (cli_parse_number(&n, value, 1, 65535) < 0)
		return bad_value(a, where, CONF_PORT, value,
		    "from 1 to 65535");
	a->port = (unsigned)n;
	return 0;
}

static int
put_tls(struct account *a, const char *value, const char *where)
{
	if (a->tls != NETOPT_TLS_ANY || value == NULL)
		return 0;
	if (netopt_parse_tls(&a->tls, value) < 0)
		return bad_value(a, where, CONF_TLS, value,
		    "starttls or direct");
	return 0;
}

static int
put_options(struct account *a, const struct netopt *o)
{
	a->port = o->port;
	a->tls = o->tls;
	if (o->host != NULL && put_text(a, &a->host, o->host) != 0)
		return EX_OSERR;
	if (o->ca_file != NULL && put_text(a, &a->ca_file, o->ca_file) != 0)
		return EX_OSERR;
	return 0;
}

static int
put_env(struct account *a)
{
	const char *s;
	int status;

	if (a->host == NULL && (s = env("XMPP_HOST")) != NULL &&
	    (status = put_text(a, &a->host, s)) != 0)
		return status;
	if (a->ca_file == NULL && (s = env("XMPP_CA_FILE")) != NULL &&
	    (status = put_text(a, &a->ca_file, s)) != 0)
		return status;
	if ((status = put_port(a, env("XMPP_PORT"), "XMPP_PORT")) != 0)
		return status;
	return put_tls(a, env("XMPP_TLS"), "XMPP_TLS");
}

/* One setting of the file, unless something before it has the same. */
static int
put_entry(struct account *a, const struct conf *c, const struct conf_entry *v)
{
	char where[512];

	place(where, c, v);
	switch (v->key) {
	case CONF_JID:
		return !jid_is_empty(&a->jid) ? 0 :
		    entry_jid(a, &a->jid, c, v);
	case CONF_HOST:
		return a->host != NULL ? 0 : put_text(a, &a->host, v->value);
	case CONF_PORT:
		return put_port(a, v->value, where);
	case CONF_TLS:
		return put_tls(a, v->value, where);
	case CONF_CA_FILE:
		return a->ca_file != NULL ? 0 :
		    put_path(a, &a->ca_file, v->value, c->path);
	case CONF_CERT:
		return put_path(a, &a->cert, v->value, c->path);
	case CONF_KEY:
		return put_path(a, &a->key, v->value, c->path);
	default:
		return 0;	/* the password's, see put_secret() */
	}
}

static int
put_secret(struct account *a, const struct conf *c, const char *name)
{
	static const enum account_secret kinds[] = {
		SECRET_GIVEN, SECRET_FILE, SECRET_COMMAND
	};
	const struct conf_entry *v, *one = NULL;
	char where[512];
	int i, status = 0;

	for (i = 0; i < 3; i++) {
		v = conf_get(c, name, (enum conf_key)(CONF_PASSWORD + i));
		if (v == NULL)
			continue;
		place(where, c, v);
		if (one != NULL)
			return cli_fail(&a->err, EX_CONFIG,
			    "%s: '%s' beside '%s': only one is possible",
			    where, conf_name(v->key), conf_name(one->key));
		one = v;
		if (a->origin != NULL)
			continue;	/* XMPP_PASSWORD goes before */
		a->secret = kinds[i];
		if (kinds[i] == SECRET_GIVEN &&
		    buf_puts(&a->password, v->value) < 0)
			return cli_fail(&a->err, EX_CONFIG, "%s: the password "
			    "is longer than %d bytes", where, SECRET_MAX);
		if (kinds[i] == SECRET_FILE)
			status = put_path(a, &a->source, v->value, c->path);
		if (kinds[i] == SECRET_COMMAND)
			status = put_text(a, &a->source, v->value);
	}
	if (one != NULL && a->origin == NULL && status == 0) {
		place(where, c, one);
		status = put_text(a, &a->origin, where);
	}
	return status;
}

static int
put_section(struct account *a, const struct conf *c, const char *name)
{
	size_t i;
	int status = 0;

	for (i = 0; i < c->n && status == 0; i++)
		if (strcmp(c->v[i].section, name) == 0)
			status = put_entry(a, c, &c->v[i]);
	if (status == 0)
		status = put_secret(a, c, name);
	if (status == 0 && (a->cert == NULL) != (a->key == NULL))
		status = cli_fail(&a->err, EX_CONFIG,
		    "%s: cert and key are of use only together", c->path);
	return status;
}

int
account_load(struct account *a, const struct netopt *o)
{
	const char *name, *named = o->file;
	struct conf c;
	char *path = NULL;
	int status;

	if (named == NULL)
		named = env("XMPP_CONFIG");
	conf_init(&c);
	if ((status = take_password(a)) != 0 ||
	    (status = wanted_jid(a, o)) != 0 ||
	    (status = read_file(a, &c, named, &path)) != 0 ||
	    (status = choose(a, &c, o->account, &name)) != 0 ||
	    (status = put_options(a, o)) != 0 ||
	    (status = put_env(a)) != 0)
		goto out;
	if (name != NULL)
		status = put_section(a, &c, name);
out:
	conf_release(&c);
	free(path);
	return status;
}

static int
ask_tty(struct account *a)
{
	struct jid bare = a->jid;
	struct buf prompt;
	int status;

	jid_to_bare(&bare);
	buf_init(&prompt, 2 * JID_MAX + 32);
	buf_printf(&prompt, "Password for %s: ", jid_str(&bare));
	if (buf_str(&prompt) == NULL)
		status = no_memory(a);
	else
		status = secret_from_tty(&a->password, buf_str(&prompt),
		    &a->err);
	buf_release(&prompt);
	return status;
}

int
account_ask(struct account *a)
{
	int status = 0;

	switch (a->secret) {
	case SECRET_GIVEN:
		status = secret_check(&a->password, a->origin, &a->err);
		break;
	case SECRET_FILE:
		status = secret_from_file(&a->password, a->source, &a->err);
		break;
	case SECRET_COMMAND:
		status = secret_from_command(&a->password, a->source,
		    &a->err);
		break;
	case SECRET_ASK:
		if (a->cert != NULL)
			return 0;
		status = ask_tty(a);
		break;
	}
	cli_no_dumps();
	a->has_password = status == 0;
	return status;
}
