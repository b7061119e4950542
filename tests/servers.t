#!/bin/sh
# The ground the other tests stand on: each real server starts, has the
# certificate of its domain on both ports, offers the mechanisms it was told to
# and lets romeo in, all according to OpenSSL's own client.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"
. "$(dirname "$0")/ejabberd.sh"

need openssl port

NS="xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
SASL="xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"

# talk PASSWORD [S_CLIENT-OPTION...]: opens a stream and logs in with PLAIN;
# what the server says is in $T/said.
talk()
{
	t_auth=$(printf '\0romeo\0%s' "$1" | openssl base64 -A)
	shift
	mkfifo "$T/say"
	openssl s_client -quiet -verify_return_error -CAfile "$T/ca.pem" \
	    -verify_hostname "$DOMAIN" "$@" <"$T/say" >"$T/said" 2>"$T/err" &
	t_pid=$!
	PIDS="$PIDS $t_pid"
	exec 3>"$T/say"
	rm "$T/say"
	say "<stream:stream to='$DOMAIN' version='1.0' $NS>"
	wait_for 10 heard '</stream:features>'
	say "<auth $SASL mechanism='PLAIN'>$t_auth</auth>"
	wait_for 10 heard '<(success|failure) '
	exec 3>&-
	stop "$t_pid"
}

# In a subshell, so that only that one dies if nobody listens any more.
say()
{
	(printf '%s' "$1" >&3) 2>/dev/null
}

heard()
{
	gone "$t_pid" || grep -Eq "$1" "$T/said"
}

starttls()
{
	talk "$PASSWORD" -connect "127.0.0.1:$PORT" -starttls xmpp \
	    -xmpphost "$DOMAIN"
}

try_server()
{
	"start_$1" || { verdict 1 "$1 starts"; return; }
	starttls
	like "$1: STARTTLS, login" "$T/said" '<success '
	talk "$PASSWORD" -connect "127.0.0.1:$TLSPORT" -alpn xmpp-client
	like "$1: direct TLS, login" "$T/said" '<success '
	talk wrong -connect "127.0.0.1:$TLSPORT" -alpn xmpp-client
	like "$1: another password is refused" "$T/said" '<not-authorized'
	like "$1: PLAIN is offered" "$T/said" 'PLAIN<'
	like "$1: SCRAM-SHA-1 is offered" "$T/said" 'SCRAM-SHA-1<'
	like "$1: SCRAM-SHA-256 is offered" "$T/said" 'SCRAM-SHA-256<'
	stop "$SERVER"
	is "$1: ends when it is told to" "$rc" 0
	ok "$1: nobody listens any more" refused

	"start_$1" mechanisms=PLAIN cert=other
	talk "$PASSWORD" -connect "127.0.0.1:$PORT" -starttls xmpp \
	    -xmpphost "$DOMAIN"
	unlike "$1: the other certificate is refused" "$T/said" '<success '
	like "$1: for its name" "$T/err" 'hostname mismatch'
	talk "$PASSWORD" -connect "127.0.0.1:$PORT" -starttls xmpp \
	    -xmpphost "$DOMAIN" -verify_hostname mantua.test
	like "$1: PLAIN alone" "$T/said" 'PLAIN<'
	unlike "$1: and nothing else" "$T/said" 'SCRAM'
	crash "$SERVER"
}

refused()
{
	! port wait "$PORT" 0
}

if have_prosody; then try_server prosody; else skip "no Prosody here"; fi
if have_ejabberd; then try_server ejabberd; else skip "no ejabberd here"; fi
finish
