#!/bin/sh
# stream-dump: lines, errors and what comes behind them, the annotated dump,
# the summary, traces.
. "$(dirname "$0")/lib.sh"

D=$TOP/tests/data/streams
NS="xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
HEAD="<?xml version='1.0'?><stream:stream $NS id='1' version='1.0'>"
SASL="xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

if command -v python3 >/dev/null; then
	for split in '' '--split byte' '--split 7'; do
		# shellcheck disable=SC2086
		ok "the samples ${split:-whole}" \
		    python3 "$D/run.py" --cond $split -- stream-dump
	done
	case $O in
	*san*) skip 'bounds on memory mean nothing with sanitizers' ;;
	*) LIMIT=300 ok 'the large streams stay within their bounds' \
		python3 "$D/gen_large.py" --run -- stream-dump ;;
	esac
else
	skip 'no python3'
fi

# Lines are those that stanza-grep would write again.
capture 2000 3 >"$T/capture"
status 'a capture is lines' 0 stream-dump "$T/capture"
is 'one for each element' "$(wc -l <"$T/out")" 2000
cp "$T/out" "$T/lines"
stanza-cut --format '%{.|raw}\n' "$T/lines" >"$T/again"
same 'written once more they are the same' "$T/again" "$T/lines"
run sh -c "stream-dump -0 '$T/capture' | tr '\\0' '\\n'"
same '-0: ended by NUL' "$T/out" "$T/lines"

# An element is printed as soon as its last byte has come.
mkfifo "$T/live.in"
bg live stream-dump
exec 3>"$T/live.in"
printf '%s<message/>' "$HEAD" >&3
ok 'an element comes out with its last byte' wait_for 10 lines "$T/live.out" 1
printf '<iq><a></a></i' >&3
printf 'q>' >&3
ok 'and the next' wait_for 10 lines "$T/live.out" 2
exec 3>&-
reap "$pid"
is 'an input that ends between two elements is fine' "$rc" 0

# Errors.
printf '%s<message/>\n\n <a><b></a>' "$HEAD" >"$T/bad"
status 'what is not well-formed is 65' 65 stream-dump "$T/bad"
is 'what is complete before it is printed' "$(cat "$T/out")" \
    "<message xmlns='jabber:client'/>"
