/*
 * Authenticating: SASL as RFC 6120 section 6 carries it, and as XEP-0388
 * (SASL2) does, which says more in fewer elements.
 */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/buf.h"
#include "base/xerr.h"
#include "xml/ns.h"
#include "xml/xml.h"
#include "xmpp/datetime.h"
#include "client/login_int.h"

enum {
	SASL_MAX = 64 * 1024,	/* bytes of a challenge or response */
	TRIES = 3		/* by token, as remembered, as offered */
};

static const char *const types[LOGIN_BINDINGS] = {
	"tls-exporter", "tls-unique", "tls-server-end-point", SASL_UNIQUE_1_3
};

/* What our channel can be bound by, asked for once. */
static size_t
find_bindings(struct login *l)
{
	size_t i, n = 0;

	for (i = 0; l->c->binding != NULL && i < LOGIN_BINDINGS; i++) {
		buf_reset(&l->channel[n]);
		if (l->c->binding(l->c->arg, types[i], &l->channel[n]) < 0)
			continue;
		l->bindings[n].type = types[i];
		l->bindings[n].data = buf_data(&l->channel[n]);
		l->bindings[n].len = buf_len(&l->channel[n]);
		n++;
	}
	return n;
}

/* Is there a token, and does the server take it? */
static bool
can_use_token(const struct login *l, const struct offer *o)
{
	return l->c->token != NULL && !l->token_refused &&
	    (o->has & OFFER_FAST) != 0 &&
	    offer_names_has(&o->fast, l->c->token_mechanism);
}

static void
configure(struct login *l, const struct offer *o)
{
	const struct login_config *c = l->c;
	const struct offer_names *n = l->sasl2 ? &o->sasl2 : &o->mechanisms;
	const char *local;
	size_t len;

	local = jid_local(c->jid, &len);
	snprintf(l->user, sizeof(l->user), "%.*s", (int)len,
	    local == NULL ? "" : local);
	l->cf = (struct sasl_config){
		.username = l->user,
		.password = c->password,
		.password_len = c->password_len,
		.nonce = l->tries == 0 ? c->nonce : c->retry_nonce,
		.only = c->mechanisms,
		.at_least = c->at_least,
		.external_known = c->external_known,
		.tls = l->secure,
		.plain_ok = true,
		.certificate = c->certificate,
		.anonymous = c->anonymous,
		.bindings = l->bindings,
		.nbindings = find_bindings(l),
		.offered = l->by_word ? NULL : n->v,
		.noffered = l->by_word ? 0 : n->n,
		.announced = (o->has & OFFER_BINDINGS) != 0 ?
		    o->types.v : NULL,
		.nannounced = o->types.n,
		.sasl2 = l->sasl2,
	};
}

/*
 * The mechanism of our token, if it proves no less than MECHANISM, by which we
 * would log in without; or NULL.
 */
static const char *
choose_token(struct login *l, const struct offer *o, const char *mechanism)
{
	const char *token;

	if (!l->sasl2 || !can_use_token(l, o))
		return NULL;
	/* a name of its own: the owner's goes when a new token comes */
	token = sasl_choose_token(&l->cf, mechanism, &l->c->token_mechanism,
	    1);
	if (token != NULL) {
		l->cf.token = l->c->token;
		l->cf.token_len = l->c->token_len;
		l->cf.token_mechanism = l->c->token_mechanism;
	}
	return token;
}

/* Could PLAIN be used, were it asked for by name? */
static bool
holds_plain_back(const struct login *l, const struct offer_names *n)
{
	struct sasl_config cf = l->cf;

	if (cf.only != NULL && !sasl_is_listed("PLAIN", cf.only))
		return false;
	cf.at_least = NULL;
	cf.only = "PLAIN";
	return sasl_choose(&cf, n->v, n->n) != NULL;
}

/* Nothing that the server offers is good enough: say why. */
static int
no_mechanism(struct login *l, const struct offer *o)
{
	const struct offer_names *n = l->sasl2 ? &o->sasl2 : &o->mechanisms;
	struct sasl_config cf = l->cf;
	char seen[200];

	offer_names_tell(n, seen, sizeof(seen));
	cf.at_least = NULL;
	if (l->cf.at_least != NULL && sasl_choose(&cf, n->v, n->n) != NULL)
		return login_fail(l, XERR_AUTH, "the server offered %.30s "
		    "before and now no more than %.150s: somebody may be in "
		    "between; if it is meant, use --forget",
		    l->cf.at_least, seen);
	if (holds_plain_back(l, n))
		return login_fail(l, XERR_AUTH, "of what the server offers, "
		    "%.150s, only PLAIN can be used, which is the password "
		    "itself: somebody may be in between; if it is meant, use "
		    "--sasl PLAIN", seen);
	return login_fail(l, XERR_AUTH, "no common authentication mechanism%s; "
	    "the server offers %s%s", cf.only == NULL ? "" :
	    " of those that --sasl allows", seen,
	    cf.only != NULL && sasl_is_listed("EXTERNAL", cf.only) &&
	    !cf.certificate ? "; for EXTERNAL the account has no certificate" :
	    "");
}

