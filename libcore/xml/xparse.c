/*
 * The stream parser, on expat.  Only this file knows expat, and its traps:
 * reparse deferral, which would hold a complete stanza back until more bytes
 * come; UTF-16, which it detects by itself; tokens without end; handlers that
 * still run for the token at which it was stopped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <expat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/scope.h"
#include "xml/xparse.h"

/*
 * Distributions have brought it to older versions: the symbol tells, not the
 * version.
 */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool)
	__attribute__((weak));

enum {
	DEFAULT_SIZE = 1 << 20,
	DEFAULT_DEPTH = 256,
	DEFAULT_ATTRS = 1024,
	TREE_FACTOR = 16,	/* memory of a tree over bytes of a stanza */
	HEADER_MAX = 64 * 1024,
	PORTION = 16 * 1024,	/* fed to expat at once */
	LEAD_MAX = 4		/* bytes looked at before expat sees any */
};

struct xparse {
	XML_Parser expat;
	struct xparse_limits limits;
	struct arena header;	/* the header's element and namespaces */
	struct arena stanza;	/* what is being read, or was last delivered */
	struct scope scope;
	struct buf text;	/* character data not yet in the tree */
	struct elem *cur;	/* innermost open element */
	unsigned depth;		/* open elements, the stream's included */
	struct xparse_event ready;
	bool suspended;		/* expat holds bytes behind the event */
	bool closed;
	bool stale;		/* the tree in stanza was delivered */
	bool close_next;	/* the ready event is followed by a close */
	char *fragment;		/* default namespace, or NULL for a stream */
	unsigned char lead[LEAD_MAX];	/* first bytes, until judged */
	size_t nlead;
	bool begun;		/* the first byte has gone to expat */
	uint64_t base;		/* bytes of earlier streams and skipped ones */
	uint64_t base_lines, base_column;
	uint64_t fed;		/* bytes taken, all streams */
	uint64_t mark;		/* where the unfinished part begins */
	int err;
	const char *condition;
	char errmsg[160];
	struct xparse_pos where;
};

/* Remember the first error, with its place. */
static void
fail_at(struct xparse *p, uint64_t byte, int r, const char *condition,
    const char *msg)
{
	XML_Size line = XML_GetCurrentLineNumber(p->expat);

	if (p->err != 0)
		return;
	p->err = r;
	p->condition = condition;
	snprintf(p->errmsg, sizeof(p->errmsg), "%s", msg);
	p->where = (struct xparse_pos){ .byte = byte,
		.line = p->base_lines + line,
		.column = XML_GetCurrentColumnNumber(p->expat) + 1 +
		    (line == 1 ? p->base_column : 0) };
}

static uint64_t
here(const struct xparse *p)
{
	XML_Index i = XML_GetCurrentByteIndex(p->expat);

	return p->base + (i < 0 ? 0 : (uint64_t)i);
}

/* The same from a handler, where expat must stop as well. */
static void
fail(struct xparse *p, int r, const char *condition, const char *msg)
{
	fail_at(p, here(p), r, condition, msg);
	XML_StopParser(p->expat, XML_FALSE);
}

static void
fail_mem(struct xparse *p, int r)
{
	if (r == XERR_LIMIT)
		fail(p, r, "policy-violation", "the element is too large");
	else
		fail(p, r, "resource-constraint", "out of memory");
}

/* Let go of the tree that the last event lent. */
static void
drop_stale(struct xparse *p)
{
	if (p->stale) {
		arena_reset(&p->stanza);
		p->stale = false;
	}
}

static struct arena *
arena_here(struct xparse *p)
{
	return p->depth == 0 ? &p->header : &p->stanza;
}

/* Hand an event over and make expat wait until it is taken. */
static void
deliver(struct xparse *p, enum xparse_kind kind, struct elem *e)
{
	if (p->ready.kind != XPARSE_NONE) {
		p->close_next = true;	/* <stream:stream/> is two events */
		return;
	}
	p->ready.kind = kind;
	p->ready.elem = e;
	p->ready.begin = p->mark;
	p->ready.end = here(p) +
	    (uint64_t)XML_GetCurrentByteCount(p->expat);
	/* An empty element ends where it began, as far as expat tells us. */
	p->mark = p->ready.end;
	XML_StopParser(p->expat, XML_TRUE);
}

