#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What happens between a card's question and the answer, and past it: cards that are swapped, hosts,
# helpers and pcscd that end. No PIN reaches another card, none stays verified, and nothing hangs.
ns_arguments='--timeout 600'
needs_programs='pcscd openssl oathtool'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

changed=13 no_service=17
untouched()
{
	tries_are $1 3 && no_pin_sent $1
}

umask 022
claim 'init' "$sekisho" init --yes
claim 'a phone for alice' enroll alice
configure 'card or otp' 'crl = off'
claim 'pcscd' pcscd_start 2
for card in own second stranger copy; do
	[ $card != copy ] || { card_counterfeit own copy; ca="--ca $cards/own"; }
	pin=123456
	[ $card != second ] || pin=654321
	card_start $card --key p256 --pin $pin --stay --removed ${ca-}
done
card_insert own
claim 'a card for alice' enroll_card alice own card
card_remove own
card_insert second
claim 'and a second one' enroll_card alice second spare
card_remove second
trust own
trust second
card_insert own

# swap OUT IN: while alice is asked for the PIN of OUT.
swap()
{
	begin && asks_pin || return
	card_remove $1
	[ $2 = - ] || { card_forget $2; card_insert $2; }
}

swapped()
{
	swap "$@"
	say 123456
}

claim 'the same card once more' swapped own own
claim 'it is known again: in' said verdict 1
claim 'by what it said of itself' test "$(card_log own | grep -c '> 00CB3FFF')" = 1
leave
claim 'a card that is gone' swapped own -
claim 'is told, and a code asked for' asks_code
claim 'as changed' said asked $changed
claim 'the code: in' eval 'say "$(fresh_code alice)" && said verdict 1'
leave
card_insert own
claim 'a stranger'"'"'s card in its place' swapped own stranger
claim 'is told, and a code asked for' eval 'said asked $changed && asks_code'
leave
claim 'it saw no PIN' untouched stranger
card_remove stranger
card_insert own
claim 'another one of her own' swapped own second
claim 'is asked for its own PIN' eval 'said asked $changed && asks_pin'
claim 'it saw none before' untouched second
claim 'its own PIN: in' eval 'say 654321 && said verdict 1'
leave
card_remove second
card_insert own
unlock
claim 'a copy without the key' swapped own copy
claim 'signs in vain' eval 'said asked && asks_code'
leave
claim 'as a forgery' grep -q 'S-88' "$NS_LOG"
claim 'and is reset' unverified copy
unlock
claim 'put in before the question' eval 'begin && asks_pin && say 123456 && said asked && asks_code'
leave
claim 'it is reset' unverified copy
card_remove copy
card_insert own
unlock

# ---- who goes away

claim 'end of file at the question' eval 'card_forget own; begin && asks_pin && leave'
claim 'no PIN was sent' untouched own
host_killed()
{
	begin && asks_pin || return
	kill -KILL $login
	wait $login
	exec 8>&-
	helper_ended
}
claim 'the host is killed at the question: its helper ends' host_killed 2>/dev/null
claim 'no PIN was sent' untouched own
claim 'and the card is no different' unverified own

# The signature takes ten seconds; meanwhile the PIN is verified.
signing()
{
	card_forget own
	card_tell own fault slow=10000@ins:87 >/dev/null
	begin && asks_pin || return
	echo 123456 >&8
	within 20 eval 'card_log own | grep "> 0087"' && [ "$(card_state own verified)" = yes ]
}

killed_past_verify()
{
	signing || return
	kill -KILL $helper
	wait $login
	exec 8>&-
	said gone
}
claim 'the helper is killed past VERIFY' killed_past_verify
claim 'the card is reset: the next one meets no verified PIN' unverified own
left_past_verify()
{
	signing || return
	kill -KILL $login
	wait $login
	exec 8>&-
	helper_ended
}
card_tell own fault none >/dev/null
claim 'the host is killed past VERIFY' left_past_verify
claim 'the card is reset' unverified own
card_tell own fault none >/dev/null
claim 'in again' grants answers 123456

# ---- pcscd goes away

restart()
{
	pcscd_stop
	pcscd_start 2 && "$pcsc" wait "$(card_reader own)" present 20
}
unlock
# The card is out, and Enter has brought the wait for it.
host_killed_waiting()
{
	card_remove own
	begin && asks_code && echo >&8 || return
	sleep 2
	kill -0 $helper && kill -9 $login && helper_ended && exec 8>&-
}
claim 'the host is killed while a card is waited for: its helper ends' host_killed_waiting 2>/dev/null
card_insert own

claim 'pcscd is started anew at the question' eval 'begin && asks_pin && restart && say 123456'
claim 'that login goes on with a code' eval 'asks_code && say "$(fresh_code alice)" && said verdict 1'
leave
claim 'the next one has the card again' grants answers 123456
claim 'no try was spent' tries_are own 3
claim 'pcscd ends at the question' eval 'begin && asks_pin && pcscd_stop && say 123456 && asks_code'
leave
claim 'no pcscd: a code' eval "begin && said asked $no_service && asks_code"
leave
pcscd_start 2 && "$pcsc" wait "$(card_reader own)" present 20
unlock
pcscd_killed()
{
	signing || return
	kill -KILL $pcscd_pid
	wait $pcscd_pid
	pcscd_pid=
	within 40 grep -q -E '^(asked [1-9]|verdict)' $run/said && said asked
	leave
}
claim 'pcscd is killed past VERIFY: denied' pcscd_killed
card_tell own fault none >/dev/null
rm -f /run/pcscd/pcscd.comm /run/pcscd/pcscd.pid
claim 'and started' eval 'pcscd_start 2 && "$pcsc" wait "$(card_reader own)" present 20'
claim 'the card is reset' unverified own
claim 'in again' grants answers 123456
cards_stop
pcscd_stop
finish
