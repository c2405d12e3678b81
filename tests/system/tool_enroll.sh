# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: enroll, word for word, with and without a terminal.
needs_programs='expect oathtool pamtester'
. "$(dirname "$0")/tool_lib.sh"
new_store
S=$sekisho
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
usage_enroll='hint: sekisho enroll USER totp|hotp|card [options]'

tokens()
{
	"$S" list $1 2>/dev/null | sed -e 1d -e '/^recovery codes: /d' | awk '{print $1, $2, $3, $4, $NF}'
}

long_line()
{
	at_terminal $(printf 'x%.0s' {1..300}) good -- $S enroll bob totp --label phone | sed 's/x\{300\}/LONG/'
}

# env_key KEY ANSWER... -- COMMAND...
env_key()
{
	local -x KEY=$1
	shift

	at_terminal "$@"
}

confirmed_code_is_used()
{
	local code

	pam_service burned "required $SEKISHO_MODULE"
	env_key MFRGGZDFMZTWQ2LK good -- $S enroll carol totp --label burned \
	    --secret-file $(secret_file burned MFRGGZDFMZTWQ2LK) >/dev/null
	code=$(tr -d '\r' <$run/terminal | sed -n 's/^Code on the phone: //p')
	[ ${#code} = 6 ] || return 1
	on_terminal "$ask_code" $code -- timeout 5 pamtester burned carol authenticate && return 1
	for _ in $(seq 100); do
		grep -q 'reason="used-code" user="carol"' "$NS_LOG" && return 0
		sleep .05
	done
	return 1
}

# login PERSON CODE: right, or denied with the reason in the log
login()
{
	pam_service again "required $SEKISHO_MODULE"
	on_terminal "$ask_code" $2 -- timeout 5 pamtester again $1 authenticate
}

used_code_stays_used()
{
	local code

	$S -q revoke alice --yes
	$S -q enroll alice totp --secret-file $file --no-confirm || return 1
	code=$(fresh_code alice)
	login alice $code || return 1
	$S -q revoke alice --yes
	$S -q enroll alice totp --secret-file $file --no-confirm || return 1
	login alice $code && return 1
	grep 'event=login' "$NS_LOG" | tail -n 1 | grep -q 'reason="used-code"'
}

# logins followed a token that is fast; then it goes, and its secret comes again
fast_code_stays_used() # PERSON COMMAND that takes it away
{
	local who=$1 first last step seconds
	shift

	first=$(($(date +%s) / 30)) last=$(($(date +%s) / 30 + 6))
	secret_file $who BBBBBBBBDDDDDDDD >/dev/null
	$S -q enroll $who totp --secret-file $run/secret/$who --no-confirm || return 1
	for step in $(seq $((first + 1)) $last); do
		opens $who $(code_at $who $step) || return 1
	done
	"$@" && $S -q revoke $who --yes && $S -q unlock $who &&
	    $S -q enroll $who totp --secret-file $run/secret/$who --no-confirm || return 1
	seconds=$((last * 30 - $(date +%s) + 1))
	shifted $seconds shut $who $(code_at $who $last) && log_complete &&
	    grep 'event=login' "$NS_LOG" | tail -n 1 | grep -q 'reason="used-code"' || return 1
	shifted $((seconds + 90)) opens $who $(code_at $who $((last + 3)))
}
for person in fast swift; do
	echo "$person:x:$((2060 + ${#person})):100::/:/bin/sh" >>/etc/passwd
done

old_record_is_dead()
{
	local record

	$S -q enroll old totp --secret-file $(secret_file old BBBBCCCCDDDDEEEE) --no-confirm || return 1
	record=/var/lib/sekisho/records/$(ls -t /var/lib/sekisho/records | head -n 1)
	cp -p $record $run/record
	$S -q enroll old totp --replace totp --secret-file $(secret_file old2 FFFFCCCCDDDDEEEE) --no-confirm || return 1
	login old $(current_code old2) || return 1
	cp -p $run/record $record
	! login old $(current_code old)
}
echo 'old:x:2066:2066::/:/bin/sh' >>/etc/passwd

# ---- without a terminal
prints 'no terminal to show the secret on' '2> sekisho: enroll: no terminal to show the secret on [S-04]
2> hint: --qr FILE.png, or --secret-file FILE
exit 2' without_terminal $S enroll alice totp
prints 'nor to ask for a code' "2> sekisho: enroll: no terminal to ask for a code on [S-04]
2> hint: --no-confirm stores without a code
exit 2" without_terminal $S enroll alice totp --qr $run/x.png
prints '--yes confirms no code' "2> sekisho: enroll: no terminal to ask for a code on [S-04]
2> hint: --no-confirm stores without a code
exit 2" without_terminal $S --yes enroll alice totp --qr $run/x.png
claim 'and no file was made' test ! -e $run/x.png
prints 'nobody was enrolled by that' 'nobody is enrolled
exit 0' without_terminal $S list
file=$(secret_file alice "$seed")
prints 'a secret from a file' 'alice: totp "totp" enrolled
exit 0' without_terminal $S enroll alice totp --secret-file $file --no-confirm
claim 'enroll is in the log' logged 'event=enroll result="done" user="alice" token="totp"'
prints 'the same secret again' '2> sekisho: alice: this secret is enrolled already, as "totp" [S-25]
2> hint: sekisho list alice
exit 1' without_terminal $S enroll alice totp --secret-file $file --no-confirm --label other
prints 'nor in place of itself' '2> sekisho: alice: this secret is enrolled already, as "totp" [S-25]
2> hint: sekisho list alice
exit 1' without_terminal $S enroll alice totp --secret-file $file --no-confirm --replace totp
prints 'nor in another spelling' '2> sekisho: alice: this secret is enrolled already, as "totp" [S-25]
2> hint: sekisho list alice
exit 1' without_terminal $S enroll alice totp --no-confirm \
    --secret-file $(secret_file hex 'hex:3132333435363738393031323334353637383930')
prints 'but for another person' 'bob: totp "totp" enrolled
exit 0' without_terminal $S enroll bob totp --secret-file $file --no-confirm
prints 'quiet' 'exit 0' without_terminal $S -q enroll bob totp --no-confirm --label fob \
    --digits 8 --secret-file $(secret_file fob 'gezd-gnbv gy3t qojq')
prints 'a label that is there' '2> sekisho: bob: there is a token "fob" already [S-25]
2> hint: sekisho list bob
exit 1' without_terminal $S enroll bob totp --no-confirm --label fob \
    --secret-file $(secret_file x AAAABBBBCCCCDDDD)
prints 'nothing there to replace' '2> sekisho: bob: no token "pager" to replace [S-27]
2> hint: sekisho list bob
exit 1' without_terminal $S enroll bob totp --no-confirm --replace pager --secret-file $run/secret/x
prints 'nobody there to replace' '2> sekisho: carol: not enrolled [S-21]
2> hint: sekisho enroll carol totp
exit 1' without_terminal $S enroll carol totp --no-confirm --replace pager --secret-file $run/secret/x
prints 'a secret from stdin' 'carol: totp "totp" enrolled' bash -c \
    "printf '%s\n' '$seed' | setsid -w $S enroll carol totp --secret-file - --no-confirm"
prints 'a default label that is free' 'carol: totp "totp-2" enrolled
exit 0' without_terminal $S enroll carol totp --secret-file $run/secret/x --no-confirm
prints 'a new one in place of an old one' 'carol: totp "totp" enrolled
carol: the "totp" before it no longer works
exit 0' without_terminal $S enroll carol totp --replace totp --no-confirm \
    --secret-file $(secret_file y BBBBBBBBCCCCDDDD)
prints 'and under another name' 'carol: totp "new" enrolled
carol: the "totp-2" before it no longer works
exit 0' without_terminal $S enroll carol totp --replace totp-2 --label new --no-confirm \
    --secret-file $(secret_file z CCCCCCCCCCCCDDDD)
prints 'what carol has now' 'carol totp totp 6 enrolled
carol new totp 6 enrolled' tokens carol

claim 'the token before it has no counter any more: its record put back does not revive it' \
    old_record_is_dead
prints 'the same secret with zeros behind it' '2> sekisho: bob: this secret is enrolled already, as "fob" [S-25]
2> hint: sekisho list bob
exit 1' without_terminal $S enroll bob totp --no-confirm \
    --secret-file $(secret_file zeros 'hex:31323334353637383930 0000')
claim 'a used code stays used when its secret comes again' used_code_stays_used
claim 'also one of a token that is fast' fast_code_stays_used fast true
claim 'and one that was replaced' fast_code_stays_used swift $S -q enroll swift totp --replace totp \
    --no-confirm --secret-file $(secret_file next CCCCCCCCDDDDDDDD)

# ---- unusable secrets
bad_secret()
{
	prints "secret: $1" "2> sekisho: $run/secret/bad: $3 [S-27]
2> hint: base32 as vendors print it, or hex: and hexadecimal digits
exit 1" without_terminal $S enroll bob totp --no-confirm --secret-file "$(secret_file bad "$2")"
}
bad_secret short GEZDGNBV 'a secret of 5 bytes is too short, 10 to 64 needed'
bad_secret 'hex without a prefix' 31323334353637383930 'character 2 is not base32'
bad_secret long $(printf 'A%.0s' {1..112}) '112 digits are no whole base32 secret of 10 to 64 bytes'
prints 'secret: no file' "2> sekisho: $run/none: cannot open: No such file or directory [S-27]
2> hint: base32 as vendors print it, or hex: and hexadecimal digits
exit 1" without_terminal $S enroll bob totp --no-confirm --secret-file $run/none
chmod 644 $run/secret/x
prints 'secret: others may read it' "bob: totp \"totp-2\" enrolled
2> sekisho: warning: $run/secret/x: others may read this secret (mode 0644)
exit 0" without_terminal $S enroll bob totp --no-confirm --secret-file $run/secret/x

# ---- at a terminal
shown='[QR]
or type: KEY  (shown once)'
prints 'a person with a phone' "$shown
Code on the phone: CODE
sekisho: alice: wrong code, 2 tries left; nothing stored [S-22]
Code on the phone: x
sekisho: alice: not a code of this token, 1 try left; nothing stored [S-22]
Code on the phone: CODE
alice: totp \"phone\" enrolled
exit 0" at_terminal wrong x good -- $S enroll alice totp --label phone
prints 'three wrong codes' "$shown
Code on the phone: CODE
sekisho: bob: wrong code, 2 tries left; nothing stored [S-22]
Code on the phone: CODE
sekisho: bob: wrong code, 1 try left; nothing stored [S-22]
Code on the phone: CODE
sekisho: bob: wrong code, no try left; nothing stored [S-22]
hint: check the clock here and on the phone; type the code that is showing now
exit 1" at_terminal wrong wrong wrong -- $S enroll bob totp --label phone
claim 'refused is in the log' logged 'event=enroll result="refused" user="bob" token="phone" .*S-22'
prints 'going away: ^D' "$shown
Code on the phone: 
sekisho: bob: not confirmed; nothing changed [S-27]
exit 1" at_terminal end -- $S enroll bob totp --label phone
prints 'going away: ^C' "$shown
Code on the phone: ^C
sekisho: bob: not confirmed; nothing changed [S-27]
exit 130" at_terminal break -- $S enroll bob totp --label phone
prints 'an endless line' "$shown
Code on the phone: LONG
sekisho: bob: not a code of this token, 2 tries left; nothing stored [S-22]
Code on the phone: CODE
bob: totp \"phone\" enrolled
exit 0" long_line
export KEY=GEZDGNBVGY3TQOJQ
prints 'a secret from a file is not shown' 'Code on the phone: CODE
alice: totp "fob" enrolled
exit 0' at_terminal good -- $S enroll alice totp --label fob --secret-file $(secret_file fob2 $KEY)
unset KEY
claim 'the code that confirmed is used up' confirmed_code_is_used
for way in 'ahead of' behind; do
	prints "a clock three hours ${way% *}" "Code on the phone: CODE
sekisho: carol: wrong code, 2 tries left; nothing stored [S-22]
Code on the phone: CODE
sekisho: carol: wrong code, 1 try left; nothing stored [S-22]
Code on the phone: CODE
sekisho: carol: wrong code, no try left; nothing stored [S-22]
hint: the phone's clock seems 3h00m $way this one: set the one that is wrong
exit 1" env_key GEZDGNBVGY3TQOJR wrong wrong ${way% *} -- \
	    $S enroll carol totp --label clock --secret-file $(secret_file clock GEZDGNBVGY3TQOJR)
done
prints 'only the key' 'or type: KEY  (shown once)
Code on the phone: CODE
alice: totp "key" enrolled
exit 0' at_terminal good -- $S enroll alice totp --label key --qr none
prints 'a secret typed at a hidden prompt' 'Secret (not shown): 
alice: totp "typed" enrolled
exit 0' at_terminal DDDDDDDDDDDDDDDD -- $S enroll alice totp --label typed --secret-file - --no-confirm
prints 'a wrong secret typed at a hidden prompt' 'Secret (not shown): 
sekisho: secret: character 1 is not base32 [S-27]
hint: base32 as vendors print it, or hex: and hexadecimal digits
exit 1' at_terminal 1DDD -- $S enroll alice totp --label typed2 --secret-file - --no-confirm

# ---- HOTP
hotp()
{
	oathtool --hotp -c $1 -b $KEY
}
for option in '--period 60' '--algorithm sha256' '--algorithm sha1'; do
	prints "hotp: no ${option% *}" "2> sekisho: ${option% *}: not with hotp, which counts codes and is SHA-1 only [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll bob hotp $option
done
prints 'totp: no --counter' "2> sekisho: --counter: only a hotp token has one [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll bob totp --counter 0
for value in -1 1x 1000000000001 ''; do
	prints "--counter '$value'" "2> sekisho: --counter: takes the number of the next code, 0 to 1000000000000 [S-04]
2> $usage_enroll
exit 2" without_terminal $S enroll bob hotp "--counter=$value"
done
echo 'eve:x:2077:2077::/:/bin/sh' >>/etc/passwd
prints 'hotp at a terminal' '[QR]
or type: KEY  (shown once)
Next code of the token: CODE
eve: hotp "hotp" enrolled
exit 0' at_terminal hotp:0 -- $S enroll eve hotp
prints 'list' 'eve hotp hotp 6 enrolled' tokens eve
export KEY=GEZDGNBVGY3TQOJR
file=$(secret_file eve $KEY)
with_digits()
{
	local -x OATH=--digits=$1
	shift

	at_terminal "$@"
}
prints 'a counter of its own, pressed twice; 8 digits' 'Next code of the token: CODE
eve: hotp "fob" enrolled
exit 0' with_digits 8 hotp:42 -- $S enroll eve hotp --label fob --secret-file $file --counter 40 --digits 8
claim 'the code that confirmed is used' shut eve $(oathtool --hotp -d 8 -c 42 -b $KEY)
claim 'so is the one before' shut eve $(oathtool --hotp -d 8 -c 41 -b $KEY)
claim 'the next one opens' opens eve $(oathtool --hotp -d 8 -c 43 -b $KEY)
prints 'the same secret again' '2> sekisho: eve: this secret is enrolled already, as "fob" [S-25]
2> hint: sekisho list eve
exit 1' without_terminal $S enroll eve hotp --secret-file $file --counter 0 --no-confirm
prints 'nor as a clock' '2> sekisho: eve: this secret is enrolled already, as "fob" [S-25]
2> hint: sekisho list eve
exit 1' without_terminal $S enroll eve totp --secret-file $file --no-confirm
export KEY=GEZDGNBVGY3TQOJS
file=$(secret_file eve2 $KEY)
refused='Next code of the token: CODE
sekisho: eve: wrong code, 2 tries left; nothing stored [S-22]
Next code of the token: CODE
sekisho: eve: wrong code, 1 try left; nothing stored [S-22]
Next code of the token: CODE
sekisho: eve: wrong code, no try left; nothing stored [S-22]
hint: '
prints 'beyond the look-ahead: it says where the token is' "${refused}the token seems to be at its code number 11: --counter 12
exit 1" at_terminal hotp:2000 hotp:11 hotp:11 -- $S enroll eve hotp --secret-file $file --label x
prints 'before the counter: no' "${refused}is this the token with that secret? --counter says where it is
exit 1" at_terminal hotp:4 hotp:4 hotp:4 -- $S enroll eve hotp --secret-file $file --label x --counter 5
prints 'the last of the look-ahead' 'Next code of the token: CODE
eve: hotp "x" enrolled
exit 0' at_terminal hotp:10 -- $S enroll eve hotp --secret-file $file --label x
claim 'from there' opens eve $(hotp 11)
prints 'without a code and a counter' '2> sekisho: --no-confirm: where is this token? Codes used before would open again [S-04]
2> hint: --counter N, the number of its next code, or let it ask for a code
exit 2' without_terminal $S enroll eve hotp --no-confirm --secret-file $(secret_file eve3 ${KEY/S/T})
prints 'without a code' 'eve: hotp "hotp-2" enrolled
exit 0' without_terminal $S enroll eve hotp --no-confirm --counter 7 --secret-file $(secret_file eve3 ${KEY/S/T})
KEY=${KEY/S/T}
claim 'the one before is used' shut eve $(hotp 6)
claim 'that one opens' opens eve $(hotp 7)
claim 'somebody who has used a clock: hotp' $S enroll alice hotp --counter 0 --no-confirm --secret-file $run/secret/eve3
claim 'counts from 0 all the same' opens alice $(hotp 0)
claim 'a new secret begins at 0 without being told' $S enroll alice hotp --label new --no-confirm --qr $run/new.png
finish
