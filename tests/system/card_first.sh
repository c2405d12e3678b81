#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A card says who logs in, where the program names nobody: login(1) without a name, a greeter's
# service for smart cards. What a card names, what it never names, and that a name opens nothing.
ns_arguments='--timeout 600'
needs_programs='pcscd openssl login expect oathtool systemd-socket-activate setpriv'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"
links=/var/lib/sekisho/cards
ask_name='login: $'

# names WHOM [OPTION...]: what the helper answers to root.
names()
{
	timeout 60 "$client" --tty tty1 --start "$SEKISHO_HELPER" "${@:2}" direct - | tee $run/said
	grep -q -x -E "name $1 ms [0-9]+" $run/said
}

link_of()
{
	find $links -lname "../records/$(record_of $1)"
}

# record_of PERSON: the one that has the card; files do not say whose they are.
record_of()
{
	cat $run/record-$1
}

# a_card PERSON CARD LABEL: enrolled, trusted, in the index.
a_card()
{
	ls /var/lib/sekisho/records >$run/before
	enroll_card "$@" && trust $2 && "$sekisho" card index || return 1
	[ -e $run/record-$1 ] || ls /var/lib/sekisho/records | grep -v -x -F -f $run/before >$run/record-$1
}

umask 022
claim 'init' "$sekisho" init --yes
configure 'card or otp' 'crl = off' 'jpki = yes' 'identify-by-card = yes'
claim 'pcscd' pcscd_start 2
claim 'no card' names ''
card_start own --key p256
claim 'a card for alice' a_card alice own card
claim 'a phone for alice' enroll alice
alice=$(link_of alice)

# ---- what the helper says, and to whom
claim 'a card names its owner' names alice
claim 'also to a module from before an upgrade' names alice --version 1
card_forget own
claim 'as often as it is asked' names alice
claim 'and is asked for no PIN' no_pin_sent own
claim 'nor how many tries it has' eval '! card_log own | grep -E "> 00 ?20"'
claim 'it has all of them' tries_are own 3
claim 'and is reset' unverified own
claim 'somebody logs in from another host' names '' --rhost 192.0.2.7
claim 'a set-id program of a user' names '' --ruid 2001
door_start user
door_start root
claim 'root at his door' eval "'$client' --tty tty1 /run/sekisho/root - | grep -x -E 'name alice ms [0-9]+'"
for uid in 0 2001 2002; do
	claim "uid $uid at the door of users" eval "'$client' --uid $uid /run/sekisho/user - | grep -x -E 'name  ms [0-9]+'"
done
door_stop user
door_stop root
asked_in_vain()
{
	card_forget own
	names '' --rhost 192.0.2.7 && names '' --ruid 2001 && [ "$(card_state own apdus)" = 0 ]
}
claim 'who is told nothing asks no card either' asked_in_vain
sed -i 's/^identify-by-card = yes/identify-by-card = no/' $conf
claim 'it is off' eval 'names "" && [ "$(card_state own apdus)" = 0 ]'
sed -i '/^identify-by-card/d' $conf
claim 'as it is when nothing is said' names ''
sed -i '1i identify-by-card = yes' $conf
echo nonsense >>$conf
claim 'a configuration that cannot be read' names ''
sed -i '$d' $conf
claim 'it names alice again' names alice

# ---- whose card is it
lines_before=$(wc -l <"$NS_LOG")
card_start stranger --key p256 --port 35965
claim 'a card of nobody is in nobody'"'"'s way' names alice
claim 'and becomes bob'"'"'s' a_card bob stranger card
claim 'cards of two people name nobody' names ''
card_remove own
claim 'the one that is left names bob' names bob
card_insert own
card_remove stranger
claim 'and the other one alice' names alice
card_start mynumber --kind jpki --port 35966
claim 'a second card of hers' a_card alice mynumber mynumber
claim 'two cards of one person' names alice
card_remove own
claim 'a My Number Card' names alice
sed -i 's/^jpki = yes/jpki = no/' $conf
claim 'where such cards are not used' names ''
claim 'their application is not touched' eval 'card_forget mynumber; names "" && ! card_log mynumber | grep "> 00A4040C"'
sed -i 's/^jpki = no/jpki = yes/' $conf
card_stop mynumber
card_insert own
claim 'nothing of this is a login' eval 'log_complete; ! tail -n +$((lines_before + 1)) "$NS_LOG" | grep event=login'

