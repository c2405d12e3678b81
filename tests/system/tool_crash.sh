# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: killed anywhere, twice at once, beside a login; and secrets nowhere they can be
# seen while a human types.
needs_programs='expect oathtool strace xxd'
ns_arguments="--timeout $([ "${SEKISHO_LONG-}" = 1 ] && echo 5400 || echo 900)"
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho
lockprobe=$SEKISHO_BUILDDIR/tests/system/lockprobe

# ---- kill -9 at the entry of every system call
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

# Of every file that the tool could touch: which it is, and when it was written.
all_files()
{
	find /var/lib/sekisho /etc/sekisho $run/secret -path '*/decoys' -prune -o -type f \
	    -printf '%p %i %s %m %T@\n' | sort
}

# each_point ACT: runs the command of ACT once for every system call it makes, and kills it there:
# before ACT_prepare, which sets the array command, and after it ACT_check. Until the program opens
# the first file of ours, only every 16th (SEKISHO_LONG=1: each): that is the loader and libc. Where
# no file was touched there is nothing to check: the same is killed again, later.
each_point()
{
	local act=$1 call n before

	${act}_prepare || { echo "$act: cannot be prepared"; return 1; }
	strace -o $run/calls "${command[@]}" >/dev/null 2>&1
	${act}_check || { echo "$act: not killed"; return 1; }
	awk -F'(' -v step=$([ "${SEKISHO_LONG-}" = 1 ] && echo 1 || echo 16) \
	    'NR > 1 && /sekisho/ { on = 1 } { n[$1]++ } on || NR % step == 0 { print $1, n[$1] }' \
	    $run/calls >$run/points
	before=
	while read -r call n <&3; do
		if [ "$before" = '' ]; then
			${act}_prepare || { echo "$act: cannot be prepared, before $call $n"; return 1; }
			before=$(all_files)
		fi
		killed_at $call $n "${command[@]}" || killed=$((killed + 1))
		[ "$before" != "$(all_files)" ] || continue
		before= touched=$((touched + 1))
		${act}_check || { echo "$act: killed at $call $n"; return 1; }
		$S list >/dev/null || return 1
	done 3<$run/points
}

new_secret() # NAME
{
	head -c 20 /dev/urandom | base32 >$run/secret/$1
}

hotp() # NAME COUNTER
{
	oathtool --hotp -c $2 -b "$(cat $run/secret/$1)"
}

# add PERSON NAME: a HOTP token of that name, its codes from 0
add()
{
	new_secret $2 && $S -q enroll $1 hotp --label $2 --counter 0 --no-confirm --secret-file $run/secret/$2
}

# goes_on: the token everybody has from the start opens, and the code before it does not
counter=0
goes_on()
{
	opens bob $(hotp steady $counter) && shut bob $(hotp steady $counter) || return 1
	counter=$((counter + 1))
}

labels() # PERSON
{
	$S list $1 2>/dev/null | awk 'NR > 1 && $3 == "hotp" && $NF == "enrolled" {print $2}'
}

# a token more
serial=0
enroll_prepare()
{
	serial=$((serial + 1))
	new_secret e$serial
	command=($S -q enroll bob hotp --label e$serial --counter 0 --no-confirm --secret-file $run/secret/e$serial)
}
enroll_check()
{
	goes_on || return 1
	if labels bob | grep -q -x e$serial; then
		opens bob $(hotp e$serial 0) && shut bob $(hotp e$serial 0) && $S -q revoke bob e$serial --yes
	else
		shut bob $(hotp e$serial 0)
	fi
}

