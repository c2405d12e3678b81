#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each system call of a login killed, and failed; each allocation without memory: in the helper, in
# the module within its host, and in the tool. No code works twice, none that is wrong opens, no
# guess is free, the next login works, nothing hangs, never PAM_IGNORE.
ns_arguments='--timeout 5400'
needs_programs='python3 strace'
. "$(dirname "$0")/../system/lib.sh"

store=$SEKISHO_LOCALSTATEDIR/lib/sekisho

everycall()
{
	python3 "$SEKISHO_SRCDIR/tests/proofs/everycall.py" "$@"
}

files()
{
	find "$store" -type f ! -path "$store/states/*" ! -path "$store/records/*" | sort
}

claim 'init' "$sekisho" init --yes
for kind in accept enroll enroll-more revoke recovery; do
	claim "tool, each call fails: $kind" everycall tool $kind
done
files >$run/files
for kind in totp wrong hotp recovery emergency; do
	claim "helper killed at each call: $kind" everycall kill $kind
done
claim 'no process is left' bash -c "for _ in \$(seq 50); do pgrep -x sekisho-auth >/dev/null || exit 0; sleep .1; done; exit 1"
for kind in totp wrong hotp recovery emergency; do
	claim "helper, each call fails: $kind" everycall fail $kind
	claim "helper, each allocation fails: $kind" everycall alloc $kind
done
for kind in totp wrong; do
	claim "module, each call fails: $kind" everycall module $kind
	claim "module, each allocation fails: $kind" everycall modalloc $kind
done
claim 'nothing was left behind by a login' bash -c "find '$store' -type f ! -path '$store/states/*' \
    ! -path '$store/records/*' ! -name emergency | sort | diff $run/files -"
finish
