#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A helper that crashes while it waits leaves no core file, and nobody without special rights
# looks into it: the same is done to an ordinary process, which leaves one and can be looked at.
needs_programs='oathtool setpriv'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
root=$run/root

# the helper's directory is /, so this needs a / that a core file could be written to
make_root()
{
	local entry

	mkdir $root && mount -t tmpfs sekisho-test $root || return
	for entry in /*; do
		if [ -L "$entry" ]; then
			cp -a "$entry" $root/
		elif [ -d "$entry" ]; then
			mkdir "$root$entry" && mount --rbind "$entry" "$root$entry" || return
		fi
	done
}

cores()
{
	find $root -xdev -maxdepth 1 -type f -name '*core*'
}

# observe PID: with root's uid and no capability, as the helper itself is
observe()
{
	setpriv --bounding-set=-all --inh-caps=-all readlink "/proc/$1/exe"
}

# parked COMMAND...: runs it in the new root with a leash; sets $parked
parked()
{
	rm -f $run/leash
	mkfifo $run/leash
	(ulimit -c unlimited; exec chroot $root "$@") <$run/leash >$run/held &
	parked=$!
	exec 8>$run/leash
}

claim 'init' "$sekisho" init --yes
claim 'enroll' enroll alice
make_root || { echo 'skipped: no root directory of its own'; exit 77; }

parked setpriv --bounding-set=-all --inh-caps=-all bash -c 'cd /; echo ready; read -r _'
for _ in $(seq 200); do grep -q ready $run/held && break; sleep .05; done
claim 'an ordinary process can be looked at' observe $parked
kill -SEGV $parked
wait $parked 2>/dev/null
exec 8>&-
observable=yes
[ -n "$(cores)" ] || observable=no
rm -f $(cores)

parked "$client" --hold --start "$SEKISHO_HELPER" direct alice
for _ in $(seq 200); do grep -q '^asked' $run/held && break; sleep .05; done
helper=$(pgrep -P $parked)
claim 'the helper waits, in that root' [ "$(readlink /proc/$helper/cwd)" = $root ]
claim 'it has no capability' grep -q '^CapPrm:[[:space:]]*0*$' /proc/$helper/status
claim 'it cannot be looked at' bash -c "$(declare -f observe); ! observe $helper"
kill -SEGV $helper
for _ in $(seq 200); do grep -q '^State:[[:space:]]*Z' /proc/$helper/status 2>/dev/null && break; sleep .05; done
claim 'the crash ended it' grep -q '^State:[[:space:]]*Z' /proc/$helper/status
if [ $observable = yes ]; then
	claim 'it left no core file' [ -z "$(cores)" ]
else
	echo "# core files go elsewhere here: $(cat /proc/sys/kernel/core_pattern)"
fi
exec 8>&-
wait $parked
finish
