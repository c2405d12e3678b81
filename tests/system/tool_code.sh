# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: codes on paper, word for word; which of them open, and how often.
needs_programs='expect oathtool perl strace'
ns_arguments='--timeout 400'
. "$(dirname "$0")/tool_lib.sh"
new_store
S=$sekisho
host=$(uname -n)
usage='hint: sekisho code recovery|temporary USER | emergency [USER...] [options]'

# codes_of FILE: one on each line
codes_of()
{
	grep -o -E '([0-9A-HJKMNP-TV-Z]{4}-){3,4}[0-9A-HJKMNP-TV-Z]{4}' $1
}

# nth FILE N
nth()
{
	codes_of $1 | sed -n "$2p"
}

sum_of_store()
{
	find /var/lib/sekisho -type f ! -path '*/decoys/*' -exec sha256sum {} + | sort | sha256sum
}

# unchanged COMMAND...: no file is another one
unchanged()
{
	local before

	before=$(sum_of_store)
	"$@"
	[ "$before" = "$(sum_of_store)" ] || echo 'the store was changed'
}

# nowhere FILE: no code of it is in the log or the store, with hyphens or without
nowhere()
{
	local code

	for code in $(codes_of $1); do
		! grep -r -q -a -i -e "$code" -e "${code//-/}" "$NS_LOG" /var/lib/sekisho /etc/sekisho || return 1
	done
}

# list_of PERSON: what it says about codes on paper
list_of()
{
	$S list $1 | sed -n '/code/p' | sed -E "$mask_codes"
}

# ---- wrong words
wrong()
{
	local words=$1
	shift

	prints "wrong usage: $*" "2> sekisho: $words [S-04]
2> $usage
exit 2" without_terminal $S code "$@"
}
wrong 'recovery, temporary or emergency: is missing'
wrong 'secret: unknown kind of code' secret alice
wrong 'USER: is missing' recovery
wrong 'code: too many words' recovery alice bob
wrong '--valid: does not go with this kind of code' recovery alice --valid 1d
wrong '--remove: does not go with this kind of code' recovery alice --remove
wrong '--valid: is missing' temporary alice --reason x
wrong '--reason: is missing' temporary alice --valid 1d
wrong '--reason: takes UTF-8 without characters that are not seen' temporary alice --valid 1d --reason ''
wrong '--valid: takes 30m, 8h, 1d and the like, up to 31d' temporary alice --valid 90 --reason x
wrong '--valid: takes 30m, 8h, 1d and the like, up to 31d' temporary alice --valid 32d --reason x
wrong '--uses: takes 1 to 100' temporary alice --valid 1d --uses 0 --reason x
wrong '--reason: does not go with this kind of code' emergency --reason x
wrong '--remove: stands alone' emergency alice --remove
wrong '--file: is empty' recovery alice --file ''
wrong '--valid: does not go with --remove' temporary alice --remove --valid 1d
wrong '--reason: does not go with --remove' emergency --remove --reason x

# ---- recovery codes
prints 'without a token' '2> sekisho: alice: not enrolled [S-21]
2> hint: sekisho enroll alice totp
exit 1' unchanged without_terminal $S code recovery alice --file -
for person in alice bob; do
	enroll $person >/dev/null
done
prints 'list of somebody without' 'recovery codes: none' list_of alice
prints 'no terminal' '2> sekisho: code: no terminal to show a code on [S-04]
2> hint: --file FILE, or --file - for stdout
exit 2' unchanged without_terminal $S code recovery alice
sheet="Recovery codes of alice on $host, made TIME

   1  PERSONAL
   2  PERSONAL
   3  PERSONAL
   4  PERSONAL
   5  PERSONAL
   6  PERSONAL
   7  PERSONAL
   8  PERSONAL
   9  PERSONAL
  10  PERSONAL

