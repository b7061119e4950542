#!/bin/sh
# Signals and the time limit while no server answers yet: at the first address
# that is dialed, at one behind a server that failed, at one a server sent us
# to, in a proxy that says nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dns.sh"
need xmpp-send python3 openssl
have_dns || skip_all 'no unbound, nsd or ldns-signzone'
make_certs || exit

# A port where nobody answers: its queue is full.
hole=$(port free 1)
bg hole python3 "$TOP/tests/blackhole.py" 127.0.0.1 "$hole"
wait_for 10 grep -q full "$T/hole.out"

# server NAME PLAY CERT: its port in $port.
server()
{
	mkdir -p "$T/$1"
	: >"$T/$1/record"
	echo "127.0.0.1:$hole" >"$T/$1/where"
	bg "$1" python3 -W ignore "$TOP/tests/hostile.py" "$T" "$DOMAIN" \
	    "$PASSWORD" "$T/$3" "$1:$2"
	wait_for 10 test -s "$T/$1/port" || note "$T/$1.err"
	port=$(cat "$T/$1/port")
}
server elsewhere elsewhere server
elsewhere=$port
server stranger honest other
dns_zone "$DOMAIN" <<END
_xmpp-client._tcp SRV 1 1 $port a
_xmpp-client._tcp SRV 2 1 $hole a
a A 127.0.0.1
END
start_dns </dev/null || exit

printf '%s' "$PASSWORD" >"$T/password"
printf '%s\n' "jid = romeo@$DOMAIN" "password_file = $T/password" \
    "ca_file = $T/ca.pem" >"$T/account"
chmod 600 "$T/password" "$T/account"

# A proxy that takes connections and says nothing: the kernel does for it.
bg mute python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(60)'
wait_for 10 test -s "$T/mute.out"
mute=$(cat "$T/mute.out")

# ends NAME REGEX OPTION...: when a line matches, and a moment later, SIGTERM
# comes; it ends by it at once, far before its time is up.
ends()
{
	en_name=$1 en_regex=$2
	shift 2
	bg send xmpp-send -v -f "$T/account" --timeout 50 --wait 0 -m x "$@" \
	    "juliet@$DOMAIN"
	wait_for 20 grep -Eq "$en_regex" "$T/send.err" || note "$T/send.err"
	sleep 0.3
	kill "$pid"
	reap "$pid" 10
	is "$en_name: SIGTERM ends it" "$rc" 143
}

# Without -v there is nothing to wait for but its socket.
dialing()
{
	[ -n "$(find "/proc/$pid/fd" -lname 'socket:*' 2>/dev/null)" ]
}
bg send xmpp-send -f "$T/account" --timeout 50 --wait 0 -m x \
    --host 127.0.0.1 --port "$hole" "juliet@$DOMAIN"
wait_for 20 dialing
kill "$pid"
reap "$pid" 10
is 'the first address: SIGTERM ends it' "$rc" 143
is 'in silence' "$(cat "$T/send.err")" ''
ends 'the target behind' 'not for verona.test'
ends 'the host we are sent to' 'sends us to' \
    --host 127.0.0.1 --port "$elsewhere"
ends 'a proxy' 'connected in' --proxy "socks5h://127.0.0.1:$mute"

# What went ahead of a login that failed is told of as well: a token that worked
# once is refused, and where it is to be tried once more nobody answers.

# forgetful NAME [mute]: such a server, and mute: the third visitor comes so far
# as to ask for TLS.  The first login is done, by way of $gate.
forgetful()
{
	server "$1" sasl2-fast-refused-revoked server
	export XMPP_STATE="$T/state.$1"
	bg gate python3 -c '
import socket, sys, threading, time
HEADER = (b"<stream:stream xmlns=\"jabber:client\" xmlns:stream="
          b"\"http://etherx.jabber.org/streams\" id=\"1\" version=\"1.0\">"
          b"<stream:features><starttls xmlns="
          b"\"urn:ietf:params:xml:ns:xmpp-tls\"/></stream:features>")
mute = sys.argv[2:] == ["mute"]
listener = socket.create_server(("127.0.0.1", 0), backlog=0)
print(listener.getsockname()[1], flush=True)
def carry(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
clog = [socket.socket() for _ in range(8)]
for visit in range(2):
    client, _ = listener.accept()
    if visit == 1 and not mute:
        for sock in clog:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for pair in (client, server), (server, client):
        threading.Thread(target=carry, args=pair, daemon=True).start()
if mute:
    client, _ = listener.accept()
    client.sendall(HEADER)
    heard = b""
    while b"</stream:stream>" not in heard and (data := client.recv(65536)):
        heard += data
        if b"<starttls" in heard:
            print("asked", flush=True)
    client.close()
time.sleep(60)' "$port" "${2:-}"
	wait_for 10 test -s "$T/gate.out" || note "$T/gate.err"
	gate=$(cat "$T/gate.out")
	status "a first login, $1" 0 xmpp-send -f "$T/account" --wait 0 \
	    -m first --host 127.0.0.1 --port "$gate" "juliet@$DOMAIN"
}
forgetful dialing
ends 'the next try' 'once more' --host 127.0.0.1 --port "$gate"
like 'what was not acknowledged is listed' "$T/send.err" \
    "not acknowledged: message to juliet@$DOMAIN"

# Where nothing was sent again yet, nothing is waited for either.
forgetful asking mute
bg send xmpp-send -f "$T/account" --timeout 50 --wait 0 -m x \
    --host 127.0.0.1 --port "$gate" "juliet@$DOMAIN"
wait_for 20 grep -q asked "$T/gate.out" || note "$T/send.err"
kill "$pid"
reap "$pid" 2
is 'before TLS: SIGTERM ends it' "$rc" 143
like 'before TLS: it is listed' "$T/send.err" \
    "not acknowledged: message to juliet@$DOMAIN"
XMPP_STATE=

# limit NAME WANT OPTION...: the time is up after 2 seconds.
limit()
{
	li_name=$1 li_want=$2
	shift 2
	li_begin=$(date +%s)
	LIMIT=20 status "$li_name: the time limit" "$li_want" xmpp-send -v \
	    -f "$T/account" --timeout 2 --wait 0 -m x "$@" "juliet@$DOMAIN"
	ok "$li_name: is kept" test $(($(date +%s) - li_begin)) -lt 8
	like "$li_name: and told" "$T/err" "${li_told:-timed out}"
}
limit 'the first address' 75 --host 127.0.0.1 --port "$hole"
limit 'the target behind' 77
limit 'the host we are sent to' 75 --host 127.0.0.1 --port "$elsewhere"
li_told='the proxy does not answer in time'
limit 'a proxy' 75 --proxy "socks5h://127.0.0.1:$mute"
limit 'a proxy by HTTP' 75 --proxy "http://127.0.0.1:$mute"
finish
