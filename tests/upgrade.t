#!/bin/sh
# A server that keeps a weak hash of the password gets a stronger one in a login
# (XEP-0480), and uses it from then on; and nobody else sees it.
. "$(dirname "$0")/lib.sh"

STATE=$T/state
mkdir -m 700 "$STATE"

# served [SERVE-OPTION...] -- SCRIPT: run SCRIPT, which may use send, with a
# server that keeps the accounts by SCRAM-SHA-1.
served()
{
	t_serve=
	while [ "$1" != -- ]; do
		t_serve="$t_serve $1"
		shift
	done
	# shellcheck disable=SC2086
	XMPP_STATE=$STATE run xmpp-serve -v --store SCRAM-SHA-1 $t_serve -- \
	    sh -c 'send() { xmpp-send -v --wait 0 -a romeo -m x "$@" \
	    juliet@localhost; }; '"$2" "$T/trace"
	grep -o 'as romeo.* by SCRAM[^,]*' "$T/err" | sed 's/.* by //' |
	    tr '\n' ' ' >"$T/by"
}

# twice a password, because tokens are not given
# shellcheck disable=SC2016
served --no-fast -- 'send --trace "$0" && send && send'
is 'an account that is kept weakly' "$rc" 0
is 'is logged in to more strongly the next time' "$(cat "$T/by")" \
    'SCRAM-SHA-1-PLUS SCRAM-SHA-512-PLUS SCRAM-SHA-512-PLUS '
like 'which the client says' "$T/err" \
    '^xmpp-send: .*better hash .*UPGR-SCRAM-SHA-512'
is 'and does once' "$(grep -c 'better hash' "$T/err")" 1
like 'and so does the server' "$T/err" \
    '^xmpp-serve: .*by SCRAM-SHA-1-PLUS, upgraded to SCRAM-SHA-512'
like 'a trace has the upgrade' "$T/trace" '<continue .*UPGR-SCRAM-SHA-512'
like 'without the salt' "$T/trace" "iterations='4096'>REMOVED<"
like 'and without the hash' "$T/trace" "<hash [^>]*>REMOVED</hash>"
run stream-dump -a "$T/trace"
like 'as has what is shown of it' "$T/out" '<hash .*>\[removed\]</hash>'
unlike 'and -v has nothing of either' "$T/err" 'hash.*[A-Za-z0-9+/]{40}'
like 'what is remembered is the stronger one' "$STATE/romeo@localhost" \
    '^strongest SCRAM-SHA-512-PLUS$'

# shellcheck disable=SC2016
served --no-fast -- 'send --forget --trace "$0" --trace-secrets'
is 'with --trace-secrets' "$rc" 0
like 'a trace has the hash' "$T/trace" '<hash [^>]*>[A-Za-z0-9+/]{86}==</hash>'
run stream-dump -a "$T/trace"
like 'but stream-dump shows it only if it is asked to' "$T/out" \
    '<hash .*>\[88 characters\]</hash>'
run stream-dump -a --secrets "$T/trace"
like 'and then it does' "$T/out" '[A-Za-z0-9+/]{86}==</hash>'

rm -rf "${STATE:?}"/*
served -- 'send && send'
is 'a token that is asked for in the same breath' "$rc" 0
like 'comes behind the upgrade' "$T/err" 'UPGR-SCRAM-SHA-512'
like 'and is good' "$T/err" 'as romeo.* by HT-SHA-256-EXPR'

rm -rf "${STATE:?}"/*
served --no-fast -- 'send --sasl SCRAM-SHA-1-PLUS &&
    send --sasl SCRAM-SHA-256-PLUS,SCRAM-SHA-1-PLUS'
is 'where --sasl names what there is' "$rc" 0
like 'it names what is upgraded to' "$T/err" '\(UPGR-SCRAM-SHA-256\)$'
is 'or not' "$(grep -c 'better hash' "$T/err")" 1

rm -rf "${STATE:?}"/*
# shellcheck disable=SC2016
served --no-fast -- 'send --sasl SCRAM-SHA-1-PLUS && send --trace "$0" && send'
is 'one that was remembered' "$rc" 0
is 'is upgraded, and then not counted on any more' "$(cat "$T/by")" \
    'SCRAM-SHA-1-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512-PLUS '
"$B/stream-dump" "$T/trace" |
    sed 's/^<\([a-z]*:\)\{0,1\}\([a-z-]*\)[^a-z-].*/\2/' >"$T/order"
is 'with the request sent ahead, and a message behind' \
    "$(grep -xE 'authenticate|challenge|continue|next|task-data|success|message' \
    "$T/order" | uniq | tr '\n' ' ')" \
    'authenticate challenge continue next task-data success message '

# Nothing to be had where there is no binding, SASL2 or need.
served --no-fast -m SCRAM-SHA-1 -m SCRAM-SHA-512 -- 'send --forget'
is 'a login that is not bound' "$rc" 0
unlike 'gives nothing away' "$T/err" 'better hash'
served --no-sasl2 -- 'send --forget'
is 'the classic login' "$rc" 0
unlike 'has no upgrade' "$T/err" 'better hash'
XMPP_STATE='' run xmpp-serve --store SCRAM-SHA-512 -- \
    xmpp-send -v --wait 0 -a romeo -m x juliet@localhost
is 'what is kept strongly' "$rc" 0
unlike 'needs none' "$T/err" 'better hash'
status 'what cannot be kept is a mistake' 64 xmpp-serve --store PLAIN -- true
like 'and explained' "$T/err" '^xmpp-serve: --store: PLAIN is no SCRAM'

finish