Each opens one login, once, in place of the one-time code: type it where
that is asked for. Small letters will do, and so will spaces or nothing between
the groups. Strike out what was used. Codes of an earlier sheet no longer work.
Keep the sheet where nobody else finds it, and not with the phone."
prints 'ten codes, at the terminal' "$sheet
alice: 10 recovery codes stored; those before them no longer work
exit 0" at_terminal -- $S code recovery alice
tr -d '\r' <$run/terminal >$run/secret/first
claim 'ten different ones' test $(codes_of $run/secret/first | sort -u | wc -l) = 10
claim 'it is in the log' logged 'event=code result="done" user="alice" token="recovery"'
claim 'no code is in the log or the store' nowhere $run/secret/first
prints 'list counts them' 'recovery codes: 10 of 10' list_of alice
claim 'one opens' opens alice $(nth $run/secret/first 3)
claim 'once' shut alice $(nth $run/secret/first 3)
claim 'another one as people type' opens alice "$(nth $run/secret/first 10 | tr 'A-Z-' 'a-z ')"
claim 'not for bob' shut bob $(nth $run/secret/first 1)
prints 'list counts those left' 'recovery codes: 8 of 10' list_of alice
claim 'the token goes on' opens alice $(fresh_code alice)
mkdir -m 700 $run/own
prints 'to a file' 'alice: 10 recovery codes stored; those before them no longer work
exit 0' without_terminal $S code recovery alice --file $run/own/sheet
claim 'only root can read it' test "$(stat -c '%a %U' $run/own/sheet)" = '600 root'
prints 'the same words' "$sheet" sed -E "$mask_codes" $run/own/sheet
prints 'ten again' 'recovery codes: 10 of 10' list_of alice
claim 'a used one of the first sheet stays used' shut alice $(nth $run/secret/first 3)
claim 'an unused one no longer works' shut alice $(nth $run/secret/first 4)
claim 'the new ones work' opens alice $(nth $run/own/sheet 4)
prints 'never over a file' "2> sekisho: $run/own/sheet: cannot create: File exists [S-27]
2> hint: see sekisho(8)
exit 1" unchanged without_terminal $S code recovery alice --file $run/own/sheet
mkdir -m 1777 $run/everybody
prints 'nor where others can write' "2> sekisho: $run/everybody: mode 1777 is too open [S-13]
2> hint: name a directory that only root can write, such as /root
exit 1" unchanged without_terminal $S code recovery alice --file $run/everybody/sheet
prints 'to stdout, and nothing else' "$sheet
exit 0" without_terminal $S code recovery alice --file -
cp $run/out $run/secret/third
claim 'they work' opens alice $(nth $run/secret/third 7)
full()
{
	$S code recovery alice --file - >/dev/full 2>$run/err
	echo "exit $?"
	cat $run/err
}
prints 'stored and not shown' 'exit 1
sekisho: stdout: cannot be written: No space left on device [S-19]
sekisho: alice: new codes are stored, but nobody has seen them [S-19]
hint: run the command again' full
claim 'those before are gone' shut alice $(nth $run/secret/third 8)
prints 'but list says there are ten' 'recovery codes: 10 of 10' list_of alice

# ---- temporary codes
prints 'at the terminal' "Temporary code of bob on $host, made TIME

      PERSONAL

Opens 1 login until TIME, in place of the one-time code: type it where
that is asked for. Small letters will do, and so will spaces or nothing between
the groups. For this person only.
Issued by alice: lost phone
bob: 1 temporary code stored
exit 0" at_terminal -- env SUDO_UID=$(id -u alice) $S code temporary bob --valid 8h --reason 'lost phone'
tr -d '\r' <$run/terminal >$run/secret/t1
claim 'it is in the log, with issuer and reason' \
    logged "event=code result=\"done\" reason=\"lost phone\" user=\"bob\" token=\"temporary\" actor=\"$(id -u alice)\""
