/*
 * What expat calls: tags and text become headers, elements and errors.  The
 * handlers may still run for the token at which expat was stopped.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/xparse_int.h"

/*
 * Reparse deferral would hold a complete stanza back until more bytes come.
 * Distributions have brought it to older versions: the symbol tells, not the
 * version.
 */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool)
	__attribute__((weak));

uint64_t
xparse_expat_here(const struct xparse *p)
{
	XML_Index i = XML_GetCurrentByteIndex(p->expat);

	return p->base + (i < 0 ? 0 : (uint64_t)i);
}

struct xparse_pos
xparse_expat_place(const struct xparse *p)
{
	XML_Size line = XML_GetCurrentLineNumber(p->expat);

	return (struct xparse_pos){ .byte = xparse_expat_here(p),
		.line = p->base_lines + line,
		.column = XML_GetCurrentColumnNumber(p->expat) + 1 +
		    (line == 1 ? p->base_column : 0) };
}

void
xparse_expat_fail(struct xparse *p, int r, const char *condition, const char *msg)
{
	if (p->err != 0)
		return;
	p->err = r;
	p->condition = condition;
	snprintf(p->errmsg, sizeof(p->errmsg), "%s", msg);
	p->where = xparse_expat_place(p);
}

/* Behind the token that expat is at; an empty element's end has no length. */
static uint64_t
behind(const struct xparse *p)
{
	return xparse_expat_here(p) + (uint64_t)XML_GetCurrentByteCount(p->expat);
}

/* An error: expat must stop as well. */
static void
fail(struct xparse *p, int r, const char *condition, const char *msg)
{
	xparse_expat_fail(p, r, condition, msg);
	XML_StopParser(p->expat, XML_FALSE);
}

/* So is an element over a limit, but it can be passed over. */
static void
go_over(struct xparse *p, const char *why)
{
	xparse_over(p, why);
	XML_StopParser(p->expat, p->err == 0);
}

static void
fail_mem(struct xparse *p, int r)
{
	if (r == XERR_LIMIT)
		go_over(p, "larger than fits into memory");
	else
		fail(p, r, "resource-constraint", "out of memory");
}

/* The handlers that still run have nothing to do. */
static bool
is_stopped(const struct xparse *p)
{
	return p->err != 0 || p->over;
}

/* Let go of what the last event lent. */
static void
drop_stale(struct xparse *p)
{
	if (p->stale) {
		arena_reset(&p->stanza);
		xline_reset(&p->line);
		p->stale = false;
	}
}

/* Hand an event over and make expat wait until it is taken. */
static void
deliver(struct xparse *p, enum xparse_kind kind, struct elem *e)
{
	if (p->ready.kind != XPARSE_NONE) {
		p->close_next = true;	/* <stream:stream/> is two events */
		return;
	}
	p->first = NULL;
	p->ready.kind = kind;
	p->ready.elem = e;
	p->ready.line = (const char *)buf_data(&p->line.out);
	p->ready.len = buf_len(&p->line.out);
	p->ready.depth = p->deepest;
	p->ready.begin = p->mark;
	p->ready.end = p->mark = behind(p);
	XML_StopParser(p->expat, XML_TRUE);
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

/* The tag goes where the form of the elements wants it. */
static int
start_elem(struct xparse *p)
{
	size_t nattrs = p->tag.nattrs;
	int r;

	if (p->depth == 0) {
		p->root = arena_dup(&p->header, p->tag.name.qname,
		    p->tag.name.len);
		return xtree_start(&p->tree, &p->header, &p->tag);
	}
	if (p->form == XPARSE_LINE)
		p->tag.nattrs = 0;	/* the line has them */
	if ((p->form == XPARSE_TREE || p->depth == 1) &&
	    (r = xtree_start(&p->tree, &p->stanza, &p->tag)) < 0)
		return r;
	if (p->form != XPARSE_LINE)
		return 0;
	p->tag.nattrs = nattrs;
	return xline_start(&p->line, &p->tag);
}

/*
 * In a line, an element that says nothing of its namespace is one of the
 * content namespace; but inside of one that has a prefix, none is none.
 */
static int
begin_line(struct xparse *p, unsigned depth, const char *qname)
{
	if (strchr(qname, ':') == NULL)
		return 0;
	return scope_bind(&p->scope, &p->stanza, depth, "", "");
}

static bool
is_stream(const struct xparse_tag *t)
{
	return strcmp(t->name.local, "stream") == 0 &&
	    strcmp(t->name.ns, NS_STREAMS) == 0;
}

static void
too_deep(struct xparse *p)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "more than %u elements in one another",
	    p->limits.depth);
	go_over(p, why);
}

/* Of a first-level element with too many attributes: who, to whom, which. */
static struct elem *
address(struct xparse *p, const char *qname, const char **atts)
{
	static const char *const names[] = { "from", "to", "id", "type" };
	const char *ns = scope_default(&p->scope)->ns;
	struct elem *e = elem_new(&p->stanza, strchr(qname, ':') == NULL ?
	    ns : "", qname);
	size_t i;

	for (; *atts != NULL; atts += 2)
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp(atts[0], names[i]) == 0)
				elem_set(e, names[i], atts[1]);
	return e;
}

static void
bad_tag(struct xparse *p, int r, const char *qname, const char **atts)
{
	if (r != XERR_LIMIT) {
		fail(p, r, p->tag.condition, p->tag.msg);
		return;
	}
	if (p->depth == 1)
		p->first = address(p, qname, atts);
	go_over(p, p->tag.msg);
}