# somebody new: two files are made
person_prepare()
{
	serial=$((serial + 1))
	echo "new-$serial:x:$((10000 + serial)):100::/:/bin/false" >>/etc/passwd
	new_secret p$serial
	command=($S -q enroll new-$serial hotp --counter 0 --no-confirm --secret-file $run/secret/p$serial)
}
person_check()
{
	"${command[@]}" 2>$run/err || grep -q S-25 $run/err || { cat $run/err; return 1; }
	opens new-$serial $(hotp p$serial 0) && shut new-$serial $(hotp p$serial 0) || return 1
	rm -f /var/lib/sekisho/records/* /var/lib/sekisho/states/*
	cp -p $run/kept/records/* /var/lib/sekisho/records/ && cp -p $run/kept/states/* /var/lib/sekisho/states/
}

# the new token in place of the old one
replace_prepare()
{
	serial=$((serial + 1))
	new_secret r$serial
	command=($S -q enroll carol hotp --replace $old --label r$serial --counter 0 --no-confirm --secret-file $run/secret/r$serial)
}
replace_check()
{
	local is

	is=$(labels carol)
	if [ "$is" = r$serial ]; then
		shut carol $(hotp $old $old_counter) || return 1
		old=r$serial old_counter=0
	else
		[ "$is" = $old ] && shut carol $(hotp r$serial 0) || return 1
	fi
	opens carol $(hotp $old $old_counter) && shut carol $(hotp $old $old_counter) || return 1
	old_counter=$((old_counter + 1))
}

nth() # SHEET N
{
	grep -o -E '([0-9A-HJKMNP-TV-Z]{4}-){3,4}[0-9A-HJKMNP-TV-Z]{4}' $run/secret/$1 2>/dev/null | sed -n "$2p"
}

# the last token, and with it codes on paper, one of each kind used
revoke_prepare()
{
	serial=$((serial + 1))
	[ "$(labels dora)" != '' ] || add dora v$serial || return 1
	last=$(labels dora)
	$S -q code recovery dora --yes --file - >$run/secret/vr &&
	    $S -q code temporary dora --valid 1d --reason x --file - >$run/secret/vt &&
	    opens dora $(nth vr 1) && opens dora $(nth vt 1) || return 1
	command=($S -q revoke dora --yes)
}
revoke_check()
{
	shut dora $(nth vr 1) && shut dora $(nth vt 1) || return 1
	if [ "$(labels dora)" = '' ]; then
		shut dora $(hotp $last 0)
	else
		# a token without its counter may be listed; it must not open later than this
		$S -q revoke dora --yes && shut dora $(hotp $last 0)
	fi &&
	    shut dora $(nth vr 2)
}

# $sheet: the codes that open, the first of them spent; $place: the next one
sheet=none place=0
new_sheet()
{
	serial=$((serial + 1)) sheet=s$serial place=2
	$S -q code recovery bob --file $run/secret/$sheet && opens bob $(nth $sheet 1)
}
recovery_prepare()
{
	[ $sheet != none ] && [ $place -le 10 ] || new_sheet || return 1
	serial=$((serial + 1))
	command=($S -q code recovery bob --file $run/secret/s$serial)
}
recovery_check()
{
	local new

	new=$(nth s$serial 10)
	goes_on && shut bob $(nth $sheet 1) || return 1
	if $S list bob | grep -q '^recovery codes: 10 of 10'; then
		shut bob $(nth $sheet $place) || return 1
		sheet=s$serial place=2
		# never without a sheet
		opens bob $(nth $sheet 1) || return 1
	elif [ "$new" != '' ] && ! shut bob $new; then
		# stored, but not all of them free of what was spent before
		shut bob $(nth $sheet $place) && new_sheet
	elif opens bob $(nth $sheet $place); then
		shut bob $(nth $sheet $place) || return 1
		place=$((place + 1))
	else
		echo 'neither the old codes nor the new ones open'
		return 1
	fi
}

# a temporary code in the place of one that is used up
temporary_prepare()
{
	# one that was stored and never seen cannot be used up: only a new person gets rid of it
	if [ "$($S list dora 2>/dev/null | grep -c '^temporary.*used up')" -lt 4 ]; then
		serial=$((serial + 1))
		$S -q revoke dora --yes 2>/dev/null
		add dora y$serial || return 1
		for _ in 1 2 3 4; do
			$S -q code temporary dora --valid 1d --reason x --file - >$run/secret/t &&
			    opens dora $(nth t 1) || return 1
		done
	fi
	rm -f $run/secret/t-new
	command=($S -q code temporary dora --valid 1d --uses 3 --reason x --file $run/secret/t-new)
}
temporary_check()
{
	local left

	shut dora $(nth t 1) || return 1
	if [ "$(nth t-new 1)" = '' ]; then
		[ "$($S list dora | grep -c '^temporary.*used up')" = 4 ]
		return
	fi
	# stored or not yet, and with the uses of the one before it until those were forgotten
	left=$($S list dora | sed -n 's/^temporary.* \([0-9]\) uses\{0,1\} left.*/\1/p')
	for _ in $(seq ${left:-0}); do
		opens dora $(nth t-new 1) || return 1
	done
	shut dora $(nth t-new 1) || return 1
	[ "$left" != '' ] || return 0
	mv $run/secret/t-new $run/secret/t
}

