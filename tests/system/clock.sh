#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A terminal without a network and its clock, through the real su: behind, TOTP is refused and says
# so while counters and paper go on; ahead, nothing is poisoned; and each way back as the manual has
# it. Only the helper's clock is moved, as in a machine that was started with it.
ns_arguments='--timeout 500'
needs_programs='su expect oathtool systemd-socket-activate'
. "$(dirname "$0")/lib.sh"

store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
preload=$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so
sheet=$run/secret/sheet

# Behind the door stands the helper with a word that moves its clock, read anew for each login.
mv "$SEKISHO_HELPER" "$SEKISHO_HELPER.real"
cat >"$SEKISHO_HELPER" <<END
#!/bin/sh
read shift <$run/shift
CLOCKSHIFT=\$shift LD_PRELOAD=$preload exec "$SEKISHO_HELPER.real" "\$@"
END
chmod 700 "$SEKISHO_HELPER"

# clock_by SECONDS: this machine's clock is so far off from now on, for the helper and the tool.
clock_by()
{
	echo "$1" >$run/shift
}

tool()
{
	CLOCKSHIFT=$(cat $run/shift) LD_PRELOAD=$preload "$sekisho" "$@"
}

# su_to PERSON CODE...: everybody has the password of alice.
su_to()
{
	local person=$1 password=alicepw
	local -a dialogue
	shift

	make_dialogue "$password" "$@"
	on_terminal "${dialogue[@]}" -- setpriv --reuid carol --regid carol --init-groups \
	    su "$person" -c 'echo INSIDE-$(id -un)'
}

says()
{
	grep -q -E "$1" $run/dialogue
}

tool_says()
{
	local words=$1
	shift

	tool "$@" 2>&1 | tee $run/said
	grep -q -E "$words" $run/said
}

logged()
{
	log_complete
	grep "sekisho-auth.*event=login" "$NS_LOG" | tail -n 1 | grep -q -E "$1"
}

# The code of the present step, which was handed out to nobody: waits for the next if need be.
present_code()
{
	local last

	last=$(cat $run/step/$1 2>/dev/null || echo 0)
	while [ $(($(date +%s) / 30)) -le $last ]; do
		sleep 1
	done
	date +%s | awk '{ print int($1 / 30) }' >$run/step/$1
	same_code $1
}

# What the phone shows when it is SECONDS away from us.
phone_by()
{
	code_at $1 $((($(date +%s) + $2) / 30))
}

# Each login with a phone needs a step of its own: somebody new instead of half a minute.
number=0
newcomer()
{
	person=p$((++number))
	echo "$person:x:$((3000 + number)):100::/:/bin/sh" >>/etc/passwd
	echo "$person:$hash:19000:0:99999:7:::" >>/etc/shadow
	enroll $person
}

phone_works()
{
	newcomer && lets_in su_to $person "$(current_code $person)"
}

next_paper()
{
	head -n 1 $sheet
	sed -i 1d $sheet
}

hash=$(getent shadow alice | cut -d : -f 2)
sed -i -E "s|^(bob\|carol):[^:]*|\1:$hash|" /etc/shadow
claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
claim 'recovery codes' bash -c "umask 077; '$sekisho' code recovery alice --yes --file - |
    grep -o -E '([0-9A-Z]{4}-){3}[0-9A-Z]{4}' >$sheet"
claim 'enroll bob' enroll bob
claim 'and a counter token for bob' bash -c "umask 077; head -c 20 /dev/urandom | base32 >$run/secret/fob
    '$sekisho' enroll bob hotp --label fob --secret-file $run/secret/fob --counter 0 --no-confirm"
fob()
{
	local next

	next=$(cat $run/step/fob 2>/dev/null || echo 0)
	echo $((next + 1)) >$run/step/fob
	oathtool --hotp -b "$(cat $run/secret/fob)" -c $next
}
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"

# ---- the clock is right
clock_by 0
door_start root
claim 'the clock is right' lets_in su_to alice "$(present_code alice)"
claim 'the log says TOTP' logged 'reason="totp" user="alice"'

# ---- one step back goes on, also when the clock is set right by hand
clock_by -30
claim 'one step back: in' lets_in su_to alice "$(present_code alice)"
clock_by 30
claim 'one step ahead: in' lets_in su_to alice "$(phone_by alice 30)"
clock_by 0
claim 'right again: in' phone_works

