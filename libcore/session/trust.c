/* Where the system's authorities are. */
#include <stddef.h>

#include "cli/cli.h"
#include "session/trust.h"

void
trust_find(struct tls_config *tc)
{
	tc->system_dir = cli_env("SSL_CERT_DIR");
	tc->system_file = cli_env("SSL_CERT_FILE");
}
