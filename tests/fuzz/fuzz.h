/*
 * What the drivers share.  A driver is fuzz_NAME.c with one
 * LLVMFuzzerTestOneInput(); its corpus is corpus/NAME/.  `make fuzz` links it
 * with libFuzzer, the tests link it with replay.c, which runs the corpus alone.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Like assert(), but never compiled out. */
#define must(x) \
	((x) ? (void)0 : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
	    __LINE__, #x), abort()))

#endif
