#!/bin/sh
# xmpp-proxy between clients, ours and others', and Prosody: STARTTLS and direct
# TLS on both legs, several clients, what it refuses.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"

have_prosody || skip_all 'no Prosody'
start_prosody || { verdict 1 'Prosody starts'; finish; }

# proxy OPTION...: a proxy for Prosody; its port in $PROXY, its authority in
# $CA, its process in $pid, its output in $T/proxy.out.
proxy()
{
	bg proxy stream-dump "$@" --proxy --host 127.0.0.1 0 "$DOMAIN"
	wait_for 10 grep -q 'certificate is by' "$T/proxy.err" ||
	    note "$T/proxy.err"
	PROXY=$(sed -n 's/.* port \([0-9]*\);.*/\1/p' "$T/proxy.err")
	CA=$(sed -n 's/.* is by //p' "$T/proxy.err")
}

# says NAME REGEX: a line of what the proxy prints; it may yet come.
says()
{
	wait_for 10 grep -Eq -e "$2" "$T/proxy.out"
	like "$1" "$T/proxy.out" "$2"
}

client()
{
	run xmpp-send --wait 0 -a romeo --host 127.0.0.1 --port "$PROXY" \
	    --ca-file "$CA" "$@" "juliet@$DOMAIN"
}

# Both ways to begin TLS, on each leg.
for to in starttls direct; do
	port=$PORT
	[ $to = starttls ] || port=$TLSPORT
	proxy -a --port "$port" --tls $to --ca-file "$T/ca.pem"
	for from in starttls direct; do
		client --tls $from -m "by $from and $to"
		is "client $from, server $to: a message goes through" "$rc" 0
		says "client $from, server $to: it is shown" \
		    "<body>by $from and $to</body>"
	done
	says "server $to: TLS of both legs is told" \
	    '1 # client: TLSv1.*; server: TLSv1'
	says "server $to: who speaks, with a number" '2 C: <message'
	says "server $to: and who answers" '2 S: <stream:features>'
	unlike "server $to: no payload of SASL is shown" "$T/proxy.out" \
	    '<auth[^>]*>[^[]'
	ok "server $to: the authority's file is there" test -s "$CA"
	stop "$pid"
	is "server $to: it ends by the signal" "$rc" 143
	ok "server $to: and takes the file with it" test ! -e "$CA"
done

# Lines, and more than one client at a time.
proxy --port "$PORT" --tls starttls --ca-file "$T/ca.pem"
mkfifo "$T/ear.in" "$T/mouth.in"
bg ear xmpp-connect -a juliet --host 127.0.0.1 --port "$PROXY" \
    --ca-file "$CA" -k
ear=$pid
exec 4>"$T/ear.in"
wait_for 10 grep -q '<presence' "$T/proxy.out"
yes 'tick' | head -n 2000 >"$T/ticks"
run sh -c "xmpp-send --wait 0 -l -a romeo --host 127.0.0.1 --port $PROXY \
    --ca-file '$CA' 'juliet@$DOMAIN' <'$T/ticks'"
is 'a second client sends 2000 messages to the first' "$rc" 0
heard()
{
	[ "$(grep -c '<body>tick' "$T/ear.out")" -eq 2000 ]
}
ok 'which gets them all' wait_for 20 heard
ticks()
{
	[ "$(stanza-grep -n message --body tick "$T/proxy.out" | wc -l)" \
	    -eq 4000 ]
}
ok 'each is a line, twice' wait_for 10 ticks
exec 4>&-
stop "$ear"

# A connection of which nothing comes does not keep others from it.
exec 5<>"$T/mouth.in"
proxy=$pid
bg idle openssl s_client -quiet -connect "127.0.0.1:$PROXY"
client -m 'past the silent one'
is 'a silent client is in nobody'"'"'s way' "$rc" 0
stop "$pid"
unlike 'lines have no payload of SASL' "$T/proxy.out" \
    '<(auth|response|challenge|success) [^>]*>[^R]'
client --ca-file "$T/ca.pem" -m x
is 'a client that does not trust the proxy stays away' "$rc" 77

# Other clients.
if command -v go-sendxmpp >/dev/null; then
	printf 'username: romeo@%s\npassword: %s\n' "$DOMAIN" "$PASSWORD" \
	    >"$T/sendxmpprc"
	chmod 600 "$T/sendxmpprc"
	for from in '' -t; do
		echo "by go-sendxmpp $from" | SSL_CERT_FILE=$CA \
		    timeout 20 go-sendxmpp -f "$T/sendxmpprc" $from \
		    -j "127.0.0.1:$PROXY" "juliet@$DOMAIN" >"$T/go.log" 2>&1
		is "go-sendxmpp $from: is let in" $? 0 || note "$T/go.log"
		says "go-sendxmpp $from: its message is shown" \
		    "by go-sendxmpp $from"
	done
else
	skip 'no go-sendxmpp'
fi
python=/usr/bin/python3
if $python -c 'import slixmpp' 2>/dev/null; then
	cat >"$T/slix.py" <<'END'
