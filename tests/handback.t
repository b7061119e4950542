#!/bin/sh
# What was received and is not handled comes again: five messages wait, and
# whatever ends the listener between any two of them, all five arrive, each
# once; after kill -9, or a cut of the connection, at least once.
#
#	tests/handback.t [SERVER...]	serve prosody ejabberd
. "$(dirname "$0")/lib.sh"

need xmpp-listen xmpp-send python3
[ $# -gt 0 ] || set -- serve prosody ejabberd

five()
{
	printf '%s\n' one two three four five >"$T/five"
	xmpp-send -l -a romeo --wait 0 "juliet@$DOMAIN" <"$T/five"
}

# What came in FILE..., one a line.
heard()
{
	cat "$@" | cut -f 2 | sort
}

# rest: everything that is still there, in $T/rest.
rest()
{
	xmpp-listen -a juliet -t --timeout 0.8 -n 6 >"$T/rest" 2>"$T/rest.err"
}

# once NAME: what was handled and the rest are the five, each once.
once()
{
	rest
	is "$server: $1: all five, each once" \
	    "$(heard "$T/first" "$T/rest" | tr '\n' ' ')" \
	    'five four one three two '
}

# least NAME: the same, but something may have come twice.
least()
{
	rest
	is "$server: $1: all five" \
	    "$(heard "$T/first" "$T/rest" | uniq | tr '\n' ' ')" \
	    'five four one three two '
}

has_lines()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# A reader that takes two lines and leaves.
by_reader()
{
	five
	xmpp-listen -a juliet -t 2>/dev/null | head -n 2 >"$T/first"
	once 'the reader leaves'
}

by_count()
{
	for k in 1 4; do
		five
		xmpp-listen -a juliet -t -n $k --timeout 10 >"$T/first"
		is "$server: -n $k prints $k" "$(wc -l <"$T/first")" $k
		once "-n $k"
	done
}

# A command that holds the third message when the signal comes: the two before
# it are handled, and it is not.
by_signal()
{
	five
	: >"$T/first"
	# a shell's background process ignores SIGINT, unless it is told not to
	bg listen env --default-signal=INT xmpp-listen -a juliet -e "
		read -r b
		case \$b in
		three) touch '$T/third'; exec sleep 30 ;;
		esac
		printf 'x\t%s\n' \"\$b\" >>'$T/first'"
	wait_for 20 test -e "$T/third" || note "$T/listen.err"
	kill -"$1" "$pid"
	reap "$pid" 5
	ok "$server: $1 ends it at once" test "$rc" -gt 128 -a "$rc" -ne 137
	rm -f "$T/third"
	once "SIG$1"
}

by_kill()
{
	five
	: >"$T/first"
	bg listen xmpp-listen -a juliet -e "
		cat >'$T/body'
		printf 'x\t%s\n' \"\$(cat '$T/body')\" >>'$T/first'
		sleep 0.3"
	wait_for 20 has_lines "$T/first" 2 || note "$T/listen.err"
	crash "$pid"
	sleep 0.5	# its command may be at work on one, still
	least 'kill -9'
}

by_disk()
{
	five
	: >"$T/first"
	run sh -c 'xmpp-listen -a juliet -t --timeout 10 >/dev/full'
	is "$server: a full disk is 74" "$rc" 74
	once 'a full disk'
}

# A command that fails has had its message.
by_failure()
{
	five
	: >"$T/first"
	xmpp-listen -a juliet -n 3 --timeout 10 -e "
		printf 'x\t%s\n' \"\$(cat)\" >>'$T/first'; exit 1" 2>/dev/null
	is "$server: a failing command: three" "$(wc -l <"$T/first")" 3
	once 'a failing command'
}

# The connection is cut while the command has the third message: what was
# promised is worked off, and what was not acknowledged comes again.
by_cut()
{
	five
	: >"$T/first"
	relay
	bg listen xmpp-listen -a cut -e "
		b=\$(cat)
		[ \"\$b\" != three ] || while [ ! -e '$T/go' ]; do sleep .05; done
		printf 'x\t%s\n' \"\$b\" >>'$T/first'"
	wait_for 20 has_lines "$T/first" 2 || note "$T/listen.err"
	crash "$RELAY"
	touch "$T/go"
	reap "$pid" 20
	is "$server: a cut connection is 75" "$rc" 75
	is "$server: after a cut, what was accepted is worked off" \
	    "$(wc -l <"$T/first")" 5
	rm -f "$T/go"
	least 'a cut'
}

# xmpp-connect alike: its command takes two of them and ends.
by_connect()
{
	five
	xmpp-connect -a juliet -k -- sed -n 's/.*<body>\(.*\)<.body>.*/x	\1/
		T
		w '"$T/first"'
		/two/q'
	least 'the command of xmpp-connect leaves'
}

# A relay to the server, its process in $RELAY; the account "cut" goes over it.
relay()
{
	cat >"$T/relay.py" <<'END'
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
while True:
    one, _ = listener.accept()
    two = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for pair in ((one, two), (two, one)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
END
	bg relay python3 "$T/relay.py" "$PORT"
	RELAY=$pid
	wait_for 10 test -s "$T/relay.out"
	( umask 077
	awk -v port="$(cat "$T/relay.out")" '
		/^\[/ { in_it = $0 == "[juliet]"; sub(/juliet/, "cut") }
		/^port *=/ { $0 = "port = " port }
		in_it' "$T/accounts.real" >"$T/cut"
	cat "$T/accounts.real" "$T/cut" >"$T/accounts.both" )
	XMPP_CONFIG=$T/accounts.both
}

for server; do
	case $server in
	serve) . "$TOP/tests/serve.sh" ;;
	*)
		DOMAIN=verona.test
		. "$TOP/tests/$server.sh"
		"have_$server" || { skip "no $server"; continue; } ;;
	esac
	"start_$server" || { verdict 1 "$server starts"; continue; }
	( umask 077; cp "$XMPP_CONFIG" "$T/accounts.real" )
	by_count
	by_reader
	for sig in HUP INT TERM; do
		by_signal $sig
	done
	by_kill
	by_disk
	by_failure
	by_connect
	by_cut
	stop "$SERVER"
done

# A server can be told to be as ejabberd: it takes a closed stream for a word
# that all was taken.  The programs do not close theirs then.
. "$TOP/tests/serve.sh"
server='serve as ejabberd'
start_serve --close-takes-all || verdict 1 'starts'
by_count
by_reader
stop "$SERVER"
finish
