/*
 * The account files of sendxmpp (1.24; sendxmpp(1), CONFIGURATION FILE) and
 * go-sendxmpp (go-sendxmpp(5)).
 *
 *	username: user or user@domain		user@domain[;host][:port] password
 *	jserver: [domain;]host[:port]		[component]
 *	port: number
 *	password: secret
 *	eval_password: command (go-sendxmpp)
 *	component: domain (sendxmpp)
 *	resource: resource
 *
 * A username without a domain is of the component's, else of the jserver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account/conf_int.h"

enum { USERNAME, JSERVER, PORT, PASSWORD, EVAL, COMPONENT, RESOURCE, FIELDS };

static const char *const fields[FIELDS] = {
	"username", "jserver", "port", "password", "eval_password",
	"component", "resource"
};

struct foreign {
	char *value[FIELDS];
	unsigned line[FIELDS];
};

/* LINE begins with NAME and a colon. */
static bool
has_key(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && memcmp(line, name, n) == 0 && line[n] == ':';
}

/* "user@host password": no key of ours has an '@' in it. */
static bool
is_one_line(const char *line, size_t len)
{
	size_t i = 0;

	while (i < len && memchr(" \t=:@", line[i], 5) == NULL)
		i++;
	if (i == 0 || i == len || line[i] != '@')
		return false;
	while (i < len && line[i] != ' ' && line[i] != '\t')
		i++;
	while (i < len && memchr(" \t\r", line[i], 3) != NULL)
		i++;
	return i < len;
}

bool
foreign_is(const struct conf *c)
{
	const char *p = (const char *)buf_data(&c->text), *nl;
	const char *end = p + buf_len(&c->text);
	bool first = true;
	size_t len;

	if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (; p < end; p = nl + 1) {
		if ((nl = memchr(p, '\n', (size_t)(end - p))) == NULL)
			nl = end;
		while (p < nl && (*p == ' ' || *p == '\t' || *p == '\r'))
			p++;
		if (p == nl || *p == '#' || *p == ';')
			continue;
		len = (size_t)(nl - p);
		if (has_key(p, len, fields[USERNAME]) ||
		    has_key(p, len, fields[JSERVER]) ||
		    has_key(p, len, fields[EVAL]) ||
		    (first && is_one_line(p, len)))
			return true;
		first = false;
	}
	return false;
}

/* Cut the first word off *S, ended in place; NULL if there is none. */
static char *
word(char **s)
{
	char *w = *s + strspn(*s, " \t");

	if (*w == '\0')
		return NULL;
	*s = w + strcspn(w, " \t");
	if (**s != '\0')
		*(*s)++ = '\0';
	return w;
}

static bool
take_one_line(struct foreign *f, char *line, unsigned no)
{
	int i;

	f->value[USERNAME] = word(&line);
	f->value[PASSWORD] = word(&line);
	f->value[COMPONENT] = word(&line);
	if (f->value[PASSWORD] == NULL || word(&line) != NULL)
		return false;
	f->value[JSERVER] = strchr(f->value[USERNAME], '@');
	*f->value[JSERVER]++ = '\0';
	for (i = 0; i < FIELDS; i++)
		f->line[i] = no;
	return true;
}

static bool
take_key(struct foreign *f, const char *path, char *line, unsigned no)
{
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz_-");
	int i;

	if (len == 0 || line[len] != ':')
		return false;
	line[len++] = '\0';
	for (i = 0; i < FIELDS; i++)
		if (strcmp(line, fields[i]) == 0)
			break;
	if (i == FIELDS) {
		cli_verbose(1, "%s:%u: '%s' has no meaning here", path, no,
		    line);
		return true;
	}
	line += len + strspn(line + len, " \t");
	/* white space at the end belongs to a password, but to nothing else */
	len = strlen(line);
	while (i != PASSWORD && len > 0 && strchr(" \t", line[len - 1]))
		line[--len] = '\0';
	f->value[i] = *line == '\0' ? NULL : line;
	f->line[i] = no;
	return true;
}

