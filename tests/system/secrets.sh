#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Where secrets are not: in a helper that waits, in the host, in its environment, in any log.
# The seed and the codes are canaries of this test.
needs_programs='oathtool xxd'
ns_arguments='--timeout 400'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
memscan=$SEKISHO_BUILDDIR/tests/system/memscan
lockprobe=$SEKISHO_BUILDDIR/tests/system/lockprobe
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
keeper=$SEKISHO_BUILDDIR/tests/system/keeper

hex()
{
	printf %s "$1" | xxd -p -c 0
}

# hold COMMAND...: starts it with a leash on its standard input; $held is its pid.
hold()
{
	rm -f $run/leash $run/held
	mkfifo $run/leash
	"$@" <$run/leash >$run/held &
	held=$!
	exec 8>$run/leash
}

held_says()
{
	local i

	for i in $(seq 200); do
		grep -q -E "$1" $run/held && return 0
		sleep .05
	done
	cat $run/held
	return 1
}

let_go()
{
	exec 8>&-
	wait $held
}

absent_from()
{
	local pid=$1
	shift

	"$memscan" $pid "$@"
}

present_in()
{
	local pid=$1 r
	shift

	"$memscan" $pid "$@"
	[ $? = 1 ]
}

claim 'init' "$sekisho" init --yes
claim 'enroll' enroll alice
seed32=$(tr -d '\n=' <$run/secret/alice)
seed=$(base32 -d <$run/secret/alice | xxd -p -c 0)
host_key=$(xxd -p -c 0 -s 32 -l 32 "$SEKISHO_SYSCONFDIR/sekisho/host.key")
wrong=$(wrong_code alice)
# 8 digits, so that nothing else in memory is likely to be them
typed=73918264
code=$(fresh_code alice)

# ---- a helper that waits, once before and once after an answer
hold "$client" --hold --start "$SEKISHO_HELPER" direct alice
claim 'the question comes' held_says '^asked 0'
helper=$(pgrep -P $held)
claim 'memscan sees the memory of the helper' present_in $helper "$(hex session-)" "$(hex sekisho.conf)"
claim 'waiting: no seed, no host key' absent_from $helper $seed "$(hex $seed32)" $host_key
let_go

hold "$client" --hold --start "$SEKISHO_HELPER" direct alice $typed $wrong
claim 'it asks again' held_says '^asked 1'
helper=$(pgrep -P $held)
claim 'after answers: no seed, no key, no typed code' \
    absent_from $helper $seed "$(hex $seed32)" $host_key "$(hex $typed)"
claim 'no environment' [ ! -s /proc/$helper/environ ]
claim 'no core dump' grep -q 'Max core file size *0 *0' /proc/$helper/limits
claim 'no lock while it waits' "$lockprobe" "$store"/lock "$store"/states/*
claim 'no open record or state' bash -c "! ls -l /proc/$helper/fd | grep -E 'records/|states/|decoys/'"
claim 'nothing of the seed in argv' bash -c "! tr '\0' '\n' </proc/$helper/cmdline | grep -v -E '^(sekisho-auth|--door=direct)$'"
let_go

# ---- the host
pam_service keeper "required $SEKISHO_MODULE"
hold "$keeper" keeper alice
echo $code >&8
claim 'the login succeeds' held_says '^code 0$'
claim 'memscan sees the memory of the host' present_in $held "$(hex keeper)"
claim 'the host never had seed or key' absent_from $held $seed "$(hex $seed32)" $host_key
claim 'the typed code is gone from the host' absent_from $held "$(hex $code)"
let_go

# ---- a person who types the password where the name belongs
password=hunter2canary
claim 'an unknown name is refused' bash -c "! '$client' --start '$SEKISHO_HELPER' direct $password $typed"

# ---- logs
claim 'the log was written' grep -q 'event=login' "$NS_LOG"
claim 'no secret and no unknown name in the log' \
    bash -c "! grep -a -E '$typed|$wrong|$code|$seed|$seed32|$password' '$NS_LOG'"
claim 'no secret in the store as it lies on disk' bash -c \
    "! cat '$SEKISHO_LOCALSTATEDIR'/lib/sekisho/*/* '$SEKISHO_LOCALSTATEDIR'/lib/sekisho/header \
     | xxd -p -c 0 | grep -E '$seed|$(hex alice)|$host_key'"
finish
