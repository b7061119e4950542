#!/bin/sh
# Every way to log in, on servers that are not ours and on the one that is: what
# matrix.tsv says comes of each, and a message gets through.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/prosody.sh"
. "$(dirname "$0")/ejabberd.sh"
need openssl port xmpp-send xmpp-listen xmpp-serve
. "$(dirname "$0")/matrix.sh"

JOBS=4		# logins at once
LIMIT=40

# have SERVER
have()
{
	case $1 in
	prosody) have_prosody ;;
	sasl2) have_prosody && have_prosody_sasl2 ;;
	ejabberd) have_ejabberd ;;
	serve) true ;;
	esac
}

# The account files, one for each kind of account: what is not in them is an
# option.
accounts()
{
	printf '%s' "$PASSWORD" >"$T/password"
	printf 'other than that' >"$T/password.wrong"
	for a in password wrong nobody one two nurse strange; do
		case $a in
		password) echo "password_file = $T/password" ;;
		wrong) echo "password_file = $T/password.wrong" ;;
		nobody) ;;
		one) printf 'cert = %s\nkey = %s\n' "$T/one.pem" "$T/one.key"
			echo "password_file = $T/password" ;;
		*) printf 'cert = %s\nkey = %s\n' "$T/$a.pem" "$T/$a.key" ;;
		esac >"$T/account.$a"
		chmod 600 "$T/account.$a"
	done
	chmod 600 "$T/password" "$T/password.wrong"
}

# login CELL ACCOUNT [OPTION...]: romeo says the cell's number to juliet, on the
# server that the variables of cell() name.
login()
{
	lg_cell=$1 lg_account=$2
	shift 2
	lg_who=romeo@
	[ "$lg_account" != nobody ] || lg_who=
	if [ "$server" = serve ]; then
		set -- -f "$T/serve/$offer-$version.$lg_account" \
		    -j "${lg_who}localhost" "$@" juliet@localhost
	else
		set -- -f "$T/account.$lg_account" --host 127.0.0.1 \
		    --port "$(cat "$T/$server/$version.$how")" \
		    --ca-file "$T/ca.pem" -j "$lg_who$offer.verona.test" \
		    "$@" juliet@all.verona.test
	fi
	timeout -k 5 "$LIMIT" xmpp-send -v --tls "$how" --wait 0 \
	    --trace "$T/cells/$lg_cell.trace" -m "$lg_cell" "$@" \
	    >"$T/cells/$lg_cell.out" 2>"$T/cells/$lg_cell.err" </dev/null
	echo $? >"$T/cells/$lg_cell.rc"
}

# cell NUMBER SERVER OFFER ACCOUNT VERSION HOW WANT: try it; see report().
cell()
{
	server=$2 offer=$3 version=$5 how=$6
	case $4 in
	again*)
		a=${4#again}
		a=${a#-}
		XMPP_STATE=$T/cells/$1.state
		login "$1" "${a:-password}"
		login "$1" "${a:-password}"
		XMPP_STATE=
		;;
	anonymous) login "$1" nobody --no-ahead --sasl ANONYMOUS ;;
	ahead-anonymous) login "$1" nobody --sasl ANONYMOUS ;;
	ahead-*) login "$1" password --sasl "${4#ahead-}" ;;
	wrong-*) login "$1" wrong --no-ahead --sasl "${4#wrong-}" ;;
	# by its name alone it would go ahead, by the older protocol
	*[A-Z]*) login "$1" password --no-ahead --sasl "$4" ;;
	*) login "$1" "$4" ;;
	esac
}

# All cells of the table, numbered, one for each version and way.
cells()
{
	grep -v '^#' "$TOP/tests/matrix.tsv" | grep . |
	while read -r server offer account old new; do
		[ -e "$T/$server.up" ] || continue
		# by a module of prosody-modules
		[ "$server,$offer" != prosody,external ] ||
			[ -e "$T/sasl2.up" ] || continue
		for how in starttls direct; do
			echo "$server $offer $account 1.2 $how $old"
			echo "$server $offer $account 1.3 $how $new"
		done
	done | cat -n
}

# What came of a cell, in the words of the table.
outcome()
{
	case $(cat "$T/cells/$1.rc") in
	0) sed -n 's|, bound by |/|; s|;.*||; s|.* logged in as .* by ||p' \
	    "$T/cells/$1.err" ;;
	77) echo refused ;;
	*) echo "status $(cat "$T/cells/$1.rc")" ;;
	esac
}

