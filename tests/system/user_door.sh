#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The user door: who gets in, who gives way, and that a flood of it reaches nobody else. Each door
# has an acceptor of its own here; a service manager that accepts for both is not part of this.
needs_programs='oathtool systemd-socket-activate'
ns_arguments='--timeout 400'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
door=/run/sekisho/user
alice=2001 bob=2002 carol=2003
not_allowed='^verdict 5 '
granted='^verdict 1 '

says()
{
	local words=$1
	shift

	"$@" | tee $run/said
	grep -q -E "$words" $run/said
}

claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
claim 'enroll bob' enroll bob
claim 'enroll carol' enroll carol
door_start user
door_start root

claim 'alice for herself' says "$granted" "$client" --uid $alice $door alice "$(fresh_code alice)"
claim 'the log calls it a locker' grep -q 'granted.*user="alice".*source="locker"' "$NS_LOG"
claim 'bob for alice: not allowed' says "$not_allowed" "$client" --uid $bob $door alice "$(current_code alice)"
claim 'root for alice at this door: not allowed' says "$not_allowed" "$client" $door alice 000000
claim 'a name that does not exist: not allowed' says "$not_allowed" "$client" --uid $bob $door nobody-here 000000
claim 'a user cannot reach the door of root' bash -c \
    "! '$client' --uid $bob /run/sekisho/root bob 000000 2>&1 | tee /dev/stderr | grep -v -i 'permission denied'"
claim 'saying ruid 0 changes nothing' says "$not_allowed" "$client" --uid $bob --ruid 0 $door alice 000000
claim 'a module from before an upgrade' says "$granted" "$client" --uid $bob --version 1 $door bob "$(fresh_code bob)"

# ---- 200 idle sessions of one user
rm -f $run/leash
mkfifo $run/leash
"$client" --uid $bob --idle 200 $door bob <$run/leash >$run/flood 2>&1 &
flood=$!
exec 8>$run/leash
for _ in $(seq 600); do
	grep -q idle $run/flood && break
	sleep .1
done
claim '200 sessions opened' bash -c "cat $run/flood; grep -q '^idle 200' $run/flood"

waiting=$(pgrep -f -c '^[^ ]*sekisho-auth --door=user')
claim "no more than 4 of them live ($waiting)" [ "$waiting" -le 4 ]

for i in $(seq 100); do
	"$client" /run/sekisho/root stranger-$i 000000
done >$run/times
sed -n -E 's/^(asked|verdict) .* ms ([0-9]+).*/\2/p' $run/times | sort -n >$run/sorted
p99=$(sed -n 99p $run/sorted)
claim "100 logins of root meanwhile, with one acceptor per door, p99 $p99 ms" \
    [ "$(wc -l <$run/sorted)" = 100 ]
claim 'with one acceptor per door, p99 below a second' [ "${p99:-9999}" -lt 1000 ]
claim 'another user unlocks meanwhile' says "$granted" "$client" --uid $alice $door alice "$(fresh_code alice)"
claim 'the flooding user unlocks too: the oldest gives way' \
    says "$granted" "$client" --uid $bob $door bob "$(fresh_code bob)"
exec 8>&-
wait $flood

# ---- 200 connections that say nothing at all
silent=
for _ in $(seq 4); do
	setpriv --reuid $bob --regid $bob --clear-groups -- perl -MSocket -e '
		for (1..50) { socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die;
		connect($s, sockaddr_un($ARGV[0])) or die $!; push @s, $s } sleep 3' $door &
	silent+=" $!"
done
sleep .5
claim 'silent connections do not keep root out' says 'asked|verdict' "$client" /run/sekisho/root stranger 000000
# those that came last are still on their way to a place
for _ in $(seq 300); do
	live=$(pgrep -f -c '^[^ ]*sekisho-auth --door=user')
	[ "$live" -gt 4 ] || break
	sleep .1
done
claim "one user's take no more than his places ($live of 200)" [ "$live" -le 4 ]
claim 'nor another user' says "$granted" "$client" --uid $carol $door carol "$(fresh_code carol)"
wait $silent
for _ in $(seq 100); do
	[ "$(pgrep -f -c '^[^ ]*sekisho-auth --door=user')" = 0 ] && break
	sleep .1
done
claim 'and are gone after their time' [ "$(pgrep -f -c '^[^ ]*sekisho-auth --door=user')" = 0 ]
door_stop user
door_stop root
finish
