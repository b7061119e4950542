#!/bin/sh
# What one login learns for the next, on the throwaway server: sent ahead,
# tokens, nothing weaker than before, and how it is forgotten.
. "$(dirname "$0")/lib.sh"

need openssl
STATE=$T/state
mkdir -m 700 "$STATE"
FILE=$STATE/romeo@localhost

# login [SERVE-OPTION...] -- [SEND-OPTION...]: a server of its own, one message.
# romeo's password is another one each time, so only what is not remembered of
# it can work.
login()
{
	t_serve=
	while [ "$1" != -- ]; do
		t_serve="$t_serve $1"
		shift
	done
	shift
	# shellcheck disable=SC2086,SC2016
	XMPP_STATE=$STATE run xmpp-serve $t_serve -- sh -c '
		xmpp-send -v --wait 0 --trace "$0" -a romeo -m x "$@" \
		    juliet@localhost' "$T/trace" "$@"
}

# order NAME...: these elements, and in this order, were on the connection.
order()
{
	"$B/stream-dump" "$T/trace" |
	    sed 's/^<\([a-z]*:\)\{0,1\}\([a-z]*\)[^a-z].*/\2/' >"$T/order"
	printf '%s\n' "$@" >"$T/wanted"
	t_got=$(grep -nxF -f "$T/wanted" "$T/order" | cut -d: -f2 | uniq |
	    tr '\n' ' ')
	[ "$t_got" = "$* " ] || { echo "got: $t_got"; return 1; }
}

login --
is 'a first login' "$rc" 0
like 'is by the strongest mechanism' "$T/err" 'by SCRAM-SHA-512-PLUS'
ok 'after the features have come' \
    order starttls features proceed features authenticate challenge response \
    success features message
ok 'what it has learnt is for its user only' \
    test "$(stat -c %a "$FILE")" = 600
unlike 'and holds no password' "$FILE" '^password'
like 'but a token' "$FILE" '^token HT-SHA-256-'

# Two in one server, so that the token is good.
# shellcheck disable=SC2016
XMPP_STATE=$STATE run xmpp-serve -- sh -c '
	xmpp-send --wait 0 -a romeo -m x juliet@localhost &&
	xmpp-send -v --wait 0 --trace "$0" -a romeo -m x juliet@localhost' \
    "$T/trace"
is 'a second login' "$rc" 0
like 'is by the token' "$T/err" 'by HT-SHA-256-EXPR'
like 'on a TLS session taken up' "$T/err" 'resumed'
ok 'sent ahead of the features, with the message behind it' \
    order starttls features proceed authenticate message features success \
    features

login --
is 'a server that knows no token of ours' "$rc" 0
like 'gets the password' "$T/err" 'by SCRAM-SHA-512-PLUS'

login --no-sasl2 --
is 'a server that has unlearnt SASL2' "$rc" 0
like 'is dialed once more' "$T/err" ': the server .*: .*once more'
like 'and logged in to' "$T/err" 'by SCRAM-SHA-512-PLUS'
status 'the trace of both connections is read' 0 "$B/stream-dump" "$T/trace"
like 'from the first' "$T/out" '<authenticate '
like 'to the second' "$T/out" '<auth '
login --no-sasl2 --
is 'the next time' "$rc" 0
unlike 'it is known' "$T/err" 'once more'
ok 'and the old way sent ahead, too' \
    order starttls features proceed auth features challenge response success \
    iq message features iq

login -m PLAIN --
is 'less than there was is refused' "$rc" 77
like 'and explained' "$T/err" 'SCRAM-SHA-512-PLUS.*--forget'
"$B/stream-dump" "$T/trace" >"$T/order"
unlike 'before anything of the account is said' "$T/order" \
    "mechanism='PLAIN'"
