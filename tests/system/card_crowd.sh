#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several helpers with one reader, several readers and cards: everybody with the right card gets in
# or is told why not, nobody's try is spent, and strangers' cards are asked only what they are.
ns_arguments='--timeout 400'
needs_programs='pcscd openssl'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"
cardtalk=$SEKISHO_BUILDDIR/tests/system/cardtalk

umask 022
claim 'init' "$sekisho" init --yes
claim 'a phone for alice' enroll alice
configure 'card or otp' 'crl = off'
claim 'pcscd' pcscd_start 3
card_start own --key rsa2048 --port 35968
claim 'a card for alice' enroll_card alice own card
trust own

# ---- readers

# The readers before hers: a stranger's PIV card, one of another kind, one that says nothing.
card_start piv --key p256
card_start jpki --kind jpki --port 35964
card_start mute --key p256 --port 35965 --removed --atr "$(printf '3B%0.s' $(seq 40))"
claim 'a card that is mute' eval 'card_tell mute insert && "$pcsc" wait "$(card_reader mute)" mute 20'
card_forget piv
card_forget jpki
claim 'three cards before hers: in' grants answers 123456
claim 'a stranger was asked what it is' [ "$(card_state piv apdus)" -le 3 ]
claim 'one of another kind, too' [ "$(card_state jpki apdus)" -le 6 ]
claim 'no PIN went to them' eval 'no_pin_sent piv && no_pin_sent jpki && tries_are piv 3 && tries_are jpki 3'
claim 'nothing of the signing key was touched' [ "$(card_state jpki violations)" = 0 ]
claim 'and they are as they were' unverified piv
claim 'her reader is empty: a code' eval 'card_remove own && begin && asks_code'
leave
claim 'no PIN went to them' eval 'no_pin_sent piv && no_pin_sent jpki'
card_insert own

# Another program has a card for itself, or a card hangs: one before hers, then hers.
# hold CARD [shared]
hold()
{
	rm -f $run/hold $run/hold.out # or the one before would seem to be this one
	mkfifo $run/hold
	"$cardtalk" hold "$(card_reader $1)" ${2-} <$run/hold >$run/hold.out 2>&1 8>&- &
	holder=$!
	exec 7>$run/hold
	within 20 grep -q CARD_OK $run/hold.out
}
let_go()
{
	exec 7>&-
	wait $holder
}
claim 'a stranger is held by another program' hold piv
claim 'hers is not: in' grants answers 123456
let_go
claim 'hers is used by another program that does not hold it' hold own shared
claim 'in' grants answers 123456
let_go
claim 'a stranger hangs' card_tell piv fault slow=600000
claim 'hers is asked first: in' grants answers 123456
claim 'hers is used by another program, so that it comes last' hold own shared
claim 'it is asked all the same: in' grants answers 123456
claim 'and once more, while pcscd waits for the other' grants answers 123456
let_go
card_tell piv fault none >/dev/null
card_put_back piv
claim 'hers is held by another program' hold own
claim 'a code, in bounded time' eval 'begin && asks_code'
leave
let_go
claim 'when it is let go: in' grants answers 123456
claim 'it is taken at the question' eval 'begin && asks_pin && hold own && say 123456 && said asked'
leave
let_go
claim 'no try was spent' tries_are own 3
unlock
claim 'in again' grants answers 123456

# ---- helpers

# crowd N: so many logins of one person with one card, all answered in the same moment. Some may be
# told to wait for the others.
crowd()
{
	timeout 120 "$client" --tty tty1 --burst $1 --start "$SEKISHO_HELPER" direct alice 123456 | tee $run/crowd
	[ "$(wc -l <$run/crowd)" = $1 ] && grep -q '^verdict 1 ' $run/crowd &&
	    ! grep -v -E '^(verdict 1 |asked 6 )' $run/crowd
}
card_stop mute
for n in 2 4 8; do
	claim "$n logins at once" crowd $n
	claim 'the card is reset' unverified own
	claim 'no try was spent' tries_are own 3
done
card_tell own fault slow=300 >/dev/null
claim 'two at once with a slow card' crowd 2
card_tell own fault none >/dev/null
claim 'the card is reset' unverified own
claim 'no try was spent' tries_are own 3

# A wrong PIN beside a right one: neither verdict is the other's.
beside()
{
	local i wrong

	for i in 1 2 3 4 5 6; do
		answers 999999 >$run/wrong &
		wrong=$!
		answers 123456 >$run/right
		wait $wrong
		cat $run/wrong $run/right
		grep -q -E '^asked (6|9) ' $run/wrong && grep -q -E '^(verdict 1|asked 6) ' $run/right || return
		grants answers 123456 || return # gives the try back
	done
}
claim 'a wrong PIN beside a right one, six times' beside
claim 'the card is reset' unverified own
cards_stop
pcscd_stop
finish