/*
 * Cut the name at its colon: *LOCAL and the length of the prefix, 0 if there
 * is none.  A second colon, or nothing on one side, is no QName.
 */
static bool
split(const char *qname, const char **local, size_t *prefix_len)
{
	const char *colon = strchr(qname, ':');

	*local = colon == NULL ? qname : colon + 1;
	*prefix_len = colon == NULL ? 0 : (size_t)(colon - qname);
	return colon == NULL || (colon != qname && colon[1] != '\0' &&
	    strchr(colon + 1, ':') == NULL);
}

/* Is this attribute a namespace declaration?  *PREFIX is what it declares. */
static bool
is_declaration(const char *name, const char **prefix)
{
	if (strncmp(name, "xmlns", 5) != 0)
		return false;
	if (name[5] == '\0') {
		*prefix = name + 5;
		return true;
	}
	*prefix = name + 6;
	return name[5] == ':';
}

/* The declarations among the attributes ATTS come into force. */
static bool
declare(struct xparse *p, const char **atts)
{
	const char *prefix, *msg;
	unsigned n;
	int r;

	for (n = 0; *atts != NULL; atts += 2) {
		if (++n > p->limits.attrs) {
			fail(p, XERR_LIMIT, "policy-violation",
			    "too many attributes");
			return false;
		}
		if (!is_declaration(atts[0], &prefix))
			continue;
		/* A line's element without namespace has the default one. */
		if (p->fragment != NULL && p->depth == 1 && *prefix == '\0' &&
		    atts[1][0] == '\0')
			continue;
		msg = "illegal namespace declaration";
		if (atts[0][5] == ':' && (*prefix == '\0' ||
		    strchr(prefix, ':') != NULL))
			r = XERR_SYNTAX;
		else
			r = scope_bind(&p->scope, arena_here(p), p->depth + 1,
			    prefix, atts[1]);
		if (r == XERR_SYNTAX)
			fail(p, r, "not-well-formed", msg);
		else if (r < 0)
			fail_mem(p, r);
		if (r < 0)
			return false;
	}
	return true;
}

/* Resolve QNAME into *NAME, *PREFIX and *NS, in arena A. */
static bool
resolve(struct xparse *p, struct arena *a, const char *qname, bool attribute,
    const char **name, const char **prefix, const char **ns)
{
	const char *local;
	size_t n;
	char msg[128];

	if (!split(qname, &local, &n)) {
		fail(p, XERR_SYNTAX, "not-well-formed",
		    "a name with a misplaced colon");
		return false;
	}
	*ns = attribute && n == 0 ? "" : scope_find(&p->scope, qname, n);
	if (*ns == NULL) {
		snprintf(msg, sizeof(msg), "prefix %.*s is not declared",
		    n > 64 ? 64 : (int)n, qname);
		fail(p, XERR_SYNTAX, "bad-namespace-prefix", msg);
		return false;
	}
	*name = arena_dup(a, local, strlen(local));
	*prefix = n == 0 ? NULL : arena_dup(a, qname, n);
	if (arena_err(a) != 0) {
		fail_mem(p, arena_err(a));
		return false;
	}
	return true;
}

/* Two prefixes may stand for one namespace (Namespaces in XML, 6.3). */
static bool
is_unique(const struct elem *e, const struct attr *a)
{
	const struct attr *b;

	if (a->prefix == NULL)
		return true;	/* expat has checked */
	for (b = e->attrs; b != NULL; b = b->next)
		if (b->prefix != NULL && strcmp(b->name, a->name) == 0 &&
		    strcmp(b->ns, a->ns) == 0)
			return false;
	return true;
}

static bool
add_attrs(struct xparse *p, struct elem *e, const char **atts)
{
	struct attr **end = &e->attrs, *a;
	const char *prefix;

	for (; *atts != NULL; atts += 2) {
		if (is_declaration(atts[0], &prefix))
			continue;
		if ((a = arena_alloc(e->arena, sizeof(*a))) == NULL) {
			fail_mem(p, arena_err(e->arena));
			return false;
		}
		*a = (struct attr){ 0 };
		if (!resolve(p, e->arena, atts[0], true, &a->name, &a->prefix,
		    &a->ns))
			return false;
		if (!is_unique(e, a)) {
			fail(p, XERR_SYNTAX, "not-well-formed",
			    "duplicate attribute");
			return false;
		}
		a->value = arena_dup(e->arena, atts[1], strlen(atts[1]));
		*end = a;
		end = &a->next;
	}
	return true;
}

