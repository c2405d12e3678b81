# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: check and check USER, word for word: a healthy terminal, and each kind of finding
# brought about.
needs_programs='expect oathtool python3'
ns_arguments='--timeout 300'
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho
states=/var/lib/sekisho/states

# A machine of its own: what Debian and this machine's owner have in there would be found as well.
rm -f /etc/pam.d/* /etc/ssh/sshd_config
sed -i -E '/^(root|alice|bob|carol|nobody):/!d' /etc/passwd
mkdir -p /etc/ssh /run/sekisho
printf 'UsePAM yes\nPasswordAuthentication no\nAuthenticationMethods publickey,keyboard-interactive\n' >/etc/ssh/sshd_config
printf 'auth requisite pam_unix.so\nauth required pam_sekisho.so\n' >/etc/pam.d/sshd
cp /etc/pam.d/sshd /etc/pam.d/login
echo 'auth required pam_deny.so' >/etc/pam.d/polkit-1 # before that of /usr/lib/pam.d
sshd_config=$(cat /etc/ssh/sshd_config)

# found: what check prints but for its hints, and for the clock of the board, which is the machine's
found()
{
	without_terminal "$@" | grep -v -e '^  hint:' -e /sys/class/rtc -e '^[0-9]* danger'
}

# finds WORDS EXPECTED: of dangers and warnings, exactly these
finds()
{
	local words=$1 expected=$2

	prints "$words" "$expected" bash -c "$(declare -f found without_terminal); run=$run mask_codes='$mask_codes'
	    found $S check | grep -v '^note: '"
}

# ---- wrong usage
prints 'options without USER' '2> sekisho: USER: is missing [S-04]
2> hint: sekisho check [USER [options]]
exit 2' without_terminal $S check --tty tty1
prints 'not root' '2> sekisho: check: must run as root [S-03]
2> hint: run it with sudo or from a root shell
exit 1' without_terminal setpriv --reuid alice --regid alice --clear-groups $S check

# ---- from nothing to healthy
finds 'no store' 'danger: /var/lib/sekisho: no store, or one whose making was cut short [S-10]
exit 3'
new_store
finds 'nobody is enrolled' 'danger: root: neither root nor anybody of sudo, wheel or admin has a token; asked by login, sshd [S-59]
exit 3'
enroll alice >/dev/null
sed -i 's/^sudo:.*/&,alice/; s/:,alice/:alice/' /etc/group
finds 'an administrator is, by her group' 'warning: root: has no token, but is asked for a code by login, sshd [S-59]
exit 3'
for person in root bob carol; do
	enroll $person >/dev/null
done
$S -q code emergency --yes --file $run/envelope
python3 -c 'import socket
for name in "root", "user": socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).bind("/run/sekisho/" + name)'
chmod 600 /run/sekisho/root
chmod 666 /run/sekisho/user
touch $run/before
prints 'healthy' 'note: key slot 1: host: protects a copy of /var/lib/sekisho without /etc/sekisho, nothing else [S-55]
  hint: encrypt the disk where it may be stolen
0 dangers, 0 warnings, 1 note: healthy
exit 0' bash -c "$(declare -f without_terminal); run=$run mask_codes='$mask_codes'
    without_terminal $S check | sed '/rtc/,+1d'"
claim 'nothing is changed by it' bash -c "find /var/lib/sekisho /etc/sekisho -newer $run/before -type f | grep . && exit 1; true"

# ---- programs and doors
chmod 755 $SEKISHO_HELPER
finds 'helper for everybody' "danger: $SEKISHO_HELPER: helper: its mode lets others change or run it [S-50]
exit 3"
chmod 4700 $SEKISHO_HELPER
finds 'helper with set-id' "danger: $SEKISHO_HELPER: helper: has a set-id bit, which it must never have [S-50]
exit 3"
chmod 700 $SEKISHO_HELPER
mv $SEKISHO_HELPER $run/helper
finds 'no helper' "danger: $SEKISHO_HELPER: helper is missing: every login that asks it is denied [S-50]
exit 3"
mv $run/helper $SEKISHO_HELPER
cp -p $SEKISHO_MODULE $run/module
echo text >$SEKISHO_MODULE
finds 'a module that is none' "danger: $SEKISHO_MODULE: module: no program of this machine: damaged, or another kind [S-50]
exit 3"
cp -p $run/module $SEKISHO_MODULE
chown alice $SEKISHO_MODULE
finds 'a module of somebody' "danger: $SEKISHO_MODULE: module: does not belong to root [S-50]
exit 3"
chown root $SEKISHO_MODULE
chmod 600 /run/sekisho/user
finds 'a door nobody can open' "warning: /run/sekisho/user: not a socket of root's with mode 0666 [S-51]
exit 3"
chmod 666 /run/sekisho/user

