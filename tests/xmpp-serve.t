#!/bin/sh
# xmpp-serve: as a command's companion, as a server by itself, and against
# clients that mean no good.
. "$(dirname "$0")/lib.sh"

need xmpp-serve python3 openssl

PEER="python3 $TOP/tests/peer.py"

# --- Usage -------------------------------------------------------------------

status 'help is printed' 0 xmpp-serve --help
like 'it is the usage' "$T/out" '^usage: xmpp-serve '
status 'an unknown option is wrong usage' 64 xmpp-serve --what
status 'no domain is wrong usage' 64 xmpp-serve -d 'a b' -- true
status 'no localpart is wrong usage' 64 xmpp-serve -u 'a@b' -- true
status 'no binding is wrong usage' 64 xmpp-serve --binding tls-what -- true
status 'no version of TLS is wrong usage' 64 xmpp-serve --max-tls 1.1 -- true
status 'no port is wrong usage' 64 xmpp-serve -p 70000 -- true

# --- A command ---------------------------------------------------------------

status "the command's status counts" 7 xmpp-serve -- sh -c 'exit 7'
status "its end by a signal does" 137 xmpp-serve -- sh -c 'kill -KILL $$'
status 'a command that is not there' 127 xmpp-serve -- "$T/nothing"
status 'a command that is none' 126 xmpp-serve -- "$T"

account='XMPP_JID XMPP_PASSWORD XMPP_HOST XMPP_PORT XMPP_TLS XMPP_CA_FILE
	XMPP_CRL_FILE XMPP_PIN XMPP_PROXY XMPP_SASL XMPP_AHEAD'
for name in $account; do
	export "$name=none"
done
# a proxy for all is not for a server that is here
export ALL_PROXY=socks5h://127.0.0.1:1
echo input >"$T/in"
# shellcheck disable=SC2016
timeout 20 xmpp-serve -u nurse -- sh -c '
	cp "$XMPP_CONFIG" "$1/config"
	ls -ld "$XMPP_CONFIG" "${XMPP_CONFIG%/*}" | cut -c 1-10 >"$1/modes"
	env | grep ^XMPP_ | grep -v -e ^XMPP_CONFIG= -e ^XMPP_STATE= >"$1/env"
	xmpp-send -a romeo --wait 0 -m x juliet@localhost || exit
	echo "${XMPP_CONFIG%/*}"
	cat
' sh "$T" <"$T/in" >"$T/out" 2>"$T/err"
is 'the command succeeds' "$?" 0 || note "$T/err"
# shellcheck disable=SC2086
unset $account ALL_PROXY
is "the account file is private" "$(cat "$T/modes")" 'drwx------
-rw-------'
is "the user's own account has no say" "$(cat "$T/env")" ''
is 'stdin and stdout are the command'"'s" "$(sed 1d "$T/out")" input
ok 'nothing is left behind' test ! -e "$(head -n 1 "$T/out")"
is 'each account has a section' \
    "$(sed -n '1p; s/^\[\(.*\)\]/\1/p' "$T/config")" \
    'jid = romeo@localhost
romeo
juliet
nurse'
is 'each has its own password' \
    "$(grep -c '^password = ................' "$T/config") $(
    grep '^password' "$T/config" | sort -u | wc -l)" '4 3'

# shellcheck disable=SC2016
bg wait xmpp-serve -- sh -c '
	trap "echo asked; exit 3" TERM
	echo ready
	while :; do sleep 0.1; done'
wait_for 10 grep -q ready "$T/wait.out"
kill "$pid"
reap "$pid" 10
is 'a signal is passed on to the command' "$rc $(tail -n 1 "$T/wait.out")" \
    '3 asked'

for o in --no-sasl2 --no-fast; do
	status "$o leaves it off" 0 xmpp-serve $o -- $PEER without $o
done
status 'a token expires when it is to' 0 \
    xmpp-serve --token-life 1 -- $PEER expiry

bg late xmpp-serve --timeout 1 -- $PEER late 1
status 'who does not read is sent away' 0 \
    xmpp-serve --timeout 1 -- $PEER stuck 1
reap "$pid"
is 'who does not log in, too' "$rc $(tail -n 1 "$T/late.err")" '0 '
status 'no number of seconds is wrong usage' 64 xmpp-serve --timeout x -- true

status 'stanzas go to a file with -o' 0 \
    xmpp-serve -o "$T/routed" -- $PEER login starttls
