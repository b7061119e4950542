#!/bin/sh
# What DNS may say of a domain, and where xmpp-send then goes.  A real name
# server says it, and has validated what is signed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dns.sh"
need xmpp-send python3 openssl
have_dns || skip_all 'no unbound, nsd or ldns-signzone'

# An address of this machine that is nobody else's, for the usual ports.
n1=$(($$ % 250 + 2)) n2=$(($$ / 250 % 250 + 2))
HOME_ADDRESS=127.$n1.$n2.1

# --- Servers -----------------------------------------------------------------

# servers CERT ADDRESS-PORT NAME:PLAY...: their ports are in $T/NAME/port.
servers()
{
	sv_cert=$1 sv_where=$2
	shift 2
	LISTEN=$sv_where bg "servers-$sv_cert-$#" python3 -W ignore \
	    "$TOP/tests/hostile.py" "$T" "" "$PASSWORD" \
	    "$T/$sv_cert" "$@"
}

# port_of NAME: it listens on that, or there is none and it says nothing.
port_of()
{
	wait_for 10 test -s "$T/$1/port" && cat "$T/$1/port"
}

make_ca ca && make_ca stranger &&
make_cert ca server '*.plain.test,DNS:*.signed.test' &&
make_cert ca other mantua.test &&
make_cert ca idn xn--jrg-sna-90a.plain.test &&
make_cert ca aimed aimed-h.plain.test &&
make_cert stranger target target-h.signed.test &&
make_cert stranger third third.test &&
make_cert stranger self nobody.test -1 || { note "$T/openssl.log"; exit 1; }
cp "$T/target.pem" "$T/bare.pem"
cp "$T/target.key" "$T/bare.key"
cat "$T/stranger.pem" >>"$T/target.pem"
cat "$T/stranger.pem" >>"$T/third.pem"

servers server "$HOME_ADDRESS 5222" usual:honest
servers server '127.0.0.1 0' one:honest two:direct
servers other '127.0.0.1 0' wrong:honest
servers idn '127.0.0.1 0' idn:honest
servers aimed '127.0.0.1 0' aimed:honest
servers self '127.0.0.1 0' self:honest
servers target '127.0.0.1 0' target:honest
servers third '127.0.0.1 0' third:honest
servers bare '127.0.0.1 0' bare:honest
six=1
python3 -c 'import socket; socket.create_server(("::1", 0),
    family=socket.AF_INET6)' 2>/dev/null || six=
[ -z "$six" ] || servers server '::1 0' six:honest
one=$(port_of one) two=$(port_of two) wrong=$(port_of wrong)
idn=$(port_of idn) self=$(port_of self) target=$(port_of target)
aimed=$(port_of aimed) third=$(port_of third) bare=$(port_of bare)
six=${six:+$(port_of six)}
port_of usual >/dev/null || note "$T/servers-server-1.err"

# --- What DNS says -----------------------------------------------------------

client=_xmpp-client._tcp clients=_xmpps-client._tcp

