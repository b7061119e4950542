#!/bin/sh
# The house itself: it installs and leaves, each program has its page, says its
# usage and version, and links only what it uses.
. "$(dirname "$0")/lib.sh"
cd "$TOP" || exit 1

ok 'every test can be run' sh -c '
	for t in tests/*.t; do [ -x "$t" ] || { echo "$t"; exit 1; }; done'

# What of the environment the programs read, the tests do not inherit.
sed -n '/^unset /p; /^export XMPP_STATE=$/p' scripts/run-tests |
    tr -s ' =' '\n\n' >"$T/unset"
grep -Eoh '"(XMPP_[A-Z_]+|SSL_CERT_[A-Z]+|[A-Z]+_PROXY|[a-z]+_proxy)"' \
    libcore/*/*.c | tr -d '"' | sort -u >"$T/read"
ok 'variables are found in the programs' grep -qx ALL_PROXY "$T/read"
is 'no test inherits one of them' "$(grep -vxFf "$T/unset" "$T/read")" ''

# The plan: the rooms from the ground up, a row a line.  A room includes from
# rows below its own, and from no other: so there is no arrow up and no circle.
cat >"$T/rows" <<'EOF'
base
xml jid sasl
stanza view xmpp
client server
net
state
cli
account watch
session serve
EOF
python3 - "$T/rows" >"$T/arrows" <<'EOF'
import glob, re, sys
row = {room: n for n, line in enumerate(open(sys.argv[1]))
       for room in line.split()}
for path in sorted(glob.glob('libcore/*/*.[ch]')):
    room = path.split('/')[1]
    if room not in row:
        print(path, 'is in no room of the plan')
        continue
    for other in re.findall(r'^#include "([a-z0-9]+)/', open(path).read(), re.M):
        if other != room and row.get(other, 99) >= row[room]:
            print(path, 'includes from', other)
EOF
is 'no arrow goes up, no rooms in a circle' "$(cat "$T/arrows")" ''
is 'only cli and cmd exit and print' "$(grep -nE \
    '(^|[^_a-z>.])(exit|abort|f?printf|puts|perror) ?\(' libcore/*/*.c |
    grep -v '^libcore/cli/')" ''

# What the Makefile says.
programs=$(make -s list-programs 2>/dev/null)

for p in $programs; do
	status "$p --help" 0 "$p" --help
	like 'says how it is used' "$T/out" "^usage: $p"
	run "$p" -h
	status "$p --version" 0 "$p" --version
	like 'says its name and version' "$T/out" "^$p [0-9]+\.[0-9]"
	status "$p with an option that does not exist" 64 "$p" --evil
	like 'says so with its name' "$T/err" "^$p: "
	is 'and prints nothing' "$(cat "$T/out")" ''
	ok "$p has a manual page" test -f "man/$p.1"
done

if command -v mandoc >/dev/null; then
	for m in man/*.[1-8]; do
		ok "$m is clean" mandoc -Tlint -Wwarning "$m"
	done
else
	skip 'no mandoc'
fi

for p in $programs; do
	case $p in
	xmpp-*) ;;
	*) ldd "$B/$p" >"$T/ldd" 2>&1
		unlike "$p loads no network code" "$T/ldd" 'libssl|libcares' ;;
	esac
done

make -s install DESTDIR="$T/root" PREFIX=/usr B="$B" O="$O" \
    >"$T/install.log" 2>&1
for p in $programs; do
	ok "$p is installed" test -x "$T/root/usr/bin/$p"
done
ok 'manual pages are installed' test -f "$T/root/usr/share/man/man5/ndxml.5"
make -s uninstall DESTDIR="$T/root" PREFIX=/usr >>"$T/install.log" 2>&1
is 'nothing is left after uninstall' "$(find "$T/root" -type f)" ''
finish