login -m PLAIN -- --sasl PLAIN
is 'unless it is insisted on' "$rc" 0
login -m PLAIN -- --forget
is 'or the account forgotten' "$rc" 0
like 'and what is there now is what counts' "$FILE" '^strongest PLAIN$'

# A certificate proves nothing of the server, which a password did.
rm "$FILE"
login --
is 'a password is what is known' "$rc" 0
login --certificates -m EXTERNAL --
is 'a certificate where there was a password' "$rc" 77
like 'is not enough' "$T/err" 'SCRAM-SHA-512-PLUS.*EXTERNAL.*--forget'
login --certificates --
is 'the server itself may say that it takes one' "$rc" 0
like 'while it proves to know the password' "$T/err" 'by SCRAM-SHA-512-PLUS'
login --certificates --
is 'and then' "$rc" 0
like 'it is enough' "$T/err" 'by EXTERNAL$'

# twice SERVE-OPTION...: two logins to one server, so that a token is good.
twice()
{
	rm -f "$FILE"
	# shellcheck disable=SC2016
	XMPP_STATE=$STATE run xmpp-serve "$@" -- sh -c '
		for i in 1 2; do
			xmpp-send -v --wait 0 -a romeo -m x juliet@localhost ||
			    exit
		done'
	sed -n 's/.*logged in as [^ ]* by //p' "$T/err" >"$T/by"
}

twice -m SCRAM-SHA-256-PLUS -m SCRAM-SHA-256 -m HT-SHA-256-NONE
is 'after a login that is bound' "$rc" 0
printf 'SCRAM-SHA-256-PLUS, bound by tls-exporter\n%.0s' 1 2 >"$T/wanted"
ok 'a token that is not is neither asked for nor used' \
    cmp "$T/by" "$T/wanted"
unlike 'nor kept' "$FILE" '^token '
twice -m SCRAM-SHA-256 -m HT-SHA-256-NONE
is 'where nothing is bound' "$rc" 0
like 'it is used' "$T/by" '^HT-SHA-256-NONE$'

rm "$FILE"
echo nonsense >"$FILE"
login --
is 'a file that is damaged is as none' "$rc" 0
chmod 644 "$FILE"
login --
is 'nor is one that others can read believed' "$rc" 0
ok 'and it is not left so' test "$(stat -c %a "$FILE")" = 600

rm -f "$FILE"
STATE=
login --
is 'where nothing is to be kept' "$rc" 0
ok 'nothing is' test ! -e "$FILE"
ok 'and the features are waited for' \
    order starttls features proceed features authenticate challenge response \
    success features message
mkdir -m 770 "$T/shared"
: >"$T/plain"
for STATE in '' "$T/plain/state" "$T/shared"; do
	login --
	is "no token is asked for (${STATE##*/})" "$rc" 0
	"$B/stream-dump" "$T/trace" >"$T/order"
	like "nor who would have it said (${STATE##*/})" "$T/order" \
	    '<authenticate [^>]*><initial-response>[^<]*</initial-response><bind '
	unlike "no such thing (${STATE##*/})" "$T/order" \
	    '<user-agent|<request-token'
done
STATE=
login -- --sasl SCRAM-SHA-256
is 'one mechanism that is named' "$rc" 0
ok 'needs no features, but for what follows the login' \
    order starttls features proceed auth features challenge response success \
    features iq message
login -- --sasl SCRAM-SHA-256 --no-ahead
is 'unless nothing is to go ahead' "$rc" 0
ok 'then they are waited for' \
    order starttls features proceed features authenticate challenge response \
    success features message
login -m SCRAM-SHA-512 -- --sasl SCRAM-SHA-256
is 'one that the server has not' "$rc" 77
like 'is told' "$T/err" 'cannot log in to .*that --sasl allows; .*SCRAM-SHA-512$'
login -- --sasl EXTERNAL
is 'a certificate that there is not' "$rc" 77
like 'is told, too' "$T/err" 'for EXTERNAL the account has no certificate$'

finish
