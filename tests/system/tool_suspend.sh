# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: suspend and resume, word for word, and what they do to logins.
needs_programs='expect oathtool perl'
. "$(dirname "$0")/tool_lib.sh"
new_store
S=$sekisho
for person in alice bob; do
	enroll $person >/dev/null
done
secret_file fob GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ >/dev/null
$S -q enroll bob totp --label fob --no-confirm --secret-file $run/secret/fob

states()
{
	$S list $1 2>/dev/null | sed -n 's/^[a-z]*  *\([^ ]*\)  *[th]otp.* \([a-z]*\)$/\1 \2/p'
}

sum_of_store()
{
	find /var/lib/sekisho -type f ! -path '*/decoys/*' -exec sha256sum {} + | sort | sha256sum
}

# unchanged COMMAND...: no file is another one
unchanged()
{
	local before

	before=$(sum_of_store)
	"$@"
	[ "$before" = "$(sum_of_store)" ] || echo 'the store was changed'
}

# ---- errors
prints 'a missing operand' '2> sekisho: USER: is missing [S-04]
2> hint: sekisho suspend USER [LABEL] | --all [options]
exit 2' without_terminal $S suspend
prints 'a person and --all' '2> sekisho: resume: too many words [S-04]
2> hint: sekisho resume USER [LABEL] | --all [options]
exit 2' without_terminal $S resume --all alice
prints 'an empty label' '2> sekisho: LABEL: is empty [S-04]
2> hint: sekisho suspend USER [LABEL] | --all [options]
exit 2' without_terminal $S suspend alice ''
prints 'an endless reason' '2> sekisho: --reason: at most 63 bytes [S-04]
2> hint: sekisho suspend USER [LABEL] | --all [options]
exit 2' without_terminal $S suspend alice --reason $(printf 'x%.0s' {1..64})
prints 'a reason that moves the cursor' '2> sekisho: --reason: takes UTF-8 without characters that are not seen [S-04]
2> hint: sekisho suspend USER [LABEL] | --all [options]
exit 2' without_terminal $S suspend alice --reason $'a\033[2Jb'
prints 'nobody' '2> sekisho: carol: not enrolled [S-21]
2> hint: sekisho enroll carol totp
exit 1' without_terminal $S suspend carol
prints 'no such token' '2> sekisho: alice: no token "pager" [S-27]
2> hint: sekisho list alice
exit 1' without_terminal $S suspend alice pager
claim 'that is in the log' logged 'event=suspend result="failed" user="alice" token="pager" .*S-27'
prints 'nobody was suspended by all that' 'totp enrolled' states alice

# ---- one person
prints 'suspend asks nothing' 'alice: suspended; logins that need a code are refused
exit 0' without_terminal $S suspend alice --reason 'on leave'
claim 'it is in the log' logged 'event=suspend result="done" reason="on leave" user="alice"'
prints 'list shows it' 'totp suspended' states alice
claim 'she is shut out' shut alice $(current_code alice)
claim 'others are not' opens bob $(fresh_code bob)
prints 'once more' 'alice: suspended already
exit 0' unchanged without_terminal $S suspend alice
claim 'that is in the log, too' logged 'event=suspend result="unchanged" user="alice"'
prints 'quiet' 'exit 0' without_terminal $S -q resume alice
claim 'resume is in the log' logged 'event=resume result="done" user="alice"'
claim 'she is back' opens alice $(fresh_code alice)
prints 'nothing to resume' 'alice: was not suspended
exit 0' unchanged without_terminal $S resume alice
enrolled_while_suspended()
{
	$S -q suspend alice
	prints 'a token for somebody suspended' 'alice: totp "more" enrolled
2> sekisho: warning: alice is suspended and stays so: sekisho resume alice
exit 0' without_terminal $S enroll alice totp --label more --no-confirm \
	    --secret-file $(secret_file more MFRGGZDFMZTWQ2LK)
	prints 'recovery codes' 'alice: 10 recovery codes stored; those before them no longer work
2> sekisho: warning: alice is suspended and stays so: sekisho resume alice
exit 0' without_terminal $S code recovery alice --file $run/secret/sheet
	prints 'a temporary code, everybody suspended, too' '2> sekisho: warning: alice is suspended and stays so: sekisho resume alice
2> sekisho: warning: everybody is suspended still: sekisho resume --all
exit 0' bash -c "$S -q suspend --all --yes 2>/dev/null; $(declare -f without_terminal); run=$run mask_codes='$mask_codes'
	    without_terminal $S -q code temporary alice --valid 1d --reason x --file $run/secret/sheet2"
	prints 'a token for somebody else' '2> sekisho: warning: everybody is suspended still: sekisho resume --all
exit 0' without_terminal $S -q enroll carol totp --no-confirm --secret-file $run/secret/more
	$S -q resume --all --yes
	$S -q revoke alice more --yes
	$S -q resume alice
	$S -q revoke carol --yes
}
enrolled_while_suspended
anew()
{
	$S -q enroll carol totp --no-confirm --secret-file $run/secret/more && $S -q suspend carol &&
	    $S -q revoke carol --yes && $S enroll carol totp --no-confirm --secret-file $run/secret/more >$run/said 2>&1 &&
	    ! grep -q suspended $run/said && [ "$(states carol)" = 'totp enrolled' ]
}
claim 'revoked and enrolled anew: suspended no more' anew
fails_then_locked()
{
	for _ in 1 2 3 4 5; do
		ask_helper alice $(wrong_code alice) >/dev/null
	done
	$S -q suspend alice && $S -q resume alice && [ "$(states alice)" = 'totp locked' ] &&
	    $S -q unlock alice
}
claim 'failures stay as they were' fails_then_locked

$S -q suspend alice && $S -q resume alice && tear
prints 'after an interrupted write' 'alice: suspended; logins that need a code are refused
2> sekisho: warning: alice: an earlier write was interrupted; the next codes are refused
exit 0' without_terminal $S suspend alice
$S -q resume alice
claim 'they are' shut alice $(code_at alice $(($(date +%s) / 30 + 1)))
claim 'and the log says so' logged 'event=suspend result="done" user="alice" .*S-32'

# ---- one token
prints 'suspend a token' 'bob: "fob" suspended; its codes are refused
exit 0' without_terminal $S suspend bob fob
claim 'the log names it' logged 'event=suspend result="done" user="bob" token="fob"'
prints 'list shows which' 'totp enrolled
fob suspended' states bob
claim 'its code is refused' shut bob $(current_code fob)
claim 'the other one opens' opens bob $(fresh_code bob)
prints 'resume of the person says what stays' 'bob: was not suspended
2> sekisho: warning: bob: still suspended by themselves: "fob"
exit 0' without_terminal $S resume bob
$S -q suspend bob
prints 'the token of a suspended person' 'bob: "fob" resumed
2> sekisho: warning: bob is still suspended, with every token: sekisho resume bob
exit 0' without_terminal $S resume bob fob
prints 'both are suspended by that' 'totp suspended
fob suspended' states bob
$S -q resume bob
claim 'now it opens' opens bob $(fresh_code fob)

# ---- everybody
prints 'everybody: asks' '2> sekisho: warning: there is no unused emergency code (sekisho code emergency): nobody could log in to undo this
2> sekisho: everybody: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S suspend --all
question="suspend everybody? Every login that needs a code is refused then, root's, too; the emergency code still opens. [y/N]"
prints 'no is no' "sekisho: warning: there is no unused emergency code (sekisho code emergency): nobody could log in to undo this
$question n
sekisho: everybody: not confirmed; nothing changed [S-27]
exit 1" unchanged at_terminal n -- $S suspend --all
gone_people()
{
	echo 'leaver:x:3999:100::/:/bin/sh' >>/etc/passwd
	$S -q code emergency leaver --file $run/leaver || return 1
	sed -i '/^leaver:/d' /etc/passwd
	without_terminal $S suspend --all | head -n 1
	$S -q code emergency --remove --yes
}
prints 'an emergency code for people who are gone' \
    '2> sekisho: warning: nobody the emergency code lets in has an account any more (sekisho code emergency): nobody could log in to undo this' \
    gone_people
$S -q code emergency --file $run/envelope || broken=$((broken + 1))
$S -q suspend alice
prints 'yes is yes' "$question y
everybody: suspended; logins that need a code are refused until sekisho resume --all
exit 0" at_terminal y -- $S suspend --all --reason 'a theft'
claim 'it is in the log' logged 'event=suspend result="done" reason="a theft" user="\*"'
claim 'bob is shut out' shut bob $(current_code bob)
claim 'list says so' says '^everybody is suspended, until sekisho resume --all$' $S list
claim 'list of one, too' says '^everybody is suspended, until sekisho resume --all$' $S list bob
prints 'once more: no question' 'everybody: suspended already
exit 0' unchanged without_terminal $S suspend --all
prints 'one person does not get in by himself' 'bob: was not suspended
2> sekisho: warning: everybody is suspended still: sekisho resume --all
exit 0' without_terminal $S resume bob
claim 'nor does he' shut bob $(current_code bob)
prints 'resume --all asks, too' '2> sekisho: everybody: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S resume --all
prints 'everybody back' 'resume everybody? Who was suspended alone stays so. [y/N] y
everybody: resumed; who was suspended alone stays so
exit 0' at_terminal y -- $S resume --all
claim 'it is in the log' logged 'event=resume result="done" user="\*"'
claim 'list no longer says it' bash -c "! $S list | grep everybody"
claim 'bob is back' opens bob $(fresh_code bob)
prints 'alice is not' 'totp suspended' states alice
prints 'nothing to resume' 'everybody: was not suspended
exit 0' unchanged without_terminal $S resume --all

# ---- revoked
$S -q revoke alice --yes
for command in suspend resume; do
	prints "revoked: $command" '2> sekisho: alice: revoked before [S-26]
2> hint: sekisho enroll alice totp enrolls anew
exit 1' without_terminal $S $command alice
done
finish
