#!/bin/sh
# Servers that do one thing wrong each (tests/hostile.py), and what must come of
# it: a status, nothing secret told, nothing evil printed.  All by STARTTLS and
# RFC 6120's SASL; what authenticates by SASL2 too, and by direct TLS.
#
#	tests/hostile.t [PLAY...]
. "$(dirname "$0")/lib.sh"

need python3 openssl xmpp-send xmpp-listen
make_certs || exit 1
HOSTILE=$TOP/tests/hostile.py
BODY='But soft, what light'
WORKERS=8	# most plays wait most of the time
MAX_STAY=20	# seconds; more than the longest time-out here

# verdict_of PLAY: sets what runs ($how), the status that is right ($want), what
# the record must not ($never) and must ($must) contain; empty: anything.
#
# 76 is for who breaks the protocol, 77 for who does not prove to be who he is,
# or cannot be trusted to be; 75 for who goes away or says nothing.
verdict_of()
{
	how=send want= never= must= connections=1 plain= token= passes=
	vo_name=${1#direct-}
	vo_name=${vo_name#waiting-}
	case $vo_name in
	sasl2-*) profile=sasl2 ;;
	*) profile=classic ;;
	esac
	case ${vo_name#sasl2-} in
	enable-failed | single-bytes) want=0 ;;
	honest) want=0 must='mechanism SCRAM-SHA-256' ;;
	direct) want=0 must='alpn xmpp-client' never=starttls ;;
	before-tls-*) want=77 never='<auth|<iq|<message' ;;
	optional-tls) want=0 plain=yes never='~clear [^~]*<auth' ;;
	proceed-then-*) want=77 never='<auth' ;;
	instead-of-proceed-*) want=77 never='<auth|<iq' ;;
	handshake-half) want=75 never='<auth|<iq' ;;
	plaintext-after-proceed | handshake-*) want=77 never='<auth|<iq' ;;
	starttls-inside-tls) want=76 never='~tls [^~]*<starttls|<auth' ;;
	compression) want=0 plain=yes never='<compress' ;;
	tls11) want=77 never='<auth' ;;
	truncated*) how=listen want=75 ;;
	unnotified) want=0 must='</stream:stream>' ;;
	scram-final-empty | scram-final-not-base64 | scram-final-more)
		want=76 never='<iq|<message' ;;
	scram-final-*) want=77 never='<iq|<message' ;;
	scram-first-count-1 | scram-first-count-4095 | scram-first-count-4e9 | \
	scram-first-count-2* | scram-first-hash*)
		want=77 never='~sasl [^~]*p=[^,]*~|<iq' ;;
	scram-first-*) want=76 never='~sasl [^~]*p=[^,]*~|<iq' ;;
	scram-not-base64) want=76 never='<response [^>]*>[^<]|<iq' ;;
	success-and-*) want=76 ;;
	success-*) want=76 never='<iq|<message' ;;
	endless-challenges) want=76 ;;
	sasl-failure-temporary*) want=75 never='<auth.*<auth|<iq' ;;
	sasl-failure-aborted | sasl-failure-*-encoding)
		# we were not understood, or the server was not
		want=76 never='<auth.*<auth|<iq' ;;
	sasl-failure-*) want=77 never='<auth.*<auth|<iq' ;;
	failure-other-ns) want=76 never='<iq|<message' ;;
	failure-and-*) want=77 never='<auth.*<auth|<iq|<message' ;;
	mechanisms-many | mechanisms-long) want=76 never='<auth' ;;
	mechanisms-*) want=77 never='<auth' ;;
	# types are announced where -PLUS is switched off, too
	plus-removed) want=75 must='sasl n,,' never='p=' ;;
	downgrade-*)
		how='twice send' want=77 connections='2 3'
		never='<auth.*<message.*<message' ;;
	huge-*) want=76 never='<iq|<message' ;;
	bound-*) want=76 never='<message' ;;
	continue-*) want=77 never='<iq|<message' ;;
	upgrade-honest) want=0 must='hash good' ;;
	upgrade-refused)
		want=0 must='hash good.*mechanism SCRAM-SHA-1-PLUS'
		never='hash good.*UPGR' ;;
	upgrade-unproved-* | upgrade-other)
		want=77 must='<upgrade ' never='<next|<task-data|<iq|<message' ;;
	upgrade-count-*) want=77 must='<next' never='<hash|<iq|<message' ;;
	upgrade-odd-* | upgrade-skipped)
		want=76 must='<next' never='<hash|<iq|<message' ;;
	upgrade-twice)
		want=77 must='hash good' never='hash.*<next|<iq|<message' ;;
	token-1mb) want=76 ;;
	token-*)
		how='twice send' want=0 connections=2
		never='mechanism HT-|no token' ;;
	fast-honest | fast-year-9999)
		how='twice send' want=0 connections=2
		must='mechanism SCRAM-SHA-256.*mechanism HT-.*token good' ;;
	ahead-end)
		how='twice send' want=0 connections=3
		must='mechanism=.HT-.*<message.*<message' ;;
	ahead-garbage)
		how='twice send' want=76 connections=2
		must='mechanism=.HT-.*<message' ;;
	ahead-*)
		how='twice send' want=75 connections=2
		must='mechanism=.HT-.*<message' ;;
	fast-refused-revoked | fast-refused-expired)
		# once more, without what went ahead
		how='twice send' want=0 connections=3 token=gone
		must='mechanism HT-.*mechanism SCRAM-SHA-256'
		never='no token' ;;
	fast-refused-fast)
		# nothing but tokens: it does not come to that
		how='twice send' want=77 connections='2 3'
		must='mechanism HT-'
		never='no token|<message.*<message.*<message' ;;
	fast-refused-*)
		how='twice send' want=77 connections='2 3' token=gone
		must='mechanism HT-'
		never='no token|<message.*<message.*<message' ;;
	fast-*)
		# to the key that has proved itself, and then never again
		how='twice send' want=77 connections=2
		must='mechanism HT-.*token good'
		never='<message.*<message.*<message' ;;
	large-*)
		# one stanza over a limit costs no other
		how='listen -n 2' want=0 never='<stream:error' passes=yes ;;
	xml-endless-tag)
		# the end of the stream in it makes it no XML
		how=listen want=76 ;;
	xml-*) how=listen want=76 must='<stream:error' ;;
	header-version-2) want=77 never='<auth' ;;
	header-*) want=76 never='<auth' ;;
	error-*-bad-format) want=76 ;;
	error-*-not-authorized) want=77 ;;
	error-*-conflict | error-*-host-gone | error-*-host-unknown | \
	error-*-policy-violation)
		want=69 ;;
	error-*) want=75 ;;
	see-other-host | elsewhere*) want=69 never='<iq|<message' ;;
	after-the-end) how=listen want=75 ;;
	roster-push)
		how='listen -n 1' want=0
		never="type=.result.[^>]*push1|push1[^>]*type=.result" ;;
	unknown-requests)
		how='listen -n 1' want=0 never='res1|err1'
		must='get1.*service-unavailable.*set1.*service-unavailable' ;;
	subscribe) how='listen -n 1' want=0 never='subscribed' ;;
	request-flood) how='listen -n 1' want=0 ;;
	wrong-sender) want=75 ;;
	bounce-honest | bounce-server) how=wait want=67 ;;
	bounce-*) how=wait want=0 ;;
	bind-wrong-ns) want=76 never='<message' ;;
	# a stranger's word: the right one is still waited for
	bind-wrong-*) want=75 never='<message' ;;
	bind-error-not-allowed) want=77 ;;
	bind-error-*) want=69 ;;
	bind-jid-*) want=76 ;;
	ack-never) want=75 ;;
	ack-*) how=late want=76 must='handled-count-too-high|<stream:error' ;;
	at-end1-*) want=0 ;;
	at-connect-rst) want='69 75' ;;	# before or after connect(2) returns
	at-connect-end | at-header?-end) want=76 ;;	# of no stream
	at-handshake1-end) want=77 never='<auth' ;;
	at-enabled1-* | at-ack1-*) how=late want=75 ;;
	at-* | trickle) want=75 ;;
	esac
	case $1 in	# silent in SASL2: once more, the classic way
	sasl2-at-challenge1-stall | sasl2-at-success1-stall | \
	*sasl2-plus-removed)
		connections=2 profile=both ;;
	esac
	[ "$1" != single-bytes ] || how='listen -n 1'
	case $1 in
	waiting-*fast-* | waiting-*downgrade-*)
		# what is refused leaves another try on the same stream, and
		# no message goes to anybody before he has proved himself
		connections=2
		[ "$want" -eq 0 ] || never='<message.*<message'
		[ "${1%-fast}" = "$1" ] || must= ;;
	esac
}