# ---- ten minutes fast, and set right by hand
clock_by 650
claim 'ten minutes fast: its time counts' tool clock accept --yes
clock_by 0
claim 'set right: the phone' phone_works
claim 'and right it is' tool clock accept --yes

# ---- an hour back
clock_by -3700
claim 'an hour back: refused, with the reason' \
    refuses "This terminal's clock is 1 h [12] min behind" su_to alice "$(current_code alice)" '' ''
claim 'the log knows how far' grep -q -E 'reason="clock" user="alice".*1h0[12]m.*\[S-41\]' "$NS_LOG"
claim 'a code of that hour: refused as well' refuses 'behind' su_to alice "$(phone_by alice -3700)" '' ''
claim 'who has nothing is told the same' refuses 'clock is 1 h [12] min behind' su_to carol 000000 '' ''
claim 'a counter goes on' lets_in su_to bob "$(fob)"
claim 'paper goes on' lets_in su_to alice "$(next_paper)"
claim 'the tool says it' tool_says 'behind; TOTP codes are refused' clock
clock_by 0
claim 'right again: in' phone_works

# ---- 1970: the battery is empty. Log in by paper, set the clock, and the phone works.
clock_by -$(($(date +%s) - 86400))
claim '1970: the phone is refused' refuses 'behind' su_to alice "$(current_code alice)" '' ''
claim '1970: paper' lets_in su_to alice "$(next_paper)"
claim '1970: a counter' lets_in su_to bob "$(fob)"
claim '1970: an envelope' bash -c "umask 077; '$sekisho' code emergency alice --yes --file - |
    grep -o -E '([0-9A-Z]{4}-){4}[0-9A-Z]{4}' >$sheet.emergency"
claim '1970: opens' lets_in su_to alice "$(cat $sheet.emergency)"
clock_by 0
claim 'the clock set right: the phone' phone_works

# ---- 2099: nothing matches, and nothing is poisoned
clock_by 2300000000
claim '2099: the phone is wrong' refuses 'Wrong code' su_to alice "$(current_code alice)" '' ''
claim '2099: paper' lets_in su_to alice "$(next_paper)"
claim '2099: a counter' lets_in su_to bob "$(fob)"
clock_by 0
claim 'back in the present: the phone' phone_works
claim 'and the tool finds nothing wrong' tool_says 'the clock is not behind' clock

# ---- nine hours ahead, the other zone in the firmware: the log says what to look at
clock_by 33120
newcomer
claim 'nine hours ahead: wrong' refuses 'Wrong code' su_to $person "$(current_code $person)" '' ''
claim 'nothing more on the screen' says 'Wrong code\. One-time code: '
claim 'the log explains it' grep -q \
    "reason=\"wrong-code\" user=\"$person\".*clock seems about 9h10m fast, or the token's slow \[S-42\]" "$NS_LOG"
clock_by 0

# ---- phone and terminal both two hours ahead, then both are set right
clock_by 7200
newcomer
claim 'both ahead: in' lets_in su_to $person "$(phone_by $person 7200)"
clock_by 0
claim 'back: refused' refuses 'clock is (2 h|1 h 59 min|2 h 1 min) behind' \
    su_to $person "$(current_code $person)" '' ''
claim 'the clock is accepted' tool clock accept --yes
# codes up to the end of this window are given up with those of then
echo $(($(date +%s) / 30 + 1)) >$run/step/$person
claim 'who was let in two hours ahead may come again' lets_in su_to $person "$(fresh_code $person)"

# ---- the file of the clock is damaged
head -c 8192 /dev/urandom >"$store/clock"
claim 'no floor: refused' refuses "This terminal's clock is wrong" su_to alice "$(current_code alice)" '' ''
claim 'the log says which file' grep -q 'reason="clock" user="alice".*/clock.*\[S-1[0-9]\]' "$NS_LOG"
claim 'paper goes on' lets_in su_to alice "$(next_paper)"
claim 'a counter goes on' lets_in su_to bob "$(fob)"
claim 'the clock is accepted once more' tool clock accept --yes
claim 'the phone goes on' phone_works
claim 'through the door all the time' bash -c "! grep -q 'no helper\|S-35' '$NS_LOG'"
door_stop root
finish
