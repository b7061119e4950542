#!/bin/sh
# The manual pages: mandoc finds no fault, each program has one, and it tells
# of the same options and operands as --help.
. "$(dirname "$0")/lib.sh"
need mandoc

# What mandoc says of FILE.  Whether pages of other packages are installed
# here, and known to man(1), is nothing that a page can do about.
lint()
{
	mandoc -Tlint -W style "$1" 2>&1 |
	    grep -v -e 'referenced manual not found' -e 'outdated mandoc.db'
}

# The text of a page, 300 columns wide, nothing struck over.
text()
{
	mandoc -Tascii -O width=300 "$1" | sed "s/.$(printf '\b')//g"
}

# A section of a text: section NAME FILE.
section()
{
	awk -v s="$1" '/^[A-Z]/ { in_it = $0 == s; next } in_it' "$2"
}

# Options at the start of lines, one a line: what stands before the
# description, and that begins behind two spaces or not at all.
options()
{
	sed -n 's/^ \{1,8\}\(-.*\)$/\1/p' | sed 's/   *[^ -].*//' |
	    tr ' ,=[' '\n\n\n\n' | grep -Ex -e '--?[A-Za-z0-9][A-Za-z0-9-]*' | sort -u
}

# One line, without the white space that is a matter of taste.
oneline()
{
	tr -s ' \n' ' ' | sed 's/^ *//; s/ *$//; s/ *| */|/g; s/ \.\.\./.../g'
}

# The usage in --help: its first line, and those that go on with it, which are
# far indented.
usage()
{
	awk 'NR > 1 && !/^       / { exit } { sub(/^usage:/, ""); print }'
}

# The options of a synopsis, one a line; "-abc" is three.
words()
{
	tr ' []|' '\n\n\n\n' | awk '
		/^--./ { print; next }
		/^-./ { for (i = 2; i <= length($0); i++)
			print "-" substr($0, i, 1) }' |
	    grep -vx -e -h -e -V -e -- | sort -u
}

# Those of --help as a synopsis has them: the long ones only if there is no
# short one.
shortest()
{
	sed -n 's/^ \{1,8\}\(-[^ ,]*\).*/\1/p' | grep -vx -e -h -e -V | sort -u
}

# Ours, by number of section, of all pages that are referred to.
references()
{
	sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1.\2/p' "$1" | sort -u |
	    grep -E '^(xmpp|stanza|jid|ndxml|stream)'
}

cd "$TOP" || exit 71
for page in man/*.[1-8]; do
	lint "$page" >"$T/lint"
	ok "${page#man/}: mandoc finds no fault" test ! -s "$T/lint" ||
	    note "$T/lint"
	references "$page" >"$T/refs"
	while read -r ref; do
		[ -e "man/$ref" ] || echo "$ref"
	done <"$T/refs" >"$T/missing"
	ok "${page#man/}: refers to pages that exist" test ! -s "$T/missing" ||
	    note "$T/missing"
done

# The shared options are described once, in xmpputils(7).
text man/xmpputils.7 >"$T/text"
awk '/^   [A-Z]/ { in_it = /Options of the programs/ } /^[A-Z]/ { in_it = 0 }
    in_it' "$T/text" | options >"$T/shared"
lines "$T/shared" 10 || verdict 1 "xmpputils.7: lists the shared options"
printf '%s\n' -h --help -V --version >"$T/every"
cat "$T/shared" "$T/every" | sort -u >"$T/common"

# What it says of the authentication is so.
for name in MIN MAX; do
	limit=$(sed -n "s/.*SCRAM_ITERATIONS_$name = \([0-9]*\).*/\1/p" \
	    libcore/sasl/scram.h)
	ok "xmpputils.7: has SCRAM's limit, $name" \
	    grep -q "iteration count of SCRAM has to be.* $limit[ ;]" "$T/text"
done
sed -n '/mechs\[\] = {/,/}/s/.*&sasl_\(scram_.*\)/\1/p' libcore/sasl/sasl.c |
    tr -d , | tr '_a-z' '-A-Z' >"$T/wanted"
grep -o 'SCRAM-SHA-512-PLUS, .*; PLAIN' "$T/text" |
    grep -o 'SCRAM-[A-Z0-9-]*' >"$T/order"
same "xmpputils.7: has SCRAM's mechanisms in their order" "$T/order" \
    "$T/wanted"

for prog in $(find "$B" -maxdepth 1 -type f -perm -u+x -exec basename {} \; |
    sort); do
	ok "$prog: has a page" test -s "man/$prog.1" || continue
	text "man/$prog.1" >"$T/text"
	status "$prog: --help succeeds" 0 "$prog" --help
	options <"$T/out" >"$T/help"
	{ section DESCRIPTION "$T/text"; section OPTIONS "$T/text"; } |
	    options >"$T/page"
	comm -23 "$T/help" "$T/common" >"$T/help.own"
	comm -23 "$T/page" "$T/common" >"$T/page.own"
	same "$prog: the page has the options of --help" \
	    "$T/page.own" "$T/help.own"
	if grep -qx -e --jid "$T/help"; then
		is "$prog: takes all the shared options" \
		    "$(comm -23 "$T/shared" "$T/help")" ""
		ok "$prog: refers to xmpputils(7) for them" \
		    grep -q '^\.Xr xmpputils 7' "man/$prog.1"
	fi
	section SYNOPSIS "$T/text" | oneline >"$T/synopsis"
	usage <"$T/out" | oneline >"$T/usage"
	case $(cat "$T/usage") in
	*'[options]'*)
		is "$prog: SYNOPSIS has the options of --help" \
		    "$(words <"$T/synopsis")" "$(shortest <"$T/out")"
		end=$(sed 's/.*\[options\] *//' "$T/usage")
		ok "$prog: SYNOPSIS has the operands of the usage" \
		    grep -qiF -e "$end" "$T/synopsis" ;;
	*)	same "$prog: SYNOPSIS and usage are the same" \
		    "$T/synopsis" "$T/usage" ;;
	esac
	for s in 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		ok "$prog: the page has $s" grep -qx "$s" "$T/text"
	done
	status "$prog: --help to a full disk fails" 74 \
	    sh -c '"$0" --help >/dev/full' "$prog"
done
finish