{
	cat <<-END
	one A 127.0.0.1
	two A 127.0.0.1
	dead A 127.0.0.1
	elsewhere A $HOME_ADDRESS
	empty TXT nothing
	alias CNAME one
	loop CNAME pool
	pool CNAME loop
	six AAAA ::1
	both AAAA ::1
	both A 127.0.0.1
	mute A 127.0.0.1

	none A $HOME_ADDRESS
	cname CNAME elsewhere

	$client.starttls SRV 5 0 $one one
	$clients.direct SRV 5 0 $two two
	$client.lower SRV 5 0 $one one
	$clients.lower SRV 6 0 $two two
	$client.higher SRV 5 0 $one one
	$clients.higher SRV 4 0 $two two
	$client.indirect CNAME $client.starttls
	$client.aliased SRV 5 0 $one alias
	$client.weights SRV 7 20 1 light
	$clients.weights SRV 7 60 1 heavy
	$client.weights SRV 7 20 1 other
	$client.zeros SRV 7 0 1 light
	$client.zeros SRV 7 0 1 heavy
	light A 127.0.0.1
	heavy A 127.0.0.1
	other A 127.0.0.1

	$client.dot SRV 0 0 0 .
	$clients.dot SRV 0 0 0 .
	dot A $HOME_ADDRESS
	$clients.half-dot SRV 0 0 0 .
	half-dot A $HOME_ADDRESS
	$client.other-dot SRV 0 0 0 .
	$clients.other-dot SRV 5 0 $two two
	other-dot A $HOME_ADDRESS

	$client.dead-first SRV 1 0 1 dead
	$clients.dead-first SRV 2 0 $two two
	$client.nowhere-first SRV 1 0 $one nowhere
	$clients.nowhere-first SRV 2 0 $two two
	$client.empty-first SRV 1 0 $one empty
	$clients.empty-first SRV 2 0 $two two
	$client.loop-first SRV 1 0 $one loop
	$clients.loop-first SRV 2 0 $two two
	$client.wrong-first SRV 1 0 $wrong one
	$clients.wrong-first SRV 2 0 $two two
	$client.servfail-first SRV 1 0 $one host.servfail.test.
	$clients.servfail-first SRV 2 0 $two two
	$client.all-fail SRV 1 0 1 dead
	$client.all-fail SRV 2 0 $wrong two
	$clients.all-fail SRV 3 0 1 nowhere
	$client.all-dead SRV 1 0 1 dead
	$client.all-dead SRV 2 0 $one nowhere
	$client.all-dead SRV 3 0 $one host.servfail.test.
	all-dead A $HOME_ADDRESS
	$client.all-nowhere SRV 1 0 $one nowhere
	all-nowhere A $HOME_ADDRESS
	$client.no-answer SRV 1 0 $one nowhere
	$client.no-answer SRV 2 0 $one host.servfail.test.

	$client.six SRV 1 0 ${six:-1} six
	$client.hole SRV 1 0 $one both

	$clients.half-mute SRV 1 0 $two two
	$client.mute-first SRV 1 0 $one mute
	$clients.mute-first SRV 2 0 $two two

	$client.aimed SRV 1 0 $aimed aimed-h
	aimed-h A 127.0.0.1
	$client.to-signed SRV 1 0 $one wrong-h.signed.test.
	$client.xn--jrg-sna-90a SRV 1 0 $idn one
	only A 127.0.0.1
	END
	i=0
	while [ $((i += 1)) -lt 60 ]; do
		echo "$client.many SRV $i 0 1 dead"
	done
	echo "$client.many SRV $i 0 $one one"
	while [ $((i += 1)) -le 100 ]; do
		echo "$client.many-dead SRV 0 $i 1 dead"
	done
} | dns_zone plain.test

hash()
{
	openssl dgst "-${1:-sha256}" -r | cut -d ' ' -f 1
}

hex()
{
	od -An -v -tx1 | tr -d ' \n'
}

spki()
{
	openssl x509 -in "$T/$1.pem" -pubkey -noout |
	    openssl pkey -pubin -outform DER
}

cert()
{
	openssl x509 -in "$T/$1.pem" -outform DER
}

good=$(spki server | hash) bad=$(spki other | hash)

# dane CASE PORT TLSA-DATA...: STARTTLS on a host of its own.
dane()
{
	da_host=$1-h da_port=$2
	echo "$client.$1 SRV 1 0 $2 $da_host"
	echo "$da_host A 127.0.0.1"
	shift 2
	for da_tlsa; do
		echo "_$da_port._tcp.$da_host TLSA $da_tlsa"
	done
}

