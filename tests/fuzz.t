#!/bin/sh
# The kept inputs of every fuzz driver, and each of their beginnings.
. "$(dirname "$0")/lib.sh"

cd "$TOP/tests/fuzz" || exit 1
for f in fuzz_*.c; do
	name=${f#fuzz_}
	name=${name%.c}
	set -- "corpus/$name"/*
	[ -f "$1" ] || { verdict 1 "$name has a corpus"; continue; }
	status "$name: $# inputs" 0 "$O/fuzz/fuzz_$name" "$@"
done
finish
