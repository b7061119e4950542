/* The account, out of options, environment and file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "cli/account_int.h"
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
put_text(struct account *a, char **p, const char *value)
{
	free(*p);
	return (*p = strdup(value)) == NULL ? account_no_memory(a) : 0;
}

/* A password that is there already, told as of WHERE. */
static int
put_password(struct account *a, const char *s, const char *where)
{
	if (buf_puts(&a->password, s) == 0)
		return 0;
	if (buf_err(&a->password) == XERR_NOMEM)
		return account_no_memory(a);
	return cli_fail(&a->err, EX_CONFIG,
	    "%s: the password is longer than %d bytes", where, SECRET_MAX);
}

/* The password in the environment; no child, and no ps(1), shall see it. */
static int
take_password(struct account *a)
{
	char *s = getenv("XMPP_PASSWORD");
	volatile char *p = s;
	int status = 0;

	if (s != NULL && *s != '\0') {
		status = put_password(a, s, "XMPP_PASSWORD");
		while (*p != '\0')
			*p++ = '\0';
		a->secret = SECRET_GIVEN;
		if (status == 0)
			status = put_text(a, &a->origin, "XMPP_PASSWORD");
	}
	unsetenv("XMPP_PASSWORD");
	return status;
}

/*
 * VALUE as a path: "~/" is the home directory, and what is not absolute counts
 * from the directory of the file that says so.
 */
static int
put_path(struct account *a, char **p, const char *value, const char *file)
{
	const char *slash = strrchr(file, '/'), *home = account_env("HOME");

	free(*p);
	if (strncmp(value, "~/", 2) == 0 && home != NULL)
		*p = account_join(home, strlen(home), value + 1);
	else if (*value != '/' && slash != NULL)
		*p = account_join(file, (size_t)(slash + 1 - file), value);
	else
		*p = strdup(value);
	return *p == NULL ? account_no_memory(a) : 0;
}

/* The JID that option or environment want, into A; none: A's stays empty. */
static int
wanted_jid(struct account *a, const struct netopt *o)
{
	const char *s;

	if (o->jid != NULL)
		return account_parse_jid(a, &a->jid, o->jid, "-j", EX_USAGE);
	if ((s = account_env("XMPP_JID")) != NULL)
		return account_parse_jid(a, &a->jid, s, "XMPP_JID", EX_CONFIG);
	return 0;
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

	if (a->host == NULL && (s = account_env("XMPP_HOST")) != NULL &&
	    (status = put_text(a, &a->host, s)) != 0)
		return status;
	if (a->ca_file == NULL && (s = account_env("XMPP_CA_FILE")) != NULL &&
	    (status = put_text(a, &a->ca_file, s)) != 0)
		return status;
	if ((status = put_port(a, account_env("XMPP_PORT"), "XMPP_PORT")) != 0)
		return status;
	return put_tls(a, account_env("XMPP_TLS"), "XMPP_TLS");
}

/* One setting of the file, unless something before it has the same. */
static int
put_entry(struct account *a, const struct conf *c, const struct conf_entry *v)
{
	char where[512];

	account_place(where, c, v);
	switch (v->key) {
	case CONF_JID:
		return !jid_is_empty(&a->jid) ? 0 :
		    account_entry_jid(a, &a->jid, c, v);
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
		account_place(where, c, v);
		if (one != NULL)
			return cli_fail(&a->err, EX_CONFIG,
			    "%s: '%s' beside '%s': only one is possible",
			    where, conf_name(v->key), conf_name(one->key));
		one = v;
		if (a->origin != NULL)
			continue;	/* XMPP_PASSWORD goes before */
		a->secret = kinds[i];
		if (kinds[i] == SECRET_GIVEN)
			status = put_password(a, v->value, where);
		if (kinds[i] == SECRET_FILE)
			status = put_path(a, &a->source, v->value, c->path);
		if (kinds[i] == SECRET_COMMAND)
			status = put_text(a, &a->source, v->value);
	}
	if (one != NULL && a->origin == NULL && status == 0) {
		account_place(where, c, one);
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
		named = account_env("XMPP_CONFIG");
	conf_init(&c);
	if ((status = take_password(a)) != 0 ||
	    (status = wanted_jid(a, o)) != 0 ||
	    (status = account_read_file(a, &c, named, &path)) != 0 ||
	    (status = account_choose(a, &c, o->account, &name)) != 0 ||
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
		status = account_no_memory(a);
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
