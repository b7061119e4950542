#!/bin/sh
# stanza-cut: fields as TSV, as JSON, in a format.
. "$(dirname "$0")/lib.sh"

cat >"$T/in" <<'END'
<message from='Romeo@Verona.lit/a b' to='juliet@verona.lit' id='m1' type='chat' xml:lang='en'><subject>night</subject><body>But&#10;soft!&#9;\ &#x202e;x</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></message>
<presence from='verona.lit'/>
<iq type='result'><query xmlns='urn:q,r'><item k='1'>one</item><item k='2'>"two"</item></query></iq>
END

# cut_is NAME WANT OPTION...: printf makes WANT of its argument.
cut_is()
{
	ci_name=$1
	# shellcheck disable=SC2059
	ci_want=$(printf "$2")
	shift 2
	run stanza-cut "$@" "$T/in"
	is "$ci_name" "$(cat "$T/out")" "$ci_want"
}

cut_is '-f: attributes' 'Romeo@Verona.lit/a b\tjuliet@verona.lit\tchat\tm1\nverona.lit\t\t\t\n\t\tresult\t' \
    -f from,to,type,id
cut_is '-f: kind and language' 'message\ten\npresence\t\niq\t' -f kind,lang
cut_is '-f: text is escaped and stays one line' \
    'But\\nsoft!\\t\\\\ \\u{202e}x\n\n' -f body
cut_is '-f: subject and delay' 'night\t2026-01-01T00:00:00Z\n\t\n\t' \
    -f subject,delay
cut_is '-f: any attribute' 'en\n\n' -f @xml:lang
cut_is '-f: a path, its namespace may have commas' '\t\n\t\none\t1' \
    -f '{urn:q,r}query/item,{urn:q,r}query/item@k'
cut_is '-f: parts of an address' 'romeo@verona.lit\tverona.lit\tromeo\ta b\nverona.lit\tverona.lit\t\t\n\t\t\t' \
    -f 'from|bare,from|domain,from|local,from|resource'
cut_is '-s: only stanzas that have them all' 'Romeo@Verona.lit/a b\tnight' \
    -s -f from,subject
cut_is '--format: what it says, no line feed of its own' \
    'romeo@verona.lit: night (100%%)\n' \
    -s --format '%{from|bare}: %{subject} (100%%)\n'
cut_is '--format: a path in braces, tabs, a backslash' 'one\t\\;' \
    -s --format '%{{urn:q,r}query/item}\t\\;'
cut_is '--format: raw is not escaped' 'But\nsoft!\t\\ \342\200\256x;' \
    -s --format '%{body|raw};'
cut_is '--json: what there is' '{"kind":"message","from":"Romeo@Verona.lit/a b","to":"juliet@verona.lit","type":"chat","id":"m1","lang":"en","subject":"night","body":"But\\nsoft!\\t\\\\ \342\200\256x","delay":"2026-01-01T00:00:00Z"}\n{"kind":"presence","from":"verona.lit"}\n{"kind":"iq","type":"result"}' \
    --json
cut_is '--json: fields' '{"from":"romeo@verona.lit"}\n{"from":"verona.lit"}\n{}' \
    --json -f 'from|bare'

run stanza-cut -f . "$T/in"
run stanza-cut --format '%{.|raw}\n' "$T/in"
cp "$T/out" "$T/once"
run stanza-cut --format '%{.|raw}\n' "$T/once"
same '.: the stanza itself, the same when written again' "$T/out" "$T/once"
like '.: in canonical form' "$T/once" "^<presence xmlns='jabber:client' "

if command -v python3 >/dev/null; then
	run stanza-cut --json "$T/in"
	ok '--json: another parser takes it' python3 -c '
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]
assert rows[0]["body"] == "But\nsoft!\t\\ \u202ex", rows[0]
assert len(rows) == 3' "$T/out"
else
	skip 'no python3'
fi

# A field that is cut comes back through stanza-make.
run stanza-cut -s -f to,subject,body "$T/in"
stanza-make --tsv to,subject,body <"$T/out" >"$T/made"
stanza-cut -s -f to,subject,body "$T/made" >"$T/back"
same 'stanza-make --tsv undoes the escapes' "$T/back" "$T/out"

printf '%s\0' "<message id='1'/>" "<message id='2'/>" >"$T/nul"
run stanza-cut -0 -f id "$T/nul"
is '-0: lines end in NUL' "$(tr '\0' ';' <"$T/out")" '1;2;'

for o in '' '-f' '-f nothing' '-f from|nothing' '-f from,' \
    '--format %x' '--format %{from' '--format \x' '--json --format x'; do
	# shellcheck disable=SC2086
	status "${o:-no field}: wrong usage" 64 stanza-cut $o "$T/in"
done
# body STANZA: which of its bodies is the text.
body()
{
	printf '%s\n' "$1" | stanza-cut -f body
}
is 'an empty body hides none' \
    "$(body '<message><body/><body>b</body></message>')" b
is 'the body without a language comes first' "$(body "<message><body \
    xml:lang='fr'>f</body><body>b</body></message>")" b
is 'or the one in the language of the stanza' "$(body "<message xml:lang='de'>\
<body xml:lang='fr'>f</body><body xml:lang='de'>d</body></message>")" d
is 'else the first' "$(body "<message><body xml:lang='fr'>f</body><body \
    xml:lang='de'>d</body></message>")" f

finish
