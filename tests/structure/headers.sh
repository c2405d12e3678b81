#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each header compiles alone, and twice, with each compiler that is there: whoever includes it
# needs to know nothing else.
set -u
source_dir=${SEKISHO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failures=0
headers=0
flags=$(pkg-config --cflags libpcsclite) || exit 99 # its headers are in a directory of their own

compiles_alone() { # COMPILER ROOT HEADER
	printf '#include "%s"\n#include "%s"\n' "$3" "$3" >"$work/alone.c"
	"$1" -std=gnu11 -Wall -Wextra -Wundef -Wstrict-prototypes -Werror -fsyntax-only \
		-I"$2" $flags "$work/alone.c" 2>"$work/messages"
}

expect() { # ok|refused WHAT COMMAND...
	local wanted=$1 what=$2 got=refused
	shift 2
	"$@" && got=ok
	[ "$got" = "$wanted" ] && return
	echo "FAIL: $what: $got, expected $wanted"
	cat "$work/messages"
	failures=$((failures + 1))
}

compilers=
for compiler in gcc clang; do
	command -v "$compiler" >/dev/null && compilers="$compilers $compiler"
done
[ -n "$compilers" ] || { echo "neither gcc nor clang here"; exit 77; }

# The check itself: a header that leans on another, and one without a guard.
mkdir "$work/lib"
echo 'size_t lib_leaning(void);' >"$work/lib/leaning.h"
echo 'struct lib_unguarded { int x; };' >"$work/lib/unguarded.h"
printf '#ifndef G\n#define G\n#include <stddef.h>\nsize_t f(void);\n#endif\n' >"$work/lib/good.h"

cd "$source_dir" || exit 99
for compiler in $compilers; do
	expect refused "self-check: leaning header" compiles_alone "$compiler" "$work" lib/leaning.h
	expect refused "self-check: no guard" compiles_alone "$compiler" "$work" lib/unguarded.h
	expect ok "self-check: good header" compiles_alone "$compiler" "$work" lib/good.h
	for header in $(find lib pam_module helper tools cardwatch -name '*.h' | sort); do
		expect ok "$compiler: $header" compiles_alone "$compiler" "$source_dir" "$header"
		headers=$((headers + 1))
	done
done
echo "$headers compilations, $failures failures"
[ "$headers" -ge 10 ] && [ "$failures" -eq 0 ]
