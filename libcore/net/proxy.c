/* Asking a proxy for a connection: SOCKS 5 and HTTP's CONNECT. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/b64.h"
#include "base/vis.h"
#include "base/xerr.h"
#include "net/proxy.h"

enum {
	SOCKS_PORT = 1080, HTTP_PORT = 80,
	OUT_MAX = 4096,
	HTTP_MAX = 8192,	/* bytes of a response's header */
	INTERIM_MAX = 8		/* responses before the last word */
};

/* What is awaited. */
enum {
	METHOD, PASSWORD, REPLY, SERVER_REPLY_LENGTH, SERVER_REPLY_ADDRESS, RESPONSE, DONE
};

static int
hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The N bytes at S without their %HH into OUT; false if that cannot be. */
static bool
unescape(char out[256], const char *s, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (k == 255)
			return false;
		if (s[i] != '%') {
			out[k++] = s[i];
			continue;
		}
		if (n - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
			return false;
		out[k] = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
		if (out[k++] == '\0')
			return false;
		i += 2;
	}
	out[k] = '\0';
	return true;
}

static bool
parse_login(struct proxy_url *u, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	size_t k = colon == NULL ? n : (size_t)(colon - s);

	return unescape(u->user, s, k) && u->user[0] != '\0' &&
	    (colon == NULL || unescape(u->password, colon + 1, n - k - 1));
}

static bool
parse_port(unsigned *port, const char *s, size_t n)
{
	unsigned v = 0;
	size_t i;

	if (n == 0 || n > 5)
		return false;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	*port = v;
	return v > 0 && v <= 65535;
}

static bool
parse_host(struct proxy_url *u, const char *s, size_t n)
{
	const char *end = s + n, *colon;
	size_t k;

	if (n > 0 && s[0] == '[') {
		s++;
		if ((colon = memchr(s, ']', (size_t)(end - s))) == NULL)
			return false;
		k = (size_t)(colon++ - s);
		if (colon < end && *colon != ':')
			return false;
	} else {
		colon = memchr(s, ':', n);
		k = colon == NULL ? n : (size_t)(colon - s);
	}
	if (k == 0 || k >= sizeof(u->host))
		return false;
	memcpy(u->host, s, k);
	u->host[k] = '\0';
	if (colon == NULL || colon == end)
		return true;
	return parse_port(&u->port, colon + 1, (size_t)(end - colon - 1));
}

static const char *
parse_scheme(struct proxy_url *u, const char *url)
{
	static const struct {
		const char *name;
		bool http;
	} schemes[] = {
		{ "socks5h://", false }, { "socks5://", false },
		{ "http://", true }
	};
	size_t i, n;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		n = strlen(schemes[i].name);
		if (strncmp(url, schemes[i].name, n) != 0)
			continue;
		u->http = schemes[i].http;
		u->port = u->http ? HTTP_PORT : SOCKS_PORT;
		return url + n;
	}
	return NULL;
}

/*
 * What may be told of a URL: no user and no password, nor what may be one where
 * the port should be.
 */
static void
put_url(struct buf *why, const char *url)
{
	const char *s = strstr(url, "://"), *at = strrchr(url, '@'), *colon;
	size_t n = s == NULL ? 0 : (size_t)(s + 3 - url);

	s = at != NULL ? at + 1 : url + n;
	colon = strrchr(s, ':');
	if (colon == NULL || colon[1 + strspn(colon + 1, "0123456789]/")] == '\0')
		colon = s + strlen(s);
	buf_printf(why, "'%.*s%.*s'", (int)(at != NULL && at < url + n ? 0 : n),
	    url, (int)(colon - s), s);
}

int
proxy_url_parse(struct proxy_url *out, const char *url, struct buf *why)
{
	struct proxy_url u = { .http = false };
	const char *s, *at = NULL, *p;
	size_t n;
	bool ok;

	if ((s = parse_scheme(&u, url)) == NULL) {
		buf_puts(why, "the proxy ");
		put_url(why, url);
		buf_puts(why, " is none of socks5h://HOST:PORT and "
		    "http://HOST:PORT");
		return XERR_CONFIG;
	}
	n = strcspn(s, "/");
	for (p = s; p < s + n; p++)
		if (*p == '@')
			at = p;		/* the last: a password may have one */
	ok = s[n] == '\0' || s[n + 1] == '\0';
	if (ok && at != NULL) {
		ok = parse_login(&u, s, (size_t)(at - s));
		n -= (size_t)(at + 1 - s);
		s = at + 1;
	}
	ok = ok && parse_host(&u, s, n);
	if (ok)
		*out = u;
	else {
		buf_puts(why, "the proxy's URL ");
		put_url(why, url);
		buf_puts(why, " is malformed");
	}
	proxy_url_wipe(&u);
	return ok ? 0 : XERR_CONFIG;
}

