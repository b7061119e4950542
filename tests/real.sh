# What must hold against a server that is not ours.  Sourced after lib.sh and
# the server's own file; real SERVER runs it all.  The ways to log in are
# matrix.t's.

# Unicode of all lengths, what XML quotes, line ends of all kinds, and all the
# control characters that XML 1.0 can carry.
nasty_body()
{
	printf 'Wherefore "art" \047thou\047 <b>&amp; ]]> %%s \\n\n'
	printf '\ttab, cr\rin the middle, crlf\r\n\n  spaces  \n'
	printf '\177 \302\205 \302\233\342\200\250 \342\200\256 \360\237\214\271'
	printf ' \303\251 e\314\201 \357\277\275 \364\217\277\275'
}

# What a server makes of a text.  Both write a carriage return as it is, and
# so the next reader, as every XML parser, takes it for the end of a line (XML
# 1.0 2.11); what we send of it is looked at in xmpp-send.t.
passed_on()
{
	python3 -c 'import sys
text = sys.stdin.buffer.read()
sys.stdout.buffer.write(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))'
}

# body_of FILE: the text of the first body in stanza lines, as an XML parser
# that is not ours reads it.
body_of()
{
	python3 -c 'import sys
from xml.etree import ElementTree
for line in open(sys.argv[1], "rb"):
    body = ElementTree.fromstring(line).find("{jabber:client}body")
    if body is not None:
        sys.stdout.buffer.write((body.text or "").encode())
        break' "$1"
}

# listener NAME ACCOUNT [OPTION...]: an xmpp-listen in the background that is
# available when this returns.
listener()
{
	ln_name=$1
	shift
	bg "$ln_name" xmpp-listen -v -a "$@"
	wait_for 20 listening "$ln_name" || note "$T/$ln_name.err"
}

listening()
{
	grep -q 'logged in' "$T/$1.err"
}

bodies()
{
	grep -c '<body' "$1"
}

real_send()
{
	nasty_body >"$T/body"
	listener juliet juliet --kind message -n 2
	status 'send: a body from stdin' 0 sh -c \
	    "xmpp-send -a romeo -s 'a <subject>' juliet@$DOMAIN <'$T/body'"
	status 'send: a body from an option, direct TLS' 0 \
	    xmpp-send -a romeo-direct -m 'second]]>' "juliet@$DOMAIN"
	reap "$pid" 20
	is 'listen: -n 2 ends after two' "$rc" 0
	body_of "$T/juliet.out" >"$T/got"
	passed_on <"$T/body" >"$T/want"
	same 'listen: the body, byte for byte' "$T/got" "$T/want"
	is 'listen: two lines' "$(wc -l <"$T/juliet.out")" 2
	like 'listen: the subject' "$T/juliet.out" 'a &lt;subject'
	like 'listen: from the full JID' "$T/juliet.out" "romeo@$DOMAIN/"
	LC_ALL=C unlike 'listen: nothing that moves a cursor' \
	    "$T/juliet.out" "$(printf '[\001-\010\013-\037\177]|\302[\200-\237]')"
}

real_offline()
{
	status 'send: to somebody offline' 0 \
	    xmpp-send -a romeo -m 'later' "juliet@$DOMAIN"
	status 'listen: gets it later, as text' 0 \
	    xmpp-listen -a juliet -t -n 1 --timeout 20
	is 'listen: FROM<TAB>BODY' \
	    "$(sed 's|/[^	]*	|	|' "$T/out")" "romeo@$DOMAIN	later"
}

