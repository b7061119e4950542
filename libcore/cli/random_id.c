/* Random names, from the kernel's random numbers. */
#define _DEFAULT_SOURCE		/* getentropy(), POSIX since 2024 */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/xerr.h"
#include "cli/random_id.h"

int
random_id_of_size(char *id, size_t size)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	unsigned char r[RANDOM_ID_MAX];
	size_t i;

	if (size == 0 || size > RANDOM_ID_MAX || getentropy(r, size) != 0)
		return XERR_INTERNAL;
	for (i = 0; i < size - 1; i++)
		id[i] = digits[r[i] % 32];
	id[i] = '\0';
	return 0;
}

int
random_id(char id[RANDOM_ID_SIZE])
{
	return random_id_of_size(id, RANDOM_ID_SIZE);
}
