#!/bin/sh
# The README's recipes and the EXAMPLES of the manual pages run as printed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve.sh"
need xmpp-serve xmpp-send xmpp-listen xmpp-connect stanza-cut mandoc setsid

mkdir "$T/work"
cd "$T/work" || exit 71
printf '#!/bin/sh\n' >test-the-bot
chmod +x test-the-bot

# --- The manual pages: whose examples begin with "xmpp-serve -- sh" -----------

# examples PAGE: each into a file of its own, ex.1, ex.2 ...  On the page they
# are what is indented twice.
examples()
{
	rm -f "$T"/ex.*
	mandoc -Tascii -O width=300 "$1" | sed "s/.$(printf '\b')//g" |
	    awk -v out="$T/ex." '
		/^[A-Z]/ { in_it = $0 == "EXAMPLES"; next }
		!in_it { next }
		/^           / { if (!block++) n++
			print substr($0, 12) >(out n); next }
		NF { block = 0 }'
}

for page in "$TOP"/man/*.[17]; do
	name=$(basename "$page")
	examples "$page"
	grep -qx -e 'xmpp-serve -- sh' "$T"/ex.* 2>/dev/null || continue
	# shellcheck disable=SC2016
	run xmpp-serve -- sh -c '
		for ex; do
			[ "$(cat "$ex")" != "xmpp-serve -- sh" ] || continue
			sh "$ex" >"$ex.out" 2>"$ex.err" </dev/null
			echo $? >"$ex.rc"
		done' sh "$T"/ex.*
	for ex in "$T"/ex.*.rc; do
		num=${ex#"$T"/ex.}
		is "$name: example ${num%.rc}" "$(cat "$ex")" 0 ||
		    note "${ex%rc}err"
	done
done

# Examples of filters are shown with what they print: a line "$ command", and
# the output behind it up to a blank line.  Lines that end in a backslash are
# one, broken for the page.
shown()
{
	rm -f "$T"/sh.*
	mandoc -Tutf8 -O width=300 "$1" | sed "s/.$(printf '\b')//g" |
	    sed -e ':a' -e '/\\$/{ N; s/\\\n *//; ta' -e '}' |
	    awk -v out="$T/sh." '
		/^[A-Z]/ { in_it = $0 == "EXAMPLES"; next }
		!in_it { next }
		match($0, /^ *\$ /) { n++; at = RLENGTH - 1
			print substr($0, RLENGTH + 1) >(out n ".sh"); next }
		NF && at { print substr($0, at) >(out n ".want"); next }
		{ at = 0 }'
}

