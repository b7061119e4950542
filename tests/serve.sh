# An xmpp-serve of the test's own, and clients of it.  Sourced after lib.sh.

DOMAIN=localhost

# start_serve [OPTION...]: until it serves; its process in $SERVER, its port in
# $PORT, the accounts in $XMPP_CONFIG, what it routes in $T/serve.out.
start_serve()
{
	bg serve xmpp-serve "$@"
	SERVER=$pid
	wait_for 20 grep -q '^XMPP_CONFIG=' "$T/serve.out" || {
		note 'xmpp-serve does not start'
		note "$T/serve.err"
		return 1
	}
	XMPP_CONFIG=$(sed -n '1s/^XMPP_CONFIG=//p' "$T/serve.out" | tr -d "'\"")
	export XMPP_CONFIG
	PORT=$(setting port)
}

# setting KEY [SECTION]: the first of that key in the account file.
setting()
{
	sed -n "/^\[${2:-romeo}\]/,\$s/^$1 *= *//p" "$XMPP_CONFIG" | head -n 1
}

# listener NAME ACCOUNT [OPTION...]: an xmpp-listen in the background that is
# available when this returns.
listener()
{
	ln_name=$1
	shift
	bg "$ln_name" xmpp-listen -v -a "$@"
	wait_for 20 available "$ln_name" || note "$T/$ln_name.err"
}

available()
{
	grep -q 'logged in' "$T/$1.err"
}

# hostile PLAY [CERT]: the server of hostile.py, which writes to $RECORD; the
# account romeo leads there.
hostile()
{
	make_certs || return 1
	rm -rf "$T/$1"
	bg hostile python3 -W ignore "$TOP/tests/hostile.py" "$T" "$DOMAIN" \
	    "$PASSWORD" "$T/${2:-server}" "$1"
	HOSTILE=$pid
	RECORD=$T/$1/record
	wait_for 10 test -s "$T/$1/port" || note "$T/hostile.err"
	: >"$T/accounts"
	account romeo romeo "$(cat "$T/$1/port")" starttls
}
