#!/bin/sh
# SASL2 with Bind 2, stream management and tokens, against a server that is not
# ours.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"
need openssl port xmpp-send xmpp-listen stream-dump
have_prosody || skip_all 'no Prosody here'
have_prosody_sasl2 || skip_all 'no prosody-modules with SASL2 here'

XMPP_STATE=$T/state
export XMPP_STATE
FILE=$T/state/romeo@$DOMAIN
OPTIONS=

# sends NAME MECHANISM [CONNECTIONS]: one message as romeo, and how, with the
# options in $OPTIONS.
sends()
{
	# shellcheck disable=SC2086
	status "$1" 0 xmpp-send -v -a romeo-direct --wait 0 -m "$1" $OPTIONS \
	    --trace "$T/trace" "juliet@$DOMAIN"
	like "$1: by $2" "$T/err" "logged in as .* by $2(, bound by .*)?\$"
	unlike "$1: no complaint" "$T/err" 'cannot|password'
	is "$1: connections" "$(grep -c 'connected in' "$T/err")" "${3:-1}"
	[ $# -gt 2 ] || stream-dump "$T/trace" >"$T/dump"
	like "$1: Bind 2 and stream management in one" "$T/trace" \
	    '<success .*<bound [^>]*><enabled '
	like "$1: acknowledged" "$T/trace" '<a [^>]*h=.1.'
	unlike "$1: no token in the trace" "$T/trace" secret-token
}

# order NAME...: these elements, in this order, were on the connection.
order()
{
	sed 's/^<\([a-z]*:\)\{0,1\}\([a-z]*\)[^a-z].*/\2/' "$T/dump" |
	    grep -vx '[ar]' | tr '\n' ' ' >"$T/order"
	echo "$* " | tr -d '\n' | cmp - "$T/order" || { cat "$T/order"; false; }
}

# has_all NAMES: juliet has all of it, in order and once.
has_all()
{
	status "the other side of $1" 0 xmpp-listen -v -a juliet -t \
	    -n "$(echo "$1" | wc -w)" --timeout 20
	is 'has all of it, in order' "$(cut -f 2 "$T/out" | tr '\n' ' ')" "$1"
	unlike 'Prosody has no complaint' "$T/prosody/log" Traceback
}

token()
{
	sed -n 's/^token \([^ ]*\) [0-9]* /\1 /p' "$FILE"
}

start_prosody sasl2=yes || { verdict 1 'Prosody starts'; finish; }
sends first SCRAM-SHA-256
ok 'first: after the features' \
    order features authenticate challenge response success features message
sends second HT-SHA-256-EXPR
ok 'second: ahead of them, and of success' \
    order authenticate message iq features success features iq
unlike 'second: no new token yet' "$T/dump" '<token'

old=$(token)
rm -rf "$T"/prosody/data/*/fast_tokens*
# It takes no second try on a stream.
sends revoked SCRAM-SHA-256 2
like 'revoked: a token, and what for' "$FILE" '^token HT-SHA-256-EXPR '
ok 'revoked: another than before' test "$(token)" != "$old"
sends again HT-SHA-256-EXPR

has_all 'first second revoked again '
stop "$SERVER"

start_prosody sasl2=yes rotate=yes || verdict 1 'Prosody starts again'
sends forgotten SCRAM-SHA-256 2
old=$(token)
sends rotated HT-SHA-256-EXPR
like 'rotated: a new token' "$T/dump" '<success .*<token .*token=.REMOVED'
like 'rotated: kept' "$FILE" '^token HT-SHA-256-EXPR '
ok 'rotated: not the old one' test "$(token)" != "$old"
sends after HT-SHA-256-EXPR
# The password is all there is, and its message goes with the last step of it,
# unless that leads to somebody who has not proved to know it.
OPTIONS='--sasl SCRAM-SHA-256'
sends scram SCRAM-SHA-256
ok 'scram: before success' \
    order authenticate features challenge response message iq success \
    features iq
has_all 'forgotten rotated after scram '
stop "$SERVER"
make_cert ca second "$DOMAIN"
start_prosody sasl2=yes cert=second || verdict 1 'Prosody starts with a new key'
sends 'new-key' SCRAM-SHA-256
ok 'new-key: behind success' \
    order authenticate features challenge response success features message
sends 'known-key' SCRAM-SHA-256
ok 'known-key: before success' \
    order authenticate features challenge response message iq success \
    features iq
has_all 'new-key known-key '
stop "$SERVER"
OPTIONS=

# Before TLS 1.3 the channel is told by another name.
start_prosody sasl2=yes mechanisms='SCRAM-SHA-256 SCRAM-SHA-256-PLUS' ||
	verdict 1 'Prosody starts with TLS 1.2'
rm "$FILE"
sends tls1.2 SCRAM-SHA-256-PLUS
sends tls1.2-token HT-SHA-256-UNIQ
finish