prints 'list shows it' "recovery codes: none
temporary code: until TIME, 1 use left, from alice: lost phone" list_of bob
claim 'not for alice' shut alice $(nth $run/secret/t1 1)
claim 'it opens' opens bob $(nth $run/secret/t1 1)
claim 'once' shut bob $(nth $run/secret/t1 1)
prints 'list shows that' "recovery codes: none
temporary code: until TIME, used up, from alice: lost phone" list_of bob
temporary()
{
	$S code temporary bob --file - --reason test "$@"
}
temporary --valid 1d --uses 2 >$run/secret/t2
temporary --valid 30m >$run/secret/t3
shifted -110 temporary --valid 1m >$run/secret/t4
prints 'four of them' "recovery codes: none
temporary code: until TIME, used up, from alice: lost phone
temporary code: until TIME, 2 uses left, from -: test
temporary code: until TIME, 1 use left, from -: test
temporary code: until TIME, expired, from -: test" list_of bob
claim 'twice' opens bob $(nth $run/secret/t2 1)
claim 'is twice' opens bob $(nth $run/secret/t2 1)
claim 'and not thrice' shut bob $(nth $run/secret/t2 1)
claim 'an expired one is shut' shut bob $(nth $run/secret/t4 1)
claim 'a fifth takes the place of one that is over' temporary --valid 1h --uses 9
claim 'the used-up one does not come back' shut bob $(nth $run/secret/t1 1)
claim 'a sixth' temporary --valid 1h --uses 9
claim 'a seventh' temporary --valid 1h --uses 9
prints 'an eighth has no room' '2> sekisho: bob: has 4 temporary codes, the most there can be [S-24]
2> hint: sekisho list bob; one that is used up or expired gives way
exit 1' unchanged without_terminal $S code temporary bob --valid 1d --reason x --file -
claim 'which is in the log' logged 'event=code result="failed" reason="x" user="bob" token="temporary" .*S-24'
claim 'the unused one was left alone' opens bob $(nth $run/secret/t3 1)
claim 'recovery codes do not touch temporary ones' $S -q code recovery bob --file $run/own/bob
prints 'both' 'recovery codes: 10 of 10
4' bash -c "$S list bob | sed -n '/^recovery/p'; $S list bob | grep -c '^temporary code: '"
claim 'no temporary code is in the log or the store' nowhere $run/secret/t2
$S -q code temporary alice --valid 1d --uses 9 --reason x --file $run/own/t5
claim 'one of alice' opens alice $(nth $run/own/t5 1)
prints 'all of a person end' 'alice: temporary codes removed
exit 0' without_terminal $S code temporary alice --remove --reason 'a mistake'
claim 'it no longer opens' shut alice $(nth $run/own/t5 1)
prints 'recovery codes stay' 'recovery codes: 10 of 10' list_of alice
claim 'it is in the log' logged 'event=code result="removed" reason="a mistake" user="alice" token="temporary"'
prints 'once more' 'alice: there was no temporary code
exit 0' unchanged without_terminal $S code temporary alice --remove
claim 'that is in the log, too' logged 'event=code result="unchanged" user="alice" token="temporary"'
claim 'a new one has its own uses' bash -c "$S code temporary alice --valid 1d --reason x --file $run/own/t6 &&
    $S list alice | grep -q '1 use left'"
claim 'and opens' opens alice $(nth $run/own/t6 1)
claim 'the one before stays gone' shut alice $(nth $run/own/t5 1)
tear
prints 'after an interrupted write' '2> sekisho: warning: alice: an earlier write was interrupted; the next codes are refused
exit 0' without_terminal $S -q code temporary alice --remove
$S -q unlock alice

# ---- who issued it, where, in words that move no cursor
echo $'e\eve:x:2099:100::/:/bin/sh' >>/etc/passwd
issued()
{
	env "$@" $S code temporary alice --valid 1d --reason x --file - | grep Issued
}
prints 'an issuer' 'Issued by e?ve: x' issued SUDO_UID=2099
prints 'an issuer without a name' 'Issued by uid 2098: x' issued SUDO_UID=2098
prints 'nobody known' 'Issued by -: x' issued -u SUDO_UID
prints 'a host' 'Temporary code of alice on a?b, made' unshare --uts bash -c "printf 'a\\033b' >/proc/sys/kernel/hostname &&
    $S code temporary alice --valid 1d --reason x --file - | grep -o '^Temp.*made'"
$S -q code temporary alice --remove

