/*
 * The least that can be done to a stream: expat with namespaces and handlers
 * that do nothing, over standard input.
 */
#include <stdio.h>
#include <unistd.h>

#include <expat.h>

static void XMLCALL
on_start(void *arg, const char *name, const char **atts)
{
	(void)arg;
	(void)name;
	(void)atts;
}

static void XMLCALL
on_end(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

static void XMLCALL
on_text(void *arg, const char *s, int len)
{
	(void)arg;
	(void)s;
	(void)len;
}

int
main(void)
{
	static char s[65536];
	XML_Parser p = XML_ParserCreateNS("UTF-8", ' ');
	ssize_t n;

	if (p == NULL)
		return 71;
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	while ((n = read(0, s, sizeof(s))) > 0)
		if (XML_Parse(p, s, (int)n, 0) != XML_STATUS_OK)
			return 65;
	n = XML_Parse(p, "", 0, 1) == XML_STATUS_OK ? 0 : 65;
	XML_ParserFree(p);
	return (int)n;
}