at=$((${#HEAD} + 10 + 3 + 8))
is 'the place, the condition and the reason are told' "$(cat "$T/err")" \
    "stream-dump: $T/bad: byte $at (line 3, column 10): not-well-formed: mismatched tag </a>"
run stream-dump <"$T/bad"
like 'of standard input without a name' "$T/err" '^stream-dump: byte '
printf '%s<message>' "$HEAD" >"$T/cut"
status 'an end inside an element is 65' 65 stream-dump "$T/cut"
like 'and told as such' "$T/err" 'the input ends inside an element'
(cat "$T/bad"; printf '<message id="2"/><x/>') >"$T/more"
status '-r: goes on behind an error, 65 all the same' 65 stream-dump -r "$T/more"
is '-r: at the next stanza' "$(cat "$T/out")" \
    "<message xmlns='jabber:client'/>
<message xmlns='jabber:client' id='2'/>
<x xmlns='jabber:client'/>"
status 'a file that is not there is 66' 66 stream-dump "$T/none" "$T/capture"
same 'the others are read' "$T/out" "$T/lines"
status 'a full disk is 74' 74 sh -c "stream-dump '$T/capture' >/dev/full"
run sh -c "(stream-dump '$T/capture' '$T/capture' '$T/capture' '$T/capture'
	echo \$? >'$T/pipe') | head -n 1"
is 'a reader that leaves ends it as SIGPIPE does' "$(cat "$T/pipe")" 141
status '--max-stanza: a bound for one element' 65 \
    stream-dump --max-stanza 1024 "$T/capture"
like '--max-stanza: what is larger is passed over' "$T/err" \
    '> was passed over: larger than 1024 bytes'

# Headers.
run stream-dump -H "$D/v19-restart.xml"
is '-H: headers are lines, too' "$(grep -c '^<stream:stream .*/>$' "$T/out")" 2

# For people.
cat >"$T/session" <<END
$HEAD<stream:features><mechanisms $SASL><mechanism>PLAIN</mechanism></mechanisms></stream:features><challenge $SASL>cj1meWtvLHM9UVNYQyxpPTQwOTY=</challenge><success $SASL/>$HEAD<message from='a@b/a-very-long-resource-that-needs-its-own-line' to='c@d' type='chat'><body>1
2&#x202e;&#x9b;31m</body><thread/></message><iq id='1'><query xmlns='jabber:iq:auth'><password>Calli0pe</password></query></iq></stream:stream>
END
status '-a: for people' 0 stream-dump -a "$T/session"
cat >"$T/want" <<'END'
<stream:stream
    xmlns:stream='http://etherx.jabber.org/streams'
    id='1'
    version='1.0'
    xmlns='jabber:client'>
<stream:features>
  <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>
    <mechanism>PLAIN</mechanism>
  </mechanisms>
</stream:features>
<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>[28 characters, iterations 4096]</challenge>
<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
<stream:stream
    xmlns:stream='http://etherx.jabber.org/streams'
    id='1'
    version='1.0'
    xmlns='jabber:client'>
<message
    from='a@b/a-very-long-resource-that-needs-its-own-line'
    to='c@d'
    type='chat'>
  <body>1&#10;2\u{202e}&#155;31m</body>
  <thread/>
</message>
<iq id='1'>
  <query xmlns='jabber:iq:auth'>
    <password>[8 characters]</password>
  </query>
</iq>
</stream:stream>
END
same '-a: as RFCs print streams, without secrets' "$T/out" "$T/want"
run stream-dump -p "$T/session"
grep -v -e "^<.*stream:stream" -e '^    xmlns' -e "^    id='1'" \
    -e '^    version' "$T/want" >"$T/pretty"
same '-p: without headers and end tags' "$T/out" "$T/pretty"
run stream-dump -a --secrets "$T/session"
like '--secrets: the password' "$T/out" '<password>Calli0pe</password>'
like '--secrets: the challenge' "$T/out" '>cj1meWtvLHM9UVNYQyxpPTQwOTY=<'
unlike 'no colour in a pipe' "$T/out" "$(printf '\033')"
run stream-dump -a --color=always "$T/session"
like '--color=always: colour' "$T/out" "$(printf '\033\\[1m<message')"
run env NO_COLOR=1 TERM=xterm stream-dump -a "$T/session"
unlike 'none with NO_COLOR' "$T/out" "$(printf '\033')"

# The summary.
run stream-dump -s "$T/session"
like '-s: counts by name and namespace' "$T/out" \
    '^ +1 +[0-9]+ +[0-9]+ +[0-9]+ +2  message chat \{jabber:client\}$'
like '-s: all of them' "$T/out" '^ +5 .* all$'
if command -v python3 >/dev/null; then
	run stream-dump -s -o json "$T/capture"
	ok '-s -o json: agrees with the lines' python3 -c '
import json, sys
s = json.load(open(sys.argv[1]))
assert s["count"] == 2000 == sum(e["count"] for e in s["elements"])
assert s["bytes"] == sum(e["bytes"] for e in s["elements"])
assert s["largest"] == max(e["largest"] for e in s["elements"])
assert s["depth"] == 5' "$T/out"
else
	skip 'no python3'
fi

# A trace.  record KIND TIME TEXT
record()
{
	printf '%s %s %s\n%s\n' "$1" "$2" "$(printf %s "$3" | wc -c)" "$3"
}
{
	echo 'xmpputils trace 1'
	record '#' 1700000000.000001 'TLS 1.3'
	record '>' 1700000000.100000 "$HEAD"
	record '<' 1700000000.200000 "$HEAD<stream:features/>"
	record '>' 1700000000.300000 "<auth $SASL mechanism='PLAIN'>REM"
	record '>' 1700000000.400000 'OVED</auth>'
	record '<' 1700000000.500000 "<success $SASL/>$HEAD<iq/>"
	record '>' 1700000000.600000 "$HEAD<presence/></stream:stream>"
} >"$T/trace"
status 'a trace is recognized' 0 stream-dump "$T/trace"
is 'both directions come in order' \
    "$(sed 's/^<\([a-z:]*\).*/\1/' "$T/out" | paste -sd' ' -)" \
    'stream:features auth success iq presence'
run stream-dump -I "$T/trace"
is '-I: what was received' "$(wc -l <"$T/out")" 3
run stream-dump -O "$T/trace"
is '-O: what was sent' "$(wc -l <"$T/out")" 2
run stream-dump -a "$T/trace"
like '-a: time and direction of the client' "$T/out" \
    "^22:13:20.600 C: <presence/>"
like '-a: and of the server' "$T/out" '^22:13:20.500 S: <iq/>'
like '-a: remarks' "$T/out" '^22:13:20.000 # TLS 1.3'
run stream-dump -s "$T/trace"
like '-s: first and last time' "$T/out" \
    '^from 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z'
head -c 300 "$T/trace" >"$T/half"
status 'a trace that is cut is 65' 65 stream-dump "$T/half"
like 'and told' "$T/err" 'half: byte [0-9]+: the trace ends inside a record'
printf 'xmpputils trace 1\nnonsense\n' >"$T/wrong"
status 'a broken trace is 65' 65 stream-dump "$T/wrong"
like 'with its place' "$T/err" 'byte 18: this is not the head of a record'

for o in '-a -s' '-o xml' '--color=x' '--max-stanza 1' '-x'; do
	# shellcheck disable=SC2086
	status "$o: wrong usage" 64 stream-dump $o "$T/capture"
done
finish
