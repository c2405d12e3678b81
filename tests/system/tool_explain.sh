# SPDX-License-Identifier: BSD-2-Clause
# sekisho explain: one number, all of them, without root and without a store.
needs_programs='expect python3'
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho
as_alice='setpriv --reuid alice --regid alice --clear-groups'

used='S-31 code used before

  The code was right and had been used: each opens once. A code that was seen
  over a shoulder is worth nothing.

  Usual causes
   - two logins within half a minute
   - sudo directly after a login
   - somebody who saw the code typed it first

  What to do
  1. Wait for the next code; it takes half a minute at most.
  2. If the person did not log in just now, look in the log who did.

  See sekisho list
exit 0'
for word in S-31 s-31 S31 31 '[S-31]' 031; do
	prints "a number, as $word" "$used" without_terminal $as_alice $S explain "$word"
done
for word in S-99 S-00 S-29 x '' S-1x 1000 S--3; do
	prints "no such number: '$word'" "2> sekisho: $word${word:+: }no such number [S-04]
2> hint: sekisho explain lists them all
exit 2" without_terminal $S explain "$word"
done
prints 'two numbers' '2> sekisho: explain: too many words [S-04]
2> hint: sekisho explain [S-NN] | --all
exit 2' without_terminal $S explain S-01 S-02
prints 'a number and all' '2> sekisho: explain: too many words [S-04]
2> hint: sekisho explain [S-NN] | --all
exit 2' without_terminal $S explain S-01 --all
claim 'the sheet: a line of heading, each number with title and hint' bash -c \
    "$as_alice $S explain | sed -n 1,4p | diff - <(echo \"\$($S --version | sed 's/\$/: what the numbers mean, and what to do/')\"; echo; echo 'S-01  internal error'; echo '        report it together with this line')"
claim 'as many as in full' test "$($S explain | grep -c '^S-')" = "$($S explain --all | grep -c '^S-[0-9][0-9] ')"
claim 'as data' bash -c "$S explain s14 --json | python3 -c 'import json, sys
o = json.load(sys.stdin); [n] = o[\"numbers\"]
assert n[\"number\"] == \"S-14\" and n[\"title\"] == \"damaged file\" and n[\"steps\"] and n[\"causes\"] and n[\"related\"]'"
claim 'all as data' bash -c "$S --json explain | python3 -c 'import json, sys; assert len(json.load(sys.stdin)[\"numbers\"]) > 30'"
claim 'a full disk under stdout' bash -c "$S explain >/dev/full 2>$run/err; [ \$? = 1 ] && grep -q S-19 $run/err"
finish