{
	dane right "$one" "3 1 1 $good"
	dane cert "$one" "3 0 1 $(cert server | hash)"
	dane sha512 "$one" "3 1 2 $(spki server | hash sha512)"
	dane full-key "$one" "3 1 0 $(spki server | hex)"
	dane full-cert "$one" "3 0 0 $(cert server | hex)"
	dane wrong "$one" "3 1 1 $bad"
	dane one-of-two "$one" "3 1 1 $bad" "3 1 1 $good"
	dane agile "$one" "3 1 1 $good" "3 1 2 $(spki other | hash sha512)"
	dane pkix-ee "$one" "1 1 1 $good"
	dane pkix-ee-wrong "$one" "1 1 1 $bad"
	dane pkix-ta "$one" "0 0 1 $(cert ca | hash)"
	dane pkix-ta-wrong "$one" "0 0 1 $(cert stranger | hash)"
	dane usage "$one" "9 1 1 $bad"
	dane matching "$one" "3 1 9 $bad"
	dane short "$one" '3 1 1 00112233'
	dane unusable-and-wrong "$one" "9 1 1 $good" "3 1 1 $bad"
	dane none "$one"
	dane pinned "$one" "3 1 1 $good"

	dane self "$self" "3 1 1 $(spki self | hash)"
	dane self-cert "$self" "3 0 1 $(cert self | hash)"
	dane self-other "$self" "3 1 1 $good"
	dane mute-tlsa "$one" "3 1 1 $good"
	dane self-pkix "$self" "1 1 1 $(spki self | hash)"

	dane target "$target" "2 0 1 $(cert stranger | hash)"
	dane target-wrong "$target" "2 1 1 $bad"
	dane third "$third" "2 1 1 $(spki stranger | hash)"
	dane bare-hash "$bare" "2 0 1 $(cert stranger | hash)"
	cat <<-END
	$client.ta-full SRV 1 0 $bare target-h
	_$bare._tcp.target-h TLSA 2 0 0 $(cert stranger | hex)

	$clients.direct SRV 1 0 $two direct-h
	direct-h A 127.0.0.1
	_$two._tcp.direct-h TLSA 3 1 1 $good
	$clients.direct-wrong SRV 1 0 $two direct-wrong-h
	direct-wrong-h A 127.0.0.1
	_$two._tcp.direct-wrong-h TLSA 3 1 1 $bad

	no-srv A $HOME_ADDRESS
	_5222._tcp.no-srv TLSA 3 1 1 $good
	no-srv-wrong A $HOME_ADDRESS
	_5222._tcp.no-srv-wrong TLSA 3 1 1 $bad

	$client.six SRV 1 0 ${six:-1} six-h
	six-h AAAA ::1
	_${six:-1}._tcp.six-h TLSA 3 1 1 $bad

	$client.alias SRV 1 0 $one alias-h
	alias-h CNAME right-h
	$client.alias-wrong SRV 1 0 $one alias-wrong-h
	alias-wrong-h CNAME wrong-h
	_$one._tcp.alias-wrong-h TLSA 3 1 1 $good
	$client.alias-own SRV 1 0 $one alias-own-h
	alias-own-h CNAME none-h
	_$one._tcp.alias-own-h TLSA 3 1 1 $bad
	$client.alias-plain SRV 1 0 $one alias-plain-h
	alias-plain-h CNAME one.plain.test.
	_$one._tcp.alias-plain-h TLSA 3 1 1 $bad
	$client.alias-forged SRV 1 0 $one alias-forged-h
	alias-forged-h CNAME forged-tlsa-h
	$client.alias-ta SRV 1 0 $target alias-ta-h
	alias-ta-h CNAME target-h
	alias-no-srv CNAME no-srv-wrong
	$client.elsewhere SRV 1 0 $one elsewhere-h
	elsewhere-h A 127.0.0.1
	_$one._tcp.elsewhere-h CNAME _$one._tcp.wrong-h

	$client.second SRV 1 0 $one wrong-h
	$client.six SRV 1 0 ${six:-1} six-h
	six-h AAAA ::1
	_${six:-1}._tcp.six-h TLSA 3 1 1 $bad

	$client.second SRV 2 0 $one right-h
	$client.mute-second SRV 1 0 $one mute-tlsa-h
	$client.mute-second SRV 2 0 $one right-h
	$client.to-plain SRV 1 0 $one host.plain-child
	plain-child NS ns.plain-child
	END
	for i in addr srv other no-tlsa no-srv-record; do
		dane "forged-$i" "$one" "3 1 1 $good"
	done
	dane forged-tlsa "$one" '3 1 0 01020304'
	cat <<-END
	forged-srv A $HOME_ADDRESS
	forged-no-srv-record A $HOME_ADDRESS
	forged-other A $HOME_ADDRESS
	$clients.forged-other SRV 2 0 $two direct-h
	$client.forged-first SRV 1 0 $one forged-tlsa-h
	$client.forged-first SRV 2 0 $one right-h
	END
} | dns_zone signed.test signed
dns_zone plain-child.signed.test <<END
host A 127.0.0.1
_$one._tcp.host TLSA 3 1 1 $bad
END
dns_zone expired.test signed 20200101-20200201 <<END
$client SRV 1 0 $one one.plain.test.
@ A $HOME_ADDRESS
END

