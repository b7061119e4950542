#!/bin/sh
# The example stanzas of the XEPs go through stream-dump and twice through the
# line format: another parser sees the same in them, and they do not change.
. "$(dirname "$0")/lib.sh"

need python3
XEPS=${XEPS:-$TOP/../shared/specs/xeps}
[ -d "$XEPS" ] || skip_all 'no XEPs here: their directory goes into XEPS'

status 'there are examples' 0 \
    python3 "$TOP/tests/xeps.py" make "$XEPS" "$T/stream" "$T/want"
note "$(cat "$T/out")"
status 'stream-dump takes them all' 0 stream-dump "$T/stream"
cp "$T/out" "$T/lines"
ok 'another parser sees the same in each line' \
    python3 "$TOP/tests/xeps.py" compare "$T/want" "$T/lines"
stanza-cut --format '%{.|raw}\n' "$T/lines" >"$T/twice"
same 'written a second time they are the same bytes' "$T/twice" "$T/lines"
ok 'and mean the same' \
    python3 "$TOP/tests/xeps.py" compare "$T/want" "$T/twice"

# A process for each of them would take long: a few.
grep -v "jabber:client" "$T/lines" | head -n 20 >"$T/payloads"
bad=0
while IFS= read -r line; do
	stanza-make --iq set --payload "$line" >"$T/made" 2>"$T/err" || bad=1
	grep -qF "$line" "$T/made" || bad=1
done <"$T/payloads"
is 'as a payload an element is unchanged' "$bad" 0
status 'they can be shown' 0 stream-dump -a "$T/stream"
finish