# ---- to a file: the sheet is there before the code is stored
full=$run/own/full
mkdir -m 700 $full && mount -t tmpfs -o size=4k,mode=700 none $full && head -c 4096 /dev/zero >$full/fill
no_room="2> sekisho: $full/sheet: cannot write: No space left on device [S-19]
2> hint: look at the disk: free space, mount options, dmesg
exit 1"
$S -q code recovery alice --file $run/own/alice1
$S -q code emergency alice --yes --file $run/own/envelope1
prints 'recovery codes onto a full disk' "$no_room" unchanged without_terminal $S code recovery alice --file $full/sheet
prints 'a temporary code' "$no_room" unchanged without_terminal $S code temporary alice --valid 1d --reason x --file $full/sheet
prints 'an emergency code' "$no_room" unchanged without_terminal $S code emergency --yes --file $full/sheet
prints 'there is no sheet' 'fill' ls -A $full
umount $full
claim 'the codes of before open' opens alice $(nth $run/own/alice1 1)
# in_the_way FILES COMMAND...: the store cannot write them
in_the_way()
{
	local files=$1 file
	shift

	for file in $files; do
		mkdir "${file%/*}/.new-${file##*/}"
	done
	unchanged without_terminal "$@"
	for file in $files; do
		rmdir "${file%/*}/.new-${file##*/}"
	done
}
s19='^2> sekisho: .* \[S-19\]$'
claim 'not stored: recovery codes' says "$s19" in_the_way "$(echo /var/lib/sekisho/records/*)" \
    $S code recovery alice --file $full/sheet
claim 'a temporary code' says "$s19" in_the_way "$(echo /var/lib/sekisho/records/*)" \
    $S code temporary alice --valid 1d --reason x --file $full/sheet
claim 'an emergency code' says "$s19" in_the_way /var/lib/sekisho/emergency \
    $S code emergency --yes --file $full/sheet
claim 'and no sheet is left' test ! -e $full/sheet
claim 'the codes of before open still' opens alice $(nth $run/own/alice1 2)
claim 'so does the envelope' opens alice $(nth $run/own/envelope1 1)
$S -q code emergency --remove --yes 2>/dev/null
prints 'nor for somebody without a token' '2> sekisho: carol: not enrolled [S-21]
2> hint: sekisho enroll carol totp
exit 1' without_terminal $S code recovery carol --file $full/sheet
claim 'no sheet' test ! -e $full/sheet

# ---- after a torn write
$S -q code recovery alice --file $run/own/alice2
tear
prints 'no temporary code: the new ones are free of doubt' 'alice: 10 recovery codes stored; those before them no longer work
2> sekisho: warning: alice: an earlier write was interrupted; the next codes are refused
exit 0' without_terminal $S code recovery alice --file $run/own/alice3
claim 'they open' opens alice $(nth $run/own/alice3 1)
$S -q code recovery bob --file $run/own/bob2
tear
prints 'with temporary codes all are held' 'bob: 10 recovery codes stored; those before them no longer work
2> sekisho: warning: bob: an earlier write was interrupted; the next codes are refused
2> sekisho: warning: bob: codes are held after an interrupted write until sekisho unlock bob
exit 0' without_terminal $S code recovery bob --file $run/own/bob3
claim 'list says it' says '^these codes are held' $S list bob
held()
{
	ask_helper bob $(nth $run/own/bob3 2) && return 1
	$S -q unlock bob && opens bob $(nth $run/own/bob3 2)
}
claim 'unlock frees them' held

# ---- the emergency code
emergency_sheet()
{
	echo "EMERGENCY CODE for $1 on $host, made TIME

      EMERGENCY

Opens ONE login of: $1
also when everybody is locked or suspended, and when the configuration, the
store, the clock or the host key is broken. The password is asked for as
always; type this code where the one-time code is asked for. Small letters will
do, and so will spaces or nothing between the groups.
Seal it in an envelope and lock that away. After use, and when the envelope
was opened: sekisho code emergency makes a new one; this one ends then.
Its number in the log: NUMBER"
}
prints 'none yet' 'there was no emergency code
exit 0' without_terminal $S code emergency --remove --yes
prints 'at the terminal' "$(emergency_sheet root)
emergency code stored, for root
exit 0" at_terminal -- $S code emergency
tr -d '\r' <$run/terminal >$run/secret/e1
number=$(sed -n 's/^Its number in the log: //p' $run/secret/e1)
claim 'it is in the log with that number' \
    logged "event=code result=\"done\" reason=\"code ${number:-none}\" user=\"root\" token=\"emergency\""
