#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A write is torn and the clock stands in 2099: codes are given up for decades. With the clock right
# again, unlock gives them back.
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
claim 'a command under a clock of 2099' env CLOCKSHIFT=2300000000 \
    LD_PRELOAD="$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so" "$sekisho" unlock alice
code=$(fresh_code alice)
claim 'the right code is refused' says '^asked 2' login $code
claim 'unlock says what it found' says 'clock had been ahead' "$sekisho" unlock alice
claim 'once' says 'no failures to forget' "$sekisho" unlock alice
claim 'no time of 2099 is left' bash -c "'$sekisho' list alice >$run/listed && ! grep -E '20[3-9][0-9]-' $run/listed"
finish
