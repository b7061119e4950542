/*
 * The nth allocation fails, for every n: what was asked for fails with a word
 * about memory, nothing leaks, and the next try succeeds.
 *
 * This program is linked with --wrap, see the Makefile: our own calls come
 * here, those of the libraries do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xerr.h"
#include "account/account.h"
#include "state/state.h"
#include "jid/jid.h"
#include "sasl/sasl.h"
#include "sasl/sasl_server.h"
#include "sasl/verifier.h"
#include "xml/ndxml.h"
#include "client/client.h"
#include "server/fast.h"
#include "stanza/field.h"
#include "view/capture.h"
#include "stanza/jidpat.h"
#include "xmpp/message.h"
#include "server/router.h"
#include "server/server.h"
#include "view/pretty.h"
#include "view/stats.h"

static long until;	/* the allocation that fails; 0: none */
static long count;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);

static bool
fails(void)
{
	return ++count == until;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

/*
 * Run F, which returns 0 or NOMEM, with each of its allocations failing in
 * turn.  XERR_TEMP is how a server tells its client of a lack of memory.  MANY is how many it must have at least, or this would test nothing.
 */
static void
each_fails(int (*f)(void), int nomem, long many)
{
	long i, total;
	int r;

	until = 0;
	count = 0;
	assert_int_equal(f(), 0);
	total = count;
	assert_true(total >= many);
	for (i = 1; i <= total; i++) {
		count = 0;
		until = i;
		if ((r = f()) != nomem && r != XERR_TEMP)
			fail_msg("allocation %ld of %ld: %d", i, total, r);
	}
	until = 0;
	assert_int_equal(f(), 0);
}

static char config_path[] = "/tmp/test_nomem.XXXXXX";

static int
load_account(void)
{
	struct netopt o;
	struct account a;
	int status;

	netopt_init(&o);
	o.file = config_path;
	account_init(&a);
	status = account_load(&a, &o);
	if (status == 0)
		status = account_ask(&a);
	if (status != 0 && strstr(account_errmsg(&a), "memory") == NULL)
		fail_msg("allocation %ld: %s", until, account_errmsg(&a));
	account_release(&a);
	return status;
}

static void
load_config(const char *text)
{
	int fd;

	snprintf(config_path, sizeof(config_path), "/tmp/test_nomem.XXXXXX");
	fd = mkstemp(config_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	each_fails(load_account, EX_OSERR, 6);
	unlink(config_path);
}

static void
an_account_needs_memory(void **state)
{
	(void)state;
	load_config("jid = a@b.example\npassword = x\nhost = h\nca_file = c\n"
	    "cert = c\nkey = k\n");
	load_config("jid = a@b.example\npassword_command = echo x\n");
	load_config("username: a\njserver: b.example;h.example:5\n"
	    "password: x\nresource: r\n");
}

static int
read_records(void)
{
	static const char text[] = "<message to='a@b.example' xmlns:p='urn:p'>"
	    "<body p:x='1'>one</body><p:q><r xmlns='s'/></p:q></message>\n"
	    "<iq/>\n";
	struct ndxml_reader *r = NULL;
	struct buf in, out;
	struct elem *e;
	int res, n = 0;

	buf_init(&in, 4096);
	buf_init(&out, 4096);
	if ((res = buf_puts(&in, text)) < 0 ||
	    (res = ndxml_reader_new(&r, NULL, '\n')) < 0)
		goto out;
	while ((res = ndxml_read(r, &in, true, &e)) > 0) {
		if ((res = ndxml_write(&out, e, '\n')) < 0)
			break;
		n++;
	}
	if (res == 0)
		assert_int_equal(n, 2);
out:
	ndxml_reader_free(r);
	buf_release(&in);
	buf_release(&out);
	return res;
}

static void
records_need_memory(void **state)
{
	(void)state;
	each_fails(read_records, XERR_NOMEM, 4);
}

#define HEAD "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " \
	"xmlns:stream='http://etherx.jabber.org/streams'>"

/* Follow a stream in FORM, with restarts and errors, as lines or shown. */
static int
capture_in(enum xparse_form form)
{
	static const char s[] = HEAD "<success xmlns='urn:ietf:params:xml:ns:"
	    "xmpp-sasl'/>" HEAD "<message xmlns:p='urn:p' p:a='1'><body>x&#10;"
	    "y</body><p:b/></message><a></b><iq/><a>" HEAD "<presence/>";
	const struct capture_config cf = { .form = form, .recover = true };
	const struct pretty show = { true, false, 2 };
	struct capture_event ev;
	struct capture *f = NULL;
	struct stats tally;
	struct buf out;
	size_t i, n;
	int r;

	buf_init(&out, 1 << 16);
	stats_init(&tally);
	if ((r = capture_new(&f, &cf)) < 0)
		goto out;
	for (i = 0; i < sizeof(s) - 1; i += n) {
		n = sizeof(s) - 1 - i < 50 ? sizeof(s) - 1 - i : 50;
		n = capture_feed(f, s + i, n);
		while ((r = capture_next(f, &ev)) == 1) {
			if (ev.kind != CAPTURE_ELEM)
				continue;
			if (form == XPARSE_LINE)
				r = buf_put(&out, ev.x.line, ev.x.len);
			else
				pretty_elem(&out, &show, ev.x.elem, NULL);
			if (r < 0 || (r = buf_err(&out)) < 0 ||
			    (r = stats_add(&tally, ev.x.elem, 1, 1, 0)) < 0)
				goto out;
		}
		if (r < 0)
			goto out;
	}
out:
	capture_free(f);
	stats_release(&tally);
	buf_release(&out);
	return r;
}

static int
capture_lines(void)
{
	return capture_in(XPARSE_LINE);
}

static int
capture_trees(void)
{
	return capture_in(XPARSE_TREE);
}

static void
following_needs_memory(void **state)
{
	(void)state;
	each_fails(capture_lines, XERR_NOMEM, 8);
	each_fails(capture_trees, XERR_NOMEM, 8);
}

static int
parse_names(void)
{
	static const char name[] = "{urn:x}a/b@c|bare";
	struct jidpat p;
	struct field f;
	struct arena a;
	int r;

	arena_init(&a, 1 << 16);
	if ((r = field_parse(&f, &a, name, sizeof(name) - 1)) == 0)
		r = jidpat_parse(&p, &a, "a*b@*.example.org/x");
	arena_release(&a);
	return r;
}

static void
naming_needs_memory(void **state)
{
	(void)state;
	each_fails(parse_names, XERR_NOMEM, 2);
}

static int
parse_jid(void)
{
	static const char s[] = "Stra\xc3\x9f" "e@B\xc3\xbc" "cher.example/\xc3"
	    "\xa4 b";
	struct jid j = { 0 }, before = j;
	struct buf b;
	int r;

	buf_init(&b, 1024);
	if ((r = jid_parse(&j, s, sizeof(s) - 1)) < 0)
		assert_memory_equal(&j, &before, sizeof(j));
	else
		r = jid_domain_ascii(&j, &b);
	buf_release(&b);
	return r;
}

static void
addresses_need_memory(void **state)
{
	(void)state;
	each_fails(parse_jid, XERR_NOMEM, 1);
}

/* A client and a server in memory, as far as their memory carries them. */
struct pair {
	struct client *c;
	struct server *s;
	unsigned echoed, acked;
	bool bound, closed, early;
};

static int
lookup(void *arg, const struct jid *user, struct buf *password)
{
	(void)arg;
	(void)user;
	return buf_puts(password, "rose");
}

static int say(struct pair *p, const char *body);

static int
client_events(struct pair *p)
{
	struct client_event ev;
	int r;

	while ((r = client_next(p->c, &ev)) == 1) {
		if (ev.kind == CLIENT_AHEAD && (r = say(p, "zero")) < 0)
			return r;
		p->early |= ev.kind == CLIENT_AHEAD;
		p->bound |= ev.kind == CLIENT_BOUND;
		p->closed |= ev.kind == CLIENT_CLOSED;
		p->echoed += ev.kind == CLIENT_STANZA;
		p->acked += (unsigned)ev.acked;
	}
	return r;
}

static int
client_turn(struct pair *p)
{
	const void *data;
	ssize_t used;
	size_t n;
	int r;

	while ((n = server_pending(p->s, &data)) > 0) {
		if ((used = client_feed(p->c, data, n)) < 0)
			return (int)used;
		server_sent(p->s, (size_t)used);
		if ((r = client_events(p)) < 0)
			return r;
	}
	client_confirm(p->c, client_received(p->c));
	client_settle(p->c);
	return 0;
}

static int
server_event(struct pair *p, const struct server_event *ev)
{
	if (ev->kind == SERVER_BIND)
		return server_accept(p->s);
	if (ev->kind == SERVER_STANZA)
		return server_send(p->s, ev->elem);
	return 0;
}

static int
server_turn(struct pair *p)
{
	struct server_event ev;
	const void *data;
	ssize_t used;
	size_t n;
	int r;

	while ((n = client_pending(p->c, &data)) > 0) {
		if ((used = server_feed(p->s, data, n)) < 0)
			return (int)used;
		client_sent(p->c, (size_t)used);
		while ((r = server_next(p->s, &ev)) == 1)
			if ((r = server_event(p, &ev)) < 0)
				return r;
		if (r < 0)
			return r;
	}
	return 0;
}

static int
talk(struct pair *p)
{
	const void *data;
	int r;

	r = client_events(p);
	while (r == 0 && (client_pending(p->c, &data) > 0 ||
	    server_pending(p->s, &data) > 0))
		if ((r = server_turn(p)) == 0)
			r = client_turn(p);
	return r;
}

static int
say(struct pair *p, const char *body)
{
	struct message_spec spec = { .to = "romeo@example.org", .id = body,
		.type = "chat", .body = body };
	struct arena a;
	struct elem *e;
	int r;

	arena_init(&a, 1 << 16);
	e = message_build(&a, &spec);
	r = e == NULL ? arena_err(&a) : client_send(p->c, e);
	arena_release(&a);
	return r;
}

static bool early;	/* with a message ahead of the login's success */

static enum sasl_proof
all(void *arg)
{
	(void)arg;
	return SASL_PROVES_CHANNEL;
}

static int
session(struct pair *p)
{
	int r;

	if ((r = talk(p)) < 0 || (r = say(p, "one")) < 0 ||
	    (r = say(p, "two")) < 0 || (r = talk(p)) < 0)
		return r;
	client_close(p->c);
	if ((r = talk(p)) < 0)
		return r;
	assert_true(p->bound && p->closed);
	assert_int_equal(p->early, early);
	assert_int_equal(p->echoed, 2 + early);
	/* this server returns the ping as well, and its answer */
	assert_int_equal(p->acked, early ? 4 : 2);
	return 0;
}

static const char *mechanism[2];
static bool certified;	/* the client, by EXTERNAL */
static bool storing;	/* not the password, but what can be upgraded */
static struct verifier kept;

static struct verifier *
verifier(void *arg, const struct jid *user)
{
	(void)arg;
	(void)user;
	return &kept;
}

static int
binding(void *arg, const char *type, struct buf *out)
{
	(void)arg;
	return strcmp(type, "tls-exporter") != 0 ? XERR_CONFIG :
	    buf_puts(out, "channel");
}

static int
store(struct server_config *c)
{
	static const struct sasl_binding b = { "tls-exporter", "channel", 7 };

	c->lookup = NULL;
	c->verifier = verifier;
	c->stored = "SCRAM-SHA-1";
	c->mechanisms = NULL;
	c->bindings = &b;
	c->nbindings = 1;
	verifier_wipe(&kept);
	return verifier_set_password(&kept, c->stored, "rose", 4, c->salt,
	    c->salt_len, c->iterations);
}

static int
log_in_and_talk(void)
{
	static const unsigned char secret[SERVER_SECRET] = "unit test";
	static const struct offer offer = {
		.has = OFFER_SASL2 | OFFER_BIND2 | OFFER_SM_INLINE,
		.mechanisms = { { "SCRAM-SHA-1" }, 1 },
		.sasl2 = { { "SCRAM-SHA-1" }, 1 },
	};
	struct jid jid;
	struct client_config ccf = {
		.login = { .jid = &jid, .password = "rose", .password_len = 4,
		    .nonce = "abcdefghijklmnopqrstuvwxyz234567",
		    .direct = true, .remembered = early ? &offer : NULL,
		    .proof = all,
		    .binding = storing ? binding : NULL,
		    .certificate = certified },
		.identity = { "client", "bot", "test", "1" }, .id = "q7h2"
	};
	struct server_config scf = {
		.domain = "example.org", .lookup = lookup, .secret = secret,
		.salt = "salt", .salt_len = 4, .iterations = 4096,
		.mechanisms = mechanism, .secure = true
	};
	const char *address = early ? "juliet@example.org" :
	    "juliet@example.org/balcony";
	struct pair p = { 0 };
	int r;

	if (storing && (r = store(&scf)) < 0)
		return r;
	if ((r = jid_parse(&jid, address, strlen(address))) == 0 &&
	    (r = client_new(&p.c, &ccf)) == 0 &&
	    (r = client_secured(p.c)) == 0 &&
	    (r = server_new(&p.s, &scf)) == 0 && (!certified ||
	    (r = server_set_addresses(p.s, &jid, 1)) == 0))
		r = session(&p);
	/* a binding that there is no memory for is none, and then no upgrade */
	if (r == 0 && storing && server_upgraded(p.s) == NULL)
		r = XERR_NOMEM;
	client_free(p.c);
	server_free(p.s);
	return r;
}

static void
a_session_needs_memory(void **state)
{
	(void)state;
	mechanism[0] = "PLAIN";
	each_fails(log_in_and_talk, XERR_NOMEM, 30);
	mechanism[0] = "SCRAM-SHA-1";
	each_fails(log_in_and_talk, XERR_NOMEM, 40);
	mechanism[0] = "EXTERNAL";
	certified = true;
	each_fails(log_in_and_talk, XERR_NOMEM, 30);
	certified = false;
	mechanism[0] = "SCRAM-SHA-1";
	early = true;
	each_fails(log_in_and_talk, XERR_NOMEM, 40);
	early = false;
	storing = true;
	each_fails(log_in_and_talk, XERR_NOMEM, 60);
	assert_non_null(verifier_get(&kept, "SCRAM-SHA-512"));
	storing = false;
}

/* What a router made its owner send. */
struct sent {
	unsigned delivered, bounced;
};

static void
count_sent(void *arg, void *who, const struct elem *e)
{
	const char *type = elem_get(e, "type");
	struct sent *n = arg;

	(void)who;
	if (elem_is(e, NULL, "message") && type != NULL &&
	    strcmp(type, "error") == 0)
		n->bounced++;
	else if (elem_is(e, NULL, "message"))
		n->delivered++;
}

static void
no_drop(void *arg, void *who, const char *condition)
{
	(void)arg;
	(void)who;
	(void)condition;
	fail();
}

/* S says something; FROM is never lacking, as the server side sees to it. */
static int
stanza(struct router *r, struct router_session *s, const char *name,
    const char *from, const char *to)
{
	struct arena a;
	struct elem *e;
	int res;

	arena_init(&a, 1 << 16);
	e = elem_new(&a, "jabber:client", name);
	elem_set(e, "from", from);
	elem_set(e, "to", to);
	res = arena_err(&a);
	if (res == 0)
		res = router_stanza(r, s, e, "2026-11-22T11:18:06Z");
	arena_release(&a);
	return res;
}

/* Two messages to juliet wait until she comes; she says so twice. */
static int
correspond(struct router *r)
{
	static const char romeo[] = "romeo@a.example/x";
	static const char juliet[] = "juliet@a.example/y";
	struct router_session *s, *t;
	struct jid j;
	int i, res;

	if ((res = router_add_account(r, "romeo")) < 0 ||
	    (res = router_add_account(r, "juliet")) < 0 ||
	    (res = jid_parse(&j, romeo, strlen(romeo))) < 0 ||
	    (res = router_bind(r, &s, &j, NULL)) < 0)
		return res;
	for (i = 0; i < 2; i++)
		if ((res = stanza(r, s, "message", romeo,
		    "juliet@a.example")) < 0)
			return res;
	if ((res = jid_parse(&j, juliet, strlen(juliet))) < 0 ||
	    (res = router_bind(r, &t, &j, NULL)) < 0 ||
	    (res = stanza(r, t, "presence", juliet, NULL)) < 0 ||
	    (res = stanza(r, t, "presence", juliet, NULL)) < 0)
		return res;
	router_unbind(r, t);
	return 0;
}

/* No message is lost in silence. */
static int
servers_messages(void)
{
	static const struct router_ops ops = { count_sent, no_drop };
	struct sent n = { 0 };
	struct router_config c = {
		.domain = "a.example", .name = "test", .version = "1",
		.ops = &ops, .arg = &n
	};
	struct router *r = NULL;
	int res;

	if ((res = router_new(&r, &c)) == 0)
		res = correspond(r);
	router_free(r);
	if (res == 0)
		assert_int_equal(n.delivered + n.bounced, 2);
	/* told, or made up for */
	return res == 0 && until != 0 ? XERR_NOMEM : res;
}

static void
messages_need_memory(void **state)
{
	(void)state;
	each_fails(servers_messages, XERR_NOMEM, 15);
}

static int
password_of(void *arg, const char *username, struct buf *password)
{
	(void)arg;
	(void)username;
	return buf_puts(password, "rose");
}

static int
token_of(void *arg, const char *username, const char *name, size_t i,
    struct buf *token)
{
	(void)arg;
	(void)username;
	(void)name;
	return i > 0 ? XERR_AUTH : buf_puts(token, "token");
}

static int
owner_of_certificate(void *arg, const char *authzid, struct buf *username)
{
	(void)arg;
	return buf_puts(username, authzid);
}

static int
exchange(struct sasl *s, struct sasl_server *srv, struct buf *up,
    struct buf *down)
{
	int r;

	if ((r = sasl_initial(s, up)) < 0)
		return r;
	while ((r = sasl_server_step(srv, buf_data(up), buf_len(up),
	    down)) == SASL_CONTINUE) {
		buf_reset(up);
		if ((r = sasl_challenge(s, buf_data(down), buf_len(down),
		    up)) < 0)
			return r;
		buf_reset(down);
	}
	return r < 0 ? r : sasl_success(s, buf_data(down), buf_len(down));
}

static int
authenticate(const char *name)
{
	static const struct sasl_binding b = { "tls-exporter", "data", 4 };
	static const char *const offered[] = {
		"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"
	};
	const struct sasl_config c = {
		.username = "juliet", .authzid = "juliet@example.org",
		.only = name,
		.password = "rose", .password_len = 4, .tls = true,
		.nonce = "abcdefghijklmnopqrstuvwxyz234567",
		.certificate = true, .anonymous = true, .plain_ok = true,
		.token = "token", .token_len = 5,
		.token_mechanism = "HT-SHA-256-EXPR",
		.bindings = &b, .nbindings = 1,
		.offered = offered, .noffered = 2,
		.announced = &b.type, .nannounced = 1
	};
	const struct sasl_server_config sc = {
		.lookup = password_of, .token = token_of, .anonymous = true,
		.external = owner_of_certificate, .tls = true,
		.nonce = "abcdefghijklmnop", .salt = "salt", .salt_len = 4,
		.iterations = 4096, .bindings = &b, .nbindings = 1,
		.offered = offered, .noffered = 2,
		.announced = &b.type, .nannounced = 1
	};
	struct sasl_server *srv = NULL;
	struct sasl *s = NULL;
	struct buf up, down;
	int r;

	buf_init(&up, 4096);
	buf_init(&down, 4096);
	if ((r = sasl_new(&s, name, &c)) == 0 &&
	    (r = sasl_server_new(&srv, name, &sc)) == 0)
		r = exchange(s, srv, &up, &down);
	sasl_free(s);
	sasl_server_free(srv);
	buf_wipe(&up);
	buf_wipe(&down);
	return r;
}

static int
authenticate_by_all(void)
{
	static const char *const m[] = {
		"SCRAM-SHA-256-PLUS", "PLAIN", "EXTERNAL", "ANONYMOUS",
		"HT-SHA-256-EXPR"
	};
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(m) / sizeof(m[0]); i++)
		r = authenticate(m[i]);
	return r;
}

static int
upgrade(void)
{
	struct buf b;
	int r;

	buf_init(&b, 100);
	r = sasl_upgrade(&b, "UPGR-SCRAM-SHA-256", "rose", 4, "salt", 4, 4096);
	buf_wipe(&b);
	return r;
}

static void
authentication_needs_memory(void **state)
{
	(void)state;
	each_fails(authenticate_by_all, XERR_NOMEM, 30);
	each_fails(upgrade, XERR_NOMEM, 2);
}

static int
learn(struct state *s)
{
	static const char *const names[] = { "PLAIN" };
	int r;

	if ((r = state_set_names(s, STATE_MECHANISMS, names, 1)) < 0 ||
	    (r = state_set_token(s, "secret", 6, "HT", 1,
	    SASL_PROVES_SECRET)) < 0 ||
	    (r = state_add_ticket(s, "ticket", 6, 1)) < 0)
		return r;
	return state_save(s);
}

/* A lack of memory is told, and what was kept before is still there. */
static int
remember(void)
{
	struct state s;
	struct jid j;
	int r;

	if ((r = jid_parse(&j, "a@b.example", 11)) < 0)
		return r;
	if ((r = state_load(&s, &j)) == 0) {
		r = learn(&s);
		state_release(&s);
	}
	return r < 0 ? r : state_forget(&j);
}

static void
remembering_needs_memory(void **state)
{
	char dir[] = "/tmp/test_nomem.XXXXXX", lock[sizeof(dir) + 6];

	(void)state;
	assert_non_null(mkdtemp(dir));
	setenv("XMPP_STATE", dir, 1);
	each_fails(remember, XERR_NOMEM, 10);
	snprintf(lock, sizeof(lock), "%s/.lock", dir);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* What a server that was told S has to say, or the error. */
static int
tell(struct server *s, const char *text, struct buf *heard)
{
	struct server_event ev;
	const void *data;
	ssize_t used;
	size_t n;
	int r = 0;

	while (*text != '\0' && r == 0) {
		if ((used = server_feed(s, text, strlen(text))) < 0)
			return (int)used;
		text += used;
		while ((r = server_next(s, &ev)) == 1)
			if (ev.kind == SERVER_BIND &&
			    (r = server_accept(s)) < 0)
				return r;
	}
	n = server_pending(s, &data);
	buf_put(heard, data, n);
	if (r < 0)
		return r;
	if (strstr(buf_str(heard), "<temporary-auth-failure") != NULL)
		return XERR_TEMP;
	return strstr(buf_str(heard), "<token ") != NULL ? 0 : XERR_INTERNAL;
}

/* A login by SASL2 that asks for a resource and a token. */
static int
give_token(struct server_config *c, struct buf *heard)
{
	static const char login[] = "<stream:stream to='example.org' "
	    "version='1.0' xmlns='jabber:client' "
	    "xmlns:stream='http://etherx.jabber.org/streams'>"
	    "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>"
	    "<initial-response>AHJvbWVvAHJvc2U=</initial-response>"
	    "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>"
	    "<bind xmlns='urn:xmpp:bind:0'><tag>x</tag>"
	    "<enable xmlns='urn:xmpp:sm:3'/></bind>"
	    "<request-token xmlns='urn:xmpp:fast:0' "
	    "mechanism='HT-SHA-256-NONE'/></authenticate>";
	struct server *s;
	int r;

	if ((r = server_new(&s, c)) < 0)
		return r;
	r = tell(s, login, heard);
	server_free(s);
	return r;
}

static int
give_tokens(void)
{
	static const unsigned char secret[SERVER_SECRET] = "no memory";
	struct server_config c = {
		.domain = "example.org", .lookup = lookup,
		.secret = secret, .salt = "salt", .salt_len = 4,
		.iterations = 4096, .secure = true
	};
	struct buf heard;
	int r;

	buf_init(&heard, 1 << 16);
	if (buf_reserve(&heard, 1 << 15) == NULL)
		return XERR_NOMEM;
	if ((r = fast_new(&c.fast, 100, 50)) == 0)
		r = give_token(&c, &heard);
	fast_free(c.fast);
	buf_release(&heard);
	return r;
}

static void
tokens_need_memory(void **state)
{
	(void)state;
	each_fails(give_tokens, XERR_NOMEM, 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_needs_memory),
		cmocka_unit_test(records_need_memory),
		cmocka_unit_test(following_needs_memory),
		cmocka_unit_test(naming_needs_memory),
		cmocka_unit_test(addresses_need_memory),
		cmocka_unit_test(a_session_needs_memory),
		cmocka_unit_test(messages_need_memory),
		cmocka_unit_test(authentication_needs_memory),
		cmocka_unit_test(remembering_needs_memory),
		cmocka_unit_test(tokens_need_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
