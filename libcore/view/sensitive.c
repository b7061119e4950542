/* Secrets in a stream. */
#include <string.h>

#include "base/vis.h"
#include "xml/ns.h"
#include "view/redact.h"
#include "view/sensitive.h"

enum { PAYLOAD_MAX = 8192 };

static bool
is_one_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

/* Inside one that carries a task, such as the hash of an upgrade? */
static bool
is_in_task(const struct elem *e)
{
	static const char *const names[] = { "task-data", "next", NULL };

	while ((e = e->parent) != NULL)
		if (strcmp(e->ns, NS_SASL2) == 0 && is_one_of(e->name, names))
			return true;
	return false;
}

bool
sensitive_is(const struct elem *e)
{
	static const char *const sasl[] = {
		"auth", "response", "challenge", "success", NULL
	};
	static const char *const sasl2[] = {
		"initial-response", "response", "challenge",
		"additional-data", NULL
	};
	static const char *const words[] = { "password", "digest", NULL };

	if (strcmp(e->ns, NS_SASL) == 0)
		return is_one_of(e->name, sasl);
	if (strcmp(e->ns, NS_SASL2) == 0)
		return is_one_of(e->name, sasl2);
	return is_one_of(e->name, words) || is_in_task(e);
}

bool
sensitive_is_attr(const struct elem *e, const struct attr *a)
{
	return strcmp(e->name, "token") == 0 && a->prefix == NULL &&
	    strcmp(a->name, "token") == 0;
}

static int
value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c == '\0' ? NULL : strchr(digits, c);

	return p == NULL ? -1 : (int)(p - digits);
}

/*
 * What S says in base64, as far as it is base64: to be looked at, not to be
 * acted upon.  (base/b64.h, which is strict, needs OpenSSL; a filter that only
 * shows a stream shall not.)
 */
static void
decode(struct buf *b, const char *s)
{
	unsigned bits = 0, acc = 0;
	int v;

	for (; (v = value_of(*s)) >= 0; s++) {
		acc = (acc << 6 | (unsigned)v) & 0xffffff;
		if ((bits += 6) >= 8) {
			bits -= 8;
			buf_putc(b, (int)(acc >> bits & 0xff));
		}
	}
}

static void
put_pair(struct buf *b, const char *name, const char *s, size_t len)
{
	if (len == 0)
		return;
	buf_printf(b, ", %s ", name);
	vis_put(b, s, len, 0);
}

/* authzid NUL authcid NUL password (RFC 4616). */
static void
describe_plain(struct buf *b, const char *s, size_t len)
{
	const char *user = memchr(s, '\0', len), *end = s + len, *password;

	if (user++ == NULL ||
	    (password = memchr(user, '\0', (size_t)(end - user))) == NULL)
		return;
	put_pair(b, "authzid", s, (size_t)(user - 1 - s));
	put_pair(b, "user", user, (size_t)(password - user));
}

/*
 * Attributes with commas between, behind the GS2 header in the first message
 * of a client (RFC 5802 7).  Nonces, salt and proofs are not told.
 */
static void
describe_scram(struct buf *b, const char *s, size_t len)
{
	const char *end = s + len, *comma;
	size_t n;

	for (; s < end; s += n + 1) {
		comma = memchr(s, ',', (size_t)(end - s));
		n = (size_t)((comma == NULL ? end : comma) - s);
		if (n < 2 || s[1] != '=')
			continue;
		switch (*s) {
		case 'a': put_pair(b, "authzid", s + 2, n - 2); break;
		case 'n': put_pair(b, "user", s + 2, n - 2); break;
		case 'i': put_pair(b, "iterations", s + 2, n - 2); break;
		case 'e': put_pair(b, "error", s + 2, n - 2); break;
		case 'p':
			/* In a GS2 header it is the channel binding's name. */
			if (comma == NULL)
				buf_puts(b, ", proof");
			else
				put_pair(b, "binding", s + 2, n - 2);
			break;
		case 'v': buf_puts(b, ", server signature"); break;
		}
	}
}

/* What the server says is no password, whatever the mechanism. */
static bool
is_server(const struct elem *e)
{
	return strcmp(e->name, "challenge") == 0 ||
	    strcmp(e->name, "success") == 0 ||
	    strcmp(e->name, "additional-data") == 0;
}

void
sensitive_describe(struct buf *b, const struct elem *e, const char *mechanism)
{
	const char *text = elem_text(e);
	struct buf raw;

	if (text == NULL)
		text = "";
	if (strcmp(text, REDACT_TEXT) == 0)
		buf_puts(b, "removed");
	else
		buf_printf(b, "%zu characters", strlen(text));
	if (strcmp(e->ns, NS_SASL) != 0 && strcmp(e->ns, NS_SASL2) != 0)
		return;
	if (*mechanism != '\0')
		put_pair(b, "mechanism", mechanism, strlen(mechanism));
	buf_init(&raw, PAYLOAD_MAX);
	decode(&raw, text);
	if (buf_err(&raw) != 0)
		buf_reset(&raw);
	if (strcmp(mechanism, "PLAIN") == 0)
		describe_plain(b, (const char *)buf_data(&raw), buf_len(&raw));
	else if (strncmp(mechanism, "SCRAM-", 6) == 0 || is_server(e))
		describe_scram(b, (const char *)buf_data(&raw), buf_len(&raw));
	buf_wipe(&raw);
}
