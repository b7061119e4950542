/* The account file as a list of settings. */
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "account/conf_int.h"
#include "account/privfile.h"

enum { ENTRIES_MAX = 4096 };

static const char *const names[CONF_KEYS] = {
	[CONF_JID] = "jid",
	[CONF_PASSWORD] = "password",
	[CONF_PASSWORD_FILE] = "password_file",
	[CONF_PASSWORD_COMMAND] = "password_command",
	[CONF_HOST] = "host",
	[CONF_PORT] = "port",
	[CONF_TLS] = "tls",
	[CONF_CA_FILE] = "ca_file",
	[CONF_CRL_FILE] = "crl_file",
	[CONF_PIN] = "pin",
	[CONF_PROXY] = "proxy",
	[CONF_SASL] = "sasl",
	[CONF_AHEAD] = "ahead",
	[CONF_CERT] = "cert",
	[CONF_KEY] = "key",
};

void
conf_init(struct conf *c)
{
	*c = (struct conf){ .path = "" };
}

void
conf_release(struct conf *c)
{
	buf_wipe(&c->text);
	free(c->v);
	free(c->jid);
	free(c->host);
	conf_init(c);
}

const char *
conf_name(enum conf_key key)
{
	return names[key];
}

const struct conf_entry *
conf_get(const struct conf *c, const char *section, enum conf_key key)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].key == key && strcmp(c->v[i].section, section) == 0)
			return &c->v[i];
	return NULL;
}

int
conf_add(struct conf *c, const char *section, enum conf_key key,
    const char *value, unsigned line, struct cli_err *e)
{
	struct conf_entry *v;
	size_t cap;

	if (c->n == c->cap) {
		cap = c->cap == 0 ? 16 : c->cap * 2;
		if (cap > ENTRIES_MAX ||
		    (v = realloc(c->v, cap * sizeof(*v))) == NULL)
			return cli_fail(e, EX_OSERR, "%s: too much for memory",
			    c->path);
		c->v = v;
		c->cap = cap;
	}
	v = &c->v[c->n++];
	*v = (struct conf_entry){ .key = key, .line = line, .value = value };
	strncpy(v->section, section, CONF_SECTION_MAX);
	return 0;
}

void
lines_init(struct lines *l, struct buf *text)
{
	char *s = (char *)text->mem + text->off;

	l->next = s;
	l->end = s + buf_len(text);
	l->no = 0;
	*l->end = '\0';		/* privfile_read() leaves room for it */
	if (strncmp(s, "\xef\xbb\xbf", 3) == 0)
		l->next += 3;
}

char *
lines_next(struct lines *l)
{
	char *line = l->next, *nl;

	if (line >= l->end)
		return NULL;
	if ((nl = memchr(line, '\n', (size_t)(l->end - line))) == NULL)
		nl = l->end;
	l->next = nl + 1;
	*nl = '\0';
	if (nl > line && nl[-1] == '\r')
		nl[-1] = '\0';
	l->no++;
	return line + strspn(line, " \t");
}

bool
line_is_comment(const char *line)
{
	return *line == '\0' || *line == '#' || *line == ';';
}

/*
 * Our own form.  inih sees each line only up to its separator, and the value
 * is taken from the text: so inih's limit of 200 bytes a line does not hold
 * for it, "; " does not begin a comment in it, no line continues the one
 * before, and no copy of a password stays in inih's buffers.
 */
struct ini {
	struct conf *c;
	struct lines lines;
	char *line;			/* what inih is at */
	bool nomem;
	unsigned errline;		/* 0, or where E comes from */
	struct cli_err *e;
};

/* WHAT is wrong on this line, with NAME or NULL; the first error counts. */
static void
complain(struct ini *ini, const char *what, const char *name)
{
	if (ini->errline != 0)
		return;
	ini->errline = ini->lines.no;
	if (name == NULL)
		cli_fail(ini->e, 0, "%s:%u: %s", ini->c->path, ini->lines.no,
		    what);
	else
		cli_fail(ini->e, 0, "%s:%u: %s '%.40s'", ini->c->path,
		    ini->lines.no, what, name);
}

