# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: list, revoke, unlock, word for word.
needs_programs='expect oathtool pamtester strace'
. "$(dirname "$0")/tool_lib.sh"
new_store
S=$sekisho
today=$(date +%F)

give()
{
	head -c 20 /dev/urandom | base32 >$run/secret/$2
	"$S" -q enroll "$1" totp --label "$2" --secret-file $run/secret/$2 --no-confirm "${@:3}" 2>&1
}
claim 'a token for alice' give alice phone
claim 'another, with 8 digits' give alice fob --digits 8
claim 'one for bob, with a Japanese name' give bob 電話

# the day may end between an enrolment and the look at it
prints 'list' "USER   TOKEN  KIND  DIGITS  CREATED     LAST USED  STATE
alice  phone  totp  6       $today  -          enrolled
alice  fob    totp  8       $today  -          enrolled
bob    電話   totp  6       $today  -          enrolled
exit 0" without_terminal $S list
prints 'list one' "USER  TOKEN  KIND  DIGITS  CREATED     LAST USED  STATE
bob   電話   totp  6       $today  -          enrolled
recovery codes: none
exit 0" without_terminal $S list bob
prints 'list where Japanese cannot be shown' "USER  TOKEN   KIND  DIGITS  CREATED     LAST USED  STATE
bob   ??????  totp  6       $today  -          enrolled
recovery codes: none
exit 0" without_terminal env LC_ALL=C $S list bob

# ---- revoke
prints 'revoke needs an answer' '2> sekisho: alice: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S revoke alice
prints 'no such token' '2> sekisho: alice: no token "pager" [S-27]
2> hint: sekisho list alice
exit 1' without_terminal $S revoke alice pager --yes
for answer in n '' no yy end; do
	claim "answer '$answer' is no" bash -c "
		expect -f $system/tool_terminal.exp -- '$answer' -- $S revoke alice >$run/out; [ \$? = 1 ] &&
		grep -q 'not confirmed; nothing changed' $run/out"
done
prints 'revoke one' 'alice: revoke totp "fob"? [y/N] y
alice: totp "fob" revoked
exit 0' at_terminal y -- $S revoke alice fob --reason 'lost, ticket 4711'
claim 'revoke is in the log' logged 'event=revoke result="done" reason="lost, ticket 4711" user="alice" token="fob"'
prints 'revoke the last' 'alice: revoke totp "phone"? No token is left then, and logins that need a code are refused. [y/N] yes
alice: totp "phone" revoked
alice: no token is left; logins that need a code are refused
exit 0' at_terminal yes -- $S revoke alice phone
prints 'a tombstone is listed' "USER   TOKEN  KIND  DIGITS  CREATED  LAST USED  STATE
alice  -      -     -       -        -          revoked
exit 0" without_terminal $S list alice
prints 'revoke again' '2> sekisho: alice: revoked before [S-26]
2> hint: sekisho enroll alice totp enrolls anew
exit 1' without_terminal $S revoke alice --yes
give alice phone
give alice fob
prints 'enrolled anew, revoke all' 'alice: totp "phone", totp "fob" revoked
alice: no token is left; logins that need a code are refused
exit 0' without_terminal $S revoke --yes alice
prints 'a reason that is too long' '2> sekisho: --reason: at most 63 bytes [S-04]
2> hint: sekisho revoke USER [LABEL] [options]
exit 2' without_terminal $S revoke bob --yes --reason "$(printf 'x%.0s' {1..64})"

# ---- unlock
pam_service lockme "required $SEKISHO_MODULE"
guess()
{
	local wrong

	wrong=$(wrong_code 電話)
	on_terminal "$ask_code" $wrong "$ask_code" $wrong "$ask_code" $wrong -- \
	    pamtester lockme bob authenticate >/dev/null
}
prints 'nothing to unlock' 'bob: there were no failures to forget
exit 0' without_terminal $S unlock bob
guess
guess
claim 'guessing locks, and list shows it' bash -c "$S list bob | grep -q ' locked$'"
prints 'unlock' 'bob: unlocked
exit 0' without_terminal $S unlock bob
claim 'unlock is in the log' logged 'event=unlock result="done" user="bob"'
claim 'and list shows that' bash -c "$S list bob | grep -q ' enrolled$'"
ln -s 電話 $run/secret/bob
claim 'bob gets in' on_terminal "$ask_code" "$(fresh_code bob)" -- pamtester lockme bob authenticate
claim 'last used is shown' bash -c "$S list bob | grep -q '  $today [0-2][0-9]:[0-5][0-9]  enrolled$'"

# ---- who did it
SUDO_UID=2002 $S unlock bob >/dev/null
if [ "$(cat /proc/self/loginuid)" = 4294967295 ]; then
	claim 'actor from sudo' logged 'event=unlock.* actor="2002"'
fi
if (echo 2003 >/proc/self/loginuid) 2>/dev/null; then
	(echo 2003 >/proc/self/loginuid; exec $S unlock bob >/dev/null)
	claim 'actor from the audit login uid' logged 'event=unlock.* actor="2003"'
fi

# ---- people who left
sed -i '/^bob:/d' /etc/passwd
claim 'a leaver is listed' bash -c "$S list bob | grep -q '^bob  *電話'"
claim 'a leaver can be revoked' $S revoke bob --yes
claim 'a name without account and record cannot' bash -c "$S revoke bobo --yes; [ \$? = 1 ]"
echo 'bob:x:2055:2055::/home/bob:/bin/bash' >>/etc/passwd
claim 'a new bob after the old was revoked' give bob neu
sed -i '/^bob:/s/2055/2056/g' /etc/passwd
secret_file bob2 AAAABBBBCCCCDDDD >/dev/null
prints 'a new bob while the old is enrolled' '2> sekisho: bob: enrolled with uid 2055, the account has uid 2056 now [S-15]
2> hint: if this is a new person of that name: sekisho revoke bob, then enroll
exit 1' without_terminal $S enroll bob totp --secret-file $run/secret/bob2 --no-confirm