/* The element that a start tag makes, without parent, or NULL. */
static struct elem *
make_elem(struct xparse *p, const char *qname, const char **atts)
{
	struct arena *a = arena_here(p);
	struct elem *e;

	if (!declare(p, atts))
		return NULL;
	if ((e = arena_alloc(a, sizeof(*e))) == NULL) {
		fail_mem(p, arena_err(a));
		return NULL;
	}
	*e = (struct elem){ .arena = a };
	if (!resolve(p, a, qname, false, &e->name, &e->prefix, &e->ns) ||
	    !add_attrs(p, e, atts))
		return NULL;
	return e;
}

/* Character data goes into the tree as one run. */
static void
flush_text(struct xparse *p)
{
	if (buf_err(&p->text) != 0)
		fail_mem(p, buf_err(&p->text));
	if (buf_len(&p->text) == 0)
		return;
	elem_add_text(p->cur, (const char *)buf_data(&p->text),
	    buf_len(&p->text));
	buf_reset(&p->text);
	if (arena_err(&p->stanza) != 0)
		fail_mem(p, arena_err(&p->stanza));
}

static void
check_header(struct xparse *p, struct elem *e)
{
	if (strcmp(e->ns, NS_STREAMS) != 0)
		fail(p, XERR_SYNTAX, "invalid-namespace",
		    "the stream header is in a wrong namespace");
	else if (strcmp(e->name, "stream") != 0)
		fail(p, XERR_SYNTAX, "bad-format",
		    "the first tag is not a stream header");
	else
		deliver(p, XPARSE_HEADER, e);
}

static void XMLCALL
on_start(void *arg, const char *qname, const char **atts)
{
	struct xparse *p = arg;
	struct elem *e;

	if (p->err != 0)
		return;
	if (p->depth == 1) {
		drop_stale(p);
		p->mark = here(p);
	} else if (p->depth > 1) {
		flush_text(p);
	}
	if (p->depth > p->limits.depth) {
		fail(p, XERR_LIMIT, "policy-violation",
		    "elements nested too deeply");
		return;
	}
	if ((e = make_elem(p, qname, atts)) == NULL)
		return;
	if (p->depth++ == 0) {
		check_header(p, e);
		return;
	}
	if (p->depth == 2 && elem_is(e, NS_STREAMS, "stream")) {
		fail(p, XERR_SYNTAX, "bad-format", "a stream in a stream");
		return;
	}
	elem_adopt(p->cur, e);
	p->cur = e;
}

static void XMLCALL
on_end(void *arg, const char *qname)
{
	struct xparse *p = arg;
	struct elem *e = p->cur;

	(void)qname;
	if (p->err != 0)
		return;
	if (p->depth > 1)
		flush_text(p);
	if (p->err != 0)
		return;
	scope_leave(&p->scope, p->depth);
	p->depth--;
	if (p->depth == 0) {
		p->closed = true;
		deliver(p, XPARSE_CLOSE, NULL);
		return;
	}
	p->cur = e->parent;
	if (p->depth > 1)
		return;
	if (here(p) + (uint64_t)XML_GetCurrentByteCount(p->expat) - p->mark >
	    p->limits.size)
		fail_mem(p, XERR_LIMIT);
	else if (arena_err(&p->stanza) != 0)
		fail_mem(p, arena_err(&p->stanza));
	else
		deliver(p, XPARSE_ELEM, e);
}

static void XMLCALL
on_text(void *arg, const char *s, int len)
{
	struct xparse *p = arg;
	int i;

	if (p->err != 0)
		return;
	if (p->depth > 1) {
		buf_put(&p->text, s, (size_t)len);
		return;
	}
	for (i = 0; i < len; i++)
		if (strchr(" \t\r\n", s[i]) == NULL) {
			fail(p, XERR_SYNTAX, "bad-format",
			    "text between two elements");
			return;
		}
	/* A keepalive is no part of the element that comes next. */
	p->mark = here(p) + (uint64_t)XML_GetCurrentByteCount(p->expat);
}

