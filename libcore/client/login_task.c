/*
 * What a server may want behind the authentication (XEP-0388 2.5.3).  Of all
 * tasks there might be it is the upgrade of a password's hash alone (XEP-0480),
 * and that only if it was asked for.
 *
 *	<authenticate><upgrade/>	login_task_ask()
 *	... <continue/>			login_task_continue(): <next/>
 *	<task-data><salt/>		login_task_take(): <task-data><hash/>
 *	<success/>
 */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "sasl/scram.h"
#include "xml/ns.h"
#include "client/login_int.h"

enum { MESSAGE_MAX = 1024 };	/* a hash in base64, and what is around it */

void
login_task_ask(struct login *l, struct buf *b, const struct offer *o)
{
	if (l->no_upgrade)
		return;
	l->upgrade = sasl_choose_upgrade(&l->cf, l->mechanism, o->upgrades.v,
	    o->upgrades.n);
	l->sent_hash = false;
	if (l->upgrade != NULL)
		buf_printf(b, "<upgrade xmlns='" NS_UPGRADE "'>%s</upgrade>",
		    l->upgrade);
}

/* It asks for something that nobody has offered: which, as far as it fits. */
static int
unknown_task(struct login *l, const struct elem *task)
{
	char names[160] = "";
	const char *name;
	size_t used = 0;

	for (; task != NULL && used < sizeof(names);
	    task = elem_next(task, NS_SASL2, "task"))
		if ((name = elem_text(task)) != NULL)
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, "%s%.40s",
			    used == 0 ? ": " : ", ", name);
	l->refused = true;	/* it would want that the next time as well */
	return login_fail(l, XERR_AUTH, "the server wants another step of "
	    "authentication that we do not have%s", names);
}

static int
send_all(struct login *l, struct stream *s, const struct buf *b)
{
	int r = buf_err(b);

	if (r == 0)
		r = stream_put_bytes(s, buf_data(b), buf_len(b));
	return r < 0 ? login_fail(l, r, "%s", xerr_str(r)) : LOGIN_MORE;
}

int
login_task_continue(struct login *l, struct stream *s, const struct elem *e)
{
	const struct elem *task, *tasks = elem_child(e, NS_SASL2, "tasks");
	const char *name = NULL;
	struct buf b;
	int r;

	l->ahead = false;	/* that was right, whatever comes now */
	tasks = elem_child(tasks, NS_SASL2, "task");
	for (task = tasks; task != NULL && l->upgrade != NULL;
	    task = elem_next(task, NS_SASL2, "task"))
		if ((name = elem_text(task)) != NULL &&
		    strcmp(name, l->upgrade) == 0)
			break;
	if (task == NULL || l->upgrade == NULL || l->sent_hash)
		return unknown_task(l, tasks);
	buf_init(&b, MESSAGE_MAX);
	buf_printf(&b, "<next xmlns='" NS_SASL2 "' task='%s'/>", l->upgrade);
	r = send_all(l, s, &b);
	buf_release(&b);
	l->state = WANT_SALT;
	return r;
}

static int
send_hash(struct login *l, struct stream *s, const struct buf *hash)
{
	struct buf b;
	int r;

	buf_init(&b, MESSAGE_MAX);
	/* at once, so that nothing of it stays behind when it grows */
	if (buf_reserve(&b, MESSAGE_MAX) == NULL)
		return login_fail(l, XERR_NOMEM, "%s", xerr_str(XERR_NOMEM));
	buf_puts(&b, "<task-data xmlns='" NS_SASL2 "'>"
	    "<hash xmlns='" NS_SCRAM_UPGRADE "'>");
	b64_encode(&b, buf_data(hash), buf_len(hash));
	buf_puts(&b, "</hash></task-data>");
	r = send_all(l, s, &b);
	buf_wipe(&b);
	l->sent_hash = true;
	l->state = WANT_UPGRADED;
	return r;
}

/* Why an upgrade cannot be: R is sasl_upgrade()'s. */
static int
refuse(struct login *l, int r)
{
	switch (r) {
	case XERR_AUTH:
		return login_fail(l, r, "%s: the server asks for an iteration "
		    "count that is not between %d and %d: refused", l->upgrade,
		    SCRAM_ITERATIONS_MIN, SCRAM_ITERATIONS_MAX);
	case XERR_PROTO:
		return login_fail(l, r, "%s: the server's salt or iteration "
		    "count is malformed", l->upgrade);
	default:
		return login_fail(l, r, "%s: %s", l->upgrade, xerr_str(r));
	}
}

/* <salt iterations=''/> (XEP-0480 section 3) */
static int
take_salt(struct login *l, struct stream *s, const struct elem *e)
{
	const char *n = elem_get(e, "iterations");
	unsigned iterations = 0;
	struct buf salt, hash;
	int r;

	buf_init(&salt, SCRAM_MESSAGE_MAX);
	buf_init(&hash, SCRAM_HASH_MAX);
	if (n == NULL || scram_number(&iterations, n, strlen(n)) < 0) {
		r = refuse(l, XERR_PROTO);
	} else if ((r = login_decode(l, e, &salt)) == 0) {
		r = sasl_upgrade(&hash, l->upgrade, l->c->password,
		    l->c->password_len, buf_data(&salt), buf_len(&salt),
		    iterations);
		r = r < 0 ? refuse(l, r) : send_hash(l, s, &hash);
	}
	buf_release(&salt);
	buf_wipe(&hash);
	return r;
}

int
login_task_take(struct login *l, struct stream *s, const struct elem *e)
{
	if (elem_is(e, NS_SASL2, "failure"))
		return login_sasl_failed(l, s, e);
	if (l->state == WANT_SALT && elem_is(e, NS_SASL2, "task-data"))
		return take_salt(l, s, elem_child(e, NS_SCRAM_UPGRADE,
		    "salt"));
	if (l->state == WANT_UPGRADED && elem_is(e, NS_SASL2, "success"))
		return login_sasl_done(l, s, e);
	if (l->state == WANT_UPGRADED && elem_is(e, NS_SASL2, "continue"))
		return login_task_continue(l, s, e);
	return login_fail(l, XERR_PROTO, "<%.40s/> in the middle of %s",
	    e->name, l->upgrade);
}