# The program, as $how says, against the play: its status.
perform()
{
	# Short where nothing but its end is waited for; a login fits in.
	limit=10
	case $1 in
	*-stall | trickle | *-never | *-half | *wrong-* | *-removed) limit=2 ;;
	esac
	case $1 in
	waiting-*) export XMPP_AHEAD=no ;;
	esac
	case $how in
	twice*)
		# from here on it remembers
		export XMPP_STATE="$D/state"
		timeout "$MAX_STAY" xmpp-send --timeout 10 --wait 0 \
		    -m "$BODY" "juliet@$DOMAIN" || return ;;
	esac
	case $how in
	*send)
		timeout "$MAX_STAY" xmpp-send --timeout "$limit" \
		    --wait 0 -m "$BODY" "juliet@$DOMAIN" ;;
	wait)
		timeout "$MAX_STAY" xmpp-send --timeout "$limit" --wait 1 \
		    -m "$BODY" "juliet@$DOMAIN" ;;
	late)
		# After the login, of which the first message else is a part.
		{ wait_for 10 grep -q '<enable' "$D/record"; echo "$BODY"; } |
		    timeout "$MAX_STAY" xmpp-send --timeout "$limit" \
		    --wait 0 -l "juliet@$DOMAIN" ;;
	listen*)
		# shellcheck disable=SC2086
		timeout "$MAX_STAY" xmpp-listen --timeout 5 \
		    --kind message ${how#listen} ;;
	esac
}

