#!/bin/sh
# xmpp-connect against xmpp-serve.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"

need xmpp-send xmpp-listen xmpp-connect xmpp-serve python3
J=juliet@$DOMAIN
R=romeo@$DOMAIN

message()
{
	echo "<message to='$J' type='chat'><body>$1</body></message>"
}

status 'help' 0 xmpp-connect --help
like 'on stdout' "$T/out" '^usage: xmpp-connect'
status 'no option like that' 64 xmpp-connect --evil

start_serve || exit 1
status 'nothing to do: in and out' 0 sh -c 'xmpp-connect -a romeo </dev/null'

# --- Lines that are none -----------------------------------------------------

{
	message 1
	echo 'this is no XML'
	message 2
	echo '<message><body>cut'
	echo '<!-- a comment -->'
	echo "<?pi?><message to='$J'/>"
	echo "<message to='$J'><body>two</body></message><message to='$J'/>"
	printf "<message to='%s'><body>a\\000b</body></message>\\n" "$J"
	printf "<message to='%s'><body>a\\377b</body></message>\\n" "$J"
	echo "<message to='$J'><body>&nbsp;</body></message>"
	echo
	message 3
	printf '%s' "$(message 4)"
} >"$T/mixed"
listener ear juliet -t -n 4
status 'lines that are no stanza: 65' 65 \
    sh -c "xmpp-connect -a romeo -n <'$T/mixed'"
reap "$pid" 20
is 'the others were delivered, the last without its newline too' \
    "$(cut -f 2 "$T/ear.out" | tr '\n' ' ')" '1 2 3 4 '
for l in 2 4 5 6 7 8 9 10; do
	like "line $l is named" "$T/err" "\\<$l\\>"
done
unlike 'a good line is not' "$T/err" 'line (1|3|11|12|13)\>'

{
	message before
	python3 -c 'print("<message><body>" + "x" * 9000000 + "</body></message>")'
	message after
} >"$T/long"
listener ear juliet -t -n 2
status 'a line beyond the limit: 65' 65 \
    sh -c "xmpp-connect -a romeo -n <'$T/long'"
reap "$pid" 20
is 'those around it were delivered' \
    "$(cut -f 2 "$T/ear.out" | tr '\n' ' ')" 'before after '

status 'stdin is a directory' 74 sh -c "xmpp-connect -a romeo <'$T'"

# --- Both ways, many ---------------------------------------------------------

i=0
seq 10000 | sed "s|.*|<message to='$J' id='&' type='chat'><body>&</body></message>|" \
    >"$T/many"
listener ear juliet -t -n 10000
many=$pid
status '10,000 messages through a pipe' 0 \
    sh -c "cat '$T/many' | xmpp-connect -a romeo -n"
reap "$many"
cut -f 2 "$T/ear.out" >"$T/got"
seq 10000 >"$T/want"
same 'each received once, in order' "$T/got" "$T/want"

# A reader that does not read: the server's messages pile up, not in us.
mkfifo "$T/slow.in" "$T/slow"
bg slow sh -c "exec xmpp-connect -k -a juliet >'$T/slow'"
slow=$pid
exec 5>"$T/slow.in" 6<"$T/slow"
sed 1q <&6 >/dev/null &
message hello | xmpp-connect -n -a romeo
python3 - "$J" >"$T/big" <<'END'
import sys
for n in range(2000):
    print("<message to='%s' type='chat'><body>%d %s</body></message>"
          % (sys.argv[1], n, "x" * 10000))
END
bg feed sh -c "exec xmpp-connect -a romeo -n --timeout 5 <'$T/big'"
feed=$pid
sleep 1.5
if [ -n "${SAN:-}" ]; then
	skip 'memory under sanitizers says nothing'
else
	rss=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$slow/status")
	ok "a reader that does not read costs no memory: $rss KiB" \
	    test "$rss" -lt 24576
fi
stop "$feed"
stop "$slow"
exec 5>&- 6<&-

# --- -k, -n, --iq ------------------------------------------------------------

