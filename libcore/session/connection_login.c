/* The client of a wire, and what one login teaches the next. */
#include <time.h>

#include "base/xerr.h"
#include "cli/cli.h"
#include "cli/random_id.h"
#include "session/tls_tickets.h"
#include "session/connection_int.h"

/* How long nothing goes ahead, in seconds. */
enum { HOUR = 3600, DAY = 24 * HOUR };

static int
find_binding(void *arg, const char *type, struct buf *out)
{
	const struct connection *w = arg;
	const struct tls *t = conn_tls(w->conn);

	return t == NULL ? XERR_CONFIG : tls_binding(t, type, out);
}

/* Is the account's address the one that our certificate has? */
static bool
names_us(const struct connection *w)
{
	struct buf b;
	struct jid j;
	bool found = false;
	size_t i;
	int r;

	buf_init(&b, JID_MAX);
	for (i = 0; (r = tls_ctx_address(w->ctx[w->direct], i, &b)) == 0;
	    i++) {
		found = jid_parse(&j, (const char *)buf_data(&b),
		    buf_len(&b)) == 0 && jid_equal_bare(&j, &w->account->jid);
		buf_reset(&b);
	}
	buf_release(&b);
	return found && i == 1 && r == XERR_CONFIG;
}

/* Only under TLS, and only what was proved by whoever has the same key. */
static enum sasl_proof
find_proof(void *arg)
{
	const struct connection *w = arg;
	const struct tls *t = conn_tls(w->conn);
	unsigned char key[TLS_KEY];

	return t == NULL || tls_server_key(t, key) < 0 ? SASL_PROVES_NOTHING :
	    state_proof(login_memory_state(w->remember), key,
	    (int64_t)time(NULL));
}

static bool
make_nonces(struct connection *w)
{
	return random_id_of_size(w->nonce, sizeof(w->nonce)) == 0 &&
	    random_id_of_size(w->retry_nonce, sizeof(w->retry_nonce)) == 0 &&
	    random_id_of_size(w->id, sizeof(w->id)) == 0;
}

static struct login_config
describe_login(struct connection *w)
{
	const struct account *a = w->account;

	return (struct login_config){
		.jid = &a->jid,
		.password = a->has_password ?
		    (const char *)buf_data(&a->password) : NULL,
		.password_len = buf_len(&a->password),
		.nonce = w->nonce,
		.retry_nonce = w->retry_nonce,
		.certificate = a->cert != NULL,
		.names_us = names_us(w),
		.anonymous = a->anonymous,
		.software = cli_name(),
		.direct = w->direct,
		.binding = find_binding,
		.proof = find_proof,
		.no_ahead = w->unlearnt || a->ahead == NETOPT_NO,
		.arg = w,
		.plaintext_ok = w->net->insecure_plaintext,
	};
}

int
connection_make_client(struct connection *w, struct buf *why)
{
	int r;

	if (!make_nonces(w)) {
		buf_puts(why, "no random numbers to be had");
		return XERR_INTERNAL;
	}
	w->cf = (struct client_config){
		.login = describe_login(w),
		.identity = {
			.category = "client", .type = "bot",
			.name = cli_name(), .version = VERSION,
		},
		.limits = { .size = w->net->max_stanza },
		.id = w->id,
		.hand_requests = w->hand_requests,
	};
	login_memory_fill(w->remember, &w->cf.login, w->account->sasl);
	w->cf.login.no_sasl2 |= w->classic;
	if (w->unlearnt)
		w->cf.login.remembered = NULL;
	if ((r = client_new(&w->client, &w->cf)) < 0)
		buf_puts(why, xerr_str(r));
	else
		client_adopt(w->client, &w->left);
	return r;
}

/*
 * A server that claims to let us in and cannot prove that it knows us: whoever
 * holds its key is not to be believed any more.
 */
static void
distrust(struct connection *w)
{
	state_distrust(login_memory_state(w->remember));
	if (client_went_ahead(w->client))
		cli_warn("the server may have read what was sent ahead; "
		    "nothing will be until it has proved itself again");
}