# ---- the store
chmod 644 /etc/sekisho/host.key
finds 'host.key for everybody' 'danger: /etc/sekisho/host.key: mode 0644 is too open [S-13]
exit 3'
chmod 400 /etc/sekisho/host.key
mv /etc/sekisho/host.key $run/host.key
finds 'no host.key' 'danger: /etc/sekisho/host.key: the file is missing [S-17]
exit 3'
mv $run/host.key /etc/sekisho/host.key
cp -p /etc/sekisho/host.key /etc/sekisho/host.key.bak
: >$states/x
finds 'files that do not belong there' 'warning: /etc/sekisho/host.key.bak: nothing of sekisho'\''s [S-52]
warning: /var/lib/sekisho/states/x: nothing of sekisho'\''s [S-52]
exit 3'
rm /etc/sekisho/host.key.bak $states/x
record=$(ls -t /var/lib/sekisho/records/* | head -n 1) # carol's
cp -p $record $run/record
truncate -s 100 $record
finds 'a record cut short' "danger: $record: 100 bytes long instead of 4096 [S-14]
exit 3"
rm $record
finds 'a state without record' "warning: $states/${record##*/}: has no record: an enrolment was cut short, or the record is lost [S-54]
exit 3"
cp -p $run/record $record
mv $states/${record##*/} $run/state
finds 'a record without state' "danger: $states/${record##*/}: missing, but its record is there [S-14]
exit 3"
mv $run/state $states/${record##*/}
chown alice $record
finds 'a record of somebody' "danger: $record: belongs to uid 2001, not 0 [S-13]
exit 3"
chown root $record
mv /var/lib/sekisho/decoys/0017 $run/decoy
finds 'a decoy is missing' 'warning: /var/lib/sekisho/decoys: 1 of 1024 are missing; some names nobody has answer otherwise than the rest [S-14]
exit 3'
mv $run/decoy /var/lib/sekisho/decoys/0017
opens alice $(fresh_code alice) >/dev/null
tear
finds 'a torn state' 'warning: alice: the last write was interrupted; the next login gives up codes of then [S-32]
exit 3'
$S -q unlock alice 2>/dev/null

# ---- the clock
opens bob $(fresh_code bob) >/dev/null
prints 'nine hours back' 'danger: clock: 9h12m behind the latest accepted code; TOTP codes are refused [S-41]
warning: clock: 9h12m behind the time the newest file of the store was written [S-42]
exit 3' bash -c "$(declare -f found without_terminal); run=$run mask_codes='$mask_codes'
    found env CLOCKSHIFT=-33130 LD_PRELOAD=$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so $S check |
    grep -v '^note: ' | sed 's/9h1[123]m/9h12m/'"

# ---- sekisho.conf
conf=/etc/sekisho/sekisho.conf
echo 'rule "x" { requier = "otp" }' >$conf
claim 'a broken configuration is a danger with its line' bash -c "$S check | grep -q '^danger: $conf:1: .*requier.*S-12'"
cat >$conf <<END
rule "rollout" { match-service = {"login", "nowhere"} match-user = {"bob", "noone"} require = "none" }
rule "strict" { match-group = {"nogroup-here"} require = "otp" recovery = no }
rule "all" { require = "otp" }
END
finds 'names that are not there' "warning: $conf:1: rule \"rollout\" names nowhere, which is no PAM service here [S-57]
warning: $conf:1: rule \"rollout\" names noone, which is no account here [S-57]
warning: $conf:2: rule \"strict\" names nogroup-here, which is no group here [S-57]
exit 3"
claim 'a rule without a code is a note' bash -c "$S check | grep -q '^note: $conf:1: rule \"rollout\" lets in without a code \[S-56\]'"

# ---- check USER
prints 'by an open rule' 'account:  bob, uid 2002
service:  login at tty1
counts as the console
rule:     "rollout" (/etc/sekisho/sekisho.conf:1): no code
token:    totp, totp, enrolled
paper:    0 recovery, 0 temporary
clock:    not behind
bob would be let in without a code, by rule "rollout"
exit 3' without_terminal $S check bob
prints 'the rules before' 'account:  alice, uid 2001
service:  sshd from host
counts as remote hosts
not rule  "rollout" (/etc/sekisho/sekisho.conf:1): match-service does not match
not rule  "strict" (/etc/sekisho/sekisho.conf:2): match-group does not match
rule:     "all" (/etc/sekisho/sekisho.conf:3): a code
token:    totp, totp, enrolled
paper:    0 recovery, 0 temporary
clock:    not behind
alice would be asked for a one-time code
exit 0' without_terminal $S check alice --rhost host
rm $conf
answer_of()
{
	without_terminal $S check "$@" | tail -n 2
}
prints 'no such service' 'alice would not be asked: the auth lines of su have no pam_sekisho.so
exit 3' answer_of alice --service su
prints 'nobody' 'mallory would be asked for a code and refused: there is no such account
exit 3' answer_of mallory
$S -q suspend alice
prints 'suspended' 'alice would be asked for a code and refused: suspended; the log says by whom
exit 3' answer_of alice
$S -q resume alice
$S -q suspend --all --yes
prints 'everybody suspended' 'alice would be asked for a code and refused: everybody is suspended
exit 3' answer_of alice
finds 'everybody suspended' 'warning: everybody: suspended: all are refused, root included [S-28]
exit 3'
$S -q resume --all --yes
for _ in 1 2 3 4 5 6; do
	ask_helper carol $(wrong_code carol) >/dev/null
done
claim 'locked, as the helper says' bash -c "$S check carol --service daemon | tee $run/said | grep -q '^locked: '"
$S -q unlock carol
claim 'with --json' bash -c "$S --json check alice | python3 -c 'import json, sys
o = json.load(sys.stdin)
assert o[\"can_succeed\"] is True and o[\"exit\"] == 0 and o[\"rule\"][\"name\"] == \"default\", o'"

# ---- PAM stacks
stack()
{
	printf 'auth %s\n' "$@" >/etc/pam.d/login
}
stack 'sufficient pam_unix.so' 'required pam_sekisho.so'
finds 'sufficient before it' 'danger: /etc/pam.d/login:1: login: pam_unix.so success ends the stack before pam_sekisho.so (sufficient) [S-62]
danger: /etc/pam.d/login:2: login: a code lets in without the password (required) [S-64]
exit 3'
stack '[success=2 default=ignore] pam_unix.so' 'requisite pam_deny.so' 'required pam_sekisho.so' 'required pam_permit.so'
finds 'a jump too far' 'danger: /etc/pam.d/login:1: login: pam_unix.so success jumps over pam_sekisho.so (success=2) [S-62]
exit 3'
stack 'requisite pam_unix.so' 'optional pam_sekisho.so'
finds 'optional' 'danger: /etc/pam.d/login:2: login: auth_err of pam_sekisho.so does not keep anybody out (optional) [S-63]
exit 3'
stack 'sufficient pam_sekisho.so' 'required pam_unix.so'
finds 'sufficient itself' 'danger: /etc/pam.d/login:1: login: auth_err of pam_sekisho.so does not keep anybody out (sufficient) [S-63]
danger: /etc/pam.d/login:1: login: a code lets in without the password (sufficient) [S-64]
exit 3'
stack 'requisite pam_sekisho.so' 'required pam_unix.so'
finds 'requisite in front' 'warning: /etc/pam.d/login:1: login: a wrong code ends the dialogue before the password (requisite) [S-69]
exit 3'
stack 'requisite pam_unix.so' 'required pam_sekisho.so digits=6'
finds 'an option nobody knows' 'danger: /etc/pam.d/login:2: login: digits=6: unknown module option; logins denied [S-05]
exit 3'
stack 'sufficient pam_rootok.so' 'requisite pam_unix.so' 'required pam_sekisho.so'
finds 'the own will of the site is no warning' 'exit 0'
claim 'but a note' bash -c "$S check | grep -q '^note: /etc/pam.d/login:1: login: pam_rootok.so success ends the stack .*S-65'"
stack 'requisite pam_unix.so' 'required pam_sekisho.so' 'include nothing'
finds 'a broken include' 'warning: /etc/pam.d/login:3: login: what it includes cannot be read; PAM refuses everybody [S-67]
exit 3'
stack 'requisite pam_unix.so' 'required pam_sekisho.so'
echo 'auth required pam_unix.so' >/etc/pam.d/su
finds 'a way in that does not ask' 'warning: su: its auth lines have no pam_sekisho.so: it lets in without a code [S-66]
exit 3'
rm /etc/pam.d/su
echo 'auth required pam_permit.so' >/etc/pam.d/su
finds 'a way in that asks for nothing' 'danger: su: its auth lines ask for nothing at all: it lets in everybody [S-66]
exit 3'
rm /etc/pam.d/su
printf '# included from other services\nauth required pam_unix.so\n' >/etc/pam.d/common-auth
echo '@include common-auth' >/etc/pam.d/other
finds 'what has no file of its own' 'warning: other: its auth lines have no pam_sekisho.so: it lets in without a code [S-66]
exit 3'
mv /etc/pam.d/login $run/login
echo 'account required pam_unix.so' >/etc/pam.d/login
finds 'what has no auth lines of its own' 'warning: login: its auth lines have no pam_sekisho.so: it lets in without a code [S-66]
warning: other: its auth lines have no pam_sekisho.so: it lets in without a code [S-66]
exit 3'
echo 'auth required pam_deny.so' >/etc/pam.d/other
finds 'nobody gets in there' 'exit 0'
sed -i '1i auth requisite pam_unix.so\nauth required pam_sekisho.so' /etc/pam.d/other
sed -i '/pam_deny/d' /etc/pam.d/other
claim 'who asks is asked by "other"' bash -c "$S check alice --service nofile | grep 'would be asked for a one-time code'"
rm /etc/pam.d/common-auth /etc/pam.d/other
mv $run/login /etc/pam.d/login
printf 'auth requisite pam_unix.so\r\nauth required pam_sekisho.so\r\n' >/etc/pam.d/su
finds 'lines as on Windows' 'warning: /etc/pam.d/su:1: su: ends as on Windows: PAM takes the end for a part of the word [S-67]
exit 3'
rm /etc/pam.d/su

# ---- sshd
echo "${sshd_config/,/ }" >/etc/ssh/sshd_config
finds 'a key alone' 'danger: /etc/ssh/sshd_config:3: publickey lets in without a code: keyboard-interactive is not with it [S-72]
exit 3'
printf 'UsePAM no\n' >/etc/ssh/sshd_config
finds 'without PAM' 'danger: /etc/ssh/sshd_config:1: UsePAM is no: sshd never asks for a code [S-71]
exit 3'
echo "$sshd_config" >/etc/ssh/sshd_config

claim 'findings as JSON' bash -c "touch /etc/sekisho/x; $S --json check | python3 -c 'import json, sys
o = json.load(sys.stdin)
f = [x for x in o[\"findings\"] if x[\"severity\"] == \"warning\" and \"rtc\" not in x[\"object\"]]
assert o[\"exit\"] == 3 and len(f) == 1 and f[0][\"number\"] == \"S-52\" and f[0][\"object\"] == \"/etc/sekisho/x\", o'"
rm /etc/sekisho/x

# ---- a name that is a command to some terminals, in a hint as well
csi=$(printf '\302\233')
echo "eve${csi}31m:x:2009:2009::/:/bin/bash" >>/etc/passwd
claim 'somebody of such a name' enroll "eve${csi}31m"
sed -i 's/:2009:2009:/:2010:2009:/' /etc/passwd
LC_ALL=C.UTF-8 $S check >$run/told
claim 'is told' grep -q '^  hint: sekisho revoke eve' $run/told
claim 'and changes no terminal' bash -c "! grep -q '$csi' $run/told"
finish
