#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What ./demo and ./demo --card show, played: each says of every step what it should do, and ends
# with 1 where one did not.
ns=$SEKISHO_SRCDIR/tests/ns
if [ "${SEKISHO_SANITIZERS-}" != '' ]; then
	echo 'skipped: su and sshd cannot load a module built with sanitizers'
	exit 77
fi
for part in login card; do
	"$ns" --timeout 300 bash "$SEKISHO_SRCDIR/scripts/demo-$part.sh" unattended </dev/null
	result=$?
	[ $result = 0 ] || { echo "demo, $part: exit $result"; exit $result; }
done
