#!/bin/sh
# What a login shows of passwords, tokens and what proves them, to whoever may
# look: nothing, by any mechanism, however loud a program is; and to those who
# ask for it, all.
. "$(dirname "$0")/lib.sh"

need openssl xmpp-serve xmpp-send xmpp-listen stream-dump

SASL='auth|initial-response|response|challenge|success|additional-data'

# payloads TRACE: what is between the tags of SASL, and tokens, a line each.
payloads()
{
	tr '\n' ' ' <"$1" | grep -aoE \
	    "<($SASL|hash|salt)( [^>]*[^/>])?>[^<]{8,}<| token='[^']*'" |
	    sed "s/<\$//; s/.*>//; s/^ token='//; s/'\$//"
}

# encoded TEXT: it, and where it may be in base64.
encoded()
{
	printf '%s\n' "$1"
	for before in '' x xx; do
		printf '%s%s' "$before" "$1" | openssl base64 -A |
		    sed 's/^....//; s/....$//'
		echo
	done
}

# without NAME FILE...: no secret is in any of them.
without()
{
	wo_name=$1
	shift
	if grep -aoFf "$T/secrets" "$@" >"$T/found"; then
		verdict 1 "$wo_name"
		note "$T/found"
	else
		verdict 0 "$wo_name"
	fi
}

# logins KIND COUNT MECHANISM [SERVE-OPTION...]: two of them, one after the
# other, with all there is to be seen; the second one's has COUNT payloads.
logins()
{
	lg_kind=$1 lg_count=$2 lg_mechanism=$3
	shift 3
	rm -rf "$T/state" "$T"/trace* "$T"/each*
	# shellcheck disable=SC2016
	XMPP_STATE=$T/state status "$lg_kind: two logins" 0 \
	    xmpp-serve -vvv --trace "$T/each" "$@" -- sh -c '
	    cp "$XMPP_CONFIG" "$0.config"
	    xmpp-send -vvv -a romeo --wait 0 -m 1 --trace "$0.1" \
		--trace-secrets juliet@localhost &&
	    xmpp-send -vvv -a romeo --wait 0 -m 2 --trace "$0.2" \
		--trace-secrets juliet@localhost &&
	    XMPP_STATE= xmpp-listen -vvv -a juliet -n 2 --timeout 10 \
		--trace "$0.3"' "$T/trace"
	like "$lg_kind: by $lg_mechanism" "$T/trace.2" \
	    "mechanism='$lg_mechanism'"
	{
		payloads "$T/trace.1"
		payloads "$T/trace.2"
		sed -n 's/^password = //p' "$T/trace.config" | sort -u |
		    while read -r password; do
			encoded "$password"
		done
		sed -n 's/^token .* //p' "$T/state/romeo@localhost"
	} >"$T/secrets"
	is "$lg_kind: what there is to hide" "$(payloads "$T/trace.2" |
	    wc -l | tr -d ' ')" "$lg_count"
	ok "$lg_kind: who asks for it is told" \
	    grep -qFf "$T/secrets" "$T/trace.2"
	without "$lg_kind: not so by -vvv, nor where it goes wrong" "$T/err"
	without "$lg_kind: nor in other traces" "$T/trace.3" "$T"/each.*
	for how in -a -p; do
		stream-dump $how "$T/trace.1" >"$T/dump.1"
		stream-dump $how "$T/trace.2" >"$T/dump.2"
		like "$lg_kind: stream-dump $how says that there is some" \
		    "$T/dump.2" '\[[0-9]+ characters'
		without "$lg_kind: stream-dump $how does not show it" \
		    "$T/dump.1" "$T/dump.2"
		stream-dump $how --secrets "$T/trace.2" >"$T/dump.2"
		ok "$lg_kind: unless it is to" grep -qFf "$T/secrets" \
		    "$T/dump.2"
	done
}

logins 'SASL2, PLAIN' 1 PLAIN -m PLAIN
logins 'classic, PLAIN' 1 PLAIN --no-sasl2 -m PLAIN
logins 'SASL2, SCRAM' 4 SCRAM-SHA-512-PLUS --no-fast
logins 'classic, SCRAM' 4 SCRAM-SHA-512-PLUS --no-sasl2
logins 'token' 2 HT-SHA-256-EXPR
logins 'upgrade' 4 SCRAM-SHA-512-PLUS --no-fast --store SCRAM-SHA-1
finish
