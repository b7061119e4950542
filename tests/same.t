#!/bin/sh
# `stanza-make X | xmpp-connect` sends byte for byte what `xmpp-send X` sends,
# ids aside; what arrives goes through the other filters.
. "$(dirname "$0")/lib.sh"

printf 'By a name\nI know not <how> & "why"\t\303\251 \033[1m\n' >"$T/text"

# What the server routes to juliet, without ids and the sender's resource.
routed()
{
	stanza-grep -n message --to "juliet@localhost" "$1" |
	    sed -e "s/ id='[^']*'//" -e "s|from='\([^/']*\)/[^']*'|from='\1'|"
}

# both NAME OPTION...: by the one and by the other.
both()
{
	bo_name=$1
	shift
	status "$bo_name: xmpp-send" 0 xmpp-serve -o "$T/routed" -- sh -c '
	    in=$1; shift
	    xmpp-send --wait 0 "$@" juliet@localhost <"$in"' sh "$T/text" "$@"
	routed "$T/routed" >"$T/one"
	status "$bo_name: stanza-make and xmpp-connect" 0 \
	    xmpp-serve -o "$T/routed" -- sh -c '
	    in=$1; shift
	    stanza-make "$@" juliet@localhost <"$in" | xmpp-connect -n' \
	    sh "$T/text" "$@"
	routed "$T/routed" >"$T/two"
	ok "$bo_name: something was sent" test -s "$T/one"
	same "$bo_name: it is the same" "$T/two" "$T/one"
}

both 'text'
both 'with subject and type' -s 'Balcony & night' -t headline
both 'lines' -l
both '-m' -m 'one <line>'
finish
