#!/bin/sh
# jid-check: the tables through the filter itself; its options, messages and
# exit statuses; its manners as a filter.
. "$(dirname "$0")/lib.sh"

need python3
cd "$TOP" || exit 1

# said NAME WANT: what the last command wrote on stderr.
said()
{
	is "$1" "$(cat "$T/err")" "$2"
}

# given TEXT COMMAND...: run with TEXT (as of printf) for its input.
given()
{
	# shellcheck disable=SC2059
	printf "$1" >"$T/in"
	shift
	timeout -k 5 "$LIMIT" "$@" <"$T/in" >"$T/out" 2>"$T/err"
	rc=$?
}

# --- The tables ---------------------------------------------------------------

python3 tests/jid-rows.py split "$T"
for list in nul line; do
	zero=
	[ $list = line ] || zero=-0
	jid-check $zero <"$T/$list" >"$T/$list.text" 2>"$T/$list.err"
	is "rows with records ended by $list: some are invalid" $? 1
	is "rows with records ended by $list: the records are no trouble" \
	    "$(jid-check $zero -o json <"$T/$list" 2>&1 >"$T/$list.json")" ''
	ok "every row whose records are ended by $list" \
	    python3 tests/jid-rows.py compare "$T/$list.rows" \
	    "$T/$list.json" "$T/$list.text"
done
is 'each invalid row has one line on stderr' \
    "$(cat "$T/nul.err" "$T/line.err" | wc -l)" \
    "$(cat "$T/nul.json" "$T/line.json" | grep -c '"verdict":"invalid"')"
ok 'the lines on stderr are of the form that is promised' \
    awk '!/^jid-check: (record|line) [0-9]+: (localpart|domainpart|resourcepart): .*byte [0-9]+.* \((RFC|XEP)[- ][0-9]+.*\)$/ {
	print; bad = 1 } END { exit bad }' "$T/nul.err" "$T/line.err"

# --- Verdicts -----------------------------------------------------------------

status 'valid operands' 0 jid-check Juliet@EXAMPLE.com 'b/Foo Bar'
is 'are printed in normal form, in order' "$(cat "$T/out")" \
    'juliet@example.com
b/Foo Bar'
said 'and nothing is said' ''

status 'an invalid operand among them' 1 jid-check a@b 'king♚@b' c@d
is 'does not keep the others back' "$(cat "$T/out")" 'a@b
c@d'
said 'and is explained' \
    'jid-check: king♚@b: localpart: U+265A at byte 4 is a symbol (RFC 8264 4.2.3)'

given 'a@B\n\nking♚@b\nlast@x' jid-check
is 'lines: status' $rc 1
is 'lines: the valid ones, also the last without its end' \
    "$(cat "$T/out")" 'a@b
last@x'
said 'lines: the others by number' \
    'jid-check: line 2: domainpart: empty at byte 0 (RFC 7622 3.1)
jid-check: line 3: localpart: U+265A at byte 4 is a symbol (RFC 8264 4.2.3)'

given '' jid-check
is 'empty input is fine' "$rc$(cat "$T/out" "$T/err")" 0

given 'a\n@b\0c@D\0' jid-check -0
is 'NUL ends records, in and out' "$(od -An -c "$T/out" | tr -d ' \n')" 'c@d\0'
said 'and a newline is part of one' \
    'jid-check: record 1: localpart: U+000A at byte 1 is a control character (RFC 8264 4.2.3)'

given 'x@y\n' jid-check A@B - C@D
is 'a single - is standard input' "$(cat "$T/out")" 'a@b
x@y
c@d'
status 'an address after -- may begin with a hyphen' 0 jid-check -- -a@b

status 'an operand shows no control characters' 1 \
    jid-check "$(printf 'a\033[2J@b')"
said 'but what they are' \
    'jid-check: a\x1b[2J@b: localpart: U+001B at byte 1 is a control character (RFC 8264 4.2.3)'

# --- Options ------------------------------------------------------------------

given 'a@b\nx y@b\n' jid-check -q
is '-q only exits' "$rc$(cat "$T/out" "$T/err")" 1
given 'a@b\n' jid-check --quiet
is '-q, all valid' "$rc$(cat "$T/out" "$T/err")" 0

given 'A@b\nX y@b\n a\377\n' jid-check -v
is '-v prints the invalid ones unchanged' "$(od -An -tx1 "$T/out")" \
    "$(printf 'X y@b\n a\377\n' | od -An -tx1)"
is '-v exits alike' $rc 1
like '-v says why, too' "$T/err" 'line 2: localpart: U\+0020'

full=$(printf 'Ü@BÜCHER.example/Foo Bar')
is '--bare' "$(jid-check --bare "$full")" 'ü@bücher.example'
is '--domain' "$(jid-check --domain "$full")" 'bücher.example'
is '--ascii' "$(jid-check --ascii "$full")" \
    'ü@xn--bcher-kva.example/Foo Bar'
is '--domain --ascii' "$(jid-check --domain --ascii "$full")" \
    'xn--bcher-kva.example'
