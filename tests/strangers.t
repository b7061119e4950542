#!/bin/sh
# What a third party can put into a message ends no program and costs no other
# message: random payloads, well-formed and odd (tests/strangers.py), through
# real servers at a listener, which prints all that is within its limits.
#
#	tests/strangers.t [SEED]
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"
. "$(dirname "$0")/ejabberd.sh"

need python3 openssl port xmpp-listen
SEED=${1:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
COUNT=500
STRANGERS=$TOP/tests/strangers.py
echo "# tests/strangers.t $SEED"

listening()
{
	grep -q 'logged in' "$T/ear.err"
}

# through SERVER: all of it, from romeo to juliet, who takes the time it needs.
through()
{
	seed=$SEED
	[ "$1" = ejabberd ] || seed=$SEED-lf
	passed=$(python3 "$STRANGERS" passed "$seed" "$COUNT")
	bg ear xmpp-listen -v -a juliet --kind message --timeout 30 \
	    -n $((COUNT + 1 - passed))
	ear=$pid
	wait_for 20 listening
	LIMIT=120 status "$1: takes the messages" 0 \
	    python3 "$STRANGERS" send "$seed" "$COUNT" "romeo@$DOMAIN" \
	    "juliet@$DOMAIN" "$TLSPORT" "$PASSWORD"
	reap "$ear" 60
	is "$1: the listener lives until it has them" "$rc" 0
	ok "$1: it has printed all it can, unchanged" \
	    python3 "$STRANGERS" check "$seed" "$COUNT" "$T/ear.out"
	is "$1: and told of the others" \
	    "$(grep -c 'was passed over: ' "$T/ear.err")" "$passed"
	stop "$SERVER"
}

for server in prosody ejabberd; do
	if "have_$server"; then
		"start_$server" || verdict 1 "$server starts"
		through "$server"
	else
		skip "no $server here"
	fi
done

# --- Those who are not let in ------------------------------------------------

# Elements of a client that nobody knows: 800 kB from each of 30 were 16 MB.
bg serve xmpp-serve
serve=$pid
wait_for 20 lines "$T/serve.out" 1
eval "$(cat "$T/serve.out")"
export XMPP_CONFIG
port=$(sed -n 's/^port = //p' "$XMPP_CONFIG" | head -n 1)
status 'xmpp-serve: little memory for who has not logged in' 0 \
    python3 "$TOP/tests/silent.py" talk "$port" "$serve" 30
kill "$serve"
reap "$serve" 20

# Connections that say nothing do not keep others out of a proxy.
bg serve xmpp-serve --timeout 0 --binding none
wait_for 20 lines "$T/serve.out" 1
eval "$(cat "$T/serve.out")"
port=$(sed -n 's/^port = //p' "$XMPP_CONFIG" | head -n 1)
ca=$(sed -n 's/^ca_file = //p' "$XMPP_CONFIG" | head -n 1)
proxy()
{
	bg proxy xmpp-proxy --host 127.0.0.1 --port "$port" --tls starttls \
	    --ca-file "$ca" "$@" 0 localhost
	wait_for 20 grep -q 'certificate is by' "$T/proxy.err"
	proxy_port=$(sed -n 's/.* port \([0-9]*\);.*/\1/p' "$T/proxy.err")
	proxy_ca=$(sed -n 's/.* is by //p' "$T/proxy.err")
}
proxy
status 'xmpp-proxy: seventy silent ones are in nobody'"'"'s way' 0 \
    python3 "$TOP/tests/silent.py" hold "$proxy_port" 70 \
    xmpp-send -a romeo --host 127.0.0.1 --port "$proxy_port" \
    --ca-file "$proxy_ca" --timeout 10 --wait 0 -m hello juliet@localhost
stop "$pid"
proxy --timeout 0.5
status 'xmpp-proxy: nor do they stay' 0 \
    python3 "$TOP/tests/silent.py" stay "$proxy_port" 5
finish
