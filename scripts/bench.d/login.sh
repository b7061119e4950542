# Getting in and sending one message over a link of 100 ms (BENCH_TRIP): round
# trips from the start of the process until the server has the message, until
# its acknowledgement has come, and until the process ends, which for xmpp-send
# is after the end of the stream.  Best of three.
#
# Each kind of login begins with its floor, a client that does only this by hand
# (login-floor.c) and knows all beforehand.  A first login begins with nothing
# remembered of the account, and so waits for what the server offers, one round
# trip more, unless --sasl names the mechanism; and by SASL2, where it waits no
# longer than ever for the server to prove itself but the floor does not, one
# again.  The next one knows the server and its key, takes up the TLS session and
# has a token where the server gives them.  Who names a mechanism has no token.
#
# The servers' Nagle's algorithm does not show here: between them and the link
# is relay.py, which acknowledges at once.  (loopback.sh shows it.)
. "$D/logins"
. "$D/link"
TRIP=${BENCH_TRIP:-100} RUNS=${BENCH_RUNS:-3}
SCRAMS=SCRAM-SHA-256-PLUS,SCRAM-SHA-256,SCRAM-SHA-1-PLUS,SCRAM-SHA-1

# row NAME: what has been measured.
row()
{
	printf '%-46s' "$1"
	for v in "$THERE" "$ACK" "$END"; do
		echo "$v $(trips "$v")"
	done | awk '$1 == "-" { printf "%6s%9s   ", "-", "" }
	    $1 != "-" { printf "%6s%9.1f ms", $2, $1 }
	    END { print "" }'
}

# In round trips, if one takes any time.
trips()
{
	echo "$1 $TRIP" | awk '$2 > 0 { printf "%.2f", $1 / $2 }'
}

# judge NAME AIM [MORE]: within 5 % of the AIM in round trips, and of the floor
# that has just been measured; MORE are those that these need not wait for.
judge()
{
	succeeded "$1" || return
	aim=$2 floor=$FLOORED
	if [ $# -gt 2 ]; then
		aim="($aim + $3)" floor="($floor + $3 * $TRIP)"
	fi
	{
		echo "$1: round trips|$(trips "$THERE")|$aim * 1.05"
		echo "$1: ms|$THERE|$floor * 1.05"
	} >>"$T/aims"
}

# lowest TLS PORT HOW: the floor.
lowest()
{
	BEFORE=:
	by_hand "$@"
	FLOORED=$THERE
	row "$NAME: by hand"
}

# login NAME TLS PORT AIM: as RFC 6120 has it.
login()
{
	NAME=$1
	lowest "$2" "$3" classic
	BEFORE=forget_state
	ours "$2" "$3" --sasl SCRAM-SHA-256
	row '  first, --sasl SCRAM-SHA-256'
	judge "$NAME, first, --sasl" "$4"
	ours "$2" "$3"
	row '  first'
	judge "$NAME, first" "$4" 1
	BEFORE=:
	ours "$2" "$3"
	row '  next'
	judge "$NAME, next" "$4"
}

# login2 NAME TLS PORT AIM AIM: SASL2 and Bind 2; the second aim is that with a
# token.
login2()
{
	NAME="$1, SCRAM"
	lowest "$2" "$3" sasl2
	BEFORE=forget_state
	ours "$2" "$3"
	row '  first'
	judge "$NAME, first" "$4" 2
	BEFORE=:
	ours "$2" "$3" --sasl "$SCRAMS"
	row '  next'
	judge "$NAME, next" "$4"
	NAME="$1, FAST"
	"$FLOOR" starttls,token 127.0.0.1 "$PORT" "$DOMAIN" "$SECRET" "$CA" \
	    "$T/token"
	lowest "$2" "$3" fast
	ours "$2" "$3"
	row '  next'
	judge "$NAME, next" "$5"
}

# links: to both ports, as $HOST and $FAR and $FARTLS.
links()
{
	link_shut
	link_to "$TLSPORT"
	FARTLS=$FAR
	link_to "$PORT"
	HOST=$FARHOST
}

trap 'link_close; cleanup' EXIT
link_open
echo "login: $TRIP ms by $LINK; round trips and time until"
printf '%-46s%18s%18s%18s\n' '' 'it is there' acknowledged 'the end'

serve --no-sasl2 || exit
links
login 'xmpp-serve, STARTTLS, SCRAM, bind' starttls "$FAR" 5.5
login 'xmpp-serve, direct TLS, SCRAM, bind' direct "$FARTLS" 4.5
over
serve || exit
links
login2 'xmpp-serve, STARTTLS, SASL2' starttls "$FAR" 4.5 3.5
login2 'xmpp-serve, direct TLS, SASL2' direct "$FARTLS" 3.5 2.5
over

if have_prosody && verona; then
	links
	login 'Prosody, STARTTLS, SCRAM, bind' starttls "$FAR" 5.5
	peers starttls "$FAR"
	login 'Prosody, direct TLS, SCRAM, bind' direct "$FARTLS" 4.5
	peers direct "$FARTLS"
	over
fi
if have_prosody && have_prosody_sasl2 && verona sasl2=yes; then
	links
	login2 'Prosody, STARTTLS, SASL2' starttls "$FAR" 4.5 3.5
	peers starttls "$FAR"
	login2 'Prosody, direct TLS, SASL2' direct "$FARTLS" 3.5 2.5
	peers direct "$FARTLS"
	over
fi
[ "$TRIP" -gt 0 ] || exit 0
while IFS='|' read -r name got want; do
	verdict "$name" "$got" '<=' "$want"
done <"$T/aims"
