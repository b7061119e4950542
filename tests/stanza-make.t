#!/bin/sh
# stanza-make: stanzas out of text, tables and options.
. "$(dirname "$0")/lib.sh"

M="<message xmlns='jabber:client'"

# made NAME WANT INPUT OPTION...: ids are not looked at.
made()
{
	md_name=$1 md_want=$2
	# shellcheck disable=SC2059
	printf "$3" >"$T/in"
	shift 3
	run sh -c '"$@" <"$0"' "$T/in" stanza-make "$@"
	is "$md_name" "$(sed "s/ id='[0-9a-v]\{24\}'//" "$T/out")" "$md_want"
}

made 'text from stdin, to an address in normal form' \
    "$M to='a@example.org' type='chat'><body>hello</body></message>" \
    'hello\n' A@EXAMPLE.org
made 'of many lines one message' \
    "$M to='a@b' type='chat'><body>1&#10;&#10;2&#10;</body></message>" \
    '1\n\n2\n\n' a@b
made '-m: without stdin' \
    "$M to='a@b' type='chat'><body>x &lt;y&gt; &amp; 'z'</body></message>" \
    'not this' -m "x <y> & 'z'" a@b
made 'to each recipient' "$M to='a@b' type='chat'><body>x</body></message>
$M to='c@d' type='chat'><body>x</body></message>" 'x' a@b c@d
made 'all that a message has' \
    "$M to='a@b' from='c@d/e' type='headline' xml:lang='it'><subject>s</subject><body>x</body><x xmlns='jabber:x:oob'><url>http://u/?a&amp;b</url></x></message>" \
    'x' -s s -t headline --from C@d/e --lang it --url 'http://u/?a&b' a@b
made '-l: a message per line, empty ones are none' \
    "$M to='a@b' type='chat'><body>1</body></message>
$M to='a@b' type='chat'><body>2</body></message>" '1\n\n2' -l a@b
made '-z: lines of input end in NUL' \
    "$M to='a@b' type='chat'><body>1&#10;1</body></message>
$M to='a@b' type='chat'><body>2</body></message>" '1\n1\0002\000' -l -z a@b
made 'what XML cannot carry is replaced' \
    "$M to='a@b' type='chat'><body>�[1m�</body></message>" \
    '\033[1m\377' a@b
like 'and that is told' "$T/err" '2 characters that XML cannot carry'
made '--tsv: escapes are undone' \
    "$M to='a@b' type='chat'><subject>s</subject><body>1&#10;2	\\é</body></message>
$M to='c@d' type='chat'><body>x</body></message>" \
    'a@b\ts\t1\\n2\\t\\\\\\u{e9}\nc@d\t\tx\n' --tsv to,subject,body
made '--tsv: to the operands' \
    "$M to='a@b' type='normal' id='7'><body>x</body></message>" \
    '7\tnormal\tx\n' --tsv id,type,body a@b
made '--jsonl' \
    "$M to='a@b' from='c@d' type='normal' id='7' xml:lang='it'><subject>s</subject><body>b\"é&#10;</body><x xmlns='jabber:x:oob'><url>u</url></x></message>" \
    '{"to":"a@b","from":"c@d","type":"normal","id":"7","lang":"it","subject":"s","body":"b\\"\\u00e9\\n","url":"u"}\n' \
    --jsonl
made '--presence' "<presence xmlns='jabber:client'/>" '' --presence
made '--presence with a type and a payload' \
    "<presence xmlns='jabber:client' to='a@b' type='subscribe'><x xmlns='u'> <y/> </x></presence>" \
    '' --presence -t subscribe --payload ' <x xmlns="u"> <y/> </x> ' a@b
made '--iq with a payload as an option' \
    "<iq xmlns='jabber:client' to='b' type='get'><ping xmlns='urn:xmpp:ping'/></iq>" \
    '' --iq get --payload "<ping xmlns='urn:xmpp:ping'/>" b
made '--iq with a payload on stdin' \
    "<iq xmlns='jabber:client' type='set'><p:a xmlns:p='u'>&#10;</p:a></iq>" \
    '<p:a xmlns:p="u">\n</p:a>\n' --iq set
