/*
 * A server-side stream fed by hand, for the tests that are its client.
 */
#ifndef SERVERPEER_H
#define SERVERPEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xerr.h"
#include "xml/ndxml.h"
#include "server/server.h"

#define HEADER "<?xml version='1.0'?><stream:stream to='localhost' " \
	"version='1.0' xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"
#define STARTTLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
/* \0romeo\0secret */
#define AUTH "<auth " SASL " mechanism='PLAIN'>AHJvbWVvAHNlY3JldA==</auth>"
#define WRONG "<auth " SASL " mechanism='PLAIN'>AHJvbWVvAHdyb25n</auth>"
#define BIND "<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:" \
	"xmpp-bind'><resource>here</resource></bind></iq>"
#define ENABLE "<enable xmlns='urn:xmpp:sm:3'/>"
#define R "<r xmlns='urn:xmpp:sm:3'/>"
#define END "</stream:stream>"
#define LOGIN HEADER AUTH HEADER BIND

struct peer {
	struct server *server;
	struct buf out;		/* what the client would see */
	struct buf log;		/* stanzas, a line each */
	int result;		/* of server_next() */
	bool closed;
	const char *refuse;	/* the next bind with this */
	bool refused;
};

static inline int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	(void)arg;
	if (strcmp(jid_str(user), "romeo@localhost") != 0)
		return XERR_AUTH;
	return buf_puts(password, "secret");
}

static inline struct server_config
config(void)
{
	static const unsigned char secret[SERVER_SECRET] = "unit test";

	return (struct server_config){
		.domain = "localhost", .lookup = lookup, .secret = secret,
		.salt = "salt", .salt_len = 4, .iterations = 4096,
		.secure = true, .tls = true
	};
}

static inline void
peer_init(struct peer *p, const struct server_config *c)
{
	*p = (struct peer){ 0 };
	assert_int_equal(server_new(&p->server, c), 0);
	buf_init(&p->out, 10 << 20);
	buf_init(&p->log, 10 << 20);
}

static inline void
peer_release(struct peer *p)
{
	server_free(p->server);
	buf_release(&p->out);
	buf_release(&p->log);
}

static inline void
drain(struct peer *p)
{
	const void *data;
	size_t n;

	while ((n = server_pending(p->server, &data)) > 0) {
		buf_put(&p->out, data, n);
		server_sent(p->server, n);
	}
}

/* All events that are there, answered as a good owner would. */
static inline void
events(struct peer *p)
{
	struct server_event ev;

	while ((p->result = server_next(p->server, &ev)) == 1)
		switch (ev.kind) {
		case SERVER_TLS:
			drain(p);
			buf_puts(&p->out, "[TLS]");
			server_secured(p->server);
			break;
		case SERVER_BIND:
			if (p->refuse != NULL && !p->refused) {
				p->refused = true;
				server_refuse(p->server, p->refuse);
			} else {
				server_accept(p->server);
			}
			break;
		case SERVER_PASSED:
			break;
		case SERVER_STANZA:
			ndxml_write(&p->log, ev.elem, '\n');
			break;
		default:
			assert_int_equal(ev.kind, SERVER_CLOSED);
			p->closed = true;
		}
	drain(p);
}

/* Give S, LEN bytes long, in portions of CHUNK. */
static inline void
say_bytes(struct peer *p, const char *s, size_t len, size_t chunk)
{
	size_t m;
	ssize_t n;

	while (len > 0 && p->result >= 0) {
		m = len < chunk ? len : chunk;
		n = server_feed(p->server, s, m);
		assert_true(n >= 0);
		s += n;
		len -= (size_t)n;
		events(p);
	}
}

static inline void
say(struct peer *p, const char *s)
{
	say_bytes(p, s, strlen(s), SIZE_MAX);
}

static const char *
heard(struct peer *p)
{
	const char *s = buf_str(&p->out);

	return s == NULL ? "" : s;
}

static inline bool
hears(struct peer *p, const char *what)
{
	return strstr(heard(p), what) != NULL;
}

#endif
