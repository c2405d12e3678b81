# SPDX-License-Identifier: BSD-2-Clause
# People with cards, for tests of logins; sourced after tests/card/lib.sh.

cardenroll=$SEKISHO_BUILDDIR/tests/system/cardenroll
client=$SEKISHO_BUILDDIR/tests/system/client
conf=/etc/sekisho/sekisho.conf
ask_pin='PIN for card( .[23] tries left.)?: $'
ask_last='PIN for card .1 try left.: $'
ask_again='same PIN again: $'
ask_jpki='user authentication .4 digits, [23] tries left.: $'
empty_verify=00200080
piv_select=00A404000BA000000308000010000100

# configure REQUIRE LINE...: one rule for everybody, and these lines before it.
configure()
{
	printf '%s\n' "${@:2}" "rule all { require = \"$1\" }" >$conf
}

# enroll_card PERSON CARD LABEL: without a PIN, what is in the reader.
enroll_card()
{
	"$cardenroll" "$1" "$(id -u $1)" "$(card_reader $2)" "${@:3}"
}

# enroll_fob PERSON, next_code PERSON: a counter instead of time, so that no code is waited for.
enroll_fob()
{
	(umask 077 && head -c 20 /dev/urandom | base32 >$run/secret/$1 && echo 0 >$run/secret/$1.next)
	"$sekisho" enroll $1 hotp --label fob --counter 0 --secret-file $run/secret/$1 --no-confirm
}

next_code()
{
	local n=$(cat $run/secret/$1.next)

	echo $((n + 1)) >$run/secret/$1.next
	oathtool --hotp -b "$(cat $run/secret/$1)" -c $n
}

# trust CARD: its authority is an anchor.
trust()
{
	mkdir -p -m 755 /etc/sekisho/anchors /etc/sekisho/crls
	cp $cards/$1/ca.pem /etc/sekisho/anchors/$1.pem
}

unlock()
{
	"$sekisho" unlock "${1-alice}" >/dev/null
}

at_desk()
{
	desk_of $1 && "$system/inunit" $1 session-7.scope "${@:2}"
}

# su_with PROMPT ANSWER...: carol, at the machine, becomes alice.
su_with()
{
	desk_of carol && on_terminal "$ask_password" alicepw "$@" -- "$system/inunit" carol \
	    session-7.scope su alice -c 'echo INSIDE-$(id -un)'
}

# answers WORD...: a login of alice without PAM, one answer for each question; see client.c for
# what is printed.
answers()
{
	timeout 90 "$client" --tty tty1 --start "$SEKISHO_HELPER" direct alice "$@"
}

# grants COMMAND..., denies COMMAND...: of answers. A question that is left open lets nobody in;
# no reply at all is neither.
grants()
{
	[[ "$("$@" | tee $run/dialogue)" = 'verdict 1 '* ]] || { cat $run/dialogue; return 1; }
}

denies()
{
	local said

	said=$("$@" | tee $run/dialogue)
	[[ $said = asked* || $said = 'verdict '[02-9]* ]] || { cat $run/dialogue; return 1; }
}

# tries_are CARD N
tries_are()
{
	[ "$(card_state $1 tries)" = $2 ] || { card_state $1 tries; return 1; }
}

# no_pin_sent CARD: since card_forget, it saw no VERIFY with a PIN.
no_pin_sent()
{
	! card_log $1 | grep -E '> 002000[0-9A-F]{4}\*'
}

# Another program asks a PIV card at once: 9000 would be a PIN that is still verified.
unverified()
{
	local sw

	sw=$(card_send $1 $piv_select $empty_verify | tail -n 1)
	[[ $sw = 63C* || $sw = 6983 ]] || { echo "the card answers $sw"; return 1; }
}

# ---- a login that waits between question and answer

# begin [OPTION...]: a login of alice that has its first question. $login is the host, $helper what
# it started, $run/said what was asked, a line each.
begin()
{
	rm -f $run/lines
	mkfifo $run/lines
	: >$run/said
	"$client" --lines --tty tty1 --start "$SEKISHO_HELPER" "$@" direct alice <$run/lines >$run/said 2>&1 &
	login=$!
	exec 8>$run/lines
	within 40 test -s $run/said && helper=$(pgrep -P $login)
}

# say ANSWER: what comes of it is the last line of $run/said.
say()
{
	local lines=$(wc -l <$run/said)

	echo "$1" >&8
	within 40 eval "[ \$(wc -l <$run/said) -gt $lines ]"
}

# said WORDS: the last line begins so.
said()
{
	[[ "$(tail -n 1 $run/said)" = "$*"* ]] || { cat $run/said; return 1; }
}

asks_pin()
{
	[[ "$(tail -n 1 $run/said)" = asked*' text 4 '* ]] || { cat $run/said; return 1; }
}

asks_code()
{
	[[ "$(tail -n 1 $run/said)" = asked*' text 1 '* ]] || { cat $run/said; return 1; }
}

# The host leaves the person's question unanswered.
leave()
{
	exec 8>&-
	wait $login 2>/dev/null
	helper_ended
}

helper_ended()
{
	within 20 eval "! kill -0 $helper"
}