is '--ascii keeps the brackets of an IP literal' \
    "$(jid-check --ascii --domain 'a@[::1]')" '[::1]'

is '-e escapes' "$(jid-check -e "d'artagnan@musketeers.lit" \
    'user@host@gateway.example/r' '/.fanboy@b' plain@b b)" \
    'd\27artagnan@musketeers.lit
user\40host@gateway.example/r
\2f.fanboy@b
plain@b
b'
status '-e has no escape for a space at the ends' 1 jid-check -e ' a@b'
said 'and says so' \
    'jid-check:  a@b: localpart: U+0020 at byte 0 at its beginning or end has no escape (XEP-0106 2)'
is '-d unescapes' "$(jid-check -d 'd\27artagnan@musketeers.lit/r')" \
    "d'artagnan@musketeers.lit/r"

# Every vector of XEP-0106 through the filter, both ways.
grep -v '^#' tests/data/jid/xep0106.txt | sed 's/\\\\/\\/g' >"$T/esc"
cut -f 2 "$T/esc" | sed 's/$/@b/' >"$T/plain"
cut -f 3 "$T/esc" | sed 's/$/@b/' >"$T/escaped"
jid-check -e <"$T/plain" >"$T/out"
same '-e agrees with the vectors' "$T/out" "$T/escaped"
jid-check -d <"$T/escaped" >"$T/out"
same '-d agrees with the vectors' "$T/out" "$T/plain"

is '--uri reads and writes URIs' "$(jid-check --uri \
    'xmpp:Juliet@example.com/v%20Praze?message;body=Hi%21#x' \
    'xmpp://Me@b/Room@c?join' 'Ü@b/a@b')" \
    'xmpp:juliet@example.com/v%20Praze?message;body=Hi%21#x
xmpp://me@b/room@c?join
xmpp:%C3%BC@b/a%40b'
is '--uri --bare of an account' "$(jid-check --uri --bare 'xmpp://a@b')" \
    xmpp:a@b
is '--uri --bare' "$(jid-check --uri --bare 'xmpp:a@b/c?message')" xmpp:a@b
status '--uri refuses what is encoded wrongly' 1 jid-check --uri 'xmpp:a%4@b'
said 'and says where' \
    'jid-check: xmpp:a%4@b: URI: "%" without two hexadecimal digits at byte 6 (RFC 3986 2.1)'

is '-p rfc6122' "$(jid-check -p rfc6122 '♚@b' 'fußball@b')" '♚@b
fussball@b'
status '-p portable' 1 jid-check -p portable 'ü@b' 'fußball@b' '♚@b'
is 'prints what both RFCs prepare alike' "$(cat "$T/out")" 'ü@b'
said 'and says how they differ' \
    'jid-check: fußball@b: localpart: the normal forms differ: U+00DF by RFC 7622 but U+0073 by RFC 6122 at byte 2 (RFC 7622 A)
jid-check: ♚@b: localpart: U+265A at byte 0 is a symbol (RFC 8264 4.2.3), though valid by RFC 6122'

status '-w does not change the verdict' 0 \
    jid-check -w 'pаypal@b/x ' 'user\40host@b'
said 'but warns' \
    'jid-check: pаypal@b/x : warning: localpart: mixes scripts: U+0430 at byte 1 is Cyrillic among Latin (UTS 39 5.2)
jid-check: pаypal@b/x : warning: localpart: U+0430 at byte 1 looks like "a" (UTS 39 4)
jid-check: pаypal@b/x : warning: resourcepart: begins or ends with a space, at byte 11
jid-check: user\40host@b: warning: localpart: is escaped: it stands for another name (XEP-0106)'

# --- Records ------------------------------------------------------------------

given 'A@b/c d\n\377x\t@b\n' jid-check -o tsv
is '-o tsv' "$(cat "$T/out")" \
    "$(printf 'A@b/c d\tvalid\ta\tb\tc d\ta@b/c d\t\t\t\n\\xffx\\t@b\tinvalid\t\t\t\t\tutf8\t0\tlocalpart: malformed UTF-8 at byte 0 (RFC 7622 3.1)')"
said '-o tsv needs no other message' ''
is '-o tsv exits alike' $rc 1
given 'A@b\n\377x@b\n' jid-check -o json
is '-o json' "$(cat "$T/out")" \
    '{"input":"A@b","verdict":"valid","local":"a","domain":"b","resource":null,"normal":"a@b","rule":null,"offset":null,"message":null}
{"input":"\\xffx@b","verdict":"invalid","local":null,"domain":null,"resource":null,"normal":null,"rule":"utf8","offset":0,"message":"localpart: malformed UTF-8 at byte 0 (RFC 7622 3.1)"}'
given 'a\0"\t\033\\@b\n' jid-check -o json
is 'whatever the input is, JSON stays JSON' \
    "$(python3 -c 'import json, sys
print(ascii(json.loads(sys.stdin.readline())["input"]))' <"$T/out")" \
    "'a\\x00\"\\t\\x1b\\\\@b'"