# juliet echoes, with a shell, what romeo says; romeo is fed by a FIFO.
real_connect()
{
	mkfifo "$T/romeo.in"
	# shellcheck disable=SC2016
	bg echo xmpp-connect -a juliet -v -- sh -c '
		n=0
		while [ $n -lt 3 ] && read -r line; do
			case $line in *"<body"*) n=$((n + 1)) ;; *) continue ;;
			esac
			printf "%s\n" "$line" |
			    sed "s/ to=.[^ >]*//; s/ from=/ to=/"
		done'
	echo_pid=$pid
	wait_for 20 listening echo || note "$T/echo.err"
	bg romeo xmpp-connect -a romeo
	romeo_pid=$pid
	exec 4>"$T/romeo.in"
	rm "$T/romeo.in"
	for b in one 'two &amp; ]]&gt;' 'three&#10;&#13;&#9;'; do
		echo "<message to='juliet@$DOMAIN' type='chat'><body>$b</body>" \
		    "<x xmlns='urn:x' xmlns:p='urn:p' p:a='1'/></message>" >&4
	done
	ok 'connect: three answers' wait_for 20 bodies_are "$T/romeo.out" 3
	exec 4>&-
	reap "$romeo_pid" 20
	is 'connect: ends at the end of its input' "$rc" 0
	reap "$echo_pid" 20
	is 'connect: ends with the status of its command' "$rc" 0
	grep '<body' "$T/romeo.out" >"$T/answers"
	is 'connect: in their order' \
	    "$(sed 's/.*<body>\([a-z]*\).*/\1/' "$T/answers" | tr '\n' ' ')" \
	    'one two three '
	like 'connect: the markup' "$T/answers" 'two &amp; ]](&gt;|>)'
	printf 'three\n\r\t' | passed_on >"$T/want"
	sed -n '/three/p' "$T/answers" >"$T/three"
	body_of "$T/three" >"$T/got"
	same 'connect: line ends' "$T/got" "$T/want"
	like 'connect: an extension' "$T/answers" "urn:p"
}

bodies_are()
{
	[ "$(bodies "$1")" -ge "$2" ]
}

real_refusals()
{
	status 'send: an unknown certificate is refused' 77 \
	    xmpp-send -a romeo-stranger -m x "juliet@$DOMAIN"
	status 'listen: so too' 77 xmpp-listen -a romeo-stranger
	run xmpp-send -a romeo -m x "nobody@$DOMAIN"
	ok "send: a recipient who does not exist: $rc" \
	    test "$rc" -eq 67
	like 'send: who it was' "$T/err" "nobody@$DOMAIN"
}

# Every message of a long pipe arrives once and in its order.
real_many()
{
	listener many juliet -t -n 10000
	many_pid=$pid
	seq 10000 >"$T/sent"
	status 'send -l: 10,000 messages' 0 sh -c \
	    "xmpp-send -l -a romeo --wait 0 juliet@$DOMAIN <'$T/sent'"
	reap "$many_pid"
	is 'listen: all of them' "$rc" 0
	cut -f 2 "$T/many.out" >"$T/got"
	same 'listen: each once, in order' "$T/got" "$T/sent"
}

# The server stops taking anything, then dies: what it has not acknowledged is
# counted.
real_crash()
{
	mkfifo "$T/tail.in"
	bg tail xmpp-send -l -v -a romeo --wait 0 "juliet@$DOMAIN"
	tail_pid=$pid
	exec 5>"$T/tail.in"
	rm "$T/tail.in"
	listener hear juliet -t -n 1
	hear_pid=$pid
	echo 'before' >&5
	reap "$hear_pid" 20
	kill -STOP "$SERVER"
	printf 'one\ntwo\nthree\n' >&5
	sleep 0.3
	crash "$SERVER"
	exec 5>&-
	reap "$tail_pid" 30
	is 'send: 75 when the server dies' "$rc" 75
	like 'send: three are not acknowledged' "$T/tail.err" '\<3\>'
}

real_certificate()
{
	"start_$server" cert=other || verdict 1 'server starts'
	for how in '' -direct; do
		status "a certificate for another domain is refused$how" 77 \
		    xmpp-send -a "romeo$how" -m x "juliet@$DOMAIN"
		like 'and its name is said' "$T/err" 'mantua\.test'
	done
	stop "$SERVER"
}

# Without stream management an answered ping stands for the acknowledgement.
real_no_smacks()
{
	"start_$server" smacks=no || verdict 1 'server starts'
	status 'no XEP-0198: a ping tells' 0 \
	    xmpp-send -a romeo --wait 0 -m 'pinged' "juliet@$DOMAIN"
	status 'no XEP-0198: and it was true' 0 \
	    xmpp-listen -a juliet -t -n 1 --timeout 20
	like 'no XEP-0198: delivered' "$T/out" 'pinged'
	kill -STOP "$SERVER"
	status 'no XEP-0198: a stalled server is no success' 75 \
	    xmpp-send -a romeo --wait 0 --timeout 1 -m x "juliet@$DOMAIN"
	kill -CONT "$SERVER"
	stop "$SERVER"
}

real()
{
	server=$1
	need openssl port python3 xmpp-send xmpp-listen xmpp-connect
	"have_$server" || skip_all "no $server here"
	real_certificate
	real_no_smacks
	"start_$server" || verdict 1 'server starts'
	real_refusals
	real_send
	real_offline
	real_connect
	real_many
	real_crash
	finish
}
