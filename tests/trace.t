#!/bin/sh
# A trace of a session with Prosody: it shows login, bind, acknowledgement and
# close, and no password in any encoding.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"

have_prosody || skip_all 'no Prosody'
start_prosody || { verdict 1 'Prosody starts'; finish; }

# The password as it may stand in a trace: as it is, in XML, in base64 at each
# of three places, in hexadecimal, percent-encoded.
secrets()
{
	python3 - "$PASSWORD" <<'END'
import base64, sys, urllib.parse, xml.sax.saxutils as x
p = sys.argv[1]
b = p.encode()
for s in (p, x.escape(p), x.escape(p, {'"': '&quot;', "'": '&apos;'}),
    b.hex(), b.hex().upper(), urllib.parse.quote(p)):
        print(s)
for i in range(3):
        e = base64.b64encode(b'x' * i + b).decode()
        print(e[(0, 2, 3)[i]:len(e) - 4])
END
}

# hidden NAME FILE: none of them is in the file.
hidden()
{
	if grep -qFf "$T/secrets" "$2"; then
		verdict 1 "$1"
		grep -oFf "$T/secrets" "$2" | head -n 3 | sed 's/^/# /' >&2
	else
		verdict 0 "$1"
	fi
}

if command -v python3 >/dev/null; then
	secrets >"$T/secrets"
else
	printf '%s\n' "$PASSWORD" >"$T/secrets"
fi

for a in romeo romeo-direct; do
	status "$a: a message is sent with a trace" 0 \
	    xmpp-send --wait 0 --trace "$T/trace" -m hello -a "$a" \
	    "juliet@$DOMAIN"
	is "$a: the trace is ours alone" \
	    "$(stat -c %a "$T/trace" 2>/dev/null || stat -f %Lp "$T/trace")" 600
	status "$a: it can be read" 0 stream-dump -a "$T/trace"
	for what in 'C: <stream:stream' 'C: <auth' 'S: <success' \
	    '<bind ' '<jid>romeo@' '<body>hello</body>' '<enabled' \
	    'C: </stream:stream>' 'S: </stream:stream>' '# TLSv1'; do
		like "$a: it shows $what" "$T/out" "$what"
	done
	hidden "$a: no password in it" "$T/trace"
	hidden "$a: nor in what is shown" "$T/out"
	run stream-dump -O "$T/trace"
	like "$a: what was sent is lines" "$T/out" \
	    '^<message xmlns=.jabber:client. .*<body>hello</body></message>$'
done

stop "$SERVER"
if start_prosody mechanisms=PLAIN; then
	status 'PLAIN: a message is sent with a trace' 0 \
	    xmpp-send --forget --wait 0 --trace "$T/plain" -m hello -a romeo \
	    "juliet@$DOMAIN"
	hidden 'PLAIN: no password in the trace' "$T/plain"
	like 'PLAIN: what was removed shows' "$T/plain" '>REMOVED</auth>'
	status '--trace-secrets: and then it is there' 0 \
	    xmpp-send --forget --wait 0 --trace "$T/plain" --trace-secrets -m hello \
	    -a romeo "juliet@$DOMAIN"
	ok '--trace-secrets: in base64' grep -qFf "$T/secrets" "$T/plain"
	run stream-dump -a "$T/plain"
	hidden '--trace-secrets: but stream-dump shows it only if asked' \
	    "$T/out"
	like 'and says what may be known' "$T/out" \
	    'characters, mechanism PLAIN, user romeo\]'
else
	verdict 1 'Prosody starts with PLAIN alone'
fi

run env XMPP_TRACE="$T/env" xmpp-send --wait 0 -m x -a romeo \
    "juliet@$DOMAIN"
ok 'XMPP_TRACE names a trace, too' test -s "$T/env"
run env XMPP_TRACE="$T/env2" xmpp-send --wait 0 --trace "$T/opt" -m x \
    -a romeo "juliet@$DOMAIN"
ok 'the option goes before it' test ! -e "$T/env2"

run env SSLKEYLOGFILE="$T/keys-env" xmpp-send --wait 0 --key-log "$T/keys" \
    -m x -a romeo "juliet@$DOMAIN"
like '--key-log: keys of TLS' "$T/keys" \
    '^(CLIENT_TRAFFIC_SECRET_0|CLIENT_RANDOM) [0-9a-f]+ [0-9a-f]+$'
is '--key-log: for nobody else' \
    "$(stat -c %a "$T/keys" 2>/dev/null || stat -f %Lp "$T/keys")" 600
ok 'the environment has no say' test ! -e "$T/keys-env"

: >"$T/open"
chmod 644 "$T/open"
run xmpp-send --wait 0 --trace "$T/open" -m x -a romeo "juliet@$DOMAIN"
is 'a file that was open to all is closed' \
    "$(stat -c %a "$T/open" 2>/dev/null || stat -f %Lp "$T/open")" 600
status 'a trace that cannot be made is 78, before anything is sent' 78 \
    xmpp-send --trace "$T/no/where" -m x -a romeo "juliet@$DOMAIN"
like 'and named' "$T/err" 'no/where: No such file'
if [ -e /dev/full ]; then
	status 'a full disk does not keep a message' 0 \
	    xmpp-send --wait 0 --trace /dev/full -m x -a romeo \
	    "juliet@$DOMAIN"
	like 'but is told' "$T/err" '/dev/full: No space left'
fi
stop "$SERVER"
finish