claim 'the code is not' nowhere $run/secret/e1
prints 'a new one for an unused one: asks' '2> sekisho: emergency code: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' unchanged without_terminal $S code emergency --file -
question='emergency code: replace the unused one? The envelope of before no longer opens anything then. [y/N]'
prints 'no is no' "$question n
sekisho: emergency code: not confirmed; nothing changed [S-27]
exit 1" unchanged at_terminal n -- $S code emergency
claim 'not for alice' shut alice $(nth $run/secret/e1 1)
prints 'for who is behind the root shell, too' "$question y
$(emergency_sheet 'root, alice')
emergency code stored, for root, alice
exit 0" at_terminal y -- env SUDO_UID=$(id -u alice) $S code emergency
tr -d '\r' <$run/terminal >$run/secret/e2
claim 'both are in the log' logged 'event=code result="done" reason="code [0-9a-f]{16}" user="alice" token="emergency"'
claim 'the first no longer opens' shut root $(nth $run/secret/e1 1)
claim 'the second opens for her' opens alice $(nth $run/secret/e2 1)
claim 'loudly, with the number that is on the sheet' grep -q \
    "sekisho-auth.*reason=\"emergency\".*user=\"alice\".*code $(sed -n 's/^Its number in the log: //p' $run/secret/e2) is spent" \
    "$NS_LOG"
claim 'once' shut alice $(nth $run/secret/e2 1)
prints 'a used one is no way in' '2> sekisho: warning: the emergency code was used: TIME, by alice; sekisho code emergency makes a new one
2> sekisho: warning: there is no unused emergency code (sekisho code emergency): nobody could log in to undo this
2> sekisho: everybody: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S suspend --all
prints 'every command warns' 'everybody: was not suspended
2> sekisho: warning: the emergency code was used: TIME, by alice; sekisho code emergency makes a new one
exit 0' without_terminal $S resume --all
prints 'without a question there is a new one; twice is once' 'emergency code stored, for alice
exit 0' without_terminal $S code emergency alice alice --file $run/secret/e3
prints 'and no warning any more' 'everybody: was not suspended
exit 0' without_terminal $S resume --all
claim 'people named: root is not one' shut root $(nth $run/secret/e3 1)
prints 'somebody nobody knows' '2> sekisho: alcie: no such account [S-02]
2> hint: did you mean alice?
exit 1' unchanged without_terminal $S code emergency alcie --file -
# meanwhile QUESTION COMMAND: while the question waits something else is done
meanwhile()
{
	expect -c "
		set timeout 20
		spawn -noecho $1
		expect {y/N] } {} timeout { exit 122 }
		exec sh -c {$2} >$run/meanwhile
		send y\r
		expect eof
		exit [lindex [wait] 3]" >$run/terminal
	echo "exit $?"
	tr -d '\r' <$run/terminal | tail -n 2
}
busy='exit 1
sekisho: emergency code: changed meanwhile; nothing written [S-20]
hint: run the command again'
prints 'another one was made while it asked' "$busy" meanwhile "$S code emergency" \
    "$S code emergency alice --yes --file $run/own/other"
claim 'that one opens' opens alice $(nth $run/own/other 1)
$S -q code emergency alice --file $run/own/other2
prints 'it was used while it asked' "$busy" meanwhile "$S code emergency" \
    "$SEKISHO_BUILDDIR/tests/system/client --version 1 --start $SEKISHO_HELPER direct alice $(nth $run/own/other2 1)"
claim 'every command warns of that' says 'warning: the emergency code was used' $S list
$S -q code emergency alice --file $run/own/other3
prints 'another one was made while remove asked' "$busy" meanwhile "$S code emergency --remove" \
    "$S code emergency alice --yes --file $run/own/other4"