# report NUMBER SERVER OFFER ACCOUNT VERSION HOW WANT
report()
{
	r_name="$2, $3, $4, TLS $5, $6: $7"
	is "$r_name" "$(outcome "$1")" "$7" || note "$T/cells/$1.err"
	case $2,$3,$4 in
	*,ahead-* | serve,classic,*) r_by='<auth ' ;;
	sasl2,* | serve,*) r_by='<authenticate ' ;;
	*) r_by='<auth ' ;;
	esac
	unlike "$r_name: not by another version" "$T/cells/$1.err" \
	    "TLSv1\.$((5 - ${5#1.}))"
	if [ "$7" != refused ]; then
		like "$r_name: in its protocol" "$T/cells/$1.trace" "$r_by"
	fi
}

# said SERVER-VERSION: the cells that juliet has heard of there, sorted.
said()
{
	cut -f 2 "$T/juliet-$1.out" | sort -n
}

matrix_certs || exit 1
accounts
for s in serve prosody sasl2 ejabberd; do
	if have $s; then
		: >"$T/$s.up"
	else
		skip "no $s here"
	fi
done
[ ! -e "$T/ejabberd.up" ] || matrix_ejabberd
for v in 1.2 1.3; do
	matrix_serve $v
	[ ! -e "$T/prosody.up" ] || matrix_prosody prosody $v
	[ ! -e "$T/sasl2.up" ] || matrix_prosody sasl2 $v \
	    sasl2_older sasl2 sasl2_bind2 sasl2_sm sasl2_fast
done
for s in prosody sasl2 ejabberd; do
	[ -e "$T/$s.up" ] || continue
	for f in "$T/$s"/1.*; do
		port wait "$(cat "$f")" 60 || verdict 1 "$s listens: $f"
	done
done
[ ! -e "$T/ejabberd.up" ] || wait_for 60 test -e "$T/ejabberd/ready"

# juliet hears, at each server in each version, all that arrives there.
mkdir "$T/cells"
cells >"$T/table"
HEARERS=
for s in prosody-1.2 prosody-1.3 sasl2-1.2 sasl2-1.3 ejabberd; do
	[ -e "$T/${s%-*}.up" ] || continue
	v=${s#*-}
	[ "$s" != ejabberd ] || v=1.3
	bg "juliet-$s" xmpp-listen -v -f "$T/account.password" \
	    --host 127.0.0.1 --port "$(cat "$T/${s%-*}/$v.direct")" \
	    --tls direct --ca-file "$T/ca.pem" -j juliet@all.verona.test -t
	HEARERS="$HEARERS $s:$pid"
done
for h in $HEARERS; do
	wait_for 20 grep -q 'logged in' "$T/juliet-${h%:*}.err" ||
		note "$T/juliet-${h%:*}.err"
done

# Several workers, each with its part of the cells.
workers=
for w in $(seq $JOBS); do
	awk -v n=$JOBS -v w="$w" 'NR % n == w % n' "$T/table" |
	while read -r c; do
		# shellcheck disable=SC2086
		cell $c
	done &
	workers="$workers $!"
done
# shellcheck disable=SC2086
wait $workers

while read -r c; do
	# shellcheck disable=SC2086
	report $c
done <"$T/table"

for h in $HEARERS; do
	s=${h%:*}
	awk -v s="${s%-*}" -v v="${s#*-}" '$2 == s && $7 != "refused" &&
	    (s == v || v == $5) { print $1; if ($4 ~ /^again/) print $1 }' \
	    "$T/table" >"$T/want"
	wait_for 20 lines "$T/juliet-$s.out" "$(wc -l <"$T/want")"
	stop "${h#*:}"
	said "$s" >"$T/got"
	same "$s: every message has arrived" "$T/got" "$T/want"
done
awk '$2 == "serve" && $7 != "refused" {
    print $1; if ($4 ~ /^again/) print $1 }' "$T/table" >"$T/want"
sed -n 's/^<message .*<body>\([0-9]*\)<.*/\1/p' "$T"/serve/*-1.[23] |
    sort -n >"$T/got"
same 'serve: every message has arrived' "$T/got" "$T/want"
finish
