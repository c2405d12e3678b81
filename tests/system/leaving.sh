#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Callers who answer and are gone the same moment, twenty times: five answers are judged, as with
# callers who wait, and then the door is shut. Nobody is told anything by going away.
ns_arguments='--timeout 300'
needs_programs='oathtool perl strace'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
tries=20

# How often a state was written: each judged answer writes it once.
generation() # FILE
{
	perl -e 'open(F, $ARGV[0]) or die; for my $s (0, 1) { seek(F, $s * 4096 + 16, 0); read(F, $g, 8);
		$g = unpack("Q>", $g); $max = $g if $g > $max } print $max' "$1"
}

# The state that was written last.
newest()
{
	find "$store/states" "$store/decoys" -type f ! -name record -printf '%T@ %p\n' |
	    sort -n | tail -n 1 | cut -d ' ' -f 2
}

logged_lines() # REGEX COUNT: waits for that many
{
	for _ in $(seq 100); do
		log_complete
		[ "$(grep -c -E "$1" "$NS_LOG")" -ge $2 ] && return
		sleep .1
	done
	return 1
}

code()
{
	"$sekisho" code recovery "$1" --yes --file - | grep -o -E '([0-9A-Z]{4}-){3}[0-9A-Z]{4}' >$run/secret/sheet.$1
}

# leave PERSON CODE: all at once; each helper lives on until it has judged.
leave()
{
	local n

	for n in $(seq $tries); do
		"$client" --leave --start "$SEKISHO_HELPER" direct "$1" "$2" >/dev/null 2>&1 &
	done
	wait
}

claim 'init' "$sekisho" init --yes
for person in alice bob carol; do
	claim "enroll $person" enroll $person
	claim "codes for $person" code $person
done

# one by one, so that the count is of this person's file
try() # PERSON CODE WHAT
{
	local person=$1 guess=$2 what=$3 file before

	"$sekisho" unlock $person >/dev/null 2>&1
	file=$(newest)
	before=$(generation "$file")
	leave $person "$guess"
	claim "$what: all twenty are in the log" logged_lines "event=login.* user=\"$person\"" $tries
	claim "$what: nobody was let in" bash -c "! grep 'granted.*user=\"$person\"' '$NS_LOG'"
	claim "$what: four were wrong, the fifth shut the door" \
	    [ "$(grep -c "reason=\"wrong-code\" user=\"$person\"" "$NS_LOG")" = 4 ]
	claim "$what: sixteen stood before it" \
	    [ "$(grep -c "reason=\"locked\" user=\"$person\"" "$NS_LOG")" = 16 ]
	claim "$what: five were judged: the state was written five times" \
	    [ $(($(generation "$file") - before)) = 5 ]
}

try alice "$(wrong_code alice)" 'one-time codes'
claim 'the right one has to wait' refuses 'reason="locked"' \
    "$client" --start "$SEKISHO_HELPER" direct alice "$(fresh_code alice)"
try bob "$(head -n 1 $run/secret/sheet.alice)" 'codes on paper'
claim 'the right one has to wait' refuses 'reason="locked"' \
    "$client" --start "$SEKISHO_HELPER" direct bob "$(head -n 1 $run/secret/sheet.bob)"
claim 'and is not spent' bash -c "'$sekisho' unlock bob &&
    '$client' --start '$SEKISHO_HELPER' direct bob $(head -n 1 $run/secret/sheet.bob)"

# ---- a right answer without its caller is spent, not kept
leave_once()
{
	"$client" --leave --start "$SEKISHO_HELPER" direct carol "$1" >/dev/null 2>&1
	logged_lines "result=\"granted\".*user=\"carol\"" "$2"
}
claim 'a right code on paper, and gone' leave_once "$(head -n 1 $run/secret/sheet.carol)" 1
claim 'is spent' refuses 'reason="used-code"' \
    "$client" --start "$SEKISHO_HELPER" direct carol "$(head -n 1 $run/secret/sheet.carol)"
claim 'a right one-time code, and gone' leave_once "$(fresh_code carol)" 2
claim 'is spent' refuses 'reason="used-code"' \
    "$client" --start "$SEKISHO_HELPER" direct carol "$(same_code carol)"

# ---- who has a verdict goes first: the helper is still there when its caller closes
printf '#!/bin/bash\nexec strace -qq -o %s "%s" "$@"\n' $run/trace "$SEKISHO_HELPER" >$run/traced
chmod 755 $run/traced
last_calls() # the helper's, from its last message on
{
	awk -F '(' '$1 == "sendmsg" { calls = "" } { calls = calls $0 "\n" } END { printf "%s", calls }' $run/trace
}

claim 'a login that waits for its verdict' "$client" --start $run/traced direct carol "$(fresh_code carol)"
for _ in $(seq 100); do
	grep -q exit_group $run/trace && break
	sleep .1
done
claim 'the helper waits for its end' bash -c "grep -E 'recvmsg.* = 0$' <<<'$(last_calls | tr -d "'")'"

mkfifo $run/leash
"$client" --hold --start "$SEKISHO_HELPER" direct carol "$(fresh_code carol)" <$run/leash >$run/held &
exec 8>$run/leash
for _ in $(seq 200); do
	grep -q '^verdict 1 ' $run/held && break
	sleep .05
done
claim 'a caller that has its verdict and stays' grep '^verdict 1 ' $run/held
# its child, which nobody has waited for yet
ended() { pgrep -r Z -f sekisho-auth || ! pgrep -f 'sekisho-auth --door=direct'; }
for _ in $(seq 200); do
	ended >/dev/null && break
	sleep .05
done
claim 'does not keep the helper' ended
exec 8>&-
finish
