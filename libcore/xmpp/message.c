/* Making a message stanza. */
#include <limits.h>
#include <string.h>

#include "base/utf8.h"
#include "xml/ns.h"
#include "xml/xml.h"
#include "xmpp/message.h"

static void
add_url(struct elem *e, const char *url)
{
	elem_add_with_text(elem_add(e, NS_OOB, "x"), NULL, "url", url);
}

struct elem *
message_build(struct arena *a, const struct message_spec *m)
{
	struct elem *e = elem_new(a, NS_CLIENT, "message");

	elem_set(e, "to", m->to);
	elem_set(e, "from", m->from);
	elem_set(e, "type", m->type);
	elem_set(e, "id", m->id);
	elem_set(e, "xml:lang", m->lang);
	if (m->subject != NULL)
		elem_add_with_text(e, NULL, "subject", m->subject);
	if (m->body != NULL)
		elem_add_with_text(e, NULL, "body", m->body);
	if (m->url != NULL)
		add_url(e, m->url);
	return arena_err(a) != 0 ? NULL : e;
}

bool
message_is_type(const char *s)
{
	static const char *const types[] = {
		"chat", "normal", "headline", "groupchat", "error"
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(s, types[i]) == 0)
			return true;
	return false;
}

int
message_text(struct buf *b, const char *s, size_t len)
{
	int n = 0, width;
	uint32_t cp;
	size_t ok;

	while (len > 0) {
		ok = xml_char_span(s, len);
		buf_put(b, s, ok);
		s += ok;
		len -= ok;
		if (len == 0)
			break;
		buf_put(b, "\xef\xbf\xbd", 3);
		width = utf8_decode(&cp, s, len);
		width = width < 0 ? 1 : width;
		s += width;
		len -= (size_t)width;
		n += n < INT_MAX;
	}
	return buf_err(b) != 0 ? buf_err(b) : n;
}
