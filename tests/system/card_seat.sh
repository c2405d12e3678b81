#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who is asked for a card: programs of somebody who sits at this machine, by the session that logind
# knows, and programs of the system that name no remote host. Nobody else spends a try of the card
# that lies here, has it looked at, or passes with it.
ns_arguments='--timeout 300'
needs_programs='pcscd openssl su systemd-socket-activate setpriv'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

# at_door PERSON UNIT WORD...: a program of that person's at the user door, for himself.
at_door()
{
	timeout 90 "$system/inunit" $1 $2 "$client" /run/sekisho/user $1 "${@:3}" | tee $run/dialogue
}

# su_from PERSON UNIT PROMPT ANSWER...: su to alice.
su_from()
{
	on_terminal "$ask_password" alicepw "${@:3}" -- "$system/inunit" $1 $2 su alice -c \
	    'echo INSIDE-$(id -un)'
}

asked_for()
{
	grep -q "^asked.* text $1 " $run/dialogue
}

# not_touched: since card_forget.
not_touched()
{
	[ "$(card_state own apdus)" = 0 ] || { card_log own; return 1; }
}

# keeps_out UNIT: three PINs from there, right and wrong ones.
keeps_out()
{
	card_forget own
	unlock
	at_door alice $1 123456 999999; asked_for 1 && ! grep -q verdict $run/dialogue && not_touched
}

umask 022
claim 'init' "$sekisho" init --yes
configure card 'crl = off'
claim 'pcscd' pcscd_start
claim 'seats' seats_start
card_start own --key p256
claim 'a card for alice' enroll_card alice own card
trust own
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
door_start user

session alice 7 ACTIVE=1 STATE=active REMOTE=0 SEAT=seat0
session alice 8 ACTIVE=1 STATE=active REMOTE=1 REMOTE_HOST=192.0.2.1
session alice 9 ACTIVE=0 STATE=online REMOTE=0 SEAT=seat0
session alice 10 ACTIVE=1 STATE=active REMOTE=0 CLASS=background
session alice 11 ACTIVE=1 STATE=active REMOTE=1 SEAT=seat0
claim 'at the machine: the PIN, and in' grants at_door alice session-7.scope 123456
claim 'from a remote session: nothing' keeps_out session-8.scope
claim 'from one in the background of its seat' keeps_out session-9.scope
claim 'from one without a seat, as cron has' keeps_out session-10.scope
claim 'from a remote one that has a seat' keeps_out session-11.scope
claim 'from one that nobody knows' keeps_out session-12.scope
claim 'under her manager, with no seat' keeps_out user@2001.service/app.slice/x.service
printf '%s\n' NAME=alice STATE=active SEATS=seat0 ACTIVE_SEATS= >/run/systemd/users/2001
claim 'with one that is not active' keeps_out user@2001.service/app.slice/x.service
printf '%s\n' NAME=alice STATE=active SEATS=seat0 ACTIVE_SEATS=seat0 >/run/systemd/users/2001
claim 'with one that is: in' grants at_door alice user@2001.service/app.slice/x.service 123456
# outside: three PINs, in no session
outside()
{
	card_forget own
	as alice "$client" /run/sekisho/user alice 123456 999999 | tee $run/dialogue
	asked_for 1 && ! grep -q verdict $run/dialogue && not_touched
}
unlock
claim 'in no session, and not root: a code, and none will do' outside
unlock

claim 'a service of root'"'"'s at a terminal: in' grants answers 123456
without_terminal()
{
	card_forget own
	timeout 90 "$client" --start "$SEKISHO_HELPER" direct alice 123456 999999 | tee $run/dialogue
	asked_for 1 && not_touched
}
claim 'at none, as polkit: nothing' without_terminal
unlock

session carol 20 ACTIVE=1 STATE=active REMOTE=1 REMOTE_HOST=192.0.2.1
session carol 21 ACTIVE=1 STATE=active REMOTE=0 SEAT=seat0
card_forget own
claim 'su in a remote session: a code, and none will do' refuses 'Wrong code' su_from carol \
    session-20.scope "$ask_code" 123456 "$ask_code" 123456 "$ask_code" 123456
claim 'and the card was not asked' not_touched
claim 'su at the machine: in' lets_in su_from carol session-21.scope "$ask_pin" 123456
claim 'the card has its tries' tries_are own 3
door_stop user
cards_stop
pcscd_stop
finish
