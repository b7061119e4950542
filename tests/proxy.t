#!/bin/sh
# Through a proxy: who says so, what it is asked for, and that no name is looked
# up here.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"
. "$(dirname "$0")/dns.sh"
need xmpp-serve xmpp-send python3

start_serve || exit
secret=$(setting password)
ca=$(setting ca_file)
config=$XMPP_CONFIG
unset XMPP_CONFIG
# No name server answers there: who asks it for anything fails.
XMPP_DNS=127.0.0.1:1
export XMPP_DNS

# proxy NAME [LOGIN]: its port in $at, what it is asked for in $T/NAME.out.
proxy()
{
	pr_name=$1
	shift
	bg "$pr_name" python3 "$TOP/tests/proxy.py" "$PORT" "$@"
	wait_for 10 test -s "$T/$pr_name.out"
	at=127.0.0.1:$(head -n 1 "$T/$pr_name.out")
}

# sends NAME WANT OPTION...: xmpp-send as romeo, whose file has no host.
sends()
{
	se_name=$1 se_want=$2
	shift 2
	status "$se_name" "$se_want" xmpp-send -f "$T/account" --wait 0 \
	    -m hello "$@" juliet@localhost
}

# file LINE...: the account file, with these lines beside the usual ones.
file()
{
	rm -f "$T/account"
	printf '%s\n' "jid = romeo@localhost" "password = $secret" \
	    "ca_file = $ca" "$@" >"$T/account"
	chmod 600 "$T/account"
}

asked()
{
	tail -n 1 "$T/$1.out"
}

proxy open
open=$at
proxy closed 'user:pass%word'
closed=$at

file
sends 'SOCKS: sends' 0 --proxy "socks5h://$open"
is 'SOCKS: asks for the domain by name' "$(asked open)" 'socks localhost 5222'
sends 'HTTP: sends' 0 --proxy "http://$open"
is 'HTTP: asks for the domain by name' "$(asked open)" \
    'http CONNECT localhost:5222 HTTP/1.1'
sends '--host and --port: sends' 0 --proxy "socks5h://$open" \
    --host xmpp.hidden.test --port 443
is '--host and --port: a name that only the proxy knows' "$(asked open)" \
    'socks xmpp.hidden.test 443'
sends '-v: sends' 0 -v --proxy "socks5h://$open"
like '-v tells of the way to the proxy' "$T/err" \
    "^xmpp-send: $open \(127\.0\.0\.1, the proxy\): connected in [0-9]+ ms"
like '-v tells of the way through it' "$T/err" \
    'localhost:5222 \(by proxy\): connected by the proxy in [0-9]+ ms'
sends '-v, to an address: sends' 0 -v --proxy "http://$open" \
    --host '[2001:db8::1]'
like '-v: an IPv6 address has brackets' "$T/err" \
    '\[2001:db8::1\]:5222 \(given\): connected by the proxy'
sends '-v, to nobody: fails' 69 -v --proxy socks5h://127.0.0.1:1
like '-v tells what the way to the proxy came to' "$T/err" \
    '127\.0\.0\.1:1 \(127\.0\.0\.1, the proxy\): Connection refused after'

XMPP_PROXY=socks5h://$open sends 'XMPP_PROXY' 0
is 'XMPP_PROXY is asked' "$(asked open)" 'socks localhost 5222'
file "proxy = http://$open"
sends 'the account file' 0
is 'the proxy of the account file is asked' "$(asked open)" \
    'http CONNECT localhost:5222 HTTP/1.1'

# ALL_PROXY comes last, and not for this machine.
file
ALL_PROXY=socks5h://$open sends 'ALL_PROXY' 0 --host xmpp.all.test
is 'ALL_PROXY is asked' "$(asked open)" 'socks xmpp.all.test 5222'
all_proxy=socks5h://$open sends 'all_proxy' 0 --host xmpp.lower.test
is 'all_proxy is asked' "$(asked open)" 'socks xmpp.lower.test 5222'
ALL_PROXY=socks5h://127.0.0.1:1 sends 'ALL_PROXY, and a server here' 0 \
    --host localhost --port "$PORT"
ALL_PROXY=socks5h://127.0.0.1:1 sends 'ALL_PROXY, and --proxy' 0 \
    --host xmpp.all.test --proxy "http://$open"
ALL_PROXY=socks5h://$open sends 'ALL_PROXY, and --proxy none' 75 \
    --host xmpp.all.test --proxy none

# NO_PROXY excepts from it: then the name is looked up here, which fails.
export ALL_PROXY="socks5h://$open"
for list in xmpp.all.test .all.test 'a.test, all.test' '*' \
    xmpp.all.test:5222; do
	NO_PROXY=$list sends "NO_PROXY '$list': no proxy" 75 \
	    --host xmpp.all.test
done
no_proxy=all.test sends 'no_proxy' 75 --host xmpp.all.test
for list in '' all.tes pp.all.test xmpp.all.test:443 localhost; do
	NO_PROXY=$list sends "NO_PROXY '$list': the proxy" 0 \
	    --host xmpp.all.test
done
NO_PROXY='*' sends 'NO_PROXY, and --proxy' 0 --host xmpp.all.test \
    --proxy "socks5h://$open"
NO_PROXY=192.0.2.0/24 sends 'NO_PROXY and an address elsewhere' 0 \
    --host 198.51.100.1
