#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A log daemon that stands still keeps nobody out: lines it does not take are lost, logins are not.
ns_arguments='--timeout 300'
needs_programs='oathtool'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
daemon=$(pgrep -x logcatch)
kill -STOP $daemon
for i in $(seq 30); do
	"$client" --start "$SEKISHO_HELPER" direct stranger-$i 000000
done >$run/fill 2>&1
claim 'every refusal came back' [ "$(grep -c '^asked' $run/fill)" = 30 ]
claim 'the right code is good' bash -c \
    "timeout 14 '$client' --start '$SEKISHO_HELPER' direct alice $(fresh_code alice) | grep '^verdict 1'"
claim 'the tool works too' timeout 14 "$sekisho" unlock alice
kill -CONT $daemon
"$client" --start "$SEKISHO_HELPER" direct alice "$(wrong_code alice)" >/dev/null
claim 'then lines arrive again' bash -c "for i in \$(seq 40); do grep -q 'reason=\"wrong-code\".*user=\"alice\"' '$NS_LOG' && exit; sleep .05; done; exit 1"
finish