static void
put_attr(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, " %s='", name);
	xml_attr(b, value, strlen(value));
	buf_putc(b, '\'');
}

/*
 * <auth/> and <response/>.  Not by a tree: what may be a password is in two
 * buffers only, and wiped here.
 */
static void
put_classic(struct login *l, struct buf *b, bool first, const struct buf *data)
{
	buf_printf(b, "<%s xmlns='" NS_SASL "'", first ? "auth" : "response");
	if (first)
		put_attr(b, "mechanism", l->mechanism);
	buf_putc(b, '>');
	/* nothing at all is "=" (RFC 6120 6.4.2) */
	if (first && buf_len(data) == 0)
		buf_putc(b, '=');
	b64_encode(b, buf_data(data), buf_len(data));
	buf_printf(b, "</%s>", first ? "auth" : "response");
}

/* Who we are to the server; somebody anonymous is not to be known again. */
static const char *
agent(const struct login *l)
{
	return l->c->anonymous ? NULL : l->c->agent;
}

static void
put_software(const struct login *l, struct buf *b, const char *name)
{
	buf_printf(b, "<%s>", name);
	if (l->c->software != NULL)
		xml_text(b, l->c->software, strlen(l->c->software));
	buf_printf(b, "</%s>", name);
}

/* A token for the next time, where one can be had. */
static void
ask_token(struct login *l, struct buf *b, const struct offer *o)
{
	if ((o->has & OFFER_FAST) == 0 || agent(l) == NULL || l->by_token)
		return;
	l->asked_token = sasl_choose_token(&l->cf, l->mechanism, o->fast.v,
	    o->fast.n);
	if (l->asked_token == NULL)
		return;
	buf_puts(b, "<request-token xmlns='" NS_FAST "'");
	put_attr(b, "mechanism", l->asked_token);
	buf_puts(b, "/>");
}

/* What is to happen together with the authentication (XEP-0388 2.4). */
static void
put_inline(struct login *l, struct buf *b, const struct offer *o)
{
	if (agent(l) != NULL) {
		buf_puts(b, "<user-agent");
		put_attr(b, "id", agent(l));
		buf_putc(b, '>');
		put_software(l, b, "software");
		buf_puts(b, "</user-agent>");
	}
	l->sm_asked = l->bind2 && (o->has & OFFER_SM_INLINE) != 0;
	if (l->bind2) {
		buf_puts(b, "<bind xmlns='" NS_BIND2 "'>");
		if (l->c->software != NULL)
			put_software(l, b, "tag");
		if (l->sm_asked)
			buf_puts(b, "<enable xmlns='" NS_SM "'/>");
		buf_puts(b, "</bind>");
	}
	login_task_ask(l, b, o);
	/*
	 * Without 0-RTT data there is no replay to be counted out (XEP-0484
	 * 3.4), and runs at the same time would come in any order.
	 */
	if (l->by_token)
		buf_puts(b, "<fast xmlns='" NS_FAST "'/>");
	ask_token(l, b, o);
}

static void
put_sasl2(struct login *l, struct buf *b, const struct buf *data,
    const struct offer *o)
{
	if (o == NULL) {
		buf_puts(b, "<response xmlns='" NS_SASL2 "'>");
		b64_encode(b, buf_data(data), buf_len(data));
		buf_puts(b, "</response>");
		return;
	}
	buf_puts(b, "<authenticate xmlns='" NS_SASL2 "'");
	put_attr(b, "mechanism", l->mechanism);
	buf_puts(b, "><initial-response>");
	b64_encode(b, buf_data(data), buf_len(data));
	buf_puts(b, "</initial-response>");
	put_inline(l, b, o);
	buf_puts(b, "</authenticate>");
}

