# Servers of any domain, and xmpp-send, which has to find them.  Sourced after
# lib.sh and dns.sh.
#
#	servers CERT ADDRESS-PORT NAME:PLAY...	hostile.py's; see port_of
#	usual_servers				those below
#	begin KEY DOMAIN [OPTION...]		xmpp-send logs in there
#	ended KEY NAME WANT [SERVER]		what came of it
#	sends DOMAIN NAME WANT [SERVER [OPTION...]]	both
#	told NAME REGEX				what it said then, in order
#
# $HOME_ADDRESS is one of this machine that is nobody else's, for the usual
# ports; $one and $two are ports of servers for STARTTLS and direct TLS, of the
# certificate "server"; $six is one for STARTTLS at ::1, or nothing.

# shellcheck disable=SC2034
client=_xmpp-client._tcp clients=_xmpps-client._tcp
HOME_ADDRESS=127.$(($$ % 250 + 2)).$(($$ / 250 % 250 + 2)).1

servers()
{
	sv_cert=$1 sv_where=$2
	shift 2
	LISTEN=$sv_where bg "servers-${1%%:*}" python3 -W ignore \
	    "$TOP/tests/hostile.py" "$T" "" "$PASSWORD" \
	    "$T/$sv_cert" "$@"
}

# port_of NAME: it listens on that, or there is none and it says nothing.
port_of()
{
	wait_for 10 test -s "$T/$1/port" && cat "$T/$1/port"
}

# Those of $HOME_ADDRESS, $one, $two and $six.
usual_servers()
{
	servers server "$HOME_ADDRESS 5222" usual:honest
	servers server '127.0.0.1 0' one:honest two:direct
	six=
	if python3 -c 'import socket; socket.create_server(("::1", 0),
	    family=socket.AF_INET6)' 2>/dev/null; then
		servers server '::1 0' six:honest
		six=$(port_of six)
	fi
	one=$(port_of one) two=$(port_of two)
	port_of usual >/dev/null || note "$T/servers-usual.err"
}

XMPP_PASSWORD=$PASSWORD XMPP_CA_FILE=$T/ca.pem XMPP_CONFIG=
export XMPP_PASSWORD XMPP_CA_FILE XMPP_CONFIG

begin()
{
	bn_key=$1 bn_domain=$2
	shift 2
	bg "$bn_key" timeout -k 5 "$LIMIT" xmpp-send -v \
	    -j "romeo@$bn_domain" --wait 0 -m "from $bn_key." "$@" \
	    "juliet@$DOMAIN"
	eval "pid_$bn_key=\$pid"
}

# Its status is WANT and the message came to SERVER, or to nobody; its words are
# in $T/err, and all in one line in $T/story.
ended()
{
	eval "en_pid=\$pid_$1"
	wait "$en_pid"
	rc=$?
	forget "$en_pid"
	cp "$T/$1.err" "$T/err"
	tr '\n' '|' <"$T/err" >"$T/story"
	if [ "$rc" -ne "$3" ]; then
		verdict 1 "$2: status $rc, not $3"
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

sends()
{
	sd_key=run$n sd_domain=$1 sd_name=$2 sd_want=$3 sd_where=${4:-}
	shift 3
	[ $# -eq 0 ] || shift
	begin "$sd_key" "$sd_domain" "$@"
	ended "$sd_key" "$sd_name" "$sd_want" "$sd_where"
}

told()
{
	like "$1" "$T/story" "$2"
}

untold()
{
	unlike "$1" "$T/story" "$2"
}

not()
{
	! "$@"
}
