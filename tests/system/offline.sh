# SPDX-License-Identifier: BSD-2-Clause
# Everything in a machine without any network device up: every command of the tool and a login
# through both starts; no process of it opens an Internet socket.
needs_programs='strace expect oathtool systemd-socket-activate'
ns_arguments=--no-network
. "$(dirname "$0")/lib.sh"

traced()
{
	strace -f -qq -o $run/trace.$((++traces)) -e trace=socket,socketpair,connect "$@"
}
traces=0

su_to_alice()
{
	on_terminal "$ask_password" alicepw "$ask_code" "$1" -- \
	    strace -f -qq -o $run/trace.$2 -e trace=socket,socketpair,connect,execve \
	    su alice -c 'echo INSIDE-$(id -un)'
}

claim 'no network device is up' bash -c '! ip -o link show up | grep .'
claim 'init' traced "$sekisho" init --yes
head -c 20 /dev/urandom | base32 >$run/secret/alice
claim 'enroll' traced "$sekisho" enroll alice totp --secret-file $run/secret/alice --no-confirm
claim 'list' traced "$sekisho" list
claim 'unlock' traced "$sekisho" unlock alice
head -c 20 /dev/urandom | base32 >$run/secret/spare
claim 'a second token' traced "$sekisho" enroll alice totp --label spare \
    --secret-file $run/secret/spare --no-confirm
claim 'revoke' traced "$sekisho" revoke alice spare --yes
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
claim 'login, helper started directly' lets_in su_to_alice "$(fresh_code alice)" direct
claim 'the trace reaches into the helper' grep -q 'execve.*sekisho-auth' $run/trace.direct
door_start root
claim 'login through the root door' lets_in su_to_alice "$(fresh_code alice)" door
door_stop root
claim 'the trace sees sockets' grep -q 'AF_UNIX' $run/trace.direct
claim 'no Internet socket anywhere' bash -c "! grep AF_INET $run/trace.*"
finish