# forge LINE-REGEX SED-COMMAND: in signed.test.
forge()
{
	ok "forged: $1" dns_forge signed.test "/^$1/$2"
}
tab=$(printf '\t')
forge "_$one\._tcp\.forged-tlsa-h\..*${tab}TLSA" s/01020304/04030201/
forge "forged-addr-h\..*${tab}A" s/127.0.0.1/127.0.0.9/
forge "$client\.forged-srv\..*${tab}SRV" s/forged-srv-h/one/
forge "$clients\.forged-other\..*${tab}SRV" "s/SRV${tab}2/SRV${tab}1/"
forge "_$one\._tcp\.forged-no-tlsa-h\..*" d
forge "$client\.forged-no-srv-record\..*" d

not()
{
	! "$@"
}

start_dns <<END || { verdict 1 'unbound starts'; finish; }
  local-zone: "mute-all.plain.test." deny
  local-zone: "$client.half-mute.plain.test." deny
  local-zone: "mute.plain.test." deny
  local-zone: "_$one._tcp.mute-tlsa-h.signed.test." deny
  local-zone: "refused.plain.test." refuse
  do-not-query-address: 127.0.0.9
forward-zone:
  name: "servfail.test"
  forward-addr: 127.0.0.9
END

# --- How it is tried ---------------------------------------------------------

printf '%s' "$PASSWORD" >"$T/password"
XMPP_PASSWORD=$PASSWORD XMPP_CA_FILE=$T/ca.pem XMPP_CONFIG=
export XMPP_PASSWORD XMPP_CA_FILE XMPP_CONFIG

# begin KEY DOMAIN [OPTION...]: xmpp-send logs in there, beside other things.
begin()
{
	bn_key=$1 bn_domain=$2
	shift 2
	bg "$bn_key" timeout -k 5 "$LIMIT" xmpp-send -v \
	    -j "romeo@$bn_domain" --wait 0 -m "from $bn_key." "$@" \
	    "juliet@$DOMAIN"
	eval "pid_$bn_key=\$pid"
}

# ended KEY NAME WANT [SERVER]: its status, and where the message is; its words
# are in $T/err, and all in one line in $T/story.
ended()
{
	eval "en_pid=\$pid_$1"
	wait "$en_pid"
	rc=$?
	forget "$en_pid"
	cp "$T/$1.err" "$T/err"
	tr '\n' '|' <"$T/err" >"$T/story"
	if [ "$rc" -ne "$3" ]; then
		verdict 1 "$2"
		note "status $rc, not $3"
		note "$T/err"
	elif [ -n "${4:-}" ] &&
	    ! grep -q "^tls .*from $1\\." "$T/$4/record"; then
		verdict 1 "$2: by $4"
		note "$T/err"
	elif [ -z "${4:-}" ] && said "$1"; then
		verdict 1 "$2: nobody hears it"
	else
		verdict 0 "$2${4:+: by $4}"
	fi
}

