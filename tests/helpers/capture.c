/*
 * A stream for measuring, always the same for the same seed: what a client
 * that sits in rooms and reads its archive receives.
 *
 *	capture [STANZAS [SEED]]
 *
 * 380,000 stanzas are about 200 MB.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

/* xorshift64*; not for secrets. */
static unsigned
below(unsigned n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * 2685821657736338717u) >> 33) % n;
}

static const char *
pick(const char *const *v, unsigned n)
{
	return v[below(n)];
}

static const char *const words[] = {
	"the", "build", "of", "trunk", "has", "failed", "again", "in", "test",
	"and", "nobody", "knows", "why", "but", "it", "works", "on", "my",
	"machine", "since", "yesterday", "maybe", "we", "should", "ask",
	"juliet", "before", "lunch", "https://ci.example.org/job/1234/console",
	"&lt;stanza/&gt;", "R&amp;D", "&quot;quoted&quot;", "it&apos;s",
	"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	"\xe4\xbd\xa0\xe5\xa5\xbd", "sch\xc3\xb6n", "\xf0\x9f\x91\x8d",
	"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
};
static const char *const nicks[] = {
	"romeo", "juliet", "mercutio", "tybalt", "nurse", "benvolio", "paris",
	"fr\xc3\xa8re Laurent", "\xd0\xa0\xd0\xbe\xd0\xbc\xd0\xb5\xd0\xbe",
};

#define PICK(a) pick((a), sizeof(a) / sizeof((a)[0]))

static void
text(unsigned n)
{
	while (n-- > 0) {
		fputs(PICK(words), stdout);
		putchar(below(20) == 0 ? '\n' : ' ');
	}
}

static void
id(void)
{
	printf("%08x-%04x-%04x-%08x", below(0x7fffffff), below(65536),
	    below(65536), below(0x7fffffff));
}

static void
chat(const char *attrs)
{
	printf("<message%s from='%s@example.org/", attrs, PICK(nicks));
	id();
	fputs("' to='me@example.net/home' type='chat' id='", stdout);
	id();
	fputs("'><body>", stdout);
	text(5 + below(40));
	fputs("</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
	    "<request xmlns='urn:xmpp:receipts'/><origin-id "
	    "xmlns='urn:xmpp:sid:0' id='", stdout);
	id();
	fputs("'/></message>", stdout);
}

static void
groupchat(void)
{
	fputs("<message type=\"groupchat\" to=\"me@example.net/home\" id=\"",
	    stdout);
	id();
	printf("\" from=\"verona@rooms.example.org/%s\"><body>",
	    PICK(nicks));
	text(3 + below(30));
	fputs("</body><stanza-id xmlns=\"urn:xmpp:sid:0\" "
	    "by=\"verona@rooms.example.org\" id=\"", stdout);
	id();
	fputs("\"/></message>\n", stdout);
}

static void
presence(void)
{
	printf("<presence from='verona@rooms.example.org/%s' "
	    "to='me@example.net/home'><show>away</show>"
	    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
	    "node='http://example.com/clients/%u' "
	    "ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>"
	    "<x xmlns='http://jabber.org/protocol/muc#user'>"
	    "<item affiliation='member' role='participant' "
	    "jid='user%u@example.org/x'/></x></presence>", PICK(nicks),
	    below(50), below(10000));
}

static void
roster(void)
{
	unsigned n = 5 + below(30);

	fputs("<iq type='result' id='", stdout);
	id();
	fputs("' to='me@example.net/home'><query xmlns='jabber:iq:roster' "
	    "ver='ver14'>", stdout);
	while (n-- > 0)
		printf("<item jid='user%u@example.org' name='%s' "
		    "subscription='both'><group>Friends</group></item>",
		    below(10000), PICK(nicks));
	fputs("</query></iq>", stdout);
}

static void
archive(void)
{
	fputs("<message to='me@example.net/home'><result "
	    "xmlns='urn:xmpp:mam:2' queryid='f27' id='", stdout);
	id();
	printf("'><forwarded xmlns='urn:xmpp:forward:0'><delay "
	    "xmlns='urn:xmpp:delay' stamp='2026-07-%02uT23:08:%02uZ'/>",
	    1 + below(28), below(60));
	chat(" xmlns='jabber:client'");
	fputs("</forwarded></result></message>", stdout);
}

static void
stanza(void)
{
	unsigned n = below(100);

	if (n < 35)
		chat("");
	else if (n < 55)
		groupchat();
	else if (n < 80)
		presence();
	else if (n < 84)
		roster();
	else
		archive();
}

int
main(int argc, char *argv[])
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 380000;

	state = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	state = state * 2 + 88172645463325253u;
	fputs("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams' id='1' "
	    "from='example.net' version='1.0'>", stdout);
	while (n-- > 0)
		stanza();
	fputs("</stream:stream>", stdout);
	return fclose(stdout) == 0 ? 0 : 74;
}