# worker NUMBER PLAY...: each WORKERSth of the plays, one after the other.
worker()
{
	trap - EXIT	# not its to clean up
	w_at=0 w_me=$1
	shift
	for play; do
		w_at=$(((w_at + 1) % WORKERS))
		[ "$w_at" -eq "$w_me" ] || continue
		verdict_of "$play"
		D=$T/plays/$play
		export XMPP_CONFIG="$D/accounts"
		(perform "$play") >"$D/out" 2>"$D/err" </dev/null
		echo $? >"$D/rc"
	done
}

# Whatever the play: none of this.
innocent()
{
	rc=$(cat "$D/rc" 2>/dev/null)
	case " $want " in
	*" $rc "*) ;;
	*) echo "status $rc, not $want"; return 1 ;;
	esac
	# What we sent in clear may be a stream, an error and <starttls/>.
	grep -a '^clear ' "$D/record" |
	    grep -aEq '<(auth|response|message|iq|pres)' &&
		{ echo "sent in clear"; return 1; }
	grep -aq '^clear .*<stream:stream[^>]* from=' "$D/record" &&
		{ echo "who we are, in clear"; return 1; }
	grep -aq EVIL "$D/out" && { echo "evil printed"; return 1; }
	n_connected=$(grep -ac '^note connected' "$D/record")
	case " $connections " in
	*" $n_connected "*) ;;
	*) echo "connected $n_connected times, not $connections"; return 1 ;;
	esac
	LC_ALL=C grep -q '[^ -~	]' "$D/err" &&
		{ echo "stderr is not harmless"; return 1; }
	[ "$rc" -eq 0 ] || [ -s "$D/err" ] ||
		{ echo "no word about status $rc"; return 1; }
	[ "$rc" -ne 0 ] || [ ! -s "$D/err" ] || [ "$passes" ] ||
		{ echo "words about success"; return 1; }
	grep -Eq ': (;.*)?$' "$D/err" &&
		{ echo "no reason given"; return 1; }
	return 0
}

