#!/bin/sh
# What goes ahead of the login's success: to whom, how early, and what comes of
# it where a server does not take it.
. "$(dirname "$0")/lib.sh"
need python3 openssl xmpp-send xmpp-listen xmpp-connect

MESSAGE='a word ahead of others'
XMPP_STATE=$T/state
export XMPP_STATE
FILE=$T/state/romeo@$DOMAIN
SCRAM='--sasl SCRAM-SHA-256'
make_certs && make_cert ca twin "$DOMAIN" || exit

# serve NAME CERT: in $T/NAME.
serve()
{
	mkdir -p "$T/$1"
	echo honest >"$T/$1/mode"
	bg "$1" python3 -W ignore "$TOP/tests/ahead.py" "$T" "$DOMAIN" \
	    "$PASSWORD" "$T/$2" "$1"
	wait_for 10 test -s "$T/$1/port" || note "$T/$1.err"
	account "$1" romeo "$(cat "$T/$1/port")" direct
}

# sends NAME WANT SERVER MODE... -- [OPTION...]: one message; WANT is the status,
# or "away" if another server takes it.
sends()
{
	se_name=$1 se_want=$2 RECORD=$T/$3/record
	se_server=$3 se_mode=
	shift 3
	while [ "$1" != -- ]; do
		se_mode="$se_mode $1"
		shift
	done
	shift
	echo "$se_mode" >"$T/$se_server/mode"
	: >"$RECORD"
	se_status=$se_want
	[ "$se_want" != away ] || se_status=0
	status "$se_name" "$se_status" xmpp-send -v -a "$se_server" --wait 0 \
	    --timeout 5 -m "$MESSAGE" "$@" "juliet@$DOMAIN"
	case $se_want in
	0) took "$se_name" 1 ;;
	away) took "$se_name" 0 ;;
	esac
	! grep -q 'Traceback\|Error' "$T/$se_server.err" ||
		note "$T/$se_server.err"
}

took()
{
	is "$1: taken $2 times" "$(grep -c '^note took' "$RECORD")" "$2"
}

connections()
{
	is "$1: connections" "$(grep -c '^note connected' "$RECORD")" "$2"
}

# In one write with the last step.
is_ahead()
{
	like "$1: goes ahead" "$RECORD" \
	    "^tls .*<(authenticate|response) .*$MESSAGE"
}

waits()
{
	unlike "$1: waits" "$RECORD" \
	    "^tls .*<(authenticate|response) .*$MESSAGE"
}

proved()
{
	sed -n 's/^proved [a-z]* [^ ]*//p' "$FILE" | tr -d ' 0-9'
}

# pauses NAME WHAT HOURS: for so long, as is said.
pauses()
{
	like "$1: $2, it is said" "$T/err" "nothing will be for $2\$"
	ok "$1: $2" test $((($(sed -n 's/^proved .* waits //p' "$FILE") - \
	    $(date +%s) + 60) / 3600)) -eq "$3"
}

# As when the time is over.
age()
{
	sed -i 's/ waits .*/ waits 1/' "$FILE"
}

serve server server
serve twin twin