static void XMLCALL
on_start(void *arg, const char *qname, const char **atts)
{
	struct xparse *p = arg;
	struct xparse_tag_rules rules = { p->depth + 1, p->limits.attrs };
	int r = 0;

	if (is_stopped(p))
		return;
	if (p->depth == 1) {
		drop_stale(p);
		p->mark = xparse_expat_here(p);
		p->deepest = 0;
		p->first = NULL;
		if (p->fragment != NULL)
			r = begin_line(p, rules.depth, qname);
	}
	if (p->depth > p->deepest)
		p->deepest = p->depth;
	if (r < 0)
		fail_mem(p, r);
	else if (p->depth > p->limits.depth)
		too_deep(p);
	else if ((r = xparse_tag_read(&p->tag, &p->scope, p->depth == 0 ?
	    &p->header : &p->stanza, &rules, qname, atts)) < 0)
		bad_tag(p, r, qname, atts);
	else if (p->depth == 1 && is_stream(&p->tag))
		fail(p, XERR_SYNTAX, "bad-format", "a stream in a stream");
	else if ((r = start_elem(p)) < 0)
		fail_mem(p, r);
	else if (p->depth++ == 0) {
		check_header(p, p->tree.cur);
		p->tree.cur = NULL;	/* what follows are no children */
	} else if (p->depth == 2) {
		p->first = p->tree.cur;
	}
}

/* The end of a first-level element. */
static void
end_stanza(struct xparse *p, struct elem *e)
{
	bool large = behind(p) - p->mark > p->limits.size;
	int r = arena_err(&p->stanza);

	if (r != XERR_LIMIT && !large) {
		if (r < 0)
			fail_mem(p, r);
		else
			deliver(p, XPARSE_ELEM, e);
		return;
	}
	if (large)
		xparse_over_size(p);
	else
		xparse_over(p, "larger than fits into memory");
	XML_StopParser(p->expat, p->err == 0);
}

static int
end_elem(struct xparse *p, const char *qname, struct elem **e)
{
	int r = 0;

	if (p->form == XPARSE_LINE)
		r = xline_end(&p->line, qname);
	if (r == 0 && (p->form == XPARSE_TREE || p->depth == 2))
		r = xtree_end(&p->tree, e);
	return r;
}

/*
 * If an element of DEPTH turned out to be over a limit at its end: expat is at
 * its end tag, or behind the tag of an empty one.
 */
static void
mark_end(struct xparse *p, unsigned depth)
{
	bool empty = XML_GetCurrentByteCount(p->expat) == 0;

	if (!p->over)
		return;
	p->open = depth - 1 - empty;
	p->ended = p->open == 0;
}

static void XMLCALL
on_end(void *arg, const char *qname)
{
	struct xparse *p = arg;
	struct elem *e = NULL;
	int r;

	if (is_stopped(p))
		return;
	if (p->depth > 1 && (r = end_elem(p, qname, &e)) < 0) {
		fail_mem(p, r);
		mark_end(p, p->depth);
		return;
	}
	scope_leave(&p->scope, p->depth);
	if (--p->depth == 0) {
		p->closed = true;
		deliver(p, XPARSE_CLOSE, NULL);
	} else if (p->depth == 1) {
		end_stanza(p, e);
		mark_end(p, 2);
	}
}

/* Between two elements only white space may be. */
static void
check_keepalive(struct xparse *p, const char *s, int len)
{
	int i;

	for (i = 0; i < len; i++)
		if (s[i] != ' ' && s[i] != '\n' && s[i] != '\t' &&
		    s[i] != '\r') {
			fail(p, XERR_SYNTAX, "bad-format",
			    "text between two elements");
			return;
		}
	/* It is no part of the element that comes next. */
	p->mark = behind(p);
}

static void XMLCALL
on_text(void *arg, const char *s, int len)
{
	struct xparse *p = arg;
	int r = 0;

	if (is_stopped(p))
		return;
	if (p->depth <= 1)
		check_keepalive(p, s, len);
	else if (p->form == XPARSE_TREE)
		r = xtree_text(&p->tree, s, (size_t)len);
	else if (p->form == XPARSE_LINE)
		r = xline_text(&p->line, s, (size_t)len);
	if (r < 0)
		fail_mem(p, r);
}

static void XMLCALL
on_cdata(void *arg)
{
	struct xparse *p = arg;

	p->cdata = !is_stopped(p) || p->cdata;
}

static void XMLCALL
on_cdata_end(void *arg)
{
	struct xparse *p = arg;

	p->cdata = is_stopped(p) && p->cdata;
}

static void
restricted(struct xparse *p, const char *what)
{
	if (!is_stopped(p))
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
	if (is_stopped(p))
		return;
	if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0)
		fail(p, XERR_SYNTAX, "unsupported-encoding",
		    "an encoding other than UTF-8");
	else if (version != NULL && strcmp(version, "1.0") != 0)
		fail(p, XERR_SYNTAX, "unsupported-version",
		    "XML of a version other than 1.0");
}

void
xparse_expat_set(struct xparse *p)
{
	XML_Parser x = p->expat;

	XML_SetUserData(x, p);
	XML_SetElementHandler(x, on_start, on_end);
	XML_SetCharacterDataHandler(x, on_text);
	XML_SetCdataSectionHandler(x, on_cdata, on_cdata_end);
	XML_SetCommentHandler(x, on_comment);
	XML_SetProcessingInstructionHandler(x, on_pi);
	XML_SetStartDoctypeDeclHandler(x, on_doctype);
	XML_SetXmlDeclHandler(x, on_declaration);
	if (XML_SetReparseDeferralEnabled != NULL)
		XML_SetReparseDeferralEnabled(x, XML_FALSE);
}

void
xparse_expat_set_none(struct xparse *p)
{
	XML_SetElementHandler(p->expat, NULL, NULL);
}
