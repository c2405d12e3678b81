#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every fault a card can have, at every APDU of a login, with the right PIN, over real pcscd: what
# the fault changed lets nobody in, in bounded time, costs no try, and the card is reset.
# SEKISHO_LONG=1: a card that hangs, at every APDU as well.
ns_arguments='--timeout 1800'
needs_programs='pcscd openssl'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

kinds='sw=6f00 no-data short endless-61 endless-61=0 endless-6c truncated oversized=4 too-long garbage
    verified blocked other-key pulled'
declare -A options=([rsa]='--key rsa2048' [p256]='--key p256' [mynumber]='--kind jpki')
declare -A pin=([rsa]=123456 [p256]=123456 [mynumber]=1234)

# exchange_of CARD NUMBER DIRECTION: > the command, < its answer, as the card has it in its log.
exchange_of()
{
	sed -n "s/^$2 $3 //p" "$cards/$1.log"
}

# A good login: how many APDUs, and what each of them was and brought.
rehearse()
{
	card_forget $1
	grants answers ${pin[$1]} || return
	cp $cards/$1.log $run/good.$1
	apdus=$(card_state $1 apdus)
}

# effect CARD KIND AT: what the fault did to the answer: something, nothing, or what may end either
# way. A signature differs each time, so do its remaining bytes. The card is asked about its tries for
# the person's sake only, no to another application is no however it is said, and a piece of a
# certificate may be a small one.
effect()
{
	local kind=$2 idle=none command good met

	command=$(exchange_of $1 $3 '>')
	if [ $1 = mynumber ]; then
		idle=00A4040009A0000003080000100000
		! grep -q "^$(($3 + 1)) > $empty_verify" $run/good.$1 || idle=$command
	fi
	good=$(sed -n "s/^$3 < //p" $run/good.$1)
	met=$(exchange_of $1 $3 '<')
	case $command:$kind in
	00B0*:truncated | $idle:* | $empty_verify:* | \
	    0087*:verified | 0087*:blocked | 802A*:verified | 802A*:blocked)
		echo either ;;
	0087* | 802A*) echo something ;;
	00C0*) [ "${#good} ${good: -4}" = "${#met} ${met: -4}" ] && echo nothing || echo something ;;
	*) [ "$good" = "$met" ] && echo nothing || echo something ;;
	esac
}

was_reset()
{
	local card=$1

	[ "$(card_state $card verified)" = no ] || { echo 'the PIN is still verified'; return 1; }
	[ $card = mynumber ] || unverified $card
}

# strike CARD KIND AT: a login with this fault there.
strike()
{
	local card=$1 kind=$2 at=$3 effect

	struck=$((struck + 1))
	[ $((struck % 4)) != 0 ] || unlock
	card_forget $card
	card_tell $card fault "$kind@$at" >/dev/null
	answers ${pin[$card]} >$run/reply
	card_tell $card fault none >/dev/null
	effect=$(effect $card $kind $at)
	echo "$kind at $at of $card, $(exchange_of $card $at '>'), changed $effect: $(cat $run/reply)"
	case $effect:$(cat $run/reply) in
	nothing:'verdict 1 '* | either:'verdict 1 '*) ;;
	something:asked* | either:asked*) ;;
	*) return 1 ;;
	esac
	if [ "$(card_state $card inserted)" = no ]; then
		card_put_back $card || return
	fi
	was_reset $card
}

everywhere()
{
	local at

	for ((at = 1; at <= apdus; at++)); do
		strike $1 $2 $at || return
	done
	tries_are $1 3
}

# The card needs longer than a login waits for it; pcscd is free again when it has answered.
hangs()
{
	local card=$1 at
	shift

	for at; do
		card_forget $card
		card_tell $card fault slow=14000@$at >/dev/null
		denies answers ${pin[$card]} || { echo "hangs at $at"; return 1; }
		card_tell $card fault none >/dev/null
		# comes through when pcscd has its answer
		card_send $card $empty_verify
		was_reset $card || { echo "hung at $at"; return 1; }
		unlock
	done
}

# It says all the time that its PIN is verified, and signs without.
says_verified()
{
	card_tell $1 fault verified >/dev/null
	denies answers 999999 && grep -q 'text 4' $run/dialogue && tries_are $1 2 || return
	denies answers '' && grep -q 'text 1' $run/dialogue || return
	grants answers 123456 || return
	card_tell $1 fault none >/dev/null
	was_reset $1
}

umask 022
claim 'init' "$sekisho" init --yes
configure card 'crl = if-present' 'jpki = yes'
claim 'pcscd' pcscd_start 2
struck=0
for card in rsa p256 mynumber; do
	card_start $card ${options[$card]}
	claim "a card for alice: $card" enroll_card alice $card $card
	trust $card
	claim 'its right PIN: in' rehearse $card
	echo "# $card: $apdus APDUs"
	for kind in $kinds; do
		claim "$card: $kind at each of $apdus APDUs" everywhere $card $kind
	done
	unlock
	[ $card = mynumber ] || claim "$card: verified all the time, and asked for its PIN" says_verified $card
	if [ "${SEKISHO_LONG-}" = 1 ]; then
		claim "$card: it hangs at any APDU" hangs $card $(seq $apdus)
	elif [ $card = p256 ]; then
		claim "$card: it hangs at the first one, at VERIFY, at the signature" hangs $card 1 5 6
	fi
	card_stop $card
done
finish
