#!/bin/sh
# The scenarios that people reported, where they lie beside the project: each
# is a directory of ../shared/cases with a program "run" that ends with 0 when
# $BIN behaves as it should.
. "$(dirname "$0")/lib.sh"

cases=$TOP/../shared/cases
[ -d "$cases" ] || skip_all 'no ../shared/cases here'
need python3 openssl

# Not right yet.
open='09-dump-no-header'

BIN=$B
export BIN T
PATH=$PATH:/usr/sbin
cd "$cases" || exit 1
ls -d [0-9]*/run audit/[0-9]*/run | xargs -P 4 -I{} sh -c '
	name=${1%/run}
	log=$T/$(echo "$name" | tr / -)
	timeout 150 "$1" >"$log.log" 2>&1
	echo "$?" >"$log.rc"' sh {}
for c in [0-9]*/run audit/[0-9]*/run; do
	c=${c%/run}
	log=$T/$(echo "$c" | tr / -)
	case " $open " in
	*" $c "*) skip "$c: open" ;;
	*) is "$c" "$(cat "$log.rc")" 0 || note "$log.log" ;;
	esac
done
finish