is 'one line each' "$(cat "$T/routed")" "<message xmlns='jabber:client'$(
    ) to='romeo@localhost/x' from='romeo@localhost/x'><body>me</body>$(
    )</message>"
is 'and to nowhere else' "$(cat "$T/out")" ''

# What is said of TLS is said by us alone.
cat >"$T/openssl.cnf" <<'END'
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = old
[old]
MaxProtocol = TLSv1.2
Ciphersuites = TLS_AES_128_GCM_SHA256
END
status "with a configuration of OpenSSL's" 0 env \
    OPENSSL_CONF="$T/openssl.cnf" xmpp-serve -- \
    xmpp-send -v -a romeo --wait 0 -m x juliet@localhost
like 'which has no say' "$T/err" 'TLSv1\.3 TLS_AES_256_GCM_SHA384,'

# shellcheck disable=SC2016
status 'a certificate for each account with --certificates' 0 \
    xmpp-serve --certificates -- sh -c '
	f=$(sed -n "s/^cert = //p" "$XMPP_CONFIG" | tail -n 1)
	echo "$f"
	[ "$(stat -c %a "$f")" = 600 ] && grep -q "PRIVATE KEY" "$f" &&
	    openssl x509 -in "$f" -noout -text | grep -q XmppAddr'
ok 'nothing is left behind of them' test -s "$T/out" -a \
    ! -e "$(cat "$T/out")" -a ! -e "$(dirname "$(cat "$T/out")")"
# shellcheck disable=SC2016
status 'who has one logs in by it' 0 xmpp-serve --certificates --no-sasl2 -- \
    sh -c 'xmpp-send -v --wait 0 --trace "$0" --trace-secrets -m x \
	juliet@localhost' "$T/trace"
like 'by EXTERNAL' "$T/err" 'by EXTERNAL$'
like 'and says nothing that the certificate says' "$T/trace" \
    "<auth [^>]*mechanism='EXTERNAL'>=</auth>"

# --- A server ----------------------------------------------------------------

mkfifo "$T/serve.in"
exec 4<>"$T/serve.in"
bg serve xmpp-serve -u nurse
SERVER=$pid
wait_for 20 grep -q '^XMPP_CONFIG=' "$T/serve.out"
XMPP_CONFIG=$(sed -n '1s/^XMPP_CONFIG=//p' "$T/serve.out")
export XMPP_CONFIG
PORT=$(sed -n 's/^port = //p' "$XMPP_CONFIG" | head -n 1)
CA=$(sed -n 's/^ca_file = //p' "$XMPP_CONFIG" | head -n 1)

openssl s_client -starttls xmpp -xmpphost localhost -connect "127.0.0.1:$PORT" \
    -CAfile "$CA" -verify_hostname localhost -verify_return_error \
    </dev/null >"$T/tls" 2>&1
like 'its certificate is good' "$T/tls" 'Verification: OK'
status 'STARTTLS, login, a stanza' 0 $PEER login starttls
status 'the same with direct TLS' 0 $PEER login direct
like 'the stanza is on stdout' "$T/serve.out" \
    "^<message .*from='romeo@localhost/x'.*<body>me</body></message>$"
status 'three wrong passwords are too many' 0 $PEER wrong
status 'without TLS there is nothing but TLS' 0 $PEER clear
status 'the older of two equal resources goes' 0 $PEER conflict
status 'messages arrive once and in order' 0 $PEER flood 10000
status 'a deaf client costs no memory' 0 $PEER deaf 50 "$SERVER"
status '500 clients at once' 0 $PEER many 500
status 'a flight by password, a flight by token' 0 $PEER token

status 'a port in use is told' 69 xmpp-serve -p "$PORT" -- true
like 'with its number' "$T/err" "$PORT"

if command -v xmpp-listen >/dev/null; then
	bg juliet xmpp-listen -v -a juliet -t -n 2
	wait_for 20 grep -q 'logged in' "$T/juliet.err"
	{
		echo "<message to='juliet@localhost'><body>1</body></message>"
		echo 'no xml'
		echo "<message><body>to nobody</body></message>"
		echo "<message from='a@far.example' to='juliet@localhost'>$(
		    )<body>2</body></message>"
		echo "<message id='back' from='a@far.example' $(
		    )to='nobody@localhost'/>"
	} >&4
	reap "$pid" 10
	is 'lines of stdin are delivered' "$(cat "$T/juliet.out")" \
	    "localhost	1
