#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Which branches of the code that decides about a login do the unit tests take? Prints a table and
# fails when a file is below its share.
#
# scripts/coverage.sh BUILD-DIRECTORY     configured with --enable-coverage CC=gcc CFLAGS='-g -O0'
set -u -o pipefail

# File and the least share of branches taken, percent.
wanted='lib/login/authority.c 100
lib/login/outcome.c 100
pam_module/verdict.c 100
lib/login/judge.c 95
lib/login/login.c 95
lib/login/rescue.c 95
lib/factors/own_card.c 90
lib/factors/own_card_find.c 95
lib/store/lockout.c 95
lib/store/slots.c 95
lib/store/state.c 95'

[ $# = 1 ] || { sed -n '3,7s/^# //p' "$0" >&2; exit 2; }
source=$(cd "$(dirname "$0")/.." && pwd)
cd "$1" || exit 2
find . -name '*.gcda' -delete
make -s -j"$(nproc)" all || exit 1
tests=$(make -s --no-print-directory print-tests | grep '^tests/unit/')
make -s -j"$(nproc)" $tests || exit 1
make -s -j"$(nproc)" -k check TESTS="$(echo $tests)" >coverage.log 2>&1 ||
    { grep -E '^(FAIL|ERROR):' coverage.log; exit 1; }

# every file of the directory counts, also one that is new
for file in "$source"/lib/login/*.c; do
	grep -q "^lib/login/${file##*/} " <<<"$wanted" || wanted+="
lib/login/${file##*/} 95"
done

low=0
printf '%-26s %9s %9s %7s\n' file branches taken wanted
while read -r file least; do
	name=$(basename "$file" .c)
	data=$(find "${file%/*}/.libs" -name "$name.gcda" -o -name "*-$name.gcda" | head -n 1)
	[ -n "$data" ] || { printf '%-26s was not run\n' "$file"; low=1; continue; }
	numbers=$(gcov -b -n -s "$source" "$data" 2>/dev/null |
	    awk -v file="$file" '/^File/ { on = index($0, file) > 0 }
		on && /^Taken at least once/ { sub(/.*:/, ""); sub(/% of/, ""); print; exit }
		on && /^No branches/ { print "100.00 0"; exit }')
	read -r share count <<<"$numbers"
	printf '%-26s %9s %8s%% %6s%%' "$file" "${count:-?}" "${share:-?}" "$least"
	if awk -v a="${share:-0}" -v b="$least" 'BEGIN { exit !(a < b) }'; then
		printf '  too low'
		low=1
	fi
	echo
done <<<"$wanted"
exit $low
