#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A login program in a sandbox as systemd builds it for polkit's agent helper: everything read-only,
# no new privileges. Its own helper could not write; the one behind the door can.
needs_programs='oathtool systemd-socket-activate pamtester expect'
. "$(dirname "$0")/lib.sh"

store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
pam_service sandboxed "required $SEKISHO_MODULE"

# sandboxed CODE...: alice verified by root, who cannot write below / or gain privileges
sandboxed()
{
	local -a dialogue

	make_dialogue - "$@"
	on_terminal "${dialogue[@]:2}" -- unshare -m --propagation private bash -c "
		mount -o remount,ro,bind '$store' && mount -o remount,ro / 2>/dev/null
		touch '$store/probe' 2>/dev/null && exit 99
		exec setpriv --no-new-privs pamtester sandboxed alice authenticate" &&
	    echo INSIDE-sandbox
}

code=$(fresh_code alice)
claim 'direct start: denied, the log names the file system' \
    refuses 'states/.*(Read-only|S-19)' sandboxed $code
door_start root
claim 'the same code through the door: in' lets_in sandboxed $code
claim 'and not twice' refuses 'already used' sandboxed $code $code $code
door_stop root
finish
