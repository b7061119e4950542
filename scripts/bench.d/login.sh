# Getting in and sending one message, over a link of 100 ms: round trips from
# the start of the process until the server has the message, and until the
# process ends, which for xmpp-send --wait 0 is after the acknowledgement (half
# a round trip) and the end of the stream.  Best of three.
#
# The link is relay.py on loopback, so that it needs no rights and no module of
# the kernel; somebody without delay listens for the message.  It acknowledges
# at once, so Nagle's algorithm, which Prosody leaves on, costs nobody anything
# here.
#
# The first row of each kind begins with nothing remembered of the account, and
# so waits for what the server offers, one round trip that the aim has not; the
# next is the login after it, which knows, and resumes TLS and has a token where
# the server gives them: "SASL2, FAST" begins with SCRAM and goes on with the
# token, both with Bind 2.  CPU and memory are those of the process.  BENCH_TRIP
# is the round trip in ms (100).
. tests/lib.sh
TOP=$PWD
. tests/prosody.sh
. "$D/lib"
real=$DOMAIN
. tests/serve.sh
PASSWORD=wherefore	# one that all peers can be given
TRIP=${BENCH_TRIP:-100}

# row NAME COMMAND...: three runs; REACHED and CPU and RSS are the best.
# Before each run, BEFORE is done.
row()
{
	rw_name=$1
	shift
	: >"$T/runs"
	for rw_i in 1 2 3; do
		$BEFORE
		"$W/login" "$T/heard.out" "$@" >>"$T/runs"
	done
	# shellcheck disable=SC2046
	set -- $(sort -n "$T/runs" | head -n 1)
	if [ $# -lt 4 ]; then
		printf '%-48s%12s\n' "$rw_name" 'failed'
		REACHED=99 CPU=0 RSS=0
		return
	fi
	REACHED=$(echo "$1 $TRIP" | awk '{ printf "%.2f", $1 / $2 }')
	CPU=$3 RSS=$(echo "$4" | awk '{ printf "%.1f", $1 / 1024 }')
	printf '%-48s%12s%9s ms%12s%9s ms%8s ms%8s MiB\n' "$rw_name" \
	    "$REACHED" "$1" "$(echo "$2 $TRIP" |
	    awk '{ printf "%.2f", $1 / $2 }')" "$2" "$CPU" "$RSS"
}


# ours NAME TLS PORT AIM AGAIN: the first login and the next; what the next is
# to need at most, 0 is not known.
ours()
{
	BEFORE=forget_state
	row "$1, first" xmpp-send -a "romeo$2" --port "$3" --wait 0 -m x \
	    "juliet@$DOMAIN"
	aim "$1, first" "$4"
	BEFORE=:
	row "$1, next" xmpp-send -a "romeo$2" --port "$3" --wait 0 -m x \
	    "juliet@$DOMAIN"
	aim "$1, next" "$5"
}

forget_state()
{
	rm -rf "$T/state"
}

aim()
{
	echo "$1|$REACHED|$2|$CPU|$RSS" >>"$T/aims"
}

# peers TLS PORT
peers()
{
	BEFORE=:
	if command -v go-sendxmpp >/dev/null; then
		direct=
		[ "$1" != direct ] || direct=-t
		# shellcheck disable=SC2086
		row "go-sendxmpp, $1" env SSL_CERT_FILE="$T/ca.pem" \
		    go-sendxmpp $direct -u "romeo@$DOMAIN" -p "$PASSWORD" \
		    -j "127.0.0.1:$2" -m "$T/text" "juliet@$DOMAIN"
	fi
	for python in python3 /usr/bin/python3; do
		$python -c 'import slixmpp' 2>/dev/null || continue
		row "slixmpp, $1" $python "$D/login-slixmpp.py" \
		    "romeo@$DOMAIN" "$T/password.romeo" "$2" "$1" \
		    "$T/ca.pem" "juliet@$DOMAIN"
		break
	done
}

# relay NAME PORT: in $RELAY.
relay()
{
	bg "$1" python3 "$D/relay.py" "$2" "$TRIP"
	wait_for 10 test -s "$T/$1.out"
	RELAY=$(cat "$T/$1.out")
}

# links: to both ports of the server, in $FAR and $FARTLS; and the listener.
links()
{
	relay far "$PORT"
	FAR=$RELAY
	relay fartls "$TLSPORT"
	FARTLS=$RELAY
	hear
}

serve_links()
{
	relay far "$PORT"
	FAR=$RELAY
	hear
}

hear()
{
	bg heard xmpp-listen -v -a juliet -t
	wait_for 10 grep -q 'logged in' "$T/heard.err"
}

$CC -O2 -o "$W/login" "$D/login.c" || exit
echo hello >"$T/text"
XMPP_STATE=$T/state
export XMPP_STATE
title "login: a link of $TRIP ms; round trips and time until" \
    'it is there' '' 'the end' '' CPU memory
start_serve --no-sasl2 || exit
serve_links
ours 'xmpp-serve, STARTTLS, SCRAM, bind' '' "$FAR" 5.5 5.5
stop "$SERVER"
start_serve || exit
serve_links
ours 'xmpp-serve, STARTTLS, SASL2, FAST' '' "$FAR" 4.5 3.5
stop "$SERVER"

DOMAIN=$real
if ! have_prosody || ! start_prosody; then
	echo 'login: no Prosody here to log in to'
	exit 0
fi
links
ours 'STARTTLS, SCRAM, bind' '' "$FAR" 5.5 5.5
ours 'direct TLS, SCRAM, bind' -direct "$FARTLS" 4.5 4.5
peers starttls "$FAR"
peers direct "$FARTLS"
stop "$SERVER"
if have_prosody_sasl2 && start_prosody sasl2=yes; then
	links
	ours 'STARTTLS, SASL2, FAST' '' "$FAR" 4.5 3.5
	ours 'direct TLS, SASL2, FAST' -direct "$FARTLS" 3.5 2.5
	stop "$SERVER"
fi
while IFS='|' read -r name reached want cpu rss; do
	[ "$want" = 0 ] || verdict "$name: round trips" "$reached" '<=' \
	    "$want * 1.05"
	verdict "$name: ms of CPU" "$cpu" '<=' 6
	verdict "$name: resident MiB" "$rss" '<=' 8
done <"$T/aims"