# With the password.
# shellcheck disable=SC2086
{
sends first 0 server honest -- $SCRAM
waits first
like 'first: its key is known' "$FILE" '^proved secret [^ ]*$'
sends second 0 server honest -- $SCRAM
is_ahead second
unlike 'second: with the response, not before' "$RECORD" \
    '<authenticate .*<message'
sends 'not inline' 0 server no-sm -- $SCRAM
is_ahead 'not inline'
like 'not inline: acknowledged all the same' "$T/err" 'acknowledged by ping'
sends 'not wanted' 0 server honest -- $SCRAM --no-ahead
waits 'not wanted'
XMPP_AHEAD=no sends 'not by environment' 0 server honest -- $SCRAM
waits 'not by environment'
echo 'ahead = no' >>"$T/accounts"	# the last section is the twin's
XMPP_AHEAD=yes sends 'by environment' 0 server honest -- $SCRAM
is_ahead 'by environment'

# Somebody else, whom the same authority vouches for.
sends 'another key' 0 twin honest -- $SCRAM
waits 'another key'
sed '$d' "$T/accounts" >"$T/fewer"
cat "$T/fewer" >"$T/accounts"
sends 'proved, too' 0 twin honest -- $SCRAM
is_ahead 'proved, too'
sends 'the first again' 0 server honest -- $SCRAM
waits 'the first again'
for mode in lie garble; do
	sends "an impostor, $mode" 77 twin "$mode" -- $SCRAM
	unlike "an impostor, $mode: gets nothing" "$RECORD" '<message'
	connections "an impostor, $mode" 1
	sends "after it, $mode" 0 server honest -- $SCRAM
done

# The right key, and no proof.
for mode in lie garble; do
	sends "trusted, $mode" 0 server honest -- $SCRAM
	is_ahead "trusted, $mode"
	sends "the right key, $mode" 77 server "$mode" -- $SCRAM
	is_ahead "the right key, $mode"
	connections "the right key, $mode" 1
	like "the right key, $mode: said" "$T/err" 'may have read'
	is "the right key, $mode: forgotten" "$(grep -c '^proved' "$FILE")" 0
	sends "no trust, $mode" 0 server honest -- $SCRAM
	waits "no trust, $mode"
done
sends 'forgotten' 0 server honest -- $SCRAM --forget
waits 'forgotten'

# Servers that do not take it: once more, and the next time not again.
for mode in error close fail; do
	sends "before $mode" 0 server honest -- $SCRAM --forget
	sends "$mode" 0 server "$mode" honest -- $SCRAM
	like "$mode: early" "$RECORD" '^note early'
	connections "$mode" 2
	like "$mode: said with -v" "$T/err" 'once more, without$'
	unlike "$mode: not reported" "$T/err" 'not acknowledged'
	is "$mode: known" "$(proved)" waits
	pauses "$mode" 'a day' 24
	sends "after $mode" 0 server "$mode" -- $SCRAM
	connections "after $mode" 1
	waits "after $mode"
	age
	sends "later, $mode" 0 server honest -- $SCRAM
	is_ahead "later, $mode"
done

# Something is not as it was, and that may have been it.
sends 'before other' 0 server honest -- $SCRAM --forget
sends other 0 server other honest -- $SCRAM
connections other 2
like 'other: early' "$RECORD" '^note early'
is 'other: no fault of what was ahead' "$(proved)" ''

# It may be there, or not: nobody knows, so it is not sent again.
for mode in cut half crash late; do
	sends "before $mode" 0 server honest -- $SCRAM --forget
	se_status=75
	[ "$mode" != late ] || se_status=77
	sends "$mode" "$se_status" server "$mode" honest -- $SCRAM
	connections "$mode" 1
	like "$mode: told" "$T/err" \
	    "not acknowledged: message to juliet@$DOMAIN"
	is "$mode: known" "$(proved)" waits
	case $mode in
	late) pauses "$mode" 'a day' 24 ;;
	*) pauses "$mode" 'an hour' 1 ;;
	esac
	sends "after $mode" 0 server "$mode" -- $SCRAM
	waits "after $mode"
done

# The network does not do that twice in a row.
sends 'before the first cut' 0 server honest -- $SCRAM --forget
sends 'the first cut' 75 server cut -- $SCRAM
pauses 'the first cut' 'an hour' 1
age
sends 'after the first cut' 0 server honest -- $SCRAM
is_ahead 'after the first cut'
sends 'the second cut' 75 server cut -- $SCRAM
pauses 'the second cut' 'a day' 24

# Sent elsewhere, with what was not taken; that is nobody's fault.
sends 'before elsewhere' 0 server honest -- $SCRAM --forget
echo "127.0.0.1:$(cat "$T/twin/port")" >"$T/server/where"
: >"$T/twin/record"
echo honest >"$T/twin/mode"
sends 'elsewhere' away server elsewhere -- $SCRAM
connections elsewhere 1
RECORD=$T/twin/record
took elsewhere 1
waits elsewhere
is 'elsewhere: no fault of what was ahead' "$(proved)" ''
}