given 'A@b\nx y@b\n' jid-check -v -o tsv
is '-v chooses records, too' "$(cut -f 1,2 "$T/out")" \
    "$(printf 'x y@b\tinvalid')"

# --- Usage --------------------------------------------------------------------

status 'no such option' 64 jid-check -x
status 'no such format' 64 jid-check -o xml a@b
status 'no such profile' 64 jid-check -p rfc3920 a@b
status '-e with -d' 64 jid-check -e -d a@b
status '--bare with --domain' 64 jid-check --bare --domain a@b
status '--uri with -e' 64 jid-check --uri -e a@b
status '--help' 0 jid-check --help
like '--help is on stdout' "$T/out" '^usage: jid-check '
status '--version' 0 jid-check -V

# --- A filter's manners -------------------------------------------------------

if [ -e /dev/full ]; then
	jid-check a@b >/dev/full 2>"$T/err"
	is 'a full disk is status 74' $? 74
	like 'and is told' "$T/err" '^jid-check: standard output: '
fi
jid-check <"$T" >"$T/out" 2>"$T/err"
is 'an input that cannot be read is status 74' $? 74
like 'and is told' "$T/err" '^jid-check: standard input: '

yes a@b | jid-check | head -n 1 >"$T/out"
is 'a reader that leaves is no trouble' "$(cat "$T/out")" a@b

mkfifo "$T/live.in"
bg live jid-check
exec 3>"$T/live.in"
echo A@b >&3
ok 'a line is answered before the next one comes' \
    wait_for 10 lines "$T/live.out" 1
exec 3>&-
reap "$pid"
is 'until the input ends' $rc 0

python3 -c 'import sys
sys.stdout.write("x" * 1000000 + "\na@b\n" + "y@" + "z." * 40000)' >"$T/in"
(
	# the address sanitizer reserves far more
	[ -n "${SAN:-}" ] || ulimit -v 65536
	timeout "$LIMIT" jid-check <"$T/in" >"$T/out" 2>"$T/err"
)
is 'a line of a megabyte is one address, and invalid' "$(cat "$T/out")" a@b
is 'and has one message' "$(wc -l <"$T/err")" 2
jid-check -v <"$T/in" 2>/dev/null >"$T/out"
python3 -c 'import sys
sys.stdout.write("x" * 1000000 + "\n" + "y@" + "z." * 40000 + "\n")' >"$T/want"
same '-v prints it unchanged' "$T/out" "$T/want"

LC_ALL=tr_TR.UTF-8 jid-check IIII@II.example >"$T/out"
is 'the locale changes nothing' "$(cat "$T/out")" iiii@ii.example

# --- The manual page ----------------------------------------------------------

# Its examples: a line "$ command" and what it prints.
awk '/^\.Sh EXAMPLES/ { on = 1 }
/^\.Sh SEE ALSO/ { on = 0 }
/^\.Ed/ { text = 0 }
on && text { gsub(/\\e/, "\\"); print }
/^\.Bd -literal/ { text = 1 }' man/jid-check.1 >"$T/examples"
n_examples=$(grep -c '^\$ ' "$T/examples")
ok 'the manual page has examples' test "$n_examples" -ge 7
i=0
while [ $i -lt "$n_examples" ]; do
	i=$((i + 1))
	awk -v i=$i '/^\$ / { k++ } k == i' "$T/examples" >"$T/example"
	sed -n '1s/^\$ //p' "$T/example" >"$T/command"
	sed 1d "$T/example" >"$T/want"
	sh "$T/command" >"$T/got" 2>&1
	same "example $i of the manual page runs as printed" "$T/got" "$T/want"
done
jid-check -0 -o tsv -p portable <"$T/nul" >"$T/portable.tsv"
jid-check -0 -o tsv <"$T/nul" | cat - "$T/portable.tsv" | cut -f 7 | grep . |
    grep -v '^bidi-[1-6]$' | sort -u >"$T/rules"
is 'the manual page names every rule' "$(while read -r rule; do
	grep -Eq "^\.It (.*[ ,])?$rule( |\$)" man/jid-check.1 || echo "$rule"
done <"$T/rules")" ''
if command -v mandoc >/dev/null; then
	# whether others are installed is not its business
	is 'mandoc finds nothing to complain of' "$(mandoc -Tlint -Wstyle \
	    man/jid-check.1 | grep -v 'referenced manual not found')" ''
fi
ok 'the synopsis has every option of the usage' sh -c '
	jid-check --help | sed -n "s/.*--\([a-z]*\).*/\1/p" | while read -r o; do
		grep -q -e "^\.It.*Fl -$o" -e ", -$o" man/jid-check.1 ||
		    { echo "$o"; exit 1; }
	done'

is 'CR LF ends a line' "$(printf 'a@b\r\nc@d\r\n' | jid-check | tr '\n' ' ')" \
    'a@b c@d '
is 'a byte order mark is no part of the first' \
    "$(printf '\357\273\277a@b\n' | jid-check)" 'a@b'

finish
