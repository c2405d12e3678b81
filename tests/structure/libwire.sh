#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the linker knows about libwire, the part that lives inside the host programs: it needs
# libc and nothing else, calls nothing that reads the environment, allocates, prints or ends
# the process, and keeps no variable of its own.
set -u
build_dir=${SEKISHO_BUILDDIR:-.}
archive=$build_dir/.libs/libwire.a
failures=0

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

command -v nm >/dev/null && command -v size >/dev/null || { echo "no binutils here"; exit 77; }
[ -f "$archive" ] || { echo "$archive: not there"; exit 99; }
libc=$(${CC:-cc} -print-file-name=libc.so.6 2>/dev/null)
[ -f "$libc" ] || libc=$(ldd /bin/sh | sed -n 's/.*=> \(.*libc\.so\.6\) .*/\1/p')
[ -f "$libc" ] || { echo "no libc.so.6 found"; exit 77; }

defined=$(nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u)
in_libc=$(nm -D --defined-only "$libc" | awk '{sub(/@.*/, "", $3); print $3}' | sort -u)
# The linker's own, and what sanitizers and fuzzers put in.
known='^(_GLOBAL_OFFSET_TABLE_|__asan_.*|__ubsan_.*|__sanitizer_.*|__sancov_.*|__start___sanc.*|__stop___sanc.*)$'
needed=$(nm -u "$archive" 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u | grep -Ev "$known")
missing=$(comm -23 <(echo "$needed") <(echo "$in_libc") | comm -23 - <(echo "$defined"))
[ -z "$missing" ] || fail "needs more than libc:" $missing
[ -n "$needed" ] || fail "needs nothing at all: the archive was not read"
grep -qx msg_decode <<<"$defined" || fail "defines no msg_decode: the wrong archive was read"

forbidden='^(secure_)?getenv$|^(set|put|clear)env$|^environ$|^(m|c|re)alloc$|^free$|^strn?dup$|printf$|^v?dprintf$|^f?put[cs]$|^putchar$|^std(in|out|err)$|^perror$|^v?syslog$|^openlog$|^_?exit$|^abort$|^__assert_fail$|^setlocale$|^strerror$|^signal$|^sigaction$|^v?fork$|^system$|^popen$'
# What FORTIFY renamed counts under its own name; printing into a buffer is allowed.
called=$(sed -E 's/^__(.*)_chk$/\1/' <<<"$needed" | grep -Ev '^v?snprintf$' | grep -E "$forbidden")
[ -z "$called" ] || fail "calls:" $called

if [ -z "${SEKISHO_SANITIZERS:-}" ] && ! nm "$archive" 2>/dev/null | grep -q __sanc; then
	variables=$(size -A "$archive" 2>/dev/null |
		awk '/ex / {object = $1} $1 ~ /^\.(t?data|t?bss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {print object ":" $1 "=" $2}')
	[ -z "$variables" ] || fail "keeps variables:" $variables
fi
echo "$(wc -l <<<"$needed") symbols needed, $failures failures"
[ "$failures" -eq 0 ]
