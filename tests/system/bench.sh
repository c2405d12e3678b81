#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `make bench` in small: it measures, tells everything it promises, and does not measure logins
# that were refused. What it measures is not looked at, but for what no machine changes: a login
# waits for the disk once.
needs_programs='strace systemd-socket-activate mkfs.ext4'
ns_arguments='--timeout 600'
. "$(dirname "$0")/lib.sh"

for module in oath:libpam-oath google_authenticator:libpam-google-authenticator; do
	compgen -G "/lib/*/security/pam_${module%:*}.so" >/dev/null ||
	    { echo "skipped: no pam_${module%:*}.so (apt-get install ${module#*:})"; exit 77; }
done

here=$SEKISHO_SRCDIR/bench
dir=/run/disk/bench

measured() # SIZE...
{
	timeout 500 bash "$here/inside.sh" 2 1 0 "$@" >$run/figures
}

# lines COUNT REGEX: so many of the figures
lines()
{
	local found

	found=$(grep -c -E "$2" $run/figures)
	[ "$found" = $1 ] || { echo "$found, wanted $1"; cat $run/figures; return 1; }
}

# again NAME: two more rounds
again()
{
	"$SEKISHO_BUILDDIR/bench/bench" $dir 50 rounds 2 0 $1 -- systemd-socket-activate --accept \
	    --inetd --seqpacket -l /run/sekisho/root "$SEKISHO_HELPER" --door=root
}

ends_with() # REGEX COMMAND...
{
	local words=$1
	shift

	! "$@" >$run/said 2>&1 && cat $run/said && grep -q -E "$words" $run/said && ! grep -q '^warm|' $run/said
}

claim '1, 50 and far too many people' measured 1 50 10000000000000
if grep -q 'no loop device' $run/output; then
	echo 'skipped: no loop device can be had here'
	exit 77
fi
number='[1-9][0-9]*'
claim 'five modules with one person' lines 5 "^warm\|1\|[a-z]+\|[^|]+\|2(\|$number){5}$"
claim 'those that know everybody with 50' lines 3 "^warm\|50\|(oath|direct|socket)\|[^|]+\|2(\|$number){5}$"
if [ -w /proc/sys/vm/drop_caches ]; then
	claim 'cold, too' lines 8 "^cold\|(1|50)\|[a-z]+\|[^|]+\|1(\|$number){4}$"
else
	claim 'not cold, and it says so' lines 2 '^note\|.*no cold logins'
fi
for size in 1 50; do
	claim "$size: sekisho waits for the disk once, and its memory is known" \
	    lines 2 "^cost\|$size\|(direct|socket)\|4096\|$number\|$number\|1 fdatasync\|$number\|$number$"
done
claim 'the peers have no helper' lines 3 "^cost\|1\|(permit|oath|google)\|[0-9]+\|$number\|$number\|(0|1 fsync)\|$number\|0$"
claim 'one, two, eight and 32 at once' lines 16 '^crowd\|50\|[a-z]+\|[^|]+\|(1|2|8|32)\|'
claim 'nobody but pam_oath refuses' lines 12 "^crowd\|50\|(google|direct|socket)\|([^|]+\|){5}$number\|0$"
claim 'no room: skipped, and it says so' lines 1 '^note\|10000000000000 enrolled: skipped, there were not [0-9]+ MiB of disk free$'

# mode, bytes, blocks, links of each file of the store, counted
kinds()
{
	(cd "$SEKISHO_LOCALSTATEDIR/lib/sekisho" && find records states -type f -printf '%h %m %s %b %n\n' | sort | uniq -c)
}

like_enrolled()
{
	kinds >$run/before
	enroll alice >/dev/null && kinds >$run/kinds && cat $run/before $run/kinds &&
	    [ "$(wc -l <$run/kinds)" = 2 ] && [ "$(grep -c '^ *51 ' $run/kinds)" = 2 ] &&
	    [ "$(grep -c '^ *50 ' $run/before)" = 2 ]
}
claim 'their files are like those of `sekisho enroll`' like_enrolled
claim 'and `sekisho list` reads them all' bash -c "[ \$('$sekisho' list | grep -c hotp) = 50 ]"

claim 'RESULTS.md is written' bash -c "echo 'machine|2|ext4|6|0.00' >>$run/figures &&
    bash '$here/report.sh' $run/figures >$run/RESULTS.md"
for words in '^# ' '^Machine: 2 CPUs, ext4 in an image on ext4, Linux 6\.' '^Not measured: 10000000000000 enrolled' \
    '^\| felt: at most half .* \| (yes|\*\*no\*\*) \|$' '^\| one fdatasync for each login \| 1 fdatasync \| yes \|$' \
    '^## Cold|^Not measured: .*no cold' '^\| 50 \| sekisho, socket door \| 2 \|' '^\| pam_oath \| 32 \|'; do
	claim "it has: $words" grep -E "$words" $run/RESULTS.md
done
if command -v gnuplot >/dev/null; then
	claim 'the plot is drawn' bash -c "bash '$here/plot.sh' $run/figures >$run/felt.svg && grep -q '</svg>' $run/felt.svg"
fi

claim 'a valid code: rounds' again direct
claim 'everybody is suspended' "$sekisho" suspend --all --yes
claim 'logins that are refused are not measured' ends_with 'sekisho, direct door: valid code: result [1-9]' again direct
finish
