#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many sessions of one person wait at the question and answer in the same moment: no more guesses
# than one after the other would have, and one grant for one code.
needs_programs='oathtool perl'
ns_arguments='--timeout 300'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho

burst() # PERSON COUNT CODE
{
	timeout 120 "$client" --burst $2 --start "$SEKISHO_HELPER" direct $1 $3 >$run/said
}

replies() # REGEX
{
	grep -c -E "$1" $run/said
}

# How often a person's state was written: each judged answer writes it once.
generation() # FILE
{
	perl -e 'open(F, $ARGV[0]) or die; for my $s (0, 1) { seek(F, $s * 4096 + 16, 0); read(F, $g, 8);
		$g = unpack("Q>", $g); $max = $g if $g > $max } print $max' "$1"
}

logged_lines() # REGEX COUNT: waits for that many
{
	for _ in $(seq 100); do
		[ "$(grep -c -E "$1" "$NS_LOG")" -ge $2 ] && return
		sleep .1
	done
	return 1
}

claim 'init' "$sekisho" init --yes
people='alice bob carol'
for n in $(seq 20); do
	people+=" person$n"
	echo "person$n:x:$((3000 + n)):100::/:/bin/false" >>/etc/passwd
done
for person in $people; do
	enroll $person >/dev/null || echo "NOT OK - enroll $person"
done

# ---- wrong codes
for person in alice bob carol; do
	"$sekisho" unlock $person >/dev/null
	file=$(find "$store/states" -type f -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
	before=$(generation "$file")
	burst $person 64 "$(wrong_code $person)"
	claim "$person: 64 wrong codes at once, 64 replies" [ "$(replies '^(asked|verdict) ')" = 64 ]
	claim 'four were asked again, no more' [ "$(replies '^asked 1 ')" = 4 ]
	claim 'all others were told to wait' [ "$(replies '^verdict 3 reason 4 ')" = 60 ]
	claim 'five were judged: the state was written five times' [ $(($(generation "$file") - before)) = 5 ]
	claim 'the log tells all of them' logged_lines "event=login result=\"denied\".* user=\"$person\"" 64
	claim 'four of them as wrong' [ "$(grep -c "reason=\"wrong-code\" user=\"$person\"" "$NS_LOG")" = 4 ]
	claim 'the right code has to wait, too' refuses 'reason="locked"' \
	    "$client" --start "$SEKISHO_HELPER" direct $person "$(fresh_code $person)"
done

# ---- the right code
double=0 none=0
for n in $(seq 20); do
	burst person$n 8 "$(current_code person$n)"
	granted=$(replies '^verdict 1 ')
	[ "$granted" -le 1 ] || double=$((double + 1))
	[ "$granted" -ge 1 ] || none=$((none + 1))
	[ "$granted" = 1 ] || cat $run/said
done
claim "the right code in 8 sessions at once, 20 times: granted twice $double times" [ $double = 0 ]
claim "granted to nobody $none times" [ $none = 0 ]
claim 'the log says the same' logged_lines 'result="granted".*user="person' 20
claim 'and no more' [ "$(grep -c 'result="granted".*user="person' "$NS_LOG")" = 20 ]
finish
