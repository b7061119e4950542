/* SCRAM's first message of the server, as the client takes it. */
#include <string.h>

#include "base/xerr.h"
#include "sasl/scram_challenge.h"

/* The extensions of the server's first message, each at most once. */
static int
read_hashes(struct scram_reader *rd, struct scram_challenge *c)
{
	const char *v;
	size_t n;
	char name;
	int r;

	while ((r = scram_extension(rd, 0, &name, &v, &n)) == 1) {
		if ((name == 'h' && c->h != NULL) ||
		    (name == 'd' && c->d != NULL))
			return XERR_PROTO;
		if (name == 'h') {
			c->h = v;
			c->h_len = n;
		} else if (name == 'd') {
			c->d = v;
			c->d_len = n;
		}
	}
	return r;
}

/* server-first-message = r= "," s= "," i= ["," extensions] */
int
scram_challenge_read(struct scram_challenge *c, struct sasl *s,
    const void *data, size_t len)
{
	struct scram_reader rd;
	const char *v;
	size_t n;
	int r;

	if (scram_read(&rd, data, len) < 0)
		return sasl_fail(s, XERR_PROTO,
		    "the challenge is too long or not text");
	if ((r = scram_attr(&rd, 'r', &c->nonce, &c->nonce_len)) < 0 ||
	    (r = scram_attr64(&rd, 's', &c->salt)) < 0 ||
	    (r = scram_attr(&rd, 'i', &v, &n)) < 0 ||
	    (r = scram_number(&c->iterations, v, n)) < 0 ||
	    (r = read_hashes(&rd, c)) < 0)
		return sasl_fail(s, r, "the challenge is malformed");
	return 0;
}

static int
check_nonce(const struct scram_challenge *c, struct sasl *s,
    const struct scram_policy *p)
{
	if (c->nonce_len <= p->nonce_len ||
	    memcmp(c->nonce, p->nonce, p->nonce_len) != 0 ||
	    !scram_is_nonce(c->nonce, c->nonce_len))
		return sasl_fail(s, XERR_PROTO,
		    "the server's nonce does not extend ours");
	return 0;
}

static int
check_iterations(const struct scram_challenge *c, struct sasl *s)
{
	if (c->iterations < SCRAM_ITERATIONS_MIN)
		return sasl_fail(s, XERR_AUTH,
		    "iteration count %u is below %d: refused",
		    c->iterations, SCRAM_ITERATIONS_MIN);
	if (c->iterations > SCRAM_ITERATIONS_MAX)
		return sasl_fail(s, XERR_AUTH,
		    "iteration count is above %d: refused",
		    SCRAM_ITERATIONS_MAX);
	return 0;
}

/*
 * XEP-0474: what the server has offered, by its own word, which its signature
 * will cover.  "d" of older versions counts if there is no "h".
 */
static int
check_offer(const struct scram_challenge *c, struct sasl *s,
    const struct scram_policy *p)
{
	const char *v = c->h != NULL ? c->h : c->d;
	size_t len = c->h != NULL ? c->h_len : c->d_len;
	struct buf b;
	int r;

	if (v == NULL && p->needs_hash)
		return sasl_fail(s, XERR_AUTH, "the server announces no "
		    "channel binding that we know, and does not confirm that: "
		    "somebody may have removed it");
	if (v == NULL || p->offer.mechanisms == NULL)
		return 0;
	buf_init(&b, 2 * SCRAM_HASH_MAX);
	r = sasl_offer_hash(&b, p->hash, c->h != NULL ? 'h' : 'd', &p->offer);
	if (r == 0 && (buf_len(&b) != len ||
	    memcmp(buf_data(&b), v, len) != 0))
		r = sasl_fail(s, XERR_AUTH, "the server has offered other "
		    "mechanisms or channel bindings than have arrived here "
		    "(XEP-0474): somebody has changed them on the way");
	buf_release(&b);
	return r;
}

int
scram_challenge_check(const struct scram_challenge *c, struct sasl *s,
    const struct scram_policy *p)
{
	int r;

	if ((r = check_nonce(c, s, p)) < 0 ||
	    (r = check_iterations(c, s)) < 0)
		return r;
	return check_offer(c, s, p);
}
