# SPDX-License-Identifier: BSD-2-Clause
# The part of ./demo --card that runs inside tests/ns: one person, her card, pcscd and su.
needs_programs='su expect openssl pcscd'
. "$(dirname "$0")/demo-lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
ask_pin='PIN for card .*left\): $'
umask 022

by_su()
{
	su_alice "$ask_password" alicepw "$@"
}

# The same on a terminal: the tool asks for a PIN nowhere else.
enroll_alice()
{
	at_terminal 'PIN \(3 tries left\): $' 123456 -- "$sekisho" enroll alice card --label blue
}

# Failures in a row make the next try wait; this is not what is shown here.
unlock()
{
	"$sekisho" -q unlock alice
}

asked_for_no_pin()
{
	say "tries left on the stranger's card: $(card_state stranger tries)"
	[ "$(card_state stranger tries)" = 3 ] && ! card_log stranger | grep -q -i '00 *20 *00 *80 *0[1-9]'
}

title 'A reader and a card'
say "pcscd runs in here with two readers that are made of software; the card in the first one is, too: a" \
    'PIV card with a key P-256 that never leaves it. Its PIN is: 123456'
pcscd_start || { say 'THIS IS WRONG: pcscd does not start'; exit 1; }
card_start alice --key p256 --ca $cards/ca --subject CN=alice ||
    { say 'THIS IS WRONG: no card'; exit 1; }
say '$ sekisho card list'
expected done 'the card is seen' "$sekisho" card list

title 'Whose cards are trusted'
say "Files say so, and nothing is fetched: issuers' certificates in /etc/sekisho/anchors, their lists of" \
    'revoked certificates in /etc/sekisho/crls.'
expected refused 'a card of an issuer nobody trusts' enroll_alice
mkdir /etc/sekisho/anchors /etc/sekisho/crls
cp $cards/ca/ca.pem /etc/sekisho/anchors/
card_crl $cards/ca /etc/sekisho/crls/ca.pem

title 'Enrollment'
say '$ sekisho enroll alice card --label blue'
expected done 'the card signed, and is enrolled' enroll_alice
"$sekisho" list

# A card is asked for only of somebody at the machine; that carol is says logind, which is not in here.
seats_start && desk_of carol || { say 'THIS IS WRONG: no login session can be made'; exit 1; }
as_carol=("$SEKISHO_SRCDIR/tests/system/inunit" carol session-7.scope)

printf 'rule "all" { require = "card or otp" }\n' >/etc/sekisho/sekisho.conf
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
title 'su'
say '/etc/sekisho/sekisho.conf takes a card or a code:' "    | $(cat /etc/sekisho/sekisho.conf)" \
    '/etc/pam.d/su asks pam_unix for the password and pam_sekisho for the card:'
sed -n 's/^auth/    | auth/p' /etc/pam.d/su
expected in 'password, card and PIN' by_su "$ask_pin" 123456
say '' 'A wrong PIN first (999999), then the right one:'
expected in 'a wrong PIN and the right one' by_su "$ask_pin" 999999 "$ask_pin" 123456
said 'Wrong PIN' '2 tries left'

title "A stranger's card"
card_remove alice
card_start stranger --key p256 --ca $cards/ca --subject CN=stranger
say 'By the same issuer, in the same reader. No PIN is asked for: it would cost its owner a try. What is' \
    'asked for is a code, and alice has none (type 111111 each time).'
expected refused 'the card of somebody else' by_su "$ask_code" 111111 "$ask_code" 111111 "$ask_code" 111111
expected done 'no PIN was sent to it' asked_for_no_pin
card_stop stranger
unlock

title 'A copy of the card'
card_counterfeit alice copy
card_start copy --key p256 --ca $cards/ca
say 'All that can be read off the card, with another key behind it; its PIN is 123456, too. Who gets in with' \
    'it would need no card. Type that, then 111111 for a code.'
expected refused 'a card that cannot sign with the key' by_su "$ask_pin" 123456 "$ask_code" 111111 "$ask_code" 111111
card_stop copy
unlock

title 'The card again'
card_insert alice
expected in 'password, card and PIN' by_su "$ask_pin" 123456
cards_stop
pcscd_stop
tell_end
say '' 'One of them is not to be kept: with vsmartcard-vpcd every pcscd of this machine has two readers into' \
    'which anybody on the network can put a card. Take it away, with its configuration, for pcscd ends at' \
    'its start where that names a driver that is gone:' '' '    apt-get purge vsmartcard-vpcd'
