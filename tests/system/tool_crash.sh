# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: killed anywhere, twice at once, beside a login; and secrets nowhere they can be
# seen while a human types.
needs_programs='expect oathtool strace pamtester xxd'
ns_arguments="--timeout 400"
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho
lockprobe=$SEKISHO_BUILDDIR/tests/system/lockprobe
calls_that_change='fchmod pwrite64,write fsync,fdatasync linkat,renameat,renameat2,unlinkat'

# killed_at CALLS N COMMAND...: SIGKILL at the Nth of these calls. Succeeds when there was none.
killed_at()
{
	local calls=$1 n=$2
	shift 2

	(
		strace -f -qq -o /dev/null -e trace=$calls -e inject=$calls:signal=KILL:when=$n "$@" >/dev/null
		exit $?
	) 2>/dev/null
}

# ---- kill -9 at each system call that changes something
# CALL N: few, for init makes a thousand files
init_points='write 500 syncfs 2 fsync 3 linkat 1 linkat 2 linkat 3'

kill_init()
{
	while [ $# -gt 0 ]; do
		killed_at $1 $2 $S -q init || killed=$((killed + 1))
		# either it was done, or it is simply done again
		$S -q init 2>$run/err || grep -q S-11 $run/err || { cat $run/err; return 1; }
		$S list >/dev/null || return 1
		rm -rf /var/lib/sekisho/* /etc/sekisho/*
		shift 2
	done
}

new_code() # NAME: a secret
{
	head -c 20 /dev/urandom | base32 >$run/secret/$1
}

kill_enroll()
{
	local calls n label person

	new_code old && $S -q enroll bob totp --secret-file $run/secret/old --no-confirm || return 1
	for calls in $calls_that_change; do
		# somebody new for each class: their two files are made, not changed
		person=new-${calls%%,*}
		echo "$person:x:$((3000 + killed)):100::/:/bin/false" >>/etc/passwd
		for n in $(seq 81); do
			[ $n -le 80 ] || return 1
			label=k$killed
			new_code $label
			killed_at $calls $n $S -q enroll $person totp --label $label \
			    --secret-file $run/secret/$label --no-confirm && break
			killed=$((killed + 1))
			$S list >/dev/null || return 1
			[ $n != 1 ] || opens_with_one_of old || return 1
			[ "$($S list $person 2>/dev/null | grep -c totp)" -lt 7 ] ||
			    $S -q revoke $person --yes || return 1
		done
		$S -q revoke $person --yes || return 1
	done
	$S -q revoke bob --yes
}

kill_replace()
{
	local calls n

	head -c 20 /dev/urandom | base32 >$run/secret/old
	$S -q enroll bob totp --secret-file $run/secret/old --no-confirm || return 1
	for calls in $calls_that_change; do
		for n in $(seq 81); do
			[ $n -le 80 ] || return 1
			head -c 20 /dev/urandom | base32 >$run/secret/new
			killed_at $calls $n $S -q enroll bob totp --replace totp \
			    --secret-file $run/secret/new --no-confirm
			ended=$?
			[ "$($S list bob | grep -c ' enrolled$')" = 1 ] || return 1
			opens_with_one_of new old || return 1
			[ $ended = 0 ] && break
			killed=$((killed + 1))
		done
	done
}

logins()
{
	grep -c 'sekisho-auth.*event=login' "$NS_LOG"
}

# The old token works until the new one does. "Used before" is a token that works, too.
opens_with_one_of()
{
	local name seen

	for name; do
		seen=$(logins)
		on_terminal "$ask_code" "$(current_code $name)" -- \
		    timeout 5 pamtester locker bob authenticate >/dev/null 2>&1
		# the line may be on its way
		for _ in $(seq 100); do
			[ "$(logins)" = $seen ] || break
			sleep .05
		done
		if grep 'sekisho-auth.*event=login' "$NS_LOG" | tail -n 1 |
		    grep -q -e 'result="granted"' -e 'reason="used-code"'; then
			[ $name = old ] || cp $run/secret/$name $run/secret/old
			$S -q unlock bob
			return
		fi
	done
	return 1
}

kill_revoke()
{
	local calls n

	for calls in $calls_that_change; do
		for n in $(seq 81); do
			[ $n -le 80 ] || return 1
			head -c 20 /dev/urandom | base32 >$run/secret/r
			$S -q enroll carol totp --secret-file $run/secret/r --no-confirm || return 1
			killed_at $calls $n $S -q revoke carol --yes && break
			killed=$((killed + 1))
			$S list carol >/dev/null || return 1
			$S -q revoke carol --yes 2>$run/err || grep -q S-26 $run/err || return 1
		done
	done
}

pam_service locker "required $SEKISHO_MODULE"
for act in init enroll revoke; do
	[ $act = init ] || [ -e /etc/sekisho/host.key ] || new_store
	killed=0
	claim "$act, killed anywhere: the store works, and the same again ends it" kill_$act $init_points
	claim "it was killed often enough ($killed)" test $killed -ge 5
done
killed=0
claim 'replace, killed anywhere: the old token works until the new one does' kill_replace
claim "it was killed often enough ($killed)" test $killed -ge 5
head -c 20 /dev/urandom | base32 >$run/secret/k0
claim 'and takes a token after all that' $S enroll alice totp --secret-file $run/secret/k0 --no-confirm

# ---- many at once
$S -q revoke alice --yes
for n in 1 2 3 4 5 6 7 8; do
	head -c 20 /dev/urandom | base32 >$run/secret/p$n
	$S -q enroll alice totp --secret-file $run/secret/p$n --no-confirm &
	pids[n]=$!
done
failed=0
for n in 1 2 3 4 5 6 7 8; do
	wait ${pids[n]} || failed=$((failed + 1))
done
claim 'eight at once: none failed' test $failed = 0
claim 'all landed, each under its own label' test \
    "$($S list alice | awk 'NR > 1 {print $2}' | sort | tr '\n' ' ')" = \
    'totp totp-2 totp-3 totp-4 totp-5 totp-6 totp-7 totp-8 '
head -c 20 /dev/urandom | base32 >$run/secret/p9
prints 'a ninth has no room' '2> sekisho: alice: has 8 tokens, the most there can be [S-24]
2> hint: sekisho list alice; sekisho revoke alice LABEL
exit 1' without_terminal $S enroll alice totp --secret-file $run/secret/p9 --no-confirm
claim 'but can replace one of eight' $S enroll alice totp --secret-file $run/secret/p9 --no-confirm --replace totp-3

# ---- while a human types
head -c 20 /dev/urandom | base32 >$run/secret/bob
export KEY=$(cat $run/secret/bob)
expect -c "
	log_user 0
	set timeout 20
	spawn $S enroll bob totp --secret-file $run/secret/bob
	expect {Code on the phone: } {} timeout {exit 1}
	exec touch $run/waiting
	expect eof
" &
while [ ! -e $run/waiting ] && kill -0 $! 2>/dev/null; do
	sleep .1
done
pid=$(pgrep -f "^$S enroll bob" | head -n 1)
claim 'it waits for the code' test -n "$pid"
# its own variable KEY is of this test; another one with the secret would not be
claim 'the secret is not in argv or environ of it' bash -c \
    "tr '\\0' '\\n' </proc/$pid/environ | grep -q '^KEY=$KEY\$' &&
     ! cat /proc/$pid/cmdline /proc/$pid/environ | tr '\\0' '\\n' | grep -v '^KEY=' | grep -q -e $KEY"
claim 'no core dump' grep -q '^Max core file size  *0  *0' /proc/$pid/limits
claim 'memory is locked' bash -c "awk '/VmLck/ {exit !(\$2 > 0)}' /proc/$pid/status"
claim 'another enrolment is not kept waiting' timeout 2 $S enroll carol totp \
    --secret-file $(secret_file carol AAAABBBBCCCCDDDD) --no-confirm
claim 'not even of the same person' timeout 2 $S enroll bob totp \
    --secret-file $(secret_file bob2 AAAABBBBCCCCDDDD) --no-confirm
claim 'no file of the store is locked' $lockprobe /var/lib/sekisho/lock /var/lib/sekisho/states/*
kill -9 $pid
wait
claim 'killed while it waits: nothing stored' test "$($S list bob | grep -c totp)" = 2
# nowhere SECRET: neither as text nor as the bytes it stands for
nowhere()
{
	local bytes

	bytes=$(base32 -d <$run/secret/$1 | xxd -p -c 0)
	[ ${#bytes} -ge 20 ] || return 1
	! grep -r -q -a -F -e "$(cat $run/secret/$1)" "$NS_LOG" /var/lib/sekisho /etc/sekisho &&
	    ! find "$NS_LOG" /var/lib/sekisho /etc/sekisho -type f -exec cat {} + | xxd -p -c 0 |
	    grep -q -e "$bytes"
}
for n in bob k0 p1 p9 carol; do
	claim "secret $n is in no log and no store file" nowhere $n
done
finish