# ---- a link is a hint
cp -a $links $run/links
cp -a /var/lib/sekisho/records $run/records
restore()
{
	rm -rf $links /var/lib/sekisho/records
	cp -a $run/links $links
	cp -a $run/records /var/lib/sekisho/records
}
bob=$(link_of bob)
claim 'a store from before there were links' eval "rm -r $links; names ''"
restore
claim 'a link that is gone' eval "rm $alice; names ''"
restore
claim 'one that leads to bob does not make it his card' eval "ln -sfn $(readlink $bob) $alice; names ''"
restore
claim 'one that leads nowhere' eval "ln -sfn ../records/$(printf '%064d' 0) $alice; names ''"
claim 'one that leads out of the store' eval "ln -sfn /etc/passwd $alice; names ''"
claim 'a directory in its place' eval "rm $alice; mkdir $alice; names ''"
restore
claim 'a damaged record' eval "printf X | dd of=/var/lib/sekisho/records/$(record_of alice) bs=1 seek=900 conv=notrunc 2>/dev/null; names ''"
restore
claim 'bob'"'"'s record under her name' eval "cp /var/lib/sekisho/records/$(record_of bob) /var/lib/sekisho/records/$(record_of alice); names ''"
restore
claim 'as it was' names alice
suspended()
{
	"$sekisho" suspend "$@" >/dev/null && names '' && "$sekisho" resume "$@" >/dev/null && names alice
}
claim 'a suspended card' suspended alice card
claim 'a suspended person' suspended alice
claim 'the card of a leaver' "$sekisho" -y revoke bob
card_remove own
card_insert stranger
claim 'names nobody' names ''
claim 'nor with the link it had' eval "ln -s $(readlink $bob) $bob; names ''"
rm -f $bob
card_stop stranger
card_insert own

# ---- login(1) on a terminal
pam_service login "required $SEKISHO_MODULE" 'requisite pam_unix.so nodelay'
cat >/home/alice/.bash_profile <<'PROFILE'
echo INSIDE-$(id -un)
exit
PROFILE
sed -i '/LOGIN_RETRIES/d' /etc/login.defs
echo 'LOGIN_RETRIES 1' >>/etc/login.defs
console()
{
	on_terminal "$@" -- login
}
no_name_asked()
{
	! grep -q 'login:' $run/dialogue
}
claim 'card, PIN, password: in as alice' lets_in console "$ask_pin" 123456 "$ask_password" alicepw
claim 'as alice' grep -q INSIDE-alice $run/dialogue
claim 'nobody asked for a name' no_name_asked
claim 'the log has a login of hers by card' grep -q 'event=login result="granted" reason="card" user="alice"' "$NS_LOG"
claim 'the card is reset' unverified own
claim 'no PIN, but a code' lets_in console "$ask_pin" '' "$ask_code" "$(fresh_code alice)" "$ask_password" alicepw
card_remove own
claim 'no card: a name, a code' lets_in console "$ask_name" alice "$ask_code" "$(fresh_code alice)" "$ask_password" alicepw
card_insert own
turned_away()
{
	console "$@" | tee $run/dialogue
	grep -q 'Maximum number of tries' $run/dialogue && ! grep -q INSIDE- $run/dialogue
}
claim 'a name opens nothing: wrong PINs' turned_away "$ask_pin" 12 "$ask_pin" 12 "$ask_pin" 12 \
    "$ask_password" alicepw
unlock
card_stop own
card_counterfeit own copy
card_start copy --key p256 --ca $cards/own
claim 'a copy of the card names her, and opens nothing' turned_away "$ask_pin" 123456 "$ask_code" 1 \
    "$ask_code" 1 "$ask_password" alicepw