# What the server was told, by whatever it is after: no password, no token.
discreet()
{
	[ -n "$plain" ] && return 0
	grep -aEq "^note mechanism PLAIN|mechanism=.PLAIN" "$D/record" &&
		{ echo "PLAIN"; return 1; }
	grep -aFq -f "$T/secrets" "$D/record" "$D/out" "$D/err" &&
		{ echo "a secret is told"; return 1; }
	grep -rqF -e "$PASSWORD" "$D/state" 2>/dev/null &&
		{ echo "the password is kept"; return 1; }
	# who has lied once is not believed before he has proved himself again
	case $1 in
	*fast-wrong | *fast-none | *fast-short | *fast-long | *fast-empty)
		! grep -rq '^proved' "$D/state" || { echo "trusted"; return 1; }
	esac
	[ -z "$token" ] || ! grep -rq '^token' "$D/state" ||
		{ echo "the token is kept"; return 1; }
	return 0
}

recorded()
{
	# A play's lines as one, so that an expression can say "and then".
	{ printf '~'; tr '\n' '~' <"$D/record"; } >"$T/line"
	[ -z "$never" ] || ! grep -aEq -e "$never" "$T/line" ||
		{ echo "recorded: $never"; return 1; }
	[ -z "$must" ] || grep -aEq -e "$must" "$T/line" ||
		{ echo "not recorded: $must"; return 1; }
	# Each by the profile that it is about.
	case $profile in
	both) ;;
	sasl2) grep -aq '<auth ' "$D/record" && { echo "classic"; return 1; } ;;
	*) grep -aq '<authenticate ' "$D/record" && { echo "SASL2"; return 1; } ;;
	esac
	case $1 in
	large-*)
		grep -aq BEHIND "$D/out" || { echo "BEHIND not printed"; return 1; }
		grep -Eq 'was passed over: (larger|more) than|with more than' \
		    "$D/err" || { echo "no limit on stderr"; return 1; }
	esac
	case $1 in
	xml-* | large-* | truncated* | after-* | single-* | request-* | unknown-* | \
	roster-* | subscribe)
		grep -aq GOOD "$D/out" || { echo "GOOD not printed"; return 1; }
	esac
	case $1 in
	error-late-* | ack-never | at-result1-* | *at-ack1-* | *ahead-[!e]*)
		grep -Eq '\<1 stanza was not acknowledged' "$D/err" ||
		{ echo "no number of stanzas on stderr"; return 1; }
	esac
}

judge()
{
	verdict_of "$1"
	D=$T/plays/$1
	innocent >"$T/why" && discreet "$1" >>"$T/why" && recorded "$1" >>"$T/why"
	if verdict $? "$1: status $want"; then :; else
		note "$T/why"
		note "$D/err"
		note "$D/record"
	fi
}

# An account file for each play.
write_accounts()
{
	(
		umask 077
		printf '%s' "$PASSWORD" >"$T/password"
		for play; do
			read -r port <"$T/plays/$play/port"
			case $play in
			direct*) tls=direct ;;
			*) tls=starttls ;;
			esac
			printf 'jid = romeo@%s\nhost = 127.0.0.1\nport = %s\ntls =%s
ca_file = %s\npassword_file = %s\n' "$DOMAIN" "$port" "$tls" "$T/ca.pem" \
			    "$T/password" >"$T/plays/$play/accounts"
		done
	)
}

listening()
{
	for play; do
		[ -s "$T/plays/$play/port" ] || return 1
	done
}

# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(python3 "$HOSTILE" --list)
python3 "$HOSTILE" --secrets "$PASSWORD" >"$T/secrets"
bg hostile python3 -W ignore "$HOSTILE" "$T/plays" "$DOMAIN" "$PASSWORD" \
    "$T/server" "$@"
wait_for 20 listening "$@" || note "$T/hostile.err"
write_accounts "$@"
workers=
i=0
while [ "$i" -lt "$WORKERS" ]; do
	worker "$i" "$@" &
	workers="$workers $!"
	i=$((i + 1))
done
# shellcheck disable=SC2086
wait $workers
for name; do
	judge "$name"
done
is 'no play broke off' "$(cat "$T/hostile.err")" ''
finish
