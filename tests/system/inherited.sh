#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a caller leaves behind in the helper's process: nothing that counts.
needs_programs='oathtool prlimit chrt ionice perl'
ns_arguments='--timeout 400'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client

claim 'init' "$sekisho" init --yes
claim 'enroll' enroll alice

# hostile COMMAND...: signals ignored and blocked, no file size, few descriptors, idle scheduling,
# first in line to be killed, a full environment, many descriptors, a directory that is gone.
hostile()
{
	(
		mkdir $run/gone && cd $run/gone && rmdir $run/gone
		echo 1000 >/proc/self/oom_score_adj
		umask 0777
		export LD_BIND_NOW=1 OPENSSL_CONF=/nowhere LANG=xx MALLOC_CHECK_=3 SECRET=canary
		for fd in $(seq 20 60); do
			eval "exec $fd</dev/null"
		done
		exec chrt --idle 0 ionice -c 3 nice -n 19 prlimit --fsize=0: --nofile=80: \
		    --cpu=3600: --core=unlimited --memlock=0: -- perl -MPOSIX -e '
			$SIG{$_} = "IGNORE" for grep { !/^(KILL|STOP|NUM|RTMIN|RTMAX|__)/ } keys %SIG;
			my $all = POSIX::SigSet->new(1..31);
			sigprocmask(SIG_BLOCK, $all);
			exec @ARGV or die' "$@"
	)
}

rm -f $run/leash
mkfifo $run/leash
hostile "$client" --hold --start "$SEKISHO_HELPER" direct alice "$(wrong_code alice)" <$run/leash 2>&1 | cat >$run/held &
exec 8>$run/leash
for _ in $(seq 200); do
	grep -q asked $run/held && break
	sleep .05
done
claim 'it works all the same' grep -q '^asked 1' $run/held
helper=$(pgrep -f 'sekisho-auth --door=direct')

status()
{
	grep -q -E "^$1:[[:space:]]*$2\$" /proc/$helper/status || { grep "^$1" /proc/$helper/status; false; }
}

limit()
{
	grep -q -E "^$1 +$2" /proc/$helper/limits || { grep "^$1" /proc/$helper/limits; false; }
}

claim 'no signal blocked' status SigBlk 0+
# 25 is SIGXFSZ: the error of the write is wanted instead
claim 'no signal ignored but SIGXFSZ' status SigIgn 0+1000000
claim 'all ids root' bash -c "[ \"\$(grep -E '^(Uid|Gid):' /proc/$helper/status | tr -d 'UidG:[:space:]')\" = 00000000 ]"
claim 'no groups' status Groups ' *'
claim 'no capability' status CapEff 0+
claim 'none permitted' status CapPrm 0+
claim 'umask 077' status Umask 0077
claim 'no new privileges' status NoNewPrivs 1
claim 'system calls filtered' status Seccomp 2
claim 'file size unlimited' limit 'Max file size' 'unlimited +unlimited'
claim 'cpu time unlimited' limit 'Max cpu time' 'unlimited +unlimited'
claim 'no core' limit 'Max core file size' '0 +0'
claim 'its own session' [ "$(ps -o sid= -p $helper | tr -d ' ')" = "$helper" ]
claim 'nice 0' [ "$(ps -o ni= -p $helper | tr -d ' ')" = 0 ]
claim 'normal scheduling' bash -c "chrt -p $helper | grep -q SCHED_OTHER"
claim 'not first to be killed' [ "$(cat /proc/$helper/oom_score_adj)" = 0 ]
claim 'cwd /' [ "$(readlink /proc/$helper/cwd)" = / ]
claim 'no environment' [ ! -s /proc/$helper/environ ]
claim 'only its own descriptors' bash -c \
    "! ls -l /proc/$helper/fd | sed 1d | grep -v -E ' -> (socket:|/dev/null|$SEKISHO_LOCALSTATEDIR/lib/sekisho|$SEKISHO_SYSCONFDIR/sekisho|anon_inode|pipe:)'"
exec 8>&-
wait

# ---- ulimit -f 0: every guess is counted all the same
for _ in 2 3 4 5; do
	hostile "$client" --start "$SEKISHO_HELPER" direct alice "$(wrong_code alice)" </dev/null 2>&1 | cat
done >$run/guesses
claim 'the fifth guess locks' grep -q '^verdict 3 reason 4' $run/guesses
claim 'and the right code waits too' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct alice $(fresh_code alice) | grep '^verdict 3 reason 4'"
claim 'until unlocked' "$sekisho" unlock alice
claim 'then it is good' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct alice $(same_code alice) | grep '^verdict 1'"

# A hard limit can be raised with CAP_SYS_RESOURCE only; a root without it is refused rather
# than given guesses that nobody counts.
if prlimit --fsize=0:0 -- bash -c 'ulimit -f unlimited' 2>/dev/null; then
	expected='^verdict 1'
else
	expected='no welcome'
fi
claim "hard limit: $expected" bash -c "prlimit --fsize=0:0 -- '$client' --start '$SEKISHO_HELPER' \
    direct alice $(fresh_code alice) | grep '$expected'"

# ---- words on the command line that are not doors
for word in none '' user,root Direct; do
	claim "started with --door=$word: no welcome" bash -c \
	    "'$client' --start '$SEKISHO_HELPER' '$word' alice | grep 'no welcome'"
done
finish
