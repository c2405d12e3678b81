# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the admin tool share: exact transcripts, with and without a terminal.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8 TZ=UTC TERM=dumb
umask 077
unset NO_COLOR SUDO_UID

# Codes on paper, their numbers, and times.
mask_codes='s/([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}/EMERGENCY/;s/([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}/PERSONAL/'
mask_codes+=';s/20[0-9]{2}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9](:[0-5][0-9])?/TIME/g;s/\b[0-9a-f]{16}\b/NUMBER/'

# without_terminal COMMAND...: stdout, then stderr with "2> " in front of each line, then the exit
# status.
without_terminal()
{
	setsid -w "$@" </dev/null >$run/out 2>$run/err
	local r=$?

	LC_ALL=C sed -E "$mask_codes" $run/out
	LC_ALL=C sed -E -e 's/^/2> /' -e "$mask_codes" $run/err
	echo "exit $r"
}

# at_terminal ANSWER... -- COMMAND...: what the terminal showed, then the exit status. Answers:
# good, wrong (codes), end (^D), break (^C), or the text itself. The key is shown as KEY, a code as
# CODE, the QR code as [QR].
at_terminal()
{
	local r

	expect -f "$system/tool_terminal.exp" -- "$@" >$run/terminal
	r=$?
	tr -d '\r' <$run/terminal | LC_ALL=C sed -E -e 's/type: [A-Z2-7 ]+  /type: KEY  /' \
	    -e 's/(phone: |token: |after it: )[0-9]{6,8}$/\1CODE/' \
	    -e "$mask_codes" \
	    -e '/^(\x1b\[97;40m)?(\xe2\x96[\x80\x84\x88]| )+(\x1b\[0m)?$/c [QR]' | uniq
	echo "exit $r"
}

# same EXPECTED COMMAND...: the transcript is exactly that.
same()
{
	local expected=$1
	shift

	"$@" >$run/got
	diff <(printf '%s\n' "$expected") $run/got
}

# prints WORDS EXPECTED COMMAND...: claims it.
prints()
{
	local words=$1
	shift

	claim "$words" same "$@"
}

# as_object COMMAND...: exactly one object with the frame comes out; kept in $run/object
as_object()
{
	setsid -w "$sekisho" --json "$@" </dev/null >$run/object 2>$run/object.err
	echo $? >$run/object.exit
	cat $run/object $run/object.err
	cat $run/object >>$run/objects
	python3 -c 'import json, sys
text = open(sys.argv[1], encoding="utf-8").read()
assert text.endswith("\n") and text.count("\n") == 1
o = json.loads(text)
assert list(o)[:6] == ["format", "command", "exit", "messages", "warnings", "errors"], list(o)
assert o["format"] == 1 and o["command"] == sys.argv[2] and o["exit"] == int(sys.argv[3])
assert (o["exit"] == 0) == (o["errors"] == [])
for e in o["errors"]: assert list(e) == ["number", "object", "why", "hint"]' $run/object "$1" $(cat $run/object.exit)
}

# has DATA COMMAND...: and behind the frame stands exactly this; times as TIME
has()
{
	local data=$1
	shift

	as_object "$@" || return 1
	python3 -c 'import json, re, sys
o = json.load(open(sys.argv[1]))
for key in ["format", "command", "exit", "messages", "warnings", "errors"]: del o[key]
print(re.sub("20[0-9-]{8}T[0-9:]{8}Z", "TIME", json.dumps(o)))' $run/object | sed -E "$mask_codes" >$run/data
	cat $run/data
	[ "$(cat $run/data)" = "$data" ]
}

# logged REGEX: the log of the tool has such a line.
logged()
{
	grep -E "sekisho.*$1" "$NS_LOG" | grep -v sekisho-auth | grep -q .
}

# says REGEX COMMAND...: what it prints has such a line.
says()
{
	local words=$1
	shift

	"$@" >$run/said 2>&1
	cat $run/said
	grep -q -E "$words" $run/said
}

# ask_helper PERSON CODE: as the module does.
ask_helper()
{
	"$SEKISHO_BUILDDIR/tests/system/client" --version 1 --start "$SEKISHO_HELPER" direct "$@"
}

# opens PERSON CODE, shut PERSON CODE: lets in, or does not; the latter cleans up after it.
opens()
{
	ask_helper "$1" "$2"
}

shut()
{
	ask_helper "$1" "$2" >$run/verdict && return 1
	cat $run/verdict
	"$sekisho" -q unlock "$1" 2>/dev/null
	grep -q -E '^(asked|verdict) ' $run/verdict
}

# shifted SECONDS COMMAND...: with its clock moved.
shifted()
{
	local seconds=$1
	shift

	CLOCKSHIFT=$seconds LD_PRELOAD="$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so" "$@"
}

# tear: the state written last looks as if the power had failed while it was.
tear()
{
	perl -e 'open(F, "+<", $ARGV[0]) or die; for my $s (0, 1) { seek(F, $s * 4096 + 16, 0); read(F, $g, 8);
	    $gen[$s] = unpack("Q>", $g) } seek(F, ($gen[1] > $gen[0] ? 4096 : 0) + 2000, 0); print F "torn"' \
	    "$(ls -t /var/lib/sekisho/states/* | head -n 1)"
}

# secret_file NAME TEXT
secret_file()
{
	printf '%s\n' "$2" >$run/secret/$1
	echo $run/secret/$1
}

new_store()
{
	"$sekisho" -q init || { echo 'NOT OK - no store to test with'; exit 1; }
}

# killed_at CALLS N COMMAND...: SIGKILL at the Nth of these calls. Succeeds when there was none.
killed_at()
{
	local calls=$1 n=$2
	shift 2

	(
		strace -f -qq -o /dev/null -e trace=$calls -e inject=$calls:signal=KILL:when=$n "$@" >/dev/null
		exit $?
	) 2>/dev/null
}