listener ear juliet --kind presence
ear=$pid
wait_for 10 grep -q "from=.$J" "$T/ear.out"
xmpp-connect -a romeo </dev/null
ok 'presence is sent' wait_for 10 grep -q "from=.$R" "$T/ear.out"
: >"$T/ear.out"
xmpp-connect -n -a romeo </dev/null
xmpp-send -a romeo --wait 0 -m x "$J"
sleep 0.2
unlike 'with -n it is not' "$T/ear.out" "from=.$R"
stop "$ear"

bg keep sh -c 'exec xmpp-connect -v -k -a juliet </dev/null'
keep=$pid
wait_for 20 available keep
say_to_juliet()
{
	message "$1" | xmpp-connect -n -a romeo
}
say_to_juliet kept
ok '-k listens after the end of input' wait_for 10 grep -q kept "$T/keep.out"
stop "$keep"
is '-k: SIGTERM ends it as it should' "$rc" 143

ask()
{
	echo "<iq type='get' to='$1' id='q1'><x xmlns='urn:x'/></iq>"
}

bg keep sh -c "exec xmpp-connect -v -k -a juliet -j '$J/here' </dev/null"
keep=$pid
wait_for 20 available keep
mkfifo "$T/q.in"
bg q xmpp-connect -n -a romeo
q=$pid
exec 5>"$T/q.in"
rm "$T/q.in"
ask "$J/here" >&5
ok 'a request is answered with an error' \
    wait_for 10 grep -q 'q1.*service-unavailable' "$T/q.out"
unlike 'and not printed' "$T/keep.out" 'urn:x'
stop "$keep"
cat >"$T/answer" <<'END'
while read -r line; do
	case $line in
	*urn:x*)
		from=$(printf '%s\n' "$line" |
		    sed "s/.* from=['\"]\([^'\"]*\).*/\1/")
		printf "<iq type='result' id='q1' to='%s'>" "$from"
		printf "<answered xmlns='urn:x'/></iq>\\n"
		exit 5
	esac
done
END
bg keep xmpp-connect -v --iq -a juliet -j "$J/here" -- sh "$T/answer"
keep=$pid
wait_for 20 available keep
ask "$J/here" >&5
ok '--iq: the script answers' wait_for 10 grep -q '<answered' "$T/q.out"
exec 5>&-
reap "$keep" 20
is 'a command: its status is ours' "$rc" 5
reap "$q" 20
is 'the end of input ends it' "$rc" 0

status 'a command that does not exist' 127 \
    xmpp-connect -a romeo -- "$T/no-such-command"
status 'a command that a signal ends' 143 \
    xmpp-connect -a romeo -- sh -c 'kill -TERM $$'

# --- The far end of stdout ---------------------------------------------------

bg full sh -c 'exec xmpp-connect -v -k -a juliet </dev/null >/dev/full'
full=$pid
wait_for 20 available full
say_to_juliet x
reap "$full" 20
is 'a full disk is an error' "$rc" 74

mkfifo "$T/fifo"
bg early sh -c "exec xmpp-connect -v -k -a juliet </dev/null >'$T/fifo'"
early=$pid
exec 4<"$T/fifo"
wait_for 20 available early
exec 4<&-
say_to_juliet x
say_to_juliet y
reap "$early" 20
is 'a reader that leaves ends it as SIGPIPE does' "$rc" 141

# --- The end of the server ---------------------------------------------------

mkfifo "$T/in.in"
bg in xmpp-connect -v -n -a romeo
in=$pid
exec 5>"$T/in.in"
rm "$T/in.in"
message heard >&5
ok 'the server hears it' wait_for 10 grep -q '>heard<' "$T/serve.out"
kill -STOP "$SERVER"
{ message 1; message 2; message 3; } >&5
sleep 0.3
crash "$SERVER"
exec 5>&-
reap "$in" 20
is 'the server dies' "$rc" 75
like 'three are not acknowledged' "$T/in.err" '\<3\>'
finish
