/*
 * Run a driver on the files given, each once; so that what was found by fuzzing
 * stays found without libFuzzer.  Every file is also cut short at each length,
 * if it is a small one.
 */
#include "fuzz.h"

enum { LARGEST = 1 << 20, SMALL = 256 };

static int
replay(const char *name)
{
	static uint8_t data[LARGEST];
	uint8_t *copy;
	size_t len, n;
	FILE *f;

	if ((f = fopen(name, "rb")) == NULL) {
		perror(name);
		return 1;
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	for (n = len > SMALL ? len : 0; n <= len; n++) {
		/* of the right size, for the sanitizer to watch over */
		if ((copy = malloc(n > 0 ? n : 1)) == NULL)
			return 1;
		for (size_t i = 0; i < n; i++)
			copy[i] = data[i];
		LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	int i, bad = 0;

	for (i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	return bad;
}