void
connection_hang_up(struct connection *w)
{
	const struct login *l = w->client == NULL ? NULL :
	    client_login(w->client);

	if (w->tls != NULL)
		tls_tickets_keep(w->tls, &w->account->jid);
	w->tls = NULL;
	if (l != NULL && login_was_lied_to(l))
		distrust(w);
	if (l != NULL && !w->learnt &&
	    (login_was_lied_to(l) || login_token_refused(l)))
		login_memory_login(w->remember, l, false);
	if (l != NULL)
		client_move_unacked(w->client, &w->left);
	client_free(w->client);
	conn_free(w->conn);
	w->client = NULL;
	w->conn = NULL;
	w->errmsg = NULL;
	w->secured = w->bye = w->learnt = false;
}

/*
 * A server that sends us elsewhere means us, and not what we have sent.  That
 * it has not taken what was sent ahead is sure only by a word of its own: the
 * end of TLS is not one, since that may be a proxy's whose server has died.
 */
bool
connection_was_misled(const struct connection *w)
{
	return !w->unlearnt && w->client != NULL &&
	    client_other_host(w->client) == NULL &&
	    login_was_misled(client_login(w->client)) &&
	    (!client_went_ahead(w->client) || client_turned_away(w->client));
}

bool
connection_may_go_classic(const struct connection *w)
{
	return !w->classic && !w->cf.login.no_sasl2 && w->client != NULL &&
	    login_is_in_sasl2(client_login(w->client));
}

static void
tell_unlearnt(const struct connection *w, const char *reason)
{
	const char *what = "the server may not be what it was: once more, "
	    "without what is remembered of it";

	if (w->classic)
		what = "once more, without SASL2";
	else if (w->in_vain)
		what = "the server does not take what is sent ahead: once "
		    "more, without";
	cli_verbose(1, "%s: %s", reason, what);
}

void
connection_unlearn(struct connection *w, int err, const char *reason)
{
	const struct login *l = client_login(w->client);

	servers_again(w->route, err, reason);
	w->classic = connection_may_go_classic(w);
	w->in_vain = client_went_ahead(w->client) &&
	    !login_token_refused(l) && !login_was_belied(l);
	tell_unlearnt(w, reason);
	connection_hang_up(w);
	w->unlearnt = true;
}

/*
 * Nothing is to go ahead to this server for a while.  For a short one if it may
 * have been the network, or somebody who is in its way, unless that is nothing
 * new.
 */
static void
pause_ahead(struct connection *w, bool sure)
{
	struct state *s = login_memory_state(w->remember);
	bool lasting = sure || state_has_waited(s) || state_had_steps(s);
	int64_t until = (int64_t)time(NULL) + (lasting ? DAY : HOUR);

	state_set_waits(s, until);
	state_set_steps(s, until);
	cli_verbose(1, "the server may not take what is sent ahead: "
	    "nothing will be for %s", lasting ? "a day" : "an hour");
}

void
connection_give_up(struct connection *w, int err)
{
	if (w->client == NULL || !client_ahead_is_open(w->client) ||
	    (!w->learnt && err != XERR_TEMP && err != XERR_PROTO))
		return;
	pause_ahead(w, err != XERR_TEMP);
	login_memory_save(w->remember);
}

void
connection_learn(struct connection *w)
{
	struct state *s = login_memory_state(w->remember);
	const struct login *l = client_login(w->client);
	const struct tls *t = conn_tls(w->conn);
	unsigned char key[TLS_KEY];

	if (t != NULL && tls_server_key(t, key) == 0)
		state_proved(s, key, login_proof(l));
	if (w->in_vain)
		pause_ahead(w, true);
	w->learnt = true;
	if (w->classic)
		login_memory_set_classic(w->remember);
	login_memory_login(w->remember, l, true);
}

const struct outbox_item *
connection_unacked(const struct connection *w, size_t *n)
{
	if (w->client == NULL) {
		*n = w->left.count;
		return w->left.first;
	}
	*n = client_unacked_count(w->client);
	return client_unacked(w->client);
}

void
connection_forget(struct connection *w)
{
	outbox_drop(&w->left, w->left.count);
	if (w->client != NULL)
		client_forget(w->client);
}