static void
restricted(struct xparse *p, const char *what)
{
	if (p->err == 0)
		fail(p, XERR_SYNTAX, "restricted-xml", what);
}

static void XMLCALL
on_comment(void *arg, const char *s)
{
	(void)s;
	restricted(arg, "a comment");
}

static void XMLCALL
on_pi(void *arg, const char *target, const char *data)
{
	(void)target;
	(void)data;
	restricted(arg, "a processing instruction");
}

static void XMLCALL
on_doctype(void *arg, const char *name, const char *sysid, const char *pubid,
    int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	restricted(arg, "a document type declaration");
}

/* RFC 6120 11.5: UTF-8 only, and XML 1.0. */
static void XMLCALL
on_declaration(void *arg, const char *version, const char *encoding,
    int standalone)
{
	struct xparse *p = arg;

	(void)standalone;
	if (p->err != 0)
		return;
	if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0)
		fail(p, XERR_SYNTAX, "unsupported-encoding",
		    "an encoding other than UTF-8");
	else if (version != NULL && strcmp(version, "1.0") != 0)
		fail(p, XERR_SYNTAX, "unsupported-version",
		    "XML of a version other than 1.0");
}

/* Expat ready for the first byte of a stream, or between two fragments. */
static int
start_expat(struct xparse *p)
{
	XML_Parser x = p->expat;

	if (!XML_ParserReset(x, "UTF-8"))
		return p->err = XERR_NOMEM;
	XML_SetUserData(x, p);
	XML_SetElementHandler(x, on_start, on_end);
	XML_SetCharacterDataHandler(x, on_text);
	XML_SetCommentHandler(x, on_comment);
	XML_SetProcessingInstructionHandler(x, on_pi);
	XML_SetStartDoctypeDeclHandler(x, on_doctype);
	XML_SetXmlDeclHandler(x, on_declaration);
	if (XML_SetReparseDeferralEnabled != NULL)
		XML_SetReparseDeferralEnabled(x, XML_FALSE);
	arena_reset(&p->header);
	arena_reset(&p->stanza);
	buf_reset(&p->text);
	scope_leave(&p->scope, 0);
	p->cur = NULL;
	p->depth = 0;
	p->ready.kind = XPARSE_NONE;
	p->suspended = p->closed = p->stale = p->begun = false;
	p->close_next = false;
	p->nlead = 0;
	p->err = 0;
	p->base = p->mark = p->fed;
	return 0;
}

/* A fragment's parser has read the start tag of a stream that nobody sent. */
static int
start_fragment(struct xparse *p)
{
	static const char root[] = "<stream>";
	int r;

	XML_SetElementHandler(p->expat, NULL, NULL);
	if (XML_Parse(p->expat, root, sizeof(root) - 1, XML_FALSE) !=
	    XML_STATUS_OK)
		return p->err = XERR_NOMEM;
	XML_SetElementHandler(p->expat, on_start, on_end);
	if ((r = scope_bind(&p->scope, &p->header, 1, "", p->fragment)) < 0)
		return p->err = r;
	p->depth = 1;
	p->begun = true;
	p->base -= sizeof(root) - 1;
	return 0;
}

static int
start(struct xparse *p)
{
	int r;

	if ((r = start_expat(p)) == 0 && p->fragment != NULL)
		r = start_fragment(p);
	return r;
}

int
xparse_new(struct xparse **out, const struct xparse_limits *limits)
{
	return xparse_new_fragment(out, limits, NULL);
}

int
xparse_new_fragment(struct xparse **out, const struct xparse_limits *limits,
    const char *ns)
{
	struct xparse *p;
	size_t size;
	int r = XERR_NOMEM;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return XERR_NOMEM;
	if (limits != NULL)
		p->limits = *limits;
	if (p->limits.size == 0)
		p->limits.size = DEFAULT_SIZE;
	if (p->limits.depth == 0)
		p->limits.depth = DEFAULT_DEPTH;
	if (p->limits.attrs == 0)
		p->limits.attrs = DEFAULT_ATTRS;
	size = p->limits.size;
	arena_init(&p->header, HEADER_MAX * 4);
	arena_init(&p->stanza, size > SIZE_MAX / TREE_FACTOR ? SIZE_MAX :
	    size * TREE_FACTOR);
	scope_init(&p->scope);
	buf_init(&p->text, size);
	if ((ns != NULL && (p->fragment = strdup(ns)) == NULL) ||
	    (p->expat = XML_ParserCreate("UTF-8")) == NULL ||
	    (r = start(p)) < 0) {
		xparse_free(p);
		return r;
	}
	*out = p;
	return 0;
}

