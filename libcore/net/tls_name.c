/* Whether a certificate names a domain (RFC 6120 13.7.1.2, RFC 6125). */
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#include "net/tls_int.h"

static const char service[] = "_xmpp-client.";

const ASN1_STRING *
tls_name_other(const GENERAL_NAME *gn, int *nid)
{
	ASN1_OBJECT *oid;
	ASN1_TYPE *value;

	if (GENERAL_NAME_get0_otherName(gn, &oid, &value) != 1)
		return NULL;
	*nid = OBJ_obj2nid(oid);
	if ((*nid == NID_SRVName && value->type == V_ASN1_IA5STRING) ||
	    (*nid == NID_XmppAddr && value->type == V_ASN1_UTF8STRING))
		return value->value.asn1_string;
	return NULL;
}

/* The LEN bytes at S are NAME, in whatever case ASCII has. */
static bool
is_name(const char *s, size_t len, const char *name)
{
	return name != NULL && strlen(name) == len &&
	    strncasecmp(s, name, len) == 0;
}

/*
 * An SRV-ID or XmppAddr of the domain.  Neither has wildcards.  What is IA5 is
 * in A-labels; an XmppAddr holds a domain as JIDs do, in U-labels.
 */
static bool
other_matches(const struct tls *t, const GENERAL_NAME *gn)
{
	const size_t skip = sizeof(service) - 1;
	const ASN1_STRING *str;
	const char *s;
	size_t len;
	int nid;

	if ((str = tls_name_other(gn, &nid)) == NULL)
		return false;
	s = (const char *)ASN1_STRING_get0_data(str);
	len = (size_t)ASN1_STRING_length(str);
	if (nid == NID_SRVName)
		return len > skip && strncasecmp(s, service, skip) == 0 &&
		    is_name(s + skip, len - skip, t->domain);
	return is_name(s, len, t->domain) || is_name(s, len, t->unicode);
}

static bool
is_host(X509 *cert, const char *name)
{
	return X509_check_host(cert, name, 0,
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

bool
tls_name_matches(const struct tls *t, X509 *cert)
{
	GENERAL_NAMES *names;
	bool found = false;
	int i;

	/* Ours is sure to be an address or a name, see tls_new(). */
	if (t->address)
		return X509_check_ip_asc(cert, t->domain, 0) == 1;
	if (is_host(cert, t->domain) || (t->dane && is_host(cert, t->target)))
		return true;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
		found = other_matches(t, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return found;
}
