/* The account, out of options, environment and file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "account/account_int.h"
#include "account/password.h"

void
account_init(struct account *a)
{
	*a = (struct account){ 0 };
	buf_init(&a->password, PASSWORD_MAX + 8);
}

void
account_forget(struct account *a)
{
	buf_wipe(&a->password);
	a->has_password = false;
}

static void
wipe_text(char *s)
{
	volatile char *p = s;

	while (p != NULL && *p != '\0')
		*p++ = '\0';
}

void
account_release(struct account *a)
{
	account_forget(a);
	free(a->host);
	free(a->ca_file);
	free(a->crl_file);
	free(a->pins);
	free(a->sasl);
	wipe_text(a->proxy);
	free(a->proxy);
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

/* A password that is there already, told as of WHERE. */
static int
put_password(struct account *a, const char *s, const char *where)
{
	if (buf_puts(&a->password, s) == 0)
		return 0;
	if (buf_err(&a->password) == XERR_NOMEM)
		return account_no_memory(a);
	return cli_fail(&a->err, EX_CONFIG,
	    "%s: the password is longer than %d bytes", where, PASSWORD_MAX);
}

/* The password in the environment; no child, and no ps(1), shall see it. */
static int
take_password(struct account *a)
{
	char *s = getenv("XMPP_PASSWORD");
	int status = 0;

	if (s != NULL && *s != '\0') {
		status = put_password(a, s, "XMPP_PASSWORD");
		wipe_text(s);
		a->secret = PASSWORD_GIVEN;
		if (status == 0)
			status = account_put_text(a, &a->origin, "XMPP_PASSWORD");
	}
	unsetenv("XMPP_PASSWORD");
	return status;
}

/* The JID that option or environment want, into A; none: A's stays empty. */
static int
wanted_jid(struct account *a, const struct netopt *o)
{
	const char *s;

	if (o->jid != NULL)
		return account_parse_jid(a, &a->jid, o->jid, "-j", EX_USAGE);
	if ((s = cli_env("XMPP_JID")) != NULL)
		return account_parse_jid(a, &a->jid, s, "XMPP_JID", EX_CONFIG);
	return 0;
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
	case CONF_PORT:
		return account_put_port(a, v->value, where);
	case CONF_AHEAD:
		return account_put_ahead(a, v->value, where);
	case CONF_TLS:
		return account_put_tls(a, v->value, where);
	case CONF_CERT:
		return account_put_path(a, &a->cert, v->value, c->path);
	case CONF_KEY:
		return account_put_path(a, &a->key, v->value, c->path);
	default:
		return account_put_setting(a, c, v, where);
	}
}

/* The password, or where it comes from, as V says. */
static int
put_source(struct account *a, const struct conf *c, const struct conf_entry *v,
    const char *where)
{
	switch (v->key) {
	case CONF_PASSWORD:
		a->secret = PASSWORD_GIVEN;
		return put_password(a, v->value, where);
	case CONF_PASSWORD_FILE:
		a->secret = PASSWORD_FILE;
		return account_put_path(a, &a->source, v->value, c->path);
	default:
		a->secret = PASSWORD_COMMAND;
		return account_put_text(a, &a->source, v->value);
	}
}

/* The one of the section that says something of the password, into *ONE. */
static int
find_secret(struct account *a, const struct conf *c, const char *name,
    const struct conf_entry **one)
{
	static const enum conf_key keys[] = {
		CONF_PASSWORD, CONF_PASSWORD_FILE, CONF_PASSWORD_COMMAND
	};
	const struct conf_entry *v;
	char where[512];
	int i;

	for (i = 0; i < 3; i++) {
		if ((v = conf_get(c, name, keys[i])) == NULL)
			continue;
		account_place(where, c, v);
		if (*one != NULL)
			return cli_fail(&a->err, EX_CONFIG,
			    "%s: '%s' beside '%s': only one is possible",
			    where, conf_name(v->key), conf_name((*one)->key));
		*one = v;
	}
	return 0;
}

static int
put_secret(struct account *a, const struct conf *c, const char *name)
{
	const struct conf_entry *v = NULL;
	char where[512];
	int status;

	/* XMPP_PASSWORD goes before */
	if ((status = find_secret(a, c, name, &v)) != 0 || v == NULL ||
	    a->origin != NULL)
		return status;
	account_place(where, c, v);
	if ((status = put_source(a, c, v, where)) == 0)
		status = account_put_text(a, &a->origin, where);
	return status;
}

static int
put_section(struct account *a, const struct conf *c, const char *name)
{
	const struct conf_entry *sasl = conf_get(c, name, CONF_SASL);
	char where[512];
	size_t i;
	int status = 0;

	if (sasl != NULL) {
		account_place(where, c, sasl);
		status = account_put_sasl(a, sasl->value, where);
	}
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
		named = cli_env("XMPP_CONFIG");
	conf_init(&c);
	if ((status = take_password(a)) != 0 ||
	    (status = account_put_sasl(a, o->mechanisms, "--sasl")) != 0 ||
	    (status = account_put_sasl(a, cli_env("XMPP_SASL"),
	    "XMPP_SASL")) != 0 ||
	    (status = wanted_jid(a, o)) != 0 ||
	    (status = account_read_file(a, &c, named, &path)) != 0 ||
	    (status = account_choose(a, &c, o->account, &name)) != 0 ||
	    (status = account_put_options(a, o)) != 0 ||
	    (status = account_put_env(a)) != 0)
		goto out;
	if (name != NULL)
		status = put_section(a, &c, name);
	if (status == 0)
		status = account_choose_proxy(a);
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
		status = password_from_tty(&a->password, buf_str(&prompt),
		    &a->err);
	buf_release(&prompt);
	return status;
}

int
account_ask(struct account *a)
{
	int status = 0;

	if (a->anonymous)
		return 0;
	switch (a->secret) {
	case PASSWORD_GIVEN:
		status = password_check(&a->password, a->origin, &a->err);
		break;
	case PASSWORD_FILE:
		status = password_from_file(&a->password, a->source, &a->err);
		break;
	case PASSWORD_COMMAND:
		status = password_from_command(&a->password, a->source,
		    &a->err);
		break;
	case PASSWORD_ASK:
		if (a->cert != NULL)
			return 0;
		status = ask_tty(a);
		break;
	}
	cli_no_dumps();
	a->has_password = status == 0;
	return status;
}
