#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A card through login(1) on a terminal: in, refused, and watched by sekisho-cardwatch from there on.
ns_arguments='--timeout 300'
needs_programs='pcscd openssl login expect'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"

# login_with PROMPT ANSWER...: alice at a console; what she runs there is her profile.
login_with()
{
	on_terminal "$ask_password" alicepw "$@" -- login alice
}

watchers()
{
	[ "$(pidof sekisho-cardwatch | wc -w)" = $1 ]
}

umask 022
claim 'init' "$sekisho" init --yes
claim 'a phone for alice' enroll alice
configure 'card or otp' 'crl = off'
claim 'pcscd' pcscd_start
card_start own --key p256
claim 'a card for alice' enroll_card alice own card
trust own
pam_service login 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"

cat >/home/alice/.bash_profile <<'PROFILE'
echo INSIDE-$(id -un)
exit
PROFILE
claim 'card and PIN: in' lets_in login_with "$ask_pin" 123456
claim 'the card is reset' unverified own
claim 'Enter, and a code: in' lets_in login_with "$ask_pin" '' "$ask_code" "$(fresh_code alice)"
# After one failure login ends, with status 0.
sed -i '/LOGIN_RETRIES/d' /etc/login.defs
echo 'LOGIN_RETRIES 1' >>/etc/login.defs
turned_away()
{
	login_with "$@" | tee $run/dialogue
	grep -q 'Maximum number of tries' $run/dialogue && ! grep -q INSIDE- $run/dialogue
}
claim 'a wrong PIN, then none' turned_away "$ask_pin" 999999 "$ask_pin" 12 "$ask_pin" 12
claim 'a PIN was told to be wrong' grep -q 'Wrong PIN. PIN for card (2 tries left)' $run/dialogue
unlock

# ---- the session is the card's
cat >/usr/bin/loginctl <<'END_OF_LOGINCTL'
#!/bin/sh
echo "$(id -un) $* ($XDG_SESSION_ID)" >>/run/test/acts
END_OF_LOGINCTL
chmod 755 /usr/bin/loginctl
echo XDG_SESSION_ID=c7 >$run/env
echo XDG_SESSION_TYPE=tty >>$run/env
mkfifo -m 666 $run/leave
echo 'echo INSIDE-$(id -un); read -r _ </run/test/leave; exit' >/home/alice/.bash_profile
sed -i '/^session/d' /etc/pam.d/login
cat >>/etc/pam.d/login <<END_OF_STACK
session required pam_permit.so
session required pam_env.so conffile=/dev/null envfile=$run/env readenv=1
session required pam_exec.so quiet $SEKISHO_CARDWATCH --grace=1 --on-removal=logout
END_OF_STACK

# open PROMPT ANSWER: alice stays logged in until close.
open_session()
{
	: >$run/acts
	chmod 666 $run/acts
	: >$run/dialogue
	login_with "$@" >$run/dialogue 2>&1 &
	host=$!
	exec 9<>$run/leave
	within 40 grep -q INSIDE- $run/dialogue
}

close_session()
{
	echo >&9
	exec 9>&-
	wait $host
	within 20 watchers 0
}

claim 'a session by card' open_session "$ask_pin" 123456
claim 'is watched' within 20 watchers 2
claim 'the card leaves' card_remove own
claim 'and the session is ended' within 30 grep -q -x 'alice terminate-session c7 (c7)' $run/acts
claim 'once' [ "$(wc -l <$run/acts)" = 1 ]
claim 'no watch is left' close_session
claim 'a session by code' open_session "$ask_code" "$(fresh_code alice)"
claim 'is not watched' watchers 0
claim 'and ends' close_session
cards_stop
pcscd_stop
finish
