#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a card costs the person in front of a real su: after the answer no more commands than there
# must be (select, PIN, signature), whatever the key and however much is on the card. Counted on
# the line of the simulated card.
ns_arguments='--timeout 400'
needs_programs='pcscd openssl su expect'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

# costs CARD BEFORE AFTER PROMPT PIN: so many commands before the answer to the prompt, and after it.
# The card's own log has a mark where the prompt was seen.
costs()
{
	local seen

	card_forget $1
	AT_PROMPT="$testcard --tell $cards/$1.sock note prompt" lets_in su_with "$4" $5 || return
	seen=$(card_log $1 | awk '
		$0 == "- prompt" { before += n; n = 0 }
		$2 == ">" { n++ }
		END { print before, n }')
	[ "$seen" = "$2 $3" ] && [ "$(card_state $1 apdus)" = $(($2 + $3)) ] && return
	echo "commands before the answer and after it: $seen"
	card_log $1
	return 1
}

# own_card CARD OPTION...
own_card()
{
	card_start "$@" && enroll_card alice $1 $1 && trust $1
}

umask 022
claim 'init' "$sekisho" init --yes
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
configure card 'crl = off' 'jpki = yes'
claim 'pcscd' pcscd_start
claim 'seats' seats_start
for slots in 1 4; do
	for row in 'rsa2048 5' 'p256 3' 'p384 3'; do
		read -r key after <<<"$row"
		card=$key-$slots
		claim "$key, $slots filled: a card for alice" own_card $card --key $key --slots $slots
		claim "$key, $slots filled: 3 commands before the answer, $after after it" \
		    costs $card 3 $after "$ask_pin" 123456
		card_stop $card
	done
done
claim 'JPKI: a card for alice' own_card jpki --kind jpki
# no certificate of a My Number Card is kept: it is read each time, but before the answer
claim 'JPKI: 13 commands before the answer, 5 after it' costs jpki 13 5 "$ask_jpki" 1234
cards_stop
pcscd_stop
finish
