#!/bin/sh
# What DNS may say of a domain, and where xmpp-send then goes: a real name
# server says it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dns.sh"
. "$(dirname "$0")/find.sh"
need xmpp-send python3 openssl
have_dns || skip_all 'no unbound, nsd or ldns-signzone'

make_ca ca && make_cert ca server '*.plain.test' &&
make_cert ca other mantua.test && make_cert ca aimed aimed-h.plain.test &&
make_cert ca idn xn--jrg-sna-90a.plain.test || { note "$T/openssl.log"; exit 1; }
usual_servers
servers other '127.0.0.1 0' wrong:honest
servers idn '127.0.0.1 0' idn:honest
servers aimed '127.0.0.1 0' aimed:honest
servers server '127.0.0.1 0' stall:at-connect-stall \
    hang:at-handshake1-stall late:at-features2-stall mute:at-header2-stall
wrong=$(port_of wrong) idn=$(port_of idn) aimed=$(port_of aimed)
stall=$(port_of stall) hang=$(port_of hang) late=$(port_of late)
mute=$(port_of mute)

# --- What DNS says -----------------------------------------------------------

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
	$client.mute-second SRV 1 0 1 dead
	$client.mute-second SRV 2 0 $one mute
	$client.mute-first SRV 1 0 $one mute
	$clients.mute-first SRV 2 0 $two two

	$client.stall SRV 1 0 $stall one
	$clients.stall SRV 2 0 $two two
	$client.stalls SRV 1 0 $hang one
	$client.stalls SRV 2 0 $late one
	$clients.stalls SRV 3 0 $two two
	$client.known SRV 1 0 $mute one
	$clients.known SRV 2 0 $two two
	$client.known-alone SRV 1 0 $mute one
	$client.closed SRV 1 0 $one both
	$client.aimed SRV 1 0 $aimed aimed-h
	aimed-h A 127.0.0.1
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
	while [ $((i += 1)) -le 201 ]; do
		echo "$client.hundred-dead SRV 0 $i 1 dead"
	done
} | dns_zone plain.test

start_dns <<END || { verdict 1 'unbound starts'; finish; }
  local-zone: "mute-all.plain.test." deny
  local-zone: "$client.half-mute.plain.test." deny
  local-zone: "mute.plain.test." deny
  local-zone: "refused.plain.test." refuse
  do-not-query-address: 127.0.0.9
forward-zone:
  name: "servfail.test"
  forward-addr: 127.0.0.9
END

# What has to wait waits meanwhile.
XMPP_STATE=$T/state
for i in known known-alone; do
	sends $i.plain.test "$i: a first login" 0 two --tls direct \
	    --host 127.0.0.1 --port "$two"
done
begin known known.plain.test --timeout 6
begin known_alone known-alone.plain.test --timeout 2
XMPP_STATE=
begin mute_all mute-all.plain.test --timeout 1
begin half_mute half-mute.plain.test
begin mute_first mute-first.plain.test
begin mute_second mute-second.plain.test --timeout 2
begin stall stall.plain.test --timeout 3
begin stalls stalls.plain.test --timeout 6

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
told 'one record: the address is looked up' '[|][^|]*: A of one\.plain\.test: 1 in'
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
	    "first\.plain.*[|][^|]*$2[^|]*[|].*:$two [^|]*connected"
}
passed nowhere 'nowhere\.plain\.test .*no such host'
passed empty 'empty\.plain\.test .*no address in DNS'
passed loop 'loop\.plain\.test .*the name server failed'
passed servfail 'host\.servfail\.test .*the name server failed'
passed wrong 'only for mantua\.test'
sends aimed.plain.test 'a certificate of the target, not of the domain' 77
told 'it does not count' 'for aimed\.plain\.test, only for aimed-h\.plain\.test'
sends all-fail.plain.test 'all of them fail: the most telling counts' 77
told 'and each is told, in one message, in order' "[|][^|]*127\.0\.0\.1:1 \
\(dead\.plain\.test\): [^|]*refused[^|]*:$wrong \(two\.plain\.test\): [^|]*\
only for mantua\.test[^|]*nowhere\.plain\.test: "
sends many-dead.plain.test 'forty dead ones' 69
each='127\.0\.0\.1:1 (dead\.plain\.test): [^;]*refused'
is 'all of them are told' "$(tail -n 1 "$T/err" | grep -o "$each" | wc -l)" 40
sends hundred-dead.plain.test 'a hundred dead ones' 69
is 'what there is no room for is counted' "$(($(tail -n 1 "$T/err" |
    grep -o "$each" | wc -l) + $(tail -n 1 "$T/err" |
    sed -n 's/.*; and \([0-9]*\) more$/\1/p')))" 100
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
	servers server "::1 $one" closes:at-connect-fin
	port_of closes >/dev/null
	sends closed.plain.test 'IPv6 hangs up after connecting' 0 one
	told 'is told' "\[::1\]:$one [^|]*connected.*\[::1\]:$one [^|]*closed\
[^|]* after .*127\.0\.0\.1:$one [^|]*connected"
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
sends "$HOME_ADDRESS" 'a domain that is an address' 77
told 'is told' "$HOME_ADDRESS:5222 .*an address.*connected"
sends only.plain.test '--host asks for no SRV' 69 '' --host 127.0.0.1 --port 1
is 'nor for anything' "$(sed "1,${lines}d" "$T/unbound.err" |
    grep -e only -e "$HOME_ADDRESS")" ''

# --- An internationalized domain ---------------------------------------------

sends jörg-sna.plain.test 'an internationalized domain' 0 idn
ok 'is asked for in A-labels' dns_asked "$client.xn--jrg-sna-90a.plain.test" SRV
like 'and SNI has them' "$T/idn/record" 'sni xn--jrg-sna-90a.plain.test'
like 'and the stream has U-labels' "$T/idn/record" "to='jörg-sna.plain.test'"

# --- What had to wait --------------------------------------------------------

ended mute_all 'silence' 75
told 'silence: is told' "$client: the name servers do not answer; \
SRV $clients: the name servers do not answer; the time is up"
ended mute_second 'silence about one, and another is dead' 69
told 'both are told' "127\.0\.0\.1:1 [^|]*refused; mute\.plain\.test: the name \
servers do not answer; the time is up"
ended half_mute 'silence about one of the services' 0 two
told 'is told' "$client\\.half-mute.*no answer yet.*:$two [^|]*connected"
ended stall 'a first target that says nothing' 0 two
told 'is told' ":$stall [^|]*not answered within 1 seconds.*:$two [^|]*connected"
ended stalls 'two that stop, in TLS and behind it' 0 two
told 'is told' ":$hang [^|]*not answered.*:$late [^|]*not answered.*connected"
ended known 'a remembered account at one that says nothing' 0 two
told 'is told' ":$mute [^|]*not answered within .*:$two [^|]*connected"
untold 'it is not tried again' 'once more'
ended known_alone 'and where there is no other' 75
told 'why is told' "cannot connect to known-alone\.plain\.test: \
127\.0\.0\.1:$mute \(one\.plain\.test\): no login within 2 seconds; \
the time is up[|]$"
ended mute_first 'silence about the first target' 0 two
untold 'nothing else is tried' "127\.0\.0\.1:$one"
finish