# Nothing to send, or nothing that may be: who is not let in has not succeeded.
# says NAME MODE WANT INPUT COMMAND...: it is given the input.
says()
{
	echo "$2" >"$T/server/mode"
	printf '%b' "$4" >"$T/input"
	sa_name="$1, $2" sa_want=$3
	shift 4
	# shellcheck disable=SC2016
	status "$sa_name" "$sa_want" sh -c 'in=$1; shift; exec "$@" <"$in"' sh \
	    "$T/input" "$@" -a server --timeout 5 --sasl SCRAM-SHA-256
}
mkfifo "$T/unread"
# A pipe that nobody reads.
# shellcheck disable=SC2094
exec 8<>"$T/unread" 9>"$T/unread" 8>&-
# shellcheck disable=SC2016,SC2086
for mode in refuse honest; do
	sends "trusted, before $mode" 0 server honest -- $SCRAM
	[ "$mode" = honest ] && good=0 bad=65 || good=77 bad=77
	says 'no line' "$mode" "$good" '' xmpp-send -l "juliet@$DOMAIN"
	says 'empty lines' "$mode" "$good" '\n\n' \
	    xmpp-send -l "juliet@$DOMAIN"
	says 'no stanza' "$mode" "$good" '' xmpp-connect -n
	says 'a bad stanza' "$mode" "$bad" '<nonsense/>\n' xmpp-connect -n
	[ "$mode" = honest ] || says 'nobody reads' "$mode" 77 '' \
	    sh -c '"$@" >&9' sh xmpp-connect -nk
	sends "trusted, after $mode" 0 server honest -- $SCRAM
	is_ahead "trusted, after $mode"
done
exec 9>&-

# Asked to stop before the answer comes: what it teaches is kept all the same.
# shellcheck disable=SC2086
sends 'before an interrupt' 0 server honest -- $SCRAM --forget
unlike 'before an interrupt: no token' "$FILE" '^token'
echo hold >"$T/server/mode"
: >"$RECORD"
bg held xmpp-send -a server --wait 0 --timeout 20 -m "$MESSAGE" \
    "juliet@$DOMAIN"
wait_for 20 grep -q '^note early' "$RECORD" || note "$RECORD"
kill "$pid"
: >"$T/server/go"
reap "$pid" 20
is 'an interrupt: ends it' "$rc" 143
is 'an interrupt: all is acknowledged' "$(cat "$T/held.err")" ''
took 'an interrupt' 1
like 'an interrupt: the token is kept' "$FILE" '^token'
rm "$T/server/go"

# With a token.
sends 'for a token' 0 server honest -- --forget
sends 'token' 0 server honest --
is_ahead token
like 'token: all in one' "$RECORD" "^tls .*<stream.*<authenticate .*$MESSAGE"
like 'token: was one' "$T/err" 'by HT-SHA-256-NONE'
sends 'token at the twin' 0 twin no-token honest --
unlike 'token at the twin: nothing ahead' "$RECORD" '<authenticate .*<message'
sends 'token again' 0 server honest --
sends 'token once more' 0 server honest --
is_ahead 'token once more'
sends 'token unknown' 0 server no-token honest --
is_ahead 'token unknown'
connections 'token unknown' 2
is 'token unknown: no fault of what was ahead' "$(proved)" ''
sends 'the next token' 0 server honest --
is_ahead 'the next token'
sends 'token, right key, no proof' 77 server lie --
is_ahead 'token, right key, no proof'
is 'token, right key: forgotten' "$(grep -c '^proved' "$FILE")" 0
sends 'token, no trust' 0 server honest --
waits 'token, no trust'

# Presence goes ahead, too.
echo honest >"$T/server/mode"
status 'a listener' 75 xmpp-listen -a server -n 1 --timeout 1
like 'a listener: is available early' "$RECORD" \
    '^tls .*<authenticate .*<presence'

# With one mechanism named, and no memory: <auth/>, which this server has not.
# shellcheck disable=SC2086
XMPP_STATE='' sends 'named' 0 server honest -- $SCRAM
like 'named: ahead of the features' "$RECORD" '^tls .*<stream.*<auth .*SHA-256'
connections 'named' 2
finish
