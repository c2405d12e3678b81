# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: clock and clock accept, word for word, and what they do to logins; unlock after a
# clock that was ahead.
needs_programs='expect oathtool'
ns_arguments='--timeout 300'
. "$(dirname "$0")/tool_lib.sh"
new_store
S=$sekisho
clock=/var/lib/sekisho/clock
for person in alice bob carol; do
	enroll $person >/dev/null
done
secret_file fob GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ >/dev/null
$S -q enroll carol hotp --label fob --counter 0 --no-confirm --secret-file $run/secret/fob

# at PERSON SECONDS: her code when it is so much later
at()
{
	oathtool --totp -b "$(cat $run/secret/$1)" --now "@$(($(date +%s) + $2))"
}

hotp()
{
	oathtool --hotp -c $1 -b "$(cat $run/secret/fob)"
}

# sums WHAT: of the files of everybody
sums()
{
	sha256sum /var/lib/sekisho/$1/* | sha256sum
}

# behind COMMAND...: with a clock about nine hours behind
behind()
{
	without_terminal env CLOCKSHIFT=-33130 LD_PRELOAD="$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so" \
	    "$@" | sed 's/9h1[123]m/9h12m/'
}

# ---- words
prints 'another word' '2> sekisho: set: unknown word [S-04]
2> hint: sekisho clock [accept]
exit 2' without_terminal $S clock set
prints 'no code yet' 'clock of this terminal:  TIME
latest accepted code:    none yet
the clock is not behind
exit 0' without_terminal $S clock
claim 'a code opens' opens alice $(fresh_code alice)
prints 'all is well' 'clock of this terminal:  TIME
latest accepted code:    TIME
the clock is not behind
exit 0' without_terminal $S clock
claim 'ten minutes back are nothing' shifted -650 $S clock

# ---- behind: the clock was set back, and is wrong now
prints 'nine hours back' 'clock of this terminal:  TIME
latest accepted code:    TIME
2> sekisho: clock: 9h12m behind; TOTP codes are refused [S-41]
2> hint: timedatectl set-time ...; if the clock is right: sekisho clock accept
exit 1' behind $S clock
prints 'no temporary code then' '2> sekisho: code temporary: the clock is 9h12m behind; a temporary code would not work [S-41]
2> hint: timedatectl set-time ...; sekisho clock; or: sekisho code recovery alice
exit 1' behind $S code temporary alice --valid 1d --reason x --file -
claim '1970' shifted -$(date +%s) says ' [0-9]{5} d behind' $S clock
refused_behind()
{
	local code

	code=$(at bob -33120)
	! shifted -33120 opens bob $code && $S -q unlock bob && grep -q 'reason="clock"' "$NS_LOG"
}
claim 'a code of that time is refused, and the log says why' refused_behind
claim 'a HOTP token goes on' shifted -33120 opens carol $(hotp 0)

# two days back, what carol uses today looks as if it had been used ahead
used_today()
{
	code=$(fresh_code carol)
	opens carol $code && shut carol $code
}
claim 'a code of today is used' used_today
prints 'unlock by a clock that is behind gives nothing back' 'carol: there were no failures to forget
2> sekisho: warning: codes ahead of this clock stay used, for it is behind: sekisho clock
exit 0' shifted -180000 without_terminal $S unlock carol
claim 'it stays used' shut carol $code
mv $clock $run/clock
claim 'nor without the file' shifted -180000 says 'stay used' $S unlock carol
mv $run/clock $clock
claim 'it stays used then, too' shut carol $code

# ---- ahead by less than the hour after which the store's own time follows
claim 'fifty minutes ahead a code opens' shifted 3000 opens bob $(at bob 3000)
prints 'the people are looked at' 'clock of this terminal:  TIME
latest accepted code:    TIME
the clock is not behind
2> sekisho: clock: 1 person used codes ahead of it; until then theirs are refused [S-42]
2> hint: timedatectl set-time ...; if the clock is right: sekisho clock accept
exit 1' without_terminal $S clock
used_ahead()
{
	shut bob $(current_code bob) && grep -q '^asked 2' $run/verdict && log_complete &&
	    grep 'reason="used-ahead" user="bob".*\[S-42\]' "$NS_LOG"
}
claim 'a code of now counts as used, and the log says why' used_ahead
prints 'a temporary code comes with a warning' '2> sekisho: warning: bob used codes under a clock that was ahead; until then this one does not open: sekisho clock accept' \
    bash -c "$S -q code temporary bob --valid 1h --reason x --file - 2>&1 >$run/secret/t | sed 's/^/2> /'"
claim 'recovery codes come without' bash -c "! $S -q code recovery bob --file - 2>&1 >/dev/null | grep ."
$S -q clock accept --yes
claim 'accepted, there is nothing to say' $S clock
claim 'and the temporary code opens' opens bob $(grep -o -E '([0-9A-Z]{4}-){3}[0-9A-Z]{4}' $run/secret/t)

# ---- ahead: codes were used under a clock of tomorrow and later
ahead()
{
	shifted 36000 opens alice $(at alice 36000) && shifted 36000 opens bob $(at bob 36000)
}
claim 'ten hours ahead codes open' ahead
claim 'back in time they are refused' shut bob $(current_code bob)
KEY=MFRGGZDFMZTWQ2LK
export KEY
prints 'enroll warns; a new token does not set that right' 'Code on the phone: CODE
alice: totp "new" enrolled
sekisho: warning: alice used codes under a clock that was ahead: sekisho clock accept
exit 0' at_terminal good -- $S enroll alice totp --label new --secret-file $(secret_file new $KEY)
refused_for_clock()
{
	! shifted 60 opens alice $(at new 60) && log_complete &&
	    grep 'event=login' "$NS_LOG" | tail -n 1 | grep 'reason="clock"'
}
claim 'it is refused for the clock' refused_for_clock
$S -q unlock alice
prints 'accept needs an answer' '2> sekisho: clock: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S clock accept
question='It is TIME here; the latest accepted code was at TIME. Is this clock right? Codes used by a clock that was ahead are given up. [y/N]'
before=$(sums states)
prints 'no is no' "$question n
sekisho: clock: not confirmed; nothing changed [S-27]
exit 1" at_terminal n -- $S clock accept
claim 'nothing changed' test "$before" = "$(sums states)"
prints 'yes is yes' "$question y
clock accepted; codes of 2 people were given up
exit 0" at_terminal y -- $S clock accept
claim 'it is in the log' logged 'event=clock result="done"'
claim 'and whose codes' logged 'event=clock result="recovered" user="bob"'
claim 'nobody else' bash -c "! grep 'event=clock' $NS_LOG | grep -q carol"
prints 'once more: nobody' 'clock accepted; codes of 0 people were given up
exit 0' without_terminal $S clock accept --yes
claim 'the clock is not behind' $S clock
claim 'a code of soon opens bob' shifted 90 opens bob $(at bob 90)
claim 'and carol at once' opens carol $(fresh_code carol)

# ---- the file
rm $clock
prints 'no file' 'clock of this terminal:  TIME
2> sekisho: /var/lib/sekisho/clock: missing [S-14]
2> hint: sekisho clock accept, when the clock is right
exit 1' without_terminal $S clock
claim 'no TOTP without it' shut alice $(at alice 60)
prints 'no temporary code either' '2> sekisho: /var/lib/sekisho/clock: missing [S-14]
2> hint: sekisho clock accept
exit 1' without_terminal $S code temporary alice --valid 1d --reason x --file -
prints 'accept makes it' 'It is TIME here; what time it was before is lost. Is this clock right? [y/N] y
clock accepted; codes of 0 people were given up
exit 0' at_terminal y -- $S clock accept
claim 'it is private' test "$(stat -c '%a %U' $clock)" = '600 root'
head -c 8192 /dev/urandom >$clock
prints 'damaged' 'clock of this terminal:  TIME
exit 1' bash -c "LC_ALL=C TZ=UTC setsid -w $S clock </dev/null 2>$run/err | sed -E '$mask_codes'; echo exit \${PIPESTATUS[0]}"
claim 'said with its number' grep -q 'S-1[45]' $run/err
claim 'accept makes it anew' $S clock accept --yes
claim 'and codes open again' shifted 150 opens alice $(at alice 150)

# ---- one damaged person does not stop the others
shifted 36000 opens alice $(at alice 36000) >/dev/null
echo 'broken:x:2077:2077::/:/bin/sh' >>/etc/passwd
$S -q enroll broken totp --no-confirm --secret-file $run/secret/bob
head -c 300 /dev/urandom | dd of="$(ls -t /var/lib/sekisho/records/* | head -n 1)" conv=notrunc status=none
claim 'accept with a damaged person: exit 1' bash -c "$S clock accept --yes >$run/out 2>$run/err; [ \$? = 1 ]"
claim 'he is named' grep -q 'S-1[45]' $run/err
claim 'the others were done' grep -q 'codes of 1 person were given up' $run/out
claim 'the log says so' logged 'event=clock result="partly"'

$S -q revoke broken --yes 2>/dev/null

# ---- a time no file can keep
# at_time SECONDS COMMAND...: the clock says so many since 1970
at_time()
{
	local seconds=$1
	shift

	without_terminal env CLOCKSET=$seconds LD_PRELOAD="$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so" "$@"
}
sum_of_store()
{
	find /var/lib/sekisho -type f -exec sha256sum {} + | sort | sha256sum
}
before=$(sum_of_store)
for words in 'clock accept --yes' 'revoke alice --yes' 'suspend alice' 'resume alice' 'code recovery alice --file -' \
    'code temporary alice --valid 1d --reason x --file -' 'code temporary alice --remove' \
    "enroll alice totp --label x --no-confirm --secret-file $run/secret/bob" init; do
	for time in '-100000 before 1970' '253402300800 past the year 9999'; do
		prints "${time#* }: $words" "2> sekisho: clock: this terminal's clock is ${time#* }; nothing changed [S-42]
2> hint: timedatectl set-time ...; then again
exit 1" at_time ${time%% *} $S $words
	done
done
claim 'nothing changed' test "$before" = "$(sum_of_store)"
prints 'clock says so' "clock of this terminal:  -
latest accepted code:    TIME
2> sekisho: clock: this terminal's clock is before 1970; nothing changed [S-42]
2> hint: timedatectl set-time ...; then again
exit 1" at_time -100000 $S clock
claim 'an envelope can be made all the same' at_time -100000 $S code emergency --yes --file $run/envelope
claim 'and it is there' test -s $run/envelope
prints 'unlock and everybody, too' 'exit 0
exit 0
exit 0' bash -c "true; $(declare -f at_time without_terminal); export run=$run mask_codes='$mask_codes'
    at_time 253402300800 $S -q unlock alice; at_time -9 $S -q suspend --all --yes; at_time -9 $S -q resume --all --yes"
minute_of_1970()
{
	at_time 5 $S -q clock accept --yes
	at_time 5 $S -q code temporary alice --valid 1d --reason x --file $run/sheet
	at_time 253402300700 $S -q clock accept --yes
	at_time 253402300700 $S -q code temporary alice --valid 1d --reason x --file $run/sheet2
	$S -q clock accept --yes
}
prints 'a temporary code in the first minute of 1970, and in the last of 9999' 'exit 0
exit 0
exit 0
exit 0' minute_of_1970

# ---- no secret, no lock, no leftovers
claim 'nothing is left behind' bash -c "! find /var/lib/sekisho -name '.new-*' | grep ."
finish
