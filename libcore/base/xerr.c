/* The error numbers in words. */
#include "base/xerr.h"

const char *
xerr_str(int r)
{
	switch (r) {
	case XERR_NOMEM: return "out of memory";
	case XERR_LIMIT: return "too large";
	case XERR_SYNTAX: return "syntax error";
	case XERR_PROTO: return "protocol error";
	case XERR_AUTH: return "authentication failed";
	case XERR_TLS: return "TLS failed";
	case XERR_SYS: return "system error";
	case XERR_HOST: return "no such host";
	case XERR_UNAVAIL: return "service unavailable";
	case XERR_TEMP: return "temporary failure";
	case XERR_CONFIG: return "configuration error";
	case XERR_INTERNAL: return "internal error";
	default: return r < 0 ? "unknown error" : "no error";
	}
}
