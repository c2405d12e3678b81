# SPDX-License-Identifier: BSD-2-Clause
# bench/run.sh: measures in tests/ns (codes: bench/inside.sh, cards: bench/cards.sh) and writes
# bench/RESULTS.md and bench/felt.svg. A part that is not measured keeps its results.
# Called by `make bench`, which sets PARTS, LOGINS, SIZES, COLD, CROWD and CARD_LOGINS.
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

find_file()
{
	[ -e "$1" ] || fail "$1 is not here: apt-get install $2"
}

check_numbers()
{
	local last=0 n

	[[ "$LOGINS $COLD $CROWD $CARD_LOGINS $SIZES" =~ ^[0-9\ ]+$ ]] ||
	    fail 'LOGINS, COLD, CROWD, CARD_LOGINS and SIZES are numbers'
	[ "$CARD_LOGINS" -gt 0 ] || fail 'CARD_LOGINS: at least 1'
	for n in $SIZES; do
		[ "$n" -gt $last ] && [ "$n" -le 10000000 ] ||
		    fail "SIZES: $n: from 1 to 10000000, each larger than the one before"
		last=$n
	done
}

wanted()
{
	[[ " $PARTS " = *" $1 "* ]]
}

check_parts()
{
	local part

	[[ $PARTS =~ [a-z] ]] || fail 'PARTS: codes, cards or both'
	for part in $PARTS; do
		[[ $part = codes || $part = cards ]] || fail "PARTS: $part: only codes and cards are known"
	done
}

# inside_ns SCRIPT ARGUMENT...
inside_ns()
{
	"$SEKISHO_SRCDIR/tests/ns" --timeout 7200 bash "$here/$1" "${@:2}" >"$work/figures"
}

measure_codes()
{
	inside_ns inside.sh "$LOGINS" "$COLD" "$CROWD" $SIZES || exit
	echo "machine|$(nproc)|$(df --output=fstype "$SEKISHO_BUILDDIR" | tail -n 1)|$kernel|$load" >>"$work/figures"
	bash "$here/report.sh" "$work/figures" >"$work/codes" &&
	    bash "$here/plot.sh" "$work/figures" >"$work/felt.svg" || exit
}

# On a line as slow as that of a contact card, with a card as slow as those are.
measure_cards()
{
	inside_ns cards.sh "$CARD_LOGINS" 38400 5 || exit
	echo "machine|$(nproc)|$kernel|$load" >>"$work/figures"
	bash "$here/report_cards.sh" "$work/figures" >"$work/cards" || exit
}

[ "$(id -u)" = 0 ] || fail 'must run as root: it needs namespaces of its own'
check_parts
check_numbers
if wanted codes; then
	find_module pam_oath.so libpam-oath
	find_module pam_google_authenticator.so libpam-google-authenticator
	find_program strace strace
	find_program gnuplot gnuplot-nox
	find_program mkfs.ext4 e2fsprogs
	find_program systemd-socket-activate systemd
fi
if wanted cards; then
	find_module pam_pkcs11.so libpam-pkcs11
	find_module pam_p11.so libpam-p11
	find_program pkcs15-tool opensc
	find_program pcscd pcscd
	find_file /usr/lib/pcsc/drivers/serial/libifdvpcd.so vsmartcard-vpcd
fi

work=$(mktemp -d "$SEKISHO_BUILDDIR/bench.XXXXXX") || exit
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
here=$SEKISHO_SRCDIR/bench
kernel=$(uname -r | cut -d . -f 1)
load=$(cut -d ' ' -f 1 /proc/loadavg)
sed '/^# Logins with a card$/,$d' "$here/RESULTS.md" >"$work/codes" &&
    sed -n '/^# Logins with a card$/,$p' "$here/RESULTS.md" >"$work/cards" || exit
# a helper sets its own priority; who logs in through the others shall have the same
renice -n 0 -p $$ >/dev/null || fail 'cannot have an ordinary priority'
! wanted codes || measure_codes
! wanted cards || measure_cards
{ cat "$work/codes" && echo && cat "$work/cards"; } | cat -s >"$work/RESULTS.md" || exit
for file in RESULTS.md felt.svg; do
	[ ! -e "$work/$file" ] || mv "$work/$file" "$here/" || exit
done
sed -n '/^|/p; /^#/p; /^Not measured/p' "$here/RESULTS.md"
