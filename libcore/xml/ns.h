/* The namespace names this project speaks, each with its specification. */
#ifndef XML_NS_H
#define XML_NS_H

#define NS_XML "http://www.w3.org/XML/1998/namespace"
#define NS_XMLNS "http://www.w3.org/2000/xmlns/"

/* RFC 6120 */
#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_CLIENT "jabber:client"
#define NS_SERVER "jabber:server"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"

#define NS_SESSION "urn:ietf:params:xml:ns:xmpp-session"	/* RFC 3921 */
#define NS_ROSTER "jabber:iq:roster"			/* RFC 6121 2 */
#define NS_DISCO_INFO "http://jabber.org/protocol/disco#info"	/* XEP-0030 */
#define NS_DISCO_ITEMS "http://jabber.org/protocol/disco#items"
#define NS_VERSION "jabber:iq:version"			/* XEP-0092 */
#define NS_OOB "jabber:x:oob"				/* XEP-0066 */
#define NS_SASL2 "urn:xmpp:sasl:2"			/* XEP-0388 */
#define NS_BIND2 "urn:xmpp:bind:0"			/* XEP-0386 */
#define NS_FAST "urn:xmpp:fast:0"			/* XEP-0484 */
#define NS_SASL_CB "urn:xmpp:sasl-cb:0"			/* XEP-0440 */
#define NS_UPGRADE "urn:xmpp:sasl:upgrade:0"		/* XEP-0480 */
#define NS_SCRAM_UPGRADE "urn:xmpp:scram-upgrade:0"
#define NS_SM "urn:xmpp:sm:3"				/* XEP-0198 */
#define NS_PING "urn:xmpp:ping"				/* XEP-0199 */
#define NS_DELAY "urn:xmpp:delay"			/* XEP-0203 */

#endif
