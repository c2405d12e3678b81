#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Names and people are not the same: an alias of the name service finds the record and the failures
# of the account behind it; two accounts with one uid are two people; how long the first question
# takes does not tell a name that exists from one that does not; and nobody's groups are looked up
# where no rule asks for one.
needs_programs='oathtool strace'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client

login() # PERSON CODE
{
	"$client" --start "$SEKISHO_HELPER" direct "$@" >$run/said
	cat $run/said
	grep -q '^verdict 1 ' $run/said
}

refused() # REASON PERSON CODE
{
	local reason=$1
	shift

	login "$@"
	log_complete
	! grep -q '^verdict 1 ' $run/said && tail -n 1 "$NS_LOG" | grep -q "reason=\"$reason\""
}

# ---- before the question; what other sources of names do for one that the files do not have is theirs
cp /etc/nsswitch.conf $run/nsswitch
sed -i -E 's/^(passwd|group|initgroups):.*/\1: files/' /etc/nsswitch.conf
printf '#!/bin/bash\nexec strace -qq -o %s "%s" "$@"\n' $run/trace "$SEKISHO_HELPER" >$run/traced
chmod 755 $run/traced
calls() # PERSON: between HELLO and the first question; a file is read in as many pieces as it needs
{
	timeout 60 "$client" --start $run/traced direct $1 | grep -q '^asked 0 ' || return 1
	awk -F '(' '$1 == "sendmsg" && ++sent == 2 { exit } sent == 1 { print $1 }' $run/trace | uniq
}

same_calls() # KNOWN UNKNOWN
{
	calls $1 >$run/known && calls $2 >$run/unknown && grep -q '^openat$' $run/known || return 1
	diff $run/known $run/unknown
}

claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
claim 'a name nobody has: the same calls before the question' same_calls alice nobody-at-all
claim 'no rule asks for a group: none is looked up' bash -c "! grep '/etc/group' $run/trace"
printf 'rule "a" {\n\tmatch-group = root\n\trequire = none\n}\nrule "b" {\n\trequire = otp\n}\n' >"$SEKISHO_SYSCONFDIR/sekisho/sekisho.conf"
claim 'whose groups are looked up then, it does not belong to' \
    bash -c "'$client' --start '$SEKISHO_HELPER' direct nobody-at-all | grep '^asked 0 '"
claim 'they are those of root' login root
claim 'a rule asks for one: the same calls as well' same_calls alice nobody-at-all
claim 'and the file of groups among them' grep '/etc/group' $run/trace
rm "$SEKISHO_SYSCONFDIR/sekisho/sekisho.conf"
cat $run/nsswitch >/etc/nsswitch.conf

libc=$(ldconfig -p | awk '$1 == "libc.so.6" && !found { found = 1; print $NF }')
install -m 644 "$SEKISHO_BUILDDIR/tests/system/.libs/libnss_sekishotest.so" \
    "$(dirname "$libc")/libnss_sekishotest.so.2"
sed -i 's/^passwd:.*/passwd: files sekishotest/' /etc/nsswitch.conf
claim 'al is alice' [ "$(getent passwd al | cut -d : -f 1)" = alice ]
echo 'alice2:x:2001:2001::/home/alice:/bin/bash' >>/etc/passwd

# ---- the alias
claim 'by the alias: in' login al "$(fresh_code alice)"
claim 'the log has the name of the account' grep -q 'result="granted".* user="alice"' "$NS_LOG"
claim 'the code is spent under the name, too' refused used-code alice "$(same_code alice)"
claim 'by the name: in' login alice "$(fresh_code alice)"
claim 'the code is spent under the alias, too' refused used-code al "$(same_code alice)"
claim 'four failures' bash -c "for i in 1 2 3 4; do
    '$client' --start '$SEKISHO_HELPER' direct al $(wrong_code alice); done >/dev/null; true"
claim 'made under the alias lock the name' refused locked alice "$(current_code alice)"
claim 'and the alias' refused locked al "$(current_code alice)"
claim 'unlock by the alias' "$sekisho" unlock al
claim 'opens the name' login alice "$(fresh_code alice)"
claim 'enrolling the alias meets the record of alice' bash -c \
    "! '$sekisho' enroll al totp --label totp --secret-file $run/secret/alice --no-confirm"
claim 'one record' [ "$(ls "$SEKISHO_LOCALSTATEDIR/lib/sekisho/records" | wc -l)" = 1 ]

# ---- two names, one uid
claim 'the other name of her uid is nobody' refused not-enrolled alice2 "$(fresh_code alice)"
claim 'her code was not spent by that' login alice "$(same_code alice)"
claim 'enroll that one' enroll alice2
claim 'it has its own code' login alice2 "$(fresh_code alice2)"
claim 'alice has hers' refused wrong-code alice "$(fresh_code alice2)"
claim 'five failures' bash -c "for i in 1 2 3 4 5; do
    '$client' --start '$SEKISHO_HELPER' direct alice2 $(wrong_code alice2); done >/dev/null; true"
claim 'lock that one' refused locked alice2 "$(current_code alice2)"
claim 'and not alice' login alice "$(fresh_code alice)"
finish
