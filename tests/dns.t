#!/bin/sh
# What DNS may say of a domain, and where xmpp-send then goes: a name server of
# the test's own says it.
. "$(dirname "$0")/lib.sh"
need xmpp-send python3 openssl

MESSAGE='found you'
make_certs || exit

# An address of this machine that is nobody else's, for the usual ports.
n1=$(($$ % 250 + 2)) n2=$(($$ / 250 % 250 + 2))
HOME_ADDRESS=127.$n1.$n2.1

: >"$T/zone"
bg dnsd python3 "$TOP/tests/dnsd.py" "$T/zone"
wait_for 10 test -s "$T/dnsd.out" || note "$T/dnsd.err"
XMPP_DNS=127.0.0.1:$(head -n 1 "$T/dnsd.out")
export XMPP_DNS

# server NAME PLAY [CERT [ADDRESS-PORT [DOMAIN]]]: its port in $port, its process
# in $pid.
server()
{
	mkdir -p "$T/$1"
	rm -f "$T/$1/port"
	: >"$T/$1/record"
	LISTEN=${4:-127.0.0.1 0} bg "$1" python3 -W ignore \
	    "$TOP/tests/hostile.py" "$T" "${5:-$DOMAIN}" "$PASSWORD" \
	    "$T/${3:-server}" "$1:$2"
	wait_for 10 test -s "$T/$1/port" || note "$T/$1.err"
	port=$(cat "$T/$1/port")
}

# The account file, with no host in it.
who()
{
	printf '%s' "$PASSWORD" >"$T/password"
	printf '%s\n' "jid = romeo@$1" "password_file = $T/password" \
	    "ca_file = $T/ca.pem" >"$T/account"
	chmod 600 "$T/password" "$T/account"
}

# zone: what the name server knows from now on.
zone()
{
	cat >"$T/zone"
}

