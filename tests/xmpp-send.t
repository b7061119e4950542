#!/bin/sh
# xmpp-send against xmpp-serve, and against servers that fail it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"

need xmpp-send xmpp-listen xmpp-serve port python3 openssl
J=juliet@$DOMAIN

# --- Wrong from the start: nothing is connected ------------------------------

hostile honest
status 'no recipient' 64 xmpp-send -a romeo -m x
status 'no option like that' 64 xmpp-send --evil "$J"
status 'a recipient that is no address' 64 xmpp-send -a romeo -m x 'a@b@c d'
like 'and which' "$T/err" 'a@b@c d'
status 'one of several' 64 xmpp-send -a romeo -m x "$J" '@x'
status 'no type like that' 64 xmpp-send -a romeo -t evil -m x "$J"
status 'an empty body' 65 sh -c "xmpp-send -a romeo $J </dev/null"
status 'an empty option' 65 xmpp-send -a romeo -m '' "$J"
status 'no such account' 78 xmpp-send -a nobody -m x "$J"
status 'no such account file' 66 xmpp-send -f "$T/no-file" -m x "$J"
status 'a directory as stdin' 74 sh -c "xmpp-send -a romeo $J <'$T'"
sed 's/^password_file.*/password = x/' "$XMPP_CONFIG" >"$T/loose"
chmod 644 "$T/loose"
status 'an account file whose password others can read' 78 \
    xmpp-send -f "$T/loose" -a romeo -m x "$J"
is 'nobody was connected to' "$(cat "$RECORD")" ''
status 'help' 0 xmpp-send --help
like 'on stdout' "$T/out" '^usage: xmpp-send'
status 'version' 0 xmpp-send --version
status 'help on a full disk' 74 sh -c 'xmpp-send --help >/dev/full'

# --- What goes over the wire -------------------------------------------------

status 'what no message can carry is replaced' 0 sh -c \
    "printf 'a\\001b\\377c\\r\\nd' | xmpp-send -a romeo --wait 0 $J"
like 'and told' "$T/err" '2 characters'
like 'as U+FFFD; a carriage return as itself' "$RECORD" \
    'a�b�c(&#13;|&#xD;)(&#10;|&#xA;|.n)d<'
: >"$RECORD"
status 'two recipients, two messages' 0 xmpp-send -a romeo --wait 0 -s 'a<b' \
    -t normal -m 'x ]]> "y" &' "$J" "nurse@$DOMAIN/a&b"
is 'one connection' "$(grep -c '^note connected' "$RECORD")" 1
grep '^tls ' "$RECORD" >"$T/tls"
like 'escaped' "$T/tls" 'x \]\](&gt;|>) "y" &amp;'
like 'the subject' "$T/tls" '<subject>a&lt;b</subject>'
grep -o "<message [^>]*>" "$T/tls" >"$T/messages"
is 'two messages' "$(wc -l <"$T/messages")" 2
grep -o "id=['\"][^'\"]*" "$T/messages" | sort -u >"$T/ids"
is 'each with its id' "$(wc -l <"$T/ids")" 2
is 'of 16 characters at least' "$(grep -Ec '.{20}' "$T/ids")" 2
crash "$HOSTILE"

hostile honest other
status 'a certificate for another domain' 77 xmpp-send -a romeo -m x "$J"
unlike 'nothing was sent' "$RECORD" '^tls '
like 'its name is told' "$T/err" 'mantua\.test'
crash "$HOSTILE"
hostile honest
account unsure romeo "$(setting port)" starttls "$T/stranger.pem"
status 'a certificate of an unknown CA' 77 xmpp-send -a unsure -m x "$J"
unlike 'nothing was sent inside TLS' "$RECORD" '^tls '
crash "$HOSTILE"

# --- Nobody there ------------------------------------------------------------

two_ports
status 'a port where nobody listens' 69 \
    xmpp-send -a romeo --port "$PORT" -m x "$J"
if python3 -c 'import socket, sys
try: socket.getaddrinfo("nowhere.invalid", 5222)
except socket.gaierror as e: sys.exit(e.errno != socket.EAI_NONAME)'; then
	status 'a host that does not exist' 68 \
	    xmpp-send -a romeo --host nowhere.invalid -m x "$J"
else
	skip 'nobody answers DNS queries here'
fi

hostile ack-never
status 'a server that acknowledges nothing' 75 \
    xmpp-send -a romeo --timeout 1 -m x "$J"
like 'is reported with the number' "$T/err" '\<1\>'
crash "$HOSTILE"

# --- A real server -----------------------------------------------------------

