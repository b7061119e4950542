/* Messages described in TSV and JSON. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "cli/message_record.h"
#include "stanza/field.h"
#include "xmpp/message.h"

static const char *const names[MESSAGE_RECORD_KEYS] = {
	[MESSAGE_RECORD_TO] = "to", [MESSAGE_RECORD_FROM] = "from", [MESSAGE_RECORD_TYPE] = "type",
	[MESSAGE_RECORD_ID] = "id", [MESSAGE_RECORD_SUBJECT] = "subject",
	[MESSAGE_RECORD_BODY] = "body", [MESSAGE_RECORD_LANG] = "lang", [MESSAGE_RECORD_URL] = "url",
};

/* The key that the LEN bytes at S name, or MESSAGE_RECORD_KEYS. */
static enum message_record_key
find_key(const char *s, size_t len)
{
	unsigned k;

	for (k = 0; k < MESSAGE_RECORD_KEYS; k++)
		if (strlen(names[k]) == len && memcmp(names[k], s, len) == 0)
			break;
	return k;
}

int
message_record_parse_columns(struct message_record_columns *out, const char *s)
{
	struct message_record_columns c = { .n = 0 };
	enum message_record_key k;
	size_t n, i;

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		if ((k = find_key(s, n)) == MESSAGE_RECORD_KEYS)
			return XERR_SYNTAX;
		for (i = 0; i < c.n; i++)
			if (c.key[i] == k)
				return XERR_SYNTAX;
		c.key[c.n++] = k;
		if (s[n] == '\0')
			break;
	}
	*out = c;
	return 0;
}

/* The text in B becomes the value of K; an empty one is none. */
static int
set(struct message_record *r, struct arena *a, enum message_record_key k, const struct buf *b)
{
	struct buf clean;
	int e;

	if (buf_len(b) == 0)
		return 0;
	buf_init(&clean, 3 * buf_len(b));
	e = message_text(&clean, (const char *)buf_data(b), buf_len(b));
	if (e >= 0)
		r->v[k] = arena_dup(a, (const char *)buf_data(&clean),
		    buf_len(&clean));
	buf_release(&clean);
	return e < 0 || arena_err(a) != 0 ? XERR_NOMEM : 0;
}

static int
read_columns(struct message_record *r, struct arena *a,
    const struct message_record_columns *c, const char *s, size_t len, char *why,
    size_t size)
{
	const char *tab, *end = s + len;
	struct buf b;
	size_t i;
	int e = 0;

	buf_init(&b, len);
	for (i = 0; i < c->n && e == 0; i++, s = tab + 1) {
		tab = memchr(s, '\t', (size_t)(end - s));
		if ((tab == NULL) != (i == c->n - 1)) {
			snprintf(why, size, "there are not %zu columns", c->n);
			e = XERR_SYNTAX;
			break;
		}
		if (tab == NULL)
			tab = end;
		buf_reset(&b);
		if ((e = field_unescape(&b, s, (size_t)(tab - s))) ==
		    XERR_SYNTAX)
			snprintf(why, size, "%s: a backslash that escapes "
			    "nothing", names[c->key[i]]);
		else if (e == 0)
			e = set(r, a, c->key[i], &b);
	}
	buf_release(&b);
	return e;
}

int
message_record_read_tsv(struct message_record *out, struct arena *a,
    const struct message_record_columns *c, const char *s, size_t len, char *why,
    size_t size)
{
	struct message_record r = { .v = { NULL } };
	int e;

	if ((e = read_columns(&r, a, c, s, len, why, size)) < 0)
		return e;
	*out = r;
	return 0;
}

static int
read_member(struct message_record *r, struct arena *a, const char *name,
    json_t *value, char *why, size_t size)
{
	enum message_record_key k = find_key(name, strlen(name));
	struct buf b;
	int e;

	if (k == MESSAGE_RECORD_KEYS) {
		snprintf(why, size, "unknown key \"%.60s\"", name);
		return XERR_SYNTAX;
	}
	if (!json_is_string(value)) {
		snprintf(why, size, "the value of \"%s\" is no string", name);
		return XERR_SYNTAX;
	}
	buf_init(&b, json_string_length(value));
	buf_put(&b, json_string_value(value), json_string_length(value));
	e = buf_err(&b) != 0 ? XERR_NOMEM : set(r, a, k, &b);
	buf_release(&b);
	return e;
}

int
message_record_read_json(struct message_record *out, struct arena *a, const char *s,
    size_t len, char *why, size_t size)
{
	struct message_record r = { .v = { NULL } };
	json_error_t error;
	const char *name;
	json_t *root, *value;
	int e = 0;

	root = json_loadb(s, len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL) {
		snprintf(why, size, "column %d: %s", error.column, error.text);
		return XERR_SYNTAX;
	}
	if (!json_is_object(root)) {
		snprintf(why, size, "this is no object");
		e = XERR_SYNTAX;
	}
	json_object_foreach(root, name, value)
		if (e == 0)
			e = read_member(&r, a, name, value, why, size);
	json_decref(root);
	if (e == 0)
		*out = r;
	return e;
}
