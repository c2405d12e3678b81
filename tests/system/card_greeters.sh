#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Programs with one field, which answer every question with the password (SDDM as root, i3lock and
# swaylock as the user): no password costs a try of a card, whatever it looks like.
ns_arguments='--timeout 300'
needs_programs='pcscd openssl systemd-socket-activate setpriv'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"
keeper=$SEKISHO_BUILDDIR/tests/system/keeper

# field PROGRAM PERSON TYPED: the host of PROGRAM with one line in its field; succeeds when PERSON is
# let in.
field()
{
	local as=

	[ $1 = sddm ] || as="at_desk $2"
	echo "$3" | $as "$keeper" $1 $2 | tee $run/dialogue
	grep -q -x 'code 0' $run/dialogue
}

# repeats PROGRAM PERSON PASSWORD CARD: three times, and the card was not asked once.
repeats()
{
	local i

	card_forget $4
	for i in 1 2 3; do
		! field "${@:1:3}" || { echo 'let in'; return 1; }
	done
	grep -q '^code' $run/dialogue && [ "$(card_state $4 apdus)" -gt 0 ] && tries_are $4 3 && no_pin_sent $4
}

password_of()
{
	usermod -p "$(openssl passwd -1 -salt sekisho "$2")" $1
}

umask 022
claim 'init' "$sekisho" init --yes
configure card 'crl = off' 'jpki = yes'
claim 'pcscd' pcscd_start
claim "seats" seats_start
card_start alice --key p256
card_start bob --kind jpki --port 35964
claim 'a card for alice' enroll_card alice alice card
claim 'a My Number Card for bob' enroll_card bob bob card
trust alice
trust bob
# as long as a PIN, and digits; not the PIN
password_of alice 246810
password_of bob 2468
door_start user
for program in sddm i3lock swaylock; do
	pam_service $program 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
	claim "$program: a password like a PIN is none" repeats $program alice 246810 alice
	claim "$program: and one of four digits" repeats $program bob 2468 bob
	claim "$program: it was told apart" [ "$(grep -c "password-repeated.*service=\"$program\"" "$NS_LOG")" -ge 6 ]
	unlock alice
	unlock bob
done
claim 'the password is the PIN: not sent, and not in' eval 'password_of alice 123456 && repeats sddm alice 123456 alice'
unlock
for program in sddm i3lock swaylock; do
	pam_service $program "required $SEKISHO_MODULE"
	claim "$program with the card alone: the field is for the PIN" field $program alice 123456
	claim 'the card is reset' unverified alice
done
claim 'no_pin_sent sees a PIN' eval '! no_pin_sent alice'
door_stop user
cards_stop
pcscd_stop
finish
