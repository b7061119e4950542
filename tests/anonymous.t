#!/bin/sh
# Logging in as nobody in particular (SASL ANONYMOUS), to a real server that
# lets everybody in.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"

have_prosody || skip_all 'no Prosody here'
start_prosody auth=anonymous mechanisms=ANONYMOUS || exit 1

as() { echo "--host 127.0.0.1 --port $PORT --ca-file $T/ca.pem -j $1"; }

# shellcheck disable=SC2046
status 'an anonymous login' 0 sh -c '
	echo "<iq type=\"get\" id=\"1\"><ping xmlns=\"urn:xmpp:ping\"/></iq>" |
	    xmpp-connect -v -n "$@"' - $(as "$DOMAIN") --sasl ANONYMOUS
like 'gives us an address of that domain' "$T/err" \
    "logged in as [^ @]*@$DOMAIN/[^ ]* by ANONYMOUS"
like 'and is good for something' "$T/out" '<iq .*type=.(result|error).'
# shellcheck disable=SC2046
status 'it has to be asked for' 64 xmpp-connect $(as "$DOMAIN") </dev/null
like 'since a user may have been forgotten' "$T/err" 'no user before an'

finish