made 'a message may have a payload alone' \
    "$M to='a@b' type='chat'><store xmlns='urn:xmpp:hints'/></message>" '' \
    --payload '<store xmlns="urn:xmpp:hints"/>' a@b

run stanza-make -m x --id 'a"b' a@b
is '--id: this one' "$(cat "$T/out")" \
    "$M to='a@b' type='chat' id='a\"b'><body>x</body></message>"
yes x | head -n 2000 | stanza-make -l a@b | stanza-cut -f id | sort -u >"$T/ids"
is 'no id comes twice' "$(wc -l <"$T/ids")" 2000
run sh -c 'printf "x\ny\n" | stanza-make -0 -l a@b'
is '-0: lines of output end in NUL' "$(tr '\0' '\n' <"$T/out" | wc -l)" 2

# bad_record NAME FORMAT GOOD BAD WHY
bad_record()
{
	# shellcheck disable=SC2059
	printf "$3\n$4\n$3\n" >"$T/in"
	# shellcheck disable=SC2086
	run sh -c "stanza-make $2 <'$T/in'"
	is "$1: 65" "$rc" 65
	is "$1: the others are made" "$(wc -l <"$T/out")" 2
	like "$1: says why" "$T/err" "^stanza-make: line 2: .*$5"
}

bad_record 'TSV: a column too few' '--tsv to,body' 'a@b\tx' 'a@b' 'columns'
bad_record 'TSV: one too many' '--tsv to,body' 'a@b\tx' 'a@b\tx\ty' 'columns'
bad_record 'TSV: a bad address' '--tsv to,body' 'a@b\tx' 'a@@b\tx' 'a@@b: '
bad_record 'TSV: a bad escape' '--tsv to,body' 'a@b\tx' 'a@b\t\\q' 'backslash'
bad_record 'TSV: no text' '--tsv to,body' 'a@b\tx' 'a@b\t' 'empty'
bad_record 'TSV: a bad type' '--tsv to,type,body' 'a@b\tchat\tx' \
    'a@b\tgossip\tx' 'type'
bad_record 'JSON: broken' '--jsonl a@b' '{"body":"x"}' '{"body":"x"' 'column'
bad_record 'JSON: unknown key' '--jsonl a@b' '{"body":"x"}' '{"bdy":"x"}' \
    'unknown key "bdy"'
bad_record 'JSON: no string' '--jsonl a@b' '{"body":"x"}' '{"body":1}' 'string'
bad_record 'JSON: twice' '--jsonl a@b' '{"body":"x"}' \
    '{"body":"x","body":"y"}' 'duplicate'
bad_record 'JSON: no object' '--jsonl a@b' '{"body":"x"}' '["body"]' 'object'
bad_record 'JSON: no recipient' '--jsonl' '{"to":"a@b","body":"x"}' \
    '{"body":"x"}' 'no recipient'

printf '\357\273\277one\r\n\r\ntwo\r\n' >"$T/crlf"
is 'lines: CR LF ends one, and a byte order mark begins none' \
    "$(stanza-make -l a@b <"$T/crlf" | stanza-cut -f body | tr '\n' ' ')" \
    'one two '
is 'TSV: CR LF ends a line' "$(printf 'a@b\tx\r\n' |
    stanza-make --tsv to,body | stanza-cut -f body)" x
is 'the whole text: a CR LF at its end is no part' \
    "$(printf 'x\r\n' | stanza-make a@b | stanza-cut -f body)" x

status 'an empty message is 65' 65 sh -c 'stanza-make a@b </dev/null'
for p in '<ping>' '' '<a/><b/>' '<!-- x --><a/>' 'text' '<a>&x;</a>' \
    '<p:a/>'; do
	status "payload $p: is refused" 65 stanza-make --iq get --payload "$p"
	is "payload $p: nothing is made" "$(cat "$T/out")" ''
done
for o in '' 'a@@b' '-t gossip a@b' '-l -m x a@b' '--id 1 a@b c@d' '-l' \
    '--id 1 -l a@b' '--tsv to,x' '--tsv to,to' '--iq result' \
    '--presence -s x' '--presence -t sub' '--tsv to --jsonl'; do
	# shellcheck disable=SC2086
	status "${o:-no recipient}: wrong usage" 64 stanza-make $o
done
finish
