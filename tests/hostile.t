#!/bin/sh
# Servers that do one thing wrong each (tests/hostile.py), and what must come of
# it: a status out of a few, nothing secret in clear, nothing evil printed.
#
#	tests/hostile.t [PLAY...]
. "$(dirname "$0")/lib.sh"

need python3 openssl xmpp-send xmpp-listen
make_certs || exit 1
HOSTILE=$TOP/tests/hostile.py
BODY='But soft, what light'

# verdict_of PLAY: sets what runs ($how), the statuses that are right ($want),
# what the record must not ($never) and must ($must) contain; empty: anything.
verdict_of()
{
	how=send want= never= must=
	case $1 in
	honest | enable-failed) want=0 ;;
	direct)
		how='send direct' want=0 must='alpn xmpp-client'
		never='starttls' ;;
	single-bytes) how='listen -n 1' want=0 ;;
	before-tls-*) want='76 77' never='<auth|<iq|<message' ;;
	optional-tls) want=0 never='~clear [^~]*<auth' ;;
	proceed-then-*) want='76 77' never='<auth' ;;
	instead-of-proceed-*) want='69 75 76 77' never='<auth|<iq' ;;
	handshake-half) want=75 never='<auth|<iq' ;;
	plaintext-after-proceed | handshake-*)
		want='75 76 77' never='<auth|<iq' ;;
	starttls-inside-tls) want='76 77' never='~tls [^~]*<starttls|<auth' ;;
	compression) want=0 never='<compress' ;;
	tls11) want='76 77' never='<auth' ;;
	truncated*) how=listen want=75 ;;
	scram-final-*) want='76 77' never='<iq|<message' ;;
	scram-first-*) want='76 77' never='~sasl [^~]*p=|<iq' ;;
	scram-not-base64) want='76 77' never='<response [^>]*>[^<]|<iq' ;;
	success-*) want='76 77' never='<iq|<message' ;;
	endless-challenges) want='76 77' ;;
	sasl-failure-temporary*) want=75 never='<auth.*<auth|<iq' ;;
	sasl-failure-aborted | sasl-failure-*-encoding | \
	sasl-failure-malformed-request | \
	sasl-failure-unheard-of)
		# we were not understood, or the server was not
		want='76 77' never='<auth.*<auth|<iq' ;;
	sasl-failure-*) want=77 never='<auth.*<auth|<iq' ;;
	mechanisms-*) want='76 77' never='<auth' ;;
	xml-huge | xml-deep | xml-attributes | xml-long-name | xml-endless-tag)
		# it still sends when we have gone: our error may be lost
		how=listen want=76 ;;
	xml-*) how=listen want=76 must='<stream:error' ;;
	header-*) want='76 77' never='<auth' ;;
	error-*-system-shutdown | error-*-resource-constraint) want=75 ;;
	error-*-reset | error-*-internal-server-error) want=75 ;;
	error-*) want='68 69 75 76 77 78' ;;
	see-other-host | elsewhere*) want='69 75 76' never='<iq|<message' ;;
	after-the-end) how=listen want='0 69 75' ;;
	roster-push)
		how='listen -n 1' want=0
		never="type=.result.[^>]*push1|push1[^>]*type=.result" ;;
	unknown-requests)
		how='listen -n 1' want=0 never='res1|err1'
		must='get1.*service-unavailable.*set1.*service-unavailable' ;;
	subscribe) how='listen -n 1' want=0 never='subscribed' ;;
	request-flood) how='listen -n 1' want=0 ;;
	wrong-sender) want=75 ;;
	bind-wrong-sender) want='75 76' ;;
	bind-error-*) want='69 75 76 77' ;;
	bind-jid-*) want=76 ;;
	ack-never) want=75 ;;
	ack-*) how=late want=76 must='handled-count-too-high|<stream:error' ;;
	at-end1-*) want=0 ;;
	at-enabled1-* | at-ack1-*) how=late want=75 ;;
	at-*-stall) want=75 ;;
	at-handshake1-*) want='75 76 77' ;;
	at-connect-*) want='69 75 76' ;;
	at-*) want='75 76' ;;
	trickle) want=75 ;;
	esac
}

