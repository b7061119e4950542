# Streams and stanza lines: a capture of 380,000 stanzas, 206 MB, through the
# filters.  The floor is expat with namespaces and handlers that do nothing.
. "$D/lib"

[ "$N" -lt 380000 ] || N=380000
H=$O/helpers
"$H/capture" "$N" >"$W/capture"
"$B/stream-dump" <"$W/capture" >"$W/lines"
bytes=$(wc -c <"$W/capture")
lines=$(wc -c <"$W/lines")

title "stream: $N stanzas, $((bytes / 1000000)) MB; M/s are megabytes a second" \
    wall rate memory
rate 'expat with empty handlers' "$W/capture" "$bytes" "$H/expatfloor"
rate 'stream-dump' "$W/capture" "$bytes" "$B/stream-dump"
dump=$RATE
rate 'the same by way of trees' "$W/capture" "$bytes" "$H/streamlines" tree
rate 'stream-dump -s' "$W/capture" "$bytes" "$B/stream-dump" -s
rate 'stream-dump -a' "$W/capture" "$bytes" "$B/stream-dump" -a
rate 'stanza-grep -n message' "$W/lines" "$lines" "$B/stanza-grep" -n message
grep=$RATE
rate 'stanza-grep --from JID' "$W/lines" "$lines" "$B/stanza-grep" \
    --from verona@rooms.example.org
rate 'stanza-grep --body REGEX' "$W/lines" "$lines" "$B/stanza-grep" \
    --body 'failed again'
rate 'stanza-cut -f from,body' "$W/lines" "$lines" "$B/stanza-cut" \
    -f from,body
cut=$RATE
rate 'stanza-cut --json' "$W/lines" "$lines" "$B/stanza-cut" --json
yes 'the build of trunk has failed again' | head -n "$N" >"$W/text"
rate 'stanza-make -l, of so many short lines' "$W/text" \
    "$(wc -c <"$W/text")" "$B/stanza-make" -l a@example.org

# The best of several turns each: other work on the machine is in all of them.
for turn in 1 2 3 4 5; do
	"$W/clock" 1 "$W/capture" "$H/expatfloor" >>"$W/floors"
	"$W/clock" 1 "$W/capture" "$B/stream-dump" >>"$W/dumps"
done
floor=$(sort -n "$W/floors" | head -n 1 | cut -d ' ' -f 1)
best=$(sort -n "$W/dumps" | head -n 1 | cut -d ' ' -f 1)
verdict "stream-dump ($best s), of the floor ($floor s), best of $turn turns" \
    "$(awk "BEGIN { printf \"%.2f\", $floor / $best }")" '>=' 0.8
verdict 'stanza-grep, of stream-dump' \
    "$(awk "BEGIN { printf \"%.2f\", $grep / $dump }")" '>=' 0.5
verdict 'stanza-cut, of stream-dump' \
    "$(awk "BEGIN { printf \"%.2f\", $cut / $dump }")" '>=' 0.5
for c in stream-dump 'stanza-grep -n message' 'stanza-cut -f from,body'; do
	in=$W/lines
	[ "$c" != stream-dump ] || in=$W/capture
	# shellcheck disable=SC2086
	verdict "resident MiB of $c" "$("$W/clock" 1 "$in" "$B"/$c |
	    awk '{ printf "%.1f", $2 / 1024 }')" '<' 4
done
