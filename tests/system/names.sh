#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Names and people are not the same: an alias of the name service finds the record and the failures
# of the account behind it; two accounts with one uid are two people.
needs_programs='oathtool'
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

libc=$(ldconfig -p | awk '$1 == "libc.so.6" && !found { found = 1; print $NF }')
install -m 644 "$SEKISHO_BUILDDIR/tests/system/.libs/libnss_sekishotest.so" \
    "$(dirname "$libc")/libnss_sekishotest.so.2"
sed -i 's/^passwd:.*/passwd: files sekishotest/' /etc/nsswitch.conf
claim 'al is alice' [ "$(getent passwd al | cut -d : -f 1)" = alice ]
echo 'alice2:x:2001:2001::/home/alice:/bin/bash' >>/etc/passwd

claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice

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