# The program, as $how says, against the play at port $1: its status in $rc.
perform()
{
	# Short where nothing but its end is waited for.
	limit=10
	[ "$want" != 75 ] || limit=1
	: >"$T/accounts"
	account romeo romeo "$1" starttls
	account direct romeo "$1" direct
	case $how in
	send*)
		run xmpp-send -a "$([ "$how" = send ] && echo romeo ||
		    echo direct)" --timeout "$limit" --wait 0 -m "$BODY" \
		    "juliet@$DOMAIN" ;;
	late)
		# After the login, of which the first message else is a part.
		run sh -c '{ sleep 0.3; echo "$1"; } |
		    xmpp-send -a romeo --timeout 1 --wait 0 -l "$2"' \
		    - "$BODY" "juliet@$DOMAIN" ;;
	listen*)
		# shellcheck disable=SC2086
		run xmpp-listen -a romeo --timeout 5 --kind message \
		    ${how#listen} ;;
	esac
}

# Whatever the play: none of this.
innocent()
{
	case " $want " in
	*" $rc "*) ;;
	*) echo "status $rc, not one of: $want"; return 1 ;;
	esac
	# What we sent in clear may be a stream, an error and <starttls/>.
	grep -a '^clear ' "$RECORD" | grep -aEq '<(auth|response|message|iq|pres)' &&
		{ echo "sent in clear"; return 1; }
	grep -aq EVIL "$T/out" && { echo "evil printed"; return 1; }
	[ "$(grep -ac '^note connected' "$RECORD")" -le 1 ] ||
		{ echo "connected again"; return 1; }
	LC_ALL=C grep -q '[^ -~	]' "$T/err" &&
		{ echo "stderr is not harmless"; return 1; }
	[ "$rc" -eq 0 ] || [ -s "$T/err" ] ||
		{ echo "no word about status $rc"; return 1; }
	grep -Eq ': (;.*)?$' "$T/err" &&
		{ echo "no reason given"; return 1; }
	return 0
}

recorded()
{
	# A play's lines as one, so that an expression can say "and then".
	{ printf '~'; tr '\n' '~' <"$RECORD"; } >"$T/line"
	[ -z "$never" ] || ! grep -aEq -e "$never" "$T/line" ||
		{ echo "recorded: $never"; return 1; }
	[ -z "$must" ] || grep -aEq -e "$must" "$T/line" ||
		{ echo "not recorded: $must"; return 1; }
	case $1 in
	xml-* | truncated* | after-* | single-* | request-* | unknown-* | \
	roster-* | subscribe)
		grep -aq GOOD "$T/out" || { echo "GOOD not printed"; return 1; }
	esac
	case $1 in
	error-late-* | ack-never | at-result1-* | at-ack1-*)
		grep -Eq '\<1 stanza was not acknowledged' "$T/err" ||
		{ echo "no number of stanzas on stderr"; return 1; }
	esac
}

try()
{
	verdict_of "$1"
	RECORD=$T/plays/$1/record
	perform "$(cat "$T/plays/$1/port")"
	innocent >"$T/why" && recorded "$1" >>"$T/why"
	if verdict $? "$1: status $want"; then :; else
		note "$T/why"
		note "$T/err"
		note "$RECORD"
	fi
}

listening()
{
	for play; do
		[ -s "$T/plays/$play/port" ] || return 1
	done
}

LIMIT=20
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(python3 "$HOSTILE" --list)
bg hostile python3 -W ignore "$HOSTILE" "$T/plays" "$DOMAIN" "$PASSWORD" \
    "$T/server" "$@"
wait_for 20 listening "$@" || note "$T/hostile.err"
for name; do
	try "$name"
done
is 'no play broke off' "$(cat "$T/hostile.err")" ''
finish
