#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Eight processes, one code, a fresh person per trial: exactly one gets in. Each starts its helper;
# some go through the door of root, where one server starts them. SEKISHO_LONG=1: 20 000 trials of
# each kind instead of 1 000.
needs_programs=systemd-socket-activate
ns_arguments='--timeout 5400'
. "$(dirname "$0")/../system/lib.sh"

race=$SEKISHO_BUILDDIR/tests/proofs/race
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
first=0

# in steps: the log and the store of one step are thrown away before the next
raced() # KIND WHEN TRIALS [DOOR]
{
	local left=$3 some r=0

	while [ $left -gt 0 ]; do
		some=$((left < 2000 ? left : 2000))
		left=$((left - some))
		timeout 1200 "$race" --helper "${4-$SEKISHO_HELPER}" --kind $1 --when $2 --first $first --trials $some ||
		    r=1
		first=$((first + 20000))
		: >"$NS_LOG"
		find "$store/states" "$store/records" -type f -delete
	done
	return $r
}

claim 'init' "$sekisho" init --yes
if [ "${SEKISHO_LONG-}" = 1 ]; then
	trials=20000 people=20000 through_door=2000
else
	trials=1000 people=1000 through_door=100
fi
for when in prompt start; do
	for kind in totp hotp recovery emergency; do
		claim "$kind, $trials trials, together at the $when: one of eight gets in" raced $kind $when $trials
		numbers
	done
	claim "eight people, $people trials, together at the $when: all get in" raced different $when $people
	numbers
	# at the prompt they meet; starting together they are milliseconds apart
	people=$((people / 4))
done
door_start root
for when in start prompt; do
	for kind in totp recovery; do
		claim "$kind, $through_door trials through the door, together at the $when: one of eight gets in" \
		    raced $kind $when $through_door /run/sekisho/root
		numbers
	done
done
door_stop root
finish