void
proxy_url_wipe(struct proxy_url *u)
{
	OPENSSL_cleanse(u, sizeof(*u));
}

static int
fail(struct proxy *p, int r, const char *why)
{
	snprintf(p->msg, sizeof(p->msg), "%s", why);
	return r;
}

static int
await(struct proxy *p, int step, size_t want)
{
	p->step = step;
	p->want = want;
	buf_reset(&p->in);
	return buf_err(&p->out) < 0 ? fail(p, XERR_NOMEM, "out of memory") : 0;
}

static void
put_port(struct buf *b, unsigned port)
{
	buf_putc(b, (int)(port >> 8));
	buf_putc(b, (int)(port & 255));
}

/* RFC 1928 section 4: an address as such, anything else as a name. */
static int
socks_request(struct proxy *p)
{
	struct in6_addr in6;
	struct in_addr in;

	buf_put(&p->out, "\5\1\0", 3);
	if (inet_pton(AF_INET, p->host, &in) == 1) {
		buf_putc(&p->out, 1);
		buf_put(&p->out, &in, sizeof(in));
	} else if (inet_pton(AF_INET6, p->host, &in6) == 1) {
		buf_putc(&p->out, 4);
		buf_put(&p->out, &in6, sizeof(in6));
	} else {
		buf_putc(&p->out, 3);
		buf_putc(&p->out, (int)strlen(p->host));
		buf_puts(&p->out, p->host);
	}
	put_port(&p->out, p->port);
	return await(p, REPLY, 4);
}

static int
socks_method(struct proxy *p, const unsigned char *b)
{
	const struct proxy_url *u = p->url;

	if (b[0] != 5)
		return fail(p, XERR_PROTO, "what answers is no SOCKS 5 proxy");
	if (b[1] == 0)
		return socks_request(p);
	if (b[1] != 2 || u->user[0] == '\0')
		return fail(p, XERR_AUTH, u->user[0] == '\0' ?
		    "the proxy wants a user name and password" :
		    "the proxy does not take a user name and password");
	buf_putc(&p->out, 1);		/* RFC 1929 */
	buf_putc(&p->out, (int)strlen(u->user));
	buf_puts(&p->out, u->user);
	buf_putc(&p->out, (int)strlen(u->password));
	buf_puts(&p->out, u->password);
	return await(p, PASSWORD, 2);
}

static int
socks_reply(struct proxy *p, const unsigned char *b)
{
	static const struct {
		int r;
		const char *why;
	} codes[] = {
		{ 0, NULL },
		{ XERR_UNAVAIL, "the proxy failed" },
		{ XERR_UNAVAIL, "the proxy does not allow it" },
		{ XERR_UNAVAIL, "network unreachable, says the proxy" },
		{ XERR_UNAVAIL, "host unreachable or unknown, says the proxy" },
		{ XERR_UNAVAIL, "connection refused, says the proxy" },
		{ XERR_TEMP, "timed out, says the proxy" },
		{ XERR_UNAVAIL, "the proxy cannot connect" },
		{ XERR_UNAVAIL, "the proxy cannot connect to such addresses" }
	};

	if (b[0] != 5)
		return fail(p, XERR_PROTO, "the proxy breaks its protocol");
	if (b[1] >= sizeof(codes) / sizeof(codes[0]))
		return fail(p, XERR_UNAVAIL, "the proxy failed");
	if (b[1] != 0)
		return fail(p, codes[b[1]].r, codes[b[1]].why);
	switch (b[3]) {
	case 1: return await(p, SERVER_REPLY_ADDRESS, 4 + 2);
	case 3: return await(p, SERVER_REPLY_LENGTH, 1);
	case 4: return await(p, SERVER_REPLY_ADDRESS, 16 + 2);
	default: return fail(p, XERR_PROTO, "the proxy breaks its protocol");
	}
}

