#!/bin/sh
# The profile rfc6122 agrees with Prosody's own preparation of addresses, or
# the difference is a known one (tests/jid-prosody.py lists them).
. "$(dirname "$0")/lib.sh"

need python3 lua
[ -f /usr/lib/prosody/util/encodings.so ] || skip_all 'no Prosody'

cd "$TOP" || exit 1
python3 tests/jid-rows.py split "$T"
lua tests/jid-prosody.lua <"$T/nul" >"$T/prosody"
jid-check -0 -p rfc6122 -o json <"$T/nul" >"$T/records"
ok 'every difference has its explanation' \
    python3 tests/jid-prosody.py "$T/nul" "$T/records" "$T/prosody"
finish
