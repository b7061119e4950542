/* Patterns of addresses. */
#include <string.h>

#include "base/xerr.h"
#include "stanza/jidpat.h"

/* The normal form of a part, or of a piece of one, in A; NULL if it has none. */
static const char *
enforce(struct arena *a, enum jid_part part, const char *s)
{
	struct jid j;
	const char *p;
	size_t len;
	int r;

	switch (part) {
	case JID_LOCALPART:
		r = jid_make(&j, s, "x", NULL);
		p = r < 0 ? NULL : jid_local(&j, &len);
		break;
	case JID_RESOURCEPART:
		r = jid_make(&j, NULL, "x", s);
		p = r < 0 ? NULL : jid_resource(&j, &len);
		break;
	default:
		r = jid_make(&j, NULL, s, NULL);
		p = r < 0 ? NULL : jid_domain(&j, &len);
	}
	return p == NULL ? NULL : arena_dup(a, p, len);
}

/* A piece that is nothing by itself, "." say: only its letters are mapped. */
static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
}

/* Put the normal form of the piece S behind B. */
static int
put_piece(struct buf *b, struct arena *a, enum jid_part part, char *s)
{
	size_t len = strlen(s);
	const char *norm;

	/* A dot at the end of a whole domain is dropped, but not here. */
	if (part == JID_DOMAINPART && len > 1 && s[len - 1] == '.') {
		s[len - 1] = '\0';
		put_piece(b, a, part, s);
		return buf_putc(b, '.');
	}
	if (part == JID_DOMAINPART && *s == '.') {
		buf_putc(b, '.');
		return put_piece(b, a, part, s + 1);
	}
	if (len == 0)
		return 0;
	if ((norm = enforce(a, part, s)) == NULL) {
		if (part != JID_RESOURCEPART)
			lower(s);
		norm = s;
	}
	return buf_puts(b, norm);
}

/* The glob S, which has asterisks, with its pieces in normal form in *OUT. */
static int
enforce_glob(const char **out, struct arena *a, enum jid_part part, char *s)
{
	struct buf b;
	char *star;
	int r;

	buf_init(&b, 4 * JID_MAX);
	for (; (star = strchr(s, '*')) != NULL; s = star + 1) {
		*star = '\0';
		put_piece(&b, a, part, s);
		buf_putc(&b, '*');
	}
	put_piece(&b, a, part, s);
	if ((r = buf_err(&b)) == 0)
		*out = arena_dup(a, (const char *)buf_data(&b), buf_len(&b));
	buf_release(&b);
	return r == XERR_LIMIT ? XERR_SYNTAX : r;
}

/* The LEN bytes at S as a pattern for PART into *OUT. */
static int
parse_part(const char **out, struct arena *a, enum jid_part part,
    const char *s, size_t len)
{
	char *copy;
	int r;

	if (len == 0 || len > JID_PART_MAX)
		return XERR_SYNTAX;
	if ((copy = arena_dup(a, s, len)) == NULL)
		return arena_err(a);
	if (strchr(copy, '*') == NULL)
		*out = enforce(a, part, copy);
	else if ((r = enforce_glob(out, a, part, copy)) < 0)
		return r;
	if (arena_err(a) != 0)
		return arena_err(a);
	return *out == NULL ? XERR_SYNTAX : 0;
}

int
jidpat_parse(struct jidpat *out, struct arena *a, const char *s)
{
	const char *slash = strchr(s, '/'), *at;
	size_t len = slash == NULL ? strlen(s) : (size_t)(slash - s);
	struct jidpat p = { NULL, NULL, NULL };
	int r;

	/* RFC 7622 3.2: first the slash, then the at sign before it. */
	if (slash != NULL && (r = parse_part(&p.resource, a,
	    JID_RESOURCEPART, slash + 1, strlen(slash + 1))) < 0)
		return r;
	if ((at = memchr(s, '@', len)) != NULL) {
		if ((r = parse_part(&p.local, a, JID_LOCALPART, s,
		    (size_t)(at - s))) < 0)
			return r;
		len -= (size_t)(at + 1 - s);
		s = at + 1;
	}
	if ((r = parse_part(&p.domain, a, JID_DOMAINPART, s, len)) < 0)
		return r;
	*out = p;
	return 0;
}

/* Does GLOB match the LEN bytes at S?  An asterisk takes as little as it can. */
static bool
glob(const char *g, const char *s, size_t len)
{
	const char *star = NULL, *end = s + len, *back = s;

	while (s < end) {
		if (*g == '*') {
			star = ++g;
			back = s;
		} else if (*g == *s) {
			g++;
			s++;
		} else if (star != NULL) {
			g = star;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*g == '*')
		g++;
	return *g == '\0';
}

bool
jidpat_match(const struct jidpat *p, const struct jid *j)
{
	const char *s;
	size_t len;

	if (jid_is_empty(j))
		return false;
	s = jid_domain(j, &len);
	if (!glob(p->domain, s, len))
		return false;
	if (p->local != NULL && ((s = jid_local(j, &len)) == NULL ||
	    !glob(p->local, s, len)))
		return false;
	return p->resource == NULL || ((s = jid_resource(j, &len)) != NULL &&
	    glob(p->resource, s, len));
}

bool
jidpat_match_text(const struct jidpat *p, const char *s)
{
	struct jid j;

	return s != NULL && jid_parse(&j, s, strlen(s)) == 0 &&
	    jidpat_match(p, &j);
}
