#!/bin/sh
# Certificates that a server may have, made here: what becomes of each, and what
# is said of it, by STARTTLS and by direct TLS.
. "$(dirname "$0")/lib.sh"
need xmpp-send python3 openssl

DOMAIN=chat.verona.test
MESSAGE='not one word of this for a stranger'

# --- An authority ------------------------------------------------------------

# authority NAME: a CA that keeps a list of what it signed, in $T/NAME.
authority()
{
	mkdir "$T/$1" && make_ca "$1" || return 1
	: >"$T/$1/index"
	echo 1000 >"$T/$1/serial"
	cat >"$T/$1/conf" <<-EOF
	[ca]
	default_ca = us
	[us]
	database = $T/$1/index
	serial = $T/$1/serial
	new_certs_dir = $T/$1
	certificate = $T/$1.pem
	private_key = $T/$1.key
	default_md = sha256
	default_days = 2
	default_crl_days = 2
	policy = any
	unique_subject = no
	[any]
	commonName = optional
	EOF
}

# dns_der NAME...: dNSNames as DER in hex, so that one can hold what none
# should; written as printf(1) has it.
dns_der()
{
	dd_all=
	for dd; do
		dd_hex=$(printf '%b' "$dd" | od -An -v -tx1 | tr -d ' \n')
		dd_all=$dd_all$(printf '82%02x%s' $((${#dd_hex} / 2)) "$dd_hex")
	done
	printf 'DER:30%02x%s' $((${#dd_all} / 2)) "$dd_all"
}

# When COUNT days from now are, as openssl-ca(1) wants it.
days()
{
	date -u -d "$1 days" +%Y%m%d%H%M%SZ
}

# issue CA NAME SAN [KEY [CA-OPTION...]]: $T/NAME.pem and its key, for the
# names SAN as x509v3_config(5) has them, or none.
issue()
{
	is_ca=$1 is_name=$2 is_san=$3 is_key=${4:-ec -pkeyopt ec_paramgen_curve:P-256}
	shift 3
	[ $# -eq 0 ] || shift
	{
		echo basicConstraints=CA:FALSE
		echo extendedKeyUsage=serverAuth
		[ -z "$is_san" ] || echo "subjectAltName=$is_san"
	} >"$T/ext"
	# shellcheck disable=SC2086
	openssl req -new -newkey $is_key -nodes -keyout "$T/$is_name.key" \
	    -out "$T/csr" -subj "/CN=$DOMAIN" -utf8 >"$T/openssl.log" 2>&1 &&
	openssl ca -batch -config "$T/$is_ca/conf" -in "$T/csr" -notext \
	    -out "$T/$is_name.pem" -extfile "$T/ext" "$@" \
	    >>"$T/openssl.log" 2>&1 || { note "$T/openssl.log"; return 1; }
}

# crl CA [OPTION...]: its list of revoked certificates, $T/CA.crl.
crl()
{
	crl_ca=$1
	shift
	openssl ca -config "$T/$crl_ca/conf" -gencrl -out "$T/$crl_ca.crl" \
	    "$@" >"$T/openssl.log" 2>&1 || note "$T/openssl.log"
}

revoke()
{
	openssl ca -config "$T/$1/conf" -revoke "$T/$2.pem" \
	    >"$T/openssl.log" 2>&1 || note "$T/openssl.log"
}

# subordinate CA NAME: authority NAME is CA's from now on.
subordinate()
{
	{
		echo basicConstraints=critical,CA:TRUE
		echo keyUsage=critical,keyCertSign,cRLSign
	} >"$T/ext"
	openssl req -new -key "$T/$2.key" -out "$T/csr" -subj "/CN=$2" \
	    >"$T/openssl.log" 2>&1 &&
	openssl ca -batch -config "$T/$1/conf" -in "$T/csr" -notext \
	    -out "$T/$2.pem" -extfile "$T/ext" >>"$T/openssl.log" 2>&1 ||
	note "$T/openssl.log"
}

# The pin of a certificate, as the manual page says.
pin()
{
	printf 'sha256//'
	openssl x509 -in "$T/$1.pem" -pubkey -noout |
	    openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -binary | base64
}

# --- A server ----------------------------------------------------------------

# serve PLAY: one with the certificate $T/now, in $T/PLAY.
serve()
{
	mkdir -p "$T/$1"
	rm -f "$T/$1/port"
	: >"$T/$1/record"
	bg "$1" python3 -W ignore "$TOP/tests/hostile.py" "$T" "$DOMAIN" \
	    "$PASSWORD" "$T/now" "$1"
	wait_for 10 test -s "$T/$1/port" || note "$T/$1.err"
}

shows()
{
	cp "$T/$1.pem" "$T/now.pem"
	cp "$T/$1.key" "$T/now.key"
}

# try NAME PLAY WANT REGEX [OPTION...]: what xmpp-send does and says; a server
# that is not trusted hears nothing.
try()
{
	try_name=$1 try_play=$2 try_want=$3 try_regex=$4
	shift 4
	alive "$pid" || serve "$try_play"
	: >"$T/$try_play/record"
	status "$try_name" "$try_want" xmpp-send -a "$try_play" --wait 0 \
	    -m "$MESSAGE" "$@" "juliet@$DOMAIN"
	[ -z "$try_regex" ] || like "$try_name: says so" "$T/err" "$try_regex"
	if [ "$try_want" -eq 0 ]; then
		like "$try_name: arrives" "$T/$try_play/record" "^tls .*$MESSAGE"
	else
		unlike "$try_name: nothing is said" "$T/$try_play/record" \
		    '^(tls|sasl) '
	fi
}

authority ca && authority stranger || exit
srv='otherName:1.3.6.1.5.5.7.8.7;IA5STRING:'
xmpp='otherName:1.3.6.1.5.5.7.8.5;UTF8:'

issue ca right "DNS:$DOMAIN"
issue ca wildcard 'DNS:*.verona.test'
issue ca wild-self "DNS:*.$DOMAIN"
issue ca wild-two 'DNS:*.test'
issue ca wild-inner 'DNS:chat.*.test'
issue ca wild-part 'DNS:ch*.verona.test,DNS:*t.verona.test'
issue ca wild-srv "${srv}_xmpp-client.*.verona.test"
issue ca wild-xmpp "${xmpp}*.verona.test"
issue ca longer "DNS:$DOMAIN.evil.test,DNS:not$DOMAIN"
issue ca nul "$(dns_der "$DOMAIN\\0.evil.test")"
issue ca host 'DNS:localhost,IP:127.0.0.1'
issue ca user "${xmpp}romeo@$DOMAIN"
issue ca srv-id "${srv}_xmpp-client.$DOMAIN"
issue ca srv-other "${srv}_xmpp-server.$DOMAIN"
issue ca xmppaddr "${xmpp}$DOMAIN"
issue ca cn-only ''
issue ca wrong 'DNS:mantua.test,DNS:verona.test'
issue ca expired "DNS:$DOMAIN" '' -startdate "$(days -3)" -enddate "$(days -1)"
issue ca early "DNS:$DOMAIN" '' -startdate "$(days 1)" -enddate "$(days 3)"
issue ca weak "DNS:$DOMAIN" rsa:1024
issue ca sha1 "DNS:$DOMAIN" '' -md sha1
issue ca revoked "DNS:$DOMAIN"
issue stranger strange "DNS:$DOMAIN"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$T/self.key" -out "$T/self.pem" -days 2 -subj "/CN=$DOMAIN" \
    -addext "subjectAltName=DNS:$DOMAIN" >"$T/openssl.log" 2>&1

authority sub && subordinate ca sub && issue sub below "DNS:$DOMAIN"
cp "$T/below.pem" "$T/headless.pem"
cp "$T/below.key" "$T/headless.key"
cat "$T/sub.pem" >>"$T/below.pem"
crl sub

crl ca
cp "$T/ca.crl" "$T/before.crl"
cat "$T/before.crl" "$T/sub.crl" >"$T/chain.crl"
revoke ca sub
crl ca
cat "$T/ca.crl" "$T/sub.crl" >"$T/cut.crl"
revoke ca revoked
crl ca
crl stranger
cp "$T/ca.crl" "$T/late.crl"
openssl ca -config "$T/ca/conf" -gencrl -out "$T/old.crl" \
    -crl_lastupdate "$(days -3)" -crl_nextupdate "$(days -1)" \
    >"$T/openssl.log" 2>&1 || note "$T/openssl.log"

table='right		0
wildcard	0
srv-id		0
xmppaddr	0
wild-self	77	not for chat.verona.test, only for \*\.chat\.verona\.test$
wild-two	77	not for chat.verona.test, only for \*\.test$
wild-inner	77	only for chat\.\*\.test$
wild-part	77	only for ch\*\.verona\.test, \*t\.verona\.test$
wild-srv	77	only for _xmpp-client\.\*\.verona\.test$
wild-xmpp	77	only for \*\.verona\.test$
srv-other	77	not for chat.verona.test, only for _xmpp-server\.chat\.verona\.test$
cn-only		77	not for chat.verona.test nor any .*common name does not count
wrong		77	only for mantua\.test, verona\.test$
host		77	only for localhost, 127\.0\.0\.1$
longer		77	only for chat\.verona\.test\.evil\.test, notchat\.verona
nul		77	only for chat\.verona\.test\\x00\.evil\.test$
user		77	only for romeo@chat\.verona\.test$
expired		77	the certificate expired on 20[0-9-]* [0-9:]* UTC
early		77	the certificate is not yet valid, only from 20
weak		77	the key of the certificate is too weak
sha1		77	the signature of the certificate is too weak
below		0
headless	77	signed by "sub", an authority that is not trusted
strange		77	signed by "stranger", an authority that is not trusted
self		77	the certificate is self-signed'

# rows TABLE: each certificate, to the server of $play, by $how.
rows()
{
	while read -r cert want regex; do
		shows "$cert"
		try "$how, $cert" $play "$want" "$regex"
	done <<-EOF
	$1
	EOF
}

for play in honest direct; do
	how=starttls
	[ $play = honest ] || how=direct
	serve $play
	account $play romeo "$(cat "$T/$play/port")" $how
	rows "$table"

	shows revoked
	try "$how, revoked, no list" $play 0 ''
	try "$how, revoked" $play 77 'the certificate is revoked' \
	    --crl-file "$T/ca.crl"
	XMPP_CRL_FILE=$T/ca.crl try "$how, revoked, by the environment" $play \
	    77 'the certificate is revoked'
	try "$how, revoked later" $play 0 '' --crl-file "$T/before.crl"
	shows right
	try "$how, not revoked" $play 0 '' --crl-file "$T/ca.crl"
	try "$how, no list of its authority" $play 77 \
	    'the revocation list of "ca" is missing' \
	    --crl-file "$T/stranger.crl"
	try "$how, an old list" $play 77 \
	    'the revocation list of "ca" has expired' --crl-file "$T/old.crl"
	shows below
	try "$how, by an authority below" $play 0 '' --crl-file "$T/chain.crl"
	try "$how, with no list but its own" $play 0 '' \
	    --crl-file "$T/sub.crl"
	try "$how, which is revoked" $play 77 'revoked' \
	    --crl-file "$T/cut.crl"
	try "$how, without its list" $play 77 \
	    'the revocation list of "sub" is missing' --crl-file "$T/ca.crl"
	try "$how, its pin is the one below" $play 0 '' --pin "$(pin sub)"
	shows right

	try "$how, its pin" $play 0 '' --pin "$(pin right)"
	try "$how, the pin of its authority" $play 0 '' --pin "$(pin ca)"
	try "$how, another pin" $play 77 \
	    "none of the pinned keys.* its own is $(pin right | sed 's/[+]/\\+/g')" \
	    --pin "$(pin wrong)"
	try "$how, two pins" $play 0 '' --pin "$(pin wrong)" \
	    --pin "$(pin right)"
	XMPP_PIN="$(pin wrong);$(pin right)" \
	    try "$how, two pins in the environment" $play 0 ''
	shows strange
	try "$how, a pin trusts no stranger" $play 77 'not trusted' \
	    --pin "$(pin strange)"
	shows self
	try "$how, nor who signed himself" $play 77 'self-signed' \
	    --pin "$(pin self)"
	try "$how, unless told to" $play 0 '' --pin "$(pin self)" \
	    --ca-file "$T/self.pem"
	stop "$pid"
done

# --- Options -----------------------------------------------------------------

# What of these is said is looked at before anybody is asked.
status 'a pin that is none' 64 xmpp-send -a honest -m x --pin abc "juliet@$DOMAIN"
like 'is named' "$T/err" 'pin abc is not sha256//'
status 'lists that are not there' 78 xmpp-send -a honest -m x \
    --crl-file "$T/none" "juliet@$DOMAIN"
like 'are named' "$T/err" "$T/none: no usable revocation lists: No such file"
status 'lists that are none' 78 xmpp-send -a honest -m x \
    --crl-file "$T/ca.pem" "juliet@$DOMAIN"
{
	echo "[pinned]"
	sed -n '2,/^\[/p' "$T/accounts" | grep -v '^\['
	echo "pin = $(pin wrong) $(pin right)"
	echo "crl_file = ca.crl"
} >"$T/pinned"
chmod 600 "$T/pinned"
serve honest
sed -i "s/^port.*/port = $(cat "$T/honest/port")/" "$T/pinned"
shows right
status 'pins and lists of the account file' 0 xmpp-send -f "$T/pinned" \
    -a pinned --wait 0 -m "$MESSAGE" "juliet@$DOMAIN"
shows wildcard
status 'another key' 77 xmpp-send -f "$T/pinned" -a pinned --wait 0 \
    -m "$MESSAGE" "juliet@$DOMAIN"
shows revoked
status 'a revoked certificate' 77 xmpp-send -f "$T/pinned" -a pinned --wait 0 \
    -m "$MESSAGE" "juliet@$DOMAIN"

# --- An internationalized domain ---------------------------------------------

# A dNSName and an SRV-ID have A-labels, an XmppAddr what a JID has.
DOMAIN=jörg.verona.test
ascii=xn--jrg-sna.verona.test
issue ca idn "DNS:$ascii"
issue ca idn-srv "${srv}_xmpp-client.$ascii"
issue ca idn-xmpp "@names
[names]
otherName=1.3.6.1.5.5.7.8.5;FORMAT:UTF8,UTF8:$DOMAIN"
issue ca idn-xmpp-ascii "${xmpp}$ascii"
issue ca idn-raw "$(dns_der "$DOMAIN")"
issue ca idn-like 'DNS:jorg.verona.test,DNS:xn--jrg-6na.verona.test'
: >"$T/accounts"
for play in honest direct; do
	how=starttls
	[ $play = honest ] || how=direct
	serve $play
	account "$play" romeo "$(cat "$T/$play/port")" $how
	rows 'idn		0
	wildcard	0
	idn-srv		0
	idn-xmpp	0
	idn-xmpp-ascii	0
	idn-raw		77	not for xn--jrg-sna\.verona\.test, only for
	idn-like	77	only for jorg\.verona\.test, xn--jrg-6na\.verona\.test$
	right		77	only for chat\.verona\.test$'
	shows idn-xmpp
	try "$how, idn-xmpp, and a JID with a resource" $play 0 '' \
	    -j "romeo@$DOMAIN/ci"
	stop "$pid"
done
finish
