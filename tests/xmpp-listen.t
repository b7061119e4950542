#!/bin/sh
# xmpp-listen against xmpp-serve.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"

need xmpp-send xmpp-listen xmpp-connect xmpp-serve python3
J=juliet@$DOMAIN
R=romeo@$DOMAIN
LF='
'

status 'no operand' 64 xmpp-listen operand
status 'a count that is none' 64 xmpp-listen -n x
status 'a selection that is no address' 64 xmpp-listen --from 'a@b@c'
status 'a kind that does not exist' 64 xmpp-listen --kind evil
status 'help' 0 xmpp-listen --help
like 'on stdout' "$T/out" '^usage: xmpp-listen'

start_serve -u nurse || exit 1

say()
{
	xmpp-send -a "${2:-romeo}" --wait 0 -m "$1" "$J" 2>"$T/say.err" ||
		note "$T/say.err"
}

# --- Text: a line a message, whatever a sender does --------------------------

listener text juliet -t -n 3
say 'plain'
say "a${LF}evil@x.test	forged$(printf '\r\033[31m\302\233')b\\c"
say 'last'
reap "$pid" 20
is '-n ends it' "$rc" 0
is 'text: a line each' "$(wc -l <"$T/text.out")" 3
is 'text: two fields each' \
    "$(awk -F '\t' '{ print NF }' "$T/text.out" | sort -u)" 2
like 'text: FROM<TAB>BODY' "$T/text.out" "^$R(/[^	]*)?	plain\$"
like 'text: escaped' "$T/text.out" 'a\\n'
LC_ALL=C unlike 'text: nothing that moves a cursor' "$T/text.out" \
    "$(printf '[\001-\010\013-\037\177]|\302[\200-\237]')"

# --- Stanza lines ------------------------------------------------------------

listener lines juliet --kind message -n 1
say "two${LF}lines"
reap "$pid" 20
is 'stanza lines: one' "$(wc -l <"$T/lines.out")" 1
like 'stanza lines: its namespace, its newline' "$T/lines.out" \
    "xmlns=['\"]jabber:client['\"].*two&#10;lines"

# --- Which ones --------------------------------------------------------------

listener some juliet -t -n 1 --from "nurse@$DOMAIN"
say 'from romeo'
say 'from nurse' nurse
reap "$pid" 20
is '--from selects by bare address' "$(cut -f 2 "$T/some.out")" 'from nurse'

listener kinds juliet --kind presence
kinds=$pid
wait_for 10 grep -q "from=.$J" "$T/kinds.out"
run xmpp-connect -a romeo </dev/null
ok '--kind presence prints it' wait_for 10 grep -q "from=.$R" "$T/kinds.out"
say 'no presence'
say 'nor this'
stop "$kinds"
unlike '--kind presence prints no message' "$T/kinds.out" '<message'

status '--timeout ends a wait in which nothing comes' 75 \
    xmpp-listen -a juliet -n 1 --timeout 1

# --- A command for each message ----------------------------------------------

cat >"$T/each" <<'END'
{ printf '%s|%s|%s|%s|' "$XMPP_FROM" "$XMPP_TYPE" "$XMPP_SUBJECT" "$XMPP_ID"
cat; echo; echo "args: $#"; tr '\0' ' ' </proc/$$/cmdline; echo
env | grep -i passw; } >>"$T/seen"
END
export T
# shellcheck disable=SC2016
listener each juliet -n 2 -e '. "$T/each"'
xmpp-send -a romeo --wait 0 -s 'The $(touch evil)' -t chat \
    -m '$(touch evil); `touch evil` ; exit 1' "$J"
say 'second'
reap "$pid" 20
is '-e: ends after two' "$rc" 0
like '-e: what is in the environment, the body on stdin' "$T/seen" \
    "^$R/[^|]*[|]chat[|]The .\(touch evil\)[|][^|]+[|].\(touch evil\); "
like '-e: for the second too' "$T/seen" '[|]second$'
unlike '-e: nothing of it in a command line' "$T/seen" '^sh.*touch'
unlike '-e: no password in the environment' "$T/seen" '[Pp]assw|PASSW'

# --- The far end of stdout ---------------------------------------------------

mkfifo "$T/fifo"
bg early sh -c "exec xmpp-listen -v -a juliet -t >'$T/fifo'"
early=$pid
exec 4<"$T/fifo"
wait_for 20 available early
say 'one'
read -r line <&4
exec 4<&-
is 'a line is there as soon as it has come' "${line#*	}" one
say 'two'
reap "$early" 20
is 'a reader that leaves ends it as SIGPIPE does' "$rc" 141

bg full sh -c 'exec xmpp-listen -v -a juliet -t >/dev/full'
full=$pid
wait_for 20 available full
say 'into a full disk'
reap "$full" 20
is 'a full disk is an error' "$rc" 74

# --- Its end -----------------------------------------------------------------

listener ended juliet
stop "$pid"
is 'SIGTERM ends it as it should' "$rc" 143

listener idle juliet
idle=$pid
if [ -n "${SAN:-}" ]; then
	skip 'memory under sanitizers says nothing'
else
	rss=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$idle/status")
	ok "idle: $rss KiB are below 16 MiB" test "$rss" -lt 16384
fi
crash "$SERVER"
reap "$idle" 20
is 'the server dies' "$rc" 75
finish