start_serve || exit 1
status 'to somebody offline' 0 xmpp-send -a romeo -m 'for later' "$J"
status 'who gets it' 0 xmpp-listen -a juliet -t -n 1 --timeout 10
like 'as sent' "$T/out" '	for later$'
like 'the server prints what it routes' "$T/serve.out" '<message .*for later'

status 'somebody who does not exist' 67 xmpp-send -a romeo -m x "nobody@$DOMAIN"
like 'who' "$T/err" "nobody@$DOMAIN"
run timeout 1.5 xmpp-send -a romeo --wait 0 -m x "nobody@$DOMAIN"
ok "with --wait 0 it need not be noticed: $rc" test "$rc" -eq 0 -o "$rc" -eq 67
status 'one of two who does not exist' 67 \
    xmpp-send -a romeo -m 'to two' "$J" "nobody@$DOMAIN"
status 'the other got it' 0 xmpp-listen -a juliet -t -n 1 --timeout 10
like 'as sent' "$T/out" '	to two$'

printf 'not it' >"$T/wrong"
chmod 600 "$T/wrong"
sed "s|^password.*|password_file = $T/wrong|" "$XMPP_CONFIG" >"$T/wrong.conf"
chmod 600 "$T/wrong.conf"
status 'a wrong password' 77 xmpp-send -f "$T/wrong.conf" -a romeo -m x "$J"

# -l: each line as it comes, while the pipe stays open.
listener ear juliet -t -n 4
ear=$pid
mkfifo "$T/mouth.in"
bg mouth xmpp-send -l -a romeo --wait 0 "$J"
mouth=$pid
exec 4>"$T/mouth.in"
rm "$T/mouth.in"
echo first >&4
ok '-l: a line arrives while the pipe is open' \
    wait_for 10 grep -q 'first$' "$T/ear.out"
for s in WINCH CHLD CONT STOP CONT URG WINCH; do
	kill -$s "$mouth"
done
printf 'second\n\nthird\nlast without its end' >&4
exec 4>&-
reap "$mouth" 20
is '-l: signals that mean nothing do nothing' "$rc" 0
reap "$ear" 20
is '-l: an empty line is no message' \
    "$(cut -f 2 "$T/ear.out" | tr '\n' ' ')" \
    'first second third last without its end '

# Secrets: not with -vvv, not in any process list, not for our children.
password=$(setting password)
[ -n "$password" ] || password=$(cat "$(setting password_file)")
mkfifo "$T/mouth.in"
bg mouth xmpp-send -vvv -l -a romeo --wait 0 "$J"
mouth=$pid
exec 4>"$T/mouth.in"
rm "$T/mouth.in"
echo said >&4
ok '-vvv: says what it does' wait_for 10 test -s "$T/mouth.err"
for f in /proc/[0-9]*/cmdline; do
	{ tr '\0' ' ' <"$f"; } 2>/dev/null
done | grep -v 'grep' >"$T/cmdlines"
exec 4>&-
reap "$mouth" 20
is '-vvv: the password is in no command line' \
    "$(grep -cF -e "$password" "$T/cmdlines")" 0
b64=$(printf '%s' "$password" | openssl base64 -A)
plain=$(printf '\0romeo\0%s' "$password" | openssl base64 -A)
is '-vvv: nor in what it says' "$(grep -cF -e "$password" -e "$b64" \
    -e "$plain" "$T/mouth.err")" 0
unlike '-vvv: no response of SASL either' "$T/mouth.err" 'p=|<response[^>]*>[^<.]'

status '-l: a directory as stdin' 74 \
    sh -c "xmpp-send -l -a romeo $J <'$T'"
status '-l: no stdin' 74 sh -c "xmpp-send -l -a romeo $J <&-"

# The sanitizers need some for themselves.
[ -n "${SAN:-}" ] || for few in 4 5; do
	status "$few descriptors are too few: 71" 71 \
	    sh -c "ulimit -n $few; xmpp-send -a romeo -m x $J"
done

# The end of the server, with what it did not acknowledge.
mkfifo "$T/mouth.in"
bg mouth xmpp-send -l -a romeo --wait 0 "$J"
mouth=$pid
exec 4>"$T/mouth.in"
rm "$T/mouth.in"
echo heard >&4
ok 'the server hears it' wait_for 10 grep -q '>heard<' "$T/serve.out"
kill -STOP "$SERVER"
printf 'one\ntwo\n' >&4
sleep 0.3
crash "$SERVER"
exec 4>&-
reap "$mouth" 30
is 'the server dies' "$rc" 75
like 'two are not acknowledged' "$T/mouth.err" '\<2\>'
finish
