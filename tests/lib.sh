# What the end-to-end tests share: TAP, time limits, background processes, a
# private directory.  A test begins with
#
#	. "$(dirname "$0")/lib.sh"
#
# and ends with `finish`.  Tests run side by side: whatever one makes lies in
# its own directory $T, listens on its own ports, and is gone when it ends.

# What is remembered of accounts is not to outlive a test, nor to be the user's.
export XMPP_STATE=

set -u
TOP=$(cd "$(dirname "$0")/.." && pwd)
O=${O:-$TOP/build} B=${B:-$TOP/bin}
PATH=$B:$O/helpers:$PATH
LC_ALL=C.UTF-8
export PATH LC_ALL
umask 022

LIMIT=${LIMIT:-60}	# seconds that one command may take
n_ok=0 n=0 rc=0
PIDS=

T=$(mktemp -d "${TMPDIR:-/tmp}/xmpputils.XXXXXXXX") || exit 71
chmod 711 "$T"
TMPDIR=$T HOME=$T
export TMPDIR HOME

cleanup()
{
	trap '' HUP INT TERM
	for p in $PIDS; do
		stop "$p" >/dev/null 2>&1
	done
	[ -n "${KEEP:-}" ] || rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 141' PIPE		# prove has died: do not leave servers behind

# --- TAP ---------------------------------------------------------------------

# verdict STATUS NAME: one line of TAP.
verdict()
{
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		n_ok=$((n_ok + 1))
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
	return "$1"
}

# note FILE-or-text...: shown to whoever looks why a test failed.
note()
{
	if [ $# -eq 1 ] && [ -f "$1" ]; then
		tail -n 20 "$1" | cut -c 1-400
	else
		printf '%s\n' "$*"
	fi | sed 's/^/# /' >&2
}

# ok NAME COMMAND...: the command succeeds.
ok()
{
	ok_name=$1
	shift
	if "$@" >"$T/ok.log" 2>&1; then
		verdict 0 "$ok_name"
	else
		verdict 1 "$ok_name"
		note "failed: $*"
		note "$T/ok.log"
		return 1
	fi
}

# is NAME GOT WANT: the same text.
is()
{
	if [ "$2" = "$3" ]; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		note " got: $(printf '%s' "$2" | cut -c 1-2000)"
		note "want: $(printf '%s' "$3" | cut -c 1-2000)"
		return 1
	fi
}

# like NAME FILE REGEX: a line of the file matches the extended expression;
# unlike: none does.
like()
{
	if grep -Eq -e "$3" "$2"; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		note "no line matches /$3/:"
		note "$2"
		return 1
	fi
}

unlike()
{
	if ! grep -Eq -e "$3" "$2"; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		note "a line matches /$3/:"
		note "$2"
		return 1
	fi
}

# same NAME FILE FILE: the same bytes.
same()
{
	if cmp -s "$2" "$3"; then
		verdict 0 "$1"
	else
		verdict 1 "$1"
		diff "$2" "$3" | head -n 10 | cut -c 1-400 | sed 's/^/# /' >&2
		return 1
	fi
}

skip()
{
	n=$((n + 1)) n_ok=$((n_ok + 1))
	echo "ok $n - # SKIP $1"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# need COMMAND...: without it there is nothing to test here.
need()
{
	for c; do
		command -v "$c" >/dev/null || skip_all "no $c"
	done
}

# The last line of a test: without it prove sees that the script died.
finish()
{
	echo "1..$n"
	[ "$n_ok" -eq "$n" ]
	exit
}

# --- Commands ----------------------------------------------------------------

# run COMMAND...: within the time limit; its status in $rc, its output in
# $T/out and $T/err.  A program that a signal or a sanitizer ended says so in
# $rc: above 128, or 99; 124 is the time limit.
run()
{
	timeout -k 5 "$LIMIT" "$@" >"$T/out" 2>"$T/err"
	rc=$?
}

# status NAME WANT COMMAND...: run, and the status is WANT.
status()
{
	st_name=$1 st_want=$2
	shift 2
	run "$@"
	if [ "$rc" -eq "$st_want" ]; then
		verdict 0 "$st_name"
	else
		verdict 1 "$st_name"
		note "status $rc, not $st_want: $*"
		note "$T/err"
		return 1
	fi
}

# wait_for SECONDS COMMAND...: until it succeeds, or 1 when time is up.
wait_for()
{
	wf_left=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		wf_left=$((wf_left - 1))
		[ "$wf_left" -gt 0 ] || return 1
		sleep 0.05
	done
}

# lines FILE COUNT: it has at least so many; for wait_for.
lines()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# bg NAME COMMAND...: in the background; output in $T/NAME.out and $T/NAME.err,
# its process in $pid, stopped at the end of the test at the latest.  Its input
# is $T/NAME.in if that exists (a FIFO, say), else empty.
bg()
{
	bg_name=$1
	shift
	bg_in=/dev/null
	[ ! -e "$T/$bg_name.in" ] || bg_in=$T/$bg_name.in
	# Here and now: nobody shall take the last one's words for this one's.
	: >"$T/$bg_name.out"
	: >"$T/$bg_name.err"
	"$@" <"$bg_in" >"$T/$bg_name.out" 2>"$T/$bg_name.err" &
	pid=$!
	PIDS="$PIDS $pid"
}

# Whether the process runs; one that has ended but was not waited for does not.
alive()
{
	kill -0 "$1" 2>/dev/null || return 1
	case $(ps -o stat= -p "$1" 2>/dev/null) in
	Z* | '') return 1 ;;
	esac
}

gone()
{
	! alive "$1"
}

# reap PID [SECONDS]: wait until it ends by itself, its status in $rc; 124 and
# it is killed if it does not.
reap()
{
	if wait_for "${2:-$LIMIT}" gone "$1"; then
		wait "$1" 2>/dev/null
		rc=$?
	else
		kill -KILL "$1" 2>/dev/null
		wait "$1" 2>/dev/null
		rc=124
	fi
	forget "$1"
}

# stop PID: ask it to end, and see to it.
stop()
{
	kill "$1" 2>/dev/null
	kill -CONT "$1" 2>/dev/null
	wait_for 10 gone "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	rc=$?
	forget "$1"
}

# crash PID: as if the power went.
crash()
{
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	rc=$?
	forget "$1"
}

forget()
{
	fg_left=
	for fg_p in $PIDS; do
		[ "$fg_p" = "$1" ] || fg_left="$fg_left $fg_p"
	done
	PIDS=$fg_left
}

# --- Certificates and accounts -----------------------------------------------

DOMAIN=verona.test
# A password that has to be quoted everywhere: XML, SASL, INI, Lua, Erlang.
PASSWORD='wherefore&art<thou>,=é"x'

# make_ca NAME: $T/NAME.pem and its key.
make_ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/$1.key" -out "$T/$1.pem" -days 2 -subj "/CN=$1" \
	    -addext basicConstraints=critical,CA:TRUE \
	    -addext keyUsage=critical,keyCertSign,cRLSign \
	    >"$T/openssl.log" 2>&1
}

# make_cert CA NAME DOMAIN [DAYS]: $T/NAME.pem and $T/NAME.key for the domain.
make_cert()
{
	printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$3" \
	    >"$T/$2.ext"
	echo extendedKeyUsage=serverAuth >>"$T/$2.ext"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/$2.key" -out "$T/$2.csr" -subj "/CN=$3" \
	    >"$T/openssl.log" 2>&1 &&
	openssl x509 -req -in "$T/$2.csr" -CA "$T/$1.pem" -CAkey "$T/$1.key" \
	    -set_serial "0x$(openssl rand -hex 8)" -days "${4:-2}" \
	    -extfile "$T/$2.ext" -out "$T/$2.pem" >>"$T/openssl.log" 2>&1
}

# The CA of the test and the certificate of its domain, made once.
make_certs()
{
	[ ! -f "$T/ca.pem" ] || return 0
	make_ca ca && make_cert ca server "$DOMAIN" &&
	make_cert ca other mantua.test && make_ca stranger ||
	{ note "$T/openssl.log"; return 1; }
}

# account NAME USER PORT TLS [CA [PASSWORD]]: a section of the account file
# $XMPP_CONFIG.
account()
{
	XMPP_CONFIG=$T/accounts
	export XMPP_CONFIG
	(
		umask 077
		printf '[%s]\njid = %s@%s\nhost = 127.0.0.1\nport = %s\n' \
		    "$1" "$2" "$DOMAIN" "$3"
		printf 'tls = %s\nca_file = %s\n' "$4" "${5:-$T/ca.pem}"
		printf '%s' "${6:-$PASSWORD}" >"$T/password.$1"
		printf 'password_file = %s\n' "$T/password.$1"
	) >>"$T/accounts"
	chmod 600 "$T/accounts" "$T/password.$1"
}

# The sections of a server whose ports are $PORT and $TLSPORT.
accounts()
{
	: >"$T/accounts"
	account romeo romeo "$PORT" starttls
	account juliet juliet "$PORT" starttls
	account romeo-direct romeo "$TLSPORT" direct
	account juliet-direct juliet "$TLSPORT" direct
	account romeo-wrong romeo "$PORT" starttls '' 'not the password'
	account romeo-stranger romeo "$PORT" starttls "$T/stranger.pem"
}

# unprivileged DIRECTORY: $AS then runs a command as somebody else if we are
# root, and the directory is theirs: servers do not want to be root.
unprivileged()
{
	AS=
	[ "$(id -u)" -eq 0 ] || return 0
	AS="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chown -R 65534:65534 "$1"
}

# start_server NAME COMMAND...: until it listens on $PORT and $TLSPORT.
start_server()
{
	srv_name=$1
	shift
	bg "$srv_name" "$@"
	SERVER=$pid
	for srv_port in $PORT $TLSPORT; do
		if ! port wait "$srv_port" 30 || ! alive "$SERVER"; then
			note "$srv_name does not start"
			note "$T/$srv_name.out"
			note "$T/$srv_name.err"
			return 1
		fi
	done
}

two_ports()
{
	# shellcheck disable=SC2046
	set -- $(port free 2)
	PORT=$1 TLSPORT=$2
}
