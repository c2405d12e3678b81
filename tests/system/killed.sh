#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The helper killed at every system call between the answer and its end: no code works twice, no
# guess is free, and the next login is as if nothing had been.
needs_programs='oathtool strace perl'
ns_arguments='--timeout 600'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
number=0 killed=0

# somebody new, with codes that nobody used; sets $person and $state, the file of it
newcomer()
{
	person=k$((++number))
	echo "$person:x:$((3000 + number)):100::/:/bin/false" >>/etc/passwd
	enroll $person >/dev/null || return 1
	state=$store/states/$(ls "$store/states" | grep -v -x -F -f $run/known)
	echo "${state##*/}" >>$run/known
}
: >$run/known

# login_with HELPER CODE...
login_with()
{
	local helper=$1
	shift

	timeout 60 "$client" --start "$helper" direct $person "$@"
}

again()
{
	login_with "$SEKISHO_HELPER" "$@"
}

helper_by() # NAME STRACE-ARGUMENT...: a helper under strace
{
	local name=$1
	shift

	printf '#!/bin/bash\nstrace -qq %s "%s" "$@"\necho ended >>%s\n' "$*" "$SEKISHO_HELPER" $run/ended >$run/$name
	chmod 755 $run/$name
}

# points CODE: each system call from the first answer on, as CALL N: the Nth CALL of the process
points()
{
	login_with $run/tracer "$1" >/dev/null
	perl -ne '/^(\w+)\(/ or next; $call = $1; $n{$call}++;
		$on = 1 if $call eq "recvmsg" && / = 155$/;
		print "$call $n{$call}\n" if $on && $call ne "exit_group"' $run/trace
}
helper_by tracer -o $run/trace

# killed_at CODE: a login with it, killed at the $n-th $call; sets $reply
killed_at()
{
	local i

	helper_by killer -o $run/killed -e trace=$call -e inject=$call:signal=KILL:when=$n
	rm -f $run/killed $run/ended
	reply=$(login_with $run/killer $1)
	for i in $(seq 400); do
		[ ! -e $run/ended ] || break
		sleep .05
	done
	if grep -q 'killed by SIGKILL' $run/killed; then
		killed=$((killed + 1))
		echo $call >>$run/reached
	else
		echo "not reached: $call $n"
	fi
}

# The calls that matter were among them.
reached()
{
	sort -u $run/reached
	for call in pwrite64 fdatasync sendmsg sendto close; do
		grep -q -x $call $run/reached || return 1
	done
	rm $run/reached
}

wrong_at() # WORDS
{
	echo "killed at $call $n: $*; the reply was: $reply"
	return 1
}

# The code of now, killed; the same code again, twice; then the next code.
kill_right()
{
	local call n code next granted changed

	while read -r call n; do
		newcomer || return 1
		code=$(fresh_code $person)
		cp "$state" $run/before
		killed_at $code
		changed=no granted=0
		cmp -s "$state" $run/before || changed=yes
		[[ $reply = 'verdict 1 '* ]] && granted=1
		[[ $reply = 'verdict 1 '* || $reply = gone* ]] || { wrong_at 'neither granted nor gone'; return; }
		[ $granted = 0 ] || [ $changed = yes ] || { wrong_at 'granted before it was written'; return; }
		[[ $(again $code) != 'verdict 1 '* ]] || granted=$((granted + 1))
		[ $changed = no ] || [[ $reply = 'verdict 1 '* ]] || [ $granted = 0 ] ||
		    { wrong_at 'written, and accepted once more'; return; }
		[[ $(again $code) != 'verdict 1 '* ]] || granted=$((granted + 1))
		[ $granted -le 1 ] || { wrong_at "one code was granted $granted times"; return; }
		next=$(again "$(fresh_code $person)")
		[[ $next = 'verdict 1 '* ]] || { wrong_at "the next code: $next"; return; }
	done <$run/points
}

# A wrong code, killed; then wrong ones until it locks: five are judged, the killed one included
# when there was a reply to it.
kill_wrong()
{
	local call n wrong told

	while read -r call n; do
		newcomer || return 1
		wrong=$(wrong_code $person)
		cp "$state" $run/before
		killed_at $wrong
		told=0
		[[ $reply = gone* ]] || told=1
		[ $told = 0 ] || ! cmp -s "$state" $run/before || { wrong_at 'told before it was counted'; return; }
		for _ in 1 2 3 4 5 6; do
			reply=$(again $wrong)
			told=$((told + 1))
			[[ $reply != 'verdict 3 '* ]] || break
		done
		[ $told -le 5 ] || { wrong_at "$told guesses"; return; }
	done <$run/points
}

claim 'init' "$sekisho" init --yes
newcomer
points "$(fresh_code $person)" >$run/points
count=$(wc -l <$run/points)
claim "the way from answer to verdict is known ($count calls)" \
    bash -c "grep pwrite64 $run/points && grep fdatasync $run/points && grep sendmsg $run/points && [ $count -gt 15 ]"
killed=0
claim 'a right code, killed at each of them' kill_right
claim "it was killed often enough ($killed)" [ $killed -ge $((count * 3 / 4)) ]
claim 'and where it matters' reached
newcomer
points "$(wrong_code $person)" >$run/points
count=$(wc -l <$run/points)
killed=0
claim 'a wrong code, killed at each call' kill_wrong
claim "it was killed often enough ($killed)" [ $killed -ge $((count * 3 / 4)) ]
claim 'and where it matters' reached
claim 'no file was left behind' [ "$(find "$store" -type f | wc -l)" = $((2 * number + 1024 + 1 + 3)) ]
claim 'and no process' bash -c "for _ in \$(seq 50); do pgrep -x sekisho-auth >/dev/null || exit 0; sleep .1; done; exit 1"
finish