# Whether any server has heard it.
said()
{
	grep -q "^[a-z]* .*from $1\\." "$T"/*/record
}

# sends DOMAIN NAME WANT [SERVER [OPTION...]]: both.
sends()
{
	sd_key=run$n sd_domain=$1 sd_name=$2 sd_want=$3 sd_where=${4:-}
	shift 3
	[ $# -eq 0 ] || shift
	begin "$sd_key" "$sd_domain" "$@"
	ended "$sd_key" "$sd_name" "$sd_want" "$sd_where"
}

# told NAME REGEX: on stderr, in that order; untold: it is not.
told()
{
	like "$1" "$T/story" "$2"
}

untold()
{
	unlike "$1" "$T/story" "$2"
}

# What has to wait waits meanwhile.
begin mute_all mute-all.plain.test --timeout 1
begin half_mute half-mute.plain.test
begin mute_first mute-first.plain.test
begin mute_tlsa mute-tlsa.signed.test --timeout 1
begin mute_second mute-second.signed.test


# --- Without SRV -------------------------------------------------------------

sends none.plain.test 'no SRV: the domain itself, port 5222' 0 usual
told 'no SRV: is told' "$HOME_ADDRESS:5222 .*no SRV.*connected"
ok 'no SRV: both services are asked for' \
    dns_asked "$client.none.plain.test" SRV
ok 'and at once' dns_asked "$clients.none.plain.test" SRV
ok 'no SRV: both families are asked for' dns_asked none.plain.test A
ok 'and at once' dns_asked none.plain.test AAAA
sends cname.plain.test 'a CNAME' 0 usual

# --- SRV ---------------------------------------------------------------------

sends starttls.plain.test 'one record: STARTTLS' 0 one
told 'one record: all is told' \
    "127\.0\.0\.1:$one .*one\.plain\.test.*SRV _xmpp-client\._tcp.*connected"
untold 'one record: STARTTLS, no ALPN' 'ALPN'
ok 'one record: the domain itself is not asked for' \
    not dns_asked starttls.plain.test A
sends starttls.plain.test '--tls direct does not take it' 68 '' --tls direct
sends direct.plain.test 'one record: direct TLS' 0 two
sed -n '/sni direct\.plain\.test/,/alpn/p' "$T/two/record" >"$T/hello"
like 'direct TLS: SNI is the domain, ALPN says XMPP' "$T/hello" \
    '^note alpn xmpp-client'
sends direct.plain.test '--tls starttls does not take it' 68 '' --tls starttls
sends lower.plain.test 'priorities: the lower one' 0 one
sends lower.plain.test 'priorities: --tls direct has one' 0 two --tls direct
sends higher.plain.test 'priorities: over both services' 0 two
sends indirect.plain.test 'SRV behind a CNAME' 0 one
sends aliased.plain.test 'a target that is a CNAME' 0 one
sends many.plain.test 'sixty records, too long for UDP' 0 one
is 'they are tried by priority' "$(sed -n \
    's/.*target .* priority \([0-9]*\) weight.*/\1/p' "$T/err")" "$(seq 60)"
is 'each of them' "$(grep -c 'refused after' "$T/err")" 59

# first_of DOMAIN TIMES: which target comes first, each time; all are dead.
first_of()
{
	: >"$T/times"
	for fo in $(seq "$2"); do
		xmpp-send -v -j "romeo@$1" -m x "juliet@$DOMAIN" 2>>"$T/times"
	done
	awk '/: target/ && !seen { print $3; seen = 1 }
	    /cannot connect/ { seen = 0 }' "$T/times"
}

# between NAME COUNT LOW HIGH: how likely another count is stands beside it.
between()
{
	ok "$1: $2, from $3 to $4" test "$2" -ge "$3" -a "$2" -le "$4"
}

heavy=$(first_of weights.plain.test 200 | grep -c heavy)
between 'weights: 60 of 100 in 200 times' "$heavy" 85 153	# 6e-7
heavy=$(first_of zeros.plain.test 100 | grep -c heavy)
between 'weights of 0: one of two in 100 times' "$heavy" 25 75	# 2e-7

for i in dot half-dot; do
	sends $i.plain.test "$i: no service, and nothing is tried" 69
	told "$i: is told" 'has no XMPP service'
	ok "$i: no address is asked for" not dns_asked $i.plain.test A
done
sends half-dot.plain.test 'half-dot: not for STARTTLS' 0 usual --tls starttls
sends other-dot.plain.test '"." for the other service' 0 two

# --- What is dead, and what is silent ----------------------------------------

sends dead-first.plain.test 'a dead first target' 0 two
told 'a dead first target: is told' '127\.0\.0\.1:1 .*refused.*connected'
passed()
{
	sends "$1-first.plain.test" "a first target that is $1" 0 two
	told "a first target that is $1: is told" \
	    "first\.plain.*[|][^|]*$2[^|]*[|][^|]*:$two [^|]*connected"
}
passed nowhere 'nowhere\.plain\.test .*no such host'
passed empty 'empty\.plain\.test .*no address in DNS'
passed loop 'loop\.plain\.test .*the name server failed'
passed servfail 'host\.servfail\.test .*the name server failed'
passed wrong 'only for mantua\.test'
sends all-fail.plain.test 'all of them fail: the most telling counts' 77
told 'and each is told, in one message, in order' "[|][^|]*127\.0\.0\.1:1: [^|]*\
refused[^|]*:$wrong: [^|]*only for mantua\.test[^|]*nowhere\.plain\.test: "
sends many-dead.plain.test 'forty dead ones' 69
is 'all of them are told' "$(tail -n 1 "$T/err" | grep -o '1:1: [^;]*refused' |
    wc -l)" 40
