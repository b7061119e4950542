#!/bin/sh
# TLS against OpenSSL's own tools: versions and suites that are not for us, on
# either side, are refused, and why is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"
need openssl xmpp-send xmpp-serve

# --- As a client -------------------------------------------------------------

make_ca ca
printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$DOMAIN" \
    >"$T/rsa.ext"
openssl req -new -newkey rsa:2048 -nodes -keyout "$T/rsa.key" \
    -out "$T/rsa.csr" -subj /CN=x >"$T/openssl.log" 2>&1 &&
openssl x509 -req -in "$T/rsa.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
    -days 2 -extfile "$T/rsa.ext" -out "$T/rsa.pem" >>"$T/openssl.log" 2>&1 ||
note "$T/openssl.log"
printf '%s\n' "jid = romeo@$DOMAIN" 'password = secret' \
    "ca_file = $T/ca.pem" >"$T/account"
chmod 600 "$T/account"

# meets NAME STATUS REGEX OPTION...: a server of openssl's with these options.
meets()
{
	me_name=$1 me_want=$2 me_regex=$3
	shift 3
	me_port=$(port free 1)
	bg s_server openssl s_server -accept "127.0.0.1:$me_port" -quiet \
	    -cert "$T/rsa.pem" -key "$T/rsa.key" "$@"
	port wait "$me_port" 10 || note "$T/s_server.err"
	status "$me_name" "$me_want" xmpp-send -v -f "$T/account" --wait 0 \
	    --host 127.0.0.1 --port "$me_port" --tls direct --timeout 3 \
	    -m x "juliet@$DOMAIN"
	like "$me_name: is told" "$T/err" "$me_regex"
	stop "$pid"
}

none='has no cipher suite in common with us, of those with forward secrecy'
meets 'static RSA' 77 "$none" -tls1_2 -cipher AES128-GCM-SHA256
meets 'CBC' 77 "$none" -tls1_2 -cipher ECDHE-RSA-AES256-SHA384
meets 'CBC and SHA-1' 77 "$none" -tls1_2 -cipher ECDHE-RSA-AES128-SHA
meets 'no encryption' 77 "$none" -tls1_2 -cipher NULL-SHA256:@SECLEVEL=0
meets 'no authentication' 77 "$none" -tls1_2 \
    -cipher AECDH-AES128-SHA:@SECLEVEL=0
meets 'TLS 1.1' 77 'has no TLS 1\.2 or newer' -tls1_1 \
    -cipher ALL:@SECLEVEL=0
# these shake hands, and then say nothing
meets 'TLS 1.2' 75 'TLSv1\.2 ECDHE-RSA-AES128-GCM-SHA256, certificate' \
    -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
meets 'ChaCha20' 75 'TLSv1\.2 ECDHE-RSA-CHACHA20-POLY1305' \
    -tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305
meets 'a choice of both' 75 'TLSv1\.2 ECDHE-RSA-AES[0-9]*-GCM' \
    -tls1_2 -serverpref -cipher \
    AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384
meets 'TLS 1.3' 75 'TLSv1\.3 TLS_'

# --- As a server -------------------------------------------------------------

start_serve || finish

# greets NAME WANT OPTION...: a client of openssl's; WANT is its protocol.
greets()
{
	gr_name=$1 gr_want=$2
	shift 2
	openssl s_client -connect "127.0.0.1:$PORT" -servername localhost \
	    -CAfile "$(setting ca_file)" "$@" </dev/null >"$T/out" 2>&1
	is "$gr_name" "$(sed -n 's/^New, \([^,]*\),.*/\1/p' "$T/out" |
	    head -n 1)" "$gr_want"
}

greets 'xmpp-serve: TLS 1.3' TLSv1.3
greets 'xmpp-serve: TLS 1.2' TLSv1.2 -tls1_2
like 'no compression' "$T/out" '^Compression: NONE'
like 'secure renegotiation is what it tells' "$T/out" \
    '^Secure Renegotiation IS supported'
greets 'xmpp-serve: TLS 1.1' '(NONE)' -tls1_1 -cipher ALL:@SECLEVEL=0
greets 'xmpp-serve: CBC' '(NONE)' -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA
finish
