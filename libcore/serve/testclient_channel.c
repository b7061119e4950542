/* A server on loopback: what TLS tells of a client's channel. */
#include <string.h>

#include "base/xerr.h"
#include "serve/testserver_int.h"
#include "net/conn.h"
#include "net/tls.h"
#include "server/server.h"

enum { ADDRESSES_MAX = 8, ADDRESS_BYTES = 4096 };

static const char *const types[] = {
	"tls-exporter", "tls-unique", "tls-server-end-point"
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

static bool
is_wanted(const struct testserver *h, const char *type)
{
	const char *const *t = h->config.bindings;

	if (t == NULL)
		return true;
	while (*t != NULL && strcmp(*t, type) != 0)
		t++;
	return *t != NULL;
}

/* What SASL may bind to. */
static int
set_bindings(struct testclient *c)
{
	struct sasl_binding b[TYPES];
	struct buf data[TYPES];
	size_t i, n = 0;
	int r = 0;

	for (i = 0; i < TYPES; i++) {
		buf_init(&data[i], SASL_BINDING_MAX);
		if (r < 0 || !is_wanted(c->hub, types[i]))
			continue;
		r = tls_binding(conn_tls(c->conn), types[i], &data[i]);
		if (r == 0)
			b[n++] = (struct sasl_binding){ types[i],
			    buf_data(&data[i]), buf_len(&data[i]) };
		else if (r == XERR_CONFIG)
			r = 0;	/* this channel has none */
	}
	if (r == 0)
		r = server_set_bindings(c->server, b, n);
	for (i = 0; i < TYPES; i++)
		buf_release(&data[i]);
	return r;
}

/* Who it may be, by its certificate. */
static int
set_addresses(struct testclient *c)
{
	struct jid j[ADDRESSES_MAX];
	struct buf b;
	size_t i, n = 0;
	int r = 0;

	buf_init(&b, ADDRESS_BYTES);
	for (i = 0; n < ADDRESSES_MAX && r == 0; i++) {
		buf_reset(&b);
		r = tls_peer_address(conn_tls(c->conn), i, &b);
		if (r == 0 && jid_parse(&j[n], (const char *)buf_data(&b),
		    buf_len(&b)) == 0)
			n++;
	}
	buf_release(&b);
	return n == 0 ? 0 : server_set_addresses(c->server, j, n);
}

int
testclient_look_at_channel(struct testclient *c)
{
	int r;

	c->bound = true;
	return (r = set_bindings(c)) < 0 ? r : set_addresses(c);
}