emergency_prepare()
{
	serial=$((serial + 1))
	[ "$(nth envelope 1)" != '' ] || $S -q code emergency bob --yes --file $run/secret/envelope || return 1
	command=($S -q code emergency bob --yes --file $run/secret/c$serial)
}
emergency_check()
{
	local opened=0 name

	for name in envelope c$serial; do
		[ "$(nth $name 1)" != '' ] && opens bob $(nth $name 1) || continue
		opened=$((opened + 1))
		$S -q unlock bob
		shut bob $(nth $name 1) || return 1
	done
	$S -q unlock bob
	# one of them, and a sheet of it is there
	[ $opened = 1 ] || return 1
	rm -f $run/secret/envelope
	goes_on
}

suspend_prepare()
{
	command=($S -q suspend bob)
}
suspend_check()
{
	$S list bob >$run/listed || return 1
	if grep -q suspended $run/listed; then
		shut bob $(hotp steady $counter) && $S -q resume bob || return 1
	fi
	goes_on
}

all_prepare()
{
	command=($S -q suspend --all --yes)
}
all_check()
{
	if $S list 2>/dev/null | grep -q '^everybody'; then
		shut bob $(hotp steady $counter) && $S -q resume --all --yes 2>/dev/null || return 1
	fi
	goes_on
}

# somebody used a code under a clock of tomorrow
clock_prepare()
{
	serial=$((serial + 1))
	shifted $((36000 + 60 * serial)) opens emil \
	    $(oathtool --totp -b "$(cat $run/secret/emil)" --now "@$(($(date +%s) + 36000 + 60 * serial))") || return 1
	command=($S -q clock accept --yes)
}
clock_check()
{
	goes_on && $S -q clock accept --yes && $S clock >/dev/null || return 1
	shifted 90 opens emil $(oathtool --totp -b "$(cat $run/secret/emil)" --now "@$(($(date +%s) + 90))") || return 1
}

killed=0
claim 'init, killed anywhere: the store works, and the same again ends it' kill_init $init_points
claim "it was killed often enough ($killed)" test $killed -ge 5
new_store
for person in dora emil; do
	echo "$person:x:$((3000 + ${#person} + killed++)):100::/:/bin/false" >>/etc/passwd
done
add bob steady && add carol first && new_secret emil &&
    $S -q enroll emil totp --no-confirm --secret-file $run/secret/emil || echo 'NOT OK - no people to test with'
old=first old_counter=0
mkdir $run/kept && cp -rp /var/lib/sekisho/records /var/lib/sekisho/states $run/kept/
for act in person enroll replace revoke recovery temporary emergency suspend all clock; do
	killed=0 touched=0
	claim "$act, killed at every system call: nothing lost, nothing twice" each_point $act
	claim "it was killed often enough ($killed, $touched of them with a file touched)" \
	    test $killed -ge 60 -a $touched -ge 5
done
# what a replacement cut short has left is sealed, or hashes only
sealed()
{
	local file

	for file in $(find /var/lib/sekisho /etc/sekisho -name '.new-*'); do
		head -c 5 $file | grep -q SKSHO || [ ! -s $file ] || { echo $file; return 1; }
	done
}
claim 'what is left behind is sealed' sealed
codes_nowhere()
{
	grep -h -o -E '([0-9A-HJKMNP-TV-Z]{4}-){3,4}[0-9A-HJKMNP-TV-Z]{4}' $run/secret/* | sort -u >$run/all
	tr -d - <$run/all >>$run/all2
	cat $run/all $run/all2 >$run/patterns
	[ -s $run/patterns ] && ! grep -r -q -a -F -f $run/patterns "$NS_LOG" /var/lib/sekisho /etc/sekisho
}
claim 'no code on paper is in a log or a store file' codes_nowhere
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
    "$($S list alice | awk '$3 == "totp" {print $2}' | sort | tr '\n' ' ')" = \
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
claim 'killed while it waits: nothing stored' test "$($S list bob | grep -c ' totp ')" = 1
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
for n in steady emil bob k0 p1 p9 carol; do
	claim "secret $n is in no log and no store file" nowhere $n
done
finish