/* Everything wanted for the step is in. */
static int
socks_step(struct proxy *p)
{
	const unsigned char *b = buf_data(&p->in);

	switch (p->step) {
	case METHOD:
		return socks_method(p, b);
	case PASSWORD:
		return b[1] == 0 ? socks_request(p) :
		    fail(p, XERR_AUTH, "the proxy refuses the password");
	case REPLY:
		return socks_reply(p, b);
	case SERVER_REPLY_LENGTH:
		return await(p, SERVER_REPLY_ADDRESS, b[0] + 2u);
	default:
		p->step = DONE;
		return 1;
	}
}

static int
http_request(struct proxy *p)
{
	const struct proxy_url *u = p->url;
	bool six = strchr(p->host, ':') != NULL;
	struct buf login;
	int i;

	for (i = 0; i < 2; i++)
		buf_printf(&p->out, "%s%s%s%s:%u%s\r\n",
		    i == 0 ? "CONNECT " : "Host: ", six ? "[" : "", p->host,
		    six ? "]" : "", p->port, i == 0 ? " HTTP/1.1" : "");
	if (u->user[0] != '\0') {
		buf_init(&login, 600);
		buf_printf(&login, "%s:%s", u->user, u->password);
		buf_puts(&p->out, "Proxy-Authorization: Basic ");
		b64_encode(&p->out, buf_data(&login), buf_len(&login));
		buf_puts(&p->out, "\r\n");
		buf_wipe(&login);
	}
	buf_puts(&p->out, "\r\n");
	return await(p, RESPONSE, 1);
}

/* The whole header of the response is in. */
static int
http_response(struct proxy *p)
{
	const char *s = buf_str(&p->in);
	struct buf line;
	int code = 0, r;

	if (s == NULL || sscanf(s, "HTTP/1.%*1[01] %3d", &code) != 1 ||
	    code < 100)
		return fail(p, XERR_PROTO, "what answers is no HTTP proxy");
	if (code / 100 == 2) {
		p->step = DONE;
		return 1;
	}
	/* not the last word (RFC 9110 15.2) */
	if (code == 100 || code == 102 || code == 103)
		return p->interim++ < INTERIM_MAX ? await(p, RESPONSE, 1) :
		    fail(p, XERR_PROTO,
		    "the proxy does not come to an answer");
	buf_init(&line, 1000);
	buf_puts(&line, "the proxy answers: ");
	vis_put(&line, s, strcspn(s, "\r\n") < 80 ? strcspn(s, "\r\n") : 80, 0);
	r = fail(p, code == 407 ? XERR_AUTH : code == 504 ? XERR_TEMP :
	    XERR_UNAVAIL, buf_str(&line) == NULL ? "it refuses" :
	    buf_str(&line));
	buf_release(&line);
	return r;
}

/* The header ends in an empty line, and is read byte by byte until then. */
static int
http_step(struct proxy *p)
{
	const unsigned char *b = buf_data(&p->in);
	size_t n = buf_len(&p->in);

	if (n >= 4 && memcmp(b + n - 4, "\r\n\r\n", 4) == 0)
		return http_response(p);
	if (n == HTTP_MAX || (n >= 5 && memcmp(b, "HTTP/", 5) != 0))
		return fail(p, XERR_PROTO, "what answers is no HTTP proxy");
	p->want = 1;
	return 0;
}

int
proxy_init(struct proxy *p, const struct proxy_url *url, const char *host,
    unsigned port)
{
	*p = (struct proxy){ .url = url, .host = host, .port = port };
	buf_init(&p->in, HTTP_MAX);
	buf_init(&p->out, OUT_MAX);
	if (url->http)
		return http_request(p);
	if (url->user[0] != '\0')
		buf_put(&p->out, "\5\2\0\2", 4);
	else
		buf_put(&p->out, "\5\1\0", 3);
	return await(p, METHOD, 2);
}

void
proxy_release(struct proxy *p)
{
	buf_wipe(&p->in);
	buf_wipe(&p->out);
}

size_t
proxy_pending(const struct proxy *p, const void **data)
{
	*data = buf_data(&p->out);
	return buf_len(&p->out);
}

void
proxy_sent(struct proxy *p, size_t n)
{
	buf_consume(&p->out, n);
}

size_t
proxy_want(const struct proxy *p)
{
	return p->step == DONE ? 0 : p->want;
}

int
proxy_feed(struct proxy *p, const void *data, size_t len)
{
	if (len == 0)
		return fail(p, XERR_TEMP, "the proxy closed the connection");
	if (len > p->want || buf_put(&p->in, data, len) < 0)
		return fail(p, XERR_NOMEM, "out of memory");
	if ((p->want -= len) > 0)
		return 0;
	return p->url->http ? http_step(p) : socks_step(p);
}
