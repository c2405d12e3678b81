#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A write is torn and the clock stands in 2099, or in 1970: with the clock right again the codes of
# now are given up, and no others.
ns_arguments='--timeout 300'
needs_programs='oathtool perl'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
states=$SEKISHO_LOCALSTATEDIR/lib/sekisho/states

login()
{
	"$client" --start "$SEKISHO_HELPER" direct alice "$1"
}

says()
{
	local words=$1
	shift

	"$@" 2>&1 | tee $run/said
	grep -q -E "$words" $run/said
}

claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
login "$(wrong_code alice)" >/dev/null
perl -e 'open(F, "+<", $ARGV[0]) or die; for my $s (0, 1) { seek(F, $s * 4096 + 16, 0); read(F, $g, 8);
	$gen[$s] = unpack("Q>", $g) } seek(F, ($gen[1] > $gen[0] ? 4096 : 0) + 2000, 0); print F "torn"' \
    "$states/$(ls "$states")"
login_at()
{
	CLOCKSHIFT=$1 LD_PRELOAD="$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so" login "$2"
}

claim 'a command under a clock of 2099' env CLOCKSHIFT=2300000000 \
    LD_PRELOAD="$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so" "$sekisho" unlock alice
claim 'an answer then' says '^asked 1' login_at 2300000000 "$(wrong_code alice)"
claim 'and one in 1970' says '^asked ' login_at -$(($(date +%s) - 86400)) "$(wrong_code alice)"
claim 'unlock' "$sekisho" unlock alice
code=$(fresh_code alice)
claim 'the right code is refused' says '^asked 2' login $code
# two steps on: the one after it is in the window that was given up
echo $(($(cat $run/step/alice) + 1)) >$run/step/alice
claim 'the code after the window opens' says '^verdict 1' login "$(fresh_code alice)"
claim 'no time of 2099 is left' bash -c "'$sekisho' list alice >$run/listed && ! grep -E '20[3-9][0-9]-' $run/listed"
finish