a@far.example	2"
	wait_for 10 grep -q back "$T/serve.out"
	like 'an answer that nobody gets is printed' "$T/serve.out" \
	    "to='a@far.example' type='error' id='back'.*no such user"
	like 'bad ones are told with their numbers' "$T/serve.err" 'line 2: '
	like 'as are those without address' "$T/serve.err" 'line 3: .*"to"'
	want=65
else
	skip 'no xmpp-listen'
	want=0
fi
exec 4>&-
ok 'the end of the input is not the end' alive "$SERVER"
stop "$SERVER"
is 'a signal is' "$rc" "$want"
ok 'nothing is left behind' test ! -e "$XMPP_CONFIG"
ok 'not even the directory' test ! -e "${XMPP_CONFIG%/*}"

# shellcheck disable=SC2016
xmpp-serve </dev/null 2>"$T/err" | head -n 1 >"$T/out"
is 'with nobody to read it, it ends' "$(cat "$T/err")" ''
path=$(sed 's/^XMPP_CONFIG=//' "$T/out")
ok 'and leaves nothing behind' test -n "$path" -a ! -e "${path%/*}"

# --- A client of others ------------------------------------------------------

if command -v go-sendxmpp >/dev/null; then
	# It takes its trust from the system, or from this variable.
	# shellcheck disable=SC2016
	status 'go-sendxmpp is let in' 0 xmpp-serve -o "$T/routed" -- sh -c '
	    value() { sed -n "s/^$1 = //p" "$XMPP_CONFIG" | head -n 1; }
	    echo "a < b" | SSL_CERT_FILE=$(value ca_file) go-sendxmpp \
		-u romeo@localhost -p "$(value password)" \
		-j "127.0.0.1:$(value port)" juliet@localhost'
	like 'and heard' "$T/routed" "to='juliet@localhost'.*<body>a &lt; b<"
else
	skip 'no go-sendxmpp'
fi

# So do we, if the account says nothing.
# shellcheck disable=SC2016
status 'whom the system trusts is trusted' 0 xmpp-serve -o "$T/routed" -- sh -c '
    ca=$(sed -n "s/^ca_file = //p" "$XMPP_CONFIG" | head -n 1)
    umask 077
    sed /^ca_file/d "$XMPP_CONFIG" >"$0"
    XMPP_CONFIG=$0 xmpp-send -a romeo -m no juliet@localhost 2>&1
    echo $?
    XMPP_CONFIG=$0 SSL_CERT_FILE=$ca xmpp-send -a romeo -m yes juliet@localhost
    ' "$T/no-ca"
like 'and nobody else' "$T/out" '^77$'
like 'of whom it is said what to do' "$T/out" 'xmpp-serve", an authority that is not trusted .--ca-file'
like 'it was sent' "$T/routed" '<body>yes<'

# --- Each mechanism ----------------------------------------------------------

for m in SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS \
    SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN; do
	command -v xmpp-send >/dev/null || { skip "no xmpp-send"; continue; }
	status "$m" 0 xmpp-serve -v -m "$m" -d example.org -- \
	    xmpp-send --wait 0 -m hello juliet@example.org
	like "$m it was" "$T/err" "by $m\$"
done

if command -v xmpp-send >/dev/null; then
	mkdir -m 700 "$T/state"
	# shellcheck disable=SC2016
	XMPP_STATE=$T/state status 'two logins of a client with a memory' 0 \
	    xmpp-serve -v -- sh -c '
		xmpp-send --wait 5 -m 1 juliet@localhost &&
		    xmpp-send --wait 5 -m 2 juliet@localhost'
	like 'the first is by password' "$T/err" 'client 1: .* by SCRAM-.*-PLUS$'
	like 'the second by token' "$T/err" 'client 2: .* by HT-SHA-256-EXPR$'
else
	skip 'no xmpp-send'
fi

# --- What its clients say ----------------------------------------------------

# shellcheck disable=SC2016
status 'a trace for each client' 0 xmpp-serve --trace "$T/each" -- sh -c '
	xmpp-send --wait 0 -a romeo -m "traced words" juliet@localhost &&
	xmpp-listen -a juliet -t -n 1 --timeout 10'
"$B/stream-dump" -O "$T/each.1" >"$T/sent.1"
"$B/stream-dump" -I "$T/each.2" >"$T/got.2"
like 'what the first has sent' "$T/sent.1" 'traced words'
like 'what the second has received' "$T/got.2" 'traced words'
like 'without what proves a password' "$T/sent.1" '<response .*>REMOVED<'
ok 'for nobody else to read' test "$(stat -c %a "$T/each.1")" = 600

finish
