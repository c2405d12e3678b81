#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The user of a set-id login program stops and kills the children with which it starts the helper:
# none of them may be left running on the program's memory.
. "$(dirname "$0")/lib.sh"

attack()
{
	timeout 60 "$SEKISHO_BUILDDIR/tests/system/held_launch" "$SEKISHO_HELPER" 300
	r=$?
	[ $r != 77 ] || echo 'the attack never hit: nothing was shown'
	[ $r = 0 ] || [ $r = 77 ]
}

claim 'no child survives on memory that was given back' attack
cat $run/output
finish
