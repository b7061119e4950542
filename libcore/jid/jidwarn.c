/* Warnings for valid addresses. */
#include <stdbool.h>
#include <string.h>

#include <unictype.h>

#include "base/utf8.h"
#include "jid/jidesc.h"
#include "jid/jidwarn.h"

/*
 * Lower-case letters that look like an ASCII one in most fonts: the entries of
 * Unicode's confusables.txt (UTS 39, version 14.0) whose target is one letter
 * from a to z, of the scripts Latin, Greek, Cyrillic and Armenian.
 */
static const struct {
	uint16_t cp;
	char ascii;
} lookalikes[] = {
	{ 0x0131, 'i' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x0269, 'i' },
	{ 0x026a, 'i' }, { 0x028b, 'u' }, { 0x028f, 'y' }, { 0x03b1, 'a' },
	{ 0x03b3, 'y' }, { 0x03b9, 'i' }, { 0x03bd, 'v' }, { 0x03bf, 'o' },
	{ 0x03c1, 'p' }, { 0x03c3, 'o' }, { 0x03c5, 'u' }, { 0x0430, 'a' },
	{ 0x0433, 'r' }, { 0x0435, 'e' }, { 0x043e, 'o' }, { 0x0440, 'p' },
	{ 0x0441, 'c' }, { 0x0443, 'y' }, { 0x0445, 'x' }, { 0x0455, 's' },
	{ 0x0456, 'i' }, { 0x0458, 'j' }, { 0x0475, 'v' }, { 0x04af, 'y' },
	{ 0x04bb, 'h' }, { 0x04bd, 'e' }, { 0x04cf, 'i' }, { 0x0501, 'd' },
	{ 0x051b, 'q' }, { 0x051d, 'w' }, { 0x0561, 'w' }, { 0x0563, 'q' },
	{ 0x0566, 'q' }, { 0x0570, 'h' }, { 0x0578, 'n' }, { 0x057c, 'n' },
	{ 0x057d, 'u' }, { 0x0581, 'g' }, { 0x0584, 'f' }, { 0x0585, 'o' }
};

