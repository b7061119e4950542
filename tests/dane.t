#!/bin/sh
# What DNSSEC vouches for, and what TLSA records say of certificates then.  A
# real name server has validated it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dns.sh"
. "$(dirname "$0")/find.sh"
need xmpp-send python3 openssl
have_dns || skip_all 'no unbound, nsd or ldns-signzone'

make_ca ca && make_ca stranger &&
make_cert ca server '*.plain.test,DNS:*.signed.test' &&
make_cert ca other mantua.test &&
make_cert stranger target target-h.signed.test &&
make_cert stranger third third.test &&
make_cert stranger self nobody.test -1 || { note "$T/openssl.log"; exit 1; }
cp "$T/target.pem" "$T/bare.pem"
cp "$T/target.key" "$T/bare.key"
cat "$T/stranger.pem" >>"$T/target.pem"
cat "$T/stranger.pem" >>"$T/third.pem"
usual_servers
for i in self target third bare; do
	servers $i '127.0.0.1 0' $i:honest
done
self=$(port_of self) target=$(port_of target)
third=$(port_of third) bare=$(port_of bare)
servers server '127.0.0.1 0' sends-on:elsewhere
sends_on=$(port_of sends-on)
echo self.signed.test >"$T/sends-on/where"

# --- What DNS says -----------------------------------------------------------

dns_zone plain.test <<END
one A 127.0.0.1
$client.to-signed SRV 1 0 $one wrong-h.signed.test.
END

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
	dane sends-on "$sends_on"
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
	$client.to-half SRV 1 0 $one half-h
	half-h A 127.0.0.1
	_tcp.half-h NS ns.plain.test.
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
dns_zone _tcp.half-h.signed.test <<END
_$one TLSA 3 1 1 $bad
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

start_dns <<END || { verdict 1 'unbound starts'; finish; }
  local-zone: "_$one._tcp.mute-tlsa-h.signed.test." deny
END

# What has to wait waits meanwhile.
begin mute_tlsa mute-tlsa.signed.test --timeout 1
begin mute_second mute-second.signed.test

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
sends sends-on.signed.test 'TLSA: not of where we are sent' 77
told 'nobody vouches for that' "sends us to self\\.signed\\.test.*:$self .*not trusted"
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
if [ -n "$six" ]; then
	sends six.signed.test 'TLSA: IPv6 only, wrong' 77
	told 'is told' 'not what .*TLSA records in DNS say'
else
	skip 'no IPv6 here'
fi

# --- What DNSSEC does not vouch for ------------------------------------------

sends to-signed.plain.test 'not signed: SRV' 0 one
untold 'not signed: SRV, no TLSA is asked for' 'TLSA|DANE'
sends to-plain.signed.test 'not signed: the host' 0 one
untold 'not signed: the host, its TLSA are not taken' 'DANE'
sends to-half.signed.test 'not signed: the TLSA records themselves' 0 one
told 'not signed: the TLSA records themselves, is told' 'they are not signed'
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

# --- By xmpp-proxy -----------------------------------------------------------

# through DOMAIN NAME WANT [SERVER]: one that connects there.
through()
{
	bg proxy xmpp-proxy --ca-file "$T/ca.pem" -a 0 "$1"
	th_proxy=$pid
	wait_for 10 grep -q 'certificate is by' "$T/proxy.err" ||
	    note "$T/proxy.err"
	XMPP_CA_FILE=$(sed -n 's/.* is by //p' "$T/proxy.err")
	sends "$1" "$2" "$3" "${4:-}" --host 127.0.0.1 --tls starttls \
	    --port "$(sed -n 's/.* port \([0-9]*\);.*/\1/p' "$T/proxy.err")"
	XMPP_CA_FILE=$T/ca.pem
	stop "$th_proxy"
}

through self.signed.test 'by a proxy: TLSA of a key that no authority knows' \
    0 self
through wrong.signed.test 'by a proxy: wrong TLSA' 75
like 'is told' "$T/proxy.err" 'not what .*TLSA records in DNS say'
: >"$T/two/record"
through direct.signed.test 'by a proxy: TLSA of direct TLS' 0 two
like 'with ALPN' "$T/two/record" 'alpn xmpp-client'

# --- What had to wait --------------------------------------------------------

ended mute_tlsa 'TLSA: silence' 75
told 'TLSA: silence, is told' 'mute-tlsa-h\.signed\.test: its TLSA records cannot'
ended mute_second 'TLSA: silence about the first target' 0 one
told 'TLSA: silence about the first target, the second has some' DANE
finish
