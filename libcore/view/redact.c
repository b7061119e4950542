/* Keeping secrets out of a copy of a stream. */
#include <string.h>

#include "view/redact.h"

/*
 * TEXT: between tags.  OPEN: behind a bracket.  NAME: in the name of a start
 * tag.  END: in an end tag.  TAG: behind the name.  OTHER: in what begins with
 * <! or <?.  CDATA: in such a section of a secret.
 */
enum { TEXT, OPEN, NAME, END, TAG, OTHER, CDATA };

void
redact_init(struct redact *r)
{
	*r = (struct redact){ .state = TEXT };
}

/* Is the tag's name the local part NAME? */
static bool
is_named(const struct redact *r, const char *name)
{
	return strlen(name) == r->len && memcmp(name, r->name, r->len) == 0;
}

/* By local names alone: rather one too much. */
static bool
is_secret(const struct redact *r)
{
	static const char *const names[] = {
		"auth", "response", "challenge", "success",
		"initial-response", "additional-data", "password", "digest"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_named(r, names[i]))
			return true;
	return false;
}

/* What goes on in a task (XEP-0388 2.5.3) is secret with all that is in it. */
static void
enter_or_leave_task(struct redact *r)
{
	static const char *const names[] = { "task-data", "next" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_named(r, names[i]) && r->state == END &&
		    r->task == names[i])
			r->task = NULL;
		else if (is_named(r, names[i]) && r->state != END &&
		    r->last != '/' && r->task == NULL)
			r->task = names[i];
}

static void
add_to_name(char name[REDACT_NAME], size_t *len, char c)
{
	if (c == ':')
		*len = 0;	/* that was the prefix */
	else if (*len < REDACT_NAME)
		name[(*len)++] = c;
}

/* A byte outside of values, between the name of a tag and its end. */
static void
in_tag(struct redact *r, char c, bool space)
{
	static const char token[] = "token";
	size_t n = sizeof(token) - 1;

	if (c == '"' || c == '\'') {
		r->quote = c;
		r->hidden = r->len == n && memcmp(r->name, token, n) == 0 &&
		    r->attr_len == n && memcmp(r->attr, token, n) == 0;
		r->said = false;
	} else if (space) {
		r->gap = true;
	} else if (c != '=') {
		if (r->gap)
			r->attr_len = 0;
		r->gap = false;
		add_to_name(r->attr, &r->attr_len, c);
	}
}

/* The bracket that ends a tag. */
static void
end_tag(struct redact *r)
{
	/* Elements in a secret one (SASL2 has them) are secret or not by name. */
	enter_or_leave_task(r);
	r->secret = r->task != NULL ||
	    (r->state != END && r->last != '/' && is_secret(r));
	r->said = false;
	r->state = TEXT;
}

static void
in_markup(struct redact *r, char c)
{
	bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';

	if (r->state == OPEN) {
		r->len = 0;
		r->state = c == '/' ? END : c == '!' || c == '?' ? OTHER :
		    NAME;
		if (r->state == NAME)
			add_to_name(r->name, &r->len, c);
	} else if (r->quote != 0) {
		if (c == r->quote) {
			r->quote = 0;
			r->hidden = false;
			r->gap = true;
		}
	} else if (c == '>') {
		if (r->state == OTHER)
			r->state = TEXT;
		else
			end_tag(r);
	} else if (r->state == NAME && (space || c == '/')) {
		r->state = TAG;
		r->gap = true;
	} else if (r->state == NAME || (r->state == END && !space)) {
		add_to_name(r->name, &r->len, c);
	} else if (r->state == TAG) {
		in_tag(r, c, space);
	}
	r->last = c;
}

/* Instead of a byte of a secret. */
static void
say(struct redact *r, struct buf *b)
{
	if (!r->said)
		buf_puts(b, REDACT_TEXT);
	r->said = true;
}

static void
put_markup(struct redact *r, struct buf *b, char c)
{
	in_markup(r, c);
	if (r->hidden && c != r->quote)
		say(r, b);
	else
		buf_putc(b, c);
}

/* One byte inside a secret element. */
static void
in_secret(struct redact *r, struct buf *b, char c)
{
	if (r->state == CDATA) {
		if (c == ']')
			r->brackets += r->brackets < 2;
		else if (c == '>' && r->brackets == 2)
			r->state = TEXT;
		else
			r->brackets = 0;
	} else if (r->state == TEXT && c == '<') {
		r->state = OPEN;	/* it is put when we know of what */
	} else if (r->state == TEXT) {
		say(r, b);
	} else if (r->state == OPEN && c == '!') {
		say(r, b);
		r->state = CDATA;
		r->brackets = 0;
	} else {
		if (r->state == OPEN)
			buf_putc(b, '<');
		put_markup(r, b, c);
	}
}

int
redact_put(struct redact *r, struct buf *b, const void *data, size_t len)
{
	const char *s = data;
	size_t i;

	for (i = 0; i < len; i++) {
		if (r->secret) {
			in_secret(r, b, s[i]);
			continue;
		}
		if (r->state != TEXT) {
			put_markup(r, b, s[i]);
			continue;
		}
		if (s[i] == '<')
			r->state = OPEN;
		buf_putc(b, s[i]);
	}
	return buf_err(b);
}