# sends NAME WANT [SERVER [OPTION...]]: xmpp-send, and where the message is.
sends()
{
	se_name=$1 se_want=$2 se_where=${3:-}
	shift 2
	[ $# -eq 0 ] || shift
	for d in "$T"/*/record; do
		: >"$d"
	done
	status "$se_name" "$se_want" xmpp-send -v -f "$T/account" --wait 0 \
	    -m "$MESSAGE" "$@" "juliet@$DOMAIN"
	[ -z "$se_where" ] ||
	    like "$se_name: by $se_where" "$T/$se_where/record" "^tls .*$MESSAGE"
}

who "$DOMAIN"
server usual honest server "$HOME_ADDRESS 5222"
server one honest
one=$port
server two direct
two=$port

# --- Without SRV -------------------------------------------------------------

zone <<EOF
$DOMAIN A $HOME_ADDRESS
EOF
sends 'no SRV: the domain itself, port 5222' 0 usual
like 'no SRV: is told' "$T/err" "$HOME_ADDRESS:5222 .*no SRV.*connected"
zone <<EOF
$DOMAIN CNAME elsewhere.test
elsewhere.test A $HOME_ADDRESS
EOF
sends 'CNAME' 0 usual
zone <<EOF
$DOMAIN A $HOME_ADDRESS
$DOMAIN truncated
EOF
sends 'an answer too long for UDP' 0 usual

# --- SRV ---------------------------------------------------------------------

hosts="one.test A 127.0.0.1
two.test A 127.0.0.1"
zone <<EOF
_xmpp-client._tcp.$DOMAIN SRV 5 0 $one one.test
$hosts
EOF
sends 'one record: STARTTLS' 0 one
like 'one record: all is told' "$T/err" \
    "127\.0\.0\.1:$one .*one\.test.*SRV _xmpp-client\._tcp.*connected"
sends '--tls direct does not take it' 68 '' --tls direct
zone <<EOF
_xmpps-client._tcp.$DOMAIN SRV 5 0 $two two.test
$hosts
EOF
sends 'one record: direct TLS' 0 two
both="_xmpp-client._tcp.$DOMAIN SRV 5 0 $one one.test
_xmpps-client._tcp.$DOMAIN SRV 6 0 $two two.test
$hosts"
echo "$both" | zone
sends 'priorities: the lower one' 0 one
sends 'priorities: --tls direct has one' 0 two --tls direct
echo "$both" | sed 's/SRV 6/SRV 4/' | zone
sends 'priorities: over both services' 0 two
echo "$both" | sed 's/SRV 6 0/SRV 5 65535/' | zone
for i in 1 2 3 4 5 6; do
	sends "weights: the heavy one, $i" 0 two
done

zone <<EOF
_xmpp-client._tcp.$DOMAIN SRV 0 0 0 .
_xmpps-client._tcp.$DOMAIN SRV 0 0 0 .
$DOMAIN A $HOME_ADDRESS
EOF
sends '".": no service, and nothing is tried' 69
like '".": is told' "$T/err" 'has no XMPP service'
is '".": nobody was asked' "$(cat "$T/usual/record")" ''

# --- What is dead, and what is silent ----------------------------------------

zone <<EOF
_xmpp-client._tcp.$DOMAIN SRV 1 0 1 one.test
_xmpps-client._tcp.$DOMAIN SRV 2 0 $two two.test
$hosts
EOF
sends 'a dead first target' 0 two
like 'a dead first target: is told' "$T/err" '127\.0\.0\.1:1 .*refused'
zone <<EOF
_xmpp-client._tcp.$DOMAIN SRV 1 0 $one nowhere.test
_xmpps-client._tcp.$DOMAIN SRV 2 0 $two two.test
$hosts
EOF
sends 'a target that does not exist' 0 two
server wrong honest other
zone <<EOF
_xmpp-client._tcp.$DOMAIN SRV 1 0 $port one.test
_xmpps-client._tcp.$DOMAIN SRV 2 0 $two two.test
$hosts
EOF
sends 'a first target with a wrong certificate' 0 two
unlike 'it hears nothing' "$T/wrong/record" '^tls '
zone <<EOF
_xmpp-client._tcp.$DOMAIN SRV 1 0 1 one.test
_xmpp-client._tcp.$DOMAIN SRV 2 0 $port two.test
_xmpps-client._tcp.$DOMAIN SRV 3 0 1 nowhere.test
$hosts
EOF
sends 'all of them fail: the most telling counts' 77
like 'and each is told' "$T/err" \
    "127\.0\.0\.1:1: .*refused.*:$port: .*only for mantua\.test.*nowhere\.test: "

server six honest server '::1 0' 2>/dev/null
if [ -s "$T/six/port" ]; then
	zone <<-EOF
	_xmpp-client._tcp.$DOMAIN SRV 1 0 $port six.test
	six.test AAAA ::1
	EOF
	sends 'IPv6 only' 0 six
	bg hole python3 "$TOP/tests/blackhole.py" ::1 "$one"
	wait_for 10 test -s "$T/hole.out"
	zone <<-EOF
	_xmpp-client._tcp.$DOMAIN SRV 1 0 $one one.test
	one.test AAAA ::1
	one.test A 127.0.0.1
	EOF
	sends 'IPv6 is a black hole' 0 one
	is 'and costs less than a second' "$(sed -n \
	    's/.*127\.0\.0\.1:.*connected in \([0-9]*\) ms.*/\1/p' "$T/err" |
	    awk '{ print $1 < 1000 }')" 1
	stop "$pid"
else
	skip 'no IPv6 here'
fi

# --- Failures of DNS ---------------------------------------------------------

zone <<EOF
else.test A 127.0.0.1
EOF
sends 'no such domain' 68
like 'is told' "$T/err" 'no such host'
zone <<EOF
$DOMAIN silent
_xmpp-client._tcp.$DOMAIN silent
_xmpps-client._tcp.$DOMAIN silent
EOF
sends 'silence' 75 '' --timeout 1
zone <<EOF
$DOMAIN servfail
_xmpp-client._tcp.$DOMAIN servfail
_xmpps-client._tcp.$DOMAIN servfail
EOF
sends 'SERVFAIL' 75
like 'is told' "$T/err" 'no name server gives an answer'
zone <<EOF
_xmpp-client._tcp.$DOMAIN servfail
_xmpps-client._tcp.$DOMAIN SRV 1 0 $two two.test
$hosts
EOF
sends 'SERVFAIL for one of the services' 0 two
XMPP_DNS=nonsense sends 'XMPP_DNS is no address' 78
: >"$T/dnsd.out"
sends '--host asks for no SRV' 0 one --host 127.0.0.1 --port "$one"
is 'nor for anything' "$(cat "$T/dnsd.out")" ''

# --- An internationalized domain ---------------------------------------------

issue_idn()
{
	make_cert ca "$1" "$2"
}
issue_idn idn xn--jrg-sna.test
server idn-one honest idn '127.0.0.1 0' 'jörg.test'
who 'jörg.test'
: >"$T/dnsd.out"
zone <<EOF
_xmpp-client._tcp.xn--jrg-sna.test SRV 1 0 $port one.test
$hosts
EOF
DOMAIN=jörg.test sends 'an internationalized domain' 0 idn-one
like 'is asked for in A-labels' "$T/dnsd.out" '^_xmpp-client._tcp.xn--jrg-sna.test SRV'
like 'and SNI has them' "$T/idn-one/record" 'sni xn--jrg-sna.test'
like 'and the stream has U-labels' "$T/idn-one/record" "to='jörg.test'"
who "$DOMAIN"

# --- TLSA --------------------------------------------------------------------

spki()
{
	openssl x509 -in "$T/$1.pem" -pubkey -noout |
	    openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -r | cut -d ' ' -f 1
}

# secure TLSA-DATA [LINE...]: signed, with this record for the server $port.
secure()
{
	secure_tlsa=$1
	shift
	printf '%s\n' signed "_xmpp-client._tcp.$DOMAIN SRV 1 0 $port one.test" \
	    'one.test A 127.0.0.1' \
	    "_$port._tcp.one.test TLSA $secure_tlsa" "$@" | zone
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$T/self.key" -out "$T/self.pem" -days 2 -subj '/CN=nobody' \
    >"$T/openssl.log" 2>&1
make_cert stranger target one.test
cat "$T/stranger.pem" >>"$T/target.pem"
good=$(spki server) wrong=$(spki other)

port=$one
secure "3 1 1 $good"
sends 'TLSA: right' 0 one
like 'TLSA: right, is told' "$T/err" 'TLSv1.*DANE'
like 'TLSA: DNSSEC is asked about' "$T/dnsd.out" "_$one._tcp.one.test TLSA ad"
secure "3 1 1 $wrong"
sends 'TLSA: wrong, though an authority signed' 77
like 'TLSA: wrong, is told' "$T/err" 'not what .*TLSA records in DNS say'
unlike 'TLSA: wrong, nothing is said' "$T/one/record" '^tls '
secure "3 1 1 $wrong" "_$port._tcp.one.test TLSA 3 1 1 $good"
sends 'TLSA: one of two' 0 one
secure "1 1 1 $good"
sends 'TLSA: and an authority' 0 one
secure "9 1 1 $wrong"
sends 'TLSA: of no kind we know' 0 one
like 'TLSA: of no kind we know, is told' "$T/err" 'of no use'
secure "3 1 1 $wrong"
sed -i '/^signed/d' "$T/zone"
sends 'TLSA: not signed' 0 one
unlike 'TLSA: not signed, is not asked for' "$T/err" 'TLSA'
secure "3 1 1 $wrong" "_$port._tcp.one.test unsigned"
sends 'TLSA: not signed itself' 0 one
secure "3 1 1 $wrong" 'one.test unsigned'
sends 'TLSA: the host is not signed' 0 one
secure "3 1 1 $wrong" "_xmpp-client._tcp.$DOMAIN unsigned"
sends 'TLSA: SRV is not signed' 0 one
secure "3 1 1 $wrong" "_xmpps-client._tcp.$DOMAIN unsigned"
sends 'TLSA: no SRV of the other service, not signed' 77
secure "3 1 1 $good" "_$port._tcp.one.test servfail"
sends 'TLSA: kept from us' 75
like 'TLSA: kept from us, is told' "$T/err" 'TLSA records cannot be looked up'
unlike 'TLSA: kept from us, nobody is asked' "$T/one/record" connected
secure "3 1 1 $good" "_$port._tcp.one.test garbage"
sends 'TLSA: an answer that is none' 75
like 'TLSA: an answer that is none, is told' "$T/err" 'the answer is malformed'
secure "3 1 1 $good" "_$port._tcp.one.test silent"
sends 'TLSA: silence' 75 '' --timeout 1
printf '%s\n' signed "_xmpp-client._tcp.$DOMAIN SRV 1 0 $port one.test" \
    'one.test A 127.0.0.1' | zone
sends 'TLSA: none' 0 one
sends 'TLSA: none, and a pin' 77 '' \
    --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

server self honest self
secure "3 1 1 $(spki self)"
sends 'TLSA: no authority, no name, the key itself' 0 self
secure "3 1 1 $good"
sends 'TLSA: another key' 77
secure "1 1 1 $(spki self)"
sends 'TLSA: an authority is wanted as well' 77

server target honest target
secure "2 0 1 $(openssl x509 -in "$T/stranger.pem" -outform DER |
    openssl dgst -sha256 -r | cut -d ' ' -f 1)"
sends 'TLSA: an authority of theirs, the name of the target' 0 target
secure "2 1 1 $wrong"
sends 'TLSA: another authority' 77
make_cert stranger third third.test
cat "$T/stranger.pem" >>"$T/third.pem"
server third honest third
secure "2 1 1 $(spki stranger)"
sends 'TLSA: their authority, but another name' 77
like 'is told' "$T/err" 'only for third\.test'

printf '%s\n' signed "$DOMAIN A $HOME_ADDRESS" \
    "_5222._tcp.$DOMAIN TLSA 3 1 1 $wrong" | zone
sends 'TLSA: of the domain itself' 77
finish
