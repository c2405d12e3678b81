#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each system call of a login killed, and failed; each allocation without memory: in the helper, in
# the module within its host, and in the tool. No code works twice, none that is wrong opens, no
# guess is free, the next login works, nothing hangs, never PAM_IGNORE. SEKISHO_LONG=1: all of them.
ns_arguments="--timeout $([ "${SEKISHO_LONG-}" = 1 ] && echo 28800 || echo 5400)"
needs_programs='python3 strace'
. "$(dirname "$0")/../system/lib.sh"

store=$SEKISHO_LOCALSTATEDIR/lib/sekisho

# the tool's allocations: what writes most, or everything
allocating='enroll recovery temporary emergency accept'
if [ "${SEKISHO_LONG-}" = 1 ]; then
	allocating+=' enroll-more replace revoke revoke-one suspend suspend-all resume resume-all unlock resync'
fi

everycall()
{
	python3 "$SEKISHO_SRCDIR/tests/proofs/everycall.py" "$@"
}

files()
{
	find "$store" -type f ! -path "$store/states/*" ! -path "$store/records/*" ! -name emergency | sort
}

claim 'init' "$sekisho" init --yes
for kind in accept enroll enroll-more replace revoke revoke-one recovery temporary emergency suspend \
    suspend-all resume resume-all unlock resync; do
	claim "tool, each call fails: $kind" everycall tool $kind
	numbers
done
for kind in $allocating; do
	claim "tool, each allocation fails: $kind" everycall toolalloc $kind
	numbers
done
files >$run/files
for kind in totp wrong hotp recovery temporary emergency; do
	claim "helper killed at each call: $kind" everycall kill $kind
	numbers
done
claim 'no process is left' bash -c "for _ in \$(seq 50); do pgrep -x sekisho-auth >/dev/null || exit 0; sleep .1; done; exit 1"
for kind in totp wrong hotp recovery temporary emergency; do
	claim "helper, each call fails: $kind" everycall fail $kind
	numbers
	claim "helper, each allocation fails: $kind" everycall alloc $kind
	numbers
done
for kind in totp wrong; do
	claim "module, each call fails: $kind" everycall module $kind
	numbers
	claim "module, each allocation fails: $kind" everycall modalloc $kind
	numbers
done
claim 'nothing was left behind by a login' diff $run/files <(files)
finish
