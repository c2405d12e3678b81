# SPDX-License-Identifier: BSD-2-Clause
# A one-time code as second factor of the real OpenSSH, on the loopback device.
needs_programs='ssh /usr/sbin/sshd expect oathtool systemd-socket-activate'
. "$(dirname "$0")/lib.sh"

claim 'init makes a store' "$sekisho" init --yes
for person in alice bob; do
	claim "enroll $person" enroll $person
done

claim 'sshd starts' start_sshd
claim 'right password and code: in' lets_in ssh_to alice alicepw "$(fresh_code alice)"
claim 'as the right person' grep -q INSIDE-alice $run/dialogue
claim 'the same code again: refused' \
    refuses 'already used' ssh_to alice alicepw "$(same_code alice)" "$(same_code alice)" "$(same_code alice)"
wrong=$(wrong_code bob)
claim 'wrong code: refused' refuses 'Wrong code' ssh_to bob bobpw "$wrong" "$wrong" "$wrong"
claim 'wrong password: refused' refuses 'pam_unix.*failure' ssh_to bob wrongpw
code=$(current_code bob)
mv "$SEKISHO_HELPER" "$SEKISHO_HELPER.away"
claim 'no helper: refused' refuses 'S-35' ssh_to bob bobpw "$code"
mv "$SEKISHO_HELPER.away" "$SEKISHO_HELPER"

door_start root
claim 'through the root door: in' lets_in ssh_to bob bobpw "$(fresh_code bob)"
claim 'the door was used' grep -q -i 'sekisho-auth' $run/door-root.log
claim 'through the root door, same code: refused' \
    refuses 'already used' ssh_to bob bobpw "$(same_code bob)" "$(same_code bob)" "$(same_code bob)"
door_stop root
kill $sshd
finish
