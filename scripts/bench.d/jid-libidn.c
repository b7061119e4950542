/*
 * The peer for jid-check: libidn's stringprep in a loop, as a server that does
 * it itself.  Each line is split, its parts are prepared, and the result is
 * printed.  With an argument there is a short cut: a part of ASCII is only
 * checked and put in lower case.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stringprep.h>

static bool shortcut;

/* A part of ASCII that needs no table; false if it does. */
static bool
ascii(char *s, bool lower)
{
	unsigned char *p;

	for (p = (unsigned char *)s; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f ||
		    (lower && strchr("\"&'/:<>@", *p) != NULL))
			return false;
		if (lower && *p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	}
	return true;
}

static bool
prepare(char *part, const Stringprep_profile *profile, bool lower)
{
	return (shortcut && ascii(part, lower)) ||
	    stringprep(part, 1024, 0, profile) == STRINGPREP_OK;
}

int
main(int argc, char *argv[])
{
	static char line[4096], local[1024], domain[1024], resource[1024];
	char *at, *slash, *d;
	bool bad = false;

	(void)argv;
	shortcut = argc > 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		d = line;
		local[0] = resource[0] = '\0';
		if ((slash = strchr(line, '/')) != NULL) {
			*slash++ = '\0';
			snprintf(resource, sizeof(resource), "%s", slash);
		}
		if ((at = strchr(line, '@')) != NULL) {
			*at++ = '\0';
			snprintf(local, sizeof(local), "%s", line);
			d = at;
		}
		snprintf(domain, sizeof(domain), "%s", d);
		if (!prepare(domain, stringprep_nameprep, true) ||
		    (at != NULL && !prepare(local, stringprep_xmpp_nodeprep,
		    true)) || (slash != NULL && !prepare(resource,
		    stringprep_xmpp_resourceprep, false))) {
			bad = true;
			continue;
		}
		printf("%s%s%s%s%s\n", local, at != NULL ? "@" : "", domain,
		    slash != NULL ? "/" : "", resource);
	}
	return bad;
}
