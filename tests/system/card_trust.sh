#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Cards that an administrator's files speak against, at each login anew: dates, lists, anchors; and
# those whose PIN is blocked. None of them is asked for its PIN.
ns_arguments='--timeout 400'
needs_programs='pcscd openssl'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

blocked=11 dates=14 revoked=15 untrusted=16

# not_asked CARD REASON NUMBER: a code is asked for, for this reason, and the log says it.
not_asked()
{
	local before

	log_complete
	before=$(wc -l <"$NS_LOG")
	card_forget $1
	begin && said asked $2 && asks_code || return
	say 123456 && asks_code || return
	leave
	unlock
	log_complete
	tail -n +$((before + 1)) "$NS_LOG" | grep -F "[$3]" && no_pin_sent $1
}

umask 022
claim 'init' "$sekisho" init --yes
claim 'a phone for alice' enroll alice
configure 'card or otp' 'crl = if-present'
claim 'pcscd' pcscd_start

card_start early --key p256 --not-before +1 --not-after +30
claim 'not good yet: enrolled' enroll_card alice early early
trust early
claim 'not asked for its PIN' not_asked early $dates S-91
card_stop early
card_start late --key p256 --not-before -30 --not-after -1
claim 'expired: enrolled' enroll_card alice late late
trust late
claim 'not asked for its PIN' not_asked late $dates S-91
card_stop late

card_start own --key p256
claim 'a good one for alice' enroll_card alice own own
claim 'not trusted: no anchor' not_asked own $untrusted S-93
trust own
claim 'with its anchor: in' grants answers 123456
cp $cards/late/ca.pem /etc/sekisho/anchors/own.pem
claim 'the anchor of another authority' not_asked own $untrusted S-93
echo nonsense >/etc/sekisho/anchors/own.pem
claim 'an anchor that is none' not_asked own $untrusted S-90
trust own
chmod 666 /etc/sekisho/anchors/own.pem
claim 'an anchor that anybody may write' not_asked own $untrusted S-13
chmod 644 /etc/sekisho/anchors/own.pem
claim 'in again' grants answers 123456

# ---- lists
list=/etc/sekisho/crls/own.pem
CRL_UNTIL=20200201000000Z card_crl $cards/own $list
claim 'a list out of date' not_asked own $untrusted S-95
card_crl $cards/own $list 4711
claim 'a list with others on it: in' grants answers 123456
card_crl $cards/own $list "$(cat $cards/own/serial-9A)"
claim 'revoked' not_asked own $revoked S-94
echo nonsense >$list
claim 'a list that is none' not_asked own $untrusted S-95
rm $list
claim 'no list, and none required: in' grants answers 123456
configure 'card or otp' 'crl = require'
claim 'no list where one is required' not_asked own $untrusted S-95
card_crl $cards/late $list
claim 'the list of another authority' not_asked own $untrusted S-95
configure 'card or otp' 'crl = off'
claim 'lists are off: in' grants answers 123456
card_crl $cards/own $list "$(cat $cards/own/serial-9A)"

# ---- while alice is asked for her PIN
configure 'card or otp' 'crl = if-present'
rm $list
claim 'revoked in the store at the question' eval \
    'begin && asks_pin && "$sekisho" revoke alice own --yes && say 123456 && said asked && asks_code'
leave
claim 'no verified PIN stays' unverified own
claim 'enrolled again' enroll_card alice own again
unlock

# ---- tries
card_tell own tries 1 >/dev/null
claim 'the last try is told' eval 'begin && asks_pin && [[ "$(tail -n 1 $run/said)" = *"left 1" ]]'
leave
claim 'and not spent by leaving' tries_are own 1
card_tell own tries 0 >/dev/null
claim 'blocked: not asked for its PIN' not_asked own $blocked S-87
claim 'the card is reset' unverified own
cards_stop
pcscd_stop
finish
