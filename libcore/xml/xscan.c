/* Where a token of XML ends, and where an element does. */
#include <string.h>

#include "xml/xscan.h"

static const char cdata[] = "CDATA[";

void
xscan_init(struct xscan *x, enum xscan_state state, uint64_t depth)
{
	*x = (struct xscan){ .state = state, .depth = depth };
}

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* May C be in a name, or in a reference by number? */
static bool
is_name(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c >= 0x80 || c == '-' || c == '.' ||
	    c == '_' || c == ':' || c == '#';
}

static void
end_token(struct xscan *x)
{
	x->state = XSCAN_TEXT;
	x->over = true;
}

static void
fail(struct xscan *x)
{
	x->broken = true;
	end_token(x);
}

static void
restrict_to(struct xscan *x, enum xscan_state state)
{
	x->state = state;
	x->restricted = true;
	x->n = 0;
}

/* The bracket that ends a tag: how many elements are open now? */
static void
end_tag(struct xscan *x)
{
	bool empty = x->last == '/';

	if (x->end && x->depth == 0)
		x->broken = true;
	else if (x->end)
		x->depth--;
	else if (!empty)
		x->depth++;
	x->closed = x->depth == 0;
	end_token(x);
}

static void
take_open(struct xscan *x, unsigned char c)
{
	x->end = c == '/';
	x->last = 0;
	x->n = 0;
	if (c == '!')
		x->state = XSCAN_BANG;
	else if (c == '?')
		restrict_to(x, XSCAN_INSTRUCTION);
	else if (c == '/' || (is_name(c) && c != '#'))
		x->state = XSCAN_TAG;
	else
		fail(x);
}

static void
take_tag(struct xscan *x, unsigned char c)
{
	if (c == '>') {
		end_tag(x);
	} else if (c == '<' || (c < ' ' && !is_space(c))) {
		fail(x);
	} else if (c == '"' || c == '\'') {
		x->quote = c;
		x->state = XSCAN_QUOTED;
	}
	x->last = c;
}

static void
take_bang(struct xscan *x, unsigned char c)
{
	x->n = 0;
	if (c == '-')
		restrict_to(x, XSCAN_DASH);
	else if (c == '[')
		x->state = XSCAN_BRACKET;
	else
		restrict_to(x, XSCAN_DECLARATION);
}

/* So many of C, and then ">". */
static void
take_until(struct xscan *x, unsigned char c, unsigned char mark)
{
	if (c == '>' && x->n >= (mark == '?' ? 1 : 2))
		end_token(x);
	else
		x->n = c == mark ? x->n + 1 : 0;
}

static void
take_bracket(struct xscan *x, unsigned char c)
{
	if (c != (unsigned char)cdata[x->n]) {
		fail(x);
	} else if (cdata[++x->n] == '\0') {
		end_token(x);
		x->state = XSCAN_CDATA;
		x->n = 0;
	}
}

static void
take(struct xscan *x, unsigned char c)
{
	switch (x->state) {
	case XSCAN_TEXT:
		if (c == '<')
			x->state = XSCAN_OPEN;
		else if (c == '&')
			x->state = XSCAN_REFERENCE;
		break;
	case XSCAN_OPEN: take_open(x, c); break;
	case XSCAN_TAG: take_tag(x, c); break;
	case XSCAN_QUOTED:
		if (c == '<')
			fail(x);
		else if (c == x->quote)
			x->state = XSCAN_TAG;
		break;
	case XSCAN_REFERENCE:
		if (c == '<')
			fail(x);
		else if (!is_name(c))
			end_token(x);
		break;
	case XSCAN_BANG: take_bang(x, c); break;
	case XSCAN_DASH:
		if (c == '-')
			x->state = XSCAN_COMMENT;
		else
			fail(x);
		break;
	case XSCAN_COMMENT: take_until(x, c, '-'); break;
	case XSCAN_BRACKET: take_bracket(x, c); break;
	case XSCAN_CDATA: take_until(x, c, ']'); break;
	case XSCAN_INSTRUCTION: take_until(x, c, '?'); break;
	case XSCAN_DECLARATION:
		if (c == '>' || c == '[')
			end_token(x);
		break;
	case XSCAN_WORD:
		if (!is_name(c))
			end_token(x);
		break;
	}
}

/* What is long is mostly text and values of attributes, in which little counts. */
static size_t
pass_plain(const struct xscan *x, const char *s, size_t len)
{
	size_t n = 0;

	if (x->state == XSCAN_TEXT)
		while (n < len && s[n] != '<' && s[n] != '&')
			n++;
	else if (x->state == XSCAN_QUOTED)
		while (n < len && s[n] != '<' &&
		    (unsigned char)s[n] != x->quote)
			n++;
	return n;
}

size_t
xscan_token(struct xscan *x, const char *s, size_t len)
{
	size_t i = 0;

	x->over = false;
	while (i < len && !x->over) {
		if ((i += pass_plain(x, s + i, len - i)) < len)
			take(x, (unsigned char)s[i++]);
	}
	return i;
}

size_t
xscan_element(struct xscan *x, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && !x->closed && !x->broken && !x->restricted)
		i += xscan_token(x, s + i, len - i);
	return i;
}
