#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lib/cards over real pcscd and the simulated card: what a login costs, what is told about a card,
# and that nobody finds a PIN verified afterwards, however it ended.
ns_arguments='--timeout 300'
needs_programs='pcscd openssl strace'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
trap '' PIPE # of a cardtalk that ended before its time
cardtalk=$SEKISHO_BUILDDIR/tests/system/cardtalk

ask_piv=(00A404000BA000000308000010000100 00200080)
ask_jpki=(00A4040C0AD392F000260100000001 00A4020C020018 00200080)

# talk COMMAND...: its output is in $run/talk.
talk()
{
	"$cardtalk" "$@" >$run/talk 2>$run/talk.err
}

# told WORD: what stands behind WORD= in it.
told()
{
	sed -n "s/^$1=//p" $run/talk
}

# talks RESULT COMMAND...: it ends with this result.
talks()
{
	local wanted=$1
	shift

	talk "$@"
	[ "$(told result)" = $wanted ] && return
	cat $run/talk $run/talk.err
	return 1
}

# told_is WORD VALUE WORD VALUE...
told_is()
{
	while [ $# -gt 0 ]; do
		[ "$(told $1)" = "$2" ] || { echo "$1 is $(told $1), not $2"; return 1; }
		shift 2
	done
}

# unverified NAME COMMAND...: another program asks for the tries left, at once. 9000 would be a
# PIN that is still verified.
unverified()
{
	local name=$1 sw
	shift

	sw=$(card_send $name "$@" | tail -n 1)
	[[ $sw = 63C* || $sw = 6983 ]] || { echo "the card answers $sw"; return 1; }
}

prove()
{
	talks $1 prove "$(card_reader $2)" $run/pin-${3-$2} $run/key-$2
}

# Enrolled: its public key is known.
enroll_card()
{
	talks CARD_OK certificate "$(card_reader $1)" $run/key-$1
}

umask 022
printf 123456 >$run/pin-rsa
cp $run/pin-rsa $run/pin-p256
cp $run/pin-rsa $run/pin-p384
printf 1234 >$run/pin-jpki
printf 999999 >$run/pin-wrong
printf 9999 >$run/pin-wrong4
printf hunter2 >$run/pin-password

# ---- without pcscd, and with one that was just started

claim 'no pcscd: said, at once' talks CARD_NO_SERVICE list
library=$(readlink -f "$(ldconfig -p | awk '$1 == "libpcsclite.so.1" {print $NF; exit}')")
claim 'libpcsclite is hidden' mount --bind /dev/null "$library"
claim 'no libpcsclite: said' talks CARD_NO_LIBRARY list
claim 'libpcsclite is back' umount "$library"
claim 'pcscd' pcscd_start
# how long it runs says its pid file
settles()
{
	talks CARD_OK list && [ "$(told running-ms)" -$1 3600000 ]
}
claim 'it was just started' settles lt
touch -d '2 hours ago' /run/pcscd/pcscd.pid
claim 'it runs for long' settles ge
touch -d '2 hours' /run/pcscd/pcscd.pid
claim 'a clock that was set back' settles lt
touch /run/pcscd/pcscd.pid
claim 'an empty reader' talks CARD_NO_CARD look "$(reader_of 35963)"

# ---- the floor

card_start rsa --key rsa2048 --slots 1
claim 'RSA: a certificate' enroll_card rsa
claim 'RSA: its kind' told_is kind RSA-2048 cert CERT_OK
claim 'RSA: proof' prove CARD_OK rsa
claim 'RSA: 5 APDUs after the answer' told_is apdus 5 pin-sent 1 tries 3 applet piv
# What a card says to SELECT is its own affair: 126 bytes of the 708 of the card that was measured.
bytes_are() # NAME BYTES-BUT-SELECT'S-ANSWER
{
	local selected

	selected=$(card_send $1 00A4040009A0000003080000100000 | tail -n 1)
	told_is bytes $(($2 + ${#selected} / 2))
}
claim 'RSA: 708 bytes, with an answer of 126 to SELECT' bytes_are rsa $((708 - 126))
claim 'RSA: no PIN stays verified' unverified rsa "${ask_piv[@]}"

# ---- wrong PIN, blocked PIN, no PIN

claim 'a wrong PIN' prove CARD_PIN_WRONG rsa wrong
claim 'and how many are left' told_is tries-left 2
claim 'is told at the next look' talks CARD_OK look "$(card_reader rsa)"
claim 'two' told_is tries 2
claim 'a password is not sent' prove CARD_PIN_FORM rsa password
claim 'and costs nothing' told_is pin-sent 0 apdus 0
claim 'the last but one' prove CARD_PIN_WRONG rsa wrong
claim 'the last' prove CARD_PIN_BLOCKED rsa wrong
claim 'none is left' told_is tries-left 0
claim 'the right one comes too late' prove CARD_PIN_BLOCKED rsa
claim 'a blocked card is told' talks CARD_OK look "$(card_reader rsa)"
claim 'with no try' told_is tries 0
claim 'the card gets its tries back' card_tell rsa tries 3

# ---- every way out resets

claim 'a card that says that it is verified' card_tell rsa fault verified
claim 'gets the PIN all the same' prove CARD_OK rsa
claim 'in 5 APDUs' told_is apdus 5 pin-sent 1
card_tell rsa fault none >/dev/null
claim 'a signature by another key' card_tell rsa fault other-key
claim 'is no proof' prove CARD_FORGED rsa
card_tell rsa fault none >/dev/null
claim 'the card is reset' unverified rsa "${ask_piv[@]}"
claim 'no signature' card_tell rsa fault sw=6f00@ins:87
claim 'is none' prove CARD_STATUS rsa
card_tell rsa fault none >/dev/null
claim 'the card is reset' unverified rsa "${ask_piv[@]}"
claim 'a card without end' card_tell rsa fault endless-61=100@ins:CB
claim 'has one' talks CARD_MALFORMED look "$(card_reader rsa)"
card_tell rsa fault none >/dev/null
claim 'the card is reset' unverified rsa "${ask_piv[@]}"

killed_after_verify()
{
	local pid i

	card_forget rsa
	card_tell rsa fault slow=3000@ins:87 >/dev/null
	"$cardtalk" prove "$(card_reader rsa)" $run/pin-rsa $run/key-rsa >/dev/null 2>&1 &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[ "$(card_state rsa verified)" = yes ] && break
		sleep .05
	done
	[ $i -lt 100 ] || { echo 'never verified'; return 1; }
	kill -9 $pid
	wait $pid 2>/dev/null
	card_tell rsa fault none >/dev/null
	unverified rsa "${ask_piv[@]}"
}
claim 'killed with the PIN verified: the card is reset' killed_after_verify

# ---- pulled

pulled_at()
{
	local at result=0

	for at in "$@"; do
		card_tell rsa fault pulled@$at >/dev/null
		prove CARD_GONE rsa || result=1
		card_tell rsa fault none >/dev/null
		card_put_back rsa || result=1
	done
	return $result
}
claim 'pulled at any of the 8 APDUs' pulled_at 1 2 3 4 5 6 7 8
claim 'and well again' prove CARD_OK rsa

swapped()
{
	local in=$run/pause-$1

	mkfifo $in
	"$cardtalk" prove "$(card_reader rsa)" $run/pin-rsa $run/key-rsa pause \
	    >$run/talk 2>$run/talk.err <$in &
	exec 7>$in
	within 10 grep -q look-apdus $run/talk
	card_remove rsa
	[ $1 = none ] || card_insert $1
	[ $1 = none ] || card_forget $1
	echo >&7
	exec 7>&-
	wait $!
	rm $in
}
stranger_in_between()
{
	swapped other
	told_is result CARD_OTHER pin-sent 0 || return
	[ "$(card_state other tries)" = 3 ] && ! grep -q '0020008008' <(card_log other)
}
back_again()
{
	swapped rsa
	told_is result CARD_OK pin-sent 1 apdus 6
}
gone_in_between()
{
	swapped none
	[[ $(told result) = CARD_NO_CARD || $(told result) = CARD_GONE ]] && told_is pin-sent 0
}
claim 'another card, outside' card_start other --key p256 --removed
claim 'another card between the question and the answer gets no PIN' stranger_in_between
card_remove other
card_insert rsa
claim 'the same one again is identified again' back_again
claim 'none is none' gone_in_between
card_stop other
card_stop rsa

# ---- the other kinds

card_start p256 --key p256
claim 'P-256: a certificate' enroll_card p256
claim 'P-256: proof' prove CARD_OK p256
claim 'P-256: 3 APDUs after the answer' told_is apdus 3
# the DER of an ECDSA signature has 70 bytes in the 276, and up to 72
p256_bytes()
{
	local i

	for i in 0 1 2 -1 -2; do
		bytes_are p256 $((276 - 126 + i)) >/dev/null && return
	done
	bytes_are p256 $((276 - 126))
}
claim 'P-256: 276 bytes, with an answer of 126 to SELECT' p256_bytes
claim 'P-256: reset' unverified p256 "${ask_piv[@]}"
card_stop p256
card_start p384 --key p384 --gzip
claim 'P-384, a compressed certificate' enroll_card p384
claim 'P-384: proof' prove CARD_OK p384
claim 'P-384: 3 APDUs' told_is apdus 3 kind '' applet piv
card_stop p384
card_start rsa3072 --key rsa3072
cp $run/pin-rsa $run/pin-rsa3072
claim 'RSA-3072' enroll_card rsa3072
claim 'RSA-3072: kind' told_is kind RSA-3072
card_stop rsa3072
card_start rsa1024 --key rsa1024
short_key()
{
	! talk certificate "$(card_reader rsa1024)" $run/key-rsa1024 && [ "$(told cert)" = CERT_KEY ]
}
claim 'RSA-1024 is refused' short_key
card_stop rsa1024
card_start jpki --kind jpki
claim 'JPKI: a certificate' enroll_card jpki
card_forget jpki
claim 'JPKI: proof' prove CARD_OK jpki
claim 'JPKI: 5 APDUs, 361 bytes' told_is apdus 5 bytes 361 applet jpki
claim 'JPKI: reset' unverified jpki "${ask_jpki[@]}"
claim 'JPKI: wrong PIN' prove CARD_PIN_WRONG jpki wrong4
claim 'JPKI: 2 left' told_is tries-left 2
claim 'JPKI: six digits are none' talks CARD_PIN_FORM prove "$(card_reader jpki)" $run/pin-rsa $run/key-jpki
untouched() { [ "$(card_state jpki violations)" = 0 ]; }
claim 'JPKI: the signing key was left alone' untouched
card_stop jpki

# ---- trust anchors and lists of the machine

trusted()
{
	local wanted=$1
	shift

	talk trust "$(card_reader rsa)" $run/anchors $run/crls "$@"
	[ "$(told trust)" = $wanted ] || { cat $run/talk $run/talk.err; return 1; }
}
card_start rsa --key rsa2048 --slots 1
mkdir -p $run/anchors $run/crls
claim 'nobody is trusted' trusted CERT_ISSUER off
cp $cards/rsa/ca.pem $run/anchors/
claim 'its issuer is' trusted CERT_OK off
claim 'no list' trusted CERT_CRL_MISSING require
claim 'none needed' trusted CERT_OK if-present
card_crl $cards/rsa $run/crls/list.pem
claim 'a list' trusted CERT_OK require
card_crl $cards/rsa $run/crls/list.pem "$(cat $cards/rsa/serial-9A)"
claim 'with its number on it' trusted CERT_REVOKED if-present

# ---- waiting, and time

wait_for_change()
{
	local in=$run/leash

	mkfifo $in
	"$cardtalk" wait 20000 >$run/talk 2>$run/talk.err <$in &
	exec 7>$in
	within 10 grep -q waiting $run/talk.err
	"$@"
	exec 7>&-
	wait $!
	rm $in
}
in_wait() { card_remove rsa; card_insert rsa; }
claim 'a wait' wait_for_change in_wait
claim 'ends with a card' told_is result CARD_OK
claim 'a wait' wait_for_change true
claim 'ends with its peer' told_is result CARD_LEFT
prompt_end() { [ "$(told ms)" -lt 10000 ]; }
claim 'soon' prompt_end

held()
{
	local in=$run/hold holder result

	mkfifo $in
	"$cardtalk" hold "$(card_reader rsa)" >$run/hold.out 2>&1 <$in &
	holder=$!
	exec 7>$in
	within 10 grep -q CARD_OK $run/hold.out
	talks CARD_BUSY look "$(card_reader rsa)"
	result=$?
	exec 7>&-
	wait $holder
	rm $in
	return $result
}
claim 'a card that another program holds: busy, in bounded time' held
claim 'free again' talks CARD_OK look "$(card_reader rsa)"

hung()
{
	local result

	kill -STOP $pcscd_pid
	talks CARD_TIMEOUT list
	result=$?
	kill -CONT $pcscd_pid
	return $result
}
claim 'a pcscd that hangs: an end, in bounded time' hung
hung_in_the_middle()
{
	local pid i

	card_tell rsa fault slow=1000@ins:87 >/dev/null
	"$cardtalk" prove "$(card_reader rsa)" $run/pin-rsa $run/key-rsa >$run/talk 2>$run/talk.err &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[ "$(card_state rsa verified)" = yes ] && break
		sleep .05
	done
	kill -STOP $pcscd_pid
	wait $pid
	kill -CONT $pcscd_pid
	card_tell rsa fault none >/dev/null
	told_is result CARD_TIMEOUT pin-sent 1 || return
	within 10 unverified rsa "${ask_piv[@]}"
}
claim 'also with the PIN verified; the card is reset when pcscd goes on' hung_in_the_middle

two_at_once()
{
	local i pids=() result=0

	for i in 1 2 3 4; do
		"$cardtalk" prove "$(card_reader rsa)" $run/pin-rsa $run/key-rsa >$run/two-$i 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait $i || result=1
	done
	[ $result = 0 ] || cat $run/two-*
	return $result
}
claim 'four logins, one reader: each has its turn' two_at_once
claim 'and no PIN stays verified' unverified rsa "${ask_piv[@]}"

# ---- what the sandbox has to allow (reader.h names it)

documented()
{
	sed -n '/System calls:/,/A test traces/p' "$SEKISHO_SRCDIR/lib/cards/reader.h" |
		sed 's/.*System calls://; s/A test traces.*//' | grep -o '[a-z][a-z_0-9]*' | sort -u
}
calls()
{
	local extra

	strace -f -o $run/trace "$cardtalk" prove "$(card_reader rsa)" $run/pin-rsa $run/key-rsa \
	    >$run/talk 2>&1 || { cat $run/talk; return 1; }
	sed -n '/write(2, "files read/,/exit_group/p' $run/trace |
		sed -E 's/^[0-9]+ +//; s/\(.*//' | grep -E '^[a-z_0-9]+$' | sort -u |
		grep -v -x -e write -e exit_group >$run/calls
	[ -s $run/calls ] || { echo 'nothing was traced'; return 1; }
	extra=$(comm -23 $run/calls <(documented))
	[ -z "$extra" ] || { echo "not in reader.h:" $extra; return 1; }
}
claim 'no other system calls after open than reader.h names' calls

# ---- pcscd leaves

leaves()
{
	local in=$run/pause-leaves

	mkfifo $in
	"$cardtalk" prove "$(card_reader rsa)" $run/pin-rsa $run/key-rsa pause \
	    >$run/talk 2>$run/talk.err <$in &
	exec 7>$in
	within 10 grep -q look-apdus $run/talk
	pcscd_stop
	echo >&7
	exec 7>&-
	wait $!
	told_is result CARD_NO_SERVICE pin-sent 0
}
claim 'pcscd that leaves before the answer' leaves
cards_stop
finish
