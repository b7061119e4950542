/* Upgrade tasks (XEP-0480), the client's part. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/xerr.h"
#include "sasl/prep.h"
#include "sasl/sasl.h"
#include "sasl/scram.h"

/* The hash of TASK.  To SHA-1 would be no upgrade. */
static const struct scram_hash *
task_hash(const char *task)
{
	if (strcmp(task, "UPGR-SCRAM-SHA-256") != 0 &&
	    strcmp(task, "UPGR-SCRAM-SHA-512") != 0)
		return NULL;
	return scram_hash(task + 5, NULL);
}

bool
sasl_can_upgrade(const char *task)
{
	return task_hash(task) != NULL;
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
