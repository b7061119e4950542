/* Ids for stanzas, from the kernel's random numbers. */
#define _DEFAULT_SOURCE		/* getentropy(), POSIX since 2024 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/newid.h"

int
newid(char id[NEWID_SIZE])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	unsigned char r[NEWID_SIZE];
	size_t i;

	if (getentropy(r, sizeof(r)) != 0)
		return XERR_INTERNAL;
	for (i = 0; i < NEWID_SIZE - 1; i++)
		id[i] = digits[r[i] % 32];
	id[i] = '\0';
	return 0;
}
