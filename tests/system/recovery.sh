#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Codes on paper in place of the phone, through the real su: each opens once, people hear how many
# are left, and neither a rule nor a suspension is got around.
ns_arguments='--timeout 300'
needs_programs='su expect oathtool perl'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
sheet=$run/secret/sheet
conf=$SEKISHO_SYSCONFDIR/sekisho/sekisho.conf

# code KIND PERSON [OPTION...]: new ones, one line each, in $sheet.KIND.PERSON
code()
{
	local kind=$1 person=$2
	shift 2

	(umask 077 && "$sekisho" code "$kind" "$person" "$@" --yes --file - |
	    grep -o -E '([0-9A-Z]{4}-){3}[0-9A-Z]{4}' >$sheet.$kind.$person)
	[ -s $sheet.$kind.$person ]
}

# paper PERSON N: the Nth recovery code
paper()
{
	sed -n "$2p" $sheet.recovery.$1
}

su_to()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue "${person}pw" "$@"
	on_terminal "${dialogue[@]}" -- setpriv --reuid carol --regid carol --init-groups \
	    su "$person" -c 'echo INSIDE-$(id -un)'
}

says()
{
	grep -q -E "$1" $run/dialogue
}

says_not()
{
	! says "$1"
}

logged()
{
	log_complete
	grep sekisho-auth "$NS_LOG" | tail -n 1 | grep -q -E "$1"
}

small()
{
	tr -d - | tr A-Z a-z
}

full_width()
{
	perl -CSDA -pe 'chomp; s/-/\x{ff0d}/g; s/([0-9A-Z])/chr(ord($1) + 0xfee0)/ge'
}

# The same code with one character changed: its check character no longer fits.
slip()
{
	perl -pe 'chomp; my $c = substr($_, 0, 1); substr($_, 0, 1) = $c eq "A" ? "B" : "A"'
}

claim 'init' "$sekisho" init --yes
for person in alice bob; do
	claim "enroll $person" enroll $person
	claim "ten recovery codes for $person" code recovery $person
done
claim 'ten they are' [ "$(sort -u $sheet.recovery.alice | wc -l)" = 10 ]
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"

# ---- each once
claim 'a recovery code: in' lets_in su_to alice "$(paper alice 1)"
claim 'as the right person' says INSIDE-alice
claim 'not a word about seven that are left' says_not 'Recovery'
claim 'the log says how' logged 'result="granted" reason="recovery" user="alice".*token="recovery"'
claim 'the same once more: refused' refuses 'already used' su_to alice "$(paper alice 1)" '' ''
claim 'small letters, no hyphens: in' lets_in su_to alice "$(paper alice 2 | small)"
claim 'full width: in' lets_in su_to alice "$(paper alice 3 | full_width)"
claim 'after a wrong one-time code, in the same conversation: in' \
    lets_in su_to alice "$(wrong_code alice)" "$(paper alice 4)"
claim 'that of somebody else: refused' refuses 'Wrong code' su_to alice "$(paper bob 1)" '' ''
claim 'it is still good for that one' lets_in su_to bob "$(paper bob 1)"
claim 'a slip is told apart' refuses 'That is no code' su_to alice "$(paper alice 5 | slip)" '' ''
claim 'the phone goes on' lets_in su_to alice "$(fresh_code alice)"

# ---- what is left
for n in 5 6 7; do
	"$client" --start "$SEKISHO_HELPER" direct alice "$(paper alice $n)" >$run/said
done
claim 'three left: nothing said' bash -c "! grep info $run/said"
claim 'two left: told' lets_in su_to alice "$(paper alice 8)"
claim 'in these words' says 'Recovery codes left: 2\.'
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE lang=ja"
ask_code='認証コード: $'
claim 'one left' lets_in su_to alice "$(paper alice 9)"
claim 'in Japanese' says '復旧コードの残り: 1 個。'
ask_code='One-time code: $'
claim 'none left, to a module of version 1' \
    bash -c "'$client' --version 1 --start '$SEKISHO_HELPER' direct alice $(paper alice 10) >$run/said"
claim 'which is told nothing' bash -c "! grep info $run/said"
claim 'new ones' code recovery alice
for n in 1 2 3 4 5 6 7 8 9; do
	"$client" --start "$SEKISHO_HELPER" direct alice "$(paper alice $n)" >$run/said
done
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
claim 'the last one' lets_in su_to alice "$(paper alice 10)"
claim 'says so' says 'No recovery code is left, ask an administrator\.'

# ---- who must not
claim 'new ones again' code recovery alice
cat >"$conf" <<-END
	rule "su" { match-service = su require = otp recovery = no }
	rule "rest" { require = otp }
END
claim 'a rule without recovery codes: refused' refuses 'reason="recovery-not-allowed"' \
    su_to alice "$(paper alice 1)" '' ''
claim 'not spent by that' "$client" --start "$SEKISHO_HELPER" direct alice "$(paper alice 1)"
rm "$conf"
claim 'suspended' "$sekisho" suspend alice
claim 'a right code on paper looks wrong' refuses 'Wrong code' su_to alice "$(paper alice 2)" '' ''
claim 'the log knows better' grep -q 'reason="record-suspended" user="alice"' "$NS_LOG"
claim 'resumed' "$sekisho" resume alice
"$sekisho" unlock alice >/dev/null 2>&1
claim 'it was not lost' lets_in su_to alice "$(paper alice 2)"
claim 'everybody suspended' "$sekisho" suspend --all --yes
claim 'a right code looks wrong' refuses 'Wrong code' su_to bob "$(paper bob 2)" '' ''
claim 'the log knows better again' grep -q 'reason="all-suspended" user="bob"' "$NS_LOG"
claim 'everybody resumed' "$sekisho" resume --all --yes
claim 'in again' lets_in su_to bob "$(paper bob 2)"

# ---- temporary codes
claim 'a temporary code for two logins' code temporary bob --uses 2 --valid 1h --reason 'phone at home'
claim 'first' lets_in su_to bob "$(cat $sheet.temporary.bob)"
claim 'the log says how' logged 'reason="temporary" user="bob"'
claim 'second' lets_in su_to bob "$(cat $sheet.temporary.bob)"
claim 'no third' refuses 'already used' su_to bob "$(cat $sheet.temporary.bob)" '' ''

# ---- one field for both
pam_service su "required $SEKISHO_MODULE combined" 'required pam_unix.so use_first_pass nodelay'
combined()
{
	on_terminal 'code: $' "bobpw$1" -- setpriv --reuid carol --regid carol --init-groups \
	    su bob -c 'echo INSIDE-$(id -un)'
}
claim 'one field: the phone' lets_in combined "$(fresh_code bob)"
claim 'one field: paper does not fit' refuses 'reason="malformed"' combined "$(paper bob 3 | sed 's/.$/X/')"
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
claim 'nothing of it is spent' lets_in su_to bob "$(paper bob 3)"
finish
