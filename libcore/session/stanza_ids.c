/* Ids for stanzas. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/xerr.h"
#include "session/stanza_ids.h"

enum { CODE = 10 };	/* bytes of the code, 80 bits */

int
stanza_ids_init(struct stanza_ids *s)
{
	s->next = 0;
	return RAND_bytes(s->key, sizeof(s->key)) == 1 ? 0 : XERR_INTERNAL;
}

static int
format(const struct stanza_ids *s, uint64_t n, char id[STANZA_IDS_MAX])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned maclen = 0, i;
	char num[24];
	int len;

	len = snprintf(num, sizeof(num), "%" PRIx64, n);
	if (HMAC(EVP_sha256(), s->key, sizeof(s->key),
	    (unsigned char *)num, (size_t)len, mac, &maclen) == NULL ||
	    maclen < CODE)
		return XERR_INTERNAL;
	for (i = 0; i < CODE; i++)
		snprintf(id + 2 * i, 3, "%02x", mac[i]);
	snprintf(id + 2 * i, STANZA_IDS_MAX - 2 * i, "x%s", num);
	return 0;
}

int
stanza_ids_make(struct stanza_ids *s, char id[STANZA_IDS_MAX])
{
	int r;

	if ((r = format(s, s->next, id)) == 0)
		s->next++;
	return r;
}

int
stanza_ids_number(const struct stanza_ids *s, const char *id, uint64_t *n)
{
	char want[STANZA_IDS_MAX], *end;
	size_t len = strlen(id);
	uint64_t v;

	if (len <= 2 * CODE + 1 || len >= STANZA_IDS_MAX || id[2 * CODE] != 'x')
		return XERR_SYNTAX;
	v = strtoull(id + 2 * CODE + 1, &end, 16);
	if (*end != '\0' || v >= s->next || format(s, v, want) < 0 ||
	    strlen(want) != len || CRYPTO_memcmp(want, id, len) != 0)
		return XERR_SYNTAX;
	*n = v;
	return 0;
}