for page in "$TOP"/man/*.[15]; do
	name=$(basename "$page")
	shown "$page"
	for want in "$T"/sh.*.want; do
		[ -e "$want" ] || continue
		sh "${want%want}sh" >"$T/got" 2>&1 </dev/null
		what=$(head -n 1 "${want%want}sh" | tr -d '\\' | cut -c 1-50)
		same "$name: $what" "$T/got" "$want"
	done
done

# What xmpputils(7) sends arrives in both forms.
run xmpp-serve -- sh -c '
	xmpp-send -a romeo -m "Call me but love" juliet@localhost
	xmpp-listen -a juliet -n 1 --timeout 10 | grep -o "<body>.*</body>"'
is 'a message is a line' "$(cat "$T/out")" '<body>Call me but love</body>'

# --- The README --------------------------------------------------------------

# The default account is the robot's, as the README has it, and the file lies
# where it says.
start_serve -d example.org -u robot -u me -u room -u alice -u counter || exit
mkdir -p "$HOME/.config/xmpputils"
awk '/^\[/ { past = 1; robot = /^\[robot\]/; print >rest; next }
	past { print >rest }
	robot { print }' rest="$T/sections" "$XMPP_CONFIG" >"$T/top"
cat "$T/top" "$T/sections" >"$HOME/.config/xmpputils/config"
chmod 600 "$HOME/.config/xmpputils/config"
unset XMPP_CONFIG

# recipe TEXT: the block of the README behind the paragraph that begins so.
recipe()
{
	awk -v t="$1" '
		index($0, t) == 1 { found = 1 }
		found && /^    / { print substr($0, 5); block = 1; next }
		found && block && NF { exit }' "$TOP/README" >"$T/recipe"
	ok "README: $1" test -s "$T/recipe"
}

# hear ACCOUNT COUNT: what has come for it, as text, into $T/heard.
hear()
{
	timeout -k 5 "$LIMIT" xmpp-listen -a "$1" -t -n "$2" --timeout 20 \
	    >"$T/heard" 2>"$T/heard.err" </dev/null
}

# tell ACCOUNT OPTION... JID: without waiting for a bounce.
tell()
{
	tl_who=$1
	shift
	xmpp-send -a "$tl_who" --wait 0 "$@" || note "$tl_who cannot send"
}

# play NAME: the recipe in the background, in a process group of its own, for
# those that do not end by themselves.  Its listener says when it is there.
play()
{
	sed 's/^xmpp-listen/& -v/' "$T/recipe" >"$T/$1.sh"
	setsid sh "$T/$1.sh" </dev/null >"$T/$1.out" 2>"$T/$1.err" &
	played=$!
	groups="${groups:-} $played"
}

there()
{
	wait_for 20 grep -q 'logged in' "$T/$1.err" || note "$T/$1.err"
}

unplay()
{
	for g in ${groups:-}; do
		kill -TERM "-$g" 2>/dev/null
		wait "$g" 2>/dev/null
	done
	groups=
}
trap 'unplay; cleanup' EXIT

recipe 'A cron job'
printf '#!/bin/sh\necho no space\necho on tape >&2\nexit 1\n' >backup
chmod +x backup
status 'cron: the job is told' 0 sh "$T/recipe"
hear me 1
like 'cron: with what it printed' "$T/heard" \
    '^robot@example.org/[^	]*	no space\\non tape$'
printf '#!/bin/sh\nexit 0\n' >backup
status 'cron: nothing is told of success' 0 \
    env XMPP_PORT=1 sh "$T/recipe"

recipe 'A CI job'
printf 'test:\n\t@echo all is well\n' >Makefile
status 'CI: it is told' 0 sh "$T/recipe"
hear me 1
like 'CI: with its log' "$T/heard" '	all is well$'
printf 'test:\n\t@echo alas; exit 1\n' >Makefile
status 'CI: its failure, too' 0 sh "$T/recipe"
hear me 1
like 'CI: with its log' "$T/heard" '	alas'
run env XMPP_PORT=1 sh "$T/recipe"
like 'CI: a server that is not there' "$T/err" 'exit status 69'

recipe 'A log as it grows'
: >app.log
listener me me -t -n 2
heard=$pid
play log
# it may not read yet: more until the first came
left=200
until [ -s "$T/me.out" ] || [ $left -eq 0 ]; do
	printf 'INFO no\nERROR one\nERROR two\n' >>app.log
	sleep 0.1
	left=$((left - 1))
done
reap "$heard" 20
like 'log: the lines of interest come' "$T/me.out" '	ERROR one$'
unlike 'log: and no others' "$T/me.out" 'INFO'
unplay

recipe 'A bot that answers'
play bot
there bot
listener me me -t -n 2
heard=$pid
# a stranger first: is not answered
tell romeo -m disk robot@example.org
tell me -m what robot@example.org
tell me -m load robot@example.org
reap "$heard" 20
like 'bot: answers' "$T/me.out" '	load or disk\?$'
like 'bot: does as it is told' "$T/me.out" 'load average'
tell me -m end romeo@example.org
hear romeo 1
like 'bot: strangers get nothing' "$T/heard" '	end$'
unplay

recipe 'A room of tools'
printf '%s@example.org\n' me alice counter >members
play room
there room
recipe 'And a member of it'
play counter
there counter
listener me me -t -n 2
heard=$pid
tell alice -m 'three small words' room@example.org
reap "$heard" 20
like 'room: the others hear it' "$T/me.out" \
    '^room@example.org/.*	alice@example.org: three small words$'
like 'room: a tool has its say' "$T/me.out" \
    '^room@example.org/.*	counter@example.org: 4$'
tell romeo -m 'let me in' room@example.org
tell me -m 'one more' room@example.org
hear alice 2
like 'room: who says something does not hear it' "$T/heard" \
    '	counter@example.org: '
hear alice 1
unlike 'room: strangers are not heard' "$T/heard" 'let me in'
unplay

recipe 'All that happens'
sed '1!d' "$T/recipe" >"$T/first" && sed 1d "$T/recipe" >"$T/second"
cp "$T/first" "$T/recipe"
play archive
there archive
tell me -m 'for the record' robot@example.org
ok 'archive: keeps it' wait_for 20 grep -q 'for the record' archive.ndxml
unplay
status 'archive: can be looked at' 0 sh "$T/second"
like 'archive: gives the text' "$T/out" '	for the record$'
finish
