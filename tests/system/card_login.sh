#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A card as the second factor of the real su, over real pcscd and simulated cards: who is asked
# for what, what a PIN is never sent to, and that no way out leaves it verified.
ns_arguments='--timeout 600'
needs_programs='pcscd openssl su expect oathtool'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

umask 022
claim 'init' "$sekisho" init --yes
claim 'a fob for alice' enroll_fob alice
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
claim 'pcscd' pcscd_start 2
claim 'seats' seats_start
card_start piv --key rsa2048 --slots 1
claim 'a card for alice' enroll_card alice piv card
trust piv
configure 'card or otp' 'crl = if-present'

claim 'card and PIN: in' lets_in su_with "$ask_pin" 123456
claim 'the log names the card' grep -q 'event=login.*reason="card".*token="card"' "$NS_LOG"
claim 'no PIN stays verified' unverified piv
claim 'the tries were told' grep -q 'PIN for card (3 tries left): ' $run/dialogue
claim 'a wrong PIN, then the right one: in' lets_in su_with "$ask_pin" 999999 "$ask_pin" 123456
claim 'the tries left were told' grep -q 'Wrong PIN. PIN for card (2 tries left): ' $run/dialogue
claim 'the password is no PIN' refuses 'no PIN|no code' su_with "$ask_pin" alicepw "$ask_pin" alicepw \
    "$ask_pin" alicepw
claim 'and costs no try' tries_are piv 3
claim 'what is no PIN by its form' refuses 'no PIN' su_with "$ask_pin" hunter2 "$ask_pin" hunter2 \
    "$ask_pin" 12345
claim 'costs no try' tries_are piv 3
claim 'Enter alone: a code instead' lets_in su_with "$ask_pin" '' "$ask_code" "$(next_code alice)"
claim 'and costs no try' tries_are piv 3

# ends_at_pin KEY: typed at the question; nobody is let in, no helper stays, no PIN was sent.
ends_at_pin()
{
	card_forget piv
	! lets_in su_with "$ask_pin" "$1" || return
	grep -q 'PIN for card' $run/dialogue && within 10 eval '! pgrep -x sekisho-auth' &&
	    tries_are piv 3 && no_pin_sent piv
}
claim 'Ctrl-C at the PIN' ends_at_pin $'\003'
claim 'the end of the input at the PIN' ends_at_pin $'\004'
claim 'and the card is reset' unverified piv

configure card 'crl = if-present'
claim 'only a card: in' lets_in su_with "$ask_pin" 123456
card_remove piv
claim 'a card is required: no code will do' refuses 'No card of yours' su_with "$ask_code" \
    "$(next_code alice)" "$ask_code" 1 "$ask_code" 1
claim 'and the log says so' grep -q 'reason="card-required"' "$NS_LOG"
configure 'card or otp' 'crl = if-present'
claim 'no card: a code' lets_in su_with "$ask_code" "$(next_code alice)"

# ---- Enter there waits for the card

put_in_later()
{
	(sleep 3; card_insert piv) &
	lets_in su_with "$ask_code" '' "$ask_pin" 123456 || return
	wait $!
}
claim 'Enter waits for a card that is put in: in' put_in_later
claim 'it was asked for' grep -q 'Put in or tap your card (30 s).' $run/dialogue
claim 'and it is reset' unverified piv
card_remove piv
configure 'card or otp' 'crl = if-present' 'card-wait = 1'
claim 'the wait has an end: a code' lets_in su_with "$ask_code" '' "No card of yours is in a reader. $ask_code" \
    "$(next_code alice)"
configure 'card or otp' 'crl = if-present' 'card-wait = 0'
claim 'no wait: a code' lets_in su_with "$ask_code" '' "No card of yours is in a reader. $ask_code" \
    "$(next_code alice)"
claim 'nobody was told to wait' eval '! grep -q "Put in" $run/dialogue'
configure 'card or otp' 'crl = if-present'

# ---- whose card

card_start stranger --key p256 --port 35965
claim 'a stranger'"'"'s card: a code' lets_in su_with "$ask_code" "$(next_code alice)"
claim 'no PIN was sent to it' eval '! card_log stranger | grep -i "00200080 *0[1-8]"'
card_insert piv
claim 'the own card is found beside it' lets_in su_with "$ask_pin" 123456
claim 'the stranger has its tries' tries_are stranger 3

