#!/bin/sh
# Many programs at once for one account, as cron starts them: all deliver, and
# what is remembered afterwards is good.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"

N=20
XMPP_STATE=$T/state
export XMPP_STATE
FILE=$XMPP_STATE/romeo@localhost
LIFE=16		# of a token; due to be replaced in the second half

start_serve --token-life $LIFE || exit

# all NAME: N at once; how each logged in is in $T/how.
all()
{
	al_pids=
	for i in $(seq $N); do
		bg "send$i" xmpp-send -v -a romeo --wait 0 -m "$1 $i" \
		    juliet@localhost
		al_pids="$al_pids $pid"
	done
	al_good=0
	for p in $al_pids; do
		reap "$p"
		[ "$rc" -ne 0 ] || al_good=$((al_good + 1))
	done
	is "$1: all succeed" "$al_good" $N
	cat "$T"/send*.err >"$T/how"
	is "$1: all deliver" \
	    "$(grep -c "<body>$1 [0-9]*</body>" "$T/serve.out")" $N
	is "$1: the file is whole" "$(tail -n 1 "$FILE")" end
	is "$1: with one token" "$(grep -c '^token HT-' "$FILE")" 1
	is "$1: and nothing lies beside it" \
	    "$(find "$XMPP_STATE" -type f | wc -l)" 2
}

# by MECHANISM: how many of them.
by()
{
	grep -c "logged in as .* by $1" "$T/how"
}

one()
{
	status "$1" 0 xmpp-send -v -a romeo --wait 0 -m one juliet@localhost
}

# The secret and when it expires.
token()
{
	grep '^token ' "$FILE"
}

all first
# On a busy machine the last may begin when the first has kept a token.
ok 'without a token they show the password' test "$(by SCRAM)" -gt 0
is 'or else a token' $(($(by SCRAM) + $(by HT-))) $N
born=$(date +%s)
one 'one more'
like 'shows the token that was kept' "$T/err" 'by HT-SHA-256'
was=$(token)

all again
is 'with a token all show it' "$(by HT-)" $N
is 'and it stays' "$(token)" "$was"
tickets=$(grep -c '^ticket ' "$FILE")
ok 'some tickets are left, and not too many' \
    test "$tickets" -gt 0 -a "$tickets" -le 4

# The old one is good until a new one is used, of which each gets another.
due()
{
	[ "$(date +%s)" -gt $((born + LIFE / 2)) ]
}
wait_for $LIFE due
all rotated
ok 'a new token was kept' test "$(token)" != "$was"
one 'the next one gets in'
one 'and the one behind it'
like 'by a token' "$T/err" 'by HT-SHA-256'
finish
