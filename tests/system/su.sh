# SPDX-License-Identifier: BSD-2-Clause
# A one-time code as second factor of the real su: direct start and both doors.
needs_programs='su expect oathtool systemd-socket-activate pamtester'
. "$(dirname "$0")/lib.sh"

claim 'init makes a store' "$sekisho" init --yes
for person in alice bob carol; do
	claim "enroll $person" enroll $person
done
pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"

# su_to PERSON PASSWORD CODE...: carol becomes PERSON; a refused code is asked for again.
su_to()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue "$@"
	on_terminal "${dialogue[@]}" -- setpriv --reuid carol --regid carol --init-groups \
	    su "$person" -c 'echo INSIDE-$(id -un)'
}

direct_start()
{
	local wrong

	claim 'right password and code: in' lets_in su_to alice alicepw "$(fresh_code alice)"
	claim 'as the right person' grep -q INSIDE-alice $run/dialogue
	claim 'the same code again: refused' \
	    refuses 'already used' su_to alice alicepw "$(same_code alice)" "$(same_code alice)" "$(same_code alice)"
	wrong=$(wrong_code bob)
	claim 'wrong code: refused' refuses 'Wrong code' su_to bob bobpw "$wrong" "$wrong" "$wrong"
	claim 'the log says who and why' grep -q 'event=login.*reason="wrong-code".*user="bob"' "$NS_LOG"
	claim 'wrong, then right in the same conversation: in' \
	    lets_in su_to bob bobpw "$(wrong_code bob)" "$(fresh_code bob)"
	claim 'wrong password: refused' refuses 'pam_unix.*failure' su_to alice wrongpw
	claim 'another code than the person'"'"'s own: refused' \
	    refuses 'Wrong code' su_to bob bobpw "$(current_code carol)" 1 2
}

helper_missing()
{
	local code

	code=$(current_code carol)
	mv "$SEKISHO_HELPER" "$SEKISHO_HELPER.away"
	claim 'no helper: refused' refuses 'S-35' su_to carol carolpw "$code"
	mv "$SEKISHO_HELPER.away" "$SEKISHO_HELPER"
}

root_door()
{
	door_start root
	claim 'through the root door: in' lets_in su_to carol carolpw "$(fresh_code carol)"
	claim 'the door was used' grep -q -i 'sekisho-auth' $run/door-root.log
	claim 'through the root door, same code: refused' refuses 'already used' su_to carol carolpw \
	    "$(same_code carol)" "$(same_code carol)" "$(same_code carol)"
	door_stop root
}

# locker PERSON CODE...: a program without privileges that verifies PERSON, run by carol.
locker()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue - "$@"
	on_terminal "${dialogue[@]:2}" -- setpriv --reuid carol --regid carol --init-groups \
	    sh -c "pamtester locker $person authenticate && echo INSIDE-locker"
}

user_door()
{
	pam_service locker "required $SEKISHO_MODULE"
	claim 'locker without a door: refused' refuses 'S-35' locker carol 123456
	door_start user
	claim 'locker for its own user: in' lets_in locker carol "$(fresh_code carol)"
	claim 'locker for its own user, same code: refused' refuses 'already used' locker carol \
	    "$(same_code carol)" "$(same_code carol)" "$(same_code carol)"
	claim 'locker for somebody else: refused' refuses 'S-33' locker alice "$(current_code alice)"
	door_stop user
}

direct_start
helper_missing
root_door
user_door
finish