/* Split "[domain;]host[:port]", the jserver, in place. */
static void
split_server(struct foreign *f, char **domain, char **host)
{
	char *s = f->value[JSERVER], *colon;

	*domain = *host = s;
	if (s == NULL)
		return;
	if ((s = strchr(s, ';')) != NULL) {
		*s = '\0';
		*host = s + 1;
	}
	colon = strchr(*host, ':');
	if (colon != NULL && colon[1] != '\0' &&
	    colon[1 + strspn(colon + 1, "0123456789")] == '\0') {
		*colon = '\0';
		f->value[PORT] = colon + 1;
		f->line[PORT] = f->line[JSERVER];
	}
}

/* printf to new memory. */
static char *
join(const char *a, const char *sep, const char *b)
{
	size_t n = strlen(a) + strlen(sep) + strlen(b) + 1;
	char *s = malloc(n);

	if (s != NULL)
		snprintf(s, n, "%s%s%s", a, sep, b);
	return s;
}

static int
make_jid(struct conf *c, struct foreign *f, const char *domain,
    struct cli_err *e)
{
	const char *user = f->value[USERNAME];
	char *s;

	if (f->value[COMPONENT] != NULL)
		domain = f->value[COMPONENT];
	if (strchr(user, '@') != NULL)
		c->jid = join(user, "", "");
	else if (domain == NULL || *domain == '\0')
		return cli_fail(e, EX_CONFIG,
		    "%s:%u: a username without a server", c->path,
		    f->line[USERNAME]);
	else
		c->jid = join(user, "@", domain);
	if (c->jid != NULL && f->value[RESOURCE] != NULL &&
	    strchr(c->jid, '/') == NULL) {
		s = join(c->jid, "/", f->value[RESOURCE]);
		free(c->jid);
		c->jid = s;
	}
	if (c->jid == NULL)
		return cli_fail(e, EX_OSERR, "out of memory");
	return conf_add(c, "", CONF_JID, c->jid, f->line[USERNAME], e);
}

/* A host that is but the JID's domain is left to SRV. */
static bool
is_domain_of(const char *jid, const char *host)
{
	const char *domain = strchr(jid, '@');
	size_t len;

	if (domain == NULL)
		return false;
	len = strcspn(++domain, "/");
	return strlen(host) == len && strncasecmp(domain, host, len) == 0;
}

static int
compose(struct conf *c, struct foreign *f, struct cli_err *e)
{
	char *domain, *host, *port;
	int status = 0;

	split_server(f, &domain, &host);
	if (f->value[USERNAME] != NULL)
		status = make_jid(c, f, domain, e);
	if (status == 0 && host != NULL && *host != '\0' &&
	    (c->jid == NULL || !is_domain_of(c->jid, host)))
		status = conf_add(c, "", CONF_HOST, host, f->line[JSERVER], e);
	port = f->value[PORT];
	if (status == 0 && port != NULL && strcmp(port, "0") != 0)
		status = conf_add(c, "", CONF_PORT, port, f->line[PORT], e);
	/* of the two the one that comes last, as with go-sendxmpp */
	if (f->value[EVAL] != NULL && (f->value[PASSWORD] == NULL ||
	    f->line[EVAL] > f->line[PASSWORD]))
		f->value[PASSWORD] = NULL;
	else
		f->value[EVAL] = NULL;
	if (status == 0 && f->value[PASSWORD] != NULL)
		status = conf_add(c, "", CONF_PASSWORD, f->value[PASSWORD],
		    f->line[PASSWORD], e);
	if (status == 0 && f->value[EVAL] != NULL)
		status = conf_add(c, "", CONF_PASSWORD_COMMAND,
		    f->value[EVAL], f->line[EVAL], e);
	return status;
}

int
foreign_read(struct conf *c, struct cli_err *e)
{
	struct foreign f = { 0 };
	struct lines l;
	char *line;
	bool ok;

	lines_init(&l, &c->text);
	while ((line = lines_next(&l)) != NULL) {
		if (*line == '\0' || *line == '#')
			continue;
		if (is_one_line(line, strlen(line)))
			ok = take_one_line(&f, line, l.no);
		else
			ok = take_key(&f, c->path, line, l.no);
		if (!ok)
			return cli_fail(e, EX_CONFIG,
			    "%s:%u: neither 'key: value' nor "
			    "'user@server password'", c->path, l.no);
	}
	return compose(c, &f, e);
}