/* inih would cut a long name, and take what follows "]" for a comment. */
static void
check_section(struct ini *ini)
{
	const char *name = ini->line + 1, *end;
	size_t len = strcspn(name, "]");

	end = name + len;
	if (*end == '\0') {
		complain(ini, "no ']'", NULL);
		return;
	}
	if (len == 0 || len > CONF_SECTION_MAX)
		complain(ini, "a section's name has 1 to 49 bytes", NULL);
	end++;
	if (!line_is_comment(end + strspn(end, " \t")))
		complain(ini, "more behind ']'", NULL);
}

/* The fgets() of inih. */
static char *
give_line(char *out, int size, void *arg)
{
	struct ini *ini = arg;
	size_t len;

	if (size < 2 || (ini->line = lines_next(&ini->lines)) == NULL)
		return NULL;
	if (*ini->line == '[')
		check_section(ini);
	len = line_is_comment(ini->line) ? 0 :
	    strcspn(ini->line, *ini->line == '[' ? "]" : "=:") + 1;
	if (len > (size_t)size - 2)
		len = (size_t)size - 2;
	len = strnlen(ini->line, len);
	memcpy(out, ini->line, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	return out;
}

/* The value on this line, between its separator and white space. */
static const char *
take_value(char *line)
{
	char *s = line + strcspn(line, "=:");
	size_t len;

	s += *s != '\0';
	s += strspn(s, " \t");
	len = strlen(s);
	while (len > 0 && strchr(" \t", s[len - 1]) != NULL)
		s[--len] = '\0';
	return s;
}

static bool
find_key(enum conf_key *key, const char *name)
{
	int i;

	for (i = 0; i < CONF_KEYS; i++)
		if (strcmp(names[i], name) == 0) {
			*key = (enum conf_key)i;
			return true;
		}
	return false;
}

static int
on_key(void *arg, const char *section, const char *name, const char *empty)
{
	struct ini *ini = arg;
	const char *value = take_value(ini->line);
	enum conf_key key;

	(void)empty;
	if (!find_key(&key, name))
		complain(ini, "unknown key", name);
	else if (conf_get(ini->c, section, key) != NULL)
		complain(ini, "this account has two lines with", name);
	else if (*value == '\0')
		complain(ini, "no value for", name);
	else if (conf_add(ini->c, section, key, value, ini->lines.no,
	    ini->e) != 0)
		ini->nomem = true;
	return 1;
}

static int
read_ini(struct conf *c, struct cli_err *e)
{
	struct ini ini = { .c = c, .e = e };
	int r;

	lines_init(&ini.lines, &c->text);
	r = ini_parse_stream(give_line, &ini, on_key, &ini);
	if (r < 0 || ini.nomem)
		return cli_fail(e, EX_OSERR, "%s: too much for memory",
		    c->path);
	if (r > 0 && (ini.errline == 0 || (unsigned)r < ini.errline))
		return cli_fail(e, EX_CONFIG,
		    "%s:%d: neither 'key = value' nor '[name]'", c->path, r);
	return ini.errline != 0 ? EX_CONFIG : 0;
}

/* A NUL would end a value early, unseen. */
static int
refuse_nul(const struct conf *c, struct cli_err *e)
{
	const unsigned char *s = buf_data(&c->text), *nul, *p;
	unsigned line = 1;

	if ((nul = memchr(s, '\0', buf_len(&c->text))) == NULL)
		return 0;
	for (p = s; p < nul; p++)
		line += *p == '\n';
	return cli_fail(e, EX_CONFIG, "%s:%u: NUL byte", c->path, line);
}

int
conf_read(struct conf *c, const char *path, struct cli_err *e)
{
	int status;

	c->path = path;
	if ((status = privfile_read(&c->text, &c->flaws, path, e)) != 0 ||
	    (status = refuse_nul(c, e)) != 0)
		return status;
	if (foreign_is(c))
		return foreign_read(c, e);
	return read_ini(c, e);
}
