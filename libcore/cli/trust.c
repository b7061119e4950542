/* Where the system's authorities are. */
#include <stdlib.h>

#include "cli/trust.h"

/* A variable that is empty is none. */
static const char *
variable(const char *name)
{
	const char *s = getenv(name);

	return s == NULL || *s == '\0' ? NULL : s;
}

void
trust_find(struct tls_config *tc)
{
	tc->system_dir = variable("SSL_CERT_DIR");
	tc->system_file = variable("SSL_CERT_FILE");
}
