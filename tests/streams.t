#!/bin/sh
# The stream parser against the samples, valid and hostile: whole, byte by byte
# and in portions of seven; then the large ones, with bounds on memory and time.
. "$(dirname "$0")/lib.sh"

need python3 streamlines

D=$TOP/tests/data/streams
LIMIT=300

samples()
{
	for split in '' '--split byte' '--split 7'; do
		# shellcheck disable=SC2086
		ok "$*: the samples ${split:-whole}" \
		    python3 "$D/run.py" --cond $split -- "$@"
	done
}

samples streamlines line
samples streamlines tree

# The sanitizers and valgrind have memory of their own.
case $O in
*san*) skip "bounds on memory mean nothing with sanitizers" ;;
*) ok "the large streams stay within their bounds" \
	python3 "$D/gen_large.py" --run -- streamlines line ;;
esac

# The parser's lines are those of the writer of trees.
capture 5000 7 >"$T/capture.xml"
streamlines line <"$T/capture.xml" >"$T/line"
streamlines tree <"$T/capture.xml" >"$T/tree"
ok "5000 stanzas are 5000 lines" lines "$T/line" 5000
same "written while parsing or from trees, the bytes are the same" \
    "$T/line" "$T/tree"
for f in "$D"/*.xml; do
	streamlines line <"$f" >>"$T/line" 2>/dev/null
	streamlines tree <"$f" >>"$T/tree" 2>/dev/null
done
same "and so they are for every sample" "$T/line" "$T/tree"
finish
