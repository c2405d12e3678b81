#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The code from the envelope, through the real su, while one thing after the other is broken: it
# opens, once, loudly, for those it was made for, and for nobody else.
ns_arguments='--timeout 400'
needs_programs='su expect oathtool systemd-socket-activate'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
etc=$SEKISHO_SYSCONFDIR/sekisho
sheet=$run/secret/envelope
kept=$store.kept # in the same overlay: names, modes and contents

# envelope PERSON...: a new code, in $sheet
envelope()
{
	(umask 077 && "$sekisho" code emergency "$@" --yes --file - |
	    grep -o -E '([0-9A-Z]{4}-){4}[0-9A-Z]{4}' >$sheet)
	[ -s $sheet ]
}

su_to()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue "${person}pw" "$@"
	on_terminal "${dialogue[@]}" -- setpriv --reuid carol --regid carol --init-groups \
	    su "$person" -c 'echo INSIDE-$(id -un)'
}

says()
{
	grep -q -E "$1" $run/dialogue
}

# As an alert, with the number of the code, and no more than one line of it.
loud()
{
	log_complete
	grep sekisho-auth "$NS_LOG" | tail -n 1 | grep '^<81>' |
	    grep -q -E 'result="granted" reason="emergency" user="alice".*error="emergency: code [0-9a-f]{16} is spent \[S-40\]"'
}

keep()
{
	rm -rf "$kept" && mkdir "$kept" && cp -a "$store/." "$kept/store" && cp -a "$etc/." "$kept/etc"
}

