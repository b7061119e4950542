#!/bin/sh
# What stanza-grep, stanza-cut and stanza-make do alike: bad lines, files,
# a full disk, a reader that leaves, lines as they come, nothing of TLS.
. "$(dirname "$0")/lib.sh"

# The lines that each filter passes or makes of three good ones and bad ones.
cat >"$T/mixed" <<'END'
<message from='a@b'><body>1</body></message>
this is no XML

<message from='a@b'><body>2</body></message><presence/>
<message from='a@b'><body>2</body></message>
<!-- no --><message/>
<message><body>
<message from='a@b'><body>3</body></message>
END
cat >"$T/why" <<'END'
line 2: 
line 4: 
line 6: 
line 7: 
END

bad_lines()
{
	bl_name=$1
	shift
	run "$@" <"$T/mixed"
	is "$bl_name: bad lines end in 65" "$rc" 65
	ok "$bl_name: good lines go through" lines "$T/out" 3
	is "$bl_name: and nothing else does" "$(wc -l <"$T/out")" 3
	sed "s/^$bl_name: \(line [0-9]*: \).*/\1/" "$T/err" >"$T/said"
	same "$bl_name: each bad line is named by its number" "$T/said" \
	    "$T/why"
}

bad_lines stanza-grep stanza-grep
bad_lines stanza-cut stanza-cut -f body

# files COMMAND...: operands, "-", one that is missing.
files()
{
	fl_name=$1
	echo "<message from='x@y'/>" >"$T/one"
	echo "<message from='z@y'/>" >"$T/two"
	run "$@" "$T/one" - <"$T/two"
	ok "$fl_name: reads operands and - in order" \
	    sh -c "sed -n 1p '$T/out' | grep x@y && sed -n 2p '$T/out' | grep z@y"
	run "$@" "$T/none" "$T/one"
	is "$fl_name: a file that is not there is 66" "$rc" 66
	ok "$fl_name: the others are read" grep -q x@y "$T/out"
	like "$fl_name: it is named" "$T/err" "$T/none: No such file"
	printf 'x\n' >"$T/bad"
	run "$@" "$T/bad"
	like "$fl_name: a bad line of a file is named with it" "$T/err" \
	    "^$fl_name: $T/bad: line 1: "
}

files stanza-grep
files stanza-cut -f from

# live COMMAND...: a line in, its line out, while the pipe stays open.
live()
{
	lv_name=$1 lv_line=$2
	shift 2
	rm -f "$T/live.in"
	mkfifo "$T/live.in"
	bg live "$@"
	lv_pid=$pid
	exec 3>"$T/live.in"
	printf '%s\n' "$lv_line" >&3
	ok "$lv_name: a line comes out at once" wait_for 10 lines \
	    "$T/live.out" 1
	printf '%s\n' "$lv_line" >&3
	ok "$lv_name: and the next" wait_for 10 lines "$T/live.out" 2
	exec 3>&-
	reap "$lv_pid"
	is "$lv_name: and the end is the end" "$rc" 0
	rm "$T/live.in"
}

live stanza-grep '<message/>' stanza-grep
live stanza-cut '<message from="a@b"/>' stanza-cut -f from
live stanza-make 'hello' stanza-make -l a@b

yes '<message from="a@b"><body>text</body></message>' | head -n 200000 \
    >"$T/many"
for c in stanza-grep 'stanza-cut -f body' 'stanza-make -l a@b'; do
	status "$c: a full disk is 74" 74 sh -c "$c <'$T/many' >/dev/full"
	like "$c: and is told" "$T/err" 'No space left'
	run sh -c "($c <'$T/many'; echo \$? >'$T/pipe') | head -n 1"
	is "$c: a reader that leaves ends it as SIGPIPE does" \
	    "$(cat "$T/pipe")" 141
	is "$c: quietly" "$(cat "$T/err")" ""
	run sh -c "$c </dev/null"
	is "$c: of nothing it makes nothing" "$(cat "$T/out")" ""
	run sh -c "LC_ALL=tr_TR.UTF-8 $c <'$T/one'"
	is "$c: the locale changes nothing" "$rc" 0
done

# A closed descriptor is an error, not another file.
status 'stanza-grep: a closed output is 74' 74 \
    sh -c "stanza-grep <'$T/one' >&-"
status 'stanza-grep: a closed input is 74' 74 sh -c 'stanza-grep <&-'

for c in stanza-grep stanza-cut stanza-make; do
	status "$c: --help is usage on stdout" 0 "$c" --help
	like "$c: and begins with it" "$T/out" "^usage: $c "
	status "$c: an unknown option is 64" 64 "$c" --no-such-option
	if command -v readelf >/dev/null; then
		readelf -d "$B/$c" >"$T/elf"
		unlike "$c: links nothing of TLS or DNS" "$T/elf" \
		    'lib(ssl|crypto|cares)'
	else
		skip "no readelf"
	fi
done

# The longest line, and one that is longer.
awk 'BEGIN { printf "<message><body>"; for (i = 0; i < 8388560; i++)
	printf "x"; print "</body></message>" }' >"$T/long"
status 'stanza-grep: a line of eight megabytes is taken' 0 stanza-grep "$T/long"
same 'stanza-grep: unchanged' "$T/out" "$T/long"
(sed 's/x/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/' \
    "$T/long"; cat "$T/one") >"$T/longer"
status 'stanza-grep: a longer one is refused' 65 stanza-grep "$T/longer"
same 'stanza-grep: and only that one' "$T/out" "$T/one"
like 'stanza-grep: for its length' "$T/err" 'line 1: longer than'
status 'stanza-grep: unless more is allowed' 0 \
    stanza-grep --max-stanza 9000000 "$T/longer"
finish
