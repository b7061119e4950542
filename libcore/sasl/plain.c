/*
 * PLAIN (RFC 4616), the client side.  The password goes as it is: to prepare
 * it is the server's part (section 2), and only the server knows how what it
 * has stored was prepared.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xerr.h"
#include "sasl/mech.h"
#include "sasl/scram.h"

struct plain {
	struct buf message;
	bool bad;		/* the password is */
};

/*
 * Does the server have a SCRAM that we may use?  It counts also if we cannot
 * use it now: somebody may have seen to that, by types of channel binding that
 * nobody has (XEP-0440 section 3, rule 6), and then no hash would tell.
 */
static bool
has_better(const struct sasl_config *c)
{
	bool plus;
	size_t i;

	for (i = 0; i < c->noffered; i++)
		if (scram_hash(c->offered[i], &plus) != NULL &&
		    (c->only == NULL || sasl_is_listed(c->offered[i],
		    c->only)))
			return true;
	return false;
}

static bool
plain_usable(const struct sasl_mech *m, const struct sasl_config *c)
{
	(void)m;
	return c->tls && c->plain_ok && c->username != NULL &&
	    c->username[0] != '\0' && c->password != NULL && !has_better(c);
}

/* [authzid] NUL authcid NUL passwd */
static int
put_message(struct buf *b, const struct sasl_config *c)
{
	const char *authzid = c->authzid == NULL ? "" : c->authzid;
	size_t n = strlen(authzid) + strlen(c->username) + 2;

	if (c->password_len > SIZE_MAX / 2 - n)
		return XERR_LIMIT;
	buf_init(b, n + c->password_len);
	/* all of it at once: growing would leave copies behind */
	if (buf_reserve(b, b->max) == NULL)
		return buf_err(b);
	buf_put(b, authzid, strlen(authzid) + 1);
	buf_put(b, c->username, strlen(c->username) + 1);
	buf_put(b, c->password, c->password_len);
	return buf_err(b);
}

static int
plain_start(struct sasl *s, const struct sasl_config *c)
{
	struct plain *p;

	if ((p = s->state = calloc(1, sizeof(*p))) == NULL)
		return XERR_NOMEM;
	p->bad = c->password_len == 0 ||
	    memchr(c->password, '\0', c->password_len) != NULL ||
	    utf8_span(c->password, c->password_len) != c->password_len;
	return put_message(&p->message, c);
}

static int
plain_initial(struct sasl *s, struct buf *out)
{
	struct plain *p = s->state;
	int r;

	if (p->bad)
		return sasl_fail(s, XERR_CONFIG,
		    "the password is empty, not UTF-8 or holds a NUL");
	r = buf_put(out, buf_data(&p->message), buf_len(&p->message));
	buf_wipe(&p->message);
	return r;
}

static void
plain_free(void *state)
{
	struct plain *p = state;

	if (p == NULL)
		return;
	buf_wipe(&p->message);
	free(p);
}

const struct sasl_mech sasl_plain = {
	.name = "PLAIN",
	.strength = 1,
	.usable = plain_usable,
	.start = plain_start,
	.initial = plain_initial,
	.free = plain_free
};