void
xparse_free(struct xparse *p)
{
	if (p == NULL)
		return;
	if (p->expat != NULL)
		XML_ParserFree(p->expat);
	arena_release(&p->header);
	arena_release(&p->stanza);
	scope_release(&p->scope);
	buf_release(&p->text);
	free(p->fragment);
	free(p);
}

/* What expat says is wrong, in RFC 6120's terms. */
static void
fail_expat(struct xparse *p)
{
	enum XML_Error e = XML_GetErrorCode(p->expat);
	const char *condition = "not-well-formed";
	int r = XERR_SYNTAX;

	switch (e) {
	case XML_ERROR_ABORTED:
		return;		/* by fail(), which has said why */
	case XML_ERROR_NO_MEMORY:
		r = XERR_NOMEM;
		condition = "resource-constraint";
		break;
	case XML_ERROR_UNDEFINED_ENTITY:
		condition = "restricted-xml";
		break;
	case XML_ERROR_UNKNOWN_ENCODING:
	case XML_ERROR_INCORRECT_ENCODING:
		condition = "unsupported-encoding";
		break;
	default:
		break;
	}
	fail_at(p, here(p), r, condition, XML_ErrorString(e));
}

/* After expat has parsed: what is the state now? */
static int
judge(struct xparse *p, enum XML_Status status)
{
	p->suspended = status == XML_STATUS_SUSPENDED;
	if (status == XML_STATUS_ERROR)
		fail_expat(p);
	else if (!p->suspended && p->fed - p->mark > p->limits.size)
		fail_at(p, p->mark, XERR_LIMIT, "policy-violation",
		    p->depth > 0 ? "the element is too large" :
		    "the stream header is too large");
	return p->err;
}

static int
refuse_lead(struct xparse *p, const char *condition, const char *msg)
{
	fail_at(p, p->base, XERR_SYNTAX, condition, msg);
	return p->err;
}

/*
 * The first bytes of a stream decide about its encoding; expat would take
 * UTF-16, and pass over a UTF-8 byte order mark (RFC 6120 11.6: it is none).
 * Returns 1 when they are judged, 0 when more are needed.
 */
static int
judge_lead(struct xparse *p)
{
	const unsigned char *s = p->lead;

	if (p->nlead >= 2 && (memcmp(s, "\xfe\xff", 2) == 0 ||
	    memcmp(s, "\xff\xfe", 2) == 0 || s[0] == 0 || s[1] == 0))
		return refuse_lead(p, "unsupported-encoding",
		    "an encoding other than UTF-8");
	if (p->nlead >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		return refuse_lead(p, "not-well-formed",
		    "a byte order mark before the stream header");
	return p->nlead == LEAD_MAX;
}

/*
 * Take what is needed of the first bytes; white space before the header is
 * passed over, as some peers send it.  Returns how many bytes of S were used.
 */
static size_t
take_lead(struct xparse *p, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && p->nlead < LEAD_MAX; i++) {
		if (p->nlead == 0 && s[i] != '\0' &&
		    strchr(" \t\r\n", s[i]) != NULL) {
			p->base_lines += s[i] == '\n';
			p->base_column = s[i] == '\n' ? 0 : p->base_column + 1;
			p->base++;
			p->mark++;
			continue;
		}
		p->lead[p->nlead++] = (unsigned char)s[i];
	}
	return i;
}

static int
parse(struct xparse *p, const void *s, size_t len)
{
	p->fed += len;
	return judge(p, XML_Parse(p->expat, s, (int)len, XML_FALSE));
}

/* Begin with the first bytes once they are known to be UTF-8. */
static ssize_t
begin(struct xparse *p, const char *s, size_t len)
{
	size_t n = take_lead(p, s, len);
	int r;

	p->fed += n;
	if ((r = judge_lead(p)) <= 0)
		return r < 0 ? r : (ssize_t)n;
	p->begun = true;
	p->fed -= p->nlead;	/* parse() counts them */
	if ((r = parse(p, p->lead, p->nlead)) < 0)
		return r;
	return (ssize_t)n;
}