# Everything as it was, but for the emergency file.
mend()
{
	find "$store" -mindepth 1 -maxdepth 1 ! -name emergency -exec rm -rf {} +
	rm -rf "${etc:?}"/*
	cp -a "$kept/etc/." "$etc/"
	rm -f "$kept/store/emergency"
	cp -a "$kept/store/." "$store/"
	chmod 700 "$store"
	chown root "$store"
}

# ---- breakages
garbage_configuration() { head -c 3000 /dev/urandom >"$etc/sekisho.conf"; }
misspelt_configuration() { echo 'requier = 1' >"$etc/sekisho.conf"; }
writable_configuration() { : >"$etc/sekisho.conf" && chmod 666 "$etc/sekisho.conf"; }
configuration_directory() { mkdir "$etc/sekisho.conf"; }
no_host_key() { rm "$etc/host.key"; }
garbage_host_key() { head -c 96 /dev/urandom >"$etc/host.key"; }
no_header() { rm "$store/header"; }
garbage_header() { head -c 8192 /dev/urandom >"$store/header"; }
no_records() { rm -r "$store/records"; }
open_records() { chmod 755 "$store/records"; }
no_states() { rm -r "$store/states"; }
no_decoys() { rm -r "$store/decoys"; }
garbage_record() { for f in "$store"/records/*; do head -c 4096 /dev/urandom >"$f"; done; }
garbage_state() { for f in "$store"/states/*; do head -c 8192 /dev/urandom >"$f"; done; }
nobody_enrolled() { rm "$store"/records/* "$store"/states/*; }
no_clock() { rm "$store/clock"; }
garbage_clock() { head -c 8192 /dev/urandom >"$store/clock"; }
nothing_but_the_code() { find "$store" -mindepth 1 -maxdepth 1 ! -name emergency -exec rm -rf {} + && rm -rf "${etc:?}"/*; }

claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
claim 'enroll bob' enroll bob
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
keep

# With everything in order.
claim 'an envelope for alice' envelope alice
claim 'opens' lets_in su_to alice "$(cat $sheet)"
claim 'as the right person' says INSIDE-alice
claim 'and says what is to be done' says 'Emergency code used\. Make a new one: sekisho code emergency'
claim 'loudly' loud
claim 'once' refuses 'Wrong code' su_to alice "$(cat $sheet)" '' ''
claim 'the log knows it was the right one' grep -q 'reason="emergency-spent"' "$NS_LOG"

for breakage in garbage_configuration misspelt_configuration writable_configuration \
    configuration_directory no_host_key garbage_host_key no_header garbage_header no_records \
    open_records no_states no_decoys garbage_record garbage_state no_clock garbage_clock \
    nothing_but_the_code; do
	mend
	claim "$breakage: an envelope" envelope alice
	$breakage
	claim "$breakage: the phone does not open" refuses 'Not available|clock is wrong|error=' \
	    su_to alice "$(current_code alice)" '' ''
	claim "$breakage: the envelope does" lets_in su_to alice "$(cat $sheet)"
	claim "$breakage: loudly" loud
	claim "$breakage: once" refuses 'emergency-spent' su_to alice "$(cat $sheet)" '' ''
done
mend
claim 'an envelope while the configuration is broken' bash -c "echo x >'$etc/sekisho.conf'"
claim 'can be made' envelope alice
claim 'and opens' lets_in su_to alice "$(cat $sheet)"

# ---- who cannot get in otherwise
mend
claim 'suspended' "$sekisho" suspend alice
claim 'an envelope' envelope alice
claim 'opens for who is suspended' lets_in su_to alice "$(cat $sheet)"
claim 'and leaves her suspended' refuses 'record-suspended' su_to alice "$(fresh_code alice)" '' ''
mend
claim 'everybody suspended' "$sekisho" suspend --all --yes
claim 'an envelope' envelope alice
claim 'opens all the same' lets_in su_to alice "$(cat $sheet)"
mend
for _ in 1 2 3 4 5; do
	"$client" --ruid 2003 --start "$SEKISHO_HELPER" direct alice "$(wrong_code alice)" >/dev/null
done
claim 'locked' refuses 'Locked for' su_to alice "$(current_code alice)" '' ''
claim 'an envelope' envelope alice
claim 'opens for who is locked' lets_in su_to alice "$(cat $sheet)"
claim 'and forgives nothing' refuses 'Locked for' su_to alice "$(current_code alice)" '' ''
mend
nobody_enrolled
claim 'an envelope' envelope alice
claim 'opens for who was never enrolled' lets_in su_to alice "$(cat $sheet)"

# ---- whom it is not for
mend
claim 'an envelope for alice' envelope alice
claim 'does not open for bob' refuses 'emergency-not-him' su_to bob "$(cat $sheet)" '' ''
claim 'bob hears nothing of that' says 'Wrong code'
claim 'a name nobody has' bash -c \
    "! '$client' --start '$SEKISHO_HELPER' direct nobody-here '$(cat $sheet)' | grep 'verdict 1'"
claim 'nor for a caller who may not verify her' bash -c \
    "! '$client' --uid 2003 --start '$SEKISHO_HELPER' user alice '$(cat $sheet)' | grep 'verdict 1'"
claim 'it was not spent by that' lets_in su_to alice "$(cat $sheet)"
claim 'an envelope for two' envelope alice bob
claim 'opens for the second' lets_in su_to bob "$(cat $sheet)"
claim 'and then no more for the first' refuses 'emergency-spent' su_to alice "$(cat $sheet)" '' ''
claim 'a new envelope ends the old one' envelope alice
cp $sheet $sheet.old
claim 'so' envelope alice
claim 'the old one is a wrong code' refuses 'Wrong code' su_to alice "$(cat $sheet.old)" '' ''
claim 'the new one opens' lets_in su_to alice "$(cat $sheet)"

# ---- root, who is who is called at night
mend
claim 'without a name it is for root' envelope
claim 'root' bash -c "'$client' --start '$SEKISHO_HELPER' direct root '$(cat $sheet)' | grep '^verdict 1'"

# ---- the file itself
claim 'an envelope' envelope alice
chmod 620 "$store/emergency"
claim 'a file others may write does not open' refuses 'emergency-unreadable' su_to alice "$(cat $sheet)" '' ''
chmod 600 "$store/emergency"
chown alice "$store/emergency"
claim 'nor one of somebody else' refuses 'emergency-unreadable' su_to alice "$(cat $sheet)" '' ''
chown root "$store/emergency"
chmod 777 "$store"
claim 'nor one in a directory others may write' refuses '[Nn]ot available' su_to alice "$(cat $sheet)" '' ''
chmod 700 "$store"
mount --bind "$store" "$store" && mount -o remount,bind,ro "$store"
claim 'what cannot be spent does not open' refuses 'emergency-unreadable' su_to alice "$(cat $sheet)" '' ''
umount "$store"
claim 'everything in order again: it opens' lets_in su_to alice "$(cat $sheet)"

# ---- behind the socket of root's programs
mend
no_header
claim 'an envelope' envelope alice
door_start root
claim 'opens through the door' lets_in su_to alice "$(cat $sheet)"
claim 'the door was used' grep -q -i sekisho-auth $run/door-root.log
door_stop root

# ---- the way back, as the manual has it
mend
claim 'the phone opens again' lets_in su_to alice "$(fresh_code alice)"
finish
