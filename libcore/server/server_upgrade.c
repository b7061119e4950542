/*
 * The server side of one stream: upgrades of SCRAM (XEP-0480), where what is
 * kept of an account is not its password.  A task goes between the mechanism's
 * end and <success/>, or whatever else that login asks for:
 *
 *	<continue><task>	once for each that was asked for
 *	<next/>
 *	<task-data><salt>	what the hash is to be made with
 *	<task-data><hash>	and it is kept
 */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/xerr.h"
#include "sasl/sasl.h"
#include "xml/ns.h"
#include "server/server_int.h"

/* Behind "UPGR-" is the mechanism. */
enum { PREFIX = 5 };
static const char *const tasks[] = {
	"UPGR-SCRAM-SHA-512", "UPGR-SCRAM-SHA-256"
};
enum { TASKS = sizeof(tasks) / sizeof(tasks[0]) };

const struct scram_keys *
server_look_up_keys(void *arg, const char *username, const char *mechanism)
{
	struct server *s = arg;
	const struct verifier *v;

	if (jid_make(&s->jid, username, s->config.domain, NULL) < 0)
		return NULL;
	v = s->config.verifier(s->config.arg, &s->jid);
	return v == NULL ? NULL : verifier_get(v, mechanism);
}

/* Does the account J have keys for MECHANISM?  A stranger is like a new one. */
static bool
keeps(const struct server *s, const struct jid *j, const char *mechanism)
{
	const struct verifier *v = jid_is_empty(j) ? NULL :
	    s->config.verifier(s->config.arg, j);
	bool plus;

	if (v != NULL)
		return verifier_get(v, mechanism) != NULL;
	return scram_hash(mechanism, &plus) ==
	    scram_hash(s->config.stored, NULL);
}

bool
server_keeps(const struct server *s, const char *mechanism)
{
	bool plus;

	return s->config.verifier == NULL ||
	    scram_hash(mechanism, &plus) == NULL ||
	    keeps(s, &s->from, mechanism);
}

/*
 * May the account J get what TASK is about: something better, and not here in
 * clear?
 */
static bool
is_due(const struct server *s, const struct jid *j, const char *task)
{
	const char *mechanism = task + PREFIX;
	char plus[32];

	snprintf(plus, sizeof(plus), "%s-PLUS", mechanism);
	return s->secure && s->config.verifier != NULL &&
	    sasl_strength(mechanism) > sasl_strength(s->config.stored) &&
	    !keeps(s, j, mechanism) &&
	    (server_is_allowed(s, mechanism) || server_is_allowed(s, plus));
}

void
server_add_upgrades(struct server *s, struct elem *authentication)
{
	size_t i;

	for (i = 0; i < TASKS; i++)
		if (is_due(s, &s->from, tasks[i]))
			elem_add_with_text(authentication, NS_UPGRADE,
			    "upgrade", tasks[i]);
}

void
server_read_upgrades(struct server *s, const struct elem *e)
{
	const struct elem *c = elem_child(e, NS_UPGRADE, "upgrade");
	const char *name;
	size_t i;

	for (; c != NULL; c = elem_next(c, NS_UPGRADE, "upgrade"))
		for (i = 0; i < TASKS; i++)
			if ((name = elem_text(c)) != NULL &&
			    strcmp(name, tasks[i]) == 0)
				s->request.upgrades |= 1u << i;
}

/*
 * The next task that was asked for and is due, or NULL.  Behind SCRAM alone: who
 * has no more than a token or a certificate shall not choose the password.
 */
static const char *
next_task(const struct server *s)
{
	bool plus;
	size_t i;

	if (scram_hash(s->mechanism, &plus) == NULL)
		return NULL;
	for (i = 0; i < TASKS; i++)
		if ((s->request.upgrades & 1u << i) != 0 &&
		    is_due(s, &s->jid, tasks[i]))
			return tasks[i];
	return NULL;
}

int
server_begin_task(struct server *s)
{
	struct elem *e;
	int r = 0;

	s->told = false;
	if ((s->task = next_task(s)) == NULL)
		return 0;
	e = server_make(s, NS_SASL2, "continue");
	if (buf_len(&s->extra) > 0)
		r = server_add_data(elem_add(e, NULL, "additional-data"),
		    &s->extra);
	buf_reset(&s->extra);
	elem_add_with_text(elem_add(e, NULL, "tasks"), NULL, "task", s->task);
	if (r < 0 || (r = server_put(s, e)) < 0)
		return server_fail_with(s, r);
	return 1;
}

/* <next/>: what the client needs to know. */
static int
put_salt(struct server *s)
{
	struct elem *e = server_make(s, NS_SASL2, "task-data"), *salt;
	char n[16];
	struct buf b;
	int r;

	snprintf(n, sizeof(n), "%u", s->config.iterations);
	buf_init(&b, SERVER_SASL_MAX);
	buf_put(&b, s->config.salt, s->config.salt_len);
	salt = elem_add(e, NS_SCRAM_UPGRADE, "salt");
	elem_set(salt, "iterations", n);
	if ((r = buf_err(&b)) == 0)
		r = server_add_data(salt, &b);
	buf_release(&b);
	s->told = true;
	return r < 0 ? server_fail_with(s, r) : server_put(s, e);
}

/* Keep the hash in E: 0, XERR_SYNTAX or XERR_CONFIG if it is none, an error. */
static int
keep(struct server *s, const struct elem *e)
{
	const char *text = elem_text(e);
	struct verifier *v = s->config.verifier(s->config.arg, &s->jid);
	struct buf salted;
	int r;

	if (text == NULL || v == NULL)
		return XERR_CONFIG;
	buf_init(&salted, SCRAM_MESSAGE_MAX);
	if ((r = b64_decode(&salted, text, strlen(text))) == 0)
		r = verifier_set_salted(v, s->task + PREFIX,
		    buf_data(&salted), buf_len(&salted));
	buf_wipe(&salted);
	if (r == 0)
		s->upgraded = s->task + PREFIX;
	return r;
}

/* <task-data/>, the client's. */
static int
take_hash(struct server *s, const struct elem *e, struct server_event *ev)
{
	int r = keep(s, elem_child(e, NS_SCRAM_UPGRADE, "hash"));

	switch (r) {
	case 0: return server_sasl2_go_on(s, ev);
	case XERR_SYNTAX: return server_sasl_failed(s, "incorrect-encoding");
	case XERR_CONFIG:
	case XERR_LIMIT: return server_sasl_failed(s, "malformed-request");
	default: return server_fail_with(s, r);
	}
}

int
server_take_task(struct server *s, const struct elem *e,
    struct server_event *ev)
{
	const char *name = elem_get(e, "task");

	if (elem_is(e, NS_SASL2, "abort"))
		return server_sasl_failed(s, "aborted");
	if (elem_is(e, NS_SASL2, "next") && !s->told)
		return name != NULL && strcmp(name, s->task) == 0 ?
		    put_salt(s) : server_sasl_failed(s, "malformed-request");
	if (elem_is(e, NS_SASL2, "task-data") && s->told)
		return take_hash(s, e, ev);
	return server_fail(s, XERR_PROTO, "not-authorized",
	    "this is not a part of the task");
}