was=$(asked open)
NO_PROXY=192.0.2.0/24 run xmpp-send -f "$T/account" --wait 0 -m hello \
    --host 192.0.2.1 --timeout 2 juliet@localhost
is 'NO_PROXY and an address in the network' "$(asked open)" "$was"
# and the domain of the JID counts where there is no host
cp "$T/account" "$T/account.localhost"
sed -i 's/^jid = .*/jid = romeo@sub.xn--bcher-kva.test/' "$T/account"
NO_PROXY=xn--bcher-kva.test sends 'NO_PROXY in A-labels' 75 --timeout 5
NO_PROXY=bücher.test sends 'NO_PROXY in U-labels' 75 --timeout 5
NO_PROXY=xn--other.test sends 'another domain: the proxy' 69
is 'is asked for the domain' "$(asked open)" \
    'socks sub.xn--bcher-kva.test 5222'
# and of it nothing but the domain
jid()
{
	sed -i "s|^jid = .*|jid = $1|" "$T/account"
}
jid romeo@sub.bücher.test/ci
NO_PROXY=bücher.test sends 'NO_PROXY, and a resource' 75 --timeout 5
for jid in romeo@secret.test/ci.localhost romeo@secret.test/box.corp.test; do
	jid "$jid"
	NO_PROXY=corp.test sends "$jid: the proxy" 69
	is "$jid: is asked for the domain" "$(asked open)" \
	    'socks secret.test 5222'
done
mv "$T/account.localhost" "$T/account"
jid romeo@localhost/ci
ALL_PROXY=socks5h://127.0.0.1:1 sends 'a resource, and a server here' 0 \
    --port "$PORT"
jid romeo@localhost
unset ALL_PROXY

# Passwords.
sends 'a proxy that wants a password' 77 --proxy "socks5h://$closed"
sends 'by HTTP, too' 77 --proxy "http://$closed"
file "proxy = socks5h://user:pass%25word@$closed"
sends 'gets that of the account file' 0
file "proxy = http://user:pass%25word@$closed"
sends 'by HTTP, too' 0
file "proxy = http://user:hunter2@$closed"
sends 'refuses a wrong one' 77 -vv
unlike 'which is not shown' "$T/err" hunter2
sends 'a password as an option is wrong usage' 64 \
    --proxy "http://user:hunter2@$closed"
unlike 'and not shown' "$T/err" hunter2
sed -i '/^password/d' "$T/account"
chmod 644 "$T/account"
XMPP_PASSWORD=$secret sends 'a file with one that others can read' 78
like 'which is told' "$T/err" 'others can read the password'

# What goes wrong.
file
sends 'nobody is there' 69 --proxy socks5h://127.0.0.1:1
like 'says that it is the proxy' "$T/err" 'the proxy'
sends 'no URL' 64 --proxy 127.0.0.1:1080
sends 'another protocol' 64 --proxy ftp://127.0.0.1
file 'proxy = ftp://user:hunter2@127.0.0.1'
sends 'in the account file' 78
like 'is told with its place' "$T/err" \
    "$T/account:4: the proxy 'ftp://127\.0\.0\.1' is none of"
file
sends 'an XMPP server is no proxy' 76 --proxy "http://127.0.0.1:$PORT"

# Proxies that misbehave: PLAY SCHEME STATUS.
while read -r play scheme want; do
	bg bad python3 "$TOP/tests/badproxy.py" "$play"
	wait_for 10 test -s "$T/bad.out"
	file "proxy = $scheme://user:hunter2@127.0.0.1:$(cat "$T/bad.out")"
	sends "$scheme: $play" "$want" -vvv --timeout 10
	unlike "$scheme: $play: no password is shown" "$T/err" \
	    "hunter2|$(printf user:hunter2 | base64)|$secret"
	unlike "$scheme: $play: nor a control character" "$T/err" \
	    "$(printf '\033')"
	stop "$pid"
done <<'END'
close socks5h 75
close http 75
reset socks5h 75
reset http 75
garbage socks5h 76
garbage http 76
ssh socks5h 76
ssh http 76
zeros socks5h 76
zeros http 76
no-method socks5h 77
other-method socks5h 77
cut-method socks5h 75
cut-reply socks5h 75
version-4 socks5h 76
odd-address socks5h 76
refused socks5h 69
not-allowed socks5h 69
late socks5h 75
http-502 http 69
http-cut http 75
http-endless http 76
http-interim http 76
http-no-code http 76
http-2 http 76
http-trickle http 75
END

# Nothing leaks into DNS here: a name server of ours hears nothing, but for the
# name of the proxy itself.
if have_dns; then
	echo '@ A 127.0.0.1' | dns_zone proxy.test
	start_dns </dev/null
	questions()
	{
		sed -n 's/.* info: 127\.0\.0\.1 \([^ ]*\)\. [A-Z]* IN$/\1/p' \
		    "$T/unbound.err" | sort -u
	}
	file
	for scheme in socks5h socks5 http; do
		sends "$scheme, and a name server" 0 --proxy "$scheme://$open"
		sends "$scheme, and a host" 0 --proxy "$scheme://$open" \
		    --host xmpp.hidden.test
		is "$scheme: it is asked nothing" "$(questions)" ''
	done
	sends 'a proxy by its name' 0 \
	    --proxy "socks5h://proxy.test:${open#*:}"
	is 'which is all that is looked up' "$(questions)" proxy.test
else
	skip 'no unbound, nsd or ldns-signzone'
fi
finish
