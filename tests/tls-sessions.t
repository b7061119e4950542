#!/bin/sh
# TLS sessions: taken up by the next run of an account, once each, and by no run
# that would judge the server otherwise.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"
need xmpp-serve xmpp-send openssl

XMPP_STATE=$T/state
export XMPP_STATE
start_serve || exit

# sends NAME [OPTION...]: as romeo; what -v tells is in $T/err.
sends()
{
	se_name=$1
	shift
	status "$se_name" 0 xmpp-send -v -a romeo --wait 0 -m hello "$@" \
	    juliet@localhost
}

resumes()
{
	sends "$@"
	like "$1: resumes" "$T/err" 'TLSv1\.3 .*, resumed, .*trusted'
}

begins()
{
	sends "$@"
	unlike "$1: does not resume" "$T/err" resumed
	like "$1: TLS is there" "$T/err" 'TLSv1\.3 '
}

begins 'the first run'
is 'what it keeps is for the user alone' \
    "$(find "$T/state" ! -type d -perm /077)" ''
ok 'and is something' sh -c 'test -n "$(find "$0" -type f)"' "$T/state"
resumes 'the second run'
resumes 'the third run'

# Other settings.
pin=sha256//$(openssl s_client -connect "127.0.0.1:$PORT" -starttls xmpp \
    -xmpphost localhost </dev/null 2>/dev/null |
    openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -binary | base64)
begins 'with a pin' --pin "$pin"
resumes 'with the same pin' --pin "$pin"
begins 'without it' --port "$PORT"
begins 'with a wrong pin, before' --pin "$pin"
status 'with a wrong pin' 77 xmpp-send -v -a romeo -m hello \
    --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= juliet@localhost
begins 'after that'
cp "$(setting ca_file)" "$T/ca.pem"
resumes 'the same authorities in another file' --ca-file "$T/ca.pem"
make_ca more
cat "$T/more.pem" >>"$T/ca.pem"
begins 'other authorities in the same file' --ca-file "$T/ca.pem"

# Another account of the same server has its own.
status 'another account' 0 xmpp-send -v -a juliet --wait 0 -m hello \
    romeo@localhost
unlike 'has a session of its own' "$T/err" resumed

# A server that does not know its ticket any more is asked for none for a while.
FILE=$T/state/juliet@localhost
python3 - "$FILE" <<'END'
import base64, sys
lines = open(sys.argv[1]).read().splitlines()
for i, line in enumerate(lines):
    if line.startswith("ticket "):
        word, expiry, der = line.split()
        der = bytearray(base64.b64decode(der))
        der[-100] ^= 1          # of what the server has sealed
        lines[i] = " ".join((word, expiry, base64.b64encode(der).decode()))
open(sys.argv[1], "w").write("\n".join(lines) + "\n")
END
for nth in first second; do
	status "a ticket refused: the $nth run" 0 xmpp-send -v -a juliet --wait 0 \
	    -m hello romeo@localhost
	unlike "the $nth run does not resume" "$T/err" resumed
	unlike "the $nth run keeps none" "$FILE" '^ticket '
done
like 'until some time' "$FILE" '^no-tickets [0-9]+$'
sed -i 's/^no-tickets .*/no-tickets 1/' "$FILE"
status 'which passes' 0 xmpp-send -v -a juliet --wait 0 -m hello romeo@localhost
like 'then one is kept' "$FILE" '^ticket '

# What cannot be kept is no failure.
XMPP_STATE='' begins 'with XMPP_STATE empty'
XMPP_STATE=/dev/null/x begins 'with no place for it'
find "$T/state" -type f | while read -r f; do
	echo garbage >"$f"
done
begins 'with a damaged store'
resumes 'which mends itself'
chmod 777 "$T/state"
begins 'with a store open to all'
chmod 700 "$T/state"
stop "$SERVER"
start_serve
begins 'with another server at that place' --port "$PORT" \
    --ca-file "$(setting ca_file)"
finish