static int
looks_like(uint32_t cp)
{
	size_t i;

	for (i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
		if (lookalikes[i].cp == cp)
			return lookalikes[i].ascii;
	return -1;
}

/* Sets of scripts that occur together, as bits. */
enum {
	LATIN = 1, HAN = 2, HIRAGANA = 4, KATAKANA = 8, HANGUL = 16,
	BOPOMOFO = 32, ELSE = 64,
	JAPANESE = LATIN | HAN | HIRAGANA | KATAKANA,
	KOREAN = LATIN | HAN | HANGUL,
	CHINESE = LATIN | HAN | BOPOMOFO
};

static int
script_bit(const char *name)
{
	static const struct {
		const char *name;
		int bit;
	} known[] = {
		{ "Latin", LATIN }, { "Han", HAN }, { "Hiragana", HIRAGANA },
		{ "Katakana", KATAKANA }, { "Hangul", HANGUL },
		{ "Bopomofo", BOPOMOFO }
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].bit;
	return ELSE;
}

static bool
go_together(int set)
{
	return (set & ~JAPANESE) == 0 || (set & ~KOREAN) == 0 ||
	    (set & ~CHINESE) == 0;
}

/* The name of CP's script, or NULL if it goes with any. */
static const char *
script_of(uint32_t cp)
{
	const uc_script_t *s = uc_script(cp);

	return s == NULL || strcmp(s->name, "Common") == 0 ||
	    strcmp(s->name, "Inherited") == 0 ? NULL : s->name;
}

static struct jid_warning
warning(enum jid_hint hint, enum jid_part part, size_t offset, int32_t cp)
{
	return (struct jid_warning){
		.hint = hint, .part = part, .offset = offset, .cp = cp,
		.other = -1
	};
}

/* The first letter of S whose script does not go with those before it. */
static bool
is_mixed(struct jid_warning *w, enum jid_part part, const char *s, size_t len,
    size_t before)
{
	const char *name, *first = NULL, *odd = NULL;
	size_t i;
	uint32_t cp;
	int set = 0, n;

	for (i = 0; i < len; i += (size_t)n) {
		if ((n = utf8_decode(&cp, s + i, len - i)) < 0)
			return false;
		if ((name = script_of(cp)) == NULL)
			continue;
		if (first == NULL)
			first = name;
		if (strcmp(name, first) != 0) {
			odd = name;
			set |= script_bit(first) | script_bit(name);
		}
		/* ELSE goes only with itself */
		if (odd != NULL && (!go_together(set) || set & ELSE)) {
			*w = warning(JID_HINT_MIXED, part, before + i,
			    (int32_t)cp);
			w->scripts[0] = first;
			w->scripts[1] = odd;
			return true;
		}
	}
	return false;
}

static bool
is_lookalike(struct jid_warning *w, enum jid_part part, const char *s,
    size_t len, size_t before)
{
	bool found = false;
	size_t i;
	uint32_t cp;
	int n, c;

	for (i = 0; i < len; i += (size_t)n) {
		if ((n = utf8_decode(&cp, s + i, len - i)) < 0)
			return false;
		if (cp < 0x80 || !uc_is_property_alphabetic(cp))
			continue;
		if ((c = looks_like(cp)) < 0)
			return false;
		if (!found) {
			*w = warning(JID_HINT_LOOKALIKE, part, before + i,
			    (int32_t)cp);
			w->other = c;
		}
		found = true;
	}
	return found;
}

/* Both kinds, of one part or label; returns how many. */
static size_t
check_letters(struct jid_warning *w, enum jid_part part, const char *s,
    size_t len, size_t before)
{
	size_t n = 0;

	if (is_mixed(&w[n], part, s, len, before))
		n++;
	if (is_lookalike(&w[n], part, s, len, before))
		n++;
	return n;
}

/* The first label of the domainpart that is suspicious. */
static size_t
check_labels(struct jid_warning *w, const char *s, size_t len, size_t before)
{
	const char *dot;
	size_t i, n, found;

	for (i = 0; i < len; i += n + 1) {
		dot = memchr(s + i, '.', len - i);
		n = dot == NULL ? len - i : (size_t)(dot - (s + i));
		found = check_letters(w, JID_DOMAINPART, s + i, n, before + i);
		if (found > 0)
			return found;
	}
	return 0;
}

size_t
jidwarn(struct jid_warning w[JIDWARN_MAX], const struct jid *j)
{
	const char *s;
	size_t len, at, n = 0;

	if ((s = jid_local(j, &len)) != NULL) {
		n += check_letters(&w[n], JID_LOCALPART, s, len, 0);
		if (jidesc_is_escaped(s, len))
			w[n++] = warning(JID_HINT_ESCAPED, JID_LOCALPART, 0,
			    -1);
	}
	if ((s = jid_domain(j, &len)) != NULL)
		n += check_labels(&w[n], s, len, (size_t)(s - j->str));
	if ((s = jid_resource(j, &len)) != NULL) {
		at = (size_t)(s - j->str);
		n += check_letters(&w[n], JID_RESOURCEPART, s, len, at);
		if (s[0] == ' ' || s[len - 1] == ' ')
			w[n++] = warning(JID_HINT_SPACE, JID_RESOURCEPART,
			    s[0] == ' ' ? at : at + len - 1, ' ');
	}
	return n;
}

int
jidwarn_text(struct buf *b, const struct jid_warning *w)
{
	buf_printf(b, "%s: ", jid_part_name(w->part));
	switch (w->hint) {
	case JID_HINT_MIXED:
		return buf_printf(b, "mixes scripts: U+%04X at byte %zu is "
		    "%s among %s (UTS 39 5.2)", (unsigned)w->cp, w->offset,
		    w->scripts[1], w->scripts[0]);
	case JID_HINT_LOOKALIKE:
		return buf_printf(b, "U+%04X at byte %zu looks like \"%c\" "
		    "(UTS 39 4)", (unsigned)w->cp, w->offset, w->other);
	case JID_HINT_SPACE:
		return buf_printf(b, "begins or ends with a space, at byte %zu",
		    w->offset);
	default:
		return buf_puts(b, "is escaped: it stands for another name "
		    "(XEP-0106)");
	}
}
