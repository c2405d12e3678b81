# SPDX-License-Identifier: BSD-2-Clause
# sekisho expiry: days, questions, and what a login makes of it.
needs_programs='expect oathtool'
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho
new_store
enroll alice
usage='hint: sekisho expiry USER --from TIME --until TIME [options]'

# its own words, with the dates as they are
mask_codes=

# ---- wrong usage
prints 'nobody' "2> sekisho: USER: is missing [S-04]
2> $usage
exit 2" without_terminal $S expiry
prints 'neither from nor until' "2> sekisho: --from or --until: is missing [S-04]
2> $usage
exit 2" without_terminal $S expiry alice
prints 'no date' "2> sekisho: --until: takes YYYY-MM-DD, YYYY-MM-DDTHH:MM with or without Z or +09:00, or none [S-04]
2> $usage
exit 2" without_terminal $S expiry alice --until 31.3.2027
prints 'a day there is not' "2> sekisho: --from: takes YYYY-MM-DD, YYYY-MM-DDTHH:MM with or without Z or +09:00, or none [S-04]
2> $usage
exit 2" without_terminal $S expiry alice --from 2027-02-29
prints 'the end before the beginning' "2> sekisho: --until: is not after --from [S-04]
2> $usage
exit 2" without_terminal $S expiry alice --from 2027-04-01 --until 2027-03-31
prints 'an empty reason' "2> sekisho: --reason: takes UTF-8 without characters that are not seen [S-04]
2> $usage
exit 2" without_terminal $S expiry alice --until none --reason ''
prints 'not enrolled' '2> sekisho: bob: not enrolled [S-21]
2> hint: sekisho enroll bob totp
exit 1' without_terminal $S expiry bob --until 2099-03-31
prints 'no such account' '2> sekisho: alcie: no such account [S-02]
2> hint: did you mean alice?
exit 1' without_terminal $S expiry alcie --until 2099-03-31

# ---- from and until
prints 'both' 'alice: logins from 2020-04-01 00:00 until 2099-03-31 24:00
exit 0' without_terminal $S expiry alice --from 2020-04-01 --until 2099-03-31 --reason 'fixed term'
claim 'it is in the log' logged 'event=expiry result="done" reason="fixed term" user="alice"'
claim 'it opens within them' opens alice "$(fresh_code alice)"
prints 'once more' 'alice: logins from 2020-04-01 00:00 until 2099-03-31 24:00, as before
exit 0' without_terminal $S expiry alice --until 2099-03-31
claim 'and the log says so' logged 'event=expiry result="unchanged" user="alice"'
prints 'times, of another zone' 'alice: logins from 2020-03-31 15:00 until 2099-01-01 12:30
exit 0' without_terminal $S expiry alice --from 2020-04-01T00:00:00+09:00 --until '2099-01-01 12:30'
prints 'an end that does not fit the beginning that is there' '2> sekisho: alice: would end before it begins, at 2020-03-31 15:00; nothing changed [S-27]
2> hint: sekisho list alice; --from none, or another --until
exit 1' without_terminal $S expiry alice --until 2020-03-31T15:00Z
prints 'list shows them' 'logins: from 2020-03-31 15:00 until 2099-01-01 12:30' bash -c "$S list alice | grep '^logins'"
prints 'as data' '{"format": 1, "command": "expiry", "exit": 0, "messages": ["alice: logins from - until 2099-03-31 24:00"], "warnings": [], "errors": [], "user": "alice", "not_before": null, "not_after": "2099-04-01T00:00:00Z", "changed": true}
exit 0' without_terminal $S --json expiry alice --from none --until 2099-03-31
tomorrow=$(date -d '2 days' +%Y-%m-%d)
prints 'not yet' "alice: logins from $tomorrow 00:00 until 2099-03-31 24:00
alice: logins that need a code are refused until then
exit 0" without_terminal $S expiry alice --from $tomorrow
claim 'it opens nothing before' shut alice "$(fresh_code alice)"
claim 'and the log says why' grep -q 'reason="outside-validity"' "$NS_LOG"
claim 'list says so' bash -c "$S list alice | grep -q 'not yet\$'"

# ---- in the past
prints 'a past end is asked about; nothing without a terminal' '2> sekisho: alice: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal $S expiry alice --from none --until 2021-03-31
prints 'no' 'alice: 2021-03-31 24:00 is past: logins that need a code are refused from now on. Set it? [y/N] n
sekisho: alice: not confirmed; nothing changed [S-27]
exit 1' at_terminal n -- $S expiry alice --from none --until 2021-03-31
claim 'nothing changed' bash -c "$S list alice | grep -q '^logins: from $tomorrow'"
prints 'yes' 'alice: 2021-03-31 24:00 is past: logins that need a code are refused from now on. Set it? [y/N] y
alice: logins from - until 2021-03-31 24:00
alice: that is past; logins that need a code are refused
exit 0' at_terminal y -- $S expiry alice --from none --until 2021-03-31
claim 'it opens nothing any more' shut alice "$(fresh_code alice)"
claim 'list says so' bash -c "$S list alice | grep -q 'expired\$'"
prints 'what is past already is not asked again' 'alice: logins from - until 2021-03-31 24:00, as before
alice: that is past; logins that need a code are refused
exit 0' without_terminal $S expiry alice --until 2021-03-31
prints 'no limit' 'alice: logins from - until -
exit 0' without_terminal $S expiry alice --until none
claim 'it opens again' opens alice "$(fresh_code alice)"

# ---- what stands in the way
claim 'suspended' $S suspend alice
prints 'a suspended person stays so' 'alice: logins from - until 2099-03-31 24:00
2> sekisho: warning: alice is suspended and stays so: sekisho resume alice
exit 0' without_terminal $S expiry alice --until 2099-03-31
tear
prints 'after a torn write' 'alice: logins from - until -
2> sekisho: warning: alice: an earlier write was interrupted; the next codes are refused
2> sekisho: warning: alice is suspended and stays so: sekisho resume alice
exit 0' without_terminal $S expiry alice --until none
claim 'it is in the log' logged 'event=expiry result="done" user="alice".*S-32'
claim 'revoked' $S -y revoke alice
prints 'nothing to limit' '2> sekisho: alice: revoked before [S-26]
2> hint: sekisho enroll alice totp enrolls anew
exit 1' without_terminal $S expiry alice --until none
prints 'a clock no record can hold' "2> sekisho: clock: this terminal's clock is past the year 9999; nothing changed [S-42]
2> hint: timedatectl set-time ...; then again
exit 1" shifted 300000000000 without_terminal $S expiry alice --until none
finish
