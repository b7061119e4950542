#!/bin/sh
# Somebody between us and a real server, with a certificate that we trust: what
# is bound to the channel does not go through, and nothing secret is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"
. "$(dirname "$0")/prosody.sh"

need python3 openssl xmpp-serve xmpp-send
MIDDLE=$TOP/tests/middle.py
make_certs || exit 1
make_cert ca middle localhost || exit 1

# between NAME [TRICK...]: one that leads to $TO as $DOMAIN, its port in
# $MIDPORT, what it has heard in $RECORD.
between()
{
	RECORD=$T/record.$1
	bt_name=$1
	shift
	: >"$RECORD"
	bg "middle.$bt_name" python3 "$MIDDLE" "$TO" "$DOMAIN" \
	    "$T/$CERT" "$RECORD" "$@"
	MIDDLE_PID=$pid
	wait_for 10 test -s "$T/middle.$bt_name.out" ||
		note "$T/middle.$bt_name.err"
	MIDPORT=$(cat "$T/middle.$bt_name.out")
}

# through TLS [OPTION...]: a message by way of the middle.
through()
{
	th_tls=$1
	shift
	run xmpp-send --ca-file "$T/ca.pem" --host 127.0.0.1 \
	    --port "$MIDPORT" --tls "$th_tls" -a romeo --timeout 10 --wait 0 \
	    -m 'But soft' "$@" "juliet@$DOMAIN"
}

has_no_secret()
{
	! grep -aFf "$T/secrets" "$RECORD" && ! grep -a '=.PLAIN' "$RECORD"
}

# discreet NAME: what was heard is no secret.
discreet()
{
	ok "$1: nothing secret is told" has_no_secret
	unlike "$1: nothing is sent" "$RECORD" '<message|<presence|<iq'
}

# stopped NAME TRICKS [OPTION...]: with these tricks, both ways of TLS.
stopped()
{
	sp_name=$1 sp_tricks=$2
	shift 2
	# shellcheck disable=SC2086
	between middle $sp_tricks
	for tls in starttls direct; do
		: >"$RECORD"
		through "$tls" "$@"
		is "$sp_name, $tls" "$rc" 77
		ok "$sp_name, $tls: told why" test -s "$T/err"
		discreet "$sp_name, $tls"
	done
	stop "$MIDDLE_PID"
}

# --- The throwaway server ----------------------------------------------------

CERT=middle
for o in '' --no-sasl2; do
	# shellcheck disable=SC2086
	start_serve -v $o || finish
	TO=$PORT
	python3 "$TOP/tests/hostile.py" --secrets "$(setting password)" \
	    >"$T/secrets"
	stopped "bound by tls-exporter${o:+, $o}" ''
	stopped "bound before TLS 1.3${o:+, $o}" tls1.2
	stopped "the types are removed${o:+, $o}" types
	stopped "the mechanisms are removed${o:+, $o}" plus
	stopped "both are removed${o:+, $o}" 'plus types'
	stopped "SCRAM alone is wanted, and PLAIN there${o:+, $o}" plain \
	    --sasl SCRAM-SHA-256,SCRAM-SHA-512

	stopped "what binds is out of reach, and PLAIN there${o:+, $o}" \
	    'bound bogus'
	like "that is told as it is${o:+, $o}" "$T/err" \
	    'SCRAM-SHA-256-PLUS.*only PLAIN can be used.*--sasl PLAIN'

	# So that it is known what stops it.
	between open
	through starttls --sasl SCRAM-SHA-256
	is "without a binding it goes through${o:+, $o}" "$rc" 0
	like "and is read${o:+, $o}" "$RECORD" 'But soft'
	stop "$MIDDLE_PID"
	[ -z "$o" ] || break
	stop "$SERVER"
done

# What is known of the account: who had it once does not take less.
XMPP_STATE=$T/state
export XMPP_STATE
status 'a login that is remembered' 0 xmpp-send -a romeo --wait 0 -m x \
    juliet@localhost
stopped 'nothing but PLAIN is left, of which there was more' 'plain types'
stop "$SERVER"

start_serve -v || finish
TO=$PORT
rm -r "$T/state"
python3 "$TOP/tests/hostile.py" --secrets "$(setting password)" >"$T/secrets"
status 'a login that gives a token' 0 xmpp-send -a romeo --wait 0 -m x \
    juliet@localhost
key=$(sed -n 's/^token .* //p' "$T/state/romeo@localhost")
ok 'it is kept' test -n "$key"
{
	echo "$key"
	echo "$key" | openssl base64 -d
	echo
} >>"$T/secrets"
cp -R "$T/state" "$T/fast"
stopped 'a token and then the password are bound' ''
like 'the token was shown' "$RECORD" "mechanism='HT-SHA-256-EXPR'"
for trick in sasl2 'plain types' 'plain types sasl2'; do
	rm -r "$T/state"
	cp -R "$T/fast" "$T/state"
	stopped "with a memory: $trick" "$trick"
done
status 'the server itself is as good as before' 0 xmpp-send -a romeo --wait 0 \
    -m x juliet@localhost
is 'it has seen nobody but us' "$(grep -c ' by ' "$T/serve.err")" 2
stop "$SERVER"

# --- Prosody -----------------------------------------------------------------

XMPP_STATE=
if have_prosody; then
	DOMAIN=verona.test CERT=server
	start_prosody mechanisms='SCRAM-SHA-256 SCRAM-SHA-256-PLUS' ||
		verdict 1 'Prosody starts'
	python3 "$TOP/tests/hostile.py" --secrets "$PASSWORD" >"$T/secrets"
	make_cert ca middle "$DOMAIN"
	CERT=middle TO=$PORT,$TLSPORT
	stopped 'Prosody: bound' ''
	between open
	through starttls --sasl SCRAM-SHA-256
	is 'Prosody: without a binding it goes through' "$rc" 0
else
	skip 'no Prosody here'
fi
finish