# ---- damage
give carol phone
record=$(ls -t /var/lib/sekisho/records | head -n 1)
printf x | dd of=/var/lib/sekisho/records/$record bs=1 seek=100 conv=notrunc status=none
$S list >$run/out 2>$run/err
claim 'a damaged record: exit 1' test $? = 1
claim 'it is named, with its number' grep -q "$(echo $record | cut -c 1-8).*S-14" $run/err
claim 'the others are listed' grep -q '^bob ' $run/out
repaired='carol: everything revoked; what could not be read was replaced
carol: no token is left; logins that need a code are refused
exit 0'
repair()
{
	$S revoke carol phone --yes 2>&1 | grep -q 'hint: .*sekisho revoke carol, then enroll' || return 1
	$S enroll carol totp --no-confirm --secret-file $run/secret/phone 2>&1 |
	    grep -q 'hint: .*sekisho revoke carol, then enroll' || return 1
	at_terminal n -- $S revoke carol | grep -q 'not confirmed; nothing changed' || return 1
	without_terminal $S revoke carol --yes | grep -v '^2>' >$run/got
	diff <(echo "$repaired") $run/got || return 1
	$S list carol | grep -q ' revoked$' && give carol phone && $S list carol | grep -q ' enrolled$'
}
claim 'revoke puts a tombstone there, and enroll works again' repair
claim 'that is in the log' logged 'event=revoke result="done" user="carol" .*S-14'
truncate -s 100 /var/lib/sekisho/states/$record
claim 'the same for a damaged state' repair
rm /var/lib/sekisho/states/$record
claim 'the same for a missing state' repair

# ---- a write that was interrupted
perl -e 'open(F, "+<", $ARGV[0]) or die; seek(F, 4096 + 2000, 0); print F "torn"' /var/lib/sekisho/states/$record
$S list carol >$run/out 2>&1
claim 'list shows what is left of it' bash -c "grep -q '  -          incomplete$' $run/out"
claim 'unlock tells it' bash -c "$S unlock carol 2>&1 | grep -q 'warning: carol: an earlier write was interrupted'"
claim 'and logs it' logged 'event=unlock result="done" user="carol" .*S-32'
claim 'the incomplete token can be replaced' give carol phone --replace phone
claim 'and is whole then' bash -c "$S list carol | grep -q ' enrolled$'"

# ---- no lock is held while a terminal or the log is slow
slow_reader()
{
	local slow

	mkfifo $run/slow
	sleep 60 <$run/slow &
	slow=$!
	# a pipe nobody reads, and full
	exec 7<>$run/slow
	timeout 1 sh -c 'head -c 1000000 /dev/zero >&7'
	timeout 20 $S revoke bob pager 2>&7 &
	sleep 1
	timeout 10 $S enroll alice totp --no-confirm --label slow --secret-file $(secret_file s HHHHEEEEFFFFGGGG)
	r=$?
	kill $slow
	kill %2 2>/dev/null
	exec 7>&-
	return $r
}
claim 'a slow terminal stops no other command' slow_reader

# ---- a full disk
full_disk()
{
	local sum small=/var/lib/sekisho-small

	cp -a /var/lib/sekisho $small
	mount -t tmpfs -o size=16m,mode=700 full /var/lib/sekisho && cp -a $small/. /var/lib/sekisho/ || return 1
	echo 'allow-any-file-system = yes' >/etc/sekisho/sekisho.conf
	cat /dev/zero >/var/lib/sekisho/fill 2>/dev/null
	sum=$(cat /var/lib/sekisho/{records,states}/* | sha256sum)
	$S revoke carol --yes 2>$run/err
	[ $? = 1 ] && grep -q 'S-19' $run/err && [ "$sum" = "$(cat /var/lib/sekisho/{records,states}/* | sha256sum)" ] &&
	    $S list carol | grep -q ' enrolled$' || return 1
	rm /var/lib/sekisho/fill
	# a broken configuration forgets no store that is there
	echo 'nonsense' >/etc/sekisho/sekisho.conf
	$S revoke carol --yes 2>$run/err
	[ $? = 0 ] && grep -q 'S-12' $run/err
}
claim 'a full disk: nothing changed; a broken configuration: revoked' full_disk
umount /var/lib/sekisho
rm /etc/sekisho/sekisho.conf

# ---- a revoke that was interrupted: the token is listed, and opens nothing
interrupted()
{
	give carol half >/dev/null
	strace -f -o /dev/null -e trace=renameat -e inject=renameat:error=EIO:when=1 $S revoke carol --yes 2>$run/err
	grep -q S-19 $run/err && $S list carol | grep ' half .* incomplete$' || return 1
	# like somebody who has no token
	ask_helper carol $(code_at half $(($(date +%s) / 30))) >$run/verdict
	ask_helper nobody-at-all 123456 >$run/verdict-other
	grep '^asked 1' $run/verdict && grep '^asked 1' $run/verdict-other && log_complete &&
	    grep -q 'reason="incomplete-token" user="carol"' "$NS_LOG" || return 1
	$S revoke carol --yes && $S list carol | grep ' revoked$'
}
claim 'interrupted: incomplete, a wrong code, and revoked by the same again' interrupted
finish