claim 'that one is there' opens alice $(nth $run/own/other4 1)
$S -q code emergency alice --file $run/secret/e5
prints 'remove: asks' 'emergency code: remove it? With a broken configuration, store or clock nobody may be able to log in then. [y/N] y
emergency code removed
exit 0' at_terminal y -- $S code emergency --remove
claim 'it is in the log' logged 'event=code result="removed" token="emergency"'
claim 'it no longer opens' shut alice $(nth $run/secret/e5 1)

# break_and_open WHAT FILE: with FILE overwritten a code can be made, and opens
break_and_open()
{
	local file=$2

	rm -f $run/secret/e4
	[ ! -e $file ] || cp -p $file $run/kept
	head -c 100 /dev/urandom >$file
	$S code emergency alice --yes --file $run/secret/e4 &&
	    opens alice $(nth $run/secret/e4 1)
	local r=$?
	[ ! -e $run/kept ] && rm -f $file || mv $run/kept $file
	return $r
}
claim 'with a broken configuration' break_and_open configuration /etc/sekisho/sekisho.conf
claim 'with a broken header' break_and_open header /var/lib/sekisho/header
claim 'with a broken host key' break_and_open key /etc/sekisho/host.key
claim 'with a broken clock file' break_and_open clock /var/lib/sekisho/clock
claim 'everybody suspended' $S suspend --all --yes
claim 'and locked: it opens' break_and_open nothing /run/test/nothing
claim 'resumed' $S resume --all --yes
loosen_and_open()
{
	chmod -R a+rX /var/lib/sekisho
	! $S list 2>/dev/null && break_and_open nothing /run/test/nothing
	local r=$?
	chmod -R go-rwx /var/lib/sekisho
	return $r
}
claim 'with loosened modes it is made and opens' loosen_and_open
printf 'x' >>/var/lib/sekisho/emergency
claim 'one that cannot be read: every command warns' \
    says 'warning: /var/lib/sekisho/emergency: .*sekisho code emergency makes a new one' $S list
prints 'and can be replaced' "sekisho: warning: /var/lib/sekisho/emergency: 8193 bytes long instead of 8192 [S-14]
emergency code: replace the one that cannot be read? [y/N] y
$(emergency_sheet bob)
emergency code stored, for bob
exit 0" at_terminal y -- $S code emergency bob

# ---- the disk fails at last: a new name is there, but not durably
# fails_late FILE COMMAND...: the last fsync of the command gives an error
fails_late()
{
	local file=$1 count
	shift

	strace -f -o $run/calls -e trace=fsync "$@" --file $file-before >/dev/null 2>&1 || return 1
	count=$(grep -c fsync $run/calls)
	strace -f -o $run/calls -e trace=fsync -e inject=fsync:error=EIO:when=$count "$@" --file $file \
	    >/dev/null 2>$run/err && return 1
	cat $run/err
	grep -q 'S-19' $run/err
}
claim 'code emergency: it says that it failed' fails_late $run/secret/late $S code emergency carol --yes
claim 'and that both are to be kept' grep -q -E 'code [0-9a-f]{16} is in place.*keep it and the envelope' $run/err
claim 'the sheet is there, and opens' opens carol $(nth $run/secret/late 1)
$S -q unlock carol
$S -q code emergency carol --yes --file $run/secret/quiet 2>/dev/null
claim 'code recovery: it says that it failed' fails_late $run/secret/late-r $S code recovery alice
claim 'and that the sheet stays' grep -q "late-r stays: its codes may be those that open" $run/err
claim 'those of before are gone' shut alice $(nth $run/secret/late-r-before 1)
claim 'its codes open' opens alice $(nth $run/secret/late-r 1)

# ---- not any more
$S -q revoke bob --yes
prints 'revoked: no recovery codes' '2> sekisho: bob: revoked before [S-26]
2> hint: sekisho enroll bob totp enrolls anew
exit 1' without_terminal $S code recovery bob --file -
claim 'his old ones are shut' shut bob $(nth $run/own/bob3 3)
claim 'nothing is left behind' bash -c "! find /var/lib/sekisho /etc/sekisho -name '.new-*' | grep ."
finish