# ---- what the files say

mv /etc/sekisho/anchors/piv.pem $run/
claim 'no anchor: a code instead' refuses 'cannot be checked' su_with "$ask_code" 1 "$ask_code" 1 \
    "$ask_code" 1
claim 'the log says why' grep -q 'S-93' "$NS_LOG"
cp $run/piv.pem /etc/sekisho/anchors/
configure 'card or otp' 'crl = require'
unlock
claim 'no list where one is required' refuses 'cannot be checked' su_with "$ask_code" 1 "$ask_code" 1 \
    "$ask_code" 1
card_crl $cards/piv /etc/sekisho/crls/ca.pem
unlock
claim 'with a list: in' lets_in su_with "$ask_pin" 123456
card_crl $cards/piv /etc/sekisho/crls/ca.pem "$(cat $cards/piv/serial-9A)"
claim 'revoked' refuses 'is revoked' su_with "$ask_code" 1 "$ask_code" 1 "$ask_code" 1
claim 'not one PIN was asked for' tries_are piv 3
configure 'card or otp' 'crl = off'
unlock
claim 'lists are off: in' lets_in su_with "$ask_pin" 123456
claim 'the token is suspended' "$cardenroll" alice 0 - card suspend
"$cardenroll" alice "$(id -u alice)" - card suspend
"$cardenroll" alice "$(id -u alice)" - card suspend
claim 'a code instead' lets_in su_with "$ask_code" "$(next_code alice)"
"$cardenroll" alice "$(id -u alice)" - card suspend

# ---- blocked

unlock
claim 'two wrong PINs: the last try is not left to the third question' refuses 'denied' su_with \
    "$ask_pin" 999999 "$ask_pin" 999999 "$ask_code" 1
claim 'one try is left' tries_are piv 1
unlock
claim 'the last try: twice another PIN' refuses 'The two PINs differ' su_with "$ask_last" 999999 \
    "$ask_again" 123456 "$ask_code" 1
claim 'was not sent' tries_are piv 1
claim 'Enter at the second question: a code' lets_in su_with "$ask_last" 123456 "$ask_again" '' \
    "$ask_code" "$(next_code alice)"
claim 'costs no try' tries_are piv 1
configure 'card or otp' 'crl = off' 'last-try = refuse'
claim 'a site that refuses the last try' lets_in su_with "$ask_code" "$(next_code alice)"
claim 'says so' grep -q "last try is not used here" $run/dialogue
claim 'and does not use it' tries_are piv 1
configure 'card or otp' 'crl = off'
claim 'twice the same: in' lets_in su_with "$ask_last" 123456 "$ask_again" 123456
claim 'the tries are back' tries_are piv 3
claim 'no PIN stays verified' unverified piv
claim 'two wrong ones' refuses 'denied' su_with "$ask_pin" 999999 "$ask_pin" 999999 "$ask_code" 1
unlock
claim 'blocked' refuses 'PIN is blocked' su_with "$ask_last" 999999 "$ask_again" 999999 "$ask_code" 1
unlock
claim 'is told, and a code asked for' lets_in su_with "$ask_code" "$(next_code alice)"
claim 'as blocked' grep -q 'PIN is blocked' $run/dialogue

# ---- My Number Card

card_stop piv
card_start mynumber --kind jpki --port 35966
claim 'a My Number Card for alice' enroll_card alice mynumber mynumber
trust mynumber
claim 'not unless the site says so' lets_in su_with "$ask_code" "$(next_code alice)"
configure 'card or otp' 'crl = off' 'jpki = yes'
claim 'its PIN of four digits: in' lets_in su_with "$ask_jpki" 1234
claim 'six are none' refuses 'no PIN' su_with "$ask_jpki" 123456 "$ask_jpki" 123456 "$ask_jpki" 123456
claim 'and cost no try' tries_are mynumber 3
claim 'the signing key was never touched' test "$(card_state mynumber violations)" = 0
cards_stop

# ---- no pcscd

pcscd_stop
unlock
claim 'no pcscd: a code' lets_in su_with "$ask_code" "$(next_code alice)"
claim 'and it is told' grep -q 'Card readers do not work' $run/dialogue
finish