/* Go on behind the event that was taken. */
static void
resume(struct xparse *p)
{
	if (p->suspended && p->ready.kind == XPARSE_NONE)
		judge(p, XML_ResumeParser(p->expat));
}

ssize_t
xparse_feed(struct xparse *p, const void *data, size_t len)
{
	const char *s = data;
	size_t n, used = 0;
	ssize_t r;

	resume(p);
	if (p->err != 0)
		return p->err;
	if (!p->begun && len > 0) {
		if ((r = begin(p, s, len)) < 0)
			return r;
		used = (size_t)r;
	}
	/* Bytes behind an event wait until it is taken. */
	while (used < len && !p->suspended && p->begun) {
		n = len - used < PORTION ? len - used : PORTION;
		if ((r = parse(p, s + used, n)) < 0)
			break;	/* events before the error come first */
		used += n;
	}
	return (ssize_t)used;
}

int
xparse_next(struct xparse *p, struct xparse_event *ev)
{
	resume(p);
	if (p->ready.kind == XPARSE_NONE)
		return p->err;
	*ev = p->ready;
	p->stale = ev->kind == XPARSE_ELEM;
	p->ready.kind = p->close_next ? XPARSE_CLOSE : XPARSE_NONE;
	p->ready.elem = NULL;
	p->close_next = false;
	return 1;
}

int
xparse_eof(struct xparse *p)
{
	if (p->err != 0 || (!p->begun && p->nlead == 0))
		return p->err;
	if (XML_Parse(p->expat, "", 0, XML_TRUE) != XML_STATUS_ERROR)
		return 0;
	if (XML_GetErrorCode(p->expat) != XML_ERROR_NO_ELEMENTS ||
	    !p->begun)
		fail_expat(p);
	else if (p->depth != 1)
		fail_at(p, p->fed, XERR_SYNTAX, "not-well-formed",
		    "the input ends inside an element");
	return p->err;
}

bool
xparse_closed(const struct xparse *p)
{
	return p->closed;
}

/* The bytes that expat holds behind the last event; *LEN of them. */
static const char *
rest(const struct xparse *p, size_t *len)
{
	int offset, size;
	const char *s;

	*len = 0;
	if (!p->suspended)
		return NULL;
	s = XML_GetInputContext(p->expat, &offset, &size);
	if (s == NULL)
		return NULL;
	offset += XML_GetCurrentByteCount(p->expat);
	*len = (size_t)(size - offset);
	return s + offset;
}

size_t
xparse_left(const struct xparse *p)
{
	size_t n;

	rest(p, &n);
	return n;
}

/* Lines and columns go on where the stream before has ended. */
static void
carry_position(struct xparse *p)
{
	XML_Size line = XML_GetCurrentLineNumber(p->expat);
	XML_Size col = XML_GetCurrentColumnNumber(p->expat) +
	    (XML_Size)XML_GetCurrentByteCount(p->expat);

	p->base_column = line == 1 ? p->base_column + col : col;
	p->base_lines += line - 1;
}

int
xparse_discard(struct xparse *p)
{
	carry_position(p);
	return start(p);
}

int
xparse_reset(struct xparse *p)
{
	char copy[PORTION];
	size_t len;
	const char *s = rest(p, &len);

	if (len > 0)
		memcpy(copy, s, len);
	p->fed -= len;
	if (xparse_discard(p) < 0)
		return p->err;
	if (len > 0)
		xparse_feed(p, copy, len);
	return p->err == XERR_NOMEM ? p->err : 0;
}

const char *
xparse_content_ns(const struct xparse *p)
{
	return scope_find(&p->scope, "", 0);
}

const char *
xparse_condition(const struct xparse *p)
{
	return p->condition;
}

const char *
xparse_errmsg(const struct xparse *p)
{
	return p->errmsg;
}

struct xparse_pos
xparse_where(const struct xparse *p)
{
	return p->where;
}

bool
xparse_between(const struct xparse *p)
{
	return p->err == 0 && p->depth == 1 && !p->suspended &&
	    p->ready.kind == XPARSE_NONE && p->fed == p->mark;
}
