#!/bin/sh
# Tokens in the wrong hands: what was sent once is sent again, by others, on
# other connections, too late.
. "$(dirname "$0")/lib.sh"

need python3 openssl xmpp-serve xmpp-send
REPLAY="python3 $TOP/tests/replay.py"

status 'a token is good by its rules only' 0 xmpp-serve -- $REPLAY rules

# Our own client's words, by whoever has got at them.
mkdir "$T/state"
# shellcheck disable=SC2016
XMPP_STATE=$T/state status 'what was said on one channel is nothing on another' \
    0 xmpp-serve -v -- sh -c '
	for i in 1 2; do
		xmpp-send -a romeo --wait 0 --trace "$0.$i" --trace-secrets \
		    -m x juliet@localhost || exit
	done
	$1 recorded "$0.2"' "$T/trace" "$REPLAY"
is 'nobody else was let in' "$(grep -c ' by ' "$T/err")" 2

# Of a token that has expired nobody hears: it is the password then.
rm -f "$T/state"/*
# shellcheck disable=SC2016
XMPP_STATE=$T/state status 'a token that has expired' 0 \
    xmpp-serve -o "$T/routed" --trace "$T/expired" --token-life 1 -- sh -c '
	xmpp-send -a romeo --wait 0 -m 1 juliet@localhost || exit
	read -r _ _ expiry _ <<-END
		$(grep ^token "$XMPP_STATE"/romeo@localhost)
		END
	while [ "$(date +%s)" -lt "$expiry" ]; do sleep 0.1; done
	xmpp-send -a romeo --wait 0 -m 2 juliet@localhost'
is 'nothing is said of it' "$(cat "$T/err")" ''
is 'both have arrived' "$(grep -c '<message ' "$T/routed")" 2
like 'by the password' "$T/expired.2" "mechanism='SCRAM-"
unlike 'it is not shown' "$T/expired.2" "<authenticate [^>]*'HT-"
finish
