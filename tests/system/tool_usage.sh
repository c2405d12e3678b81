# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: words, options, exit codes, and what happens before there is a store.
needs_programs='expect oathtool'
. "$(dirname "$0")/tool_lib.sh"

S=$sekisho
usage_enroll='hint: sekisho enroll USER totp|hotp|card [options]'

prints 'unknown command' '2> sekisho: enrolll: unknown command [S-04]
2> hint: did you mean enroll?
exit 2' without_terminal $S enrolll alice totp
prints 'a command of another world' '2> sekisho: frobnicate: unknown command [S-04]
2> hint: sekisho --help
exit 2' without_terminal $S frobnicate
prints 'a missing operand' "2> sekisho: totp|hotp|card: is missing [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll alice
prints 'a word too many' '2> sekisho: list: too many words [S-04]
2> hint: sekisho list [USER] | --expiring TIME | --temporary | --unenrolled
exit 2' without_terminal $S list alice bob
prints 'another kind of token' "2> sekisho: yubi: unknown kind of token [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll alice yubi
prints 'unknown option' "2> sekisho: --frobnicate: unknown option [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll alice totp --frobnicate
prints 'unknown option in front' '2> sekisho: --frobnicate: unknown option [S-04]
2> hint: sekisho --help
exit 2' without_terminal $S --frobnicate list
prints 'no short form in front either' '2> sekisho: --vers: unknown option [S-04]
2> hint: sekisho --help
exit 2' without_terminal $S --vers
prints 'an empty label is not all labels' '2> sekisho: LABEL: is empty [S-04]
2> hint: sekisho revoke USER [LABEL] [options]
exit 2' without_terminal $S revoke -y alice ''
prints 'unknown letter' '2> sekisho: -x: unknown option [S-04]
2> hint: sekisho list [USER] | --expiring TIME | --temporary | --unenrolled
exit 2' without_terminal $S list -x
prints 'no short form, and no value is repeated' '2> sekisho: --secret: unknown option [S-04]
2> hint: sekisho enroll USER totp|hotp|card [options]
exit 2' without_terminal $S enroll alice totp --secret=CANARY
prints 'a slip in an option' '2> sekisho: --lable: unknown option [S-04]
2> hint: did you mean --label?
exit 2' without_terminal $S enroll alice totp --lable=x
prints 'a value that is missing' "2> sekisho: --label: needs a value [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll alice totp --label
prints 'a value that is too much' "2> sekisho: --yes: takes no value [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll alice totp --yes=no

bad_value()
{
	prints "$1 $2" "2> sekisho: $1: $3 [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll alice totp "$1" "$2"
}
bad_value --digits 9 'takes 6, 7 or 8'
bad_value --digits 6x 'takes 6, 7 or 8'
bad_value --period 14 'takes 15 to 300 seconds'
bad_value --period 301 'takes 15 to 300 seconds'
bad_value --period 99999999999999999999 'takes 15 to 300 seconds'
bad_value --algorithm md5 'takes sha1, sha256 or sha512'
bad_value --qr code.gif 'takes terminal, none, FILE.png or FILE.svg'
bad_value --label '' 'a label cannot be empty'
bad_value --label ' x' "a label cannot begin with '-' or begin or end with a space"
bad_value --label 12345678901234567890123456789012 'a label has at most 31 bytes'
bad_value --label $'a\eb' 'a label is UTF-8 without characters that are not seen'
bad_value --color blue 'takes auto, always or never'

claim 'help is a result' bash -c "$S --help 2>/dev/null | grep -q '^  enroll '"
claim 'help of a command' bash -c "$S enroll --help 2>/dev/null | grep -q -- '--no-confirm'"
claim 'the alias is silent' bash -c "$S enrol --help | grep -q '^usage: sekisho enroll ' && ! $S --help | grep -q -w enrol"
claim 'version' bash -c "$S --version | grep -q '^sekisho [0-9]'"
claim 'no words at all: usage on stderr, 2' bash -c "$S 2>&1 >/dev/null | grep -q '^usage:'; $S 2>/dev/null; [ \$? = 2 ]"

for words in init list 'list alice' 'revoke alice' 'unlock alice' 'enroll alice totp' 'suspend alice' \
    'resume --all' 'code recovery alice' 'code emergency' clock 'clock accept'; do
	prints "not root: $words" "2> sekisho: ${words%% *}: must run as root [S-03]
2> hint: run it with sudo or from a root shell
exit 1" without_terminal setpriv --reuid alice --regid alice --clear-groups $S $words
done

claim 'no store: exit 1, S-10, init as hint' bash -c \
    "setsid -w $S list </dev/null >$run/out 2>&1; [ \$? = 1 ] && grep -q 'S-10' $run/out && grep -q 'hint: sekisho init' $run/out"