claim 'its signature is not by her key' grep -q 'user="alice".*S-88' "$NS_LOG"
claim 'nobody asked for a name there either' no_name_asked
unlock
card_stop copy
card_start own --key p256

# ---- a greeter's service for smart cards, as GDM's worker opens it: nobody named, PAM_USER read back
pam_service gdm-smartcard "requisite $SEKISHO_MODULE" 'required pam_permit.so'
# worker CODE REPLY...: what the person sees, one reply to each prompt; CODE is what PAM says.
worker_options='-t /dev/tty1 -d :0'
worker()
{
	"$SEKISHO_BUILDDIR/tests/hosts/plain" -v $worker_options -e $1 /etc/pam.d gdm-smartcard - "${@:2}" 2>&1 |
	    tee $run/dialogue
	[ "${PIPESTATUS[0]}" = 0 ]
}
# saw LINE...: each of them, as a whole
saw()
{
	local line

	for line; do
		grep -q -x -F "$line" $run/dialogue || { cat $run/dialogue; return 1; }
	done
}
# The host's own prompt; prompts that hide what is typed are ours.
asked_for_a_name()
{
	grep -q '^prompt (echo)' $run/dialogue
}
claim 'a card, its PIN: in' worker 0 123456
claim 'one question, and PAM_USER is hers' saw 'prompt: [PIN for card (3 tries left): ]' 'user: [alice]'
claim 'nobody asked for a name' eval '! asked_for_a_name'
claim 'a PIN that is none, three times' worker 7 12
claim 'PAM_USER is hers, and nobody is in' saw 'user: [alice]'
unlock
card_remove own
claim 'no card: the program asks for the name' worker 0 alice "$(fresh_code alice)"
claim 'and for a code' eval 'saw "prompt: [One-time code: ]" "user: [alice]" && asked_for_a_name'
pulled_before_the_pin()
{
	worker 0 "!$testcard --tell $cards/own.sock remove >/dev/null; echo 123456" "!sleep 1; echo $(fresh_code alice)"
}
card_insert own
claim 'pulled at its prompt: a code of hers' pulled_before_the_pin
claim 'who she is stays' saw 'user: [alice]'
late="!$testcard --tell $cards/own.sock insert >/dev/null; $pcsc wait '$(card_reader own)' present 20 >/dev/null; echo"
claim 'the reader is empty' "$pcsc" wait "$(card_reader own)" empty 20
claim 'put in at the prompt for the name, Enter: in' worker 0 "$late" 123456
claim 'as alice' eval 'saw "prompt: [PIN for card (3 tries left): ]" "user: [alice]" && asked_for_a_name'
card_remove own
claim 'Enter alone, and no card: nobody' worker 7 @empty 1
claim 'asked for a code like any name nobody has' eval 'saw "user: []" && ! grep -q PIN $run/dialogue'
card_insert own
worker_options='-t ssh -r 192.0.2.7'
claim 'from another host: a name is asked for' worker 7 nobody 1
claim 'whatever lies in the reader' eval 'asked_for_a_name && saw "user: [nobody]"'
worker_options='-t /dev/tty1 -d :0 -u 2001'
claim 'a program of a user: a name is asked for' eval 'worker 9 nobody 1; asked_for_a_name'
worker_options='-t /dev/tty1 -d :0'
pam_service gdm-smartcard "required $SEKISHO_MODULE use_first_pass" 'required pam_permit.so'
claim 'where no PIN can be asked for, no card is asked either' eval 'card_forget own; worker 7 nobody 1; asked_for_a_name && [ "$(card_state own apdus)" = 0 ]'

# ---- somebody who has no account any more
pam_service gdm-smartcard "required $SEKISHO_MODULE" 'required pam_permit.so'
sed -i '/^alice:/d' /etc/passwd
claim 'a name nobody has' worker 7 123456
claim 'is no way in, and asks for no PIN' eval 'saw "user: [alice]" "prompt: [One-time code: ]" && tries_are own 3'
cards_stop
pcscd_stop
finish
