# SPDX-License-Identifier: BSD-2-Clause
# bench/run.sh: measures in tests/ns (bench/inside.sh) and writes bench/RESULTS.md and bench/felt.svg.
# Called by `make bench`, which sets LOGINS, SIZES, COLD and CROWD.
set -u -o pipefail

fail()
{
	echo "bench: $*" >&2
	exit 1
}

find_module()
{
	local dir

	for dir in /lib/*/security /usr/lib/*/security /lib/security /usr/lib64/security; do
		[ -e "$dir/$1" ] && return
	done
	fail "$1 is not here: apt-get install $2"
}

find_program()
{
	command -v "$1" >/dev/null || fail "$1 is not here: apt-get install $2"
}

check_numbers()
{
	local last=0 n

	[[ "$LOGINS $COLD $CROWD $SIZES" =~ ^[0-9\ ]+$ ]] || fail 'LOGINS, COLD, CROWD and SIZES are numbers'
	for n in $SIZES; do
		[ "$n" -gt $last ] && [ "$n" -le 10000000 ] ||
		    fail "SIZES: $n: from 1 to 10000000, each larger than the one before"
		last=$n
	done
}

[ "$(id -u)" = 0 ] || fail 'must run as root: it needs namespaces of its own'
check_numbers
find_module pam_oath.so libpam-oath
find_module pam_google_authenticator.so libpam-google-authenticator
find_program strace strace
find_program gnuplot gnuplot-nox
find_program mkfs.ext4 e2fsprogs
find_program systemd-socket-activate systemd

work=$(mktemp -d "$SEKISHO_BUILDDIR/bench.XXXXXX") || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
here=$SEKISHO_SRCDIR/bench
# a helper sets its own priority; who logs in through the others shall have the same
renice -n 0 -p $$ >/dev/null || fail 'cannot have an ordinary priority'
load=$(cut -d ' ' -f 1 /proc/loadavg)
"$SEKISHO_SRCDIR/tests/ns" --timeout 7200 bash "$here/inside.sh" "$LOGINS" "$COLD" "$CROWD" $SIZES >"$work/figures" ||
    exit
echo "machine|$(nproc)|$(df --output=fstype "$SEKISHO_BUILDDIR" | tail -n 1)|$(uname -r | cut -d . -f 1)|$load" \
    >>"$work/figures"
bash "$here/report.sh" "$work/figures" >"$work/RESULTS.md" &&
    bash "$here/plot.sh" "$work/figures" >"$work/felt.svg" &&
    mv "$work/RESULTS.md" "$work/felt.svg" "$here/" || exit
sed -n '/^|/p; /^##/p; /^Not measured/p' "$here/RESULTS.md"
