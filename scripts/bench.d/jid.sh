# Addresses: validate, normalize and print N of them, 90 of 100 ASCII.
. "$D/lib"

awk -v n="$N" -f "$D/jids.awk" >"$W/mixed"
awk -v n="$N" -v other=0 -f "$D/jids.awk" >"$W/ascii"
awk -v n="$((N / 10))" -v other=100 -f "$D/jids.awk" >"$W/other"
head -n 100000 "$W/ascii" >"$W/some"

title "jid: $N addresses, $(($(wc -c <"$W/mixed") / N)) bytes each" \
    wall rate memory
rate 'jid-check, ASCII' "$W/ascii" "$N" "$B/jid-check"
ascii=$RATE
rate 'jid-check, 10 % other scripts' "$W/mixed" "$N" "$B/jid-check"
mixed=$RATE
rate 'jid-check, other scripts alone' "$W/other" "$((N / 10))" "$B/jid-check"
rate 'jid-check -p rfc6122, 10 %' "$W/mixed" "$N" "$B/jid-check" -p rfc6122
rate 'jid-check -p portable, 10 %' "$W/mixed" "$N" "$B/jid-check" -p portable
rate 'jid-check -o tsv, 10 %' "$W/mixed" "$N" "$B/jid-check" -o tsv

best=0 prosody=
# peer NAME COMMAND...: on the mixed list; remembers the fastest.
peer()
{
	pr_name=$1
	shift
	rate "$pr_name" "$W/mixed" "$N" "$@"
	best=$(awk "BEGIN { print ($RATE > $best ? $RATE : $best) }")
}
if $CC -O2 -o "$W/libidn" "$D/jid-libidn.c" -lidn 2>/dev/null; then
	peer 'libidn stringprep in a C loop' "$W/libidn"
	peer 'the same with a short cut for ASCII' "$W/libidn" short
fi
if command -v lua >/dev/null && [ -d /usr/lib/prosody/util ]; then
	peer 'Prosody prepped_split' lua "$D/jid-prosody.lua"
	prosody=$RATE
fi
for python in python3 /usr/bin/python3; do
	if $python -c 'import slixmpp' 2>/dev/null; then
		# so slow that a tenth of the list will do
		head -n "$((N / 10))" "$W/mixed" >"$W/few"
		rate 'slixmpp JID, a tenth of that' "$W/few" \
		    "$((N / 10))" $python "$D/jid-slixmpp.py"
		break
	fi
done
verdict 'million ASCII addresses a second' "$ascii" '>=' 15
if [ "$best" != 0 ]; then
	verdict 'mixed, times the fastest peer' \
	    "$(awk "BEGIN { printf \"%.1f\", $mixed / $best }")" '>=' 2
fi
if [ -n "$prosody" ]; then
	verdict 'mixed, times Prosody' \
	    "$(awk "BEGIN { printf \"%.1f\", $mixed / $prosody }")" '>=' 10
fi
verdict 'resident MiB on the mixed list' "$("$W/clock" 1 "$W/mixed" \
    "$B/jid-check" | awk '{ printf "%.1f", $2 / 1024 }')" '<' 8
if command -v valgrind >/dev/null; then
	all=$(instructions "$B/jid-check" <"$W/some")
	verdict 'instructions for an ASCII address, start and end included' \
	    "$((all / $(wc -l <"$W/some")))" '<=' 300
fi
echo 'int main(void) { return 0; }' >"$W/empty.c"
$CC -O2 -o "$W/empty" "$W/empty.c"
empty=$("$W/clock" 1000 /dev/null "$W/empty" | cut -d ' ' -f 1)
one=$("$W/clock" 1000 /dev/null "$B/jid-check" a@b | cut -d ' ' -f 1)
verdict "jid-check a@b, times an empty program ($empty s)" \
    "$(awk "BEGIN { printf \"%.2f\", $one / $empty }")" '<=' 2