/* Send DATA; the first time with what goes with it by offer O, else NULL. */
static int
send_data(struct login *l, struct stream *s, const struct buf *data,
    const struct offer *o)
{
	struct buf b;
	int r;

	buf_init(&b, 2 * SASL_MAX);
	if (l->sasl2)
		put_sasl2(l, &b, data, o);
	else
		put_classic(l, &b, o != NULL, data);
	if ((r = buf_err(&b)) == 0)
		r = stream_put_bytes(s, buf_data(&b), buf_len(&b));
	buf_wipe(&b);
	return r < 0 ? login_fail(l, r, "%s", xerr_str(r)) : LOGIN_MORE;
}

/* Choose the protocol and the mechanism; NULL if there is none. */
static const char *
choose(struct login *l, const struct offer *o)
{
	const struct offer_names *n;
	const char *mechanism, *token;

	l->sasl2 = (o->has & OFFER_SASL2) != 0 && l->secure &&
	    !l->c->no_sasl2;
	/* Bind 2 makes resources up: who asks for one gets it as ever */
	l->bind2 = l->sasl2 && (o->has & OFFER_BIND2) != 0 &&
	    jid_is_bare(l->c->jid);
	configure(l, o);
	n = l->sasl2 ? &o->sasl2 : &o->mechanisms;
	mechanism = sasl_choose(&l->cf, n->v, n->n);
	token = choose_token(l, o, mechanism);
	l->by_token = token != NULL;
	return l->by_token ? token : mechanism;
}

/*
 * A certificate that names several addresses, or none, or another one, does not
 * say who we are (RFC 6120 6.3.8, XEP-0178): if we do not, we may be let in as
 * somebody else.
 */
static void
say_who(struct login *l)
{
	if (strcmp(l->mechanism, "EXTERNAL") != 0 || l->c->names_us)
		return;
	jid_copy(&l->bare, l->c->jid);
	jid_to_bare(&l->bare);
	l->cf.authzid = jid_str(&l->bare);
}

int
login_sasl_begin(struct login *l, struct stream *s, const struct offer *o,
    bool ahead)
{
	struct buf out;
	int r;

	sasl_free(l->sasl);
	l->sasl = NULL;
	l->upgrade = NULL;
	l->ahead = false;
	l->by_word = ahead && o == &l->word;
	l->mechanism = choose(l, o);
	/* a password itself goes to nobody on the strength of a memory */
	if (ahead && (l->mechanism == NULL ||
	    strcmp(l->mechanism, "PLAIN") == 0))
		return LOGIN_MORE;
	if (l->mechanism == NULL)
		return no_mechanism(l, o);
	say_who(l);
	if ((r = sasl_new(&l->sasl, l->mechanism, &l->cf)) < 0)
		return login_fail(l, r, "%s: cannot be used", l->mechanism);
	l->bound_by = sasl_bound_by(l->sasl);
	buf_init(&out, SASL_MAX);
	if ((r = sasl_initial(l->sasl, &out)) < 0)
		login_fail(l, r, "%s: %s", l->mechanism, sasl_errmsg(l->sasl));
	else
		r = send_data(l, s, &out, o);
	buf_wipe(&out);
	l->tries++;
	l->ahead = ahead;
	l->belied = false;
	if (!ahead)
		l->state = WANT_SASL;
	return r < 0 ? r : login_go_ahead(l);
}

/* Was it not what we said, but something that should not have been there? */
static bool
is_puzzled(const struct elem *e)
{
	return elem_child(e, NS_SASL, "aborted") != NULL ||
	    elem_child(e, NS_SASL, "incorrect-encoding") != NULL ||
	    elem_child(e, NS_SASL, "malformed-request") != NULL;
}

/*
 * Some failures leave something else to try, and were to be expected.  That of
 * an upgrade is no word against the password: then in without it, with the
 * other nonce, if that is still new.  What comes behind a failure may be what
 * was sent ahead: then not on this stream.
 */
int
login_sasl_failed(struct login *l, struct stream *s, const struct elem *e)
{
	bool task = l->state != WANT_SASL;
	bool again = task ? l->tries == 1 : l->belied || l->by_token;
	const char *what = task ? l->upgrade : l->mechanism;

	if (task)
		l->no_upgrade = true;
	if (l->by_token)
		l->token_refused = true;
	if (again && !l->stanzas_ahead && l->tries < TRIES)
		return login_sasl_begin(l, s, &l->offer, false);
	/*
	 * Prosody's mod_sasl2 takes one try on a stream: to the next it says
	 * that it has not the mechanism, whatever it offers.
	 */
	l->spoilt = l->tries > 1 &&
	    elem_child(e, NS_SASL, "invalid-mechanism") != NULL;
	l->turned_away = l->stanzas_ahead && (again || is_puzzled(e));
	l->refused = !l->spoilt && !l->turned_away;
	return login_refused(l, e, what);
}

