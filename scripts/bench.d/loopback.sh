# Getting in and sending one message, to a stock Prosody on loopback without any
# link between: what the client itself costs, and what Nagle's algorithm, which
# that server leaves on, makes it wait for, 40 ms at a time.  As in login.sh,
# with CPU and memory of the process.  Best of thirty, of a peer's three.
. "$D/logins"
HOST=127.0.0.1 TRACE_EVERY=2

# row NAME: what has been measured.
row()
{
	printf '%-44s' "$1"
	printf '%10s ms' "$THERE" "$ACK" "$END" | sed 's/ - ms/ -   /'
	printf '%8s ms%8s MiB\n' "$CPU" "$RSS"
}

# login NAME HOW TLS PORT: the floor, the first and the next.
login()
{
	BEFORE=:
	by_hand "$3" "$4" "$2"
	row "$1: by hand"
	judge "$1, first" forget_state "$3" "$4"
	judge "$1, next" : "$3" "$4"
}

judge()
{
	BEFORE=$2
	ours "$3" "$4"
	row "  ${1##*, }"
	succeeded "$1" || return
	{
		echo "$1: ms until it is there|$THERE|12"
		echo "$1: ms of CPU|$CPU|6"
		echo "$1: resident MiB|$RSS|8"
	} >>"$T/aims"
}

rest()
{
	RUNS=3
	peers "$1" "$2"
	RUNS=${BENCH_RUNS:-30}
}

if ! have_prosody || ! verona; then
	echo 'loopback: no Prosody here to log in to'
	exit 0
fi
RUNS=${BENCH_RUNS:-30}
echo 'loopback: a stock Prosody without any delay; time until'
printf '%-44s%13s%13s%13s%11s%12s\n' '' 'it is there' acknowledged 'the end' \
    CPU memory
login 'STARTTLS, SCRAM, bind' classic starttls "$PORT"
rest starttls "$PORT"
login 'direct TLS, SCRAM, bind' classic direct "$TLSPORT"
rest direct "$TLSPORT"
over
if have_prosody_sasl2 && verona sasl2=yes; then
	"$FLOOR" starttls,token "$HOST" "$PORT" "$DOMAIN" "$SECRET" "$CA" \
	    "$T/token"
	login 'STARTTLS, SASL2, FAST' fast starttls "$PORT"
	login 'direct TLS, SASL2, FAST' fast direct "$TLSPORT"
	over
fi
while IFS='|' read -r name got want; do
	verdict "$name" "$got" '<=' "$want"
done <"$T/aims"
