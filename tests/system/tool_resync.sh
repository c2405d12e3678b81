# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: resync, word for word, with tokens that are far off.
needs_programs='expect oathtool perl'
. "$(dirname "$0")/tool_lib.sh"
lockprobe=$SEKISHO_BUILDDIR/tests/system/lockprobe
new_store
S=$sekisho
enroll alice >/dev/null
export KEY=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
secret_file fob $KEY >/dev/null
$S -q enroll bob hotp --label fob --counter 0 --no-confirm --secret-file $run/secret/fob

hotp()
{
	oathtool --hotp -c $1 -b $KEY
}

# of_alice ANSWER... -- COMMAND...
of_alice()
{
	local -x KEY

	KEY=$(cat $run/secret/alice)
	at_terminal "$@"
}

shifted_code()
{
	oathtool --totp -b "$(cat $run/secret/alice)" --now "@$(($(date +%s) + $1))"
}

states_sum()
{
	sha256sum /var/lib/sekisho/states/* | sha256sum
}

# ---- errors
prints 'no terminal' '2> sekisho: resync: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S resync alice
prints 'not enrolled' 'sekisho: carol: not enrolled [S-21]
hint: sekisho enroll carol totp
exit 1' at_terminal -- $S resync carol
prints 'no such token' 'sekisho: alice: no token "pager" that shows codes [S-27]
hint: sekisho list alice
exit 1' at_terminal -- $S resync alice pager
before=$(states_sum)
prints 'no code at all' 'A code of the token: 12345
sekisho: alice: not a code of 6 digits; nothing changed [S-22]
exit 1' at_terminal 12345 -- $S resync alice
prints 'the same code twice' 'A code of the token: CODE
The code after it: CODE
sekisho: alice: the same code twice; nothing changed [S-22]
hint: wait until the token shows another code
exit 1' of_alice step+0 step+0 -- $S resync alice
prints 'not one after the other' 'A code of the token: CODE
The code after it: CODE
sekisho: alice: no two codes in a row of the day around now; nothing changed [S-22]
hint: codes used before do not count: take the next two the token shows
exit 1' of_alice step+20 step+22 -- $S resync alice
claim 'that is in the log' logged 'event=resync result="refused" user="alice" token="totp" .*S-22'
prints 'two days off' 'A code of the token: CODE
The code after it: CODE
sekisho: alice: no two codes in a row of the day around now; nothing changed [S-22]
hint: codes used before do not count: take the next two the token shows
exit 1' of_alice step+5760 step+5761 -- $S resync alice
prints 'going away' 'A code of the token: CODE
The code after it: 
sekisho: alice: not confirmed; nothing changed [S-27]
exit 1' of_alice step+20 end -- $S resync alice
claim 'nothing was stored by all that' test "$before" = "$(states_sum)"

# ---- TOTP
claim 'an hour ahead: refused' shut alice $(shifted_code 3600)
prints 'resync finds it' 'A code of the token: CODE
The code after it: CODE
alice: "totp" found; its clock is 1h00m ahead of this one
exit 0' of_alice step+119 step+120 -- $S resync alice
claim 'it is in the log' logged 'event=resync result="done" user="alice" token="totp"'
claim 'its codes open' opens alice $(shifted_code 3630)
claim 'the codes typed do not' shut alice $(shifted_code 3600)
prints 'nor do they find it again' 'A code of the token: CODE
The code after it: CODE
sekisho: alice: no two codes in a row of the day around now; nothing changed [S-22]
hint: codes used before do not count: take the next two the token shows
exit 1' of_alice step+119 step+120 -- $S resync alice

prints 'set right after that, it is behind its own codes' 'A code of the token: CODE
The code after it: CODE
sekisho: alice: the token is 1h01m behind codes it was used with; nothing changed [S-31]
hint: sekisho enroll alice totp --replace LABEL; or wait until it is there
exit 1' of_alice step-1 step+0 -- $S resync alice

# ---- HOTP
claim 'far ahead: refused' shut bob $(hotp 500)
prints 'resync finds it' 'A code of the token: CODE
The code after it: CODE
bob: "fob" found, 502 codes further on
exit 0' at_terminal hotp:500 hotp:501 -- $S resync bob
claim 'the second is used up' shut bob $(hotp 501)
claim 'the next one opens' opens bob $(hotp 502)
prints 'never back' 'A code of the token: CODE
The code after it: CODE
sekisho: bob: no two codes in a row of the next 1000; nothing changed [S-22]
hint: codes used before do not count: take the next two the token shows
exit 1' at_terminal hotp:500 hotp:501 -- $S resync bob

tear
prints 'after an interrupted write' 'A code of the token: CODE
The code after it: CODE
sekisho: warning: bob: an earlier write was interrupted; the next codes are refused
bob: "fob" found, 6 codes further on
exit 0' at_terminal hotp:506 hotp:507 -- $S resync bob
claim 'the place of that token is sure' opens bob $(hotp 508)

$S -q enroll bob hotp --label other --counter 0 --no-confirm --secret-file $(secret_file other MFRGGZDFMZTWQ2LK)
$S -q unlock bob
tear
prints 'once more' 'A code of the token: CODE
The code after it: CODE
sekisho: warning: bob: an earlier write was interrupted; the next codes are refused
bob: "fob" found, 2 codes further on
exit 0' at_terminal hotp:509 hotp:510 -- $S resync bob fob
claim 'what a lost login may have used of the other is given up' \
    shut bob $(oathtool --hotp -c 5 -b MFRGGZDFMZTWQ2LK)
claim 'and no more' opens bob $(oathtool --hotp -c 11 -b MFRGGZDFMZTWQ2LK)
$S -q revoke bob other --yes

# ---- which token
$S -q enroll bob totp --no-confirm --secret-file $run/secret/alice
prints 'two tokens: which?' 'sekisho: bob: has 2 tokens: which of them? [S-27]
hint: sekisho list bob; sekisho resync bob LABEL
exit 1' at_terminal -- $S resync bob
prints 'this one' 'A code of the token: CODE
The code after it: CODE
bob: "fob" found, 2 codes further on
exit 0' at_terminal hotp:511 hotp:512 -- $S resync bob fob

# ---- while a human types
expect -c "
	log_user 0
	set timeout 20
	spawn $S resync bob fob
	expect {A code of the token: } {} timeout {exit 1}
	exec touch $run/waiting
	expect eof
" &
while [ ! -e $run/waiting ] && kill -0 $! 2>/dev/null; do
	sleep .1
done
pid=$(pgrep -f "^$S resync bob" | head -n 1)
claim 'it waits for a code' test -n "$pid"
claim 'no file of the store is locked' $lockprobe /var/lib/sekisho/lock /var/lib/sekisho/states/*
kill -9 $pid
wait

# taken_away: revoked while it waits
taken_away()
{
	expect -c "
		set timeout 20
		spawn -noecho $S resync bob fob
		expect {A code of the token: }
		exec $S -q revoke bob fob --yes
		send $(hotp 520)\r
		expect {The code after it: }
		send $(hotp 521)\r
		expect eof
		exit [lindex [wait] 3]
	" | tail -n 2 | tr -d '\r'
}
prints 'a token that was revoked meanwhile' 'sekisho: bob: the token was taken away meanwhile; nothing changed [S-20]
hint: try again in a few seconds' taken_away
$S -q revoke bob --yes
prints 'revoked' 'sekisho: bob: revoked before [S-26]
hint: sekisho enroll bob totp enrolls anew
exit 1' at_terminal -- $S resync bob
finish