/*
 * In RFC 6120's SASL "=" is none (6.4.2).  In SASL2 there should be no white
 * space (XEP-0388 2.2), but the type allows it, and examples have it.
 */
int
login_decode(struct login *l, const struct elem *e, struct buf *b)
{
	static const char white[] = " \t\r\n";
	const char *s;
	size_t len;
	int r;

	if (e == NULL)
		return 0;
	if ((s = elem_text(e)) == NULL)
		return login_fail(l, XERR_NOMEM, "%s", xerr_str(XERR_NOMEM));
	if (!l->sasl2 && strcmp(s, "=") == 0)
		return 0;
	if (l->sasl2)
		s += strspn(s, white);
	len = strlen(s);
	while (l->sasl2 && len > 0 && strchr(white, s[len - 1]) != NULL)
		len--;
	if ((r = b64_decode(b, s, len)) < 0)
		return login_fail(l, r == XERR_NOMEM ? r : XERR_PROTO,
		    "%s: the server's data is no base64", l->mechanism);
	return 0;
}

/* A token for next time; what is wrong with it is no reason to fail. */
static int
take_token(struct login *l, const struct elem *e)
{
	const char *token = elem_get(e, "token");
	const char *expiry = elem_get(e, "expiry");

	if (e == NULL || token == NULL || *token == '\0' || expiry == NULL ||
	    datetime_parse(&l->new_expiry, expiry) < 0)
		return 0;
	buf_wipe(&l->new_token);
	if (buf_put(&l->new_token, token, strlen(token) + 1) < 0)
		buf_wipe(&l->new_token);
	return 0;
}

int
login_sasl_done(struct login *l, struct stream *s, const struct elem *e)
{
	const struct elem *bound = elem_child(e, NS_BIND2, "bound");
	const char *jid = elem_text(elem_child(e, NS_SASL2,
	    "authorization-identifier"));

	take_token(l, elem_child(e, NS_FAST, "token"));
	if (!l->bind2)
		return login_go_on(l, s, NULL);
	if (bound == NULL)
		return login_fail(l, XERR_PROTO,
		    "the server has not bound a resource");
	l->sm_is_on = elem_child(bound, NS_SM, "enabled") != NULL;
	return login_go_on(l, s, jid == NULL ? "" : jid);
}

/* <success/> or <continue/>: either way the server has to prove itself. */
static int
take_success(struct login *l, struct stream *s, const struct elem *e,
    const struct buf *in)
{
	int r;

	if ((r = sasl_success(l->sasl, buf_data(in), buf_len(in))) < 0) {
		l->lied_to = r != XERR_NOMEM;
		return login_fail(l, r, "%s: %s", l->mechanism,
		    sasl_errmsg(l->sasl));
	}
	sasl_free(l->sasl);
	l->sasl = NULL;
	if (!l->sasl2)
		return login_restart(l, s);
	return elem_is(e, NS_SASL2, "continue") ?
	    login_task_continue(l, s, e) : login_sasl_done(l, s, e);
}

static int
take_challenge(struct login *l, struct stream *s, const struct buf *in)
{
	bool proof = sasl_has_said_all(l->sasl);
	struct buf out;
	int r;

	buf_init(&out, SASL_MAX);
	if ((r = sasl_challenge(l->sasl, buf_data(in), buf_len(in), &out)) < 0)
		login_fail(l, r, "%s: %s", l->mechanism, sasl_errmsg(l->sasl));
	else
		r = send_data(l, s, &out, NULL);
	l->lied_to = proof && r == XERR_AUTH;
	buf_wipe(&out);
	return r < 0 ? r : login_go_ahead(l);
}

int
login_sasl_take(struct login *l, struct stream *s, const struct elem *e)
{
	const char *ns = l->sasl2 ? NS_SASL2 : NS_SASL;
	bool success = elem_is(e, ns, "success") ||
	    (l->sasl2 && elem_is(e, ns, "continue"));
	struct buf in;
	int r;

	if (elem_is(e, ns, "failure"))
		return login_sasl_failed(l, s, e);
	if (!success && !elem_is(e, ns, "challenge"))
		return login_fail(l, XERR_PROTO,
		    "<%.40s/> in the middle of authentication", e->name);
	buf_init(&in, SASL_MAX);
	if ((r = login_decode(l, !success || !l->sasl2 ? e :
	    elem_child(e, NS_SASL2, "additional-data"), &in)) == 0)
		r = success ? take_success(l, s, e, &in) :
		    take_challenge(l, s, &in);
	buf_wipe(&in);
	return r;
}