sends all-dead.plain.test 'refused, unknown and servfail: refused counts' 69
ok 'the domain itself is no last resort' not dns_asked all-dead.plain.test A
sends no-answer.plain.test 'unknown and servfail: servfail counts' 75
sends all-nowhere.plain.test 'all unknown' 68

if [ -n "$six" ]; then
	sends six.plain.test 'IPv6 only' 0 six
	bg hole python3 "$TOP/tests/blackhole.py" ::1 "$one"
	hole=$pid
	wait_for 10 test -s "$T/hole.out"
	sends hole.plain.test 'IPv6 is a black hole' 0 one
	is 'and costs less than a second' "$(sed -n \
	    's/.*127\.0\.0\.1:.*connected in \([0-9]*\) ms.*/\1/p' "$T/err" |
	    awk '{ print $1 < 1000 }')" 1
	stop "$hole"
	sends six.signed.test 'TLSA: IPv6 only, wrong' 77
	told 'is told' 'not what .*TLSA records in DNS say'
else
	skip 'no IPv6 here'
fi

# --- Failures of DNS ---------------------------------------------------------

sends nxdomain.plain.test 'no such domain' 68
told 'is told' 'no such host'
sends empty.plain.test 'a domain without an address' 68
told 'is told' 'no address in DNS'
sends domain.servfail.test 'SERVFAIL' 75
told 'is told' 'the name server failed, maybe at DNSSEC'
sends refused.plain.test 'REFUSED' 75
told 'is told' 'the name server refused to answer'
XMPP_DNS=nonsense sends only.plain.test 'XMPP_DNS is no address' 78
XMPP_DNS=127.0.0.1:1 sends only.plain.test 'nobody at XMPP_DNS' 75
lines=$(wc -l <"$T/unbound.err")
sends 127.0.0.1 'a domain that is an address' 69
sends only.plain.test '--host asks for no SRV' 69 '' --host 127.0.0.1 --port 1
is 'nor for anything' "$(sed "1,${lines}d" "$T/unbound.err" | grep only)" ''

# --- An internationalized domain ---------------------------------------------

sends aimed.plain.test 'a certificate of the target, not of the domain' 77
told 'it does not count' 'for aimed\.plain\.test, only for aimed-h\.plain\.test'
sends jörg-sna.plain.test 'an internationalized domain' 0 idn
ok 'is asked for in A-labels' dns_asked "$client.xn--jrg-sna-90a.plain.test" SRV
like 'and SNI has them' "$T/idn/record" 'sni xn--jrg-sna-90a.plain.test'
like 'and the stream has U-labels' "$T/idn/record" "to='jörg-sna.plain.test'"

# --- TLSA --------------------------------------------------------------------

for i in right cert sha512 full-key full-cert one-of-two; do
	sends $i.signed.test "TLSA: $i" 0 one
	told "TLSA: $i, is told" 'TLSv1.*DANE'
done
for i in pkix-ee pkix-ta; do
	sends $i.signed.test "TLSA: $i, and an authority" 0 one
	told "TLSA: $i, is told" 'TLSv1.*DANE'
done
for i in wrong agile pkix-ee-wrong pkix-ta-wrong unusable-and-wrong; do
	sends $i.signed.test "TLSA: $i, though an authority signed" 77
	told "TLSA: $i, is told" 'not what .*TLSA records in DNS say'
done
for i in usage matching short; do
	sends $i.signed.test "TLSA: of no $i we know" 0 one
	told "TLSA: of no $i we know, is told" 'of no use'
done
sends none.signed.test 'TLSA: none' 0 one
told 'TLSA: none, is told' 'TLSA of none-h.signed.test port [0-9]*: no such'
sends none.signed.test 'TLSA: none, and a pin' 77 '' \
    --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