import asyncio, ssl, sys, slixmpp
jid, password, to, port, ca, direct = sys.argv[1:7]
class Client(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, password)
        self.ca_certs = ca
        self.add_event_handler('session_start', self.start)
        self.add_event_handler('failed_auth', lambda _: self.abort())
    async def start(self, _):
        self.send_message(mto=to, mbody='by slixmpp', mtype='chat')
        self.disconnect(wait=2)
c = Client()
c.connect(('127.0.0.1', int(port)), use_ssl=direct == '1',
          disable_starttls=direct == '1')
c.loop.run_until_complete(asyncio.wait_for(c.disconnected, 15))
END
	for direct in 0 1; do
		timeout 30 $python "$T/slix.py" "romeo@$DOMAIN" "$PASSWORD" \
		    "juliet@$DOMAIN" "$PROXY" "$CA" $direct \
		    >"$T/slix.log" 2>&1
		n_slix()
		{
			[ "$(grep -c 'by slixmpp' "$T/proxy.out")" -gt $direct ]
		}
		ok "slixmpp, direct TLS $direct: its message is shown" \
		    wait_for 10 n_slix || note "$T/slix.log"
	done
else
	skip 'no slixmpp'
fi
stop "$proxy"

# A client without TLS, where that is asked for.
proxy -a --plain --port "$PORT" --tls starttls --ca-file "$T/ca.pem"
if command -v python3 >/dev/null; then
	run timeout 10 python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"<stream:stream to=\"%s\" version=\"1.0\" xmlns=\"jabber:client\" "
    b"xmlns:stream=\"http://etherx.jabber.org/streams\">" % sys.argv[2].encode())
got = b""
while b"</stream:features>" not in got:
    got += s.recv(4096)
print(got.decode())' "$PROXY" "$DOMAIN"
	like '--plain: a client without TLS has the features behind it' \
	    "$T/out" '<mechanism>SCRAM-SHA-1<'
	says '--plain: that is told' '1 # client: no TLS; server: TLSv1'
else
	skip 'no python3'
fi
stop "$pid"

# Nobody reads what it prints.
mkfifo "$T/out.fifo"
: >"$T/proxy.err"	# not the words of the one before
sleep 5 <"$T/out.fifo" &
reader=$!
xmpp-proxy --port "$PORT" --tls starttls --ca-file "$T/ca.pem" \
    --host 127.0.0.1 0 "$DOMAIN" >"$T/out.fifo" 2>"$T/proxy.err" &
pid=$!
PIDS="$PIDS $pid $reader"
wait_for 10 grep -q 'certificate is by' "$T/proxy.err"
PROXY=$(sed -n 's/.* port \([0-9]*\);.*/\1/p' "$T/proxy.err")
CA=$(sed -n 's/.* is by //p' "$T/proxy.err")
stop "$reader"
client --timeout 10 -m x
reap "$pid" 10
is 'a reader that leaves ends it as SIGPIPE does' "$rc" 141
ok 'and the file is gone all the same' test ! -e "$CA"

# Others do not wait for a client whose server does not answer.
if command -v python3 >/dev/null; then
	bg full python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0), backlog=0)
print(s.getsockname()[1], flush=True)
first, _ = s.accept()
clog = [socket.socket() for _ in range(8)]
for c in clog:
    c.setblocking(False)
    c.connect_ex(s.getsockname())
while True:
    data = first.recv(4096)
    if not data:
        break
    first.sendall(data)'
	wait_for 10 test -s "$T/full.out"
	proxy --plain --tls none --port "$(cat "$T/full.out")" --timeout 40
	run timeout 30 python3 -c '
import socket, sys, time
at = ("127.0.0.1", int(sys.argv[1]))
first = socket.create_connection(at, timeout=10)
first.sendall(b"<a/>")
assert first.recv(100)
time.sleep(0.3)         # for the queue of the server to be full
others = [socket.create_connection(at, timeout=10) for _ in range(3)]
for s in others:
    s.sendall(b"<b/>")
time.sleep(0.3)
for i in range(20):
    first.sendall(b"<c/>")
    assert first.recv(100)
print("prompt")' "$PROXY"
	is 'a client whose server is silent holds nobody up' \
	    "$(cat "$T/out")" prompt || note "$T/err"
	stop "$pid"
	is 'nor the end' "$rc" 143
else
	skip 'no python3'
	skip 'no python3'
fi

# What it does not trust it does not connect to.
proxy --port "$PORT" --tls starttls --ca-file "$T/stranger.pem"
client --timeout 10 -m x
is 'a server that is not trusted is not connected to' \
    "$([ "$rc" -ne 0 ] && echo refused)" refused
ok 'and the reason is told' wait_for 10 grep -Eq \
    '^xmpp-proxy: 1 server: .*(trust|authority|issuer|sign)' "$T/proxy.err"
stop "$pid"
proxy --port 1 --tls starttls --ca-file "$T/ca.pem"
client --timeout 10 -m x
ok 'nobody there is told' wait_for 10 grep -q \
    '^xmpp-proxy: 1 server: ' "$T/proxy.err"
stop "$pid"

for o in '' '0' 'x localhost' '0 a@b' '0 localhost extra' '--tls x 0 b' \
    '--nothing 0 b'; do
	# shellcheck disable=SC2086
	status "${o:-no operands}: wrong usage" 64 xmpp-proxy $o
done
finish
