# SPDX-License-Identifier: BSD-2-Clause
# Hostile login programs (tests/hosts) with the real helper and a real store: each logs in with a
# code, is refused the same once more, and proves that it is as it was before.
needs_programs='oathtool systemd-socket-activate prlimit'
ns_arguments='--timeout 400'
. "$(dirname "$0")/lib.sh"

hosts=$SEKISHO_BUILDDIR/tests/hosts
confdir=$run/pam
mkdir -m 755 "$confdir"
for service in code free; do
	echo "auth required $SEKISHO_MODULE" >"$confdir/$service"
	echo 'auth required pam_permit.so' >>"$confdir/$service"
done
cat >"$SEKISHO_SYSCONFDIR/sekisho/sekisho.conf" <<-END
	rule "many logins" {
		match-service = free
		require = none
	}
	rule "everything else" {
		require = otp
	}
END
claim 'init makes a store' "$sekisho" init --yes

# new_person NAME: somebody who has used no code yet, for fresh codes without waiting
uid=2100
new_person()
{
	uid=$((uid + 1))
	echo "$1:x:$uid:$uid::/:/bin/sh" >>/etc/passwd
	enroll "$1"
}

# host NAME PAM-CODE SERVICE PERSON REPLY; through a pipe, not every host may write files
host()
{
	"$hosts/$1" -v -e "$2" "$confdir" "$3" "$4" "$5" 2>&1 | cat
	[ "${PIPESTATUS[0]}" = 0 ]
}

each_host()
{
	local door=$1 name person code
	shift

	for name in "$@"; do
		person=$door-$name
		claim "$door, $name: enroll" new_person "$person"
		claim "$door, $name: no reply: refused" host "$name" 19 code "$person" @null
		# once, for both: between two calls a new code may begin
		code=$(current_code "$person")
		claim "$door, $name: right code: in" host "$name" 0 code "$person" "$code"
		claim "$door, $name: the same again: refused" host "$name" 7 code "$person" "$code"
	done
}

each_host direct plain sigchld_ignored sigchld_reaping malloc_storm closed_fds few_fds \
    no_new_privs own_child subreaper
# Who may not raise limits cannot undo what the caller set: the helper then refuses, since a write
# that is cut short would cost everybody more.
if prlimit --fsize=0:0 prlimit --fsize=unlimited:unlimited true 2>/dev/null; then
	each_host direct small_files
else
	claim 'direct, small_files, limits that root cannot raise: refused' \
	    host small_files 9 code alice 123456
fi
claim 'direct, big_memory: in without a code' host big_memory 0 free alice x
claim 'direct, malloc_storm: 500 of 500 logins' \
    "$hosts/malloc_storm" -n 500 "$confdir" free alice x
door_start root
each_host root closed_fds few_fds no_new_privs malloc_storm small_files
door_stop root

helper_runs()
{
	local exe

	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe" 2>/dev/null)" = "$SEKISHO_HELPER" ] && return 0
	done
	return 1
}

no_helper_stays()
{
	for _ in $(seq 100); do
		helper_runs || return 0
		sleep .1
	done
	return 1
}

claim 'no helper stays behind' no_helper_stays
finish
