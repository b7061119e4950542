#!/bin/sh
# stanza-grep: each condition, their conjunction, its exit statuses.
. "$(dirname "$0")/lib.sh"

cat >"$T/in" <<'END'
<message from='Romeo@Verona.lit/orchard' to='juliet@verona.lit' id='m1' type='chat'><subject>night</subject><body>But soft!</body></message>
<message  from="juliet@verona.lit/balcony" id='m2'><body>O Romeo, Romeo</body><body xml:lang='cs'>Ó Romeo</body><x xmlns='jabber:x:oob'><url>http://v/</url></x></message>
<presence from='verona.lit'/>
<presence from='tybalt@capulet.lit/x' type='unavailable'/>
<iq from='nurse@conference.verona.lit/The Nurse' type='result' id='i1'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>
<iq from='not@@valid' type='error' id='i2'/>
<message from='verona.lit/server' type='headline'><body>Über allen Gipfeln
ist Ruh</body></message>
<message><body/></message>
END
tr '\n' '\001' <"$T/in" | sed 's/Gipfeln\o1/Gipfeln\&#10;/' | tr '\001' '\n' \
    >"$T/lines"

# sel NAME WANT OPTION...: the numbers of the lines that are selected.
sel()
{
	sel_name=$1 sel_want=$2
	shift 2
	run stanza-grep "$@" "$T/lines"
	is "$sel_name" "$(grep -nxFf "$T/out" "$T/lines" | cut -d: -f1 |
	    paste -sd' ' -)" "$sel_want"
}

sel 'without conditions all is selected' '1 2 3 4 5 6 7 8'
same 'and passed on byte for byte' "$T/out" "$T/lines"
sel '-n: a name' '1 2 7 8' -n message
sel '-n: several' '3 4 5 6' -n presence,iq
sel '-n: a part of a name is none' '' -n mess
sel '-t: a type' 1 -t chat
sel '-t: no type is normal in a message' '2 8' -t normal
sel '-t: and available in a presence' 3 -t available
sel '--id' 5 --id i1
sel '--from: a full address' 2 --from juliet@verona.lit/balcony
sel '--from: another resource does not match' '' --from juliet@verona.lit/x
sel '--from: a bare one has all resources, in normal form' 1 \
    --from ROMEO@verona.LIT
sel '--from: a domain has everybody there' '1 2 3 7' --from verona.lit
sel '--from: an asterisk in the localpart' '1 2' --from '*@verona.lit'
sel '--from: in the domainpart' 5 --from '*@*.verona.lit'
sel '--from: in the resourcepart, case counts there' 5 \
    --from '*@*/The *'
sel '--from: it does not cross parts' '' --from 'romeo*orchard'
sel '--from: an address that is invalid matches nothing' '1 2 3 4 5 7' \
    --from '*'
sel '--to' 1 --to juliet@verona.lit
sel '--has: an element' 2 --has '{jabber:x:oob}x/url'
sel '--has: an element in an element' 5 --has '{jabber:iq:roster}query/item'
sel '--has: an attribute of it' 5 \
    --has '{jabber:iq:roster}query/item@jid'
sel '--has: of another namespace it is not there' '' \
    --has '{jabber:x:data}x/url'
sel '--has: a named field' 1 --has subject
sel '--has: an attribute of the stanza' '1 2 5 6' --has @id
sel '--has: both of two' 1 --has subject --has @to
sel '--body: a regular expression' '1 2' --body 'soft|Romeo'
sel '--body: any of several bodies' 2 --body '^Ó'
sel '--body: a dot is a character, not a byte' 7 --body '^.ber'
sel '--body: -i folds case, beyond ASCII too' 7 -i --body '^ÜBER'
sel '--body: an empty one matches an empty expression' '1 2 7 8' --body ''
sel 'all conditions must hold' 2 -n message --from verona.lit --body Romeo
sel '-v: all that do not meet them' '1 3 4 5 6 7 8' -v -n message \
    --from verona.lit --body Romeo
sel '-m: the first ones' '1 2' -m 2
sel '-m 0: none' '' -m 0

run stanza-grep -c -n message "$T/lines"
is '-c: how many' "$(cat "$T/out")" 4
run stanza-grep -c --id nothing "$T/lines"
is '-c: none is 0, and status 1' "$(cat "$T/out") $rc" '0 1'
status 'nothing selected is 1' 1 stanza-grep --id nothing "$T/lines"
status '-q: 0 at the first' 0 stanza-grep -q -n iq "$T/lines"
is '-q: says nothing' "$(cat "$T/out")" ''
status '-q: 1 if there is none' 1 stanza-grep -q -n query "$T/lines"
(cat "$T/lines"; echo bad) >"$T/bad"
status 'a bad line is 65, though others were selected' 65 \
    stanza-grep -n iq "$T/bad"
status '-q: 0 before any bad line' 0 stanza-grep -q -n iq "$T/bad"

tr '\n' '\0' <"$T/lines" >"$T/nul"
run stanza-grep -0 -n iq "$T/nul"
tr '\0' '\n' <"$T/out" >"$T/back"
stanza-grep -n iq "$T/lines" >"$T/want"
same '-0: lines end in NUL' "$T/back" "$T/want"

for o in '--from a@@b' '--from @b' '--body (' '--has nothing' '-m x' \
    '--to' '--from a@b/'; do
	# shellcheck disable=SC2086
	status "$o: wrong usage" 64 stanza-grep $o "$T/lines"
done
finish