before=$(stat -c '%a %U' /var/lib/sekisho)
prints 'init' '/var/lib/sekisho: store created
/etc/sekisho/host.key opens it. That protects a copy of /var/lib/sekisho without /etc/sekisho, and nothing
else: who has the whole disk, or is root here, can read every secret.
Back up host.key and the store in two different places; without host.key no record
opens again.
next: sekisho enroll USER totp
      sekisho code emergency, for an envelope
exit 0' without_terminal $S init
claim 'init is in the log' logged 'event=init result="done"'
claim 'the host key is private' test "$(stat -c '%a %U' /etc/sekisho/host.key)" = '400 root'
claim 'so is the store' test "$(stat -c '%a %U' /var/lib/sekisho)" = '700 root'
sum=$(find /var/lib/sekisho /etc/sekisho -type f -exec sha256sum {} + | sort | sha256sum)
claim 'init again: S-11' bash -c "setsid -w $S init </dev/null 2>&1 | grep -q 'S-11'"
claim 'and nothing was changed' test "$sum" = "$(find /var/lib/sekisho /etc/sekisho -type f -exec sha256sum {} + | sort | sha256sum)"
prints 'nobody yet' 'nobody is enrolled
exit 0' without_terminal $S list
prints 'unknown account, near' '2> sekisho: alcie: no such account [S-02]
2> hint: did you mean alice?
exit 1' without_terminal $S enroll alcie totp
prints 'unknown account, far' '2> sekisho: qqqqqqqq: no such account [S-02]
2> hint: getent passwd NAME shows what the system knows
exit 1' without_terminal $S list qqqqqqqq
claim 'a name the system does not know is not logged' bash -c '! grep -q -e alcie -e qqqq "$NS_LOG"'
for words in 'list alice' 'revoke alice' 'unlock alice'; do
	prints "not enrolled: $words" '2> sekisho: alice: not enrolled [S-21]
2> hint: sekisho enroll alice totp
exit 1' without_terminal $S $words
done
claim 'a full disk under stdout is an error' bash -c "$S list >/dev/full 2>$run/err; [ \$? = 1 ] && grep -q 'S-19' $run/err"
echo 'rule "x" { requier = "otp" }' >/etc/sekisho/sekisho.conf
claim 'a broken configuration is told, the tool goes on' bash -c \
    "$S list >$run/out 2>$run/err; [ \$? = 0 ] && grep -q '^nobody is enrolled' $run/out && grep -q 'sekisho.conf:1: .*S-12' $run/err"
rm /etc/sekisho/sekisho.conf

# ---- what was closed, damaged or lost
closed_streams()
{
	# without care the socket of the log gets their numbers, is read and written
	timeout 10 $S enroll alice totp --secret-file - --no-confirm <&- 2>$run/err
	[ $? = 1 ] && grep -q 'stdin: cannot read: Bad file descriptor' $run/err || return 1
	$S list >&- 2>$run/err
	[ $? = 1 ] && grep -q 'S-19' $run/err && ! grep -q 'nobody is enrolled' "$NS_LOG" || return 1
	$S list qqqqqqqq 2>&-
	[ $? = 1 ] && ! grep -q 'qqqqqqqq' "$NS_LOG" && $S list <&- 2>&- | grep -q '^nobody is enrolled'
}
claim 'closed streams: an error, and nothing goes anywhere else' closed_streams
cp -p /var/lib/sekisho/header $run/header
printf x | dd of=/var/lib/sekisho/header bs=1 seek=5000 conv=notrunc status=none
claim 'one copy of the header damaged: told' bash -c "$S list 2>&1 | grep -q 'warning: .*header: one of its two copies is damaged'"
cp -p $run/header /var/lib/sekisho/header
prints 'color' $'2> \e[1;31msekisho:\e[0m alice: not enrolled [S-21]
2> \e[1;36mhint:\e[0m sekisho enroll alice totp
exit 1' without_terminal $S --color=always list alice
claim 'a token' $S enroll alice totp --secret-file $(secret_file a GEZDGNBVGY3TQOJQ) --no-confirm
rm /var/lib/sekisho/lock
claim 'a missing lock file is made again' bash -c "$S list alice && [ -e /var/lib/sekisho/lock ]"
mv /var/lib/sekisho/header $run/header
prints 'people, but no header' '2> sekisho: /var/lib/sekisho/header: missing, but people are enrolled here [S-14]
2> hint: restore header from a backup of the store
exit 1' without_terminal $S list
mv $run/header /var/lib/sekisho/header
echo $'car\eUSER:x:2077:2077::/:/bin/sh' >>/etc/passwd
prints 'a guess that would move the cursor, and no name in it is replaced' '2> sekisho: car?USERR: no such account [S-02]
2> hint: did you mean car?USER?
exit 1' without_terminal $S list $'car\eUSERR'
prints 'a name no record takes is refused before anything is asked' 'sekisho: user name: empty, longer than 255 bytes, or with control characters [S-27]
hint: see sekisho(8)
exit 1' at_terminal -- $S enroll $'car\eUSER' totp
finish
