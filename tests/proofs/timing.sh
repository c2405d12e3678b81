#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Nobody can tell from a refusal who is enrolled: somebody with one token, with eight, suspended,
# without a token, and a name nobody has take the same system calls between answer and reply, in
# the same order. SEKISHO_LONG=1: and the same time, 10 000 samples of each (Kolmogorov-Smirnov).
ns_arguments='--timeout 5400'
needs_programs='strace perl'
. "$(dirname "$0")/../system/lib.sh"

populate=$SEKISHO_BUILDDIR/tests/proofs/populate
client=$SEKISHO_BUILDDIR/tests/system/client

printf '#!/bin/bash\nexec strace -qq -y -o %s "%s" "$@"\n' $run/trace "$SEKISHO_HELPER" >$run/traced
chmod 755 $run/traced

# calls NAME: those from the answer to the reply, without names, contents and times
calls()
{
	timeout 60 "$client" --start $run/traced direct $1 987654 >$run/said
	grep -q '^asked 1 ' $run/said || { cat $run/said; return 1; }
	# the client may be gone before the trace is whole
	for _ in $(seq 200); do
		! grep -q '^+++ ' $run/trace || break
		sleep .05
	done
	perl -ne '
		$on = 1 if /^recvmsg\(.* = 155$/;
		next if !$on or /^(clock_gettime|gettimeofday)\(/;
		my ($call) = /^(\w+)/;
		my ($result) = / = (-?\d+( E\w+)?)/;
		$result = "" if $call =~ /^(sendto|brk|mmap|getpid)$/;
		print "$call $result\n";
		exit if $call eq "sendmsg"' $run/trace
}

claim 'init' "$sekisho" init --yes
claim 'people' "$populate" --first 1 --count 1 --passwd /etc/passwd
claim 'people' "$populate" --first 2 --count 1 --tokens 8 --recovery 10 --passwd /etc/passwd
claim 'people' "$populate" --first 3 --count 1 --suspended --passwd /etc/passwd
claim 'people' "$populate" --first 4 --count 1 --kind hotp --passwd /etc/passwd
claim 'people' "$populate" --first 5 --count 1 --only-passwd --passwd /etc/passwd
calls p0000001 >$run/enrolled
claim 'somebody enrolled: the calls are seen' bash -c "grep -q ^pwrite64 $run/enrolled && grep -q ^fdatasync $run/enrolled && grep -q ^sendmsg $run/enrolled"
# Who has no files is looked for first: two calls more, some microseconds of the milliseconds a
# refusal takes.
looked='openat -1 ENOENT
newfstatat -1 ENOENT'

same_calls() # NAME [MORE]
{
	calls $1 >$run/others || return 1
	diff $run/enrolled $run/others | grep '^[<>]' >$run/different
	diff $run/different <([ $# = 1 ] || sed 's/^/> /' <<<"$2")
}
for other in 'p0000002 eight-tokens' 'p0000003 suspended' 'p0000004 hotp'; do
	set -- $other
	claim "$2: the same calls" same_calls $1
done
for other in 'p0000005 no-token' 'p0000006 unknown'; do
	set -- $other
	claim "$2: the same calls, and two looks at what is not there" same_calls $1 "$looked"
done
if [ "${SEKISHO_LONG-}" = 1 ]; then
	same_time()
	{
		"$SEKISHO_BUILDDIR/tests/proofs/timing" --helper "$SEKISHO_HELPER" --first 1000 --samples 10000 |
		    tee /dev/stderr
		return ${PIPESTATUS[0]}
	}
	claim 'the same time' same_time
	cat $run/output
fi
finish
