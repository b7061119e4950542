/* Upgrade tasks (XEP-0480), the client's part. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/xerr.h"
#include "sasl/mech.h"
#include "sasl/saslprep.h"
#include "sasl/scram.h"

/*
 * The tasks, strongest first, and what can be used from then on.  To SHA-1
 * would be no upgrade.
 */
static const struct upgrade {
	const char *task, *mechanism;
} upgrades[] = {
	{ "UPGR-SCRAM-SHA-512", "SCRAM-SHA-512-PLUS" },
	{ "UPGR-SCRAM-SHA-256", "SCRAM-SHA-256-PLUS" }
};

enum { UPGRADES = sizeof(upgrades) / sizeof(upgrades[0]) };

const char *
sasl_choose_upgrade(const struct sasl_config *c, const char *mechanism,
    const char *const *tasks, size_t n)
{
	const struct upgrade *u;
	bool plus;

	if (!c->tls || c->password == NULL ||
	    scram_hash(mechanism, &plus) == NULL || !plus)
		return NULL;
	for (u = upgrades; u < upgrades + UPGRADES; u++)
		if (sasl_is_among(u->task, tasks, n) &&
		    sasl_strength(u->mechanism) > sasl_strength(mechanism) &&
		    (c->only == NULL || sasl_is_listed(u->mechanism, c->only)))
			return u->task;
	return NULL;
}

static const struct scram_hash *
task_hash(const char *task)
{
	const struct upgrade *u;

	for (u = upgrades; u < upgrades + UPGRADES; u++)
		if (strcmp(u->task, task) == 0)
			return scram_hash(task + 5, NULL);	/* "UPGR-" */
	return NULL;
}

int
sasl_upgrade(struct buf *out, const char *task, const char *password,
    size_t password_len, const void *salt, size_t salt_len,
    unsigned iterations)
{
	const struct scram_hash *h = task_hash(task);
	unsigned char salted[SCRAM_HASH_MAX];
	struct buf prepared;
	int r;

	if (h == NULL)
		return XERR_CONFIG;
	if (salt_len == 0 || salt_len > SCRAM_MESSAGE_MAX)
		return XERR_PROTO;
	if (iterations < SCRAM_ITERATIONS_MIN ||
	    iterations > SCRAM_ITERATIONS_MAX)
		return XERR_AUTH;
	buf_init(&prepared, SASLPREP_GROWTH * (size_t)SASLPREP_MAX);
	r = saslprep(&prepared, password, password_len);
	if (r == 0)
		r = scram_salted(salted, h, &prepared, salt, salt_len,
		    iterations);
	else if (r != XERR_NOMEM)
		r = XERR_CONFIG;
	buf_wipe(&prepared);
	if (r == 0)
		r = buf_put(out, salted, h->len);
	OPENSSL_cleanse(salted, sizeof(salted));
	return r;
}
