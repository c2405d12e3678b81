#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the linker knows about the programs: the helper and the one that watches a card need no
# library of pictures, documents or networks, and the tool none but those of its work.
set -u
build_dir=${SEKISHO_BUILDDIR:-.}
failures=0

fail()
{
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# program NAME: the built file; libtool may keep it in .libs
program()
{
	[ -f "$build_dir/.libs/$1" ] && echo "$build_dir/.libs/$1" || echo "$build_dir/$1"
}

# needs NAME LIBRARY...: exactly these, and libc
needs()
{
	local name=$1 file found wanted
	shift

	file=$(program "$name")
	readelf -h "$file" >/dev/null 2>&1 || { echo "$file: no program"; exit 99; }
	found=$(readelf -d "$file" | sed -n -E 's/.*\(NEEDED\).*\[([a-z]+)[0-9]*\.so.*/\1/p' | sort | tr '\n' ' ')
	if [[ $found = *asan* || $found = *ubsan* ]] ||
	    nm "$file" 2>/dev/null | grep -q '__asan_\|__sanitizer_'; then
		echo "built with sanitizers, which bring libraries of their own"
		exit 77
	fi
	wanted=$(printf '%s\n' libc "$@" | sort | tr '\n' ' ')
	[ "$found" = "$wanted" ] || fail "$name: found [$found], wanted [$wanted]"
	readelf -d "$file" | grep -q 'BIND_NOW' || fail "$name: not bound at once"
	readelf -lW "$file" | grep -q 'GNU_RELRO' || fail "$name: no relro"
	readelf -lW "$file" | grep 'GNU_STACK' | grep -q 'RWE' && fail "$name: executable stack"
	readelf -d "$file" | grep -Eq 'RPATH|RUNPATH|TEXTREL' && fail "$name: rpath or text relocations"
}

command -v readelf >/dev/null && command -v nm >/dev/null || { echo "no binutils here"; exit 77; }
needs sekisho-auth libcrypto liboath libseccomp
needs sekisho-cardwatch libcrypto libseccomp
needs sekisho libcrypto libjansson liboath libpng libqrencode libz
[ $failures = 0 ]
