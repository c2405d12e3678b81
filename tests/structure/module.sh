#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the linker knows about pam_sekisho.so: it needs libpam and libc and nothing else, exports
# the six entry points and nothing else, is bound at once, and calls nothing that reads the
# environment, changes the host's locale, signals, children or limits, or ends the process.
set -u
module=${SEKISHO_BUILDDIR:-.}/pam_module/.libs/pam_sekisho.so
failures=0

fail()
{
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# same WHAT FOUND WANTED
same()
{
	[ "$2" = "$3" ] || fail "$1: found [${2//$'\n'/ }], wanted [${3//$'\n'/ }]"
}

command -v readelf >/dev/null && command -v nm >/dev/null || { echo "no binutils here"; exit 77; }
[ -f "$module" ] || { echo "$module: not there"; exit 99; }
undefined=$(nm -D -u "$module" | awk '{sub(/@.*/, "", $2); print $2}' | sort -u)
if grep -q '^__asan_\|^__sanitizer_' <<<"$undefined"; then
	echo "built with sanitizers, which bring libraries and calls of their own"
	exit 77
fi

same "needed libraries" \
    "$(readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort)" \
    "libc.so.6
libpam.so.0"
same "exported symbols" "$(nm -D --defined-only "$module" | awk '{print $3}' | sort)" \
    "pam_sm_acct_mgmt
pam_sm_authenticate
pam_sm_chauthtok
pam_sm_close_session
pam_sm_open_session
pam_sm_setcred"
readelf -d "$module" | grep -q 'BIND_NOW' || fail "not bound at once"
readelf -lW "$module" | grep -q 'GNU_RELRO' || fail "no relro"
readelf -lW "$module" | grep 'GNU_STACK' | grep -q 'RWE' && fail "executable stack"
readelf -d "$module" | grep -Eq 'RPATH|RUNPATH|TEXTREL' && fail "rpath or text relocations"

# What a guest in somebody else's process must not do.
for name in getenv secure_getenv setenv putenv environ setlocale uselocale bindtextdomain \
    textdomain gettext dgettext sigaction signal sigprocmask pthread_sigmask alarm setitimer \
    fork vfork posix_spawn posix_spawnp system popen wait waitpid wait3 wait4 umask chdir \
    fchdir setuid seteuid setresuid setgid setegid setresgid setgroups setsid setrlimit exit \
    _exit abort getpwnam getpwnam_r getpwuid fopen syslog openlog closelog pam_set_data; do
	grep -qx "$name" <<<"$undefined" && fail "calls $name"
done
grep -qx pam_prompt <<<"$undefined" || fail "calls no pam_prompt: the wrong file was read"

# No variable of its own: two threads may log in at once.
data=$(nm -f sysv "$module" | awk -F'|' '$7 ~ /^\.(data|bss|tdata|tbss)( |$)/ {print $1}' |
    grep -Ev '^(__dso_handle|__TMC_END__|_edata|_end|__bss_start|completed\.[0-9]*) *$')
[ -z "$data" ] || fail "keeps variables:" $data

[ $failures = 0 ]
