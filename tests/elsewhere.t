#!/bin/sh
# A server that sends us elsewhere (RFC 6120 4.9.3.19): followed from a server
# that proved itself to one that proves the same, a few times.
. "$(dirname "$0")/lib.sh"
need xmpp-send python3 openssl

MESSAGE='a message that went far'
make_certs || exit

# play NAME PLAY [CERT [WHERE]]: a server that speaks so; its port in $port.
# Where it sends us is in $T/NAME/where.
play()
{
	pl_name=$1 pl_play=$2
	mkdir -p "$T/$1"
	: >"$T/$1/record"
	echo "${4:-}" >"$T/$1/where"
	bg "$1" python3 -W ignore "$TOP/tests/hostile.py" "$T" "$DOMAIN" \
	    "$PASSWORD" "$T/${3:-server}" "$1:$2"
	wait_for 10 test -s "$T/$1/port" || note "$T/$1.err"
	port=$(cat "$T/$1/port")
	: >"$T/accounts"
	account romeo romeo "$port" starttls
}

# sends NAME WANT [SERVER]: and the message is there, or is not anywhere.
sends()
{
	for d in "$T"/*/record; do
		: >"$d"
	done
	status "$1" "$2" xmpp-send -v -a romeo --wait 0 -m "$MESSAGE" \
	    "juliet@$DOMAIN"
	if [ $# -gt 2 ]; then
		like "$1: arrives" "$T/$3/record" "^tls .*$MESSAGE"
	else
		cat "$T"/*/record >"$T/all"
		unlike "$1: nothing is said" "$T/all" "$MESSAGE"
	fi
}

connections()
{
	cat "$T"/*/record | grep -c '^note connected'
}

play end honest
end=$port
play bad honest other
bad=$port

play here elsewhere server "127.0.0.1:$end"
sends 'one step' 0 end
like 'is told by -v' "$T/err" 'sends us to 127\.0\.0\.1'
like 'to the server of the same domain' "$T/end/record" "sni $DOMAIN"

echo "	127.0.0.1:$end
" >"$T/here/where"
sends 'white space around it' 0 end
echo "localhost:$end" >"$T/here/where"
sends 'a name' 0 end
play late elsewhere-late server "127.0.0.1:$end"
sends 'while we log in' 0 end

# Without a port it is where the protocol's is.
n1=$(($$ % 250 + 2)) n2=$(($$ / 250 % 250 + 2))
LISTEN="127.$n1.$n2.2 5222" play usual honest
play here3 elsewhere server "127.$n1.$n2.2"
sends 'no port' 0 usual
# six PORT: there is IPv6, and nobody has the port.
six()
{
	python3 -c 'import socket, sys; socket.create_server(("::1",
	    int(sys.argv[1])), family=socket.AF_INET6)' "$1" 2>/dev/null
}
if six 0; then
	LISTEN='::1 0' play six honest
	play here4 elsewhere server "[::1]:$port"
	sends 'an IPv6 address' 0 six
else
	skip 'no IPv6'
fi
if six 5222; then
	LISTEN='::1 5222' play six-usual honest
	play here5 elsewhere server '[::1]'
	sends 'an IPv6 address, no port' 0 six-usual
else
	skip 'no IPv6, or 5222 is taken'
fi

play here2 elsewhere server "127.0.0.1:$bad"
sends 'another domain is not trusted' 77
like 'and why is told' "$T/err" "not for $DOMAIN, only for mantua.test"

play clear elsewhere-clear server "127.0.0.1:$end"
sends 'without TLS it is not followed' 69
is 'and nobody else is asked' "$(connections)" 1

# Round and round.
play round elsewhere
echo "127.0.0.1:$port" >"$T/round/where"
sends 'in circles' 69
is 'is followed three times' "$(connections)" 4
like 'and told' "$T/err" 'elsewhere, as others did before'

for where in '' 'a b' 'user@127.0.0.1' '127.0.0.1:0' '127.0.0.1:99999' \
    '127.0.0.1:x' '[::1' ':5222' 'a..b:5222'; do
	echo "$where" >"$T/round/where"
	sends "no address: '$where'" 69
done
echo 127.0.0.1:1 >"$T/round/where"
sends 'where nobody is' 69
finish