sends pinned.signed.test 'TLSA: right, but not the pin' 77 '' \
    --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
sends direct.signed.test 'TLSA: direct TLS' 0 two
told 'TLSA: direct TLS, is told' 'TLSv1.*DANE'
sends direct-wrong.signed.test 'TLSA: direct TLS, wrong' 77
sends no-srv.signed.test 'TLSA: of the domain itself' 0 usual
told 'TLSA: of the domain itself, is told' 'TLSv1.*DANE'
sends no-srv-wrong.signed.test 'TLSA: of the domain itself, wrong' 77
sends alias.signed.test 'TLSA: of an alias, those of its host' 0 one
told 'is told' 'TLSA of right-h\.signed\.test port.*found.*DANE'
sends alias-wrong.signed.test 'TLSA: of an alias, the host counts more' 77
sends alias-own.signed.test 'TLSA: of an alias, its own if the host has none' 77
sends alias-no-srv.signed.test 'TLSA: of an alias, which is the domain' 77
sends elsewhere.signed.test 'TLSA: behind a CNAME' 77
sends second.signed.test 'TLSA: the first is wrong, the second right' 0 one
told 'in that order' 'not what .*TLSA records.*DANE'

for i in self self-cert; do
	sends $i.signed.test \
	    "TLSA: $i: no authority, another name, expired" 0 self
done
sends self-other.signed.test 'TLSA: another key' 77
sends self-pkix.signed.test 'TLSA: an authority is wanted as well' 77
sends target.signed.test 'TLSA: an authority of theirs, the name of the target' \
    0 target
sends alias-ta.signed.test 'TLSA: the name of what the target is an alias of' \
    0 target
sends ta-full.signed.test 'TLSA: the authority itself is in DNS' 0 bare
sends bare-hash.signed.test 'TLSA: an authority that nobody shows' 77
sends target-wrong.signed.test 'TLSA: another authority' 77
sends third.signed.test 'TLSA: their authority, but another name' 77
told 'is told' 'only for third\.test'

# --- What DNSSEC does not vouch for ------------------------------------------

sends to-signed.plain.test 'not signed: SRV' 0 one
untold 'not signed: SRV, no TLSA is asked for' 'TLSA|DANE'
sends to-plain.signed.test 'not signed: the host' 0 one
untold 'not signed: the host, its TLSA are not taken' 'DANE'
sends alias-plain.signed.test 'not signed: what the host is an alias of' 0 one
untold 'no TLSA are taken' 'DANE'
sends alias-forged.signed.test 'forged: TLSA of what the host is an alias of' 75
sends forged-tlsa.signed.test 'forged: TLSA' 75
told 'forged: TLSA, is told' 'TLSA records cannot be looked up'
sends forged-no-tlsa.signed.test 'forged: that there are no TLSA' 75
sends forged-addr.signed.test 'forged: the address' 75
sends forged-first.signed.test 'forged: TLSA of the first' 0 one
told 'forged: TLSA of the first, then the second' 'forged-tlsa-h[^|]*the name server failed.*DANE'
sends forged-srv.signed.test 'forged: SRV' 75
ok 'the domain itself is no last resort' not dns_asked forged-srv.signed.test A
sends forged-no-srv-record.signed.test 'forged: that there is no SRV' 75
sends forged-other.signed.test 'forged: one of the services' 0 one
told 'forged: one of the services, TLSA count for the other' 'DANE'
sends expired.test 'signed, but expired' 75
is 'nobody is asked for it' "$(grep "sni .*expired" "$T"/*/record)" ''

# --- What had to wait --------------------------------------------------------

ended mute_all 'silence' 75
told 'silence: is told' 'name servers did not answer'
ended half_mute 'silence about one of the services' 0 two
told 'is told' "$client\\.half-mute.*no answer yet.*:$two [^|]*connected"
ended mute_first 'silence about the first target' 0 two
untold 'nothing else is tried' "127\.0\.0\.1:$one"
ended mute_tlsa 'TLSA: silence' 75
ended mute_second 'TLSA: silence about the first target' 0 one
told 'TLSA: silence about the first target, the second has some' DANE
finish
