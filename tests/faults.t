#!/bin/sh
# One fault a run: the nth read, write, poll, malloc, fsync, rename, open,
# connect or fork fails or comes up short.  Whatever it is, a program ends in
# time, with a status and a word, and nothing that it accepted is lost.  Some of
# the runs, by a printed seed; all of them with FAULTS=all.
#
#	tests/faults.t [SEED]
. "$(dirname "$0")/lib.sh"

need python3 xmpp-serve xmpp-send
FAULTS_SO=$O/preload/faults.so
[ -f "$FAULTS_SO" ] || skip_all "no library for faults in this build"
SEED=${1:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
if [ "${FAULTS:-}" = all ]; then most=0; else most=16; fi
echo "# tests/faults.t $SEED"
mkdir "$T/faults"

sweep()
{
	LIMIT=3600 ok "$1" python3 "$TOP/tests/faults.py" "$SEED" "$most" \
	    "$FAULTS_SO" "$T/faults" "$2" || note "seed $SEED"
}

sweep 'the filters' filters
bg serve xmpp-serve --timeout 5 -o "$T/routed"
wait_for 20 lines "$T/serve.out" 1
eval "$(cat "$T/serve.out")"
SERVE_LOG=$T/routed
export XMPP_CONFIG SERVE_LOG
sweep 'xmpp-send' send
finish
